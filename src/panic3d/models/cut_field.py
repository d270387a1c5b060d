"""A field cut to its box and to the silhouette of its front view."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from panic3d.models.raw_density import STEEPEST, raw_density
from panic3d.render.composite import EMPTY
from panic3d.render.volume import Field


class CutField:
    """A field cut to the box of its planes, and to the silhouette of its front view."""

    def __init__(self, inner: Field, box_m: float, alpha: Float[Tensor, "1 h w"] | None) -> None:
        """Keep the parts.

        Args:
            inner: what is cut.
            box_m: side of the box, width of the picture.
            alpha: of the front orthographic picture, rows from the top; None: the box alone.
        """
        self.inner, self.channels, self.box_m = inner, inner.channels, box_m
        # An alpha of one half is the outline; a pixel away the cut must be complete.
        self.hull = None if alpha is None else (alpha * 2 - 1) * STEEPEST

    def density(self, points: Float[Tensor, "m 3"]) -> Float[Tensor, " m"]:
        """Return the raw density, of which nothing is left outside."""
        # Planes are 0 outside the box, and what a network makes of that is anything.
        inside = (points.abs() <= self.box_m / 2).all(-1)
        hull = points.new_full((len(points),), STEEPEST)
        if self.hull is not None:
            where = torch.stack([points[:, 0], -points[:, 1]], -1) * (2 / self.box_m)
            hull = functional.grid_sample(
                self.hull[None], where[None, None], padding_mode="border", align_corners=False
            )[0, 0, 0]
            inside &= hull > -STEEPEST
        index = inside.nonzero()[:, 0]
        raw = points.new_full((len(points),), EMPTY)
        if len(index):
            found = self.inner.density(points[index])
            raw[index] = torch.minimum(found, raw_density(hull[index]))
        return raw

    def value(self, points: Float[Tensor, "m 3"]) -> Float[Tensor, "m c"]:
        """Return the colours."""
        return self.inner.value(points)
