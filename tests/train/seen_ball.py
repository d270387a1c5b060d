"""A ball, seen without a graphics driver."""

import numpy as np

from panic3d.geometry.cameras import Camera, Orthographic
from panic3d.render.raster import Geometry

RADIUS_M = 0.2


def hit_ball(camera: Camera, size: int) -> Geometry:
    """Cast the rays of a view at the ball."""
    steps = (np.arange(size) + 0.5) / size
    u, v = np.meshgrid(steps, steps)
    matrix = camera.world_from_camera()
    turn, eye = matrix[:3, :3], matrix[:3, 3]
    if isinstance(camera, Orthographic):
        local = np.stack([(u - 0.5) * camera.width_m, (v - 0.5) * camera.width_m, 0 * u], -1)
        origins = local @ turn.T + eye
        directions = np.broadcast_to(turn[:, 2], origins.shape)
    else:
        local = np.stack([(u - 0.5) / camera.focal, (v - 0.5) / camera.focal, 1 + 0 * u], -1)
        directions = local @ turn.T
        directions = directions / np.linalg.norm(directions, axis=-1, keepdims=True)
        origins = np.broadcast_to(eye, directions.shape)
    b = (origins * directions).sum(-1)
    under = b**2 - ((origins**2).sum(-1) - RADIUS_M**2)
    hit = under > 0
    along = -b - np.sqrt(np.maximum(under, 0))
    position = np.where(hit[..., None], origins + along[..., None] * directions, 0)
    depth = np.where(hit, (position - eye) @ turn[:, 2], 0)
    return Geometry(
        position.astype(np.float32),
        (position / RADIUS_M).astype(np.float32),
        depth.astype(np.float32),
        hit.astype(np.float32),
        np.where(hit, 0, -1).astype(np.int32),
    )
