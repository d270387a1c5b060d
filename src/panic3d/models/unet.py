"""The U-Net that our small networks of portraits share: half the picture's resolution out."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from panic3d.checks import check_shape
from panic3d.errors import ConfigError, ShapeError
from panic3d.models.feedforward import GROUP, Block

PICTURE_CHANNELS = 3


class Features(NamedTuple):
    """What a U-Net makes of a picture."""

    fine: Float[Tensor, "n c h w"]
    """At the resolution that was asked for."""
    deep: Float[Tensor, "n d h2 w2"]
    """At the coarsest."""


class UNet(nn.Module):
    """Residual blocks at halved resolutions and back."""

    def __init__(
        self,
        channels: tuple[int, ...],
        blocks: tuple[int, ...],
        finest: int = 0,
        inputs: int = PICTURE_CHANNELS,
    ) -> None:
        """Make the layers.

        Args:
            channels: at each resolution; the first is half the picture's.
            blocks: residual blocks of the encoder at each.
            finest: which of them the features are made at; 0 is half the picture's resolution.
            inputs: channels that are read.
        """
        super().__init__()
        self.stem = nn.Conv2d(inputs, channels[0], 3, stride=2, padding=1)
        self.down = nn.ModuleList(
            nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in pairwise(channels)
        )
        self.encode = nn.ModuleList(
            nn.Sequential(*(Block(size, size) for _ in range(count)))
            for size, count in zip(channels, blocks, strict=True)
        )
        self.up = nn.ModuleList(Block(b + a, a) for a, b in pairwise(channels[finest:]))

    def forward(self, picture: Float[Tensor, "n c h w"]) -> Features:
        """Return features.

        Args:
            picture: around 0, sides multiples of `side_unit`; other channels may follow colours.
        """
        x = self.encode[0](functional.silu(self.stem(picture)))
        kept = [x]
        for down, blocks in zip(self.down, self.encode[1:], strict=True):
            kept.append(blocks(down(kept[-1])))
        x = deep = kept[-1]
        for k in reversed(range(len(self.up))):
            skip = kept[k - len(self.up) - 1]
            wide = functional.interpolate(x, scale_factor=2.0, mode="nearest")
            x = self.up[k](torch.cat([wide, skip], 1))
        return Features(x, deep)


def side_unit(channels: tuple[int, ...]) -> int:
    """Return what the sides of a picture must be multiples of."""
    return 1 << len(channels)


def check_sides(picture: Tensor, channels: tuple[int, ...]) -> None:
    """Refuse pictures that a network of these channels cannot halve often enough.

    Raises:
        ShapeError: it is not (n, 3, h, w), or its sides are no multiples of `side_unit`.
    """
    sizes = check_shape("picture", picture, "N 3 H W")
    unit = side_unit(channels)
    if sizes["H"] % unit or sizes["W"] % unit:
        raise ShapeError(
            f"the picture has {sizes['H']} x {sizes['W']} pixels, expected multiples of {unit}"
        )


def check_unet(channels: tuple[int, ...], blocks: tuple[int, ...], image_size: int) -> None:
    """Refuse sizes that make no network.

    Raises:
        ConfigError: always with the name of what is wrong.
    """
    if len(channels) < 2 or len(blocks) != len(channels):
        raise ConfigError(
            f"channels, blocks have {len(channels)}, {len(blocks)} entries, expected one for each "
            "of at least two resolutions"
        )
    if min(channels) < GROUP or any(size % GROUP for size in channels):
        raise ConfigError(f"channels is {channels}, expected multiples of {GROUP}")
    if max(channels) > 1024 or min(blocks) < 0 or max(blocks) > 16:
        raise ConfigError(
            f"channels, blocks are {channels}, {blocks}: at most 1024, and 0 to 16 are a network's"
        )
    unit = side_unit(channels)
    if not unit <= image_size <= 4096 or image_size % unit:
        raise ConfigError(f"image_size is {image_size}, expected a multiple of {unit}, up to 4096")
