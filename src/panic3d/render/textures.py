"""Pictures of materials as the graphics driver takes them: decoded, bounded in size."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from jaxtyping import UInt8

from panic3d.errors import DecodeError, PictureError
from panic3d.geometry.character import Picture8
from panic3d.image import decode_picture

MAX_TEXTURE_SIDE = 4096
"""Larger pictures are halved until they fit."""
MAX_TEXTURE_BYTES = 256 << 20
"""Of all textures of a model together; beyond it they are halved as well."""


def decoded_textures(
    images: Sequence[Picture8], wanted: Sequence[int], as_original: bool = False
) -> Iterator[tuple[int, UInt8[np.ndarray, "h w 4"], str]]:
    """Decode pictures, two at a time.

    Args:
        images: of the character.
        wanted: indices of those to decode.
        as_original: channels as in the textures of the paper's renderer, where one channel is red
            and two are red and green.

    Returns:
        Index, RGBA, and a note if the picture was made smaller, for each.

    Raises:
        DecodeError: one cannot be decoded.
    """
    left = MAX_TEXTURE_BYTES
    halvings = []
    notes = []
    for i in wanted:
        width, height = size = _header_size(images[i], i)
        times = 0
        while max(width, height) > 1 and (
            max(width, height) > MAX_TEXTURE_SIDE or width * height * 4 > left
        ):
            width, height, times = (width + 1) // 2, (height + 1) // 2, times + 1
        left -= width * height * 4
        halvings.append(times)
        notes.append(f"images[{i}] of {size} pixels was halved {times} times" if times else "")
    # No more at a time: each may be large while it is decoded.
    with ThreadPoolExecutor(2) as pool:
        decoded = pool.map(
            lambda i, times: _pixels(images[i], i, times, as_original), wanted, halvings
        )
        yield from zip(wanted, decoded, notes, strict=True)


def _header_size(image: Picture8, i: int) -> tuple[int, int]:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(image.data)) as opened:
            width, height = opened.size
            return width, height
    except Exception as error:  # Pillow raises nearly anything on broken files
        raise DecodeError(
            f"images[{i}] ({image.name[:40]!r}) cannot be decoded: replace the texture"
        ) from error


def _pixels(
    image: Picture8, i: int, halvings: int, as_original: bool
) -> UInt8[np.ndarray, "h w 4"]:
    from PIL import Image

    try:
        rgba = decode_picture(image.data, f"images[{i}]").rgba
        if as_original:
            with Image.open(io.BytesIO(image.data)) as opened:
                bands = opened.getbands()
            # One and two channels become red and green in the original's textures.
            if bands in (("L",), ("1",)):
                rgba = rgba * np.array([1, 0, 0, 1], np.uint8)
            elif bands == ("L", "A"):
                rgba = np.stack(
                    [
                        rgba[..., 0],
                        rgba[..., 3],
                        np.zeros_like(rgba[..., 0]),
                        np.full_like(rgba[..., 0], 255),
                    ],
                    -1,
                )
    except PictureError as error:
        raise DecodeError(f"{error}") from error
    if halvings:
        rgba = np.array(Image.fromarray(rgba).reduce(2**halvings))
    return rgba
