"""The texture of hair: strips of combed colour side by side, one for each kind of lock.

Rows run from root to tip; the upper half of them is height on the head, from the crown to the
middle of the head, so that what is painted in one row there is one ring around the head. Columns
are strips: four of the main tier that differ a little, one of what lies below, one of inner sides;
and the same six again in the second colour where a hairstyle has locks of it.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from jaxtyping import UInt8
from numpy.typing import NDArray

from panic3d.characters.colour import Rgb, oklab_from_srgb, srgb_from_oklab
from panic3d.characters.palette import Palette
from panic3d.characters.parts.hair.guide import Array, smooth

ColourKind = Literal[
    "plain", "gradient", "tips", "roots", "streaked", "split", "fringe", "inner", "two_tone"
]
"""How the second colour is used: down the lengths, at the tips, at the roots, in some locks, on
one half of the head, in the fringe, below, or behind."""

COLOUR_TAGS: dict[ColourKind, tuple[str, ...]] = {
    "plain": (),
    "gradient": ("gradient_hair", "multicolored_hair"),
    "tips": ("colored_tips", "multicolored_hair"),
    "roots": ("roots_(hair)", "multicolored_hair"),
    "streaked": ("streaked_hair", "multicolored_hair"),
    "split": ("split-color_hair", "two-tone_hair", "multicolored_hair"),
    "fringe": ("two-tone_hair", "multicolored_hair"),
    "inner": ("colored_inner_hair", "multicolored_hair"),
    "two_tone": ("two-tone_hair", "multicolored_hair"),
}
BY_LOCK: tuple[ColourKind, ...] = ("streaked", "split", "fringe", "inner", "two_tone")
"""Kinds in which whole locks have the second colour."""

MAIN_STRIPS = 4
UNDER_STRIP = 4
INNER_STRIP = 5
STRIPS = 6
_WIDE = 42
_ROWS = 256


def strip_columns(strip: NDArray[np.int64], aside: Array, width: int) -> Array:
    """Return texture coordinates across: places in [0, 1] across strips, clear of their borders."""
    found: Array = (strip * _WIDE + 1.0 + aside * (_WIDE - 2.0)) / width
    return found


def paint_hair(
    palette: Palette,
    kind: ColourKind,
    shine: float,
    rng: np.random.Generator,
) -> UInt8[np.ndarray, "h w 4"]:
    """Paint the strips.

    Args:
        palette: gives both colours.
        kind: where the second one goes.
        shine: strength of the band of light, 0 to 1.
        rng: places of the finer strands.
    """
    rows = (np.arange(_ROWS) + 0.5) / _ROWS
    first = _strips(rows, shine, rng, float(oklab_from_srgb(np.array(palette.hair))[0]))
    sets = [_coloured(first, palette.hair, _second(palette, kind, rows))]
    if kind in BY_LOCK:
        level = float(oklab_from_srgb(np.array(palette.hair_second))[0])
        sets.append(_coloured(_strips(rows, shine, rng, level), palette.hair_second, None))
    lab = np.concatenate(sets, 1)
    width = 256 * len(sets)
    if lab.shape[1] < width:
        lab = np.concatenate([lab, np.repeat(lab[:, -1:], width - lab.shape[1], 1)], 1)
    picture = np.empty((*lab.shape[:2], 4), np.uint8)
    picture[..., :3] = np.round(srgb_from_oklab(lab) * 255).astype(np.uint8)
    picture[..., 3] = 255
    return picture


def _second(palette: Palette, kind: ColourKind, rows: Array) -> tuple[Rgb, Array] | None:
    """Return the second colour and its share of each row, for kinds that paint it in."""
    if kind == "gradient":
        return palette.hair_second, smooth(rows, 0.42, 0.95)
    if kind == "tips":
        return palette.hair_second, smooth(rows, 0.66, 0.88)
    if kind == "roots":
        return palette.hair_second, smooth(rows, 0.30, 0.08)
    return None


def _strips(
    rows: Array, shine: float, rng: np.random.Generator, level: float
) -> tuple[Array, Array]:
    """Return what to add to lightness, and the share of light, (rows, columns)."""
    v = rows[:, None]
    u = ((np.arange(_WIDE) + 0.5) / _WIDE)[None, :]
    # White hair has no room above it: its forms are drawn in shadow. Black has little below.
    depth = 0.55 + 0.75 * level
    parts, lights = [], []
    for strip in range(STRIPS):
        strands = _strands(rng, u) * (0.7 + 0.3 * np.sin(v * 9 + rng.uniform(0, 6.28)))
        fine = _strands(rng, u, 13)
        dark = 0.030 * strands + 0.016 * fine
        # Roots and the lower lengths are darker; the curve of the head faces the sky between.
        dark = dark - 0.055 * smooth(v, 0.14, 0.0) - 0.040 * smooth(v, 0.36, 0.62)
        dark = dark + 0.014 * smooth(v, 0.70, 1.0)
        edge = np.minimum(u / 0.13, (1 - u) / 0.09)
        dark = dark - 0.075 * np.exp(-(np.maximum(edge, 0) ** 1.5)) - 0.030 * u
        ring = np.zeros_like(dark)
        if strip < MAIN_STRIPS:
            dark = dark - 0.010 * strip
            teeth = 0.5 + 0.5 * _strands(rng, u, 5)
            for middle, tall, strong in ((0.235, 0.040, 1.0), (0.320, 0.022, 0.5)):
                upper = smooth(v, middle - tall * 1.3, middle - tall * (0.3 + 0.6 * teeth))
                lower = smooth(v, middle + tall * (0.4 + 1.3 * teeth), middle + tall * 0.2)
                gaps = 1.0 if strong == 1 else smooth(teeth, 0.45, 0.75)
                ring = ring + strong * upper * lower * gaps
            ring = ring * (0.72 + 0.28 * fine) * (1 - 0.75 * np.exp(-np.maximum(edge, 0)))
        elif strip == UNDER_STRIP:
            dark = dark * 0.8 - 0.075
        else:
            dark = dark * 0.6 - 0.125
        parts.append(dark * depth)
        lights.append(ring * shine)
    return np.concatenate(parts, 1), np.clip(np.concatenate(lights, 1), 0, 1)


def _strands(rng: np.random.Generator, u: Array, count: int = 7) -> Array:
    """Return a smooth random curve of u in about [-1, 1], the same at no two calls."""
    knots = rng.uniform(-1, 1, count + 2)
    place = u[0] * count
    k = place.astype(int)
    f = place - k
    f = f * f * (3 - 2 * f)
    return ((1 - f) * knots[k] + f * knots[k + 1])[None, :]


def _coloured(strips: tuple[Array, Array], colour: Rgb, second: tuple[Rgb, Array] | None) -> Array:
    """Return OKLab colours (rows, columns, 3)."""
    dark, light = strips
    base = np.broadcast_to(oklab_from_srgb(np.array(colour)), (*dark.shape, 3))
    if second is not None:
        share = second[1][:, None, None]
        base = (1 - share) * base + share * oklab_from_srgb(np.array(second[0]))
    level = base[..., 0]
    # Shadows are a little stronger in colour and colder, as painters have them.
    deep = np.clip(-dark / 0.12, 0, 1)
    tone = base[..., 1:] * (1 + 0.10 * deep - 0.30 * light)[..., None]
    tone = tone + deep[..., None] * np.array([0.004, -0.010])
    room = np.clip(0.985 - level, 0.0, 0.20)
    lit = np.clip(level + dark + light * (0.35 * room + 0.075), 0.10, 0.99)
    return np.concatenate([lit[..., None], tone], -1)
