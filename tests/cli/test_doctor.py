"""The doctor finds what is missing and names the command that mends it."""

import importlib.metadata
import tomllib
from pathlib import Path

import pytest

from panic3d.cli import doctor
from panic3d.cli.main import main

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


def test_the_doctor_knows_exactly_the_core_requirements():
    """Oracle: pyproject.toml."""
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    ours = sorted(f"{need.package}>={need.at_least}" for need in doctor.REQUIREMENTS)
    assert ours == sorted(project["dependencies"])


def test_the_doctor_knows_the_extras_that_commands_need():
    """Oracle: pyproject.toml; `dev` is for work on the package itself."""
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    ours = {(extra, f"{need.package}>={need.at_least}") for need, extra, _ in doctor.OPTIONAL}
    theirs = project["optional-dependencies"]
    assert ours == {(k, need) for k, needs in theirs.items() if k != "dev" for need in needs}


def test_a_sound_install_exits_0_and_names_every_package(capsys):
    assert main(["doctor"]) == 0
    text = capsys.readouterr().out
    assert all(need.package in text for need in doctor.REQUIREMENTS)
    assert "threads" in text


def test_a_missing_package_exits_1_and_comes_with_its_command(capsys, monkeypatch):
    missing = doctor.Requirement("no-such-package", "1.0", "no_such_package")
    monkeypatch.setattr(doctor, "REQUIREMENTS", (missing,))
    assert main(["doctor"]) == 1
    captured = capsys.readouterr()
    assert '-m pip install "no-such-package>=1.0"' in captured.out
    assert "no-such-package missing or too old" in captured.err
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize(
    ("at_least", "module", "words"),
    [("99.0", "numpy", "older than 99.0"), ("1.0", "numpy.no_such_part", "does not load")],
)
def test_an_old_or_broken_package_is_told_apart(at_least, module, words):
    finding = doctor.check_package(doctor.Requirement("numpy", at_least, module))
    assert words in finding.state
    assert finding.mend is not None


def test_the_cpu_build_is_proposed_for_a_missing_torch(monkeypatch):
    def nothing(package):
        raise importlib.metadata.PackageNotFoundError(package)

    monkeypatch.setattr(importlib.metadata, "version", nothing)
    finding = doctor.check_package(doctor.Requirement("torch", "2.6", "torch"))
    assert finding.mend is not None
    assert "whl/cpu" in finding.mend


@pytest.mark.parametrize(
    ("older", "newer"), [("2.6", "2.13.0+cpu"), ("1.26", "2.0.0rc1"), ("0.4.3", "0.4.10")]
)
def test_versions_are_compared_as_numbers(older, newer):
    assert doctor.release(older) < doctor.release(newer)
