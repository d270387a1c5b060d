"""Mattes that come from elsewhere: picture files, and the package rembg."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from panic3d.errors import MissingDependencyError, PictureError
from panic3d.image import Picture, read_picture

REMBG_MODEL = "isnet-anime"
REMBG_INSTALL = f'{sys.executable} -m pip install "rembg[cpu]"'

_GREY_LEVELS = 12
_GREY_SHARE = 0.99
"""So many pixels of a grey picture are grey, whatever compression did to the rest."""


def read_matte(path: Path, size: tuple[int, int]) -> UInt8[np.ndarray, "h w"]:
    """Read a matte: the alpha channel of a picture, or if all of it is opaque its grey levels.

    Args:
        path: of any picture that is read here; EXIF data turn it upright.
        size: width and height of the portrait. A matte of another size but the same proportions is
            scaled to it.

    Raises:
        PictureError: it cannot be read, has colours and no alpha, or other proportions.
    """
    from PIL import Image

    rgba = read_picture(path).rgba
    levels = rgba[..., 3]
    if levels.min() == 255:
        colours = rgba[..., :3]
        grey = np.ptp(colours, axis=-1) <= _GREY_LEVELS
        if grey.mean() < _GREY_SHARE:
            raise PictureError(
                f"{path} has colours and no alpha channel, expected a matte: grey, white where the "
                "character is, or a picture that is cut out"
            )
        levels = np.rint(colours.mean(-1)).astype(np.uint8)
    height, width = levels.shape
    # Proportions agree if rounding to whole pixels explains what they differ by.
    off = abs(width * size[1] - height * size[0])
    if off > max(width, size[0]) + max(height, size[1]):
        turned = " (turned by 90 degrees?)" if (height, width) == size else ""
        raise PictureError(
            f"{path} has {width} x {height} pixels{turned}, the portrait {size[0]} x {size[1]}: "
            "give a matte of the portrait's size, or of its proportions"
        )
    if (width, height) != size:
        image = Image.fromarray(np.ascontiguousarray(levels))
        levels = np.array(image.resize(size, Image.Resampling.BILINEAR))
    return np.ascontiguousarray(levels)


def rembg_alpha(picture: Picture) -> UInt8[np.ndarray, "h w"]:
    """Have rembg find the matte, by its model `REMBG_MODEL`, which it downloads when first used.

    Args:
        picture: what is clear is taken for white.

    Raises:
        MissingDependencyError: rembg, or what it computes with, is not installed.
        PictureError: it failed.
    """
    from PIL import Image

    rembg = _rembg()
    image = Image.fromarray(picture.on((255, 255, 255)).rgba).convert("RGB")
    try:
        session = rembg.new_session(REMBG_MODEL)
        found = np.asarray(rembg.remove(image, session=session, only_mask=True))
    except Exception as error:  # anything: it downloads, unpacks and runs a model
        said = " ".join(str(error).split())[:200] or type(error).__name__
        raise PictureError(
            f"rembg failed ({said}): mend it, or leave the matting to panic3d (--matting auto)"
        ) from error
    if found.ndim == 3 and found.shape[-1] in (3, 4):
        found = found[..., -1] if found.shape[-1] == 4 else found[..., 0]
    if found.shape != picture.rgba.shape[:2] or found.dtype != np.uint8:
        raise PictureError(
            f"rembg returned {found.shape} {found.dtype}, expected the matte's "
            f"{picture.rgba.shape[:2]} uint8: update it, {REMBG_INSTALL} --upgrade"
        )
    return np.ascontiguousarray(found)


def _rembg() -> Any:
    import importlib

    try:
        return importlib.import_module("rembg")
    except (ImportError, SystemExit) as error:  # without onnxruntime it ends the program
        raise MissingDependencyError(
            f"--matting rembg needs the package rembg, which is not installed or not whole: run "
            f"{REMBG_INSTALL}"
        ) from error
