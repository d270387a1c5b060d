from __future__ import annotations

import math
import sys

import numpy as np
import pytest

from panic3d.errors import MeshError, MissingDependencyError
from panic3d.evaluate.surface_metrics import (
    Searchable,
    Triangles,
    closest_points,
    compare_surfaces,
    point_distances,
    sample_surface,
    surface_scores,
    winding_numbers,
)

from .shapes import sphere

pytest.importorskip("igl", reason="libigl is not installed: pip install 'panic3d[eval]'")

NOTHING = Triangles(np.zeros((0, 3)), np.zeros((0, 3), np.int32))


@pytest.fixture
def generator():
    return np.random.default_rng(0)


def by_hand(point, corners):
    """The distance of one point to one triangle: to its plane, its edges or its corners."""
    a, b, c = corners
    found = []
    for start, end in ((a, b), (b, c), (c, a)):
        along = end - start
        length = along @ along
        part = np.clip((point - start) @ along / length, 0, 1) if length else 0.0
        found.append(np.linalg.norm(point - start - part * along))
    normal = np.cross(b - a, c - a)
    if normal @ normal:
        foot = point - normal * ((point - a) @ normal) / (normal @ normal)
        if all(np.cross(e - s, foot - s) @ normal >= 0 for s, e in ((a, b), (b, c), (c, a))):
            found.append(np.linalg.norm(point - foot))
    return min(found)


def test_distances_are_exact(generator):
    """Oracle: a plain twin, triangle by triangle; some have no area, or no length either."""
    vertices = generator.normal(size=(60, 3))
    faces = generator.integers(0, 60, (40, 3)).astype(np.int32)
    faces[0] = [3, 3, 7]
    faces[1] = [5, 5, 5]
    vertices[10] = (vertices[8] + vertices[9]) / 2
    faces[2] = [8, 9, 10]
    points = 2 * generator.normal(size=(60, 3))
    mesh = Triangles(vertices, faces)
    wanted = [min(by_hand(point, vertices[face]) for face in faces) for point in points]
    found = point_distances(points, mesh)
    assert np.allclose(found, wanted, rtol=0, atol=1e-12)
    between = np.linalg.norm(points - closest_points(points, mesh), axis=-1)
    assert np.allclose(between, found, rtol=0, atol=1e-12)


def test_a_mesh_has_no_distance_from_itself(generator):
    scores = compare_surfaces(sphere(0.1), sphere(0.1), generator)
    assert scores.chamfer_m <= 1e-6
    assert all(hits == (1.0, 1.0, 1.0) for hits in scores.hits)


def test_spheres_within_each_other_are_apart_by_the_difference_of_their_radii(generator):
    """Oracle: 7 mm everywhere, so nothing is within 5 mm and everything within 10."""
    scores = compare_surfaces(sphere(0.107), sphere(0.1), generator)
    assert scores.chamfer_m == pytest.approx(0.007, abs=1e-4)
    assert scores.hits[0] == (0.0, 0.0, 0.0)
    assert scores.hits[1] == (1.0, 1.0, 1.0)


@pytest.mark.parametrize("axis", range(3))
def test_a_shifted_sphere_is_near_where_it_slides_along_itself(axis, generator):
    """Oracle: of a sphere shifted by 7 mm the zone within 5 mm has 5/7 of its area."""
    x, y, z = (0.007 * (axis == k) for k in range(3))
    scores = compare_surfaces(sphere(0.1, (x, y, z)), sphere(0.1), generator)
    assert 100 * scores.hits[0].f1 == pytest.approx(71, abs=1)
    assert scores.hits[1].f1 == 1.0
    assert scores.chamfer_m == pytest.approx(0.0035, abs=1e-4)


def test_precision_and_recall_tell_too_much_from_too_little(generator):
    """Oracle: the smaller of two pieces, and twice that piece, have one half in common."""
    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 9], [1, 0, 9], [0, 1, 9]], float)
    one = Triangles(corners, np.array([[0, 1, 2]], np.int32))
    two = Triangles(corners, np.array([[0, 1, 2], [3, 4, 5]], np.int32))
    more = compare_surfaces(two, one, generator).hits[0]
    less = compare_surfaces(one, two, generator).hits[0]
    assert more.recall == less.precision == 1.0
    assert more.precision == pytest.approx(0.5, abs=0.02)
    assert less.recall == pytest.approx(0.5, abs=0.02)
    assert more.f1 == pytest.approx(2 / 3, abs=0.02)


def test_a_distance_equal_to_the_threshold_counts():
    scores = surface_scores(np.array([0.0, 0.005]), np.array([0.25]), (0.005, 0.001))
    assert scores.chamfer_m == (0.0025 + 0.25) / 2
    assert scores.hits == ((1.0, 0.0, 0.0), (0.5, 0.0, 0.0))


def test_points_are_spread_evenly_by_area(generator):
    """Oracle: shares of area of unequal triangles, and the mean of each triangle's points."""
    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 3, 0], [5, 5, 5]], float)
    faces = np.array([[0, 1, 2], [4, 4, 4], [0, 1, 3], [1, 2, 2]], np.int32)
    mesh = Triangles(corners, faces)
    raised = Triangles(corners + np.array([0, 0, 1]), faces[:1])
    points = sample_surface(raised, 40_000, generator)
    assert np.allclose(points.mean(0), [1 / 3, 1 / 3, 1], atol=0.01)
    assert np.allclose(points.var(0), [1 / 18, 1 / 18, 0], atol=0.001)
    assert (points[:, :2] >= 0).all() and (points[:, :2].sum(1) <= 1 + 1e-12).all()
    points = sample_surface(mesh, 40_000, generator)
    # The second triangle has three quarters of the area and covers the first, of one quarter.
    low = points[:, 0] + points[:, 1] <= 1
    assert low.mean() == pytest.approx(1 / 4 + 3 / 4 / 3, abs=0.01)


def test_the_same_generator_gives_the_same_points_and_scores():
    def once(seed):
        return compare_surfaces(
            sphere(0.1, (0.003, 0, 0), 3), sphere(0.1, cuts=3), np.random.default_rng(seed)
        )

    assert once(3) == once(3) != once(4)


def test_the_truth_is_met_at_the_same_points_whatever_is_predicted():
    """Recall of the same prediction does not depend on how many triangles it is cut into."""
    truth = sphere(0.1, (0, 0.004, 0), 3)
    once = compare_surfaces(sphere(0.1, cuts=4), truth, np.random.default_rng(0)).hits[0]
    mesh = sphere(0.1, cuts=4)
    twice = Triangles(mesh.vertices, np.concatenate([mesh.faces, mesh.faces]))
    assert compare_surfaces(twice, truth, np.random.default_rng(0)).hits[0].recall == once.recall


@pytest.mark.parametrize(
    "predicted", [None, NOTHING, Triangles(np.ones((3, 3)), np.array([[0, 1, 2]], np.int32))]
)
def test_nothing_predicted_scores_nothing(predicted, generator):
    scores = compare_surfaces(predicted, sphere(0.1, cuts=1), generator)
    assert math.isnan(scores.chamfer_m)
    assert scores.hits == ((0.0, 0.0, 0.0),) * 5


def test_a_broken_mesh_is_refused_before_libigl_reads_beyond_it(generator):
    mesh = sphere(0.1, cuts=1)
    points = np.zeros((1, 3))
    with pytest.raises(MeshError, match="without any area"):
        compare_surfaces(mesh, NOTHING, generator)
    with pytest.raises(MeshError, match="no triangles"):
        point_distances(points, NOTHING)
    for wrong in (-1, len(mesh.vertices)):
        faces = mesh.faces.copy()
        faces[0, 0] = wrong
        with pytest.raises(MeshError, match="names vertices"):
            point_distances(points, Triangles(mesh.vertices, faces))
    vertices = mesh.vertices.copy()
    vertices[0] = np.nan
    with pytest.raises(MeshError, match="not finite"):
        sample_surface(Triangles(vertices, mesh.faces), 3, generator)


def test_no_points_have_no_distances():
    nowhere = np.zeros((0, 3))
    assert point_distances(nowhere, sphere(0.1, cuts=1)).shape == (0,)
    assert closest_points(nowhere, sphere(0.1, cuts=1)).shape == (0, 3)


def test_winding_numbers_count_the_layers_around():
    """Oracle: 2 within two spheres, 1 between them, 0 outside, about a half at their vertices."""
    inner, outer = sphere(0.1, cuts=4), sphere(0.2, cuts=4)
    faces = np.concatenate([inner.faces, outer.faces + len(inner.vertices)]).astype(np.int32)
    both = Triangles(np.concatenate([inner.vertices, outer.vertices]), faces)
    points = np.array([[0, 0, 0], [0.15, 0, 0], [0, 0.3, 0]], float)
    assert np.allclose(winding_numbers(points, both), [2, 1, 0], atol=0.02)
    # A vertex of a bent surface has a little more than half of the directions outside.
    assert np.allclose(winding_numbers(inner.vertices, both), 1.5, atol=0.05)
    assert np.allclose(winding_numbers(outer.vertices, both), 0.5, atol=0.05)


def test_without_libigl_the_command_that_brings_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "igl", None)
    with pytest.raises(MissingDependencyError, match=r"panic3d\[eval\]"):
        point_distances(np.zeros((1, 3)), sphere(0.1, cuts=1))


def test_a_surface_is_asked_again_and_in_any_order(generator):
    """Oracle: libigl's own function, which builds a tree for each call; points one by one."""
    import igl

    mesh, points = sphere(0.1), generator.normal(scale=0.1, size=(500, 3))
    tree = Searchable(mesh)
    squared, _, nearest = igl.point_mesh_squared_distance(
        points, mesh.vertices, mesh.faces.astype(np.int64)
    )
    for _ in range(2):
        assert np.array_equal(point_distances(points, tree), np.sqrt(squared))
    assert np.array_equal(closest_points(points, mesh), nearest)
    assert np.array_equal(point_distances(points[::-1], tree), np.sqrt(squared)[::-1])
    assert [float(point_distances(point[None], tree)[0]) for point in points[:5]] == pytest.approx(
        np.sqrt(squared[:5]), abs=0
    )
    other = sphere(0.12)
    chances = (np.random.default_rng(1) for _ in range(2))
    found = [compare_surfaces(other, true, next(chances)) for true in (mesh, tree)]
    assert found[0] == found[1]
