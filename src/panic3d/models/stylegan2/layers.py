"""Layers shared by the generator and the discriminator, named as in the published checkpoints.

Stored weights have unit variance; the gain 1 / sqrt(fan-in) and the learning-rate multiplier are
applied at run time (equalised learning rate, Progressive GAN, arXiv:1710.10196).
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from panic3d.ops.bias_act import Activation, bias_act
from panic3d.ops.chance import first_weights
from panic3d.ops.resample_conv import resample_conv2d
from panic3d.ops.upfirdn import make_filter


def normalize_2nd_moment(x: Float[Tensor, "*n d"]) -> Float[Tensor, "*n d"]:
    """Scale vectors to a mean square of 1 (plus 1e-8 under the root)."""
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-8)


class FullyConnected(nn.Module):
    """act(x (W g)^T + b m) with g = m / sqrt(inputs) and m the learning-rate multiplier."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        activation: Activation = "linear",
        lr_multiplier: float = 1.0,
        bias_init: float = 0.0,
    ) -> None:
        super().__init__()
        self.activation: Activation = activation
        self.lr_multiplier = lr_multiplier
        self.gain = lr_multiplier / math.sqrt(inputs)
        self.weight = nn.Parameter(first_weights(outputs, inputs, over=lr_multiplier))
        self.bias = nn.Parameter(torch.full((outputs,), float(bias_init)))

    def forward(self, x: Float[Tensor, "*n i"]) -> Float[Tensor, "*n o"]:
        """Apply the layer to the last axis."""
        y = functional.linear(x, self.weight * self.gain)
        return bias_act(y, self.bias * self.lr_multiplier, self.activation, dim=-1)


class Conv2d(nn.Module):
    """Plain convolution of the discriminator: optional down-sampling, bias, activation, clamp."""

    resample_filter: Tensor

    def __init__(
        self,
        inputs: int,
        outputs: int,
        size: int,
        *,
        bias: bool = True,
        activation: Activation = "linear",
        down: int = 1,
        clamp: float | None = None,
    ) -> None:
        super().__init__()
        self.activation: Activation = activation
        self.down = down
        self.clamp = clamp
        self.weight_gain = 1 / math.sqrt(inputs * size * size)
        self.register_buffer("resample_filter", make_filter(), persistent=False)
        self.weight = nn.Parameter(first_weights(outputs, inputs, size, size))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None

    def forward(self, x: Float[Tensor, "n i h w"], gain: float = 1.0) -> Float[Tensor, "n o h2 w2"]:
        """Apply the layer; `gain` scales the result and the clamp."""
        weight = (self.weight * self.weight_gain).to(x.dtype)
        y = resample_conv2d(x, weight, self.resample_filter, 1, self.down)
        bias = None if self.bias is None else self.bias.to(x.dtype)
        act_gain = gain * (math.sqrt(2) if self.activation == "lrelu" else 1.0)
        clamp = None if self.clamp is None else self.clamp * gain
        return bias_act(y, bias, self.activation, act_gain, clamp)
