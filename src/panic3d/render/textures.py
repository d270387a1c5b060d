"""Pictures of materials as the graphics driver takes them: decoded, bounded in size."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice

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
    """Decode pictures, two at a time if they are of ordinary size.

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
    sizes = [_header_size(images[i], i) for i in wanted]
    halvings = fitting_halvings(sizes)
    notes = [
        f"images[{i}] of {size} pixels was halved {times} times" if times else ""
        for i, size, times in zip(wanted, sizes, halvings, strict=True)
    ]
    if any(halvings):  # while it is decoded such a picture needs several times its room
        for i, times, note in zip(wanted, halvings, notes, strict=True):
            yield i, _pixels(images[i], i, times, as_original), note
        return
    waiting: deque[Future[UInt8[np.ndarray, "h w 4"]]] = deque()
    ahead = iter(wanted)
    with ThreadPoolExecutor(2) as pool:
        for i in wanted:
            for j in islice(ahead, 3 - len(waiting)):
                waiting.append(pool.submit(_pixels, images[j], j, 0, as_original))
            yield i, waiting.popleft().result(), ""


def fitting_halvings(sizes: Sequence[tuple[int, int]]) -> list[int]:
    """Return how often each picture must be halved so that all fit; the largest give way first."""

    def room(k: int) -> int:
        width, height = sizes[k]
        return (-(-width >> times[k]) or 1) * (-(-height >> times[k]) or 1) * 4

    times = [0] * len(sizes)
    for k, size in enumerate(sizes):
        while max(size) >> times[k] > MAX_TEXTURE_SIDE:
            times[k] += 1
    rooms = [room(k) for k in range(len(sizes))]
    while rooms and sum(rooms) > MAX_TEXTURE_BYTES and max(rooms) > 4:
        k = rooms.index(max(rooms))
        times[k] += 1
        rooms[k] = room(k)
    return times


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
        rgba = decode_picture(image.data, f"images[{i}]", 2**halvings, upright=False).rgba
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
    return rgba
