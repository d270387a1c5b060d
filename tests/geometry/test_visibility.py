"""What one sees from the front. Oracle: a small ball before a large one."""

import numpy as np
import pytest

from panic3d.geometry.smoothing import vertex_normals
from panic3d.geometry.visibility import depth_map, on_picture, wholly_seen
from tests.geometry.shapes import ball, together

BOX = 0.7
SMALL = 0.03


@pytest.fixture(scope="module")
def scene():
    large = ball(0.15, n=48)
    vertices, faces = together(ball(SMALL, (0.02, 0.0, 0.25), 24), large)
    count = len(vertices) - len(large[0])
    return vertices, faces, vertex_normals(vertices, faces), np.arange(len(vertices)) >= count


def behind_small(points):
    return np.hypot(points[:, 0] - 0.02, points[:, 1])


def test_what_lies_behind_is_hidden_and_what_lies_beside_is_not(scene):
    vertices, faces, normals, of_large = scene
    depth = depth_map(vertices, faces, BOX, 512)
    hidden = depth.hidden(vertices, normals)
    facing = normals[:, 2] > 0.2
    away = behind_small(vertices)
    assert hidden[of_large & facing & (away < SMALL - 0.003)].all()
    assert not hidden[of_large & facing & (away > SMALL + 0.004)].any()
    assert not hidden[~of_large & facing].any()


def test_triangles_seen_whole_do_not_overlap_and_leave_little_out(scene):
    """Oracle: the disc of the large ball, as far as it is not too slanted."""
    vertices, faces, normals, _ = scene
    depth = depth_map(vertices, faces, BOX, 512)
    whole = wholly_seen(vertices, faces, normals, depth, 0.2)
    assert normals[faces[whole]].mean(1)[:, 2].min() > 0.1
    flat = on_picture(vertices, BOX, 512).astype(np.float64)[faces[whole]]
    u, v = flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]
    area = np.abs(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]).sum() / 2
    disc = np.pi * 0.15**2 * (1 - 0.2**2) / depth.pixel_m**2
    assert 0.95 * disc < area < 1.01 * disc


def test_places_run_right_and_down():
    points = np.array([[-0.35, 0.35, 0], [0.35, -0.35, 1], [0, 0, 0]], np.float32)
    assert on_picture(points, BOX, 100).tolist() == [[0, 0], [100, 100], [50, 50]]
