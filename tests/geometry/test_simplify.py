"""Fewer triangles. Oracle: the ball's radius."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from panic3d.errors import ConfigError
from panic3d.geometry.holes import open_edges
from panic3d.geometry.simplify import Focus, simplified
from tests.geometry.shapes import ball

BALL = ball(0.1, n=40)


@pytest.mark.parametrize("triangles", [200, 1000, 4000])
def test_no_more_triangles_than_asked_for_and_the_shape_stays(triangles):
    vertices, faces = simplified(*BALL, triangles)
    assert 0.95 * triangles <= len(faces) <= triangles
    assert len(open_edges(faces)) == 0
    assert faces.max() + 1 == len(vertices) == len(np.unique(faces))
    error = np.abs(np.linalg.norm(vertices, axis=1) - 0.1).max()
    assert error < 0.1 * 4 / np.sqrt(triangles) / 5


def test_a_mesh_that_is_small_enough_is_left_alone():
    vertices, faces = simplified(*BALL, len(BALL[1]))
    assert vertices is BALL[0] and faces is BALL[1]


def test_more_triangles_stay_where_one_looks():
    middle = (0.0, 0.0, 0.1)

    def near(focus):
        vertices, faces = simplified(*BALL, 2000, focus)
        assert np.abs(np.linalg.norm(vertices, axis=1) - 0.1).max() < 0.002
        return (np.linalg.norm(vertices[faces].mean(1) - middle, axis=1) < 0.05).sum()

    assert near(Focus(centre_m=middle, radius_m=0.05, gain=2.0)) > 1.2 * near(None)


def test_threads_do_not_disturb_one_another():
    """The library has one mesh at a time."""
    sizes = [300, 600, 900, 1200] * 2
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda size: simplified(*BALL, size), sizes))
    for size, (vertices, faces) in zip(sizes, found, strict=True):
        again = simplified(*BALL, size)
        assert np.array_equal(again[0], vertices) and np.array_equal(again[1], faces)


def test_what_cannot_be_is_refused():
    with pytest.raises(ConfigError, match="at least 4"):
        simplified(*BALL, 3)
    with pytest.raises(ConfigError, match="gain"):
        Focus(centre_m=(0.0, 0.0, 0.0), radius_m=0.1, gain=0.5)
