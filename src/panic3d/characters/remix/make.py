"""One seed, one remix: head and hair of open models on a procedural bust in procedural clothes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from panic3d.characters.expressions import resting_tags, shut_eyes
from panic3d.characters.made import MadeCharacter, stream
from panic3d.characters.parts.accessories.design import (
    KINDS,
    AccessoryDesign,
    Fit,
    HairAnchor,
    accessory_tags,
    draw_accessories,
    make_accessories,
    patched_eyes,
)
from panic3d.characters.parts.accessories.kind import Slot
from panic3d.characters.parts.clothes import (
    clothes_tags,
    draw_clothes,
    make_dressed_bust,
    without_hood,
)
from panic3d.characters.parts.hair.choose import eyes_under_hair
from panic3d.characters.parts.hair.worn_kinds import BENT
from panic3d.characters.piece import Piece
from panic3d.characters.remix.compose import Fitted, body_palette, compose, fit_remix
from panic3d.characters.remix.design import draw_remix_design
from panic3d.characters.remix.drape import drape
from panic3d.characters.remix.grown import (
    SHARE,
    families_among,
    tied_strands,
    with_grown_hair,
)
from panic3d.characters.remix.layout import style_tails
from panic3d.characters.remix.plan import Remix
from panic3d.characters.remix.restyle import draw_restyling
from panic3d.characters.remix.sources import Library
from panic3d.characters.seen import Traits, either, eye_colours, seen_tags
from panic3d.characters.splits import split_of_asset

Doubles = NDArray[np.float64]

_BARRED: tuple[Slot, ...] = (
    "hat",
    "headwear",
    "forehead",
    "tail_ornament",
    "mask_on_head",
    "face_cover",
)
"""What presses hair down, would sink into locks of many depths, needs strands to tie, or lies close
on a face of a `HeadShape`'s form."""
_BARRED_GROWN = tuple(slot for slot in _BARRED if slot != "tail_ornament")
_WITH_ORNAMENTS: tuple[Slot, ...] = ("hair_ornament", "side_ornament")
_OVER_HAIR: tuple[Slot, ...] = (
    "ears",
    "horns",
    "halo",
    "headphones",
    "back_ornament",
)
"""What goes round or over the head, and would meet modelled ears, bows and tails."""
_ON_LOCKS: tuple[Slot, ...] = (*_WITH_ORNAMENTS, "earring")
"""What holds to locks, of which some are left out where hair is combed anew; earrings that do not
quite reach the ear hang in them."""


class Shares(NamedTuple):
    """How often remixes wear what hair, and how often they have faces unlike the models'."""

    grown: float = SHARE
    """Hair by rules, where a model's would do."""
    shorn: float = 0.3
    """Of heads with hair of their own, not grown over: those that wear another model's."""
    restyled: float = 0.7
    """Of hairstyles for training: those that are combed anew."""
    bent: float = 0.0
    """Of hair by rules: what lies between families."""
    stretched: float = 0.0
    """Of faces: those whose proportions may be farther from the model's."""


USUAL = Shares()
VARIED = Shares(grown=0.4, shorn=1.0, restyled=1.0, bent=BENT, stretched=BENT)
"""What models lend is combed anew where it is for training, what rules grow is bent, faces differ
more."""

_BACK_M = -0.10
"""Hair that ends higher above the head bone leaves a hood or a bag on the back free."""
_MOODS: tuple[tuple[float, Mapping[str, float]], ...] = (
    (0.40, {}),
    (0.14, {"mouthFun": 0.7}),
    (0.08, {"mouthJoy": 0.5}),
    (0.05, {"relaxed": 0.6}),
    (0.05, {"happy": 0.5}),
    (0.05, {"browAngry": 0.5}),
    (0.05, {"browSorrow": 0.7}),
    (0.04, {"mouthSorrow": 0.6}),
    (0.04, {"mouthAngry": 0.6}),
    (0.04, {"surprised": 0.4}),
    (0.03, {"aa": 0.6}),
    (0.03, {"blink": 0.3}),
)
"""How characters look at rest, and how often."""
RESTING_FACES: tuple[Mapping[str, float], ...] = tuple(mood for _, mood in _MOODS)
"""Expressions that characters wear at rest."""


def make_remix(
    library: Library,
    seed: int,
    assets: Mapping[str, Sequence[str]] | None = None,
    shares: Shares | None = None,
) -> MadeCharacter:
    """Make the remix of a seed.

    Args:
        library: the models it may be made from.
        seed: one seed, one character (for the same models).
        assets: names of models that may be used, as "face" (with eyes and brows) and as "hair",
            where families of procedural hair are named too; None: all. Where "hair" names models
            alone, no hair is grown.
        shares: how often they wear what hair; None: as usual.

    Raises:
        ConfigError: nothing is left to choose from.
    """
    remix = choose_remix(library, seed, assets, shares)
    fitted = fit_remix(library, remix)
    tails = _has_tails(library, remix)
    male = remix.body["chest"] == 0
    clothes = draw_clothes(stream(seed, "clothes"), "male" if male else "female", remix.palette)
    clothes = replace(clothes, hood="down", fullness=0.0) if clothes.hood else clothes
    hair = [piece for piece in fitted.pieces if piece.surface.label == "hair"]
    lowest = min((float(piece.positions[:, 1].min()) for piece in hair), default=0.0)
    if lowest < _BACK_M:  # it would run through what is there
        clothes = replace(clothes, bag=False)
        clothes = without_hood(clothes) if clothes.hood else clothes
    bust = make_dressed_bust(clothes, fitted.shape, body_palette(library, remix, fitted))
    pieces = drape(fitted.pieces, fitted.locks, bust, 1.12 * fitted.shape.shoulder_x, fitted.shape)
    fitted = replace(fitted, pieces=tuple(pieces))
    room = HairRoom(fitted)
    barred = _barred(fitted, tails) if remix.grown is None else _BARRED_GROWN
    if room.rough:
        barred = (*barred, "back_ornament")
    if remix.restyling is not None:
        barred = (*barred, *_ON_LOCKS)
    strands = () if remix.grown is None else tied_strands(remix.grown)
    drawn = draw_accessories(
        stream(seed, "accessories"),
        strands,
        male=male,
        barred=_BARRED if remix.grown is None else _BARRED_GROWN,
    )
    # Dropped rather than drawn anew: heads with much in their hair wear less besides.
    worn = AccessoryDesign(items=tuple(n for n in drawn.items if KINDS[n].slot not in barred))
    extras = make_accessories(
        worn,
        fitted.shape,
        remix.palette,
        Fit(
            thickness=room,
            anchors={**lobes(fitted.pieces), **fitted.anchors},
            hair=[p for p in fitted.pieces if p.surface.label in ("hair", "scalp")],
        ),
        stream(seed, "accessories", "make"),
    )
    rng = stream(seed, "expression")
    share = np.array([weight for weight, _ in _MOODS])
    mood = _MOODS[int(rng.choice(len(_MOODS), p=share / share.sum()))][1]
    people = ("1boy", "male_focus") if male else ("1girl",)
    design: dict[str, Any] = {
        "seed": seed,
        "remix": remix.to_json(),
        "clothes": clothes.to_json(),
        "accessories": worn.as_json(),
    }
    made = compose(
        library,
        remix,
        fitted,
        [*bust, *extras],
        tags=("solo", *people, *clothes_tags(clothes), *accessory_tags(worn)),
        name=f"panic3d remix {seed}",
        design=design,
        expression=mood,
    )
    patched = patched_eyes(worn, stream(seed, "accessories", "make"))
    over = (False, False) if remix.grown is None else eyes_under_hair(remix.grown)
    traits = Traits(
        tags=tuple(sorted({*made.tags, *resting_tags(made)})),
        covered=either(patched, over),
        patched=patched,
        eyes=eye_colours(remix.palette.tags),
    )
    return replace(made, traits=traits, tags=seen_tags(traits, shut_eyes(made, made.expression)))


def choose_remix(
    library: Library,
    seed: int,
    assets: Mapping[str, Sequence[str]] | None = None,
    shares: Shares | None = None,
) -> Remix:
    """Choose what the remix of a seed is put together of; see `make_remix`."""
    known, shares = {} if assets is None else assets, shares or USUAL
    hairs = known.get("hair")
    families = families_among(hairs, library.assets)
    remix = draw_remix_design(
        stream(seed, "remix"),
        library,
        faces=known.get("face"),
        hairs=hairs,
        bald=bool(families),
        stretched=bool(stream(seed, "stretched").random() < shares.stretched),
    )
    fused = remix.hair is None and remix.face not in library.faces
    own = fused and (hairs is None or remix.face in hairs)
    share = shares.grown if remix.hair or own else 1.0
    found = with_grown_hair(remix, seed, families, share, not fused, shares.bent)
    styles = [name for name in library.hairs if hairs is None or name in hairs]
    if fused and found.grown is None and styles:
        rng = stream(seed, "shorn")
        if not own or rng.random() < shares.shorn:
            found = replace(found, hair=styles[int(rng.integers(len(styles)))])
    # What is held out is worn as its author combed it.
    if found.hair is not None and split_of_asset("hair", found.hair) == "train":
        rng = stream(seed, "restyled")
        if rng.random() < shares.restyled:
            lenders = [
                n for n in styles if n != found.hair and split_of_asset("hair", n) == "train"
            ]
            found = replace(found, restyling=draw_restyling(rng, lenders))
    return found


def _has_tails(library: Library, remix: Remix) -> bool:
    head, worn = library[remix.face].parts.head, remix.hair and library[remix.hair].parts.hair
    return bool(head and worn and any(t.any() for t in style_tails(worn, head.skull)))


def _barred(fitted: Fitted, tails: bool) -> tuple[Slot, ...]:
    """Return where nothing more can be worn."""
    worn = [p.positions[:, 1].max() for p in fitted.pieces if p.surface.label == "accessory"]
    found = _BARRED
    if worn or tails:
        found = (*found, *_WITH_ORNAMENTS)
    if tails or (worn and max(worn) > fitted.shape.crown_y + 0.012):
        found = (*found, *_OVER_HAIR)
    return found


_LOBE = 0.2
"""Lowest share of an ear, from which earrings hang."""


def lobes(pieces: Sequence[Piece]) -> dict[str, HairAnchor]:
    """Return where earrings hang on the ears of a head, by the names that `Fit` has for them."""
    ears = [piece.positions for piece in pieces if piece.surface.label == "ear"]
    found = {}
    for name, side in (("lobe_left", 1.0), ("lobe_right", -1.0)):
        points = np.concatenate([p[side * p[:, 0] > 0] for p in ears] or [np.zeros((0, 3))])
        if not len(points):
            return {}
        low, high = points[:, 1].min(), points[:, 1].max()
        lobe = points[points[:, 1] < low + _LOBE * (high - low)]
        at = lobe.mean(0)
        at[0] = side * float((side * lobe[:, 0]).max())
        found[name] = HairAnchor(at, np.array([side, 0.0, 0.0]), float(high - low) * _LOBE / 2)
    return found


_ROWS, _COLUMNS = 25, 37
_ROUGH_M = 0.015


class HairRoom:
    """How far the hair of a fitted head stands off the skull of its `HeadShape`."""

    def __init__(self, fitted: Fitted) -> None:
        """Measure all hair above the neck."""
        shape = fitted.shape
        azimuth = np.linspace(0.0, 360.0, _COLUMNS)
        elevation = np.linspace(-90.0, 90.0, _ROWS)
        skull = shape.skull(azimuth[None, :], elevation[:, None]) - shape.skull_centre
        radii = np.linalg.norm(skull, axis=-1)
        points = np.concatenate(
            [piece.positions for piece in fitted.pieces if piece.surface.label in ("hair", "scalp")]
            or [np.zeros((1, 3))]
        )
        away = points - shape.skull_centre
        reach = np.maximum(np.linalg.norm(away, axis=1), 1e-9)
        up = np.degrees(np.arcsin(np.clip(away[:, 1] / reach, -1, 1)))
        around = np.degrees(np.arctan2(away[:, 0], away[:, 2])) % 360
        row = np.round((up + 90) / 180 * (_ROWS - 1)).astype(np.int64)
        column = np.round(around / 360 * (_COLUMNS - 1)).astype(np.int64) % (_COLUMNS - 1)
        off = reach - radii[row, column]
        # Strands that stand off are no ground for a hairband.
        near = (up > -40) & (off < 0.055)
        behind = off[(np.abs(around - 180) < 40) & (up > 5) & (up < 60)]
        self.rough = len(behind) > 0 and bool(np.ptp(np.quantile(behind, [0.5, 0.9])) > _ROUGH_M)
        """The back is all spikes: nothing lies on it."""
        self.room = np.full((_ROWS, _COLUMNS), 0.003)
        np.maximum.at(self.room, (row[near], column[near]), off[near])
        self.room[:, -1] = self.room[:, 0]
        # Pairs of ears and horns want the same ground on both sides, and no bumps.
        self.room = gaussian_filter(
            0.5 * (self.room + self.room[:, ::-1]), 0.8, mode=("nearest", "wrap")
        )
        self.room[:, -1] = self.room[:, 0]

    def __call__(self, azimuth_deg: Doubles, elevation_deg: Doubles) -> Doubles:
        """Return metres between skull and the outside of the hair."""
        a, e = np.broadcast_arrays(azimuth_deg, elevation_deg)
        row = np.clip((e + 90) / 180, 0, 1) * (_ROWS - 1)
        column = np.mod(a, 360.0) / 360 * (_COLUMNS - 1)
        i = np.minimum(row.astype(np.int64), _ROWS - 2)
        j = np.minimum(column.astype(np.int64), _COLUMNS - 2)
        fi, fj = row - i, column - j
        low = self.room[i, j] * (1 - fj) + self.room[i, j + 1] * fj
        high = self.room[i + 1, j] * (1 - fj) + self.room[i + 1, j + 1] * fj
        found: Doubles = low * (1 - fi) + high * fi
        return found
