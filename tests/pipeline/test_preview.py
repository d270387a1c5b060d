"""The sheet."""

import numpy as np
import pytest

from panic3d.image import Picture, read_picture
from panic3d.pipeline.draw import Drawer
from panic3d.pipeline.preview import (
    _GAP,
    _LABEL,
    _MARGIN,
    COLUMNS,
    TILE,
    Window,
    preview,
    window_of,
    write_preview,
)
from panic3d.pipeline.views import draw_views

from .made_head import HAIR, NOSE, made_head

SOURCE = (20, 160, 90)


@pytest.fixture(scope="module")
def drawer():
    return Drawer(made_head())


@pytest.fixture(scope="module")
def parts(drawer):
    rgba = np.zeros((50, 100, 4), np.uint8)
    rgba[...] = (*SOURCE, 255)
    return Picture(rgba), draw_views(drawer, 96)["front"]


def tile_of(sheet, number):
    """Return a tile, by its place in the layout."""
    x = _MARGIN + number % COLUMNS * (TILE + _GAP)
    y = _MARGIN + number // COLUMNS * (TILE + _LABEL + _GAP)
    return sheet[y : y + TILE, x : x + TILE, :3].astype(int)


def close(tile, colour):
    return (np.abs(tile - colour).max(-1) < 12).mean()


def test_every_tile_shows_what_its_label_says(drawer, parts, tmp_path):
    source, prepared = parts
    write_preview(tmp_path / "preview.png", source, prepared, drawer)
    sheet = read_picture(tmp_path / "preview.png").rgba
    tiles = [tile_of(sheet, k) for k in range(8)]
    assert close(tiles[0], SOURCE) == pytest.approx(0.5, abs=0.02)  # twice as wide as high
    nose = [close(tile[150:250, 150:250], NOSE) > 0 for tile in tiles]
    assert nose[:6] == [False, True, True, False, False, False]
    hair = [close(tile, HAIR) for tile in tiles]
    assert hair[5] > 0.4 > hair[2] and max(hair[0], *hair[6:]) == 0
    left, right = tiles[3], tiles[4]
    assert np.abs(left - right[:, ::-1]).mean() < 2  # this head is symmetric
    reach = [np.flatnonzero(close_columns(tile)) for tile in (left, right)]
    assert reach[0].min() < TILE - 1 - reach[0].max()  # the nose looks to the left
    assert reach[1].min() > TILE - 1 - reach[1].max()
    assert tiles[7][200, 200, 2] > 200  # normals: blue towards the camera
    assert (sheet[-60:, 60:-60, :3].min() < 120) and (sheet[..., 3] == 255).all()  # labels


def close_columns(tile):
    """Return which columns show anything."""
    return (np.abs(tile - tile[2, TILE // 2]).max(-1) > 20).any(0)


def test_views_that_are_given_are_shown(drawer, parts):
    plain = np.zeros((32, 32, 4), np.uint8)
    views = {}
    for k, name in enumerate(("front", "left", "right", "back")):
        plain[...] = (60 * k, 0, 255 - 60 * k, 255)
        views[name] = Picture(plain.copy())
    source, prepared = parts
    sheet = preview(source, prepared, drawer, views).rgba
    for k in range(4):
        assert close(tile_of(sheet, 2 + k)[50:350, 50:350], (60 * k, 0, 255 - 60 * k)) == 1


def test_the_window_holds_all_and_ends_where_a_bust_is_cut_off():
    rgba = np.zeros((100, 100, 4), np.uint8)
    assert window_of([Picture(rgba)]) == Window(0.0, 0.0, 1.0)
    rgba[30:60, 40:70, 3] = 255
    window = window_of([Picture(rgba)])
    assert window.left + window.side / 2 == pytest.approx(0.5)
    assert window.left < 0.4 and window.left + window.side > 0.7
    assert window.top < 0.3 and 0.6 < window.top + window.side < 0.65
    rgba[30:, 45:55, 3] = 255
    bust = window_of([Picture(rgba)])
    assert bust.top + bust.side == pytest.approx(1.0) and bust.top < 0.3
    rgba[...] = 255
    assert window_of([Picture(rgba)]) == Window(0.0, 0.0, 1.0)
