"""Bows, flowers and flat charms: what hair ornaments, hats and headdresses are trimmed with.

All are made in a frame: x across, y up, z away from the head; z = 0 lies on the hair.
"""

from __future__ import annotations

import numpy as np

from panic3d.characters.colour import Rgb, mixed, ramp, shifted
from panic3d.characters.parts.accessories.paint import (
    METAL,
    WHITE,
    Array,
    Finish,
    over,
    shade_of,
    soft,
    streaks,
    tile,
)
from panic3d.characters.parts.accessories.scalp import Scalp
from panic3d.characters.parts.accessories.solids import (
    Frame,
    Sheet,
    ball,
    blend,
    crescent,
    curve,
    disc,
    lathe,
    pillow,
    sheet,
    tube,
    unit,
)

SATIN = Finish(0.95, 0.45, 0.18)
PETAL = Finish(0.6, 0.35)


def cloth_paint(
    rng: np.random.Generator,
    colour: Rgb,
    size: tuple[int, int],
    pinch: tuple[float, ...] = (0.0, 1.0),
    trim: Rgb | None = None,
) -> Array:
    """Paint a band gathered at rows `pinch`: creases run out from there; edges may be trimmed.

    Columns run around the band's flat section, so its edges lie at u = 0, 1/2 and 1.
    """
    t, u = tile(*size)
    across = np.abs(np.cos(2 * np.pi * u))
    near = np.max([np.exp(-np.abs(t - p) / 0.13) for p in pinch], axis=0)
    crease = streaks(rng, size[1], 0)[None, :]
    found = np.broadcast_to(np.array(colour), (*size, 3)).copy()
    found = over(found, shifted(colour, 0.06), soft(-crease, 0.0, 0.8) * (0.25 + 0.5 * near))
    found = over(found, shade_of(colour, 0.13), soft(crease, 0.0, 0.7) * (0.15 + 0.8 * near))
    found = over(found, shade_of(colour, 0.17), near**2 * 0.65)
    if trim is not None:
        found = over(found, trim, soft(across, 0.80, 0.86) * 0.95)
        found = over(found, shade_of(colour, 0.12), np.exp(-(((across - 0.76) / 0.05) ** 2)) * 0.7)
    return found


def bow(
    rng: np.random.Generator,
    frame: Frame,
    width: float,
    colour: Rgb,
    height: float = 0.6,
    tails: float = 0.0,
    trim: Rgb | None = None,
    scalp: Scalp | None = None,
) -> list[Sheet]:
    """Return a tied bow.

    Args:
        rng: of its creases.
        frame: its knot sits at the origin.
        width: from tip to tip, metres.
        colour: of the ribbon.
        height: of the loops over half their width.
        tails: length of the ends, metres; 0 for none.
        trim: colour of the edges.
        scalp: hair the ends must not enter.
    """
    w = width / 2
    # A loop seen from above: out in front, back behind.
    knots = np.array(
        [
            [0.02, 0.02],
            [0.25, 0.20],
            [0.58, 0.34],
            [0.88, 0.27],
            [1.0, 0.07],
            [0.9, -0.06],
            [0.55, -0.02],
            [0.2, 0.0],
            [0.02, -0.02],
        ]
    )
    plan = curve(knots, 22) * w
    t = np.linspace(0, 1, len(plan))
    out = plan[:, 0] / w
    half = w * height * blend(out, ((0, 0.22), (0.3, 0.52), (0.75, 0.92), (1, 1.0)))
    lift = w * 0.16 * out**1.5
    path = np.stack([plan[:, 0], lift, plan[:, 1] + 0.006], -1)
    tangent = unit(np.gradient(path, axis=0))
    section = disc(12, 6.0) * np.stack([half, np.full(len(t), 0.0011)], -1)[:, None]
    loop = tube(path, section, up=np.cross([0.0, 1.0, 0.0], tangent), caps=False)
    flip = np.array([-1.0, 1.0, 1.0])
    paint = cloth_paint(rng, colour, (40, 36), trim=trim)
    found = [
        sheet(frame.place(loop), paint, SATIN),
        sheet(frame.place(loop * flip), paint, SATIN),
    ]
    if tails:
        n = 10
        t = np.linspace(0, 1, n)
        for side in (1.0, -1.0):
            bend = rng.uniform(0.8, 1.2)
            line = curve(
                [
                    (0.0, 0.0, 0.004),
                    (side * 0.16 * tails, -0.25 * tails, 0.10 * tails),
                    (side * 0.30 * tails * bend, -0.62 * tails, 0.07 * tails),
                    (side * 0.42 * tails * bend, -1.0 * tails, 0.10 * tails),
                ],
                n,
            )
            size = np.stack([w * height * (0.20 + 0.32 * t), np.full(n, 0.0011)], -1)
            along = unit(np.gradient(line, axis=0))
            face = np.array([side * 0.25, 0.15, 1.0])
            end = tube(line, disc(12, 6.0) * size[:, None], up=face, caps=False)
            notch = 1 - np.abs(disc(12, 6.0)[:, 0])
            end[-1] -= along[-1] * notch[:, None] * size[-1, 0] * 0.9
            end[-2] -= along[-2] * notch[:, None] * size[-1, 0] * 0.3
            placed = frame.place(end)
            if scalp is not None:
                placed = scalp.cleared(placed)
            paint = cloth_paint(rng, shade_of(colour, 0.03), (32, 36), pinch=(0.0,), trim=trim)
            found.append(sheet(placed, paint, SATIN))
    size = np.array([0.17 * w, 0.26 * w * max(height, 0.5) / 0.6, 0.22 * w])
    v, u = tile(20, 24)
    knot = over(
        np.broadcast_to(np.array(shifted(colour, 0.02)), (20, 24, 3)),
        shade_of(colour, 0.14),
        soft(np.abs(v - 0.5), 0.25, 0.5) + 0.5 * soft(np.sin(9 * np.pi * u), 0.6, 1.0),
    )
    found.append(
        sheet(
            frame.place(ball(1.0, 12, 8) * size + np.array([0, 0, 0.006 + 0.12 * w])), knot, SATIN
        )
    )
    return found


def petal(
    frame: Frame,
    angle_deg: float,
    length: float,
    width: float,
    colour: Rgb,
    heart: Rgb,
    rise: float = 0.35,
    curl: float = 0.1,
    start: float = 0.1,
    point: float = 0.0,
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
    paint = ramp(
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
    radius: float,
    colour: Rgb,
    petals: int = 5,
    point: float = 0.0,
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


def rose(rng: np.random.Generator, frame: Frame, radius: float, colour: Rgb) -> list[Sheet]:
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


def leaf(frame: Frame, angle_deg: float, length: float, colour: Rgb, width: float = 0.3) -> Sheet:
    """Return a pointed leaf with a midrib."""
    return petal(
        frame, angle_deg, length, length * width, colour, shade_of(colour, 0.12),
        rise=0.12, curl=0.02, start=0.02, point=1.0,
    )  # fmt: skip


def star_outline(points: int = 5, inner: float = 0.45, corners: int = 1) -> Array:
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
    length: float,
    width: float,
    height: float,
    angle_deg: float = 0.0,
    at: tuple[float, float] = (0.0, 0.0),
) -> Array:
    """Return a flat rounded bar's grid in a frame, lying on z = 0."""
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    n = 8 if length > 0.03 else 4
    t = np.linspace(-0.5, 0.5, n) * (length - width)
    path = np.stack([at[0] + t * c, at[1] + t * s, np.full(n, height * 0.5)], -1)
    return tube(path, disc(8, 3.2) * np.array([width / 2, height / 2]), up=(0.0, 0.0, 1.0))


def puffed(outline: Array, size: float, height: float, power: float = 2.2) -> Array:
    """Return a charm of an outline of radius 1, a little sunk into the hair."""
    return pillow(outline * size, height, height * 0.4, 4 if power > 1 else 2, power) + np.array(
        [
            0,
            0,
            height * 0.25,
        ]
    )


def bell(frame: Frame, radius: float, metal: Rgb) -> list[Sheet]:
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
