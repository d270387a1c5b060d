"""A field in which something stands on every ray that the portrait's matte covers.

Where a network left a hole in the figure, its logits are lifted around a place along the ray: on
a membrane that hangs on the surfaces around, and is drawn to where the network nearly had one.
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
_NEARLY = 0.05
"""How far a hole's own depth is trusted, where the network was undecided about it."""
_LEVELS, _ROUNDS = 6, 24


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
        # The first surface from the front where there is one, else where it nearly is.
        front = SAMPLES - 1 - (logits.flip(-1) >= WANTED).int().argmax(-1)
        best.append(most.values)
        stand.append(depths[torch.where(most.values >= WANTED, front, most.indices)])
    depth, reached = torch.cat(stand), torch.cat(best)
    holes = reached < WANTED
    if not holes.any():
        return None
    own, trust = small.new_zeros(rays, rays), small.new_zeros(rays, rays)
    own[row, column] = depth
    trust[row, column] = torch.where(holes, _NEARLY * reached.sigmoid(), 1.0)
    stands = _spread(own, trust, solid)
    # What is lifted is what stands there, wherever along the ray that came to be.
    lift = small.new_zeros(rays, rays)
    at = holes.nonzero()[:, 0]
    there = torch.stack([x[at], y[at], stands[row[at], column[at]]], -1)
    lift[row[at], column[at]] = (WANTED - _logits(inner, there)).clamp_min(0)
    return FilledField(inner, box_m, lift[None], stands[None])


def _logits(field: Field, points: Tensor) -> Tensor:
    return (field.density(points) - 1) / SHARPNESS


def _spread(
    own: Float[Tensor, "r r"], trust: Float[Tensor, "r r"], solid: Bool[Tensor, "r r"]
) -> Float[Tensor, "r r"]:
    """Return depths that are smooth across the figure and near their own where those are sure.

    Relaxation of a membrane: each ray the mean of its own depth, as far as that is trusted, and of
    its neighbours'; from coarse to fine, so that wide holes are filled as well as narrow ones.
    """
    sides = [len(own) >> k for k in range(_LEVELS - 1, -1, -1)]
    found: Tensor | None = None
    for side in sides:
        weight = _reduced(trust, side)
        mean = _reduced(own * trust, side) / weight.clamp_min(1e-9)
        inside = _reduced(solid.to(own.dtype), side) > 0
        start = mean
        if found is not None:
            finer = functional.interpolate(found, (side, side), mode="nearest")
            start = torch.where(weight > 0.5, mean, finer)
        found = start * inside
        pull = weight / (weight + 1.0 - weight.clamp_max(1.0) + 1e-3)
        for _ in range(_ROUNDS):
            count = functional.avg_pool2d(inside.to(own.dtype), 3, 1, 1)
            around = functional.avg_pool2d(found, 3, 1, 1) / count.clamp_min(1e-9)
            found = (pull * mean + (1 - pull) * around) * inside
    assert found is not None
    return found[0, 0]


def _reduced(plane: Float[Tensor, "r r"], side: int) -> Float[Tensor, "1 1 s s"]:
    return functional.adaptive_avg_pool2d(plane[None, None], side)
