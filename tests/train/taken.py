"""A two-coloured ball off the middle as a take, without a graphics driver."""

import numpy as np

from panic3d.models.feedforward import FeedForwardConfig
from panic3d.train.supervision import stored
from panic3d.train.takes import DEPTH_STEPS, PICTURE_SIZE, VIEW_SIZE, Take, png, png16

BOX = 0.7
CENTRE = np.array([0.06, -0.04, 0.02])
RADIUS_M = 0.18
LEFT, RIGHT, BACK = (np.array(c, np.uint8) for c in ((220, 60, 40), (40, 190, 60), (40, 60, 220)))
NETWORK = FeedForwardConfig(
    image_size=64,
    patch=2,
    reads_inside=True,
    channels=(16, 16, 24, 32),
    blocks=(0, 1, 1, 1),
    plane_width=8,
    side_width=16,
)


def colours_at(points):
    """Red and green halves in front, blue behind."""
    front = np.where(points[:, :1] < CENTRE[0], LEFT, RIGHT)
    return np.where(points[:, 2:] > CENTRE[2], front, BACK).astype(np.uint8)


def view(azimuth_deg, size=VIEW_SIZE):
    """Draw the ball from a side: straight RGBA, and depth along the view in metres."""
    steps = ((np.arange(size) + 0.5) / size - 0.5) * BOX
    u, v = np.meshgrid(steps, -steps)
    c, s = np.cos(np.radians(azimuth_deg)), np.sin(np.radians(azimuth_deg))
    turn = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    local = turn.T @ CENTRE
    under = RADIUS_M**2 - (u - local[0]) ** 2 - (v - local[1]) ** 2
    z = local[2] + np.sqrt(np.maximum(under, 0))
    points = (np.stack([u, v, z], -1) @ turn.T).reshape(-1, 3)
    rgba = np.dstack([colours_at(points).reshape(size, size, 3), np.where(under > 0, 255, 0)])
    rgba[under <= 0] = (255, 255, 255, 0)
    return rgba.astype(np.uint8), np.where(under > 0, 1 - z, 0)


def take(seed=0, points=4000, surface=2000):
    """Make the take of the ball; its "lines" are a darker picture."""
    rng = np.random.default_rng(seed)
    directions = rng.standard_normal((surface, 3))
    skin = CENTRE + RADIUS_M * directions / np.linalg.norm(directions, axis=1, keepdims=True)
    asked = rng.uniform(-BOX / 2, BOX / 2, (points, 3))
    near = points // 2
    asked[:near] = skin[rng.integers(surface, size=near)] + 0.01 * rng.standard_normal((near, 3))
    picture, _ = view(0.0, PICTURE_SIZE)
    inked = picture.copy()
    inked[..., :3] //= 2
    pictures, depths = zip(*(view(azimuth) for azimuth in (0, 90, 180, 270)), strict=True)
    return Take(
        inked=png(inked),
        line_free=png(picture),
        render=png(picture),
        inside=png(np.full((PICTURE_SIZE, PICTURE_SIZE), 255, np.uint8)),
        rotation=np.eye(3),
        points=stored(asked),
        labels=np.linalg.norm(asked - CENTRE, axis=1) < RADIUS_M,
        surface=stored(skin),
        colours=colours_at(skin),
        views=png(np.concatenate(pictures)),
        depths=png16(np.concatenate(depths) * DEPTH_STEPS),
        cameras=np.array([(0.0, 0.0), (90.0, 0.0), (180.0, 0.0), (270.0, 0.0)]),
    )
