"""How a network is trained: the options of one run."""

from __future__ import annotations

import math
from dataclasses import dataclass

from panic3d.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """Options of the training from points."""

    seed: int = 0
    steps: int = 12_000
    """Length of the learning rate's schedule; training ends with it."""
    batch: int = 8
    """Characters a step."""
    points: int = 4096
    """Labelled points of each."""
    surface_points: int = 2048
    """Coloured points of each."""
    learning_rate: float = 1e-3
    """After warming up; falls to nothing along half a cosine."""
    warm_up: int = 200
    """Steps."""
    clip: float = 1.0
    """Largest norm of a gradient."""
    average: float = 0.999
    """How much of the averaged weights is kept at each step."""
    colour_weight: float = 2.0
    """Of the colours' mean absolute error, against the labels' cross entropy."""
    drawn: float = 0.6
    """Share of the pictures that are drawings rather than renders."""
    augment: bool = True
    """Mirror, tint and brighten characters; harden the edge of their matte."""
    mixed_precision: bool = True
    """Convolutions in bfloat16."""

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "points", "surface_points", "warm_up"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)}, expected at least 1")
        for name in ("learning_rate", "clip"):
            if not 0 < getattr(self, name) < math.inf:
                raise ConfigError(f"{name} is {getattr(self, name)}, expected more than 0")
        for name in ("average", "drawn"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"{name} is {getattr(self, name)}, expected 0 to 1")
        if not 0 <= self.colour_weight < math.inf:
            raise ConfigError(f"colour_weight is {self.colour_weight}, expected 0 or more")
        if not 0 <= self.seed < 2**32:
            raise ConfigError(f"seed is {self.seed}, expected 0 to 2**32 - 1")
