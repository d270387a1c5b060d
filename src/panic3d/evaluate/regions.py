"""Regions of interest: which part of a head is compared, in pictures.

A region is a rectangle of the front picture; `clipping.py` has the prism behind it. Mode ``paper``
follows the paper's code in everything that moves a number, mode ``fixed`` mends it:

* paper floors the corner and the size of each crop by themselves, so front and mirrored back crop
  may differ by a pixel; fixed takes every pixel that the region touches, and their exact mirror;
* paper takes the rows of the front picture, 0.7 m wide, from perspective pictures too, where 512
  pixels are 0.536 m; fixed takes the rows that show the same heights at the head's middle;
* paper keeps what lies outside the picture, as white; fixed cuts it off.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import UInt8

from panic3d.config import check_choice
from panic3d.errors import ConfigError, PictureError
from panic3d.geometry.cameras import Perspective
from panic3d.geometry.conventions import CAMERA_DISTANCE_M, HEAD_BOX_M

Mode = Literal["paper", "fixed"]
MODES: tuple[Mode, ...] = ("paper", "fixed")

PICTURE_SIZE = 512
"""Side of the square pictures that regions are measured on, pixels."""

PERSPECTIVE_ZOOM = HEAD_BOX_M * Perspective().focal / CAMERA_DISTANCE_M
"""How much larger the head's middle is in the twelve perspective views than in the front view."""

_ROUNDING = 1e-6

Crop = Literal["front", "back", "360"]
CROPS: tuple[Crop, ...] = ("front", "back", "360")


@dataclass(frozen=True)
class Region:
    """A rectangle of the front orthographic picture, in pixels of 512; may reach outside it."""

    row: float
    """Of the upper edge."""
    column: float
    """Of the left edge."""
    height: float
    width: float

    def __post_init__(self) -> None:
        numbers = (self.row, self.column, self.height, self.width)
        if not all(math.isfinite(number) for number in numbers):
            raise ConfigError(f"the region is {numbers}, expected finite numbers of pixels")
        if self.height < 1 or self.width < 1:
            raise ConfigError(
                f"the region is {self.height:g} pixels high and {self.width:g} wide, expected at "
                "least 1 of each"
            )


WHOLE = Region(0.0, 0.0, float(PICTURE_SIZE), float(PICTURE_SIZE))
"""The whole picture."""


class Window(NamedTuple):
    """Whole pixels of a picture; may reach outside it."""

    top: int
    left: int
    bottom: int
    """One past the last row."""
    right: int
    """One past the last column."""


def window_of(region: Region, crop: Crop, mode: Mode, size: int = PICTURE_SIZE) -> Window:
    """Return the pixels of a view that are compared.

    Args:
        region: on the front picture.
        crop: "front" as it is, "back" mirrored, "360" its rows at full width.
        mode: of the protocol.
        size: side of the view, pixels; regions are scaled to it.

    Raises:
        ConfigError: in fixed mode nothing of the region lies in the picture.
    """
    check_choice("crop", crop, CROPS)
    check_choice("mode", mode, MODES)
    scale = size / PICTURE_SIZE
    row, height = region.row * scale, region.height * scale
    column, width = region.column * scale, region.width * scale
    if mode == "paper":
        if crop == "back":
            column = size - (column + width)
        elif crop == "360":
            column, width = 0.0, float(size)
        top, left = math.floor(row), math.floor(column)
        return Window(top, left, top + math.floor(height), left + math.floor(width))
    if crop == "360":
        middle = size / 2
        row, height = middle + (row - middle) * PERSPECTIVE_ZOOM, height * PERSPECTIVE_ZOOM
    # Numbers that are whole but for rounding touch no further pixel.
    top, left = math.floor(row + _ROUNDING), math.floor(column + _ROUNDING)
    bottom, right = math.ceil(row + height - _ROUNDING), math.ceil(column + width - _ROUNDING)
    if crop == "back":
        left, right = size - right, size - left
    elif crop == "360":
        left, right = 0, size
    window = Window(max(top, 0), max(left, 0), min(bottom, size), min(right, size))
    if window.top >= window.bottom or window.left >= window.right:
        raise ConfigError(
            f"{region} lies outside the {crop} view: correct the region, in pixels of 512"
        )
    return window


def crop_on_white(
    picture: UInt8[np.ndarray, "h w 4"], window: Window
) -> UInt8[np.ndarray, "hh ww 3"]:
    """Cut a window out of a picture and lay it on white, in 8 bits.

    What lies outside the picture is transparent, hence white.

    Args:
        picture: straight RGBA.
        window: may reach outside.

    Raises:
        PictureError: the window has no pixels.
    """
    from PIL import Image

    height, width = window.bottom - window.top, window.right - window.left
    if height < 1 or width < 1:
        raise PictureError(
            f"a region of {height} x {width} pixels is to be compared: correct the region"
        )
    base = Image.new("RGBA", (width, height), (255, 255, 255, 255))
    base.alpha_composite(Image.fromarray(cut(picture, window)))
    return np.array(base)[..., :3]


def cut(picture: np.ndarray, window: Window, fill: float | int = 0) -> np.ndarray:
    """Cut a window out of an array of pixels.

    Args:
        picture: (h, w) or (h, w, channels).
        window: may reach outside.
        fill: what is there.
    """
    height, width = window.bottom - window.top, window.right - window.left
    found = np.full((height, width, *picture.shape[2:]), fill, picture.dtype)
    top, left = max(window.top, 0), max(window.left, 0)
    bottom, right = min(window.bottom, picture.shape[0]), min(window.right, picture.shape[1])
    if top < bottom and left < right:
        found[top - window.top : bottom - window.top, left - window.left : right - window.left] = (
            picture[top:bottom, left:right]
        )
    return found
