"""``panic3d reconstruct`` as a user meets it."""

import json
from unittest.mock import MagicMock

import numpy as np
import pytest
from PIL import Image

from panic3d.cli.main import main
from panic3d.geometry.similarity import Similarity
from panic3d.pipeline.mean_face import mean_face
from panic3d.pipeline.reconstruct import Reconstructor
from tests.pipeline.made_portraits import made, untrained_files

PLACE = Similarity(scale=1.3, angle_deg=12.0, shift=(-30.0, -150.0))


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A picture of a face, untrained networks that prepare it, and a home without any."""
    monkeypatch.setenv("PANIC3D_HOME", str(tmp_path / "home"))
    portrait = made((640, 480), [PLACE])
    Image.fromarray(portrait.picture.rgba).save(tmp_path / "portrait.png")
    Image.fromarray(np.rint(portrait.cover * 255).astype(np.uint8)).save(tmp_path / "m.png")
    untrained_files(tmp_path / "weights", ("landmarks", "linefill"))
    return tmp_path


@pytest.fixture
def given(monkeypatch):
    """What the reconstructor was given; it makes nothing of it."""
    seen = []

    def reconstruct(self, portrait, *, features=None, seed=0):
        seen.append(portrait)
        return MagicMock()

    monkeypatch.setattr(Reconstructor, "reconstruct", reconstruct)
    return seen


def run(folder, *more):
    arguments = ["reconstruct", str(folder / "portrait.png"), "--out", str(folder / "head")]
    return main([*arguments, "--weights", "random", "--device", "cpu", *more])


def marks():
    (x0, y0), (x1, y1), (x2, y2) = PLACE(mean_face().eyes_and_chin()).tolist()
    return ["--eyes", f"{x0},{y0},{x1},{y1}", "--chin", f"{x2},{y2}"]


def test_any_picture_is_prepared_first_and_every_stage_of_it_written(files, given, capsys):
    """Oracle: where the frame was put in the picture."""
    more = [*marks(), "--matte", str(files / "m.png"), "--prepare-weights", str(files / "weights")]
    assert run(files, *more) == 0
    (prepared,) = given
    stages = files / "head" / "stages"
    names = {path.name for path in stages.iterdir()}
    assert names == {
        *("landmarks.png", "matte.png", "aligned.png", "inside.png"),
        *("line_mask.png", "line_free.png", "prepare.json"),
    }
    with Image.open(stages / "line_free.png") as image:
        assert np.array_equal(np.asarray(image), prepared.result.rgba)
    report = json.loads((stages / "prepare.json").read_text())
    there = np.array(report["alignment"]["frame_from_portrait"])
    np.testing.assert_allclose(there, PLACE.inverse().matrix, atol=1e-5)
    assert "warning: no landmarks" in capsys.readouterr().out
    assert run(files, *more, "--no-line-removal") == 0
    assert given[1].lines is None


def test_networks_that_are_not_part_of_the_package_are_named_in_one_line(
    files, given, capsys, monkeypatch
):
    from panic3d.weights import specs

    monkeypatch.setitem(specs.ALIASES, "open", ("first",))
    assert run(files) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "face-finder" in line and "not part of this version" in line
    assert not given and not (files / "head").exists()


def test_an_aligned_picture_goes_as_it_is_and_needs_no_networks(files, given):
    aligned = made((512, 512), [Similarity()])
    Image.fromarray(aligned.picture.rgba).save(files / "portrait.png")
    assert run(files, "--aligned") == 0
    assert given == [files / "portrait.png"] and not (files / "head" / "stages").exists()
    Image.fromarray(np.rint(aligned.cover * 255).astype(np.uint8)).save(files / "m.png")
    assert run(files, "--aligned", "--matte", str(files / "m.png")) == 0
    assert np.array_equal(given[1].rgba[..., 3], np.rint(aligned.cover * 255))


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--no-matting"], "white that its border reaches"),
        (["--face", "2"], "both choose the face"),
        (["--eyes", "1,2,3,4", "--chin", "2,8"], "two different things"),
        (["--landmarks", "x.json"], "two different things"),
    ],
)
def test_an_aligned_picture_has_nothing_to_be_looked_for(more, message, files, given, capsys):
    assert run(files, "--aligned", *more) == 1
    assert message in capsys.readouterr().err
    assert not given


def test_a_missing_picture_is_named_in_one_line(tmp_path, capsys):
    arguments = ["reconstruct", str(tmp_path / "x.png"), "--aligned", "--out", str(tmp_path / "o")]
    assert main(arguments) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "x.png" in line
    assert not (tmp_path / "o").exists()


def test_bad_arguments_end_with_two(tmp_path):
    assert main(["reconstruct", "x.png", "--device", "toaster"]) == 2
    assert main(["bench", "--repeats", "many"]) == 2
    assert main(["bench", "--repeats", "0"]) == 1
