"""Long fuzz and stress runs: ``python -m campaign``, resumable, one module a subject.

Every module here but ``__main__`` has ``run(seed, cases)``, which raises on the first thing that
is wrong and otherwise returns. It may set ``CASES``, how many cases one seed stands for.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

SEEDS = 100
"""Seeds of a full campaign. The test suite runs the first twentieth of them."""

SEEDS_IN_TESTS = SEEDS // 20

DEFAULT_CASES = 200
"""Cases per seed of a module that sets no ``CASES``."""

STATE = Path(".campaign") / "state.json"


class Subject(NamedTuple):
    """One campaign module."""

    name: str
    run: Callable[[int, int], None]
    cases: int
    """Cases per seed."""


def subjects(names: Iterable[str] = ()) -> list[Subject]:
    """Import the modules of this package, all of them or those named.

    Raises:
        ValueError: there is no module of that name.
    """
    found = [module.name for module in pkgutil.iter_modules(__path__) if module.name[0] != "_"]
    unknown = sorted(set(names) - set(found))
    if unknown:
        raise ValueError(f"no subject {', '.join(unknown)}: choose from {', '.join(found)}")
    wanted = set(names) or set(found)
    return [_subject(name) for name in found if name in wanted]


def _subject(name: str) -> Subject:
    module: Any = importlib.import_module(f"{__name__}.{name}")
    return Subject(name, module.run, getattr(module, "CASES", DEFAULT_CASES))


def repeat_command(subject: Subject, seed: int) -> str:
    """Return the command that runs one seed again."""
    return f"python -m campaign {subject.name} --seed {seed} --cases {subject.cases}"


def read_state(path: Path = STATE) -> dict[str, list[int]]:
    """Return the finished seeds of every subject; a missing file means none.

    Finished seeds of another number of cases do not count, so the key holds both.
    """
    if not path.exists():
        return {}
    state: dict[str, list[int]] = json.loads(path.read_text(encoding="utf-8"))
    return state


def write_state(state: dict[str, list[int]], path: Path = STATE) -> None:
    """Replace the state file as a whole: a killed run leaves the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    temporary.write_text(json.dumps(state, indent=1) + "\n", encoding="utf-8")
    os.replace(temporary, path)


def campaign(
    chosen: Iterable[Subject],
    seeds: Iterable[int],
    path: Path = STATE,
    report: Callable[[str], None] = print,
) -> list[str]:
    """Run every seed that is not finished and return the commands that repeat the failures.

    The state is written after every seed; a failed seed is not finished and runs again next time.
    """
    state = read_state(path)
    failures = []
    seeds = list(seeds)
    for subject in chosen:
        done = state.setdefault(f"{subject.name} x {subject.cases}", [])
        left = [seed for seed in seeds if seed not in done]
        report(f"{subject.name}: {len(seeds) - len(left)} of {len(seeds)} seeds are finished")
        for seed in left:
            try:
                subject.run(seed, subject.cases)
            except Exception as error:
                failures.append(repeat_command(subject, seed))
                report(f"{subject.name}: seed {seed} FAILED, {type(error).__name__}: {error}")
                report(f"  again: {failures[-1]}")
                continue
            done.append(seed)
            write_state(state, path)
            report(f"{subject.name}: seed {seed}, {subject.cases} cases, passed")
    return failures
