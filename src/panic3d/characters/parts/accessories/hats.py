"""Hats with a brim, and the beret."""

from __future__ import annotations

import numpy as np

from panic3d.characters.colour import Rgb, mixed, shifted
from panic3d.characters.palette import Palette
from panic3d.characters.parts.accessories.charms import puffed, star_outline
from panic3d.characters.parts.accessories.flowers import flower, flower_colour, rose
from panic3d.characters.parts.accessories.hat_forms import (
    Sheets,
    azimuths,
    brimmed,
    buckle_sheet,
    crown_rows,
    felt,
    hat_band,
    hat_colour,
    hat_kind,
    ring_on,
    rounded_dome,
    row_paint,
    tall_enough,
    top_hat_parts,
    trim_colour,
)
from panic3d.characters.parts.accessories.paint import (
    BLACK,
    CLOTH,
    FUR,
    METAL,
    WHITE,
    Array,
    Real,
    over,
    shade_of,
    soft,
    tile,
)
from panic3d.characters.parts.accessories.ribbons import bow
from panic3d.characters.parts.accessories.scalp import Scalp
from panic3d.characters.parts.accessories.solids import (
    blend,
    curve,
    disc,
    frame_of,
    sheet,
    tube,
    unit,
)


def _beret(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    colour = hat_colour(rng, palette)
    side = 1.0 if rng.random() < 0.5 else -1.0
    ring = ring_on(scalp, 36, 10, 8 * side, 0.003)
    a = azimuths(ring)
    # Full on the low side, where the cloth hangs over.
    full = 0.5 - 0.5 * side * np.sin(a) + 0.15 * (1 - np.cos(a))
    wave = 0.002 * np.sin(5 * a + rng.uniform(0, 6))
    rows = crown_rows([])
    grid_rows: list[tuple[Array | Real, Array | Real, Array | Real]] = [
        *rows,
        (1.0, 0.002, 0.001),
        (1.0, 0.003, 0.010),
        (1.01, 0.012 + 0.010 * full, 0.014 - 0.004 * full),
        (1.03, 0.026 + 0.020 * full + wave, 0.022 - 0.008 * full),
        (1.03, 0.031 + 0.026 * full + wave, 0.034 - 0.008 * full),
        (1.0, 0.026 + 0.022 * full + wave, 0.050 - 0.006 * full),
        (0.9, 0.016 + 0.014 * full, 0.064),
        (0.68, 0.006, 0.076),
        (0.40, 0.0, 0.082),
        (0.16, 0.0, 0.083),
        (0.0, 0.0, 0.083),
    ]
    dark = shade_of(colour, 0.16)
    paint = row_paint(
        [
            dark,
            dark,
            dark,
            shade_of(colour, 0.08),
            dark,
            shade_of(colour, 0.1),
            colour,
            colour,
            colour,
            shifted(colour, 0.02),
            shifted(colour, 0.02),
            colour,
            colour,
        ],
        64,
        64,
    )
    grid = ring.turned(grid_rows)
    top = grid[-1].mean(0)
    stem = curve(
        [
            top - ring.up * 0.004,
            top + ring.up * 0.008,
            top + ring.up * 0.013 + np.array([0.003, 0, 0]),
        ],
        6,
    )
    found = [
        sheet(grid, felt(rng, paint, colour, 0.55), FUR, flipped=False),
        sheet(tube(stem, disc(8) * 0.0028), colour, FUR),
    ]
    if rng.random() < 0.35:
        k = round((-38 * side) % 360 / 360 * (len(a) - 1))
        out = unit(grid[6, k] - ring.centre)
        pin = frame_of(grid[6, k], out + 0.2 * ring.up, ring.up)
        found.append(
            sheet(
                pin.place(puffed(star_outline(5, 0.5, 1), 0.013, 0.006, 1.0)), palette.metal, METAL
            )
        )
    return found


def _witch_hat(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    colour = (BLACK, shade_of(palette.accent, 0.18), (0.24, 0.18, 0.36), palette.cloth)[
        int(rng.choice(4, p=[0.4, 0.2, 0.25, 0.15]))
    ]
    trim = trim_colour(rng, palette, colour)
    ring = ring_on(scalp, 30, 5, rng.uniform(-4, 4), 0.004)
    a = azimuths(ring)
    wave = np.sin(2 * a + rng.uniform(0, 6)) * 0.010 + np.sin(3 * a + rng.uniform(0, 6)) * 0.007
    reach = 0.088
    brim: list[tuple[Array | Real, Array | Real, Array | Real]] = [
        (0.95, 0.0, 0.014),
        (0.99, 0.0, -0.001),
        (1.0, 0.35 * reach, -0.004 + 0.25 * wave),
        (1.0, 0.75 * reach, -0.010 + 0.7 * wave),
        (1.0, 1.00 * reach, -0.014 + wave),
        (1.0, 1.02 * reach, -0.0125 + wave),
        (1.0, 1.00 * reach, -0.011 + wave),
        (1.0, 0.75 * reach, -0.007 + 0.7 * wave),
        (1.0, 0.35 * reach, -0.001 + 0.25 * wave),
        (1.0, 0.004, 0.003),
    ]
    under = shade_of(colour, 0.10)
    brim_paint = row_paint(
        [
            under,
            under,
            under,
            under,
            under,
            trim,
            shifted(colour, 0.02),
            colour,
            colour,
            shade_of(colour, 0.12),
        ],
        60,
        48,
    )
    t = np.linspace(0, 1, 15)
    tall = rng.uniform(0.19, 0.22)
    width = blend(t, ((0, 1.0), (0.25, 0.83), (0.5, 0.52), (0.75, 0.25), (1, 0.02)))
    crease = 1 + 0.05 * np.sin(t * 24) * (t > 0.3)
    cone = ring.turned(
        [
            (float(w * c), 0.003 * (1 - x), float(tall * x))
            for w, c, x in zip(width, crease, t, strict=True)
        ]
    )
    # The tip falls over.
    lean = np.array([rng.uniform(-0.05, 0.05), -0.02, -0.07]) * rng.uniform(0.6, 1.2)
    cone = cone + (soft(t, 0.3, 1.3) ** 1.2)[:, None, None] * lean * 1.6
    v, _ = tile(72, 48)
    paint = row_paint([shade_of(colour, 0.1), colour, shifted(colour, 0.03)], 72, 48)
    fold = np.exp(-((np.sin(v * 24 + 1.2) / 0.4) ** 2)) * (v > 0.3)
    paint = felt(rng, over(paint, shade_of(colour, 0.14), fold * 0.5), colour, 0.45)
    found = [
        sheet(ring.turned(brim), brim_paint, CLOTH, flipped=False),
        sheet(cone, paint, CLOTH, flipped=False),
        hat_band(ring, 0.003, 0.028, trim, 0.002, 0.985),
    ]
    extra = int(rng.integers(3))
    if extra == 0:
        found.append(buckle_sheet(ring.front(0, 0.006, 0.0155), 0.016, 0.014, palette.metal))
    elif extra == 1:
        found += bow(rng, ring.front(42, 0.005, 0.016), 0.08, trim, 0.55, 0.05)
    else:
        star = ring.front(-30, 0.004, 0.018)
        found.append(
            sheet(
                star.place(puffed(star_outline(5, 0.5, 1), 0.018, 0.007, 1.0)), palette.metal, METAL
            )
        )
    return found


def _straw(size: tuple[int, int], colour: Rgb, fine: Real) -> Array:
    """Woven straw: courses and the stalks across them."""
    v, u = tile(*size)
    course = np.sin(2 * np.pi * fine * v)
    stalk = np.sin(2 * np.pi * 44 * u + np.pi * np.floor(fine * v * 2))
    paint = over(
        np.broadcast_to(np.array(colour), (*size, 3)),
        shade_of(colour, 0.15),
        soft(-course, 0.4, 1.0) * 0.6,
    )
    return over(paint, shifted(colour, 0.05), soft(stalk, 0.1, 0.9) * 0.5)


def _straw_hat(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    colour: Rgb = ((0.93, 0.80, 0.55), (0.86, 0.70, 0.45))[int(rng.integers(2))]
    trim = trim_colour(rng, palette, colour)
    ring = ring_on(scalp, 26, 7, 0, 0.004)
    a = azimuths(ring)
    drop = 0.014 + 0.010 * np.cos(2 * a) + 0.004 * np.sin(3 * a + 1)
    tall = tall_enough(scalp, ring)
    crown = rounded_dome(ring, tall, 10, swell=0.004)
    found = [
        sheet(brimmed(ring, 0.085, drop), _straw((72, 120), colour, 14), CLOTH, flipped=False),
        sheet(crown, _straw((60, 120), colour, 11), CLOTH, flipped=False),
        hat_band(ring, 0.003, 0.024, trim, 0.003, 0.985),
    ]
    if rng.random() < 0.6:
        found += bow(rng, ring.front(60, 0.006, 0.013), 0.075, trim, 0.55, 0.06)
    return found


def _sun_hat(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    colour = (WHITE, mixed(palette.accent, WHITE, 0.65), (0.95, 0.90, 0.80))[int(rng.integers(3))]
    trim = trim_colour(rng, palette, colour)
    ring = ring_on(scalp, 26, 9, 0, 0.004)
    a = azimuths(ring)
    drop = 0.026 + 0.014 * np.cos(2 * a) + 0.006 * np.sin(5 * a)
    tall = tall_enough(scalp, ring)
    under = shade_of(colour, 0.12)
    paint = row_paint(
        [under, under, under, under, under, trim, colour, colour, colour, under], 72, 64
    )
    found = [
        sheet(brimmed(ring, 0.112, drop), felt(rng, paint, colour, 0.3), CLOTH, flipped=False),
        sheet(
            rounded_dome(ring, tall, 10, swell=0.005),
            felt(rng, row_paint([under, colour, shifted(colour, 0.02)], 60, 64), colour, 0.4),
            CLOTH,
            flipped=False,
        ),
        hat_band(ring, 0.003, 0.022, trim, 0.003, 0.985),
    ]
    spot = ring.front(50, 0.005, 0.014)
    if rng.random() < 0.5:
        found += flower(rng, spot, 0.027, flower_colour(rng, palette.accent)) + flower(
            rng, spot.shifted(-0.03, 0.004, -0.002), 0.019, flower_colour(rng, palette.accent)
        )
    else:
        found += bow(rng, spot, 0.09, trim, 0.6, 0.07)
    return found


def _top_hat(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    colour = (BLACK, palette.cloth, (0.93, 0.92, 0.93))[int(rng.choice(3, p=[0.6, 0.25, 0.15]))]
    trim = trim_colour(rng, palette, colour)
    ring = ring_on(scalp, 35, 5, rng.uniform(-5, 5), 0.004)
    tall = max(0.115, tall_enough(scalp, ring))
    found = top_hat_parts(rng, ring, tall, 0.036, colour, trim)
    if rng.random() < 0.4:
        found += rose(rng, ring.front(48, 0.004, 0.018), 0.024, palette.accent)
    return found


def _cowboy_hat(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    colour: Rgb = ((0.52, 0.35, 0.24), (0.80, 0.66, 0.46), (0.17, 0.16, 0.17))[
        int(rng.choice(3, p=[0.5, 0.3, 0.2]))
    ]
    band = shade_of(colour, 0.25) if colour != BLACK else palette.accent
    ring = ring_on(scalp, 30, 5, 0, 0.004)
    a = azimuths(ring)
    roll = np.abs(np.sin(a)) ** 3
    drop = 0.010 + 0.006 * np.cos(2 * a) - 0.052 * roll
    tall = tall_enough(scalp, ring, 0.022)
    crown = rounded_dome(ring, tall, 11, swell=0.002)
    # Pinched along the middle and at both sides in front.
    local = (crown - ring.centre) @ np.stack([[1.0, 0, 0], ring.up, [0, 0, 1.0]]).T
    height = np.clip(local[..., 1] / tall, 0, 1) ** 3
    dent = 0.016 * np.exp(-((local[..., 0] / 0.020) ** 2)) * height
    pinch = (
        0.014
        * np.exp(-(((np.abs(local[..., 0]) - 0.055) / 0.022) ** 2))
        * np.exp(-(((local[..., 2] - 0.055) / 0.03) ** 2))
        * height
    )
    crown = crown - (dent + pinch)[..., None] * ring.up
    found = [
        sheet(
            brimmed(ring, 0.078, drop, 0.0032),
            felt(
                rng,
                row_paint(
                    [shade_of(colour, 0.12)] * 5
                    + [shifted(colour, 0.07), colour, colour, colour, shade_of(colour, 0.12)],
                    60,
                    48,
                ),
                colour,
                0.3,
            ),
            CLOTH,
            flipped=False,
        ),
        sheet(
            crown,
            felt(
                rng,
                row_paint([shade_of(colour, 0.12), colour, shifted(colour, 0.02), colour], 60, 48),
                colour,
                0.35,
            ),
            CLOTH,
            flipped=False,
        ),
        hat_band(ring, 0.003, 0.016, band, 0.002, 0.985),
    ]
    badge = ring.front(0, 0.006, 0.011)
    found.append(
        sheet(badge.place(puffed(star_outline(5, 0.5, 1), 0.012, 0.005, 1.0)), palette.metal, METAL)
    )
    return found


def _bucket_hat(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    colour = hat_colour(rng, palette)
    ring = ring_on(scalp, 24, 7, 0, 0.004)
    tall = tall_enough(scalp, ring)
    rows = crown_rows(
        [
            (1.0, 0.002, 0.0),
            (0.97, 0.002, 0.35 * tall),
            (0.90, 0.002, 0.75 * tall),
            (0.86, 0.0, 0.93 * tall),
            (0.80, 0.0, tall),
            (0.4, 0.0, tall * 1.03),
            (0.0, 0.0, tall * 1.03),
        ]
    )
    v, _ = tile(64, 64)
    paint = felt(
        rng,
        row_paint(
            [shade_of(colour, 0.14)] * 3
            + [colour, colour, shifted(colour, 0.03), colour, colour, colour],
            64,
            64,
        ),
        colour,
        0.3,
    )
    paint = over(paint, shade_of(colour, 0.15), np.exp(-(((v - 0.70) / 0.012) ** 2)) * 0.7)
    brim = row_paint(
        [shade_of(colour, 0.14)] * 5
        + [shade_of(colour, 0.06), colour, colour, colour, shade_of(colour, 0.13)],
        72,
        48,
    )
    vb, _ = tile(72, 48)
    for k in range(5):
        brim = over(
            brim, shade_of(colour, 0.13), np.exp(-(((vb - 0.62 - 0.065 * k) / 0.007) ** 2)) * 0.55
        )
    return [
        sheet(brimmed(ring, 0.048, 0.036, 0.0026), brim, CLOTH, flipped=False),
        sheet(ring.turned(rows), paint, CLOTH, flipped=False),
    ]


KINDS = (
    hat_kind("beret", _beret, 1.2, "beret"),
    hat_kind("witch_hat", _witch_hat, 1.2, "witch_hat", male=0.5),
    hat_kind("straw_hat", _straw_hat, 1.0, "straw_hat"),
    hat_kind("sun_hat", _sun_hat, 1.3, "sun_hat", male=0.2),
    hat_kind("top_hat", _top_hat, 1.0, "top_hat", male=1.4),
    hat_kind("cowboy_hat", _cowboy_hat, 1.0, "cowboy_hat", male=1.4),
    hat_kind("bucket_hat", _bucket_hat, 1.0, "bucket_hat"),
)
