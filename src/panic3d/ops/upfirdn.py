"""Up-sample, FIR-filter, down-sample: the resampling step of StyleGAN2, in plain torch.

Source: Karras et al., StyleGAN2 (arXiv:1912.04958), appendix B; upfirdn as in multirate signal
processing.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from panic3d.checks import check_shape
from panic3d.errors import ConfigError

FIR_TAPS = (1.0, 3.0, 3.0, 1.0)
"""The taps of every resampling filter of the paper's networks."""


def make_filter(taps: Sequence[float] = FIR_TAPS) -> Float[Tensor, "k k"]:
    """Return the separable 2-D filter of some taps, normalised to sum 1, float32."""
    # In numbers, not in tensors: networks are also made on the meta device (see `first_weights`).
    total = sum(taps) ** 2
    return torch.tensor([[a * b / total for b in taps] for a in taps], dtype=torch.float32)


def upfirdn2d(
    x: Float[Tensor, "n c h w"],
    kernel: Float[Tensor, "kh kw"],
    up: int = 1,
    down: int = 1,
    padding: tuple[int, int, int, int] = (0, 0, 0, 0),
    gain: float = 1.0,
) -> Float[Tensor, "n c h2 w2"]:
    """Insert zeros, pad, convolve, keep every `down`-th sample; each channel by itself.

    Args:
        x: pictures.
        kernel: 2-D FIR filter; it is flipped, as a true convolution does.
        up: each sample is followed by up - 1 zeros, the last one too.
        down: keep samples 0, down, 2 down, ...
        padding: zeros at (left, right, top, bottom) after zero insertion; negative crops.
        gain: factor on the result.

    Returns:
        ((h * up + top + bottom - kh) // down + 1) rows, columns alike.

    Raises:
        ShapeError: x is not (n, c, h, w).
        ConfigError: a factor is below 1 or the padded picture is smaller than the filter.
    """
    n, c, h, w = check_shape("x", x, "N C H W").values()
    if up < 1 or down < 1:
        raise ConfigError(f"up, down are {up}, {down}, expected at least 1")
    left, right, top, bottom = padding
    kh, kw = check_shape("kernel", kernel, "Kh Kw").values()
    if h * up + top + bottom < kh or w * up + left + right < kw:
        raise ConfigError(
            f"a {h} x {w} picture, up {up}, padding {padding}, is smaller than the "
            f"{kh} x {kw} filter: pad more"
        )
    if up > 1:
        spread = x.new_zeros(n, c, h, up, w, up)
        spread[:, :, :, 0, :, 0] = x
        x = spread.reshape(n, c, h * up, w * up)
    if any(padding):
        # Pad, then crop: `pad` itself crops first, and cannot crop more than there is.
        x = functional.pad(x, [max(p, 0) for p in padding])
        if min(padding) < 0:
            x = functional.pad(x, [min(p, 0) for p in padding])
    weight = (kernel * gain).flip(0, 1).to(x).expand(c, 1, kh, kw)
    return functional.conv2d(x, weight, stride=down, groups=c)


def upsample2d(
    x: Float[Tensor, "n c h w"], kernel: Float[Tensor, "k k"] | None = None
) -> Float[Tensor, "n c h2 w2"]:
    """Double the size of pictures, with the gain that keeps their brightness.

    Args:
        x: pictures.
        kernel: FIR filter; None takes the standard one (1, 3, 3, 1), which is bilinear
            interpolation between a border of zeros, and quicker that way.
    """
    if kernel is None:
        check_shape("x", x, "N C H W")
        bordered = functional.pad(x, (1, 1, 1, 1))
        doubled = functional.interpolate(
            bordered, scale_factor=2.0, mode="bilinear", align_corners=False
        )
        return doubled[..., 2:-2, 2:-2]
    k = check_shape("kernel", kernel, "K K")["K"]
    before, after = (k + 1) // 2, (k - 2) // 2
    return upfirdn2d(x, kernel, up=2, padding=(before, after, before, after), gain=4.0)


def downsample2d(
    x: Float[Tensor, "n c h w"], kernel: Float[Tensor, "k k"]
) -> Float[Tensor, "n c h2 w2"]:
    """Halve the size of pictures."""
    k = check_shape("kernel", kernel, "K K")["K"]
    before, after = (k - 1) // 2, (k - 2) // 2
    return upfirdn2d(x, kernel, down=2, padding=(before, after, before, after))


def filter2d(
    x: Float[Tensor, "n c h w"], kernel: Float[Tensor, "kh kw"]
) -> Float[Tensor, "n c h w"]:
    """Filter pictures without changing their size; zeros outside."""
    kh, kw = check_shape("kernel", kernel, "Kh Kw").values()
    return upfirdn2d(x, kernel, padding=(kw // 2, (kw - 1) // 2, kh // 2, (kh - 1) // 2))
