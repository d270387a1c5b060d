"""Hairclips and pins: small flat charms bent onto the hair."""

from __future__ import annotations

import numpy as np

from panic3d.characters.colour import Rgb, mixed, shifted
from panic3d.characters.palette import Palette
from panic3d.characters.parts.accessories.charms import (
    bar,
    heart_outline,
    puffed,
    star_outline,
)
from panic3d.characters.parts.accessories.flowers import leaf
from panic3d.characters.parts.accessories.paint import (
    GEM,
    METAL,
    PLASTIC,
    WHITE,
    Array,
    gradient,
    over,
    shade_of,
    soft,
    tile,
)
from panic3d.characters.parts.accessories.pinning import (
    Sheets,
    clip_colour,
    laid_on,
    ornament_kind,
    pinned,
)
from panic3d.characters.parts.accessories.scalp import Scalp
from panic3d.characters.parts.accessories.solids import (
    Frame,
    ball,
    blend,
    disc,
    sheet,
    tube,
)


def _bars(rng: np.random.Generator, scalp: Scalp, frame: Frame, palette: Palette) -> Sheets:
    colour = clip_colour(rng, palette)
    count = int(rng.integers(1, 4))
    angle = rng.uniform(-12, 12) if count > 1 else rng.uniform(-35, 5)
    found = []
    for k in range(count):
        y = (k - (count - 1) / 2) * 0.0135
        grid = bar(0.044 - 0.003 * k, 0.0085, 0.006, angle, (0.003 * k, y))
        found.append(sheet(laid_on(scalp, frame, grid), gradient(colour, 16, 16), PLASTIC))
    return found


def _cross_bars(rng: np.random.Generator, scalp: Scalp, frame: Frame, palette: Palette) -> Sheets:
    colour = clip_colour(rng, palette)
    angles = (48.0, -48.0)
    return [
        sheet(laid_on(scalp, frame, bar(0.044, 0.0095, 0.006, a), 0.0022 * k), colour, PLASTIC)
        for k, a in enumerate(angles)
    ]


def _cross(rng: np.random.Generator, scalp: Scalp, frame: Frame, palette: Palette) -> Sheets:
    colour = palette.metal if rng.random() < 0.6 else clip_colour(rng, palette)
    finish = METAL if colour == palette.metal else PLASTIC
    found = [
        sheet(laid_on(scalp, frame, bar(0.046, 0.0105, 0.007, 90.0, (0, -0.003))), colour, finish),
        sheet(laid_on(scalp, frame, bar(0.032, 0.0105, 0.0074, 0.0, (0, 0.004))), colour, finish),
    ]
    gem = ball(0.0052, 10, 6) + np.array([0, 0.004, 0.006])
    found.append(sheet(laid_on(scalp, frame, gem), palette.accent, GEM))
    return found


def _star(rng: np.random.Generator, scalp: Scalp, frame: Frame, palette: Palette) -> Sheets:
    colour = (0.99, 0.84, 0.32) if rng.random() < 0.5 else clip_colour(rng, palette)
    size = rng.uniform(0.022, 0.028)
    found = [
        sheet(
            laid_on(scalp, frame, puffed(star_outline(5, 0.5, 2), size, 0.011, 1.0)),
            _ridge(colour),
            PLASTIC,
        )
    ]
    if rng.random() < 0.35:
        small = puffed(star_outline(5, 0.5, 2), size * 0.55, 0.008, 1.0) + np.array(
            [0.022, -0.026, 0]
        )
        found.append(sheet(laid_on(scalp, frame, small), _ridge(shifted(colour, 0.05)), PLASTIC))
    return found


def _ridge(colour: Rgb) -> Array:
    """A faceted star's paint: every other facet darker, a light rim."""
    v, u = tile(24, 80)
    facet = soft(np.sin(2 * np.pi * 5 * u), -0.15, 0.15)
    found = np.broadcast_to(np.array(shifted(colour, 0.03)), (24, 80, 3))
    return over(
        over(found, shade_of(colour, 0.11), facet * 0.75),
        shifted(colour, 0.09),
        soft(v, 0.36, 0.46) * soft(v, 0.6, 0.5) * 0.7,
    )


def _heart(rng: np.random.Generator, scalp: Scalp, frame: Frame, palette: Palette) -> Sheets:
    pink: tuple[Rgb, ...] = ((0.95, 0.42, 0.58), (0.86, 0.18, 0.28), palette.accent)
    colour = pink[int(rng.integers(3))]
    grid = puffed(heart_outline(), rng.uniform(0.020, 0.025), 0.0095)
    return [sheet(laid_on(scalp, frame, grid), colour, PLASTIC)]


def _moon(rng: np.random.Generator, scalp: Scalp, frame: Frame, palette: Palette) -> Sheets:
    colour = palette.metal if rng.random() < 0.5 else (0.98, 0.86, 0.45)
    a = np.radians(np.linspace(-140, 140, 21))
    path = np.stack([-0.019 * np.cos(a), 0.019 * np.sin(a), np.full(21, 0.002)], -1)
    size = blend(np.linspace(0, 1, 21), ((0, 0.06), (0.2, 0.5), (0.5, 1.0), (0.8, 0.5), (1, 0.06)))
    section = disc(10) * np.array([0.0085, 0.0045]) * size[:, None, None]
    moon = tube(path, section, up=(0.0, 0.0, 1.0), caps=False)
    found = [sheet(laid_on(scalp, frame, moon), colour, METAL)]
    star = puffed(star_outline(5, 0.45, 1), 0.0105, 0.007, 1.0) + np.array([0.006, -0.001, 0.001])
    found.append(sheet(laid_on(scalp, frame, star), _ridge(shifted(palette.accent, 0.1)), PLASTIC))
    return found


def _snowflake(rng: np.random.Generator, scalp: Scalp, frame: Frame, palette: Palette) -> Sheets:
    colour: Rgb = (0.72, 0.88, 0.98) if rng.random() < 0.7 else WHITE
    found = []
    for k in range(6):
        a = 30.0 + 60 * k
        c, s = np.cos(np.radians(a)), np.sin(np.radians(a))
        found.append(
            sheet(
                laid_on(scalp, frame, bar(0.027, 0.0058, 0.005, a, (0.0135 * c, 0.0135 * s))),
                colour,
                GEM,
            )
        )
        for turn in (52.0, -52.0):
            b = np.radians(a + turn)
            at = (0.0165 * c + 0.0055 * np.cos(b), 0.0165 * s + 0.0055 * np.sin(b))
            found.append(
                sheet(laid_on(scalp, frame, bar(0.013, 0.0046, 0.0044, a + turn, at)), colour, GEM)
            )
    found.append(
        sheet(
            laid_on(scalp, frame, ball(0.0058, 8, 6) + np.array([0, 0, 0.003])),
            mixed(colour, palette.accent, 0.3),
            GEM,
        )
    )
    return found


def _leaves(rng: np.random.Generator, scalp: Scalp, frame: Frame, palette: Palette) -> Sheets:
    green: tuple[Rgb, ...] = ((0.42, 0.66, 0.32), (0.30, 0.52, 0.35), (0.86, 0.45, 0.22))
    colour = green[int(rng.integers(3))]
    raised = frame.shifted(z=0.0015)
    found = [
        leaf(raised, 118.0, 0.046, colour, 0.34),
        leaf(raised, 62.0, 0.050, shifted(colour, 0.05), 0.34),
    ]
    return [
        *found,
        sheet(raised.place(ball(0.0058, 10, 6) + np.array([0, 0, 0.004])), (0.80, 0.20, 0.22), GEM),
    ]


def _carrot(rng: np.random.Generator, scalp: Scalp, frame: Frame, palette: Palette) -> Sheets:
    t = np.linspace(0, 1, 12)
    turned = frame.rolled(rng.uniform(20, 45))
    path = np.stack([np.zeros(12), 0.022 - 0.052 * t, np.full(12, 0.006)], -1)
    size = 0.0125 * blend(t, ((0, 0.45), (0.08, 0.85), (0.22, 1.0), (0.7, 0.5), (1, 0.05)))
    grid = tube(
        turned.place(path),
        disc(12) * np.array([1.0, 0.72]) * size[:, None, None],
        up=frame.axes[2],
        caps=False,
    )
    v, u = tile(40, 24)
    orange: Rgb = (0.97, 0.55, 0.18)
    rings = np.exp(-((np.sin(np.pi * 5 * v + 0.8 * np.sin(4 * np.pi * u)) / 0.16) ** 2)) * soft(
        np.sin(2 * np.pi * (2 * u + 2.5 * v)), -0.1, 0.4
    )
    paint = over(np.broadcast_to(np.array(orange), (40, 24, 3)), shade_of(orange, 0.14), rings)
    found = [sheet(grid, paint, PLASTIC)]
    top = turned.shifted(0.0, 0.018, 0.006)
    return found + [leaf(top, a, 0.024, (0.40, 0.66, 0.30), 0.26) for a in (62.0, 90.0, 118.0)]


def _beads(rng: np.random.Generator, scalp: Scalp, frame: Frame, palette: Palette) -> Sheets:
    """A string of pearls along the hair."""
    colour = (WHITE, palette.accent, palette.metal)[int(rng.choice(3, p=[0.5, 0.3, 0.2]))]
    t = np.linspace(-1, 1, 9)
    found = []
    for k, x in enumerate(t):
        size = 0.0062 - 0.0016 * abs(x)
        grid = ball(size, 10, 7) + np.array([0.042 * x, -0.012 * (1 - x * x), size * 0.5])
        tint = colour if k % 2 == 0 or colour != WHITE else mixed(colour, palette.accent, 0.15)
        found.append(sheet(scalp.wrapped(frame, grid), tint, PLASTIC))
    return found


KINDS = (
    ornament_kind(
        "hairclip_bars",
        "hair_ornament",
        pinned("Hairclip", 47, 24, _bars, 18),
        1.6,
        "hair_ornament",
        "hairclip",
        male=0.8,
    ),
    ornament_kind(
        "x_clip",
        "hair_ornament",
        pinned("XClip", 48, 25, _cross_bars),
        1.1,
        "hair_ornament",
        "x_hair_ornament",
        "hairclip",
        male=0.8,
    ),
    ornament_kind(
        "cross_clip",
        "hair_ornament",
        pinned("CrossClip", 50, 28, _cross, 14),
        0.9,
        "hair_ornament",
        "cross_hair_ornament",
        male=0.7,
    ),
    ornament_kind(
        "star_clip",
        "hair_ornament",
        pinned("StarClip", 50, 28, _star),
        1.1,
        "hair_ornament",
        "star_hair_ornament",
        male=0.6,
    ),
    ornament_kind(
        "heart_clip",
        "hair_ornament",
        pinned("HeartClip", 50, 28, _heart),
        1.0,
        "hair_ornament",
        "heart_hair_ornament",
    ),
    ornament_kind(
        "moon_clip",
        "hair_ornament",
        pinned("MoonClip", 50, 28, _moon),
        0.9,
        "hair_ornament",
        "crescent_hair_ornament",
    ),
    ornament_kind(
        "snowflake_clip",
        "hair_ornament",
        pinned("SnowflakeClip", 52, 28, _snowflake),
        0.9,
        "hair_ornament",
        "snowflake_hair_ornament",
    ),
    ornament_kind(
        "carrot_clip",
        "hair_ornament",
        pinned("CarrotClip", 50, 26, _carrot),
        0.9,
        "hair_ornament",
        "carrot_hair_ornament",
        "food-themed_hair_ornament",
    ),
    ornament_kind(
        "leaf_clip",
        "hair_ornament",
        pinned("LeafClip", 54, 32, _leaves),
        0.9,
        "hair_ornament",
        "leaf_hair_ornament",
    ),
    ornament_kind(
        "hair_beads",
        "hair_ornament",
        pinned("HairBeads", 56, 26, _beads, 30),
        0.9,
        "hair_ornament",
        "hair_beads",
    ),
)
