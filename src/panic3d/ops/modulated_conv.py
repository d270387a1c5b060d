"""Modulated convolution with demodulation, the heart of StyleGAN2.

Source: StyleGAN2 (arXiv:1912.04958), equations 1 to 3. For a batch the styles scale the
input and the demodulation the output, instead of the weights of every sample: the same sum, but
the batch shares one convolution.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from panic3d.checks import check_shape, fitting
from panic3d.errors import ShapeError
from panic3d.ops.resample_conv import resample_conv2d

EPSILON = 1e-8


def modulated_conv2d(
    x: Float[Tensor, "n i h w"],
    weight: Float[Tensor, "o i k k"],
    styles: Float[Tensor, "n i"],
    *,
    demodulate: bool = True,
    noise: Tensor | None = None,
    kernel: Float[Tensor, "f f"] | None = None,
    up: int = 1,
    flip_weight: bool = True,
) -> Float[Tensor, "n o h2 w2"]:
    """Convolve each sample with weights scaled by its own styles.

    Args:
        x: features.
        weight: shared weights.
        styles: one factor per sample and input channel.
        demodulate: scale each output channel by 1 / sqrt(sum of its squared weights + 1e-8).
        noise: added to the result, after resampling; broadcasts against it.
        kernel: FIR filter, needed when up is 2.
        up: 1 or 2.
        flip_weight: see `resample_conv2d`.

    Raises:
        ShapeError: styles or channels do not fit, or x is in half precision.
    """
    check_shape("x", x, "N I H W")
    check_shape("weight", weight, "O I K K", I=x.shape[1])
    check_shape("styles", styles, "N I", N=x.shape[0], I=x.shape[1])
    if x.dtype == torch.float16:
        raise ShapeError(
            "x has dtype torch.float16, in which the sums of this operator overflow: use "
            "float32 or bfloat16"
        )
    if len(x) == 1 and x.numel() > weight.numel():
        # One sample: scaling its weights is less work than scaling features twice.
        scaled = weight * styles[0, :, None, None]
        if demodulate:
            energy = scaled.square().sum((1, 2, 3), keepdim=True)
            scaled = scaled * torch.rsqrt(energy + EPSILON)
        y = resample_conv2d(x, scaled, kernel, up, 1, flip_weight)
    else:
        y = resample_conv2d(x * styles[:, :, None, None], weight, kernel, up, 1, flip_weight)
        if demodulate:
            energy = styles.square() @ weight.square().sum((2, 3)).T
            y = y * torch.rsqrt(energy + EPSILON)[:, :, None, None]
    if noise is None:
        return y
    noise = fitting("noise", noise, y)
    return y + noise if torch.is_grad_enabled() else y.add_(noise)
