"""Pictures of a textured mesh without a graphics driver: for previews, on any machine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from panic3d.geometry.cameras import Camera, Orthographic
from panic3d.geometry.meshes import TexturedMesh
from panic3d.geometry.unwrap import rasterised
from panic3d.image import Picture

SUPERSAMPLING = 2


def draw_mesh(mesh: TexturedMesh, camera: Camera, size: int) -> Picture:
    """Draw a mesh, unlit, both sides of its triangles.

    Args:
        mesh: world frame; all of it lies in front of the camera.
        camera: from where.
        size: width and height, pixels.
    """
    from PIL import Image

    large = size * SUPERSAMPLING
    camera_from_world = np.linalg.inv(camera.world_from_camera())
    x, y, z = (mesh.vertices @ camera_from_world[:3, :3].T + camera_from_world[:3, 3]).T
    if isinstance(camera, Orthographic):
        scale: NDArray[np.float64] | float = 1 / camera.width_m
        nearness = -z
    else:
        scale, nearness = camera.focal / z, 1 / z  # the inverse of depth is what runs evenly
    places = np.stack([x * scale + 0.5, y * scale + 0.5], -1) * large
    seen = rasterised(
        places.astype(np.float32), mesh.faces, (large, large), nearness.astype(np.float32)
    )
    shown = seen.face >= 0
    corners, weights = mesh.faces[seen.face[shown]], seen.weights[shown]
    if not isinstance(camera, Orthographic):
        weights = weights * nearness[corners]
        weights /= weights.sum(1, keepdims=True)
    uv = (mesh.uvs[corners] * weights[..., None]).sum(1)
    rgba = np.zeros((large, large, 4), np.uint8)
    rgba[shown, :3] = np.rint(_texel(mesh.texture, uv)).astype(np.uint8)
    rgba[shown, 3] = 255
    image = Image.fromarray(rgba).convert("RGBa").resize((size, size), Image.Resampling.BOX)
    return Picture(np.array(image.convert("RGBA")))


def _texel(texture: NDArray[np.uint8], uv: NDArray[np.floating]) -> NDArray[np.float32]:
    """Look a texture up between its texels."""
    size = len(texture)
    place = (uv * size - 0.5).clip(0, size - 1)
    low = np.minimum(place.astype(np.int32), size - 2)
    (x, y), (fx, fy) = low.T, (place - low).astype(np.float32).T[..., None]
    upper = texture[y, x] * (1 - fx) + texture[y, x + 1] * fx
    lower = texture[y + 1, x] * (1 - fx) + texture[y + 1, x + 1] * fx
    out: NDArray[np.float32] = upper * (1 - fy) + lower * fy
    return out
