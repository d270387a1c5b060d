"""Aligning a portrait: from landmarks to the similarity that brings it into the render frame.

The render frame is the front orthographic picture, 512 pixels for 0.7 m, of a head whose bone is
0.1 m below its middle. A face's own size in metres cannot be told from a picture: after alignment
every face has the mean face's size, whatever the character's.

A head that is turned is compared with the mean face turned likewise. What tilts it in the plane of
the picture is taken off by the similarity; yaw and pitch stay, and `Alignment.camera_from_head` has
them.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float64

from panic3d.errors import PictureError, ShapeError
from panic3d.geometry.face_hull import LANDMARKS
from panic3d.geometry.posing import rotation
from panic3d.geometry.similarity import Similarity, fit_robustly, fit_similarity, is_mirrored
from panic3d.pipeline.mean_face import MeanFace, mean_face

PAPER_CENTROID = (255.85690307617188, 294.9637145996094)
"""Column and row, between whole pixels' middles, of the landmarks' mean in the paper's renders."""
PAPER_SPREAD = 13.355611801147461
"""Standard deviation of the landmarks' distances from their mean there, pixels of 512."""

WORST_ERROR = 0.2
"""Of a face's width; with more, half of the landmarks or so are nowhere near a face's."""


class Alignment(NamedTuple):
    """How a portrait lies in the render frame."""

    to_frame: Similarity
    """Pixels of the portrait to pixels of the frame, 512 across."""
    camera_from_head: Float64[np.ndarray, "3 3"]
    """How the head is turned in the aligned picture: x right, y up, z towards the viewer. The
    identity looks straight ahead, or it is not known."""
    error: float
    """How far landmarks are off, their median, in widths of the mean face."""
    outliers: tuple[int, ...]
    """Landmarks that had no say."""

    @property
    def to_portrait(self) -> Similarity:
        """Pixels of the frame to pixels of the portrait."""
        return self.to_frame.inverse()


def head_turn(yaw_deg: float, pitch_deg: float, roll_deg: float) -> Float64[np.ndarray, "3 3"]:
    """Return camera-from-head of a turned head; angles as `panic3d.geometry.posing.Pose` has them.

    Positive yaw is towards the head's own left, positive pitch lifts the chin, positive roll tilts
    towards its own left shoulder.
    """
    tilted = rotation(0.0, 0.0, -roll_deg) @ rotation(-pitch_deg, 0.0, 0.0)
    return rotation(0.0, yaw_deg, 0.0) @ tilted


def upright(
    camera_from_head: Float64[np.ndarray, "3 3"],
) -> tuple[Float64[np.ndarray, "3 3"], float]:
    """Take the tilt in the picture's plane off a rotation.

    Returns:
        The rotation after which the head's own up is up in the picture, towards the viewer or away
        from it; and by how many degrees the head was tilted clockwise, as one sees it.
    """
    across, up = float(camera_from_head[0, 1]), float(camera_from_head[1, 1])
    if math.hypot(across, up) < 1e-6:  # seen from right above
        return camera_from_head, 0.0
    tilt_deg = math.degrees(math.atan2(across, up))
    return rotation(0.0, 0.0, tilt_deg) @ camera_from_head, tilt_deg


def align(
    landmarks: Float[np.ndarray, "28 2"],
    camera_from_head: Float64[np.ndarray, "3 3"] | None = None,
    confidence: Float[np.ndarray, "28"] | None = None,
    face: MeanFace | None = None,
) -> Alignment:
    """Find the similarity from a portrait's landmarks to the mean face's.

    Almost half of the landmarks may be anywhere.

    Args:
        landmarks: x, y in pixels of the portrait; order as `panic3d.geometry.face_hull` has it.
        camera_from_head: how the head is turned, its tilt included; None is not known.
        confidence: 0 to 1 for each landmark; one of 0 takes no part.
        face: None is the package's.

    Raises:
        PictureError: the landmarks are no face's: not finite, in one place, mirrored or scattered.
    """
    face = mean_face() if face is None else face
    turn = None if camera_from_head is None else upright(camera_from_head)[0]
    points, targets = np.asarray(landmarks, np.float64), face.pixels(turn)
    trust = None if confidence is None else np.asarray(confidence, np.float64)
    if trust is not None and ((trust < 0) | (trust > 1)).any():
        raise PictureError("confidence in the landmarks is not between 0 and 1: check the file")
    try:
        found = fit_robustly(points, targets, face.tolerance_px, trust)
        mirrored = is_mirrored(points, targets, face.tolerance_px, trust)
    except ShapeError as error:
        raise PictureError(f"the landmarks are no face's: {error}. {_ORDER}") from error
    if mirrored:
        raise PictureError(
            f"the landmarks are mirrored, expected each group from the picture's left. {_ORDER}"
        )
    straight = face.pixels()
    width = float(np.ptp(straight[:, 0]))
    if found.error > WORST_ERROR * width:
        raise PictureError(
            f"the landmarks are {found.error / width:.0%} of a face's width away from a face's, "
            f"expected at most {WORST_ERROR:.0%}. {_ORDER}"
        )
    similarity = found.similarity
    outliers = tuple(int(k) for k in np.flatnonzero(found.weights < 0.05))
    return Alignment(
        similarity, _after(similarity, camera_from_head), found.error / width, outliers
    )


_ORDER = (
    "Give 28 points in the order of anime-face-detector: jaw 0-4, brows 5-10, eyes 11-22, nose 23, "
    "mouth 24-27"
)


def _after(
    similarity: Similarity, camera_from_head: Float64[np.ndarray, "3 3"] | None
) -> Float64[np.ndarray, "3 3"]:
    """Turn a head with its picture; y is down there, so clockwise is positive."""
    if camera_from_head is None:
        return np.eye(3)
    found: Float64[np.ndarray, "3 3"] = rotation(0.0, 0.0, -similarity.angle_deg) @ camera_from_head
    return found


def align_by_eyes_and_chin(
    eyes: Float[np.ndarray, "2 2"],
    chin: Float[np.ndarray, "2"],
    camera_from_head: Float64[np.ndarray, "3 3"] | None = None,
    face: MeanFace | None = None,
) -> tuple[Alignment, Float64[np.ndarray, "28 2"]]:
    """Find the similarity from three points that somebody marked.

    Args:
        eyes: x, y of the middles of both eyes, in either order.
        chin: x, y of its tip.
        camera_from_head: how the head is turned; None is not known.
        face: None is the package's.

    Returns:
        The alignment, and where the mean face's landmarks are in the portrait by it.

    Raises:
        PictureError: the three points lie on a line or in one place.
    """
    face = mean_face() if face is None else face
    turn = None if camera_from_head is None else upright(camera_from_head)[0]
    targets = face.eyes_and_chin(turn)
    points = np.stack([*np.asarray(eyes, np.float64), np.asarray(chin, np.float64)])
    (x0, y0), (x1, y1) = points[1] - points[0], points[2] - points[0]
    area = float(x0 * y1 - y0 * x1)  # positive if the first is the left one, y being down
    if not abs(area) > 0.05 * float(np.hypot(x0, y0)) ** 2:
        raise PictureError(
            f"eyes at {points[0].tolist()} and {points[1].tolist()} and a chin at "
            f"{points[2].tolist()} lie on a line, expected a triangle: mark the middles of both "
            "eyes and the tip of the chin"
        )
    if area < 0:
        points = points[[1, 0, 2]]
    similarity = fit_similarity(points, targets)
    off = float(np.median(np.linalg.norm(similarity(points) - targets, axis=1)))
    width = float(np.ptp(face.pixels()[:, 0]))
    found = Alignment(similarity, _after(similarity, camera_from_head), off / width, ())
    return found, similarity.inverse()(face.pixels(turn))


def align_as_paper(landmarks: Float[np.ndarray, "28 2"]) -> Alignment:
    """Align as the paper does: by the landmarks' mean and the spread of their distances from it.

    Tilted heads stay tilted, and one stray landmark moves everything: for the paper's own weights
    and landmarks of `hysts/anime-face-detector`, whose pixels have their middles at whole numbers
    (add a half).

    Raises:
        PictureError: the landmarks are not finite, or have no spread.

    Source: the paper's data set tools, statistics of all its front renders; without the heights
    drawn by lot for training.
    """
    points = np.asarray(landmarks, np.float64)
    if points.shape != (LANDMARKS, 2) or not np.isfinite(points).all():
        raise PictureError(f"the landmarks are not 28 finite points. {_ORDER}")
    middle = points.mean(0)
    spread = float(np.linalg.norm(points - middle, axis=1).std())  # of the population
    if not spread > 1e-6:
        raise PictureError(f"the landmarks lie in one place or on a circle. {_ORDER}")
    scale = PAPER_SPREAD / spread
    x, y = np.array(PAPER_CENTROID) + 0.5 - scale * middle
    similarity = Similarity(scale=scale, shift=(float(x), float(y)))
    return Alignment(similarity, np.eye(3), 0.0, ())
