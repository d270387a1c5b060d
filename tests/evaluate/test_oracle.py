"""Carving, and the ceiling."""

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt, grey_opening

from panic3d.errors import MeshError
from panic3d.evaluate.carving import depth_views, inside, opened
from panic3d.evaluate.figures import drawn, of_triangles
from panic3d.evaluate.oracle import (
    Oracle,
    _are_within,
    _spread,
    _with_neighbours,
    coloured,
    meshed,
    signed_depth,
)
from panic3d.evaluate.predictors import Given, Tools
from panic3d.evaluate.surface_metrics import (
    Searchable,
    Triangles,
    compare_surfaces,
    point_distances,
)

from .balls import OpenedBalls
from .shapes import sphere

pytest.importorskip("igl", reason="libigl is not installed: pip install 'panic3d[eval]'")


def chance():
    return np.random.Generator(np.random.PCG64(0))


def test_a_ball_is_carved_out_to_its_radius(rasteriser):
    """Oracle: points inside and outside a ball; half a pixel on either side nobody knows."""
    views = depth_views(of_triangles(sphere(0.15)), rasteriser, 256)
    points = chance().uniform(-0.35, 0.35, (20_000, 3))
    distance = np.linalg.norm(points, axis=1)
    found = inside(points, views)
    assert found[distance < 0.148].all()
    # Level cameras and those above see all but what lies below the ball.
    seen = points[:, 1] > -0.1
    assert not found[(distance > 0.153) & seen].any()


def test_a_ball_comes_back_from_the_grid(rasteriser):
    """Oracle: vertices at its radius, to a tenth of the grid's step; a pixel where views graze."""
    truth = sphere(0.15)
    views = depth_views(of_triangles(truth), rasteriser, 256)
    mesh = meshed(truth, views, 96, chance())
    used = mesh.vertices[np.unique(mesh.faces)]
    radius = np.linalg.norm(used, axis=1)
    assert radius == pytest.approx(0.15, abs=1.5 * 0.7 / 256)
    # From below, views only graze it.
    assert radius[used[:, 1] > -0.13] == pytest.approx(0.15, abs=0.7 / 95 / 10)
    assert (used * mesh.normals[np.unique(mesh.faces)]).sum(1).min() > 0
    scores = compare_surfaces(
        Triangles(mesh.vertices.astype(np.float64), mesh.faces), truth, chance()
    )
    assert scores.hits[0].f1 > 0.999


def test_what_the_grid_knows_of_distances_spares_questions_and_changes_no_answer(rasteriser):
    """Oracle: the distances themselves, of points on the grid's lines and anywhere."""
    truth, n = sphere(0.15, cuts=3), 48
    cell = 0.7 / (n - 1)
    asked: list[int] = []

    class Counting(Searchable):
        def nearest(self, points):
            asked.append(len(points))
            return super().nearest(points)

    tree = Counting(truth)
    views = depth_views(of_triangles(truth), rasteriser, 128)
    depth, near = signed_depth(tree, views, n, chance())
    known = np.isfinite(near)
    assert 0 < known.mean() < 0.5 and not known[0].any() and (depth[~known] < 0).all()
    # Vertices of a level set lie on the lines; some of these do by rounding alone.
    place = chance().uniform(-0.24, 0.24, (4000, 3))
    place[:3000, :2] = np.rint((place[:3000, :2] + 0.35) / cell) * cell - 0.35
    place[:1500] = place[:1500].astype(np.float32)
    expected = point_distances(place, truth)
    for limit in (0.5 * cell, 1.2 * cell, 5 * cell):
        asked.clear()
        assert np.array_equal(_are_within(place, limit, near, tree), expected < limit)
        assert sum(asked) < len(place)


def test_small_holes_are_closed_and_nothing_else():
    """Oracle: SciPy's opening."""
    depth = chance().uniform(0.5, 1.5, (40, 50)).astype(np.float32)
    depth[chance().random(depth.shape) > 0.6] = np.inf
    assert np.array_equal(opened(depth), grey_opening(depth, 3))


def test_a_surface_outside_the_box_has_no_mesh(rasteriser):
    away = Triangles(sphere(0.1).vertices + 2.0, sphere(0.1).faces)
    with pytest.raises(MeshError, match="head's box"):
        meshed(away, depth_views(of_triangles(away), rasteriser, 64), 48, chance())


def test_marks_spread_to_their_neighbours():
    """Oracle: SciPy's dilation."""
    from scipy.ndimage import binary_dilation

    marked = chance().random((9, 9, 9)) > 0.97
    everywhere = np.ones((3, 3, 3), bool)
    assert np.array_equal(_with_neighbours(marked), binary_dilation(marked, everywhere))
    beside = np.logical_or.reduce([_spread(marked, axis) for axis in range(3)])
    assert np.array_equal(beside, binary_dilation(marked))


def test_a_sheet_without_thickness_stays_as_thin_as_the_grid_can_hold(rasteriser):
    """Oracle: all of a flat card is within a step of the mesh, and the mesh of the card."""
    corners = np.array([[-0.1, -0.1, 0.01], [0.1, -0.1, 0.01], [0.1, 0.1, 0.01], [-0.1, 0.1, 0.01]])
    card = Triangles(corners, np.array([[0, 1, 2], [0, 2, 3]], np.int32))
    views = depth_views(of_triangles(card), rasteriser, 256)
    mesh = meshed(card, views, 128, chance())
    used = mesh.vertices[np.unique(mesh.faces)].astype(np.float64)
    step = 0.7 / 127
    assert point_distances(used, card).max() < 1.2 * step
    spread = np.stack(np.meshgrid([-0.09, 0.0, 0.09], [-0.09, 0.0, 0.09], [0.01]), -1).reshape(
        -1, 3
    )
    found = Triangles(mesh.vertices.astype(np.float64), mesh.faces)
    assert point_distances(spread, found).max() < step


def test_the_oracle_wears_the_truths_colours(rasteriser):
    truth = OpenedBalls().truth("ball-1")
    tools = Tools()
    tools.__dict__["rasteriser"] = rasteriser
    given = Given("ball-1", "aligned", truth.views["front"], truth)
    found = Oracle(resolution=64).open(tools)(given)
    assert set(found.views) == given.maps.views
    both = (found.views["back"][..., 3] == 255) & (truth.views["back"][..., 3] == 255)
    assert both.sum() > 500
    assert np.array_equal(found.views["back"][both], truth.views["back"][both])
    # What sticks out is coloured as the nearest pixel of the truth.
    larger = drawn(of_triangles(sphere(0.16)), rasteriser, len(both))
    painted = coloured(larger, truth).views["front"]
    out = (painted[..., 3] == 255) & (truth.views["front"][..., 3] == 0)
    assert out.sum() > 100 and (painted[out][:, :3].max(1) > 0).all()
    # Oracle: nearest of the whole picture. What is clear has no colour.
    solid = truth.views["front"][..., 3] >= 128
    nearest = distance_transform_edt(~solid, return_distances=False, return_indices=True)
    expected = truth.views["front"][tuple(nearest)]
    assert np.array_equal(painted[out][:, :3], expected[out][:, :3])
    known = {tuple(rgb) for rgb in truth.views["front"][..., :3].reshape(-1, 3)}
    assert {tuple(rgb) for rgb in painted[out][:, :3]} <= known
