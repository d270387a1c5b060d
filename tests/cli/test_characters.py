"""``panic3d characters make`` as a person runs it."""

import hashlib
import json

import pytest

from panic3d.cli.main import main

pytestmark = pytest.mark.usefixtures("rasteriser")

SMALL = ("--views", "sides", "--pictures", "colour", "--size", "32", "--workers", "1")


def make(out, *words):
    return main(["characters", "make", "--out", str(out), *SMALL, *words])


def test_one_command_makes_characters_and_says_where(tmp_path, capsys):
    assert make(tmp_path, "--count", "2", "--seed", "4") == 0
    root = tmp_path / "renders" / "made"
    (said,) = capsys.readouterr().out.splitlines()[-1:]
    assert said.startswith(str(root)) and "2 made, 12 files; 0 were there, 0 failed" in said
    assert len((root / "made_characters.jsonl").read_text().splitlines()) == 2
    assert json.loads((root / "LICENCES.json").read_text())["assets"][0]["licence"] == "CC0-1.0"
    assert make(tmp_path, "--count", "2", "--seed", "4") == 0
    assert "0 made, 0 files; 2 were there" in capsys.readouterr().out


def test_any_number_of_workers_gives_the_same_bytes_of_real_characters(tmp_path):
    found = []
    for workers in ("1", "3"):
        out = tmp_path / workers
        assert (
            make(out, "--count", "3", "--save-vrm", "--layout", "shards", "--workers", workers) == 0
        )
        found.append({p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in out.rglob("*.*")})
    assert found[0] == found[1] and any(name.endswith(".tar") for name in found[0])


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--kind", "remixed"), "--sources"),
        (("--kind", "both", "--sources", "nowhere"), "nowhere"),
        (("--views", "inside"), "inside"),
        (("--pictures", ","), "--pictures"),
        (("--set", "a/b"), "a/b"),
        (("--illustrations", "-1"), "illustrations"),
        (("--views", "rgb", "--sheet"), "sides"),
    ],
)
def test_what_cannot_be_made_is_said_in_one_line(tmp_path, capsys, words, expected):
    assert make(tmp_path, "--count", "1", *words) == 1
    error = capsys.readouterr().err
    assert expected in error and error.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_numbers_that_are_none_are_bad_arguments(tmp_path):
    assert make(tmp_path, "--count", "many") == 2
    assert main(["characters", "make"]) == 2


def test_characters_are_remixed_from_a_folder_of_models(tmp_path, shared_models):
    sources = shared_models[0].parent
    words = ("--count", "2", "--kind", "both", "--sources", str(sources), "--sheet")
    assert make(tmp_path, *words) == 0
    root = tmp_path / "renders" / "made"
    lines = [json.loads(line) for line in (root / "made_characters.jsonl").read_text().splitlines()]
    assert [line["kind"] for line in lines] == ["procedural", "remixed"]
    licences = {
        row["licence"] for row in json.loads((root / "LICENCES.json").read_text())["assets"]
    }
    assert licences <= {"CC0-1.0", "CC-BY-4.0"}
    assert (root / "sheet_remixed.jpg").is_file()
