"""Plain surfaces for the tests of what measures them."""

from __future__ import annotations

import numpy as np

from panic3d.evaluate.surface_metrics import Triangles


def sphere(
    radius_m: float, centre: tuple[float, float, float] = (0, 0, 0), cuts: int = 5
) -> Triangles:
    """An octahedron whose edges are halved so often, on a sphere; seen from outside."""
    corners = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]])
    patches = np.array([corners[[i, j, k]] for i in (0, 1) for j in (2, 3) for k in (4, 5)], float)
    for _ in range(cuts):
        a, b, c = patches.swapaxes(0, 1)
        ab, bc, ca = (a + b) / 2, (b + c) / 2, (c + a) / 2
        patches = np.concatenate(
            [np.stack(each, 1) for each in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))]
        )
    inward = np.linalg.det(patches) < 0
    patches[inward] = patches[inward][:, ::-1]
    points = patches.reshape(-1, 3)
    points = radius_m * points / np.linalg.norm(points, axis=-1, keepdims=True) + centre
    vertices, faces = np.unique(points.round(12), axis=0, return_inverse=True)
    return Triangles(vertices, faces.reshape(-1, 3).astype(np.int32))
