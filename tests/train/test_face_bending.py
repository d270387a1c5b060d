"""Faces of other proportions: what is marked stays marked, and features change by themselves."""

import numpy as np
import pytest

from panic3d.geometry.face_hull import BROWS, EYES, MOUTH
from panic3d.train.face_bending import bent, feature_field, smooth_field

from .drawn import PLACES

SIZE = 128
POINTS = (0.5 + 0.3 * PLACES).astype(np.float32)


def turned(angle_deg):
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    return ((POINTS - 0.5) @ np.array([[c, s], [-s, c]]) + 0.5).astype(np.float32)


def height(points, part):
    return float(np.ptp(points[part, 1]))


def where_dots_go(points, *fields):
    """Oracle: soft dots at some points; where they are afterwards, and where they should be."""
    row, column = np.mgrid[:SIZE, :SIZE] + 0.5
    for k in range(0, 28, 3):
        x, y = points[k] * SIZE
        dot = 255 * np.exp(-((column - x) ** 2 + (row - y) ** 2) / 4)
        picture = np.repeat(np.rint(dot).astype(np.uint8)[..., None], 3, 2)
        found, new = bent(picture, points, *fields)
        weight = found[..., 0].astype(float)
        at = np.array([(weight * column).sum(), (weight * row).sum()]) / weight.sum()
        yield at, new[k] * SIZE


@pytest.mark.parametrize("strength", [0.0, 0.02, 0.035])
def test_points_stay_on_what_they_mark_when_a_crop_is_bent(strength):
    points = np.random.default_rng(1).uniform(0.2, 0.8, (28, 2)).astype(np.float32)
    field = smooth_field(np.random.default_rng(2), strength)
    for at, new in where_dots_go(points, field):
        np.testing.assert_allclose(at, new, atol=0.8)
    moved = float(np.abs(bent(np.zeros((8, 8, 3), np.uint8), points, field)[1] - points).max())
    assert moved > strength / 2 if strength else moved < 1e-6


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("angle_deg", [0, 40])
def test_points_stay_on_what_they_mark_when_features_change(seed, angle_deg):
    points = turned(angle_deg)
    rng = np.random.default_rng(seed)
    for at, new in where_dots_go(points, smooth_field(rng, 0.02), feature_field(rng, points)):
        np.testing.assert_allclose(at, new, atol=1.0)


def test_eyes_and_mouths_change_by_themselves():
    """Invariant: both eyes alike, by much; jaws stay, nothing is out of order."""
    blank = np.zeros((16, 16, 3), np.uint8)
    faces = [
        bent(blank, POINTS, feature_field(np.random.default_rng(seed), POINTS))[1]
        for seed in range(200)
    ]
    left, right = (
        np.array([height(face, eye) for face in faces]) / height(POINTS, eye) for eye in EYES
    )
    assert np.quantile(left, 0.05) < 0.7 and np.quantile(left, 0.95) > 1.4
    assert np.abs(np.log(left / right)).max() < 0.3
    wide = np.array([np.ptp(face[MOUTH, 0]) for face in faces]) / np.ptp(POINTS[MOUTH, 0])
    assert np.quantile(wide, 0.05) < 0.8 and np.quantile(wide, 0.95) > 1.25
    assert max(np.abs(face[:5] - POINTS[:5]).max() for face in faces) < 0.03
    for face in faces:
        brow, eye, mouth = (
            np.mean([face[part, 1].mean() for part in parts]) for parts in (BROWS, EYES, [MOUTH])
        )
        assert brow < eye < face[23, 1] < mouth < face[2, 1]


def test_a_field_that_folds_the_picture_is_left_out():
    picture = np.random.default_rng(0).integers(0, 256, (32, 32, 3)).astype(np.uint8)

    def folded(places):
        return places + 0.2 * np.sin(9 * places)

    found, points = bent(picture, POINTS, folded)
    assert np.array_equal(found, picture)
    np.testing.assert_allclose(points, POINTS, atol=1e-6)


def test_the_same_numbers_give_the_same_field():
    places = np.random.default_rng(0).uniform(0, 1, (50, 2))
    one, two = (feature_field(np.random.default_rng(3), POINTS)(places) for _ in range(2))
    assert np.array_equal(one, two) and not np.allclose(one, places)
