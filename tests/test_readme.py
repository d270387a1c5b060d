"""What the README tells people to type does what it says."""

import re
import shlex
import shutil

import pytest

from tests.documents import ROOT, blocks, run

README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands():
    """Return every `panic3d reconstruct` command of the README, line continuations joined."""
    lines = "".join(blocks(README, "bash")).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.startswith("panic3d reconstruct")]


@pytest.fixture
def desk(tmp_path):
    """A folder that holds the examples and nothing else, as the commands expect."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    return tmp_path


def test_the_command_makes_a_head(desk):
    (command,) = commands()
    program, *arguments = shlex.split(command)
    assert program == "panic3d"
    run(["-m", "panic3d.cli.main", *arguments], desk)
    out = desk / arguments[arguments.index("--out") + 1]
    assert any(out.iterdir())


def test_the_five_lines_of_python_write_what_they_say(desk):
    (code,) = blocks(README, "python")
    run(["-c", code], desk)
    for name in re.findall(r'save\("(.+?)"\)', code):
        assert (desk / name).stat().st_size > 0


def test_the_pictures_and_the_linked_files_exist():
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", README)
    missing = [link for link in links if "://" not in link and not (ROOT / link).exists()]
    assert not missing
