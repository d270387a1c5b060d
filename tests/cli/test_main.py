"""The command line's frame: exit codes, one-line errors, and what is not imported."""

import os
import subprocess
import sys
import time
import types
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

import panic3d
from panic3d.cli import main as cli
from panic3d.errors import WeightsError

SOURCE = Path(__file__).parents[2] / "src"


def outcome(error):
    """Return a command that ends with an error."""

    def command(number: int = 1) -> None:
        """Do nothing well.

        Args:
            number: how often.
        """
        raise error

    return command


@pytest.fixture
def install(monkeypatch):
    """Put a command or a group of commands in the place of `panic3d example`."""

    def install(target):
        module = types.ModuleType("example_command", "Examples of commands.")
        module.__dict__["target"] = target
        module.__spec__ = ModuleSpec("example_command", None)
        monkeypatch.setitem(sys.modules, "example_command", module)
        monkeypatch.setitem(cli.COMMANDS, "example", "example_command:target")

    return install


def fresh_python(code):
    """Run code in a new interpreter; return its output and the seconds it says it took."""
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout, time.perf_counter() - started


def test_a_command_that_returns_exits_0(install, capsys):
    def greet(name: str, times: int = 1) -> None:
        """Greet."""
        print(f"{name} {times}")

    install(greet)
    assert cli.main(["example", "--name", "Ada", "--times", "3"]) == 0
    assert capsys.readouterr().out == "Ada 3\n"


def test_an_error_raised_on_purpose_is_one_line_and_exit_1(install, capsys):
    install(outcome(WeightsError("found this,\n  expected that: do something")))
    assert cli.main(["example"]) == 1
    assert capsys.readouterr().err == "panic3d: found this, expected that: do something\n"


def test_an_error_that_quotes_a_foreign_file_is_printed_without_control_characters(install, capsys):
    install(outcome(WeightsError("found \x1b[2J\x9b\u202e" + "a" * 9999)))
    assert cli.main(["example"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("panic3d: found ?[2J??a") and line.isprintable() and len(line) < 2100


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionError(13, "Permission denied", "/out"), "/out: Permission denied"),
        (MemoryError(), "out of memory"),
        (ModuleNotFoundError("No module named 'ray'", name="ray.data"), "the package ray is not"),
    ],
)
def test_what_the_machine_refuses_is_no_bug_of_ours(install, capsys, error, words):
    install(outcome(error))
    assert cli.main(["example"]) == 1
    text = capsys.readouterr().err
    assert words in text
    assert "bug" not in text
    assert text.count("\n") == 1


def test_an_unexpected_error_is_one_line_that_asks_for_a_report(install, capsys, monkeypatch):
    monkeypatch.delenv("PANIC3D_TRACEBACK", raising=False)
    install(outcome(ZeroDivisionError("division by zero")))
    assert cli.main(["example"]) == 1
    text = capsys.readouterr().err
    assert text.startswith("panic3d: ZeroDivisionError: division by zero. This is a bug")
    assert text.count("\n") == 1


def test_the_traceback_is_there_on_request(install, monkeypatch):
    monkeypatch.setenv("PANIC3D_TRACEBACK", "1")
    install(outcome(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        cli.main(["example"])


def test_ctrl_c_is_one_line_and_exit_130(install, capsys):
    install(outcome(KeyboardInterrupt()))
    assert cli.main(["example"]) == 130
    assert capsys.readouterr().err == "panic3d: stopped\n"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["--nonsense"],
        ["example", "--number", "many"],
        ["example", "--nonsense"],
        ["example", "left over"],
    ],
)
def test_bad_arguments_exit_2_and_are_explained_on_stderr(install, capsys, arguments):
    install(outcome(AssertionError("the command must not run")))
    assert cli.main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.err
    assert not captured.out


def test_a_command_without_parameters_needs_no_argument_parser(install, monkeypatch, capsys):
    """So that `panic3d doctor` can say that the parser is missing."""
    monkeypatch.setitem(sys.modules, "tyro", None)
    install(lambda: print("well"))
    assert cli.main(["example"]) == 0
    assert capsys.readouterr().out == "well\n"
    install(outcome(None))
    assert cli.main(["example"]) == 1
    assert "pip install tyro" in capsys.readouterr().err


def test_a_misspelt_command_gets_the_nearest_one(capsys):
    assert cli.main(["weigths"]) == 2
    assert "did you mean weights" in capsys.readouterr().err


def test_help_is_the_docstring(install, capsys):
    install(outcome(None))
    assert cli.main(["example", "--help"]) == 0
    text = capsys.readouterr().out
    assert "Do nothing well." in text
    assert "how often." in text
    assert "panic3d example" in text


def test_a_group_lists_its_commands(install, capsys):
    install({"one": outcome(None), "two": outcome(None)})
    assert cli.main(["example", "--help"]) == 0
    text = capsys.readouterr().out
    assert "Examples of commands." in text
    assert "one  Do nothing well." in text
    assert cli.main(["example"]) == 2
    assert cli.main(["example", "three"]) == 2
    assert "choose from one, two" in capsys.readouterr().err
    assert cli.main(["example", "two", "--help"]) == 0


@pytest.mark.parametrize("name", sorted(cli.COMMANDS))
def test_every_command_has_help_and_a_summary(name, capsys):
    assert cli.main([name, "--help"]) == 0
    assert f"panic3d {name}" in capsys.readouterr().out
    summary = cli._summary(cli.COMMANDS[name])
    assert summary.endswith("."), f"the first line of {cli.COMMANDS[name]} is {summary!r}"


def test_version(capsys):
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"panic3d {panic3d.__version__}\n"


def test_a_closed_pipe_is_no_error():
    """As in `panic3d --help | head -0`: the reader is gone before we write."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = subprocess.run(
        [sys.executable, "-m", "panic3d.cli.main", "--help"],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        stdout=write_end,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(write_end)
    assert (done.returncode, done.stderr) == (0, "")


HEAVY = "sorted({'torch', 'numpy', 'PIL', 'skimage', 'tyro'} & set(sys.modules))"


def test_import_is_quick_and_imports_nothing_heavy():
    """0.3 s is the promise, on an idle machine; a busy one gets twice that."""
    output, seconds = fresh_python(f"import panic3d, sys; print({HEAVY})")
    assert output == "[]\n"
    assert seconds < 0.6


def test_help_is_quick_and_imports_nothing_heavy():
    """0.5 s is the promise, on an idle machine; a busy one gets twice that."""
    output, seconds = fresh_python(
        f"import sys\nfrom panic3d.cli.main import main\nmain(['--help'])\nprint({HEAVY})"
    )
    assert output.endswith("[]\n")
    assert all(name in output for name in cli.COMMANDS)
    assert seconds < 1.0


def test_an_unknown_name_of_the_package_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nonsense"):
        _ = panic3d.nonsense
