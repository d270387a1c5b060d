"""Which part of a surface is compared."""

import math

import numpy as np
import pytest

from panic3d.evaluate.clipping import (
    EMPTY,
    clip_to_bounds,
    clip_to_region,
    clip_with_origin,
    filter_mesh,
    prism_of,
    used_vertices,
)
from panic3d.evaluate.regions import Region
from panic3d.evaluate.surface_metrics import Triangles

from .shapes import sphere

ASIDE = Region(60.0, 90.0, 300.0, 200.0)


def area(surface):
    a, b, c = (surface.vertices[surface.faces[:, k]] for k in range(3))
    return np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2


def square(half=1.0, z=0.0, cuts=1):
    """In the plane z, seen from +z, of cuts x cuts pairs of triangles."""
    steps = np.linspace(-half, half, cuts + 1)
    vertices = np.array([[x, y, z] for y in steps for x in steps])
    faces = []
    for r in range(cuts):
        for c in range(cuts):
            a, b = r * (cuts + 1) + c, (r + 1) * (cuts + 1) + c
            faces += [(a, a + 1, b), (a + 1, b + 1, b)]
    return Triangles(vertices, np.array(faces, np.int32))


@pytest.mark.parametrize("number", [1, 2])
def test_filtered_meshes_are_the_recorded_ones(golden_dir, number):
    """Oracle: the original's filter_mesh, recorded."""
    recorded = np.load(golden_dir / "metrics.npz")
    (row, column), (height, width) = recorded["in/roi"].astype(float).tolist()
    mesh = Triangles(
        recorded[f"in/mesh{number}_verts"].astype(np.float64), recorded[f"in/mesh{number}_faces"]
    )
    found = filter_mesh(mesh, Region(row, column, height, width))
    np.testing.assert_array_equal(found.faces, recorded[f"out/filter{number}_faces"])
    np.testing.assert_allclose(found.vertices, recorded[f"out/filter{number}_verts"], atol=1e-7)


def test_vertices_on_the_border_are_outside():
    (left, right), (bottom, top) = prism_of(ASIDE)
    middle = [(left + right) / 2, (bottom + top) / 2, 0.0]
    inner = [middle, [left + 1e-9, bottom + 1e-9, 5.0], [right - 1e-9, top - 1e-9, -5.0]]
    face = np.array([[0, 1, 2]], np.int32)
    assert len(filter_mesh(Triangles(np.array(inner), face), ASIDE).faces) == 1
    for border in ([left, 0, 0], [right, 0, 0], [0, bottom, 0], [0, top, 0]):
        corners = np.array([*inner[:2], np.where(np.array(border) == 0, middle, border)])
        assert len(filter_mesh(Triangles(corners, face), ASIDE).faces) == 0


def test_a_filtered_mesh_loses_triangles_that_cross_the_border():
    """Oracle: counting by hand; of vertices 0.1 m apart the region holds two by five."""
    found = filter_mesh(square(0.3, cuts=6), Region(128.0, 192.0, 384.0, 192.0))
    # x from -0.0875 to 0.175, y from 0.175 down to -0.35
    assert len(found.vertices) == 2 * 5 and len(found.faces) == 2 * 4


def test_the_paper_filters_the_truth_in_the_mirrored_frame():
    """Oracle: mirroring the mesh, filtering, mirroring back. The two regions differ."""
    mesh = sphere(0.2)
    mirror = np.array([-1.0, 1.0, 1.0])
    there = filter_mesh(Triangles(mesh.vertices * mirror, mesh.faces), ASIDE)
    found = filter_mesh(mesh, ASIDE, "lustrous")
    np.testing.assert_array_equal(found.vertices, there.vertices * mirror)
    np.testing.assert_array_equal(found.faces, there.faces)
    straight = filter_mesh(mesh, ASIDE)
    assert straight.vertices[:, 0].mean() < -0.01 < 0.01 < found.vertices[:, 0].mean()


@pytest.mark.parametrize("cuts", [1, 7, 40])
def test_a_clipped_plane_has_the_regions_area_however_it_is_cut(cuts):
    """Oracle: height times width of the region, in metres."""
    found = clip_to_region(square(cuts=cuts), ASIDE)
    unit = 0.7 / 512
    assert area(found) == pytest.approx(300 * 200 * unit**2, rel=1e-12)
    (left, right), (bottom, top) = prism_of(ASIDE)
    low, high = found.vertices.min(0), found.vertices.max(0)
    np.testing.assert_allclose([low[0], high[0], low[1], high[1]], [left, right, bottom, top])
    a, b, c = (found.vertices[found.faces[:, k]] for k in range(3))
    assert (np.cross(b - a, c - a)[:, 2] > 0).all()


def test_a_clipped_sphere_keeps_the_zone_between_two_planes():
    """Oracle: Archimedes; a zone's area is 2 pi r times its height."""
    bound = np.array([10.0, 0.05, 10.0])
    found = clip_to_bounds(sphere(0.1, cuts=6), -bound, bound)
    assert area(found) == pytest.approx(2 * math.pi * 0.1 * 0.1, rel=1e-3)


def test_pieces_know_their_triangles():
    mesh = sphere(0.2, cuts=3)
    bound = np.full(3, 0.13)
    pieces, parents = clip_with_origin(mesh, -bound, bound)
    assert (np.abs(pieces.vertices) <= 0.13).all() and len(parents) == len(pieces.faces)

    def normals(surface):
        a, b, c = (surface.vertices[surface.faces[:, k]] for k in range(3))
        found = np.cross(b - a, c - a)
        return found / np.linalg.norm(found, axis=1, keepdims=True)

    np.testing.assert_allclose(normals(pieces), normals(mesh)[parents], atol=1e-6)


def test_depth_is_clipped_by_the_box_in_fixed_mode_alone():
    region = Region(0.0, 0.0, 512.0, 512.0)
    assert len(clip_to_region(square(0.2, z=0.36), region).faces) == 0
    assert len(filter_mesh(square(0.2, z=0.36), region).faces) == 2
    assert area(clip_to_region(square(0.2, z=0.35), region)) == pytest.approx(0.16)


def test_nothing_stays_nothing():
    for found in (filter_mesh(EMPTY, ASIDE), clip_to_region(EMPTY, ASIDE), used_vertices(EMPTY)):
        assert found.vertices.shape == (0, 3) and found.faces.shape == (0, 3)
