"""A head's mesh with a texture: the field's colours, and the portrait's own pixels in front.

Source: PAniC-3D (arXiv:2303.14587), section 3.3, puts the portrait's pixels back into views; here
they are put on the surface, wherever the front camera sees it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float32
from numpy.typing import NDArray

from panic3d.geometry.meshes import Mesh, TexturedMesh
from panic3d.geometry.unwrap import Texels, rasterised, unwrap
from panic3d.render.volume import Field

TEXTURE_SIZE = 2048
TEXELS_PER_METRE = 1463.0
"""Twice as fine as a portrait of 512 pixels."""

SEEN_WITHIN_M = 0.006
"""A surface this little behind the first one is the first one."""
FACING = (0.12, 0.4)
"""Cosines to the front camera between which the portrait takes over."""
MATTE = (0.6, 0.95)
"""Alphas between which it does."""


class Front(NamedTuple):
    """The portrait that is put back."""

    colour: Float32[np.ndarray, "s s 3"]
    """sRGB in [0, 1], not mixed with any background."""
    alpha: Float32[np.ndarray, "s s"]
    box_m: float
    """Its width, metres."""


def textured(
    mesh: Mesh,
    field: Field,
    like: torch.Tensor,
    front: Front | None,
    *,
    size: int = TEXTURE_SIZE,
) -> TexturedMesh:
    """Unwrap a mesh and paint it.

    Args:
        mesh: of the field.
        field: gives the colours.
        like: has the device and dtype that the field wants.
        front: what is put back; None leaves the portrait out.
        size: side of the texture, texels.

    Raises:
        MeshError: the mesh is empty.
    """
    layout = unwrap(mesh.vertices, mesh.faces, mesh.normals, size, TEXELS_PER_METRE * size / 2048)
    texels = rasterised(layout.places, layout.faces, (size, size))
    shown = texels.face >= 0
    corners = mesh.faces[texels.face[shown]]
    weights = texels.weights[shown][..., None]
    points = (mesh.vertices[corners] * weights).sum(1)
    colours = _colours(field, points, like)
    if front is not None:
        normals = (mesh.normals[corners] * weights).sum(1)
        normals /= np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-9)
        share = _share(mesh, points, normals, front)[:, None]
        colours += share * (_bilinear(front.colour, points, front.box_m) - colours)
    texture = np.zeros((size, size, 3), np.uint8)
    texture[shown] = np.rint(colours.clip(0, 1) * 255).astype(np.uint8)
    return TexturedMesh(
        vertices=mesh.vertices[layout.vertices],
        faces=layout.faces,
        normals=mesh.normals[layout.vertices],
        uvs=(layout.places / size).astype(np.float32),
        texture=_spread(texture, texels),
    )


def _colours(field: Field, points: NDArray[np.float32], like: torch.Tensor) -> NDArray[np.float32]:
    with torch.no_grad():
        found = field.value(torch.from_numpy(points).to(like))[:, :3]
    out: NDArray[np.float32] = found.float().cpu().numpy()
    return out


def _share(
    mesh: Mesh, points: NDArray[np.float32], normals: NDArray[np.float32], front: Front
) -> NDArray[np.float32]:
    """Return how much of each point's colour the portrait gives, 0 to 1."""
    from scipy.ndimage import maximum_filter

    size = len(front.alpha)
    places = _places(mesh.vertices, front.box_m, size)
    seen = rasterised(places, mesh.faces, (size, size), mesh.vertices[:, 2])
    depth = np.full((size, size), -np.inf, np.float32)
    hit: Bool[np.ndarray, "s s"] = seen.face >= 0
    z = mesh.vertices[mesh.faces[seen.face[hit]], 2]
    depth[hit] = (z * seen.weights[hit]).sum(1)
    # What is nearer within a pixel around would print its own outline on what lies behind.
    nearest = maximum_filter(depth, 3)
    column, row = _places(points, front.box_m, size).astype(np.int32).T.clip(0, size - 1)
    slope = np.sqrt(np.maximum(1 - normals[:, 2] ** 2, 0)) / np.maximum(normals[:, 2], FACING[0])
    within = SEEN_WITHIN_M + 1.5 * front.box_m / size * slope
    visible = nearest[row, column] - points[:, 2] < within
    alpha = _bilinear(front.alpha[..., None], points, front.box_m)[:, 0]
    share: NDArray[np.float32] = visible * _smooth(normals[:, 2], *FACING) * _smooth(alpha, *MATTE)
    return share.astype(np.float32)


def _smooth(x: NDArray[np.float32], low: float, high: float) -> NDArray[np.float32]:
    t = ((x - low) / (high - low)).clip(0, 1)
    out: NDArray[np.float32] = t * t * (3 - 2 * t)
    return out


def _places(points: NDArray[np.float32], box_m: float, size: int) -> NDArray[np.float32]:
    """Return where points appear in the front picture, pixels from its top left corner."""
    flat = points[:, :2] * np.array([1, -1], np.float32)
    out: NDArray[np.float32] = (flat / box_m + 0.5) * size
    return out


def _bilinear(
    picture: NDArray[np.float32], points: NDArray[np.float32], box_m: float
) -> NDArray[np.float32]:
    """Return what the front picture shows at points, (m, c)."""
    size = len(picture)
    place = (_places(points, box_m, size) - 0.5).clip(0, size - 1)
    low = np.minimum(place.astype(np.int32), size - 2)
    (x, y), (fx, fy) = low.T, (place - low).astype(np.float32).T[..., None]
    upper = picture[y, x] * (1 - fx) + picture[y, x + 1] * fx
    lower = picture[y + 1, x] * (1 - fx) + picture[y + 1, x + 1] * fx
    out: NDArray[np.float32] = upper * (1 - fy) + lower * fy
    return out


def _spread(texture: NDArray[np.uint8], texels: Texels) -> NDArray[np.uint8]:
    """Fill what no triangle covers with the nearest colour, for filtering and mipmaps."""
    from scipy.ndimage import distance_transform_edt

    nearest = distance_transform_edt(texels.face < 0, return_distances=False, return_indices=True)
    out: NDArray[np.uint8] = texture[tuple(nearest)]
    return out
