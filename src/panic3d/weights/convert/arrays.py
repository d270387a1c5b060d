"""Tensors and arrays as a pickle describes them, checked against the bytes they lie in.

A record says where its numbers are; only `numbers()` copies them, and never more of them than the
file holds.
"""

from __future__ import annotations

import math
import sys
import zlib
from typing import Any

import numpy as np

from panic3d.errors import UnsafePickleError, WeightsError
from panic3d.weights.convert.values import Budget, Global, Inert, shown

MAX_AXES = 8

_FROM_ARCHIVE = "use the file from the authors' archive"

STORAGE_ELEMENTS = {
    "FloatStorage": "float32",
    "DoubleStorage": "float64",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "int64",
    "IntStorage": "int32",
    "ShortStorage": "int16",
    "CharStorage": "int8",
    "ByteStorage": "uint8",
    "BoolStorage": "bool",
}
"""Element type of every torch storage class that may appear."""

ARRAY_ELEMENTS = {
    "f2": "float16",
    "f4": "float32",
    "f8": "float64",
    "i1": "int8",
    "i2": "int16",
    "i4": "int32",
    "i8": "int64",
    "u1": "uint8",
    "u2": "uint16",
    "u4": "uint32",
    "u8": "uint64",
    "b1": "bool",
}
"""Element type of every numpy dtype code that may appear; objects, text and records may not."""


def element_size(element: str) -> int:
    """Bytes of one element."""
    return 2 if element == "bfloat16" else np.dtype(element).itemsize


def is_size(value: object) -> bool:
    """Whether a value from the file can be a length: a whole number, not negative, not absurd."""
    return type(value) is int and 0 <= value < 1 << 48


def is_shape(value: object) -> bool:
    """Whether a value from the file can be a shape; its strides fit 64 bits even with a 0 in it."""
    return (
        type(value) is tuple
        and len(value) <= MAX_AXES
        and all(map(is_size, value))
        and is_size(math.prod(max(size, 1) for size in value))
    )


def _decode(raw: memoryview, element: str) -> np.ndarray:
    """Little-endian bytes to numbers; bfloat16 becomes float32, which holds it exactly."""
    if element == "bfloat16":
        return (np.frombuffer(raw, "<u2").astype(np.uint32) << 16).view(np.float32)
    if element == "bool":
        return np.frombuffer(raw, "u1") != 0  # any other byte in a bool is undefined
    return np.frombuffer(raw, np.dtype(element).newbyteorder("<"))


class Storage(Inert):
    """A run of equal numbers. `data` may be filled in after the pickle is read."""

    __slots__ = ("_numbers", "checksum", "data", "element", "length")

    def __init__(self, element: str, length: int) -> None:
        self.element = element
        self.length = length
        self.data: memoryview | None = None
        self.checksum: int | None = None
        self._numbers: np.ndarray | None = None

    @property
    def size(self) -> int:
        """Bytes that the storage must have."""
        return self.length * element_size(self.element)

    def numbers(self) -> np.ndarray:
        """The numbers, as a view on the file where the element type allows.

        Checked and decoded once, however many tensors share them.
        """
        if self._numbers is not None:
            return self._numbers
        if self.data is None or len(self.data) != self.size:
            raise WeightsError(
                f"a storage has {0 if self.data is None else len(self.data)} bytes, expected "
                f"{self.size}: the file is damaged; copy or download it again"
            )
        if self.checksum is not None and zlib.crc32(self.data) != self.checksum:
            raise WeightsError(
                "a storage differs from its checksum: the file is damaged; copy or download it "
                "again"
            )
        self._numbers = _decode(self.data, self.element)
        return self._numbers


class Array(Inert):
    """Numbers with a shape: what a tensor, a parameter or a numpy array becomes."""

    __slots__ = ("offset", "shape", "storage", "strides")

    def __init__(
        self, storage: Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]
    ) -> None:
        self.storage = storage
        self.offset = offset
        self.shape = shape
        self.strides = strides

    @property
    def whole(self) -> bool:
        """Whether the elements are whole numbers or truth values."""
        return "float" not in self.storage.element

    def numbers(self) -> np.ndarray:
        """A copy of the numbers, in row-major order.

        Raises:
            WeightsError: the storage is not what the file announced.
        """
        flat = self.storage.numbers()[self.offset :]
        steps = tuple(step * flat.itemsize for step in self.strides)
        view = np.lib.stride_tricks.as_strided(flat, self.shape, steps, writeable=False)
        return np.array(view, order="C")


def tensor(arguments: tuple[Any, ...], budget: Budget) -> Array:
    """What `torch._utils._rebuild_tensor_v2` is allowed to mean.

    Raises:
        UnsafePickleError: the arguments are not those of a tensor.
        WeightsError: the tensor reaches outside its storage, or is larger than it.
    """
    del budget
    if len(arguments) not in (6, 7) or type(arguments[0]) is not Storage:
        raise UnsafePickleError(
            "the pickle rebuilds a tensor from something else than a storage: nothing of it was "
            f"run; {_FROM_ARCHIVE}"
        )
    storage, offset, shape, strides = arguments[:4]
    if not (is_size(offset) and is_shape(shape) and is_shape(strides)) or len(shape) != len(
        strides
    ):
        raise WeightsError(
            f"a tensor has offset {shown(offset)} and a shape or strides that are no tuple of up "
            f"to {MAX_AXES} whole numbers: {_FROM_ARCHIVE}"
        )
    count = math.prod(shape)
    last = offset + sum((size - 1) * step for size, step in zip(shape, strides, strict=True))
    if (count and last >= storage.length) or count > storage.length or offset > storage.length:
        raise WeightsError(
            f"a tensor of shape {list(shape)}, strides {list(strides)} at {offset} reaches outside "
            f"its storage of {storage.length} numbers: {_FROM_ARCHIVE}"
        )
    return Array(storage, offset, shape, strides)


def parameter(arguments: tuple[Any, ...], budget: Budget) -> Array:
    """What `torch._utils._rebuild_parameter` is allowed to mean: the tensor itself."""
    del budget
    if len(arguments) != 3 or type(arguments[0]) is not Array:
        raise UnsafePickleError(
            "the pickle rebuilds a parameter from something else than a tensor: nothing of it was "
            f"run; {_FROM_ARCHIVE}"
        )
    return arguments[0]


class ElementType(Inert):
    """A numpy dtype from the closed list."""

    __slots__ = ("element",)

    def __init__(self, element: str) -> None:
        self.element = element

    def set_state(self, state: object) -> None:
        """Look at the byte order; the rest of the state belongs to types not allowed here."""
        orders = ("<", "|", "=") if sys.byteorder == "little" else ("<", "|")
        if (
            not isinstance(state, tuple)
            or len(state) < 5
            or state[1] not in orders
            or state[2:5] != (None, None, None)
        ):
            raise UnsafePickleError(
                "the pickle holds a numpy type with fields or of foreign byte order, expected "
                f"little-endian numbers: nothing of it was run; {_FROM_ARCHIVE}"
            )


def element_type(arguments: tuple[Any, ...], budget: Budget) -> ElementType:
    """What `numpy.dtype` is allowed to mean.

    Raises:
        UnsafePickleError: the type is not a plain number.
    """
    del budget
    code = arguments[0] if arguments else None
    if type(code) is not str or code not in ARRAY_ELEMENTS or len(arguments) > 3:
        raise UnsafePickleError(
            f"the pickle holds numpy type {shown(code)}, expected one of "
            f"{', '.join(ARRAY_ELEMENTS)}: nothing of it was run; {_FROM_ARCHIVE}"
        )
    return ElementType(ARRAY_ELEMENTS[code])


class TextType(ElementType):
    """A numpy dtype of text, for single values alone: an array of text is refused."""

    __slots__ = ("size",)

    def __init__(self, element: str, size: int) -> None:
        super().__init__(element)
        self.size = size


def element_or_text_type(arguments: tuple[Any, ...], budget: Budget) -> ElementType:
    """What `numpy.dtype` is allowed to mean where single values may be text, as names are.

    Raises:
        UnsafePickleError: the type is neither a plain number nor text.
    """
    code = arguments[0] if arguments else None
    if type(code) is str and code[:1] in ("S", "U") and len(code) <= 6 and code.isascii():
        if code[1:].isdecimal() and len(arguments) <= 3:
            return TextType(code[0], int(code[1:]) * (4 if code[0] == "U" else 1))
    return element_type(arguments, budget)


def _array(raw: object, kind: object, shape: object, *, columns_first: bool) -> Array:
    """Bytes, type and shape to an array."""
    if type(kind) is not ElementType or type(raw) is not memoryview or not is_shape(shape):
        raise UnsafePickleError(
            "the pickle holds a numpy array of something else than plain numbers: nothing of it "
            f"was run; {_FROM_ARCHIVE}"
        )
    assert isinstance(shape, tuple)
    count = math.prod(shape)
    if count * element_size(kind.element) != len(raw):
        raise WeightsError(
            f"a numpy array of shape {list(shape)} and type {kind.element} has {len(raw)} bytes, "
            f"expected {count * element_size(kind.element)}: {_FROM_ARCHIVE}"
        )
    storage = Storage(kind.element, count)
    storage.data = raw
    strides, step = [], 1
    for size in shape if columns_first else reversed(shape):
        strides.append(step)
        step *= max(size, 1)
    return Array(storage, 0, shape, tuple(strides if columns_first else reversed(strides)))


class EmptyArray(Array):
    """What `numpy…_reconstruct` makes; its state turns it into the array."""

    __slots__ = ()

    def set_state(self, state: object) -> None:
        """Take version, shape, type, memory order and bytes."""
        if type(state) is not tuple or len(state) != 5 or type(state[3]) is not bool:
            raise UnsafePickleError(
                f"the pickle holds a numpy array of unknown layout: nothing of it was run; "
                f"{_FROM_ARCHIVE}"
            )
        _, shape, kind, columns_first, raw = state
        full = _array(raw, kind, shape, columns_first=columns_first)
        for name in Array.__slots__:
            setattr(self, name, getattr(full, name))


def reconstruct(arguments: tuple[Any, ...], budget: Budget) -> EmptyArray:
    """What `numpy.core.multiarray._reconstruct` is allowed to mean: an array without numbers."""
    del budget
    kind = arguments[0] if len(arguments) == 3 else None
    if type(kind) is not Global or kind.path != "numpy.ndarray":
        raise UnsafePickleError(
            "the pickle reconstructs something else than a numpy array: nothing of it was run; "
            f"{_FROM_ARCHIVE}"
        )
    return EmptyArray(Storage("float32", 0), 0, (0,), (1,))


def from_buffer(arguments: tuple[Any, ...], budget: Budget) -> Array:
    """What `numpy.core.numeric._frombuffer` is allowed to mean."""
    del budget
    if len(arguments) != 4 or arguments[3] not in ("C", "F"):
        raise UnsafePickleError(
            f"the pickle holds a numpy array of unknown layout: nothing of it was run; "
            f"{_FROM_ARCHIVE}"
        )
    raw, kind, shape, order = arguments
    return _array(raw, kind, shape, columns_first=order == "F")


def scalar(arguments: tuple[Any, ...], budget: Budget) -> int | float | bool:
    """What `numpy.core.multiarray.scalar` is allowed to mean: one plain number."""
    del budget
    if len(arguments) != 2:
        raise UnsafePickleError(
            f"the pickle holds a numpy number without a value: nothing of it was run; "
            f"{_FROM_ARCHIVE}"
        )
    return _array(arguments[1], arguments[0], (), columns_first=False).numbers().item()


def scalar_or_text(arguments: tuple[Any, ...], budget: Budget) -> int | float | bool | str:
    """What `numpy.core.multiarray.scalar` is allowed to mean: one plain number, or one text.

    Bytes become text too: the paper's tools keep names as numpy's byte strings.
    """
    kind = arguments[0] if len(arguments) == 2 else None
    if type(kind) is not TextType:
        return scalar(arguments, budget)
    raw = arguments[1]
    if type(raw) is not memoryview or len(raw) != kind.size:
        raise UnsafePickleError(
            f"the pickle holds a numpy text without its characters: nothing of it was run; "
            f"{_FROM_ARCHIVE}"
        )
    budget.read(len(raw))
    try:
        return str(raw, "utf-32-le" if kind.element == "U" else "utf-8").rstrip("\0")
    except UnicodeDecodeError:
        raise WeightsError(f"a numpy text is not Unicode: {_FROM_ARCHIVE}") from None
