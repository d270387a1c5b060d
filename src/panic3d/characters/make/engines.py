"""What makes characters: the two engines behind one interface, and the state they are in."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import panic3d.characters as package
from panic3d.characters.made import MadeCharacter
from panic3d.characters.splits import Assets
from panic3d.files import file_sha256

Kind = Literal["procedural", "remixed"]
KINDS: tuple[Kind, ...] = get_args(Kind)


class Engine(NamedTuple):
    """A maker of characters."""

    assets: Assets
    """All that it can choose from."""
    make: Callable[[int, Assets], MadeCharacter]
    """Seed and the assets it may use to a character; the same every time."""


Engines = Callable[[Kind, Path | None], Engine]
"""Opens the engine of a kind, with the folder of models to take apart."""


def open_engine(kind: Kind, sources: Path | None) -> Engine:
    """Open an engine.

    Args:
        kind: which.
        sources: folder of models that remixed characters are made from.

    Raises:
        ConfigError: there is no such folder.
    """
    if kind == "procedural":
        from panic3d.characters.procedural import FAMILIES, make_procedural

        return Engine(FAMILIES, make_procedural)
    from panic3d.characters.remix import Library, make_remix

    assert sources is not None
    library = Library.load(sources)
    return Engine(
        {"hair": library.hairs, "face": library.heads},
        functools.partial(make_remix, library),
    )


def engine_sha256(kind: Kind, sources: Path | None) -> str:
    """Return a digest of all that the characters of a kind depend on but for seed and split.

    That is the engine's own code: a newer engine makes other characters of the same seeds.
    """
    files = {
        path.relative_to(folder).as_posix(): file_sha256(path)
        for folder in map(Path, package.__path__)
        for path in sorted(folder.rglob("*.py"))
    }
    if kind == "remixed" and sources is not None:
        found = [*sources.glob("*.vrm"), *sources.glob("*.json")]
        files |= {path.name: file_sha256(path) for path in found}
    return digest_of(files)


def digest_of(words: Mapping[str, object]) -> str:
    """Return a digest of a mapping, whatever its order."""
    text = "\n".join(f"{name}={words[name]}" for name in sorted(words))
    return hashlib.sha256(text.encode()).hexdigest()
