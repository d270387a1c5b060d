"""From density to triangles."""

import math
from collections import Counter

import numpy as np
import pytest
import torch

from panic3d.pipeline.surface import exact_mesh, paper_mesh, raw_density_of
from panic3d.render.composite import unit_opacity
from panic3d.render.density_grid import sample_grid
from panic3d.render.volume import Clouds

from ..render.scenes import one_ball

BOX, N = 0.7, 64
VOXEL = BOX / (N - 1)


def test_the_exact_surface_of_a_ball_lies_within_a_tenth_of_a_voxel():
    """Oracle: the ball; the level is where its raw density is 1."""
    field = one_ball(0.2, centre=(0.03, -0.02, 0.01))
    grid = sample_grid(field, N, BOX, "fixed")
    mesh = exact_mesh(field, grid, Clouds(cull=0.5))
    distance = np.linalg.norm(mesh.vertices - np.array([0.03, -0.02, 0.01]), axis=1)
    radius = 0.2 - 1 / field.steepness
    assert np.abs(distance - radius).max() < 0.1 * VOXEL
    assert mesh.signed_volume() == pytest.approx(4 / 3 * math.pi * radius**3, rel=0.01)
    outward = (mesh.vertices - np.array([0.03, -0.02, 0.01])) / distance[:, None]
    assert (outward * mesh.normals).sum(1).min() > 0.95
    assert np.allclose(mesh.colours, np.abs(mesh.vertices), atol=1e-6)


@pytest.mark.parametrize("centre", [(0.3, 0.0, 0.0), (0.0, 0.3, 0.1)])
def test_a_surface_cut_by_the_box_or_the_crop_is_closed(centre):
    """Oracle: every edge of a closed surface belongs to two triangles."""
    field = one_ball(0.2, centre=centre)
    clouds = Clouds(crop_m=0.1, cull=0.5)
    mesh = exact_mesh(field, sample_grid(field, N, BOX, "fixed", clouds=clouds), clouds)
    edges = Counter(
        tuple(sorted((int(face[a]), int(face[b]))))
        for face in mesh.faces
        for a, b in ((0, 1), (1, 2), (2, 0))
    )
    assert set(edges.values()) == {2}
    assert mesh.signed_volume() > 0
    assert np.abs(mesh.vertices[:, [0, 2]]).max() <= 0.25 + VOXEL


def test_the_papers_surface_is_the_exact_one_within_two_voxels():
    """Oracle: the ball; the paper's grid is sheared and scaled by 1/N."""
    field = one_ball(0.2, steepness=1e5)
    clouds = Clouds(crop_m=0.1, cull=0.5)
    mesh = paper_mesh(field, sample_grid(field, N, BOX, "paper", clouds=clouds), clouds)
    distance = np.linalg.norm(mesh.vertices, axis=1)
    assert np.abs(distance - 0.2).max() < 2.5 * VOXEL
    assert mesh.signed_volume() > 0


@pytest.mark.parametrize("opacity", [0.01, 0.4, 0.5, 0.99])
def test_raw_density_of_an_opacity_has_that_opacity(opacity):
    """Invariant: there and back."""
    raw = torch.tensor(raw_density_of(opacity), dtype=torch.float64)
    assert unit_opacity(raw).item() == pytest.approx(opacity, abs=1e-9)


def test_a_grid_in_bricks_equals_a_grid_point_by_point():
    """Oracle: the field at each point of the grid."""
    from panic3d.geometry.grids import grid_points

    field = one_ball()
    for n in (16, 13):  # 13 is no multiple of a brick
        grid = sample_grid(field, n, BOX, "paper")
        direct = field.density(grid_points(n, BOX, "paper").reshape(-1, 3)).reshape(n, n, n)
        assert torch.equal(grid.raw, direct)
