"""Laying a mesh out flat: charts seen along the axes, packed into one square picture.

Every chart is an orthographic picture of connected triangles that face the same way, all at one
scale. Fit for surfaces without fine folds, such as those of marching cubes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from panic3d.errors import MeshError

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

_ACROSS = ((2, 1), (2, 1), (0, 2), (0, 2), (0, 1), (0, 1))
"""Axes along a chart's width and height, by the direction +x, -x, +y, -y, +z, -z."""
_FLIPPED = ((-1, 1), (1, 1), (1, -1), (1, 1), (1, 1), (-1, 1))
"""Their signs, so that no chart is a mirror image."""
_MARGIN = 3
"""Texels around a chart."""
_SMOOTHING = 12
"""Rounds in which a vertex takes over its neighbours' direction."""
_LEAST_FACING = 0.12
"""Cosine below which a triangle would be too slanted for its chart."""


class Layout(NamedTuple):
    """Where a mesh lies in a picture."""

    vertices: Ints
    """(w,) which vertex of the mesh each new one is: those at seams are doubled."""
    faces: Ints
    """(f, 3) of new vertices, in the mesh's order."""
    places: Floats
    """(w, 2) texels from the picture's top left corner."""


class Texels(NamedTuple):
    """What a picture shows."""

    face: Ints
    """(h, w), -1 where nothing is."""
    weights: Floats
    """(h, w, 3) of the face's corners."""


def unwrap(
    vertices: Floats, faces: Ints, normals: Floats, size: int, texels_per_metre: float
) -> Layout:
    """Cut a mesh into charts and pack them.

    Args:
        vertices: (v, 3) metres.
        faces: (f, 3), counter-clockwise seen from outside.
        normals: (v, 3).
        size: side of the picture, texels.
        texels_per_metre: at most; less if the picture is too small.

    Raises:
        MeshError: there are no triangles.
    """
    if not len(faces):
        raise MeshError("the mesh has no triangles: there is nothing to unwrap")
    directions = _directions(vertices, faces, normals)
    charts = _charts(faces, directions)
    corners = charts[:, None] * np.int64(len(vertices)) + faces
    key, new_faces = np.unique(corners, return_inverse=True)
    new_faces = new_faces.reshape(-1, 3)
    owner, vertex = np.divmod(key, len(vertices))
    first = np.zeros(charts.max() + 1, np.int64)
    first[charts] = np.arange(len(charts))
    way = directions[first[owner]]
    axes, signs = np.array(_ACROSS)[way], np.array(_FLIPPED)[way]
    flat = np.take_along_axis(vertices[vertex], axes, 1) * signs
    flat[:, 1] *= -1  # rows of a picture go down
    low = np.full((charts.max() + 1, 2), np.inf)
    high = -low
    np.minimum.at(low, owner, flat)
    np.maximum.at(high, owner, flat)
    scale = texels_per_metre
    while (at := _packed(high - low, scale, size)) is None:
        scale *= 0.93
    places = (flat - low[owner]) * scale + at[owner] + _MARGIN
    return Layout(
        vertices=vertex.astype(np.int32),
        faces=new_faces.astype(np.int32),
        places=places.astype(np.float32),
    )


def _directions(vertices: Floats, faces: Ints, normals: Floats) -> Ints:
    """Return the axis that each triangle is seen along, alike among neighbours if possible."""
    from scipy.sparse import coo_matrix

    a, b = (
        np.concatenate([faces, faces[:, [1, 2, 0]]]),
        np.concatenate([faces[:, [1, 2, 0]], faces]),
    )
    near = coo_matrix(
        (np.ones(a.size, np.float32), (a.ravel(), b.ravel())), (len(vertices),) * 2
    ).tocsr()
    smooth = normals.astype(np.float32)
    for _ in range(_SMOOTHING):
        smooth = near @ smooth + smooth
        smooth /= np.maximum(np.linalg.norm(smooth, axis=1, keepdims=True), 1e-9)
    p = vertices[faces]
    own = np.cross(p[:, 1] - p[:, 0], p[:, 2] - p[:, 0])
    own /= np.maximum(np.linalg.norm(own, axis=1, keepdims=True), 1e-12)
    both = np.stack([own, -own], -1).reshape(-1, 6)
    wished = smooth[faces].mean(1)
    score = np.stack([wished, -wished], -1).reshape(-1, 6)
    score = np.where(both > _LEAST_FACING, score, both - 4)
    out: Ints = score.argmax(1).astype(np.int32)
    return out


def _charts(faces: Ints, directions: Ints) -> NDArray[np.int64]:
    """Number the connected groups of triangles that are seen along one axis."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), 1)
    of = np.tile(np.arange(len(faces)), 3)
    order = np.lexsort((edges[:, 1], edges[:, 0]))
    edges, of = edges[order], of[order]
    same = (edges[1:] == edges[:-1]).all(1) & (directions[of[1:]] == directions[of[:-1]])
    links = coo_matrix((np.ones(int(same.sum())), (of[1:][same], of[:-1][same])), (len(faces),) * 2)
    _, charts = connected_components(links, directed=False)
    return np.asarray(charts, np.int64)


def _packed(extent: NDArray[np.float64], scale: float, size: int) -> NDArray[np.int64] | None:
    """Put boxes on shelves, the highest first; None if they do not fit."""
    boxes = np.ceil(extent * scale).astype(np.int64) + 2 * _MARGIN
    if boxes.prod(1).sum() > size * size:
        return None
    out = np.zeros((len(boxes), 2), np.int64)
    x = y = shelf = 0
    for k in np.lexsort((-boxes[:, 0], -boxes[:, 1])):
        width, height = boxes[k]
        if x + width > size:
            x, y, shelf = 0, y + shelf, 0
        if width > size or y + height > size:
            return None
        out[k] = x, y
        x, shelf = x + width, max(shelf, height)
    return out


def rasterised(
    places: Floats, faces: Ints, size: tuple[int, int], nearness: Floats | None = None
) -> Texels:
    """Find the triangle that covers the middle of each texel.

    Args:
        places: (v, 2) texels from the top left corner.
        faces: (f, 3).
        size: height and width.
        nearness: (v,) larger in front; None: any triangle will do.
    """
    height, width = size
    corners = places[faces].astype(np.float64)
    low = np.ceil(corners.min(1) - 0.5).astype(np.int64)
    high = np.floor(corners.max(1) - 0.5).astype(np.int64)
    low, high = np.maximum(low, 0), np.minimum(high, (width - 1, height - 1))
    spans = high - low + 1
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    doubled = _cross(b - a, c - a)
    usable = (spans > 0).all(1) & (np.abs(doubled) > 1e-12)
    found: list[tuple[NDArray[np.int64], NDArray[np.int64], Floats]] = []
    # Triangles of marching cubes span a few texels: all of them at once, offset by offset.
    for dy in range(int(spans[usable, 1].max(initial=0))):
        tall = usable & (spans[:, 1] > dy)
        for dx in range(int(spans[tall, 0].max(initial=0))):
            index = np.flatnonzero(tall & (spans[:, 0] > dx))
            x, y = low[index, 0] + dx, low[index, 1] + dy
            middle = np.stack([x, y], -1) + 0.5
            area = doubled[index]
            wb = _cross(middle - a[index], c[index] - a[index]) / area
            wc = _cross(b[index] - a[index], middle - a[index]) / area
            inside = np.flatnonzero((wb >= -1e-9) & (wc >= -1e-9) & (wb + wc <= 1 + 1e-9))
            wb, wc = wb[inside], wc[inside]
            weights = np.stack([1 - wb - wc, wb, wc], -1).astype(np.float32)
            found.append(((y * width + x)[inside], index[inside], weights))
    face = np.full(height * width, -1, np.int32)
    shares = np.zeros((height * width, 3), np.float32)
    if found:
        texel, index, weights = (np.concatenate(part) for part in zip(*found, strict=True))
        if nearness is not None:
            order = np.argsort((nearness[faces[index]] * weights).sum(1), kind="stable")
            texel, index, weights = texel[order], index[order], weights[order]
        face[texel], shares[texel] = index, weights  # the last one stays
    return Texels(face.reshape(size), shares.reshape(height, width, 3))


def _cross(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    out: NDArray[np.float64] = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    return out
