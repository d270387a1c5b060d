"""Values out of unchecked JSON: each is there and of its kind, or an error says where.

JSON of a model may hold anything anywhere. These functions hand out a value of the type asked for,
the default where the key is absent, and raise `DecodeError` for everything else.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from panic3d.errors import DecodeError

Json = dict[str, Any]

_LARGEST_NUMBER = 1e15


def parse(data: bytes, what: str) -> Json:
    """Parse a JSON object.

    Raises:
        DecodeError: it is none, nested too deeply, or not UTF-8.
    """
    try:
        value = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise DecodeError(f"{what} is no JSON ({error}): export the model again") from error
    if not isinstance(value, dict):
        raise DecodeError(f"{what} is a JSON {_kind(value)}, expected an object")
    return value


def _kind(value: object) -> str:
    names = {dict: "object", list: "list", str: "text", bool: "yes or no", type(None): "null"}
    return names.get(type(value), "number")


def _wrong(where: str, key: str, value: object, expected: str) -> DecodeError:
    shown = repr(value)[:60]
    return DecodeError(f"{where}.{key} is {shown}, expected {expected}: export the model again")


def obj(data: Json, key: str, where: str = "glTF") -> Json:
    """Return an object, empty where absent."""
    value = data.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _wrong(where, key, value, "an object")
    return value


def objs(data: Json, key: str, where: str = "glTF", most: int = 1_000_000) -> list[Json]:
    """Return a list of objects, empty where absent."""
    value = data.get(key)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise _wrong(where, key, value, "a list of objects")
    if len(value) > most:
        raise DecodeError(f"{where}.{key} has {len(value)} entries, at most {most} are read")
    return value


def text(data: Json, key: str, default: str = "", where: str = "glTF") -> str:
    """Return a text."""
    value = data.get(key)
    if value is None:
        return default
    if not isinstance(value, str):
        raise _wrong(where, key, value, "a text")
    return value


def flag(data: Json, key: str, default: bool = False, where: str = "glTF") -> bool:
    """Return a yes or no; exporters write 0 and 1 as well."""
    value = data.get(key)
    if value is None:
        return default
    if not isinstance(value, bool | int):
        raise _wrong(where, key, value, "true or false")
    return bool(value)


def number(
    data: Json,
    key: str,
    default: float | int = 0.0,
    where: str = "glTF",
    low: float | int = -_LARGEST_NUMBER,
    high: float | int = _LARGEST_NUMBER,
) -> float:
    """Return a finite number, brought into a range."""
    value = data.get(key)
    if value is None:
        return float(default)
    if not _is_number(value):
        raise _wrong(where, key, value, "a finite number")
    return float(min(max(value, low), high))


def vector(
    data: Json, key: str, default: Sequence[float | int], where: str = "glTF"
) -> tuple[float, ...]:
    """Return as many finite numbers as the default has."""
    value = data.get(key)
    if value is None:
        return tuple(float(item) for item in default)
    if not isinstance(value, list) or len(value) != len(default) or not all(map(_is_number, value)):
        raise _wrong(where, key, value, f"{len(default)} finite numbers")
    return tuple(float(item) for item in value)


def numbers(data: Json, key: str, where: str = "glTF") -> tuple[float, ...]:
    """Return a list of finite numbers of any length, empty where absent."""
    value = data.get(key)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(map(_is_number, value)):
        raise _wrong(where, key, value, "a list of finite numbers")
    return tuple(float(item) for item in value)


def texts(data: Json, key: str, where: str = "glTF") -> tuple[str, ...]:
    """Return a list of texts, empty where absent."""
    value = data.get(key)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _wrong(where, key, value, "a list of texts")
    return tuple(value)


def whole(
    data: Json,
    key: str,
    default: int | None = None,
    where: str = "glTF",
    low: int = 0,
    high: int = 2**40,
) -> int:
    """Return a whole number within a range; without a default it must be there."""
    value = data.get(key)
    if value is None and default is not None:
        return default
    fits = isinstance(value, int) and not isinstance(value, bool)
    if isinstance(value, float) and value.is_integer():  # 3.0, as some exporters write it
        value, fits = int(value), True
    if not fits or not low <= value <= high:  # type: ignore[operator]
        raise _wrong(where, key, value, f"a whole number from {low} to {high}")
    return int(value)  # type: ignore[arg-type]


def index(data: Json, key: str, count: int, where: str = "glTF") -> int | None:
    """Return an index into a list of `count` entries, None where absent.

    VRM 0.x writes -1 for none.
    """
    value = data.get(key)
    if value is None or value == -1:
        return None
    found = whole(data, key, where=where)
    if found >= count:
        raise _wrong(where, key, value, f"an index below {count}")
    return found


def indices(data: Json, key: str, count: int, where: str = "glTF") -> tuple[int, ...]:
    """Return a list of indices into a list of `count` entries, empty where absent."""
    value = data.get(key)
    if value is None:
        return ()
    whole_numbers = isinstance(value, list) and all(
        isinstance(item, int) and not isinstance(item, bool) and 0 <= item < count for item in value
    )
    if not whole_numbers:
        raise _wrong(where, key, value, f"a list of indices below {count}")
    return tuple(value)


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    # Python's JSON reader takes NaN, Infinity and whole numbers of any length.
    return -_LARGEST_NUMBER <= value <= _LARGEST_NUMBER and math.isfinite(value)
