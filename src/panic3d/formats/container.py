"""The glTF 2.0 container: a GLB or glTF file in, its JSON and its buffers out.

Source: glTF 2.0 specification, sections 3.6.1 (buffers) and 4 (GLB).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

from panic3d.errors import (
    DecodeError,
    ExternalBufferError,
    ModelError,
    ModelSizeError,
    NotGltfError,
)
from panic3d.formats.fields import Json, objs, parse, text, whole

MAX_FILE_BYTES = 256 << 20
"""The largest model file, and the most that all its buffers may hold together."""

MAX_DECODED_BYTES = 256 << 20
"""The most that arrays and pictures taken out of the buffers may need."""

MAX_JSON_BYTES = 128 << 20
"""The longest JSON, data URIs within it included. Python keeps a text at four bytes a character as
soon as one of them is no Latin letter; such a JSON may have a quarter of this."""

MAX_JSON_ITEMS = 3_000_000
"""The most values that the JSON may have; parsed, each takes some 80 bytes."""

_MAGIC = b"glTF"
_JSON_CHUNK, _BINARY_CHUNK = 0x4E4F534A, 0x004E4942
_PADDING = b" \t\r\n\0"
_BEFORE_JSON = b"\xef\xbb\xbf" + _PADDING  # some exporters begin with a byte order mark


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
    return parse_container(_bytes_of(path), path.parent)


def _bytes_of(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise ModelSizeError(
                f"{path} has {size} bytes, at most {MAX_FILE_BYTES} are read: simplify the model"
            )
        return path.read_bytes()
    except OSError as error:
        raise NotGltfError(f"{path} cannot be read ({error.strerror or error})") from error


def model_sha256(path: Path) -> str:
    """Return the digest of a model and of the files of its folder that it names.

    Missing ones count too, so the digest changes when they come. Without any it is the digest of
    the file itself.

    Raises:
        NotGltfError: the model cannot be read.
        ModelSizeError: it is too large to be one.
    """
    data = _bytes_of(path)
    digest = hashlib.sha256(data)
    for name in _named_files(data):
        digest.update(name.encode("utf-8", "replace"))
        try:
            other = _inside(name, path.parent, "a file")
            with other.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        except (ExternalBufferError, OSError):
            digest.update(b"missing")
    return digest.hexdigest()


def _named_files(data: bytes) -> list[str]:
    """Return the URIs of a model that are no data; nothing of a model that cannot be read."""
    try:
        text_bytes, _ = _parts(data)
        if b'"uri"' not in text_bytes:
            return []
        json = _checked_json(text_bytes)
        holders = [*objs(json, "buffers"), *objs(json, "images")]
    except ModelError:
        return []
    uris = (holder.get("uri") for holder in holders)
    return [uri for uri in uris if isinstance(uri, str) and uri[:5].lower() != "data:"]


def parse_container(data: bytes, folder: Path | None = None) -> Container:
    """Take a file's bytes apart; see `read_container`."""
    budget = Budget()
    text_bytes, binary = _parts(data)
    json = _checked_json(text_bytes)
    del text_bytes
    version = text(_asset(json), "version", where="asset")
    if version.partition(".")[0] != "2":
        raise NotGltfError(f"the file is of glTF version {version[:20]!r}, expected 2.0")
    return Container(json, tuple(_buffers(json, binary, folder, budget)), folder, budget)


def _parts(data: bytes) -> tuple[bytes, bytes | None]:
    """Return the JSON and the binary chunk of a GLB or glTF file."""
    if data[:4] == _MAGIC:
        text_bytes, binary = _chunks(data)
        return text_bytes.lstrip(_BEFORE_JSON).rstrip(_PADDING), binary
    found = data.lstrip(_BEFORE_JSON)
    if found[:1] != b"{":
        raise NotGltfError(
            f"the file begins with {data[:8]!r}, a GLB or VRM begins with {_MAGIC!r} and a glTF "
            "with '{': is it a model at all?"
        )
    return found, None


def _checked_json(text_bytes: bytes) -> Json:
    most = MAX_JSON_BYTES if text_bytes.isascii() else MAX_JSON_BYTES // 4
    if len(text_bytes) > most:
        raise ModelSizeError(
            f"the file's JSON has {len(text_bytes)} bytes, at most {most} are read: save the model "
            "as GLB or VRM"
        )
    items = sum(text_bytes.count(mark) for mark in (b",", b"[", b"{"))
    if items > MAX_JSON_ITEMS:
        raise ModelSizeError(
            f"the file's JSON has some {items} values, at most {MAX_JSON_ITEMS} are read"
        )
    return parse(text_bytes, "the file's JSON")


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
        comma = uri.find(",")
        if comma < 0:
            raise DecodeError(f"{what} is a data URI without data")
        budget.spend(len(uri) - comma, what)
        body = uri[comma + 1 :].encode("utf-8", "replace")  # unquoting makes many small parts
        try:
            body = unquote_to_bytes(body) if b"%" in body else body
            if uri[:comma].lower().endswith(";base64"):
                return base64.b64decode(body, validate=False)
            return body
        except (binascii.Error, ValueError) as error:
            raise DecodeError(f"{what} is a broken data URI ({error})") from error
    if folder is None:
        raise ExternalBufferError(
            f"{what} lies in another file, {uri[:80]!r}: open the model by path"
        )
    path = _inside(uri, folder, what)
    try:
        size = path.stat().st_size
        budget.spend(size, what)
        with path.open("rb") as file:
            return file.read(size)
    except OSError as error:
        raise ExternalBufferError(f"{what}, {uri[:80]!r}, cannot be read ({error})") from error


def _inside(uri: str, folder: Path, what: str) -> Path:
    """Return the file that a URI names; it must lie in the model's folder."""
    shown = repr(uri[:80])
    try:
        parts = urlsplit(uri)
        name = unquote_to_bytes(parts.path).decode("utf-8")
    except ValueError as error:
        raise ExternalBufferError(f"{what} has the URI {shown}, which is none") from error
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
        return path
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle
        raise ExternalBufferError(f"{what}, {shown}, cannot be read ({error})") from error
