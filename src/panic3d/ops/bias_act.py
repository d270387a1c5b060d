"""Bias, activation, gain and clamp in one step, as every StyleGAN2 layer ends.

Source: StyleGAN2 (arXiv:1912.04958), section "Lazy regularization" onwards; leaky ReLU of slope
0.2 carries a gain of sqrt(2) that keeps the variance.
"""

from __future__ import annotations

import math
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from panic3d.config import check_choice
from panic3d.errors import ShapeError

Activation = Literal["linear", "lrelu"]

DEFAULT_GAIN: dict[str, float] = {"linear": 1.0, "lrelu": math.sqrt(2)}
LEAKY_SLOPE = 0.2


def bias_act(
    x: Float[Tensor, "*shape"],
    bias: Tensor | None = None,
    activation: Activation = "linear",
    gain: float | None = None,
    clamp: float | None = None,
    dim: int = 1,
    *,
    overwrite: bool = False,
) -> Float[Tensor, "*shape"]:
    """Add a bias along one axis, activate, scale, clamp.

    Args:
        x: any shape.
        bias: one number per entry of axis `dim`.
        activation: ``linear`` or ``lrelu`` (slope 0.2).
        gain: factor after the activation; None takes 1 for linear and sqrt(2) for lrelu.
        clamp: limit of the absolute value after the gain.
        dim: the axis of the bias.
        overwrite: without gradients, x may hold the result: on large pictures a new page of
            memory costs more than the arithmetic.

    Raises:
        ShapeError: the bias does not fit the axis.
        ConfigError: the activation is unknown.
    """
    check_choice("activation", activation, tuple(DEFAULT_GAIN))
    if bias is not None:
        if not -x.ndim <= dim < x.ndim:
            raise ShapeError(f"x has shape {list(x.shape)}, expected an axis {dim} for the bias")
        if bias.ndim != 1 or bias.shape[0] != x.shape[dim]:
            raise ShapeError(
                f"bias has shape {list(bias.shape)}, expected [{x.shape[dim]}] for axis {dim} of "
                f"{list(x.shape)}: pass one number per channel"
            )
        shape = [1] * x.ndim
        shape[dim] = -1
        bias = bias.reshape(shape)
    factor = DEFAULT_GAIN[activation] if gain is None else gain
    if torch.is_grad_enabled():
        y = x if bias is None else x + bias
        y = functional.leaky_relu(y, LEAKY_SLOPE) if activation == "lrelu" else y
        y = y if factor == 1 else y * factor
        return y if clamp is None else y.clamp(-clamp, clamp)
    y = x if overwrite else x.clone()
    if bias is not None:
        y.add_(bias)
    if activation == "lrelu":
        functional.leaky_relu_(y, LEAKY_SLOPE)
    if factor != 1:
        y.mul_(factor)
    return y if clamp is None else y.clamp_(-clamp, clamp)
