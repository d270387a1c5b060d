"""From the occupancy logits of our own generator to raw density, as volume rendering takes it."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

SHARPNESS = 1000.0
"""Extinction per metre that one unit of occupancy logit adds: surfaces a millimetre thin."""
STEEPEST = 4.0
"""Logits beyond are cut: they would only move the middle of an interval."""


def raw_density(logit: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
    """Return the raw density of an occupancy logit; 0 becomes 1, where culling at 0.5 cuts."""
    return 1 + SHARPNESS * logit.clamp(-STEEPEST, STEEPEST)
