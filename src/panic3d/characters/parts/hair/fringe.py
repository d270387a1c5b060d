"""Fringes: what falls over the forehead."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from panic3d.characters.parts.hair.fringe_kinds import FringeKind
from panic3d.characters.parts.hair.ground import Ground
from panic3d.characters.parts.hair.guide import Array, Dome, smooth, spot
from panic3d.characters.parts.hair.locks import (
    MAIN,
    UNDER,
    Locks,
    bent,
    curve,
    on_dome,
    spacing,
    taper,
    uneven,
)
from panic3d.characters.parts.hair.worn_kinds import fringe_kind, loose_kind, tied_kind


def grow_fringe(ground: Ground) -> list[Locks]:
    """Grow the fringe of the ground's design."""
    kind = fringe_kind(ground.design)
    if kind.root == "back":
        return []
    rng = ground.rng
    count = ground.count(rng.uniform(*kind.count), 4)
    x = uneven(rng, count, 0.25 + 0.4 * ground.design.clump) * 2 - 1
    tip_az, tip_y = _tips(ground, kind, x)
    found = [_row(ground, kind, x, tip_az, tip_y, 0.003, MAIN)]
    tied = tied_kind(ground.design)
    if kind.root == "part" and (tied is None or tied.comb == "locks"):
        # What is combed back to a tie closes it by itself.
        found.append(_below_parting(ground))
    # What shows in the gaps, shorter.
    if kind.fill > 1.2:
        between = (x[1:] + x[:-1]) / 2
        if kind.line == "open":
            between = between[np.sign(x[1:]) == np.sign(x[:-1])]
        az, y = _tips(ground, kind, between)
        # Broad enough that between the points of the fringe only notches stay free.
        full = replace(
            kind,
            root="crown" if kind.root == "cross" else kind.root,
            fill=max(1.7, 1.15 * kind.fill),
            begin=max(kind.begin, 0.58),
            round=max(kind.round, 1.8),
        )
        found.append(
            _row(ground, full, between, az, y + 0.008 * (1 - kind.blunt[0]), -0.003, UNDER)
        )
    return found


def _below_parting(ground: Ground) -> Locks:
    """Grow short locks from the whorl forwards, which close the parting from below."""
    count, rings = 9, 7
    azimuth = np.linspace(-84.0, 84.0, count)
    end = 0.082 + 0.030 * np.abs(azimuth) / 84
    spots = curve(spot(azimuth, 0.0), spot(azimuth, 0.5 * end), spot(azimuth, end), rings)
    path, normal = on_dome(ground.brow, spots, -0.0045)
    t = np.linspace(0, 1, rings)
    half = np.maximum(0.5 * 1.5 * spacing(path) * taper(t, 1.0, 0.5, 1.8), 0.0004)
    half = np.maximum(half, 0.006 * smooth(t, 0.4, 0.0))
    return Locks(
        path=path,
        normal=normal,
        half=half,
        thick=0.2 * half,
        tier=np.full(count, UNDER),
        front=True,
        across=4,
        streak=False,
    )


def _tips(ground: Ground, kind: FringeKind, x: Array) -> tuple[Array, Array]:
    """Return azimuths and heights of tips for places in [-1, 1] from the head's right to left."""
    rng, design = ground.rng, ground.design
    lean = np.sign(design.part_deg or 1.0)
    ragged = rng.uniform(*kind.ragged) * (0.4 + 1.2 * design.jagged)
    y = np.full(x.shape, rng.uniform(*kind.tips) + design.fringe_length)
    if kind.line == "arch":
        y -= 0.030 * np.abs(x) ** 2.2
    elif kind.line == "vee":
        y -= 0.022 * (1 - np.abs(x)) ** 1.2 - 0.006
    elif kind.line == "eyes":
        y += 0.016 * np.exp(-(((np.abs(x) - 0.42) / 0.2) ** 2))
        y -= 0.020 * np.exp(-((x / 0.14) ** 2)) + 0.022 * smooth(np.abs(x), 0.6, 1.0)
    elif kind.line == "slope":
        y += 0.020 * x * lean
    elif kind.line == "over":
        y -= 0.062 * np.exp(-(((x * lean + 0.46) / 0.36) ** 2))
    elif kind.line == "open":
        y -= 0.050 * smooth(np.abs(x), 0.0, 0.8) - 0.012
    if kind.line in ("level", "slope"):
        y -= 0.012 * smooth(np.abs(x), 0.72, 1.0)
    y += 0.008 * design.asymmetry * x + ragged * rng.uniform(-1, 1, x.shape)
    azimuth = x * kind.spread
    if kind.line == "open":
        # The middle stays free: all tips hang beside the face.
        middle = 0.25 * design.part_deg
        # Less of it below a hat, which hides where the hair begins.
        free = 31 if design.under_hat else 38
        azimuth = middle + np.where(x * kind.spread > middle, 1, -1) * (
            free + (kind.spread + 6 - free) * np.abs(x)
        )
    return azimuth, ground.shape.eye_y + y * ground.unit


def _row(
    ground: Ground,
    kind: FringeKind,
    x: Array,
    tip_az: Array,
    tip_y: Array,
    lift: float,
    tier: int,
) -> Locks:
    rng, design = ground.rng, ground.design
    rings = 13
    start, middle, end = _course(ground, kind, x, tip_az, tip_y)
    spots = curve(start, middle, end, rings)
    path, normal = on_dome(ground.brow, spots)
    t = np.linspace(0, 1, rings)
    n = len(x)
    if kind.root == "part":
        # The two sides of the parting are no neighbours.
        gap = np.empty(path.shape[:2])
        for side in (tip_az < design.part_deg, tip_az >= design.part_deg):
            if side.any():
                gap[side] = spacing(path[side])
    else:
        gap = spacing(path)
    gap = np.minimum(gap, 0.034)
    blunt = rng.uniform(*kind.blunt) if kind.blunt[1] > 0 else 0.0
    width = taper(
        t,
        0.3 if kind.root == "part" else 0.8,
        kind.begin + 0.15 * (0.5 - design.taper) + rng.uniform(-0.05, 0.05, n),
        kind.round + rng.uniform(-0.2, 0.3, n),
        blunt,
    )
    half = np.maximum(0.5 * kind.fill * gap * width, 0.0004)
    if kind.root != "part":
        half = np.maximum(half, 0.005 * smooth(t, 0.25, 0.0))
    thick = 0.0052 * (0.5 + half / 0.02) * smooth(t, 0.0, 0.3) * (1 - 0.75 * t**3)
    thick = np.minimum(thick, 0.009)
    # Neighbours lie over one another, every other one higher; the outermost lie close.
    order = lift + 0.0016 * (np.arange(n) % 2)[:, None] + np.zeros_like(half)
    order = order - 0.5 * (ground.fall.top - 0.004) * smooth(np.abs(tip_az), 44.0, 70.0)[:, None]
    locks = Locks(
        path=path,
        normal=normal,
        half=half,
        thick=thick,
        tier=np.full(n, tier),
        front=True,
        # Rows of short locks cover the outer ones but for their tips.
        streak=np.abs(x) < (0.62 if _covered(ground) else 0.8),
        left=tip_az >= design.part_deg if kind.root == "part" else None,
        across=4 if tier == UNDER else 5,
    )
    sway = 0.004 * rng.uniform(-1, 1, (n, 1)) * t**2
    sway = sway + kind.swing * np.sign(x)[:, None] * np.abs(x)[:, None] ** 0.5 * t**3
    if kind.wave:
        phase = rng.uniform(0, 6.28, (n, 1))
        sway = sway + kind.wave * t * np.sin(t * 7 + phase)
    sunk = -0.004 * smooth(t, 0.12, 0.0) if kind.root == "part" else 0.0
    return bent(locks, sway, sunk + order * smooth(t, 0.0, 0.3) + (0.002 + kind.splay) * t**2)


def _covered(ground: Ground) -> bool:
    """Say whether rows of locks lie over the roots of the fringe."""
    kind = loose_kind(ground.design)
    return kind is not None and bool(kind.tiers or kind.spikes)


def _course(
    ground: Ground, kind: FringeKind, x: Array, tip_az: Array, tip_y: Array
) -> tuple[Array, Array, Array]:
    """Return start, middle and end of locks on the flat map."""
    dome: Dome = ground.brow
    run = dome.run_to(tip_az, tip_y)
    end = spot(tip_az, run)
    if kind.root == "part":
        part = ground.design.part_deg
        aside = np.clip(np.abs(tip_az - part) / 85, 0, 1)
        # The nearer the tip, the nearer to the forehead its lock leaves the parting.
        leave = 0.104 - 0.092 * aside**0.8
        start = spot(part * np.ones_like(tip_az), leave)
        over = np.minimum(np.maximum(leave + 0.020, 0.112), run * 0.75)
        return start, spot(part + (tip_az - part) * 0.72, over), end
    if kind.root == "cross":
        turn = 46 * np.exp(-((tip_az / 34) ** 2)) * np.where(np.arange(len(x)) % 2 == 0, 1, -1)
        return spot(tip_az + turn, 0.030), spot(tip_az + 0.8 * turn, run * 0.5), end
    # All from the whorl.
    return spot(tip_az, 0.003), spot(tip_az * 0.98, run * 0.5), end
