"""Pictures as files of every kind that is read, and of kinds that Pillow itself cannot write."""

from __future__ import annotations

import io
import random
import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, features

_PNG = b"\x89PNG\r\n\x1a\n"
_DITHERS = (Image.Dither.NONE, Image.Dither.FLOYDSTEINBERG)


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    """Return a picture as a file; JPEG and BMP lose alpha."""
    buffer = io.BytesIO()
    if kind in ("JPEG", "BMP") and image.mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def any_kind(chance: random.Random, image: Image.Image) -> bytes:
    """Return a picture as a file of some kind."""
    kinds = ["PNG", "PNG", "JPEG", "WEBP", "WEBP", "GIF", "BMP", "TIFF"]
    if features.check("avif"):
        kinds.append("AVIF")
    kind = chance.choice(kinds)
    if kind == "WEBP":
        return encoded(image, kind, lossless=chance.random() < 0.5, method=0)
    if kind == "TIFF":
        return encoded(image, kind, compression=chance.choice((None, "tiff_lzw", "tiff_deflate")))
    if kind == "JPEG":
        return encoded(image, kind, progressive=chance.random() < 0.5)
    if kind == "AVIF":
        return encoded(image, kind, speed=10)
    return encoded(image, kind)


def chunk(name: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(size: tuple[int, int], bits: int, colour: int, rows: bytes, *more: bytes) -> bytes:
    """Return a PNG of given sides and data, true or not.

    Args:
        size: width and height.
        bits: of a sample.
        colour: the standard's colour type.
        rows: filter bytes and samples, uncompressed.
        more: chunks before the data.
    """
    header = struct.pack(">IIBBBBB", *size, bits, colour, 0, 0, 0)
    data = chunk(b"IDAT", zlib.compress(rows, 1))
    return _PNG + chunk(b"IHDR", header) + b"".join(more) + data + chunk(b"IEND", b"")


def with_chunks(data: bytes, *more: bytes) -> bytes:
    """Put chunks into a PNG, behind its header."""
    return data[:33] + b"".join(more) + data[33:]


def png_of_16_bits(levels: NDArray[np.uint16], *more: bytes) -> bytes:
    """Return a PNG of 16 bits: (h, w, channels) of 1 (grey), 2, 3 (RGB) or 4."""
    height, width, channels = levels.shape
    raw = levels.astype(">u2").reshape(height, -1).view(np.uint8)
    rows = np.concatenate([np.zeros((height, 1), np.uint8), raw], 1).tobytes()
    return png((width, height), 16, (0, 4, 2, 6)[channels - 1], rows, *more)


def of_16_bits(chance: random.Random, image: Image.Image) -> bytes:
    """Return a picture with more than 8 bits a sample: PNG of 16, or TIFF of 16, 32 or floats."""
    rgba = np.asarray(image).astype(np.uint16) * 257
    grey = rgba[..., :3].mean(-1)
    what = chance.randrange(6)
    if what < 4:
        channels = (rgba[..., :3], rgba, rgba[..., 1:2], rgba[..., 2:])[what]
        more = [chunk(b"tRNS", struct.pack(">HHH", *rgba[0, 0, :3]))] if what == 0 else []
        return png_of_16_bits(np.ascontiguousarray(channels), *more)
    if what == 4:
        return encoded(Image.fromarray(grey.astype(np.uint16)), "TIFF")
    kind = chance.choice((np.int32, np.float32))
    return encoded(Image.fromarray((grey * chance.choice((1, 70000))).astype(kind)), "TIFF")


def of_1_bit(chance: random.Random, image: Image.Image) -> bytes:
    """Return a picture of two levels, or of a palette of two."""
    two = image.convert("L").convert("1", dither=chance.choice(_DITHERS))
    what = chance.randrange(5)
    if what == 0:
        return encoded(two, "TIFF", compression=chance.choice(("group3", "group4", None)))
    if what == 1:
        return encoded(image.convert("RGB").quantize(2), "PNG", bits=1, transparency=0)
    if what == 2:
        return encoded(two, "GIF")
    return encoded(two, "PNG" if what == 3 else "BMP")


def cmyk(chance: random.Random, image: Image.Image) -> bytes:
    """Return a picture in printing inks, as JPEG or TIFF, with a profile that fits or none."""
    inks = image.convert("RGB").convert("CMYK")
    profile = chance.choice((None, b"no profile", bytes(132), _grey_profile()))
    more: dict[str, Any] = {} if profile is None else {"icc_profile": profile}
    if chance.random() < 0.6:
        data = encoded(inks, "JPEG", **more)
        if chance.random() < 0.4:  # Adobe's mark says YCCK, or is gone: then inks are not inverted
            data = data.replace(b"Adobe\0d", chance.choice((b"Adobe\0e", b"Abode\0d")))
        return data
    return encoded(inks, "TIFF", compression=chance.choice((None, "tiff_lzw", "jpeg")), **more)


def animated(chance: random.Random, image: Image.Image) -> bytes:
    """Return several frames, the example somewhere among them, or several pages."""
    count = chance.choice((2, 3, 12))
    frames = [image.rotate(360 * k / count, fillcolor=(9, 9, 9, 255)) for k in range(count)]
    if chance.random() < 0.3:
        frames[0] = Image.new("RGBA", image.size)
    kinds = ["GIF", "WEBP", "PNG", "TIFF", *(["AVIF"] if features.check("avif") else [])]
    kind = chance.choice(kinds)
    options: dict[str, Any] = {"save_all": True, "append_images": frames[1:]}
    if kind != "TIFF":
        options["duration"] = chance.choice((0, 100))
    if kind == "GIF":
        options["disposal"] = chance.choice((0, 1, 2, 3))
    if kind == "WEBP":
        options["method"] = 0
    return encoded(frames[0], kind, **options)


def odd_papers(chance: random.Random, image: Image.Image) -> bytes:
    """Return a picture whose EXIF data, profile or text is odd or broken."""
    what = chance.randrange(6)
    if what == 0:
        exif = Image.Exif()
        exif[274] = chance.choice((0, 3, 5, 6, 8, 9, 60000, "up"))
        return encoded(image, chance.choice(("JPEG", "PNG", "WEBP")), exif=exif.tobytes())
    if what == 1:
        exif_bytes = b"Exif\0\0" + chance.choice(
            (b"", b"II*\0", b"MM\0*\xff\xff\xff\xff", b"x" * 99)
        )
        return encoded(image, chance.choice(("JPEG", "PNG", "WEBP")), exif=exif_bytes)
    if what == 2:
        profile = chance.choice((b"", b"x" * 200, _grey_profile(), _grey_profile()[:300]))
        return encoded(image, chance.choice(("JPEG", "PNG", "WEBP")), icc_profile=profile)
    if what == 3:  # a profile, or a text, of a hundred megabytes that takes a hundred kilobytes
        bomb = zlib.compress(bytes(100_000_000), 9)
        name = chance.choice((b"iCCP", b"zTXt"))
        return with_chunks(encoded(image, "PNG"), chunk(name, b"a\0\0" + bomb))
    if what == 4:
        gamma = chunk(b"gAMA", struct.pack(">I", chance.choice((0, 1, 45455, 2**31))))
        palette = chunk(b"PLTE", bytes(chance.choice((0, 2, 3, 999))))
        return with_chunks(encoded(image, "PNG"), gamma, palette)
    # Colours that are multiplied by alpha, and an alpha that is nearly nothing.
    rgba = np.array(image)
    rgba[..., 3] = rgba[..., 3] // chance.choice((2, 40, 255))
    rgba[..., :3] = rgba[..., :3].astype(int) * rgba[..., 3:] // 255
    return encoded(Image.fromarray(rgba), chance.choice(("PNG", "TIFF")))


def _grey_profile() -> bytes:
    """Return the profile of another colour space than any of our pictures has."""
    from PIL import ImageCms

    return ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
