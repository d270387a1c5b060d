"""Learning to find faces: composed pictures, heat and boxes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import UInt8
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from torch import Tensor, nn

from panic3d.models.face_finder import (
    CELL,
    THRESHOLD,
    FaceFinder,
    FaceFinderConfig,
    boxes_of,
    face_finder_loss,
    heat_target,
    without_doubles,
)
from panic3d.pipeline.faces import overlap
from panic3d.train.compose import Stock, composed
from panic3d.train.portraits import DrawnPortrait
from panic3d.train.task import (
    WHOLE,
    Arrays,
    Batch,
    levels_of,
    picture_bytes,
    rows_of,
    stacked,
    tiled,
)
from panic3d.train.wear import worn

SHARE = (0.04, 0.6)
"""Least and largest pasted faces, of the picture's side; whole scenes go up to all of it."""
SEEN, UNSEEN = 0.55, 0.2
"""A face of which so much is seen has to be found; one of which less is seen is none; between the
two neither is right or wrong."""
_MOST = 8
"""Faces of a picture that are told to the measures."""
_SAME = 0.5
"""Intersection over union from which a face counts as found."""


class FaceTask:
    """Pictures of no, one or several faces."""

    kind = "face_finder"

    def __init__(self, config: FaceFinderConfig, portraits: Sequence[DrawnPortrait]) -> None:
        """Take the pictures to compose from."""
        self.config, self.stock = config, Stock.of(portraits)
        self.options: dict[str, Any] = {"share": list(SHARE)}

    def networks(self) -> dict[str, nn.Module]:
        """Make the finder."""
        return {"finder": FaceFinder(self.config)}

    def batch(self, rng: np.random.Generator, count: int, part: slice = WHOLE) -> Arrays:
        """Compose pictures."""
        return stacked([self._one(one) for one in rng.spawn(count)[part]])

    def _one(self, rng: np.random.Generator) -> dict[str, NDArray[Any]]:
        size = self.config.image_size
        canvas = composed(self.stock, rng, size, SHARE)
        cells = size // CELL
        weights = np.ones((cells, cells), np.float32)
        boxes = []
        for face in canvas.faces:
            shown = canvas.shown(face)
            if shown >= SEEN:
                boxes.append(face.box)
            elif shown > UNSEEN:
                left, top, right, bottom = (face.box / CELL).round().astype(int).tolist()
                weights[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = 0
        known = np.array(boxes, np.float64).reshape(-1, 4)
        heat, maps = heat_target(known, cells, cells)
        weights = np.maximum(weights, maps[0])
        counted = np.full((_MOST, 4), np.nan, np.float32)
        counted[: len(known)] = known[:_MOST]
        return {
            "picture": levels_of(worn(canvas.pixels(), rng)),
            "heat": heat,
            "maps": maps,
            "weights": weights,
            "boxes": counted,
            "doubtful": np.bool_((weights == 0).any()),
        }

    def losses(
        self, player: str, networks: Mapping[str, nn.Module], batch: Batch
    ) -> dict[str, Tensor]:
        """Measure heat, sizes and places."""
        maps = networks[player](batch["picture"])
        found = face_finder_loss(maps, batch["heat"], batch["maps"], batch["weights"])
        total = found.heat + 0.5 * found.size + found.place
        return {"total": total, "heat": found.heat, "size": found.size, "place": found.place}

    def measures(self, network: nn.Module, batch: Batch) -> dict[str, float]:
        """Count faces that are found, and pictures without one in which one is seen.

        Returns:
            found: share of faces; false: pictures without a face that show one, a share of those;
            overlap: mean intersection over union of found faces.
        """
        maps = network(batch["picture"])
        hits, wrong, overlaps = [], [], []
        for k in range(len(maps)):
            boxes = without_doubles(boxes_of(maps[k])).boxes
            true = batch["boxes"][k].cpu().double().numpy()
            true = true[np.isfinite(true).all(1)]
            if not len(true):
                if not bool(batch["doubtful"][k]):
                    wrong.append(len(boxes) > 0)
                continue
            for box in true:
                best = max((overlap(box, other) for other in boxes), default=0.0)
                hits.append(best > _SAME)
                if best > _SAME:
                    overlaps.append(best)
        return {
            "found": float(np.mean(hits)) if hits else np.nan,
            "false": float(np.mean(wrong)) if wrong else np.nan,
            "overlap": float(np.mean(overlaps)) if overlaps else np.nan,
        }

    def score(self, measures: Mapping[str, float]) -> float:
        """Count faces that are found against those that are none."""
        return measures.get("found", 0.0) - measures.get("false", 0.0)

    def sheet(self, network: nn.Module, batch: Batch) -> UInt8[np.ndarray, "h w 3"]:
        """Draw the boxes that are true in green, those that are found in red with their heat."""
        maps = network(batch["picture"])
        made = []
        for k in range(len(maps)):
            image = Image.fromarray(picture_bytes(batch["picture"][k]))
            draw = ImageDraw.Draw(image)
            true = batch["boxes"][k].cpu().double().numpy()
            for box in true[np.isfinite(true).all(1)]:
                draw.rectangle(tuple(box.tolist()), outline=(0, 220, 0))
            found = without_doubles(boxes_of(maps[k], THRESHOLD / 3))
            for box, score in zip(found.boxes, found.scores, strict=True):
                sure = score >= THRESHOLD
                colour = (255, 0, 0) if sure else (255, 160, 0)
                corners = [*np.minimum(box[:2], box[2:]), *np.maximum(box[:2], box[2:])]
                draw.rectangle(tuple(float(v) for v in corners), outline=colour)
                draw.text((box[0] + 2, box[1]), f"{score:.2f}", fill=colour)
            made.append(np.array(image))
        return tiled(rows_of(made))
