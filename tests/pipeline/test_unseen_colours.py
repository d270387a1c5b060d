"""Colours carried on over what the portrait does not show."""

import numpy as np
import pytest

from panic3d.pipeline.unseen_colours import TONE_MOST, continued
from tests.geometry.shapes import ball

RED, BLUE = np.array([(0.8, 0.2, 0.2), (0.2, 0.2, 0.8)], np.float32)
GREY = np.float32(0.4)


@pytest.fixture(scope="module")
def head():
    return ball(0.1, n=40)


def test_the_back_takes_the_colours_of_its_side(head):
    """Oracle: a front that is red on one side and blue on the other, a grey network."""
    vertices, faces = head
    left = vertices[:, 0] < 0
    shown = np.where(left[:, None], RED, BLUE).astype(np.float32)
    held = (vertices[:, 2] > 0).astype(np.float32)
    own = np.full_like(shown, GREY)
    found = continued(shown, held, own, vertices, faces)
    # Above and below, where circles of one height are small, the sides blend.
    behind = (vertices[:, 2] < -0.02) & (np.abs(vertices[:, 1]) < 0.06)
    redder = found[:, 0] - found[:, 2]
    assert redder[behind & (vertices[:, 0] < -0.04)].min() > 0.05
    assert redder[behind & (vertices[:, 0] > 0.04)].max() < -0.05
    sides = redder[behind & (vertices[:, 0] < -0.04)], redder[behind & (vertices[:, 0] > 0.04)]
    assert sides[0].mean() > 0.2 and sides[1].mean() < -0.2
    front = vertices[:, 2] > 0.05
    assert np.abs(found - shown)[front & (np.abs(vertices[:, 0]) > 0.05)].max() < 0.15


def test_colours_do_not_cross_what_the_network_sees_as_a_border(head):
    """Oracle: red is shown above and blue below; the network has hair end at the nape."""
    vertices, faces = head
    nape = np.where(vertices[:, 2] > 0, 0.0, -0.04)
    above = vertices[:, 1] > 0
    shown = np.where(above[:, None], RED, BLUE).astype(np.float32)
    held = (vertices[:, 2] > 0).astype(np.float32)
    hair = vertices[:, 1] > nape
    own = np.where(hair[:, None], RED, BLUE).astype(np.float32)
    found = continued(shown, held, own, vertices, faces)
    between = (vertices[:, 2] < -0.03) & (vertices[:, 1] > -0.03) & (vertices[:, 1] < -0.01)
    assert between.sum() > 10
    assert (found[between, 0] > found[between, 2] + 0.3).all()
    below = (vertices[:, 2] < -0.03) & (vertices[:, 1] < -0.05)
    assert (found[below, 2] > found[below, 0] + 0.3).all()


def test_a_face_does_not_shine_through(head):
    """Oracle: the network repeats two soft eyes behind; the portrait's hair is of one colour."""
    vertices, faces = head
    shown = np.broadcast_to(RED, vertices.shape).astype(np.float32)
    held = (vertices[:, 2] > 0).astype(np.float32)
    eyes = np.hypot(np.abs(vertices[:, 0]) - 0.04, vertices[:, 1]) < 0.015
    own = np.where((eyes & (vertices[:, 2] < 0))[:, None], BLUE, RED).astype(np.float32)
    found = continued(shown, held, own, vertices, faces)
    behind = vertices[:, 2] < 0
    assert np.ptp(own[behind], axis=0).max() > 0.5
    assert np.ptp(found[behind], axis=0).max() < 0.05


@pytest.mark.parametrize("shade", [0.93, 0.5])
def test_lightness_follows_the_network_but_not_far(head, shade):
    """Oracle: shown is an outline's shade; the network has the same hue, lighter."""
    vertices, faces = head
    shown = np.broadcast_to(RED * np.float32(shade), vertices.shape).astype(np.float32)
    held = (vertices[:, 2] > 0.05).astype(np.float32)
    own = np.broadcast_to(RED, vertices.shape).astype(np.float32)
    weights = (0.3, 0.6, 0.1)
    behind = continued(shown, held, own, vertices, faces)[vertices[:, 2] < 0] @ weights
    gain, lacking = behind - shown[0] @ weights, (own[0] - shown[0]) @ weights
    expected = min(lacking, TONE_MOST)
    assert 0.8 * expected < gain.min() <= gain.max() < 1.05 * expected


def test_without_a_portrait_the_network_decides(head):
    vertices, faces = head
    own = np.random.default_rng(0).random(vertices.shape).astype(np.float32)
    none = np.zeros(len(vertices), np.float32)
    assert np.array_equal(continued(own * 0, none, own, vertices, faces), own)
