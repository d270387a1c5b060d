"""Locks of hair: lens-shaped, tapered solids swept along curves, many at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from panic3d.characters.parts.hair.guide import Array, Dome, Numbers, Skull, smooth, unit

MAIN, UNDER = 0, 1
"""Tiers: what lies on top, and what shows between."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Locks:
    """Locks of equally many rings, without their texture."""

    path: Array
    """(locks, rings, 3)."""
    normal: Array
    """(locks, rings, 3) about outwards."""
    half: Array
    """(locks, rings) half widths in metres."""
    thick: Array
    """(locks, rings) height of the outer side over the edges."""
    tier: NDArray[np.int64]
    """(locks,) MAIN or UNDER."""
    front: bool = False
    """Hangs before the shoulders, not behind."""
    free: bool = False
    """Stands away from the head: hats need not make room for it, and it is left where it is."""
    along: Array | None = None
    """(locks, rings) row of the texture in [0, 1]; None: by height on the head and along."""
    streak: bool | NDArray[np.bool_] = True
    """May be a streak of the second colour by itself; of all or of each."""
    left: NDArray[np.bool_] | None = None
    """(locks,) on the left of the parting; None: by where they lie."""
    sag: float = 4.0
    """Bend across, per metre: how far the edges lean inwards, over the square of the width."""
    across: int = 5
    """Vertices across the outer side."""
    edges: Array | None = None
    """(locks, rings, 2, 3) both edges, which neighbours may share; None: `half` to both sides."""

    def __post_init__(self) -> None:
        n, k = self.half.shape
        assert self.path.shape == self.normal.shape == (n, k, 3)
        assert self.thick.shape == (n, k) and self.tier.shape == (n,)


class Solid(NamedTuple):
    """Swept locks, flattened: vertices of all locks one after another."""

    positions: Array
    normals: Array
    faces: NDArray[np.int32]
    along: Array
    """(v,) row of the texture."""
    aside: Array
    """(v,) place across the lock in [0, 1]."""
    inner: NDArray[np.bool_]
    """(v,) on the side that faces the head."""
    lock: NDArray[np.int64]
    """(v,) number of the lock."""


def taper(
    t: Array, root: float = 0.6, begin: Numbers = 0.45, power: Numbers = 1.8, tip: float = 0.0
) -> Array:
    """Return widths (locks, rings) of a leaf-shaped lock: full between root and `begin`.

    Args:
        t: (rings,) from 0 at the root to 1 at the tip.
        root: width at the root.
        begin: where it starts to narrow; a number or one per lock.
        power: above 1 the sides are round, at 1 straight.
        tip: width at the tip.
    """
    begin, power = np.atleast_1d(begin)[:, None], np.atleast_1d(power)[:, None]
    grown = root + (1 - root) * smooth(t, 0.0, 0.22)
    fall = np.clip((t - begin) / (1 - begin), 0.0, 1.0) ** power
    return grown * (tip + (1 - tip) * (1 - fall))


def curve(start: Array, middle: Array, end: Array, rings: int) -> Array:
    """Return quadratic Bezier curves (locks, rings, d)."""
    t = np.linspace(0, 1, rings)[None, :, None]
    a, b, c = start[:, None], middle[:, None], end[:, None]
    found: Array = (1 - t) ** 2 * a + 2 * t * (1 - t) * b + t**2 * c
    return found


def spacing(path: Array, closed: bool = False) -> Array:
    """Return how far apart neighbouring locks of a row lie, (locks, rings) metres."""
    gap = np.linalg.norm(np.diff(path, axis=0), axis=-1)
    if closed:
        last = np.linalg.norm(path[:1] - path[-1:], axis=-1)
        return np.maximum(np.concatenate([last, gap]), np.concatenate([gap, last]))
    if len(gap) == 0:
        return np.full(path.shape[:2], 0.02)
    return np.maximum(np.concatenate([gap[:1], gap]), np.concatenate([gap, gap[-1:]]))


def on_dome(dome: Dome, spots: Array, lift: Numbers = 0.0) -> tuple[Array, Array]:
    """Return paths and normals of curves (locks, rings, 2) on the dome."""
    return dome.at(spots, np.broadcast_to(np.asarray(lift, np.float64), spots.shape[:2]))


def uneven(rng: np.random.Generator, count: int, spread: float = 0.5) -> Array:
    """Return middles of `count` unequal shares of [0, 1], rising: clumps of various width."""
    share = 1 + spread * rng.uniform(-1, 1, count)
    edges = np.concatenate([[0.0], np.cumsum(share)]) / share.sum()
    found: Array = (edges[1:] + edges[:-1]) / 2
    return found


def frame(path: Array, normal: Array) -> tuple[Array, Array, Array]:
    """Return unit tangents, sideways directions and normals at right angles."""
    tangent = unit(np.gradient(path, axis=1))
    side = unit(np.cross(normal, tangent))
    return tangent, side, np.cross(tangent, side)


def bent(locks: Locks, aside: Numbers, outwards: Numbers, down: Numbers = 0.0) -> Locks:
    """Return locks moved by (locks, rings) metres sideways, outwards and along themselves."""
    tangent, side, normal = frame(locks.path, locks.normal)
    shape = locks.half.shape
    move = sum(
        np.broadcast_to(np.asarray(amount, np.float64), shape)[..., None] * axis
        for amount, axis in ((aside, side), (outwards, normal), (down, tangent))
    )
    return replace(locks, path=locks.path + move)


def sweep(locks: Locks) -> Solid:
    """Make the solids: an arched outer side and a flat inner one, with edges of their own."""
    n, k = locks.half.shape
    _, side, normal = frame(locks.path, locks.normal)
    m = locks.across
    u = np.linspace(-1, 1, m)
    arch = np.cos(u * np.pi / 2) ** 0.8
    half, thick = locks.half[..., None], locks.thick[..., None]
    height = thick * arch - locks.sag * half**2 * u**2
    back = np.array([1.0, -1.0])
    back_height = np.broadcast_to(-locks.sag * half**2, (n, k, 2))
    u_all = np.concatenate([u, back])
    h_all = np.concatenate([height, back_height], -1)
    ring = (
        locks.path[:, :, None]
        + side[:, :, None] * (half * u_all)[..., None]
        + normal[:, :, None] * h_all[..., None]
    )
    # Rounded across, but never so far as to look away from where the lock faces.
    lean = np.sin(u * np.pi / 2) * 0.8
    facing = np.concatenate([unit(np.stack([lean, 1 - 0.6 * np.abs(lean)], -1)), [[0, -1.0]] * 2])
    if locks.edges is not None:
        share = ((u_all + 1) / 2)[:, None]
        first, last = locks.edges[:, :, :1], locks.edges[:, :, 1:]
        over = np.concatenate([thick * arch, np.zeros((n, k, 2))], -1)
        ring = (1 - share) * first + share * last + normal[:, :, None] * over[..., None]
    vectors = side[:, :, None] * facing[:, 0, None] + normal[:, :, None] * facing[:, 1, None]
    if locks.along is None:
        raise ValueError("locks need rows of the texture before they are swept")
    w = m + 2
    cross = [(c, c + 1) for c in (*range(m - 1), m)]
    a = np.array([first for first, _ in cross])
    b = np.array([second for _, second in cross])
    row = np.arange(k - 1)[:, None] * w
    quads = np.stack([row + a, row + w + a, row + w + b, row + b], -1).reshape(-1, 4)
    local = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    faces = (np.arange(n)[:, None, None] * (k * w) + local).reshape(-1, 3)
    aside = np.concatenate([(u + 1) / 2, (back + 1) / 2])
    inner = np.concatenate([np.zeros(m, bool), np.ones(2, bool)])
    return Solid(
        positions=ring.reshape(-1, 3),
        normals=unit(vectors).reshape(-1, 3),
        faces=faces.astype(np.int32),
        along=np.repeat(locks.along.reshape(-1), w),
        aside=np.tile(aside, n * k),
        inner=np.tile(inner, n * k),
        lock=np.repeat(np.arange(n), k * w),
    )


def joined(edge: Array, outwards: Array, relief: Array, closed: bool, across: int = 4) -> Locks:
    """Make locks that share their edges, so that no gap opens between any two of them.

    Args:
        edge: (edges, rings, 3) in order, from root to tip.
        outwards: (edges, rings, 3) about away from the head, to tell one side from the other.
        relief: (locks,) factor on how high the locks are arched.
        closed: the last edge has the first as its neighbour; else there is a lock less.
        across: vertices across the outer side.
    """
    count = len(edge) if closed else len(edge) - 1
    first, last = edge[:count], np.roll(edge, -1, 0)[:count]
    path = 0.5 * (first + last)
    tangent = np.gradient(path, axis=1)
    normal = unit(np.cross(tangent, last - first))
    turned = (normal * outwards[:count]).sum((1, 2)) < 0
    swap = turned[:, None, None]
    first, last = np.where(swap, last, first), np.where(swap, first, last)
    normal = np.where(swap, -normal, normal)
    half = np.maximum(0.5 * np.linalg.norm(last - first, axis=-1), 1e-5)
    narrow = (half < 1e-3)[..., None]
    normal = np.where(narrow, unit(normal + 2.0 * outwards[:count]), normal)
    t = np.linspace(0, 1, edge.shape[1])
    thick = np.minimum(0.42 * half, 0.006) * relief[:, None] * smooth(t, 0.0, 0.2)
    return Locks(
        path=path,
        normal=normal,
        half=half,
        thick=thick,
        tier=np.full(count, MAIN),
        across=across,
        edges=np.stack([first, last], 2),
    )


def rows_by_height(skull: Skull, path: Array) -> Array:
    """Return rows of the texture (locks, rings): by height on the head, then towards the tip.

    So the band of light that is painted in one row lies at one height all around the head.
    """
    _, elevation, _ = skull.angles(path)
    level = 0.5 * np.clip((90 - elevation) / 90, 0.0, 1.0)
    t = np.linspace(0, 1, path.shape[1])[None, :]
    below = elevation < 24
    begin = np.where(below.any(1), t[0, np.argmax(below, 1)], 1.0)[:, None]
    begin = np.clip(begin, 0.25, 0.85)
    share = np.clip((t - begin) / (1 - begin), 0.0, 1.0) ** 1.25
    whole = smooth(elevation[:, -1:], 32.0, 12.0)
    found: Array = level + (1 - level) * share * whole
    return found
