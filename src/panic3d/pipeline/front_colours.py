"""The portrait as paint for a surface: its sure colours, carried over what is not sure.

Along a matte's edge a picture's pixels are mixed with the background, and a matte may be a pixel
too wide. Colours are therefore taken from a little within the figure, and bled outward from there:
no background is put on a head.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float32

from panic3d.pipeline.texture import Front

SURE = 0.95
"""Alpha from which a pixel is the figure's alone."""
FAINT = 0.3
"""Alpha below which nothing is asked of a pixel: no figure is there."""
RIM = 1 / 512
"""Of the picture's width: so near what is not sure, nothing is. A pixel at least."""
THIN = 4
"""Rims. What is farther from all that is sure than this is a thin lock: its own best pixels count.
"""


class Paint(NamedTuple):
    """What a portrait gives to a surface."""

    colour: Float32[np.ndarray, "s s 3"]
    """Everywhere; where the portrait is sure, its own."""
    own: Bool[np.ndarray, "s s"]
    """Where the colour is the portrait's own."""
    alpha: Float32[np.ndarray, "s s"]
    away: Float32[np.ndarray, "s s"]
    """How far each pixel is from the one that gave its colour, of the picture's width."""


def bled(colour: Float32[np.ndarray, "s s 3"], alpha: Float32[np.ndarray, "s s"]) -> Paint:
    """Carry the sure colours of a portrait over all that is not sure.

    Args:
        colour: sRGB in [0, 1], straight.
        alpha: the matte.
    """
    from scipy.ndimage import distance_transform_edt, maximum_filter, minimum_filter

    rim = max(round(RIM * len(alpha)), 1)
    # The picture's border is no edge of the figure.
    own = minimum_filter(alpha, 2 * rim + 1, mode="nearest") >= SURE
    figure = alpha >= FAINT
    if not figure.any():
        return Paint(colour, np.ones_like(own), alpha, np.zeros_like(alpha))
    distance, nearest = np.full(alpha.shape, np.inf), None
    if own.any():
        distance, nearest = distance_transform_edt(~own, return_indices=True)
    thin = figure & (distance > THIN * rim)
    if thin.any():
        best = maximum_filter(np.where(thin, alpha, 0), 2 * rim + 1)
        own |= thin & (alpha >= best)
        distance, nearest = distance_transform_edt(~own, return_indices=True)
    assert nearest is not None  # there is a figure, so something is its own
    away = (distance / len(alpha)).astype(np.float32)
    return Paint(np.ascontiguousarray(colour[tuple(nearest)]), own, alpha, away)


def resized(front: Front, size: int) -> Front:
    """Bring a portrait to a size, colours weighted by alpha."""
    import torch
    from torch.nn import functional

    if len(front.alpha) == size:
        return front
    alpha = torch.from_numpy(np.ascontiguousarray(front.alpha))[None]
    colour = torch.from_numpy(np.ascontiguousarray(front.colour)).permute(2, 0, 1)
    small = functional.interpolate(
        torch.cat([colour * alpha, alpha])[None],
        (size, size),
        mode="bilinear",
        align_corners=False,
        antialias=True,
    )[0]
    straight = small[:3] / small[3:].clamp_min(1e-3)
    return Front(straight.clamp(0, 1).permute(1, 2, 0).numpy(), small[3].numpy(), front.box_m)
