"""Remixes drawn at random: which parts come together, in what colours and proportions."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from panic3d.characters.colour import Rgb, mixed, shifted
from panic3d.characters.palette import Palette, draw_palette
from panic3d.characters.remix.features import with_brows
from panic3d.characters.remix.layout import clean_kinds
from panic3d.characters.remix.parts import HeadParts
from panic3d.characters.remix.plan import ColourKind, HairColour, HairForm, Remix
from panic3d.characters.remix.proportions import Proportions
from panic3d.characters.remix.sources import Library
from panic3d.characters.remix.swap import with_mouth, with_skin
from panic3d.characters.shape import HeadShape
from panic3d.errors import ConfigError

Sex = Literal["female", "male"]

_KINDS: dict[ColourKind, float] = {
    "plain": 0.70,
    "gradient": 0.14,
    "streaks": 0.06,
    "inner": 0.07,
    "split": 0.03,
}
_STRETCHED = 1.7
"""Factor on how far proportions stray from a model's where they may be unusual."""
_WHOLE_WEIGHT = 0.35
"""Of heads that cannot be mixed, against those that can."""


def draw_remix_design(
    rng: np.random.Generator,
    library: Library,
    allowed: Collection[str] | None = None,
    faces: Collection[str] | None = None,
    hairs: Collection[str] | None = None,
    bald: bool = False,
    stretched: bool = False,
) -> Remix:
    """Choose what to put together.

    Args:
        rng: random numbers.
        library: what there is.
        allowed: names of assets that may be used at all; None: every one.
        faces: of those, whose faces may be used.
        hairs: of those, whose hair may be used.
        bald: where there is no hair to choose from, heads without any will do.
        stretched: proportions may be farther from the model's than usual.

    Raises:
        ConfigError: nothing is left to choose from.
    """

    def usable(names: Collection[str], chosen: Collection[str] | None) -> list[str]:
        return [
            name
            for name in names
            if (allowed is None or name in allowed) and (chosen is None or name in chosen)
        ]

    heads, styles = usable(library.heads, faces), usable(library.hairs, hairs)
    if not styles and not bald:
        heads = [name for name in heads if name not in library.faces]
    if not heads:
        raise ConfigError("none of the models that may be used has a head, or none has hair")
    painted = usable(library.faces, faces)
    weights = np.array([1.0 if name in library.faces else _WHOLE_WEIGHT for name in heads])
    face = heads[int(rng.choice(len(heads), p=weights / weights.sum()))]
    whole = face not in library.faces
    kinds = list(_KINDS)
    kind: ColourKind = kinds[int(rng.choice(len(kinds), p=list(_KINDS.values())))]
    if whole:
        kind = "plain"
    palette = draw_palette(rng, multicolored=kind != "plain", odd_eyes=rng.random() < 0.05)
    male = is_male(library, face) if rng.random() < 0.85 else bool(rng.random() < 0.5)
    own = rng.random(2)
    style = int(rng.integers(len(styles))) if styles and not whole else 0
    hair = None if whole or not styles else styles[style]
    eyes = painted[int(rng.integers(len(painted)))] if painted else face
    brows = painted[int(rng.integers(len(painted)))] if painted else face
    own_brows = whole or own[1] < 0.4 or not _brows_fit(library, face, brows)
    start = float(rng.uniform(0.22, 0.55))
    kind = _clean(library, face, hair, kind)
    remix = Remix(
        face=face,
        hair=hair,
        eyes=face if whole or own[0] < 0.4 else eyes,
        brows=face if own_brows else brows,
        palette=palette,
        proportions=_draw_proportions(rng, male, whole, _STRETCHED if stretched else 1.0),
        hair_form=_draw_form(rng),
        hair_colour=HairColour(
            kind=kind,
            start=start,
            end=min(start + float(rng.uniform(0.25, 0.55)), 1.0),
            share=float(rng.uniform(0.12, 0.4)),
            seed=int(rng.integers(2**31)),
        ),
        ornaments=bool(rng.random() < 0.6),
        ornament_colour=_ornament_colour(rng, palette),
        blush=float(max(rng.uniform(-0.35, 0.55), 0.0)),
        body=_draw_body(rng, male),
    )
    # Last, so that all else is as it was before there was a choice of these.
    return replace(
        remix,
        lips=_draw_lips(rng, male),
        skin=_draw_other(rng, library, face, painted, with_skin),
        mouth=_draw_other(rng, library, face, painted, with_mouth),
    )


def _draw_lips(rng: np.random.Generator, male: bool) -> float:
    """Choose how strongly lips are coloured: hardly, as a rule, on men; on some girls strongly."""
    soft, strong, which = rng.random(3)
    if male:
        return 0.35 * float(soft)
    return float(0.62 + 0.38 * strong) if which < 0.16 else 0.60 * float(soft)


def _draw_other(
    rng: np.random.Generator,
    library: Library,
    face: str,
    names: Sequence[str],
    put: Callable[[HeadParts, HeadParts], HeadParts | None],
) -> str | None:
    """Choose whose mouth or skin a face gets, among those that fit it; None: its own."""
    head = library[face].parts.head
    own, which = rng.random(2)
    fitting = []
    for name in names:
        other = library[name].parts.head
        if name != face and head is not None and other is not None and put(head, other) is not None:
            fitting.append(name)
    if own < 0.35 or not fitting:
        return None
    return fitting[int(which * len(fitting))]


def _clean(library: Library, face: str, hair: str | None, kind: ColourKind) -> ColourKind:
    """Return the kind, or a gradient where a hairstyle cannot show it without a flaw."""
    head = library[face].parts.head
    worn = None if hair is None else library[hair].parts.hair
    if head is None or worn is None or kind in clean_kinds(worn, head.skull):
        return kind
    return "gradient"


def _brows_fit(library: Library, face: str, brows: str) -> bool:
    head, other = library[face].parts.head, library[brows].parts.head
    return head is not None and other is not None and with_brows(head, other) is not None


def is_male(library: Library, face: str) -> bool:
    """Say whether a face is a man's, by VRoid's names of materials."""
    head = library[face].parts.head
    return head is not None and any(re.match(r"M\d", part.material) for part in head.parts)


def _draw_form(rng: np.random.Generator) -> HairForm:
    wave = float(rng.uniform(0.003, 0.010)) if rng.random() < 0.28 else 0.0
    length = float(rng.uniform(0.72, 1.0) if rng.random() < 0.4 else rng.uniform(1.0, 1.55))
    return HairForm(
        mirrored=bool(rng.random() < 0.5),
        length=length,
        volume=float(rng.uniform(0.85, 1.3)),
        wave=wave,
        wave_length=float(rng.uniform(0.07, 0.12)),
        seed=int(rng.integers(2**31)),
    )


def _ornament_colour(rng: np.random.Generator, palette: Palette) -> Rgb | None:
    kind = rng.random()
    if kind < 0.35:
        return palette.accent
    if kind < 0.55:
        return shifted(palette.hair, -0.10, 1.1)
    if kind < 0.65:
        return mixed(palette.accent, (1.0, 1.0, 1.0), 0.75)
    return None


def _draw_proportions(
    rng: np.random.Generator, male: bool, whole: bool, wider: float
) -> Proportions:
    def about(middle: float, spread: float) -> float:
        """Draw near the middle more often than far from it; never beyond the spread."""
        near = float(rng.uniform(-1, 1) + rng.uniform(-1, 1)) / 2
        return middle + wider * spread * near

    if whole:
        return Proportions(
            size=about(0.97, 0.05),
            width=about(0.97, 0.07),
            height=about(1.0, 0.06),
            depth=about(1.0, 0.06),
        )
    eyes = 0.94 if male else 1.03
    return Proportions(
        size=about(1.0, 0.07),
        width=about(1.0, 0.07),
        height=about(1.0, 0.06),
        depth=about(1.0, 0.05),
        chin=about(0.003 if male else -0.001, 0.010),
        jaw=about(1.03 if male else 0.99, 0.16),
        cheek=about(0.0, 0.0045),
        eye_size=about(eyes, 0.17),
        eye_height=about(0.97 if male else 1.02, 0.16),
        eye_apart=about(0.0, 0.0035),
        eye_up=about(0.0, 0.006),
        eye_tilt_deg=about(0.0, 7.0),
        brow_up=about(0.0, 0.006),
        nose=about(1.0, 0.45),
        mouth=about(1.0, 0.40),
        mouth_up=about(0.0, 0.004),
    )


def _draw_body(rng: np.random.Generator, male: bool) -> dict[str, float]:
    usual = HeadShape()
    if male:
        return {
            "shoulder_x": float(rng.uniform(0.122, 0.150)),
            "shoulder_y": usual.shoulder_y - float(rng.uniform(0.0, 0.016)),
            "chest": 0.0,
            "torso_width": float(rng.uniform(0.98, 1.10)),
            "arm_radius": float(rng.uniform(0.033, 0.042)),
        }
    return {
        "shoulder_x": float(rng.uniform(0.098, 0.120)),
        "shoulder_y": usual.shoulder_y + float(rng.uniform(-0.008, 0.006)),
        "chest": float(rng.beta(1.6, 2.4)),
        "torso_width": float(rng.uniform(0.92, 1.06)),
        "arm_radius": float(rng.uniform(0.027, 0.035)),
    }
