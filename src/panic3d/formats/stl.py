"""Binary STL files: bare triangles, in metres like all other formats here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from panic3d.files import atomic_write
from panic3d.geometry.smoothing import face_normals

_TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("bytes", "<u2")])


def write_stl(vertices: NDArray[np.float32], faces: NDArray[np.int32], path: str | Path) -> None:
    """Write triangles; the file appears whole or not at all.

    STL has no unit. Programs for printing take millimetres: scale by 1000 there.

    Args:
        vertices: (v, 3) metres.
        faces: (f, 3), counter-clockwise seen from outside.
        path: of the file.

    Raises:
        Panic3dError: the file cannot be written.
    """
    triangles = np.zeros(len(faces), _TRIANGLE)
    triangles["normal"] = face_normals(vertices, faces)
    triangles["corners"] = vertices[faces]
    # A header that began with "solid" would announce text.
    header = b"binary STL, metres, y up, face along +z".ljust(80)
    with atomic_write(Path(path)) as file:
        file.write(header + np.uint32(len(faces)).tobytes() + triangles.tobytes())
