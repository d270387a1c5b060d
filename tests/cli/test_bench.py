"""`panic3d bench --end-to-end`, with a program in place of ours of known time and memory."""

import json
import os
import sys

import pytest

from panic3d.cli import end_to_end
from panic3d.cli.end_to_end import FOLDER, HELP, IMPORT, PICTURED, Row, Run, Target
from panic3d.cli.main import main

PROGRAM = """
import json, sys, time
from pathlib import Path

arguments = sys.argv[1:]
if arguments == ["--help"]:
    sys.exit(print("help"))
if "--weights" in arguments and "broken" in arguments:
    print("warning: something", file=sys.stderr)
    sys.exit("panic3d: there are no such weights")
whole = "--stop-after" not in arguments
block = bytearray(b"x") * (150_000_000 if whole else 50_000_000)
time.sleep(0.4 if whole else 0.2)
out = Path(arguments[arguments.index("--out") + 1])
out.mkdir(parents=True)
stages = [{"stage": "field", "seconds": 0.05, "peak_bytes": 10_000_000}]
stages += [{"stage": "views", "seconds": 0.25, "peak_bytes": 900_000_000}] * whole
weights = [{"network": "reconstructor", "name": "known", "sha256": None}]
report = {"stages": stages, "seconds": sum(each["seconds"] for each in stages)}
report |= {"peak_bytes": max(each["peak_bytes"] for each in stages), "weights": weights}
report["arguments"] = arguments
(out / "report.json").write_text(json.dumps(report))
"""


@pytest.fixture
def program(tmp_path, monkeypatch):
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    monkeypatch.setattr(end_to_end, "PROGRAM", (sys.executable, str(path)))
    return path


def run(*arguments):
    return main(["bench", "--end-to-end", "--portrait", "a.png", "--runs", "2", *arguments])


def test_each_command_is_timed_in_a_process_of_its_own(program, tmp_path, capsys):
    """Oracle: how long the program sleeps, and what it fills."""
    path = tmp_path / "deep" / "found.json"
    assert run("--json", str(path)) == 0
    found = json.loads(path.read_text())
    work = {row["work"]: row for row in found["work"]}
    assert set(work) == {PICTURED, FOLDER, IMPORT, HELP}
    assert 0.2 <= work[PICTURED]["seconds"] < work[FOLDER]["seconds"]
    assert work[FOLDER]["seconds"] >= 0.4
    assert all(len(row["runs"]) == 2 for row in work.values())
    # Of the process itself in one, of what its report says in the other, where that is more.
    if hasattr(os, "wait4"):
        assert work[PICTURED]["peak_bytes"] >= 50_000_000
    assert work[FOLDER]["peak_bytes"] >= 900_000_000
    stages = {each["stage"]: each for each in work[FOLDER]["stages"]}
    assert list(stages) == ["start, imports", "field", "views"]
    assert stages["views"]["peak_bytes"] == 900_000_000
    total = sum(each["seconds"] for each in stages.values())
    assert total == pytest.approx(work[FOLDER]["seconds"], abs=0.01)
    assert found["weights"] == "known" and found["machine"]["cores"] >= 1
    text = capsys.readouterr().out
    assert found["machine"]["processor"] in text and "median of 2 runs" in text
    line, _ = [line for line in text.splitlines() if line.startswith(PICTURED)]
    assert line.split()[-5] == "10.0" and line.endswith("2.0 met")
    if hasattr(os, "wait4"):
        assert 0 < work[PICTURED]["processor_s"] < 10  # it sleeps more than it works


def test_the_options_reach_the_command(program, monkeypatch):
    reports = []
    genuine = end_to_end._run

    def kept(command, environment, *, makes_head):
        found = genuine(command, environment, makes_head=makes_head)
        reports.append((found.report.get("arguments"), environment))
        return found

    monkeypatch.setattr(end_to_end, "_run", kept)
    assert run("--no-aligned", "--weights", "random", "--threads", "1", "--runs", "1") == 0
    arguments = [each for each, _ in reports if each]
    assert len(arguments) == 2 and all("--aligned" not in each for each in arguments)
    assert all(each[each.index("--weights") + 1] == "random" for each in arguments)
    assert reports[0][1]["OMP_NUM_THREADS"] == "1"


def test_a_command_that_fails_is_said_in_its_own_words(program, capsys):
    assert run("--weights", "broken") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("ended with exit code 1: there are no such weights")


def test_an_installed_package_needs_a_portrait(program, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(end_to_end, "EXAMPLE", tmp_path / "examples" / "portrait.png")
    assert main(["bench", "--end-to-end"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "--portrait FILE" in line and "not of an installed package" in line


def test_a_clone_has_the_example(program):
    assert end_to_end.example_portrait().name == "portrait.png"


@pytest.mark.parametrize("more", [["--runs", "0"], ["--threads", "-1"]])
def test_no_runs_are_none(more, program, capsys):
    assert run(*more) == 1
    assert "expected at least 1 and at least 0" in capsys.readouterr().err


def test_a_target_is_of_time_and_of_memory():
    def met(seconds, peak_bytes):
        runs = tuple(Run(seconds=each, peak_bytes=peak_bytes) for each in seconds)
        return Row(work="x", runs=runs, target=Target(seconds=1.0, peak_bytes=2e9)).met

    assert met((9.0, 0.9, 0.8), 1_900_000_000)
    assert not met((9.0, 1.1, 0.8), 1_900_000_000)
    assert not met((0.5,), 2_100_000_000)
    assert Row(work="x", runs=(Run(seconds=1.0, peak_bytes=1),), target=None).met is None
