"""The matting network: how much of each pixel belongs to a character, at a low resolution.

`panic3d.ops.guided` carries what it says to the picture's own resolution.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from panic3d.checks import check_shape
from panic3d.errors import ShapeError
from panic3d.models.unet import PICTURE_CHANNELS, UNet, check_sides, check_unet
from panic3d.ops.around import highest_around

_NEAR = 3
"""Pixels from an edge that count more when alpha is learned."""


@dataclass(frozen=True, kw_only=True)
class MattingConfig:
    """Sizes of the network."""

    image_size: int = 320
    """Long side of pictures that are read; other multiples of the unit work too."""
    channels: tuple[int, ...] = (16, 32, 56, 80, 96)
    blocks: tuple[int, ...] = (0, 1, 1, 1, 1)
    reads_prior: bool = False
    """Whether it can be told where faces are, or what a coarser look said."""

    def __post_init__(self) -> None:
        check_unet(self.channels, self.blocks, self.image_size)


class MattingNetwork(nn.Module):
    """Alpha from a picture."""

    def __init__(self, config: MattingConfig) -> None:
        super().__init__()
        self.config = config
        inputs = PICTURE_CHANNELS + config.reads_prior
        self.body = UNet(config.channels, config.blocks, inputs=inputs)
        width = config.channels[0]
        self.head = nn.Conv2d(width, width, 3, padding=1)
        self.last = nn.Conv2d(width, 4, 1)  # four pixels of the picture

    def forward(
        self, picture: Float[Tensor, "n 3 h w"], prior: Float[Tensor, "n 1 h w"] | None = None
    ) -> Float[Tensor, "n 1 h w"]:
        """Return logits of alpha.

        Args:
            picture: RGB in [0, 1]; sides are multiples of `side_unit`.
            prior: what is known: `prior_of` alpha from a coarser look at more of the picture, or
                1 within faces; 0 where nothing is. None is nothing anywhere.

        Raises:
            ShapeError: sides are no such multiples, or there is a prior that is not read.
        """
        check_sides(picture, self.config.channels)
        x = 2 * picture - 1
        if self.config.reads_prior:
            known = torch.zeros_like(x[:, :1]) if prior is None else prior
            check_shape("prior", known, f"{len(x)} 1 {x.shape[2]} {x.shape[3]}")
            x = torch.cat([x, known], 1)
        elif prior is not None:
            raise ShapeError("a prior is given to a matting network that reads none")
        x = self.body(x).fine
        x = self.last(functional.silu(self.head(functional.silu(x))))
        return functional.pixel_shuffle(x, 2).float()


def prior_of(alpha: Float[Tensor, "n 1 h w"]) -> Float[Tensor, "n 1 h w"]:
    """Return what the network reads of a coarser look: -1 for ground, 1 for the character."""
    return 2 * alpha - 1


class MattingLoss(NamedTuple):
    """Losses of a batch of pictures."""

    alpha: Float[Tensor, ""]
    """Mean cross entropy, edges counted more."""
    overlap: Float[Tensor, ""]
    """1 - intersection over union, soft, of the batch."""
    edges: Float[Tensor, ""]
    """Mean difference of the steps from pixel to pixel."""


def matting_loss(
    logits: Float[Tensor, "n 1 h w"],
    matte: Float[Tensor, "n 1 h w"],
    weights: Float[Tensor, "n 1 h w"],
) -> MattingLoss:
    """Compare alpha with the truth.

    Args:
        logits: of the network.
        matte: 0 to 1.
        weights: 0 where nothing is known, else 1.
    """
    alpha = logits.sigmoid()
    near = highest_around(matte, _NEAR) + highest_around(-matte, _NEAR)
    each = functional.binary_cross_entropy_with_logits(logits, matte, reduction="none")
    important = weights * (1 + 4 * near)
    shared = (torch.minimum(alpha, matte) * weights).sum()
    either = (torch.maximum(alpha, matte) * weights).sum()
    steps = []
    for axis in (-1, -2):
        off = (alpha.diff(dim=axis) - matte.diff(dim=axis)).abs()
        both = weights.narrow(axis, 1, off.shape[axis])
        steps.append((off * both).mean())
    return MattingLoss(
        (each * important).sum() / important.sum().clamp(min=1),
        1 - (shared + 1) / (either + 1),
        steps[0] + steps[1],
    )
