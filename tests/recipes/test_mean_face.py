"""The mean face: how it is made, and the one that the package has."""

import json

import numpy as np
import pytest

from panic3d.errors import PictureError
from panic3d.geometry.face_hull import EYES
from panic3d.pipeline.align import align
from panic3d.pipeline.mean_face import (
    BONE,
    FRAME,
    MEAN_FACE_FILE,
    MIRRORED,
    frame_pixels,
    mean_face,
    mean_face_json,
    read_mean_face,
)
from panic3d.recipes.mean_face import mean_of, remake


def sized(points, scale):
    """A face enlarged about the head's bone."""
    return BONE + (points - BONE) * scale


def test_faces_of_one_shape_have_the_median_ones_size_and_place():
    """Oracle: of five sizes of one face the third, however large the largest."""
    one = mean_face().points_m
    found = mean_of([sized(one, s) for s in (0.8, 0.9, 1.1, 1.2, 3.0)])
    np.testing.assert_allclose(found.points_m, sized(one, 1.1), atol=1e-5)
    assert found.about["scale_to_mean_5_50_95"][1] == 1


def test_it_is_the_same_on_both_sides_and_says_how_much_faces_differ():
    """Oracle: landmarks that are moved by lot by 2 px are found to spread by about as much."""
    rng = np.random.default_rng(0)
    pixel = 0.7 / FRAME
    faces = [mean_face().points_m + rng.normal(size=(28, 3)) * 2 * pixel for _ in range(60)]
    found = mean_of(faces)
    np.testing.assert_allclose(
        found.points_m[list(MIRRORED)], found.points_m * [-1, 1, 1], atol=1e-9
    )
    assert 1.6 < found.spread_px.mean() < 2.1  # some of it is taken for a similarity
    assert np.abs(frame_pixels(found.points_m) - mean_face().pixels()).max() < 1.5


def test_what_is_written_is_read(tmp_path):
    (tmp_path / "a.json").write_text(mean_face_json(mean_face()), encoding="utf-8")
    again = read_mean_face(tmp_path / "a.json")
    np.testing.assert_allclose(again.points_m, mean_face().points_m, atol=1e-6)
    np.testing.assert_allclose(again.spread_px, mean_face().spread_px, atol=1e-3)
    assert again.about == mean_face().about


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"points_m": [[1]], "spread_px": [1]}'])
def test_a_damaged_file_is_refused(tmp_path, text):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(PictureError, match="install panic3d again"):
        read_mean_face(tmp_path / "a.json")


def test_a_mean_of_one_is_refused():
    with pytest.raises(PictureError, match="expected two or more"):
        mean_of([mean_face().points_m])


def test_the_packages_is_a_face_in_the_frame():
    """Oracle: where eyes, nose, mouth and chin are in any face; inside the picture."""
    face = mean_face()
    pixels = face.pixels()
    assert (pixels > 100).all() and (pixels < 412).all()
    left, right, chin = face.eyes_and_chin()
    nose, mouth = pixels[23], pixels[24:28].mean(0)
    assert left[0] < nose[0] < right[0] and left[1] < nose[1] < mouth[1] < chin[1]
    assert face.points_m[23, 2] == face.points_m[:, 2].max(), "the nose is in front"
    for eye in EYES:
        assert (np.diff(pixels[eye][:3, 0]) > 0).all() and (np.diff(pixels[eye][3:, 0]) > 0).all()
    assert face.about["characters"] >= 300


@pytest.mark.parametrize("seed", [5])
def test_remaking_is_one_call_and_fits_the_packages(tmp_path, seed):
    """Oracle: two fresh characters, aligned to the package's, have its size within its range."""
    face = remake(tmp_path / "mean.json", 2, seed)
    assert json.loads((tmp_path / "mean.json").read_text())["about"]["characters"] == 2
    assert face.points_m.shape == (28, 3)
    found = align(face.pixels())
    assert 0.4 < found.to_frame.scale < 1.4 and abs(found.to_frame.angle_deg) < 2
    assert found.error < 0.06
    assert MEAN_FACE_FILE.is_file()
