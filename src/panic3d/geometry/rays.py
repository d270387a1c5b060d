"""Rays through the pixels of a picture, in the world frame."""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from panic3d.checks import check_shape
from panic3d.errors import ConfigError
from panic3d.geometry.cameras import Camera, Perspective
from panic3d.geometry.labels import camera_from_label, label_from_camera


class Rays(NamedTuple):
    """One ray per pixel, row by row from the top left."""

    origins: Float[Tensor, "*n 3"]
    """Metres."""
    directions: Float[Tensor, "*n 3"]
    """Unit length."""

    def on(self, like: Tensor) -> Rays:
        """Return the rays with the device and dtype of another tensor."""
        return Rays(self.origins.to(like), self.directions.to(like))


def pixel_centres(resolution: int) -> tuple[Float[Tensor, " rr"], Float[Tensor, " rr"]]:
    """Return column and row (u, v) of every pixel's centre, 0 to 1 across, row by row.

    Raises:
        ConfigError: the resolution is below 1.
    """
    if resolution < 1:
        raise ConfigError(f"resolution is {resolution}, expected at least 1 pixel")
    steps = torch.arange(resolution) * (1.0 / resolution) + 0.5 / resolution
    v, u = torch.meshgrid(steps, steps, indexing="ij")
    return u.flatten(), v.flatten()


def camera_rays(camera: Camera, resolution: int) -> Rays:
    """Cast a ray through the centre of every pixel of a square picture.

    Args:
        camera: where to look from.
        resolution: side of the picture, pixels.

    Returns:
        resolution**2 rays, float32, rounded as the original rounds them: steep densities make
        the last bit of a direction visible.
    """
    if isinstance(camera, Perspective):
        return _perspective_rays(label_from_camera(camera), resolution)
    u, v = pixel_centres(resolution)
    turn = torch.from_numpy(camera.world_from_head_turn()).float()
    x = u * camera.width_m - camera.width_m / 2
    y = -(v * camera.width_m - camera.width_m / 2)
    local = torch.stack([x, y, torch.full_like(x, camera.distance_m)], -1)
    origins = local @ turn.T
    return Rays(origins, (-turn[:, 2]).expand_as(origins).contiguous())


def label_rays(labels: Float[Tensor, "n 25"], resolution: int, box_m: float) -> Rays:
    """Cast the rays of a batch of camera labels.

    Any perspective label will do, also off-centre or rolled; a negative focal length marks an
    orthographic camera looking at the origin.

    Args:
        labels: see `panic3d.geometry.labels.label_from_camera`.
        resolution: side of the picture, pixels.
        box_m: width of the orthographic window.

    Returns:
        Origins and directions (n, resolution**2, 3), device and dtype of the labels.

    Raises:
        ShapeError: labels are not (n, 25).
        ConfigError: a focal length is 0 or a number is not finite.
    """
    check_shape("labels", labels, "N 25")
    parts = []
    for label in labels.detach().float().cpu():
        if label[16] < 0:
            parts.append(camera_rays(camera_from_label(label, box_m), resolution))
        else:
            parts.append(_perspective_rays(label, resolution))
    if not parts:
        nothing = labels.new_empty(0, resolution**2, 3)
        return Rays(nothing, nothing)
    return Rays(
        torch.stack([rays.origins for rays in parts]).to(labels),
        torch.stack([rays.directions for rays in parts]).to(labels),
    )


def _perspective_rays(label: Tensor, resolution: int) -> Rays:
    """Cast the rays of one perspective label, in the original's float32 steps."""
    matrix, k = label[:16].reshape(4, 4), label[16:].reshape(3, 3)
    u, v = pixel_centres(resolution)
    if not bool(label.isfinite().all()) or k[0, 0] == 0 or k[1, 1] == 0:
        raise ConfigError("the camera label holds a focal length of 0 or numbers not finite")
    fx, fy, cx, cy, skew = k[0, 0], k[1, 1], k[0, 2], k[1, 2], k[0, 1]
    x = (u - cx + cy * skew / fy - skew * v / fy) / fx
    local = torch.stack([x, (v - cy) / fy, torch.ones_like(x), torch.ones_like(x)])
    position = matrix[:3, 3]
    directions = functional.normalize((matrix @ local).T[:, :3] - position, dim=-1)
    return Rays(position.expand_as(directions).contiguous(), directions.contiguous())
