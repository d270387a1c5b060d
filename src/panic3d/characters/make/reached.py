"""Which files of a package are reached by imports from some of them, without running any."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path


def reached(package: Path, roots: Iterable[Path]) -> set[Path]:
    """Follow imports inside a package, those that stand in functions included.

    Imports that only a type checker sees are left out. Of a package's name, its `__init__.py` is
    reached; of what lies in a folder, the `__init__.py` of all folders above within the package.

    Args:
        package: folder of the package, as ``src/panic3d``.
        roots: files in it to begin with.

    Returns:
        The roots and all files that they import, directly or not.
    """
    left = list(roots)
    found: set[Path] = set()
    while left:
        path = left.pop()
        if path in found:
            continue
        found.add(path)
        parts = path.relative_to(package.parent).with_suffix("").parts
        own = parts[:-1]  # relative imports of a module and of an __init__.py begin here alike
        for name in _imported(path.read_text("utf-8"), own):
            left += [file for file in _files(package, name) if file not in found]
    return found


@lru_cache(maxsize=1024)
def _imported(text: str, own: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Return the dotted names that a file imports, as it would run."""
    names: list[tuple[str, ...]] = []
    for node in _running(ast.parse(text)):
        if isinstance(node, ast.Import):
            names += [tuple(alias.name.split(".")) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = own[: len(own) - node.level + 1] if node.level else ()
            start = (*base, *(node.module.split(".") if node.module else ()))
            names += [(*start, alias.name) for alias in node.names]
    return tuple(dict.fromkeys(names))


def _running(node: ast.AST) -> Iterator[ast.AST]:
    """Walk all nodes but those below ``if TYPE_CHECKING:``."""
    yield node
    children = ast.iter_child_nodes(node)
    if isinstance(node, ast.If) and ast.unparse(node.test).rpartition(".")[2] == "TYPE_CHECKING":
        children = iter(node.orelse)
    for child in children:
        yield from _running(child)


def _files(package: Path, name: tuple[str, ...]) -> list[Path]:
    """Return the files that an import of a dotted name runs, as far as they are in the package."""
    if not name or name[0] != package.name:
        return []
    found, place = [package / "__init__.py"], package
    for part in name[1:]:
        module = place / f"{part}.py"
        place = place / part
        found.append(place / "__init__.py" if (place / "__init__.py").is_file() else module)
    return [path for path in found if path.is_file()]
