"""What lies inside a head, judged by views of it: all that no view can see.

A point is inside if it lies behind the surface in every view that sees its place. So a head is
solid whatever its model has under the hair, and so is a model whose surface has holes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float32, Float64
from numpy.typing import NDArray

from panic3d.evaluate.figures import Figure
from panic3d.geometry.cameras import Orthographic
from panic3d.geometry.conventions import HEAD_BOX_M
from panic3d.render.raster import Rasteriser, Scene

_JUMP_M = 0.02
"""Neighbouring pixels further apart than this show different surfaces."""
_ELEVATIONS_DEG = (0.0, 20.0, 45.0)
"""From below one would look into a bust where the head's box cuts it."""
_ROUND = 12

Points = Float64[np.ndarray, "n 3"]


class DepthView(NamedTuple):
    """How far one orthographic view sees."""

    camera: Orthographic
    depth: Float32[np.ndarray, "s s"]
    """Metres along the camera's axis; infinite where nothing is."""


def carving_cameras(rounds: int = _ROUND) -> list[Orthographic]:
    """Return cameras all round, level and from above, and one at the top."""
    turns = [
        Orthographic(elevation_deg=elevation, azimuth_deg=360.0 * (k + row / 2) / rounds - 180)
        for row, elevation in enumerate(_ELEVATIONS_DEG)
        for k in range(rounds)
    ]
    return [*turns, Orthographic(elevation_deg=90.0)]


def depth_views(
    figure: Figure, rasteriser: Rasteriser, size: int, rounds: int = _ROUND
) -> list[DepthView]:
    """Draw the depths of a figure that carving asks."""
    with rasteriser.load(figure.posed, figure.origin) as scene:
        return scene_depths(scene, rasteriser, size, rounds)


def scene_depths(
    scene: Scene, rasteriser: Rasteriser, size: int, rounds: int = _ROUND
) -> list[DepthView]:
    """As `depth_views`, of a figure that is loaded."""
    found = []
    for camera in carving_cameras(rounds):
        seen = rasteriser.geometry(scene, camera, size)
        depth = np.where(seen.facing != 0, seen.depth, np.float32(np.inf))
        # What is kept of a surface has pinholes, through which one would look inside.
        found.append(DepthView(camera, opened(depth)))
    return found


def opened(depth: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w"]:
    """Return the grey opening by a square of three pixels, in a fifth of SciPy's time."""
    for reduce in (np.minimum, np.maximum):
        for axis in (0, 1):
            out = depth.copy()
            here, there = np.moveaxis(out, axis, 0), np.moveaxis(depth, axis, 0)
            reduce(here[1:], there[:-1], out=here[1:])
            reduce(here[:-1], there[1:], out=here[:-1])
            depth = out
    return depth


def inside(points: Points, views: list[DepthView]) -> Bool[np.ndarray, " n"]:
    """Return which points no view sees; a place outside all pictures is not inside.

    Args:
        points: world frame, metres.
        views: of one figure, from all sides.
    """
    left = np.arange(len(points))
    asked = points.astype(np.float32)
    shown = np.zeros(len(points), bool)
    for camera, depth in views:
        matrix = np.linalg.inv(camera.world_from_camera()).astype(np.float32)
        x, y, z = (asked @ matrix[:3, :3].T + matrix[:3, 3]).T
        size = len(depth)
        column, row = ((v / np.float32(camera.width_m) + 0.5) * size - 0.5 for v in (x, y))
        limit = (size - 1) / 2
        within = (np.abs(column - limit) < size / 2) & (np.abs(row - limit) < size / 2)
        shown[left[within]] = True
        kept = ~within | (z > _depth_at(depth, column, row))
        left, asked = left[kept], asked[kept]
    out = np.zeros(len(points), bool)
    out[left] = shown[left]
    return out


def _depth_at(
    depth: Float32[np.ndarray, "s s"], column: NDArray[np.float32], row: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Look depths up between pixels; at a jump the nearest surface counts."""
    last = len(depth) - 1
    x0, y0 = np.floor(column).astype(np.int32), np.floor(row).astype(np.int32)
    fx, fy = (column - x0).astype(np.float32), (row - y0).astype(np.float32)
    left, right = x0.clip(0, last), (x0 + 1).clip(0, last)
    top, bottom = y0.clip(0, last), (y0 + 1).clip(0, last)
    a, b, c, d = (depth[top, left], depth[top, right], depth[bottom, left], depth[bottom, right])
    low, high = (
        np.minimum(np.minimum(a, b), np.minimum(c, d)),
        np.maximum(np.maximum(a, b), np.maximum(c, d)),
    )
    with np.errstate(invalid="ignore"):
        upper, lower = a + (b - a) * fx, c + (d - c) * fx
        between = upper + (lower - upper) * fy
        smooth = high - low < _JUMP_M
    # What lies beside an outline is left to views that do not graze the surface there.
    return np.where(smooth, between, low)


def grid_axis(count: int, box_m: float = HEAD_BOX_M) -> Float64[np.ndarray, " n"]:
    """Return the coordinates of a grid's points along an axis, from face to face of the box."""
    return np.linspace(-box_m / 2, box_m / 2, count)


def places(index: NDArray[np.integer], count: int) -> Points:
    """Return the points of a grid's (m, 3) indices."""
    return grid_axis(count)[index]
