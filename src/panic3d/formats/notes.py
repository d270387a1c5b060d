"""What reading a file left out or mended, for its user to see."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from panic3d.errors import DecodeError

_Read = TypeVar("_Read")
_MOST = 100


class Notes:
    """Remarks on one file, each kept once."""

    def __init__(self) -> None:
        self.remarks: list[str] = []

    def note(self, text: str) -> None:
        """Remember what was left out or mended."""
        if text not in self.remarks and len(self.remarks) < _MOST:
            self.remarks.append(text)

    def tried(self, what: str, read: Callable[[], _Read]) -> _Read | None:
        """Read what only the looks or the papers of a model hang on; a fault is only noted."""
        try:
            return read()
        except DecodeError as error:
            self.note(f"{what} was left out: {error}")
            return None
