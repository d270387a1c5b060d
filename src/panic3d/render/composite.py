"""The volume rendering integral over samples of one ray: densities in, weights and means out.

Knows nothing of fields, planes or cameras; `volume.py` brings those together.
Source: Mip-NeRF (arXiv:2103.13415) as used by EG3D: an interval shows the mean of its two ends,
the raw density is averaged before its activation, and there is no infinite last interval.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

EMPTY = -1000.0
"""Raw density of a place that is culled or cropped: nothing at all."""
SOLID = 1000.0
"""Raw density of a place that is binarised to solid."""


def activate(raw: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
    """Turn raw density into extinction per metre: softplus(raw - 1)."""
    return functional.softplus(raw - 1)


def unit_opacity(raw: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
    """Opacity of one metre of constant raw density, 0 to 1; what culling thresholds look at."""
    return 1 - torch.exp(-activate(raw))


def interval_weights(
    raw: Float[Tensor, "*rays n"], depths: Float[Tensor, "*rays n"]
) -> Float[Tensor, "*rays n-1"]:
    """Return how much each interval between neighbouring samples adds to the pixel.

    Args:
        raw: raw density at the samples.
        depths: of the samples, metres, never falling.

    Returns:
        Opacity of the interval times what is left of the ray when it gets there.
    """
    extinction = activate((raw[..., :-1] + raw[..., 1:]) / 2)
    alpha = 1 - torch.exp(-extinction * depths.diff(dim=-1))
    # The 1e-10 is EG3D's; it keeps the product's gradient finite behind a wall.
    left = torch.cumprod(1 - alpha + 1e-10, -1)
    return alpha * functional.pad(left[..., :-1], (1, 0), value=1.0)


def sample_weights(weights: Float[Tensor, "*rays k"]) -> Float[Tensor, "*rays k+1"]:
    """Share out the weight of each interval to its two end samples, half each."""
    padded = functional.pad(weights, (1, 1))
    return (padded[..., :-1] + padded[..., 1:]) / 2


def mean_depth(
    weights: Float[Tensor, "*rays k"], depths: Float[Tensor, "*rays n"]
) -> Float[Tensor, "*rays"]:
    """Return the weighted mean depth of the intervals' middles; infinite where nothing is hit."""
    middles = (depths[..., :-1] + depths[..., 1:]) / 2
    opacity = weights.sum(-1)
    hit = opacity > 0
    # Choose before dividing: a 0 / 0 masked afterwards still poisons the gradient.
    return ((weights * middles).sum(-1) / opacity.where(hit, 1)).where(hit, torch.inf)
