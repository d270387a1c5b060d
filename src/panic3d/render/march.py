"""How rays are sampled: the configuration of the volume renderer."""

from __future__ import annotations

import math
from dataclasses import dataclass

from panic3d.errors import ConfigError
from panic3d.geometry.conventions import HEAD_BOX_M


@dataclass(frozen=True, kw_only=True)
class March:
    """Where along its rays a field is looked at. The defaults are the paper's training."""

    box_m: float = HEAD_BOX_M
    """Side of the cube that the planes and the orthographic window cover, metres."""
    near_m: float = 0.5
    far_m: float = 1.5
    coarse_samples: int = 48
    fine_samples: int = 48
    """Importance samples per ray; 0 marches the coarse samples alone."""
    white_background: bool = True
    density_noise: float = 0.0
    """Standard deviation of noise added to raw density, for training."""

    def __post_init__(self) -> None:
        if not 0 < self.box_m < math.inf:
            raise ConfigError(f"box_m is {self.box_m}, expected a positive length in metres")
        if not 0 <= self.near_m < self.far_m < math.inf:
            raise ConfigError(
                f"near_m, far_m are {self.near_m}, {self.far_m}, expected 0 <= near_m < far_m"
            )
        if not 4 <= self.coarse_samples <= MAX_SAMPLES:
            raise ConfigError(
                f"coarse_samples is {self.coarse_samples}, expected 4 to {MAX_SAMPLES}"
            )
        if not 0 <= self.fine_samples <= MAX_SAMPLES:
            raise ConfigError(f"fine_samples is {self.fine_samples}, expected 0 to {MAX_SAMPLES}")
        if not 0 <= self.density_noise < math.inf:
            raise ConfigError(f"density_noise is {self.density_noise}, expected 0 or more")


MAX_SAMPLES = 4096
"""Samples of one pass along a ray."""
