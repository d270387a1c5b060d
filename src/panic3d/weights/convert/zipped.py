"""Zip archives, with the size of everything known before it is unfolded."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from panic3d.errors import WeightsError

MAX_DIRECTORY_BYTES = 32 << 20
MAX_RATIO = 50
"""Weights hardly compress; a file of zeros does by 1000, which is what a bomb needs."""

_CHUNK = 1 << 20
_DAMAGED = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    ValueError,
    OverflowError,
    EOFError,
    RuntimeError,
    struct.error,
    zlib.error,
    OSError,
)


@contextmanager
def _damaged() -> Iterator[None]:
    """Turn whatever the zip module says about a bad file into our own error."""
    try:
        yield
    except _DAMAGED as error:
        raise WeightsError(
            f"the zip archive cannot be read ({type(error).__name__}: {error}): it is cut short or "
            "damaged; copy or download it again"
        ) from error


def _directory_size(file: io.BufferedIOBase) -> int:
    """Bytes of the archive's list of members, as its end record states them."""
    size = file.seek(0, 2)
    file.seek(max(0, size - 65557))
    tail = file.read(65557)
    at = tail.rfind(b"PK\5\6")
    if at < 0 or at + 22 > len(tail):
        raise WeightsError(
            "the zip archive has no end record: it is cut short; copy or download it again"
        )
    stated: int = struct.unpack("<I", tail[at + 12 : at + 16])[0]
    if at >= 20 and tail[at - 20 : at - 16] == b"PK\6\7":
        # Pythons differ in where they look for the long record if it is not where it belongs.
        record = tail[max(0, at - 76) : at - 20]
        place: int = struct.unpack("<Q", tail[at - 12 : at - 4])[0]
        if (
            record[:4] != b"PK\6\6"
            or struct.unpack("<Q", record[4:12])[0] != len(record) - 12
            or place != size - len(tail) + at - len(record) - 20
        ):
            raise WeightsError(
                f"the zip archive states its long end record at byte {place}, where or after which "
                "other data lie: it is damaged or was changed; copy or download it again"
            )
        long: int = struct.unpack("<Q", record[40:48])[0]
        stated = long if stated == 0xFFFFFFFF else max(stated, long)
    return min(stated, size)


def open_zip(file: io.BufferedIOBase) -> zipfile.ZipFile:
    """Open an archive whose list of members is small and plain.

    Raises:
        WeightsError: it is damaged, lists very many members or one twice.
    """
    size = _directory_size(file)
    if size > MAX_DIRECTORY_BYTES:
        raise WeightsError(
            f"the zip archive has a list of members of {size} bytes, expected at most "
            f"{MAX_DIRECTORY_BYTES}: use the authors' archive as downloaded"
        )
    with _damaged():
        archive = zipfile.ZipFile(file)
    seen: set[str] = set()
    for info in archive.infolist():
        name = ascii(info.filename[:120])
        if info.filename in seen:
            raise WeightsError(f"the zip archive lists {name} twice: use it as downloaded")
        seen.add(info.filename)
    return archive


def _check_member(info: zipfile.ZipInfo) -> None:
    """Make sure that a member can be unpacked, and to no more than weights may be."""
    name = ascii(info.filename[:120])
    if info.flag_bits & 0x1:
        raise WeightsError(f"{name} in the zip archive is encrypted: unpack it first")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise WeightsError(
            f"{name} in the zip archive is packed by method {info.compress_type}, expected "
            "stored or deflated: unpack it first"
        )
    if info.file_size > MAX_RATIO * info.compress_size + _CHUNK:
        raise WeightsError(
            f"{name} in the zip archive unfolds from {info.compress_size} to {info.file_size} "
            f"bytes, weights do so by {MAX_RATIO} at most: use the authors' archive"
        )


def unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: io.BufferedIOBase) -> None:
    """Write one member to an open file, and never more of it than its stated size.

    Raises:
        WeightsError: the member is damaged, encrypted, longer than stated, or would unfold out
            of proportion.
    """
    _check_member(info)
    written = 0
    with _damaged(), archive.open(info) as member:
        while chunk := member.read(_CHUNK):
            written += len(chunk)
            if written > info.file_size:
                raise WeightsError(
                    f"{info.filename[:120]!a} in the zip archive is longer than stated: use "
                    "the authors' archive"
                )
            target.write(chunk)
    if written != info.file_size:
        raise WeightsError(
            f"{info.filename[:120]!a} in the zip archive has {written} bytes, expected "
            f"{info.file_size}: the archive is damaged; copy or download it again"
        )


def stored_member(data: memoryview, info: zipfile.ZipInfo) -> memoryview:
    """The bytes of a member that is not compressed, as a view on the archive's bytes.

    Raises:
        WeightsError: the member is compressed, encrypted or reaches outside the archive.
    """
    _check_member(info)
    start = info.header_offset
    header = bytes(data[start : start + 30]) if 0 <= start < len(data) else b""
    if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size:
        raise WeightsError(
            f"{info.filename[:120]!a} in the checkpoint is compressed, torch stores its "
            "members plain: save the checkpoint again, or use the file from the authors' archive"
        )
    if len(header) == 30 and header[:4] == b"PK\3\4":
        name, extra = struct.unpack("<HH", header[26:30])
        start += 30 + name + extra
        if start + info.file_size <= len(data):
            return data[start : start + info.file_size]
    raise WeightsError(
        f"{info.filename[:120]!a} reaches outside the checkpoint: the file is cut short; "
        "copy or download it again"
    )
