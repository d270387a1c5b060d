"""Writing glTF 2.0: arrays, pictures and textures packed into one GLB.

The same input gives the same bytes; equal arrays are stored once. Source: glTF 2.0 specification.
"""

from __future__ import annotations

import hashlib
import json
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from panic3d.geometry.character import Picture8, TextureUse, Wrap

Json = dict[str, Any]

FLOAT, U8, U16, U32 = 5126, 5121, 5123, 5125
_COMPONENTS = {"float32": FLOAT, "uint8": U8, "uint16": U16, "uint32": U32}
_TYPES = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}
_WRAPS: dict[Wrap, int] = {"repeat": 10497, "clamp": 33071, "mirror": 33648}
ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER = 34962, 34963


class GltfWriter:
    """Collects what a file refers to by index, and packs it."""

    def __init__(self, generator: str):
        self.json: Json = {"asset": {"version": "2.0", "generator": generator}}
        self._parts: list[bytes] = []
        self._size = 0
        self._views: dict[tuple[str, int], int] = {}
        self._accessors: dict[tuple[Any, ...], int] = {}
        self._images: dict[tuple[str, str], int] = {}
        self._textures: dict[tuple[int, int], int] = {}
        self._samplers: dict[tuple[int, ...], int] = {}
        self._extensions: set[str] = set()

    def add(self, kind: str, entry: Json) -> int:
        """Append to one of the file's lists; return the index."""
        entries: list[Json] = self.json.setdefault(kind, [])
        entries.append(entry)
        return len(entries) - 1

    def use_extension(self, name: str) -> None:
        """List an extension as used."""
        self._extensions.add(name)

    def accessor(
        self,
        values: NDArray[Any],
        target: int | None = None,
        bounds: bool = False,
    ) -> int:
        """Store an array of (count, components) float32, uint8, uint16 or uint32.

        Args:
            values: what to store.
            target: what the driver will use it for.
            bounds: also store its smallest and largest values, as positions need.
        """
        values = np.ascontiguousarray(values)
        if values.ndim == 1:
            values = values[:, None]
        item = values.shape[1] * values.itemsize
        data = values.tobytes()
        stride = 0
        if target == ARRAY_BUFFER and item % 4:  # vertex data start at multiples of four
            stride = item + -item % 4
            padded = np.zeros((len(values), stride), np.uint8)
            padded[:, :item] = values.view(np.uint8).reshape(len(values), item)
            data = padded.tobytes()
        view = self._view(data, target or 0, stride)
        key = (view, str(values.dtype), values.shape, bounds)
        if key in self._accessors:
            return self._accessors[key]
        entry: Json = {
            "bufferView": view,
            "componentType": _COMPONENTS[str(values.dtype)],
            "count": len(values),
            "type": _TYPES[values.shape[1]],
        }
        if bounds:
            entry["min"] = [float(value) for value in values.min(0)]
            entry["max"] = [float(value) for value in values.max(0)]
        self._accessors[key] = self.add("accessors", entry)
        return self._accessors[key]

    def _view(self, data: bytes, target: int = 0, stride: int = 0) -> int:
        key = (hashlib.sha256(data).hexdigest(), target + (stride << 16))
        if key not in self._views:
            entry: Json = {"buffer": 0, "byteOffset": self._size, "byteLength": len(data)}
            if target:
                entry["target"] = target
            if stride:
                entry["byteStride"] = stride
            self._views[key] = self.add("bufferViews", entry)
            padding = b"\0" * (-len(data) % 8)
            self._parts += [data, padding]
            self._size += len(data) + len(padding)
        return self._views[key]

    def image(self, image: Picture8) -> int:
        """Store a picture."""
        key = (hashlib.sha256(image.data).hexdigest(), image.name)
        if key not in self._images:
            entry: Json = {"bufferView": self._view(image.data), "mimeType": image.media_type}
            if image.name:
                entry["name"] = image.name
            self._images[key] = self.add("images", entry)
        return self._images[key]

    def texture(self, image: Picture8, use: TextureUse | None = None) -> int:
        """Store a picture with the sampler that a use of it asks for; plain without a use."""
        use = TextureUse(image=0) if use is None else use
        place = self.image(image)
        near = 9728 if use.nearest else 9729
        far = 9987 if use.mipmaps else near
        settings = (near, far, _WRAPS[use.wrap[0]], _WRAPS[use.wrap[1]])
        if settings not in self._samplers:
            names = ("magFilter", "minFilter", "wrapS", "wrapT")
            entry = dict(zip(names, settings, strict=True))
            self._samplers[settings] = self.add("samplers", entry)
        key = (place, self._samplers[settings])
        if key not in self._textures:
            entry = {"sampler": key[1], "source": place}
            self._textures[key] = self.add("textures", entry)
        return self._textures[key]

    def texture_info(self, image: Picture8, use: TextureUse) -> Json:
        """Return a reference to a texture as materials hold it."""
        info: Json = {"index": self.texture(image, use)}
        if use.uv_set:
            info["texCoord"] = use.uv_set
        moved: Json = {}
        if use.offset != (0.0, 0.0):
            moved["offset"] = list(use.offset)
        if use.scale != (1.0, 1.0):
            moved["scale"] = list(use.scale)
        if use.rotation:
            moved["rotation"] = use.rotation
        if moved:
            info["extensions"] = {"KHR_texture_transform": moved}
            self.use_extension("KHR_texture_transform")
        return info

    def glb(self) -> bytes:
        """Pack everything."""
        binary = b"".join(self._parts)
        document = dict(self.json)
        if self._extensions:
            document["extensionsUsed"] = sorted(self._extensions)
        if binary:
            document["buffers"] = [{"byteLength": len(binary)}]
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        encoded = text.encode("utf-8", "replace")  # a name may hold half a surrogate pair
        encoded += b" " * (-len(encoded) % 4)
        chunks = struct.pack("<II", len(encoded), 0x4E4F534A) + encoded
        if binary:
            chunks += struct.pack("<II", len(binary), 0x004E4942) + binary
        return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def smallest_unsigned(values: NDArray[Any], two_bytes_at_least: bool = False) -> NDArray[Any]:
    """Return whole numbers in the narrowest type that holds them and a restart value above."""
    largest = int(values.max(initial=0))
    if largest < 0xFF and not two_bytes_at_least:
        return values.astype(np.uint8)
    return values.astype(np.uint16 if largest < 0xFFFF else np.uint32)
