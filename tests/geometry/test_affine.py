import numpy as np
import pytest

from panic3d.errors import ShapeError
from panic3d.geometry.affine import moved

MATRIX = np.array([[0.0, -2.0, 5.0], [2.0, 0.0, 1.0], [0.0, 0.0, 1.0]])


def test_points_are_turned_scaled_and_shifted():
    """Oracle: a quarter turn, twice the size, then 5 and 1, by hand."""
    assert moved(np.array([[1.0, 0.0], [0.0, 1.0]]), MATRIX).tolist() == [[5.0, 3.0], [3.0, 1.0]]


def test_there_and_back():
    """Oracle: the inverse matrix."""
    points = np.random.default_rng(0).normal(size=(9, 2))
    np.testing.assert_allclose(moved(moved(points, MATRIX), np.linalg.inv(MATRIX)), points)


@pytest.mark.parametrize("shape", [(3, 3), (2,)])
def test_other_shapes_are_refused(unchecked, shape):
    with pytest.raises(ShapeError):
        moved(np.zeros(shape), MATRIX)


def test_a_projective_map_is_refused():
    with pytest.raises(ShapeError, match="affine"):
        moved(np.zeros((1, 2)), MATRIX.T)
