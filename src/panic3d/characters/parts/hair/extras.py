"""What stands out of a hairstyle: ahoge, antennae, intakes, flaps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from panic3d.characters.parts.hair.ground import Ground
from panic3d.characters.parts.hair.guide import Array, ray, spot, unit
from panic3d.characters.parts.hair.locks import MAIN, Locks, taper

EXTRAS: dict[str, tuple[str, ...]] = {
    "ahoge": ("ahoge",),
    "double_ahoge": ("ahoge",),
    "heart_ahoge": ("ahoge", "heart_ahoge"),
    "huge_ahoge": ("ahoge", "huge_ahoge"),
    "antenna": ("antenna_hair",),
    "intakes": ("hair_intakes",),
    "flaps": ("hair_flaps",),
}
"""Names of extras, with Danbooru's."""

NOT_UNDER_HAT = ("ahoge", "double_ahoge", "heart_ahoge", "huge_ahoge", "antenna", "flaps")


def grow_extras(ground: Ground) -> list[Locks]:
    """Grow the extras of the ground's design."""
    found = []
    for name in ground.design.extras:
        if not (ground.design.under_hat and name in NOT_UNDER_HAT):
            # What grows from the fringe has its colour.
            of_fringe = name in ("intakes", "antenna")
            found.append(replace(_GROWERS[name](ground), front=of_fringe, streak=False))
    return found


def _arch(points: Array, half: float, ground: Ground, normal: Array | None = None) -> Locks:
    """Make locks along control points (locks, n, 3), by smooth interpolation."""
    n, k = points.shape[:2]
    rings = 13
    t = np.linspace(0, 1, rings)
    # A Bezier curve over all control points.
    order = k - 1
    binomial = np.array([float(_choose(order, i)) for i in range(k)])
    weight = binomial * t[:, None] ** np.arange(k) * (1 - t[:, None]) ** (order - np.arange(k))
    path = np.einsum("rk,nkd->nrd", weight, points)
    tangent = unit(np.gradient(path, axis=1))
    if normal is None:
        normal = np.cross(tangent, np.array([1.0, 0.0, 0.0]))
        normal = np.where(
            np.linalg.norm(normal, axis=-1, keepdims=True) < 0.3,
            np.cross(tangent, np.array([0.0, 0.0, 1.0])),
            normal,
        )
    wide = np.maximum(half * taper(t, 0.55, 0.25, 1.25), 0.0004)
    wide = np.broadcast_to(wide, (n, rings))
    return Locks(
        path=path,
        normal=np.broadcast_to(unit(normal), path.shape),
        half=wide,
        thick=0.55 * wide,
        tier=np.full(n, MAIN),
        free=True,
        along=np.broadcast_to(0.30 + 0.45 * t, (n, rings)),
    )


def _choose(n: int, k: int) -> int:
    found = 1
    for i in range(k):
        found = found * (n - i) // (i + 1)
    return found


def _crown(ground: Ground, ahead: float = 0.02) -> Array:
    place, _ = ground.dome.at(spot(0.0, ahead), -0.004)
    return place


def _ahoge(ground: Ground, size: float = 1.0, count: int = 1) -> Locks:
    rng = ground.rng
    base = _crown(ground)
    points = []
    lean = float(rng.choice([-1.0, 1.0]))
    for k in range(count):
        way = lean if k == 0 else -lean
        tall = size * rng.uniform(0.035, 0.060)
        reach = size * rng.uniform(0.030, 0.060) * way
        points.append(
            base
            + np.array(
                [
                    [0, 0, 0],
                    [0.1 * reach, tall, 0.006],
                    [0.9 * reach, 1.35 * tall, 0.012],
                    [1.25 * reach, 0.75 * tall, 0.020 * size],
                    [1.15 * reach, rng.uniform(0.1, 0.5) * tall, 0.026 * size],
                ]
            )
        )
    facing = np.array([0.0, 0.25, 1.0])
    return _arch(np.stack(points), 0.0075 * size**0.5, ground, facing)


def _heart(ground: Ground) -> Locks:
    base = _crown(ground)
    s = ground.rng.uniform(0.9, 1.2)
    half = np.array(
        [
            [0, 0, 0],
            [0.002, 0.030, 0],
            [0.062, 0.052, 0],
            [0.050, 0.098, 0],
            [0.002, 0.092, 0],
            [0.001, 0.058, 0],
        ]
    )
    points = np.stack([base + s * half, base + s * half * [-1.0, 1.0, 1.0]])
    return _arch(points, 0.0052, ground, np.array([0.0, 0.1, 1.0]))


def _antenna(ground: Ground) -> Locks:
    rng = ground.rng
    points = []
    tall, wide = rng.uniform(0.035, 0.065), rng.uniform(0.035, 0.060)
    for sign in (1.0, -1.0):
        base, _ = ground.brow.at(spot(sign * 22.0, 0.055), -0.004)
        points.append(
            base
            + np.array(
                [
                    [0, 0, 0],
                    [sign * 0.2 * wide, tall, 0.010],
                    [sign * 0.9 * wide, 1.15 * tall, 0.014],
                    [sign * 1.3 * wide, 0.45 * tall, 0.010],
                ]
            )
        )
    return _arch(np.stack(points), 0.0060, ground, np.array([0.0, 0.3, 1.0]))


def _intakes(ground: Ground) -> Locks:
    """Two pointed locks at each temple that arch off the head and come back to it."""
    points = []
    for sign in (1.0, -1.0):
        for run, out in ((0.070, 0.016), (0.080, 0.010)):
            base, _ = ground.brow.at(spot(sign * 30.0, run), -0.004)
            low, outward = ground.brow.at(spot(sign * 60.0, run + 0.075), 0.004)
            middle, _ = ground.brow.at(spot(sign * 46.0, run + 0.02), 1.4 * out)
            points.append(np.stack([base, middle, middle * 0.4 + low * 0.6 + outward * out, low]))
    return _arch(np.stack(points), 0.0078, ground, np.array([0.0, 0.5, 1.0]))


def _flaps(ground: Ground) -> Locks:
    """Tufts at both sides of the crown that stand like an animal's ears."""
    rng = ground.rng
    points = []
    long, rise = rng.uniform(0.070, 0.100), rng.uniform(0.2, 0.7)
    for sign in (1.0, -1.0):
        for azimuth, elevation, share in ((72.0, 44.0, 1.0), (86.0, 36.0, 0.74)):
            base = ground.skull.point(sign * azimuth, elevation, 0.004)
            out = unit(ray(sign * azimuth, elevation) * [1.0, 0.4, 0.4])
            up = np.array([0.0, 1.0, 0.0])
            steps = ((0.0, 0.0), (0.35, 0.10 + 0.45 * rise), (0.80, 0.55 * rise), (1.0, -0.15))
            points.append(np.stack([base + long * share * (a * out + b * up) for a, b in steps]))
    return _arch(np.stack(points), 0.017, ground, np.array([0.0, 0.3, 1.0]))


_GROWERS: dict[str, Callable[[Ground], Locks]] = {
    "ahoge": _ahoge,
    "double_ahoge": lambda ground: _ahoge(ground, 0.9, 2),
    "heart_ahoge": _heart,
    "huge_ahoge": lambda ground: _ahoge(ground, 1.9),
    "antenna": _antenna,
    "intakes": _intakes,
    "flaps": _flaps,
}
