"""Smoothing that keeps volumes and thin tips, and the normals of vertices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

SHRINK, SWELL = 0.5, -0.53
"""Steps towards the neighbours' mean and away from it: waves longer than some nine edges stay."""


def neighbours(faces: Ints, vertices: int) -> csr_matrix[Any]:
    """Return (v, v) the links between vertices that share an edge, each 1."""
    from scipy.sparse import coo_matrix

    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    ends = np.concatenate([ends, ends[:, ::-1]])
    links = coo_matrix((np.ones(len(ends), np.float32), ends.T), (vertices, vertices)).tocsr()
    links.data[:] = 1  # an edge of two faces was counted twice
    return links


def smoothed(vertices: Floats, faces: Ints, rounds: int, reach_m: float) -> Floats:
    """Take off the steps of voxels, without shrinking.

    No vertex goes further than `reach_m`: what is thinner than that keeps its place, tips of hair
    too.

    Args:
        vertices: (v, 3) metres.
        faces: (f, 3).
        rounds: how often; 0 changes nothing.
        reach_m: how far a vertex may end from where it was, metres.

    Returns:
        (v, 3).

    Source: Taubin, A signal processing approach to fair surface design, SIGGRAPH 1995.
    """
    if rounds == 0 or not len(faces):
        return vertices
    links = neighbours(faces, len(vertices))
    share = 1 / np.maximum(np.asarray(links.sum(1), np.float32), 1)
    alone = np.diff(links.indptr)[:, None] == 0
    moved = vertices
    for _ in range(rounds):
        for step in (SHRINK, SWELL):
            towards = np.where(alone, moved, (links @ moved) * share)
            moved = moved + np.float32(step) * (towards - moved)
    way = moved - vertices
    length = np.linalg.norm(way, axis=1, keepdims=True)
    out: Floats = vertices + way * np.minimum(1, reach_m / np.maximum(length, 1e-12))
    return out.astype(np.float32)


def face_normals(vertices: Floats, faces: Ints) -> Floats:
    """Return (f, 3) unit normals; zero for a face without an area."""
    a, b, c = (vertices[faces[:, k]].astype(np.float64) for k in range(3))
    across = np.cross(b - a, c - a)
    length = np.linalg.norm(across, axis=1, keepdims=True)
    out: Floats = (across / np.where(length > 1e-14, length, np.inf)).astype(np.float32)
    return out


def vertex_normals(vertices: Floats, faces: Ints) -> Floats:
    """Return (v, 3) unit normals, faces weighted by their angles; up where there is none.

    Source: Thürmer and Wüthrich, Computing vertex normals from polygonal facets, 1998.
    """
    corners = vertices[faces].astype(np.float64)
    ahead = np.roll(corners, -1, 1) - corners
    ahead /= np.maximum(np.linalg.norm(ahead, axis=-1, keepdims=True), 1e-12)
    behind = -np.roll(ahead, 1, 1)
    angles = np.arccos((ahead * behind).sum(-1).clip(-1, 1))
    weighted = face_normals(vertices, faces)[:, None] * angles[..., None]
    where = faces.reshape(-1)
    found = np.stack(
        [np.bincount(where, weighted[..., k].reshape(-1), len(vertices)) for k in range(3)],
        1,
    )
    length = np.linalg.norm(found, axis=1, keepdims=True)
    out: Floats = np.where(length > 1e-9, found / np.maximum(length, 1e-9), (0.0, 1.0, 0.0))
    return out.astype(np.float32)
