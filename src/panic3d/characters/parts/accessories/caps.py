"""Caps and soft hats without a brim all round: baseball, knitted, uniform, cook's and nurse's."""

from __future__ import annotations

import numpy as np

from panic3d.characters.colour import Rgb, shifted
from panic3d.characters.palette import Palette
from panic3d.characters.parts.accessories.charms import bar, puffed, star_outline
from panic3d.characters.parts.accessories.hat_forms import (
    SIDES,
    Sheets,
    azimuths,
    close_dome,
    crown_rows,
    felt,
    fur_trim_sheet,
    hat_band,
    hat_colour,
    hat_kind,
    pompom_sheet,
    ring_on,
    row_paint,
    tall_enough,
    trim_colour,
    visor_grid,
)
from panic3d.characters.parts.accessories.paint import (
    BLACK,
    CLOTH,
    FUR,
    METAL,
    PLASTIC,
    WHITE,
    Array,
    Real,
    graded,
    over,
    shade_of,
    soft,
    tile,
)
from panic3d.characters.parts.accessories.ribbons import SATIN, bow
from panic3d.characters.parts.accessories.scalp import Scalp
from panic3d.characters.parts.accessories.solids import (
    ball,
    blend,
    curve,
    disc,
    sheet,
    tube,
    unit,
)


def _baseball_cap(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    colour = hat_colour(rng, palette)
    peak = trim_colour(rng, palette, colour) if rng.random() < 0.5 else shade_of(colour, 0.02)
    ring = ring_on(scalp, 20, 8, 0, 0.003)
    a = np.linspace(0, 2 * np.pi, SIDES + 1)
    # Its edge tucks in below the peak's seam, so that no hair shows between the two.
    low = 14 + 8 * np.cos(a)
    lifts = np.array([-0.004, 0.0025, 0.0040, 0.006, 0.008, 0.0095, 0.0105, 0.011, 0.011, 0.011])
    dome = close_dome(scalp, low, lifts)
    dome[0] = scalp.at(np.degrees(a), low + 3, -0.006)
    v, u = tile(72, 96)
    paint = row_paint(
        [shade_of(colour, 0.15), shade_of(colour, 0.07), colour, colour, shifted(colour, 0.02)],
        72,
        96,
    )
    seam = np.abs(((u * 6) % 1) - 0.5)
    paint = over(paint, shade_of(colour, 0.16), soft(seam, 0.47, 0.495) * (v > 0.12))
    stitch = soft(np.abs(seam - 0.44), 0.02, 0.01) * (np.sin(v * 120) > -0.2) * (v > 0.12)
    paint = over(paint, shifted(colour, 0.10), stitch * 0.5)
    paint = over(paint, shade_of(colour, 0.15), np.exp(-(((v - 0.17) / 0.012) ** 2)) * 0.7)
    visor = visor_grid(ring, 0.074, 0.022, 62)
    vp, _ = tile(60, 24)
    visor_paint = graded(
        [
            (0, shade_of(peak, 0.16)),
            (0.2, peak),
            (0.45, shifted(peak, 0.03)),
            (0.55, shade_of(peak, 0.1)),
            (1, shade_of(peak, 0.15)),
        ],
        vp,
    )
    for k in range(4):
        visor_paint = over(
            visor_paint,
            shade_of(peak, 0.12),
            np.exp(-(((vp - 0.14 - 0.08 * k) / 0.008) ** 2)) * 0.6,
        )
    top = dome[-1].mean(0)
    found = [
        sheet(dome, paint, CLOTH, flipped=False),
        sheet(visor, visor_paint, CLOTH),
        sheet(ball(1.0, 12, 6) * np.array([0.0075, 0.0045, 0.0075]) + top, peak, CLOTH),
    ]
    badge = scalp.frame(0, 47, 0.008)
    logo = int(rng.integers(4))
    if logo == 0:
        found.append(
            sheet(
                badge.place(puffed(star_outline(5, 0.5, 1), 0.017, 0.003, 1.0)),
                peak if peak != colour else WHITE,
                CLOTH,
            )
        )
    elif logo == 1:
        plate = bar(0.044, 0.022, 0.003)
        found.append(
            sheet(scalp.wrapped(badge, plate, 0.007), trim_colour(rng, palette, colour), CLOTH)
        )
    return found


def _beanie(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    colour = hat_colour(rng, palette)
    second = trim_colour(rng, palette, colour) if rng.random() < 0.4 else colour
    a = np.linspace(0, 2 * np.pi, SIDES + 1)
    low = 16 + 10 * np.cos(a)
    lifts = np.array([0.004, 0.006, 0.008, 0.010, 0.012, 0.015, 0.019, 0.022, 0.024])
    body = close_dome(scalp, low + 6, lifts)
    v, u = tile(72, 120)
    rib = np.cos(2 * np.pi * 30 * u)
    knit = np.sin(v * 90 + 1.5 * rib)
    paint = row_paint([shade_of(colour, 0.14), colour, colour, shifted(colour, 0.03)], 72, 120)
    paint = over(paint, shade_of(colour, 0.14), soft(-rib, 0.2, 0.9) * 0.55)
    paint = over(paint, shade_of(colour, 0.08), soft(knit, 0.4, 1.0) * 0.4)
    if rng.random() < 0.35:
        for at in (0.32, 0.44):
            paint = over(
                paint,
                second if second != colour else WHITE,
                soft(np.abs(v - at), 0.035, 0.03) * 0.9,
            )
    cuff_rows = [
        (0.002, -0.012),
        (0.006, -0.006),
        (0.012, 0.0),
        (0.0135, 0.006),
        (0.0135, 0.024),
        (0.012, 0.030),
        (0.004, 0.031),
    ]
    azimuth = np.degrees(a)
    base = scalp.at(azimuth, low, outside=True)
    high = scalp.at(azimuth, low + 16, outside=True)
    step = unit(high - base)
    out = scalp.normal(azimuth, low + 6)
    cuff = np.stack([base + out * (w + 0.001) + step * h for w, h in cuff_rows])
    _, uc = tile(32, 120)
    ribs = np.cos(2 * np.pi * 30 * uc)
    cuff_paint = over(
        row_paint([shade_of(second, 0.12), second, shifted(second, 0.03)], 32, 120),
        shade_of(second, 0.17),
        soft(-ribs, 0.0, 0.8) * 0.75,
    )
    found = [sheet(body, paint, FUR, flipped=False), sheet(cuff, cuff_paint, FUR, flipped=False)]
    if rng.random() < 0.6:
        found.append(
            pompom_sheet(
                body[-1].mean(0) + np.array([0, 0.014, 0]),
                0.026,
                WHITE if rng.random() < 0.5 else second,
                rng,
            )
        )
    return found


def _sailor_hat(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    navy: Rgb = (0.20, 0.25, 0.42)
    ring = ring_on(scalp, 34, 6, rng.uniform(-7, 7), 0.004)
    tall = max(tall_enough(scalp, ring), 0.05)
    colour: Rgb = (0.97, 0.97, 0.98)
    rows = crown_rows(
        [
            (1.0, 0.001, 0.0),
            (1.0, 0.002, 0.026),
            (1.03, 0.010, 0.030),
            (1.04, 0.026, 0.040),
            (1.04, 0.030, 0.050),
            (1.03, 0.022, 0.060),
            (0.9, 0.004, 0.070),
            (0.6, 0.0, max(0.077, tall * 0.97)),
            (0.25, 0.0, max(0.079, tall)),
            (0.0, 0.0, max(0.079, tall)),
        ]
    )
    under = shade_of(colour, 0.14)
    paint = row_paint(
        [navy, navy, navy, navy, under, under, colour, colour, colour, colour, colour, colour],
        72,
        64,
    )
    found = [
        sheet(ring.turned(rows), felt(rng, paint, colour, 0.3), CLOTH, flipped=False),
        hat_band(ring, 0.0, 0.024, navy, 0.002),
    ]
    spot = ring.front(180, 0.004, 0.008)
    for side in (1.0, -1.0):
        t = np.linspace(0, 1, 9)
        line = np.stack(
            [side * (0.005 + 0.016 * t), -0.002 - 0.11 * t, 0.003 + 0.016 * np.sin(t * 2.2)], -1
        )
        tail = tube(line, disc(10, 6.0) * np.array([0.0085, 0.001]), up=(0.0, 0.1, 1.0), caps=False)
        vt, _ = tile(40, 16)
        found.append(
            sheet(
                scalp.cleared(spot.place(tail), 0.002),
                over(
                    np.broadcast_to(np.array(navy), (40, 16, 3)),
                    WHITE,
                    soft(np.abs(vt - 0.88), 0.03, 0.02),
                ),
                SATIN,
            )
        )
    if rng.random() < 0.6:
        found += bow(rng, ring.front(180, 0.004, 0.012), 0.06, navy, 0.5)
    gold = palette.metal
    badge = ring.front(0, 0.005, 0.012)
    found.append(
        sheet(badge.place(puffed(star_outline(5, 0.5, 1), 0.0125, 0.005, 1.0)), gold, METAL)
    )
    return found


def _peaked_cap(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    colour = (BLACK, (0.23, 0.28, 0.42), (0.93, 0.93, 0.94), (0.30, 0.36, 0.30), palette.cloth)[
        int(rng.choice(5, p=[0.3, 0.2, 0.2, 0.15, 0.15]))
    ]
    band = trim_colour(rng, palette, colour)
    ring = ring_on(scalp, 27, 8, 0, 0.004)
    a = azimuths(ring)
    tall = tall_enough(scalp, ring)
    front = 0.5 + 0.5 * np.cos(a)
    edge = 0.040 + 0.030 * front
    rows: list[tuple[Array | Real, Array | Real, Array | Real]] = [
        *crown_rows([(1.0, 0.001, 0.0), (1.0, 0.002, 0.028)]),
        (1.0, 0.010, 0.034 + 0.006 * front),
        (1.0, 0.026 + 0.004 * front, edge * 0.86),
        (1.0, 0.031 + 0.005 * front, edge),
        (1.0, 0.027 + 0.005 * front, edge + 0.005),
        (0.85, 0.012, np.maximum(edge * 0.9 + 0.012, 0.062)),
        (0.5, 0.0, max(tall, 0.07)),
        (0.0, 0.0, max(tall, 0.07)),
    ]
    under = shade_of(colour, 0.13)
    paint = row_paint(
        [
            band,
            band,
            band,
            band,
            under,
            shade_of(colour, 0.05),
            shifted(band, 0.0),
            colour,
            colour,
            shifted(colour, 0.02),
            colour,
        ],
        80,
        64,
    )
    visor = visor_grid(ring, 0.052, 0.026, 64)
    gloss: Rgb = (0.13, 0.13, 0.15)
    badge = ring.front(0, 0.012, 0.042, 0.35)
    cord = ring.turned([(1.0, 0.005, 0.003)])[0]
    half = np.concatenate([cord[-9:-1], cord[:9]])
    twist = 1 + 0.2 * np.sin(np.arange(len(half)) * 2.0)
    found = [
        sheet(ring.turned(rows), felt(rng, paint, colour, 0.25), CLOTH, flipped=False),
        hat_band(ring, 0.0, 0.026, band, 0.002),
        sheet(visor, gloss, PLASTIC),
        sheet(tube(half, disc(8) * 0.0026 * twist[:, None, None]), palette.metal, METAL),
        sheet(
            badge.place(puffed(star_outline(5, 0.55, 1), 0.016, 0.006, 1.0)), palette.metal, METAL
        ),
        sheet(badge.place(ball(0.0055, 10, 6) + np.array([0, 0, 0.006])), palette.accent, PLASTIC),
    ]
    for k in (-9, 8):
        found.append(sheet(ball(0.0048, 10, 6) + cord[k], palette.metal, METAL))
    return found


def _santa_hat(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    colour: Rgb = (0.82, 0.12, 0.16)
    ring = ring_on(scalp, 33, 8, 0, 0.004)
    side = 1.0 if rng.random() < 0.5 else -1.0
    tall = tall_enough(scalp, ring)
    t = np.linspace(0, 1, 18)
    # Up over the crown, then the tip falls to one side.
    axis = curve(
        [
            (0, 0, 0),
            (0.0, 0.55 * tall, -0.004),
            (0.012, 1.0 * tall, -0.012),
            (0.050, 1.42 * tall, -0.020),
            (0.100, 1.30 * tall, -0.022),
            (0.125, 0.75 * tall, -0.018),
        ],
        18,
    ) * np.array([side, 1, 1])
    width = blend(t, ((0, 1.0), (0.2, 0.93), (0.4, 0.70), (0.62, 0.40), (0.85, 0.22), (1, 0.13)))
    tangent = unit(np.gradient(axis, axis=0))
    m = 33
    np.linspace(0, 2 * np.pi, m)
    k = np.linspace(0, len(ring.points) - 1, m)
    base = np.stack(
        [np.interp(k, np.arange(len(ring.points)), ring.spokes[:, j]) for j in range(3)], -1
    )
    rows = []
    for p, w, d in zip(axis, width, tangent, strict=True):
        # Turn the level loop so that it stands across the axis.
        turn = _turned_to(
            ring.up,
            unit(d[0] * np.array([1.0, 0, 0]) + d[1] * ring.up + d[2] * np.array([0, 0, 1.0])),
        )
        rows.append(
            ring.centre
            + p[0] * np.array([1.0, 0, 0])
            + p[1] * ring.up
            + p[2] * np.array([0, 0, 1.0])
            + (base * w) @ turn.T
        )
    grid = scalp.cleared(np.stack(rows), 0.003, outside=True)
    paint = row_paint(
        [shade_of(colour, 0.16), colour, colour, shifted(colour, 0.02), colour], 80, 56
    )
    paint = felt(rng, paint, colour, 0.6)
    return [
        sheet(grid, paint, FUR, flipped=False),
        fur_trim_sheet(ring, 0.0165, WHITE, rng),
        pompom_sheet(grid[-1].mean(0) - ring.up * 0.008, 0.024, WHITE, rng),
    ]


def _turned_to(one: Array, other: Array) -> Array:
    """Return the smallest rotation (3, 3) that takes one unit vector to another."""
    axis = np.cross(one, other)
    c = float(one @ other)
    k = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    found: Array = np.eye(3) + k + k @ k / max(1 + c, 1e-6)
    return found


def _nurse_cap(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    colour = WHITE if rng.random() < 0.75 else (0.98, 0.82, 0.86)
    ring = ring_on(scalp, 57, 4, 0, -0.002, 40)
    a = azimuths(ring)
    front = (0.5 + 0.5 * np.cos(a)) ** 1.5
    high = 0.024 + 0.028 * front
    wide = 0.004 + 0.014 * np.abs(np.sin(a)) ** 1.5
    rows: list[tuple[Array | Real, Array | Real, Array | Real]] = [
        (0.96, 0.0, -0.006),
        (1.0, 0.002, -0.004),
        (1.0, 0.003 + 0.3 * wide, 0.3 * high),
        (1.0, 0.002 + wide, 0.94 * high),
        (1.0, 0.000 + wide, high),
        (1.0, -0.003 + wide, 0.96 * high),
        (0.9, 0.0, 0.82 * high),
        (0.5, 0.0, 0.026),
        (0.0, 0.0, 0.028),
    ]
    shade = shade_of(colour, 0.1)
    paint = row_paint([shade, shade, colour, colour, colour, colour, shade, colour, colour], 64, 48)
    red: Rgb = (0.88, 0.18, 0.26) if rng.random() < 0.75 else palette.accent
    v, _ = tile(64, 48)
    paint = over(paint, red, soft(np.abs(v - 0.315), 0.02, 0.012) * (rng.random() < 0.6))
    found = [sheet(ring.turned(rows), paint, CLOTH, flipped=False)]
    badge = ring.front(0, 0.0075, 0.026, 0.05)
    for angle in (0.0, 90.0):
        found.append(sheet(badge.place(bar(0.024, 0.0085, 0.004, angle)), red, CLOTH))
    return found


def _chef_hat(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    ring = ring_on(scalp, 40, 6, 0, 0.004, 72)
    a = azimuths(ring)
    pleat = np.cos(18 * a)
    colour: Rgb = (0.98, 0.98, 0.985)
    rows: list[tuple[Array | Real, Array | Real, Array | Real]] = [
        *crown_rows([(1.0, 0.001, 0.0), (1.0, 0.002, 0.048), (1.0, -0.001, 0.052)]),
        (1.0, 0.008 + 0.002 * pleat, 0.060),
        (1.0, 0.026 + 0.004 * pleat, 0.080),
        (1.0, 0.031 + 0.004 * pleat, 0.102),
        (0.98, 0.022 + 0.004 * pleat, 0.122),
        (0.85, 0.008 + 0.003 * pleat, 0.136),
        (0.5, 0.0, 0.142),
        (0.0, 0.0, 0.140),
    ]
    v, u = tile(72, 144)
    shade = shade_of(colour, 0.14)
    paint = row_paint(
        [
            shade,
            shade,
            shade_of(colour, 0.05),
            colour,
            shade_of(colour, 0.2),
            shade,
            colour,
            colour,
            colour,
            colour,
            colour,
            colour,
        ],
        72,
        144,
    )
    fold = soft(-np.cos(2 * np.pi * 18 * u), 0.1, 1.0) * soft(v, 0.34, 0.42) * soft(v, 0.95, 0.75)
    return [
        sheet(
            ring.turned(rows),
            over(paint, shade_of(colour, 0.16), fold * 0.75),
            CLOTH,
            flipped=False,
        )
    ]


KINDS = (
    hat_kind("baseball_cap", _baseball_cap, 1.1, "baseball_cap", male=1.5),
    hat_kind("beanie", _beanie, 1.0, "beanie", male=1.3),
    hat_kind("sailor_hat", _sailor_hat, 1.0, "sailor_hat"),
    hat_kind("peaked_cap", _peaked_cap, 1.1, "peaked_cap", male=1.4),
    hat_kind("santa_hat", _santa_hat, 1.2, "santa_hat"),
    hat_kind("chef_hat", _chef_hat, 1.08, "chef_hat"),
    hat_kind("nurse_cap", _nurse_cap, 0.9, "nurse_cap", slot="headwear", male=0.2),
)
