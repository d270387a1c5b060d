"""Long hair laid over shoulders and chest, where it would run through them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, maximum_filter, minimum_filter

from panic3d.characters.piece import Piece
from panic3d.characters.shape import HeadShape

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]

_CELL_M = 0.006
_TOP_M = -0.02
"""Where necks begin: nothing above it is moved."""
_FLOOR_M, _SOFT_M = 0.003, 0.012
"""Least distance kept, and how far beyond it hair still gives way."""
_DEEP_M, _SHORT_M = 0.035, -0.09
_NECK_TOP_M, _OFF_NECK_M, _BESIDE_NECK_M = 0.025, 0.006, 0.055
NECK_Z_M, NECK_LEAN_M = -0.0045, 0.0070
"""Where the neck's middle is under the head, and how far back it leans on its length."""


class _Torso:
    """Front and back of a clothed bust as heights over the plane seen from the front."""

    def __init__(self, pieces: Sequence[Piece], reach: float) -> None:
        points = []
        for piece in pieces:
            corners = piece.positions[piece.faces]
            points += [piece.positions, corners.mean(1), (corners[:, 0] + corners[:, 1]) / 2]
        cloud = np.concatenate(points)
        cloud = cloud[(np.abs(cloud[:, 0]) < reach) & (cloud[:, 1] < _TOP_M)]
        self.low = cloud[:, :2].min(0)
        cell = np.round((cloud[:, :2] - self.low) / _CELL_M).astype(np.int64)
        self.shape = tuple(cell.max(0) + 1)
        place = cell[:, 0] * self.shape[1] + cell[:, 1]
        front, back = np.full(self.shape, -np.inf), np.full(self.shape, np.inf)
        known = np.zeros(self.shape)
        known.reshape(-1)[place] = 1.0
        self.share = gaussian_filter(known, 1.0, mode="nearest")
        np.maximum.at(front.reshape(-1), place, cloud[:, 2])
        np.minimum.at(back.reshape(-1), place, cloud[:, 2])
        # Between its own vertices hair knows nothing of a collar: what stands out counts around.
        front = maximum_filter(front, (3, 5), mode="nearest")
        back = minimum_filter(back, (3, 5), mode="nearest")
        self.front = _filled(front)
        self.back = _filled(back)

    def at(self, points: Doubles) -> tuple[Doubles, Doubles, Doubles]:
        """Return front, back and 1 on the torso, falling to 0 beside it."""
        cell = (points[:, :2] - self.low) / _CELL_M
        limit = np.array(self.shape) - 1.001
        inside = ((cell > -3) & (cell[:, :] < limit + 3)).all(1)
        cell = np.clip(cell, 0.0, limit)
        i, j = cell.astype(np.int64).T
        fi, fj = (cell - np.floor(cell)).T
        found = []
        for field in (self.front, self.back, self.share):
            found.append(
                (field[i, j] * (1 - fi) + field[i + 1, j] * fi) * (1 - fj)
                + (field[i, j + 1] * (1 - fi) + field[i + 1, j + 1] * fi) * fj
            )
        return found[0], found[1], np.clip(2 * found[2] - 0.4, 0.0, 1.0) * inside


def _filled(field: Doubles) -> Doubles:
    known = np.isfinite(field)
    value = np.where(known, field, 0.0)
    total, share = np.zeros_like(value), np.zeros_like(value)
    for sigma, trust in ((0.8, 1.0), (2.5, 1e-2), (8.0, 1e-5)):
        total += trust * gaussian_filter(value, sigma, mode="constant")
        share += trust * gaussian_filter(known.astype(np.float64), sigma, mode="constant")
    return total / np.maximum(share, 1e-12)


def drape(
    pieces: Sequence[Piece],
    locks: Sequence[Ints | None],
    bust: Sequence[Piece],
    reach: float,
    shape: HeadShape | None = None,
) -> list[Piece]:
    """Move hair out of a bust, each lock to the front or to the back of it.

    Args:
        pieces: of a head, hair among them.
        locks: for each piece of hair, the lock of each vertex; None for other pieces.
        bust: body and clothes, at rest.
        reach: half the width of the trunk, metres: arms hang elsewhere once posed.
        shape: whose neck is kept free of hair too; None: no neck.
    """
    if shape is not None:
        pieces = [
            piece
            if lock is None
            else replace(piece, positions=_off_neck(piece.positions, lock, shape), normals=None)
            for piece, lock in zip(pieces, locks, strict=True)
        ]
    hanging = [
        piece.positions[:, 1].min() < _TOP_M - 0.03
        for piece, lock in zip(pieces, locks, strict=True)
        if lock is not None
    ]
    if not any(hanging):
        return list(pieces)
    torso = _Torso(bust, reach)
    found = []
    for piece, lock in zip(pieces, locks, strict=True):
        moved = None if lock is None else _draped(piece.positions, lock, torso)
        found.append(piece if moved is None else replace(piece, positions=moved, normals=None))
    return found


def _off_neck(points: Doubles, lock: Ints, shape: HeadShape) -> Doubles:
    """Move locks that run through the neck out of it, each the way most of it hangs."""
    rows = np.flatnonzero((points[:, 1] < _NECK_TOP_M) & (points[:, 1] > -shape.neck_length))
    if not len(rows):
        return points
    low = points[rows]
    middle = NECK_Z_M - NECK_LEAN_M * np.clip(-low[:, 1] / shape.neck_length, -0.6, 1.6)
    need = shape.neck_radius + _OFF_NECK_M + 0.35 * np.maximum(-0.03 - low[:, 1], 0.0)
    x, z = low[:, 0], low[:, 2] - middle
    count = int(lock.max()) + 1
    aim = np.stack([np.bincount(lock[rows], v, count) for v in (x, z)], -1)
    # What hangs beside or behind goes no farther forward.
    aim[:, 1] = np.where(aim[:, 1] < np.abs(aim[:, 0]), np.minimum(aim[:, 1], 0.0), aim[:, 1])
    aim[np.abs(aim).max(1) < 1e-9] = [0.0, -1.0]
    aim = aim / np.linalg.norm(aim, axis=1, keepdims=True)
    dx, dz = aim[lock[rows]].T
    along = x * dx + z * dz
    push = np.sqrt(np.maximum(along**2 - (x**2 + z**2 - need**2), 0.0)) - along
    push *= (x**2 + z**2 < need**2) * np.clip((_NECK_TOP_M - low[:, 1]) / 0.025, 0.0, 1.0)
    moved = points.copy()
    moved[rows, 0] += dx * push
    moved[rows, 2] += dz * push
    return moved


def _draped(points: Doubles, lock: Ints, torso: _Torso) -> Doubles | None:
    rows = np.flatnonzero(points[:, 1] < _TOP_M)
    if not len(rows):
        return None
    low = points[rows]
    front, back, share = torso.at(low)
    # Hoods and packs lie behind the neck's middle, hair that grows there behind them.
    beside = np.abs(low[:, 0]) < _BESIDE_NECK_M
    middle = (front + back) / 2
    middle = np.where(beside, np.maximum(middle, NECK_Z_M - NECK_LEAN_M), middle)
    # A lock goes to one side as a whole.
    count = int(lock.max()) + 1
    weight = share + 1e-6
    side = np.bincount(lock[rows], (low[:, 2] - middle) * weight, count)
    ahead = (side > 0)[lock[rows]]
    off = np.where(ahead, low[:, 2] - front, back - low[:, 2])
    reach = _FLOOR_M + _SOFT_M
    kept = np.where(
        off < reach, _FLOOR_M + _SOFT_M * np.exp(np.minimum(off - reach, 0) / _SOFT_M), off
    )
    push = (kept - off) * share * np.clip((_TOP_M - low[:, 1]) / 0.03, 0.0, 1.0)
    # Short locks end out of sight within a hood rather than run through it.
    deepest, lowest = np.zeros(count), np.full(count, np.inf)
    np.maximum.at(deepest, lock[rows], kept - off)
    np.minimum.at(lowest, lock[rows], low[:, 1])
    push[((deepest > _DEEP_M) & (lowest > _SHORT_M))[lock[rows]]] = 0.0
    moved = points.copy()
    moved[rows, 2] += np.where(ahead, push, -push)
    return moved
