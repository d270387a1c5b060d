"""The configuration of the paper's conditional tri-plane generator.

Kept apart from the network so that reading a configuration needs no network code.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from panic3d.errors import ConfigError
from panic3d.geometry.conventions import HEAD_BOX_M
from panic3d.models.conditioning import Conditioning, parse_cond_mode

RELEASED_COND_MODE = "ortho_front.cond_img_norm_4.concatfront.crossavg_4.reschonk_add_512.inj_6b_4"


@dataclass(frozen=True, kw_only=True)
class RenderingConfig:
    """How the field is integrated along rays."""

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
        if self.coarse_samples < 4:
            raise ConfigError(f"coarse_samples is {self.coarse_samples}, expected at least 4")
        if self.fine_samples < 0:
            raise ConfigError(f"fine_samples is {self.fine_samples}, expected 0 or more")
        if self.density_noise < 0:
            raise ConfigError(f"density_noise is {self.density_noise}, expected 0 or more")


@dataclass(frozen=True, kw_only=True)
class GeneratorConfig:
    """Sizes and switches of the generator. The defaults are those of the paper's trainer."""

    cond_mode: str = RELEASED_COND_MODE
    z_dim: int = 512
    w_dim: int = 512
    camera_dim: int = 25
    mapping_layers: int = 2
    channel_base: int = 32768
    channel_max: int = 512
    conv_clamp: float | None = None
    plane_resolution: int = 256
    plane_width: int = 32
    """Feature channels of one plane layer."""
    plane_depth: int = 1
    """Layers of one plane."""
    distinct_planes: bool = True
    """False samples the xz pair twice, as the original EG3D does."""
    decoder_lr_multiplier: float = 1.0
    image_size: Literal[128, 256, 512] = 512
    image_channels: Literal[3] = 3
    superres_channels: int = 256
    superres_clamp: float | None = 256.0
    superres_antialias: bool = True
    superres_noise: Literal["none", "const", "random"] = "none"
    tanh_output: bool = False
    camera_conditioning: bool = False
    """False feeds zeros instead of the camera label to the mapping network."""
    camera_scale: float = 1.0
    rendering: RenderingConfig = RenderingConfig()
    render_resolution: int = 64
    """Side of the picture that the volume renderer makes before super-resolution, pixels."""

    def __post_init__(self) -> None:
        for name in (
            "z_dim", "w_dim", "camera_dim", "mapping_layers", "channel_base", "channel_max",
            "plane_width", "plane_depth", "superres_channels", "render_resolution",
        ):  # fmt: skip
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)}, expected at least 1")
        if self.plane_resolution < 8 or self.plane_resolution & (self.plane_resolution - 1):
            raise ConfigError(
                f"plane_resolution is {self.plane_resolution}, expected a power of two from 8"
            )
        if self.superres_channels < 2:
            raise ConfigError(f"superres_channels is {self.superres_channels}, expected 2 or more")
        mode = self.conditioning
        narrowest = self.channels(self.plane_resolution)
        if mode.front and mode.concat and narrowest <= mode.picture_channels:
            raise ConfigError(
                f"concatfront replaces {mode.picture_channels} channels, the last level has "
                f"{narrowest}: raise channel_base"
            )
        if mode.chonk_channels > self.channels(8):
            raise ConfigError(
                f"reschonk_add_{mode.chonk_channels} needs that many channels at resolution 8, "
                f"there are {self.channels(8)}: raise channel_max or lower K"
            )

    @property
    def conditioning(self) -> Conditioning:
        """The parsed condition mode."""
        return parse_cond_mode(self.cond_mode)

    @property
    def plane_channels(self) -> int:
        """Channels of the backbone's output: three planes of width times depth."""
        return 3 * self.plane_width * self.plane_depth

    @property
    def resolutions(self) -> tuple[int, ...]:
        """Resolutions of the backbone's levels, 4 to plane_resolution."""
        return tuple(2**k for k in range(2, self.plane_resolution.bit_length()))

    @property
    def num_ws(self) -> int:
        """Style vectors: one per convolution, one for the last to-RGB layer."""
        return 2 * len(self.resolutions)

    def channels(self, resolution: int) -> int:
        """Feature channels of the backbone at a resolution."""
        return min(self.channel_base // resolution, self.channel_max)
