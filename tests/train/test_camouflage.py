"""Grounds that look like the figure before them."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from panic3d.train.camouflage import camouflaged

SIZE = 48


@pytest.fixture
def scene():
    """A disc of one colour, with a soft edge, on stripes."""
    y, x = np.mgrid[:SIZE, :SIZE]
    hard = (np.hypot(x - 24, y - 24) < 10).astype(np.float32)
    matte = gaussian_filter(hard, 0.7).clip(0, 1)
    ground = np.where((x // 12 % 2)[..., None] > 0, (200.0, 180.0, 90.0), (120.0, 160.0, 220.0))
    figure = np.array([30.0, 20.0, 40.0])
    laid = figure * matte[..., None] + ground * (1 - matte[..., None])
    return laid.astype(np.float32), matte, ground, figure


def test_the_ground_comes_near_the_figure_and_keeps_its_pattern(scene):
    """Oracle: the same figure laid on a ground that was drawn towards its colour."""
    picture, matte, ground, figure = scene
    rng = np.random.default_rng(3)
    found = camouflaged(picture, matte, rng)
    clear, solid = matte == 0, matte > 0.999
    np.testing.assert_allclose(found[solid], picture[solid], atol=0.2)
    before, after = (np.abs(p[clear] - figure).mean() for p in (picture, found))
    share = 1 - after / before
    assert 0.35 <= share <= 0.95
    expected = ground + share * (figure - ground)
    laid = figure * matte[..., None] + expected * (1 - matte[..., None])
    np.testing.assert_allclose(found[clear], laid[clear], atol=2)
    # At soft edges the ground behind is guessed from beside.
    assert np.abs(found - laid)[(matte > 0.02) & ~solid].mean() < 5
    assert np.ptp(found[clear], axis=0).min() > 2


def test_without_a_figure_nothing_changes(scene):
    picture = scene[0]
    nothing = np.zeros((SIZE, SIZE), np.float32)
    assert camouflaged(picture, nothing, np.random.default_rng(0)) is picture
