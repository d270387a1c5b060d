"""The safetensors format, read by hand so that every claim of a header is checked first.

Source: the safetensors format: eight bytes of header length, a JSON header, the tensors in a row.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeGuard

import torch
from torch import Tensor

from panic3d.errors import WeightsError

MAX_HEADER_BYTES = 16 << 20
MAX_AXES = 8
MAX_NUMBERS = 1 << 48
"""In one tensor, its empty axes left out, and the largest offset: far from 64 bits."""

DTYPES = {
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
}
ALL_DTYPES = {**DTYPES, "U8": torch.uint8}
"""With those of files that hold more than weights."""
DTYPE_NAMES = {dtype: name for name, dtype in DTYPES.items()}


class Entry(NamedTuple):
    """Where one tensor lies."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int


class Header(NamedTuple):
    """What a file says of itself."""

    entries: dict[str, Entry]
    metadata: Any
    """Whatever JSON is there; not checked."""
    digest: Any
    """Of the bytes so far, to be continued by `read_tensors`."""


def parse_json(path: Path, raw: bytes) -> dict[str, Any]:
    """Strict JSON: one object, no name twice, no NaN."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a name is there twice")
        return found

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is no JSON")

    try:
        values = json.loads(raw, object_pairs_hook=unique, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise WeightsError(
            f"{path} holds no valid JSON ({str(error)[:100]}): it is cut short or foreign; "
            "convert or download the weights again"
        ) from error
    if not isinstance(values, dict):
        raise WeightsError(f"{path} holds a JSON {type(values).__name__}, expected an object")
    return values


def read_header(path: Path, file: io.BufferedIOBase) -> tuple[dict[str, Entry], Any]:
    """Read and check the header; the file is left where the tensors begin."""
    header = read_whole_header(path, file)
    return header.entries, header.digest


def read_whole_header(
    path: Path, file: io.BufferedIOBase, dtypes: Mapping[str, torch.dtype] = DTYPES
) -> Header:
    """Read and check the header with its metadata; the file is left where the tensors begin.

    Args:
        path: what messages call the file.
        file: open for reading.
        dtypes: which kinds of tensors it may hold, of those in `ALL_DTYPES`.

    Raises:
        WeightsError: it is cut short, damaged or foreign.
    """
    total = file.seek(0, os.SEEK_END)
    file.seek(0)
    start = file.read(8)
    size = int.from_bytes(start, "little") if len(start) == 8 else -1
    if not 2 <= size <= min(total - 8, MAX_HEADER_BYTES):
        raise WeightsError(
            f"{path} has {total} bytes and states a header of {max(size, 0)}: it is cut short or "
            "no safetensors file; convert or download it again"
        )
    raw = file.read(size)
    values = parse_json(path, raw)
    metadata = values.pop("__metadata__", None)
    left = total - 8 - size
    entries = {name: _entry(path, name, value, dtypes) for name, value in values.items()}
    at = 0
    for name, entry in sorted(entries.items(), key=lambda item: item[1][2:]):
        if entry.start != at:
            raise WeightsError(
                f"{path}: {name[:100]!a} starts at byte {entry.start}, expected {at}: tensors "
                "overlap or leave gaps; convert or download the file again"
            )
        at = entry.end
    if at != left:
        raise WeightsError(
            f"{path} has {left} bytes of tensors, its header describes {at}: it is cut short or "
            "damaged; convert or download it again"
        )
    return Header(entries, metadata, hashlib.sha256(start + raw))


def _are_sizes(values: object) -> TypeGuard[list[int]]:
    return (
        isinstance(values, list)
        and len(values) <= MAX_AXES
        and all(type(value) is int and 0 <= value < MAX_NUMBERS for value in values)
    )


def _entry(path: Path, name: str, value: object, dtypes: Mapping[str, torch.dtype]) -> Entry:
    """One tensor's description, checked."""
    keys = {"dtype", "shape", "data_offsets"}
    dtype, shape, offsets = (
        (value["dtype"], value["shape"], value["data_offsets"])
        if isinstance(value, dict) and set(value) == keys
        else (None, None, None)
    )
    if not (
        isinstance(dtype, str)
        and dtype in dtypes
        and _are_sizes(shape)
        # Of an empty tensor too: torch computes strides from the other axes.
        and math.prod(max(size, 1) for size in shape) < MAX_NUMBERS
        and _are_sizes(offsets)
        and len(offsets) == 2
    ):
        raise WeightsError(
            f"{path}: {name[:100]!a} is described as {str(value)[:200]!a}, expected dtype "
            f"({', '.join(dtypes)}), shape and data_offsets: convert or download the file again"
        )
    size = math.prod(shape) * dtypes[dtype].itemsize
    if offsets[1] - offsets[0] != size:
        raise WeightsError(
            f"{path}: {name[:100]!a} of shape {shape} has {offsets[1] - offsets[0]} bytes, "
            f"expected {size}: convert or download the file again"
        )
    return Entry(dtype, tuple(shape), offsets[0], offsets[1])


def check_expected(
    path: Path, entries: Mapping[str, Entry], expected: Mapping[str, tuple[int, ...]]
) -> None:
    """Make sure that a file has exactly the tensors that its network needs.

    Raises:
        WeightsError: one is missing, unknown, or of another shape or kind.
    """
    missing, unknown = sorted(set(expected) - set(entries)), sorted(set(entries) - set(expected))
    if missing or unknown:
        raise WeightsError(
            f"{path} lacks {len(missing)} tensors ({', '.join(missing[:3])}) and has "
            f"{len(unknown)} unknown ones ({', '.join(name[:100] for name in unknown[:3])!a}), "
            f"expected exactly {len(expected)}: it is of another network; choose the right file"
        )
    for name, shape in expected.items():
        entry = entries[name]
        counts = name.endswith("num_batches_tracked")
        if entry.shape != tuple(shape) or (entry.dtype == "I64") != counts:
            raise WeightsError(
                f"{path}: {name} is {entry.dtype} {list(entry.shape)}, expected "
                f"{'I64' if counts else 'floating point'} {list(shape)}: it does not fit its "
                "configuration; convert or download it again"
            )


def bytes_of(tensor: Tensor) -> memoryview:
    """A contiguous tensor's memory."""
    return tensor.reshape(-1).view(torch.uint8).numpy().data


def read_tensors(
    path: Path, file: io.BufferedIOBase, entries: Mapping[str, Entry], digest: Any
) -> dict[str, Tensor]:
    """Read straight into the tensors, in the order of the file."""
    tensors: dict[str, Tensor] = {}
    for name, entry in sorted(entries.items(), key=lambda item: item[1][2:]):
        tensor = torch.empty(entry.shape, dtype=ALL_DTYPES[entry.dtype])
        if tensor.numel():
            view = bytes_of(tensor)
            if file.readinto(view) != len(view):
                raise WeightsError(f"{path} became shorter while it was read: try again")
            digest.update(view)
        tensors[name] = tensor
    return tensors
