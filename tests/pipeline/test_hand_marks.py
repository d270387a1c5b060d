"""Files of landmarks: which are read, and what is said of others."""

import json

import numpy as np
import pytest

from panic3d.errors import PictureError
from panic3d.geometry.similarity import Similarity
from panic3d.pipeline import hand_marks
from panic3d.pipeline.hand_marks import read_landmarks
from panic3d.pipeline.mean_face import mean_face

SIZE = (640, 480)
POINTS = Similarity(scale=1.2, shift=(-20.0, -100.0))(mean_face().pixels())
SURE = np.linspace(0.1, 1.05, 28)
THREE = np.column_stack([POINTS, SURE])


def read(tmp_path, content, size=SIZE):
    (tmp_path / "marks.json").write_text(
        content if isinstance(content, str) else json.dumps(content), encoding="utf-8"
    )
    return read_landmarks(tmp_path / "marks.json", size)


@pytest.mark.parametrize(
    ("content", "half"),
    [
        (POINTS.tolist(), 0.5),
        (THREE.tolist(), 0.5),
        ([THREE.tolist()], 0.5),
        ({"keypoints": THREE.tolist()}, 0.5),
        ([{"keypoints": THREE.tolist(), "bbox": [1, 2, 30, 40, 0.9]}], 0.5),
        ({"landmarks": POINTS.tolist(), "warnings": []}, 0.0),
        ([{"landmarks": THREE.tolist()}], 0.0),
    ],
)
def test_every_form_is_read_with_its_own_pixels(content, half, tmp_path):
    """Oracle: the detector's whole numbers are middles of pixels, ours begin at the corner."""
    (face,) = read(tmp_path, content)
    np.testing.assert_allclose(face.landmarks, POINTS + half)
    text = json.dumps(content)
    expected = SURE.clip(0, 1) if "1.05" in text else np.ones(28)
    np.testing.assert_allclose(face.confidence, expected)
    if "bbox" in text:
        assert face.box.tolist() == [1.5, 2.5, 30.5, 40.5] and face.score == 0.9
    else:
        np.testing.assert_allclose(face.box[:2], (POINTS + half).min(0))


def test_the_largest_face_comes_first(tmp_path):
    small = (POINTS * 0.5).tolist()
    faces = read(tmp_path, [{"keypoints": small}, {"keypoints": POINTS.tolist()}])
    np.testing.assert_allclose(faces[0].landmarks, POINTS + 0.5)
    assert faces[1].size == pytest.approx(faces[0].size / 2)


def changed(k, value):
    points = THREE.tolist()
    points[k] = value
    return points


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "no JSON"),
        ("[[1, 2", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ([], "no face"),
        (3, "no face"),
        ("null", "no face"),
        (POINTS.tolist()[:27], "28 points"),
        ([POINTS.tolist()[:27]], "28 points"),
        (changed(3, [1, 2, 3, 4]), "28 points"),
        (changed(3, [1, "x", 0.5]), "28 points"),
        (changed(3, [1, None, 0.5]), "28 points"),
        (changed(3, [1, 10**400, 0.5]), "28 points"),
        (changed(3, [1, 1e30, 0.5]), "28 points"),
        (json.dumps(changed(3, [1, float("nan"), 0.5])), "28 points"),
        ({"points": THREE.tolist()}, "a dictionary with 'points'"),
        ({"keypoints": THREE.tolist(), "landmarks": THREE.tolist()}, "a dictionary with"),
        ([{"keypoints": "x"}], "28 points"),
        ([{"keypoints": THREE.tolist(), "bbox": [1, 2, 3]}], "a bbox"),
        ([{"keypoints": THREE.tolist(), "bbox": ["a"] * 4}], "a bbox"),
        ([{"keypoints": THREE.tolist(), "bbox": {}}], "a bbox"),
        ([POINTS.tolist()] * 300, "300 entries"),
    ],
)
def test_other_files_are_refused_with_what_was_expected(content, message, tmp_path):
    with pytest.raises(PictureError, match=rf"(?s)marks\.json .*{message}.*anime-face-detector"):
        read(tmp_path, content)


def test_landmarks_of_another_picture_are_refused(tmp_path):
    with pytest.raises(PictureError, match="outside the picture of 100 x 80"):
        read(tmp_path, POINTS.tolist(), (100, 80))


def test_a_file_that_is_not_there_or_far_too_large_is_refused(tmp_path, monkeypatch):
    with pytest.raises(PictureError, match=r"nothing\.json cannot be read"):
        read_landmarks(tmp_path / "nothing.json", SIZE)
    monkeypatch.setattr(hand_marks, "MAX_BYTES", 100)
    with pytest.raises(PictureError, match="more than 0 MiB"):
        read(tmp_path, POINTS.tolist())
