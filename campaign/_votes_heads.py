"""The three heads that are compared of a drawing, drawn alike from the same sides.

Ours is the finished mesh of ``panic3d reconstruct``. The floors are those of the evaluation: the
mean head and the nearest training head, with the picture put on all that the front camera sees. All
three get the same: the preparation's aligned picture to be put on, with its own pixels, and how
the head is turned in it.

All are shown upright. A drawing whose head looks aside is no head looking straight ahead, and
whoever puts the one on the other gets a face that slides off the nose. So the floors are turned
about their bone as the preparation found the drawing's head turned, the picture is put on there,
and they are turned back, as ours is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8
from numpy.typing import NDArray

from panic3d.cli.folders import default_folder
from panic3d.errors import ConfigError, MeshError
from panic3d.evaluate.figures import Figure, of_mesh, of_textured
from panic3d.evaluate.floors import mean_head, nearest
from panic3d.evaluate.stitching import front_depth, seam_of, stitched
from panic3d.evaluate.training_heads import (
    TrainingHeads,
    TrainingRecipe,
    figure_of,
    make_character,
    training_heads,
)
from panic3d.geometry.cameras import NAMED_VIEWS, Orthographic
from panic3d.geometry.conventions import HEAD_BOX_M
from panic3d.image import Picture
from panic3d.pipeline.direct import sized_picture
from panic3d.pipeline.head_mesh import Rotation
from panic3d.pipeline.mean_face import turned
from panic3d.pipeline.reconstruct import Reconstructor
from panic3d.render.raster import Rasteriser

OURS, MEAN, NEAREST = "ours", "mean head + input", "nearest head + input"
HEADS = (OURS, MEAN, NEAREST)

SIDES_DEG = (-45, 45, 90, 180)
"""Azimuths; positive towards the subject's left."""
SIZE = 1024
"""In which heads are drawn, twice what a sheet shows, and the picture that is put on."""

Views = tuple[Picture, ...]
"""From all sides."""


class Compared(NamedTuple):
    """What a sheet shows of a drawing."""

    front: Picture
    """What is put on all heads: the drawing, aligned and cut out."""
    views: Mapping[str, Views]
    """By head; those that could not be made are missing."""
    missing: Mapping[str, str]
    """Why."""


@dataclass(frozen=True, eq=False)
class Makers:
    """What makes heads; kept for all drawings."""

    reconstructor: Reconstructor
    heads: TrainingHeads
    rasteriser: Rasteriser
    mean: Figure

    def compare(self, drawing: Path) -> Compared:
        """Make the heads of a drawing and draw them.

        Args:
            drawing: its file.

        Raises:
            PictureError: it cannot be used.
        """
        preparer = self.reconstructor.preparer
        if preparer is None:
            raise ConfigError("this Reconstructor has nothing that prepares pictures")
        prepared = preparer.prepare(drawing)
        head = self.reconstructor.reconstruct(prepared)
        turn, own, aligned = head.camera_from_head, head.origin.prepared, prepared.aligned
        assert turn is not None and own is not None and aligned is not None
        front = sized_picture(own.rgba, SIZE)

        def ours() -> Views:
            return tuple(drawn(of_textured(head.mesh().textured), self.rasteriser))

        def known() -> Views:
            which = nearest(self.heads.fronts, aligned.picture.rgba)
            figure, _ = figure_of(make_character(int(self.heads.seeds[which])))
            return tuple(wearing(figure, front, turn, self.rasteriser))

        def mean() -> Views:
            return tuple(wearing(self.mean, front, turn, self.rasteriser))

        makers: dict[str, Callable[[], Views]] = {OURS: ours, MEAN: mean, NEAREST: known}
        views: dict[str, Views] = {}
        missing: dict[str, str] = {}
        for name, make in makers.items():
            try:
                views[name] = make()
            except MeshError as error:
                missing[name] = str(error)
        return Compared(front, views, missing)


def open_makers(
    weights: str, floors: Path, report: Callable[[int, int], None] | None = None
) -> Makers:
    """Load networks and training heads; heads that are not there are made.

    Args:
        weights: of the reconstructor, as ``panic3d reconstruct --weights`` takes them.
        floors: folder in which the training heads are kept.
        report: told how many of how many shards of training heads are there.

    Raises:
        Panic3dError: weights are missing, or there is no OpenGL.
    """
    reconstructor = Reconstructor.from_pretrained(weights, folder=default_folder())
    rasteriser = Rasteriser()
    heads = training_heads(floors, TrainingRecipe(), on_shard=report)
    return Makers(reconstructor, heads, rasteriser, of_mesh(mean_head(heads)))


# Drawing


def drawn(figure: Figure, rasteriser: Rasteriser, size: int = SIZE) -> Iterator[Picture]:
    """Draw a figure from all sides, unlit, on nothing."""
    with rasteriser.load(figure.posed, figure.origin) as scene:
        for azimuth in SIDES_DEG:
            yield Picture(rasteriser.colour(scene, _camera(azimuth), size))


def wearing(
    figure: Figure, front: Picture, camera_from_head: Rotation, rasteriser: Rasteriser
) -> Iterator[Picture]:
    """Draw an upright figure from all sides, with a picture of a turned head put on.

    Args:
        figure: looks straight ahead.
        front: orthographic, of the whole box; views have its size.
        camera_from_head: how the head is turned in it.
        rasteriser: draws.
    """
    size = front.size[0]
    aside = turned_figure(figure, camera_from_head)
    with rasteriser.load(aside.posed, aside.origin) as scene:
        first = front_depth(rasteriser.geometry(scene, NAMED_VIEWS["front"], size))
    with rasteriser.load(figure.posed, figure.origin) as scene:
        for azimuth in SIDES_DEG:
            view: UInt8[np.ndarray, "h w 4"] = rasteriser.colour(scene, _camera(azimuth), size)
            seen = rasteriser.geometry(scene, _camera(azimuth), size)
            place = _turned(seen.position, camera_from_head)
            inside = (np.abs(place[..., :2]) < HEAD_BOX_M / 2).all(-1)
            there = seen._replace(
                position=place,
                normal=(seen.normal @ camera_from_head.T).astype(np.float32),
                facing=np.where(inside, seen.facing, np.float32(0)),
            )
            yield Picture(stitched(view, seam_of(there, first), front.rgba))


def turned_figure(figure: Figure, camera_from_head: Rotation) -> Figure:
    """Turn an upright figure about its bone, as a picture's head is turned."""
    parts = tuple(
        replace(
            part,
            positions=_turned(part.positions - figure.origin, camera_from_head),
            normals=None
            if part.normals is None
            else (part.normals @ camera_from_head.T).astype(part.normals.dtype),
        )
        for part in figure.posed.parts
    )
    return Figure(replace(figure.posed, parts=parts), figure.surface, np.zeros(3))


def _turned(points: NDArray[np.floating], camera_from_head: Rotation) -> NDArray[np.float32]:
    flat = turned(points.reshape(-1, 3).astype(np.float64), camera_from_head)
    return flat.reshape(points.shape).astype(np.float32)


def _camera(azimuth_deg: float) -> Orthographic:
    return Orthographic(azimuth_deg=float(azimuth_deg))
