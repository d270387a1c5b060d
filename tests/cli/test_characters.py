"""``panic3d characters make`` as a person runs it."""

import hashlib
import json

import numpy as np
import pytest
from PIL import Image

from panic3d.characters.saved import to_save
from panic3d.cli.main import main
from panic3d.formats.vrm_write import write_vrm
from tests.characters.fakes import FAMILIES, make_fake

pytestmark = pytest.mark.usefixtures("rasteriser")

SMALL = ("--views", "sides", "--pictures", "colour", "--size", "32", "--workers", "1")


@pytest.fixture(autouse=True)
def _fixed_engine(monkeypatch):
    """Somebody may be working on the engine while the tests run."""
    monkeypatch.setattr("panic3d.characters.make.plan.engine_sha256", lambda *words: "0" * 64)


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
        (("--count", "0"), "count is 0"),
        (("--seed", "-1"), "seed -1"),
        (("--workers", "-1"), "workers is -1"),
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


def illustrate(out, *words):
    return main(["characters", "illustrate", "--out", str(out), "--size", "48", *map(str, words)])


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Two characters as `make --save-vrm` saves them: of one file name, in folders of their ids."""
    folder = tmp_path_factory.mktemp("saved")
    for seed in (1, 2):
        (folder / f"p{seed}").mkdir()
        write_vrm(to_save(make_fake(seed, FAMILIES)), folder / f"p{seed}" / "character.vrm")
    return [folder / "p1" / "character.vrm", folder / "p2" / "character.vrm"]


def test_models_of_one_name_are_drawn_into_folders_of_their_own(tmp_path, saved, capsys):
    assert illustrate(tmp_path, *saved, "--count", "2") == 0
    assert "4 illustrations of 2 models" in capsys.readouterr().out
    assert sorted(p.name for p in tmp_path.iterdir()) == ["p1_character", "p2_character"]
    records = [
        json.loads((tmp_path / f"p{k}_character" / number / "illustration.json").read_text())
        for k in (1, 2)
        for number in ("0000", "0001")
    ]
    styles = [json.dumps(record["style"], sort_keys=True) for record in records]
    assert len(set(styles)) == 4, "each has its own lot"
    for record in records:
        assert np.array(record["landmarks"]).shape == (28, 3) and record["face_size_px"] > 0


def test_a_model_is_drawn_the_same_whoever_is_drawn_beside_it(tmp_path, saved):
    assert illustrate(tmp_path / "both", *saved) == 0
    assert illustrate(tmp_path / "one", saved[1]) == 0
    both, one = (
        np.array(Image.open(tmp_path / name / "0000" / "picture.png"))
        for name in ("both/p2_character", "one/character")
    )
    assert np.array_equal(both, one)


def test_illustrations_of_another_model_are_not_written_over(tmp_path, saved, capsys):
    assert illustrate(tmp_path, saved[0]) == 0
    before = (tmp_path / "character/0000/picture.png").read_bytes()
    assert illustrate(tmp_path, saved[1]) == 1
    assert "another file" in capsys.readouterr().err
    assert (tmp_path / "character/0000/picture.png").read_bytes() == before
    assert illustrate(tmp_path, saved[0]) == 0, "its own may be drawn anew"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("FILE", "--workers", "-1"), "workers is -1"),
        (("FILE", "--seed", "-1"), "seed is -1"),
        (("FILE", "--count", "0"), "count is 0"),
        (("FILE", "--size", "1"), "size is 1"),
        (("FILE", "--style", "cubist"), "cubist"),
        (("FILE", "FILE"), "the same folder"),
        (("nowhere.vrm",), "nowhere.vrm is no file"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_one_line(tmp_path, saved, capsys, words, expected):
    out = tmp_path / "out"
    assert illustrate(out, *(saved[0] if word == "FILE" else word for word in words)) == 1
    error = capsys.readouterr().err
    assert expected in error and error.count("\n") == 1
    assert not out.exists()


def test_no_model_is_a_bad_argument(tmp_path, capsys):
    assert illustrate(tmp_path / "out") == 2
    error = capsys.readouterr().err
    assert "no model is named" in error and error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_any_number_of_workers_draws_the_same(tmp_path, saved):
    found = []
    for workers in ("1", "2"):
        out = tmp_path / workers
        assert illustrate(out, *saved, "--count", "2", "--workers", workers) == 0
        found.append({p.relative_to(out): p.read_bytes() for p in out.rglob("*.*")})
    assert len(found[0]) == 2 * (1 + 2 * 8) and found[0] == found[1]


def test_a_model_that_cannot_be_read_is_said_in_one_line(tmp_path, saved, capsys):
    (tmp_path / "junk.vrm").write_bytes(b"junk")
    words = (saved[0], tmp_path / "junk.vrm", "--workers", "2")
    assert illustrate(tmp_path / "out", *words) == 1
    error = capsys.readouterr().err
    assert error.startswith("panic3d: ") and error.count("\n") == 1


def test_a_folder_without_usable_models_is_refused_before_anything_is_made(
    tmp_path, saved, shared_models, capsys
):
    models = tmp_path / "models"
    models.mkdir()
    words = ("--count", "1", "--kind", "remixed", "--sources", str(models))
    assert make(tmp_path / "out", *words) == 1
    assert "holds no VRM files" in capsys.readouterr().err
    (models / "junk.vrm").write_bytes(b"junk")
    (hair,) = (path for path in shared_models if path.stem == "hair_sendagaya_shibu")
    (models / "hair.vrm").write_bytes(hair.read_bytes())
    assert make(tmp_path / "out", *words) == 1
    error = capsys.readouterr().err
    assert "has a head:" in error and "junk.vrm: cannot be read" in error
    assert "hair.vrm can be used" in error and error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_folder_of_ones_own_makes_what_it_can_and_says_what_it_leaves_out(
    tmp_path, shared_models, capsys
):
    models = tmp_path / "models"
    models.mkdir()
    (model,) = (path for path in shared_models if path.stem == "sendagaya_shino")
    (models / "mine.vrm").write_bytes(model.read_bytes())
    (models / "junk.vrm").write_bytes(b"junk")
    entry = {"file": "mine.vrm", "licence_class": "CC0", "author": "Ann", "source": "ann/mine"}
    (models / "INDEX.json").write_text(json.dumps({"models": [entry]}))
    words = ("--count", "2", "--kind", "remixed", "--sources", str(models))
    assert make(tmp_path, *words, "--workers", "2") == 0
    said = capsys.readouterr().out
    assert said.count("junk.vrm is left out: cannot be read") == 1
    assert said.count("remixed characters are for train alone") == 1
    root = tmp_path / "renders" / "made"
    rows = json.loads((root / "LICENCES.json").read_text())["assets"]
    assert {row["address"] for row in rows if row["changed"]} == {"https://github.com/ann/mine"}
    assert make(tmp_path, *words, "--split", "test") == 1
    assert "no face for test" in capsys.readouterr().err
    assert make(tmp_path, *words, "--seed", "9") == 1
    assert "seed 0, and seed 9 is asked for" in capsys.readouterr().err
