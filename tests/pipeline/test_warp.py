"""Pictures carried by a similarity, and back."""

import numpy as np
import pytest

from panic3d.data.alignments import warped
from panic3d.errors import ConfigError
from panic3d.geometry.similarity import Similarity
from panic3d.image import Picture
from panic3d.pipeline.warp import put_back, warp

RNG = np.random.default_rng(0)
NOISE = Picture(RNG.integers(0, 256, (60, 80, 4), dtype=np.uint8))


def opaque(rgb):
    return Picture(np.concatenate([rgb, np.full((*rgb.shape[:2], 1), 255, np.uint8)], -1))


def waves(size, period):
    """A smooth picture: its value at any point is known."""
    y, x = np.mgrid[:size, :size] + 0.5
    return opaque(np.round(wave(x, y, period)).astype(np.uint8))


def wave(x, y, period):
    phases = 2 * np.pi * np.stack([x + y, x - 2 * y, x], -1) / (period * np.array([2, 3, 1]))
    return 127.5 + 120 * np.sin(phases)


def test_nothing_happens_where_nothing_is_to_be_done():
    """Oracle: the picture; what is fully clear is white."""
    found = warp(NOISE, Similarity(), (80, 60))
    clear = NOISE.rgba[..., 3] == 0
    expected = np.where(clear[..., None], (255, 255, 255, 0), NOISE.rgba)
    difference = np.abs(found.picture.rgba.astype(int) - expected)
    assert difference.max() <= 1
    assert (found.inside == 255).all()


def test_whole_pixels_are_shifted_and_the_rest_is_unknown():
    """Oracle: slices of the array."""
    found = warp(NOISE, Similarity(shift=(5.0, -7.0)), (80, 60))
    difference = np.abs(found.picture.rgba[:53, 5:].astype(int) - NOISE.rgba[7:, :75])
    assert difference[NOISE.rgba[7:, :75, 3] > 0].max() <= 1
    outside = np.ones((60, 80), bool)
    outside[:53, 5:] = False
    assert (found.picture.rgba[outside] == (255, 255, 255, 0)).all()
    np.testing.assert_array_equal(found.inside, np.where(outside, 0, 255))


@pytest.mark.parametrize(
    ("scale", "period"), [(3.0, 12), (1.3, 12), (0.9, 16), (0.6, 24), (0.3, 48), (0.07, 200)]
)
@pytest.mark.parametrize("angle_deg", [0.0, 33.0, 180.0])
def test_smooth_pictures_are_carried_as_their_formula_says(scale, period, angle_deg):
    """Oracle: the wave at the place each pixel comes from, shrunk or enlarged."""
    source = waves(600, period)
    size = 128
    middle = Similarity(shift=(-300.0, -300.0)).then(Similarity(scale=scale, angle_deg=angle_deg))
    to = middle.then(Similarity(shift=(64.3, 63.8)))
    found = warp(source, to, (size, size))
    y, x = np.mgrid[:size, :size] + 0.5
    points = to.inverse()(np.stack([x, y], -1))
    known = (found.inside == 255) & (np.abs(points - 300) < 300 - 8 / scale).all(-1)
    assert known.sum() > 30
    expected = wave(points[..., 0], points[..., 1], period)[known]
    off = found.picture.rgba[known, :3] - expected
    # A pixel's mean is flatter than its middle: the more, the fewer pixels a wave has.
    assert np.sqrt((off**2).mean()) < 6, np.sqrt((off**2).mean())
    assert np.abs(off.mean()) < 0.5


@pytest.mark.parametrize("scale", [0.4, 0.13, 0.05])
def test_what_shrinks_is_averaged(scale):
    """Oracle: noise becomes its mean, a chequerboard grey; look-ups would leave or twist them."""
    y, x = np.mgrid[:900, :900]
    board = opaque(np.repeat(((x + y) % 2 * 255).astype(np.uint8)[..., None], 3, -1))
    to = Similarity(scale=scale, angle_deg=10.0, shift=(0.0, -900 * scale * 0.1))
    found = warp(board, to, (40, 40))
    known = found.inside == 255
    assert np.abs(found.picture.rgba[known, :3].astype(float) - 127.5).max() < 6
    paper = warp(board, to, (40, 40), "paper")
    assert paper.picture.rgba[known, :3].std() > 30


@pytest.mark.parametrize("scale", [2.7, 1.0, 0.7, 0.2])
def test_no_fringe_comes_from_what_is_clear(scale):
    """Oracle: a red disc stays red at its soft edge, though what is clear there is green."""
    y, x = np.mgrid[:200, :200] + 0.5
    inside = np.hypot(x - 100, y - 100) < 70
    rgba = np.where(inside[..., None], (255, 0, 0, 255), (0, 255, 0, 0)).astype(np.uint8)
    found = warp(
        Picture(rgba), Similarity(scale=scale, angle_deg=7.0, shift=(3.3, 4.1)), (300, 300)
    )
    seen = found.picture.rgba[found.picture.rgba[..., 3] > 0]
    assert ((seen[:, 3] > 0) & (seen[:, 3] < 255)).sum() > 20
    assert (seen[:, 0] == 255).all() and (seen[:, 1:3] == 0).all()


def test_a_figure_that_the_border_cuts_is_opaque_up_to_it():
    """Oracle: alpha 255 wherever any of the pixel is known, and `inside` says how much."""
    full = opaque(np.full((100, 100, 3), 90, np.uint8))
    found = warp(full, Similarity(scale=1.5, angle_deg=20.0, shift=(60.0, 20.0)), (256, 256))
    partly = (found.inside > 0) & (found.inside < 255)
    assert partly.sum() > 100
    assert (found.picture.rgba[found.inside > 0] == (90, 90, 90, 255)).all()
    assert (found.picture.rgba[found.inside == 0] == (255, 255, 255, 0)).all()
    area = found.inside.sum() / 255
    assert area == pytest.approx(150 * 150, rel=0.005)


def test_paper_sampling_is_the_papers():
    """Oracle: the evaluation's own warp of the paper's illustrations, written apart from this."""
    to = Similarity(scale=0.83, angle_deg=9.0, shift=(180.0, 120.0))
    source = Picture(RNG.integers(0, 256, (220, 260, 4), dtype=np.uint8))
    found = warp(source, to, sampling="paper")
    expected = warped(source.rgba, to.row_column_matrix)
    known = found.inside == 255
    difference = np.abs(found.picture.rgba.astype(int) - expected)[known]
    assert known.sum() > 20_000
    assert difference.max() <= 1
    assert (found.picture.rgba[found.inside == 0] == (255, 255, 255, 0)).all()


@pytest.mark.parametrize("angle_deg", [0.0, 14.0])
def test_a_view_that_is_put_back_unchanged_changes_nothing_to_speak_of(angle_deg):
    """Oracle: the portrait. At its own scale little is lost, and nothing outside the frame."""
    portrait = waves(700, 40)
    to = Similarity(angle_deg=angle_deg, shift=(-60.0, -110.0))
    view = warp(portrait, to).picture
    found = put_back(portrait, view, to)
    difference = np.abs(found.rgba.astype(int) - portrait.rgba)
    assert difference.max() <= 4
    covered = warp(view, to.inverse(), (700, 700)).inside
    np.testing.assert_array_equal(found.rgba[covered == 0], portrait.rgba[covered == 0])


def test_what_the_portrait_lacks_is_not_put_back():
    """Oracle: a half-clear portrait smaller than the frame, its outermost pixels too."""
    portrait = Picture(np.full((120, 90, 4), (10, 200, 60, 128), np.uint8))
    to = Similarity(scale=2.1, angle_deg=9.0, shift=(150.0, 60.0))
    found = put_back(portrait, warp(portrait, to).picture, to)
    assert np.abs(found.rgba.astype(int) - portrait.rgba).max() <= 1


def test_a_change_is_put_back_where_it_was_made_and_nowhere_else():
    """Oracle: a square of the frame, carried by hand; the view is finer than the frame."""
    portrait = opaque(np.full((400, 500, 3), 200, np.uint8))
    to = Similarity(scale=2.0, shift=(-200.0, -100.0))
    view = opaque(np.full((1024, 1024, 3), 30, np.uint8))
    where = np.zeros((1024, 1024), np.uint8)
    where[400:600, 300:500] = 255  # of the frame: x 150 to 250, y 200 to 300
    found = put_back(portrait, view, to, where).rgba[..., 0]
    x, y = (150 + 200) // 2, (200 + 100) // 2
    assert (found[y + 2 : y + 48, x + 2 : x + 48] == 30).all()
    kept = np.ones(found.shape, bool)
    kept[y - 2 : y + 52, x - 2 : x + 52] = False
    assert (found[kept] == 200).all()


def test_a_result_of_no_size_or_too_large_is_refused():
    for size in ((0, 5), (100_000, 100_000)):
        with pytest.raises(ConfigError, match="is asked for"):
            warp(NOISE, Similarity(), size)


def test_a_picture_that_lies_outside_is_unknown():
    found = warp(NOISE, Similarity(shift=(5000.0, 0.0)))
    assert (found.inside == 0).all() and (found.picture.rgba == (255, 255, 255, 0)).all()


def test_one_colour_stays_one_colour_along_edges_too():
    """Oracle: the picture has no other; cubics overshoot beside its edge."""
    y, x = np.mgrid[:80, :80] - 39.5
    rgba = np.zeros((80, 80, 4), np.uint8)
    rgba[..., :3] = (230, 20, 21)
    rgba[..., 3] = np.where(np.hypot(x, y) < 25, 255, 0)
    place = Similarity(scale=1.3, angle_deg=7.0, shift=(4.0, -3.0))
    found = warp(Picture(rgba), place, (100, 100)).picture.rgba
    solid = found[..., 3] > 250
    assert solid.sum() > 2500 and (found[solid, :3] == (230, 20, 21)).all()
