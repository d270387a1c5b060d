"""Which triangle covers which pixel, where in it, and how many pixels each would cover alone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from panic3d.geometry.scanlines import nearest, pieces_of, spans_of, weights_of

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Numbers = NDArray[np.intp]


class Scan(NamedTuple):
    """What the pixels of a picture show; only those that show anything."""

    pixel: Numbers
    """(m,) row times width plus column."""
    face: Numbers
    """(m,)."""
    weights: Floats
    """(m, 3) of the face's corners."""


def scan(
    places: Floats, faces: Ints, size: tuple[int, int], nearness: Floats | None = None
) -> Scan:
    """Find the triangle that covers the middle of each pixel.

    Args:
        places: (v, 2) column and row in pixels, from the picture's top left corner.
        faces: (f, 3).
        size: height and width.
        nearness: (v,) larger in front; None: any triangle will do.
    """
    if nearness is None:
        nearness = np.zeros(len(places), np.float32)
    seen = nearest(places, faces, size, nearness)
    corners = faces.T.astype(np.intp).take(seen.face, axis=1)
    weights = weights_of(places, corners, seen.pixel, size[1])
    return Scan(seen.pixel, seen.face, np.ascontiguousarray(weights.T))


def covered(places: Floats, faces: Ints, size: tuple[int, int]) -> NDArray[np.float64]:
    """Return (f,) how many pixels each triangle covers, whatever lies in front of it.

    Args:
        places: (v, 2) as for `scan`.
        faces: (f, 3).
        size: height and width.
    """
    height, width = size
    x, y = places[:, 0].astype(np.float32), places[:, 1].astype(np.float32)
    flat = np.zeros(len(places), np.float32)
    total = np.zeros(len(faces))
    for piece in pieces_of(x, y, faces, height, width):
        spans = spans_of(x, y, flat, faces, piece, height, width)
        total += np.bincount(spans.face, spans.length, len(faces))
    return total
