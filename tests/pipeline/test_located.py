"""Where faces are: found, marked, given in a file, taken for granted."""

import json
from functools import partial

import numpy as np
import pytest

from panic3d.errors import PictureError
from panic3d.geometry.similarity import Similarity
from panic3d.pipeline import located
from panic3d.pipeline.align import head_turn, upright
from panic3d.pipeline.faces import find_faces
from panic3d.pipeline.located import locate, same_face
from panic3d.pipeline.mean_face import mean_face
from panic3d.pipeline.preparation_options import PrepareOptions

from .made_portraits import made, networks, no_networks

PLACE = Similarity(scale=1.3, angle_deg=12.0, shift=(-30.0, -150.0))
SMALL = Similarity(scale=0.5, angle_deg=-8.0, shift=(330.0, 30.0))


def eyes_and_chin(portrait, k=0):
    turn = portrait.turns[k]
    (a, b, c) = portrait.places[k](mean_face().eyes_and_chin(turn)).tolist()
    return {"eyes": (tuple(a), tuple(b)), "chin": tuple(c)}


def test_a_face_is_found_and_aligned(monkeypatch):
    """Oracle: where the frame was put in the picture."""
    portrait = made((640, 480), [PLACE])
    found = locate(portrait.picture, PrepareOptions(), networks(portrait, monkeypatch))
    np.testing.assert_allclose(found.alignment.to_frame.matrix, PLACE.inverse().matrix, atol=1e-6)
    assert (found.number, len(found.faces), found.source) == (1, 1, "network")
    assert found.rotation_known
    np.testing.assert_allclose(found.alignment.camera_from_head, np.eye(3), atol=1e-9)
    np.testing.assert_allclose(found.face.landmarks, portrait.landmarks[0], atol=1e-9)


@pytest.mark.parametrize("number", [1, 2])
def test_the_largest_face_is_taken_or_the_one_that_is_asked_for(number, monkeypatch):
    portrait = made((640, 480), [SMALL, PLACE])
    options = PrepareOptions(face=number)
    found = locate(portrait.picture, options, networks(portrait, monkeypatch))
    place = (PLACE, SMALL)[number - 1]
    np.testing.assert_allclose(found.alignment.to_frame.matrix, place.inverse().matrix, atol=1e-6)
    assert len(found.faces) == 2 and found.faces[0].size > found.faces[1].size
    assert found.face is found.faces[number - 1] and found.number == number


def test_without_a_face_the_rescue_is_named(monkeypatch):
    portrait = made((300, 300), [])
    with pytest.raises(PictureError, match=r"--eyes x,y,x,y --chin x,y"):
        locate(portrait.picture, PrepareOptions(), networks(portrait, monkeypatch))


def test_what_is_found_but_no_face_is_an_error_that_says_where(monkeypatch):
    portrait = made((640, 480), [PLACE])
    known = networks(portrait, monkeypatch, blind=True)
    with pytest.raises(PictureError, match=r"no face is found.*--eyes"):
        locate(portrait.picture, PrepareOptions(), known)
    monkeypatch.setattr(located, "find_faces", partial(find_faces, least=0.0))
    with pytest.raises(PictureError, match=r"face at \d+, \d+ cannot be aligned.*--eyes"):
        locate(portrait.picture, PrepareOptions(), known)


def test_large_pictures_are_looked_at_reduced(monkeypatch):
    """Oracle: the same picture at its own size."""
    monkeypatch.setattr(located, "LOOK_SIDE", 250)
    portrait = made((641, 479), [PLACE])
    known = networks(portrait, monkeypatch)
    found = locate(portrait.picture, PrepareOptions(), known)
    np.testing.assert_allclose(found.alignment.to_frame.matrix, PLACE.inverse().matrix, atol=1e-2)
    marks = PrepareOptions(**eyes_and_chin(portrait))
    found = locate(portrait.picture, marks, known)
    np.testing.assert_allclose(found.alignment.to_frame.matrix, PLACE.inverse().matrix, atol=1e-6)


# Marks


@pytest.mark.parametrize("angles", [(0.0, 0.0, 0.0), (28.0, -8.0, 0.0)])
def test_marks_align_and_the_network_adds_landmarks_and_rotation(angles, monkeypatch):
    """Oracle: where the frame was put, and how the head is turned."""
    turn = upright(head_turn(*angles))[0]
    portrait = made((640, 480), [PLACE], turns=[turn])
    options = PrepareOptions(**eyes_and_chin(portrait))
    found = locate(portrait.picture, options, networks(portrait, monkeypatch))
    assert found.source == "network" and found.rotation_known and found.faces == ()
    np.testing.assert_allclose(found.alignment.to_frame.matrix, PLACE.inverse().matrix, atol=1e-6)
    np.testing.assert_allclose(found.alignment.camera_from_head, turn, atol=1e-6)
    np.testing.assert_allclose(found.face.landmarks, portrait.landmarks[0], atol=1e-9)


def test_a_network_that_sees_no_face_there_is_not_believed(monkeypatch):
    """Oracle: the mean face's landmarks by the marks."""
    portrait = made((640, 480), [PLACE])
    options = PrepareOptions(**eyes_and_chin(portrait))
    found = locate(portrait.picture, options, networks(portrait, monkeypatch, blind=True))
    assert found.source == "mean face" and not found.rotation_known and found.number is None
    np.testing.assert_allclose(found.alignment.to_frame.matrix, PLACE.inverse().matrix, atol=1e-6)
    np.testing.assert_allclose(found.face.landmarks, portrait.landmarks[0], atol=1e-6)


def test_marks_far_outside_the_picture_are_refused():
    portrait = made((100, 120), [])
    options = PrepareOptions(eyes=((300.0, 20.0), (400.0, 20.0)), chin=(350.0, 90.0))
    with pytest.raises(PictureError, match="outside the picture of 100 x 120"):
        locate(portrait.picture, options, no_networks())


# Files


@pytest.fixture
def written(tmp_path):
    """Write what a detector returns, whose pixels have their middles at whole numbers."""

    def write(portrait):
        entries = [
            {
                "bbox": [*(m.min(0) - 0.5).tolist(), *(m.max(0) - 0.5).tolist(), 0.98],
                "keypoints": np.column_stack([m - 0.5, np.full(28, 0.7)]).tolist(),
            }
            for m in portrait.landmarks
        ]
        (tmp_path / "faces.json").write_text(json.dumps(entries))
        return tmp_path / "faces.json"

    return write


def test_a_detectors_landmarks_are_taken_and_the_network_says_how_the_head_is_turned(
    written, monkeypatch
):
    turn = upright(head_turn(25.0, 5.0, 0.0))[0]
    portrait = made((640, 480), [SMALL, PLACE], turns=[np.eye(3), turn])
    options = PrepareOptions(landmarks=written(portrait))
    found = locate(portrait.picture, options, networks(portrait, monkeypatch))
    assert found.source == "file" and found.number == 1 and len(found.faces) == 2
    np.testing.assert_allclose(found.alignment.to_frame.matrix, PLACE.inverse().matrix, atol=1e-6)
    np.testing.assert_allclose(found.alignment.camera_from_head, turn, atol=1e-6)
    second = PrepareOptions(landmarks=options.landmarks, face=2)
    found = locate(portrait.picture, second, networks(portrait, monkeypatch))
    np.testing.assert_allclose(found.alignment.to_frame.matrix, SMALL.inverse().matrix, atol=1e-6)


def test_a_rotation_of_another_face_is_not_taken(written, monkeypatch):
    portrait = made((640, 480), [PLACE])
    options = PrepareOptions(landmarks=written(portrait))
    found = locate(portrait.picture, options, networks(portrait, monkeypatch, blind=True))
    assert not found.rotation_known
    np.testing.assert_allclose(found.alignment.to_frame.matrix, PLACE.inverse().matrix, atol=1e-6)


def test_the_papers_alignment_of_a_file_needs_no_network(written):
    """Oracle: its formula, in `test_align`: the picture is not turned."""
    from panic3d.pipeline.align import align_as_paper

    portrait = made((640, 480), [PLACE])
    options = PrepareOptions(landmarks=written(portrait), paper_alignment=True)
    found = locate(portrait.picture, options, no_networks())
    expected = align_as_paper(portrait.landmarks[0]).to_frame.matrix
    np.testing.assert_allclose(found.alignment.to_frame.matrix, expected, atol=1e-9)


def test_the_papers_alignment_of_what_is_found_keeps_its_rotation(monkeypatch):
    from panic3d.pipeline.align import align_as_paper

    portrait = made((640, 480), [PLACE])
    known = networks(portrait, monkeypatch)
    for options in (
        PrepareOptions(paper_alignment=True),
        PrepareOptions(paper_alignment=True, **eyes_and_chin(portrait)),
    ):
        found = locate(portrait.picture, options, known)
        expected = align_as_paper(portrait.landmarks[0]).to_frame.matrix
        np.testing.assert_allclose(found.alignment.to_frame.matrix, expected, atol=1e-9)
        np.testing.assert_allclose(
            found.alignment.camera_from_head, found.face.camera_from_head, atol=1e-12
        )
        assert found.face.angles_deg[2] == pytest.approx(12.0)


# Aligned pictures


def test_an_aligned_picture_is_scaled_and_its_landmarks_are_looked_for_in_place(monkeypatch):
    place = Similarity(scale=1.25)
    portrait = made((640, 640), [place], turns=[head_turn(15.0, 0.0, 0.0)])
    options = PrepareOptions(aligned=True)
    found = locate(portrait.picture, options, networks(portrait, monkeypatch))
    assert found.alignment.to_frame == Similarity(scale=0.8)
    assert found.source == "network"
    np.testing.assert_allclose(found.face.landmarks, portrait.landmarks[0], atol=1e-9)
    np.testing.assert_allclose(found.alignment.camera_from_head, portrait.turns[0], atol=1e-9)
    found = locate(portrait.picture, options, networks(portrait, monkeypatch, blind=True))
    assert found.source == "mean face"
    np.testing.assert_allclose(found.face.landmarks, 1.25 * mean_face().pixels())


def test_an_aligned_picture_whose_lines_stay_needs_no_network():
    portrait = made((100, 100), [])
    options = PrepareOptions(aligned=True, line_removal=False)
    assert locate(portrait.picture, options, no_networks()).source == "not needed"


def test_an_aligned_picture_is_square():
    with pytest.raises(PictureError, match="100 x 90 pixels, an aligned one is square"):
        locate(made((100, 90), []).picture, PrepareOptions(aligned=True), no_networks())


def test_eyes_and_chins_tell_faces_apart():
    marks = mean_face().pixels()
    assert same_face(marks + 10.0, marks, 0.25)
    assert not same_face(marks + 40.0, marks, 0.25)
    assert not same_face((marks - marks.mean(0)) * 0.5 + marks.mean(0), marks, 0.5)
    assert not same_face(marks, np.full((28, 2), 3.0), 0.5)
