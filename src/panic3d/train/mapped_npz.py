"""Arrays of an uncompressed .npz as parts of the file in memory.

Processes that read the same file share what of it is in memory, and none of it is there before it
is asked for.
"""

from __future__ import annotations

import io
import struct
import tokenize
import zipfile
from pathlib import Path

import numpy as np

_LOCAL = struct.Struct("<4s22xHH")
"""Of a zip file's member: signature, lengths of its name and of what comes after."""


def mapped_npz(path: Path) -> dict[str, np.ndarray]:
    """Open the arrays of an uncompressed .npz; they cannot be written to.

    Their bytes are not compared with the file's checksums, which would read all of it.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no such file.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, RuntimeError) as error:  # or of a kind that zipfile cannot read
        raise ValueError(f"no archive: {error}") from error
    whole = np.memmap(path, np.uint8, mode="r")
    return {member.filename.removesuffix(".npy"): _array(whole, member) for member in members}


def _array(whole: np.ndarray, member: zipfile.ZipInfo) -> np.ndarray:
    if member.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"{member.filename} is compressed")
    start = member.header_offset
    local = whole[start : start + _LOCAL.size].tobytes()
    if len(local) < _LOCAL.size or not local.startswith(b"PK\x03\x04"):
        raise ValueError(f"{member.filename} is not where the archive says")
    _, name, extra = _LOCAL.unpack(local)
    start += _LOCAL.size + name + extra
    stored = whole[start : start + member.file_size]
    try:
        shape, by_columns, kind, begin = _header(stored)
    except (SyntaxError, tokenize.TokenError) as error:  # numpy lets them through
        raise ValueError(f"{member.filename} has a damaged header: {error}") from error
    data = stored[begin:]
    if kind.hasobject or data.nbytes != kind.itemsize * int(np.prod(shape, dtype=np.int64)):
        raise ValueError(f"{member.filename} is no array of numbers, or is cut off")
    # A plain array, since slices of mapped ones are slow to make.
    plain = np.frombuffer(data, kind)
    return plain.reshape(shape, order="F" if by_columns else "C")


def _header(stored: np.ndarray) -> tuple[tuple[int, ...], bool, np.dtype, int]:
    """Return shape, order, kind of number and where the numbers begin."""
    file = io.BytesIO(stored[: 1 << 16].tobytes())
    version = np.lib.format.read_magic(file)
    read = (
        np.lib.format.read_array_header_1_0
        if version == (1, 0)
        else np.lib.format.read_array_header_2_0
    )
    shape, by_columns, kind = read(file)
    return shape, by_columns, kind, file.tell()
