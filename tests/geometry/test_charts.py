"""The layout of a head: a ball with a smaller one on a stalk of air before it."""

import numpy as np
import pytest

from panic3d.errors import MeshError
from panic3d.geometry.charts import MARGIN, lay_out
from panic3d.geometry.scan import scan
from panic3d.geometry.smoothing import vertex_normals
from panic3d.geometry.visibility import on_picture
from tests.geometry.shapes import ball, together

BOX, PORTRAIT, SIZE = 0.7, 256, 512


@pytest.fixture(scope="module")
def mesh():
    vertices, faces = together(ball(0.15, n=30), ball(0.03, (0.03, 0.02, 0.2), 14))
    return vertices, faces, vertex_normals(vertices, faces)


def laid_out(mesh, size):
    vertices, faces, normals = mesh
    return lay_out(vertices, faces, normals, size, PORTRAIT, BOX)


@pytest.fixture(scope="module")
def laid(mesh):
    return laid_out(mesh, SIZE)


def area(places, faces):
    a, b, c = (places[faces[:, k]].astype(np.float64) for k in range(3))
    u, v = b - a, c - a
    return (u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]) / 2


def test_the_front_chart_is_the_portrait_pixel_for_pixel(mesh, laid):
    """Oracle: the projection; a whole number of texels lies between."""
    vertices, faces, _ = mesh
    layout, chart = laid
    assert chart.portrait_size == PORTRAIT
    (left, top, right, bottom), (column, row) = chart.box, chart.corner
    flat = on_picture(vertices, BOX, PORTRAIT)[faces[chart.faces]]
    moved = flat + np.array([column - left, row - top])
    assert np.allclose(layout.places[layout.faces[chart.faces]], moved, atol=1e-3)
    assert flat[..., 0].min() >= left + MARGIN and flat[..., 0].max() <= right - MARGIN
    assert flat[..., 1].min() >= top + MARGIN and flat[..., 1].max() <= bottom - MARGIN


def test_nearly_all_that_the_portrait_shows_lies_in_the_front_chart(mesh, laid):
    vertices, faces, _ = mesh
    z = np.ascontiguousarray(vertices[:, 2])
    seen = scan(on_picture(vertices, BOX, 512), faces, (512, 512), z)
    assert laid[1].faces[seen.face].mean() > 0.9


def test_corners_are_the_old_ones_and_no_chart_is_a_mirror_image(mesh, laid):
    layout, _ = laid
    assert np.array_equal(layout.vertices[layout.faces], mesh[1])
    assert layout.places.min() >= 0 and layout.places.max() <= SIZE
    assert (area(layout.places, layout.faces) < 0).mean() > 0.995


def test_every_texel_belongs_to_one_triangle(laid):
    """Oracle: the area of all triangles is the number of texels that show one."""
    layout, _ = laid
    shown = len(scan(layout.places, layout.faces, (SIZE, SIZE)).pixel)
    assert shown == pytest.approx(-area(layout.places, layout.faces).sum(), rel=0.01)


def test_nothing_else_lies_in_the_front_charts_box(laid):
    layout, chart = laid
    (left, top, right, bottom), (column, row) = chart.box, chart.corner
    others = layout.places[layout.faces[~chart.faces]].reshape(-1, 2)
    inside = (others > (column, row)) & (others < (column + right - left, row + bottom - top))
    assert not inside.all(1).any()


def test_a_small_picture_shrinks_the_others_first(mesh):
    layout, chart = laid_out(mesh, 210)
    assert chart.portrait_size == PORTRAIT
    others = -area(layout.places, layout.faces[~chart.faces]).sum()
    whole = laid_out(mesh, SIZE)
    assert others < 0.9 * -area(whole[0].places, whole[0].faces[~whole[1].faces]).sum()
    _, tiny = laid_out(mesh, 128)
    assert tiny.portrait_size < PORTRAIT


def test_what_cannot_be_laid_out_is_refused(mesh):
    vertices, faces, normals = mesh
    with pytest.raises(MeshError, match="nothing to unwrap"):
        lay_out(vertices, faces[:0], normals, SIZE, PORTRAIT, BOX)
    with pytest.raises(MeshError, match="larger one"):
        lay_out(vertices, faces, normals, 16, PORTRAIT, BOX)


def test_a_mesh_that_nobody_sees_from_the_front_is_laid_out_all_the_same(mesh):
    """Two sheets on edge."""
    vertices = np.array([[0, 0, 0], [0, 0.1, 0], [0, 0, 0.1], [0, 0.1, 0.1]], np.float32)
    faces = np.array([[0, 1, 2], [1, 3, 2]], np.int32)
    layout, chart = lay_out(vertices, faces, vertex_normals(vertices, faces), 128, 64, BOX)
    assert not chart.faces.any()
    assert np.abs(area(layout.places, layout.faces)).min() > 10
