"""Which way imports run: down the list of layers, never up, never sideways."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "panic3d"

# Top to bottom. A name may import from lower rows and from itself. `errors` is below all others
# since every row raises; `config` and `checks` turn bad values
# into those errors, and `files` what goes wrong in writing.
ROWS: tuple[tuple[str, ...], ...] = (
    ("cli",),
    ("bench",),
    ("recipes", "serve"),
    ("train", "evaluate"),
    ("pipeline", "characters", "data"),
    ("weights", "formats"),
    ("models", "baselines"),
    ("render",),
    ("ops", "geometry"),
    ("image", "work"),
    ("checks", "config", "files", "picture_files"),
    ("errors",),
)
HEIGHT = {name: -row for row, names in enumerate(ROWS) for name in names}


class Import(NamedTuple):
    """One import statement, wherever it stands in a file."""

    module: str
    line: int


def module_name(path: Path) -> str:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(text: str, module: str, is_package: bool = False) -> Iterator[Import]:
    package = module.split(".") if is_package else module.split(".")[:-1]
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            start = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                # `from panic3d import render` names a layer just as `from panic3d.render import x`.
                yield Import(f"{start}.{alias.name}", node.lineno)


def broken_rules(text: str, module: str, is_package: bool = False) -> list[str]:
    """Say which imports of a module run up or sideways."""
    parts = module.split(".")
    if len(parts) == 1:
        return []  # the package's own __init__ hands out names from above, on demand
    layer = parts[1]
    if layer not in HEIGHT:
        return [f"{module} is in no layer: add {layer!r} to ROWS"]
    found = []
    for imported in imports(text, module, is_package):
        names = imported.module.split(".")
        if names[0] != "panic3d" or len(names) == 1:
            continue
        target = names[1]
        if target not in HEIGHT:
            if layer == "cli":  # panic3d.__version__ and the public names
                continue
            found.append(f"{module}:{imported.line} imports {target!r} from the package's top")
        elif target != layer and HEIGHT[target] >= HEIGHT[layer]:
            found.append(f"{module}:{imported.line} imports {target}, which is not below {layer}")
    return found


def source_files() -> list[Path]:
    files = sorted(SOURCE.rglob("*.py"))
    assert files, f"no source under {SOURCE}"
    return files


def test_imports_run_down_the_list():
    broken = [
        rule
        for path in source_files()
        for rule in broken_rules(
            path.read_text(encoding="utf-8"), module_name(path), path.name == "__init__.py"
        )
    ]
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("panic3d.ops.bias_act", "import panic3d.models.generator"),
        ("panic3d.ops.bias_act", "from panic3d import geometry"),
        ("panic3d.render.volume", "def f():\n    from ..models import generator"),
        ("panic3d.weights.store", "from panic3d.formats.ply import read"),
        ("panic3d.errors", "from panic3d.checks import check_shape"),
        ("panic3d.pipeline.paste", "from panic3d.cli import main"),
        ("panic3d.models.generator", "from panic3d import __version__"),
        ("panic3d.utils", "import math"),
    ],
)
def test_an_import_that_runs_up_or_sideways_is_found(module, text):
    assert broken_rules(text, module)


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("panic3d.cli.main", "import panic3d\nfrom panic3d.errors import Panic3dError"),
        (
            "panic3d.models.generator",
            "from . import conditioning\nfrom panic3d.ops import bias_act",
        ),
        ("panic3d.ops.bias_act", "import torch\nfrom panic3d.errors import ShapeError"),
    ],
)
def test_an_import_that_runs_down_is_not(module, text):
    assert not broken_rules(text, module)


def test_the_package_imports_no_torchvision():
    """The core install has none, and its compiled operators would tie us to one torch."""
    found = [
        f"{module_name(path)}:{imported.line}"
        for path in source_files()
        for imported in imports(path.read_text(encoding="utf-8"), module_name(path))
        if imported.module.split(".")[0] == "torchvision"
    ]
    assert not found


def test_only_the_command_line_prints():
    found = [
        f"{module_name(path)}:{node.lineno}"
        for path in source_files()
        if path.relative_to(SOURCE).parts[0] != "cli"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    ]
    assert not found, "hand the text to the caller instead"
