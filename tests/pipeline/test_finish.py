"""From a raw surface to a finished one. Oracle: the ball."""

import numpy as np
import pytest
import torch

from panic3d.errors import MeshError
from panic3d.geometry.components import signed_volumes
from panic3d.geometry.holes import open_edges
from panic3d.pipeline.finish import finished, snapped
from panic3d.pipeline.mesh_options import MeshOptions
from tests.geometry.shapes import ball, together

from .balls import RADIUS, Ball

LIKE = torch.zeros(1)
LEVEL = 1.0
RAW = ball(RADIUS, n=40)
FEW = MeshOptions(triangles=1500)


def test_it_is_whole_small_and_where_the_field_has_it():
    found = finished(*RAW, Ball(), LIKE, LEVEL, FEW)
    assert 1400 < len(found.faces) <= 1500
    assert len(open_edges(found.faces)) == 0
    assert np.abs(np.linalg.norm(found.vertices, axis=1) - RADIUS).max() < 2e-4
    out = found.vertices / np.linalg.norm(found.vertices, axis=1, keepdims=True)
    assert (out * found.normals).sum(1).min() > 0.99
    assert not found.thin


def test_crumbs_go_and_holes_are_closed():
    crumb = ball(0.01, (0.3, 0.0, 0.0), 10)
    middles = RAW[0][RAW[1]].mean(1)
    holed = RAW[1][np.linalg.norm(middles - np.array([0, RADIUS, 0]), axis=1) > 0.03]
    found = finished(*together((RAW[0], holed), crumb), Ball(), LIKE, LEVEL, FEW)
    assert found.vertices[:, 0].max() < 0.25
    assert len(open_edges(found.faces)) == 0
    whole = signed_volumes(*RAW).sum()
    assert signed_volumes(found.vertices, found.faces).sum() == pytest.approx(whole, rel=0.02)


def test_a_loose_piece_stays_if_the_portrait_shows_it():
    for z, stays in ((0.28, True), (-0.28, False)):
        loose = ball(0.03, (0.0, 0.0, z), 16)
        found = finished(*together(RAW, loose), Ball(((0.0, 0.0, z), 0.03)), LIKE, LEVEL, FEW)
        assert bool(np.abs(found.vertices[:, 2]).max() > 0.25) is stays


def test_a_scrap_that_is_guessed_beyond_the_picture_goes():
    """Oracle: mattes that cover one corner each; x is to the right, y up."""
    at = (0.9 * RADIUS, 0.9 * RADIUS, 0.0)
    mesh, field = together(RAW, ball(0.03, at, 16)), Ball((at, 0.03))
    for rows, columns, stays in (
        (slice(0, 128), slice(128, 256), True),
        (slice(128, 256), slice(128, 256), False),
        (slice(0, 128), slice(0, 128), False),
    ):
        matte = np.zeros((256, 256), np.float32)
        matte[rows, columns] = 1
        found = finished(*mesh, field, LIKE, LEVEL, FEW, matte=matte)
        assert bool((found.vertices[:, :2].min(1) > 0.8 * RADIUS).any()) is stays


def test_sheets_are_drawn_from_both_sides():
    """Oracle: a plate a millimetre thick."""

    class Plate(Ball):
        def density(self, points):
            box = points.new_tensor([0.1, 0.1, 0.0005])
            return 1 + 1000 * ((box - points.abs()).amin(-1) * 1000).clamp(-4, 4)

    around = ((-0.1, -0.1), (0.1, -0.1), (0.1, 0.1), (-0.1, 0.1))
    corners = [[a, b, c] for c in (-0.0005, 0.0005) for a, b in around]
    quads = [(0, 3, 2, 1), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7)]
    faces = [f for a, b, c, d in quads for f in ((a, b, c), (a, c, d))]
    plate = np.array(corners, np.float32), np.array(faces, np.int32)
    assert finished(*plate, Plate(), LIKE, LEVEL, FEW).thin


def test_vertices_go_to_the_level_set_but_not_far():
    out = RAW[0] / np.linalg.norm(RAW[0], axis=1, keepdims=True)
    near, far = ((out * (RADIUS + d)).astype(np.float32) for d in (0.001, 0.01))
    found = snapped(near, out, Ball(), LIKE, LEVEL, 0.0015)
    assert np.abs(np.linalg.norm(found, axis=1) - RADIUS).max() < 1e-5
    assert np.array_equal(snapped(far, out, Ball(), LIKE, LEVEL, 0.0015), far)


def test_nothing_cannot_be_finished():
    with pytest.raises(MeshError, match="empty"):
        finished(RAW[0], RAW[1][:0], Ball(), LIKE, LEVEL, FEW)
