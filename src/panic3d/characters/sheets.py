"""Contact sheets: many characters on one picture, each from several sides."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from panic3d.errors import ConfigError

Tile = UInt8[np.ndarray, "h w 3"]

GROUND = (226, 228, 231)
"""Behind characters, sRGB."""
GAP = (255, 255, 255)

Window = tuple[float, float, float, float]
"""Left, top, right, bottom of what is shown of a picture of the whole box, as shares of it."""

_SIDE, _BOTTOM = 0.62, 0.80
"""Usual side of the window, and its lower edge: a head and a bust."""


def window(front: UInt8[np.ndarray, "s s 4"]) -> Window:
    """Return a square window on head and bust that large heads fit into, too."""
    size = front.shape[0]
    seen = front[: round(0.55 * size), :, 3] > 127
    side = _SIDE
    if seen.any():
        columns, rows = np.flatnonzero(seen.any(0)), np.flatnonzero(seen.any(1))
        wide = 2 * max(abs(columns[0] / size - 0.5), abs((columns[-1] + 1) / size - 0.5))
        side = float(np.clip(max(wide + 0.04, _BOTTOM + 0.02 - rows[0] / size), _SIDE, 1.0))
    top = max(_BOTTOM - side, 0.0)
    return 0.5 - side / 2, top, 0.5 + side / 2, top + side


def tile(picture: UInt8[np.ndarray, "s s 4"], side: int, shown: Window) -> Tile:
    """Crop a picture of the box around a head to a window and lay it on the ground."""
    size = picture.shape[0]
    left, top, right, bottom = (round(share * size) for share in shown)
    ground = Image.new("RGBA", (size, size), (*GROUND, 255))
    ground.alpha_composite(Image.fromarray(picture))
    cut = ground.crop((left, top, right, bottom)).convert("RGB")
    return np.array(cut.resize((side, side), Image.Resampling.LANCZOS))


def contact_sheet(
    tiles: Sequence[Tile], columns: int, gap: int = 0
) -> UInt8[np.ndarray, "height width 3"]:
    """Lay tiles of one size out in rows; what the last row lacks is left white.

    Args:
        tiles: at least one.
        columns: in a row.
        gap: pixels between tiles.
    """
    if not tiles or len({one.shape for one in tiles}) != 1 or columns < 1:
        raise ConfigError(
            f"a sheet of {len(tiles)} tiles in {columns} columns: expected at least one of each, "
            "all of one size"
        )
    height, width, _ = tiles[0].shape
    rows = -(-len(tiles) // columns)
    shape = (rows * (height + gap) - gap, columns * (width + gap) - gap, 3)
    sheet = np.broadcast_to(np.array(GAP, np.uint8), shape).copy()
    for k, one in enumerate(tiles):
        y, x = k // columns * (height + gap), k % columns * (width + gap)
        sheet[y : y + height, x : x + width] = one
    return sheet


def jpeg_within(sheet: Tile, limit: int) -> bytes:
    """Encode a picture in at most `limit` bytes: lower quality first, then a smaller picture."""
    image = Image.fromarray(sheet)
    while True:
        for quality in (90, 84, 78, 70):
            file = io.BytesIO()
            image.save(file, "JPEG", quality=quality, optimize=True, progressive=True)
            if file.tell() <= limit or max(image.size) <= 64:
                return file.getvalue()
        size = (round(image.width * 0.9), round(image.height * 0.9))
        image = image.resize(size, Image.Resampling.LANCZOS)
