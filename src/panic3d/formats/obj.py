"""Wavefront OBJ files of a textured mesh, with their material and picture."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from panic3d.files import atomic_write
from panic3d.geometry.meshes import TexturedMesh


def companions(path: str | Path) -> tuple[Path, Path]:
    """Return the material's and the picture's path beside an OBJ file.

    Formats separate words by blanks, so there are none in their names; and the picture is not
    called like the mesh: a portrait of that name may lie there.
    """
    path = Path(path)
    stem = "_".join(path.stem.split()) or "head"
    return path.with_name(f"{stem}.mtl"), path.with_name(f"{stem}_texture.png")


def write_obj(mesh: TexturedMesh, path: str | Path) -> None:
    """Write an OBJ file, and what it refers to before it; each appears whole or not at all.

    Raises:
        Panic3dError: a file cannot be written.
    """
    from PIL import Image

    path = Path(path)
    material, picture = companions(path)
    buffer = io.BytesIO()
    Image.fromarray(mesh.texture).save(buffer, "PNG", compress_level=6)
    with atomic_write(picture) as file:
        file.write(buffer.getvalue())
    with atomic_write(material) as file:
        file.write(_material(picture.name).encode())
    uvs = mesh.uvs * np.array([1, -1], np.float32) + np.array([0, 1], np.float32)  # v runs up
    corners = np.repeat(mesh.faces.astype(np.int64) + 1, 3, axis=1)
    text = "\n".join(
        [
            "# metres, y up, face along +z",
            f"mtllib {material.name}",
            "o head",
            *_lines("v", mesh.vertices),
            *_lines("vt", uvs),
            *_lines("vn", mesh.normals),
            "usemtl head",
            *map("f %d/%d/%d %d/%d/%d %d/%d/%d".__mod__, map(tuple, corners.tolist())),
            "",
        ]
    )
    with atomic_write(path) as file:
        file.write(text.encode("ascii"))


def _material(picture: str) -> str:
    # illum 0: the colour as it is, unlit.
    lines = ["newmtl head", "illum 0", "Ka 1 1 1", "Kd 1 1 1", "Ks 0 0 0", f"map_Kd {picture}", ""]
    return "\n".join(lines)


def _lines(kind: str, values: NDArray[np.float32]) -> list[str]:
    form = kind + " %.6f" * values.shape[1]
    return [form % tuple(row) for row in values.tolist()]
