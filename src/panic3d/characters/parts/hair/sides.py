"""Sidelocks: what frames the face before the ears."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from panic3d.characters.parts.hair.ground import Ground
from panic3d.characters.parts.hair.guide import smooth, spot
from panic3d.characters.parts.hair.locks import MAIN, Locks, bent, curve, on_dome, taper
from panic3d.characters.parts.hair.worn_kinds import fringe_kind, side_kind, tied_kind


def grow_sides(ground: Ground) -> list[Locks]:
    """Grow both sides of the ground's design."""
    found = []
    for sign in (1.0, -1.0):
        found += _side(ground, sign)
    fringe = fringe_kind(ground.design)
    tied = tied_kind(ground.design)
    if tied is not None and tied.comb in ("all", "parted") and fringe.root in ("crown", "cross"):
        found.append(_temples(ground, fringe.spread))
    return found


def _temples(ground: Ground, spread: float) -> Locks:
    """Grow locks that close what is bare between a fringe and hair combed back from it."""
    rng = ground.rng
    beyond = np.array([3.0, 12.0])
    azimuth = np.concatenate([spread + beyond, -spread - beyond])
    tip_y = ground.level(-0.012) + np.tile([-0.012, 0.004], 2) + rng.uniform(-0.005, 0.005, 4)
    run = ground.brow.run_to(azimuth, tip_y)
    rings = 10
    spots = curve(spot(azimuth * 0.9, 0.03), spot(azimuth, run * 0.55), spot(azimuth, run), rings)
    path, normal = on_dome(ground.brow, spots, -0.003)
    t = np.linspace(0, 1, rings)
    half = np.maximum(0.013 * ground.unit * taper(t, 0.6, 0.5, 1.7), 0.0004)
    half = np.broadcast_to(half, path.shape[:2])
    thick = np.minimum(0.36 * half * smooth(t, 0.0, 0.2), 0.006)
    sunk = -0.3 * ground.fall.side * smooth(np.abs(azimuth), spread, spread + 14)
    locks = Locks(
        path=path,
        normal=normal,
        half=half,
        thick=thick,
        tier=np.full(4, MAIN),
        front=True,
        streak=False,
    )
    return bent(locks, 0.0, sunk[:, None] * smooth(t, 0.0, 0.5))


def _side(ground: Ground, sign: float) -> list[Locks]:
    kind = side_kind(ground.design)
    rng, shape = ground.rng, ground.shape
    count = int(rng.integers(kind.count[0], kind.count[1] + 1))
    if count == 0:
        return []
    reach = rng.uniform(*kind.reach)
    if kind.one_sided and sign * (ground.design.asymmetry or 1.0) < 0:
        reach = 0.02
    wide = rng.uniform(*kind.wide) * ground.unit
    # The foremost lock is the longest and hangs before the cheek.
    k = np.arange(count)
    azimuth = 60.0 + k * (11.0 if count > 1 else 0.0) + rng.uniform(-2, 2, count)
    drop = np.where(k == 0, 0.0, rng.uniform(0.0, 0.025, count))
    if kind.blunt:
        drop = drop * 0.08
    tip_y = shape.chin_y + reach * ground.unit + drop
    rings = 12 if reach > -0.05 else 17
    run = ground.brow.run_to(azimuth, tip_y)
    spots = curve(
        spot(sign * azimuth * 0.8, 0.045),
        spot(sign * azimuth, np.minimum(run * 0.45, 0.13)),
        spot(sign * (azimuth - 2.0), run),
        rings,
    )
    path, normal = on_dome(ground.brow, spots, 0.001)
    t = np.linspace(0, 1, rings)
    width = taper(
        t, 0.7, 0.66 if kind.blunt else 0.45 + 0.2 * (1 - ground.design.taper), 1.9, kind.blunt
    )
    half = np.maximum(width * (wide * np.where(k == 0, 1.0, 0.8))[:, None], 0.0004)
    thick = 0.42 * half * smooth(t, 0.0, 0.2) * (1 - 0.6 * t**4)
    locks = Locks(
        path=path,
        normal=normal,
        half=half,
        thick=np.minimum(thick, 0.009),
        tier=np.full(count, MAIN),
        front=True,
    )
    # The tips come in towards the face, and before the chest where they reach it.
    sway = rng.uniform(-0.006, 0.004, (count, 1)) * t**2
    moved = bent(locks, sign * sway, -0.004 * t**2)
    y = moved.path[..., 1]
    aim = 0.078 + 0.05 * shape.chest * smooth(y, -0.08, -0.18)
    ahead = np.maximum(aim - moved.path[..., 2], 0.0) * smooth(y, shape.chin_y + 0.05, -0.10)
    return [replace(moved, path=moved.path + np.array([0.0, 0.0, 1.0]) * ahead[..., None])]
