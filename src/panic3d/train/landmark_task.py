"""Learning landmarks and the head's rotation: crops around faces, as the face finder gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import UInt8
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from torch import Tensor, nn

from panic3d.errors import ConfigError
from panic3d.models.landmarks import LandmarkConfig, LandmarkNetwork, landmark_loss
from panic3d.pipeline.align import upright
from panic3d.pipeline.faces import CROP
from panic3d.pipeline.mean_face import FRAME
from panic3d.train.alignment_loss import alignment_loss
from panic3d.train.compose import Canvas, any_ground, picked, placed_face, placing
from panic3d.train.face_bending import bent, feature_field, smooth_field
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

WARPED, _MOST_WARPED = 0.7, 0.035
"""Share of faces that are bent as a whole, and by how much of the crop, one standard deviation at
most."""
FEATURES = 0.6
"""Share of faces whose eyes, brows and mouths are changed by themselves."""
_HIDDEN = 0.7
"""Weight of landmarks behind something: where they are can only be guessed."""
_SECOND = 0.5
"""Share of crops as exact as those of a second look, around landmarks that were found before."""
_SIZED = 0.2
"""By what share of its side wrong sizes move landmarks, which lie so far from the middle."""
_BESIDE = 0.02
"""Landmarks farther outside the crop than so much of it are not asked for."""


class LandmarkTask:
    """Crops of drawn faces."""

    kind = "landmarks"

    def __init__(self, config: LandmarkConfig, portraits: Sequence[DrawnPortrait]) -> None:
        """Take the pictures to crop.

        Raises:
            ConfigError: none of them has a face.
        """
        self.config = config
        self.portraits = [each for each in portraits if each.points is not None]
        if not self.portraits:
            raise ConfigError("none of the portraits has a face: build another cache")
        self.options: dict[str, Any] = {"crop": CROP, "warped": WARPED, "features": FEATURES}

    def networks(self) -> dict[str, nn.Module]:
        """Make the network."""
        return {"landmarks": LandmarkNetwork(self.config)}

    def batch(self, rng: np.random.Generator, count: int, part: slice = WHOLE) -> Arrays:
        """Crop faces."""
        return stacked([self._one(one) for one in rng.spawn(count)[part]])

    def _one(self, rng: np.random.Generator) -> dict[str, NDArray[Any]]:
        size = self.config.image_size
        portrait = picked(rng, self.portraits)
        box = portrait.box.astype(np.float64)
        side = float((box[2:] - box[:2]).max())
        # As inexact as a finder's box is, or as landmarks are.
        second = rng.random() < _SECOND
        scale = size / (CROP * side * float(np.exp(rng.normal(0, 0.04 if second else 0.13))))
        middle = (box[:2] + box[2:]) / 2 + rng.normal(0, 0.025 if second else 0.08, 2) * side
        wild = not second and rng.random() < 0.25
        mirrored = bool(rng.random() < 0.5)
        angle = float(rng.uniform(-75, 75) if wild else rng.normal(0, 4 if second else 12))
        if second:
            assert portrait.rotation is not None
            tilt_deg = upright(portrait.rotation.astype(np.float64))[1]
            angle += tilt_deg if mirrored else -tilt_deg
        where = placing(
            (float(middle[0]), float(middle[1])), (size / 2, size / 2), scale, angle, mirrored
        )
        if portrait.kind == "cutout":
            canvas = Canvas(any_ground(rng, size))
        else:  # what is beyond the picture's border is white in use
            level = np.uint8(255 if rng.random() < 0.7 else rng.integers(256))
            canvas = Canvas(np.full((size, size, 3), level))
        canvas.lay(portrait, where)
        if rng.random() < 0.15:
            canvas.scatter(rng, 1)
        face = placed_face(portrait, where)
        assert face is not None
        column, row = np.floor(face.points).astype(int).clip(0, size - 1).T
        visible = face.visible & (canvas.owner[row, column] >= 0)
        pixels, points = canvas.pixels(), face.points / np.float32(size)
        fields = []
        if rng.random() < WARPED:
            fields.append(smooth_field(rng, float(rng.uniform(0, _MOST_WARPED))))
        if rng.random() < FEATURES:
            fields.append(feature_field(rng, points))
        if fields:
            pixels, points = bent(pixels, points, *fields)
        inside = ((points > -_BESIDE) & (points < 1 + _BESIDE)).all(1)
        weights = np.where(visible, 1.0, _HIDDEN) * inside
        return {
            "picture": levels_of(worn(pixels, rng)),
            "points": points.astype(np.float32),
            "weights": weights.astype(np.float32),
            "rotation": face.rotation,
        }

    def losses(
        self, player: str, networks: Mapping[str, nn.Module], batch: Batch
    ) -> dict[str, Tensor]:
        """Measure points, doubt and rotations."""
        found = networks[player](batch["picture"])
        loss = landmark_loss(found, batch["points"], batch["weights"], batch["rotation"])
        aligned = alignment_loss(
            found.points,
            found.rotation,
            found.confidence.detach(),
            batch["points"],
            batch["rotation"],
        )
        places = loss.points + loss.whole + aligned.shift + _SIZED * aligned.size
        return {
            "total": 10 * places + 0.1 * loss.doubt + loss.rotation,
            "points": loss.points,
            "whole": loss.whole,
            "doubt": loss.doubt,
            "rotation": loss.rotation,
            "shift": aligned.shift,
            "size": aligned.size,
        }

    def measures(self, network: nn.Module, batch: Batch) -> dict[str, float]:
        """Compare with the truth.

        Returns:
            error: mean distance of visible landmarks by the root of their box's area;
            turn_deg: median angle between rotations;
            shift_px, scale: mean errors of the alignment, pixels of 512 and a share.
        """
        found = network(batch["picture"])
        far = (found.points - batch["points"]).norm(dim=-1)
        sides = batch["points"].amax(1) - batch["points"].amin(1)
        share = far / sides.prod(-1).sqrt().clamp(min=1e-6)[:, None]
        seen = batch["weights"] >= 1
        trace = (found.rotation * batch["rotation"]).sum((1, 2))
        angle = ((trace - 1) / 2).clamp(-1, 1).acos().rad2deg()
        aligned = alignment_loss(
            found.points, found.rotation, found.confidence, batch["points"], batch["rotation"]
        )
        return {
            "error": float(share[seen].mean()),
            "turn_deg": float(angle.median()),
            "shift_px": float(aligned.shift) * FRAME,
            "scale": float(aligned.size),
        }

    def score(self, measures: Mapping[str, float]) -> float:
        """Weigh an error of a hundredth of a face like five pixels of the alignment."""
        return -measures["error"] - measures["shift_px"] / 500

    def sheet(self, network: nn.Module, batch: Batch) -> UInt8[np.ndarray, "h w 3"]:
        """Draw true landmarks in green, found ones in red, and the head's axes."""
        found = network(batch["picture"])
        size, zoom = self.config.image_size, 2
        made = []
        for k in range(len(found.points)):
            image = Image.fromarray(picture_bytes(batch["picture"][k])).resize([size * zoom] * 2)
            draw = ImageDraw.Draw(image)
            for points, colour in ((batch["points"], (0, 220, 0)), (found.points, (255, 0, 0))):
                for x, y in (points[k].cpu().numpy() * size * zoom).tolist():
                    draw.ellipse((x - 2, y - 2, x + 2, y + 2), fill=colour)
            for turn, width in ((batch["rotation"], 1), (found.rotation, 2)):
                axes = turn[k].cpu().numpy()
                colours = ((255, 0, 0), (0, 255, 0), (0, 128, 255))
                for axis, colour in zip(axes.T, colours, strict=True):
                    end = 30 + 25 * float(axis[0]), 30 - 25 * float(axis[1])
                    draw.line([(30, 30), end], fill=colour, width=width)
            made.append(np.array(image))
        return tiled(rows_of(made))
