"""Views of a field while it is learned: occupancy composited along rays, front to back.

Source: Oechsle et al. 2021 (UNISURF, arXiv:2104.10078), equation 5: what is inside hides what is
behind it, without a density to be integrated.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

STEEPNESS = 4.0
"""Of occupancy in the logit: surfaces are sharper in views than in the labels of points."""


class Rendered(NamedTuple):
    """What rays see."""

    colour: Float[Tensor, "n m 3"]
    """On white."""
    opacity: Float[Tensor, "n m"]
    depth: Float[Tensor, "n m"]
    """Mean place of what is seen, weighted by how much of it is; 0 where nothing is."""


def composited(
    logits: Float[Tensor, "n m k 4"], places: Float[Tensor, "n m k"], within: Float[Tensor, "n m k"]
) -> Rendered:
    """Composite samples along rays.

    Args:
        logits: of occupancy (first) and colour at each sample.
        places: of the samples, rising along each ray.
        within: 1 where a sample is in the field's box, 0 where nothing can be.
    """
    occupied = (STEEPNESS * logits[..., 0]).sigmoid() * within
    clear = torch.cat([torch.ones_like(occupied[..., :1]), 1 - occupied[..., :-1]], -1).cumprod(-1)
    weights = occupied * clear
    opacity = weights.sum(-1)
    colour = (weights[..., None] * logits[..., 1:].sigmoid()).sum(-2) + (1 - opacity)[..., None]
    return Rendered(colour, opacity, (weights * places).sum(-1))
