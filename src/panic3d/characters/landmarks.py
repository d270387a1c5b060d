"""The 28 facial landmarks of a made character in a picture: where they are, and which are seen."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float32, Float64
from numpy.typing import NDArray

from panic3d.characters.made import MadeCharacter
from panic3d.geometry.cameras import Camera, Perspective
from panic3d.geometry.posing import PosedCharacter

COVER_M = 0.004
"""What lies this much in front of a landmark hides it."""


class Projected(NamedTuple):
    """Points in a picture."""

    pixels: Float64[np.ndarray, "n 2"]
    """x to the right, y down, from the picture's upper left corner; a pixel's middle is at 0.5."""
    depth: Float64[np.ndarray, " n"]
    """Metres from the camera's plane, along its axis."""


def landmark_positions(
    made: MadeCharacter, figure: PosedCharacter, origin: NDArray[np.float64]
) -> Float64[np.ndarray, "28 3"]:
    """Return the landmarks of a posed character.

    Args:
        made: knows which vertices they are.
        figure: the same character in its pose.
        origin: (3,) of the world frame, metres in the character's model space.

    Returns:
        World frame, metres.
    """
    found = [figure.parts[made.part_of(a)].positions[a.vertex] for a in made.landmarks]
    return np.array(found, np.float64) - origin


def project(points: Float64[np.ndarray, "n 3"], camera: Camera, size: int) -> Projected:
    """Return where points of the world frame are in a square picture."""
    camera_from_world = np.linalg.inv(camera.world_from_camera())
    local = points @ camera_from_world[:3, :3].T + camera_from_world[:3, 3]
    depth = local[:, 2]
    if isinstance(camera, Perspective):
        flat = camera.focal * local[:, :2] / np.maximum(depth, 1e-6)[:, None]
    else:
        flat = local[:, :2] / camera.width_m
    return Projected((flat + 0.5) * size, depth)


def visible(projected: Projected, depth: Float32[np.ndarray, "h w"]) -> Bool[np.ndarray, " n"]:
    """Say which points are inside the picture and not hidden.

    Args:
        projected: points.
        depth: the picture's, metres from the camera's plane; 0 where nothing is.
    """
    height, width = depth.shape
    column, row = np.floor(projected.pixels).astype(int).T
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    seen = np.zeros(len(column), bool)
    # A landmark lies on an edge more often than not: it is seen if one of its neighbours is.
    for shift in ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0)):
        there = depth[(row + shift[0]).clip(0, height - 1), (column + shift[1]).clip(0, width - 1)]
        seen |= (there > 0) & (there > projected.depth - COVER_M)
    return inside & seen
