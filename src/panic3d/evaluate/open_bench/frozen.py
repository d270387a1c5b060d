"""Frozen benchmarks: what came out of a recipe once, and whether what was built is the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from panic3d.errors import DatasetError
from panic3d.evaluate.open_bench.probe import differences
from panic3d.work.records import Json

FORMAT = 1
State = Literal["same", "differs", "not frozen"]
_SHOWN = 5


class Verdict(NamedTuple):
    """Whether a benchmark is the frozen one."""

    state: State
    differences: tuple[str, ...] = ()
    """One line each."""

    def line(self, name: str) -> str:
        """Say it in one line."""
        if self.state == "same":
            return f"this is {name}: everything is as it was frozen"
        if self.state == "not frozen":
            return f"{name} is not frozen yet: its numbers are comparable with nobody's"
        more = len(self.differences) - _SHOWN
        return (
            f"this is not {name}, {len(self.differences)} differences: "
            + "; ".join(self.differences[:_SHOWN])
            + (f"; and {more} more" if more > 0 else "")
        )


def frozen_path(name: str) -> Path:
    """Return where a benchmark's frozen digests are in the package."""
    return Path(__file__).parent / f"{name}.json"


def read_frozen(path: Path) -> Json | None:
    """Return frozen digests; None if there are none yet.

    Raises:
        DatasetError: the file is broken.
    """
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_bytes())
        if found["format"] != FORMAT or not isinstance(found["characters"], dict):
            raise ValueError(f"format {found['format']}, expected {FORMAT}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(
            f"{path} holds no frozen benchmark ({error}): install panic3d again"
        ) from error
    return dict(found)


def compare_with_frozen(
    frozen: Json | None,
    recipe: Mapping[str, Any],
    models: Mapping[str, str],
    engine: Mapping[str, str],
    probes: Mapping[str, Json],
) -> Verdict:
    """Compare what was built with what is frozen.

    Args:
        frozen: see `read_frozen`.
        recipe: that was followed, as JSON holds it.
        models: name of each model that was used, and its digest.
        engine: digest of the engine's code, of each kind of character.
        probes: of the characters that were built, by name; may be a part of all.
    """
    if frozen is None:
        return Verdict("not frozen")
    found = []
    if frozen.get("recipe") != recipe:
        found.append("the recipe is another one")
    known = frozen.get("models", {})
    found += [
        f"the model {name} is {digest[:12]}, frozen {str(known.get(name))[:12]}"
        for name, digest in models.items()
        if known.get(name) != digest
    ]
    for name, probe in probes.items():
        there = frozen["characters"].get(name)
        said = ["not frozen"] if there is None else differences(probe, there)
        found += [f"{name}: {', '.join(said)}"] if said else []
    if not found:
        return Verdict("same")
    changed = [kind for kind in engine if engine[kind] != frozen.get("engine", {}).get(kind)]
    if changed:  # alone it is no difference: comments change it, too
        found.insert(0, f"the engine's code has changed ({', '.join(changed)})")
    return Verdict("differs", tuple(found))
