"""The truth of drawn pictures, and larger and smaller pictures made of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from panic3d.characters.illustrate.background import ground
from panic3d.characters.illustrate.draw import Illustration
from panic3d.characters.illustrate.style import draw_ground
from panic3d.characters.landmarks import project_points
from panic3d.geometry.cameras import Orthographic
from panic3d.geometry.conventions import HEAD_BOX_M
from panic3d.geometry.similarity import Similarity
from panic3d.image import Picture
from panic3d.pipeline.align import upright
from panic3d.pipeline.mean_face import BONE, FRAME, frame_pixels
from panic3d.recipes.portraits import carried_on

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True, eq=False)
class TruePicture:
    """A picture with one face, and the truth of it."""

    name: str
    group: str
    picture: Picture
    matte: Bytes
    """(h, w), 0 to 255."""
    ignored: Bytes
    """How much of each pixel something in front covers."""
    points: NDArray[np.float64]
    """The 28 landmarks, x, y in pixels."""
    visible: NDArray[np.bool_]
    rotation: NDArray[np.float64]
    """Camera-from-head: x right, y up, z towards the viewer."""
    to_frame: Similarity
    """To where the engine's own render would have the head's bone, upright, at its own scale; of
    perspective pictures about so."""


@dataclass(frozen=True, kw_only=True, eq=False)
class TrueLines:
    """An aligned drawing on white, with what it would be without its lines."""

    name: str
    picture: Picture
    line_free: Picture
    """With the same shading."""
    render: Picture
    """The plain view."""
    points: NDArray[np.float64]


def known_of(drawn: Illustration, group: str) -> TruePicture:
    """Return a drawn picture with its truth."""
    assert drawn.landmarks is not None
    side = drawn.matte.shape[0]
    tilt_deg = upright(drawn.rotation)[1]
    bone, depth = project_points((BONE - drawn.origin)[None], drawn.camera, side)
    camera = drawn.camera
    if isinstance(camera, Orthographic):
        metre = side / camera.width_m
    else:
        metre = side * camera.focal / float(depth[0])
    linear = Similarity(scale=FRAME / HEAD_BOX_M / metre, angle_deg=-tilt_deg)
    x, y = (frame_pixels(BONE[None]) - linear(bone))[0]
    return TruePicture(
        name="",
        group=group,
        picture=Picture(opaque(drawn.picture)),
        matte=drawn.outlined,
        ignored=drawn.occluder,
        points=drawn.landmarks.points,
        visible=drawn.landmarks.visible,
        rotation=drawn.rotation,
        to_frame=replace(linear, shift=(float(x), float(y))),
    )


def opaque(rgb: Bytes) -> Bytes:
    """Return colours (h, w, 3) with alpha."""
    return np.concatenate([rgb, np.full_like(rgb[..., :1], 255)], -1)


def nearer(whole: TruePicture, rng: np.random.Generator) -> TruePicture:
    """Cut a picture around its face, which then takes 40 to 95 % of the longer side."""
    low, high = whole.points.min(0), whole.points.max(0)
    longest = float((high - low).max()) / float(np.exp(rng.uniform(np.log(0.4), np.log(0.95))))
    aspect = float(np.exp(rng.uniform(-0.35, 0.35)))
    size = np.array([longest * min(aspect, 1), longest / max(aspect, 1)])
    size = np.maximum(size, 1.02 * (high - low))
    room = size - (high - low)
    # More room above than below, as hair needs it.
    start = low - room * np.array([rng.uniform(0.3, 0.7), rng.uniform(0.45, 0.8)])
    limits = np.array(whole.picture.size)
    left, top = np.rint(start).clip(0, limits - 64).astype(int).tolist()
    right, bottom = np.rint(start + size).clip([left + 64, top + 64], limits).astype(int).tolist()
    cut = (slice(top, bottom), slice(left, right))
    return replace(
        _moved(whole, 1.0, (-left, -top), (right - left, bottom - top)),
        picture=Picture(np.ascontiguousarray(whole.picture.rgba[cut])),
        matte=np.ascontiguousarray(whole.matte[cut]),
        ignored=np.ascontiguousarray(whole.ignored[cut]),
    )


def smaller(whole: TruePicture, rng: np.random.Generator, pasted: bool) -> TruePicture:
    """Lay a figure, or a picture, on a larger ground: the face is 5 to 20 % of its longer side."""
    longest = int(rng.integers(512, 1201))
    aspect = float(np.exp(rng.uniform(-0.5, 0.5)))
    width, height = round(longest * min(aspect, 1)), round(longest / max(aspect, 1))
    face = longest * float(np.exp(rng.uniform(np.log(0.05), np.log(0.2))))
    side = whole.matte.shape[0]
    scale = face / float(np.ptp(whole.points, axis=0).max())
    scale = min(scale, 0.98 * min(width, height) / side)
    small = max(round(side * scale), 8)
    scale = small / side
    left = int(rng.integers(0, width - small + 1))
    # A figure ends where its picture does, so at the lower border; a picture may be anywhere.
    top = height - small if pasted else int(rng.integers(0, height - small + 1))
    canvas = Image.fromarray(painted(rng, longest)[:height, :width])

    def shrunk(plane: Bytes) -> Image.Image:
        return Image.fromarray(plane).resize((small, small), Image.Resampling.LANCZOS)

    matte = shrunk(whole.matte)
    colours = whole.picture.rgba[..., :3]
    if pasted:
        canvas.paste(shrunk(carried_on(colours, whole.matte)), (left, top), matte)
    else:
        canvas.paste(shrunk(colours), (left, top))
    planes = []
    for plane in (matte, shrunk(whole.ignored)):
        empty = Image.new("L", (width, height))
        empty.paste(plane, (left, top))
        planes.append(np.array(empty))
    return replace(
        _moved(whole, scale, (left, top), (width, height)),
        picture=Picture(opaque(np.array(canvas))),
        matte=planes[0],
        ignored=planes[1],
    )


def _moved(
    known: TruePicture, scale: float, shift: tuple[int, int], size: tuple[int, int]
) -> TruePicture:
    """Carry what is known along; pictures are left to the caller."""
    points = known.points * scale + shift
    moved = Similarity(scale=scale, shift=(float(shift[0]), float(shift[1])))
    inside = ((points > 0) & (points < np.array(size))).all(1)
    return replace(
        known,
        points=points,
        visible=known.visible & inside,
        to_frame=moved.inverse().then(known.to_frame),
    )


def painted(rng: np.random.Generator, side: int) -> Bytes:
    """Draw a ground by lot."""
    return np.rint(np.clip(ground(draw_ground(rng), side, rng), 0, 1) * 255).astype(np.uint8)
