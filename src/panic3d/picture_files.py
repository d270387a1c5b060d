"""Picture files from anywhere to upright 8-bit sRGB pixels: which are read, and how much of them.

PNG, JPEG, WebP, AVIF, GIF, BMP and TIFF, by their content, whatever they are called. Other kinds
are not tried: some of Pillow's readers start other programs. What PNG says of gamma and of HDR
(cICP) is not looked at.
"""

from __future__ import annotations

import io
import re
import struct
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from panic3d.errors import PictureError

if TYPE_CHECKING:
    from PIL import Image, ImageCms

MAX_PIXELS = 64_000_000
"""The largest picture that is decoded."""

MAX_BYTES = 512 << 20
"""The largest file: about what `MAX_PIXELS` take uncompressed, in 16 bits."""

KINDS = ("PNG", "JPEG", "MPO", "WEBP", "AVIF", "GIF", "BMP", "TIFF")
"""What is read, as Pillow calls it; MPO are JPEGs of some cameras."""

_PIXELS_PER_BYTE = {"PNG": 8 * 1033, "GIF": 4096}
"""What deflate and LZW can pack into a byte at most, of one bit a pixel and of a code's longest."""

_SRGB_LEVELS = 2
"""A profile that moves no colour by more is taken for sRGB, and the pixels stay as they are."""

_FOREIGN: tuple[tuple[int, bytes, str], ...] = (
    (0, b"8BPS", "a Photoshop file"),
    (0, b"CSFCHUNK", "a Clip Studio file"),
    (0, b"gimp xcf", "a GIMP file"),
    (0, b"PK\x03\x04", "an archive, as Krita's files are"),
    (0, b"%PDF", "a PDF"),
    (0, b"%!PS", "a PostScript file"),
    (0, b"<svg", "an SVG"),
    (0, b"<?xml", "an SVG or another XML file"),
    (0, b"<!DOCTYPE", "a web page"),
    (0, b"<!doctype", "a web page"),
    (0, b"<html", "a web page"),
    (0, b"\xff\x0a", "a JPEG XL"),
    (4, b"JXL \r\n", "a JPEG XL"),
    (0, b"glTF", "a 3D model"),
    (4, b"ftyphei", "a HEIC"),
    (4, b"ftypmif1", "a HEIC"),
    (4, b"ftypmp4", "a video"),
    (4, b"ftypisom", "a video"),
    (0, b"\x1aE\xdf\xa3", "a video"),
)


class Pixels(NamedTuple):
    """What a file shows."""

    rgba: NDArray[np.uint8]
    """(height, width, 4), row 0 at the top, alpha as it is stored."""
    notes: tuple[str, ...]
    """What was done to it that its owner may want to know, each a sentence about "it"."""


def read_bytes(path: Path) -> bytes:
    """Read a file that may be a picture.

    Raises:
        PictureError: there is none, or it is too large to be one.
    """
    if not path.is_file():
        raise PictureError(f"there is no picture {path}: check the name")
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise PictureError(
            f"{path} cannot be read ({error.strerror or error}): check its permissions"
        ) from error
    if len(data) > MAX_BYTES:
        raise PictureError(
            f"{path} has more than {MAX_BYTES >> 20} MiB, no picture that is read here needs as "
            "many: save it as PNG"
        )
    return data


def decode(data: bytes, name: str, shrink: int = 1, as_stored: bool = False) -> Pixels:
    """Decode a picture; of several frames the first.

    Palette, grey, CMYK, 1 and 16 bits become 8-bit RGBA; of 16 bits the upper 8 are kept. It is
    turned as EXIF data say and brought from its colour profile to sRGB.

    Args:
        data: an encoded file.
        name: what messages call it.
        shrink: as many pixels along each axis become one, their mean.
        as_stored: leave EXIF data and profile alone.

    Raises:
        PictureError: it is no picture that is read here, cut short, damaged or too large.
    """
    from PIL import Image, UnidentifiedImageError

    promised = _promised_size(data)
    if promised is not None:  # before Pillow, some of whose readers allocate when they open
        _check_size(name, *promised)
    kind = "picture"
    try:
        with warnings.catch_warnings():
            # Pillow warns of large pictures before the size can be asked for; ours is the limit.
            warnings.simplefilter("ignore")
            Image.init()
            known = [kind for kind in KINDS if kind in Image.OPEN]  # old Pillows have no AVIF
            with Image.open(io.BytesIO(data), formats=known) as image:
                kind = str(image.format)
                _check_size(name, *image.size)
                _check_honest(name, kind, image.size, len(data))
                notes: list[str] = []
                if kind != "MPO" and getattr(image, "is_animated", False):
                    notes.append("it has several frames, and the first is used")
                upright = image if as_stored else _upright(image, notes)
                rgba = _rgba(name, upright, None if as_stored else notes)
                levels = np.array(rgba if shrink == 1 else rgba.reduce(shrink))
                return Pixels(levels, tuple(notes))
    except PictureError:
        raise
    except Image.DecompressionBombError as error:  # Pillow does not hand out the sides of such
        count = re.search(r"\d{4,}", str(error))
        found = f"{count[0]} pixels" if count else "far more pixels"
        raise _too_large(name, found) from error
    except UnidentifiedImageError as error:
        raise PictureError(
            f"{name} cannot be read as a picture ({_what_else(data)}, expected PNG, JPEG, WebP, "
            "AVIF, GIF, BMP or TIFF): open it in a picture editor and save it as PNG"
        ) from error
    except Exception as error:  # Pillow's decoders raise nearly anything on broken files
        said = " ".join(str(error).split())[:200] or type(error).__name__
        raise PictureError(
            f"{name} cannot be read as a picture ({said}), expected a whole {kind}: fetch it "
            "again, or open it in a picture editor and save it as PNG"
        ) from error


def _promised_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height as the first bytes of PNG, GIF and WebP have them."""
    head = data[:30].ljust(30, b"\0")
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        return struct.unpack(">II", head[16:24])
    if head[:4] == b"GIF8":
        return struct.unpack("<HH", head[6:10])
    if head[:4] + head[8:12] == b"RIFFWEBP":
        if head[12:16] == b"VP8X":
            width, height = (int.from_bytes(head[k : k + 3], "little") for k in (24, 27))
            return width + 1, height + 1
        if head[12:16] == b"VP8L":
            bits = int.from_bytes(head[21:25], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        width, height = struct.unpack("<HH", head[26:30])
        return width & 0x3FFF, height & 0x3FFF
    return None


def _check_size(name: str, width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise _too_large(name, f"{width} x {height} pixels")


def _too_large(name: str, size: str) -> PictureError:
    return PictureError(f"{name} has {size}, at most {MAX_PIXELS} are read: scale it down")


def _check_honest(name: str, kind: str, size: tuple[int, int], length: int) -> None:
    most = _PIXELS_PER_BYTE.get(kind)
    if most is not None and size[0] * size[1] > most * length:
        raise PictureError(
            f"{name} cannot be read as a picture (it promises {size[0]} x {size[1]} pixels in "
            f"{length} bytes), expected a whole {kind}: fetch it again"
        )


def _what_else(data: bytes) -> str:
    """Say what a file is that no reader knows."""
    if not data:
        return "it is empty"
    text = data[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    for start, magic, what in _FOREIGN:
        if (text if start == 0 else data[start:]).startswith(magic):
            return f"it is {what}"
    if data[4:11] == b"ftypavi":
        return "it is a damaged AVIF, or Pillow here is older than 11.3 and reads none"
    return "its first bytes are none of a picture's"


def _upright(image: Image.Image, notes: list[str]) -> Image.Image:
    """Decode a picture and turn it as its EXIF data say, if they say anything."""
    from PIL import ExifTags, ImageOps

    image.load()
    try:
        turned = image.getexif().get(ExifTags.Base.Orientation, 1) in range(2, 9)
        found = ImageOps.exif_transpose(image)
    except Exception:  # the pixels are sound; data that are broken name no orientation
        return image
    if turned:
        notes.append("it was turned upright as its EXIF data say")
    return found


def _rgba(name: str, image: Image.Image, notes: list[str] | None) -> Image.Image:
    """Convert any kind of picture to RGBA and, where there are notes to take, to sRGB."""
    image = _of_8_bits(name, image)
    profile = image.info.get("icc_profile")
    if profile and notes is not None:
        managed = _in_srgb(image, profile, notes)
        if managed is not None:
            return managed
    return image.convert("RGBA")


def _of_8_bits(name: str, image: Image.Image) -> Image.Image:
    """Reduce levels of 16 bits; Pillow itself would cut them off at 255."""
    from PIL import Image

    if image.mode[0] not in "IF":
        clear = image.info.get("transparency")
        if image.mode == "RGB" and isinstance(clear, tuple) and max(clear) > 255:
            # Of a PNG of 16 bits, whose colours Pillow has reduced, but not this one.
            image.load()
            image.info["transparency"] = tuple(level >> 8 for level in clear)
        return image
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
    found = Image.fromarray(np.stack([grey, alpha], -1))
    found.info = {key: value for key, value in image.info.items() if key == "icc_profile"}
    return found


# Colour profiles


def _in_srgb(image: Image.Image, profile: bytes, notes: list[str]) -> Image.Image | None:
    """Bring a picture from its colour profile to sRGB; None if it is there, or cannot be."""
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        space = source.profile.xcolor_space.strip()
        rgba = image.convert("RGBA")
        if space == "CMYK" and image.mode == "CMYK":
            plane: Image.Image = image
        elif space == "GRAY" and image.mode in ("1", "L", "LA"):
            plane = rgba.getchannel("R")
        elif space == "RGB" and image.mode != "CMYK":
            plane = rgba.convert("RGB")
        else:
            notes.append(f"its colour profile is for {space}, not for what it is; left aside")
            return None
        transform = ImageCms.buildTransform(
            source,
            ImageCms.createProfile("sRGB"),
            plane.mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            # Without NOOPTIMIZE dark greys come out up to ten levels off.
            ImageCms.Flags.BLACKPOINTCOMPENSATION
            | (ImageCms.Flags.NOOPTIMIZE if plane.mode == "L" else ImageCms.Flags.NONE),
        )
        if _changes_nothing(transform, plane.mode):
            return None
        found = ImageCms.applyTransform(plane, transform)
        assert found is not None
    except (ImageCms.PyCMSError, ImportError, OSError, ValueError, TypeError):
        # As browsers do; ImportError is of a Pillow without LittleCMS.
        notes.append("its colour profile cannot be read and was left aside")
        return None
    found.putalpha(rgba.getchannel("A"))
    title = "".join(c for c in source.profile.profile_description or "" if c.isprintable())
    notes.append(f"its colours were brought from {title.strip()[:60] or 'its profile'} to sRGB")
    return found


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Say whether a transform to sRGB leaves all colours where they are, about."""
    from PIL import Image, ImageCms

    if mode == "CMYK":
        return False
    steps = np.linspace(0, 255, 9).astype(np.uint8)
    if mode == "L":
        probe = np.arange(256, dtype=np.uint8)[None]
        expected = np.repeat(probe[..., None], 3, -1)
    else:
        probe = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(1, -1, 3)
        expected = probe
    found = np.asarray(ImageCms.applyTransform(Image.fromarray(probe), transform))
    return bool(np.abs(found.astype(int) - expected).max() <= _SRGB_LEVELS)
