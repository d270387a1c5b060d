"""Hair ornaments: ribbons, bows, flowers and clips on the hair, ties around its strands."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from panic3d.characters.colour import Rgb, mixed, ramp, shifted
from panic3d.characters.palette import Palette
from panic3d.characters.parts.accessories.kind import Anchor, Fit, HairAnchor, Kind, Maker, Slot
from panic3d.characters.parts.accessories.paint import (
    BLACK,
    CLOTH,
    GEM,
    METAL,
    PLASTIC,
    WHITE,
    Array,
    gradient,
    over,
    seen_on,
    shade_of,
    soft,
    tile,
)
from panic3d.characters.parts.accessories.ribbons import (
    PETAL,
    SATIN,
    bar,
    bell,
    bow,
    flower,
    flower_colour,
    heart_outline,
    leaf,
    puffed,
    rose,
    star_outline,
)
from panic3d.characters.parts.accessories.scalp import Scalp
from panic3d.characters.parts.accessories.solids import (
    Frame,
    Sheet,
    assembled,
    ball,
    blend,
    crescent,
    curve,
    disc,
    frame_of,
    lathe,
    sheet,
    tube,
    unit,
)
from panic3d.characters.piece import Piece, mirrored
from panic3d.characters.shape import HeadShape

Sheets = list[Sheet]
OnFrame = Callable[[np.random.Generator, Scalp, Frame, Palette], Sheets]


def _side(rng: np.random.Generator) -> float:
    return 1.0 if rng.random() < 0.5 else -1.0


def _trim(rng: np.random.Generator, palette: Palette) -> Rgb | None:
    return (
        (WHITE, palette.cloth_second, palette.metal)[int(rng.integers(3))]
        if rng.random() < 0.35
        else None
    )


def _ribbon_colour(rng: np.random.Generator, palette: Palette) -> Rgb:
    """The accent mostly; red, black, white, the clothes' or the eyes' colour otherwise."""
    choices = (palette.accent, (0.82, 0.16, 0.22), BLACK, WHITE, palette.cloth, palette.eye_left)
    chosen = choices[int(rng.choice(6, p=[0.42, 0.16, 0.12, 0.1, 0.1, 0.1]))]
    return seen_on(chosen, palette.hair)


# ---------------------------------------------------------------- on the hair


def _pinned(name: str, azimuth: float, elevation: float, make: OnFrame, roll: float = 0.0) -> Maker:
    """Make something on one side of the head, rolled a little at random."""

    def maker(
        rng: np.random.Generator, shape: HeadShape, palette: Palette, fit: Fit
    ) -> list[Piece]:
        scalp = Scalp(shape, fit)
        side = _side(rng)
        place = scalp.frame(
            side * (azimuth + rng.uniform(-3, 3)), elevation + rng.uniform(-3, 3)
        ).rolled(side * -roll + rng.uniform(-6, 6))
        return [assembled(name, make(rng, scalp, place, palette))]

    return maker


def _both(name: str, azimuth: float, elevation: float, make: OnFrame, roll: float = 0.0) -> Maker:
    """Make something on both sides."""

    def maker(
        rng: np.random.Generator, shape: HeadShape, palette: Palette, fit: Fit
    ) -> list[Piece]:
        scalp = Scalp(shape, fit)
        place = scalp.frame(azimuth + rng.uniform(-2, 2), elevation).rolled(-roll)
        left = assembled(name, make(rng, scalp, place, palette))
        return [left, mirrored(left)]

    return maker


def _on(scalp: Scalp, frame: Frame, grid: Array, lift: float = 0.0) -> Array:
    return scalp.wrapped(frame, grid, lift)


def _clip_colour(rng: np.random.Generator, palette: Palette) -> Rgb:
    choices = (
        palette.accent,
        palette.metal,
        WHITE,
        (0.95, 0.80, 0.25),
        (0.85, 0.22, 0.30),
        (0.30, 0.55, 0.90),
        BLACK,
    )
    chosen = choices[int(rng.choice(7, p=[0.4, 0.12, 0.1, 0.12, 0.1, 0.1, 0.06]))]
    return seen_on(chosen, palette.hair)


def _bars(rng: np.random.Generator, scalp: Scalp, frame: Frame, palette: Palette) -> Sheets:
    colour = _clip_colour(rng, palette)
    count = int(rng.integers(1, 4))
    angle = rng.uniform(-12, 12) if count > 1 else rng.uniform(-35, 5)
    found = []
    for k in range(count):
        y = (k - (count - 1) / 2) * 0.0135
        grid = bar(0.044 - 0.003 * k, 0.0085, 0.006, angle, (0.003 * k, y))
        found.append(sheet(_on(scalp, frame, grid), gradient(colour, 16, 16), PLASTIC))
    return found


def _cross_bars(rng: np.random.Generator, scalp: Scalp, frame: Frame, palette: Palette) -> Sheets:
    colour = _clip_colour(rng, palette)
    angles = (48.0, -48.0)
    return [
        sheet(_on(scalp, frame, bar(0.044, 0.0095, 0.006, a), 0.0022 * k), colour, PLASTIC)
        for k, a in enumerate(angles)
    ]


def _cross(rng: np.random.Generator, scalp: Scalp, frame: Frame, palette: Palette) -> Sheets:
    colour = palette.metal if rng.random() < 0.6 else _clip_colour(rng, palette)
    finish = METAL if colour == palette.metal else PLASTIC
    found = [
        sheet(_on(scalp, frame, bar(0.046, 0.0105, 0.007, 90.0, (0, -0.003))), colour, finish),
        sheet(_on(scalp, frame, bar(0.032, 0.0105, 0.0074, 0.0, (0, 0.004))), colour, finish),
    ]
    gem = ball(0.0052, 10, 6) + np.array([0, 0.004, 0.006])
    found.append(sheet(_on(scalp, frame, gem), palette.accent, GEM))
    return found


def _star(rng: np.random.Generator, scalp: Scalp, frame: Frame, palette: Palette) -> Sheets:
    colour = (0.99, 0.84, 0.32) if rng.random() < 0.5 else _clip_colour(rng, palette)
    size = rng.uniform(0.022, 0.028)
    found = [
        sheet(
            _on(scalp, frame, puffed(star_outline(5, 0.5, 2), size, 0.011, 1.0)),
            _ridge(colour),
            PLASTIC,
        )
    ]
    if rng.random() < 0.35:
        small = puffed(star_outline(5, 0.5, 2), size * 0.55, 0.008, 1.0) + np.array(
            [0.022, -0.026, 0]
        )
        found.append(sheet(_on(scalp, frame, small), _ridge(shifted(colour, 0.05)), PLASTIC))
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
    return [sheet(_on(scalp, frame, grid), colour, PLASTIC)]


def _moon(rng: np.random.Generator, scalp: Scalp, frame: Frame, palette: Palette) -> Sheets:
    colour = palette.metal if rng.random() < 0.5 else (0.98, 0.86, 0.45)
    a = np.radians(np.linspace(-140, 140, 21))
    path = np.stack([-0.019 * np.cos(a), 0.019 * np.sin(a), np.full(21, 0.002)], -1)
    size = blend(np.linspace(0, 1, 21), ((0, 0.06), (0.2, 0.5), (0.5, 1.0), (0.8, 0.5), (1, 0.06)))
    section = disc(10) * np.array([0.0085, 0.0045]) * size[:, None, None]
    moon = tube(path, section, up=(0.0, 0.0, 1.0), caps=False)
    found = [sheet(_on(scalp, frame, moon), colour, METAL)]
    star = puffed(star_outline(5, 0.45, 1), 0.0105, 0.007, 1.0) + np.array([0.006, -0.001, 0.001])
    found.append(sheet(_on(scalp, frame, star), _ridge(shifted(palette.accent, 0.1)), PLASTIC))
    return found


def _snowflake(rng: np.random.Generator, scalp: Scalp, frame: Frame, palette: Palette) -> Sheets:
    colour: Rgb = (0.72, 0.88, 0.98) if rng.random() < 0.7 else WHITE
    found = []
    for k in range(6):
        a = 30.0 + 60 * k
        c, s = np.cos(np.radians(a)), np.sin(np.radians(a))
        found.append(
            sheet(
                _on(scalp, frame, bar(0.027, 0.0058, 0.005, a, (0.0135 * c, 0.0135 * s))),
                colour,
                GEM,
            )
        )
        for turn in (52.0, -52.0):
            b = np.radians(a + turn)
            at = (0.0165 * c + 0.0055 * np.cos(b), 0.0165 * s + 0.0055 * np.sin(b))
            found.append(
                sheet(_on(scalp, frame, bar(0.013, 0.0046, 0.0044, a + turn, at)), colour, GEM)
            )
    found.append(
        sheet(
            _on(scalp, frame, ball(0.0058, 8, 6) + np.array([0, 0, 0.003])),
            mixed(colour, palette.accent, 0.3),
            GEM,
        )
    )
    return found


def _butterfly(rng: np.random.Generator, scalp: Scalp, frame: Frame, palette: Palette) -> Sheets:
    colour = _ribbon_colour(rng, palette)
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
            paint = ramp(
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
        paint = ramp(
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
            ramp([(0, heart), (0.55, (0.98, 0.80, 0.35)), (1, (0.99, 0.88, 0.45))], tile(24, 8)[0]),
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
    colour = _ribbon_colour(rng, palette)
    return bow(
        rng,
        frame,
        rng.uniform(0.062, 0.085),
        colour,
        rng.uniform(0.5, 0.7),
        float(rng.choice([0.0, 0.05])),
        _trim(rng, palette),
        scalp,
    )


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
    colour = (0.82, 0.14, 0.20) if rng.random() < 0.5 else _ribbon_colour(rng, palette)
    found = bow(rng, frame, 0.064, colour, 0.55, 0.045, _trim(rng, palette), scalp)
    return found + bell(frame.shifted(0.0, -0.006, 0.012), 0.0125, (0.93, 0.76, 0.30))


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


def _back_bow(
    rng: np.random.Generator, shape: HeadShape, palette: Palette, fit: Fit
) -> list[Piece]:
    """A large bow behind the crown, that shows from the front."""
    scalp = Scalp(shape, fit)
    colour = _ribbon_colour(rng, palette)
    at = scalp.at(180.0, rng.uniform(52, 62))
    frame = frame_of(at, np.array([0.0, 0.35, -1.0]), np.array([0.0, 1.0, 0.0]))
    width = rng.uniform(0.20, 0.25)
    parts = bow(
        rng,
        frame,
        width,
        colour,
        rng.uniform(0.5, 0.62),
        rng.uniform(0.1, 0.17),
        _trim(rng, palette),
        scalp,
    )
    return [assembled("BigBow", parts)]


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
    colour = _ribbon_colour(rng, palette)
    frame = frame.shifted(y=0.016, z=-0.006)
    return [
        assembled(
            "TopBow",
            bow(rng, frame, rng.uniform(0.11, 0.15), colour, 0.62, 0.0, _trim(rng, palette), scalp),
        )
    ]


# ---------------------------------------------------------------- around strands


def strands(scalp: Scalp, fit: Fit) -> Sequence[Anchor]:
    """Return what can be tied: tails, else braids' ends, else buns, else two side locks."""
    for prefix in ("tail", "braid_end", "bun"):
        found = [fit.anchors[k] for k in sorted(fit.anchors) if k.startswith(prefix)]
        if found:
            return found
    found = [fit.anchors[k] for k in sorted(fit.anchors) if k.startswith("temple")]
    down = np.array([0.0, -1.0, 0.0])
    return found or [HairAnchor(scalp.at(s * 72.0, -2.0), down, 0.012) for s in (1.0, -1.0)]


def _strand_frame(scalp: Scalp, anchor: Anchor) -> Frame:
    """Second axis along the strand towards its root, third away from the head."""
    along = unit(np.asarray(anchor.direction, np.float64))
    away = unit(np.asarray(anchor.position, np.float64) - scalp.centre)
    # A tail at the side shows its bow in front, one behind the head on top.
    at_side = abs(float(away[0])) > 0.4
    away = away + (np.array([0.0, 0.3, 0.9]) if at_side else np.array([0.0, 0.5, 0.0]))
    out = unit(away - (away @ along) * along)
    return Frame(
        origin=np.asarray(anchor.position, np.float64),
        axes=np.stack([np.cross(-along, out), -along, out]),
    )


def _upright(frame: Frame) -> Frame:
    """Return a strand's frame with its second axis as near straight up as can be."""
    out = frame.axes[2]
    up = np.array([0.0, 1.0, 0.0]) if abs(out[1]) < 0.9 else frame.axes[1]
    return frame_of(frame.origin, out, up)


OnStrand = Callable[[np.random.Generator, Frame, float, Palette, Rgb], Sheets]


def _tied(name: str, make: OnStrand) -> Maker:
    def maker(
        rng: np.random.Generator, shape: HeadShape, palette: Palette, fit: Fit
    ) -> list[Piece]:
        scalp = Scalp(shape, fit)
        colour = _ribbon_colour(rng, palette)
        seed = int(rng.integers(2**62))
        sheets: Sheets = []
        for anchor in strands(scalp, fit):
            frame = _strand_frame(scalp, anchor)
            # The same for all strands, so that both sides match.
            sheets += make(
                np.random.default_rng(seed), frame, float(anchor.radius), palette, colour
            )
        return [assembled(name, sheets)]

    return maker


def _scrunchie(
    rng: np.random.Generator, frame: Frame, radius: float, palette: Palette, colour: Rgb
) -> Sheets:
    sides, thick = 40, 0.42 * radius + 0.005
    a = np.linspace(0, 2 * np.pi, sides + 1)
    ruffle = 1 + 0.16 * np.cos(9 * a) + 0.06 * np.cos(14 * a + 1)
    section = disc(10)
    r = radius * 0.92 + thick * section[:, :1] * ruffle
    y = thick * 1.15 * section[:, 1:] * (1 + 0.12 * np.cos(9 * a + 0.7))
    grid = np.stack([r * np.sin(a), y, r * np.cos(a)], -1)
    _, u = tile(24, 96)
    fold = np.cos(2 * np.pi * 9 * u)
    paint = over(
        np.broadcast_to(np.array(colour), (24, 96, 3)),
        shade_of(colour, 0.16),
        soft(-fold, 0.1, 0.9) * 0.8,
    )
    return [
        sheet(
            frame.place(grid), over(paint, shifted(colour, 0.08), soft(fold, 0.4, 1.0) * 0.5), CLOTH
        )
    ]


def _bobbles(
    rng: np.random.Generator, frame: Frame, radius: float, palette: Palette, colour: Rgb
) -> Sheets:
    ring = lathe(disc(8) * 0.0035 + np.array([radius * 1.02, 0.0]), 24)
    found = [sheet(frame.place(ring), shade_of(colour, 0.1), CLOTH)]
    size = 0.0115
    for side in (1.0, -1.0):
        centre = np.array([side * 0.0105, 0.002 * side, radius + size * 0.75])
        found.append(sheet(frame.place(ball(size) + centre), colour, PLASTIC))
    return found


def _tie_bow(
    rng: np.random.Generator, frame: Frame, radius: float, palette: Palette, colour: Rgb
) -> Sheets:
    ring = lathe(disc(10, 4.0) * np.array([0.0022, 0.008]) + np.array([radius * 1.03, 0.0]), 24)
    found = [sheet(frame.place(ring), shade_of(colour, 0.06), SATIN)]
    width = float(np.clip(radius * 5.5, 0.06, 0.115)) * rng.uniform(0.9, 1.15)
    return found + bow(
        rng,
        _upright(frame).shifted(z=radius * 0.9),
        width,
        colour,
        0.58,
        width * rng.uniform(0.6, 1.0),
        _trim(rng, palette),
    )


def _tube_tie(
    rng: np.random.Generator, frame: Frame, radius: float, palette: Palette, colour: Rgb
) -> Sheets:
    length, r = 0.020 + 0.45 * radius, radius * 1.06 + 0.001
    profile = np.array(
        [
            [0.86, -1.0],
            [1.0, -1.0],
            [1.06, -0.93],
            [1.06, -0.74],
            [1.0, -0.68],
            [1.0, 0.68],
            [1.06, 0.74],
            [1.06, 0.93],
            [1.0, 1.0],
            [0.86, 1.0],
        ]
    ) * np.array([r, length])
    v, _ = tile(48, 8)
    body = palette.cloth if rng.random() < 0.4 else colour
    paint = gradient(body, 48, 8, 0.05, 0.02)
    trim = palette.metal if rng.random() < 0.6 else WHITE
    return [
        sheet(
            frame.place(lathe(profile, 24)),
            over(paint, trim, (np.abs(v - 0.5) > 0.24).astype(float)),
            METAL,
        )
    ]


def _flower_tie(
    rng: np.random.Generator, frame: Frame, radius: float, palette: Palette, colour: Rgb
) -> Sheets:
    ring = lathe(disc(8) * 0.0038 + np.array([radius * 1.02, 0.0]), 24)
    found = [sheet(frame.place(ring), shade_of(colour, 0.1), CLOTH)]
    tint = flower_colour(rng, palette.accent)
    return found + flower(rng, _upright(frame).shifted(z=radius * 0.95), 0.026, tint, 5, 0.0)


def _bell_tie(
    rng: np.random.Generator, frame: Frame, radius: float, palette: Palette, colour: Rgb
) -> Sheets:
    ring = lathe(disc(10, 4.0) * np.array([0.0026, 0.0075]) + np.array([radius * 1.02, 0.0]), 24)
    found = [sheet(frame.place(ring), colour, SATIN)]
    for side in (1.0, -1.0):
        found += bell(
            _upright(frame).shifted(side * 0.009, 0.004, radius), 0.0098, (0.93, 0.76, 0.30)
        )
    return found


def _kind(
    name: str,
    slot: Slot,
    make: Maker,
    weight: float,
    *tags: str,
    male: float = 0.25,
    paired: bool = False,
) -> Kind:
    return Kind(name=name, slot=slot, tags=tags, weight=weight, make=make, male=male, paired=paired)


KINDS = (
    _kind(
        "hairclip_bars",
        "hair_ornament",
        _pinned("Hairclip", 47, 24, _bars, 18),
        1.6,
        "hair_ornament",
        "hairclip",
        male=0.8,
    ),
    _kind(
        "x_clip",
        "hair_ornament",
        _pinned("XClip", 48, 25, _cross_bars),
        1.1,
        "hair_ornament",
        "x_hair_ornament",
        "hairclip",
        male=0.8,
    ),
    _kind(
        "cross_clip",
        "hair_ornament",
        _pinned("CrossClip", 50, 28, _cross, 14),
        0.9,
        "hair_ornament",
        "cross_hair_ornament",
        male=0.7,
    ),
    _kind(
        "star_clip",
        "hair_ornament",
        _pinned("StarClip", 50, 28, _star),
        1.1,
        "hair_ornament",
        "star_hair_ornament",
        male=0.6,
    ),
    _kind(
        "heart_clip",
        "hair_ornament",
        _pinned("HeartClip", 50, 28, _heart),
        1.0,
        "hair_ornament",
        "heart_hair_ornament",
    ),
    _kind(
        "moon_clip",
        "hair_ornament",
        _pinned("MoonClip", 50, 28, _moon),
        0.9,
        "hair_ornament",
        "crescent_hair_ornament",
    ),
    _kind(
        "snowflake_clip",
        "hair_ornament",
        _pinned("SnowflakeClip", 52, 28, _snowflake),
        0.9,
        "hair_ornament",
        "snowflake_hair_ornament",
    ),
    _kind(
        "carrot_clip",
        "hair_ornament",
        _pinned("CarrotClip", 50, 26, _carrot),
        0.9,
        "hair_ornament",
        "carrot_hair_ornament",
        "food-themed_hair_ornament",
    ),
    _kind(
        "leaf_clip",
        "hair_ornament",
        _pinned("LeafClip", 54, 32, _leaves),
        0.9,
        "hair_ornament",
        "leaf_hair_ornament",
    ),
    _kind(
        "hair_beads",
        "hair_ornament",
        _pinned("HairBeads", 56, 26, _beads, 30),
        0.9,
        "hair_ornament",
        "hair_beads",
    ),
    _kind(
        "butterfly",
        "side_ornament",
        _pinned("Butterfly", 58, 34, _butterfly),
        1.0,
        "hair_ornament",
        "butterfly_hair_ornament",
    ),
    _kind(
        "feathers",
        "side_ornament",
        _pinned("Feathers", 74, 30, _feathers, 12),
        0.9,
        "hair_ornament",
        "feather_hair_ornament",
        male=0.6,
    ),
    _kind(
        "hair_flower",
        "side_ornament",
        _pinned("HairFlower", 62, 34, _flower_one),
        1.8,
        "hair_ornament",
        "hair_flower",
        "flower",
    ),
    _kind(
        "hibiscus",
        "side_ornament",
        _pinned("Hibiscus", 66, 32, _hibiscus),
        0.9,
        "hair_ornament",
        "hair_flower",
        "flower",
        "hibiscus",
    ),
    _kind(
        "hair_rose",
        "side_ornament",
        _pinned("HairRose", 64, 34, _roses),
        1.1,
        "hair_ornament",
        "hair_flower",
        "flower",
        "rose",
    ),
    _kind(
        "kanzashi",
        "side_ornament",
        _pinned("Kanzashi", 72, 36, _kanzashi, 8),
        0.9,
        "hair_ornament",
        "kanzashi",
        "hair_stick",
    ),
    _kind(
        "side_bow",
        "side_ornament",
        _pinned("SideBow", 62, 34, _side_bow, 12),
        1.4,
        "hair_bow",
        "bow",
        "hair_ribbon",
        "ribbon",
    ),
    _kind(
        "side_bows",
        "side_ornament",
        _both("SideBow", 66, 36, _side_bow, 12),
        1.2,
        "hair_bow",
        "bow",
        "hair_ribbon",
        "ribbon",
        paired=True,
    ),
    _kind(
        "bell_bow",
        "side_ornament",
        _pinned("BellBow", 64, 32, _bell_bow, 10),
        0.9,
        "hair_bow",
        "bow",
        "hair_bell",
        "bell",
    ),
    _kind("big_bow", "back_ornament", _back_bow, 1.5, "hair_bow", "bow", "large_bow"),
    _kind("top_bow", "headwear", _top_bow, 1.1, "hair_bow", "bow"),
    _kind(
        "scrunchie",
        "tail_ornament",
        _tied("Scrunchie", _scrunchie),
        1.6,
        "hair_scrunchie",
        "scrunchie",
    ),
    _kind(
        "hair_bobbles",
        "tail_ornament",
        _tied("Bobbles", _bobbles),
        1.4,
        "hair_bobbles",
        "hair_ornament",
    ),
    _kind(
        "tail_bows",
        "tail_ornament",
        _tied("TailBow", _tie_bow),
        3.0,
        "hair_bow",
        "bow",
        "hair_ribbon",
        "ribbon",
    ),
    _kind(
        "hair_tubes",
        "tail_ornament",
        _tied("HairTube", _tube_tie),
        1.3,
        "hair_tubes",
        "hair_ornament",
        male=0.7,
    ),
    _kind(
        "tail_flowers",
        "tail_ornament",
        _tied("TailFlower", _flower_tie),
        1.2,
        "hair_flower",
        "flower",
        "hair_ornament",
    ),
    _kind(
        "tail_bells",
        "tail_ornament",
        _tied("TailBell", _bell_tie),
        1.2,
        "hair_bell",
        "bell",
        "hair_ornament",
    ),
)
