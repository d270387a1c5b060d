"""Which loose pieces are part of a head."""

from itertools import pairwise

import numpy as np
import pytest

from panic3d.errors import ConfigError
from panic3d.geometry.components import Loose, kept_faces, pieces, used
from tests.geometry.shapes import ball, ring, together

HEAD = ball(0.1)
HALO = ring(0.07, 0.008, (0.0, 0.15, 0.0))
CRUMB = ball(0.01, (0.12, 0.0, 0.0), 12)
FAR = ball(0.04, (0.0, 0.0, -0.3), 16)


def kept(*parts, **options):
    """Return how much of each part stays."""
    vertices, faces = together(*parts)
    stays = kept_faces(vertices, faces, **options)
    ends = np.cumsum([0, *(len(f) for _, f in parts)])
    return [float(stays[a:b].mean()) for a, b in pairwise(ends)]


def test_a_halo_stays_and_crumbs_and_what_is_far_away_go():
    assert kept(HEAD, HALO, CRUMB, FAR) == [1, 1, 0, 0]


def test_the_order_of_the_pieces_does_not_matter():
    assert kept(CRUMB, HALO, HEAD) == [0, 1, 1]


def test_a_loose_piece_that_no_picture_shows_goes():
    vertices, _ = together(HEAD, HALO)
    above = vertices[:, 1] > 0.12
    assert kept(HEAD, HALO, seen=lambda: ~above) == [1, 0]
    assert kept(HEAD, HALO, seen=lambda: above) == [1, 1]


def test_nobody_is_asked_what_is_seen_where_nothing_is_in_doubt():
    assert kept(HEAD, CRUMB, seen=lambda: pytest.fail("asked")) == [1, 0]


def test_the_wall_of_a_cavity_goes():
    """Oracle: its faces look inward, so its volume is negative."""
    vertices, faces = ball(0.06)
    assert kept(HEAD, (vertices, faces[:, ::-1])) == [1, 0]


def test_bounds_decide():
    wide = Loose(length_m=0.0, area_share=0.0, gap_m=1.0)
    assert kept(HEAD, CRUMB, FAR, loose=wide) == [1, 1, 1]
    with pytest.raises(ConfigError, match="gap_m"):
        Loose(gap_m=-1.0)


def test_pieces_are_numbered():
    vertices, faces = together(HEAD, HALO)
    found = pieces(faces, len(vertices))
    assert set(found) == {0, 1} and len(np.unique(found[: len(HEAD[1])])) == 1


def test_unused_vertices_are_left_out():
    vertices, faces = together(HEAD, CRUMB)
    index, again = used(faces[: len(HEAD[1])], len(vertices))
    assert np.array_equal(index, np.arange(len(HEAD[0])))
    assert np.array_equal(again, HEAD[1])


def test_nothing_has_no_pieces():
    assert len(kept_faces(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int32))) == 0
