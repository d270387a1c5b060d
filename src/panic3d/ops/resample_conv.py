"""Convolution with built-in up- or down-sampling by two.

Source: StyleGAN2 (arXiv:1912.04958); the resampling filter follows an up-convolution and goes
before a down-convolution.
"""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from panic3d.checks import check_shape
from panic3d.errors import ConfigError, ShapeError
from panic3d.ops.upfirdn import upfirdn2d


def resample_conv2d(
    x: Float[Tensor, "n i h w"],
    weight: Float[Tensor, "o i k k"],
    kernel: Float[Tensor, "f f"] | None = None,
    up: int = 1,
    down: int = 1,
    flip_weight: bool = True,
) -> Float[Tensor, "n o h2 w2"]:
    """Convolve, and double or halve the size.

    Args:
        x: features.
        weight: k is odd; zeros are padded so that the size is kept before resampling.
        kernel: FIR filter; needed when up or down is 2.
        up: 1 or 2.
        down: 1 or 2, not together with up.
        flip_weight: True for cross-correlation (what torch calls convolution), False for a true
            convolution; the up-convolutions of StyleGAN2 are true ones.

    Raises:
        ShapeError: channels do not fit, or k is even.
        ConfigError: unsupported factors, or no filter where one is needed.
    """
    check_shape("x", x, "N I H W")
    check_shape("weight", weight, "O I K K", I=x.shape[1])
    k = weight.shape[-1]
    if k % 2 == 0:
        raise ShapeError(f"weight has {k} taps, expected an odd number")
    if (up, down) not in {(1, 1), (2, 1), (1, 2)}:
        raise ConfigError(f"up, down are {up}, {down}, expected one of them 2, or both 1")
    if not flip_weight and up == 1:
        weight = weight.flip(-1, -2)
    if (up, down) == (1, 1):
        return functional.conv2d(x, weight, padding=k // 2)
    if kernel is None:
        raise ConfigError("resampling needs a FIR filter: pass kernel=make_filter()")
    f = check_shape("kernel", kernel, "F F")["F"]
    if down == 2:
        pad = (f - 1) // 2 + k // 2, (f - 2) // 2 + k // 2
        if k == 1:  # the order does not matter, the small size is cheaper
            return functional.conv2d(upfirdn2d(x, kernel, down=2, padding=(*pad, *pad)), weight)
        return functional.conv2d(upfirdn2d(x, kernel, padding=(*pad, *pad)), weight, stride=2)
    if flip_weight:  # a transposed convolution is a true convolution of the zero-stuffed input
        weight = weight.flip(-1, -2)
    spread = functional.conv_transpose2d(x, weight.transpose(0, 1), stride=2)
    before, after = (f + 1) // 2 - k // 2, f // 2 - k // 2
    return upfirdn2d(spread, kernel, padding=(before, after, before, after), gain=4.0)
