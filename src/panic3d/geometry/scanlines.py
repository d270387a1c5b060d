"""Which triangle each pixel shows: triangles cut into rows of pixels, the nearest kept.

Many triangles are done at once, in NumPy. Only pixels that a triangle covers are ever looked at,
so that large triangles cost no more than the pixels they cover; and never more at a time than
stays in a processor's cache.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Numbers = NDArray[np.intp]
"""What arrays are looked up with. NumPy would convert any other kind each time."""

PIECE = 1 << 16
"""Pixels that are worked on at a time, about."""

_HALF = np.float32(0.5)


class Seen(NamedTuple):
    """The pixels that show something, row by row."""

    pixel: Numbers
    """(n,) row times width plus column."""
    face: Numbers
    """(n,) what is nearest there."""


class _Spans(NamedTuple):
    """Rows of pixels, each of one triangle."""

    face: Numbers
    pixel: Numbers
    """The first."""
    length: Numbers
    """At least 1."""
    near: Floats
    """Nearness of the first pixel."""
    slope: Floats
    """What each further pixel adds to it."""


def nearest(places: Floats, faces: Ints, size: tuple[int, int], nearness: Floats) -> Seen:
    """Find the triangle that is in front at the middle of each pixel, from either side.

    Args:
        places: (v, 2) pixels from the top left corner; finite.
        faces: (f, 3).
        size: height and width.
        nearness: (v,) larger in front; runs evenly across the picture.
    """
    height, width = size
    x, y = places[:, 0].astype(np.float32), places[:, 1].astype(np.float32)
    near = nearness.astype(np.float32)
    nearest_yet = np.full(height * width, -np.inf, np.float32)
    shown = np.full(height * width, -1, np.int32)
    for piece in pieces_of(x, y, faces, height, width):
        spans = spans_of(x, y, near, faces, piece, height, width)
        _keep_nearest(spans, nearest_yet, shown)
    pixel = np.flatnonzero(shown >= 0)
    return Seen(pixel, shown.take(pixel).astype(np.intp))


def pieces_of(x: Floats, y: Floats, faces: Ints, height: int, width: int) -> list[Numbers]:
    """Sort out triangles that meet no row's middle, and cut the others into handy lots."""
    a, b, c = (faces[:, k].astype(np.intp) for k in range(3))
    x0, y0, x1, y1, x2, y2 = x.take(a), y.take(a), x.take(b), y.take(b), x.take(c), y.take(c)
    rows = np.floor(np.maximum(np.maximum(y0, y1), y2).clip(-1, height) - _HALF)
    rows -= np.ceil(np.minimum(np.minimum(y0, y1), y2).clip(0, height + 1) - _HALF)
    index = np.flatnonzero(rows >= 0)
    area = np.abs((x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)).take(index) / 2
    work = np.cumsum(np.minimum(area, height * width) + 2 * rows.take(index) + 2, dtype=np.float64)
    if not len(index):
        return []
    cuts = np.searchsorted(work, np.arange(PIECE, work[-1], PIECE))
    return [piece for piece in np.split(index, cuts) if len(piece)]


def _keep_nearest(spans: _Spans, nearest_yet: Floats, shown: Ints) -> None:
    """Enter the pixels of spans into a picture, where they are nearer than what is there."""
    order = np.arange(int(spans.length.sum()))
    span = np.repeat(np.arange(len(spans.length)), spans.length)
    along = order - (np.cumsum(spans.length) - spans.length).take(span)
    pixel = spans.pixel.take(span) + along
    near = spans.slope.take(span) * along.astype(np.float32) + spans.near.take(span)
    # Of several that want one pixel whoever came last enters; then whoever is nearer does, until
    # nobody is. No sorting, and surfaces that lie several deep are rare.
    rival = np.flatnonzero(near > nearest_yet.take(pixel))
    while len(rival):
        place, value = pixel.take(rival), near.take(rival)
        nearest_yet[place] = value
        shown[place] = spans.face.take(span.take(rival))
        rival = rival[value > nearest_yet.take(place)]


def spans_of(
    x: Floats, y: Floats, near: Floats, faces: Ints, index: Numbers, height: int, width: int
) -> _Spans:
    """Cut triangles into rows."""
    corners = faces[index].astype(np.intp)
    # Corners from the top down. An edge is always walked from its upper end, so that both of its
    # triangles find it at the very same place and leave no gap.
    order = np.argsort(y[corners], 1)
    a, b, c = np.take_along_axis(corners, order, 1).T
    whole, upper, lower = (_edge(x, y, near, p, q) for p, q in ((a, c), (a, b), (b, c)))
    top = np.ceil(y.take(a) - _HALF).clip(0, height).astype(np.intp)
    bottom = np.floor(y.take(c) - _HALF).clip(-1, height - 1).astype(np.intp)
    rows = bottom - top + 1
    of = np.repeat(np.arange(len(index)), rows)
    row = np.arange(len(of)) + (top - (np.cumsum(rows) - rows)).take(of)
    middle = row.astype(np.float32) + _HALF
    x0, near0 = _along(whole, of, middle)
    short = np.concatenate([upper, lower], 1)
    x1, near1 = _along(short, of + (middle >= y.take(b).take(of)) * len(index), middle)
    swapped = x1 < x0
    left, right = np.where(swapped, x1, x0), np.where(swapped, x0, x1)
    first = np.maximum(np.ceil(left - _HALF), 0).astype(np.intp)
    last = np.minimum(np.floor(right - _HALF), width - 1).astype(np.intp)
    kept = np.flatnonzero(last >= first)
    left, right, first = left.take(kept), right.take(kept), first.take(kept)
    near_left = np.where(swapped, near1, near0).take(kept)
    near_right = np.where(swapped, near0, near1).take(kept)
    slope = (near_right - near_left) / np.maximum(right - left, np.float32(1e-6))
    return _Spans(
        face=index.take(of.take(kept)),
        pixel=row.take(kept) * width + first,
        length=last.take(kept) - first + 1,
        near=near_left + slope * (first.astype(np.float32) + _HALF - left),
        slope=slope,
    )


def _edge(x: Floats, y: Floats, near: Floats, upper: Numbers, lower: Numbers) -> Floats:
    """Return y, x and nearness of edges' upper ends, and what a pixel down adds to the last two."""
    x0, y0, near0 = x.take(upper), y.take(upper), near.take(upper)
    tall = y.take(lower) - y0
    share = np.float32(1) / np.where(tall > 0, tall, np.float32(1))
    return np.stack(
        [y0, x0, near0, (x.take(lower) - x0) * share, (near.take(lower) - near0) * share]
    )


def _along(edges: Floats, of: Numbers, middle: Floats) -> tuple[Floats, Floats]:
    """Return x and nearness where edges cross the middles of rows."""
    y, x, near, across, deeper = edges
    down = middle - y.take(of)
    return x.take(of) + across.take(of) * down, near.take(of) + deeper.take(of) * down


def weights_of(places: Floats, corners: Numbers, pixel: Numbers, width: int) -> Floats:
    """Return where the middles of pixels lie in their triangles.

    Args:
        places: (v, 2) as for `nearest`.
        corners: (3, n) vertices of each pixel's triangle.
        pixel: (n,) row times width plus column.
        width: of the picture.

    Returns:
        (3, n) shares of the corners in the picture's plane, at least 0, their sum 1.
    """
    x, y = np.ascontiguousarray(places.T, np.float32)
    a, b, c = corners
    x0, y0 = x.take(a), y.take(a)
    bx, by, cx, cy = x.take(b) - x0, y.take(b) - y0, x.take(c) - x0, y.take(c) - y0
    area = bx * cy - by * cx
    inverse = np.float32(1) / np.where(area == 0, np.float32(1), area)
    row, column = np.divmod(pixel.astype(np.int32), np.int32(width))
    dx = column.astype(np.float32) + _HALF - x0
    dy = row.astype(np.float32) + _HALF - y0
    out = np.empty((3, len(pixel)), np.float32)
    _, second, third = out
    np.multiply(dx * cy - dy * cx, inverse, out=second)
    np.multiply(dy * bx - dx * by, inverse, out=third)
    # A pixel on an edge may come out a rounding error outside; in a sliver, that is far.
    np.clip(out[1:], 0, 1, out=out[1:])
    out[1:] /= np.maximum(second + third, np.float32(1))
    out[0] = np.float32(1) - second - third
    return out
