"""Faces drawn on a portrait: boxes and their numbers, landmarks, and how the head is turned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float64

from panic3d.geometry.face_hull import BROWS, EYES, MOUTH, NOSE
from panic3d.image import Picture
from panic3d.pipeline.faces import WHITE, FoundFace
from panic3d.pipeline.located import Located

if TYPE_CHECKING:
    from PIL import ImageDraw

SMALLEST, LARGEST = 512, 1600
"""Long sides between which the drawing is brought, pixels."""

_CHOSEN, _OTHER = (230, 30, 60), (120, 120, 130)
_AXES = ((230, 40, 40), (30, 160, 40), (40, 80, 240))
"""Of the head: to the picture's right, up, and where it looks."""
_GROUPS: tuple[tuple[slice, tuple[int, int, int], bool], ...] = (
    (slice(0, 5), (250, 160, 0), False),
    *((brow, (160, 60, 220), False) for brow in BROWS),
    *((eye, (0, 130, 250), True) for eye in EYES),
    (slice(NOSE, NOSE + 1), (0, 180, 120), False),
    (MOUTH, (230, 30, 60), True),
)
"""Landmarks that belong together, their colour, and whether a line through them closes."""


def draw_faces(portrait: Picture, located: Located) -> Picture:
    """Draw what was found on a portrait.

    All faces have a box and their number; the chosen one has its landmarks too, and, if its
    rotation is known, the axes of its head: red to the picture's right, green up, blue where it
    looks.

    Args:
        portrait: laid on white; enlarged or reduced to between `SMALLEST` and `LARGEST` pixels.
        located: in its pixels.
    """
    from PIL import Image, ImageDraw

    long = max(portrait.size)
    scale = min(max(long, SMALLEST), LARGEST) / long
    image = Image.fromarray(portrait.on(WHITE).rgba).convert("RGB")
    size = [max(round(side * scale), 1) for side in image.size]
    if scale != 1:
        image = image.resize((size[0], size[1]), Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(image)
    width = max(size) / 400
    for number, face in enumerate(located.faces, 1):
        if number != located.number:
            _box(pen, face.box * scale, str(number), _OTHER, width)
    chosen = located.face
    name = "" if located.number is None else str(located.number)
    _box(pen, chosen.box * scale, name, _CHOSEN, width)
    _landmarks(pen, chosen.landmarks * scale, chosen.size * scale, width)
    if located.rotation_known:
        _axes(pen, chosen, scale, width)
    return Picture(np.array(image.convert("RGBA")))


def _box(
    pen: ImageDraw.ImageDraw,
    box: Float64[np.ndarray, "4"],
    name: str,
    colour: tuple[int, int, int],
    width: float,
) -> None:
    from PIL import ImageFont

    left, top, right, bottom = (float(v) for v in box)
    if right <= left or bottom <= top:
        return
    pen.rectangle((left, top, right, bottom), outline=colour, width=max(round(width), 1))
    if name:
        font = ImageFont.load_default(max(7 * width, 12))
        pen.text(
            (left + 2 * width, top + width), name, colour, font, stroke_width=2, stroke_fill=WHITE
        )


def _landmarks(
    pen: ImageDraw.ImageDraw, points: Float64[np.ndarray, "28 2"], size: float, width: float
) -> None:
    radius = max(min(1.2 * width, 0.03 * size), 1.0)
    for group, colour, closed in _GROUPS:
        places = [(float(x), float(y)) for x, y in points[group]]
        if len(places) > 1:
            # Eyes go along their upper half and then the lower one, each from the left.
            path = [*places[:3], *places[:2:-1]] if len(places) == 6 else places
            line = [*path, path[0]] if closed else path
            pen.line(line, fill=colour, width=max(round(radius / 2), 1))
        for x, y in places:
            dot = (x - radius, y - radius, x + radius, y + radius)
            pen.ellipse(dot, fill=colour, outline=WHITE)


def _axes(pen: ImageDraw.ImageDraw, face: FoundFace, scale: float, width: float) -> None:
    """Draw the head's axes from between its eyes, those that point away first."""
    middle = face.landmarks[EYES[0].start : EYES[1].stop].mean(0) * scale
    order = np.argsort(face.camera_from_head[2])
    for k in order.tolist():
        across, up, _ = face.camera_from_head[:, k]
        end = middle + 0.8 * face.size * scale * np.array([across, -up])
        pen.line([tuple(middle), tuple(end)], fill=_AXES[k], width=max(round(1.5 * width), 2))
