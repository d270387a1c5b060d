"""The landmark network: 28 points of a face and the head's rotation, from a crop around the face.

Each point is the mean of a heat map, with its own idea of how far off it may be; the rotation is
two vectors made perpendicular, which has no jumps as angles have. A last part reads all of it
together, points, what is seen at each and the whole crop, and mends both: hidden points follow from
the others, and how the head is turned from where all of them are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from panic3d.checks import check_shape
from panic3d.errors import ConfigError
from panic3d.geometry.face_hull import LANDMARKS
from panic3d.models.unet import UNet, check_unet

_STRAIGHT = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
_WHOLE, _SEEN = 64, 8
"""Numbers that are kept of a crop as a whole, and of what is seen at each landmark."""
_SPREAD = 4.0
"""By which places in the crop, within half of it, become numbers of about 1."""
_LEAST_OFF, _MOST_OFF = 0.002, 1.0
"""Of the expected error, in crops."""
TRUSTED_OFF = 0.02
"""An expected error of so much of a crop halves the confidence: 4 % of a face or so."""


@dataclass(frozen=True, kw_only=True)
class LandmarkConfig:
    """Sizes of the network."""

    image_size: int = 128
    """Side of the crop, pixels."""
    channels: tuple[int, ...] = (32, 48, 80, 112)
    """The second is of the heat maps' resolution, a quarter of the crop's."""
    blocks: tuple[int, ...] = (0, 1, 1, 2)
    mending: int = 0
    """Width of the part that reads everything together; 0 does without."""

    def __post_init__(self) -> None:
        check_unet(self.channels, self.blocks, self.image_size)
        if self.mending < 0:
            raise ConfigError(f"mending is {self.mending}, expected at least 0")


class FoundLandmarks(NamedTuple):
    """What the network sees in crops."""

    points: Float[Tensor, "n 28 2"]
    """x, y in shares of the crop: (0, 0) is its upper left corner, (1, 1) the lower right."""
    off: Float[Tensor, "n 28"]
    """How far each is expected to be off, shares of the crop."""
    rotation: Float[Tensor, "n 3 3"]
    """Camera-from-head: x right, y up, z towards the viewer."""

    @property
    def confidence(self) -> Float[Tensor, "n 28"]:
        """1 is sure, 0.5 an expected error of `TRUSTED_OFF`."""
        return 1 / (1 + (self.off / TRUSTED_OFF) ** 2)


class LandmarkNetwork(nn.Module):
    """Landmarks and rotation from crops."""

    def __init__(self, config: LandmarkConfig) -> None:
        super().__init__()
        self.config = config
        self.body = UNet(config.channels, config.blocks, finest=1)
        width, deep = config.channels[1], config.channels[-1]
        self.heat = nn.Conv2d(width, LANDMARKS, 3, padding=1)
        side = config.image_size >> len(config.channels)
        # Where in the crop something is says how the head is turned: no mean over places.
        self.narrow = nn.Conv2d(deep, 16, 1)
        self.summary = nn.Linear(16 * side * side, _WHOLE)
        self.last = nn.Linear(_WHOLE, 6 + LANDMARKS)
        self.mend = Mend(width, config.mending) if config.mending else None
        with torch.no_grad():
            self.last.weight.mul_(0.1)
            self.last.bias.copy_(torch.tensor([*_STRAIGHT, *[-3.0] * LANDMARKS]))

    def forward(self, crop: Float[Tensor, "n 3 s s"]) -> FoundLandmarks:
        """Find landmarks.

        Args:
            crop: RGB in [0, 1], of the configuration's size.

        Raises:
            ShapeError: it has another size.
        """
        size = self.config.image_size
        check_shape("crop", crop, f"N 3 {size} {size}")
        features = self.body(2 * crop - 1)
        fine = functional.silu(features.fine)
        share = shares(self.heat(fine).float())
        narrow = functional.silu(self.narrow(functional.silu(features.deep)))
        whole = functional.silu(self.summary(narrow.flatten(1)))
        out = self.last(whole).float()
        points, turn = mean_places(share), out[:, :6]
        if self.mend is not None:
            moved, turned = self.mend(points, share, fine, whole)
            points, turn = points + moved, turn + turned
        off = out[:, 6:].exp().clamp(_LEAST_OFF, _MOST_OFF)
        return FoundLandmarks(points, off, rotation_of(turn))


class Mend(nn.Module):
    """Reads points, what is seen at each and the whole crop; at first it changes nothing."""

    def __init__(self, fine: int, width: int) -> None:
        """Make the layers.

        Args:
            fine: channels of the heat maps' features.
            width: of its own layers.
        """
        super().__init__()
        self.seen = nn.Linear(fine, _SEEN)
        self.first = nn.Linear(LANDMARKS * (_SEEN + 2) + _WHOLE, width)
        self.second = nn.Linear(width, width)
        self.last = nn.Linear(width, LANDMARKS * 2 + 6)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(
        self,
        points: Float[Tensor, "n 28 2"],
        share: Float[Tensor, "n 28 h w"],
        fine: Float[Tensor, "n c h w"],
        whole: Float[Tensor, "n w2"],
    ) -> tuple[Float[Tensor, "n 28 2"], Float[Tensor, "n 6"]]:
        """Return what points, in shares of the crop, and the rotation's columns change by.

        Args:
            points: as the heat maps have them.
            share: the heat maps, each of sum 1.
            fine: features of the same resolution.
            whole: what is known of the crop as a whole.
        """
        pooled = torch.einsum("nkp,ncp->nkc", share.flatten(2).to(fine.dtype), fine.flatten(2))
        seen = self.seen(pooled).flatten(1)
        placed = _SPREAD * (points.flatten(1) - 0.5)
        x = functional.silu(self.first(torch.cat([placed.to(seen.dtype), seen, whole], 1)))
        x = x + functional.silu(self.second(x))
        out = self.last(x).float()
        return out[:, :-6].unflatten(1, (LANDMARKS, 2)), out[:, -6:]


def shares(heat: Float[Tensor, "n k h w"]) -> Float[Tensor, "n k h w"]:
    """Return each heat map's softmax over its places."""
    return heat.flatten(2).softmax(-1).reshape(heat.shape)


def mean_places(share: Float[Tensor, "n k h w"]) -> Float[Tensor, "n k 2"]:
    """Return the mean x, y of heat maps whose sum is 1, in shares of the map."""
    h, w = share.shape[2:]
    across = (torch.arange(w, device=share.device, dtype=share.dtype) + 0.5) / w
    down = (torch.arange(h, device=share.device, dtype=share.dtype) + 0.5) / h
    return torch.stack([(share.sum(2) * across).sum(-1), (share.sum(3) * down).sum(-1)], -1)


def rotation_of(vectors: Float[Tensor, "n 6"]) -> Float[Tensor, "n 3 3"]:
    """Return rotations from their first two columns, made perpendicular and as long as 1.

    Source: Zhou et al. 2019 (arXiv:1812.07035), eq. 15.
    """
    first = functional.normalize(vectors[:, :3], dim=1)
    second = vectors[:, 3:] - (first * vectors[:, 3:]).sum(1, keepdim=True) * first
    second = functional.normalize(second, dim=1)
    return torch.stack([first, second, torch.linalg.cross(first, second)], 2)


class LandmarkLoss(NamedTuple):
    """Losses of a batch of crops."""

    points: Float[Tensor, ""]
    """Mean distance, shares of the crop."""
    doubt: Float[Tensor, ""]
    """How unlikely the true points are, given what each was thought to be off."""
    rotation: Float[Tensor, ""]
    """Mean distance of rotations: the root of 2 - 2 cos of the angle between them, about."""
    whole: Float[Tensor, ""]
    """How far all points together are shifted, scaled and turned, shares of the crop: what they
    err in common moves the alignment, what each errs alone hardly does."""


def landmark_loss(
    found: FoundLandmarks,
    points: Float[Tensor, "n 28 2"],
    weights: Float[Tensor, "n 28"],
    rotation: Float[Tensor, "n 3 3"],
) -> LandmarkLoss:
    """Compare what was found with the truth.

    Args:
        found: by the network.
        points: where landmarks are, shares of the crop.
        weights: of each; 0 takes no part.
        rotation: camera-from-head.
    """
    far = ((found.points - points).square().sum(-1) + 1e-8).sqrt()
    count = weights.sum().clamp(min=1)
    # The points learn from their distance alone: were doubt to push them, it would first be
    # learned that all are far off. 2-D Laplace: 1 / (2 pi b^2) exp(-d / b).
    doubt = far.detach() / found.off + 2 * found.off.log()
    apart = ((found.rotation - rotation).square().sum((1, 2)) / 2 + 1e-8).sqrt()
    return LandmarkLoss(
        (far * weights).sum() / count,
        (doubt * weights).sum() / count,
        apart.mean(),
        _whole(found.points, points, weights),
    )


def _whole(
    found: Float[Tensor, "n 28 2"], points: Float[Tensor, "n 28 2"], weights: Float[Tensor, "n 28"]
) -> Float[Tensor, ""]:
    """Return the mean size of the similarities of least squares from true points to found ones."""
    share = (weights / weights.sum(1, keepdim=True).clamp(min=1e-6))[..., None]
    shift = ((found - points) * share).sum(1)
    true = points - (points * share).sum(1, keepdim=True)
    off = found - points - shift[:, None]
    spread = (true.square() * share).sum((1, 2)).clamp(min=1e-6)
    longer = (off * true * share).sum((1, 2)) / spread
    turned = ((off[..., 1] * true[..., 0] - off[..., 0] * true[..., 1]) * share[..., 0]).sum(1)
    changed = torch.stack([longer, turned / spread], 1) * spread.sqrt()[:, None]
    sizes = shift.square().sum(1), changed.square().sum(1)
    whole: Float[Tensor, ""] = sum(((size + 1e-8).sqrt() for size in sizes), shift.new_zeros(()))
    return whole.mean()
