"""Contact sheets."""

import io

import numpy as np
import pytest
from PIL import Image

from panic3d.characters.sheets import GROUND, contact_sheet, jpeg_within, tile, window
from panic3d.errors import ConfigError


def test_tiles_lie_in_rows_and_what_is_missing_is_white():
    tiles = [np.full((4, 6, 3), k, np.uint8) for k in range(5)]
    sheet = contact_sheet(tiles, 3, gap=2)
    assert sheet.shape == (4 * 2 + 2, 6 * 3 + 4, 3)
    assert (sheet[:4, 8:14] == 1).all() and (sheet[6:, 8:14] == 4).all()
    assert (sheet[6:, 16:] == 255).all() and (sheet[4:6] == 255).all()


def test_tiles_that_do_not_fit_are_refused(unchecked):
    with pytest.raises(ConfigError):
        contact_sheet([], 3)
    with pytest.raises(ConfigError):
        contact_sheet([np.zeros((4, 4, 3), np.uint8), np.zeros((4, 5, 3), np.uint8)], 2)


def test_a_tile_shows_the_head_on_the_ground():
    picture = np.zeros((100, 100, 4), np.uint8)
    picture[30:60, 40:60] = (255, 0, 0, 255)
    picture[90:] = (0, 0, 255, 255)
    found = tile(picture, 60, window(picture))
    assert found.shape == (60, 60, 3) and tuple(found[0, 0]) == GROUND
    assert tuple(found[29, 30]) == (255, 0, 0)
    assert not ((found[..., 2] > 250) & (found[..., 0] < 5)).any(), "the bottom is cut off"


def test_a_sheet_fits_the_bytes_it_is_given():
    """Oracle: noise, which no encoder makes small."""
    noise = np.random.default_rng(0).integers(0, 256, (400, 300, 3)).astype(np.uint8)
    small = jpeg_within(noise, 20_000)
    assert len(small) <= 20_000
    width, height = Image.open(io.BytesIO(small)).size
    assert abs(height / width - 4 / 3) < 0.02 and width < 300
    plain = jpeg_within(np.full((400, 300, 3), 90, np.uint8), 20_000)
    assert Image.open(io.BytesIO(plain)).size == (300, 400)


def test_the_window_holds_large_heads_and_their_hats():
    small, large = np.zeros((2, 100, 100, 4), np.uint8)
    small[35:60, 40:60, 3] = 255
    assert window(small) == pytest.approx((0.19, 0.18, 0.81, 0.80))
    large[5:60, 10:95, 3] = 255
    left, top, right, bottom = window(large)
    assert top <= 0.05 and left <= 0.06 and right >= 0.94
    assert right - left == pytest.approx(bottom - top)
