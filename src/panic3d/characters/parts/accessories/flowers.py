"""Flowers and leaves, petal by petal, in a frame: z = 0 lies on the hair."""

from __future__ import annotations

import numpy as np

from panic3d.characters.colour import Rgb, mixed, shifted
from panic3d.characters.parts.accessories.paint import (
    WHITE,
    Finish,
    Real,
    graded,
    over,
    shade_of,
    soft,
    tile,
)
from panic3d.characters.parts.accessories.solids import (
    Frame,
    Sheet,
    ball,
    blend,
    crescent,
    curve,
    lathe,
    sheet,
    tube,
)

PETAL = Finish(0.6, 0.35)


def petal(
    frame: Frame,
    angle_deg: Real,
    length: Real,
    width: Real,
    colour: Rgb,
    heart: Rgb,
    rise: Real = 0.35,
    curl: Real = 0.1,
    start: Real = 0.1,
    point: Real = 0.0,
) -> Sheet:
    """Return one petal, from the middle outwards.

    Args:
        frame: of the flower, third axis its axis.
        angle_deg: where it points, counter-clockwise from +x.
        length: from the middle to the tip.
        width: half of it.
        colour: of the petal.
        heart: of its root.
        rise: height halfway, in lengths.
        curl: height of the tip, in lengths.
        start: where it begins, in lengths.
        point: 0 round, 1 pointed.
    """
    turned = frame.rolled(angle_deg - 90)
    # What is small at any distance needs few faces.
    n, half = (9, 4) if length > 0.03 else (7, 3) if length > 0.018 else (5, 2)
    t = np.sin(np.linspace(0, np.pi / 2, n))
    path = curve(
        [(0, start, 0.02), (0, start + 0.3, rise * 0.8), (0, 0.72, rise), (0, 1.0, curl)], 40
    )
    path = path[np.round(t * 39).astype(int)] * length
    round_tip = ((0.0, 0.35), (0.35, 0.8), (0.65, 1.0), (0.85, 0.85), (0.95, 0.55), (1.0, 0.05))
    sharp = ((0.0, 0.4), (0.35, 0.95), (0.6, 0.9), (0.85, 0.45), (0.95, 0.18), (1.0, 0.02))
    size = width * ((1 - point) * blend(t, round_tip) + point * blend(t, sharp))
    section = crescent(size, size * 0.34, np.full(n, 0.0016), half)
    grid = tube(turned.place(path), section, up=frame.axes[2], caps=False)
    v, u = tile(6 + 2 * n, 6 + 2 * n)
    middle = np.abs(np.where(u < 0.5, -np.cos(2 * np.pi * u), np.cos(np.pi * (2 * u - 1))))
    paint = graded(
        [(0, heart), (0.35, mixed(heart, colour, 0.7)), (0.7, colour), (1, shifted(colour, 0.05))],
        v,
    )
    paint = over(
        paint, shade_of(colour, 0.12), np.exp(-((middle / 0.14) ** 2)) * soft(v, 0.9, 0.3) * 0.6
    )
    return sheet(grid, paint, PETAL)


def flower(
    rng: np.random.Generator,
    frame: Frame,
    radius: Real,
    colour: Rgb,
    petals: int = 5,
    point: Real = 0.0,
    eye: Rgb = (0.98, 0.83, 0.35),
) -> list[Sheet]:
    """Return an open flower with a ball of stamens."""
    heart = mixed(shade_of(colour, 0.12), eye, 0.25)
    wide = radius * np.pi / petals * 0.86
    found = [
        petal(
            frame,
            90 + 360 * (k + 0.04 * rng.normal()) / petals,
            radius,
            wide,
            colour,
            heart,
            point=point,
        )
        for k in range(petals)
    ]
    centre = ball(1.0, *((10, 6) if radius > 0.018 else (7, 4))) * np.array(
        [0.24, 0.24, 0.2]
    ) * radius + np.array([0, 0, 0.14 * radius])
    v, u = tile(20, 20)
    dots = soft(np.sin(7 * np.pi * v) * np.sin(8 * np.pi * u), 0.2, 0.7)
    paint = over(np.broadcast_to(np.array(eye), (20, 20, 3)), shade_of(eye, 0.18), dots)
    found.append(sheet(frame.place(centre), paint, PETAL))
    return found


def rose(rng: np.random.Generator, frame: Frame, radius: Real, colour: Rgb) -> list[Sheet]:
    """Return a rose: petals in whorls that close towards the middle."""
    found = []
    deep = shade_of(colour, 0.2)
    whorls = (
        (5, 1.0, 0.34, 0.10, 0.52),
        (5, 0.80, 0.62, 0.40, 0.50),
        (4, 0.58, 0.95, 0.95, 0.48),
        (3, 0.40, 1.45, 1.75, 0.40),
    )
    for row, (count, reach, rise, curl, wide) in enumerate(whorls):
        first = rng.uniform(0, 360)
        tint = shifted(colour, -0.015 * row)
        for k in range(count):
            found.append(
                petal(
                    frame,
                    first + 360 * k / count,
                    radius * reach,
                    radius * wide,
                    tint,
                    deep,
                    rise,
                    curl,
                    0.12,
                )
            )
    bud = lathe(
        np.array([[0.0, -0.1], [0.16, 0.1], [0.2, 0.45], [0.12, 0.62], [0.0, 0.58]]) * radius, 10
    )
    v, u = tile(24, 24)
    swirl = soft(np.sin(2 * np.pi * (u + 2.2 * v)), 0.3, 0.9)
    paint = over(np.broadcast_to(np.array(colour), (24, 24, 3)), deep, swirl * 0.8)
    turned = bud[..., [0, 2, 1]] * np.array([1.0, -1.0, 1.0])
    found.append(sheet(frame.place(turned), paint, PETAL))
    return found


def leaf(frame: Frame, angle_deg: Real, length: Real, colour: Rgb, width: Real = 0.3) -> Sheet:
    """Return a pointed leaf with a midrib."""
    return petal(
        frame, angle_deg, length, length * width, colour, shade_of(colour, 0.12),
        rise=0.12, curl=0.02, start=0.02, point=1.0,
    )  # fmt: skip


FLOWER_COLOURS: tuple[Rgb, ...] = (
    (0.97, 0.96, 0.95),
    (0.97, 0.68, 0.76),
    (0.86, 0.20, 0.27),
    (0.52, 0.60, 0.92),
    (0.98, 0.84, 0.42),
    (0.70, 0.55, 0.88),
    (0.98, 0.62, 0.38),
)


def flower_colour(rng: np.random.Generator, accent: Rgb) -> Rgb:
    """Choose a flower's colour, the accent most of all."""
    choices = (accent, mixed(accent, WHITE, 0.45), *FLOWER_COLOURS)
    return choices[int(rng.integers(len(choices)))]
