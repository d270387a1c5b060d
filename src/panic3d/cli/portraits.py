"""Which portraits a command line names, and the folder of each."""

from __future__ import annotations

import glob
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from panic3d.errors import ConfigError

ENDINGS = (
    *(".png", ".jpg", ".jpeg", ".webp", ".avif", ".gif", ".bmp", ".tif", ".tiff"),
    *(".apng", ".jfif"),
)
"""Of the files that a folder is searched for."""


def find_portraits(named: Sequence[Path]) -> list[Path]:
    """Return the files that are meant.

    Args:
        named: files, folders (their pictures, not those of folders within), and patterns that a
            shell left as they are.

    Returns:
        Each file once, in the order of the arguments, those of one argument by name.

    Raises:
        ConfigError: nothing is named, or a folder or pattern has no picture.
    """
    found: dict[Path, None] = {}
    for path in named:
        if path.is_dir():
            inside = [p for p in path.iterdir() if p.suffix.lower() in ENDINGS and p.is_file()]
            if not inside:
                raise ConfigError(
                    f"the folder {path} has no pictures ({', '.join(ENDINGS)}): name another, or "
                    "the files"
                )
            found.update(dict.fromkeys(sorted(inside)))
        elif glob.has_magic(str(path)) and not path.exists():
            matching = sorted(Path(p) for p in glob.glob(str(path), recursive=True))
            files = [p for p in matching if p.is_file()]
            if not files:
                raise ConfigError(f"no file matches {path}: correct the pattern")
            found.update(dict.fromkeys(files))
        else:
            found[path] = None
    if not found:
        raise ConfigError("no portrait is named: panic3d reconstruct PORTRAIT…")
    return list(found)


def folders_of(portraits: Sequence[Path], out: Path) -> list[Path]:
    """Return the folder of each portrait: `out` itself of a single one, else one of its name."""
    if len(portraits) == 1:
        return [out]
    stems = Counter(path.stem for path in portraits)
    taken: set[str] = set()
    folders = []
    for path in portraits:
        # a.png beside a.jpg: the whole name; of another folder's a.png: a number.
        name = wanted = path.stem if stems[path.stem] == 1 else path.name
        number = 1
        while name in taken:
            number += 1
            name = f"{wanted}-{number}"
        taken.add(name)
        folders.append(out / name)
    return folders
