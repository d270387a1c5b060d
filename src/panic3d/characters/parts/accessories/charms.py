"""Flat charms and small parts in a frame: bars, stars, hearts, bells; z = 0 lies on the hair."""

from __future__ import annotations

import numpy as np

from panic3d.characters.colour import Rgb, shifted
from panic3d.characters.parts.accessories.paint import (
    METAL,
    Array,
    Real,
    over,
    shade_of,
    soft,
    tile,
)
from panic3d.characters.parts.accessories.solids import (
    Frame,
    Sheet,
    ball,
    disc,
    pillow,
    sheet,
    tube,
)


def star_outline(points: int = 5, inner: Real = 0.45, corners: int = 1) -> Array:
    """Return a star (m, 2) of radius 1, a tip up; `corners` points along each edge."""
    n = 2 * points
    a = np.pi / 2 + np.arange(n + 1) * 2 * np.pi / n
    r = np.where(np.arange(n + 1) % 2 == 0, 1.0, inner)
    p = np.stack([np.cos(a), np.sin(a)], -1) * r[:, None]
    s = np.linspace(0, 1, corners, endpoint=False)
    dense = (p[:-1, None] * (1 - s[:, None]) + p[1:, None] * s[:, None]).reshape(-1, 2)
    return np.concatenate([dense, dense[:1]])


def heart_outline(count: int = 28) -> Array:
    """Return a heart (m, 2) about 2 wide, tip down."""
    a = np.linspace(0, 2 * np.pi, count + 1) + np.pi
    x = 16 * np.sin(a) ** 3
    y = 13 * np.cos(a) - 5 * np.cos(2 * a) - 2 * np.cos(3 * a) - np.cos(4 * a)
    p = np.stack([x, y + 2.0], -1) / 16.0
    return p[::-1].copy()


def bar(
    length: Real,
    width: Real,
    height: Real,
    angle_deg: Real = 0.0,
    at: tuple[Real, Real] = (0.0, 0.0),
) -> Array:
    """Return a flat rounded bar's grid in a frame, lying on z = 0."""
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    n = 8 if length > 0.03 else 4
    t = np.linspace(-0.5, 0.5, n) * (length - width)
    path = np.stack([at[0] + t * c, at[1] + t * s, np.full(n, height * 0.5)], -1)
    return tube(path, disc(8, 3.2) * np.array([width / 2, height / 2]), up=(0.0, 0.0, 1.0))


def puffed(outline: Array, size: Real, height: Real, power: Real = 2.2) -> Array:
    """Return a charm of an outline of radius 1, a little sunk into the hair."""
    return pillow(outline * size, height, height * 0.4, 4 if power > 1 else 2, power) + np.array(
        [
            0,
            0,
            height * 0.25,
        ]
    )


def bell(frame: Frame, radius: Real, metal: Rgb) -> list[Sheet]:
    """Return a jingle bell hanging from the frame's origin."""
    globe = ball(radius, 18, 12)
    v, u = tile(40, 40)
    base = np.broadcast_to(np.array(metal), (40, 40, 3)).copy()
    base = over(base, shade_of(metal, 0.22), np.exp(-(((v - 0.52) / 0.022) ** 2)))
    base = over(base, shifted(metal, 0.08), np.exp(-(((v - 0.56) / 0.02) ** 2)))
    # The slit below with its round ends, seen from front and back.
    dark: Rgb = (0.22, 0.15, 0.12)
    for place in (0.0, 0.5, 1.0):
        base = over(base, dark, soft(np.hypot((u - place) / 0.055, (v - 0.33) / 0.045), 1.05, 0.85))
        slit = soft(np.abs(u - place), 0.02, 0.012) * (v < 0.33)
        base = over(base, dark, slit)
    loop = tube(
        np.stack(
            [
                np.cos(np.linspace(0, np.pi, 9)) * radius * 0.3,
                np.sin(np.linspace(0, np.pi, 9)) * radius * 0.35 + radius * 0.9,
                np.zeros(9),
            ],
            -1,
        ),
        disc(6) * radius * 0.11,
    )
    down = np.array([0.0, -radius * 1.05, radius * 0.6])
    return [
        sheet(frame.place(globe + down), base, METAL),
        sheet(frame.place(loop + down), metal, METAL),
    ]
