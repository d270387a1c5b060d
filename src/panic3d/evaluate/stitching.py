"""The input's pixels put on a figure: on all that the front camera sees of it.

Where they fall depends on the figure alone, so it is worked out once for all inputs. The rules are
those by which a head's texture gets the portrait: the surface is the first one from the front, its
seen side faces the front camera, and the portrait is opaque there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Int32
from numpy.typing import NDArray

from panic3d.errors import PictureError
from panic3d.evaluate.cases import ALL_MAPS, Maps, Prediction
from panic3d.evaluate.figures import SIZE, Figure, Rgba, planes_of
from panic3d.geometry.cameras import NAMED_VIEWS, evaluation_cameras
from panic3d.geometry.conventions import HEAD_BOX_M
from panic3d.pipeline.texture import FACING, MATTE, SEEN_WITHIN_M
from panic3d.render.raster import Geometry, Rasteriser


class Seam(NamedTuple):
    """The pixels of a view that show what the front camera sees."""

    pixels: Int32[np.ndarray, " n"]
    """Their numbers, row by row."""
    place: Float32[np.ndarray, "n 2"]
    """x, y in the front picture, pixels."""
    share: Float32[np.ndarray, " n"]
    """How much of the front picture they show where it is opaque, above 0."""


@dataclass(frozen=True, eq=False)
class Stitchable:
    """A figure that is drawn, and may be drawn again with any input on it."""

    bare: Prediction
    seams: Mapping[str, Seam]
    size: int
    """Of the inputs, pixels."""

    def wearing(self, front: Rgba) -> Prediction:
        """Put a front view on it, straight RGBA.

        Raises:
            PictureError: it has another size.
        """
        if front.shape[:2] != (self.size, self.size):
            raise PictureError(
                f"the front view has {front.shape[1]} x {front.shape[0]} pixels, expected "
                f"{self.size} x {self.size}, as the views have"
            )
        views = {
            name: stitched(view, self.seams[name], front) for name, view in self.bare.views.items()
        }
        return replace(self.bare, views=views)


def stitchable(
    figure: Figure, rasteriser: Rasteriser, size: int = SIZE, maps: Maps = ALL_MAPS
) -> Stitchable:
    """Draw a figure from every camera of the evaluation, and find its seams.

    Args:
        figure: what to draw.
        rasteriser: draws.
        size: of the pictures and of the inputs, pixels.
        maps: which depths, normals and pictures are kept.
    """
    views, seams, depths, normals = {}, {}, {}, {}
    with rasteriser.load(figure.posed, figure.origin) as scene:
        front = rasteriser.geometry(scene, NAMED_VIEWS["front"], size)
        nearest = front_depth(front)
        for name, camera in evaluation_cameras().items():
            if not any(name in wanted for wanted in maps):
                continue
            seen = front if name == "front" else rasteriser.geometry(scene, camera, size)
            if name in maps.views:
                views[name] = rasteriser.colour(scene, camera, size)
                seams[name] = seam_of(seen, nearest)
            if name in maps.depths or name in maps.normals:
                depth, normal = planes_of(seen)
                if name in maps.depths:
                    depths[name] = depth
                if name in maps.normals:
                    normals[name] = normal
    return Stitchable(Prediction(views, figure.surface, depths, normals), seams, size)


def front_depth(seen: Geometry) -> Float32[np.ndarray, "h w"]:
    """Return the z of what the front camera sees, the largest within a pixel around; else -inf."""
    from scipy.ndimage import maximum_filter

    z = np.where(seen.facing != 0, seen.position[..., 2], np.float32(-np.inf))
    out: NDArray[np.float32] = maximum_filter(z, 3)
    return out


def seam_of(seen: Geometry, nearest: Float32[np.ndarray, "s s"], box_m: float = HEAD_BOX_M) -> Seam:
    """Find the pixels of a view that show what the front camera sees.

    Args:
        seen: the view's geometry.
        nearest: z of the first surface, of the front picture's size.
        box_m: width of the front picture, metres.
    """
    index = np.flatnonzero(seen.facing != 0)
    points, normals = seen.position.reshape(-1, 3)[index], seen.normal.reshape(-1, 3)[index]
    size = len(nearest)
    place = (points[:, :2] * np.array([1, -1], np.float32) / box_m + 0.5) * size
    column, row = place.astype(np.int32).T.clip(0, size - 1)
    slope = np.sqrt(np.maximum(1 - normals[:, 2] ** 2, 0)) / np.maximum(normals[:, 2], FACING[0])
    within = SEEN_WITHIN_M + 1.5 * box_m / size * slope
    visible = nearest[row, column] - points[:, 2] < within
    share = visible * _smooth(normals[:, 2], FACING)
    shown = share > 0
    return Seam(index[shown].astype(np.int32), place[shown], share[shown])


def stitched(view: Rgba, seam: Seam, front: Rgba) -> Rgba:
    """Put the front picture's pixels on what a view shows of the surface that it saw.

    Args:
        view: straight RGBA.
        seam: of the view.
        front: straight RGBA of the whole box, orthographic.
    """
    colour = _bilinear(front, seam.place)
    share = seam.share * _smooth(colour[:, 3] / 255, MATTE)
    out = view.copy()
    flat = out.reshape(-1, 4)
    own = flat[seam.pixels, :3]
    mixed = own + share[:, None] * (colour[:, :3] - own)
    flat[seam.pixels, :3] = np.rint(mixed).clip(0, 255).astype(np.uint8)
    return out


def _smooth(x: NDArray[np.floating], between: tuple[float, float]) -> NDArray[np.float32]:
    t = ((x - between[0]) / (between[1] - between[0])).clip(0, 1)
    out: NDArray[np.float32] = (t * t * (3 - 2 * t)).astype(np.float32)
    return out


def _bilinear(picture: Rgba, places: NDArray[np.floating]) -> NDArray[np.float32]:
    """Look a picture up between its pixels, (m, 4) of 255; clear pixels give no colour."""
    place = (places - 0.5).clip(0, len(picture) - 1)
    low = np.minimum(place.astype(np.int32), len(picture) - 2)
    (x, y), (fx, fy) = low.T, (place - low).astype(np.float32).T
    colour = np.zeros((len(places), 3), np.float32)
    alpha = np.zeros(len(places), np.float32)
    for dy, wy in ((0, 1 - fy), (1, fy)):
        for dx, wx in ((0, 1 - fx), (1, fx)):
            pixel = picture[y + dy, x + dx].astype(np.float32)
            weight = wx * wy * pixel[:, 3]
            colour += weight[:, None] * pixel[:, :3]
            alpha += weight
    return np.concatenate([colour / np.maximum(alpha, 1e-6)[:, None], alpha[:, None]], 1)
