"""Where along a ray to look: evenly with jitter first, then where the first look found something.

Chance comes in as `Uniforms`, so that a render can be repeated, shared out in pieces, or fixed.
Source: NeRF (arXiv:2003.08934), section 5.2, in the form that EG3D (arXiv:2112.07945) uses.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from panic3d.checks import check_shape
from panic3d.errors import ShapeError
from panic3d.ops.chance import uniform


class Uniforms(NamedTuple):
    """The random numbers of a render, each in [0, 1)."""

    coarse: Float[Tensor, "rays n"]
    """Jitter of the even samples."""
    fine: Float[Tensor, "rays m"]
    """Positions of the importance samples in the cumulative distribution."""

    def take(self, rays: Tensor | slice) -> Uniforms:
        """Return the numbers of some of the rays."""
        return Uniforms(self.coarse[rays], self.fine[rays])


def random_uniforms(
    rays: int, coarse: int, fine: int, generator: torch.Generator | None, like: Tensor
) -> Uniforms:
    """Draw the numbers of a render, with the device and dtype of `like`."""
    draw = [uniform((rays, count), like, generator) for count in (coarse, fine)]
    return Uniforms(draw[0], draw[1])


def midpoint_uniforms(rays: int, coarse: int, fine: int, like: Tensor) -> Uniforms:
    """Return numbers without chance: the middle of every step."""
    steps = (torch.arange(fine, device=like.device, dtype=like.dtype) + 0.5) / max(fine, 1)
    return Uniforms(like.new_full((rays, coarse), 0.5), steps.expand(rays, fine))


def stratified_depths(
    near_m: float, far_m: float, jitter: Float[Tensor, "*rays n"]
) -> Float[Tensor, "*rays n"]:
    """Return even depths from near to far, each moved forward by its jitter times the step.

    The jitter is one-sided, as in EG3D: the last sample may lie up to a step beyond `far_m`.
    """
    n = check_shape("jitter", jitter, "... n")["n"]
    if n < 2:
        raise ShapeError(f"jitter has {n} numbers a ray, expected at least 2")
    even = torch.linspace(near_m, far_m, n, device=jitter.device, dtype=jitter.dtype)
    return even + jitter * ((far_m - near_m) / (n - 1))


def importance_depths(
    depths: Float[Tensor, "rays n"],
    weights: Float[Tensor, "rays k"],
    uniforms: Float[Tensor, "rays m"],
) -> Float[Tensor, "rays m"]:
    """Draw depths where the weights of a first march are high, in the order of `uniforms`.

    Args:
        depths: of the first march, rising.
        weights: of its intervals.
        uniforms: in [0, 1).

    Returns:
        Depths, as ordered as the uniforms are.

    Raises:
        ShapeError: shapes do not fit, or there are fewer than 4 samples.

    Source: EG3D's inverse transform sampling. The weights, smoothed, are paired with bins that
    start half a step early, so samples sit half a step towards the camera and the last bin is
    never reached; the released weights were trained with that.
    """
    n = check_shape("depths", depths, "N n")["n"]
    if n < 4:
        raise ShapeError(f"depths has {n} samples a ray, expected at least 4")
    check_shape("weights", weights, f"N {n - 1}", N=len(depths))
    check_shape("uniforms", uniforms, "N M", N=len(depths))
    with torch.no_grad():
        # Maximum over both neighbouring intervals, then the mean of two such maxima.
        spread = functional.pad(weights, (1, 1), value=0.0)
        spread = torch.maximum(spread[:, :-1], spread[:, 1:])
        smooth = (spread[:, :-1] + spread[:, 1:]) / 2 + 0.01
        bins = (depths[:, :-1] + depths[:, 1:]) / 2
        return invert_cdf(bins, smooth[:, 1:-1], uniforms)


def invert_cdf(
    bins: Float[Tensor, "rays k"],
    weights: Float[Tensor, "rays j"],
    uniforms: Float[Tensor, "rays m"],
) -> Float[Tensor, "rays m"]:
    """Map uniform numbers through the inverse of a piecewise linear distribution.

    Args:
        bins: edges; one more than the weights, further edges are never reached.
        weights: at least 0, one per bin; 1e-5 is added to each.
        uniforms: in [0, 1].
    """
    probability = weights + 1e-5
    probability = probability / probability.sum(-1, keepdim=True)
    cdf = functional.pad(probability.cumsum(-1), (1, 0))
    found = torch.searchsorted(cdf, uniforms.contiguous(), right=True)
    low = (found - 1).clamp(min=0)
    high = found.clamp(max=cdf.shape[-1] - 1)
    cdf_low, bin_low = cdf.gather(-1, low), bins.gather(-1, low)
    width = cdf.gather(-1, high) - cdf_low
    width = torch.where(width < 1e-5, 1.0, width)
    return bin_low + (uniforms - cdf_low) / width * (bins.gather(-1, high) - bin_low)


def sort_depths(
    depths: Float[Tensor, "rays n"],
) -> tuple[Float[Tensor, "rays n"], Int[Tensor, "rays n"]]:
    """Sort the samples of each ray, nearest first.

    Args:
        depths: at least 0; no gradient flows through them.

    Returns:
        The sorted depths and the numbers they had.
    """
    depths = depths.detach()
    if depths.device.type != "cpu" or depths.dtype != torch.float32:
        return depths.sort(-1)
    # A float of at least 0 sorts as its bits do. With its number below them, one plain sort of
    # integers does it all; NumPy's is vectorised and five times as fast as torch's.
    numbers = torch.arange(depths.shape[-1])
    keys = np.sort(((depths.view(torch.int32).long() << 32) | numbers).numpy(), axis=-1)
    packed = torch.from_numpy(keys)
    return (packed >> 32).int().view(torch.float32), packed & 0xFFFFFFFF
