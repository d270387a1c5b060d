"""``panic3d prepare`` as a user meets it."""

import json

import numpy as np
import pytest
from PIL import Image

from panic3d.cli.main import main
from panic3d.geometry.similarity import Similarity
from panic3d.pipeline.mean_face import mean_face
from panic3d.pipeline.preparation_networks import PreparationNetworks
from tests.pipeline.made_portraits import made, networks, untrained_files

PLACE = Similarity(scale=1.3, angle_deg=12.0, shift=(-30.0, -150.0))
SMALL = Similarity(scale=0.5, angle_deg=-8.0, shift=(330.0, 30.0))
PICTURES = {
    *("landmarks.png", "matte.png", "aligned.png", "inside.png"),
    *("line_mask.png", "line_free.png"),
}


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A picture of two faces, and untrained networks."""
    monkeypatch.setenv("PANIC3D_HOME", str(tmp_path / "home"))
    portrait = made((640, 480), [SMALL, PLACE])
    Image.fromarray(portrait.picture.rgba).convert("RGB").save(tmp_path / "portrait.png")
    (tmp_path / "weights").mkdir()
    untrained_files(tmp_path / "weights")
    return tmp_path, portrait


def words(place, portrait_turn=None):
    (x0, y0), (x1, y1), (x2, y2) = place(mean_face().eyes_and_chin(portrait_turn)).tolist()
    return ["--eyes", f"{x0},{y0},{x1},{y1}", "--chin", f"{x2},{y2}"]


def prepare(folder, *more, weights="weights"):
    arguments = ["prepare", str(folder / "portrait.png"), "--out", str(folder / "out"), *more]
    return main([*arguments, "--weights", str(folder / weights), "--device", "cpu"])


def report(folder):
    return json.loads((folder / "out" / "prepare.json").read_text())


def test_marks_are_enough_and_every_stage_is_written(files, capsys):
    """Oracle: where the frame was put."""
    folder, _ = files
    assert prepare(folder, *words(PLACE)) == 0
    assert {path.name for path in (folder / "out").iterdir()} == PICTURES | {"prepare.json"}
    found = report(folder)
    there = np.array(found["alignment"]["frame_from_portrait"])
    np.testing.assert_allclose(there, PLACE.inverse().matrix, atol=1e-5)
    assert found["file"] == "portrait.png"
    assert {used["network"] for used in found["weights"]} == {"landmarks", "matting", "linefill"}
    out = capsys.readouterr().out
    assert "line_free.png" in out and "warning: no landmarks are found" in out


def test_without_a_face_the_rescue_is_named_in_one_line(files, capsys):
    folder, _ = files
    assert prepare(folder) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "--eyes x,y,x,y --chin x,y" in line
    assert not (folder / "out").exists()


@pytest.mark.parametrize("number", [1, 2])
def test_one_of_several_faces_is_chosen(number, files, monkeypatch, capsys):
    folder, portrait = files
    known = networks(portrait, monkeypatch)
    monkeypatch.setattr(PreparationNetworks, "from_pretrained", lambda *a, **k: known)
    assert prepare(folder, "--face", str(number), "--stop-after", "faces") == 0
    found = report(folder)
    assert len(found["faces"]) == 2 and found["face"] == number
    place = (PLACE, SMALL)[number - 1]
    there = np.array(found["alignment"]["frame_from_portrait"])
    np.testing.assert_allclose(there, place.inverse().matrix, atol=1e-2)
    assert f"2 faces; number {number} is used" in capsys.readouterr().out
    assert prepare(folder, "--face", "3") == 1
    assert "there is no face 3" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "missing"),
    [
        (["--stop-after", "faces"], PICTURES - {"landmarks.png"}),
        (["--stop-after", "matte"], PICTURES - {"landmarks.png", "matte.png"}),
        (["--stop-after", "align"], {"line_mask.png", "line_free.png"}),
        (["--no-line-removal"], {"line_mask.png", "line_free.png"}),
    ],
)
def test_stages_can_be_left_out(options, missing, files):
    folder, _ = files
    assert prepare(folder, *words(PLACE), *options) == 0
    written = {path.name for path in (folder / "out").iterdir()} - {"prepare.json"}
    assert written == PICTURES - missing == set(report(folder)["files"])


def test_landmarks_and_a_matte_can_be_given(files):
    folder, portrait = files
    entry = {"keypoints": (portrait.landmarks[1] - 0.5).tolist()}
    (folder / "faces.json").write_text(json.dumps([entry]))
    levels = np.rint(portrait.cover * 255).astype(np.uint8)
    Image.fromarray(levels).save(folder / "m.png")
    given = ["--landmarks", str(folder / "faces.json"), "--matte", str(folder / "m.png")]
    assert prepare(folder, *given) == 0
    found = report(folder)
    assert found["landmarks_from"] == "file" and found["matte"]["from"] == "file"
    np.testing.assert_allclose(
        found["alignment"]["frame_from_portrait"], PLACE.inverse().matrix, atol=1e-5
    )
    with Image.open(folder / "out" / "matte.png") as image:
        assert np.array_equal(np.asarray(image), levels)


def test_the_papers_alignment_does_not_turn_the_picture(files):
    folder, portrait = files
    (folder / "faces.json").write_text(json.dumps((portrait.landmarks[1] - 0.5).tolist()))
    given = ["--landmarks", str(folder / "faces.json"), "--paper-alignment"]
    assert prepare(folder, *given, "--stop-after", "faces") == 0
    assert report(folder)["alignment"]["angle_deg"] == 0


def test_an_aligned_picture_with_its_lines_and_ground_needs_no_weights(files):
    folder, _ = files
    aligned = made((512, 512), [Similarity()])
    Image.fromarray(aligned.picture.rgba).save(folder / "portrait.png")
    options = ["--aligned", "--no-matting", "--no-line-removal"]
    assert prepare(folder, *options, weights="nowhere") == 0
    with Image.open(folder / "out" / "aligned.png") as image:
        assert np.array_equal(np.asarray(image), aligned.picture.rgba)


def test_weights_that_are_missing_are_named_in_one_line(files, capsys):
    folder, _ = files
    (folder / "weights" / "matting.safetensors").unlink()
    assert prepare(folder, *words(PLACE)) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "no matting.safetensors" in line and "--no-matting" in line
    assert prepare(folder, *words(PLACE), "--no-matting") == 0
    assert prepare(folder, weights="nowhere") == 1
    assert "there are no weights" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--eyes", "1,2,3", "--chin", "1,2"], 1, "expected 4 numbers with commas"),
        (["--eyes", "1,2,3,x", "--chin", "1,2"], 1, "x,y,x,y"),
        (["--eyes", "1,2,3,4"], 1, "only one of eyes and chin"),
        (["--aligned", "--face", "2"], 1, "both choose the face"),
        (["--no-matting", "--matting", "rembg"], 1, "contradict each other"),
        (["--matte", "nothing.png", "--eyes", "1,2,3,4", "--chin", "2,8"], 1, "no picture"),
        (["--landmarks", "nothing.json"], 1, "cannot be read"),
        (["--stop-after", "hair"], 2, "hair"),
        (["--face", "many"], 2, "many"),
    ],
)
def test_bad_options_end_with_a_reason(options, code, message, files, capsys):
    folder, _ = files
    assert prepare(folder, *options) == code
    assert message in " ".join(capsys.readouterr().err.split())


def test_the_portrait_is_never_written_over(files, capsys):
    folder, portrait = files
    target = folder / "out" / "aligned.png"
    target.parent.mkdir()
    Image.fromarray(portrait.picture.rgba).save(target)
    before = target.read_bytes()
    arguments = ["prepare", str(target), "--out", str(folder / "out"), *words(PLACE)]
    assert main([*arguments, "--weights", str(folder / "weights")]) == 1
    assert "would be written over" in capsys.readouterr().err
    assert target.read_bytes() == before
