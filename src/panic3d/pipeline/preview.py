"""One sheet that shows a whole job: the input, what became of it, and the head from its sides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from panic3d.geometry.cameras import NAMED_VIEWS
from panic3d.image import Picture
from panic3d.pipeline.draw import Drawer
from panic3d.pipeline.maps import depth_picture, normal_map
from panic3d.pipeline.views import threaded

if TYPE_CHECKING:
    from PIL import Image

TILE = 400
"""Side of one picture, pixels."""
COLUMNS = 4

_GAP, _MARGIN, _LABEL = 20, 32, 44
_CORNER = 18
"""Radius of a tile's corners."""
_PAPER, _GROUND, _INK = (251, 251, 252), (233, 235, 239), (66, 70, 80)
_ROOM = 0.04
"""Left free around a head, as a share of the window."""
_LEAST_WINDOW = 0.4
"""Of the head box's width: smaller heads are not blown up further."""


class Window(NamedTuple):
    """The square part of the front picture that is shown, as shares of its width."""

    left: float
    top: float
    side: float


def write_preview(
    path: str | Path,
    source: Picture,
    prepared: Picture,
    drawer: Drawer,
    views: Mapping[str, Picture] | None = None,
) -> None:
    """Write ``preview.png``; see `preview`.

    Raises:
        Panic3dError: the file cannot be written.
    """
    preview(source, prepared, drawer, views).save(path)


def preview(
    source: Picture,
    prepared: Picture,
    drawer: Drawer,
    views: Mapping[str, Picture] | None = None,
) -> Picture:
    """Lay out input, prepared input, front, left, right, back, depth and normals, with labels.

    Args:
        source: the picture as its owner has it, of any shape.
        prepared: what was reconstructed from: square, of the whole head box.
        drawer: of the head.
        views: pictures of front, left, right and back, where they are more than the drawn mesh
            (the paper's networks render them); None draws them.
    """
    outlines = {name: drawer.picture(camera, 128) for name, camera in NAMED_VIEWS.items()}
    window = window_of([prepared, *outlines.values()])
    # Drawn as large as shown, instead of cut out and blown up.
    size = round(TILE / window.side)
    front = NAMED_VIEWS["front"]

    def make(what: str) -> Picture:
        if what == "depth":
            return depth_picture(drawer, front, size)
        if what == "normals":
            return normal_map(drawer, front, size)
        return drawer.picture(NAMED_VIEWS[what], size) if views is None else views[what]

    names = (*NAMED_VIEWS, "depth", "normals")
    shown = [_cut(picture, window) for picture in threaded(make, names)]
    tiles = [_fitted(source), _cut(prepared, window), *shown]
    return _sheet(tiles, ["Input", "Prepared", *(name.capitalize() for name in names)])


def window_of(pictures: Sequence[Picture]) -> Window:
    """Return the square that holds what is to be seen in all pictures of the head box.

    It stays centred sideways, and a bust that is cut off below is cut off by the window too.
    """
    low, high, wide = 1.0, 0.0, 0.0
    for picture in pictures:
        solid = picture.rgba[..., 3] > 127
        if not solid.any():
            continue
        height, width = solid.shape
        rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
        low, high = min(low, rows[0] / height), max(high, (rows[-1] + 1) / height)
        wide = max(wide, abs(columns[0] / width - 0.5), abs((columns[-1] + 1) / width - 0.5))
    if high <= low:
        return Window(0.0, 0.0, 1.0)
    room = _ROOM * max(2 * wide, high - low)
    cut_off = high > 0.98
    bottom = 1.0 if cut_off else min(high + room, 1.0)
    side = max(2 * (wide + room), bottom - low + room, _LEAST_WINDOW)
    side = float(min(side, 1.0))
    return Window(0.5 - side / 2, max(bottom - side, 0.0), side)


def _cut(picture: Picture, window: Window) -> Image.Image:
    """Return the window of a picture of the head box, on a tile's ground."""
    from PIL import Image

    size = picture.size[0]
    left, top, side = (value * size for value in window)
    image = Image.fromarray(picture.on(_GROUND).rgba).convert("RGB")
    box = (left, top, left + side, top + side)
    return image.resize((TILE, TILE), Image.Resampling.LANCZOS, box=box)


def _fitted(picture: Picture) -> Image.Image:
    """Return a picture of any shape as large as it fits into a tile."""
    from PIL import Image

    scale = TILE / max(picture.size)
    width, height = (max(round(side * scale), 1) for side in picture.size)
    image = Image.fromarray(picture.on(_GROUND).rgba).convert("RGB")
    tile = Image.new("RGB", (TILE, TILE), _GROUND)
    small = image.resize((width, height), Image.Resampling.LANCZOS)
    tile.paste(small, ((TILE - width) // 2, (TILE - height) // 2))
    return tile


def _sheet(tiles: Sequence[Image.Image], labels: Sequence[str]) -> Picture:
    """Lay tiles out in rows, a label below each."""
    from PIL import Image, ImageDraw, ImageFont, features

    rows = -(-len(tiles) // COLUMNS)
    width = 2 * _MARGIN + COLUMNS * (TILE + _GAP) - _GAP
    height = 2 * _MARGIN + rows * (TILE + _LABEL + _GAP) - _GAP - _LABEL // 4
    sheet = Image.new("RGB", (width, height), _PAPER)
    draw = ImageDraw.Draw(sheet)
    # Pillow's own outline font; a build without FreeType has a small one of pixels.
    font = ImageFont.load_default(22) if features.check("freetype2") else ImageFont.load_default()
    round_off = Image.new("L", (4 * TILE, 4 * TILE))
    ImageDraw.Draw(round_off).rounded_rectangle(
        (0, 0, 4 * TILE - 1, 4 * TILE - 1), 4 * _CORNER, fill=255
    )
    mask = round_off.reduce(4)
    for k, (tile, label) in enumerate(zip(tiles, labels, strict=True)):
        x = _MARGIN + k % COLUMNS * (TILE + _GAP)
        y = _MARGIN + k // COLUMNS * (TILE + _LABEL + _GAP)
        sheet.paste(tile, (x, y), mask)
        draw.text((x + TILE // 2, y + TILE + _LABEL // 2), label, _INK, font, anchor="mm")
    return Picture(np.array(sheet.convert("RGBA")))
