"""Colours that go together: one palette per character, with Danbooru's names of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from panic3d.characters.colour import Rgb, mixed, oklab_from_srgb, shifted, srgb_from_oklch


class _Range(NamedTuple):
    """Where a named colour lies in OKLCh, and how often it is chosen."""

    weight: float
    lightness: tuple[float, float]
    chroma: tuple[float, float]
    hue: tuple[float, float]


_HAIR: dict[str, _Range] = {
    "black_hair": _Range(10, (0.24, 0.31), (0.005, 0.03), (260, 330)),
    "dark_blue_hair": _Range(2.5, (0.30, 0.38), (0.06, 0.09), (255, 275)),
    "brown_hair": _Range(10, (0.42, 0.54), (0.055, 0.09), (42, 65)),
    "light_brown_hair": _Range(5, (0.62, 0.70), (0.06, 0.09), (58, 75)),
    "dark_brown_hair": _Range(2, (0.32, 0.38), (0.03, 0.05), (35, 60)),
    "blonde_hair": _Range(10, (0.83, 0.89), (0.085, 0.13), (82, 96)),
    "platinum_blonde_hair": _Range(2.5, (0.91, 0.94), (0.035, 0.055), (85, 100)),
    "orange_hair": _Range(3.5, (0.70, 0.76), (0.13, 0.17), (50, 64)),
    "red_hair": _Range(5, (0.50, 0.58), (0.15, 0.20), (20, 32)),
    "pink_hair": _Range(6, (0.78, 0.84), (0.08, 0.12), (352, 368)),
    "purple_hair": _Range(5, (0.52, 0.62), (0.09, 0.14), (298, 318)),
    "light_purple_hair": _Range(2.5, (0.76, 0.82), (0.05, 0.08), (298, 312)),
    "blue_hair": _Range(6, (0.56, 0.66), (0.10, 0.15), (245, 268)),
    "light_blue_hair": _Range(3.5, (0.82, 0.87), (0.05, 0.08), (225, 245)),
    "aqua_hair": _Range(3, (0.78, 0.84), (0.08, 0.11), (190, 212)),
    "green_hair": _Range(4, (0.58, 0.68), (0.09, 0.14), (145, 165)),
    "light_green_hair": _Range(1.5, (0.84, 0.88), (0.07, 0.10), (135, 155)),
    "grey_hair": _Range(4, (0.66, 0.74), (0.004, 0.02), (240, 300)),
    "white_hair": _Range(5, (0.94, 0.965), (0.003, 0.012), (200, 300)),
}

_EYES: dict[str, _Range] = {
    "blue_eyes": _Range(12, (0.52, 0.60), (0.13, 0.17), (245, 265)),
    "aqua_eyes": _Range(5, (0.66, 0.72), (0.10, 0.13), (195, 215)),
    "green_eyes": _Range(8, (0.56, 0.64), (0.12, 0.16), (140, 160)),
    "yellow_eyes": _Range(6, (0.76, 0.82), (0.14, 0.17), (88, 100)),
    "orange_eyes": _Range(4, (0.64, 0.70), (0.15, 0.18), (50, 65)),
    "red_eyes": _Range(9, (0.48, 0.55), (0.17, 0.21), (20, 30)),
    "pink_eyes": _Range(5, (0.64, 0.70), (0.15, 0.19), (352, 366)),
    "purple_eyes": _Range(8, (0.50, 0.58), (0.14, 0.18), (298, 316)),
    "brown_eyes": _Range(7, (0.42, 0.50), (0.07, 0.10), (45, 62)),
    "grey_eyes": _Range(3, (0.56, 0.64), (0.008, 0.025), (240, 290)),
    "black_eyes": _Range(2.5, (0.24, 0.30), (0.01, 0.02), (260, 320)),
}

_SKIN: dict[str, _Range] = {
    "": _Range(60, (0.915, 0.945), (0.030, 0.042), (54, 66)),
    "pale_skin": _Range(14, (0.955, 0.968), (0.012, 0.02), (40, 60)),
    "tan": _Range(8, (0.80, 0.84), (0.055, 0.07), (58, 68)),
    "dark_skin": _Range(9, (0.62, 0.70), (0.062, 0.08), (52, 62)),
    "very_dark_skin": _Range(3, (0.46, 0.53), (0.055, 0.068), (48, 58)),
    "colored_skin": _Range(4, (0.80, 0.88), (0.05, 0.08), (130, 300)),
}


@dataclass(frozen=True, kw_only=True)
class Palette:
    """All colours of a character, sRGB in [0, 1]."""

    hair: Rgb
    hair_second: Rgb
    """Of tips, streaks, the inner side or the other half; equals `hair` where there is none."""
    eye_right: Rgb
    eye_left: Rgb
    skin: Rgb
    skin_shade: Rgb
    """Of skin in the dark."""
    blush: Rgb
    lip: Rgb
    line: Rgb
    """Of lashes and drawn lines: a dark cousin of the hair or a dark brown."""
    brow: Rgb
    cloth: Rgb
    cloth_second: Rgb
    accent: Rgb
    """Of ribbons, trims and ties."""
    metal: Rgb
    tags: tuple[str, ...]
    """Names of the colours of hair, eyes and skin."""


def draw_palette(
    rng: np.random.Generator, multicolored: bool = False, odd_eyes: bool = False
) -> Palette:
    """Choose colours.

    Args:
        rng: random numbers.
        multicolored: the hair has a second colour.
        odd_eyes: the eyes differ.
    """
    hair_tag, hair = _draw(rng, _HAIR)
    tags = [hair_tag]
    second = hair
    if multicolored:
        agreeing = {
            name: spread._replace(weight=spread.weight * _agreement(_HAIR[hair_tag], spread))
            for name, spread in _HAIR.items()
            if name != hair_tag
        }
        second_tag, second = _draw(rng, agreeing)
        tags.append(second_tag)
    eye_tag, eye = _draw(rng, _EYES)
    tags.append(eye_tag)
    other = eye
    if odd_eyes:
        other_tag, other = _draw(rng, _EYES, but=eye_tag)
        tags += [other_tag, "heterochromia"]
    skin_tag, skin = _draw(rng, _SKIN)
    if skin_tag:
        tags.append(skin_tag)
    if skin_tag == "very_dark_skin":
        tags.append("dark_skin")
    # Clothes take the hue of the eyes, of the hair, its opposite or none at all.
    hue = _hue(hair) if rng.random() < 0.4 else _hue(eye)
    turn = float(rng.choice([0.0, 30.0, -30.0, 120.0, 180.0, 210.0]))
    kind = rng.random()
    if kind < 0.30:  # near white
        cloth = srgb_from_oklch(rng.uniform(0.93, 0.97), rng.uniform(0.0, 0.015), hue)
    elif kind < 0.50:  # near black
        cloth = srgb_from_oklch(rng.uniform(0.25, 0.34), rng.uniform(0.005, 0.04), hue)
    elif kind < 0.62:  # navy
        cloth = srgb_from_oklch(rng.uniform(0.30, 0.38), rng.uniform(0.05, 0.08), 265.0)
    elif kind < 0.80:  # muted
        cloth = srgb_from_oklch(rng.uniform(0.55, 0.80), rng.uniform(0.02, 0.06), hue + turn)
    else:  # strong
        cloth = srgb_from_oklch(rng.uniform(0.45, 0.72), rng.uniform(0.10, 0.15), hue + turn)
    light = _lightness(cloth) > 0.6
    second_cloth = srgb_from_oklch(
        rng.uniform(0.26, 0.42) if light else rng.uniform(0.90, 0.97),
        rng.uniform(0.01, 0.08) if light else rng.uniform(0.0, 0.02),
        hue + turn,
    )
    accent = _not_olive(
        srgb_from_oklch(
            rng.uniform(0.48, 0.74),
            rng.uniform(0.12, 0.19),
            _hue(eye) + float(rng.choice([0.0, 0.0, 150.0, 180.0, 25.0])),
        )
    )
    metal = (
        srgb_from_oklch(0.83, 0.11, 90.0)
        if rng.random() < 0.6
        else srgb_from_oklch(0.84, 0.01, 250.0)
    )
    line = mixed(shifted(hair, -0.30, 0.7), (0.20, 0.11, 0.12), 0.6)
    return Palette(
        hair=hair,
        hair_second=second,
        eye_right=eye,
        eye_left=other,
        skin=skin,
        skin_shade=mixed(shifted(skin, -0.10, 1.5, -22.0), (0.80, 0.55, 0.62), 0.18),
        blush=shifted(skin, -0.07, 2.3, -30.0),
        lip=shifted(skin, -0.13, 2.0, -28.0),
        line=line,
        brow=mixed(shifted(hair, -0.16, 1.0), line, 0.35),
        cloth=_not_olive(cloth),
        cloth_second=_not_olive(second_cloth),
        accent=accent,
        metal=metal,
        tags=tuple(tags),
    )


def _draw(
    rng: np.random.Generator, table: dict[str, _Range], but: str | None = None
) -> tuple[str, Rgb]:
    names = [name for name in table if name != but]
    weights = np.array([table[name].weight for name in names])
    name = names[int(rng.choice(len(names), p=weights / weights.sum()))]
    spread = table[name]
    colour = srgb_from_oklch(
        rng.uniform(*spread.lightness), rng.uniform(*spread.chroma), rng.uniform(*spread.hue)
    )
    return name, colour


def _agreement(one: _Range, other: _Range) -> float:
    """Return how gladly two colours of hair are worn together: greys with all, hues with near."""
    if min(one.chroma[1], other.chroma[1]) < 0.06:
        return 1.0
    apart = abs((sum(one.hue) - sum(other.hue)) / 2 + 180.0) % 360.0 - 180.0
    return 1.0 if abs(apart) < 75.0 else 0.12


def _not_olive(colour: Rgb) -> Rgb:
    """Turn dark yellows, which look dirty on cloth, to brown or green."""
    hue = _hue(colour)
    lightness, a, b = _lab(colour)
    if not (68.0 < hue < 128.0 and lightness < 0.70 and float(np.hypot(a, b)) > 0.045):
        return colour
    return shifted(colour, 0.0, 0.8, (58.0 if hue < 96.0 else 142.0) - hue)


def _lab(colour: Rgb) -> np.ndarray:
    return oklab_from_srgb(np.array(colour))


def _hue(colour: Rgb) -> float:
    _, a, b = _lab(colour)
    return float(np.degrees(np.arctan2(b, a)))


def _lightness(colour: Rgb) -> float:
    return float(_lab(colour)[0])
