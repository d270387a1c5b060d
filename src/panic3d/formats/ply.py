"""Binary PLY files of coloured meshes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from panic3d.files import atomic_write
from panic3d.geometry.meshes import Mesh


def write_ply(mesh: Mesh, path: str | Path) -> None:
    """Write vertices with normals and 8-bit sRGB colours, and triangles; little-endian.

    Raises:
        Panic3dError: the file cannot be written.
    """
    vertex = np.dtype(
        [(name, "<f4") for name in ("x", "y", "z", "nx", "ny", "nz")]
        + [(name, "u1") for name in ("red", "green", "blue")]
    )
    vertices = np.empty(len(mesh.vertices), vertex)
    for k, name in enumerate(("x", "y", "z")):
        vertices[name] = mesh.vertices[:, k]
        vertices[f"n{name}"] = mesh.normals[:, k]
    for k, name in enumerate(("red", "green", "blue")):
        vertices[name] = np.rint(mesh.colours[:, k] * 255).astype(np.uint8)
    faces = np.empty(len(mesh.faces), np.dtype([("count", "u1"), ("index", "<i4", 3)]))
    faces["count"], faces["index"] = 3, mesh.faces
    properties = [
        f"property {'uchar' if vertex[name] == np.uint8 else 'float'} {name}"
        for name in vertex.names or ()
    ]
    header = [
        "ply",
        "format binary_little_endian 1.0",
        "comment metres, y up, face along +z",
        f"element vertex {len(vertices)}",
        *properties,
        f"element face {len(faces)}",
        "property list uchar int vertex_indices",
        "end_header",
    ]
    with atomic_write(Path(path)) as file:
        file.write(("\n".join(header) + "\n").encode("ascii"))
        file.write(vertices.tobytes())
        file.write(faces.tobytes())
