"""``panic3d render`` as a person runs it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from campaign._gltf_files import figure_build, triangle_build
from panic3d.cli.main import main

pytestmark = pytest.mark.usefixtures("rasteriser")


@pytest.fixture
def cube(tmp_path) -> Path:
    path = tmp_path / "cube.vrm"
    path.write_bytes(figure_build().packed())
    return path


def test_one_command_draws_every_kind_of_picture_and_says_where(cube, tmp_path, capsys):
    assert main(["render", str(cube), "--out", str(tmp_path / "o"), "--size", "32"]) == 0
    root = tmp_path / "o" / "renders" / "open"
    kinds = {path.name for path in root.iterdir() if path.is_dir() and path.name[0] != "_"}
    assert kinds == {"ortho", "ortho_xyza", "ortho_alpha", "ortho_depth"}
    assert "1 models drawn, 20 files" in capsys.readouterr().out
    assert len(json.loads((root / "open_meta.json").read_text())) == 20


def test_options_reach_the_pictures(cube, tmp_path):
    def front(*options):
        out = tmp_path / str(len(list(tmp_path.iterdir())))
        arguments = ["render", str(cube), "--out", str(out), "--size", "64", "--pictures", "colour"]
        assert main([*arguments, *options]) == 0
        return next(out.glob("renders/*/ortho/*/cube/front.png")).read_bytes()

    plain = front()
    assert front() == plain
    for options in (
        ("--head", "40,0,0"),
        ("--expression", "blink=1"),
        ("--expression", "Surprised"),
        ("--box", "0.5"),
    ):
        assert front(*options) != plain, options


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--views", "ortho,rgb61"), "rgb61"),
        (("--pictures", "smell"), "smell"),
        (("--arms", "down"), "--arms"),
        (("--head", "1,2"), "--head"),
        (("--expression", "blink=x"), "--expression"),
        (("--expression", "smirk"), "no expression"),
        (("--set", "../x"), "folder"),
        (("--mode", "paper", "--pictures", "depth"), "depth"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(cube, tmp_path, capsys, options, words):
    assert main(["render", str(cube), "--out", str(tmp_path / "o"), *options]) == 1
    error = capsys.readouterr().err
    assert words in error and error.count("\n") == 1


def test_a_bad_model_fails_and_the_others_are_drawn(cube, tmp_path, capsys):
    (tmp_path / "bad.vrm").write_bytes(b"nothing")
    arguments = ["render", str(tmp_path), "--out", str(tmp_path / "o"), "--size", "32"]
    assert main([*arguments, "--workers", "1"]) == 1
    captured = capsys.readouterr()
    assert "not-gltf" in captured.out and "1 of 2 models failed" in captured.err


def test_a_plain_glb_is_drawn_around_a_point(tmp_path, capsys):
    path = tmp_path / "plain.glb"
    path.write_bytes(triangle_build().packed())
    arguments = ["render", str(path), "--out", str(tmp_path / "o"), "--size", "32"]
    assert main(arguments) == 1
    assert "--origin" in capsys.readouterr().err
    assert main([*arguments, "--origin", "0.2,0.2,0"]) == 0


def test_the_command_does_without_torch(cube, tmp_path):
    code = (
        "import sys; from panic3d.cli.main import main; "
        f"assert main(['render', {str(cube)!r}, '--out', {str(tmp_path / 'o')!r}, "
        "'--size', '32']) == 0; assert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
