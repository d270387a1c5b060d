"""Patches of views: rendered from what a network says along their rays, compared with the truth."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from panic3d.train.occupancy_render import composited
from panic3d.train.task import Batch

Features = Callable[[Tensor], list[Tensor]]
"""Pictures (n, 3, h, w) in [0, 1] to feature maps, finest first."""


class Patch(NamedTuple):
    """One patch of each take of a batch."""

    colour: Float[Tensor, "n 3 p p"]
    """On white, [0, 1]."""
    opacity: Float[Tensor, "n p p"]
    depth: Float[Tensor, "n p p"]
    """Metres from the rays' starts; where nothing is, negative in true ones and 0 in made ones."""


def ray_points(batch: Batch) -> Float[Tensor, "n mk 3"]:
    """Return the samples of all rays of a batch, ray by ray; metres."""
    return _along(batch).flatten(1, 2)


def made_patch(logits: Float[Tensor, "n mk 4"], batch: Batch, half_m: float) -> Patch:
    """Render what was said at `ray_points`.

    Args:
        logits: of occupancy (first) and colour.
        batch: whose rays they are.
        half_m: half the side of the box, outside of which nothing is; metres.
    """
    places, shape = batch["places"], batch["seen_depth"].shape
    within = (_along(batch).abs().amax(-1) < half_m).float()
    seen = composited(logits.unflatten(1, places.shape[1:]), places, within)
    colour = seen.colour.transpose(1, 2).unflatten(2, shape[1:])
    return Patch(colour, seen.opacity.reshape(shape), seen.depth.reshape(shape))


def true_patch(batch: Batch) -> Patch:
    """Return what the takes were seen as."""
    rgba = batch["seen"]
    return Patch(1 + (rgba[:, :3] - 1) * rgba[:, 3:], rgba[:, 3], batch["seen_depth"])


def patch_errors(made: Patch, true: Patch) -> dict[str, Tensor]:
    """Return mean absolute errors of colour, outline, and depth (metres) where something is."""
    solid = (true.depth > 0).float()
    depth = (made.depth - true.depth).abs() * solid
    return {
        "view_colours": (made.colour - true.colour).abs().mean(),
        "view_outline": (made.opacity - true.opacity).abs().mean(),
        # By take: the mean of several processes is that of one.
        "view_depth": (depth.sum((1, 2)) / solid.sum((1, 2)).clamp_min(1)).mean(),
    }


def feature_distance(features: Features, made: Tensor, true: Tensor) -> Tensor:
    """Return the mean squared distance of unit features, averaged over layers; 0 to 4."""
    with torch.no_grad():
        theirs = features(true)
    pairs = zip(features(made), theirs, strict=True)
    return torch.stack([(_unit(a) - _unit(b)).square().sum(1).mean() for a, b in pairs]).mean()


def _along(batch: Batch) -> Tensor:
    """Return the samples of a batch's rays, (n, m, k, 3)."""
    steps = batch["places"][..., None] * batch["direction"][:, None, None]
    return batch["starts"][:, :, None] + steps


def _unit(x: Tensor) -> Tensor:
    return x / (x.square().sum(1, keepdim=True) + 1e-6).sqrt()
