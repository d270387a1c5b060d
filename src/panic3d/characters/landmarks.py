"""The 28 facial landmarks in a picture: projected from the model, or picked from what is drawn.

Order as the face detector's, image-left first (see `MadeCharacter.landmarks`). Pixels are measured
from the picture's upper left corner, x to the right, y down; the middle of the first pixel is
(0.5, 0.5).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float64
from numpy.typing import NDArray

from panic3d.characters.made import MadeCharacter
from panic3d.characters.piece import Label
from panic3d.geometry.cameras import Camera, Orthographic
from panic3d.geometry.posing import PosedCharacter, head_origin
from panic3d.render.raster import Geometry, view_matrix

TOLERANCE_M = 0.004
"""A surface has to lie so far in front of a landmark to hide it."""

JAW, BROWS = slice(0, 5), slice(5, 11)
EYES = (slice(11, 17), slice(17, 23))
NOSE, MOUTH = 23, slice(24, 28)

_LEVEL = (0, 4)
"""Landmarks at the ears' height; the face reaches from the chin to the brows."""
_HIDING: tuple[Label, ...] = ("skin", "ear", "hair", "scalp", "accessory", "cloth")


class Landmarks(NamedTuple):
    """Where a face's landmarks are in a picture."""

    points: Float64[np.ndarray, "28 2"]
    """x, y in pixels."""
    visible: Bool[np.ndarray, "28"]
    """Inside the picture, and nothing in front."""
    face_size_px: float
    """Chin to the middle of the brows, at least; about the side of a face detector's box."""


def project_points(
    points: Float64[np.ndarray, "n 3"], camera: Camera, size: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return pixels (n, 2) and depths (n,) in metres of points in the camera's world frame."""
    matrix = view_matrix(camera)
    seen = points @ matrix[:3, :3].T + matrix[:3, 3]
    depth = -seen[:, 2]
    if isinstance(camera, Orthographic):
        across = seen[:, :2] / camera.width_m
    else:
        across = seen[:, :2] * camera.focal / np.maximum(depth, 1e-6)[:, None]
    pixels = (across * np.array([1.0, -1.0]) + 0.5) * size
    return pixels, depth


def project(
    made: MadeCharacter,
    posed: PosedCharacter,
    camera: Camera,
    size: int,
    geometry: Geometry,
    origin: Float64[np.ndarray, "3"] | None = None,
) -> Landmarks:
    """Project the landmarks into a view.

    Args:
        made: the character.
        posed: it in its pose.
        camera: from where it is seen.
        size: width and height of the picture, pixels.
        geometry: of that view, of any size.
        origin: of the camera's world in the model's space; by default the middle of the head.
    """
    middle = head_origin(made.character) if origin is None else origin
    points = np.array(
        [posed.parts[made.part_of(anchor)].positions[anchor.vertex] for anchor in made.landmarks],
        np.float64,
    )
    pixels, depth = project_points(points - middle, camera, size)
    labels = np.array([*made.part_labels, ""])
    count = geometry.depth.shape[0]
    column, row = (np.floor(pixels * (count / size)).astype(int)).T
    inside = (column >= 0) & (column < count) & (row >= 0) & (row < count)
    column, row = column.clip(0, count - 1), row.clip(0, count - 1)
    part = geometry.part[row, column]
    nearer = geometry.depth[row, column] < depth - TOLERANCE_M
    hidden = (part >= 0) & nearer & np.isin(labels[part], _HIDING)
    return Landmarks(pixels, inside & ~hidden, face_size(pixels))


def face_size(points: Float64[np.ndarray, "28 2"]) -> float:
    """Return the longer of a face's height, chin to brows, and its width, jaw to jaw."""
    height = float(np.linalg.norm(points[2] - points[BROWS].mean(0)))
    width = float(np.linalg.norm(points[_LEVEL[0]] - points[_LEVEL[1]]))
    return max(height, width)
