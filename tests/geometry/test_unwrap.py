"""Charts: every triangle once, no mirror images, nothing overlaps."""

import numpy as np
import pytest

from panic3d.errors import MeshError
from panic3d.geometry.meshes import marching_cubes
from panic3d.geometry.unwrap import rasterised, unwrap


def blob(n=24):
    """Two balls that touch, of marching cubes; counter-clockwise seen from outside."""
    axis = np.linspace(-1, 1, n)
    x, y, z = np.meshgrid(axis, axis, axis, indexing="ij")
    first = 0.45 - np.sqrt((x + 0.3) ** 2 + y**2 + z**2)
    second = 0.35 - np.sqrt((x - 0.35) ** 2 + (y - 0.1) ** 2 + z**2)
    vertices, faces, normals = marching_cubes(np.maximum(first, second).astype(np.float32), 0.0)
    vertices = (vertices / (n - 1) - 0.5).astype(np.float32)
    return vertices, np.ascontiguousarray(faces[:, ::-1]), normals.astype(np.float32)


@pytest.fixture(scope="module")
def mesh():
    return blob()


@pytest.fixture(scope="module")
def layout(mesh):
    vertices, faces, normals = mesh
    return unwrap(vertices, faces, normals, 512, 300.0)


def area(places, faces):
    a, b, c = (places[faces[:, k]].astype(np.float64) for k in range(3))
    u, v = b - a, c - a
    return (u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]) / 2


def test_new_corners_are_the_old_ones(mesh, layout):
    _, faces, _ = mesh
    assert np.array_equal(layout.vertices[layout.faces], faces)
    assert layout.places.min() >= 0 and layout.places.max() <= 512


def test_no_chart_is_a_mirror_image(mesh, layout):
    """Oracle: rows go down, so what is counter-clockwise outside has a negative area."""
    flat = area(layout.places, layout.faces)
    assert (flat < 0).mean() > 0.995  # slivers face anywhere


def test_charts_keep_sizes(mesh, layout):
    """Oracle: the triangles' own areas, less what their slant takes; never more."""
    vertices, faces, _ = mesh
    p = vertices[faces].astype(np.float64)
    own = np.linalg.norm(np.cross(p[:, 1] - p[:, 0], p[:, 2] - p[:, 0]), axis=1) / 2
    scale = np.sqrt(-area(layout.places, layout.faces).sum() / own.sum())
    flat = -area(layout.places, layout.faces) / own
    assert 220 < scale <= 300
    assert np.median(flat) / 300**2 > 0.6 and flat.max() < 300**2 * 1.01


def test_every_texel_belongs_to_one_triangle(mesh, layout):
    """Oracle: the area of all triangles is the number of texels that show one."""
    shown = (rasterised(layout.places, layout.faces, (512, 512)).face >= 0).sum()
    assert shown == pytest.approx(-area(layout.places, layout.faces).sum(), rel=0.02)


def test_a_picture_too_small_makes_charts_smaller(mesh):
    vertices, faces, normals = mesh
    tight = unwrap(vertices, faces, normals, 128, 600.0)
    assert tight.places.max() <= 128
    shown = (rasterised(tight.places, tight.faces, (128, 128)).face >= 0).mean()
    assert shown > 0.2


def test_a_mesh_without_triangles_is_refused():
    nothing = np.zeros((0, 3), np.float32)
    with pytest.raises(MeshError, match="no triangles"):
        unwrap(nothing, np.zeros((0, 3), np.int32), nothing, 64, 100.0)


def test_the_nearest_triangle_is_seen():
    places = np.array([[0, 0], [8, 0], [0, 8]] * 2, np.float32)
    faces = np.array([[0, 1, 2], [3, 4, 5]], np.int32)
    for near in (0, 1):
        depth = np.repeat(np.array([1.0, 0.0] if near == 0 else [0.0, 1.0], np.float32), 3)
        seen = rasterised(places, faces, (8, 8), depth)
        assert set(np.unique(seen.face)) == {-1, near}
        # A texel on the edge belongs to the triangle, so 8 * 9 / 2.
        assert (seen.face == near).sum() == 36


def test_weights_give_back_the_texel():
    """Invariant: corners weighted are the texel's middle, also across a picture's border."""
    places = np.array([[-3.2, 1.1], [13.7, 2.4], [4.9, 12.3]], np.float32)
    seen = rasterised(places, np.array([[0, 1, 2]], np.int32), (10, 10))
    rows, columns = np.nonzero(seen.face == 0)
    found = (seen.weights[rows, columns][..., None] * places).sum(1)
    assert np.allclose(found, np.stack([columns, rows], -1) + 0.5, atol=1e-4)
    assert len(rows) > 40
