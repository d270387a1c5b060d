"""Landmarks: projection and visibility on a plain head, and picks from what is drawn."""

from dataclasses import replace

import numpy as np
import pytest

from panic3d.characters.landmarks import (
    BROWS,
    EYES,
    JAW,
    MOUTH,
    NOSE,
    Ids,
    pick_from_ids,
    project,
)
from panic3d.characters.procedural import make_procedural
from panic3d.geometry.cameras import Orthographic, Perspective
from panic3d.geometry.posing import Pose, head_origin, posed
from tests.characters.fakes import FAMILIES, make_fake
from tests.characters.picked import off_picks
from tests.unchecked import shapes_unchecked

FRONT = Orthographic()


@pytest.fixture(scope="module")
def fake():
    return make_fake(3, FAMILIES)


def marks_of(rasteriser, made, camera, size=256, pose=None, drawn=None):
    figure = posed(made.character, pose or Pose())
    origin = head_origin(made.character)
    with rasteriser.load(figure, origin) as scene:
        geometry = rasteriser.geometry(scene, camera, drawn or size)
    return project(made, figure, camera, size, geometry), figure, geometry, origin


@pytest.mark.parametrize("camera", [FRONT, Perspective(azimuth_deg=25.0, elevation_deg=10.0)])
def test_a_landmark_is_where_the_picture_shows_its_point(rasteriser, fake, camera):
    """Oracle: the surface drawn at a visible landmark's pixel is at the landmark."""
    marks, figure, geometry, origin = marks_of(rasteriser, fake, camera)
    assert marks.visible.sum() > 10
    for k in np.flatnonzero(marks.visible):
        point = fake.landmark_points(figure)[k] - origin
        column, row = np.floor(marks.points[k]).astype(int)
        window = geometry.position[row - 1 : row + 2, column - 1 : column + 2].reshape(-1, 3)
        assert np.linalg.norm(window - point, axis=1).min() < 0.004


def test_pixels_do_not_depend_on_how_large_the_geometry_was_drawn(rasteriser, fake):
    small = marks_of(rasteriser, fake, FRONT, 256)[0]
    large = marks_of(rasteriser, fake, FRONT, 256, drawn=512)[0]
    np.testing.assert_allclose(small.points, large.points)
    assert (small.visible == large.visible).mean() > 0.9


def test_what_is_behind_the_head_or_outside_the_picture_is_not_visible(rasteriser, fake):
    behind = marks_of(rasteriser, fake, Orthographic(azimuth_deg=180.0))[0]
    assert not behind.visible.any()
    turned = marks_of(rasteriser, fake, FRONT, pose=Pose(head_yaw_deg=180.0))[0]
    assert not turned.visible.any()
    cut = marks_of(rasteriser, fake, Orthographic(width_m=0.02))[0]
    outside = (cut.points < 0).any(1) | (cut.points >= 256).any(1)
    assert outside.any() and not cut.visible[outside].any()


def test_hair_hides_and_lashes_do_not(rasteriser, fake):
    """The cap of hair is 6 mm in front: as hair it hides what it covers, as lashes it does not."""
    hair = fake.labels.index("hair")
    skin = next(k for k, label in enumerate(fake.part_labels) if label == "skin")
    positions = posed(fake.character, Pose()).parts[skin].positions
    # A point of the forehead, which the cap covers.
    height = positions[:, 1] - head_origin(fake.character)[1]
    vertex = int(np.argmax(positions[:, 2] - 9 * np.abs(height - 0.06)))
    hidden = replace(
        fake, landmarks=(fake.landmarks[0]._replace(vertex=vertex), *fake.landmarks[1:])
    )
    assert not marks_of(rasteriser, hidden, FRONT)[0].visible[0]
    labels = tuple("lash" if k == hair else label for k, label in enumerate(fake.labels))
    assert marks_of(rasteriser, replace(hidden, labels=labels), FRONT)[0].visible[0]


def drawn_face(size=400):
    """Ids of a face of ellipses, 1000 pixels a metre, whose extremes are known."""
    y, x = np.mgrid[:size, :size] + 0.5

    def disc(cx, cy, rx, ry):
        return ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 < 1

    eye = disc(150, 180, 24, 15) | disc(250, 180, 24, 15)
    brow = disc(150, 145, 25, 3) | disc(250, 145, 25, 3)
    mouth = disc(200, 260, 16, 5)
    skin = disc(200, 180, 90, 120) & ~eye
    depth = np.where(skin, 0.9 + 0.02 * np.hypot(x - 200, y - 230) / 100, 0).astype(np.float32)
    return Ids(eye=eye, brow=brow, mouth=mouth, skin=skin, depth=depth)


def test_picks_are_the_extremes_of_what_is_drawn():
    """Oracle: the ellipses' own formulas."""
    found = pick_from_ids(drawn_face(), 1000.0)
    assert not np.isnan(found).any()
    np.testing.assert_allclose(
        found[EYES[0]],
        [[126, 180], [150, 165], [174, 180], [138, 193], [150, 195], [162, 193]],
        atol=1.6,
    )
    np.testing.assert_allclose(
        found[EYES[1]] - found[EYES[0]], np.tile([100.0, 0.0], (6, 1)), atol=0.01
    )
    np.testing.assert_allclose(
        found[BROWS],
        [[125, 145], [150, 145], [175, 145], [225, 145], [250, 145], [275, 145]],
        atol=1.6,
    )
    np.testing.assert_allclose(found[NOSE], [200, 230], atol=1.0)
    np.testing.assert_allclose(
        found[MOUTH], [[184, 260], [200, 255], [216, 260], [200, 265]], atol=1.0
    )
    # At the heights of nose and mouth, 8 and 2 mm higher; below, the chin.
    half = [90 * np.sqrt(1 - ((row - 180) / 120) ** 2) for row in (222, 258)]
    expected = [
        [200 - half[0], 222], [200 - half[1], 258], [200, 300],
        [200 + half[1], 258], [200 + half[0], 222],
    ]  # fmt: skip
    np.testing.assert_allclose(found[JAW], expected, atol=1.5)


def test_nothing_is_picked_where_nothing_is():
    ids = drawn_face()
    blank = ids._replace(eye=np.zeros_like(ids.eye), mouth=np.zeros_like(ids.mouth))
    found = pick_from_ids(blank, 1000.0)
    assert np.isnan(found[EYES[0].start :]).all() and not np.isnan(found[BROWS]).any()


FACES = (*range(130, 155), *range(9000, 9025))
"""Seeds. Those from 130 on have short brows, dolls' eyes and faces of other scales among them."""


@pytest.fixture(scope="module")
def differences(rasteriser):
    with shapes_unchecked():
        return np.array([off_picks(rasteriser, make_procedural(seed)) for seed in FACES])


def test_projected_landmarks_lie_on_what_is_drawn(differences):
    """Oracle: extremes of the features in id pictures, which know nothing of the mesh."""
    assert not np.isnan(differences).any()
    assert differences.max() < 0.01
    assert np.median(differences, axis=0).max() < 0.005


@pytest.mark.parametrize("expression", ["aa", "happy"])
def test_landmarks_follow_expressions(rasteriser, expression, unchecked):
    found = np.array(
        [
            off_picks(rasteriser, make_procedural(seed), {expression: 1.0})
            for seed in range(9000, 9005)
        ]
    )
    # Of closed eyes an id picture shows nothing; the jaw is picked at heights the mouth has moved.
    open_eyes = [JAW, BROWS, *EYES] if expression == "aa" else [BROWS]
    for group in (*open_eyes, slice(NOSE, NOSE + 1), MOUTH):
        assert found[:, group].max() < 0.01, group


def test_lids_of_closed_eyes_meet(rasteriser):
    """Upper and lower points of an eye lie on one curve, across the whole of its width."""
    camera = Orthographic(width_m=0.36)
    made = make_procedural(9003)
    opened = marks_of(rasteriser, made, camera)[0].points
    closed = marks_of(rasteriser, made, camera, pose=Pose(expressions={"blink": 1.0}))[0].points
    for eye in EYES:
        height = np.ptp(opened[eye][:, 1])
        points = closed[eye][np.argsort(closed[eye][:, 0])]
        curve = np.polyfit(points[:, 0], points[:, 1], 2)
        assert np.abs(np.polyval(curve, points[:, 0]) - points[:, 1]).max() < 0.2 * height
        assert np.ptp(points[:, 0]) > 0.8 * np.ptp(opened[eye][:, 0])
