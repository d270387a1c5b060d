"""Weights on disk: `NAME.safetensors` beside `NAME.json`, which says what they are.

Reading is strict, and the whole header is checked before a tensor is allocated. Writing leaves the
old file or the new one, never half of one.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor

import panic3d
from panic3d.errors import WeightsError
from panic3d.files import atomic_write
from panic3d.weights.safetensors_file import (
    DTYPE_NAMES,
    bytes_of,
    check_expected,
    parse_json,
    read_header,
    read_tensors,
)
from panic3d.weights.specs import WeightsSpec, find_spec

FORMAT = "panic3d-weights"
FORMAT_VERSION = 1

MAX_JSON_BYTES = 16 << 20

DEFAULT_FOLDER = Path(".local/share/panic3d/weights")
"""Where named weights are kept, below the home folder."""


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


class Found(NamedTuple):
    """Where weights lie."""

    path: Path
    spec: WeightsSpec | None
    """Of weights that were asked for by name."""


def find_weights(
    name_or_path: str | Path, folder: Path, *, network: str | tuple[str, ...] | None = None
) -> Found:
    """Return where weights lie: a path as it is, a known name in the folder.

    Args:
        name_or_path: a name of `specs.py`, or the path of a .safetensors file.
        folder: where named weights lie.
        network: which of several an alias means, see `find_spec`.

    Raises:
        WeightsError: the name is unknown, or nothing is there.
    """
    if isinstance(name_or_path, Path) or name_or_path.endswith(".safetensors"):
        path, spec, remedy = Path(name_or_path), None, "check the path"
    else:
        spec = find_spec(name_or_path, network)
        path, remedy = spec.path(folder), spec.how_to_get
    if not path.is_file():
        raise WeightsError(f"{path} does not exist: {remedy}")
    return Found(path, spec)


def save_weights(path: Path, tensors: Mapping[str, Tensor], *, about: Mapping[str, Any]) -> About:
    """Write a pair of files.

    Args:
        path: of the .safetensors file; the .json gets the same stem. Folders are made.
        tensors: float32, float16, bfloat16 or int64.
        about: the fields of `About` but for the digest of the weights.

    Returns:
        What the .json says.

    Raises:
        WeightsError: a tensor is of another type, the rest is nothing that JSON can hold, or the
            files cannot be written. The old files are left as they were.
    """
    _check_suffix(path)
    header: dict[str, Any] = {}
    offset = 0
    for name, tensor in tensors.items():
        if tensor.dtype not in DTYPE_NAMES:
            raise WeightsError(
                f"{name} has dtype {tensor.dtype}, a file holds "
                f"{', '.join(map(str, DTYPE_NAMES))}: convert it first"
            )
        size = tensor.numel() * tensor.element_size()
        header[name] = {
            "dtype": DTYPE_NAMES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [offset, offset + size],
        }
        offset += size
    raw = json.dumps(header, separators=(",", ":")).encode()
    raw += b" " * (-len(raw) % 8)  # so that the tensors are aligned in the file
    digest = hashlib.sha256()
    for piece in _pieces(raw, tensors):
        digest.update(piece)
    made = About(**{**about, "weights_sha256": digest.hexdigest()})
    content = {each.name: getattr(made, each.name) for each in fields(made)}
    side = path.with_suffix(".json")
    try:
        described = json.dumps(content, indent=1, allow_nan=False).encode() + b"\n"
    except (ValueError, TypeError) as error:
        raise WeightsError(
            f"{side} cannot hold its config or training options ({error}), expected finite "
            "numbers, text, lists and dictionaries: leave the others out"
        ) from error
    # Both are written before the first takes its place.
    with atomic_write(side, WeightsError) as text, atomic_write(path, WeightsError) as file:
        text.write(described)
        text.flush()
        for piece in _pieces(raw, tensors):
            file.write(piece)
    return made


def _pieces(header: bytes, tensors: Mapping[str, Tensor]) -> Iterator[bytes | memoryview]:
    """The content of a .safetensors file."""
    yield struct.pack("<Q", len(header)) + header
    for tensor in tensors.values():
        yield bytes_of(tensor.detach().cpu().contiguous())


def open_weights(
    name_or_path: str | Path,
    folder: Path,
    *,
    expected: Mapping[str, tuple[int, ...]] | None = None,
    check_digest: bool = True,
    network: str | None = None,
) -> Weights:
    """Read a pair of files.

    Args:
        name_or_path: a name of `specs.py`, or the path of a .safetensors file.
        folder: where named weights lie.
        expected: shapes that the tensors must have, all of them and no others.
        check_digest: compare the sha256 with the one in the .json, and with the one that the
            name stands for.
        network: which of several an alias means.

    Raises:
        WeightsError: a file is missing, cut short, foreign, or does not fit.
    """
    path, spec = find_weights(name_or_path, folder, network=network)
    about = read_about(path)
    try:
        with path.open("rb") as file:
            entries, digest = read_header(path, file)
            if expected is not None:
                check_expected(path, entries, expected)
            tensors = read_tensors(path, file, entries, digest)
    except OSError as error:
        raise WeightsError(
            f"{path} cannot be read ({error.strerror or error}): check its permissions"
        ) from error
    found = digest.hexdigest()
    if check_digest and spec is not None and spec.sha256 not in (None, found):
        raise WeightsError(
            f"{path} has sha256 {found[:12]}, {spec.name} has {str(spec.sha256)[:12]}: the file is "
            f"damaged or of another release; delete it and {spec.how_to_get}"
        )
    if check_digest and found != about.weights_sha256:
        raise WeightsError(
            f"{path} has sha256 {found[:12]}, its .json has {about.weights_sha256[:12]!a}: one of "
            "the two was changed or is of another release; make both again (panic3d weights show "
            f"{spec.name if spec else about.name[:40]!a})"
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
    values = parse_json(side, raw)
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


def _check_suffix(path: Path) -> None:
    if path.suffix != ".safetensors":
        raise WeightsError(f"{path} has no suffix .safetensors: give the path of such a file")
