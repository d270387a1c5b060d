"""Procedural characters: a design drawn from a seed, and the character built of it.

A design holds every choice, so characters can be counted, split and compared without being built.
Each aspect has its own stream of random numbers: what is added to one leaves the others as they
were.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from panic3d.characters.build import build_character
from panic3d.characters.colour import alike
from panic3d.characters.made import PROCEDURAL, MadeCharacter, stream
from panic3d.characters.palette import Palette, draw_palette
from panic3d.characters.parts.accessories.design import (
    KINDS,
    AccessoryDesign,
    Fit,
    Slot,
    accessory_tags,
    draw_accessories,
    make_accessories,
    patched_eyes,
)
from panic3d.characters.parts.clothes import (
    ClothesDesign,
    clothes_tags,
    draw_clothes,
    make_dressed_bust,
    without_hood,
)
from panic3d.characters.parts.face.bent_families import bent_family
from panic3d.characters.parts.face.build import EXPRESSIONS, make_face
from panic3d.characters.parts.face.families import FACE_FAMILIES, DrawnFace, draw_face
from panic3d.characters.parts.hair import FAMILIES as HAIR_FAMILIES
from panic3d.characters.parts.hair import HairDesign, draw_hair_design, hair_tags, make_hair
from panic3d.characters.parts.hair.choose import eyes_under_hair
from panic3d.characters.parts.hair.worn_kinds import loose_kind, tied_kind
from panic3d.characters.parts.tuck import tucked
from panic3d.characters.seen import Traits, either, eye_colours, seen_tags, shut_by_name
from panic3d.geometry.character import Meta

FAMILIES: dict[str, tuple[str, ...]] = {
    "hair": tuple(HAIR_FAMILIES),
    "face": tuple(FACE_FAMILIES),
}
"""Assets that procedural characters are made from, by kind."""

ODD_EYES = 0.035
"""Share of characters with eyes of two colours."""
SECOND_COLOUR = 0.16
"""Share of characters with hair of two colours."""


_UNDER_HOOD: tuple[Slot, ...] = (
    "ears",
    "horns",
    "hat",
    "headwear",
    "headphones",
    "halo",
    "mask_on_head",
    "earring",
    "back_ornament",
)


@dataclass(frozen=True, kw_only=True)
class ProceduralDesign:
    """All choices of a character."""

    seed: int
    hair_family: str
    face_family: str
    face: DrawnFace
    hair: HairDesign
    palette: Palette
    accessories: AccessoryDesign
    clothes: ClothesDesign

    @property
    def assets(self) -> dict[str, str]:
        """Kind of asset to its name."""
        return {"hair": self.hair_family, "face": self.face_family}

    @property
    def tags(self) -> tuple[str, ...]:
        """Danbooru's names of all that shows, sorted."""
        return seen_tags(self.traits, shut_by_name(self.face.tags))

    @property
    def traits(self) -> Traits:
        """All that there is, seen or not."""
        found = {"solo", *self.face.tags, *self.palette.tags}
        found |= set(hair_tags(self.hair)) | set(accessory_tags(self.accessories))
        found |= set(clothes_tags(self.clothes))
        patched = patched_eyes(self.accessories, stream(self.seed, "accessories", "make"))
        return Traits(
            tags=tuple(sorted(found)),
            covered=either(patched, eyes_under_hair(self.hair)),
            patched=patched,
            eyes=eye_colours(self.palette.tags),
        )


def draw_procedural(
    seed: int, assets: Mapping[str, Sequence[str]] = FAMILIES, bent: float = 0.0
) -> ProceduralDesign:
    """Draw a design.

    Args:
        seed: one seed, one design (for the same assets).
        assets: families that may be used, by kind.
        bent: share of hairstyles between families, and share of faces; see `draw_hair_design` and
            `bent_family`.
    """
    faces = tuple(assets.get("face", FAMILIES["face"]))
    hairs = tuple(assets.get("hair", FAMILIES["hair"]))
    weights = np.array([FACE_FAMILIES[name].weight for name in faces])
    rng = stream(seed, "families")
    face_family = faces[int(rng.choice(len(faces), p=weights / weights.sum()))]
    anew = stream(seed, "face", "bent")
    ranges = bent_family(anew, face_family, faces) if anew.random() < bent else None
    face = draw_face(stream(seed, "face"), face_family, ranges)
    small = face_family == "chibi"
    if small and "buns" in hairs:  # they go well with a large head
        hairs = (*hairs, *("buns",) * 8)
    two = bool(stream(seed, "second colour").random() < SECOND_COLOUR)

    def hair_drawn(under_hat: bool) -> HairDesign:
        return draw_hair_design(
            stream(seed, "hair"),
            hairs,
            under_hat=under_hat,
            boyish=face.boy,
            second_colour=two,
            bent=bent,
        )

    hair = hair_drawn(under_hat=False)
    odd = bool(stream(seed, "odd").random() < ODD_EYES)
    palette = draw_palette(stream(seed, "palette"), two, odd)
    clothes = draw_clothes(
        stream(seed, "clothes"),
        "male" if face.boy else "female",
        palette,
        bags=0.8 if small else 0.07,
    )
    hooded = clothes.hood == "up"
    if hooded and not _fits_hood(hair):
        hooded, clothes = False, replace(clothes, hood="down")
    if _covers_back(hair):  # it would run through what is there
        clothes = replace(clothes, bag=False)
        clothes = without_hood(clothes) if clothes.hood == "down" else clothes
    barred: tuple[Slot, ...] = _UNDER_HOOD if hooded else ()
    tied, loose = tied_kind(hair), loose_kind(hair)
    if tied is not None and tied.comb == "locks":
        barred = (*barred, "hat")  # it would press tails off the head that begin below it
    accessories = draw_accessories(
        stream(seed, "accessories"),
        _strands(hair),
        male=face.boy,
        barred=barred,
        spiky=loose is not None and loose.spikes,
    )
    if accessories.needs_flat_hair or hooded:
        hair = hair_drawn(under_hat=True)
        if not _strands(hair):
            accessories = _untied(accessories)
    if hair.colour == "roots" and alike(palette.hair_second, palette.skin):
        hair = replace(hair, colour="tips")  # roots like skin look bald
    return ProceduralDesign(
        seed=seed,
        hair_family=hair.family,
        face_family=face_family,
        face=face,
        hair=hair,
        palette=palette,
        accessories=accessories,
        clothes=clothes,
    )


def build_procedural(design: ProceduralDesign) -> MadeCharacter:
    """Build the character of a design."""
    face, palette, seed = design.face, design.palette, design.seed
    shape = face.shape
    made = make_face(face.design, shape, palette)
    hair = make_hair(
        design.hair,
        shape,
        palette,
        stream(seed, "hair", "locks"),
        ear_point=face.design.ears.point,
    )
    fit = Fit(thickness=hair.thickness, anchors=hair.anchors, hair=hair.pieces)
    bust = make_dressed_bust(design.clothes, shape, palette)
    strands = tucked(hair.pieces, bust) if design.clothes.hood == "up" else hair.pieces
    pieces = [
        *made.pieces,
        *bust,
        *strands,
        *make_accessories(
            design.accessories, shape, palette, fit, stream(seed, "accessories", "make")
        ),
    ]
    built = build_character(pieces, shape, EXPRESSIONS, _meta(seed), made.landmarks, face.scale)
    return MadeCharacter(
        character=built.character,
        labels=built.labels,
        landmarks=built.anchors,
        tags=design.tags,
        traits=design.traits,
        sources=(PROCEDURAL,),
        assets=design.assets,
        expression=dict(face.expression),
        design=_as_json(design),
    )


def make_procedural(
    seed: int, assets: Mapping[str, Sequence[str]] = FAMILIES, bent: float = 0.0
) -> MadeCharacter:
    """Make the character of a seed; see `draw_procedural`."""
    return build_procedural(draw_procedural(seed, assets, bent))


def _strands(hair: HairDesign) -> tuple[str, ...]:
    """Return names of what a hairstyle ties."""
    tied = tied_kind(hair)
    return () if tied is None else tuple(tie.name for tie in tied.ties)


def _fits_hood(hair: HairDesign) -> bool:
    """Say whether a hood has room for all of a hairstyle."""
    loose = loose_kind(hair)
    return loose is not None and loose.hem[1] > -0.06


def _covers_back(hair: HairDesign) -> bool:
    """Say whether hair hangs where a hood or a bag lies on the back."""
    tied = tied_kind(hair)
    loose = loose_kind(hair) if tied is None else tied.loose
    return loose is not None and loose.hem[1] < -0.09


def _untied(accessories: AccessoryDesign) -> AccessoryDesign:
    kept = (name for name in accessories.items if KINDS[name].slot != "tail_ornament")
    return replace(accessories, items=tuple(kept))


def _meta(seed: int) -> Meta:
    # CC0 forbids nothing, so neither may these.
    return Meta(
        name=f"panic3d character {seed}",
        version="1",
        authors=("panic3d authors",),
        licence_url="https://creativecommons.org/publicdomain/zero/1.0/",
        allowed_user="everyone",
        violent_use=True,
        sexual_use=True,
        commercial_use="corporation",
        political_or_religious_use=True,
        antisocial_or_hate_use=True,
        credit_required=False,
        redistribution=True,
        modification="allowModificationRedistribution",
    )


def _as_json(design: ProceduralDesign) -> dict[str, Any]:
    found: dict[str, Any] = _plain(asdict(design))
    # Designs that are not bent read as they did before there were bent ones.
    if found["hair"]["bend"] is None:
        del found["hair"]["bend"]
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(value)
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {key: _plain(item) for key, item in value._asdict().items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return value.item()
    if hasattr(value, "__dataclass_fields__"):
        return _plain(asdict(value))
    return value
