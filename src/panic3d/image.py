"""RGBA pictures: read, write, lay on a colour."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from panic3d.errors import PictureError
from panic3d.files import atomic_write

if TYPE_CHECKING:
    from PIL import Image

MAX_PIXELS = 64_000_000
"""The largest picture that is decoded."""


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


def read_picture(path: str | Path) -> Picture:
    """Read a picture file, turned upright as its EXIF data say.

    A palette, grey or opaque picture becomes RGBA. Of 16 bits the upper 8 are kept. Of several
    frames the first is read.

    Raises:
        PictureError: there is no such file, it is no picture, cut short, or too large.
    """
    path = Path(path)
    if not path.is_file():
        raise PictureError(f"there is no picture {path}: check the name")
    return _decoded(path, str(path))


def decode_picture(data: bytes, name: str, shrink: int = 1, upright: bool = True) -> Picture:
    """Read a picture from memory; see `read_picture`.

    Args:
        data: an encoded file.
        name: what messages call it.
        shrink: as many pixels along each axis become one, their mean.
        upright: turn it as its EXIF data say; textures are taken as they are stored.

    Raises:
        PictureError: it is no picture, cut short, or too large.
    """
    return _decoded(io.BytesIO(data), name, shrink, upright)


def _decoded(file: Path | io.BytesIO, name: str, shrink: int = 1, upright: bool = True) -> Picture:
    from PIL import Image

    try:
        with warnings.catch_warnings():
            # Pillow warns of large pictures before the size can be asked for; ours is the limit.
            warnings.simplefilter("ignore")
            with Image.open(file) as image:
                width, height = image.size
                if width * height > MAX_PIXELS:
                    raise _too_large(name, f"{width} x {height} pixels")
                rgba = _rgba(name, _upright(image) if upright else image)
                return Picture(np.array(rgba if shrink == 1 else rgba.reduce(shrink)))
    except PictureError:
        raise
    except Image.DecompressionBombError as error:  # Pillow does not hand out the size of such
        raise _too_large(name, "far more pixels") from error
    except Exception as error:  # Pillow's decoders raise nearly anything on broken files
        raise PictureError(
            f"{name} cannot be read as a picture ({error}): open it in a picture editor and save "
            "it as PNG"
        ) from error


def _too_large(name: str, size: str) -> PictureError:
    return PictureError(f"{name} has {size}, at most {MAX_PIXELS} are read: scale it down")


def _upright(image: Image.Image) -> Image.Image:
    """Decode a picture and turn it as its EXIF data say, if they say anything."""
    from PIL import ImageOps

    image.load()
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # the pixels are sound; data that are broken name no orientation
        return image


def _rgba(name: str, image: Image.Image) -> Image.Image:
    """Convert any kind of picture; Pillow itself would cut 16 bits off at 255."""
    from PIL import Image

    if image.mode[0] not in "IF":
        return image.convert("RGBA")
    # Older Pillows hand a PNG of 16 bits out as 32-bit numbers.
    levels = np.asarray(image)
    if image.mode == "F" or levels.min() < 0 or levels.max() > 0xFFFF:
        raise PictureError(
            f"{name} has {'floating-point' if image.mode == 'F' else '32-bit'} levels, expected 8 "
            "or 16 bits: save it as PNG of 8 bits"
        )
    grey = (levels >> 8).astype(np.uint8)
    clear = image.info.get("transparency")  # the one level that is transparent
    alpha = np.where(levels == clear, 0, 255).astype(np.uint8)
    return Image.fromarray(np.stack([grey, grey, grey, alpha], -1))
