"""Headgear that is no hat: headbands, goggles, veils, jewels, wreaths, tiaras."""

from __future__ import annotations

import numpy as np

from panic3d.characters.colour import Rgb, mixed, shifted
from panic3d.characters.palette import Palette
from panic3d.characters.parts.accessories.flowers import flower, flower_colour, leaf
from panic3d.characters.parts.accessories.hairbands import (
    Sheets,
    arch,
    band,
    band_paint,
    flat_section,
    gear_kind,
)
from panic3d.characters.parts.accessories.paint import (
    BLACK,
    CLOTH,
    GEM,
    METAL,
    PLASTIC,
    WHITE,
    Array,
    Finish,
    Real,
    graded,
    over,
    seen_on,
    shade_of,
    soft,
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
    frame_of,
    lathe,
    sheet,
    tube,
    unit,
)


def _around(
    scalp: Scalp, middle_deg: Real, front_deg: Real, lift: Real, count: int = 65
) -> tuple[Array, Array]:
    """Return a level loop over all locks, from the back round the front, and its normals."""
    azimuth = np.linspace(-180, 180, count)
    elevation = middle_deg + front_deg * np.cos(np.radians(azimuth))
    path = scalp.at(azimuth, elevation, lift, outside=True)
    return path, scalp.normal(azimuth, elevation)


def _loop_band(path: Array, normals: Array, width: Real, thick: Real) -> Array:
    return tube(path, flat_section(width, thick), up=normals, closed=True)


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
                graded(
                    [(0, shade_of(colour, 0.15)), (0.3, colour), (1, shifted(colour, 0.02))], vt
                ),
                CLOTH,
            )
        )
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
        place = scalp.frame(side * 19.0, 34.0, 0.0, outside=True)
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
        paint = graded(
            [(0, shade_of(tint, 0.12)), (0.5, tint), (1, mixed(tint, WHITE, 0.35))], 0.5 - 0.5 * y
        )
        glare = soft(np.abs(x + 0.5 * y + 0.3), 0.13, 0.09) * soft(np.hypot(x, y), 0.92, 0.85)
        paint = over(paint, mixed(tint, WHITE, 0.75), glare * 0.85)
        found += [
            sheet(place.place(pad @ turn), leather, CLOTH),
            sheet(place.place(rim @ turn), metal, METAL),
            sheet(place.place(glass_grid @ turn), paint, Finish(0.4, 0.3, 0.4)),
        ]
    bridge = scalp.at(np.linspace(-8, 8, 7), np.full(7, 34.0), 0.010, outside=True)
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
    u = np.linspace(1, -1, m)
    # From a line over the crown to a hem behind, each thread the shortest way.
    phi, lean = np.radians(72 * u), np.radians(-8.0)
    first = np.stack([np.sin(phi), np.cos(phi) * np.cos(lean), np.cos(phi) * np.sin(lean)], -1)
    side, low = np.radians(180 - 82 * u), np.radians(-28 + 10 * np.abs(u) ** 2)
    last = np.stack([np.sin(side) * np.cos(low), np.sin(low), np.cos(side) * np.cos(low)], -1)
    angle = np.arccos(np.clip((first * last).sum(-1), -1, 1))[:, None]
    ray = (
        np.sin((1 - t[..., None]) * angle) * first + np.sin(t[..., None] * angle) * last
    ) / np.sin(angle)
    azimuth = np.degrees(np.arctan2(ray[..., 0], ray[..., 2]))
    elevation = np.degrees(np.arcsin(np.clip(ray[..., 1], -1, 1)))
    ripple = np.cos(2 * np.pi * 7 * (u + 1) / 2)
    lift = 0.0025 + 0.003 * t + 0.0032 * t**1.2 * (1 + ripple)
    grid = scalp.at(azimuth, elevation, lift, outside=True) - scalp.centre
    # Cloth hangs: where the hair draws in below, it does not follow.
    wide = np.hypot(grid[..., 0], grid[..., 2])
    hung = np.maximum(wide, 0.975 * np.maximum.accumulate(wide, 0)) / wide
    grid = grid * np.stack([hung, np.ones_like(hung), hung], -1)
    inner = grid * (1 - 0.0015 / np.linalg.norm(grid, axis=-1, keepdims=True))
    grid, inner = grid + scalp.centre, inner + scalp.centre
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
    path, out = arch(scalp, 73, -6, 41, 0.0042)
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


def _jewel(size: Real, count: int = 8) -> Array:
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
    paint = graded(
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


def _setting(size: Real) -> Array:
    a = np.linspace(0, 2 * np.pi, 25)
    path = np.stack([0.70 * size * np.cos(a), 1.05 * size * np.sin(a), 0 * a], -1)
    return tube(path, disc(6) * 0.0012, up=(0, 0, 1), closed=True)


def _circlet(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    """A thin metal ring with a stone in front; behind the temples it runs under the hair."""
    azimuth = np.linspace(-96, 96, 97)
    dip = np.exp(-((azimuth / 22.0) ** 2))
    elevation = 17 + 9 * np.cos(np.radians(azimuth)) - 9 * dip
    down = soft(np.abs(azimuth), 78.0, 94.0)
    path = scalp.at(azimuth, elevation, 0.0014 * (1 - down), 1 - 0.75 * down, outside=True)
    out = scalp.normal(azimuth, elevation)
    found = [sheet(tube(path, flat_section(0.0062, 0.004), up=out), palette.metal, METAL)]
    # A second strand that swings above the first in front.
    b = np.linspace(-58, 58, 41)
    upper = (
        17
        + 9 * np.cos(np.radians(b))
        + 8 * np.cos(np.radians(b) * 90 / 58) * (1 - 0.55 * np.exp(-((b / 14) ** 2)))
    )
    found.append(
        sheet(
            tube(
                scalp.at(b, upper, 0.001, outside=True),
                flat_section(0.0034, 0.0034),
                up=scalp.normal(b, upper),
            ),
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
    for k in (29, 67):
        found.append(sheet(ball(0.0042, 8, 6) + path[k] + out[k] * 0.0022, colour, PLASTIC))
    return found


def _laurel(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    gold = rng.random() < 0.5
    colour: Rgb = palette.metal if gold else (0.42, 0.60, 0.34)
    found = []
    azimuth = np.linspace(22, 166, 12)
    elevation = 22 + 12 * np.cos(np.radians(azimuth))
    points = scalp.at(azimuth, elevation, 0.001, outside=True)
    out = scalp.normal(azimuth, elevation)
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
                graded([(0, shade_of(colour, 0.12)), (1, shifted(colour, 0.05))], v),
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
    path, out = arch(scalp, 70, 27, 61, 0.0012, 12)
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


KINDS = (
    gear_kind("hachimaki", _hachimaki, 1.75, "headband", "hachimaki", male=1.6),
    gear_kind("goggles_on_head", _goggles, 2.0, "goggles", "goggles_on_head", male=1.5),
    gear_kind("veil", _veil, 2.1, "veil"),
    gear_kind("forehead_jewel", _forehead_jewel, 0.9, "forehead_jewel", slot="forehead", male=0.6),
    gear_kind("circlet", _circlet, 2.1, "circlet", slot="forehead", male=1.0),
    gear_kind("laurel_crown", _laurel, 2.0, "laurel_crown", male=1.2),
    gear_kind("flower_wreath", _wreath, 2.1, "head_wreath", "flower", "hair_flower"),
    gear_kind("tiara", _tiara, 2.2, "tiara"),
)
