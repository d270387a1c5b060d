"""Rays through the pixels of a picture, in the world frame."""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from panic3d.checks import check_shape
from panic3d.errors import ConfigError
from panic3d.geometry.cameras import Camera, Perspective, camera_from_label


class Rays(NamedTuple):
    """One ray per pixel, row by row from the top left."""

    origins: Float[Tensor, "*n 3"]
    """Metres."""
    directions: Float[Tensor, "*n 3"]
    """Unit length."""

    def on(self, like: Tensor) -> Rays:
        """Return the rays with the device and dtype of another tensor."""
        return Rays(self.origins.to(like), self.directions.to(like))


def pixel_centres(resolution: int) -> tuple[Float[Tensor, " r r"], Float[Tensor, " r r"]]:
    """Return column and row (u, v) of every pixel's centre, 0 to 1 across the picture, float64.

    Raises:
        ConfigError: the resolution is below 1.
    """
    if resolution < 1:
        raise ConfigError(f"resolution is {resolution}, expected at least 1 pixel")
    steps = (torch.arange(resolution, dtype=torch.float64) + 0.5) / resolution
    v, u = torch.meshgrid(steps, steps, indexing="ij")
    return u, v


def camera_rays(camera: Camera, resolution: int) -> Rays:
    """Cast a ray through the centre of every pixel of a square picture.

    Args:
        camera: where to look from.
        resolution: side of the picture, pixels.

    Returns:
        resolution**2 rays, float32, computed in float64.

    Source: PAniC-3D's rays; the original computes them in float32, which differs by rounding.
    """
    u, v = pixel_centres(resolution)
    turn = camera.world_from_head_turn()
    if isinstance(camera, Perspective):
        local = torch.stack(
            [(u - 0.5) / camera.focal, (0.5 - v) / camera.focal, -torch.ones_like(u)], -1
        ).reshape(-1, 3)
        directions = torch.nn.functional.normalize(local @ turn.T, dim=-1)
        origins = (camera.distance_m * turn[:, 2]).expand_as(directions)
    else:
        local = torch.stack(
            [
                (u - 0.5) * camera.width_m,
                (0.5 - v) * camera.width_m,
                torch.full_like(u, camera.distance_m),
            ],
            -1,
        ).reshape(-1, 3)
        origins = local @ turn.T
        directions = (-turn[:, 2]).expand_as(origins)
    return Rays(origins.float().contiguous(), directions.float().contiguous())


def label_rays(labels: Float[Tensor, "n 25"], resolution: int, box_m: float) -> Rays:
    """Cast the rays of a batch of camera labels.

    Any perspective label will do, also off-centre or rolled; a negative focal length marks an
    orthographic camera looking at the origin.

    Args:
        labels: see `label_from_camera`.
        resolution: side of the picture, pixels.
        box_m: width of the orthographic window.

    Returns:
        Origins and directions (n, resolution**2, 3), device and dtype of the labels.

    Raises:
        ShapeError: labels are not (n, 25).
    """
    check_shape("labels", labels, "N 25")
    parts = []
    for label in labels:
        numbers = label.detach().double().cpu()
        if numbers[16] < 0:
            parts.append(camera_rays(camera_from_label(label, box_m), resolution))
            continue
        matrix, k = numbers[:16].reshape(4, 4), numbers[16:].reshape(3, 3)
        u, v = pixel_centres(resolution)
        fx, fy, cx, cy, skew = k[0, 0], k[1, 1], k[0, 2], k[1, 2], k[0, 1]
        x = (u - cx + cy * skew / fy - skew * v / fy) / fx
        local = torch.stack([x, (v - cy) / fy, torch.ones_like(x)], -1).reshape(-1, 3)
        directions = torch.nn.functional.normalize(local @ matrix[:3, :3].T, dim=-1)
        parts.append(
            Rays(matrix[:3, 3].expand_as(directions).float(), directions.float()),
        )
    return Rays(
        torch.stack([rays.origins for rays in parts]).to(labels),
        torch.stack([rays.directions for rays in parts]).to(labels),
    )
