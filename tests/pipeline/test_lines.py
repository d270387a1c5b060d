"""Line removal on whole pictures."""

from typing import cast

import numpy as np
import pytest
import torch

from panic3d.errors import ConfigError, ShapeError
from panic3d.image import Picture
from panic3d.models.linefill import LineFillConfig, LineFiller, lay_over
from panic3d.ops.dog import LineMode
from panic3d.ops.pictures import tensor_of
from panic3d.pipeline.lines import WHITE, fill_lines, find_lines, remove_lines
from tests.geometry.test_face_hull import some_face

SIZE = 96


def filler(channels=4):
    torch.manual_seed(0)
    made = LineFiller(LineFillConfig(channels=channels, width=8, depth=3)).eval()
    # Bright, so that what it paints is neither clipped nor a line.
    last = made.generator[-2]
    assert isinstance(last, torch.nn.Conv2d) and last.bias is not None
    torch.nn.init.constant_(last.bias, 0.8)
    return made


@pytest.fixture(scope="module")
def drawing():
    """A disc with a soft edge, lines across it and around eyes and mouth."""
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5
    radius = np.hypot(x - 48, y - 48)
    rgba = np.zeros((SIZE, SIZE, 4), np.uint8)
    rgba[..., :3] = (240, 200, 180)
    rgba[..., 3] = np.clip((45 - radius) / 6, 0, 1) * 255
    for row in (12, 40, 42, 71, 84):
        rgba[row, 20:78, :3] = (40, 20, 30)
    rgba[20:80, 48, :3] = (40, 20, 30)
    return Picture(rgba)


@pytest.mark.parametrize("channels", [3, 4])
def test_pixels_outside_the_lines_are_untouched(drawing, channels):
    found = remove_lines(drawing, some_face(), filler(channels))
    assert 200 < found.lines.sum() < SIZE * SIZE / 4
    np.testing.assert_array_equal(found.picture.rgba[~found.lines], drawing.rgba[~found.lines])
    np.testing.assert_array_equal(found.picture.rgba[..., 3], drawing.rgba[..., 3])
    assert not np.array_equal(found.picture.rgba[found.lines], drawing.rgba[found.lines])


def test_lines_are_gone_and_the_features_of_the_face_are_kept(drawing):
    found = remove_lines(drawing, some_face(), filler())
    assert not (found.lines & found.hull).any()
    assert found.hull[42, 28] and (found.picture.rgba[42, 28] == drawing.rgba[42, 28]).all()
    dark = (drawing.rgba[..., 0] == 40) & (drawing.rgba[..., 3] == 255)
    assert found.lines[dark & ~found.hull].all()
    assert found.picture.rgba[..., 0][dark & found.lines].min() > 60
    bare = remove_lines(drawing, None, filler())
    assert not bare.hull.any() and bare.lines[42, 28]


@pytest.mark.parametrize(("row", "column"), [(50, 60), (0, 60), (95, 95), (50, 3)])
def test_only_what_the_network_sees_around_the_lines_is_computed(row, column):
    """Oracle: the whole picture, computed at once."""
    rng = np.random.default_rng(2)
    picture = Picture(rng.integers(0, 256, (SIZE, SIZE, 4), dtype=np.uint8))
    lines = np.zeros((SIZE, SIZE), bool)
    lines[row : row + 9, column : column + 9] = True
    hull = rng.random((SIZE, SIZE)) > 0.9
    network = filler()
    white = tensor_of(picture.on(WHITE))
    mask, kept = (torch.from_numpy(m)[None, None].float() for m in (lines, hull))
    with torch.no_grad():
        expected = lay_over(white, network(white, mask, kept), mask)
    found = fill_lines(picture, lines, hull, network)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)
    outside = torch.from_numpy(~lines)
    assert torch.equal(found[..., outside], white[..., outside])


def test_laid_on_white_a_line_has_the_painted_colour(drawing):
    """Oracle: what the network paints on white, wherever so little alpha can show it."""
    network = filler()
    found = remove_lines(drawing, some_face(), network)
    white = torch.from_numpy(drawing.on(WHITE).rgba[..., :3]).permute(2, 0, 1)[None] / 255
    masks = [torch.from_numpy(m)[None, None].float() for m in (found.lines, found.hull)]
    with torch.no_grad():
        painted = network(white, *masks)[0].permute(1, 2, 0).clamp(0, 1).numpy()
    alpha = drawing.rgba[..., 3:] / 255
    reachable = found.lines & (painted >= 1 - alpha).all(-1)
    assert reachable.sum() > 200 and (reachable & (alpha[..., 0] < 1)).any()
    shown = found.picture.on(WHITE).rgba[..., :3] / 255
    assert np.abs(shown - painted)[reachable].max() < 1.5 / 255


def test_the_paper_s_way_paints_over_the_whole_picture_on_white(drawing):
    """Oracle: alpha as before, colours outside the lines those on white."""
    found = remove_lines(drawing, some_face(), filler(), mode="paper")
    white = drawing.on(WHITE).rgba
    np.testing.assert_array_equal(found.picture.rgba[..., 3], drawing.rgba[..., 3])
    outside = ~found.lines
    np.testing.assert_array_equal(found.picture.rgba[outside][:, :3], white[outside][:, :3])


def test_the_two_ways_grow_differently(drawing):
    paper, fixed = (find_lines(drawing, mode=mode) for mode in ("paper", "fixed"))
    # The upright line is in column 48.
    assert paper[30, 46:51].tolist() == [False, False, True, True, False]
    assert fixed[30, 46:51].tolist() == [False, True, True, True, False]
    clear = drawing.rgba[..., 3] == 0
    assert not fixed[clear].any()


def test_a_picture_without_lines_stays_as_it_is():
    flat = Picture(np.full((20, 30, 4), 77, np.uint8))
    found = remove_lines(flat, None, filler())
    assert not found.lines.any()
    np.testing.assert_array_equal(found.picture.rgba, flat.rgba)


def test_bad_landmarks_and_modes_are_refused(unchecked, drawing):
    with pytest.raises(ShapeError, match="28"):
        remove_lines(drawing, np.zeros((5, 2)), filler())
    with pytest.raises(ConfigError, match="mode"):
        remove_lines(drawing, None, filler(), mode=cast(LineMode, "best"))
