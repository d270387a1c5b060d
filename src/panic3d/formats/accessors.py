"""glTF accessors: typed arrays out of buffers, with stride, sparse values and normalisation.

Source: glTF 2.0 specification, section 3.6.2.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from panic3d.errors import DecodeError
from panic3d.formats.container import Container
from panic3d.formats.fields import Json, flag, obj, objs, text, whole

_COMPONENTS: dict[int, np.dtype[Any]] = {
    5120: np.dtype("<i1"),
    5121: np.dtype("<u1"),
    5122: np.dtype("<i2"),
    5123: np.dtype("<u2"),
    5125: np.dtype("<u4"),
    5126: np.dtype("<f4"),
}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}

Array = NDArray[Any]


class Accessors:
    """The accessors of one file, each decoded once."""

    def __init__(self, container: Container):
        self.container = container
        self.accessors = objs(container.json, "accessors")
        self.views = objs(container.json, "bufferViews")
        self._raw: dict[int, Array] = {}
        self._floats: dict[int, NDArray[np.float32]] = {}

    def __len__(self) -> int:
        return len(self.accessors)

    def count(self, index: int) -> int:
        """Return how many entries an accessor promises, without decoding it."""
        return whole(self.accessors[index], "count", where=f"accessors[{index}]")

    def raw(self, index: int) -> Array:
        """Return an accessor as stored, (count, components); not to be written to.

        Raises:
            DecodeError: it reaches beyond its buffer or contradicts itself.
            ModelSizeError: it is larger than an honest model needs.
        """
        if index not in self._raw:
            self._raw[index] = self._decode(self.accessors[index], f"accessors[{index}]")
        return self._raw[index]

    def floats(self, index: int) -> NDArray[np.float32]:
        """Return an accessor as float32, normalised whole numbers as -1 to 1 or 0 to 1."""
        if index not in self._floats:
            self._floats[index] = self._as_floats(index, self.raw(index))
        return self._floats[index]

    def own_floats(self, index: int) -> NDArray[np.float32]:
        """Return what `floats` does, to be written to: nothing of it is kept here."""
        where = f"accessors[{index}]"
        values = self._as_floats(index, self._decode(self.accessors[index], where))
        values.flags.writeable = True
        return values

    def _as_floats(self, index: int, raw: Array) -> NDArray[np.float32]:
        where = f"accessors[{index}]"
        if raw.dtype.kind == "f":
            return raw.astype(np.float32, copy=False)
        self.container.budget.spend(raw.size * 4, where)
        values = raw.astype(np.float32)
        if flag(self.accessors[index], "normalized", where=where):
            values /= np.float32(np.iinfo(raw.dtype).max)
            np.maximum(values, -1, out=values)
        return values

    def bytes_of_view(self, index: int) -> bytes:
        """Return a whole buffer view."""
        buffer, start, size, _ = self._view(index)
        self.container.budget.spend(size, f"bufferViews[{index}]")
        return buffer[start : start + size]

    def _view(self, index: int) -> tuple[bytes, int, int, int]:
        where = f"bufferViews[{index}]"
        if index >= len(self.views):
            raise DecodeError(f"{where} is asked for, the file has {len(self.views)}")
        view = self.views[index]
        number = whole(view, "buffer", where=where)
        if number >= len(self.container.buffers):
            raise DecodeError(
                f"{where} is in buffer {number}, the file has {len(self.container.buffers)}"
            )
        buffer = self.container.buffers[number]
        start = whole(view, "byteOffset", 0, where=where)
        size = whole(view, "byteLength", where=where)
        if start + size > len(buffer):
            raise DecodeError(
                f"{where} ends at byte {start + size}, its buffer has {len(buffer)}: cut short"
            )
        return buffer, start, size, whole(view, "byteStride", 0, where=where, high=1 << 16)

    def _decode(self, accessor: Json, where: str) -> Array:
        count = whole(accessor, "count", where=where)
        width = _WIDTHS.get(text(accessor, "type", where=where))
        kind = _COMPONENTS.get(whole(accessor, "componentType", where=where))
        if width is None or kind is None:
            raise DecodeError(
                f"{where} holds {accessor.get('type')!r} of {accessor.get('componentType')!r}, "
                "which glTF does not know"
            )
        sparse = obj(accessor, "sparse", where)
        view = accessor.get("bufferView")
        if view is None:
            self.container.budget.spend(count * width * kind.itemsize, where)
            values: Array = np.zeros((count, width), kind)
        else:
            stored = self._window(
                whole(accessor, "bufferView", where=where),
                whole(accessor, "byteOffset", 0, where=where),
                (count, width),
                kind,
                where,
            )
            # A copy: several accessors may share bytes, and the file is let go in the end.
            self.container.budget.spend(stored.size * kind.itemsize, where)
            values = np.array(stored, order="C")
        if sparse:
            self._overwrite(values, sparse, f"{where}.sparse")
        values.flags.writeable = False
        return values

    def _overwrite(self, values: Array, sparse: Json, where: str) -> None:
        count = whole(sparse, "count", where=where)
        places, changed = obj(sparse, "indices", where), obj(sparse, "values", where)
        kind = _COMPONENTS.get(whole(places, "componentType", where=f"{where}.indices"))
        if kind is None or kind.kind != "u":
            raise DecodeError(f"{where}.indices are no unsigned whole numbers")
        rows = self._window(
            whole(places, "bufferView", where=f"{where}.indices"),
            whole(places, "byteOffset", 0, where=f"{where}.indices"),
            (count, 1),
            kind,
            f"{where}.indices",
        )[:, 0]
        if count and int(rows.max()) >= len(values):
            raise DecodeError(f"{where} changes entry {int(rows.max())} of {len(values)}")
        values[rows] = self._window(
            whole(changed, "bufferView", where=f"{where}.values"),
            whole(changed, "byteOffset", 0, where=f"{where}.values"),
            (count, values.shape[1]),
            values.dtype,
            f"{where}.values",
        )

    def _window(
        self, view: int, offset: int, shape: tuple[int, int], kind: np.dtype[Any], where: str
    ) -> Array:
        buffer, start, size, stride = self._view(view)
        count, width = shape
        item = width * kind.itemsize
        step = stride or item
        if step < item and count > 1:
            raise DecodeError(f"{where} has entries of {item} bytes every {step} bytes")
        needed = offset + step * (count - 1) + item if count else 0
        if needed > size:
            raise DecodeError(
                f"{where} needs {needed} bytes of bufferViews[{view}], which has {size}"
            )
        return np.ndarray(
            shape, kind, buffer, start + offset if count else 0, (step, kind.itemsize)
        )
