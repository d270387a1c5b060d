"""Which program measured: a digest of its code, and the commit it was taken from.

Results are kept by the digest, so that nothing is reused that other code has measured.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]

CODE = (
    "data",
    "evaluate",
    "formats",
    "geometry",
    "models",
    "ops",
    "pipeline",
    "render",
    "weights",
)
"""The subpackages that numbers depend on. Of the engine of characters benchmarks and training heads
have digests of their own."""

FILES = ("image.py", "picture_files.py", "pipeline/mean_face.json")
"""What they depend on besides."""
_TELLING = {"bootstrap.py", "measures.py", "paper_table.py", "report.py", "summary.py", "table.py"}
"""Modules of `evaluate` that only say what was measured."""


@cache
def code_digest(package: Path = PACKAGE) -> str:
    """Return a digest of all that numbers depend on, shortened.

    Args:
        package: folder of the package.
    """
    found = hashlib.sha256()
    code = {path for name in CODE for path in (package / name).rglob("*.py")}
    code -= {package / "evaluate" / name for name in _TELLING}
    for path in sorted(code | {package / name for name in FILES}):
        place = path.relative_to(package).as_posix()
        found.update(f"{place}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()[:16]


def git_commit(package: Path = PACKAGE) -> str | None:
    """Return the commit that is checked out where the package lies; None if it was installed.

    Changes that are not committed do not show; `code_digest` has them.

    Args:
        package: folder of the package, two levels below that of the repository.
    """
    git = package.parents[1] / ".git"
    try:
        if git.is_file():  # a further working tree
            git = (git.parent / git.read_text().removeprefix("gitdir:").strip()).resolve()
        head = (git / "HEAD").read_text().strip()
        if not head.startswith("ref:"):
            return _commit(head)
        name = head.removeprefix("ref:").strip()
        shared = git / "commondir"
        common = (git / shared.read_text().strip()).resolve() if shared.is_file() else git
        if (common / name).is_file():
            return _commit((common / name).read_text().strip())
        for line in (common / "packed-refs").read_text().splitlines():
            commit, _, ref = line.partition(" ")
            if ref == name:
                return _commit(commit)
    except (OSError, UnicodeDecodeError):
        pass
    return None


def _commit(text: str) -> str | None:
    return text if re.fullmatch("[0-9a-f]{40}([0-9a-f]{24})?", text) else None
