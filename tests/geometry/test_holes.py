"""Closing holes. Oracle: every edge of a closed surface belongs to two faces."""

import numpy as np
import pytest

from panic3d.geometry.components import signed_volumes
from panic3d.geometry.holes import boundary_loops, closed, open_edges
from tests.geometry.shapes import ball, together

VERTICES, FACES = ball(0.1, n=20)


def without(near, distance):
    """Return the ball's faces less those within a distance of a point."""
    middles = VERTICES[FACES].mean(1)
    return FACES[np.linalg.norm(middles - np.array(near), axis=1) > distance]


def test_a_ball_has_no_hole():
    assert len(open_edges(FACES)) == 0 and boundary_loops(FACES) == []
    vertices, faces = closed(VERTICES, FACES)
    assert vertices is VERTICES and faces is FACES


@pytest.mark.parametrize("distance", [0.012, 0.03, 0.08])
def test_a_hole_is_closed_and_its_lid_faces_outward(distance):
    """Oracle: the volume that is left is less than the ball's, and more than without a lid."""
    open_faces = without((0.1, 0.0, 0.0), distance)
    assert len(open_edges(open_faces))
    vertices, faces = closed(VERTICES, open_faces)
    assert len(open_edges(faces)) == 0
    whole = signed_volumes(VERTICES, FACES).sum()
    assert (
        signed_volumes(VERTICES, open_faces).sum() < signed_volumes(vertices, faces).sum() < whole
    )


def test_two_holes_are_two_loops():
    middles = VERTICES[FACES].mean(1)
    open_faces = FACES[np.abs(middles[:, 1]) < 0.09]
    assert len(boundary_loops(open_faces)) == 2
    assert len(open_edges(closed(VERTICES, open_faces)[1])) == 0


def test_a_missing_triangle_is_put_back():
    vertices, faces = closed(VERTICES, FACES[1:])
    assert len(vertices) == len(VERTICES)
    assert set(faces[-1]) == set(FACES[0])


def test_holes_that_touch_in_a_corner_are_closed_apart():
    """Two triangles that share one vertex are missing."""
    fan = np.flatnonzero((FACES == FACES[0, 0]).any(1))
    first = fan[0]
    other = next(k for k in fan if len(set(FACES[k]) & set(FACES[first])) == 1)
    kept = np.delete(FACES, [first, other], 0)
    loops = boundary_loops(kept)
    assert sorted(len(loop) for loop in loops) == [3, 3]
    assert len(open_edges(closed(VERTICES, kept)[1])) == 0


def test_nothing_has_no_holes():
    none = np.zeros((0, 3), np.int32)
    assert boundary_loops(none) == []
    assert len(open_edges(together((VERTICES, none))[1])) == 0
