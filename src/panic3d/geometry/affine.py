"""Affine maps of points in a picture."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from panic3d.errors import ShapeError


def moved(
    points: Float[np.ndarray, "n 2"], target_from_source: Float[np.ndarray, "3 3"]
) -> Float[np.ndarray, "n 2"]:
    """Map points by a matrix that acts on columns (a, b, 1).

    Args:
        points: in the order of axes that the matrix is made for: x, y in this package; the
            matrices of the paper's alignment file take row, column.
        target_from_source: the last row is (0, 0, 1).

    Raises:
        ShapeError: the points or the matrix have another shape, or it is no affine map.
    """
    if points.ndim != 2 or points.shape[1] != 2 or target_from_source.shape != (3, 3):
        raise ShapeError(
            f"points have shape {list(points.shape)} and the matrix "
            f"{list(target_from_source.shape)}, expected [N, 2] and [3, 3]"
        )
    if not np.allclose(target_from_source[2], (0, 0, 1)):
        raise ShapeError(
            f"the matrix ends in {target_from_source[2].tolist()}, expected 0, 0, 1: pass an "
            "affine map that acts on columns"
        )
    return points @ target_from_source[:2, :2].T + target_from_source[:2, 2]
