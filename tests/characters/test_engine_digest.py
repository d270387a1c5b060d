"""Which files a change of which makes another engine of characters."""

import shutil
from pathlib import Path

import pytest

from panic3d.characters.make import engines
from panic3d.characters.make.reached import reached
from tests.documents import ROOT


@pytest.fixture
def package(tmp_path, monkeypatch) -> Path:
    """A copy of the package's source, of which the digest is taken."""
    copy = tmp_path / "panic3d"
    ignored = shutil.ignore_patterns("__pycache__", "bundled", "*.json", "viewer_page")
    shutil.copytree(ROOT / "src" / "panic3d", copy, ignore=ignored)
    monkeypatch.setattr(engines, "__file__", str(copy / "characters" / "make" / "engines.py"))
    return copy


def digest() -> str:
    return engines.engine_sha256("procedural", None)


def test_files_that_nobody_of_them_imports_move_nothing(package):
    """Oracle: a new file beside those that are used, and one of geometry that only others use."""
    before = digest()
    (package / "geometry" / "brand_new.py").write_text('"""Something of geometry."""\n')
    (package / "formats" / "brand_new.py").write_text('"""A format."""\n')
    for name in ("geometry/atlas.py", "formats/head_glb.py", "render/volume.py", "files.py"):
        with (package / name).open("a") as file:
            file.write("# a word\n")
    assert digest() == before


@pytest.mark.parametrize(
    "name",
    [
        "characters/procedural.py",
        "geometry/posing.py",
        "render/shaders.py",
        "formats/accessors.py",
        "formats/__init__.py",
    ],
)
def test_files_that_are_used_however_indirectly_move_it(package, name):
    before = digest()
    with (package / name).open("a") as file:
        file.write("# a word\n")
    assert digest() != before


def test_a_file_counts_from_the_moment_it_is_imported(package):
    new = package / "geometry" / "brand_new.py"
    new.write_text("SIZE = 1\n")
    with (package / "geometry" / "posing.py").open("a") as file:
        file.write("def late() -> int:\n    from .brand_new import SIZE\n\n    return SIZE\n")
    before = digest()
    new.write_text("SIZE = 2\n")
    assert digest() != before


def test_all_ways_to_import_are_followed_and_type_checkers_ones_are_not(tmp_path):
    """Oracle: written by hand, a file for each way."""
    files = {
        "__init__.py": "",
        "a.py": "import pkg.b\nfrom pkg import c\nfrom . import sub\n"
        "import typing\nif typing.TYPE_CHECKING:\n    import pkg.never\nelse:\n    import pkg.d\n",
        "b.py": "def f():\n    from .sub.deep import g\n    from os import path\n",
        "c.py": "from pkg.a import nothing\n",
        "d.py": "",
        "never.py": "",
        "other.py": "import pkg.a\n",
        "sub/__init__.py": "",
        "sub/deep.py": "from ..e import x\n",
        "e.py": "",
    }
    for name, text in files.items():
        path = tmp_path / "pkg" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    found = reached(tmp_path / "pkg", [tmp_path / "pkg" / "a.py"])
    names = {path.relative_to(tmp_path / "pkg").as_posix() for path in found}
    assert names == set(files) - {"never.py", "other.py"}
