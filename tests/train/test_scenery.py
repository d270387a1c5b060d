"""Scenery stands behind figures."""

import numpy as np
import pytest

from panic3d.train.scenery import with_scenery

SIZE = 96


@pytest.fixture
def matte():
    """A soft disc."""
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5
    far = np.hypot(x - 48, y - 60)
    return ((30 - far) / 4 + 0.5).clip(0, 1).astype(np.float32)


def strewn(matte, seed, level=200.0):
    picture = np.full((SIZE, SIZE, 3), level, np.float32)
    return with_scenery(picture, matte, np.random.default_rng(seed))


def test_figures_stay_as_they_are_and_levels_are_levels(matte):
    shown = []
    for seed in range(60):
        found = strewn(matte, seed)
        assert (found[matte == 1] == 200).all()
        assert found.min() >= -1e-3 and found.max() <= 255.001
        shown.append(float((np.abs(found - 200) > 8).any(-1)[matte == 0].mean()))
    # Thin writing and broad beams; now and then all of it is outside.
    assert np.mean(np.array(shown) > 0.002) > 0.8
    assert min(shown) < 0.02 and max(shown) > 0.3


def test_a_soft_edge_shows_as_much_of_it_as_of_any_ground(matte):
    """Oracle: half covered pixels change half as much as the same without the figure."""
    half = np.abs(matte - 0.5) < 0.1
    for seed in range(20):
        bare, beside = strewn(np.zeros_like(matte), seed), strewn(matte, seed)
        expected = (bare - 200) * (1 - matte)[..., None]
        np.testing.assert_allclose((beside - 200)[half], expected[half], atol=1e-2)


def test_no_dark_fringe_lies_around_what_is_light(monkeypatch):
    """Reference: white beams on white are not seen, however soft their edges are."""
    monkeypatch.setattr("panic3d.train.scenery._paint", lambda rng: np.full(3, 255.0))
    monkeypatch.setattr("panic3d.train.scenery._SHADED", 0.0)
    monkeypatch.setattr("panic3d.train.scenery._INKED", 0.0)
    monkeypatch.setattr("panic3d.train.scenery._WRITTEN", 0.0)
    clear = np.zeros((SIZE, SIZE), np.float32)
    lit = [strewn(clear, seed, 255.0) for seed in range(40)]
    # Beams differ in lightness by some hundredths.
    assert min(found.min() for found in lit) > 190


def test_one_seed_is_one_scene(matte):
    np.testing.assert_array_equal(strewn(matte, 3), strewn(matte, 3))
    assert (strewn(matte, 3) != strewn(matte, 4)).any()
