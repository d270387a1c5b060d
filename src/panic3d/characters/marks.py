"""Landmarks found on surfaces as they are seen from the front, and kept as points between vertices.

The front view is orthographic: x and y of the head frame. What a landmark is (the end of a stroke,
the top of a lid) is said once, of a picture of the feature: of a picture drawn here from triangles
where landmarks are placed, of one that the rasteriser draws where they are checked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int32, Int64, UInt8
from numpy.typing import NDArray
from scipy.ndimage import label, uniform_filter

from panic3d.characters.piece import Mark

LEVEL_M = 0.0004
"""What differs less in height is a lid's top, however flat; its middle is the landmark. So it is
with an eye's corners, however blunt."""
PIXEL_M = 0.0003
"""Of the pictures drawn here; edges are found to a fraction of it."""
_SEEN = 127.5
"""Alpha of 255 from which on a texture is seen, as the rasteriser's."""
EIGHT = np.ones((3, 3), bool)
"""Strokes and corners of eyes are thin: pixels that touch at corners hang together."""
_SPECK = 0.03
"""Share of a stroke's area below which something beside it is not a part of it."""
_STEPS = 33
"""Points on each edge of a lid among which its top is sought."""

Triangles = Int32[np.ndarray, "f 3"]
Points = Float[np.ndarray, "v 3"]


# What landmarks are, in a picture of the feature


def stroke_points(region: Bool[np.ndarray, "h w"]) -> list[tuple[float, float]]:
    """Return the ends of a stroke's middle line, image-left first, and its middle between them.

    Args:
        region: where it is.
    """
    number, _ = label(region, EIGHT)
    area = np.bincount(number.ravel())
    area[0] = 0
    region = (area >= _SPECK * area.sum())[number] & region
    left, right = sides(region)
    length = right[0] - left[0]
    row, column = np.nonzero(region)
    points = np.stack([column + 0.5, row + 0.5], 1)
    # Of less than twice its thickness one cannot tell which way it runs.
    thickness = float(region.sum()) / length
    reach = max(0.22 * length, 2 * thickness)
    ends = []
    for end, other in ((left, right), (right, left)):
        # The stroke's direction there, along which its blunt end is farthest.
        near = points[np.abs(points[:, 0] - end[0]) < reach]
        _, _, axes = np.linalg.svd(near - near.mean(0), full_matrices=False)
        along = axes[0] * np.sign(axes[0, 0] * (end[0] - other[0]) or 1.0)
        across = np.array([-along[1], along[0]])
        ahead, aside = near @ along, near @ across
        # The middle of its end, which may be cut off at a slant.
        middle_of = aside[ahead > ahead.max() - max(1.5, 0.3 * thickness)].mean()
        farthest = ahead[np.abs(aside - middle_of) < 1.0].max()
        tip = (farthest + 0.5) * along + middle_of * across
        ends.append((float(tip[0]), float(tip[1])))
    x = (ends[0][0] + ends[1][0]) / 2
    there = int(x)
    if not region[:, there].any():  # the stroke is interrupted just there
        filled = np.flatnonzero(region.any(0))
        there = int(filled[np.abs(filled + 0.5 - x).argmin()])
    middle = (x, float(np.flatnonzero(region[:, there]).mean() + 0.5))
    return [ends[0], middle, ends[1]]


def eye_points(region: Bool[np.ndarray, "h w"], metre: float) -> list[tuple[float, float]]:
    """Return the upper lid's ends and top, then the lower lid left, at its bottom, and right.

    Args:
        region: what is open.
        metre: pixels of one.
    """
    columns, rows = np.flatnonzero(region.any(0)), np.flatnonzero(region.any(1))
    down, along = np.ogrid[: region.shape[0], : region.shape[1]]
    tops = np.where(region, down, region.shape[0]).min(0)[columns]
    bottoms = np.where(region, down + 1, 0).max(0)[columns]
    lefts = np.where(region, along, region.shape[1]).min(1)[rows]
    rights = np.where(region, along + 1, 0).max(1)[rows]

    def at(heights: NDArray[np.int64], x: float) -> tuple[float, float]:
        return x, float(heights[int(np.abs(columns + 0.5 - x).argmin())])

    def middle(places: NDArray[np.intp], near: NDArray[np.bool_]) -> float:
        return float(places[near].min() + places[near].max() + 1) / 2

    level = LEVEL_M * metre
    top = at(tops, middle(columns, tops <= tops.min() + level))
    bottom = at(bottoms, middle(columns, bottoms >= bottoms.max() - level))
    left = float(lefts.min()), middle(rows, lefts <= lefts.min() + level)
    right = float(rights.max()), middle(rows, rights >= rights.max() - level)
    beside = (at(bottoms, (end[0] + bottom[0]) / 2) for end in (left, right))
    return [left, top, right, next(beside), bottom, next(beside)]


def sides(region: Bool[np.ndarray, "h w"]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the leftmost and the rightmost points of a region."""
    columns = np.flatnonzero(region.any(0))
    first, last = int(columns[0]), int(columns[-1])
    rows = [np.flatnonzero(region[:, column]).mean() + 0.5 for column in (first, last)]
    return (float(first), float(rows[0])), (last + 1.0, float(rows[1]))


# Triangles drawn from the front


@dataclass(frozen=True, kw_only=True, eq=False)
class FrontPicture:
    """Where triangles are seen, each pixel with one of those that cover it."""

    face: Int32[np.ndarray, "h w"]
    """-1 where there is none."""
    left: float
    top: float
    """Metres, of the picture's upper left corner."""

    @property
    def region(self) -> Bool[np.ndarray, "h w"]:
        """Where anything is seen."""
        return self.face >= 0


def drawn_front(
    positions: Points,
    faces: Triangles,
    uvs: Float[np.ndarray, "v 2"] | None = None,
    texture: UInt8[np.ndarray, "h w 4"] | None = None,
) -> FrontPicture:
    """Draw triangles; with a texture, only what it does not leave transparent."""
    flat = positions[:, :2][faces] / PIXEL_M
    low, high = flat.min((0, 1)), flat.max((0, 1))
    left, top = float(np.floor(low[0])) - 1, float(np.ceil(high[1])) + 1
    width, height = int(np.ceil(high[0]) - left) + 1, int(top - np.floor(low[1])) + 1
    flat = np.stack([flat[..., 0] - left, top - flat[..., 1]], -1)
    alpha = None
    if uvs is not None and texture is not None:
        alpha, uvs = _footprints(texture, uvs, faces, flat)
    # All pixels of all triangles' boxes, in one list.
    first = np.floor(flat.min(1) - 0.5).astype(np.int64).clip(0)
    last = np.minimum(np.ceil(flat.max(1) + 0.5).astype(np.int64), (width, height))
    wide, tall = (last - first).clip(1).T
    count = wide * tall
    k = np.repeat(np.arange(len(faces)), count)
    number = np.arange(len(k)) - np.repeat(np.cumsum(count) - count, count)
    column, row = first[k, 0] + number % wide[k], first[k, 1] + number // wide[k]
    one, other = flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]
    area = _turned(flat)
    area = np.where(np.abs(area) < 1e-9, np.inf, area)[k]
    x, y = column + 0.5 - flat[k, 0, 0], row + 0.5 - flat[k, 0, 1]
    v = (x * other[k, 1] - y * other[k, 0]) / area
    w = (y * one[k, 0] - x * one[k, 1]) / area
    inside = (v >= -1e-9) & (w >= -1e-9) & (v + w <= 1 + 1e-9) & np.isfinite(area)
    k, row, column, v, w = (values[inside] for values in (k, row, column, v, w))
    if alpha is not None and uvs is not None:
        corners = uvs[faces[k]]
        run, rise = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
        seen = _sampled(alpha, corners[:, 0] + v[:, None] * run + w[:, None] * rise) > _SEEN
        k, row, column = k[seen], row[seen], column[seen]
    found = np.full((height, width), -1, np.int32)
    found[row, column] = k
    return FrontPicture(face=found, left=left * PIXEL_M, top=top * PIXEL_M)


def _footprints(
    texture: UInt8[np.ndarray, "h w 4"],
    uvs: Float[np.ndarray, "v 2"],
    faces: Triangles,
    flat: Float[np.ndarray, "f 3 2"],
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return the alpha that triangles show, means over a pixel's width; and where they show it."""
    size = np.array(texture.shape[1::-1])
    used = uvs[np.unique(faces)] * size
    low = np.clip(np.floor(used.min(0)) - 8, 0, size - 2).astype(np.int64)
    high = np.clip(np.ceil(used.max(0)) + 8, low + 2, size).astype(np.int64)
    alpha = texture[low[1] : high[1], low[0] : high[0], 3].astype(np.float32)
    texels = uvs[faces] * size
    sizes = [np.abs(_turned(corners)).sum() for corners in (texels, flat)]
    width = round(float(np.sqrt(sizes[0] / max(sizes[1], 1e-9))))
    if width > 1:
        alpha = uniform_filter(alpha, width, mode="nearest")
    return alpha, (uvs * size - low) / (high - low)


def _turned(corners: Float[np.ndarray, "f 3 2"]) -> NDArray[np.float64]:
    """Return twice the areas of triangles, with their sign."""
    one, other = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    found: NDArray[np.float64] = one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]
    return found


def _sampled(
    values: Float[np.ndarray, "h w"], uvs: Float[np.ndarray, "n 2"]
) -> NDArray[np.float64]:
    """Return values between the middles of four texels, (n,)."""
    size = np.array(values.shape[::-1])
    place = np.clip(uvs * size - 0.5, 0, size - 1)
    column, row = np.minimum(place.astype(np.int64), np.maximum(size - 2, 0)).T
    x, y = (place - np.stack([column, row], -1)).T
    right, below = np.minimum(column + 1, size[0] - 1), np.minimum(row + 1, size[1] - 1)
    over = values[row, column] * (1 - x) + values[row, right] * x
    under = values[below, column] * (1 - x) + values[below, right] * x
    found: NDArray[np.float64] = over * (1 - y) + under * y
    return found


def mark_at(
    picture: FrontPicture,
    point: tuple[float, float],
    positions: Points,
    faces: Triangles,
    piece: int,
    vertex: int,
) -> Mark:
    """Return what is seen at a point of a picture, or next to it.

    Args:
        picture: of the triangles.
        point: x, y in its pixels.
        positions: as it was drawn.
        faces: as they were drawn.
        piece: number of the piece they are.
        vertex: by which the mark is known.
    """
    row, column = np.nonzero(picture.region)
    k = int(np.hypot(column + 0.5 - point[0], row + 0.5 - point[1]).argmin())
    corners = faces[picture.face[row[k], column[k]]]
    at = (picture.left + point[0] * PIXEL_M, picture.top - point[1] * PIXEL_M)
    a, b, c = positions[corners, :2]
    v, w = np.linalg.lstsq(np.stack([b - a, c - a], -1), np.array(at) - a, rcond=None)[0]
    share = np.clip([1 - v - w, v, w], 0, 1)
    share /= share.sum()
    return Mark(
        piece, vertex, tuple((int(n), float(s)) for n, s in zip(corners, share, strict=True))
    )


def stroke_marks(
    picture: FrontPicture,
    positions: Points,
    faces: Triangles,
    piece: int,
    vertices: Sequence[int],
) -> list[Mark]:
    """Mark ends and middle of a stroke, image-left first.

    Args:
        picture: of it alone.
        positions: as it was drawn.
        faces: as they were drawn.
        piece: number of the piece they are.
        vertices: by which the three marks are known.
    """
    return [
        mark_at(picture, point, positions, faces, piece, vertex)
        for point, vertex in zip(stroke_points(picture.region), vertices, strict=True)
    ]


# Edges


def chain_mark(
    positions: Points,
    chain: Int64[np.ndarray, " n"],
    x: float,
    side: float,
    piece: int,
    vertex: int,
) -> Mark:
    """Mark where a chain of edges passes a place across: its highest point there, or its lowest.

    Args:
        positions: of the vertices.
        chain: vertices in order.
        x: metres.
        side: 1 for the highest, -1 for the lowest.
        piece: number of the piece.
        vertex: by which the mark is known.
    """
    one, other = positions[chain[:-1]], positions[chain[1:]]
    run = other[:, 0] - one[:, 0]
    share = np.clip((x - one[:, 0]) / np.where(np.abs(run) < 1e-9, 1e-9, run), 0, 1)
    at = one + share[:, None] * (other - one)
    # Where the chain does not reach so far, its nearest end.
    k = int((side * at[:, 1] - 1e3 * np.abs(at[:, 0] - x)).argmax())
    return Mark(
        piece, vertex, ((int(chain[k]), float(1 - share[k])), (int(chain[k + 1]), float(share[k])))
    )


def level_middle(positions: Points, chain: Int64[np.ndarray, " n"], side: float) -> float:
    """Return x of the middle of what is highest (side 1), or lowest (-1), however flat."""
    t = np.linspace(0, 1, _STEPS)[:, None, None]
    at = (positions[chain[:-1]] * (1 - t) + positions[chain[1:]] * t).reshape(
        -1, positions.shape[1]
    )
    height = side * at[:, 1]
    near = at[height >= height.max() - LEVEL_M, 0]
    return float(near.min() + near.max()) / 2


def corner_mark(
    positions: Points, chain: Int64[np.ndarray, " n"], side: float, piece: int, vertex: int
) -> Mark:
    """Mark the middle of what is farthest to a side of a chain of edges, however blunt.

    Args:
        positions: of the vertices.
        chain: vertices in order.
        side: 1 towards +x, -1 towards -x.
        piece: number of the piece.
        vertex: by which the mark is known.
    """
    t = np.linspace(0, 1, _STEPS)
    one, other = positions[chain[:-1], :2], positions[chain[1:], :2]
    at = one + t[:, None, None] * (other - one)
    off = (side * at[..., 0]).max() - side * at[..., 0]
    heights = at[..., 1][off <= LEVEL_M]
    middle = (heights.min() + heights.max()) / 2
    score = np.where(off <= LEVEL_M, np.abs(at[..., 1] - middle) + 2 * off, np.inf)
    step, k = np.unravel_index(int(score.argmin()), score.shape)
    share = float(t[step])
    return Mark(piece, vertex, ((int(chain[k]), 1 - share), (int(chain[k + 1]), share)))


def outline_mark(
    positions: Points,
    faces: Triangles,
    y: float,
    side: float,
    behind: float,
    piece: int,
    vertex: int,
) -> Mark | None:
    """Mark the outermost point of a surface at a height, or None where it does not reach.

    Only its outside counts, as far as it is turned to the front.

    Args:
        positions: of the vertices.
        faces: of the surface.
        y: the height, metres.
        side: 1 towards +x, -1 towards -x.
        behind: what lies behind this z does not count.
        piece: number of the piece.
        vertex: by which the mark is known.
    """
    faces = faces[_turned(positions[:, :2][faces]) > 0]
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    one, other = positions[edges[:, 0]], positions[edges[:, 1]]
    crossing = (one[:, 1] <= y) != (other[:, 1] <= y)
    edges, one, other = edges[crossing], one[crossing], other[crossing]
    share = (y - one[:, 1]) / (other[:, 1] - one[:, 1])
    at = one + share[:, None] * (other - one)
    score = np.where(at[:, 2] > behind, side * at[:, 0], -np.inf)
    if not np.isfinite(score).any():
        return None
    k = int(score.argmax())
    ends = (int(edges[k, 0]), float(1 - share[k])), (int(edges[k, 1]), float(share[k]))
    return Mark(piece, vertex, ends)


def lid_marks(
    positions: Points,
    upper: Int64[np.ndarray, " n"],
    lower: Int64[np.ndarray, " m"],
    piece: int,
    vertices: Sequence[int],
) -> list[Mark]:
    """Mark the upper lid's ends and top, then the lower lid left, at its bottom, and right.

    Args:
        positions: of the vertices.
        upper: the upper lid's, image left to right.
        lower: the lower lid's, image left to right.
        piece: number of the piece.
        vertices: by which the six marks are known.
    """
    left, right = (float(positions[upper[k], 0]) for k in (0, -1))
    top, bottom = level_middle(positions, upper, 1.0), level_middle(positions, lower, -1.0)
    around = np.concatenate([upper, lower[::-1]])
    return [
        corner_mark(positions, around, -1.0, piece, vertices[0]),
        chain_mark(positions, upper, top, 1.0, piece, vertices[1]),
        corner_mark(positions, around, 1.0, piece, vertices[2]),
        chain_mark(positions, lower, (left + bottom) / 2, -1.0, piece, vertices[3]),
        chain_mark(positions, lower, bottom, -1.0, piece, vertices[4]),
        chain_mark(positions, lower, (right + bottom) / 2, -1.0, piece, vertices[5]),
    ]
