"""Text from files, made fit for a terminal."""

from __future__ import annotations

MAX_CHARACTERS = 2000


def printable(text: object, limit: int = MAX_CHARACTERS) -> str:
    """Return a text with every control character replaced by ``?``, cut where it is too long.

    Escape sequences in a foreign file could clear the screen, hide lines or turn their direction.
    """
    plain = "".join(letter if letter.isprintable() else "?" for letter in str(text)[: limit + 1])
    return plain if len(plain) <= limit else f"{plain[: limit - 1]}…"
