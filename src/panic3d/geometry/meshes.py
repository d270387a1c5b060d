"""Triangle meshes, and surfaces taken from volumes of samples."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from panic3d.errors import MeshError

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Bytes = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Mesh:
    """Triangles in the world frame, metres, counter-clockwise seen from outside."""

    vertices: Floats
    """(v, 3)."""
    faces: Ints
    """(f, 3) indices of vertices."""
    normals: Floats
    """(v, 3), unit length, outward."""
    colours: Floats
    """(v, 3) sRGB in [0, 1]."""
    source: str = field(default="", compare=False)
    """Where it came from, for the files it is written to."""

    def signed_volume(self) -> float:
        """Return the enclosed volume, cubic metres; negative if the faces look inward."""
        a, b, c = (self.vertices[self.faces[:, k]].astype(np.float64) for k in range(3))
        return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)

    def area(self) -> float:
        """Return the surface area, square metres."""
        a, b, c = (self.vertices[self.faces[:, k]].astype(np.float64) for k in range(3))
        return float(np.linalg.norm(np.cross(b - a, c - a), axis=-1).sum() / 2)


@dataclass(frozen=True, kw_only=True)
class TexturedMesh:
    """Triangles with a picture on them, otherwise as `Mesh`."""

    vertices: Floats
    """(v, 3)."""
    faces: Ints
    """(f, 3)."""
    normals: Floats
    """(v, 3)."""
    uvs: Floats
    """(v, 2) in [0, 1], v runs down."""
    texture: Bytes
    """(s, s, 3) sRGB, rows from the top."""


def marching_cubes(volume: Floats, level: float) -> tuple[Floats, Ints, Floats]:
    """Find the surface where a volume crosses a level, by scikit-image's Lewiner variant.

    Only the part of the volume around values above the level is walked; the result is the same.

    Args:
        volume: (n, n, n) samples, higher inside.
        level: the surface's value.

    Returns:
        Vertices in sample indices, faces, and normals. Faces and normals as scikit-image makes
        them: in right-handed index axes the faces look inward.

    Raises:
        MeshError: nothing crosses the level, or the volume holds no three axes of two samples.
    """
    from skimage.measure import marching_cubes as lewiner

    if volume.ndim != 3 or min(volume.shape) < 2:
        raise MeshError(f"the volume has shape {volume.shape}, expected three axes of at least 2")
    inside = volume > level
    spans = []
    for axis in range(3):
        present = np.flatnonzero(inside.any(axis=tuple(a for a in range(3) if a != axis)))
        if len(present) == 0:
            raise MeshError(
                f"no sample of the volume is above {level}, the largest is "
                f"{float(np.max(volume)):.4g}: the field is empty there; lower the threshold"
            )
        # Two samples of margin: one for the surface, one for its normals.
        spans.append(slice(max(int(present[0]) - 2, 0), int(present[-1]) + 3))
    piece = np.ascontiguousarray(volume[tuple(spans)])
    if bool(inside.all()):
        raise MeshError(
            f"every sample of the volume is above {level}: there is no surface; pad the volume "
            "or raise the threshold"
        )
    vertices, faces, normals, _ = lewiner(
        piece, level=level, gradient_direction="descent", allow_degenerate=False
    )
    start = np.array([span.start for span in spans], np.float32)
    return (vertices + start).astype(np.float32), faces.astype(np.int32), normals
