"""What makes characters: the two engines behind one interface, and the state they are in."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from panic3d.characters.made import MadeCharacter
from panic3d.characters.make.reached import reached
from panic3d.characters.splits import Assets
from panic3d.errors import CharacterError, ConfigError, Panic3dError
from panic3d.files import file_sha256

if TYPE_CHECKING:
    from panic3d.characters.remix import Library

Kind = Literal["procedural", "remixed"]
KINDS: tuple[Kind, ...] = get_args(Kind)


class Engine(NamedTuple):
    """A maker of characters."""

    assets: Assets
    """All that it can choose from."""
    make: Callable[[int, Assets], MadeCharacter]
    """Seed and the assets it may use to a character; the same every time."""
    refused: Mapping[str, str] = MappingProxyType({})
    """File that it leaves out to the reason."""


Engines = Callable[[Kind, Path | None], Engine]
"""Opens the engine of a kind, with the folder of models to take apart."""


def open_engine(kind: Kind, sources: Path | None, varied: bool = False) -> Engine:
    """Open an engine.

    Args:
        kind: which.
        sources: folder of models that remixed characters are made from.
        varied: hairstyles and faces that differ as much as they can: by rules nearly all lie
            between the families and beyond; a model's face is stretched, and its hair combed anew
            where it is for training.

    Raises:
        ConfigError: there is no such folder, or nothing can be made of what it holds.
    """
    if kind == "procedural":
        from panic3d.characters.parts.hair.worn_kinds import BENT
        from panic3d.characters.procedural import FAMILIES, make_procedural

        return Engine(FAMILIES, functools.partial(make_procedural, bent=BENT if varied else 0.0))
    from panic3d.characters.remix import Library, make_remix
    from panic3d.characters.remix.grown import families_among
    from panic3d.characters.remix.make import VARIED

    assert sources is not None
    library = Library.load(sources)
    _check_library(sources, library)
    return Engine(
        {"hair": (*library.hairs, *families_among(None, library.assets)), "face": library.heads},
        functools.partial(make_remix, library, shares=VARIED if varied else None),
        library.refused,
    )


def open_checked(kind: Kind, sources: Path | None, engines: Engines = open_engine) -> Engine:
    """Open an engine; what is wrong with it is an error of this package.

    Raises:
        Panic3dError: it cannot be opened.
    """
    try:
        return engines(kind, sources)
    except Panic3dError:
        raise
    except Exception as error:  # else every character would lose its process to it
        raise CharacterError(
            f"no {kind} characters can be made here ({type(error).__name__}: {error}): "
            "this is a bug, please report it"
        ) from error


def _check_library(folder: Path, library: Library) -> None:
    """Refuse models of which no remix can be made, and say why of each."""
    if library.heads:
        return
    if not library.assets and not library.refused:
        raise ConfigError(f"{folder} holds no VRM files: name a folder of models with --sources")
    reasons = [f"{name}: {reason}" for name, reason in library.refused.items()]
    reasons += [f"{name}.vrm can be used" for name in library.assets]
    more = [f"and {len(reasons) - _SHOWN} more"] if len(reasons) > _SHOWN else []
    raise ConfigError(
        f"no model of {folder} that can be used has a head: "
        + "; ".join([*reasons[:_SHOWN], *more])
    )


_SHOWN = 12
_DRAWING = ("characters", "formats", "geometry", "render")
"""Packages on whose code it depends what a character is and how it is drawn and written: all of the
first, and what that imports of the others."""


def engine_sha256(kind: Kind, sources: Path | None) -> str:
    """Return a digest of all that the characters of a kind depend on but for seed and split.

    That is the code that makes, draws and writes them, and the models that are taken apart: a newer
    engine makes other characters of the same seeds.
    """
    package = Path(__file__).resolve().parents[2]
    files = {
        path.relative_to(package).as_posix(): file_sha256(path) for path in drawing_code(package)
    }
    if kind == "remixed" and sources is not None:
        found = [*sources.glob("*.vrm"), *sources.glob("*.json")]
        files |= {path.name: file_sha256(path) for path in found}
    return digest_of(files)


def drawing_code(package: Path) -> list[Path]:
    """Return the files by which characters are made, drawn and written, in the order of names.

    Args:
        package: folder of the package, as ``src/panic3d``.
    """
    found = reached(package, (package / _DRAWING[0]).rglob("*.py"))
    return sorted(path for path in found if path.relative_to(package).parts[0] in _DRAWING)


def digest_of(words: Mapping[str, object]) -> str:
    """Return a digest of a mapping, whatever its order."""
    text = "\n".join(f"{name}={words[name]}" for name in sorted(words))
    return hashlib.sha256(text.encode()).hexdigest()
