"""The generator's planes and decoder as fields that the volume renderer can look at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from panic3d.render.triplane import PlaneTable, fits_table, sample_planes

POINTS_AT_A_TIME = 8192
"""Points decoded together on a CPU: their 64 hidden numbers are 2 MB, near the caches."""


@runtime_checkable
class FoldedPoints(Protocol):
    """A decoder for inference, in two steps."""

    def hidden(self, features: Float[Tensor, "n w"]) -> Float[Tensor, "n h"]:
        """Return what density and colours share."""
        ...

    def density(self, hidden: Float[Tensor, "n h"]) -> Float[Tensor, " n"]:
        """Return the raw density."""
        ...

    def value(self, hidden: Float[Tensor, "n h"]) -> Float[Tensor, "n c"]:
        """Return the colour features, in [0, 1]."""
        ...


@runtime_checkable
class Points(Protocol):
    """A network from a point's mean plane features to what is there."""

    channels: int

    def __call__(
        self, features: Float[Tensor, "*n w"], *, force_sigmoid: bool = False
    ) -> tuple[Float[Tensor, "*n c"], Float[Tensor, "*n"]]:
        """Return colour features and raw density."""
        ...

    def folded(self, *, force_sigmoid: bool = False) -> FoldedPoints:
        """Return the same function for inference."""
        ...

    def parameters(self) -> Iterator[torch.nn.Parameter]:
        """Return what is learned."""
        ...


class PlaneField:
    """The field of one scene, differentiable; slow on a CPU."""

    def __init__(
        self,
        planes: Float[Tensor, "c h w"],
        decoder: Points,
        *,
        depth: int,
        box_m: float,
        distinct: bool,
        force_sigmoid: bool = False,
    ) -> None:
        self.planes, self.decoder, self.force_sigmoid = planes, decoder, force_sigmoid
        self.channels = decoder.channels
        self.depth, self.box_m, self.distinct = depth, box_m, distinct

    def both(self, points: Float[Tensor, "m 3"]) -> tuple[Tensor, Tensor]:
        """Return colour features (m, c) and raw density (m,)."""
        features = sample_planes(
            self.planes[None],
            points[None],
            depth=self.depth,
            box_m=self.box_m,
            distinct=self.distinct,
        )
        return self.decoder(features[0].mean(0), force_sigmoid=self.force_sigmoid)

    def density(self, points: Float[Tensor, "m 3"]) -> Float[Tensor, " m"]:
        """Return the raw density."""
        return self.both(points)[1]

    def value(self, points: Float[Tensor, "m 3"]) -> Float[Tensor, "m c"]:
        """Return the colour features."""
        return self.both(points)[0]


class TableField:
    """The same field for inference on a CPU: table lookups, gains folded, in cache-sized pieces."""

    def __init__(
        self,
        planes: Float[Tensor, "c h w"],
        decoder: Points,
        *,
        depth: int,
        box_m: float,
        distinct: bool,
        force_sigmoid: bool = False,
    ) -> None:
        self.table = PlaneTable(planes.detach(), depth=depth, box_m=box_m, distinct=distinct)
        self.decoder = decoder.folded(force_sigmoid=force_sigmoid)
        self.channels = decoder.channels

    @torch.autocast("cpu", enabled=False)  # lookups are float32 whatever surrounds them
    def density(self, points: Float[Tensor, "m 3"]) -> Float[Tensor, " m"]:
        """Return the raw density."""
        out = points.new_empty(len(points))
        for first in range(0, len(points), POINTS_AT_A_TIME):
            piece = slice(first, first + POINTS_AT_A_TIME)
            hidden = self.decoder.hidden(self.table.mean_features(points[piece]))
            out[piece] = self.decoder.density(hidden)
        return out

    @torch.autocast("cpu", enabled=False)  # lookups are float32 whatever surrounds them
    def value(self, points: Float[Tensor, "m 3"]) -> Float[Tensor, "m c"]:
        """Return the colour features."""
        out = points.new_empty(len(points), self.channels)
        for first in range(0, len(points), POINTS_AT_A_TIME):
            piece = slice(first, first + POINTS_AT_A_TIME)
            hidden = self.decoder.hidden(self.table.mean_features(points[piece]))
            out[piece] = self.decoder.value(hidden)
        return out


def make_field(
    planes: Float[Tensor, "c h w"],
    decoder: Points,
    *,
    depth: int,
    box_m: float,
    distinct: bool,
    force_sigmoid: bool = False,
) -> PlaneField | TableField:
    """Choose the field that suits the device: tables on a CPU without gradients.

    Args:
        planes: of one scene.
        decoder: turns their features into colours and density.
        depth: layers per plane.
        box_m: side of the cube the planes cover.
        distinct: see `panic3d.render.triplane.plane_axes`.
        force_sigmoid: see `Decoder.forward`.
    """
    needs_gradient = torch.is_grad_enabled() and (
        planes.requires_grad or any(p.requires_grad for p in decoder.parameters())
    )
    plain = needs_gradient or planes.device.type != "cpu" or planes.dtype != torch.float32
    kind = PlaneField if plain or not fits_table(planes, depth) else TableField
    return kind(
        planes,
        decoder,
        depth=depth,
        box_m=box_m,
        distinct=distinct,
        force_sigmoid=force_sigmoid,
    )
