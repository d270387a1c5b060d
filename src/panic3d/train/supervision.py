"""What a network learns a head from: points known to be inside or outside, and surface colours.

Taken from pictures alone, so any character that can be drawn will do. A point is inside if it lies
behind the surface in every view that sees its place. Points are a far cheaper teacher than rays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int16, UInt8
from numpy.typing import NDArray

from panic3d.errors import EmptyViewError
from panic3d.geometry.cameras import ORTHO_VIEWS, Camera, Orthographic, table_cameras
from panic3d.geometry.conventions import HEAD_BOX_M
from panic3d.render.raster import Geometry, Rasteriser, Scene

POINT_STEP_M = 2e-5
"""One level of a stored coordinate."""
POINTS, SURFACE_POINTS = 12_288, 6_144
VIEW_SIZE = 256

NEAR_SPREADS_M = (0.004, 0.016)
"""Standard deviations of a near point's distance from the surface, half of them each."""
_COLOURED = (*range(5), *range(6, 17, 3))  # of the cameras; shapes need more views than colours
_JUMP_M = 0.02  # neighbouring pixels further apart than this show different surfaces


class Seen(NamedTuple):
    """One view."""

    camera: Camera
    geometry: Geometry
    colour: UInt8[np.ndarray, "s s 4"] | None = None


def supervising_cameras() -> list[Camera]:
    """Return the 17 cameras: five orthographic ones, twelve in a round."""
    return [*ORTHO_VIEWS.values(), *table_cameras("spin12")]


class Sampled(NamedTuple):
    """What is known of places in a scene."""

    points: Int16[np.ndarray, "p 3"]
    """World frame, in steps of `POINT_STEP_M`; half near the surface, half anywhere in the box."""
    inside: Bool[np.ndarray, " p"]
    surface: Int16[np.ndarray, "q 3"]
    colours: UInt8[np.ndarray, "q 3"]
    """sRGB of the surface points."""


def seen_all_round(rasteriser: Rasteriser, scene: Scene, size: int) -> list[Seen]:
    """Draw the views that points are judged by, and the colours of some of them."""
    return [
        Seen(
            camera,
            rasteriser.geometry(scene, camera, size),
            rasteriser.colour(scene, camera, size) if k in _COLOURED else None,
        )
        for k, camera in enumerate(supervising_cameras())
    ]


def sample_points(
    seen: Sequence[Seen], chance: np.random.Generator, points: int, surface_points: int
) -> Sampled:
    """Choose points, half of them near the surface, and points on it.

    Raises:
        EmptyViewError: nothing is in the box.
    """
    found, colours = _surface(seen, chance, surface_points)
    near, _ = _surface(seen, chance, points // 2)
    spread = np.where(np.arange(len(near)) % 2, *NEAR_SPREADS_M)[:, None]
    near = near + spread * chance.standard_normal(near.shape)
    half = HEAD_BOX_M / 2
    anywhere = chance.uniform(-half, half, (points - points // 2, 3))
    asked = stored(np.concatenate([near.clip(-half, half), anywhere]))
    return Sampled(asked, inside(restored(asked), seen), stored(found), colours)


def stored(points: NDArray[np.floating]) -> Int16[np.ndarray, "m 3"]:
    """Return points in steps of `POINT_STEP_M`."""
    return np.rint(points / POINT_STEP_M).astype(np.int16)


def restored(points: Int16[np.ndarray, "m 3"]) -> Float32[np.ndarray, "m 3"]:
    """Return stored points in metres."""
    return points.astype(np.float32) * np.float32(POINT_STEP_M)


def inside(points: Float32[np.ndarray, "m 3"], seen: Sequence[Seen]) -> Bool[np.ndarray, " m"]:
    """Return which points lie behind the surface in every view that shows their place.

    A place that no view shows is outside: nothing will be asked about it.
    """
    left = np.arange(len(points))
    shown = np.zeros(len(points), bool)
    for view in seen:
        across, down, depth = projected(points[left], view.camera)
        size = len(view.geometry.depth)
        within = (np.abs(across - 0.5) < 0.5) & (np.abs(down - 0.5) < 0.5)
        shown[left[within]] = True
        surface = _surface_depth(view.geometry, across * size - 0.5, down * size - 0.5)
        left = left[~within | (depth > surface)]
    out = np.zeros(len(points), bool)
    out[left] = shown[left]
    return out


def projected(
    points: NDArray[np.floating], camera: Camera
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Return where points appear: u and v, 0 to 1 across the picture, and depth in metres."""
    matrix = np.linalg.inv(camera.world_from_camera()).astype(np.float32)
    x, y, z = (points.astype(np.float32) @ matrix[:3, :3].T + matrix[:3, 3]).T
    if isinstance(camera, Orthographic):
        scale = np.float32(1 / camera.width_m)
        return x * scale + np.float32(0.5), y * scale + np.float32(0.5), z
    scale = np.float32(camera.focal) / np.maximum(z, np.float32(1e-6))
    return x * scale + np.float32(0.5), y * scale + np.float32(0.5), z


def _surface_depth(
    geometry: Geometry, column: NDArray[np.float32], row: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the surface's depth at places in pixels; infinite where nothing is seen.

    Linear between the four pixels around, unless they show different surfaces: then the nearest.
    """
    depth = np.where(geometry.facing != 0, geometry.depth, np.float32(np.inf)).astype(np.float32)
    last = len(depth) - 1
    x0, y0 = np.floor(column).astype(np.int32), np.floor(row).astype(np.int32)
    fx, fy = (column - x0).astype(np.float32), (row - y0).astype(np.float32)
    left, right = x0.clip(0, last), (x0 + 1).clip(0, last)
    top, bottom = y0.clip(0, last), (y0 + 1).clip(0, last)
    corners = (depth[top, left], depth[top, right], depth[bottom, left], depth[bottom, right])
    nearest = depth[np.where(fy < 0.5, top, bottom), np.where(fx < 0.5, left, right)]
    low = np.minimum(np.minimum(corners[0], corners[1]), np.minimum(corners[2], corners[3]))
    high = np.maximum(np.maximum(corners[0], corners[1]), np.maximum(corners[2], corners[3]))
    smooth = high < low + np.float32(_JUMP_M)
    with np.errstate(invalid="ignore"):
        upper = corners[0] + (corners[1] - corners[0]) * fx
        lower = corners[2] + (corners[3] - corners[2]) * fx
        between = upper + (lower - upper) * fy
    return np.where(smooth, between, nearest)


def _surface(
    seen: Sequence[Seen], chance: np.random.Generator, count: int
) -> tuple[Float64[np.ndarray, "m 3"], UInt8[np.ndarray, "m 3"]]:
    """Draw visible surface points with their colours, every pixel of every view alike."""
    where, colours = [], []
    for view in seen:
        if view.colour is None:
            continue
        # At a picture's edges colour is mixed with what lies behind.
        solid = (view.geometry.facing != 0) & (view.colour[..., 3] == 255)
        where.append(view.geometry.position[solid])
        colours.append(view.colour[..., :3][solid])
    points, rgb = np.concatenate(where), np.concatenate(colours)
    if not len(points):
        raise EmptyViewError("nothing of the model is inside the box around its head")
    chosen = chance.integers(len(points), size=count)
    return points[chosen].astype(np.float64), rgb[chosen]


def resized(rgba: UInt8[np.ndarray, "h w 4"], size: int) -> UInt8[np.ndarray, "s s 4"]:
    """Reduce a picture, colours weighted by alpha; what is fully transparent becomes white."""
    from PIL import Image

    image = Image.fromarray(np.ascontiguousarray(rgba))
    if image.size != (size, size):
        small = image.convert("RGBa").resize((size, size), Image.Resampling.BOX)
        image = small.convert("RGBA")
    out = np.array(image)
    out[out[..., 3] == 0] = (255, 255, 255, 0)
    return out
