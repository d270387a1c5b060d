"""The features of a face that lines are not removed from."""

import numpy as np
import pytest
from scipy.spatial import Delaunay

from panic3d.errors import ShapeError
from panic3d.geometry.face_hull import BROWS, EYES, MOUTH, NOSE, face_hull

SIZE = 96


def some_face(scale=1.0, shift=(0.0, 0.0)):
    """x, y of 28 landmarks of a face that fills most of 96 pixels."""
    points = np.zeros((28, 2))
    points[:5] = [(15, 50), (25, 75), (48, 88), (71, 75), (81, 50)]
    points[5:8], points[8:11] = [(20, 28), (28, 24), (36, 27)], [(60, 27), (68, 24), (76, 28)]
    points[11:17] = [(20, 40), (28, 33), (37, 41), (21, 47), (29, 52), (36, 47)]
    points[17:23] = [(59, 41), (68, 33), (76, 40), (60, 47), (67, 52), (75, 47)]
    points[23] = (48, 60)
    points[24:28] = [(40, 70), (48, 68), (56, 70), (48, 75)]
    return (points - 48) * scale + 48 + np.array(shift) + 0.4


def test_everything_a_face_needs_is_covered_with_two_pixels_to_spare():
    """Oracle: every landmark but those of the jaw, the lines between, and a square around each."""
    points = some_face()
    mask = face_hull(points, SIZE, SIZE)
    wanted = [points[11:]]
    for brow in BROWS:
        a, b, c = points[brow]
        wanted += [a + t * (b - a) for t in np.linspace(0, 1, 9)[:, None]]
        wanted += [b + t * (c - b) for t in np.linspace(0, 1, 9)[:, None]]
    pixels = np.floor(np.vstack(wanted)).astype(int)
    for dx in range(-2, 3):
        for dy in range(-2, 3):
            # Between two pixels a line may run through the other one: a pixel of play.
            play = max(abs(dx), abs(dy)) < 2
            assert mask[pixels[:, 1] + dy, pixels[:, 0] + dx].all() or not play
    assert not mask[np.floor(points[:5, 1]).astype(int), np.floor(points[:5, 0]).astype(int)].any()


@pytest.mark.parametrize("group", [*EYES, MOUTH])
def test_the_inside_of_eyes_and_mouth_is_filled(group):
    """Oracle: a triangulation of the points; all pixels whose middles are inside."""
    pixels = np.floor(some_face()[group])
    y, x = np.mgrid[:SIZE, :SIZE]
    inside = Delaunay(pixels).find_simplex(np.stack([x, y], -1)) >= 0
    mask = face_hull(some_face(), SIZE, SIZE, 0)
    assert inside.sum() > 30 and mask[inside].all()
    around = mask[int(pixels[:, 1].min()) - 1 :][:3, int(pixels[:, 0].min()) - 3 :][:, :1]
    assert not around.any()


def test_the_nose_is_one_pixel():
    points = some_face()
    mask = face_hull(points, SIZE, SIZE, 0)
    x, y = np.floor(points[NOSE]).astype(int)
    assert mask[y, x] and mask[y - 3 : y + 4, x - 3 : x + 4].sum() == 1


def test_a_margin_grows_by_a_square():
    """Oracle: the largest of the neighbourhood, pixel by pixel."""
    bare, grown = (face_hull(some_face(), SIZE, SIZE, margin) for margin in (0, 3))
    wide = np.pad(bare, 3)
    windows = np.lib.stride_tricks.sliding_window_view(wide, (7, 7))
    np.testing.assert_array_equal(grown, windows.any((2, 3)))


@pytest.mark.parametrize(
    ("width", "height", "shift", "scale"),
    [(96, 60, (0, 0), 1.0), (50, 96, (-40, 0), 1.0), (64, 64, (30, 30), 3.0), (1, 1, (0, 0), 1.0)],
)
def test_points_outside_are_moved_to_the_border(width, height, shift, scale):
    """Oracle: the same points clipped beforehand; upstream fails or wraps around."""
    points = some_face(scale, shift)
    clipped = np.clip(points, 0, [width - 1, height - 1])
    found = face_hull(points, height, width)
    assert found.shape == (height, width) and found.any()
    np.testing.assert_array_equal(found, face_hull(clipped, height, width))


def test_a_face_far_outside_reaches_no_further_than_the_border():
    mask = face_hull(some_face(shift=(500, 0)), SIZE, SIZE)
    assert mask[:, -3:].any() and not mask[:, :-3].any()


def test_all_landmarks_in_one_place_or_on_a_line_are_no_error():
    one = face_hull(np.full((28, 2), 10.2), SIZE, SIZE, 0)
    assert np.argwhere(one).tolist() == [[10, 10]]
    line = face_hull(np.stack([np.arange(28.0), np.arange(28.0)], 1), SIZE, SIZE, 0)
    assert line[np.arange(11, 28), np.arange(11, 28)].all()


@pytest.mark.parametrize("points", [np.zeros((27, 2)), np.zeros((28, 3)), np.full((28, 2), np.nan)])
def test_what_are_no_landmarks_is_refused(unchecked, points):
    with pytest.raises(ShapeError, match="28 finite points"):
        face_hull(points, SIZE, SIZE)
