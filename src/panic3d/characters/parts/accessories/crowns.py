"""Crowns, and hats too small to go around the head."""

from __future__ import annotations

import numpy as np

from panic3d.characters.colour import Rgb, mixed, shifted
from panic3d.characters.palette import Palette
from panic3d.characters.parts.accessories.flowers import rose
from panic3d.characters.parts.accessories.hat_forms import (
    Ring,
    Sheets,
    azimuths,
    fur_trim_sheet,
    hat_kind,
    pompom_sheet,
    ring_on,
    row_paint,
    small_ring,
    tall_enough,
    top_hat_parts,
    trim_colour,
)
from panic3d.characters.parts.accessories.paint import (
    BLACK,
    FUR,
    METAL,
    PLASTIC,
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
    ball,
    frame_of,
    sheet,
    unit,
)


def _mini_top_hat(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    colour = (BLACK, palette.cloth, shade_of(palette.accent, 0.1))[int(rng.integers(3))]
    trim = trim_colour(rng, palette, colour)
    side = 1.0 if rng.random() < 0.5 else -1.0
    ring = small_ring(scalp, 42 * side, 62, 0.034, 0.004)
    found = top_hat_parts(rng, ring, 0.052, 0.020, colour, trim)
    spot = ring.front(-28 * side, 0.002, 0.010)
    return found + (
        bow(rng, spot, 0.055, trim, 0.6)
        if rng.random() < 0.5
        else rose(rng, spot, 0.018, palette.accent)
    )


def _party_hat(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    side = float(rng.choice([-1.0, 0.0, 1.0]))
    ring = small_ring(scalp, 40 * side, 66 if side else 78, 0.046, 0.010)
    colour, stripe = palette.accent, WHITE if rng.random() < 0.5 else palette.metal
    t = np.linspace(0, 1, 10)
    cone = ring.turned([(float(1 - 0.96 * x), 0.0, float(0.125 * x)) for x in t])
    v, u = tile(80, 72)
    swirl = soft(np.sin(2 * np.pi * (5 * v + u)), -0.15, 0.15)
    paint = over(np.broadcast_to(np.array(colour), (80, 72, 3)), stripe, swirl)
    edge = 0.0045
    return [
        sheet(cone, paint, PLASTIC, flipped=False),
        fur_trim_sheet(
            Ring(points=ring.points + ring.up * 0.006, centre=ring.centre, up=ring.up),
            edge,
            WHITE,
            rng,
        ),
        pompom_sheet(cone[-1].mean(0) + ring.up * 0.006, 0.016, stripe, rng),
    ]


def _crown_parts(
    ring: Ring, tall: Real, metal: Rgb, gem: Rgb, lining: Rgb | None, spikes: int, thick: Real
) -> Sheets:
    """A ring of points with balls on them."""
    a = azimuths(ring)
    wave = np.abs(((a * spikes / (2 * np.pi)) % 1) - 0.5) * 2  # 1 at the points
    high = tall * (0.46 + 0.54 * wave**1.3)
    flare = 0.14 * tall
    rows: list[tuple[Array | Real, Array | Real, Array | Real]] = [
        (1.0, -thick, -0.003),
        (1.0, thick, -0.003),
        (1.0, thick * 1.6, 0.02 * tall),
        (1.0, thick * 1.6, 0.16 * tall),
        (1.0, thick, 0.20 * tall),
        (1.0, thick + 0.6 * flare, high * 0.7),
        (1.0, thick + flare, high),
        (1.0, flare - thick, high),
        (1.0, -thick, 0.2 * tall),
        (1.0, -thick, -0.003),
    ]
    dark = shade_of(metal, 0.14)
    paint = row_paint(
        [
            dark,
            metal,
            shifted(metal, 0.05),
            metal,
            dark,
            metal,
            shifted(metal, 0.05),
            dark,
            dark,
            dark,
        ],
        48,
        48,
    )
    found = [sheet(ring.turned(rows), paint, METAL, flipped=False)]
    out = unit(ring.spokes)
    m = len(a) - 1
    for k in range(spikes):
        j = round((k + 0.0) / spikes * m)
        point = ring.points[j] + ring.up * (tall + thick) + out[j] * flare
        found.append(sheet(ball(0.085 * tall + thick * 0.8, 8, 6) + point, metal, METAL))
        stone = frame_of(
            ring.points[j] + ring.up * 0.1 * tall + out[j] * thick * 1.6, out[j], ring.up
        )
        jewel = ball(1.0, 8, 6) * np.array([0.07, 0.07, 0.05]) * tall
        found.append(
            sheet(stone.place(jewel), gem if k % 2 == 0 else mixed(gem, WHITE, 0.6), PLASTIC)
        )
    if lining is not None:
        puff = ring.turned(
            [
                (0.95, 0.0, 0.1 * tall),
                (0.96, 0.0, 0.45 * tall),
                (0.8, 0.0, 0.66 * tall),
                (0.4, 0.0, 0.74 * tall),
                (0.0, 0.0, 0.72 * tall),
            ]
        )
        found.append(sheet(puff, lining, FUR, flipped=False))
    return found


def _crown(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    ring = ring_on(scalp, 46, 5, 0, 0.002, 80)
    gold: Rgb = palette.metal if rng.random() < 0.5 else (0.93, 0.77, 0.34)
    lining = shade_of(palette.accent, 0.08) if rng.random() < 0.4 else None
    if lining is not None:
        tall = max(0.062, tall_enough(scalp, ring, 0.004) / 0.72)
    else:
        tall = 0.058
    return _crown_parts(
        ring, tall, gold, palette.accent, lining, int(rng.choice([5, 8, 10])), 0.002
    )


def _mini_crown(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    side = float(rng.choice([-1.0, 0.0, 1.0], p=[0.4, 0.2, 0.4]))
    ring = small_ring(scalp, 40 * side, 64 if side else 78, 0.028, 0.006, 60)
    gold: Rgb = palette.metal if rng.random() < 0.5 else (0.93, 0.77, 0.34)
    return _crown_parts(
        ring, 0.036, gold, palette.accent, palette.accent if rng.random() < 0.3 else None, 5, 0.0014
    )


KINDS = (
    hat_kind(
        "mini_top_hat",
        _mini_top_hat,
        0.9,
        "hat",
        "mini_hat",
        "mini_top_hat",
        "top_hat",
        slot="headwear",
        male=0.6,
    ),
    hat_kind("party_hat", _party_hat, 0.9, "hat", "party_hat", slot="headwear"),
    hat_kind("crown", _crown, 1.45, "crown", slot="headwear"),
    hat_kind("mini_crown", _mini_crown, 0.9, "crown", "mini_crown", slot="headwear", male=0.6),
)
