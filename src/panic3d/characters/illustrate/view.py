"""What is seen of a posed character: planes of colour, depth, normals and labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from panic3d.characters.illustrate.fields import Plane
from panic3d.characters.piece import LABELS, Label
from panic3d.geometry.cameras import Camera, Orthographic, Perspective
from panic3d.geometry.conventions import HEAD_BONE_OFFSET_M
from panic3d.geometry.posing import PosedCharacter
from panic3d.render.raster import Geometry, Rasteriser, Scene, view_matrix

CODE: dict[str, int] = {label: k for k, label in enumerate(LABELS)}
"""Number of a label in the plane of labels."""

FEATURES: tuple[Label, ...] = ("eye_white", "iris", "lash", "brow", "lip", "mouth")
"""What is drawn on a face: never shaded, never outlined."""


class Head(NamedTuple):
    """Where the head is in the world frame of the view."""

    world_from_head: NDArray[np.float64]
    """(3, 3) rotation."""
    bone: NDArray[np.float64]
    """(3,) of the head bone, metres."""


class Seen(NamedTuple):
    """A view of a character, all planes (h, w), rows from the top."""

    colour: Plane
    """(h, w, 3) unlit, straight; grey where nothing is."""
    cover: Plane
    """0 to 1."""
    hit: NDArray[np.bool_]
    """A surface is at the middle of the pixel."""
    at: NDArray[np.intp]
    """Where `hit`, as places in flattened planes."""
    position: Plane
    """(h, w, 3) camera's axes: x right, y up, z towards the viewer; metres from the middle."""
    normal: Plane
    """(h, w, 3) camera's axes, towards the viewer."""
    inside: NDArray[np.bool_]
    """The back of a surface is seen."""
    part: NDArray[np.int32]
    label: NDArray[np.int8]
    """Place in `LABELS`, -1 where nothing is."""
    head: Plane
    """(h, w, 3) positions in the head's own axes, metres from the head bone."""
    camera_from_head: NDArray[np.float64]
    """(3, 3) rotation, camera's axes as in `position`."""
    bone: NDArray[np.float64]
    """(3,) of the head bone, camera's axes."""
    scale: float
    """Pixels per metre at the middle of the head."""

    @property
    def size(self) -> int:
        """Width and height, pixels."""
        return int(self.part.shape[0])

    def share_at(self, x: float, y: float, z: float) -> tuple[float, float]:
        """Return where a point of the head's frame is seen, about, in shares of the picture."""
        place = self.bone + self.camera_from_head @ np.array([x, y, z])
        unit = self.scale / self.size
        return 0.5 + float(place[0]) * unit, 0.5 - float(place[1]) * unit

    def of(self, *labels: Label) -> NDArray[np.bool_]:
        """Say which pixels show some of the labels."""
        table = np.zeros(len(LABELS) + 1, np.bool_)
        table[[CODE[label] for label in labels]] = True
        return table[self.label]


def pixels_per_metre(camera: Camera, size: int) -> float:
    """Return the scale of a picture at the point that the camera looks at."""
    if isinstance(camera, Orthographic):
        return size / camera.width_m
    assert isinstance(camera, Perspective)
    return size * camera.focal / camera.distance_m


def see(
    rasteriser: Rasteriser,
    scene: Scene,
    posed: PosedCharacter,
    labels: Sequence[Label],
    camera: Camera,
    head: Head,
    size: int,
    box_m: float,
) -> tuple[Seen, NDArray[np.uint8], Geometry]:
    """Draw a view.

    Args:
        rasteriser: draws.
        scene: the posed character, loaded in fixed mode.
        posed: the same.
        labels: of each material.
        camera: from where.
        head: how the head stands.
        size: width and height of the planes, pixels.
        box_m: side of the box that is kept.

    Returns:
        The planes; the plain colour picture at half the size, straight RGBA, what
        `Rasteriser.colour` gives; what `Rasteriser.geometry` gives.
    """
    samples = rasteriser.samples(scene, camera, size, box_m)
    image = Image.frombuffer("RGBa", (size, size), samples.tobytes(), "raw", "RGBa")
    half = image.resize((size // 2, size // 2), Image.Resampling.BILINEAR)
    render = np.array(half.convert("RGBA"))
    geometry = rasteriser.geometry(scene, camera, size, box_m)
    hit = geometry.part >= 0
    cover = samples[..., 3].astype(np.float32) * np.float32(1 / 255)
    colour = samples[..., :3].astype(np.float32) * np.float32(1 / 255)
    partly = np.nonzero((samples[..., 3] > 0) & (samples[..., 3] < 255))
    colour[partly] /= cover[partly][:, None]
    colour[samples[..., 3] == 0] = 0.5
    at = np.flatnonzero(hit)
    turn = view_matrix(camera)[:3, :3]
    of_part = np.array(
        [
            CODE[labels[part.primitive.material or 0]] if len(labels) else CODE["cloth"]
            for part in posed.parts
        ]
        + [-1],
        np.int8,
    )
    seen = Seen(
        colour=colour,
        cover=cover,
        hit=hit,
        at=at,
        position=_turned(geometry.position, at, np.zeros(3), turn.T),
        normal=_turned(geometry.normal, at, np.zeros(3), turn.T),
        inside=geometry.facing < 0,
        part=geometry.part,
        label=of_part[geometry.part],
        head=_turned(geometry.position, at, head.bone, head.world_from_head),
        camera_from_head=turn @ head.world_from_head,
        bone=turn @ head.bone,
        scale=pixels_per_metre(camera, size),
    )
    return seen, render, geometry


def _turned(
    plane: Plane, at: NDArray[np.intp], origin: NDArray[np.float64], matrix: NDArray[np.float64]
) -> Plane:
    """Return (vector - origin) @ matrix of each pixel named, elsewhere zero."""
    rows = plane.reshape(-1, 3)[at] - origin.astype(np.float32)
    found = np.zeros_like(plane)
    found.reshape(-1, 3)[at] = rows @ matrix.astype(np.float32)
    return found


def head_of(world_from_head: NDArray[np.float64], offset: NDArray[np.float64]) -> Head:
    """Return where a head is whose bone rests 0.1 m below the world's origin moved by `offset`."""
    return Head(world_from_head, -np.array(HEAD_BONE_OFFSET_M) - offset)
