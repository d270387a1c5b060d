"""Regular grids of sample points that fill the head box."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from jaxtyping import Float, Int
from torch import Tensor

from panic3d.config import check_choice
from panic3d.errors import ConfigError

GridMode = Literal["paper", "fixed"]
"""``paper``: the original's sheared grid, needed for its numbers. ``fixed``: an exact grid."""


def check_resolution(resolution: int) -> None:
    """Refuse a grid that is no grid or would fill the memory.

    Raises:
        ConfigError: the resolution is out of range.
    """
    if not 2 <= resolution <= 1024:
        raise ConfigError(f"resolution is {resolution}, expected 2 to 1024 points along an axis")


def grid_slab(
    resolution: int, first: int, last: int, box_m: float, mode: GridMode
) -> Float[Tensor, "i n n 3"]:
    """Return the points of the slab first <= i < last of a grid of resolution**3 points.

    Axes are (i, j, k) = (x, y, z), each growing. In ``fixed`` mode the outermost points lie on
    the faces of the box. In ``paper`` mode y carries the fraction k/N and x the fractions
    j/N + k/N^2 of a step: the original divides the flat index without rounding down.

    Args:
        resolution: N, points along each axis, at least 2.
        first: first plane of constant i.
        last: one past the last plane.
        box_m: side of the box.
        mode: see `GridMode`.

    Returns:
        World points in metres, float32.

    Raises:
        ConfigError: the resolution is out of range.
    """
    check_resolution(resolution)
    along = torch.arange(resolution)
    i = torch.arange(first, last)[:, None, None]
    return grid_point(i, along[:, None], along, resolution, box_m, mode)


def grid_point(
    i: Int[Tensor, "*a"],
    j: Int[Tensor, "*b"],
    k: Int[Tensor, "*c"],
    resolution: int,
    box_m: float,
    mode: GridMode,
) -> Float[Tensor, "*d 3"]:
    """Return the points of grid indices, which broadcast; see `grid_slab`.

    Raises:
        ConfigError: a grid in ``paper`` mode has more than 256 points along an axis.
    """
    n = resolution
    check_choice("mode", mode, get_args(GridMode))
    if mode == "paper" and n > 256:
        raise ConfigError(
            f"the paper's grid has at most 256 points along an axis, not {n}: beyond, its index "
            "is no longer exact in float32; use the fixed grid"
        )
    if mode == "paper":
        # The original's chain of float32 divisions, exact below 2**24.
        flat = (i * n * n + j * n + k).float()
        x, y, z = torch.remainder(flat / n / n, n), torch.remainder(flat / n, n), k.float()
    else:
        x, y, z = i.float(), j.float(), k.float()
    return torch.stack(torch.broadcast_tensors(x, y, z), -1) * (box_m / (n - 1)) - box_m / 2


def grid_points(resolution: int, box_m: float, mode: GridMode) -> Float[Tensor, "n n n 3"]:
    """Return all points of a grid; see `grid_slab`."""
    return grid_slab(resolution, 0, resolution, box_m, mode)
