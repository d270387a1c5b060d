"""Text to and from a terminal: what files say made fit to print, lists in arguments."""

from __future__ import annotations

from panic3d.errors import ConfigError

MAX_CHARACTERS = 2000


def printable(text: object, limit: int = MAX_CHARACTERS) -> str:
    """Return a text with every control character replaced by ``?``, cut where it is too long.

    Escape sequences in a foreign file could clear the screen, hide lines or turn their direction.
    """
    plain = "".join(letter if letter.isprintable() else "?" for letter in str(text)[: limit + 1])
    return plain if len(plain) <= limit else f"{plain[: limit - 1]}…"


def words(name: str, text: str) -> tuple[str, ...]:
    """Return the words of an option, separated by commas, each once.

    Raises:
        ConfigError: there is none.
    """
    found = tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    if not found:
        raise ConfigError(f"--{name} is {text!r}, expected words separated by commas")
    return found
