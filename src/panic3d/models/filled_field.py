"""A field in which something stands on every ray that the portrait's matte covers.

Where a network left a hole in the figure, its logits are lifted around the place along the ray
where it came nearest to a surface, or where its neighbours have theirs.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from panic3d.models.raw_density import SHARPNESS
from panic3d.render.volume import Field

WANTED = 0.6
"""Logit that every covered ray reaches."""
THICK_M = 0.012
"""Distance along the ray at which the lift has fallen to 1 / e."""
RAYS, SAMPLES = 256, 56
"""Rays along a side of the box, samples along each."""
_COVERED = 0.4
_BLOCK = 1 << 19
_REACH = 4  # rays whose surfaces a hole takes its place from


class FilledField:
    """A field whose logits are lifted near given places of its front."""

    def __init__(
        self,
        inner: Field,
        box_m: float,
        lift: Float[Tensor, "1 h w"],
        stand: Float[Tensor, "1 h w"],
    ) -> None:
        """Keep the parts.

        Args:
            inner: what is lifted.
            box_m: side of the box that the front shows.
            lift: by how much, rows from the top.
            stand: z at which it is most, metres.
        """
        self.inner, self.channels, self.box_m = inner, inner.channels, box_m
        self.maps = torch.cat([lift, stand])[None]

    def density(self, points: Float[Tensor, "m 3"]) -> Float[Tensor, " m"]:
        """Return the raw density."""
        where = torch.stack([points[:, 0], -points[:, 1]], -1) * (2 / self.box_m)
        lift, stand = functional.grid_sample(
            self.maps, where[None, None], padding_mode="border", align_corners=False
        )[0, :, 0]
        near = (-((points[:, 2] - stand) / THICK_M).square()).exp()
        return self.inner.density(points) + SHARPNESS * lift * near

    def value(self, points: Float[Tensor, "m 3"]) -> Float[Tensor, "m c"]:
        """Return the colours."""
        return self.inner.value(points)


def filled(
    inner: Field, box_m: float, covered: Float[Tensor, "1 h w"], like: Tensor
) -> FilledField | None:
    """Fill the holes that a field has in the portrait's figure.

    Args:
        inner: the field.
        box_m: side of the box that the portrait shows.
        covered: how much of each of the portrait's pixels the figure certainly covers, rows from
            the top.
        like: gives the device and dtype.

    Returns:
        None if there are no holes.
    """
    rays = min(RAYS, covered.shape[-1])
    small = functional.interpolate(covered[None], (rays, rays), mode="area")[0, 0]
    solid = small > _COVERED
    row, column = solid.nonzero().T
    if not len(row):
        return None
    x = ((column + 0.5) / rays - 0.5).to(like.dtype) * box_m
    y = (0.5 - (row + 0.5) / rays).to(like.dtype) * box_m
    depths = ((torch.arange(SAMPLES, device=like.device) + 0.5) / SAMPLES - 0.5).to(like.dtype)
    depths = depths * box_m
    best, stand = [], []
    step = max(_BLOCK // SAMPLES, 1)
    for a, b in zip(x.split(step), y.split(step), strict=True):
        z = depths.expand(len(a), -1)
        points = torch.stack([a[:, None].expand_as(z), b[:, None].expand_as(z), z], -1)
        logits = _logits(inner, points.reshape(-1, 3)).reshape(len(a), -1)
        most = logits.max(-1)
        best.append(most.values)
        stand.append(depths[most.indices])
    depth, reached = torch.cat(stand), torch.cat(best)
    holes = reached < WANTED
    if not holes.any():
        return None
    stands = small.new_zeros(rays, rays)
    stands[row, column] = depth
    whole = torch.zeros_like(solid)
    whole[row, column] = ~holes
    stands = torch.where(solid & ~whole, _from_beside(stands, solid, whole), stands)
    # What is lifted is what stands there, wherever along the ray that came to be.
    lift = small.new_zeros(rays, rays)
    at = holes.nonzero()[:, 0]
    there = torch.stack([x[at], y[at], stands[row[at], column[at]]], -1)
    lift[row[at], column[at]] = (WANTED - _logits(inner, there)).clamp_min(0)
    return FilledField(inner, box_m, lift[None], stands[None])


def _logits(field: Field, points: Tensor) -> Tensor:
    return (field.density(points) - 1) / SHARPNESS


def _from_beside(
    stands: Float[Tensor, "r r"], solid: Bool[Tensor, "r r"], whole: Bool[Tensor, "r r"]
) -> Float[Tensor, "r r"]:
    """Return depths carried on from whole rays into holes, the nearest first; else their own."""
    known, found = whole.float()[None, None], (stands * whole)[None, None]
    size = 2 * _REACH + 1
    for _ in range(stands.shape[-1] // _REACH):
        weight = functional.avg_pool2d(known, size, 1, _REACH)
        mean = functional.avg_pool2d(found, size, 1, _REACH) / weight.clamp_min(1e-9)
        new = (known == 0) & (weight > 1e-9) & solid[None, None]
        if not new.any():
            break
        found, known = torch.where(new, mean, found), torch.where(new, 1.0, known)
    return torch.where(known[0, 0] > 0, found[0, 0], stands)
