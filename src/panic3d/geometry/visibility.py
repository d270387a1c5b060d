"""What of a mesh one sees from the front: points that nothing hides, triangles seen whole."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from panic3d.geometry.scan import covered, scan
from panic3d.geometry.smoothing import face_normals

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Bools = NDArray[np.bool_]

WITHIN_M = 0.003
"""A surface this little behind the first one is the first one."""
STEEPEST = 8.0
"""Of a surface that recedes, depth for each pixel across, in pixels: for how much is allowed."""
_ALL_BUT = 0.8
"""Of the pixels that a triangle covers, at least so many show it if it is seen."""


class DepthMap(NamedTuple):
    """What is nearest to the viewer."""

    nearest: Floats
    """(s, s) the largest z within a pixel around, -inf where nothing is."""
    box_m: float
    """Width of the picture, metres."""

    @property
    def pixel_m(self) -> float:
        """Width of a pixel."""
        return self.box_m / len(self.nearest)

    def hidden(self, points: Floats, normals: Floats) -> Bools:
        """Say which points of the surface lie behind something else.

        Args:
            points: (m, 3) in the frame of the view: x right, y up, z towards the viewer.
            normals: (m, 3) of the surface there.
        """
        size = len(self.nearest)
        column, row = on_picture(points, self.box_m, size).astype(np.int32).T.clip(0, size - 1)
        across = np.sqrt(np.maximum(1 - normals[:, 2] ** 2, 0))
        steep = across / np.maximum(normals[:, 2], 1 / STEEPEST)
        within = WITHIN_M + 1.5 * self.pixel_m * steep
        out: Bools = self.nearest[row, column] - points[:, 2] > within
        return out


def on_picture(points: Floats, box_m: float, size: int) -> Floats:
    """Return (m, 2) column and row, pixels from the top left corner, of points seen along -z."""
    flat = points[:, :2] * np.array([1, -1], np.float32)
    out: Floats = (flat / np.float32(box_m) + np.float32(0.5)) * np.float32(size)
    return out


def depth_map(points: Floats, faces: Ints, box_m: float, size: int) -> DepthMap:
    """Look at a mesh from the front.

    Args:
        points: (v, 3) x right, y up, z towards the viewer; metres.
        faces: (f, 3).
        box_m: width of the picture, metres; its middle is the origin.
        size: of the picture, pixels.
    """
    from scipy.ndimage import maximum_filter

    z = np.ascontiguousarray(points[:, 2])
    seen = scan(on_picture(points, box_m, size), faces, (size, size), z)
    depth = np.full(size * size, -np.inf, np.float32)
    depth[seen.pixel] = (z[faces[seen.face]] * seen.weights).sum(1)
    nearest: Floats = maximum_filter(depth.reshape(size, size), 3)
    return DepthMap(nearest, box_m)


def wholly_seen(
    points: Floats, faces: Ints, normals: Floats, depth: DepthMap, facing: float
) -> Bools:
    """Say which triangles a picture from the front shows whole and not too slanted.

    Args:
        points: (v, 3) in the frame of the view.
        faces: (f, 3).
        normals: (v, 3).
        depth: of this mesh.
        facing: cosine to the viewer, more than which a triangle must have.

    Returns:
        (f,). In the picture no two of them overlap by more than a pixel or two.
    """
    size = len(depth.nearest)
    z = np.ascontiguousarray(points[:, 2])
    places = on_picture(points, depth.box_m, size)
    seen = scan(places, faces, (size, size), z)
    shown = np.bincount(seen.face, minlength=len(faces))
    enough = shown >= _ALL_BUT * covered(places, faces, (size, size))
    facing_us = face_normals(points, faces)[:, 2] > facing
    out: Bools = facing_us & enough & ~depth.hidden(points, normals)[faces].any(1)
    return out
