"""Mutated files that somebody could give as a portrait: by number, the same every time."""

from __future__ import annotations

import io
import json
import random
import struct
import zipfile
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from campaign import _portrait_encodings as encodings
from campaign._portrait_pictures import Drawn, Marks, aligned, girl, nobody, stretched, ten_girls

WHOLE_EVERY = 10
"""Of so many cases the last one is the whole job."""


class Mutated(NamedTuple):
    """A file, and what else there is to be given."""

    kind: str
    name: str
    """Of the file; its ending may lie."""
    data: bytes
    marks: Marks
    """Where eyes and chin are, if there are any."""
    aligned: bool
    """The head lies as the networks expect it, or would if the file were whole."""
    chance: random.Random
    """For what follows."""


def _truncated(chance: random.Random, drawn: Drawn) -> bytes:
    data = encodings.any_kind(chance, drawn.image)
    cut = chance.randrange(len(data)) if chance.random() < 0.7 else chance.randrange(40)
    return data[:cut]


def _flipped(chance: random.Random, drawn: Drawn) -> bytes:
    raw = bytearray(encodings.any_kind(chance, drawn.image))
    reach = chance.choice((64, 400, len(raw), len(raw)))
    for _ in range(chance.choice((1, 1, 4, 32, 256))):
        raw[chance.randrange(min(reach, len(raw)))] ^= 1 << chance.randrange(8)
    return bytes(raw)


def _wrong_type(chance: random.Random, drawn: Drawn) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("mergedimage.png", encodings.encoded(drawn.image, "PNG"))
    header = json.dumps({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    return chance.choice(
        (
            b"",
            b"a drawing",
            b"\xff\xfeh\0i\0",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            b"<!DOCTYPE html><title>404</title>",
            b"%PDF-1.7\n",
            b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
            b"8BPS\0\1" + bytes(200),
            b"glTF\2\0\0\0" + bytes(90),
            b"\0\0\0\x20ftypmp42" + bytes(90),
            b"\0\0\0\x18ftypheic" + bytes(90),
            b"\0\0\0\x20ftypavif" + bytes(90),
            b"\x80\4\x95\x20\0\0\0\0\0\0\0\x8c\5posix\x8c\6system\x93\x8c\4true\x85R.",
            struct.pack("<Q", len(header)) + header + bytes(4),
            b"II*\0" + bytes(300),
            b"BM" + bytes(60),
            b"RIFF\x24\0\0\0WEBPVP8 " + bytes(24),
            archive.getvalue(),
            chance.randbytes(5000),
            encodings.encoded(drawn.image, "PPM"),
            encodings.encoded(drawn.image.convert("RGB"), "ICO", sizes=[(64, 64)]),
            encodings.encoded(drawn.image, "JPEG2000"),
        )
    )


def _huge_header(chance: random.Random, drawn: Drawn) -> bytes:
    """A small file that promises a large picture, or chunks that it does not have."""
    side = chance.choice((7_999, 20_000, 65_535, 100_000, 2**31 - 1))
    size = chance.choice(((side, side), (side, 1), (1, side), (64, side)))
    low = tuple(min(each, 65_535) for each in size)
    what = chance.randrange(8)
    if what == 0:
        return encodings.png(size, 8, 6, bytes(1000))
    if what == 1:
        data = encodings.encoded(drawn.image, "PNG")
        return data[:33] + struct.pack(">I", chance.choice((2**31 - 1, 2**32 - 1))) + data[37:]
    if what == 2:
        data = encodings.encoded(drawn.image, "GIF")
        return data[:6] + struct.pack("<HH", *low) + data[10:]
    if what == 3:
        data = encodings.encoded(drawn.image, "BMP")
        return data[:18] + struct.pack("<ii", size[0], chance.choice((1, -1)) * size[1]) + data[26:]
    if what == 4:
        data = encodings.encoded(drawn.image, "JPEG")
        at = data.index(b"\xff\xc0") + 5
        return data[:at] + struct.pack(">HH", low[1], low[0]) + data[at + 4 :]
    if what == 5:
        tags: tuple[tuple[int, int, int], ...]
        tags = ((256, 4, size[0]), (257, 4, size[1]), (258, 3, 8), (259, 3, 1), (262, 3, 1))
        tags += ((273, 4, 8), (277, 3, 1), (278, 4, size[1]), (279, 4, min(side, 2**31 - 1)))
        entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
        return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + bytes(400)
    if what == 6:
        canvas = b"".join((min(each, 2**24) - 1).to_bytes(3, "little") for each in size)
        data = encodings.encoded(drawn.image, "WEBP", lossless=True, method=0)
        body = b"WEBPVP8X\x0a\0\0\0\x10\0\0\0" + canvas + data[12:]
        return b"RIFF" + struct.pack("<I", len(body)) + body
    honest = (side if side < 10_000 else 7_999, 8_000)  # as many pixels as are read, or nearly
    return encodings.png(honest, 1, 0, bytes((honest[0] + 7) // 8 * 8000 + 8000))


def _zero_sized(chance: random.Random, drawn: Drawn) -> bytes:
    """No pixels by the header, or hardly any."""
    what = chance.randrange(5)
    if what == 0:
        return encodings.png(chance.choice(((0, 0), (0, 64), (64, 0))), 8, 6, b"")
    if what == 1:
        data = encodings.encoded(drawn.image, "GIF")
        return data[:6] + chance.choice((bytes(4), b"\0\0\x40\0")) + data[10:]
    if what == 2:
        data = encodings.encoded(drawn.image, "BMP")
        return data[:18] + chance.choice((bytes(8), struct.pack("<ii", 64, 0))) + data[26:]
    if what == 3:
        data = encodings.encoded(drawn.image, "JPEG")
        at = data.index(b"\xff\xc0") + 5
        return data[:at] + chance.choice((bytes(4), b"\0\x40\0\0")) + data[at + 4 :]
    size = chance.choice(((1, 1), (1, 64), (63, 64), (64, 63), (64, 64), (65, 64), (2, 5000)))
    return encodings.any_kind(chance, drawn.image.resize(size))


def _quickly(chance: random.Random, drawn: Drawn) -> bytes:
    return encodings.encoded(drawn.image, "PNG", compress_level=1)


def _plain(chance: random.Random, drawn: Drawn) -> bytes:
    return encodings.any_kind(chance, drawn.image)


def _of(make: Callable[[random.Random, Image.Image], bytes]) -> Callable[..., bytes]:
    return lambda chance, drawn: make(chance, drawn.image)


KINDS: dict[str, Callable[[random.Random, Drawn], bytes]] = {
    "truncated": _truncated,
    "bits flipped": _flipped,
    "of another type": _wrong_type,
    "huge header": _huge_header,
    "zero-sized, tiny": _zero_sized,
    "CMYK": _of(encodings.cmyk),
    "1 bit": _of(encodings.of_1_bit),
    "16 bits, floats": _of(encodings.of_16_bits),
    "animated": _of(encodings.animated),
    "no face": _plain,
    "ten faces": _plain,
    "odd shape": _quickly,
    "odd EXIF, profile, alpha": _of(encodings.odd_papers),
}
"""As many as share no divisor with `WHOLE_EVERY`, so that the whole job meets each."""


def is_whole(number: int) -> bool:
    """Say whether a case is the whole job, and not the preparation alone."""
    return number % WHOLE_EVERY == WHOLE_EVERY - 1


def mutated(number: int) -> Mutated:
    """Return a file by its number."""
    chance = random.Random(number)
    kind = list(KINDS)[number % len(KINDS)]
    is_aligned = False
    if kind == "no face":
        drawn = nobody(chance)
    elif kind == "ten faces":
        drawn = ten_girls(chance)
    elif kind == "odd shape":
        drawn = stretched(chance)
    else:
        is_aligned = is_whole(number) and chance.random() < 0.7
        drawn = (aligned if is_aligned else girl)(chance)
    ending = chance.choice((".png", ".png", ".jpg", ".webp", ".gif", ".PNG", "", ".txt"))
    name = chance.choice(("portrait", "a portrait", "ポートレート", "x" * 200)) + ending
    return Mutated(kind, name, KINDS[kind](chance, drawn), drawn.marks, is_aligned, chance)


def odd_marks(chance: random.Random) -> tuple[str, str]:
    """Return what somebody might give for eyes and chin by mistake."""
    places = ("0,0,0,0", "1e9,0,-1e9,5", "nan,1,2,3", "100,100,100,100", "5,5,6,5", "-50,-50,-9,-9")
    return chance.choice(places), chance.choice(("0,0", "100,100", "1e30,1e30", "5,9", "inf,0"))


def odd_matte(chance: random.Random, data: bytes) -> bytes:
    """Return a matte of another picture: the portrait's own file, cut, or of another size."""
    what = chance.randrange(4)
    if what == 0:
        return data
    if what == 1:
        return data[: chance.randrange(len(data) + 1)]
    levels = np.full(chance.choice(((64, 64), (512, 512), (3, 3))), chance.choice((0, 255)))
    return encodings.encoded(Image.fromarray(levels.astype(np.uint8)), "PNG")


def odd_landmarks(chance: random.Random) -> bytes:
    """Return a file of landmarks that is none, or whose numbers are odd."""
    points = [[chance.uniform(0, 500), chance.uniform(0, 500), 0.9] for _ in range(28)]
    values: tuple[Any, ...] = (
        [{"bbox": [0, 0, 9, 9, 1.0], "keypoints": points}],
        [{"bbox": [0, 0, 9, 9, 1.0], "keypoints": [[1.0, 1.0, 1.0]] * 28}],
        [{"bbox": [0, 0, 9, 9, 1.0], "keypoints": points[:27]}],
        {"landmarks": points},
        [],
        [[]],
        {"faces": [{"landmarks": [[1e300, -1e300]] * 28}]},
        "x" * 1000,
        1,
    )
    data = json.dumps(chance.choice(values)).encode()
    return data if chance.random() < 0.8 else data[: chance.randrange(len(data))]
