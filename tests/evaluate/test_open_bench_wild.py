"""Wild pictures: cut around the face, and laid back where the front view has it."""

import math

import numpy as np
import pytest
from PIL import Image

from panic3d.evaluate.open_bench.wild import (
    carried,
    coloured_style,
    draw_cut,
    encoded,
    similarity,
    warped,
)


def turned(angle_deg, scale, shift):
    c, s = scale * math.cos(math.radians(angle_deg)), scale * math.sin(math.radians(angle_deg))
    return np.array([[c, -s, shift[0]], [s, c, shift[1]]])


@pytest.mark.parametrize("angle", [0.0, 25.0, -140.0])
def test_a_similarity_is_found_again(angle):
    """Oracle: the one that the points were carried by."""
    points = np.random.default_rng(0).uniform(0, 500, (28, 2))
    known = turned(angle, 0.4, (30.0, -7.0))
    assert np.allclose(similarity(points, carried(points, known)), known)


def test_least_squares_beats_every_neighbour():
    rng = np.random.default_rng(1)
    points = rng.uniform(0, 500, (28, 2))
    goal = carried(points, turned(10.0, 0.5, (3.0, 4.0))) + rng.normal(0, 5, (28, 2))
    found = similarity(points, goal)

    def error(by):
        return float(((carried(points, by) - goal) ** 2).sum())

    for change in ((1.01, 0.0, 0.0, 0.0), (1.0, 0.5, 0.0, 0.0), (1.0, 0.0, 1.0, 0.0)):
        other = turned(change[1], change[0], (0, 0)) @ np.vstack([found, [0, 0, 1]])
        other[0, 2] += change[2]
        assert error(other) > error(found)


@pytest.mark.parametrize("scale", [0.4, 1.6])
def test_a_picture_lands_where_points_are_carried_to(scale):
    """Oracle: the middle of a disc, before and after."""
    y, x = np.mgrid[:200, :260] + 0.5
    rgba = np.zeros((200, 260, 4), np.uint8)
    rgba[(x - 150) ** 2 + (y - 80) ** 2 < 20**2] = (255, 0, 0, 255)
    by = turned(30.0, scale, (40.0, 10.0))
    found = warped(rgba, by, 400)
    weight = found[..., 3].astype(np.float64)
    rows, columns = np.mgrid[:400, :400] + 0.5
    middle = [(weight * columns).sum() / weight.sum(), (weight * rows).sum() / weight.sum()]
    assert np.allclose(middle, carried(np.array([[150.0, 80.0]]), by)[0], atol=0.03)
    assert weight.sum() / 255 == pytest.approx(math.pi * 20**2 * scale**2, rel=0.02)
    assert (found[weight > 250][:, :3] == (255, 0, 0)).all()


def test_the_face_is_never_cut_off():
    rng = np.random.default_rng(2)
    shapes = set()
    for _ in range(200):
        middle, size = rng.uniform(0.3, 0.7, 2), rng.uniform(0.1, 0.25)
        points = middle + rng.uniform(-size, size, (28, 2))
        side = int(rng.integers(64, 1000))
        cut = draw_cut(rng, side, points)
        assert 0 <= cut.left <= cut.left + cut.width <= side
        assert 0 <= cut.top <= cut.top + cut.height <= side
        assert max(cut.width, cut.height) == side
        own = points * side - (cut.left, cut.top)
        assert own.min() >= -1 and (own <= np.array([cut.width, cut.height]) + 1).all()
        shapes.add(np.sign(cut.width - cut.height))
    assert shapes == {-1, 0, 1}


def test_no_style_is_grey():
    rng = np.random.default_rng(3)
    assert not any(coloured_style(rng).finish.grey for _ in range(40))


def test_files_are_what_they_are_called():
    picture = np.random.default_rng(4).integers(0, 255, (40, 30, 3), dtype=np.uint8)
    import io

    for quality, ending, kind in ((0, "png", "PNG"), (80, "jpg", "JPEG")):
        found, data = encoded(picture, quality, 2)
        image = Image.open(io.BytesIO(data))
        assert (found, image.format, image.size) == (ending, kind, (30, 40))
        if not quality:
            assert (np.array(image) == picture).all()
