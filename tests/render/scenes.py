"""Analytic fields to render in tests."""

from dataclasses import dataclass

import torch


@dataclass
class Balls:
    """Solid balls: raw density falls linearly through the surfaces."""

    centres: torch.Tensor
    radius: float
    steepness: float = 4000.0
    channels: int = 4
    asked: int = 0

    def distance(self, points):
        return (points[:, None] - self.centres.to(points)).norm(dim=-1).amin(1) - self.radius

    def density(self, points):
        self.asked += len(points)
        return -self.steepness * self.distance(points)

    def value(self, points):
        return torch.cat([points.abs(), points[:, :1] * 0 + 0.25], -1).clamp(0, 1)


def one_ball(radius=0.2, centre=(0.0, 0.0, 0.0), steepness=4000.0):
    return Balls(torch.tensor([centre]), radius, steepness)
