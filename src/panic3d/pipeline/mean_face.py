"""The mean face: where the 28 landmarks of the engine's characters are in the render frame.

`panic3d.recipes.mean_face` makes the file that is read here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

from panic3d.errors import PictureError
from panic3d.geometry.conventions import HEAD_BONE_OFFSET_M, HEAD_BOX_M
from panic3d.geometry.face_hull import BROWS, EYES, LANDMARKS

MEAN_FACE_FILE = Path(__file__).with_suffix(".json")

FRAME = 512
"""Side of the render frame, pixels; `HEAD_BOX_M` metres."""

BONE = -np.array(HEAD_BONE_OFFSET_M, np.float64)
"""About which heads turn, metres in the world frame."""

CHIN = 2

LANDMARK_ERROR_PX = 3.0
"""How far found landmarks are off in the render frame, about: 3 % of a face."""

BROWS_ERROR_PX = 12.0
"""The same of brows: hair hides most of them, and where one is guessed too high, so are all six,
which then count as one."""

MIRRORED = (
    *(4, 3, 2, 1, 0),
    *(10, 9, 8, 7, 6, 5),
    *(19, 18, 17, 22, 21, 20),
    *(13, 12, 11, 16, 15, 14),
    23,
    *(26, 25, 24, 27),
)
"""The landmark that takes each one's place in a mirror image."""


@dataclass(frozen=True, kw_only=True, eq=False)
class MeanFace:
    """Landmarks of a head that looks straight ahead."""

    points_m: Float64[np.ndarray, "28 3"]
    """World frame: x to the picture's right, y up, z towards the viewer, origin mid-head."""
    spread_px: Float64[np.ndarray, "28"]
    """How far a character's landmark usually is from the mean once the faces lie on each other."""
    about: Mapping[str, Any]
    """What it was made from."""

    @property
    def tolerance_px(self) -> Float64[np.ndarray, "28"]:
        """How far a landmark in a picture may be off: by nature, and as it was found."""
        found = np.full(LANDMARKS, LANDMARK_ERROR_PX)
        for brow in BROWS:
            found[brow] = BROWS_ERROR_PX
        return np.hypot(self.spread_px, found)

    def pixels(
        self, camera_from_head: Float64[np.ndarray, "3 3"] | None = None
    ) -> Float64[np.ndarray, "28 2"]:
        """Return x, y of the landmarks in the render frame.

        Args:
            camera_from_head: how the head is turned about its bone, x right, y up, z towards the
                viewer; None looks straight ahead.
        """
        return frame_pixels(turned(self.points_m, camera_from_head))

    def eyes_and_chin(
        self, camera_from_head: Float64[np.ndarray, "3 3"] | None = None
    ) -> Float64[np.ndarray, "3 2"]:
        """Return x, y of the left eye's middle, the right one's (in the picture) and the chin.

        An eye's middle is that of its opening: the mean of all its landmarks would lie lower.
        """
        pixels = self.pixels(camera_from_head)
        return np.stack([*(_opening(pixels[eye]) for eye in EYES), pixels[CHIN]])


def _opening(eye: Float64[np.ndarray, "6 2"]) -> Float64[np.ndarray, "2"]:
    """Return the middle of an eye: between its corners along it, between its lids across."""
    left, top, right, _, bottom, _ = eye
    along = (right - left) / max(float(np.linalg.norm(right - left)), 1e-9)
    middle = (left + right) / 2
    off = (top + bottom) / 2 - middle
    found: Float64[np.ndarray, "2"] = middle + off - along * float(along @ off)
    return found


def turned(
    points_m: Float64[np.ndarray, "n 3"], camera_from_head: Float64[np.ndarray, "3 3"] | None
) -> Float64[np.ndarray, "n 3"]:
    """Turn a head's points about its bone, as a character's pose does."""
    if camera_from_head is None:
        return points_m
    found: Float64[np.ndarray, "n 3"] = (points_m - BONE) @ camera_from_head.T + BONE
    return found


def frame_pixels(points_m: Float64[np.ndarray, "n 3"]) -> Float64[np.ndarray, "n 2"]:
    """Return x, y in pixels of the render frame, `FRAME` across, of points in the world frame."""
    return (points_m[:, :2] * np.array([1.0, -1.0]) / HEAD_BOX_M + 0.5) * FRAME


@cache
def mean_face() -> MeanFace:
    """Return the mean face of the package.

    Raises:
        PictureError: the file is missing or damaged.
    """
    return read_mean_face(MEAN_FACE_FILE)


def read_mean_face(path: Path) -> MeanFace:
    """Read a mean face.

    Raises:
        PictureError: the file is missing or damaged.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        points = np.array(found["points_m"], np.float64)
        spread = np.array(found["spread_px"], np.float64)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PictureError(f"{path} holds no mean face ({error}): install panic3d again") from error
    good = points.shape == (LANDMARKS, 3) and spread.shape == (LANDMARKS,)
    if not good or not np.isfinite(points).all() or not (spread > 0).all():
        raise PictureError(
            f"{path} holds {points.shape} points and {spread.shape} spreads, expected 28 of each, "
            "finite: install panic3d again"
        )
    return MeanFace(points_m=points, spread_px=spread, about=dict(found.get("about", {})))


def mean_face_json(face: MeanFace) -> str:
    """Return the content of a file that `read_mean_face` reads, metres to the micrometre."""
    rows = ",\n".join(f"    {json.dumps([round(float(v), 6) for v in p])}" for p in face.points_m)
    spread = json.dumps([round(float(v), 3) for v in face.spread_px])
    about = json.dumps(dict(face.about), indent=4, ensure_ascii=False).replace("\n}", "\n  }")
    return f'{{\n  "about": {about},\n  "points_m": [\n{rows}\n  ],\n  "spread_px": {spread}\n}}\n'
