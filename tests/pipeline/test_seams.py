"""Carrying differences of colour over a surface."""

import numpy as np
import pytest

from panic3d.pipeline.seams import carried
from tests.geometry.shapes import ball

VERTICES, FACES = ball(0.1, n=20)
FRONT = VERTICES[:, 2] > 0.02


def test_a_tint_is_taken_on_near_the_seam_and_fades():
    """Oracle: by symmetry it depends on the distance from the front alone."""
    tint = np.full((len(VERTICES), 3), 0.1, np.float32)
    tint[~FRONT] = 9.0  # has no say
    found = carried(tint, FRONT, VERTICES, FACES)
    near, far = VERTICES[:, 2] > 0.01, VERTICES[:, 2] < -0.09
    assert found[FRONT] == pytest.approx(0.1, abs=0.02)
    assert found[near].min() > 0.07
    assert 0 < found[far].max() < found[near].min()


def test_how_far_it_reaches_does_not_depend_on_how_fine_the_mesh_is():
    """Oracle: a ball of a quarter of the triangles."""
    reached = []
    for n in (14, 28):
        vertices, faces = ball(0.2, n=n)
        tint = np.full((len(vertices), 3), 0.1, np.float32)
        found = carried(tint, vertices[:, 2] > 0.02, vertices, faces)
        reached.append(found[vertices[:, 2] < -0.19].mean())
    assert reached[0] == pytest.approx(reached[1], rel=0.15) and reached[0] < 0.05


def test_what_is_known_nowhere_is_nothing():
    some = np.ones((len(VERTICES), 3), np.float32)
    assert not carried(some, np.zeros(len(VERTICES), bool), VERTICES, FACES).any()


def test_a_few_wrong_things_seen_have_little_say():
    """Oracle: the same without them."""
    tint = np.full((len(VERTICES), 3), 0.05, np.float32)
    wrong = FRONT & (np.arange(len(VERTICES)) % 12 == 0)
    spoilt = np.where(wrong[:, None], np.float32(1.0), tint)
    clean, dirty = (carried(values, FRONT, VERTICES, FACES) for values in (tint, spoilt))
    assert np.abs(dirty - clean)[~FRONT].max() < 0.03


def test_a_piece_that_shows_nothing_stays_as_it_is():
    vertices = len(VERTICES)
    faces = np.concatenate([FACES, FACES + vertices]).astype(np.int32)
    tint = np.full((2 * vertices, 3), 0.1, np.float32)
    known = np.concatenate([FRONT, np.zeros(vertices, bool)])
    found = carried(tint, known, np.concatenate([VERTICES, VERTICES]), faces)
    assert np.abs(found[vertices:]).max() < 1e-6
