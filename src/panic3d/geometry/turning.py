"""Turning a mesh about a point."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64
from numpy.typing import NDArray

from panic3d.errors import ShapeError

Floats = NDArray[np.float32]


def turned_back(
    vertices: Floats,
    normals: Floats,
    camera_from_head: Float64[np.ndarray, "3 3"],
    pivot_m: tuple[float, float, float],
) -> tuple[Floats, Floats]:
    """Undo the turn of a head: what looks aside looks along +z afterwards, upright.

    Args:
        vertices: (v, 3) metres, in the camera's axes: x right, y up, z towards the viewer.
        normals: (v, 3).
        camera_from_head: the head's rotation there.
        pivot_m: what the head turned about, and stays where it is.

    Returns:
        Vertices and normals.

    Raises:
        ShapeError: the matrix is no rotation.
    """
    matrix = np.asarray(camera_from_head, np.float64)
    orthogonal = matrix.shape == (3, 3) and np.allclose(matrix @ matrix.T, np.eye(3), atol=1e-4)
    if not orthogonal or np.linalg.det(matrix) < 0:
        raise ShapeError(
            f"camera_from_head is {matrix.tolist()}, expected a rotation of 3 x 3 numbers"
        )
    pivot = np.array(pivot_m, np.float64)
    points = (vertices.astype(np.float64) - pivot) @ matrix + pivot  # rows times the inverse's
    return points.astype(np.float32), (normals.astype(np.float64) @ matrix).astype(np.float32)
