"""Headgear that is no hat: hairbands, headdresses, headphones, wreaths, tiaras, veils, goggles."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from panic3d.characters.colour import Rgb, mixed, ramp, shifted
from panic3d.characters.palette import Palette
from panic3d.characters.parts.accessories.kind import Fit, Kind, Maker, Slot
from panic3d.characters.parts.accessories.paint import (
    BLACK,
    CLOTH,
    GEM,
    METAL,
    PLASTIC,
    WHITE,
    Array,
    Finish,
    over,
    seen_on,
    shade_of,
    soft,
    tile,
)
from panic3d.characters.parts.accessories.ribbons import (
    SATIN,
    bow,
    flower,
    flower_colour,
    leaf,
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
from panic3d.characters.piece import Piece
from panic3d.characters.shape import HeadShape

Sheets = list[Sheet]


def arch(
    scalp: Scalp, reach_deg: float, tilt_deg: float, count: int, lift: float = 0.0
) -> tuple[Array, Array]:
    """Return a way over the head from side to side (count, 3), and its outward normals.

    Args:
        scalp: hair.
        reach_deg: how far down it goes on both sides, from the top.
        tilt_deg: how far it leans forward.
        count: of points, the head's right first.
        lift: above the hair, metres.
    """
    phi = np.radians(np.linspace(-reach_deg, reach_deg, count))
    tilt = np.radians(tilt_deg)
    ray = np.stack([np.sin(phi), np.cos(phi) * np.cos(tilt), np.cos(phi) * np.sin(tilt)], -1)
    azimuth = np.degrees(np.arctan2(ray[:, 0], ray[:, 2]))
    elevation = np.degrees(np.arcsin(np.clip(ray[:, 1], -1, 1)))
    return scalp.at(azimuth, elevation, lift), scalp.normal(azimuth, elevation)


def band(path: Array, normals: Array, width: float, thick: float, ends: float = 0.6) -> Array:
    """Return a flat band along a way, narrower at its ends."""
    t = np.linspace(0, 1, len(path))
    size = blend(t, ((0, ends), (0.2, 1.0), (0.8, 1.0), (1, ends)))
    section = disc(12, 4.0) * np.stack([size * width / 2, np.full(len(t), thick / 2)], -1)[:, None]
    return tube(path, section, up=normals)


def band_paint(colour: Rgb, trim: Rgb | None = None, stripe: float = 0.78) -> Array:
    """Paint a band: darker ends, a light line along its middle, perhaps trimmed edges."""
    v, u = tile(64, 36)
    across = np.abs(np.cos(2 * np.pi * u))
    paint = over(
        np.broadcast_to(np.array(colour), (64, 36, 3)),
        shade_of(colour, 0.14),
        soft(np.abs(v - 0.5), 0.25, 0.5),
    )
    paint = over(paint, shifted(colour, 0.07), soft(across, 0.45, 0.1) * 0.6)
    if trim is not None:
        paint = over(paint, trim, soft(across, stripe, stripe + 0.06))
    return paint


def frill(
    path: Array,
    rise: Array,
    lean: Array,
    height: Array | float,
    waves: int,
    colour: Rgb,
    trim: Rgb | None = None,
    lace: bool = True,
) -> Sheet:
    """Return a ruffle sewn on along a way.

    Args:
        path: (n, 3) its seam.
        rise: (n, 3) unit, where it stands to.
        lean: (n, 3) unit, across it, where its folds swing to.
        height: metres, one or (n,).
        waves: number of folds.
        colour: of the cloth.
        trim: of a line along its edge.
        lace: holes are drawn near the edge.
    """
    n = len(path)
    t = np.linspace(0, 1, n)
    s = np.array([0.0, 0.4, 0.8, 1.0])
    fold = np.sin(2 * np.pi * waves * t)
    swing = 0.0052 * fold * float(np.clip(np.mean(height) / 0.026, 0.5, 1.2))
    tall = np.broadcast_to(height, (n,)) * (1 + 0.05 * np.cos(4 * np.pi * waves * t))
    front = (
        path
        + rise * tall[:, None] * s[:, None, None]
        + lean * (swing * s[:, None] ** 1.3)[..., None]
    )
    grid = np.concatenate([front, (front - lean * 0.0016)[::-1], front[:1]])
    v, u = tile(40, min(14 * waves, 200))
    up = np.clip(np.where(v * 8 <= 3, v * 8 / 3, np.where(v * 8 < 4, 1.0, (7 - v * 8) / 3)), 0, 1)
    wave = np.sin(2 * np.pi * waves * u)
    paint = over(
        np.broadcast_to(np.array(colour), (*v.shape, 3)),
        shade_of(colour, 0.16),
        soft(-wave, -0.1, 0.9) * (0.35 + 0.5 * (1 - up)),
    )
    paint = over(paint, shade_of(colour, 0.2), soft(up, 0.22, 0.0) * 0.8)
    if lace:
        hole = soft(
            np.hypot((up - 0.83) / 0.05, np.sin(2 * np.pi * waves * 2 * u) / 0.55), 1.0, 0.7
        )
        paint = over(paint, shade_of(colour, 0.22), hole * 0.8)
    if trim is not None:
        paint = over(paint, trim, soft(up, 0.90, 0.94))
    return sheet(grid, paint, CLOTH)


def _colour(rng: np.random.Generator, palette: Palette) -> Rgb:
    choices = (palette.accent, BLACK, WHITE, (0.82, 0.16, 0.22), palette.cloth)
    return seen_on(choices[int(rng.choice(5, p=[0.45, 0.2, 0.12, 0.13, 0.1]))], palette.hair)


def _hairband(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    colour = _colour(rng, palette)
    path, out = arch(scalp, 96, rng.uniform(4, 18), 48, 0.0012)
    return [sheet(band(path, out, rng.uniform(0.011, 0.020), 0.0048), band_paint(colour), SATIN)]


def _bow_hairband(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    """A band with a bow: on top like a rabbit's ears, or at the side."""
    colour = _colour(rng, palette)
    tilt = rng.uniform(6, 14)
    path, out = arch(scalp, 96, tilt, 49, 0.0012)
    found = [sheet(band(path, out, 0.015, 0.0048), band_paint(colour), SATIN)]
    k = 24 if rng.random() < 0.5 else int(rng.choice([15, 33]))
    ahead = np.array([0.0, 0.25, 1.0]) + 0.6 * out[k] * np.array([1.0, 0.0, 0.0])
    place = frame_of(path[k] + out[k] * 0.008, ahead, out[k])
    return found + bow(rng, place, 0.10 if k == 24 else 0.085, colour, 0.7)


def _frilled_hairband(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    colour = _colour(rng, palette)
    path, out = arch(scalp, 84, 10, 97, 0.001)
    side = unit(np.cross(out, unit(np.gradient(path, axis=0))))
    side = side * np.sign(side[48, 2])
    t = np.linspace(0, 1, 97)
    size = blend(t, ((0, 0.4), (0.2, 1.0), (0.8, 1.0), (1, 0.4)))
    rise = unit(out * 0.72 + side * 0.7)
    edge = path + side * 0.005
    white = WHITE if colour != WHITE else mixed(palette.accent, WHITE, 0.75)
    found = [sheet(band(path[::2], out[::2], 0.015, 0.0048), band_paint(colour), SATIN)]
    found.append(
        frill(edge, rise, unit(np.cross(rise, np.gradient(path, axis=0))), 0.018 * size, 13, white)
    )
    return found


def _lolita_hairband(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    """A broad band with lace on both edges and a bow at either end."""
    colour = (BLACK, palette.accent, palette.cloth, WHITE)[
        int(rng.choice(4, p=[0.4, 0.3, 0.2, 0.1]))
    ]
    lace = WHITE if colour != WHITE and rng.random() < 0.75 else mixed(colour, palette.accent, 0.4)
    path, out = arch(scalp, 66, 12, 97, 0.0015)
    along = unit(np.gradient(path, axis=0))
    side = unit(np.cross(out, along))
    side = side * np.sign(side[48, 2])
    t = np.linspace(0, 1, 97)
    size = blend(t, ((0, 0.6), (0.25, 1.0), (0.75, 1.0), (1, 0.6)))
    found = [sheet(band(path[::2], out[::2], 0.034, 0.0045), band_paint(colour, lace, 0.86), SATIN)]
    for sign in (1.0, -1.0):
        rise = unit(side * sign + out * 0.42)
        edge = path + side * sign * (0.0145 * size)[:, None]
        found.append(frill(edge, rise, out * sign if sign > 0 else out, 0.0165 * size, 11, lace))
    for k in (0, 96):
        place = frame_of(
            path[k] + out[k] * 0.002, out[k] + np.array([0, 0, 0.4]), np.array([0.0, 1.0, 0.0])
        )
        found += bow(rng, place, 0.070, colour, 0.6, 0.075, lace, scalp)
    return found


def _maid_headdress(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    ribbon = (BLACK, palette.accent, WHITE)[int(rng.choice(3, p=[0.5, 0.25, 0.25]))]
    path, out = arch(scalp, 62, 14, 121, 0.0015)
    along = unit(np.gradient(path, axis=0))
    side = unit(np.cross(out, along))
    side = side * np.sign(side[60, 2])
    t = np.linspace(0, 1, 121)
    size = blend(t, ((0, 0.35), (0.18, 0.85), (0.5, 1.0), (0.82, 0.85), (1, 0.35)))
    rise = unit(out + side * 0.22)
    lean = unit(np.cross(rise, along))
    lean = lean * np.sign(lean[60, 2])
    cloth: Rgb = (0.975, 0.975, 0.985)
    found = [
        sheet(band(path[::2], out[::2], 0.017, 0.0055), band_paint(cloth, None), CLOTH),
        frill(
            path + side * 0.005,
            rise,
            lean,
            0.036 * size,
            12,
            cloth,
            ribbon if rng.random() < 0.3 else None,
        ),
        frill(
            path + side * 0.009,
            unit(out * 0.55 + side),
            unit(out - side * 0.5),
            0.014 * size,
            15,
            cloth,
            None,
            False,
        ),
    ]
    if ribbon != WHITE:
        inner = path + side * 0.0085 + out * 0.0022
        found.append(
            sheet(
                tube(inner[4:-4:2], disc(8, 4.0) * np.array([0.0032, 0.0014]), up=out[4:-4:2]),
                ribbon,
                SATIN,
            )
        )
    if rng.random() < 0.6:
        for k in (2, 118):
            place = frame_of(
                path[k] + out[k] * 0.002, out[k] + np.array([0, 0, 0.4]), np.array([0.0, 1.0, 0.0])
            )
            found += bow(rng, place, 0.055, ribbon, 0.6, 0.06, None, scalp)
    return found


def _around(
    scalp: Scalp, middle_deg: float, front_deg: float, lift: float, count: int = 65
) -> tuple[Array, Array]:
    """Return a level loop on the hair, from the back round the front, and its normals."""
    azimuth = np.linspace(-180, 180, count)
    elevation = middle_deg + front_deg * np.cos(np.radians(azimuth))
    return scalp.at(azimuth, elevation, lift), scalp.normal(azimuth, elevation)


def _loop_band(path: Array, normals: Array, width: float, thick: float) -> Array:
    return tube(path, disc(12, 4.0) * np.array([width / 2, thick / 2]), up=normals, closed=True)


def _hachimaki(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    """A cloth tied around the head, its ends hanging from a knot behind."""
    colour = (WHITE, (0.83, 0.15, 0.20), palette.accent, BLACK)[
        int(rng.choice(4, p=[0.35, 0.25, 0.3, 0.1]))
    ]
    colour = seen_on(colour, palette.hair)
    path, out = _around(scalp, 10, 8, 0.0012)
    v, u = tile(160, 36)
    fold = soft(np.abs(np.cos(2 * np.pi * u) - 0.25), 0.07, 0.02)
    paint = over(
        np.broadcast_to(np.array(colour), (160, 36, 3)), shade_of(colour, 0.13), fold * 0.6
    )
    if colour == WHITE and rng.random() < 0.5:
        spot = soft(np.hypot((v - 0.5) / 0.016, (np.abs(u - 0.25) - 0.0) / 0.13), 1.05, 0.9)
        paint = over(paint, (0.86, 0.14, 0.20), spot)
        spot = soft(np.hypot((v - 0.5) / 0.016, (np.abs(u - 0.75) - 0.0) / 0.13), 1.05, 0.9)
        paint = over(paint, (0.86, 0.14, 0.20), spot)
    found = [sheet(_loop_band(path, out, 0.024, 0.004), paint, CLOTH)]
    knot = frame_of(path[0] + out[0] * 0.003, out[0], np.array([0.0, 1.0, 0.0]))
    found.append(
        sheet(
            knot.place(ball(1.0, 12, 8) * np.array([0.011, 0.014, 0.009])),
            shade_of(colour, 0.03),
            CLOTH,
        )
    )
    for side in (1.0, -1.0):
        n = 14
        t = np.linspace(0, 1, n)
        length = 0.15 * rng.uniform(0.85, 1.15)
        line = (
            curve(
                [
                    (0, 0, 0.003),
                    (side * 0.18, -0.12, 0.13),
                    (side * 0.34, -0.5, 0.17),
                    (side * 0.40, -1.0, 0.24),
                ],
                n,
            )
            * length
        )
        face = np.stack([side * 0.35 * np.sin(5 * t), 0.3 * np.cos(4 * t), np.ones(n)], -1)
        tail = tube(line, disc(10, 6.0) * np.array([0.0115, 0.0011]), up=face, caps=False)
        vt, _ = tile(32, 16)
        found.append(
            sheet(
                scalp.cleared(knot.place(tail), 0.002),
                ramp([(0, shade_of(colour, 0.15)), (0.3, colour), (1, shifted(colour, 0.02))], vt),
                CLOTH,
            )
        )
    return found


def _cup_frames(scalp: Scalp) -> list[Frame]:
    """Where a headphone's cups sit: over the ears."""
    shape = scalp.shape
    found = []
    height = np.degrees(np.arctan2(shape.ear_y - scalp.centre[1], 0.09))
    around = height + np.array([[-10.0], [0.0], [12.0]])
    for side in (1.0, -1.0):
        # Where hair hangs over the ears, the cups lie on it.
        hair = np.abs(scalp.at(side * np.array([[78.0, 92.0, 106.0]]), around)[..., 0]).mean()
        reach = float(shape.half_width(shape.ear_y)) + 0.013
        reach = float(np.clip(hair + 0.002, reach, reach + 0.035))
        at = np.array([side * reach, shape.ear_y + 0.004, -0.002])
        found.append(frame_of(at, np.array([side, 0.10, 0.0]), np.array([0.0, 1.0, 0.0])))
    return found


def _headphone_parts(
    rng: np.random.Generator, scalp: Scalp, palette: Palette, radius: float
) -> tuple[Sheets, Rgb, Array, Array]:
    shell = (palette.accent, BLACK, WHITE, palette.cloth)[
        int(rng.choice(4, p=[0.35, 0.25, 0.25, 0.15]))
    ]
    ring = palette.accent if shell in (BLACK, WHITE) else WHITE
    pad: Rgb = (0.19, 0.18, 0.21)
    cups = _cup_frames(scalp)
    path, out = arch(scalp, 92, 2, 45, 0.005)
    # The arms leave the hair and end on the cups.
    t = np.linspace(-1, 1, 45)
    share = soft(np.abs(t), 0.62, 1.0)
    goal = (
        np.where(t[:, None] > 0, cups[0].origin, cups[1].origin)
        + np.sign(t)[:, None] * [0.013, 0, 0]
        + np.array([0, 0.7 * radius, 0])
    )
    path = path * (1 - share[:, None]) + goal * share[:, None]
    outer = (
        np.stack([np.full(45, 0.0105), np.full(45, 0.0052)], -1)
        * blend(np.abs(t), ((0, 1.0), (0.6, 0.95), (1, 0.62)))[:, None]
    )
    found = [sheet(tube(path, disc(12, 3.0) * outer[:, None], up=out), band_paint(shell), PLASTIC)]
    cushion = path[8:-8] - out[8:-8] * 0.0035
    found.append(
        sheet(tube(cushion, disc(10) * np.array([0.0115, 0.005]), up=out[8:-8]), pad, CLOTH)
    )
    r = radius
    turn = np.array(
        [[1.0, 0, 0], [0, 0, 1.0], [0, -1.0, 0]]
    )  # a lathe's axis becomes the third one
    for place in cups:
        cushion_ring = lathe(
            disc(10) * np.array([0.30 * r, 0.010]) + np.array([0.72 * r, -0.002]), 28
        )
        body = lathe(
            np.array(
                [
                    [0.0, 0.0],
                    [0.86 * r, 0.002],
                    [0.96 * r, 0.006],
                    [1.0 * r, 0.012],
                    [0.95 * r, 0.019],
                    [0.80 * r, 0.0225],
                    [0.74 * r, 0.0225],
                    [0.71 * r, 0.0205],
                    [0.0, 0.0205],
                ]
            ),
            28,
        )
        v, _ = tile(48, 8)
        paint = ramp(
            [
                (0, shell),
                (0.58, shell),
                (0.64, shifted(shell, 0.08)),
                (0.70, ring),
                (0.78, ring),
                (0.86, shade_of(shell, 0.14)),
                (1, shade_of(shell, 0.02)),
            ],
            v,
        )
        found.append(sheet(place.place(cushion_ring @ turn), pad, CLOTH))
        found.append(sheet(place.place(body @ turn), paint, PLASTIC))
        found.append(
            sheet(
                place.place(
                    ball(1.0, 16, 8) * np.array([0.40 * r, 0.40 * r, 0.004])
                    + np.array([0, 0, 0.0205])
                ),
                ring,
                PLASTIC,
            )
        )
    return found, shell, path, out


def _headphones(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    return _headphone_parts(rng, scalp, palette, rng.uniform(0.033, 0.038))[0]


def _cat_headphones(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    found, shell, path, out = _headphone_parts(rng, scalp, palette, 0.035)
    for k in (14, 30):
        t = np.sin(np.linspace(0, np.pi / 2, 9))
        ahead = np.array([0.0, 0.0, 1.0])
        place = frame_of(path[k] - out[k] * 0.004, ahead, out[k] + np.array([0, 0.5, 0]))
        line = np.stack([0 * t, 0.052 * t, 0 * t], -1)
        width = 0.025 * blend(t, ((0, 1.0), (0.4, 0.75), (0.85, 0.28), (1, 0.06)))
        section = disc(14, 2.6) * np.stack([width, 0.36 * width + 0.002], -1)[:, None]
        grid = tube(place.place(line), section, up=ahead, caps=False)
        v, u = tile(40, 40)
        inside = soft(np.abs(np.cos(2 * np.pi * u)), 0.62, 0.55) * soft(v, 0.86, 0.78)
        glow = mixed(palette.accent, WHITE, 0.45) if shell != palette.accent else WHITE
        found.append(
            sheet(grid, over(np.broadcast_to(np.array(shell), (40, 40, 3)), glow, inside), PLASTIC)
        )
    return found


def _headset(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    found = _headphone_parts(rng, scalp, palette, 0.031)[0]
    side = 1.0 if rng.random() < 0.5 else -1.0
    shape = scalp.shape
    cup = _cup_frames(scalp)[0 if side > 0 else 1]
    start = cup.place(np.array([0.0, -0.018, 0.012]))
    goal = shape.section(shape.mouth_y + 0.004, 38.0 * side) + np.array([0.014 * side, 0.0, 0.012])
    middle = (start + goal) / 2 + np.array([0.014 * side, -0.014, 0.008])
    boom = tube(curve([start, middle, goal], 16), disc(8) * 0.0021)
    found.append(sheet(boom, (0.20, 0.19, 0.22), PLASTIC))
    tip = ball(1.0, 12, 8) * np.array([0.0075, 0.006, 0.010]) + goal
    found.append(sheet(tip, (0.17, 0.16, 0.19), CLOTH))
    return found


def _goggles(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    """Goggles pushed up over the fringe, the strap around the head."""
    leather: Rgb = ((0.40, 0.27, 0.20), (0.19, 0.18, 0.20), palette.cloth)[int(rng.integers(3))]
    glass: tuple[Rgb, ...] = (
        (0.35, 0.62, 0.72),
        (0.90, 0.62, 0.25),
        mixed(palette.accent, BLACK, 0.2),
    )
    tint = glass[int(rng.integers(3))]
    path, out = _around(scalp, 19, 15, 0.0012)
    _, u = tile(64, 24)
    edge = soft(np.abs(np.cos(2 * np.pi * u)), 0.80, 0.86)
    found = [
        sheet(
            _loop_band(path, out, 0.019, 0.0042),
            over(
                np.broadcast_to(np.array(leather), (64, 24, 3)), shifted(leather, 0.12), edge * 0.7
            ),
            CLOTH,
        )
    ]
    turn = np.array([[1.0, 0, 0], [0, 0, 1.0], [0, -1.0, 0]])
    r = 0.0265
    metal = palette.metal if rng.random() < 0.7 else (0.35, 0.34, 0.37)
    for side in (1.0, -1.0):
        place = scalp.frame(side * 19.0, 34.0, -0.004)
        pad = lathe(disc(10) * np.array([0.0075, 0.009]) + np.array([r, 0.001]), 28)
        rim = lathe(
            np.array(
                [
                    [0.70 * r, 0.004],
                    [1.10 * r, 0.004],
                    [1.14 * r, 0.010],
                    [1.10 * r, 0.019],
                    [0.98 * r, 0.022],
                    [0.86 * r, 0.020],
                    [0.84 * r, 0.012],
                ]
            ),
            28,
        )
        glass_grid = lathe(
            np.array(
                [
                    [0.88 * r, 0.012],
                    [0.80 * r, 0.0175],
                    [0.55 * r, 0.0205],
                    [0.25 * r, 0.022],
                    [0.0, 0.0222],
                ]
            ),
            28,
        )
        vg, ug = tile(40, 56)
        x, y = (1 - vg) * np.sin(2 * np.pi * ug), (1 - vg) * np.cos(2 * np.pi * ug)
        paint = ramp(
            [(0, shade_of(tint, 0.12)), (0.5, tint), (1, mixed(tint, WHITE, 0.35))], 0.5 - 0.5 * y
        )
        glare = soft(np.abs(x + 0.5 * y + 0.3), 0.13, 0.09) * soft(np.hypot(x, y), 0.92, 0.85)
        paint = over(paint, mixed(tint, WHITE, 0.75), glare * 0.85)
        found += [
            sheet(place.place(pad @ turn), leather, CLOTH),
            sheet(place.place(rim @ turn), metal, METAL),
            sheet(place.place(glass_grid @ turn), paint, Finish(0.4, 0.3, 0.4)),
        ]
    bridge = scalp.at(np.linspace(-8, 8, 7), np.full(7, 34.0), 0.007)
    found.append(
        sheet(tube(bridge, disc(8) * np.array([0.004, 0.003]), up=(0, 0, 1)), metal, METAL)
    )
    return found


def _veil(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    """A short veil from a band on the crown, with a lace hem."""
    colour = (WHITE, mixed(palette.accent, WHITE, 0.8), (0.20, 0.19, 0.22))[
        int(rng.choice(3, p=[0.7, 0.15, 0.15]))
    ]
    n, m = 13, 49
    t = np.linspace(0, 1, n)[:, None]
    u = np.linspace(-1, 1, m)[None, :]
    azimuth = 180 + u * (92 + 12 * t)
    elevation = 72 - 88 * t - 6 * np.cos(np.pi * u / 2) * t
    ripple = np.cos(2 * np.pi * 7 * (u + 1) / 2)
    lift = 0.004 + 0.016 * t**1.3 + (0.006 * t**1.2) * ripple + 0.045 * np.clip(t - 0.75, 0, 1)
    grid = scalp.at(azimuth, elevation, lift)
    inner = scalp.at(azimuth, elevation, lift - 0.0015)
    closed = np.concatenate([grid, inner[::-1], grid[:1]])
    v, uu = tile(72, 120)
    down = np.clip(np.where(v * 26 <= 12, v * 26 / 12, (25 - v * 26) / 12), 0, 1)
    wave = np.cos(2 * np.pi * 7 * uu)
    paint = over(
        np.broadcast_to(np.array(colour), (72, 120, 3)),
        shade_of(colour, 0.14),
        soft(-wave, 0.0, 1.0) * down * 0.8,
    )
    paint = over(paint, shade_of(colour, 0.12), soft(down, 0.10, 0.0))
    lace = soft(np.abs(down - 0.9), 0.012, 0.005) + soft(
        np.hypot((down - 0.95) / 0.022, np.sin(2 * np.pi * 26 * uu) / 0.6), 1.0, 0.6
    )
    paint = over(
        paint, shade_of(colour, 0.2) if colour[0] > 0.5 else shifted(colour, 0.15), lace * 0.8
    )
    found = [sheet(closed, paint, CLOTH)]
    path, out = arch(scalp, 74, -18, 41, 0.003)
    if rng.random() < 0.5:
        found.append(sheet(band(path, out, 0.010, 0.0045), band_paint(palette.metal), METAL))
        for k in range(4, 41, 4):
            found.append(sheet(ball(0.0052, 8, 6) + path[k] + out[k] * 0.003, WHITE, PLASTIC))
    else:
        found.append(sheet(band(path, out, 0.010, 0.0045), band_paint((0.42, 0.60, 0.36)), CLOTH))
        for k in range(2, 41, 4):
            place = frame_of(path[k] + out[k] * 0.001, out[k], np.array([0.0, 1.0, 0.1]))
            found += flower(
                rng,
                place,
                0.013,
                WHITE if k % 8 == 2 else mixed(palette.accent, WHITE, 0.5),
                5,
                0.0,
            )
    return found


def _jewel(size: float, count: int = 8) -> Array:
    """A cut stone: pointed above and below, faceted."""
    a = np.linspace(0, 2 * np.pi, count + 1) + np.pi / 2
    outline = np.stack([0.66 * np.cos(a), np.sin(a)], -1) * size
    s = np.array([0.0, 0.55, 1.0, 1.0])
    z = np.array([0.52, 0.46, 0.1, -0.2]) * size
    flat = outline * s[:, None, None]
    return np.concatenate([flat, np.broadcast_to(z[:, None, None], (*flat.shape[:2], 1))], -1)


def _jewel_paint(colour: Rgb) -> Array:
    """Facets that catch the light by turns, a bright table."""
    v, u = tile(32, 48)
    facet = np.sin(np.floor(u * 8) * 2.6) * 0.5 + 0.5
    paint = ramp(
        [(0, shade_of(colour, 0.2)), (0.5, colour), (1, mixed(colour, WHITE, 0.55))],
        np.where(v < 0.18, 0.55, facet),
    )
    return over(
        paint,
        mixed(colour, WHITE, 0.85),
        soft(np.abs(v - 0.2), 0.04, 0.02) * soft(np.abs(u - 0.12), 0.3, 0.1),
    )


def _forehead_jewel(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    shape = scalp.shape
    colour = (palette.accent, palette.eye_left, (0.86, 0.15, 0.25))[int(rng.integers(3))]
    y = shape.eye_y + 0.95 * shape.eye_height + 0.016
    skin = shape.face(0.0, y)
    out = unit(np.array([0.0, 0.10, 1.0]))
    place = frame_of(skin + out * 0.0006, out, np.array([0.0, 1.0, 0.0]))
    return [
        sheet(place.place(_jewel(0.0088)), _jewel_paint(colour), GEM),
        sheet(place.place(_setting(0.0088)), palette.metal, METAL),
    ]


def _setting(size: float) -> Array:
    a = np.linspace(0, 2 * np.pi, 25)
    path = np.stack([0.70 * size * np.cos(a), 1.05 * size * np.sin(a), 0 * a], -1)
    return tube(path, disc(6) * 0.0012, up=(0, 0, 1), closed=True)


def _circlet(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    """A thin metal ring around the head with a stone in front."""
    azimuth = np.linspace(-180, 180, 97)
    dip = np.exp(-((azimuth / 22.0) ** 2))
    elevation = 17 + 9 * np.cos(np.radians(azimuth)) - 9 * dip
    path, out = scalp.at(azimuth, elevation, 0.0014), scalp.normal(azimuth, elevation)
    found = [sheet(_loop_band(path, out, 0.0062, 0.004), palette.metal, METAL)]
    # A second strand that swings above the first in front.
    b = np.linspace(-58, 58, 41)
    upper = (
        17
        + 9 * np.cos(np.radians(b))
        + 8 * np.cos(np.radians(b) * 90 / 58) * (1 - 0.55 * np.exp(-((b / 14) ** 2)))
    )
    found.append(
        sheet(
            tube(scalp.at(b, upper, 0.0014), disc(8) * 0.0017, up=scalp.normal(b, upper)),
            palette.metal,
            METAL,
        )
    )
    colour = palette.accent if rng.random() < 0.6 else palette.eye_left
    place = frame_of(path[48] + out[48] * 0.0016, out[48], np.array([0.0, 1.0, 0.0]))
    found += [
        sheet(place.place(_jewel(0.011)), _jewel_paint(colour), GEM),
        sheet(place.place(_setting(0.011)), palette.metal, METAL),
    ]
    for k in (38, 58):
        found.append(sheet(ball(0.0042, 8, 6) + path[k] + out[k] * 0.0022, colour, PLASTIC))
    return found


def _laurel(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    gold = rng.random() < 0.5
    colour: Rgb = palette.metal if gold else (0.42, 0.60, 0.34)
    found = []
    azimuth = np.linspace(22, 166, 12)
    elevation = 22 + 12 * np.cos(np.radians(azimuth))
    points, out = scalp.at(azimuth, elevation, 0.002), scalp.normal(azimuth, elevation)
    along = unit(np.gradient(points, axis=0))
    found.append(
        sheet(tube(points, disc(6) * 0.0022), shade_of(colour, 0.08), METAL if gold else CLOTH)
    )
    n = 7
    t = np.sin(np.linspace(0, np.pi / 2, n))
    for k in range(12):
        for side in (1.0, -1.0):
            across = np.cross(out[k], along[k]) * side
            tip = unit(-along[k] * 0.9 + across * 0.62)
            place = frame_of(points[k], out[k], tip)
            line = curve([(0, -0.02, 0.0), (0, 0.45, 0.10), (0, 1.0, 0.14)], n) * 0.031
            size = 0.0088 * blend(t, ((0, 0.3), (0.4, 1.0), (0.75, 0.7), (1, 0.03)))
            grid = tube(
                place.place(line),
                crescent(size, size * 0.3, np.full(n, 0.0014), 4),
                up=out[k],
                caps=False,
            )
            v, u = tile(20, 16)
            rib = np.abs(np.where(u < 0.5, -np.cos(2 * np.pi * u), np.cos(np.pi * (2 * u - 1))))
            paint = over(
                ramp([(0, shade_of(colour, 0.12)), (1, shifted(colour, 0.05))], v),
                shade_of(colour, 0.15),
                soft(rib, 0.2, 0.08) * 0.7,
            )
            found.append(sheet(grid, paint, METAL if gold else CLOTH))
    return found + [_mirrored(s) for s in found]


def _mirrored(one: Sheet) -> Sheet:
    """Return a sheet's mirror image across x = 0."""
    points = one.points[:, ::-1] * np.array([-1.0, 1.0, 1.0])
    return Sheet(
        points=points,
        paint=one.paint[:, ::-1],
        finish=one.finish,
        alpha=None if one.alpha is None else one.alpha[:, ::-1],
        flipped=one.flipped,
    )


def _wreath(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    """A crown of flowers."""
    colours = [flower_colour(rng, palette.accent) for _ in range(3)]
    path, out = _around(scalp, 33, 6, 0.002, 49)
    found = [sheet(_loop_band(path, out, 0.006, 0.006), (0.40, 0.56, 0.32), CLOTH)]
    count = 10
    for k in range(count):
        j = round(k * 48 / count)
        place = frame_of(
            path[j] + out[j] * 0.001, out[j] + np.array([0, 0.15, 0]), np.array([0.0, 1.0, 0.1])
        )
        size = 0.0215 if k % 2 == 0 else 0.0165
        found += flower(rng, place.rolled(rng.uniform(0, 72)), size, colours[k % 3], 5, 0.0)
        found.append(leaf(place, float(rng.uniform(0, 360)), 0.030, (0.42, 0.62, 0.36), 0.32))
    return found


def _tiara(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    """A band on the hair with arches that rise to the middle, and stones."""
    path, out = arch(scalp, 66, 27, 61, 0.0012)
    t = np.linspace(-1, 1, 61)
    metal = palette.metal
    found = [sheet(band(path, out, 0.0062, 0.0045), metal, METAL)]
    gem = palette.accent
    feet = np.linspace(-0.72, 0.72, 8)
    heights = [0.014, 0.020, 0.028, 0.042, 0.028, 0.020, 0.014]
    rise = unit(out + np.array([0.0, 0.35, 0.12]))
    for k, tall in enumerate(heights):
        f = np.linspace(0, np.pi, 15)
        at = feet[k] + (feet[k + 1] - feet[k]) * (0.5 - 0.5 * np.cos(f)) * 1.0
        foot = np.stack([np.interp(at, t, path[:, j]) for j in range(3)], -1)
        up = np.stack([np.interp(at, t, rise[:, j]) for j in range(3)], -1)
        line = foot + up * (tall * np.sin(f) ** 0.8)[:, None]
        found.append(sheet(tube(line, disc(8) * 0.0019), metal, METAL))
        top, direction = line[7], unit(up[7])
        place = frame_of(
            top - direction * tall * 0.42,
            unit(np.cross(np.gradient(line, axis=0)[7], direction)),
            direction,
        )
        if place.axes[2][2] < 0:
            place = Frame(origin=place.origin, axes=place.axes * np.array([[-1.0], [1.0], [-1.0]]))
        size = 0.20 * tall + 0.0016
        found.append(
            sheet(
                place.place(_jewel(size)),
                _jewel_paint(gem if k % 2 else mixed(gem, WHITE, 0.6)),
                GEM,
            )
        )
        stalk = np.stack([foot[7], top])
        found.append(
            sheet(tube(np.linspace(stalk[0], stalk[1], 4), disc(6) * 0.0012), metal, METAL)
        )
        found.append(
            sheet(
                ball(0.0032 + 0.03 * tall, 8, 6) + top,
                WHITE if k % 2 else metal,
                PLASTIC if k % 2 else METAL,
            )
        )
    return found


def _maker(name: str, parts: Callable[[np.random.Generator, Scalp, Palette], Sheets]) -> Maker:
    def make(rng: np.random.Generator, shape: HeadShape, palette: Palette, fit: Fit) -> list[Piece]:
        return [assembled(name, parts(rng, Scalp(shape, fit), palette))]

    return make


def _gear(
    name: str,
    parts: Callable[[np.random.Generator, Scalp, Palette], Sheets],
    weight: float,
    *tags: str,
    slot: Slot = "headwear",
    male: float = 0.3,
) -> Kind:
    title = "".join(word.capitalize() for word in name.split("_"))
    return Kind(
        name=name, slot=slot, tags=tags, weight=weight, make=_maker(title, parts), male=male
    )


KINDS = (
    _gear("hairband", _hairband, 1.6, "hairband"),
    _gear("bow_hairband", _bow_hairband, 1.1, "hairband", "bow_hairband", "bow", "hair_bow"),
    _gear("frilled_hairband", _frilled_hairband, 0.9, "hairband", "frilled_hairband", "frills"),
    _gear("lolita_hairband", _lolita_hairband, 1.0, "hairband", "lolita_hairband", "frills"),
    _gear("maid_headdress", _maid_headdress, 1.2, "maid_headdress", "frills"),
    _gear("hachimaki", _hachimaki, 1.0, "headband", "hachimaki", male=1.6),
    _gear("headphones", _headphones, 1.2, "headphones", slot="headphones", male=1.2),
    _gear(
        "cat_headphones",
        _cat_headphones,
        0.9,
        "headphones",
        "cat_ear_headphones",
        "animal_ear_headphones",
        "fake_animal_ears",
        slot="headphones",
    ),
    _gear("headset", _headset, 0.9, "headset", slot="headphones", male=1.0),
    _gear("goggles_on_head", _goggles, 1.0, "goggles", "goggles_on_head", male=1.5),
    _gear("veil", _veil, 1.0, "veil"),
    _gear("forehead_jewel", _forehead_jewel, 0.9, "forehead_jewel", slot="forehead", male=0.6),
    _gear("circlet", _circlet, 1.0, "circlet", slot="forehead", male=1.0),
    _gear("laurel_crown", _laurel, 0.9, "laurel_crown", male=1.2),
    _gear("flower_wreath", _wreath, 1.0, "head_wreath", "flower", "hair_flower"),
    _gear("tiara", _tiara, 1.1, "tiara"),
)
