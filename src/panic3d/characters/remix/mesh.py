"""Triangles taken apart: places shared, pieces that hang together, open edges, cuts."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int32
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

Points = Float[np.ndarray, "v 3"]
Faces = Int32[np.ndarray, "f 3"]
Ints = NDArray[np.int64]


def places(positions: Points) -> Ints:
    """Return (v,) one number for all vertices in one place, whatever their texture coordinates."""
    _, place = np.unique(np.round(positions, 5), axis=0, return_inverse=True)
    found: Ints = place.reshape(-1).astype(np.int64)
    return found


def components(positions: Points, faces: Faces) -> Ints:
    """Return (f,) which piece that hangs together each face belongs to, in order of appearance."""
    corners = places(positions)[faces]
    count = int(corners.max()) + 1
    rows = np.concatenate([corners[:, 0], corners[:, 1]])
    columns = np.concatenate([corners[:, 1], corners[:, 2]])
    graph = coo_matrix((np.ones(len(rows)), (rows, columns)), shape=(count, count))
    label = connected_components(graph, directed=False)[1][corners[:, 0]]
    _, first, piece = np.unique(label, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    found: Ints = rank[piece.reshape(-1)]
    return found


def open_loops(positions: Points, faces: Faces) -> list[Ints]:
    """Return the closed chains of edges that only one face has, as vertices in order."""
    place = places(positions)
    corners = place[faces]
    whole = (corners[:, 0] != corners[:, 1]) & (corners[:, 1] != corners[:, 2])
    corners = corners[whole & (corners[:, 0] != corners[:, 2])]
    edges = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]])
    _, which, count = np.unique(np.sort(edges, 1), axis=0, return_inverse=True, return_counts=True)
    vertex = np.zeros(int(place.max()) + 1, np.int64)
    vertex[place[::-1]] = np.arange(len(place))[::-1]
    after = {int(a): int(b) for a, b in edges[count[which.reshape(-1)] == 1]}
    loops = []
    while after:
        start = min(after)
        loop = [start]
        at = after.pop(start)
        while at in after:
            loop.append(at)
            at = after.pop(at)
        if len(loop) > 2:
            loops.append(vertex[loop])
    return loops


def compacted(faces: Faces, count: int) -> tuple[Ints, NDArray[np.int32]]:
    """Return the vertices that faces use, and the faces in their numbers.

    Args:
        faces: any.
        count: of vertices there are.
    """
    used = np.unique(faces)
    number = np.zeros(count, np.int32)
    number[used] = np.arange(len(used), dtype=np.int32)
    return used.astype(np.int64), number[faces]


def cut_above(
    positions: Points, faces: Faces, height: float
) -> tuple[NDArray[np.int32], Ints, Ints, NDArray[np.float64]]:
    """Cut triangles off below a height.

    Returns:
        Faces, whose numbers from len(positions) on mean new vertices; and for each of those the
        two old ones it lies between and the share of the second.
    """
    above = positions[:, 1] >= height
    kept = above[faces]
    number = kept.sum(1)
    made: list[tuple[int, int, int]] = []
    new: dict[tuple[int, int], int] = {}

    def crossing(a: int, b: int) -> int:
        key = (a, b) if a < b else (b, a)
        return new.setdefault(key, len(positions) + len(new))

    for k in np.flatnonzero((number == 1) | (number == 2)):
        corners = [int(c) for c in faces[k]]
        # Turn the triangle so that the odd corner comes first.
        odd = int(np.flatnonzero(kept[k] == (number[k] == 1))[0])
        a, b, c = corners[odd], corners[(odd + 1) % 3], corners[(odd + 2) % 3]
        ab, ac = crossing(a, b), crossing(a, c)
        made += [(a, ab, ac)] if number[k] == 1 else [(ab, b, c), (ab, c, ac)]
    ends = np.array(list(new), np.int64).reshape(-1, 2)
    first, second = ends[:, 0], ends[:, 1]
    fall = positions[first, 1] - positions[second, 1]
    share = (positions[first, 1] - height) / np.where(fall == 0, 1.0, fall)
    cut = np.array(made, np.int32).reshape(-1, 3)
    return np.concatenate([faces[number == 3], cut]).astype(np.int32), first, second, share


def texels_of(
    uvs: Float[np.ndarray, "v 2"], faces: Faces, size: tuple[int, int]
) -> NDArray[np.bool_]:
    """Return which texels triangles show, and those next to them."""
    height, width = size
    n = 14
    i, j = np.meshgrid(np.arange(n), np.arange(n), indexing="ij")
    i, j = i[i + j < n], j[i + j < n]
    share = np.stack([i, j, n - 1 - i - j], -1) / (n - 1)
    at = np.einsum("sk,fkx->fsx", share, uvs[faces]).reshape(-1, 2)
    column = np.clip((at[:, 0] * width).astype(np.int64), 0, width - 1)
    row = np.clip((at[:, 1] * height).astype(np.int64), 0, height - 1)
    seen = np.zeros(size, bool)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            seen[np.clip(row + dy, 0, height - 1), np.clip(column + dx, 0, width - 1)] = True
    return seen
