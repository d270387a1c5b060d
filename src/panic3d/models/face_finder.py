"""The face finder: a small network that says where faces are, and how large, anywhere in a picture.

One cell of its maps is four pixels. A face shows as a peak of the heat map at the middle of its box
of landmarks; there the other maps have the box's size and where in the cell its middle is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor, nn
from torch.nn import functional

from panic3d.models.unet import UNet, check_sides, check_unet

CELL = 4
"""Pixels."""
MAPS = 5
"""Heat, logarithms of width and height in cells, place of the middle in its cell."""
_RARE = 0.01
"""How likely a peak is thought to be before anything was learned."""
_LARGEST = 7.0
"""Of the logarithms: whatever is predicted, boxes stay numbers."""


@dataclass(frozen=True, kw_only=True)
class FaceFinderConfig:
    """Sizes of the network."""

    image_size: int = 256
    """Side of the square that pictures are fitted into; other multiples of the unit work too."""
    channels: tuple[int, ...] = (16, 24, 48, 64, 80)
    blocks: tuple[int, ...] = (0, 1, 1, 1, 1)

    def __post_init__(self) -> None:
        check_unet(self.channels, self.blocks, self.image_size)


class FaceBoxes(NamedTuple):
    """Faces in a picture, the surest first."""

    boxes: Float64[np.ndarray, "n 4"]
    """Left, top, right, bottom, pixels of what the network saw."""
    scores: Float64[np.ndarray, " n"]
    """0 to 1."""


class FaceFinder(nn.Module):
    """Maps of faces from a picture."""

    def __init__(self, config: FaceFinderConfig) -> None:
        super().__init__()
        self.config = config
        self.body = UNet(config.channels, config.blocks, finest=1)
        width = config.channels[1]
        self.head = nn.Conv2d(width, width, 3, padding=1)
        self.last = nn.Conv2d(width, MAPS, 1)
        assert self.last.bias is not None
        first = [math.log(_RARE / (1 - _RARE)), 2.0, 2.0, 0.5, 0.5]
        with torch.no_grad():
            self.last.bias.copy_(torch.tensor(first))

    def forward(self, picture: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 5 h2 w2"]:
        """Return the maps: logits of heat, log width, log height (cells), x and y in the cell.

        Args:
            picture: RGB in [0, 1]; sides are multiples of `side_unit`.

        Raises:
            ShapeError: they are not.
        """
        check_sides(picture, self.config.channels)
        x = self.body(2 * picture - 1).fine
        maps: Tensor = self.last(functional.silu(self.head(functional.silu(x))))
        return maps.float()


THRESHOLD = 0.3
"""The least score of a face."""


def boxes_of(
    maps: Float[Tensor, "5 h w"], threshold: float = THRESHOLD, most: int = 32
) -> FaceBoxes:
    """Read the maps: peaks of heat that no higher one is next to, and their boxes.

    Args:
        maps: of one picture.
        threshold: the least score.
        most: how many at most.
    """
    heat = maps[0].sigmoid()
    peak = functional.max_pool2d(heat[None, None], 3, stride=1, padding=1)[0, 0]
    row, column = ((heat == peak) & (heat >= threshold)).nonzero(as_tuple=True)
    scores, order = heat[row, column].sort(descending=True, stable=True)
    row, column, scores = row[order][:most], column[order][:most], scores[:most]
    size = maps[1:3, row, column].clamp(-_LARGEST, _LARGEST).exp() * CELL
    place = maps[3:5, row, column].clamp(-1, 2)
    middle = (torch.stack([column, row]).to(place) + place) * CELL
    boxes = torch.cat([middle - size / 2, middle + size / 2]).T
    return FaceBoxes(boxes.double().cpu().numpy(), scores.double().cpu().numpy())


def without_doubles(found: FaceBoxes, overlap: float = 0.4) -> FaceBoxes:
    """Drop boxes that a surer one overlaps, or holds, or lies in.

    Args:
        found: in any order.
        overlap: intersection over union from which two boxes are one face; of the smaller box's
            area twice that.
    """
    order = np.argsort(-found.scores, kind="stable")
    kept: list[int] = []
    for k in order.tolist():
        if all(not _same(found.boxes[k], found.boxes[j], overlap) for j in kept):
            kept.append(k)
    return FaceBoxes(found.boxes[kept], found.scores[kept])


def _same(one: Float64[np.ndarray, "4"], other: Float64[np.ndarray, "4"], overlap: float) -> bool:
    sides = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    shared = float(np.prod(sides.clip(0)))
    areas = [float(np.prod((box[2:] - box[:2]).clip(0))) for box in (one, other)]
    whole = max(sum(areas) - shared, 1e-9)
    return shared / whole > overlap or shared / max(min(areas), 1e-9) > 2 * overlap


class FaceFinderLoss(NamedTuple):
    """Losses of a batch of pictures."""

    heat: Float[Tensor, ""]
    size: Float[Tensor, ""]
    place: Float[Tensor, ""]


def heat_target(
    boxes: Float64[np.ndarray, "m 4"], rows: int, columns: int
) -> tuple[Float[np.ndarray, "r c"], Float[np.ndarray, "5 r c"]]:
    """Make what the maps of a picture should be.

    Args:
        boxes: of its faces, pixels.
        rows: of the maps.
        columns: of the maps.

    Returns:
        The heat, 1 at middles and falling off with the size of the box; then, where there are
        middles, 1, log width, log height and the place in the cell, and 0 elsewhere.
    """
    heat = np.zeros((rows, columns), np.float32)
    maps = np.zeros((MAPS, rows, columns), np.float32)
    y, x = np.mgrid[:rows, :columns] + 0.5
    for box in sorted(boxes.tolist(), key=lambda b: -(b[2] - b[0])):
        left, top, right, bottom = (v / CELL for v in box)
        middle = (left + right) / 2, (top + bottom) / 2
        column, row = math.floor(middle[0]), math.floor(middle[1])
        if not (0 <= column < columns and 0 <= row < rows) or right <= left or bottom <= top:
            continue
        reach = np.array([right - left, bottom - top]) * 0.12 + 0.3
        far = ((x - column - 0.5) / reach[0]) ** 2 + ((y - row - 0.5) / reach[1]) ** 2
        heat = np.maximum(heat, np.exp(-0.5 * far)).astype(np.float32)
        heat[row, column] = 1
        maps[:, row, column] = (
            *(1, math.log(right - left), math.log(bottom - top)),
            *(middle[0] - column, middle[1] - row),
        )
    return heat, maps


def face_finder_loss(
    maps: Float[Tensor, "n 5 h w"],
    heat: Float[Tensor, "n h w"],
    target: Float[Tensor, "n 5 h w"],
    weights: Float[Tensor, "n h w"],
) -> FaceFinderLoss:
    """Compare maps with their targets, see `heat_target`; heat counts by its weights.

    Source: the focal loss of CornerNet (arXiv:1808.01244), eq. 1, and CenterNet's L1 terms
    (arXiv:1904.07850); a mean over faces, at least one.
    """
    logits = maps[:, 0]
    there = target[:, 0]
    count = there.sum().clamp(min=1)
    chance = logits.sigmoid()
    rising = -functional.logsigmoid(logits) * (1 - chance) ** 2 * there
    falling = -functional.logsigmoid(-logits) * chance**2 * (1 - heat) ** 4 * (1 - there)
    off = (maps[:, 1:] - target[:, 1:]).abs() * there[:, None]
    return FaceFinderLoss(
        ((rising + falling) * weights).sum() / count,
        off[:, :2].sum() / count,
        off[:, 2:].sum() / count,
    )
