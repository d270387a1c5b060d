"""Commands timed as people wait for them: each run in a fresh process, from its start to its end.

What ``panic3d bench --end-to-end`` does: the speed table of the contract.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import panic3d
from panic3d.errors import ConfigError, Panic3dError
from panic3d.work.machine import Machine, this_machine
from panic3d.work.timed import bound_to, timed

PROGRAM: tuple[str, ...] = (sys.executable, "-m", "panic3d.cli.main")

EXAMPLE = Path(panic3d.__file__).parents[2] / "examples" / "portrait.png"
"""In a clone; an installed package has none."""

PICTURED, FOLDER = "portrait → head.glb + preview.png", "portrait → whole folder"
IMPORT, HELP = "import panic3d", "panic3d --help"
COMMANDS = 4
"""As many are timed."""

_WIDE = 45
_QUIET = 0.6
"""Of the cores; what is above takes time from the commands."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """What the contract promises on two cores."""

    seconds: float
    peak_bytes: float | None = None


TARGETS = {
    PICTURED: Target(seconds=10.0, peak_bytes=2e9),
    IMPORT: Target(seconds=0.3),
    HELP: Target(seconds=0.5),
}


@dataclass(frozen=True, kw_only=True)
class Run:
    """One process."""

    seconds: float
    peak_bytes: int
    """Its largest resident memory; 0 where the system does not say."""
    processor_s: float = 0.0
    """Of all its threads together; 0 where the system does not say."""
    report: Mapping[str, Any] = field(default_factory=dict)
    """The ``report.json`` that it left, if it makes a head."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """What one command takes."""

    work: str
    runs: tuple[Run, ...]
    target: Target | None

    @property
    def seconds(self) -> float:
        """Median of the runs."""
        return statistics.median(run.seconds for run in self.runs)

    @property
    def processor_s(self) -> float:
        """Median of the runs."""
        return statistics.median(run.processor_s for run in self.runs)

    @property
    def peak_bytes(self) -> int:
        """Largest of the runs."""
        return max(run.peak_bytes for run in self.runs)

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None if there is none."""
        if self.target is None:
            return None
        peak = self.target.peak_bytes
        return self.seconds <= self.target.seconds and (peak is None or self.peak_bytes <= peak)

    def stages(self) -> list[tuple[str, float, int]]:
        """Return name, median seconds and largest peak of each stage of its reports.

        The first is what passed outside of all stages: Python's start, imports, the arguments.
        """
        names = [stage["stage"] for stage in self.runs[0].report.get("stages", [])]
        if not names:
            return []
        rest = [run.seconds - run.report["seconds"] for run in self.runs]
        found = [("start, imports", statistics.median(rest), 0)]
        for k, name in enumerate(names):
            each = [run.report["stages"][k] for run in self.runs]
            seconds = statistics.median(stage["seconds"] for stage in each)
            found.append((name, seconds, max(stage["peak_bytes"] for stage in each)))
        return found


@dataclass(frozen=True, kw_only=True)
class EndToEnd:
    """What was measured, on what machine, of what."""

    machine: Machine
    portrait: str
    aligned: bool
    weights: str
    load: float
    """How many processes wanted a core on average in the minute before; 0 where it is unknown."""
    rows: tuple[Row, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it as a file has it."""
        return {
            "machine": asdict(self.machine),
            "portrait": self.portrait,
            "aligned": self.aligned,
            "weights": self.weights,
            "load": round(self.load, 2),
            "work": [
                {
                    "work": row.work,
                    "seconds": round(row.seconds, 3),
                    "processor_s": round(row.processor_s, 3),
                    "peak_bytes": row.peak_bytes,
                    "target": None if row.target is None else asdict(row.target),
                    "met": row.met,
                    "runs": [
                        {
                            "seconds": round(run.seconds, 3),
                            "processor_s": round(run.processor_s, 3),
                            "peak_bytes": run.peak_bytes,
                        }
                        for run in row.runs
                    ],
                    "stages": [
                        {"stage": name, "seconds": round(seconds, 3), "peak_bytes": peak}
                        for name, seconds, peak in row.stages()
                    ],
                }
                for row in self.rows
            ],
        }

    def lines(self) -> Iterator[str]:
        """Return the tables, line by line."""
        yield str(self.machine)
        how = "aligned" if self.aligned else "preparation included"
        count = len(self.rows[0].runs)
        runs = "one run" if count == 1 else f"median of {count} runs"
        yield f"{self.portrait}, {how}; weights {self.weights}; {runs}, each a fresh process"
        if self.load > _QUIET * self.machine.cores:
            yield f"other programs are running (load {self.load:.1f}), so all takes longer"
        yield ""
        yield (
            f"{'work':{_WIDE}} {'seconds':>8} {'target':>7} {'processor':>9} {'peak GB':>8} "
            f"{'target':>7}"
        )
        for row in self.rows:
            wanted = row.target or Target(seconds=0.0)
            yield " ".join(
                (
                    f"{row.work:{_WIDE}} {row.seconds:8.2f}",
                    f"{wanted.seconds:7.1f}" if row.target else " " * 7,
                    f"{row.processor_s:9.2f}" if row.processor_s else " " * 9,
                    _gigabytes(row.peak_bytes),
                    f"{wanted.peak_bytes / 1e9:7.1f}" if wanted.peak_bytes else " " * 7,
                    {True: "met", False: "missed", None: ""}[row.met],
                )
            ).rstrip()
        for row in self.rows:
            stages = row.stages()
            if stages:
                yield ""
                yield f"{row.work + ', by stage':{_WIDE}} {'seconds':>8} {'peak GB':>26}"
            for name, seconds, peak in stages:
                yield f"{name:{_WIDE}} {seconds:8.2f} {'':17} {_gigabytes(peak)}".rstrip()


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:8.2f}" if size else " " * 8


def example_portrait() -> Path:
    """Return the portrait that a clone has.

    Raises:
        ConfigError: this is an installed package, without it.
    """
    if not EXAMPLE.is_file():
        raise ConfigError(
            "the example portrait is part of a clone of the project, not of an installed package: "
            "name a picture (--portrait FILE, and --no-aligned if it is not the aligned front view)"
        )
    return EXAMPLE


def measure(
    portrait: Path,
    *,
    aligned: bool,
    weights: str = "",
    runs: int = 3,
    threads: int = 0,
    step: Callable[[str], None] = lambda work: None,
) -> EndToEnd:
    """Run the commands of the contract's speed table.

    Args:
        portrait: a picture.
        aligned: it is the aligned front view; else it is prepared, too.
        weights: as ``panic3d reconstruct --weights`` takes them; empty takes its usual ones.
        runs: of each command, at least 1.
        threads: bind the processes to so many cores, where the system can; 0 leaves them all.
        step: is told the name of each run before it begins.

    Raises:
        Panic3dError: a command failed; the message is its own.
    """
    common = ["reconstruct", str(portrait), "--device", "cpu"]
    common += ["--aligned"] * aligned + (["--weights", weights] if weights else [])
    commands: dict[str, tuple[str, ...]] = {
        IMPORT: (sys.executable, "-c", "import panic3d"),
        HELP: (*PROGRAM, "--help"),
        PICTURED: (*PROGRAM, *common, "--stop-after", "preview"),
        FOLDER: (*PROGRAM, *common),
    }
    rows = {}
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0  # none on Windows
    with bound_to(threads) as environment:
        for work, command in commands.items():
            found = []
            for _ in range(runs):
                step(work)
                found.append(_run(command, environment, makes_head=work in (PICTURED, FOLDER)))
            rows[work] = Row(work=work, runs=tuple(found), target=TARGETS.get(work))
        machine = this_machine()
    used = rows[FOLDER].runs[0].report.get("weights", [])
    return EndToEnd(
        machine=machine,
        portrait="/".join(portrait.parts[-2:]),
        load=load,
        aligned=aligned,
        weights=", ".join(str(each["name"]) for each in used) or weights,
        rows=tuple(rows[work] for work in (PICTURED, FOLDER, IMPORT, HELP)),
    )


def _run(command: Sequence[str], environment: Mapping[str, str], *, makes_head: bool) -> Run:
    with tempfile.TemporaryDirectory() as place:
        out, said = Path(place) / "head", Path(place) / "said.txt"
        full = [*command, "--out", str(out)] if makes_head else list(command)
        took = timed(full, environment, said)
        if took.code != 0:
            lines = said.read_text(encoding="utf-8", errors="replace").split("\n")
            last = next((line for line in reversed(lines) if line.strip()), "it said nothing")
            raise Panic3dError(
                f"{' '.join(command[1:])} ended with exit code {took.code}: "
                f"{last.removeprefix('panic3d: ')}"
            )
        peak, report = took.peak_bytes, {}
        if makes_head:
            report = json.loads((out / "report.json").read_text(encoding="utf-8"))
            # Each stage forgets the peak before it, so the system knows of the last one alone.
            peak = max(peak, int(report["peak_bytes"]))
    return Run(seconds=took.seconds, peak_bytes=peak, processor_s=took.processor_s, report=report)
