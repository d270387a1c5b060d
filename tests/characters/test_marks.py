"""Landmarks found on triangles seen from the front."""

import numpy as np
import pytest

from panic3d.characters.marks import (
    PIXEL_M,
    corner_mark,
    drawn_front,
    level_middle,
    lid_marks,
    mark_at,
    outline_mark,
    stroke_marks,
    stroke_points,
)
from panic3d.characters.piece import Mark


def band(angle_deg=0.0, length=0.03, thick=0.004):
    """A straight stroke about the origin, as four triangles."""
    x = np.array([-1.0, 0, 1, -1, 0, 1]) * length / 2
    y = np.repeat([-0.5, 0.5], 3) * thick
    turn = np.radians(angle_deg)
    flat = np.stack([x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)], -1)
    points = np.concatenate([flat, 0.1 + 0.5 * flat[:, :1]], 1)
    faces = np.array([[0, 1, 4], [0, 4, 3], [1, 2, 5], [1, 5, 4]], np.int32)
    return points, faces


@pytest.mark.parametrize("angle", [0.0, 15.0, -40.0])
def test_a_stroke_is_marked_at_its_ends_and_its_middle(angle):
    """Oracle: the middles of a turned rectangle's short sides."""
    points, faces = band(angle)
    marks = stroke_marks(drawn_front(points, faces), points, faces, 7, [0, 1, 2])
    turn = np.radians(angle)
    end = 0.015 * np.array([np.cos(turn), np.sin(turn), 0.5 * np.cos(turn)]) + [0, 0, 0.1]
    middle = np.array([0, 0, 0.1])
    expected = [2 * middle - end, middle, end]
    for mark, point, vertex in zip(marks, expected, (0, 1, 2), strict=True):
        assert (mark.piece, mark.vertex) == (7, vertex)
        assert sum(share for _, share in mark.others) == pytest.approx(1)
        np.testing.assert_allclose(mark.of(points), point, atol=1.2 * PIXEL_M)


def test_what_a_texture_leaves_transparent_is_no_stroke():
    points, faces = band()
    uvs = np.stack([points[:, 0] / 0.03 + 0.5, 0.5 - points[:, 1] / 0.004], -1)
    texture = np.zeros((16, 200, 4), np.uint8)
    texture[:, 60:160, 3] = 255
    marks = stroke_marks(drawn_front(points, faces, uvs, texture), points, faces, 0, [0, 1, 2])
    found = [mark.of(points)[0] for mark in marks]
    np.testing.assert_allclose(found, [-0.006, 0.0015, 0.009], atol=1.2 * PIXEL_M)


def test_specks_beside_a_stroke_do_not_count():
    region = np.zeros((40, 120), bool)
    region[18:23, 20:90] = True
    plain = stroke_points(region)
    region[20, 110] = True
    assert stroke_points(region) == plain


def test_a_stroke_may_be_interrupted_in_its_middle():
    """Reference: the same stroke without the gap; brows of several parts are painted so."""
    region = np.zeros((40, 120), bool)
    region[18:23, 20:90] = True
    plain = np.array(stroke_points(region))
    region[:, 52:58] = False
    np.testing.assert_allclose(stroke_points(region), plain, atol=0.6)


def test_short_thick_strokes_end_at_their_sides():
    """Oracle: an ellipse's, hardly longer than high."""
    y, x = np.mgrid[:60, :80] + 0.5
    found = stroke_points(((x - 40) / 25) ** 2 + ((y - 30) / 18) ** 2 < 1)
    np.testing.assert_allclose(found, [[15, 30], [40, 30], [65, 30]], atol=1.0)


def test_points_of_a_picture_are_found_on_its_triangles():
    points, faces = band(20.0)
    picture = drawn_front(points, faces)
    pixel = ((0.004 - picture.left) / PIXEL_M, (picture.top - 0.0015) / PIXEL_M)
    found = mark_at(picture, pixel, points, faces, 0, 0).of(points)
    np.testing.assert_allclose(found, [0.004, 0.0015, 0.102], atol=1e-9)


def test_lids_are_marked_at_their_extremes_and_half_way():
    """Oracle: an opening of few corners, worked out by hand; its left side is blunt."""
    points = np.array(
        [[0, 1, 0], [2, 3, 0], [4, 3, 0], [6, 1, 0], [8, 0, 0], [5, -2, 0], [0, -1, 0]], float
    )
    points[:, :2] *= 0.04
    upper, lower = np.array([0, 1, 2, 3, 4]), np.array([0, 6, 5, 4])
    found = np.array([m.of(points) for m in lid_marks(points, upper, lower, 0, range(6))]) / 0.04
    expected = np.array([[0, 0], [3, 3], [8, 0], [2.5, -1.5], [5, -2], [6.5, -1]])
    np.testing.assert_allclose(found[:, :2], expected, atol=0.06)
    assert level_middle(points, upper, 1.0) == pytest.approx(0.12, abs=1e-3)
    assert corner_mark(points, upper, 1.0, 3, 9)[:2] == (3, 9)


def test_an_outline_is_where_a_surface_is_farthest_out_at_a_height():
    """Oracle: a sphere's circle of latitude; the far half is behind the limit."""
    u, v = np.meshgrid(np.linspace(0, 2 * np.pi, 97), np.linspace(0, np.pi, 49))
    ball = np.stack([np.sin(v) * np.sin(u), np.cos(v), np.sin(v) * np.cos(u)], -1).reshape(-1, 3)
    index = np.arange(49 * 97).reshape(49, 97)
    a, b = index[:-1, :-1].ravel(), index[1:, :-1].ravel()
    c, d = index[1:, 1:].ravel(), index[:-1, 1:].ravel()
    faces = np.concatenate([np.stack([a, b, c], -1), np.stack([a, c, d], -1)]).astype(np.int32)
    for side in (-1.0, 1.0):
        mark = outline_mark(ball, faces, 0.3, side, -0.2, 0, 5)
        assert isinstance(mark, Mark)
        np.testing.assert_allclose(mark.of(ball)[:2], [side * np.sqrt(1 - 0.09), 0.3], atol=2e-3)
    assert outline_mark(ball, faces, 1.3, 1.0, -0.2, 0, 5) is None
    front = outline_mark(ball, faces, 0.0, 1.0, 0.6, 0, 5)
    assert front is not None and front.of(ball)[0] == pytest.approx(0.8, abs=0.04)
