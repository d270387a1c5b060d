"""Frames, units and the transforms between them; the only place that knows a foreign axis.

World (frame E of the paper's code): right-handed, metres, y up, the face looks along +z,
origin mid-head (the head bone plus 0.1 m). The subject's left is +x.

Other frames, all with the same origin and unit:

* **Lustrous** (L): x and z negated, the model frame of VRM 0.x (face along -z). Position
  pictures of the paper are in it.
* **Volume** (V): x negated only, a mirror image; the paper's saved meshes are in it.
* **Camera**: OpenCV axes, x right, y down, z forward.
* **Picture**: the front orthographic picture; u to the right and v down, each 0 to 1 across it.

A matrix's name reads right to left, as it acts: ``lustrous_from_world @ point_in_world``.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from panic3d.checks import check_shape
from panic3d.errors import ShapeError

HEAD_BOX_M = 0.7
"""Side of the cube that planes and orthographic pictures cover."""

CAMERA_DISTANCE_M = 1.0
"""Distance of every camera of the paper from the origin."""

HEAD_BONE_OFFSET_M = (0.0, 0.1, 0.0)
"""From the head bone to the origin of the world frame."""

LUSTROUS_FROM_WORLD = (-1.0, 1.0, -1.0)
"""Diagonal of the transform; its own inverse."""

VOLUME_FROM_WORLD = (-1.0, 1.0, 1.0)
"""Diagonal of the transform; its own inverse. It mirrors: triangles change their winding."""


def _scaled(points: Tensor, diagonal: tuple[float, float, float]) -> Tensor:
    check_shape("points", points, "... 3")
    return points * points.new_tensor(diagonal)


def lustrous_from_world(points: Float[Tensor, "*n 3"]) -> Float[Tensor, "*n 3"]:
    """Carry points from the world frame to the lustrous (VRM 0.x) frame, metres."""
    return _scaled(points, LUSTROUS_FROM_WORLD)


def world_from_lustrous(points: Float[Tensor, "*n 3"]) -> Float[Tensor, "*n 3"]:
    """Carry points from the lustrous (VRM 0.x) frame to the world frame, metres."""
    return _scaled(points, LUSTROUS_FROM_WORLD)


def volume_from_world(points: Float[Tensor, "*n 3"]) -> Float[Tensor, "*n 3"]:
    """Carry points from the world frame to the mirrored frame of the paper's meshes, metres."""
    return _scaled(points, VOLUME_FROM_WORLD)


def world_from_volume(points: Float[Tensor, "*n 3"]) -> Float[Tensor, "*n 3"]:
    """Carry points from the mirrored frame of the paper's meshes to the world frame, metres."""
    return _scaled(points, VOLUME_FROM_WORLD)


def picture_from_world(
    points: Float[Tensor, "*n 3"], box_m: float = HEAD_BOX_M
) -> Float[Tensor, "*n 2"]:
    """Project world points on the front orthographic picture.

    Args:
        points: metres.
        box_m: width and height that the picture covers, metres.

    Returns:
        (u, v): column and row from 0 (left, top edge) to 1 (right, bottom edge).
    """
    check_shape("points", points, "... 3")
    return points[..., :2] * points.new_tensor([1.0, -1.0]) / box_m + 0.5


def world_from_picture(
    uv: Float[Tensor, "*n 2"], z: Float[Tensor, "*n"], box_m: float = HEAD_BOX_M
) -> Float[Tensor, "*n 3"]:
    """Lift positions on the front orthographic picture to world points of the given z.

    Args:
        uv: column and row, 0 to 1 across the picture.
        z: depth coordinate in the world frame, metres, towards the viewer positive.
        box_m: width and height that the picture covers, metres.
    """
    check_shape("uv", uv, "... 2")
    if z.shape != uv.shape[:-1]:
        raise ShapeError(
            f"z has shape {list(z.shape)}, expected {list(uv.shape[:-1])}: one depth per position"
        )
    xy = (uv - 0.5) * box_m * uv.new_tensor([1.0, -1.0])
    return torch.cat([xy, z[..., None]], -1)
