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
    line = torch.tensor(list(taps), dtype=torch.float32)
    kernel = torch.outer(line, line)
    return kernel / kernel.sum()


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
    kh, kw = kernel.shape
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
        x = functional.pad(x, padding)
    weight = (kernel * gain).flip(0, 1).to(x).expand(c, 1, kh, kw)
    return functional.conv2d(x, weight, stride=down, groups=c)


def upsample2d(
    x: Float[Tensor, "n c h w"], kernel: Float[Tensor, "k k"]
) -> Float[Tensor, "n c h2 w2"]:
    """Double the size of pictures, with the gain that keeps their brightness.

    For the standard four-tap filter the four output phases are computed from the small picture
    directly (taps 1, 3 of each side), a quarter of the work of filtering inserted zeros.
    """
    if x.ndim == 4 and kernel.shape == (4, 4):
        return _upsample_by_phases(x, kernel)
    k = kernel.shape[-1]
    before, after = (k + 1) // 2, (k - 2) // 2
    return upfirdn2d(x, kernel, up=2, padding=(before, after, before, after), gain=4.0)


def _upsample_by_phases(x: Tensor, kernel: Tensor) -> Tensor:
    """Row 2m of the result sees rows m-1 and m, row 2m+1 rows m and m+1; columns alike."""
    n, c, h, w = x.shape
    flipped = (4 * kernel).flip(0, 1).to(x)
    # Phase (a, b) keeps every second tap, starting at a and b: a 2 x 2 filter on the small grid.
    weight = torch.stack([flipped[a::2, b::2] for a in (0, 1) for b in (0, 1)])
    phases = functional.conv2d(
        functional.pad(x, (1, 1, 1, 1)).reshape(n * c, 1, h + 2, w + 2), weight[:, None]
    )
    phases = phases.reshape(n, c, 2, 2, h + 1, w + 1)
    out = x.new_empty(n, c, h, 2, w, 2)
    for a in (0, 1):
        for b in (0, 1):
            out[:, :, :, a, :, b] = phases[:, :, a, b, a : a + h, b : b + w]
    return out.reshape(n, c, 2 * h, 2 * w)


def downsample2d(
    x: Float[Tensor, "n c h w"], kernel: Float[Tensor, "k k"]
) -> Float[Tensor, "n c h2 w2"]:
    """Halve the size of pictures."""
    k = kernel.shape[-1]
    before, after = (k - 1) // 2, (k - 2) // 2
    return upfirdn2d(x, kernel, down=2, padding=(before, after, before, after))


def filter2d(
    x: Float[Tensor, "n c h w"], kernel: Float[Tensor, "kh kw"]
) -> Float[Tensor, "n c h w"]:
    """Filter pictures without changing their size; zeros outside."""
    kh, kw = kernel.shape
    return upfirdn2d(x, kernel, padding=(kw // 2, (kw - 1) // 2, kh // 2, (kh - 1) // 2))
