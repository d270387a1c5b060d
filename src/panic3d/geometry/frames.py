"""Points carried from one frame of `conventions.py` to another."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from panic3d.checks import check_shape
from panic3d.errors import ShapeError
from panic3d.geometry.conventions import HEAD_BOX_M, LUSTROUS_FROM_WORLD, VOLUME_FROM_WORLD


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
