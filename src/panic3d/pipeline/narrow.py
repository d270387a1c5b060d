"""A field's density on a grid, exact near the surface only: all that a mesh needs, and sooner.

The field is sampled every third point first. Where these cells may hold a piece of the surface all
points are; elsewhere a cell has the sign of its corners, which is all that marching cubes asks.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from panic3d.models.cut_field import CutField
from panic3d.models.raw_density import STEEPEST
from panic3d.render.composite import EMPTY
from panic3d.render.density_grid import DensityGrid, sample_grid

STRIDES = (3, 2)


def narrow_grid(
    field: CutField, resolution: int, box_m: float, level: float, like: Tensor
) -> DensityGrid | None:
    """Sample a field near its surface.

    Args:
        field: what is cut away at the portrait's outline may be as thin as a hair, so there every
            cell counts.
        resolution: points along each axis.
        box_m: side of the grid.
        level: raw density at the surface.
        like: gives the device and dtype.

    Returns:
        A ``fixed`` grid on which marching cubes finds the surface that the whole grid has; None
        for a resolution that no stride fits.
    """
    stride = next((s for s in STRIDES if (resolution - 1) % s == 0), 0)
    if stride == 0 or resolution < 8 * stride:
        return None
    few = (resolution - 1) // stride + 1
    coarse = sample_grid(field.inner, few, box_m, "fixed", like=like).raw
    possible, outside = _cells(coarse - level, _hull(field, resolution, like), stride)
    coarse = torch.where(outside[..., None], EMPTY, coarse)
    raw = coarse
    for axis in range(3):
        raw = raw.repeat_interleave(stride, axis)
    raw = raw[:resolution, :resolution, :resolution].contiguous()
    # Cell after cell: neighbours in space share texels.
    within = torch.arange(stride, device=like.device)
    corner = possible.nonzero() * stride
    inner = torch.cartesian_prod(within, within, within)
    index = (corner[:, None] + inner).reshape(-1, 3).clamp(max=resolution - 1)
    points = index.to(like.dtype) * (box_m / (resolution - 1)) - box_m / 2
    raw[tuple(index.T)] = field.density(points)
    return DensityGrid(raw, box_m, "fixed")


def _hull(field: CutField, resolution: int, like: Tensor) -> Float[Tensor, "n n"] | None:
    """Return the outline's logits at the grid's x and y; None if nothing is cut."""
    if field.hull is None:
        return None
    along = torch.linspace(-1, 1, resolution).to(like)
    where = torch.stack(torch.meshgrid(along, -along, indexing="ij"), -1)
    found: Tensor = functional.grid_sample(
        field.hull[None], where[None], padding_mode="border", align_corners=False
    )[0, 0]
    return found


def _cells(
    value: Float[Tensor, "m m m"], hull: Float[Tensor, "n n"] | None, stride: int
) -> tuple[Bool[Tensor, "m m m"], Bool[Tensor, "m m"]]:
    """Say which cells may hold a piece of the surface, and which columns lie outside the outline.

    A cell's number is that of its lowest corner; those at the end are one point thick.
    """
    low, high = value, value
    for axis in range(3):
        low, high = (
            torch.minimum(low, _next(low, axis)),
            torch.maximum(high, _next(high, axis)),
        )
    least = torch.where(low > 0, low, torch.where(high < 0, -high, 0))
    # What changes by so much within a cell may dip through the level in between.
    possible = least <= high - low
    mixed = ((low <= 0) & (high > 0)).float()
    possible |= functional.max_pool3d(mixed[None, None], 3, 1, 1)[0, 0] > 0
    outside = torch.zeros_like(possible[..., 0])
    if hull is not None:
        few = len(value)
        padded = functional.pad(hull[None, None], (1, 2 * stride, 1, 2 * stride), mode="replicate")
        most = functional.max_pool2d(padded, stride + 3, stride)[0, 0, :few, :few]
        least_inside = -functional.max_pool2d(-padded, stride + 3, stride)[0, 0, :few, :few]
        outside = most <= 0
        edge = ~outside & (least_inside < STEEPEST)
        possible |= edge[..., None] & (high > 0)
        possible &= ~outside[..., None]
    return possible, outside


def _next(value: Tensor, axis: int) -> Tensor:
    """Shift values one cell down; the last cell keeps its own."""
    last = value.narrow(axis, value.shape[axis] - 1, 1)
    return torch.cat([value.narrow(axis, 1, value.shape[axis] - 1), last], axis)
