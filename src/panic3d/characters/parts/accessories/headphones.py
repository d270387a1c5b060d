"""Headphones and headsets: cups on the ears, or on the hair over them."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d, maximum_filter1d
from scipy.spatial import cKDTree

from panic3d.characters.colour import Rgb, mixed, shifted
from panic3d.characters.palette import Palette
from panic3d.characters.parts.accessories.hairbands import Sheets, arch, band_paint, gear_kind
from panic3d.characters.parts.accessories.paint import (
    BLACK,
    CLOTH,
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
from panic3d.characters.parts.accessories.scalp import Scalp
from panic3d.characters.parts.accessories.solids import (
    Frame,
    ball,
    blend,
    curve,
    disc,
    frame_of,
    lathe,
    sheet,
    tube,
)


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
        # No lock may come through a cup.
        locks = np.abs(scalp.locks(at[None], 0.034)[:, 0])
        if len(locks):
            most = float(shape.half_width(shape.ear_y)) + 0.050
            at[0] = side * min(max(reach, float(np.quantile(locks, 0.98)) - 0.010), most)
        found.append(frame_of(at, np.array([side, 0.10, 0.0]), np.array([0.0, 1.0, 0.0])))
    return found


def _over_locks(scalp: Scalp, path: Array) -> Array:
    """Return how much higher a band along a path (n, 3) must be to clear all locks, metres."""
    locks = scalp.locks(path, 0.030)
    found = np.zeros(len(path))
    if len(locks):
        _, near = cKDTree(path).query(locks)
        ground = np.linalg.norm(path[near] - scalp.centre, axis=-1)
        rise = np.linalg.norm(locks - scalp.centre, axis=-1) - ground
        beside = np.abs((locks - path[near])[:, 2]) < 0.013
        np.maximum.at(found, near[beside], rise[beside])
    found = np.where(found > 0, np.minimum(found + 0.001, 0.022), 0.0)
    return np.asarray(gaussian_filter1d(maximum_filter1d(found, 9), 2.8))


def _headphone_parts(
    rng: np.random.Generator, scalp: Scalp, palette: Palette, radius: Real
) -> tuple[Sheets, Rgb, Array, Array]:
    shell = (palette.accent, BLACK, WHITE, palette.cloth)[
        int(rng.choice(4, p=[0.35, 0.25, 0.25, 0.15]))
    ]
    ring = palette.accent if shell in (BLACK, WHITE) else WHITE
    pad: Rgb = (0.19, 0.18, 0.21)
    cups = _cup_frames(scalp)
    path, out = arch(scalp, 92, 2, 45, 0.005)
    path = path + _over_locks(scalp, path)[:, None] * out
    # The arms leave the hair and end on the cups.
    t = np.linspace(-1, 1, 45)
    share = soft(np.abs(t), 0.62, 1.0)
    goal = (
        np.where(t[:, None] > 0, cups[0].origin, cups[1].origin)
        + np.sign(t)[:, None] * [0.013, 0, 0]
        + np.array([0, 0.7 * radius, 0])
    )
    path = path * (1 - share[:, None]) + goal * share[:, None]
    aside = np.minimum(_over_locks(scalp, path), 0.012) * soft(np.abs(t), 1.0, 0.85)
    path = path + aside[:, None] * out
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
        paint = graded(
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


KINDS = (
    gear_kind("headphones", _headphones, 1.74, "headphones", slot="headphones", male=1.2),
    gear_kind(
        "cat_headphones",
        _cat_headphones,
        1.88,
        "headphones",
        "cat_ear_headphones",
        "animal_ear_headphones",
        "fake_animal_ears",
        slot="headphones",
    ),
    gear_kind("headset", _headset, 1.88, "headset", slot="headphones", male=1.0),
)
