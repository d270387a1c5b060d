"""RGBA pictures: read, write, lay on a colour; portraits as people have them."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from panic3d.errors import PictureError
from panic3d.files import atomic_write
from panic3d.picture_files import decode, read_bytes

MIN_PORTRAIT = 64
"""The least width and height of a portrait, pixels."""

AlphaKind = Literal["auto", "straight", "premultiplied"]
"""How colours are stored where they are half clear; auto looks, see `looks_premultiplied`."""


@dataclass(frozen=True)
class Picture:
    """An 8-bit sRGB picture with straight alpha."""

    rgba: NDArray[np.uint8]
    """(height, width, 4), row 0 at the top."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, pixels."""
        return self.rgba.shape[1], self.rgba.shape[0]

    def on(self, colour: tuple[int, int, int]) -> Picture:
        """Lay the picture on a plain colour, in 8 bits, as the paper's tools do."""
        from PIL import Image

        base = Image.new("RGBA", self.size, (*colour, 255))
        base.alpha_composite(Image.fromarray(self.rgba))
        return Picture(np.array(base))

    def save(self, path: str | Path) -> None:
        """Write the picture; the format follows the name (PNG, JPEG or WebP).

        Raises:
            Panic3dError: the file cannot be written.
            PictureError: the name has no known ending.
        """
        from PIL import Image

        path = Path(path)
        formats = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
        if path.suffix.lower() not in formats:
            raise PictureError(
                f"{path} ends in {path.suffix!r}, expected one of {', '.join(formats)}"
            )
        kind = formats[path.suffix.lower()]
        image = Image.fromarray(self.rgba)
        buffer = io.BytesIO()
        (image.convert("RGB") if kind == "JPEG" else image).save(buffer, kind)
        with atomic_write(path) as file:
            file.write(buffer.getvalue())


class Portrait(NamedTuple):
    """A picture that somebody wants a head of."""

    picture: Picture
    notes: tuple[str, ...]
    """What was done to it that its owner may want to know, each a sentence about "it"."""


def read_picture(path: str | Path) -> Picture:
    """Read a picture file; see `panic3d.picture_files.decode`.

    Raises:
        PictureError: there is no such file, it is no picture, cut short, or too large.
    """
    path = Path(path)
    return Picture(decode(read_bytes(path), str(path)).rgba)


def decode_picture(data: bytes, name: str, shrink: int = 1, upright: bool = True) -> Picture:
    """Read a picture from memory; see `panic3d.picture_files.decode`.

    Args:
        data: an encoded file.
        name: what messages call it.
        shrink: as many pixels along each axis become one, their mean.
        upright: turn it as its EXIF data say and bring its colours to sRGB; textures are taken as
            they are stored.

    Raises:
        PictureError: it is no picture, cut short, or too large.
    """
    return Picture(decode(data, name, shrink, as_stored=not upright).rgba)


def read_portrait(path: str | Path, alpha: AlphaKind = "auto") -> Portrait:
    """Read a portrait, whatever program or camera it comes from; see `decode_portrait`.

    Raises:
        PictureError: as `decode_portrait`; or there is no such file.
    """
    path = Path(path)
    return decode_portrait(read_bytes(path), str(path), alpha)


def decode_portrait(data: bytes, name: str, alpha: AlphaKind = "auto") -> Portrait:
    """Read a portrait from memory.

    Args:
        data: an encoded file.
        name: what messages call it.
        alpha: how the file has its colours. By their standards all formats have them straight, but
            some programs write premultiplied ones, which look like dark fringes.

    Raises:
        PictureError: it is no picture, cut short, too large or too small.
    """
    rgba, notes = decode(data, name)
    height, width = rgba.shape[:2]
    if min(height, width) < MIN_PORTRAIT:
        raise PictureError(
            f"{name} has {width} x {height} pixels, expected at least {MIN_PORTRAIT} on each side: "
            "use a larger version of it"
        )
    if alpha == "premultiplied" or (alpha == "auto" and looks_premultiplied(rgba)):
        if alpha == "auto":
            notes += ("its colours were premultiplied by alpha, which was undone",)
        rgba = straightened(rgba)
    return Portrait(Picture(rgba), notes)


# Premultiplied alpha

_FEW = 0.01
"""The share of pixels that may break a rule: lossy formats blur colours and alpha apart."""
_LEVELS = 8
_SAMPLES = 100_000


def looks_premultiplied(rgba: NDArray[np.uint8]) -> bool:
    """Say whether colours seem to be multiplied by alpha.

    Then none is brighter than its alpha, and along the edges of what is opaque colours divided by
    alpha go on as they are inside, while undivided they darken. Where a picture shows neither, as
    one with black outlines, its colours are taken for straight, and dividing would change nothing.

    Args:
        rgba: (height, width, 4).
    """
    alpha = rgba[..., 3]
    brightest = rgba[..., :3].max(-1)
    soft = (alpha > 0) & (alpha < 255 - _LEVELS)
    if not soft.any() or not (alpha == 255).any():
        return False
    clear = alpha == 0
    if (brightest[soft] > alpha[soft].astype(int) + _LEVELS).mean() > _FEW:
        return False
    if clear.any() and (brightest[clear] > _LEVELS).mean() > _FEW:
        return False
    rows, columns = np.nonzero(soft)
    step = max(len(rows) // _SAMPLES, 1)
    rows, columns = rows[::step], columns[::step]
    beside = np.full((len(rows), 3), -1)
    for reach in (3, 2, 1):  # the nearest last
        for down, right in ((-1, 0), (1, 0), (0, -1), (0, 1)):
            r = (rows + reach * down).clip(0, alpha.shape[0] - 1)
            c = (columns + reach * right).clip(0, alpha.shape[1] - 1)
            opaque = alpha[r, c] == 255
            beside[opaque] = rgba[r, c, :3][opaque]
    known = beside[:, 0] >= 0
    if known.sum() < 32:
        return False
    samples = rgba[rows, columns][known][:, None]
    as_stored = np.abs(samples[:, 0, :3].astype(int) - beside[known]).mean()
    divided = np.abs(straightened(samples)[:, 0, :3].astype(int) - beside[known]).mean()
    return bool(as_stored > _LEVELS and divided < 0.5 * as_stored)


def straightened(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Divide premultiplied colours by alpha; what is fully clear is left as it is.

    Args:
        rgba: (height, width, 4).
    """
    found = rgba.copy()
    soft = (rgba[..., 3] > 0) & (rgba[..., 3] < 255)
    alpha = rgba[soft, 3:].astype(np.uint32)
    colours = (rgba[soft, :3].astype(np.uint32) * 255 + alpha // 2) // alpha
    found[soft, :3] = np.minimum(colours, 255)
    return found
