"""The ``panic3d`` command: finds the command that was asked for, runs it, reports in one line.

A command is a typed function whose help is its docstring. Only its own module is imported, so
``panic3d --help`` needs neither torch nor any other command.
"""

from __future__ import annotations

import importlib
import inspect
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType

import panic3d
from panic3d.cli.failures import bug, known_failure
from panic3d.cli.text import printable
from panic3d.errors import MissingDependencyError

COMMANDS = {
    "reconstruct": "panic3d.cli.reconstruct:reconstruct",
    "prepare": "panic3d.cli.prepare:prepare",
    "render": "panic3d.cli.render:render",
    "characters": "panic3d.cli.characters:COMMANDS",
    "train": "panic3d.cli.train:COMMANDS",
    "evaluate": "panic3d.cli.evaluate:evaluate",
    "benchmark": "panic3d.cli.benchmark:COMMANDS",
    "weights": "panic3d.cli.weights:COMMANDS",
    "bench": "panic3d.cli.bench:bench",
    "doctor": "panic3d.cli.doctor:doctor",
}
"""Name to ``module:attribute``: a function, or a dictionary of functions for a group."""

EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_STOPPED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return the exit code.

    Args:
        argv: arguments after the program's name; those of the process if absent.

    Returns:
        0 on success, 1 with one line on stderr for a failure, 2 for bad arguments, 130 if stopped.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        _run(arguments)
        sys.stdout.flush()
        return EXIT_OK
    except SystemExit as end:  # the argument parser: 0 after help, 2 after bad arguments
        return end.code if isinstance(end.code, int) else EXIT_OK if end.code is None else 1
    except KeyboardInterrupt:
        return _say("stopped", EXIT_STOPPED)
    except BrokenPipeError:
        # The reader of our output is gone, as in `panic3d weights list | head -1`. What is
        # still buffered would raise again when the interpreter closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_OK
    except Exception as error:
        known = known_failure(error)
        if known is None and os.environ.get("PANIC3D_TRACEBACK") == "1":
            raise
        return _say(known or bug(error))


def _run(arguments: list[str]) -> None:
    name = arguments[0] if arguments else None
    if name in ("-h", "--help"):
        print(_help_all())
    elif name == "--version":
        print(f"panic3d {panic3d.__version__}")
    elif name is None:
        raise SystemExit(_say(_help_all(), EXIT_USAGE, prefix=""))
    elif name not in COMMANDS:
        raise SystemExit(_say(_no_command("panic3d", name, COMMANDS), EXIT_USAGE))
    else:
        module_name, _, attribute = COMMANDS[name].partition(":")
        module = importlib.import_module(module_name)
        target = getattr(module, attribute)
        if isinstance(target, Mapping):
            _run_group(f"panic3d {name}", module, target, arguments[1:])
        else:
            _call(f"panic3d {name}", target, arguments[1:])


def _run_group(
    program: str, module: ModuleType, group: Mapping[str, Callable[..., None]], rest: list[str]
) -> None:
    rows = {name: _first_line(function.__doc__) for name, function in group.items()}
    text = _help(program, _first_line(module.__doc__), rows)
    if not rest:
        raise SystemExit(_say(text, EXIT_USAGE, prefix=""))
    if rest[0] in ("-h", "--help"):
        print(text)
    elif rest[0] not in group:
        raise SystemExit(_say(_no_command(program, rest[0], group), EXIT_USAGE))
    else:
        _call(f"{program} {rest[0]}", group[rest[0]], rest[1:])


def _call(program: str, function: Callable[..., None], arguments: list[str]) -> None:
    if not arguments and not inspect.signature(function).parameters:
        return function()  # nothing to read; `panic3d doctor` must run even where tyro is missing
    try:
        import tyro
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            "tyro, which reads the arguments, is not installed: run pip install tyro"
        ) from error
    tyro.cli(function, prog=program, args=arguments)


def _say(text: str, code: int = EXIT_FAILED, prefix: str = "panic3d: ") -> int:
    """Write to stderr, with a prefix on one line, and hand the exit code back."""
    # Messages quote files; what is printable and short is no matter of each of them.
    print(prefix + printable(" ".join(text.split())) if prefix else text, file=sys.stderr)
    return code


def _first_line(docstring: str | None) -> str:
    return (docstring or "").strip().partition("\n")[0]


def _summary(target: str) -> str:
    """Return the first docstring line of a command by parsing its file, without importing it."""
    import ast
    import importlib.util
    from pathlib import Path

    module_name, _, attribute = target.partition(":")
    spec = importlib.util.find_spec(module_name)
    if spec is None or spec.origin is None or not Path(spec.origin).is_file():
        return ""
    tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == attribute:
            return _first_line(ast.get_docstring(node))
    return _first_line(ast.get_docstring(tree))


def _help_all() -> str:
    rows = {name: _summary(target) for name, target in COMMANDS.items()}
    text = _help("panic3d", _first_line(panic3d.__doc__), rows)
    return f"{text}\n\npanic3d --version prints the version."


def _help(program: str, about: str, rows: Mapping[str, str]) -> str:
    width = max(map(len, rows))
    lines = [f"  {name:<{width}}  {summary}".rstrip() for name, summary in rows.items()]
    return "\n".join(
        [
            f"usage: {program} COMMAND ...",
            "",
            about,
            "",
            "commands:",
            *lines,
            "",
            f"{program} COMMAND --help says more.",
        ]
    )


def _no_command(program: str, name: str, known: Mapping[str, object]) -> str:
    import difflib

    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}" if near else f"choose from {', '.join(known)}"
    return f"no command {name!r}: {hint} ({program} --help says more)"


if __name__ == "__main__":
    sys.exit(main())
