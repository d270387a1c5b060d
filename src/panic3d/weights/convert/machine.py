"""The pickle format as a machine that can only build data.

Written for this package on the published opcode list; the standard unpickler is not involved. No
opcode imports, looks up an attribute or calls anything but the few functions of our own that the
caller's table of names holds (`names.py`). Whatever else a file asks for ends the reading.

Source: opcode meanings and argument layouts of CPython's `pickletools`, protocols 0 to 5.
"""

from __future__ import annotations

import pickletools
import struct
from collections.abc import Callable, Mapping
from typing import Any

from panic3d.errors import UnsafePickleError, WeightsError
from panic3d.weights.convert.values import (
    Budget,
    Global,
    Inert,
    Record,
    Rule,
    check_nesting,
    checked_key,
    shown,
)

MAX_MARKS = 1000
MAX_INT_BYTES = 64
MAX_NAME = 255
MAX_LINE = 1 << 16

Names = Mapping[tuple[str, str], Rule]
PersistentLoad = Callable[[object], object]

_NOTHING_RAN = "nothing of it was run; use the file from the authors' archive"


class Machine:
    """One pickle, read once. `position` is where it ended."""

    def __init__(
        self,
        data: memoryview,
        names: Names,
        budget: Budget,
        persistent: PersistentLoad | None = None,
        position: int = 0,
    ) -> None:
        self.data = data
        self.names = names
        self.budget = budget
        self.persistent = persistent
        self.position = position
        self.end = len(data)  # of what may be read now: the file, or the frame we are in
        self.start = position
        self.stack: list[Any] = []
        self.marked: list[list[Any]] = []  # the stacks below each open mark
        self.memo: dict[int, Any] = {}
        self.globals: dict[tuple[str, str], Global] = {}

    def run(self) -> Any:
        """Read up to the end of the pickle and return its value.

        Raises:
            UnsafePickleError: it asks for something outside the table of names.
            WeightsError: it is cut short, malformed or out of proportion.
        """
        handlers, budget, data = _HANDLERS, self.budget, self.data
        while True:
            budget.step()
            if self.position == self.end:
                self.end = len(data)  # the frame is over
                if self.position == self.end:
                    raise self.broken("ends without its STOP mark")
            code = data[self.position]
            self.position += 1
            if code == _STOP:
                break
            handler = handlers.get(code)
            if handler is None:
                known = _OPCODES.get(chr(code))
                what = f"uses the opcode {known}" if known else f"has the byte 0x{code:02x}"
                raise UnsafePickleError(
                    f"the pickle {what} at byte {self.position - 1}, which no checkpoint of the "
                    f"authors needs: {_NOTHING_RAN}"
                )
            handler(self)
        if len(self.stack) != 1 or self.marked:
            raise self.broken("stops with an unfinished value")
        result = self.stack.pop()
        check_nesting(result)
        return result

    def broken(self, what: str) -> WeightsError:
        """The error for a pickle that is no pickle."""
        return WeightsError(
            f"the pickle {what} at byte {self.position} of {len(self.data)}, expected a whole "
            "pickle: the file is cut short or damaged; copy or download it again"
        )

    # Reading bytes

    def take(self, size: int) -> memoryview:
        """The next bytes, as a view on the file."""
        if size > self.end - self.position:
            raise self.broken(f"announces {size} bytes where {self.end - self.position} are left")
        view = self.data[self.position : self.position + size]
        self.position += size
        return view

    def number(self, layout: str) -> Any:
        """One little-endian number."""
        return struct.unpack(layout, self.take(struct.calcsize(layout)))[0]

    def line(self, limit: int = MAX_LINE) -> bytes:
        """Text up to the next line break."""
        window = 256
        while True:
            # Bytes of a view cannot be searched; a growing copy keeps the cost linear.
            piece = bytes(self.data[self.position : min(self.position + window, self.end)])
            at = piece.find(b"\n")
            if at >= 0:
                break
            if len(piece) < window or window > limit:
                raise self.broken("has a line without an end")
            window *= 4
        if at > limit:
            raise self.broken("has a line that is too long")
        self.position += at + 1
        return piece[:at]

    def text(self, raw: memoryview | bytes, encoding: str = "utf-8") -> str:
        """Decode text strictly."""
        self.budget.read(len(raw))
        try:
            return str(raw, encoding)
        except UnicodeDecodeError:
            raise self.broken(f"holds text that is not {encoding.upper()}") from None

    # The stack

    def push(self, value: object) -> None:
        """Put a value on top."""
        self.stack.append(value)

    def pop(self) -> Any:
        """Take the value on top."""
        if not self.stack:
            raise self.broken("takes a value from an empty stack")
        return self.stack.pop()

    def top(self) -> Any:
        """Look at the value on top."""
        if not self.stack:
            raise self.broken("looks at an empty stack")
        return self.stack[-1]

    def mark(self) -> None:
        """Open a group of values."""
        if len(self.marked) >= MAX_MARKS:
            raise WeightsError(
                f"the pickle opens more than {MAX_MARKS} groups within each other, a checkpoint "
                "does not: use the file from the authors' archive"
            )
        self.marked.append(self.stack)
        self.stack = []

    def pop_mark(self) -> list[Any]:
        """Close the group of values and return it."""
        if not self.marked:
            raise self.broken("closes a group that was never opened")
        items, self.stack = self.stack, self.marked.pop()
        return items

    def discard(self) -> None:
        """POP: drop a value, or an empty group."""
        if self.stack:
            self.stack.pop()
        else:
            self.pop_mark()

    # The memo

    def remember(self, index: int) -> None:
        """Keep the value on top under a number; honest writers never use a number twice."""
        if index in self.memo or index < 0:
            raise UnsafePickleError(
                f"the pickle overwrites memo {index} at byte {self.position}, no pickler does: "
                f"{_NOTHING_RAN}"
            )
        self.memo[index] = self.top()

    def recall(self, index: int) -> None:
        """Push what was kept under a number."""
        if index not in self.memo:
            raise self.broken(f"recalls memo {shown(index)}, which was never set,")
        self.push(self.memo[index])

    # Numbers

    def decimal(self) -> int:
        """A whole number written in digits."""
        line = self.line(2 * MAX_INT_BYTES + 2).removesuffix(b"L")
        if not line.removeprefix(b"-").isdigit():
            raise self.broken(f"has {shown(line)} for a number")
        return int(line)

    def text_int(self) -> None:
        """INT: a number, or a truth value as 00 and 01."""
        start = self.position
        value = self.decimal()
        raw = bytes(self.data[start : self.position])
        self.push({b"00\n": False, b"01\n": True}.get(raw, value))

    def text_float(self) -> None:
        """FLOAT."""
        line = self.line(MAX_INT_BYTES)
        try:
            self.push(float(line))
        except ValueError:
            raise self.broken(f"has {shown(line)} for a number") from None

    def long(self, size: int) -> None:
        """LONG1 and LONG4."""
        if not 0 <= size <= MAX_INT_BYTES:
            raise WeightsError(
                f"the pickle holds a whole number of {size} bytes, expected at most "
                f"{MAX_INT_BYTES}: use the file from the authors' archive"
            )
        self.push(int.from_bytes(self.take(size), "little", signed=True))

    # Containers

    def tuple_of(self, count: int) -> None:
        """TUPLE1 to TUPLE3."""
        items = [self.pop() for _ in range(count)]
        self.push(tuple(reversed(items)))

    def append(self, items: list[Any]) -> None:
        """APPEND and APPENDS."""
        target = self.top()
        if type(target) is not list:
            raise self.refused(target, "appends to")
        target.extend(items)

    def set_items(self, items: list[Any]) -> None:
        """SETITEM, SETITEMS and DICT."""
        target = self.top()
        if type(target) not in (dict, Record):
            raise self.refused(target, "sets items of")
        if len(items) % 2:
            raise self.broken("has a key without a value")
        for key, value in zip(items[::2], items[1::2], strict=True):
            target[checked_key(key)] = value

    def set_item(self) -> None:
        """SETITEM: the target lies below key and value."""
        value = self.pop()
        self.set_items([self.pop(), value])

    def add_items(self) -> None:
        """ADDITEMS."""
        items = self.pop_mark()
        target = self.top()
        if type(target) is not set:
            raise self.refused(target, "adds members to")
        target.update(map(checked_key, items))

    def new_dict(self) -> None:
        """DICT: the items lie above the mark."""
        items = self.pop_mark()
        self.push({})
        self.set_items(items)

    # Names and objects

    def frame(self) -> None:
        """FRAME: the next so many bytes belong together."""
        size = self.number("<Q")
        if self.end != len(self.data) or size > len(self.data) - self.position:
            raise self.broken(f"has a frame of {size} bytes")
        self.end = self.position + size

    def protocol(self) -> None:
        """PROTO: only as the very first opcode."""
        version = self.take(1)[0]
        if version > 5 or self.position != self.start + 2:
            raise self.broken(f"declares protocol {version}")

    def find(self, module: object, name: object) -> None:
        """GLOBAL and STACK_GLOBAL: push a name that is on the list."""
        if type(module) is not str or type(name) is not str:
            raise UnsafePickleError(f"the pickle builds a name from no text: {_NOTHING_RAN}")
        found = self.globals.get((module, name))
        if found is None:
            rule = self.names.get((module, name))
            if rule is None:
                path = f"{module[:MAX_NAME]}.{name[:MAX_NAME]}"
                raise UnsafePickleError(
                    f"the pickle asks for {shown(path)}, which no checkpoint of the authors "
                    f"needs: {_NOTHING_RAN}"
                )
            found = self.globals[module, name] = Global(module, name, rule)
        self.push(found)

    def stack_global(self) -> None:
        """STACK_GLOBAL."""
        name = self.pop()
        self.find(self.pop(), name)

    def call(self) -> None:
        """REDUCE: run our own function for the name, if it has one."""
        arguments, target = self.pop(), self.pop()
        if type(target) is not Global or type(arguments) is not tuple or not target.rule.call:
            raise self.refused(target, "calls")
        self.push(target.rule.call(arguments, self.budget))

    def new(self) -> None:
        """NEWOBJ: make our own record for the class, if it has one."""
        arguments, target = self.pop(), self.pop()
        if type(target) is not Global or type(arguments) is not tuple or not target.rule.instance:
            raise self.refused(target, "makes an object of")
        self.push(target.rule.instance(target, arguments, self.budget))

    def build(self) -> None:
        """BUILD: hand a record its state, as data."""
        state = self.pop()
        target = self.top()
        if not isinstance(target, Inert | Record):
            raise self.refused(target, "sets the state of")
        target.set_state(state)

    def persistent_id(self) -> None:
        """BINPERSID: a storage outside the pickle, where the container has any."""
        identifier = self.pop()
        if self.persistent is None:
            raise UnsafePickleError(
                f"the pickle refers to data outside itself, this kind of file has none: "
                f"{_NOTHING_RAN}"
            )
        self.push(self.persistent(identifier))

    def refused(self, target: object, action: str) -> UnsafePickleError:
        """The error for an action on the wrong thing."""
        what = shown(target.path) if isinstance(target, Global) else f"a {type(target).__name__}"
        return UnsafePickleError(
            f"the pickle {action} {what} at byte {self.position}, which is not allowed: "
            f"{_NOTHING_RAN}"
        )


_STOP = ord(".")
_OPCODES = {opcode.code: opcode.name for opcode in pickletools.opcodes}
_HANDLERS: dict[int, Callable[[Machine], None]] = {
    0x80: Machine.protocol,
    0x95: Machine.frame,
    ord("("): Machine.mark,
    ord("0"): Machine.discard,
    ord("1"): lambda m: m.pop_mark().clear(),
    ord("2"): lambda m: m.push(m.top()),
    # Numbers and truth values
    ord("N"): lambda m: m.push(None),
    0x88: lambda m: m.push(True),
    0x89: lambda m: m.push(False),
    ord("I"): Machine.text_int,
    ord("L"): lambda m: m.push(m.decimal()),
    ord("J"): lambda m: m.push(m.number("<i")),
    ord("K"): lambda m: m.push(m.number("<B")),
    ord("M"): lambda m: m.push(m.number("<H")),
    0x8A: lambda m: m.long(m.number("<B")),
    0x8B: lambda m: m.long(m.number("<i")),
    ord("F"): Machine.text_float,
    ord("G"): lambda m: m.push(m.number(">d")),
    # Text and bytes; bytes stay views on the file
    ord("V"): lambda m: m.push(m.text(m.line(), "raw-unicode-escape")),
    ord("X"): lambda m: m.push(m.text(m.take(m.number("<I")))),
    ord("U"): lambda m: m.push(m.text(m.take(m.number("<B")), "ascii")),  # text of Python 2
    0x8C: lambda m: m.push(m.text(m.take(m.number("<B")))),
    0x8D: lambda m: m.push(m.text(m.take(m.number("<Q")))),
    ord("B"): lambda m: m.push(m.take(m.number("<I"))),
    ord("C"): lambda m: m.push(m.take(m.number("<B"))),
    0x8E: lambda m: m.push(m.take(m.number("<Q"))),
    0x96: lambda m: m.push(m.take(m.number("<Q"))),
    # Containers
    ord(")"): lambda m: m.push(()),
    ord("t"): lambda m: m.push(tuple(m.pop_mark())),
    0x85: lambda m: m.tuple_of(1),
    0x86: lambda m: m.tuple_of(2),
    0x87: lambda m: m.tuple_of(3),
    ord("]"): lambda m: m.push([]),
    ord("l"): lambda m: m.push(m.pop_mark()),
    ord("a"): lambda m: m.append([m.pop()]),
    ord("e"): lambda m: m.append(m.pop_mark()),
    ord("}"): lambda m: m.push({}),
    ord("d"): Machine.new_dict,
    ord("s"): Machine.set_item,
    ord("u"): lambda m: m.set_items(m.pop_mark()),
    0x8F: lambda m: m.push(set()),
    0x90: Machine.add_items,
    0x91: lambda m: m.push(frozenset(map(checked_key, m.pop_mark()))),
    # Memo
    ord("g"): lambda m: m.recall(m.decimal()),
    ord("h"): lambda m: m.recall(m.number("<B")),
    ord("j"): lambda m: m.recall(m.number("<I")),
    ord("p"): lambda m: m.remember(m.decimal()),
    ord("q"): lambda m: m.remember(m.number("<B")),
    ord("r"): lambda m: m.remember(m.number("<I")),
    0x94: lambda m: m.remember(len(m.memo)),
    # Names and objects
    ord("c"): lambda m: m.find(m.text(m.line(MAX_NAME)), m.text(m.line(MAX_NAME))),
    0x93: Machine.stack_global,
    ord("R"): Machine.call,
    0x81: Machine.new,
    ord("b"): Machine.build,
    ord("Q"): Machine.persistent_id,
}
