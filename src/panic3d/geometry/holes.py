"""Holes in a mesh: loops of edges that have a face on one side only, and what closes them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]


def open_edges(faces: Ints) -> Ints:
    """Return (e, 2) the directed edges of faces that no other face runs along the other way."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).astype(np.int64)
    span = int(faces.max(initial=0)) + 1
    there, back = edges[:, 0] * span + edges[:, 1], edges[:, 1] * span + edges[:, 0]
    if np.array_equal(np.sort(there), np.sort(back)):  # far quicker than to look each one up
        return np.zeros((0, 2), np.int32)
    out: Ints = edges[~np.isin(there, back)].astype(np.int32)
    return out


def boundary_loops(faces: Ints) -> list[Ints]:
    """Return the holes' rims.

    Args:
        faces: (f, 3), alike in orientation.

    Returns:
        One (n,) for each hole: its vertices, n of at least 3, in the order in which the faces
        around it run. A rim that touches itself makes several; chains of edges that do not close
        are left out.
    """
    onward: dict[int, list[int]] = {}
    for start, end in open_edges(faces).tolist():
        onward.setdefault(start, []).append(end)
    loops: list[Ints] = []
    for first in list(onward):
        while onward[first]:
            path, place = [first], {first: 0}
            while onward.get(path[-1]):
                following = onward[path[-1]].pop()
                if following in place:  # a loop: cut it off and go on from where it began
                    loop = path[place[following] :]
                    if len(loop) >= 3:
                        loops.append(np.array(loop, np.int32))
                    for vertex in loop[1:]:
                        del place[vertex]
                    path = path[: place[following] + 1]
                    continue
                place[following] = len(path)
                path.append(following)
    return loops


def closed(vertices: Floats, faces: Ints) -> tuple[Floats, Ints]:
    """Close every hole: a small one by a triangle, others by a fan around their middle.

    Args:
        vertices: (v, 3).
        faces: (f, 3).

    Returns:
        Vertices and faces, the given ones first.
    """
    loops = boundary_loops(faces)
    if not loops:
        return vertices, faces
    middles: list[NDArray[np.float32]] = []
    more: list[NDArray[np.int32]] = []
    for loop in loops:
        if len(loop) == 3:
            more.append(loop[::-1][None])
            continue
        middle = np.full(len(loop), len(vertices) + len(middles), np.int32)
        middles.append(vertices[loop].mean(0, dtype=np.float64).astype(np.float32))
        more.append(np.stack([np.roll(loop, -1), loop, middle], 1))
    points = np.concatenate([vertices, np.stack(middles)]) if middles else vertices
    return points, np.concatenate([faces, *more]).astype(np.int32)
