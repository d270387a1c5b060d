"""A ball with a face, drawn without a graphics driver: the smallest head there is to learn."""

import numpy as np

from panic3d.geometry.cameras import Camera, Orthographic
from panic3d.models.feedforward import FeedForwardConfig
from panic3d.render.raster import Geometry
from panic3d.train.supervision import Seen, Supervision, inside, stored, supervising_cameras

RADIUS_M = 0.2
FRONT, BACK = np.array([220, 60, 40], np.uint8), np.array([40, 60, 220], np.uint8)
NETWORK = FeedForwardConfig(
    image_size=32, channels=(16, 16, 24, 32), blocks=(0, 1, 1, 1), plane_width=8, side_width=16
)


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


def ball_colour(points: np.ndarray) -> np.ndarray:
    """Red in front, blue behind."""
    return np.where(points[:, 2:] > 0, FRONT, BACK)


def ball(count: int = 2000, seed: int = 0, size: int = 32, check: bool = False) -> Supervision:
    """Make the examples of the ball."""
    rng = np.random.default_rng(seed)
    views = [Seen(camera, hit_ball(camera, 128)) for camera in supervising_cameras()]
    directions = rng.standard_normal((count, 3))
    surface = RADIUS_M * directions / np.linalg.norm(directions, axis=1, keepdims=True)
    points = rng.uniform(-0.35, 0.35, (count, 3))
    points[::2] = surface[::2] * (1 + 0.1 * rng.standard_normal((len(points[::2]), 1)))

    def picture(azimuth_deg: float) -> np.ndarray:
        seen = hit_ball(Orthographic(azimuth_deg=azimuth_deg), size)
        rgba = np.zeros((size, size, 4), np.uint8)
        rgba[..., :3] = ball_colour(seen.position.reshape(-1, 3)).reshape(size, size, 3)
        rgba[..., 3] = 255 * (seen.facing > 0)
        return rgba

    checks = [picture(azimuth) for azimuth in (0.0, 45.0, 90.0, 180.0) if check]
    return Supervision(
        pictures=np.stack([picture(0.0)] * 2),
        points=stored(points),
        inside=inside(points.astype(np.float32), views),
        surface=stored(surface),
        colours=ball_colour(surface),
        checks=np.array(checks, np.uint8).reshape(-1, size, size, 4),
    )
