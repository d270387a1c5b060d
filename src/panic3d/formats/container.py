"""The glTF 2.0 container: a GLB or glTF file in, its JSON and its buffers out.

Source: glTF 2.0 specification, sections 3.6.1 (buffers) and 4 (GLB).
"""

from __future__ import annotations

import base64
import binascii
import struct
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

from panic3d.errors import (
    DecodeError,
    ExternalBufferError,
    ModelSizeError,
    NotGltfError,
)
from panic3d.formats.fields import Json, objs, parse, text, whole

MAX_FILE_BYTES = 256 << 20
"""The largest model file, and the most that all its buffers may hold together."""

MAX_DECODED_BYTES = 256 << 20
"""The most that arrays and pictures taken out of the buffers may need."""

MAX_JSON_ITEMS = 3_000_000
"""The most values that the JSON may have; parsed, each takes some 80 bytes."""

_MAGIC = b"glTF"
_JSON_CHUNK, _BINARY_CHUNK = 0x4E4F534A, 0x004E4942


class Budget:
    """How much memory a file may still ask for."""

    def __init__(self, size: int = MAX_DECODED_BYTES):
        self.left = size

    def spend(self, size: int, what: str) -> None:
        """Take a number of bytes.

        Raises:
            ModelSizeError: more than is left.
        """
        if size > self.left:
            raise ModelSizeError(
                f"{what} needs {size} bytes, {self.left} of {MAX_DECODED_BYTES} are left for this "
                "file: no head needs that much; simplify the model"
            )
        self.left -= size


@dataclass(frozen=True)
class Container:
    """A parsed file, its buffers in memory."""

    json: Json
    buffers: tuple[bytes, ...]
    folder: Path | None
    """Where further files may lie; None if nowhere."""
    budget: Budget

    def resource(self, uri: str, what: str) -> bytes:
        """Return what a URI names: data within it, or a file of the model's folder.

        Raises:
            ExternalBufferError: it names anything else, or the file is missing.
        """
        return _resource(uri, self.folder, self.budget, what)


def read_container(path: Path) -> Container:
    """Read a .glb, .vrm or .gltf file.

    Raises:
        NotGltfError: it is something else.
        ModelError: it is broken; the class says how.
    """
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise ModelSizeError(
                f"{path} has {size} bytes, at most {MAX_FILE_BYTES} are read: simplify the model"
            )
        data = path.read_bytes()
    except OSError as error:
        raise NotGltfError(f"{path} cannot be read ({error.strerror or error})") from error
    return parse_container(data, path.parent)


def parse_container(data: bytes, folder: Path | None = None) -> Container:
    """Take a file's bytes apart; see `read_container`."""
    budget = Budget()
    binary: bytes | None = None
    if data[:4] == _MAGIC:
        text_bytes, binary = _chunks(data)
    elif data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        text_bytes = data.lstrip(b"\xef\xbb\xbf \t\r\n")
    else:
        raise NotGltfError(
            f"the file begins with {data[:8]!r}, a GLB or VRM begins with {_MAGIC!r} and a glTF "
            "with '{': is it a model at all?"
        )
    items = sum(text_bytes.count(mark) for mark in (b",", b"[", b"{"))
    if items > MAX_JSON_ITEMS:
        raise ModelSizeError(
            f"the file's JSON has some {items} values, at most {MAX_JSON_ITEMS} are read"
        )
    json = parse(text_bytes, "the file's JSON")
    version = text(_asset(json), "version", where="asset")
    if version.partition(".")[0] != "2":
        raise NotGltfError(f"the file is of glTF version {version[:20]!r}, expected 2.0")
    return Container(json, tuple(_buffers(json, binary, folder, budget)), folder, budget)


def _asset(json: Json) -> Json:
    asset = json.get("asset")
    if not isinstance(asset, dict):
        raise NotGltfError("the file's JSON has no asset: it is no glTF 2.0")
    return asset


def _chunks(data: bytes) -> tuple[bytes, bytes | None]:
    if len(data) < 20:
        raise DecodeError(f"the file ends after {len(data)} bytes, within its header: cut short")
    version, length = struct.unpack_from("<II", data, 4)
    if version != 2:
        raise NotGltfError(f"the file is a GLB of version {version}, expected 2")
    if length > len(data):
        raise DecodeError(
            f"the header promises {length} bytes, the file has {len(data)}: it is cut short"
        )
    found: dict[int, bytes] = {}
    at = 12
    while at + 8 <= length:
        size, kind = struct.unpack_from("<II", data, at)
        if at + 8 + size > length:
            raise DecodeError(
                f"a chunk at byte {at} promises {size} bytes, {length - at - 8} are left"
            )
        if at == 12 and kind != _JSON_CHUNK:
            raise DecodeError("the first chunk of the GLB is no JSON")
        if kind in (_JSON_CHUNK, _BINARY_CHUNK):
            found.setdefault(kind, data[at + 8 : at + 8 + size])
        at += 8 + size + -size % 4
    if _JSON_CHUNK not in found:
        raise DecodeError("the GLB has no JSON chunk")
    return found[_JSON_CHUNK], found.get(_BINARY_CHUNK)


def _buffers(json: Json, binary: bytes | None, folder: Path | None, budget: Budget) -> list[bytes]:
    buffers = []
    for i, buffer in enumerate(objs(json, "buffers")):
        where = f"buffers[{i}]"
        uri = buffer.get("uri")
        if uri is None:
            if i != 0 or binary is None:
                raise ExternalBufferError(f"{where} has no data: neither a URI nor a GLB chunk")
            content = binary
        else:
            content = _resource(text(buffer, "uri", where=where), folder, budget, where)
        size = whole(buffer, "byteLength", where=where)
        if size > len(content):
            raise DecodeError(f"{where} promises {size} bytes, {len(content)} are there")
        buffers.append(content)
    return buffers


def _resource(uri: str, folder: Path | None, budget: Budget, what: str) -> bytes:
    if uri[:5].lower() == "data:":
        header, comma, body = uri.partition(",")
        if not comma:
            raise DecodeError(f"{what} is a data URI without data")
        budget.spend(len(body), what)
        try:
            if header.lower().endswith(";base64"):
                return base64.b64decode(unquote_to_bytes(body), validate=False)
            return unquote_to_bytes(body)
        except (binascii.Error, ValueError) as error:
            raise DecodeError(f"{what} is a broken data URI ({error})") from error
    shown = repr(uri[:80])
    try:
        parts = urlsplit(uri)
        name = unquote_to_bytes(parts.path).decode("utf-8")
    except ValueError as error:
        raise ExternalBufferError(f"{what} has the URI {shown}, which is none") from error
    if folder is None:
        raise ExternalBufferError(f"{what} lies in another file, {shown}: open the model by path")
    outside = parts.scheme or parts.netloc or not name or "\0" in name or "\\" in name
    if outside or Path(name).is_absolute():
        raise ExternalBufferError(
            f"{what} lies at {shown}; only files in the model's own folder are read"
        )
    try:
        root = folder.resolve()
        path = (root / name).resolve()
        if not path.is_relative_to(root):
            raise ExternalBufferError(
                f"{what} lies at {shown}; only files in the model's own folder are read"
            )
        if not path.is_file():  # missing, or a device that never ends
            raise ExternalBufferError(f"{what} lies at {shown}, and there is no such file")
        size = path.stat().st_size
        budget.spend(size, what)
        with path.open("rb") as file:
            return file.read(size)
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle
        raise ExternalBufferError(f"{what}, {shown}, cannot be read ({error})") from error
