"""Stages as files."""

import json

import numpy as np
import pytest
from PIL import Image

from panic3d.errors import ConfigError
from panic3d.geometry.similarity import Similarity
from panic3d.image import Picture
from panic3d.pipeline.align import head_turn, upright
from panic3d.pipeline.face_drawing import LARGEST, SMALLEST, draw_faces
from panic3d.pipeline.located import locate
from panic3d.pipeline.preparation_options import PrepareOptions
from panic3d.pipeline.prepare import Preparer
from panic3d.pipeline.stage_pictures import PICTURES, REPORT, check_free, write_stages

from .made_portraits import made, networks

PLACE = Similarity(scale=1.3, angle_deg=12.0, shift=(-30.0, -150.0))
SMALL = Similarity(scale=0.5, angle_deg=-8.0, shift=(330.0, 30.0))
TURN = upright(head_turn(20.0, -5.0, 0.0))[0]


@pytest.fixture(scope="module")
def portrait():
    return made((640, 480), [SMALL, PLACE], turns=[np.eye(3), TURN])


@pytest.fixture
def preparer(portrait, monkeypatch):
    return Preparer(networks(portrait, monkeypatch))


def test_every_stage_is_a_picture_of_what_it_made(portrait, preparer, tmp_path):
    prepared = preparer.prepare(portrait.picture)
    assert prepared.matte and prepared.aligned and prepared.lines
    written = write_stages(prepared, tmp_path / "new")
    assert [path.name for path in written] == [*PICTURES, REPORT]
    expected = {
        "matte.png": ("L", prepared.matte.alpha),
        "aligned.png": ("RGBA", prepared.aligned.picture.rgba),
        "inside.png": ("L", prepared.aligned.inside),
        "line_mask.png": ("L", prepared.lines.lines * 255),
        "line_free.png": ("RGBA", prepared.lines.picture.rgba),
    }
    for name, (mode, levels) in expected.items():
        with Image.open(tmp_path / "new" / name) as image:
            assert image.mode == mode and np.array_equal(np.asarray(image), levels)


def test_the_report_has_all_that_is_no_picture(portrait, preparer, tmp_path):
    """Oracles: where the frame was put, how the head is turned."""
    prepared = preparer.prepare(portrait.picture)
    write_stages(prepared, tmp_path, {"file": "x.png"})
    report = json.loads((tmp_path / REPORT).read_text())
    assert report["file"] == "x.png" and report["files"] == list(PICTURES)
    assert report["portrait"] == {"width": 640, "height": 480, "notes": []}
    assert [face["number"] for face in report["faces"]] == [1, 2] and report["face"] == 1
    np.testing.assert_allclose(report["landmarks"], portrait.landmarks[1], atol=1e-3)
    assert report["landmarks_from"] == "network" and report["matte"]["from"] == "network"
    there = np.array(report["alignment"]["frame_from_portrait"])
    back = np.array(report["alignment"]["portrait_from_frame"])
    np.testing.assert_allclose(there, PLACE.inverse().matrix, atol=1e-6)
    np.testing.assert_allclose(there @ back, np.eye(3), atol=1e-9)
    turn = report["alignment"]["rotation"]
    np.testing.assert_allclose(turn["camera_from_head"], TURN, atol=1e-4)
    assert turn["yaw_deg"] == pytest.approx(20, abs=1)
    assert report["options"] == {
        "face": 1,
        "eyes": None,
        "chin": None,
        "landmarks": None,
        "matte": None,
        "matting": "auto",
        "line_removal": True,
        "paper_alignment": False,
        "aligned": False,
    }
    assert report["warnings"] == list(prepared.warnings) and report["weights"] == []
    assert set(report["seconds"]) == set(prepared.seconds)
    assert report["inside"] == pytest.approx(prepared.aligned.inside.mean() / 255, abs=1e-3)


def test_a_report_is_a_file_of_landmarks(portrait, preparer, tmp_path):
    """Oracle: what it was written of."""
    first = preparer.prepare(portrait.picture, stop_after="faces")
    files = write_stages(first, tmp_path)
    assert [path.name for path in files] == ["landmarks.png", REPORT]
    options = PrepareOptions(landmarks=tmp_path / REPORT)
    again = preparer.prepare(portrait.picture, options, stop_after="faces")
    np.testing.assert_allclose(
        again.located.alignment.to_frame.matrix,
        first.located.alignment.to_frame.matrix,
        atol=1e-3,
    )
    write_stages(again, tmp_path / "again")
    report = json.loads((tmp_path / "again" / REPORT).read_text())
    assert report["options"]["landmarks"] == str(tmp_path / REPORT)
    assert report["faces"][0]["rotation"] is None and report["rotation"] is not None


def test_a_matte_that_was_written_can_be_given_back(portrait, preparer, tmp_path):
    first = preparer.prepare(portrait.picture)
    write_stages(first, tmp_path)
    again = preparer.prepare(portrait.picture, PrepareOptions(matte=tmp_path / "matte.png"))
    assert np.array_equal(again.result.rgba, first.result.rgba)


def test_nothing_is_written_over_what_it_is_made_from(tmp_path):
    for name in (*PICTURES, REPORT):
        with pytest.raises(ConfigError, match="would be written over"):
            check_free(tmp_path, tmp_path / "x.png", None, tmp_path / "." / name)
    check_free(tmp_path, tmp_path / "x.png", None, tmp_path.parent / "matte.png")


# The drawing


@pytest.mark.parametrize(
    ("size", "long"), [((100, 80), 512), ((640, 480), 640), ((3200, 400), 1600)]
)
def test_drawings_have_a_size_at_which_they_can_be_seen(size, long, monkeypatch):
    assert SMALLEST <= long <= LARGEST
    place = Similarity(scale=size[1] / 480, shift=(-0.1 * size[1], -0.2 * size[1]))
    portrait = made(size, [place])
    found = locate(portrait.picture, PrepareOptions(), networks(portrait, monkeypatch))
    drawn = draw_faces(portrait.picture, found)
    assert max(drawn.size) == long
    assert drawn.size[0] * size[1] == pytest.approx(drawn.size[1] * size[0], rel=0.01)


def test_marks_are_drawn_where_things_are(portrait, monkeypatch):
    """Oracle: pixels that differ from the portrait's lie at landmarks, boxes and axes."""
    known = networks(portrait, monkeypatch)
    found = locate(portrait.picture, PrepareOptions(), known)
    drawn = draw_faces(portrait.picture, found).rgba
    changed = (drawn != portrait.picture.rgba).any(-1)
    for x, y in portrait.landmarks[1]:
        assert changed[int(y), int(x)]
    assert not any(changed[int(y), int(x)] for x, y in portrait.landmarks[0][11:13]), "not chosen"
    left, top, right, bottom = found.faces[1].box.astype(int)
    assert changed[top : bottom + 1, left].all() and changed[top, left : right + 1].all()
    # Green goes from between the eyes to where the head's own up is.
    middle = portrait.landmarks[1][11:23].mean(0)
    up = found.face.camera_from_head[:2, 1] * [1, -1]
    x, y = (middle + 0.75 * found.face.size * up).astype(int)
    assert drawn[y, x].tolist() == [30, 160, 40, 255]
    flat = draw_faces(portrait.picture, found._replace(rotation_known=False)).rgba
    assert flat[y, x].tolist() != [30, 160, 40, 255]


def test_clear_portraits_are_drawn_on_white(monkeypatch):
    clear = made((600, 600), [Similarity()], ground="clear")
    found = locate(clear.picture, PrepareOptions(), networks(clear, monkeypatch))
    drawn = draw_faces(Picture(clear.picture.rgba), found)
    assert drawn.rgba[0, 0].tolist() == [255, 255, 255, 255]
