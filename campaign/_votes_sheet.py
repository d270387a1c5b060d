"""The sheet of one drawing: the drawing, then a row of pictures for each of three heads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from panic3d.image import Picture
from panic3d.pipeline.preview import Window, window_of

if TYPE_CHECKING:
    from PIL import Image, ImageDraw, ImageFont

TILE = 512
"""Side of one picture, pixels."""
GROUND = (233, 235, 239)
"""Behind every head and the drawing."""
QUESTION = (
    "One drawing, and three heads made from it, upright,",
    "each seen from four sides.",
    "",
    "Which one would you rather have as the 3D head of",
    "this character? All sides count alike.",
    "",
    "Answer A, B or C in ballot.json, with a remark if you",
    'like: "A" or "A: the hair is whole".',
)

_GAP, _MARGIN, _LETTERS, _TITLES = 12, 24, 72, 40
_PAPER, _INK, _PALE = (251, 251, 252), (40, 44, 54), (110, 114, 124)
_NO_HEAD = "no head was made"


def draw_sheet(
    name: str, front: Picture, titles: Sequence[str], rows: Mapping[str, Sequence[Picture] | None]
) -> Picture:
    """Lay out a drawing and the heads that were made from it.

    All pictures are of the head's box, and the same square of it is shown of each.

    Args:
        name: of the drawing.
        front: the drawing, aligned and cut out.
        titles: of the columns.
        rows: the pictures of each row by its letter, as many as there are titles; None says that
            there is no head.
    """
    from PIL import Image, ImageDraw

    window = window_of([front, *(view for row in rows.values() for view in row or ())])
    step = TILE + _GAP
    left, top = _MARGIN + _LETTERS, _MARGIN + step + _TITLES
    size = (left + len(titles) * step - _GAP + _MARGIN, top + len(rows) * step - _GAP + _MARGIN)
    sheet = Image.new("RGB", size, _PAPER)
    pen = ImageDraw.Draw(sheet)
    sheet.paste(_tile(front, window), (left, _MARGIN))
    x = left + step + _GAP
    pen.text((x, _MARGIN + 4), name, _INK, _font(40))
    pen.text((x, _MARGIN + 80), "\n".join(QUESTION), _INK, _font(30), spacing=12)
    for k, title in enumerate(titles):
        _centred(pen, (left + k * step + TILE // 2, top - _TITLES // 2 - 4), title, 26, _PALE)
    for j, (letter, row) in enumerate(rows.items()):
        y = top + j * step
        _centred(pen, (_MARGIN + _LETTERS // 2, y + TILE // 2), letter, 60, _INK)
        if row is None:
            pen.text((left, y + TILE // 2), _NO_HEAD, _INK, _font(30))
            continue
        for k, view in enumerate(row):
            sheet.paste(_tile(view, window), (left + k * step, y))
    return Picture(np.array(sheet.convert("RGBA")))


def _tile(picture: Picture, window: Window) -> Image.Image:
    """Return the window of a picture of the head's box."""
    from PIL import Image

    x, y, side = (value * picture.size[0] for value in window)
    image = Image.fromarray(picture.on(GROUND).rgba).convert("RGB")
    return image.resize((TILE, TILE), Image.Resampling.LANCZOS, box=(x, y, x + side, y + side))


def _centred(
    pen: ImageDraw.ImageDraw,
    place: tuple[int, int],
    text: str,
    size: int,
    colour: tuple[int, int, int],
) -> None:
    pen.text(place, text, colour, _font(size), anchor="mm")


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    from PIL import ImageFont, features

    # Pillow's own outline font; a build without FreeType has a small one of pixels.
    return ImageFont.load_default(size) if features.check("freetype2") else ImageFont.load_default()
