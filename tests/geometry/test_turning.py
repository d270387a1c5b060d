import numpy as np
import pytest

from panic3d.errors import ShapeError
from panic3d.geometry.posing import rotation
from panic3d.geometry.turning import turned_back

PIVOT = (0.0, -0.1, 0.0)


def test_a_turned_head_comes_back():
    """Invariant: there and back; a head turned about its bone."""
    turn = rotation(0.0, 30.0, 0.0) @ rotation(-10.0, 0.0, 0.0)
    points = np.random.default_rng(0).normal(size=(20, 3))
    seen = (points - PIVOT) @ turn.T + PIVOT
    normals = points / np.linalg.norm(points, axis=1, keepdims=True)
    vertices, upright = turned_back(
        seen.astype(np.float32), (normals @ turn.T).astype(np.float32), turn, PIVOT
    )
    assert np.allclose(vertices, points, atol=1e-5)
    assert np.allclose(upright, normals, atol=1e-5)


def test_a_face_that_looks_aside_looks_ahead_and_the_bone_stays():
    turn = rotation(0.0, 40.0, 0.0)
    nose = (turn @ np.array([0.0, 0.0, 0.1]))[None] + PIVOT
    both = np.concatenate([nose, [PIVOT]]).astype(np.float32)
    vertices, normals = turned_back(both, both, turn, PIVOT)
    assert np.allclose(vertices, [[0, -0.1, 0.1], PIVOT], atol=1e-6)
    assert vertices.dtype == normals.dtype == np.float32


@pytest.mark.parametrize("matrix", [np.diag([1.0, 1.0, -1.0]), np.eye(3) * 2, np.zeros((3, 3))])
def test_what_is_no_rotation_is_refused(matrix):
    nothing = np.zeros((1, 3), np.float32)
    with pytest.raises(ShapeError, match="expected a rotation"):
        turned_back(nothing, nothing, matrix, PIVOT)
