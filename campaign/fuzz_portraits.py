"""Mutated portraits through ``panic3d reconstruct``: a complete folder, or one line that says why.

Files are cut, flipped bit by bit, of another type, promise far too much, have no pixels, or are of
every unusual kind; some marks, mattes and landmarks are odd. Most go up to the aligned picture,
every tenth is the whole job. All run in a watched process, through the command line's own `main`.
``python -m campaign.fuzz_portraits`` runs what is left of all and writes how they ended into
``docs/reliability.md``; ``--case N --out DIR`` does one again, and leaves file and folder in DIR.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

from campaign import SEEDS, STATE
from campaign._portrait_counts import write_counts
from campaign._portrait_files import (
    Mutated,
    is_whole,
    mutated,
    odd_landmarks,
    odd_marks,
    odd_matte,
)
from campaign._portrait_folders import check_complete, check_each, files_of
from campaign._portrait_networks import BUNDLED, untrained_networks
from panic3d.cli.main import main as panic3d
from panic3d.work.jobs import run_tasks
from panic3d.work.peak_memory import PeakMemory

CASES = 5
"""Of 100 seeds: 500 files."""

PROCESSOR_S, WHOLE_PROCESSOR_S = 30.0, 60.0
"""Up to the aligned picture, and the whole job with one thread. Of the processor, since a machine
that does other things too takes any time by the clock; what does nothing is found by that."""
HANGS_S = 180.0
MEMORY_BYTES = 2_000_000_000

_UNSEEN = (DeprecationWarning, PendingDeprecationWarning, ImportWarning)

_ENDINGS = STATE.parent / "fuzz_portraits.json"


class Ending(NamedTuple):
    """What became of one file."""

    number: int
    kind: str
    way: str
    """How the face is found: marks, landmarks, found, aligned."""
    whole: bool
    made: bool
    """A complete folder, else an error in one line."""
    said: str
    """That line."""
    wrong: str
    """What must not be; empty if nothing is."""
    seconds: float
    processor_s: float
    peak_bytes: int


def _tester() -> Callable[[int], Ending]:
    """Return what does a case by its number; its process keeps nothing of one for the next."""
    from panic3d.pipeline import job  # noqa: F401  # what is imported takes no time of a case

    place = tempfile.TemporaryDirectory()
    networks = untrained_networks(Path(place.name) / "networks")
    os.environ["PANIC3D_HOME"] = place.name  # no weights of whoever runs this
    os.environ.pop("PANIC3D_TRACEBACK", None)

    def test(number: int) -> Ending:
        with tempfile.TemporaryDirectory(dir=place.name) as folder:
            return do_case(number, Path(folder), networks)

    return test


def do_case(number: int, folder: Path, networks: Path) -> Ending:
    """Run one case in this process.

    Args:
        number: of the case.
        folder: an empty one, which gets the file and ``head``.
        networks: a folder of weights that prepare portraits, where none are bundled.
    """
    case = mutated(number)
    way, arguments = _command(number, case, folder, networks)
    out = folder / "head"
    memory = PeakMemory()
    memory.restart()
    start, processor = time.monotonic(), time.process_time()
    with _captured(folder) as said:
        code = panic3d(arguments)
    seconds, processor = time.monotonic() - start, time.process_time() - processor
    peak = memory.read()
    wrong = ""
    try:
        if code == 0:
            assert not said["stderr"], f"it made a folder and complained: {said['stderr']}"
            check_complete(out, whole=is_whole(number), prepared=way != "aligned")
        else:
            assert code == 1, f"exit code {code}: {said['stderr']}"
            _check_line(said["stderr"])
            assert "report.json" not in files_of(out), "a report, and no head"
            check_each(out)
        limit = WHOLE_PROCESSOR_S if is_whole(number) else PROCESSOR_S
        assert processor <= limit, f"it took {processor:.1f} s of the processor"
        assert peak <= MEMORY_BYTES, f"it took {peak / 1e9:.2f} GB"
    except AssertionError as error:
        wrong = str(error)
    line = said["stderr"].replace(str(folder), "").strip()
    return Ending(
        number, case.kind, way, is_whole(number), code == 0, line, wrong, seconds, processor, peak
    )


def _check_line(said: str) -> None:
    lines = said.splitlines()
    assert len(lines) == 1 and lines[0].startswith("panic3d: "), f"not one line: {said!r}"
    assert "Traceback" not in said and "bug" not in said, said
    assert 40 < len(lines[0]) <= 2100 and lines[0].isprintable(), f"no sentence: {said!r}"


def _command(number: int, case: Mutated, folder: Path, networks: Path) -> tuple[str, list[str]]:
    """Write the file; return how its face is found, and the arguments."""
    chance, whole = case.chance, is_whole(number)
    path = folder / case.name
    path.write_bytes(case.data)
    arguments = ["reconstruct", str(path), "--out", str(folder / "head"), "--device", "cpu"]
    if not whole:
        arguments += ["--stop-after", "aligned"]
    if chance.random() < 0.1:
        matte = folder / "matte.png"
        matte.write_bytes(odd_matte(chance, case.data))
        arguments += ["--matte", str(matte)]
    if case.aligned:
        return "aligned", [*arguments, "--aligned"]
    if not BUNDLED:
        arguments += ["--prepare-weights", str(networks)]
    draw = chance.random()
    if draw < 0.05:
        landmarks = folder / "landmarks.json"
        landmarks.write_bytes(odd_landmarks(chance))
        return "landmarks", [*arguments, "--landmarks", str(landmarks)]
    if draw < (0.9 if BUNDLED else 0.2):
        return "found", arguments
    one, two, chin = case.marks
    eyes, tip = f"{one[0]},{one[1]},{two[0]},{two[1]}", f"{chin[0]},{chin[1]}"
    if chance.random() < 0.1:
        eyes, tip = odd_marks(chance)
    return "marks", [*arguments, f"--eyes={eyes}", f"--chin={tip}"]


@contextmanager
def _captured(folder: Path) -> Iterator[dict[str, str]]:
    """Catch what is printed, by C libraries too, and by warnings that were shown before."""
    said: dict[str, str] = {}
    names = {"stdout": 1, "stderr": 2}
    files = {name: (folder / f"{name}.txt").open("a", encoding="utf-8") for name in names}
    sys.stdout.flush()
    sys.stderr.flush()
    kept = {name: os.dup(number) for name, number in names.items()}
    for name, number in names.items():
        os.dup2(files[name].fileno(), number)
    try:
        with redirect_stdout(files["stdout"]), redirect_stderr(files["stderr"]):
            with warnings.catch_warnings(record=True) as shown:
                warnings.simplefilter("always")
                yield said
            for each in shown:  # those that Python shows by itself
                if not issubclass(each.category, _UNSEEN):
                    sys.stderr.write(f"{each.filename}:{each.lineno}: {each.message}\n")
    finally:
        for name, number in names.items():
            os.dup2(kept[name], number)
            os.close(kept[name])
            files[name].close()
            said[name] = Path(files[name].name).read_text(encoding="utf-8", errors="replace")


def endings(numbers: Sequence[int]) -> Iterator[Ending]:
    """Do cases in a process of their own; those that end or hang it have that as their fault."""
    for done in run_tasks(_tester, numbers, apart=True, timeout_s=HANGS_S):
        if done.result is not None:
            yield done.result
            continue
        kind, whole = mutated(done.task).kind, is_whole(done.task)
        why = done.failure or "nothing came back"
        yield Ending(done.task, kind, "", whole, False, "", why, 0.0, 0.0, 0)


def run(seed: int, cases: int) -> None:
    """Do the cases of one seed.

    Raises:
        AssertionError: one ended in another way than a complete folder or a line that says why.
    """
    for ending in endings(range(seed * cases, (seed + 1) * cases)):
        assert not ending.wrong, f"case {ending.number} ({ending.kind}): {ending.wrong}"


def read_endings(path: Path = _ENDINGS) -> dict[int, Ending]:
    """Return what an earlier run found, by number."""
    if not path.exists():
        return {}
    return {row[0]: Ending(*row) for row in json.loads(path.read_text(encoding="utf-8"))}


def _write_endings(found: dict[int, Ending], path: Path = _ENDINGS) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    temporary.write_text(json.dumps([found[number] for number in sorted(found)], indent=0))
    os.replace(temporary, path)


def main(argv: Sequence[str] | None = None) -> int:
    """Run all cases that have not ended well, write the counts, and say which are wrong."""
    parser = argparse.ArgumentParser(prog="python -m campaign.fuzz_portraits")
    parser.add_argument("--case", type=int, help="do this one alone")
    parser.add_argument("--out", type=Path, help="leave its file and its folder there")
    parser.add_argument("--fresh", action="store_true", help="forget what an earlier run found")
    options = parser.parse_args(argv)
    if options.case is not None:
        folder = options.out or Path(tempfile.mkdtemp())
        folder.mkdir(parents=True, exist_ok=True)
        os.environ["PANIC3D_HOME"] = str(folder)
        ending = do_case(options.case, folder, untrained_networks(folder / "networks"))
        print(*(f"{name}: {value}" for name, value in ending._asdict().items()), sep="\n")
        return int(bool(ending.wrong))
    found = {} if options.fresh else read_endings()
    left = [k for k in range(SEEDS * CASES) if k not in found or found[k].wrong]
    random.Random(0).shuffle(left)  # so that what takes long is spread
    try:
        for count, ending in enumerate(endings(left), 1):
            found[ending.number] = ending
            _write_endings(found)
            state = "WRONG " + ending.wrong if ending.wrong else ending.said or "a folder"
            print(f"{count}/{len(left)}: {ending.number}, {ending.kind}: {state}", flush=True)
    except KeyboardInterrupt:
        print("stopped; the same command continues", file=sys.stderr)
        return 130
    wrong = [ending for ending in found.values() if ending.wrong]
    print(f"{len(found)} files; {write_counts(list(found.values()))} is written")
    for ending in wrong:
        print(f"case {ending.number}, {ending.kind}: {ending.wrong}")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
