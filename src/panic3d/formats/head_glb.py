"""A textured mesh as a binary glTF file that any 3D program opens."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from panic3d.files import atomic_write
from panic3d.formats.gltf_write import ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER, GltfWriter, Json
from panic3d.geometry.character import Picture8, TextureUse
from panic3d.geometry.meshes import TexturedMesh


def write_head(
    mesh: TexturedMesh,
    path: str | Path,
    generator: str = "panic3d",
    *,
    double_sided: bool = False,
) -> None:
    """Write one mesh with one unlit, opaque texture; the file appears whole or not at all.

    Args:
        mesh: metres, y up, face along +z.
        path: of the file.
        generator: what the file says that it was made by.
        double_sided: draw both sides of its triangles, as sheets need it.

    Raises:
        Panic3dError: the file cannot be written.
    """
    with atomic_write(Path(path)) as file:
        file.write(head_bytes(mesh, generator, double_sided=double_sided))


def head_bytes(
    mesh: TexturedMesh, generator: str = "panic3d", *, double_sided: bool = False
) -> bytes:
    """Return the bytes of the file; see `write_head`."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(mesh.texture).save(buffer, "PNG", compress_level=6)
    picture = Picture8(data=buffer.getvalue(), name="head")
    gltf = GltfWriter(generator)
    gltf.use_extension("KHR_materials_unlit")
    use = TextureUse(image=0, wrap=("clamp", "clamp"))
    material: Json = {
        "name": "head",
        "pbrMetallicRoughness": {
            "baseColorTexture": gltf.texture_info(picture, use),
            "metallicFactor": 0.0,
            "roughnessFactor": 1.0,
        },
        "extensions": {"KHR_materials_unlit": {}},
    }
    if double_sided:
        material["doubleSided"] = True
    gltf.add("materials", material)
    lengths = np.linalg.norm(mesh.normals, axis=1, keepdims=True)
    up = np.array([0, 1, 0], np.float32)
    normals = np.where(lengths > 1e-6, mesh.normals / np.maximum(lengths, 1e-6), up)
    gltf.add(
        "meshes",
        {
            "name": "head",
            "primitives": [
                {
                    "attributes": {
                        "POSITION": gltf.accessor(mesh.vertices, ARRAY_BUFFER, bounds=True),
                        "NORMAL": gltf.accessor(normals.astype(np.float32), ARRAY_BUFFER),
                        "TEXCOORD_0": gltf.accessor(mesh.uvs, ARRAY_BUFFER),
                    },
                    "indices": gltf.accessor(
                        mesh.faces.reshape(-1).astype(np.uint32), ELEMENT_ARRAY_BUFFER
                    ),
                    "material": 0,
                }
            ],
        },
    )
    gltf.add("nodes", {"name": "head", "mesh": 0})
    gltf.add("scenes", {"nodes": [0]})
    gltf.json["scene"] = 0
    return gltf.glb()
