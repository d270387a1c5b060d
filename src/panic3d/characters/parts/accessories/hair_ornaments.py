"""Hair ornaments that stand out: bows, flowers, butterflies, feathers, hanging pins."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from panic3d.characters.colour import Rgb, mixed
from panic3d.characters.palette import Palette
from panic3d.characters.parts.accessories.charms import (
    bell,
)
from panic3d.characters.parts.accessories.flowers import PETAL, flower, flower_colour, leaf, rose
from panic3d.characters.parts.accessories.kind import Fit
from panic3d.characters.parts.accessories.paint import (
    BLACK,
    GEM,
    METAL,
    WHITE,
    Array,
    graded,
    over,
    shade_of,
    soft,
    tile,
)
from panic3d.characters.parts.accessories.pinning import (
    Sheets,
    ornament_kind,
    pinned,
    pinned_both,
    ribbon_colour,
    trim_drawn,
)
from panic3d.characters.parts.accessories.ribbons import bow
from panic3d.characters.parts.accessories.scalp import Scalp
from panic3d.characters.parts.accessories.solids import (
    Frame,
    assembled,
    ball,
    blend,
    crescent,
    curve,
    disc,
    frame_of,
    sheet,
    tube,
)
from panic3d.characters.piece import Piece
from panic3d.characters.shape import HeadShape


def _butterfly(rng: np.random.Generator, scalp: Scalp, frame: Frame, palette: Palette) -> Sheets:
    colour = ribbon_colour(rng, palette)
    rim = shade_of(colour, 0.3) if rng.random() < 0.6 else palette.metal
    found = []
    for side in (1.0, -1.0):
        for reach, angle, wide in ((0.036, 38.0, 0.62), (0.026, -38.0, 0.58)):
            a = np.linspace(0, 2 * np.pi, 25)
            r = reach * (0.52 + 0.48 * np.cos(a)) ** 0.7
            x, y = (
                r * np.cos(a * 0.5 * 0 + 0) * (1 + 0 * a),
                reach * wide * np.sin(a) * (0.5 + 0.5 * np.cos(a)) ** 0.35,
            )
            outline = np.stack([x, y * 0.8], -1)
            g = _wing(outline)
            t = np.radians(angle)
            flat = np.stack(
                [
                    g[..., 0] * np.cos(t) - g[..., 1] * np.sin(t),
                    g[..., 0] * np.sin(t) + g[..., 1] * np.cos(t),
                ],
                -1,
            )
            grid = np.stack(
                [
                    side * (flat[..., 0] * 0.86 + 0.002),
                    flat[..., 1],
                    g[..., 2] + 0.52 * np.abs(flat[..., 0]) + 0.004,
                ],
                -1,
            )
            v, u = tile(40, 48)
            edge = 1 - np.abs(2 * v - 1)
            paint = graded(
                [(0, mixed(colour, WHITE, 0.5)), (0.55, colour), (1, shade_of(colour, 0.05))], edge
            )
            veins = np.exp(-((np.sin(2 * np.pi * 4 * u) / 0.22) ** 2)) * soft(edge, 0.25, 0.5)
            paint = over(paint, rim, veins * 0.55)
            paint = over(paint, rim, soft(edge, 0.74, 0.84))
            spots = soft(np.hypot((edge - 0.9) / 0.06, np.sin(2 * np.pi * 6 * u) / 0.5), 1.1, 0.7)
            paint = over(paint, mixed(WHITE, colour, 0.2), spots)
            found.append(sheet(frame.place(grid), paint, PETAL))
    body = ball(1.0, 10, 8) * np.array([0.0034, 0.0135, 0.0042]) + np.array([0, 0, 0.005])
    found.append(sheet(frame.place(body), shade_of(rim, 0.1), METAL))
    return found


def _wing(outline: Array) -> Array:
    """Return a thin wing's grid: its root at the origin, columns along the outline."""
    s = np.linspace(0, 1, 5)[:, None, None]
    flat = outline * s
    z = 0.0012 * (1 - s[..., 0] ** 3) * np.ones(len(outline))
    front = np.concatenate([flat, z[..., None]], -1)
    back = np.concatenate([flat, -z[..., None]], -1)
    return np.concatenate([front, back[-2::-1]])


def _feathers(rng: np.random.Generator, scalp: Scalp, frame: Frame, palette: Palette) -> Sheets:
    colour = (WHITE, BLACK, palette.accent)[int(rng.integers(3))]
    found = []
    for k, angle in enumerate((62.0, 96.0, 128.0)[: int(rng.integers(2, 4))]):
        turned = frame.rolled(angle - 90 + rng.uniform(-5, 5))
        length = (0.085, 0.10, 0.078)[k]
        n = 14
        t = np.linspace(0, 1, n)
        path = (
            curve([(0, -0.004, 0.0), (0.0, 0.35, 0.05), (0.03, 0.7, 0.13), (0.10, 1.0, 0.30)], n)
            * length
        )
        path[:, 2] += 0.003
        jag = 1 + 0.10 * np.sin(np.arange(n) * 2.4)
        size = (
            length
            * 0.15
            * jag
            * blend(t, ((0, 0.12), (0.18, 0.6), (0.5, 1.0), (0.8, 0.75), (1, 0.05)))
        )
        section = crescent(size, size * 0.22, np.full(n, 0.0016), 4)
        grid = tube(turned.place(path), section, up=frame.axes[2], caps=False)
        v, u = tile(48, 24)
        middle = np.abs(np.where(u < 0.5, -np.cos(2 * np.pi * u), np.cos(np.pi * (2 * u - 1))))
        barbs = 0.5 + 0.5 * np.sin(2 * np.pi * (9 * v + 1.2 * middle))
        paint = graded(
            [(0, shade_of(colour, 0.06)), (0.5, colour), (1, mixed(colour, palette.accent, 0.35))],
            v,
        )
        paint = over(
            paint, shade_of(colour, 0.14), soft(barbs, 0.7, 1.0) * soft(middle, 0.1, 0.5) * 0.6
        )
        paint = over(paint, mixed(WHITE, shade_of(colour, 0.1), 0.4), soft(middle, 0.13, 0.05))
        found.append(sheet(scalp.cleared(grid, 0.0015), paint, PETAL))
    found.append(
        sheet(frame.place(ball(0.0085, 12, 8) + np.array([0, 0, 0.005])), palette.accent, GEM)
    )
    return found


def _flower_one(rng: np.random.Generator, scalp: Scalp, frame: Frame, palette: Palette) -> Sheets:
    colour = flower_colour(rng, palette.accent)
    kinds = ((5, 0.0), (5, 0.0), (6, 0.8), (8, 0.6))
    petals, point = kinds[int(rng.integers(4))]
    raised = frame.shifted(z=0.002)
    found = [
        leaf(raised, angle, 0.042, (0.42, 0.62, 0.36))
        for angle in (-35.0, 205.0)[: int(rng.integers(3))]
    ]
    found += flower(rng, raised, rng.uniform(0.027, 0.034), colour, petals, point)
    if rng.random() < 0.4:
        found += flower(
            rng,
            raised.shifted(0.028, -0.026, -0.003),
            0.018,
            mixed(colour, WHITE, 0.4),
            petals,
            point,
        )
    return found


def _hibiscus(rng: np.random.Generator, scalp: Scalp, frame: Frame, palette: Palette) -> Sheets:
    colours: tuple[Rgb, ...] = (
        (0.90, 0.22, 0.28),
        (0.98, 0.55, 0.62),
        (0.99, 0.78, 0.32),
        (0.98, 0.97, 0.94),
    )
    colour = colours[int(rng.integers(4))]
    raised = frame.shifted(z=0.003)
    heart: Rgb = (0.70, 0.10, 0.22)
    found = flower(rng, raised, 0.041, colour, 5, 0.0, heart)
    stalk = curve([(0, 0, 0.006), (0.003, 0.006, 0.018), (0.008, 0.014, 0.032)], 8)
    size = blend(np.linspace(0, 1, 8), ((0, 0.8), (0.6, 0.8), (0.85, 1.5), (1, 1.1)))
    column = tube(raised.place(stalk), disc(8) * 0.0026 * size[:, None, None])
    found.append(
        sheet(
            column,
            graded(
                [(0, heart), (0.55, (0.98, 0.80, 0.35)), (1, (0.99, 0.88, 0.45))], tile(24, 8)[0]
            ),
            PETAL,
        )
    )
    found += [leaf(frame, a, 0.05, (0.36, 0.58, 0.34), 0.34) for a in (-20.0, 200.0)]
    return found


def _roses(rng: np.random.Generator, scalp: Scalp, frame: Frame, palette: Palette) -> Sheets:
    colours: tuple[Rgb, ...] = (
        (0.80, 0.12, 0.20),
        palette.accent,
        (0.97, 0.95, 0.93),
        (0.30, 0.38, 0.80),
        (0.96, 0.62, 0.70),
    )
    colour = colours[int(rng.integers(5))]
    raised = frame.shifted(z=0.001)
    found = [leaf(raised, a, 0.044, (0.28, 0.47, 0.31), 0.36) for a in (-30.0, 210.0, 80.0)]
    return found + rose(rng, raised.shifted(z=0.002), rng.uniform(0.027, 0.032), colour)


def _side_bow(rng: np.random.Generator, scalp: Scalp, frame: Frame, palette: Palette) -> Sheets:
    colour = ribbon_colour(rng, palette)
    return bow(
        rng,
        frame,
        rng.uniform(0.062, 0.085),
        colour,
        rng.uniform(0.5, 0.7),
        float(rng.choice([0.0, 0.05])),
        trim_drawn(rng, palette),
        scalp,
    )


def _kanzashi(rng: np.random.Generator, scalp: Scalp, frame: Frame, palette: Palette) -> Sheets:
    """A pin with small silk flowers and chains of petals that hang down."""
    colour = flower_colour(rng, palette.accent)
    raised = frame.shifted(z=0.003)
    found = flower(rng, raised, 0.021, colour, 8, 0.35)
    found += flower(
        rng, raised.shifted(0.026, 0.008, -0.002), 0.014, mixed(colour, WHITE, 0.5), 8, 0.35
    )
    found += flower(rng, raised.shifted(-0.014, 0.024, -0.003), 0.012, palette.accent, 8, 0.35)
    down = np.array([0.0, -1.0, 0.0])
    for k in range(3):
        start = raised.place(np.array([(k - 1) * 0.010, -0.010, 0.004]))
        length = (0.055, 0.066, 0.052)[k]
        beads = scalp.cleared(start + down * (np.linspace(0, 1, 6) * length)[:, None], 0.005)
        beads[1:, :] = (
            np.maximum.accumulate(np.abs(beads[1:] - scalp.centre), axis=0)
            * np.sign(beads[1:] - scalp.centre)
            * np.array([1, 0, 1])
            + np.array([0, 1, 0]) * (beads[1:] - scalp.centre)
            + scalp.centre
        )
        found.append(sheet(tube(curve(beads, 12), disc(5) * 0.0011), palette.metal, METAL))
        for j, bead in enumerate(beads[1:]):
            drop = (
                ball(1.0, 8, 6) * np.array([0.0044, 0.0056, 0.0036]) * (1.2 if j == 4 else 0.85)
                + bead
            )
            found.append(sheet(drop, colour if j % 2 == 0 else mixed(colour, WHITE, 0.5), PETAL))
    # The pin itself, through the hair.
    ends = np.array([[-0.046, 0.030, -0.001], [0.0, 0.0, 0.003], [0.036, -0.024, -0.001]])
    pin = scalp.wrapped(frame, tube(curve(ends, 12), disc(8) * 0.0022))
    return [*found, sheet(pin, palette.metal, METAL)]


def _bell_bow(rng: np.random.Generator, scalp: Scalp, frame: Frame, palette: Palette) -> Sheets:
    colour = (0.82, 0.14, 0.20) if rng.random() < 0.5 else ribbon_colour(rng, palette)
    found = bow(rng, frame, 0.064, colour, 0.55, 0.045, trim_drawn(rng, palette), scalp)
    return found + bell(frame.shifted(0.0, -0.006, 0.012), 0.0125, (0.93, 0.76, 0.30))


def _back_bow(
    rng: np.random.Generator, shape: HeadShape, palette: Palette, fit: Fit
) -> list[Piece]:
    """A large bow behind the crown, that shows from the front."""
    scalp = Scalp(shape, fit)
    colour = ribbon_colour(rng, palette)
    high = rng.uniform(52, 62) - 6.0
    scalp = scalp.settled(180.0, high, 0.03)
    at = scalp.at(180.0, high)
    frame = frame_of(at, np.array([0.0, 0.42, -1.0]), np.array([0.0, 1.0, 0.0])).shifted(z=-0.008)
    width = rng.uniform(0.20, 0.25)
    parts = bow(
        rng,
        frame,
        width,
        colour,
        rng.uniform(0.5, 0.62),
        rng.uniform(0.1, 0.17),
        trim_drawn(rng, palette),
        scalp,
    )
    # Its loops bend around the head, towards the hair.
    parts = [replace(part, points=_bent(frame, part.points)) for part in parts]
    return [assembled("BigBow", parts)]


def _bent(frame: Frame, points: Array) -> Array:
    """Return points (..., 3) of a frame bent back to both sides, along a head's curve."""
    off = (points - frame.origin) @ frame.axes.T
    back: Array = points - 2.2 * off[..., :1] ** 2 * frame.axes[2]
    return back


def _top_bow(rng: np.random.Generator, shape: HeadShape, palette: Palette, fit: Fit) -> list[Piece]:
    """A bow on top of the head, a little to one side or in the middle."""
    scalp = Scalp(shape, fit)
    side = float(rng.choice([-1.0, 0.0, 1.0]))
    frame = scalp.frame(side * 38.0, 66.0 if side else 74.0)
    frame = frame_of(
        frame.origin,
        frame.axes[2] * np.array([1, 0.35, 1]) + np.array([0, 0, 0.5]),
        np.array([side * 0.5, 1.0, -0.35]),
    )
    colour = ribbon_colour(rng, palette)
    frame = frame.shifted(y=0.016, z=-0.006)
    return [
        assembled(
            "TopBow",
            bow(
                rng,
                frame,
                rng.uniform(0.11, 0.15),
                colour,
                0.62,
                0.0,
                trim_drawn(rng, palette),
                scalp,
            ),
        )
    ]


KINDS = (
    ornament_kind(
        "butterfly",
        "side_ornament",
        pinned("Butterfly", 58, 34, _butterfly),
        2.04,
        "hair_ornament",
        "butterfly_hair_ornament",
    ),
    ornament_kind(
        "feathers",
        "side_ornament",
        pinned("Feathers", 74, 30, _feathers, 12),
        2.11,
        "hair_ornament",
        "feather_hair_ornament",
        male=0.6,
    ),
    ornament_kind(
        "hair_flower",
        "side_ornament",
        pinned("HairFlower", 62, 34, _flower_one),
        2.34,
        "hair_ornament",
        "hair_flower",
        "flower",
    ),
    ornament_kind(
        "hibiscus",
        "side_ornament",
        pinned("Hibiscus", 66, 32, _hibiscus),
        2.48,
        "hair_ornament",
        "hair_flower",
        "flower",
        "hibiscus",
    ),
    ornament_kind(
        "hair_rose",
        "side_ornament",
        pinned("HairRose", 64, 34, _roses),
        2.53,
        "hair_ornament",
        "hair_flower",
        "flower",
        "rose",
    ),
    ornament_kind(
        "kanzashi",
        "side_ornament",
        pinned("Kanzashi", 72, 36, _kanzashi, 8),
        1.84,
        "hair_ornament",
        "kanzashi",
        "hair_stick",
    ),
    ornament_kind(
        "side_bow",
        "side_ornament",
        pinned("SideBow", 62, 34, _side_bow, 12),
        2.38,
        "hair_bow",
        "bow",
        "hair_ribbon",
        "ribbon",
    ),
    ornament_kind(
        "side_bows",
        "side_ornament",
        pinned_both("SideBow", 66, 36, _side_bow, 12),
        2.04,
        "hair_bow",
        "bow",
        "hair_ribbon",
        "ribbon",
        paired=True,
    ),
    ornament_kind(
        "bell_bow",
        "side_ornament",
        pinned("BellBow", 64, 32, _bell_bow, 10),
        1.76,
        "hair_bow",
        "bow",
        "hair_bell",
        "bell",
    ),
    ornament_kind("big_bow", "back_ornament", _back_bow, 1.5, "hair_bow", "bow", "large_bow"),
    ornament_kind("top_bow", "headwear", _top_bow, 1.1, "hair_bow", "bow"),
)
