"""Arrays in one compressed file, read with bounds: a file cannot ask for more than it may need."""

from __future__ import annotations

import io
import math
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from panic3d.errors import DatasetError

MAX_BYTES = 256 << 20
"""Of one array; a head's mesh has less than a hundredth."""
_DATE = (1980, 1, 1, 0, 0, 0)


def arrays_bytes(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Encode arrays as NumPy's npz; the same bytes for the same arrays."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in sorted(arrays):
            member = io.BytesIO()
            np.lib.format.write_array(member, np.ascontiguousarray(arrays[name]), (1, 0))
            info = zipfile.ZipInfo(f"{name}.npy", _DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, member.getvalue())
    return file.getvalue()


def read_arrays(path: Path, expected: Mapping[str, tuple[str, int]]) -> dict[str, NDArray[Any]]:
    """Read arrays.

    Args:
        path: of the file.
        expected: name to dtype and number of axes.

    Raises:
        DatasetError: the file is missing or broken, or holds something else.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return {
                name: _member(archive, name, np.dtype(dtype), axes)
                for name, (dtype, axes) in expected.items()
            }
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise DatasetError(
            f"{path} cannot be read ({error}): make the benchmark again, which replaces what is "
            "broken"
        ) from error


def _member(archive: zipfile.ZipFile, name: str, dtype: np.dtype[Any], axes: int) -> NDArray[Any]:
    info = archive.getinfo(f"{name}.npy")
    with archive.open(info) as file:
        if np.lib.format.read_magic(file) != (1, 0):
            raise ValueError(f"{name} is of another version of the format")
        shape, fortran, found = np.lib.format.read_array_header_1_0(file)
        size = math.prod(shape) * found.itemsize
        if found != dtype or len(shape) != axes or fortran:
            raise ValueError(f"{name} is {found} with {len(shape)} axes, not {dtype} with {axes}")
        if size > MAX_BYTES or size > info.file_size:
            raise ValueError(f"{name} claims {size} bytes")
        data = file.read(size)
        if len(data) != size:
            raise ValueError("it is cut short")
        return np.frombuffer(data, dtype).reshape(shape).copy()
