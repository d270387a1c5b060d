"""What a pickle is allowed to become: plain data, and records that can do nothing.

A pickle names classes and functions; here a name stays a name. The records below keep what the
file says about an object and have no behaviour that a file could choose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from panic3d.errors import UnsafePickleError, WeightsError

MAX_STEPS = 1_000_000
"""Opcodes in one file, nested blobs included; a snapshot of full size takes some 50 000."""

MAX_NESTING = 100
"""Containers within containers in the finished value."""

SPARE_BYTES = 1 << 20
"""What a small file may allocate, or have read again, beyond twice its own size."""


class Budget:
    """How much work and memory a file may still ask for; nested readers share one."""

    def __init__(self, file_size: int) -> None:
        self.steps = MAX_STEPS
        self.bytes = 2 * file_size + SPARE_BYTES
        self.reading = 2 * file_size + SPARE_BYTES

    def step(self, count: int = 1) -> None:
        """Pay for opcodes, or for items that one opcode copies."""
        self.steps -= count
        if self.steps < 0:
            raise WeightsError(
                f"the pickle has more than {MAX_STEPS} steps, a checkpoint of full size a "
                "twentieth of that: use the file from the authors' archive"
            )

    def read(self, size: int) -> None:
        """Pay for bytes of the file that are decoded, or looked through a second time."""
        self.reading -= size
        if self.reading < 0:
            raise WeightsError(
                "the pickle has the same bytes read over and over, more than twice its size, "
                "weights are read once: use the file from the authors' archive"
            )

    def allocate(self, size: int) -> None:
        """Pay for bytes that are not simply a part of the file."""
        self.bytes -= size
        if self.bytes < 0:
            raise WeightsError(
                "the pickle unfolds to more than twice its size on disk, weights do not: "
                "use the file from the authors' archive"
            )


def shown(text: object, limit: int = 120) -> str:
    """A value from a file as it may stand in a message: quoted, escaped and short."""
    cut = text[:limit] if isinstance(text, str | bytes) else text
    if not isinstance(cut, str | bytes | int | float | bool | None):
        return f"a {type(text).__name__}"
    # A number of thousands of digits has no place in a message (and str() may refuse it).
    if isinstance(cut, int) and abs(cut) >> 64:
        return "a number beyond 64 bits"
    return ascii(cut)


@dataclass(frozen=True, eq=False)
class Rule:
    """What may be done with a name: our own function for a call, our own record for `__new__`."""

    call: Callable[[tuple[Any, ...], Budget], object] | None = None
    instance: Callable[[Global, tuple[Any, ...], Budget], object] | None = None


class Inert:
    """Base of all records."""

    __slots__ = ()

    def set_state(self, state: object) -> None:
        """Take what the file calls the object's state; a record without a place for it refuses."""
        raise UnsafePickleError(
            f"the pickle sets the state of a {type(self).__name__}, which has none: "
            "nothing of it was run; use the file from the authors' archive"
        )


class Global(Inert):
    """A name that the file mentions. It is never looked up or imported."""

    __slots__ = ("module", "name", "rule")

    def __init__(self, module: str, name: str, rule: Rule) -> None:
        self.module = module
        self.name = name
        self.rule = rule

    @property
    def path(self) -> str:
        """Module and name with a dot between."""
        return f"{self.module}.{self.name}"


class Instance(Inert):
    """An object as the file describes it: name of its class, arguments and state."""

    __slots__ = ("arguments", "kind", "state")

    def __init__(self, kind: str, arguments: tuple[Any, ...] = (), state: object = None) -> None:
        self.kind = kind
        self.arguments = arguments
        self.state = state

    def set_state(self, state: object) -> None:
        """Keep the state as data."""
        self.state = state


class Record(dict[Any, Any]):
    """A dictionary of some class; items are in the dictionary, the rest in `attributes`."""

    __slots__ = ("attributes", "kind")

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.attributes: object = None

    def set_state(self, state: object) -> None:
        """Keep attributes as data. addict names the dictionary itself as its own state."""
        if state is not self:
            self.attributes = state


def checked_key(key: Any) -> Any:
    """Return a dictionary key or set member if hashing it is cheap and runs no code of a file.

    Raises:
        UnsafePickleError: it is something else than text, a small number, a name or None.
    """
    # Numbers beyond 64 bits could be chosen to collide, nested tuples to hash for ever.
    if type(key) in (str, bool, float, type(None), Global):
        return key
    if type(key) is int and -(1 << 63) <= key < 1 << 63:
        return key
    raise UnsafePickleError(
        f"the pickle uses {shown(key)} ({type(key).__name__}) as a key, expected text or a small "
        "number: nothing of it was run; use the file from the authors' archive"
    )


def _children(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from value.values()
        if isinstance(value, Record):
            yield value.attributes
    elif isinstance(value, list | tuple):
        yield from value
    elif isinstance(value, Instance):
        yield value.arguments
        yield value.state


def check_nesting(root: object) -> None:
    """Make sure that a value contains itself nowhere and is not nested too deeply.

    Raises:
        WeightsError: it does, or it is.
    """
    depth: dict[int, int] = {}
    path: dict[int, int] = {id(root): 0}  # open containers, with the depth below them so far
    stack = [(root, _children(root))]
    while stack:
        value, children = stack[-1]
        for child in children:
            if not isinstance(child, dict | list | tuple | Instance):
                continue
            if id(child) in path:
                raise WeightsError(
                    f"the pickle holds a {type(child).__name__} that contains itself, a checkpoint "
                    "does not: use the file from the authors' archive"
                )
            if id(child) in depth:
                path[id(value)] = max(path[id(value)], 1 + depth[id(child)])
                continue
            path[id(child)] = 0
            stack.append((child, _children(child)))
            break
        else:
            stack.pop()
            depth[id(value)] = path.pop(id(value))
            if stack:
                parent = id(stack[-1][0])
                path[parent] = max(path[parent], 1 + depth[id(value)])
        if len(stack) > MAX_NESTING or (stack and path[id(stack[-1][0])] > MAX_NESTING):
            raise WeightsError(
                f"the pickle nests its values more than {MAX_NESTING} deep, a checkpoint does "
                "not: use the file from the authors' archive"
            )
