"""A ball in place of what was learned, and a head that is one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from panic3d.models.feedforward import FeedForward, FeedForwardConfig
from panic3d.models.raw_density import raw_density
from panic3d.pipeline.direct import DIRECT_SETTINGS, on_white, portrait_tensor
from panic3d.pipeline.head import HeadField

RADIUS = 0.2
GREY = 0.5
NETWORK = FeedForwardConfig(
    image_size=32,
    channels=(8, 8, 16, 16),
    blocks=(0, 1, 1, 1),
    plane_width=4,
    side_width=16,
    render_resolution=64,
)


class Ball:
    """A grey ball, and what else one likes."""

    channels = 3

    def __init__(self, *more: tuple[tuple[float, float, float], float]) -> None:
        """Take centres and radii of further balls."""
        self.balls = (((0.0, 0.0, 0.0), RADIUS), *more)

    def density(self, points: Tensor) -> Tensor:
        """Return raw density; 1 at the surface."""
        inside = [r - (points - points.new_tensor(c)).norm(dim=-1) for c, r in self.balls]
        return raw_density(torch.stack(inside).amax(0) * 100)

    def value(self, points: Tensor) -> Tensor:
        """Return grey."""
        return torch.full((len(points), 3), GREY)


def disc(
    colour: tuple[int, int, int], size: int = 128, radius: float = RADIUS
) -> UInt8[np.ndarray, "s s 4"]:
    """Return a portrait of one colour; clear around it, where it is green."""
    v, u = np.mgrid[0:size, 0:size] / size + 0.5 / size - 0.5
    rgba = np.zeros((size, size, 4), np.uint8)
    rgba[..., :3] = (0, 255, 0)
    shown = np.hypot(u, v) < radius / 0.7
    rgba[shown] = (*colour, 255)
    return rgba


def head_of(
    portrait: UInt8[np.ndarray, "s s 4"], field: Ball | None = None, resolution: int = 64
) -> HeadField:
    """Return a head whose field is known."""
    torch.manual_seed(0)
    whole = portrait_tensor(portrait)
    planes = torch.zeros(1, NETWORK.plane_channels, 32, 32)
    return HeadField(
        FeedForward(NETWORK).eval(),
        planes.new_zeros(1, 1, 1),
        planes,
        on_white(whole),
        replace(DIRECT_SETTINGS, volume_resolution=resolution, render_resolution=64),
        field=field or Ball(),
        matte=whole[:, 3:],
    )
