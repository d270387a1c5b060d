"""A field sampled on a regular grid: densities for the mesh, and where the field is empty."""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from panic3d.geometry.grids import GridMode, check_resolution, grid_slab
from panic3d.render.composite import EMPTY, unit_opacity
from panic3d.render.volume import Clouds, Field

BRICK = 8
"""Points along the side of a brick."""


class DensityGrid(NamedTuple):
    """Raw densities at the points of `panic3d.geometry.grids.grid_points`; axes x, y, z."""

    raw: Float[Tensor, "n n n"]
    """`EMPTY` where cropped."""
    box_m: float
    mode: GridMode

    @property
    def resolution(self) -> int:
        """Points along each axis."""
        return self.raw.shape[0]


def sample_grid(
    field: Field,
    resolution: int,
    box_m: float,
    mode: GridMode,
    *,
    clouds: Clouds | None = None,
    like: Tensor | None = None,
) -> DensityGrid:
    """Sample a field's raw density on a grid; cropped points are not looked at.

    Args:
        field: what to sample.
        resolution: points along each axis.
        box_m: side of the grid.
        mode: see `GridMode`.
        clouds: only the crop matters here; culling is up to who reads the grid.
        like: gives the device and dtype; None is float32 on the CPU.
    """
    check_resolution(resolution)
    like = torch.zeros(1) if like is None else like
    limit = None if clouds is None else clouds.reach(box_m)
    if mode == "paper" and clouds is not None and clouds.crop_m == 0:
        limit = box_m / 2  # here, unlike along rays, the original takes 0 for a crop
    raw = like.new_full((resolution,) * 3, EMPTY)
    # Neighbours in space share texels: asking for brick after brick keeps those in the caches.
    brick = BRICK if resolution % BRICK == 0 else 1
    for first in range(0, resolution, brick):
        points = grid_slab(resolution, first, first + brick, box_m, mode).to(like)
        points = _to_bricks(points, brick)
        inside = None
        if limit is not None:
            inside = (points[:, 0].abs() <= limit) & (points[:, 2].abs() <= limit)
        if inside is None:
            found = field.density(points)
        elif bool(inside.any()):
            index = inside.nonzero()[:, 0]
            found = points.new_full((len(points),), EMPTY)
            found[index] = field.density(points[index])
        else:
            continue
        raw[first : first + brick] = _from_bricks(found, brick, resolution)
    return DensityGrid(raw, box_m, mode)


def _to_bricks(slab: Tensor, b: int) -> Tensor:
    """Order the points of a slab (b, n, n, 3) brick by brick: (b * n * n, 3)."""
    n = slab.shape[1]
    bricks = slab.reshape(b, n // b, b, n // b, b, 3)
    return bricks.permute(1, 3, 0, 2, 4, 5).reshape(-1, 3)


def _from_bricks(values: Tensor, b: int, n: int) -> Tensor:
    """Undo `_to_bricks` for one number per point: (b, n, n)."""
    return values.reshape(n // b, n // b, b, b, b).permute(2, 0, 3, 1, 4).reshape(b, n, n)


def paper_density(raw: Float[Tensor, "n n n"], clouds: Clouds) -> Float[Tensor, "n n n"]:
    """Return the densities the paper's mesh is made of, and its second activation.

    Raw density becomes opacity over one metre. Culling then activates that opacity again, so with
    the paper's 0.5 only places of raw density above about 16.72 survive; all others, and cropped
    ones, become -1000. Binarising is ignored, as in the original.
    """
    out = torch.empty_like(raw)
    for i, slab in enumerate(raw):  # slabs stay in the cache; whole volumes would not
        density = torch.where(slab == EMPTY, EMPTY, unit_opacity(slab))
        if clouds.cull is not None:
            density = torch.where(unit_opacity(density) < clouds.cull, EMPTY, density)
        out[i] = density
    return out


def alive(grid: DensityGrid, clouds: Clouds) -> Bool[Tensor, "n n n"]:
    """Return which samples the ray renderer's culling would keep."""
    return torch.stack([clouds.thin_out(slab) > EMPTY for slab in grid.raw])
