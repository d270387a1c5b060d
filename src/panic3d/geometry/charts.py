"""Laying a head out flat: the front one chart as the portrait shows it, the back likewise.

What neither picture shows well is laid out in further charts, each a picture of connected triangles
along one of the axes. All charts are orthographic and at one scale, none is a mirror image, and no
two triangles of a chart overlap: an artist may paint on any of them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from panic3d.errors import MeshError
from panic3d.geometry.packing import packed
from panic3d.geometry.scan import covered, scan
from panic3d.geometry.smoothing import face_normals, neighbours
from panic3d.geometry.unwrap import Layout
from panic3d.geometry.visibility import depth_map, wholly_seen

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

FACING = 0.2
"""Cosine to the viewer below which a triangle is too slanted for the front chart or the back's."""
MARGIN = 4
"""Texels around a chart, on each side, that belong to nobody else."""

_ACROSS = ((2, 1), (2, 1), (0, 2), (0, 2), (0, 1), (0, 1))
"""Axes along a chart's width and height, by the direction +x, -x, +y, -y, +z, -z."""
_FLIPPED = ((-1, 1), (1, 1), (1, -1), (1, 1), (1, 1), (-1, 1))
"""Their signs, so that no chart is a mirror image."""
_ROUNDS = 6
"""In which a triangle takes over its neighbours' direction."""
_LEAST_FACING = 0.12
"""Cosine below which a triangle would be too slanted for its chart."""
_LOOK = 768
"""Pixels across the box when one looks what hides what."""
_PEELS = 6
"""Rounds in which triangles that overlap in their chart get charts of their own."""
_BEHIND = np.array([-1, 1, -1], np.float32)
"""Turns the world so that the viewer sees it from behind."""
_SHRINK = 0.92


class FrontChart(NamedTuple):
    """Where the picture shows the front as the portrait does."""

    faces: NDArray[np.bool_]
    """(f,) which faces lie in it."""
    portrait_size: int
    """Side of the portrait that it shows texel for pixel."""
    box: tuple[int, int, int, int]
    """Left, top, right, bottom of the chart with its margin, pixels of that portrait; may reach
    beyond it."""
    corner: tuple[int, int]
    """Column and row of the texel where that box begins."""


def lay_out(
    vertices: Floats, faces: Ints, normals: Floats, size: int, portrait_size: int, box_m: float
) -> tuple[Layout, FrontChart]:
    """Cut a mesh into charts and pack them.

    Args:
        vertices: (v, 3) metres, as the portrait shows them: x right, y up, z towards the viewer.
        faces: (f, 3), counter-clockwise seen from outside.
        normals: (v, 3).
        size: side of the picture, texels.
        portrait_size: pixels of the portrait along a side. The front chart gets as many, if they
            fit; of the others' scale is taken first.
        box_m: the portrait's width, metres; its middle is the origin.

    Raises:
        MeshError: there are no triangles, or the picture is too small for their charts.
    """
    if not len(faces):
        raise MeshError("the mesh has no triangles: there is nothing to unwrap")
    in_front, behind = _seen_on_both_sides(vertices, faces, normals, box_m)
    rest = np.flatnonzero(~(in_front | behind))
    chart, way = _islands(vertices, faces, in_front, behind, rest, portrait_size / box_m)
    corners = chart[:, None] * np.int64(len(vertices)) + faces
    keys, new_faces = np.unique(corners, return_inverse=True)
    owner, vertex = np.divmod(keys, len(vertices))
    owner, vertex = owner.astype(np.int64), vertex.astype(np.int32)
    flat = _flattened(vertices[vertex], way[owner])
    found = _placed(flat, owner, len(way), size, portrait_size, box_m)
    if found is None:
        raise MeshError(
            f"{len(way)} charts do not fit a texture of {size} texels a side: ask for a larger one"
        )
    places, fitted, corner, box = found
    layout = Layout(vertex, new_faces.reshape(-1, 3).astype(np.int32), places)
    return layout, FrontChart(in_front, fitted, box, corner)


def _seen_on_both_sides(
    vertices: Floats, faces: Ints, normals: Floats, box_m: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which faces the front picture shows, and which of the others the one from behind."""
    depth = depth_map(vertices, faces, box_m, _LOOK)
    in_front = wholly_seen(vertices, faces, normals, depth, FACING)
    turned, upright = vertices * _BEHIND, normals * _BEHIND
    depth = depth_map(turned, faces, box_m, _LOOK)
    behind = wholly_seen(turned, faces, upright, depth, FACING)
    return in_front, behind & ~in_front


def _islands(
    vertices: Floats,
    faces: Ints,
    in_front: NDArray[np.bool_],
    behind: NDArray[np.bool_],
    rest: NDArray[np.intp],
    scale: float,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the chart of each face, and the direction from which each chart is seen.

    Charts 0 and 1 are the front and the back.
    """
    chart = np.where(in_front, 0, 1).astype(np.int64)
    ways: list[NDArray[np.int64]] = [np.array([4, 5])]
    count = 2
    if not len(rest):
        return chart, ways[0]
    facing = _directions(vertices, faces[rest])
    left = np.arange(len(rest))
    for peel in range(_PEELS + 1):
        if peel == _PEELS:  # what still overlaps lies by itself
            island = np.arange(len(left))
        else:
            island = _connected(faces[rest[left]], facing[left])
        covered = _overlapped(vertices, faces[rest[left]], facing[left], island, scale)
        stays = ~covered if peel < _PEELS else np.ones(len(left), bool)
        if not stays.any():
            continue
        numbers, island = np.unique(island[stays], return_inverse=True)
        chart[rest[left[stays]]] = count + island.reshape(-1)
        way = np.zeros(len(numbers), np.int64)
        way[island.reshape(-1)] = facing[left[stays]]
        ways.append(way)
        count += len(numbers)
        left = left[~stays]
        if not len(left):
            break
    return chart, np.concatenate(ways)


def _directions(vertices: Floats, faces: Ints) -> NDArray[np.int64]:
    """Return the axis that each triangle is seen along, alike among neighbours if possible."""
    own = face_normals(vertices, faces)
    both = np.stack([own, -own], -1).reshape(-1, 6)
    links = neighbours(faces, len(vertices))
    smooth = np.zeros_like(vertices)
    for k in range(3):
        np.add.at(smooth, faces[:, k], own)
    for _ in range(_ROUNDS):
        smooth = links @ smooth + smooth
        smooth /= np.maximum(np.linalg.norm(smooth, axis=1, keepdims=True), 1e-9)
    wished = smooth[faces].mean(1)
    score = np.stack([wished, -wished], -1).reshape(-1, 6)
    score = np.where(both > _LEAST_FACING, score, both - 4)
    out: NDArray[np.int64] = score.argmax(1)
    return out


def _connected(faces: Ints, groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number the groups of triangles that hang together by edges and have the same number."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), 1)
    of = np.tile(np.arange(len(faces)), 3)
    order = np.lexsort((edges[:, 1], edges[:, 0]))
    edges, of = edges[order], of[order]
    same = (edges[1:] == edges[:-1]).all(1) & (groups[of[1:]] == groups[of[:-1]])
    links = coo_matrix((np.ones(int(same.sum())), (of[1:][same], of[:-1][same])), (len(faces),) * 2)
    _, found = connected_components(links, directed=False)
    return np.asarray(found, np.int64)


def _overlapped(
    vertices: Floats,
    faces: Ints,
    facing: NDArray[np.int64],
    island: NDArray[np.int64],
    scale: float,
) -> NDArray[np.bool_]:
    """Say which triangles are covered by others of their island."""
    corners = vertices[faces]
    way = np.repeat(facing, 3)
    flat = _flattened(corners.reshape(-1, 3), way) * scale
    owner = np.repeat(island, 3)
    low, high = _extent(flat, owner, int(island.max()) + 1)
    extent = np.ceil(high - low) + 2
    side = int(np.ceil(np.sqrt(extent.prod(1).sum()) * 1.3)) + int(extent.max())
    at = packed(extent.astype(np.int64), side, side)
    while at is None:
        side *= 2
        at = packed(extent.astype(np.int64), side, side)
    places = (flat - low[owner] + at[owner] + 1).astype(np.float32)
    axis, sign = np.divmod(way, 2)
    near = np.take_along_axis(corners.reshape(-1, 3), axis[:, None], 1)[:, 0] * (1 - 2 * sign)
    alone = np.arange(3 * len(faces), dtype=np.int32).reshape(-1, 3)
    seen = scan(places, alone, (side, side), near.astype(np.float32))
    shown = np.bincount(seen.face, minlength=len(faces))
    alone_shown = covered(places, alone, (side, side))
    out: NDArray[np.bool_] = alone_shown - shown > np.maximum(1, 0.1 * alone_shown)
    return out


def _flattened(points: Floats, way: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return (m, 2) what a view along each point's axis shows, metres right and down."""
    axes, signs = np.array(_ACROSS)[way], np.array(_FLIPPED)[way]
    flat = np.take_along_axis(points.astype(np.float64), axes, 1) * signs
    flat[:, 1] *= -1  # rows of a picture go down
    return flat


def _extent(
    flat: NDArray[np.float64], owner: NDArray[np.int64], count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    low = np.full((count, 2), np.inf)
    high = -low
    np.minimum.at(low, owner, flat)
    np.maximum.at(high, owner, flat)
    empty = ~np.isfinite(low[:, 0])  # no triangle is seen from the front, or from behind
    low[empty] = high[empty] = 0
    return low, high


def _placed(
    flat: NDArray[np.float64],
    owner: NDArray[np.int64],
    count: int,
    size: int,
    portrait_size: int,
    box_m: float,
) -> tuple[Floats, int, tuple[int, int], tuple[int, int, int, int]] | None:
    """Scale and pack charts, the front at the portrait's own resolution if that fits."""
    low, high = _extent(flat, owner, count)
    shown, others = float(portrait_size), 1.0
    while shown * others >= 8:
        side = round(shown)
        scale = np.full(count, side / box_m)
        scale[1:] *= others
        origin = low * scale[:, None] - MARGIN
        # The front chart begins where a pixel of the portrait does.
        origin[0] = np.floor((low[0] / box_m + 0.5) * side - MARGIN) - side / 2
        extent = np.ceil(high * scale[:, None] + MARGIN - origin).astype(np.int64)
        at = packed(extent, size, size, first=2)
        if at is not None:
            places = flat * scale[owner, None] - origin[owner] + at[owner]
            start = np.rint(origin[0] + side / 2).astype(int)
            (left, top), (right, bottom) = start.tolist(), (start + extent[0]).tolist()
            corner = (int(at[0, 0]), int(at[0, 1]))
            return places.astype(np.float32), side, corner, (left, top, right, bottom)
        if others > 0.5:
            others *= _SHRINK
        else:
            shown *= _SHRINK
    return None
