"""Reading and writing frozen configuration dataclasses as plain dictionaries.

Unknown keys and values of the wrong type are errors; nothing is dropped in silence.
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from panic3d.errors import ConfigError

Config = TypeVar("Config")


def to_dict(config: Any) -> dict[str, Any]:
    """Return a configuration as a dictionary that JSON can hold."""
    return dataclasses.asdict(config)


def from_dict(kind: type[Config], values: Mapping[str, Any]) -> Config:
    """Build a configuration from a dictionary, strictly.

    Args:
        kind: a dataclass whose fields are numbers, text, booleans, None, tuples of those, or
            further dataclasses.
        values: one entry per field; fields with a default may be absent.

    Raises:
        ConfigError: a key is unknown or missing, or a value has the wrong type.
    """
    assert dataclasses.is_dataclass(kind)
    if not isinstance(values, Mapping):
        raise ConfigError(f"{kind.__name__} needs a JSON object, found {type(values).__name__}")
    fields = {field.name: field for field in dataclasses.fields(kind)}
    unknown = sorted(set(values) - set(fields))
    if unknown:
        raise ConfigError(
            f"{kind.__name__} has no key {', '.join(map(repr, unknown))}; it has "
            f"{', '.join(fields)}: correct the name or update panic3d"
        )
    missing = sorted(
        name
        for name, field in fields.items()
        if name not in values
        and field.default is dataclasses.MISSING
        and field.default_factory is dataclasses.MISSING
    )
    if missing:
        raise ConfigError(f"{kind.__name__} needs {', '.join(missing)}: add the missing keys")
    hints = typing.get_type_hints(kind)
    read = {name: _read(f"{kind.__name__}.{name}", hints[name], v) for name, v in values.items()}
    return kind(**read)


def _read(name: str, hint: Any, value: Any) -> Any:
    """Check one value against its annotation; integers may stand for floats, lists for tuples."""
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        if not isinstance(value, Mapping):
            found = type(value).__name__
            raise ConfigError(f"{hint.__name__} needs a JSON object, found {found}")
        return from_dict(hint, value)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        for option in arguments:
            try:
                return _read(name, option, value)
            except ConfigError:
                continue
    elif origin is typing.Literal:
        if any(value == option and type(value) is type(option) for option in arguments):
            return value
    elif origin is tuple and isinstance(value, list | tuple):
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return tuple(_read(name, arguments[0], item) for item in value)
        if len(arguments) == len(value):
            return tuple(_read(name, a, item) for a, item in zip(arguments, value, strict=True))
    elif hint is type(None) or hint is None:
        if value is None:
            return None
    elif hint is float and type(value) in (int, float):
        # JSON files hold NaN, Infinity and integers of any length.
        if math.isfinite(value) if isinstance(value, float) else abs(value) <= 2**53:
            return float(value)
    elif isinstance(hint, type) and type(value) is hint:
        return value
    wanted = getattr(hint, "__name__", None) or str(hint)
    raise ConfigError(f"{name} is {value!r}, expected {wanted}: correct the value")


def check_choice(name: str, value: object, choices: Sequence[str]) -> None:
    """Refuse a word that is not one of those known.

    Raises:
        ConfigError: it is not.
    """
    if value not in choices:
        raise ConfigError(f"{name} is {value!r}, expected one of {', '.join(choices)}")
