"""Boxes packed on shelves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]


def packed(extents: Numbers, width: int, height: int, first: int = 0) -> Numbers | None:
    """Put boxes on shelves, the highest first.

    A shelf is as high as its highest box; boxes too low for it are stacked in columns on it.

    Args:
        extents: (n, 2) width and height of each.
        width: of the whole.
        height: of the whole.
        first: so many boxes come before all others, in their order.

    Returns:
        (n, 2) left and top of each; None if they do not fit.
    """
    if len(extents) and (extents.max(0) > (width, height)).any():
        return None
    if int(extents.prod(1).sum()) > width * height:
        return None
    order = np.lexsort((-extents[first:, 0], -extents[first:, 1])) + first
    out = np.zeros((len(extents), 2), np.int64)
    shelf_top = shelf_height = 0
    left = column = used = 0  # the column that is being filled: where, how wide, how high
    for k in [*range(first), *order.tolist()]:
        wide, high = int(extents[k, 0]), int(extents[k, 1])
        if k >= first and wide <= column and used + high <= shelf_height:
            out[k] = left, shelf_top + used
            used += high
            continue
        left, column, used = left + column, wide, high
        if left + wide > width or high > shelf_height:
            if left + wide > width:
                shelf_top, shelf_height, left = shelf_top + shelf_height, 0, 0
            shelf_height = max(shelf_height, high)
        if shelf_top + high > height:
            return None
        out[k] = left, shelf_top
    return out
