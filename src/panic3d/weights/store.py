"""Weights on disk: `NAME.safetensors` beside `NAME.json`, which says what they are.

Reading is strict, and the whole header is checked before a tensor is allocated. Writing leaves the
old file or the new one, never half of one.

Source: the safetensors format: eight bytes of header length, a JSON header, the tensors in a row.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import math
import os
import secrets
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

import panic3d
from panic3d.errors import WeightsError
from panic3d.weights.specs import find_spec

FORMAT = "panic3d-weights"
FORMAT_VERSION = 1

MAX_HEADER_BYTES = 16 << 20
MAX_JSON_BYTES = 16 << 20
MAX_AXES = 8

_DTYPES = {
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}


@dataclass(frozen=True, kw_only=True)
class About:
    """What a file of weights is: the content of its .json."""

    name: str
    network: str
    config: dict  # plain JSON; the network's own class checks it
    licence: str
    origin: str
    made_from: str
    weights_sha256: str
    source_sha256: str | None = None
    training: dict = field(default_factory=dict)
    panic3d_version: str = panic3d.__version__
    format: str = FORMAT
    format_version: int = FORMAT_VERSION


class Weights(NamedTuple):
    """An opened file."""

    about: About
    tensors: dict[str, Tensor]
    path: Path


def weights_path(name_or_path: str | Path, folder: Path) -> Path:
    """Return where weights lie: a path as it is, a known name in the folder.

    Raises:
        WeightsError: the name is unknown, or nothing is there.
    """
    if isinstance(name_or_path, Path) or name_or_path.endswith(".safetensors"):
        path, remedy = Path(name_or_path), "check the path"
    else:
        spec = find_spec(name_or_path)
        path, remedy = folder / spec.file, spec.how_to_get
    if not path.is_file():
        raise WeightsError(f"{path} does not exist: {remedy}")
    return path


def save_weights(path: Path, tensors: Mapping[str, Tensor], *, about: Mapping[str, Any]) -> About:
    """Write a pair of files.

    Args:
        path: of the .safetensors file; the .json gets the same stem. Folders are made.
        tensors: float32, float16, bfloat16 or int64.
        about: the fields of `About` but for the digest of the weights.

    Returns:
        What the .json says.

    Raises:
        WeightsError: a tensor is of another type, or the files cannot be written.
    """
    _check_suffix(path)
    header: dict[str, Any] = {}
    offset = 0
    for name, tensor in tensors.items():
        if tensor.dtype not in _NAMES:
            raise WeightsError(
                f"{name} has dtype {tensor.dtype}, a file holds {', '.join(map(str, _NAMES))}: "
                "convert it first"
            )
        size = tensor.numel() * tensor.element_size()
        header[name] = {
            "dtype": _NAMES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [offset, offset + size],
        }
        offset += size
    raw = json.dumps(header, separators=(",", ":")).encode()
    raw += b" " * (-len(raw) % 8)  # so that the tensors are aligned in the file
    digest = hashlib.sha256()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _replacing(path) as file:
            for piece in (struct.pack("<Q", len(raw)), raw):
                digest.update(piece)
                file.write(piece)
            for tensor in tensors.values():
                view = _bytes_of(tensor.detach().cpu().contiguous())
                digest.update(view)
                file.write(view)
        made = About(**{**about, "weights_sha256": digest.hexdigest()})
        content = {each.name: getattr(made, each.name) for each in fields(made)}
        with _replacing(path.with_suffix(".json")) as file:
            file.write(json.dumps(content, indent=1, allow_nan=False).encode() + b"\n")
    except OSError as error:
        raise WeightsError(
            f"{path} cannot be written ({error.strerror or error}): choose another folder or free "
            "some space"
        ) from error
    return made


def open_weights(
    name_or_path: str | Path,
    folder: Path,
    *,
    expected: Mapping[str, tuple[int, ...]] | None = None,
    check_digest: bool = True,
) -> Weights:
    """Read a pair of files.

    Args:
        name_or_path: a name of `specs.py`, or the path of a .safetensors file.
        folder: where named weights lie.
        expected: shapes that the tensors must have, all of them and no others.
        check_digest: compare the sha256 with the one in the .json.

    Raises:
        WeightsError: a file is missing, cut short, foreign, or does not fit.
    """
    path = weights_path(name_or_path, folder)
    about = read_about(path)
    try:
        with path.open("rb") as file:
            entries, digest = _read_header(path, file)
            if expected is not None:
                _check_expected(path, entries, expected)
            tensors = _read_tensors(path, file, entries, digest)
    except OSError as error:
        raise WeightsError(
            f"{path} cannot be read ({error.strerror or error}): check its permissions"
        ) from error
    if check_digest and digest.hexdigest() != about.weights_sha256:
        raise WeightsError(
            f"{path} has sha256 {digest.hexdigest()[:12]}, its .json has "
            f"{about.weights_sha256[:12]}: one of the two was changed or is of another release; "
            f"make both again (panic3d weights show {about.name})"
        )
    return Weights(about, tensors, path)


def read_about(path: Path) -> About:
    """Read the .json beside a .safetensors file.

    Raises:
        WeightsError: it is missing, no JSON, or says something unknown.
    """
    _check_suffix(path)
    side = path.with_suffix(".json")
    try:
        if side.stat().st_size > MAX_JSON_BYTES:
            raise WeightsError(f"{side} is larger than {MAX_JSON_BYTES} bytes: it is foreign")
        raw = side.read_bytes()
    except OSError as error:
        raise WeightsError(
            f"{side} cannot be read ({error.strerror or error}), it says what {path.name} is: "
            "copy both files together"
        ) from error
    values = _parse(side, raw)
    known = {each.name: each for each in fields(About)}
    if values.get("format") != FORMAT or values.get("format_version") != FORMAT_VERSION:
        raise WeightsError(
            f"{side} is of format {str(values.get('format'))[:40]!r} version "
            f"{str(values.get('format_version'))[:20]}, expected {FORMAT!r} version "
            f"{FORMAT_VERSION}: update panic3d or convert the weights again"
        )
    odd = sorted(set(values) ^ set(known))
    if odd:
        raise WeightsError(
            f"{side} lacks or does not know {', '.join(map(ascii, odd[:5]))}, expected exactly "
            f"{', '.join(known)}: update panic3d or convert the weights again"
        )
    for name, value in values.items():
        kinds: tuple[type, ...] = (str,)
        if name in ("config", "training"):
            kinds = (dict,)
        elif name == "format_version":
            kinds = (int,)
        elif name == "source_sha256":
            kinds = (str, type(None))
        if not isinstance(value, kinds):
            raise WeightsError(
                f"{side}: {name} is a {type(value).__name__}, expected "
                f"{' or '.join(kind.__name__ for kind in kinds)}: convert the weights again"
            )
    return About(**values)


class _Entry(NamedTuple):
    """Where one tensor lies."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int


def _check_suffix(path: Path) -> None:
    if path.suffix != ".safetensors":
        raise WeightsError(f"{path} has no suffix .safetensors: give the path of such a file")


def _parse(path: Path, raw: bytes) -> dict[str, Any]:
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


def _read_header(path: Path, file: io.BufferedIOBase) -> tuple[dict[str, _Entry], Any]:
    """Read and check the header; the file is left where the tensors begin."""
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
    values = _parse(path, raw)
    values.pop("__metadata__", None)
    left = total - 8 - size
    entries = {name: _entry(path, name, value) for name, value in values.items()}
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
    return entries, hashlib.sha256(start + raw)


def _entry(path: Path, name: str, value: object) -> _Entry:
    """One tensor's description, checked."""
    keys = {"dtype", "shape", "data_offsets"}
    dtype, shape, offsets = (
        (value["dtype"], value["shape"], value["data_offsets"])
        if isinstance(value, dict) and set(value) == keys
        else (None, None, None)
    )
    whole = all(
        isinstance(numbers, list)
        and len(numbers) <= MAX_AXES
        and all(type(number) is int and 0 <= number < 1 << 48 for number in numbers)
        for numbers in (shape, offsets)
    )
    if not whole or len(offsets) != 2 or not isinstance(dtype, str) or dtype not in _DTYPES:  # type: ignore[arg-type]
        raise WeightsError(
            f"{path}: {name[:100]!a} is described as {str(value)[:200]!a}, expected dtype "
            f"({', '.join(_DTYPES)}), shape and data_offsets: convert or download the file again"
        )
    assert isinstance(shape, list) and isinstance(offsets, list)
    size = math.prod(shape) * _DTYPES[dtype].itemsize
    if offsets[1] - offsets[0] != size:
        raise WeightsError(
            f"{path}: {name[:100]!a} of shape {shape} has {offsets[1] - offsets[0]} bytes, "
            f"expected {size}: convert or download the file again"
        )
    return _Entry(dtype, tuple(shape), offsets[0], offsets[1])


def _check_expected(
    path: Path, entries: Mapping[str, _Entry], expected: Mapping[str, tuple[int, ...]]
) -> None:
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


def _bytes_of(tensor: Tensor) -> memoryview:
    """A contiguous tensor's memory."""
    return tensor.reshape(-1).view(torch.uint8).numpy().data


def _read_tensors(
    path: Path, file: io.BufferedIOBase, entries: Mapping[str, _Entry], digest: Any
) -> dict[str, Tensor]:
    """Read straight into the tensors, in the order of the file."""
    tensors: dict[str, Tensor] = {}
    for name, entry in sorted(entries.items(), key=lambda item: item[1][2:]):
        tensor = torch.empty(entry.shape, dtype=_DTYPES[entry.dtype])
        if tensor.numel():
            view = _bytes_of(tensor)
            if file.readinto(view) != len(view):
                raise WeightsError(f"{path} became shorter while it was read: try again")
            digest.update(view)
        tensors[name] = tensor
    return tensors


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[io.BufferedIOBase]:
    """A file that takes its place only when it is complete and on the disk."""
    temporary = path.parent / f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.tmp"
    try:
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
