"""Colour and light of accessories: painted tiles, and the soft shading baked into them.

Default pictures are unlit, so form is only seen where the texture carries it. Light comes from
above and a little from the front and never from one side, so that mirrored pieces may share tiles.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from panic3d.characters.colour import (
    Rgb,
    mixed,
    oklab_from_srgb,
    ramp,
    shifted,
    srgb_from_oklab,
)

Array = NDArray[np.float64]
Real = float | int
"""A number, as one writes it: 0 as well as 0.0."""

WHITE: Rgb = (0.985, 0.98, 0.975)
BLACK: Rgb = (0.13, 0.125, 0.15)


class Finish(NamedTuple):
    """How a material takes light; each from 0 (not at all) to about 1."""

    shadow: Real = 0.9
    light: Real = 0.35
    gloss: Real = 0.0
    """A highlight where the surface faces up and forwards."""
    metal: Real = 0.0
    """Dark and light bands, as polished metal mirrors ground and sky."""


CLOTH = Finish()
FUR = Finish(0.75, 0.25)
HORN = Finish(0.9, 0.3, 0.35)
PLASTIC = Finish(0.8, 0.4, 0.75)
METAL = Finish(0.9, 0.5, 0.6, 0.8)
GEM = Finish(1.0, 0.8, 0.95)
GLOW = Finish(0.2, 0.5)


def tile(height: int, width: int) -> tuple[Array, Array]:
    """Return v (rows) and u (columns) in [0, 1] of a tile's texels, each (height, width)."""
    v, u = np.meshgrid(np.linspace(0, 1, height), np.linspace(0, 1, width), indexing="ij")
    return v, u


def plain(colour: Rgb, size: int = 20) -> Array:
    """Return a tile (size, size, 3) of one colour."""
    return np.broadcast_to(np.array(colour, np.float64), (size, size, 3)).copy()


def over(base: Array, colour: Rgb | Array, mask: Array) -> Array:
    """Lay a colour on a tile where the mask in [0, 1] says so."""
    share = np.clip(mask, 0.0, 1.0)[..., None]
    found: Array = base * (1 - share) + np.asarray(colour, np.float64) * share
    return found


def soft(value: NDArray[np.floating[Any]], low: Real, high: Real) -> Array:
    """Return a smooth step from 0 at `low` to 1 at `high`; falls if high < low."""
    t = np.clip((value - low) / (high - low), 0.0, 1.0)
    found: Array = t * t * (3 - 2 * t)
    return found


def graded(stops: Sequence[tuple[Real, Rgb]], at: Array) -> Array:
    """Return sRGB colours along a gradient; see `colour.ramp`."""
    found: Array = ramp([(float(place), colour) for place, colour in stops], at)
    return found


def gradient(colour: Rgb, height: int, width: int, dark: Real = 0.1, light: Real = 0.04) -> Array:
    """Return a tile of one colour, darker at its first row and lighter at its last."""
    v, _ = tile(height, width)
    stops = [
        (0.0, shade_of(colour, dark)),
        (0.45, colour),
        (1.0, shifted(colour, light, 0.95)),
    ]
    return ramp(stops, v)


def shade_of(colour: Rgb, amount: Real = 0.1) -> Rgb:
    """Return a darker, warmer-to-violet cousin of a colour."""
    return mixed(shifted(colour, -amount, 1.12), (0.42, 0.30, 0.48), min(amount * 0.7, 0.3))


def seen_on(colour: Rgb, ground: Rgb) -> Rgb:
    """Return a colour, or where it would be lost on the ground a lighter or darker cousin."""
    lab, other = oklab_from_srgb(np.array(colour)), oklab_from_srgb(np.array(ground))
    if float(np.linalg.norm(lab - other)) > 0.17:
        return colour
    return mixed(colour, WHITE, 0.72) if other[0] < 0.62 else shade_of(colour, 0.32)


def streaks(rng: np.random.Generator, count: int, smooth: int) -> Array:
    """Return (count,) smooth random values in [-1, 1] that join up at the ends."""
    raw = rng.normal(size=count)
    window = np.hanning(2 * smooth + 3)
    padded = np.concatenate([raw[-smooth - 1 :], raw, raw[: smooth + 1]])
    found: Array = np.convolve(padded, window, "valid")
    return np.asarray(found / max(float(np.abs(found).max()), 1e-9))


def resampled(grid: Array, height: int, width: int) -> Array:
    """Return a grid (n, m, k) at (height, width) places, bilinear, corners on corners."""
    n, m = grid.shape[:2]
    rows = np.linspace(0, n - 1, height)
    columns = np.linspace(0, m - 1, width)
    i = np.minimum(rows.astype(int), n - 2)
    j = np.minimum(columns.astype(int), m - 2)
    a, b = (rows - i)[:, None, None], (columns - j)[None, :, None]
    found: Array = (
        grid[i][:, j] * (1 - a) * (1 - b)
        + grid[i][:, j + 1] * (1 - a) * b
        + grid[i + 1][:, j] * a * (1 - b)
        + grid[i + 1][:, j + 1] * a * b
    )
    return found


def lit(paint: Array, normals: Array, finish: Finish) -> Array:
    """Return a tile (h, w, 3) with the light of a grid's normals (n, m, 3) baked in."""
    normal = resampled(normals, *paint.shape[:2])
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-9)
    up, ahead = normal[..., 1], normal[..., 2]
    facing = 0.82 * up + 0.34 * ahead
    tone = soft(facing, -0.85, 0.75)
    lab = oklab_from_srgb(np.clip(paint, 0.0, 1.0))
    dark = (1 - tone) * finish.shadow
    # Dark colours have less to lose, or black turns into a hole.
    lab[..., 0] *= 1 - 0.27 * dark
    lab[..., 1:] *= (1 + 0.12 * dark)[..., None]
    lab[..., 1] += 0.008 * dark
    lab[..., 2] -= 0.012 * dark
    lab[..., 0] += (0.99 - lab[..., 0]) * 0.4 * finish.light * soft(facing, 0.35, 1.0)
    if finish.metal:
        bands = 0.10 * np.sin(4.6 * facing + 0.4) + 0.05 * np.sin(11.0 * up + 3.0 * ahead)
        lab[..., 0] = np.clip(lab[..., 0] + finish.metal * bands, 0.0, 1.0)
    if finish.gloss:
        half = 0.62 * up + 0.785 * ahead
        shine = finish.gloss * (0.8 * soft(half, 0.93, 0.975) + 0.25 * soft(half, 0.6, 1.0))
        lab[..., 0] += (1.0 - lab[..., 0]) * shine
        lab[..., 1:] *= (1 - 0.6 * shine)[..., None]
    return srgb_from_oklab(lab)
