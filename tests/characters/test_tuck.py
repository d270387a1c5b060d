"""Hair within a hood."""

from dataclasses import replace

import numpy as np

from panic3d.characters.parts.tuck import tucked
from panic3d.characters.piece import Piece, Surface, flat_texture

MIDDLE = np.array([0.0, 0.07, 0.0])


def ball(radius, label, count=24):
    """Return a sphere about the middle of heads, open in front."""
    polar, round_ = np.meshgrid(np.linspace(0.05, 3.1, count), np.linspace(0.7, 5.6, count))
    unit = np.stack(
        [np.sin(polar) * np.sin(round_), np.cos(polar), np.sin(polar) * np.cos(round_)], -1
    )
    k = np.arange(count * count).reshape(count, count)
    corners = [k[:-1, :-1], k[1:, :-1], k[:-1, 1:], k[1:, :-1], k[1:, 1:], k[:-1, 1:]]
    return Piece(
        surface=Surface(name=label, label=label, texture=flat_texture((0.5, 0.5, 0.5))),
        positions=(radius * unit).reshape(-1, 3) + MIDDLE,
        faces=np.stack(corners, -1).reshape(-1, 3).astype(np.int32),
        uvs=np.zeros((count * count, 2)),
    )


def reach(piece):
    return np.linalg.norm(piece.positions - MIDDLE, axis=1)


def test_hair_ends_up_within_the_hood():
    hood = ball(0.13, "cloth")
    found = tucked([ball(0.15, "hair")], [hood])[0]
    above = found.positions[:, 1] > 0.03
    assert reach(found)[above].max() < 0.125
    assert reach(found)[above].min() > 0.1


def test_hair_with_room_stays_and_so_does_the_face_s_opening():
    hood = ball(0.13, "cloth")
    small = ball(0.1, "hair")
    np.testing.assert_allclose(tucked([small], [hood])[0].positions, small.positions)
    fringe = replace(small, positions=0.01 * small.positions + np.array([0.0, 0.08, 0.15]))
    np.testing.assert_allclose(tucked([fringe], [hood])[0].positions, fringe.positions)


def test_without_a_hood_nothing_moves():
    hair = ball(0.15, "hair")
    assert tucked([hair], [ball(0.13, "skin")])[0] is hair
