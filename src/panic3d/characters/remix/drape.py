"""Long hair laid over shoulders and chest, where it would run through them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, gaussian_filter1d, maximum_filter
from scipy.sparse import csr_array

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
_ROUND_M, _HIGHEST_M = 0.05, -0.05
"""How deep below the top of a shoulder one turns around it; where such tops lie at the highest."""
_STILL_M = 0.03
"""Nothing above it follows what is moved below."""
_STEPS, _SMOOTH = 10, 3
"""How often hair is moved out, and between any two how often its move is evened out."""
NECK_Z_M, NECK_LEAN_M = -0.0045, 0.0070
"""Where the neck's middle is under the head, and how far back it leans on its length."""


class _Bust:
    """A clothed bust as distances from a sheet that hangs within it, from shoulder to shoulder.

    Beside the sheet they are taken forwards and backwards, above its upper edge all around that
    edge: what lies on a shoulder is so lifted off it, not pushed down its front or back.
    """

    def __init__(self, pieces: Sequence[Piece], reach: float) -> None:
        points = []
        for piece in pieces:
            corners = piece.positions[piece.faces]
            points += [piece.positions, corners.mean(1), (corners[:, 0] + corners[:, 1]) / 2]
        cloud = np.concatenate(points)
        cloud = cloud[(np.abs(cloud[:, 0]) < reach) & (cloud[:, 1] < _TOP_M)]
        self.left = float(cloud[:, 0].min())
        column = np.round((cloud[:, 0] - self.left) / _CELL_M).astype(np.int64)
        count = int(column.max()) + 1
        top = np.full(count, -np.inf)
        np.maximum.at(top, column, cloud[:, 1])
        top = _filled(np.repeat(top[None], 3, 0))[1]
        self.edge = gaussian_filter1d(np.minimum(top, _HIGHEST_M) - _ROUND_M, 2.0, mode="nearest")
        upper = np.abs(cloud[:, 1] - self.edge[column]) < _ROUND_M
        front, back = np.full(count, -np.inf), np.full(count, np.inf)
        np.maximum.at(front, column[upper], cloud[upper, 2])
        np.minimum.at(back, column[upper], cloud[upper, 2])
        known = np.isfinite(front)
        middle = np.where(
            known, (np.where(known, front, 0.0) + np.where(known, back, 0.0)) / 2, np.nan
        )
        middle = _filled(np.repeat(middle[None], 3, 0))[1]
        # Hoods and packs lie behind the neck's middle, hair that grows there behind them.
        x = self.left + _CELL_M * np.arange(count)
        lean = NECK_Z_M - NECK_LEAN_M
        middle = np.where(np.abs(x) < _BESIDE_NECK_M, np.maximum(middle, lean), middle)
        self.middle = gaussian_filter1d(middle, 2.0, mode="nearest")
        high, deep = cloud[:, 1] - self.edge[column], cloud[:, 2] - self.middle[column]
        along, far = _along(high, deep)
        self.low = float(along.min())
        row = np.round((along - self.low) / _CELL_M).astype(np.int64)
        self.shape = (count, int(row.max()) + 1)
        place = column * self.shape[1] + row
        held, radius = np.zeros(self.shape), np.full(self.shape, -np.inf)
        held.reshape(-1)[place] = 1.0
        np.maximum.at(radius.reshape(-1), place, far)
        share = gaussian_filter(held, 1.0, mode="nearest")
        # Between its own vertices hair knows nothing of a collar: what stands out counts around.
        radius = _filled(maximum_filter(radius, (3, 5), mode="nearest"))
        self.fields = np.stack([radius, np.clip(2 * share - 0.4, 0.0, 1.0)], -1)

    def sheet(self, x: Doubles) -> tuple[Doubles, Doubles]:
        """Return height of the upper edge and depth of the sheet."""
        at = (x - self.left) / _CELL_M
        columns = np.arange(len(self.edge))
        return np.interp(at, columns, self.edge), np.interp(at, columns, self.middle)

    def lack(self, points: Doubles, side: Doubles) -> tuple[Doubles, Doubles]:
        """Return how far points are too deep inside, and the ways out, (n, 2) along y and z.

        Args:
            points: (n, 3).
            side: 1 for what is to hang in front, -1 for what is to hang behind.
        """
        edge, middle = self.sheet(points[:, 0])
        high = points[:, 1] - edge
        deep = side * (points[:, 2] - middle)
        over = np.maximum(high, 0.0)
        beside = np.where(high > 0, np.maximum(deep, 0.0), deep)
        along, _ = _along(np.where(high > 0, np.maximum(high, 1e-6), high), side * beside, side)
        radius, share = self._at(points[:, 0], along)
        far = np.where(high > 0, np.hypot(over, beside), beside)
        way = np.stack([over, np.where(high > 0, beside, 1.0)], -1)
        way = way / np.maximum(np.linalg.norm(way, axis=1), 1e-9)[:, None]
        way[:, 1] *= side
        return (radius - far, way * share[:, None])

    def _at(self, x: Doubles, along: Doubles) -> tuple[Doubles, Doubles]:
        cell = np.stack([(x - self.left), (along - self.low)], -1) / _CELL_M
        limit = np.array(self.shape) - 1.001
        inside = ((cell > -3) & (cell < limit + 3)).all(1)
        cell = np.clip(cell, 0.0, limit)
        i, j = cell.astype(np.int64).T
        fi, fj = (cell - np.floor(cell)).T[..., None]
        found = (self.fields[i, j] * (1 - fi) + self.fields[i + 1, j] * fi) * (1 - fj)
        found += (self.fields[i, j + 1] * (1 - fi) + self.fields[i + 1, j + 1] * fi) * fj
        return found[:, 0], found[:, 1] * inside


def _along(high: Doubles, deep: Doubles, side: Doubles | None = None) -> tuple[Doubles, Doubles]:
    """Return where around a sheet points are, up its back and down its front, and how far off."""
    half = 0.5 * np.pi * _ROUND_M
    ahead = np.where(deep == 0, 0.0, np.sign(deep)) if side is None else side
    beside = ahead * (half - np.minimum(high, 0.0))
    around = _ROUND_M * np.arctan2(deep, np.maximum(high, 1e-9))
    along = np.where(high > 0, around, beside)
    return along, np.where(high > 0, np.hypot(high, deep), np.abs(deep))


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
    """Move hair out of a bust, each lock to its front, over its shoulder or to its back.

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
    trunk = _Bust(bust, 1.3 * reach)
    found = []
    for piece, lock in zip(pieces, locks, strict=True):
        moved = None if lock is None else _draped(piece.positions, piece.faces, lock, trunk)
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


def _draped(points: Doubles, faces: NDArray[np.int32], lock: Ints, bust: _Bust) -> Doubles | None:
    """Move hair out of a bust little by little, what hangs together as one."""
    rows = np.flatnonzero(points[:, 1] < _STILL_M)
    if not len(rows) or points[:, 1].min() > _TOP_M:
        return None
    # Vertices in the same place move as one.
    cell = np.round((points[rows] + 1.0) * 5e4).astype(np.int64)
    cell = (cell[:, 0] << 40) + (cell[:, 1] << 20) + cell[:, 2]
    _, first, number = np.unique(cell, return_index=True, return_inverse=True)
    start, own = points[rows[first]], lock[rows[first]]
    # A lock goes to one side as a whole.
    edge, middle = bust.sheet(start[:, 0])
    weight = np.clip((edge + 0.5 * _ROUND_M - start[:, 1]) / _ROUND_M, 1e-6, 1.0)
    count = int(lock.max()) + 1
    total = np.bincount(own, (start[:, 2] - middle) * weight, count)
    side = np.where(total > 0, 1.0, -1.0)[own]
    free = np.clip((_TOP_M - start[:, 1]) / 0.03, 0.0, 1.0)
    # Short locks end out of sight within a hood rather than run through it.
    lack, way = bust.lack(start, side)
    lack = (_FLOOR_M + lack) * np.hypot(*way.T) * free
    if not (lack > -_SOFT_M).any():
        return None
    deepest, lowest = np.zeros(count), np.full(count, np.inf)
    np.maximum.at(deepest, own, lack)
    np.minimum.at(lowest, own, start[:, 1])
    free *= ~((deepest > _DEEP_M) & (lowest > _SHORT_M))[own]
    vertex = np.full(len(points), -1, np.int64)
    vertex[rows] = number
    spread = _spread(vertex[faces], len(start))
    slack = np.clip((_STILL_M - start[:, 1]) / 0.02, 0.0, 1.0)[:, None]
    move = np.zeros((len(start), 2))
    place = start.copy()
    for step in range(_STEPS):
        if step:
            for _ in range(_SMOOTH):
                move = spread @ move
            move *= slack
        place[:, 1:] = start[:, 1:] + move
        lack, way = bust.lack(place, side)
        off = -lack
        reach = _FLOOR_M + _SOFT_M
        kept = _FLOOR_M + _SOFT_M * np.exp(np.minimum(off - reach, 0) / _SOFT_M)
        move += (np.where(off < reach, kept - off, 0.0) * free)[:, None] * way
    moved = points.copy()
    moved[rows, 1:] += move[number]
    return moved


def _spread(faces: Ints, count: int) -> csr_array:
    """Return the matrix that takes means of vertices and of those they share edges with.

    Args:
        faces: numbers of vertices; less than 0: of none that counts.
        count: of vertices.
    """
    ends = faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    ends = ends[(ends >= 0).all(1)]
    one, other = np.concatenate([ends, ends[:, ::-1], np.arange(count).repeat(2).reshape(-1, 2)]).T
    link = csr_array((np.ones(len(one)), (one, other)), shape=(count, count))
    link.sum_duplicates()
    link.data[:] = 1.0
    held = np.diff(link.indptr)
    link.data /= np.repeat(held, held)
    return link
