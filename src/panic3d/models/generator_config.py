"""The configuration of the paper's conditional tri-plane generator.

Kept apart from the network so that reading a configuration needs no network code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from panic3d.errors import ConfigError
from panic3d.models.conditioning import Conditioning, parse_cond_mode
from panic3d.render.march import March

RELEASED_COND_MODE = "ortho_front.cond_img_norm_4.concatfront.crossavg_4.reschonk_add_512.inj_6b_4"


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
    rendering: March = March()
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
        for name in ("decoder_lr_multiplier", "conv_clamp", "superres_clamp"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ConfigError(f"{name} is {value}, expected more than 0")
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
