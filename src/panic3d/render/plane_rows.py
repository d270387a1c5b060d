"""Sampling tri-planes as rows of a table: quicker to learn through on a processor.

The same numbers as the mean of `panic3d.render.triplane.sample_planes`. All layers and features of
a pixel lie beside each other, so a point reads four rows of each plane instead of many scattered
numbers, and learning writes as few.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from panic3d.checks import check_shape
from panic3d.errors import ShapeError
from panic3d.render.triplane import PLANE_AXES


def mean_of_planes(
    planes: Sequence[Float[Tensor, "n c h w"]],
    points: Float[Tensor, "n m 3"],
    *,
    depth: int,
    box_m: float,
) -> Float[Tensor, "n m f"]:
    """Sample three planes at each point, linearly, zeros outside, and take the mean.

    Gradients flow to the planes, not to the points.

    Args:
        planes: along `PLANE_AXES`; channel = feature * depth + layer.
        points: world points, metres.
        depth: layers per plane.
        box_m: side of the cube the planes cover.

    Raises:
        ShapeError: shapes do not fit.
    """
    if len(planes) != len(PLANE_AXES):
        raise ShapeError(f"there are {len(planes)} planes, expected {len(PLANE_AXES)}")
    n = len(planes[0])
    check_shape("points", points, f"{n} M 3")
    where = points.detach() * (2 / box_m)
    layers = torch.arange(depth, device=points.device)
    total: Tensor | None = None
    for plane, axes in zip(planes, PLANE_AXES, strict=True):
        channels = check_shape("plane", plane, f"{n} C H W")["C"]
        if channels % depth:
            raise ShapeError(f"a plane has {channels} channels, expected a multiple of {depth}")
        across, down, along = (where[..., axis] for axis in axes)
        rows = _rows(plane, across, down).reshape(n, -1, channels // depth, depth)
        if depth == 1:  # which knows no depth
            sampled = rows[..., 0]
        else:
            away = ((along + 1) * (depth / 2) - 0.5)[..., None] - layers
            sampled = (rows * (1 - away.abs()).clamp_min(0)[:, :, None]).sum(-1)
        total = sampled if total is None else total + sampled
    assert total is not None
    return total / len(planes)


def _rows(
    plane: Float[Tensor, "n c h w"], across: Float[Tensor, "n m"], down: Float[Tensor, "n m"]
) -> Float[Tensor, "k c"]:
    """Return a plane's channels at places from -1 to 1, one row for each of all n * m."""
    n, channels, height, width = plane.shape
    table = plane.permute(0, 2, 3, 1).float().reshape(-1, channels)
    start = torch.arange(n, device=plane.device)[:, None] * (height * width)
    x, y = (across + 1) * (width / 2) - 0.5, (down + 1) * (height / 2) - 0.5
    left, top = x.floor(), y.floor()
    which, weights = [], []
    for row in (top, top + 1):
        for column in (left, left + 1):
            within = (row >= 0) & (row < height) & (column >= 0) & (column < width)
            near = (1 - (x - column).abs()) * (1 - (y - row).abs())
            place = row.clamp(0, height - 1) * width + column.clamp(0, width - 1)
            which.append(start + place.long())
            weights.append(near * within)
    return functional.embedding_bag(
        torch.stack(which, -1).reshape(-1, 4),
        table,
        mode="sum",
        per_sample_weights=torch.stack(weights, -1).reshape(-1, 4),
    )
