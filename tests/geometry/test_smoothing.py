"""Smoothing without shrinking, and normals."""

import numpy as np
import pytest

from panic3d.geometry.components import signed_volumes
from panic3d.geometry.smoothing import face_normals, neighbours, smoothed, vertex_normals
from tests.geometry.shapes import ball, grid, mesh_of


def rough(amount=0.001):
    vertices, faces = ball(0.1, n=30)
    noise = np.random.default_rng(0).normal(0, amount, (len(vertices), 1))
    return (vertices * (1 + noise / 0.1)).astype(np.float32), faces


def unevenness(vertices):
    return float(np.linalg.norm(vertices, axis=1).std())


def test_noise_goes_and_the_volume_stays():
    """Oracle: the ball's radius and volume."""
    vertices, faces = rough()
    found = smoothed(vertices, faces, 12, 0.01)
    assert unevenness(found) < 0.4 * unevenness(vertices)
    before, after = (signed_volumes(v, faces).sum() for v in (vertices, found))
    assert after == pytest.approx(before, rel=0.01)


def test_no_vertex_goes_further_than_allowed():
    vertices, faces = rough(0.004)
    found = smoothed(vertices, faces, 30, 0.001)
    assert np.linalg.norm(found - vertices, axis=1).max() <= 0.001 + 1e-6


def test_the_tip_of_a_lock_stays():
    """Oracle: a cone's height."""
    x, y, z = grid(48, 0.1)
    vertices, faces = mesh_of(np.minimum(0.02 * (0.08 - y) / 0.16 - np.hypot(x, z), y + 0.08), 0.1)
    found = smoothed(vertices, faces, 12, 0.001)
    assert vertices[:, 1].max() - found[:, 1].max() <= 0.001


def test_no_rounds_change_nothing():
    vertices, faces = rough()
    assert smoothed(vertices, faces, 0, 0.001) is vertices


def test_a_vertex_without_faces_stays():
    vertices, faces = rough()
    more = np.concatenate([vertices, np.ones((1, 3), np.float32)])
    assert np.array_equal(smoothed(more, faces, 5, 0.01)[-1], (1, 1, 1))


def test_normals_of_a_ball_point_away_from_its_middle():
    vertices, faces = ball(0.1)
    out = vertices / np.linalg.norm(vertices, axis=1, keepdims=True)
    assert (vertex_normals(vertices, faces) * out).sum(1).min() > 0.99
    middles = vertices[faces].mean(1)
    own = face_normals(vertices, faces)
    assert np.median((own * middles).sum(1) / np.linalg.norm(middles, axis=1)) > 0.99


def test_a_corner_of_a_cube_has_the_mean_of_its_sides_however_they_are_cut():
    """Oracle: symmetry; weights by area or by count would lean towards the side of two faces."""
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0]], np.float32)
    faces = np.array([[0, 4, 1], [0, 2, 4], [0, 1, 3], [0, 3, 2]], np.int32)
    assert np.allclose(vertex_normals(vertices, faces)[0], -np.ones(3) / np.sqrt(3), atol=1e-6)


def test_a_face_without_an_area_has_no_normal_and_its_vertices_one_upward():
    vertices = np.zeros((3, 3), np.float32)
    faces = np.array([[0, 1, 2]], np.int32)
    assert np.array_equal(face_normals(vertices, faces), np.zeros((1, 3)))
    assert np.array_equal(vertex_normals(vertices, faces)[0], (0, 1, 0))


def test_links_are_counted_once():
    links = neighbours(np.array([[0, 1, 2], [2, 1, 3]], np.int32), 4)
    assert links.toarray().tolist() == [[0, 1, 1, 0], [1, 0, 1, 1], [1, 1, 0, 1], [0, 1, 1, 0]]
