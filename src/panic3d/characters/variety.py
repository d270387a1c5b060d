"""How much characters differ: outlines and colours of pairs, shares of tags, likeness to models."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image

from panic3d.geometry.cameras import NAMED_VIEWS
from panic3d.geometry.character import Character
from panic3d.geometry.posing import Pose, head_origin, posed
from panic3d.render.raster import Rasteriser

SIZE = 128
"""Of the outlines, pixels; colours are compared at half of it."""

SAME_OUTLINE = 0.97
SAME_COLOUR = 0.05
"""Pairs whose outlines overlap more than the first and whose colours differ less than the second
are near-identical."""

_VIEWS = ("front", "left")


@dataclass(frozen=True, eq=False)
class Looks:
    """Characters from the front and from their left side."""

    outlines: UInt8[np.ndarray, "n 2 bytes"]
    """Which pixels are covered, eight to a byte."""
    colours: UInt8[np.ndarray, "n 2 h w 4"]
    """Straight RGBA."""

    def __len__(self) -> int:
        return len(self.outlines)

    @classmethod
    def together(cls, parts: Iterable[Looks]) -> Looks:
        """Return all of several."""
        several = list(parts)
        return cls(
            np.concatenate([part.outlines for part in several]),
            np.concatenate([part.colours for part in several]),
        )


class Pair(NamedTuple):
    """Two characters and how alike they are."""

    one: int
    other: int
    front_iou: float
    side_iou: float
    colour_distance: float


class Match(NamedTuple):
    """The character most like a model."""

    number: int
    """Among those that were compared."""
    front_iou: float
    side_iou: float


def look(character: Character, rasteriser: Rasteriser, pose: Pose | None = None) -> Looks:
    """Draw what is compared of one character: no lines, no illustrations."""
    figure = posed(character, pose)
    with rasteriser.load(figure, head_origin(character)) as scene:
        drawn = [rasteriser.colour(scene, NAMED_VIEWS[view], SIZE) for view in _VIEWS]
    small = [Image.fromarray(picture).reduce(2) for picture in drawn]
    return Looks(
        np.stack([np.packbits(picture[..., 3] > 127) for picture in drawn])[None],
        np.stack([np.array(picture) for picture in small])[None],
    )


def outline_ious(one: Looks, other: Looks) -> Float32[np.ndarray, "n m 2"]:
    """Return the overlap of every outline with every other: intersection over union."""
    found = np.empty((len(one), len(other), 2), np.float32)
    for view in range(2):
        # Counts below 2**24, so float32 holds them exactly.
        a, b = (np.unpackbits(looks.outlines[:, view], axis=1) for looks in (one, other))
        both = a.astype(np.float32) @ b.astype(np.float32).T
        either = a.sum(1, dtype=np.int64)[:, None] + b.sum(1, dtype=np.int64)[None] - both
        found[..., view] = np.where(either > 0, both / np.maximum(either, 1), 1.0)
    return found


def colour_distance(
    one: UInt8[np.ndarray, "2 h w 4"], other: UInt8[np.ndarray, "2 h w 4"]
) -> float:
    """Return the mean difference of sRGB in [0, 1] where either covers anything, over both views.

    Where only one of them does, it is compared with nothing: black.
    """
    covers = np.stack([one[..., 3], other[..., 3]]).astype(np.float64) / 255
    colours = np.stack([one[..., :3], other[..., :3]]).astype(np.float64) / 255
    weight = covers.max(0)
    difference = np.abs(np.diff(colours * covers[..., None], axis=0)[0]).mean(-1)
    return float((difference * weight).sum() / max(weight.sum(), 1e-9))


def near_identical(looks: Looks) -> list[Pair]:
    """List the pairs that could be taken for one character."""
    ious = outline_ious(looks, looks)
    found = []
    for one, other in np.argwhere(np.triu(ious.min(-1) > SAME_OUTLINE, 1)):
        distance = colour_distance(looks.colours[one], looks.colours[other])
        if distance < SAME_COLOUR:
            front, side = ious[one, other]
            found.append(Pair(int(one), int(other), float(front), float(side), distance))
    return found


def best_matches(models: Looks, made: Looks) -> list[Match]:
    """Return for each model the character whose worse overlap, of front and side, is largest."""
    ious = outline_ious(models, made)
    best = ious.min(-1).argmax(1)
    return [Match(int(k), *map(float, ious[row, k])) for row, k in enumerate(best)]


def tag_shares(tags: Sequence[Sequence[str]]) -> Mapping[str, float]:
    """Return the share of characters that have a tag, the commonest first."""
    counts = Counter(tag for one in tags for tag in dict.fromkeys(one))
    order = sorted(counts, key=lambda tag: (-counts[tag], tag))
    return {tag: counts[tag] / len(tags) for tag in order}
