"""Strands behind: as strong as in front, from the crown down."""

import numpy as np
import pytest

from panic3d.pipeline.strands import MOST, contrast, crown_of, strands
from tests.geometry.shapes import ball

SIZE = 256


def striped(deviation, across=True):
    """Fine stripes of some relative deviation, down the picture or across it, on its left half."""
    place = np.arange(SIZE) * 2 * np.pi / 6
    wave = deviation * np.sqrt(2) * np.sin(place)
    light = np.full((SIZE, SIZE), 0.5)
    light *= 1 + (wave[None] if across else wave[:, None])
    light[:, SIZE // 2 :] = 0.5
    return np.repeat(light[..., None], 3, 2).astype(np.float32)


def test_contrast_is_measured_along_rows_where_hair_is():
    """Oracle: stripes of a known deviation; what runs the other way is none of it."""
    everywhere = np.ones((SIZE, SIZE), bool)
    middle = (slice(100, 156), slice(40, 80))
    found = [contrast(striped(d), everywhere)[middle].mean() for d in (0.0, 0.03, 0.06)]
    assert found[0] == 0
    # Smoothing over a pixel weakens stripes of six.
    assert 0.4 * 0.03 < found[1] < 0.03 and found[2] == pytest.approx(2 * found[1], rel=0.02)
    assert contrast(striped(0.06, across=False), everywhere)[middle].max() < 0.1 * found[2]
    plain = contrast(striped(0.06), everywhere)[100:156, 180:220]
    assert plain.max() < 0.1 * found[2]
    assert contrast(striped(0.9).clip(0, 1), everywhere).max() <= np.float32(MOST)


def test_what_is_not_the_figures_own_has_no_say():
    own = np.ones((SIZE, SIZE), bool)
    own[:, : SIZE // 2 + 20] = False
    assert contrast(striped(0.1), own).max() < 1e-3


def test_strands_fall_from_the_crown():
    """Property: they change around a head far more quickly than down; all is the same again."""
    crown = np.array([0.0, 0.12, 0.0], np.float32)

    def at(turn_deg, y):
        turn = np.radians(turn_deg)
        points = np.stack([0.1 * np.sin(turn), np.broadcast_to(y, turn.shape), -0.1 * np.cos(turn)])
        return strands(points.T.astype(np.float32), crown)

    turns, step_m = np.linspace(-170, 170, 400), 0.002
    here = at(turns, -0.05)
    assert 0.5 < here.std() < 1.5 and abs(here.mean()) < 0.3
    down = np.abs(at(turns, -0.05 - step_m) - here).mean()
    around = np.abs(at(turns + np.degrees(step_m / 0.1), -0.05) - here).mean()
    assert around > 5 * down
    assert np.array_equal(here, at(turns, -0.05))
    # Behind and before, where the turn begins anew, nothing tears.
    both = at(np.array([-180.0, 180.0, 0.0, 0.01]), -0.05)
    assert abs(both[0] - both[1]) < 1e-3 and abs(both[2] - both[3]) < 0.05


def test_where_all_strands_meet_they_fade():
    vertices, _ = ball(0.1, n=24)
    crown = crown_of(vertices)
    assert abs(crown[0]) < 0.01 and 0.08 < crown[1] < 0.1
    near = crown + np.array([[0.001, 0, 0], [0, 0, 0.001]], np.float32)
    assert np.abs(strands(near, crown)).max() < 1e-6
