"""Sampling (multi-layer) tri-planes at points.

Two twins give the same numbers: `sample_planes`, differentiable and quick on a GPU, and
`PlaneTable`, many times as fast on a CPU and for inference only.
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from panic3d.checks import check_shape
from panic3d.errors import ShapeError

PLANE_AXES = ((0, 1, 2), (0, 2, 1), (1, 2, 0))
"""World axes along width, height and depth of each plane: xy, xz, yz."""
REDUNDANT_PLANE_AXES = ((0, 1, 2), (0, 2, 1), (2, 0, 1))
"""The same in the original EG3D, whose third plane is zx and so repeats the second."""


def plane_axes(distinct: bool) -> tuple[tuple[int, int, int], ...]:
    """Return the axes of the three planes; see `PLANE_AXES`."""
    return PLANE_AXES if distinct else REDUNDANT_PLANE_AXES


def split_planes(planes: Float[Tensor, "n c h w"], depth: int) -> Float[Tensor, "n 3 f d h w"]:
    """View the backbone's channels as planes, features and layers.

    Flat channel = plane * (features * depth) + feature * depth + layer.

    Raises:
        ShapeError: the channels are no multiple of 3 * depth.
    """
    n, c, h, w = check_shape("planes", planes, "N C H W").values()
    if c % (3 * depth):
        raise ShapeError(
            f"planes have {c} channels, expected a multiple of 3 planes x {depth} layers"
        )
    return planes.reshape(n, 3, c // (3 * depth), depth, h, w)


def sample_planes(
    planes: Float[Tensor, "n c h w"],
    points: Float[Tensor, "n m 3"],
    *,
    depth: int,
    box_m: float,
    distinct: bool = True,
) -> Float[Tensor, "n 3 m f"]:
    """Sample each plane at each point, linearly, zeros outside.

    Args:
        planes: the backbone's output.
        points: world points, metres.
        depth: layers per plane.
        box_m: side of the cube the planes cover.
        distinct: see `plane_axes`.

    Returns:
        Features by plane.

    Raises:
        ShapeError: shapes do not fit.
    """
    volumes = split_planes(planes, depth)
    n, _, f, d, h, w = volumes.shape
    m = check_shape("points", points, "N M 3", N=n)["M"]
    axes = torch.tensor(plane_axes(distinct), device=points.device)
    where = (points * (2 / box_m))[:, :, axes].transpose(1, 2).reshape(3 * n, m, 3)
    if d == 1:
        sampled = functional.grid_sample(
            volumes.reshape(3 * n, f, h, w), where[:, None, :, :2], align_corners=False
        )
    else:
        sampled = functional.grid_sample(
            volumes.reshape(3 * n, f, d, h, w), where[:, None, None], align_corners=False
        )
    return sampled.reshape(n, 3, f, m).transpose(-1, -2)


def fits_table(planes: Float[Tensor, "c h w"], depth: int) -> bool:
    """Return whether a `PlaneTable` can hold planes: its row numbers are exact below 2**24."""
    layers = depth + 2 if depth > 1 else 1
    return 3 * (planes.shape[-1] + 3) ** 2 * layers < 2**24


class PlaneTable:
    """The planes of one scene laid out as a table of texels, for fast lookups on a CPU.

    A lookup gathers the 24 (one layer: 12) texels around a point as whole rows and adds them
    up with their weights in one pass, the mean over the planes included. Row numbers and weights
    of all texels come from small matrix products over the point's floor and fraction: exact, as
    all numbers are integers below 2**24, and far quicker than broadcasting over pairs.
    """

    def __init__(
        self,
        planes: Float[Tensor, "c h w"],
        *,
        depth: int,
        box_m: float,
        distinct: bool = True,
    ) -> None:
        """Lay out the planes.

        Args:
            planes: the backbone's output for one scene, square.
            depth: layers per plane.
            box_m: side of the cube the planes cover.
            distinct: see `plane_axes`.

        Raises:
            ShapeError: the planes are not square, their channels do not divide, or the table
                would have more than 2**24 rows.
        """
        check_shape("planes", planes, "C R R")
        volumes = split_planes(planes[None], depth)[0]
        _, self.width, _, r, _ = volumes.shape
        self.box_m = box_m
        if not fits_table(planes, depth):
            raise ShapeError(
                f"planes of {r} x {r} texels and {depth} layers are too large for a table: "
                "use sample_planes"
            )
        # Zeros around, so that neighbours outside need no mask. Layers lie next to each other.
        layer_pad = (0, 0) if depth == 1 else (1, 1)
        padded = functional.pad(volumes / 3, (1, 2, 1, 2, *layer_pad))
        self.table = padded.permute(0, 3, 4, 2, 1).reshape(-1, self.width).contiguous()
        self._prepare(r, depth, plane_axes(distinct), planes)

    def _prepare(
        self, r: int, depth: int, axes: tuple[tuple[int, int, int], ...], like: Tensor
    ) -> None:
        """Write the matrices from a point to the rows and weights of its texels.

        Columns of a point's cell, from coordinates that run 0 to 2 across the box: x, y, z in
        texels; x, y, z in layers, if there are several; and a constant, 1.5, whose floor is 1 and
        whose fraction is half of 1.
        """
        rows = r + 3
        layered = depth > 1
        layers = depth + 2 if layered else 1
        sizes = [r] * 3 + [depth] * 3 * layered
        columns = len(sizes) + 1
        corners = 8 if layered else 4
        q_from_point = torch.zeros(3, columns)
        for column, size in enumerate(sizes):
            q_from_point[column % 3, column] = size / 2
        row = torch.zeros(columns, 3 * corners)
        factors = torch.zeros(3 if layered else 2, columns, 3 * corners)
        for plane, (w, h, d) in enumerate(axes):
            for corner in range(corners):
                bits = [corner >> k & 1 for k in ((2, 1, 0) if layered else (1, 0))]
                to = plane * corners + corner
                strides = [rows * layers, layers, 1]
                for k, (axis, bit) in enumerate(zip((h, w, 3 + d), bits, strict=False)):
                    row[axis, to] += strides[k]
                    row[-1, to] += strides[k] * (bit + 1)  # one texel of padding before
                    factors[k, axis, to] = 1 if bit else -1
                    factors[k, -1, to] = 0 if bit else 2
                row[-1, to] += plane * rows * rows * layers
        self._q_from_point = q_from_point.to(like)
        self._offset = torch.tensor([-0.5] * len(sizes) + [1.5]).to(like)
        # Positions further out see zeros alone. A layer's far limit stays below the last layer.
        self._lowest = torch.tensor([-1.0] * len(sizes) + [1.5]).to(like)
        far = [float(r)] * 3 + [float(np.nextafter(np.float32(depth), 0))] * 3 * layered
        self._highest = torch.tensor([*far, 1.5]).to(like)
        self._row, self._factors = row.to(like), list(factors.to(like))

    def mean_features(self, points: Float[Tensor, "m 3"]) -> Float[Tensor, "m f"]:
        """Return the mean over the planes of the sampled features; equals `sample_planes`.

        Raises:
            ShapeError: points are not (m, 3).
        """
        check_shape("points", points, "M 3")
        # A lower matrix precision, if somebody asked for it, must not round row numbers.
        highest = torch.get_float32_matmul_precision() == "highest"
        exact = self.table.dtype if highest else torch.float64
        # In the order of grid_sample, so that both twins round alike: density can be steep.
        across = (points * (2 / self.box_m)).add_(1).to(exact)
        q = torch.addmm(self._offset.to(exact), across, self._q_from_point.to(exact))
        if len(points) and not bool(points.abs().max() <= self.box_m / 2):
            q = torch.clamp(q, self._lowest.to(exact), self._highest.to(exact))
            q = torch.where(q.isnan(), self._lowest.to(exact), q)
        floor = q.floor()
        part = q.sub_(floor)
        weight = part @ self._factors[0].to(exact)
        for factor in self._factors[1:]:
            weight.mul_(part @ factor.to(exact))
        return functional.embedding_bag(
            (floor @ self._row.to(exact)).to(torch.int32),
            self.table,
            mode="sum",
            per_sample_weights=weight.to(self.table.dtype),
        )
