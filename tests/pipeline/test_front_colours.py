"""What a portrait gives to a surface. The figure is red, its background green."""

import numpy as np
import pytest

from panic3d.pipeline.front_colours import bled, resized
from panic3d.pipeline.texture import Front

SIZE = 128


def disc(radius, soft=1.5, centre=(64.0, 64.0)):
    y, x = np.mgrid[0:SIZE, 0:SIZE] + 0.5
    away = np.hypot(x - centre[0], y - centre[1])
    return ((radius - away) / soft + 0.5).clip(0, 1).astype(np.float32)


def mixed(alpha):
    red, green = np.array([0.9, 0.1, 0.1]), np.array([0.1, 0.9, 0.1])
    return (green + (red - green) * alpha[..., None]).astype(np.float32)


def greenest(colour):
    return float((colour[..., 1] - colour[..., 0]).max())


@pytest.mark.parametrize("wider", [0.0, 0.8])
def test_no_background_is_left_even_where_the_matte_is_too_wide(wider):
    true = disc(40.0)
    paint = bled(mixed(true), disc(40.0 + wider))
    assert greenest(paint.colour) < -0.7
    assert np.array_equal(paint.colour[64, 64], mixed(true)[64, 64])


def test_what_is_surely_the_figures_stays_to_the_bit():
    rng = np.random.default_rng(0)
    colour = rng.random((SIZE, SIZE, 3)).astype(np.float32)
    alpha = disc(40.0)
    paint = bled(colour, alpha)
    assert np.array_equal(paint.colour[paint.own], colour[paint.own])
    assert paint.own[disc(37.0) == 1].all() and not paint.own[disc(40.0) < 0.5].any()


def test_a_lock_too_thin_to_have_an_inside_keeps_its_own_colour():
    alpha = disc(20.0, centre=(30.0, 64.0))
    alpha[60:63, 60:120] = 0.8  # a line three pixels wide
    colour = np.zeros((SIZE, SIZE, 3), np.float32)
    colour[:] = (1, 0, 0)
    colour[55:70, 55:] = (0, 0, 1)
    paint = bled(colour, alpha)
    assert (paint.colour[61, 70:118] == (0, 0, 1)).all()


def test_the_pictures_border_is_no_edge_of_the_figure():
    assert bled(np.ones((32, 32, 3), np.float32), np.ones((32, 32), np.float32)).own.all()


def test_a_picture_of_nothing_is_left_alone():
    colour = np.random.default_rng(0).random((16, 16, 3)).astype(np.float32)
    assert bled(colour, np.zeros((16, 16), np.float32)).colour is colour


def test_smaller_pictures_have_no_fringe_either():
    """Oracle: colours weighted by alpha; the green has none."""
    alpha = (disc(40.0) > 0.5).astype(np.float32)
    front = resized(Front(mixed(alpha), alpha, 0.7), 50)
    assert front.colour.shape == (50, 50, 3)
    assert greenest(front.colour[front.alpha > 0.1]) < -0.7
    assert resized(front, 50) is front
