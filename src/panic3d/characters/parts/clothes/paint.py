"""Cloth as drawn: patterns, folds, seams, buttons, and the soft shading over all of it."""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from panic3d.characters.colour import Rgb, mixed, oklab_from_srgb, shifted
from panic3d.characters.parts.bust_mesh import (
    ARM_ROWS,
    ATLAS,
    COLUMNS,
    ROWS,
    Bust,
    grids,
    usual_bust,
)
from panic3d.characters.parts.bust_paint import (
    Canvas,
    Map,
    band,
    darkness,
    soft,
    spread,
    texel_places,
)
from panic3d.characters.parts.clothes.cut import LINING_PX

PATTERNS = ("plain", "stripes", "pinstripes", "plaid", "polka_dot", "floral")
FOLD_BANK = 6


@lru_cache(4096)
def tone(colour: Rgb, step: float, chroma: float = 1.0) -> Rgb:
    """Return a lighter or darker tone of a colour, as `shifted`, remembered."""
    return shifted(colour, step, chroma)


@lru_cache(4096)
def lightness(colour: Rgb) -> float:
    """Return OKLab's lightness."""
    return float(oklab_from_srgb(np.array(colour))[0])


@cache
def cloth_axes() -> tuple[Map, Map]:
    """Return how far along the weft (around body or arm) and the warp texels lie, metres."""
    net, p = grids(), texel_places()
    weft = np.zeros(net.count)
    columns = np.linspace(-0.155, 0.155, 2 * COLUMNS + 1)
    for sheet, sign in ((net.front, 1.0), (net.back, -1.0)):
        grid = np.broadcast_to(columns * sign, (ROWS + 1, 2 * COLUMNS + 1))
        weft[sheet[sheet >= 0]] = grid[sheet >= 0]
    ring = np.linspace(0, 0.21, ARM_ROWS + 1)
    for arm in (net.left, net.right):
        weft[arm] = ring[:, None]
    warp = np.where(p.arm, p.x, spread(_heights())).astype(np.float32)
    return spread(weft), warp


def _heights() -> NDArray[np.float64]:
    """Return how high vertices lie (v,) if front and back were unrolled from the waist up.

    Metres. On shoulders, which are nearly level, heights themselves would smear every pattern.
    """
    net, positions = grids(), usual_bust().positions
    found = positions[:, 1].copy()
    for sheet in (net.front, net.back):
        for above, below in zip(sheet[-2::-1], sheet[:0:-1], strict=True):
            there = above >= 0
            step = np.abs(positions[above[there]] - positions[below[there]])
            # Steep cloth is measured by its height, so that stripes stay level there.
            found[above[there]] = found[below[there]] + np.maximum(step[:, 1], step[:, 2])
    return found


def lay_pattern(canvas: Canvas, pattern: str, colour: Rgb, size: float = 1.0) -> None:
    """Draw a pattern in a second colour.

    Args:
        canvas: to draw on.
        pattern: one of `PATTERNS`.
        colour: of the pattern.
        size: factor on its usual size.
    """
    weft, warp = cloth_axes()
    if pattern == "stripes":
        wave = np.abs((warp / (0.030 * size)) % 1 - 0.5) * 0.030 * size
        canvas.lay(soft(wave, 0.0078 * size, 0.0066 * size), colour)
    elif pattern == "pinstripes":
        wave = np.abs((weft / (0.022 * size)) % 1 - 0.5) * 0.022 * size
        canvas.lay(0.8 * soft(wave, 0.0022, 0.0010), colour)
    elif pattern == "plaid":
        for axis in (weft, warp):
            wave = np.abs((axis / (0.042 * size)) % 1 - 0.5) * 0.042 * size
            canvas.lay(0.42 * soft(wave, 0.0098 * size, 0.0086 * size), colour)
            canvas.lay(0.5 * band(wave, 0.0150 * size, 0.0166 * size), colour)
    elif pattern == "polka_dot":
        step = 0.024 * size
        row = np.floor(warp / step)
        across = (weft / step + 0.5 * (row % 2)) % 1 - 0.5
        down = (warp / step) % 1 - 0.5
        canvas.lay(soft(np.hypot(across, down) * step, 0.0066 * size, 0.0052 * size), colour)
    elif pattern == "floral":
        step = 0.044 * size
        row = np.floor(warp / step)
        across = ((weft / step + 0.5 * (row % 2)) % 1 - 0.5) * step
        down = ((warp / step) % 1 - 0.5) * step
        angle, far = np.arctan2(down, across), np.hypot(across, down)
        petals = 0.0098 * size * (0.70 + 0.30 * np.abs(np.cos(2.5 * angle + row)))
        canvas.lay(soft(far, petals + 0.0006, petals - 0.0006), colour)
        canvas.lay(soft(far, 0.0034 * size, 0.0022 * size), mixed(colour, (1.0, 0.9, 0.5), 0.6))


@cache
def folds(number: int) -> tuple[Map, Map]:
    """Return one of a few drawings of folds: their shadows and their lights."""
    rng = np.random.default_rng(7100 + number)
    p = texel_places()
    dark, light = np.zeros((ATLAS, ATLAS), np.float32), np.zeros((ATLAS, ATLAS), np.float32)
    torso = ~p.arm

    def crease(part: Map, u: Map, v: Map, start: tuple[float, float], end: tuple[float, float],
               width: float, bend: float, strength: float) -> None:  # fmt: skip
        u, v = u[part], v[part]
        a, b = np.array(start), np.array(end)
        axis = b - a
        length = float(np.hypot(*axis))
        axis /= length
        along = ((u - a[0]) * axis[0] + (v - a[1]) * axis[1]) / length
        off = -(u - a[0]) * axis[1] + (v - a[1]) * axis[0] - bend * along * (1 - along) * length
        window = soft(along, -0.05, 0.25) * soft(along, 1.0, 0.45)
        thin = width * (1.0 - 0.5 * np.clip(along, 0, 1))
        # Crisp on one side, soft on the other, with a light edge beside it.
        sharp = np.where(off > 0, off / (0.45 * thin), off / (1.5 * thin))
        dark[part] = np.maximum(dark[part], strength * window * np.exp(-(sharp**2)))
        light[part] = np.maximum(
            light[part],
            0.8 * strength * window * np.exp(-(((off - 1.15 * thin) / (0.6 * thin)) ** 2)),
        )

    for front in (True, False):
        part = torso & (p.front == front)
        for side in (-1.0, 1.0):
            x = side * p.x
            for k in range(3):
                start = (0.098 + rng.normal(0, 0.004), -0.150 - 0.016 * k + rng.normal(0, 0.004))
                far = rng.uniform(0.035, 0.065)
                turn = float(rng.uniform(3.05, 4.45))
                end = (start[0] + far * float(np.cos(turn)), start[1] + far * float(np.sin(turn)))
                crease(part, x, p.y, start, end, rng.uniform(0.004, 0.007),
                       rng.uniform(-0.25, 0.25), rng.uniform(0.45, 0.8))  # fmt: skip
            for _ in range(2):
                start = (rng.uniform(0.045, 0.085), rng.uniform(-0.27, -0.23))
                end = (start[0] + rng.normal(0, 0.02), start[1] - rng.uniform(0.06, 0.10))
                crease(part, x, p.y, start, end, rng.uniform(0.006, 0.010),
                       rng.uniform(-0.15, 0.15), rng.uniform(0.35, 0.6))  # fmt: skip
    for front in (True, False):
        part = p.arm & (p.front == front)
        for k in range(7):
            at = 0.145 + 0.030 * k + rng.normal(0, 0.008)
            start = (at, -0.150 + rng.normal(0, 0.004))
            end = (at + rng.normal(0.0, 0.018), start[1] + rng.uniform(0.030, 0.055))
            crease(part, p.x, p.y, start, end, rng.uniform(0.005, 0.008),
                   rng.uniform(-0.2, 0.2), rng.uniform(0.4, 0.8))  # fmt: skip
    return dark, light


def finish(
    canvas: Canvas, bust: Bust, colour: Rgb, edge: Map, fold: int = 0, depth: float = 1.0
) -> None:
    """Lay form, folds and hems over what was painted.

    Args:
        canvas: with colours and patterns.
        bust: whose form shades it.
        colour: the cloth's.
        edge: metres to the garment's border.
        fold: which drawing of folds; negative: none.
        depth: strength of the folds.
    """
    pale = lightness(colour)
    p = canvas.places
    lit = 1 - 0.75 * spread(darkness(bust))
    lit *= 1 - 0.35 * soft(edge, 0.0032, 0.0)
    # Light falls on shoulders and chest.
    light = (0.05 if pale > 0.5 else 0.07) * soft(p.y, -0.16, -0.085)
    if fold >= 0:
        dark, bright = folds(fold % FOLD_BANK)
        lit *= 1 - (0.62 if pale > 0.5 else 0.8) * depth * dark
        light += (0.10 if pale > 0.5 else 0.13) * depth * bright
    canvas.darken(1 - lit, shadow_tint(colour))
    canvas.lighten(light, 1.0)
    left, top, right, bottom = LINING_PX
    lining = np.array(tone(mixed(colour, (0.2, 0.15, 0.25), 0.45), -0.06))
    canvas.planes[:, top:bottom, left:right] = lining[:, None, None]


def shadow_tint(colour: Rgb) -> Rgb:
    """Return the factor that a shadow lays on cloth: bluish on white, warm on warm colours."""
    _, a, b = oklab_from_srgb(np.array(colour))
    strength = min(float(np.hypot(a, b)) / 0.12, 1.0)
    warm = strength * float(np.clip(a / 0.12, 0.0, 1.0))
    return mixed((0.66, 0.66, 0.82), (0.74, 0.52, 0.60), max(warm, 0.35 * strength))


def seam(canvas: Canvas, off: Map, where: Map, colour: Rgb) -> None:
    """Draw a seam: a dark line with a light one beside it.

    Args:
        canvas: to draw on.
        off: metres from the seam, either sign.
        where: 1 where there is one.
        colour: the cloth's.
    """
    there = np.flatnonzero((np.abs(off) < 0.005) & (where > 0))
    away, share = off.reshape(-1)[there], where.reshape(-1)[there]
    canvas.lay_at(there, 0.45 * share * np.exp(-((away / 0.0011) ** 2)), tone(colour, -0.16))
    light = 0.14 * share * np.exp(-(((away - 0.0022) / 0.0011) ** 2))
    canvas.lay_at(there, light, (1.0, 1.0, 1.0))


def button(canvas: Canvas, x: float, y: float, radius: float, colour: Rgb) -> None:
    """Draw a round button on the front."""
    there = canvas.near(x, y, 2 * radius)
    dx = canvas.places.x.reshape(-1)[there] - x
    dy = canvas.places.y.reshape(-1)[there] - y
    far = np.hypot(dx, dy)
    below = np.hypot(dx, dy + 0.3 * radius)
    canvas.lay_at(there, 0.35 * soft(below, 1.5 * radius, 0.9 * radius), (0.16, 0.12, 0.22))
    canvas.lay_at(there, soft(far, radius + 0.0005, radius - 0.0005), colour)
    canvas.lay_at(there, 0.6 * band(far, 0.62 * radius, 0.85 * radius), tone(colour, -0.16))
    glint = np.hypot(dx + 0.3 * radius, dy - 0.3 * radius)
    canvas.lay_at(there, 0.5 * soft(glint, 0.5 * radius, 0.1 * radius), (1.0, 1.0, 1.0))
