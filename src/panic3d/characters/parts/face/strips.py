"""Bands along a curve on the face: lashes, folds, brows, the line of the mouth."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Ints = NDArray[np.int32]


class Strip(NamedTuple):
    """A band of quads, seen from the front."""

    points: Doubles
    """(n * rows, 2) metres; row after row from the lower edge to the upper."""
    faces: Ints
    uvs: Doubles
    """u along the curve, v down from the upper edge."""
    rows: int


def strip(lower: Doubles, upper: Doubles, rows: int = 2) -> Strip:
    """Return the band between two curves (n, 2), both from left to right."""
    n = len(lower)
    share = np.linspace(0.0, 1.0, rows)[:, None, None]
    points = lower * (1 - share) + upper * share
    index = np.arange(n * rows, dtype=np.int32).reshape(rows, n)
    a, b = index[:-1, :-1].ravel(), index[:-1, 1:].ravel()
    c, d = index[1:, 1:].ravel(), index[1:, :-1].ravel()
    faces = np.concatenate([np.stack([a, b, c], -1), np.stack([a, c, d], -1)])
    u = np.broadcast_to(np.linspace(0.0, 1.0, n), (rows, n))
    v = np.broadcast_to(1 - np.linspace(0.0, 1.0, rows)[:, None], (rows, n))
    uvs = np.stack([u, v], -1).reshape(-1, 2)
    return Strip(points.reshape(-1, 2), faces.astype(np.int32), uvs, rows)


def directions(curve: Doubles) -> Doubles:
    """Return unit normals (n, 2) of a curve that runs to the right: upwards."""
    along = np.gradient(curve, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=-1, keepdims=True), 1e-12)
    return np.stack([-along[:, 1], along[:, 0]], -1)


def resampled(curve: Doubles, count: int) -> Doubles:
    """Return a curve (n, 2) at equal steps of its length."""
    steps = np.linalg.norm(np.diff(curve, axis=0), axis=-1)
    at = np.concatenate([[0.0], np.cumsum(steps)])
    wanted = np.linspace(0.0, at[-1], count)
    return np.stack([np.interp(wanted, at, curve[:, k]) for k in range(curve.shape[1])], -1)
