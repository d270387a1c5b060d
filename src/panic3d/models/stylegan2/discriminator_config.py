"""The configuration of the dual discriminator."""

from __future__ import annotations

from dataclasses import dataclass

from panic3d.errors import ConfigError
from panic3d.models.conditioning import Conditioning, parse_cond_mode


@dataclass(frozen=True, kw_only=True)
class DiscriminatorConfig:
    """Sizes of the dual discriminator. The defaults are those of the paper's trainer."""

    cond_mode: str = "none"
    camera_dim: int = 25
    image_size: int = 512
    image_channels: int = 3
    channel_base: int = 32768
    channel_max: int = 512
    conv_clamp: float | None = 256.0
    mapping_layers: int = 8
    group_size: int = 4
    """Samples per group of the minibatch standard deviation."""
    camera_noise: float = 0.0
    """Noise on the camera label, in standard deviations of the batch. Only while training; the
    original would add it to any call."""

    def __post_init__(self) -> None:
        for name in ("camera_dim", "image_channels", "channel_base", "channel_max", "group_size"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)}, expected at least 1")
        if self.image_size < 8 or self.image_size & (self.image_size - 1):
            raise ConfigError(f"image_size is {self.image_size}, expected a power of two from 8")
        if self.camera_noise < 0:
            raise ConfigError(f"camera_noise is {self.camera_noise}, expected 0 or more")
        parse_cond_mode(self.cond_mode)

    @property
    def conditioning(self) -> Conditioning:
        """The parsed condition mode; only its tagger channels matter here."""
        return parse_cond_mode(self.cond_mode)

    @property
    def resolutions(self) -> tuple[int, ...]:
        """Resolutions of the residual blocks, image_size down to 8."""
        return tuple(2**k for k in range(self.image_size.bit_length() - 1, 2, -1))

    def channels(self, resolution: int) -> int:
        """Feature channels at a resolution."""
        return min(self.channel_base // resolution, self.channel_max)
