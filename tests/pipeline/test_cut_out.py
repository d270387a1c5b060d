"""Mattes of whole portraits, and heads cut out of them."""

import sys
import types

import numpy as np
import pytest
from PIL import Image

from panic3d.geometry.similarity import Similarity
from panic3d.pipeline import cut_out as module
from panic3d.pipeline.cut_out import cut_out, portrait_matte
from panic3d.pipeline.matting import Matte
from panic3d.pipeline.preparation_options import PrepareOptions
from panic3d.pipeline.warp import warp

from .made_portraits import GreenScreen, TrueMatte, made, networks, no_networks

PLACE = Similarity(scale=1.3, angle_deg=12.0, shift=(-30.0, -150.0))
USUAL = PrepareOptions()


def overlap(found, cover):
    mine, true = found > 127, cover > 0.5
    return (mine & true).sum() / (mine | true).sum()


@pytest.fixture
def portrait():
    return made((640, 480), [PLACE])


def test_the_networks_matte_is_that_of_the_whole_portrait(portrait, monkeypatch):
    """Oracle: the figure's true cover."""
    found = portrait_matte(
        portrait.picture, PLACE.inverse(), USUAL, networks(portrait, monkeypatch)
    )
    assert found.source == "network" and found.alpha.shape == (480, 640)
    assert overlap(found.alpha, portrait.cover) > 0.97


def test_own_alpha_is_kept_and_needs_no_network():
    clear = made((640, 480), [PLACE], ground="clear")
    found = portrait_matte(clear.picture, PLACE.inverse(), USUAL, no_networks())
    assert found.source == "alpha" and np.array_equal(found.alpha, clear.picture.rgba[..., 3])
    left = PrepareOptions(matting="none")
    assert portrait_matte(clear.picture, PLACE.inverse(), left, no_networks()).source == "none"


def test_a_plain_ground_is_cut_exactly(monkeypatch):
    plain = made((640, 480), [PLACE], ground="white")
    known = networks(plain, monkeypatch, matting=lambda: TrueMatte(plain.cover))
    found = portrait_matte(plain.picture, PLACE.inverse(), USUAL, known)
    assert found.source == "plain"
    assert overlap(found.alpha, plain.cover) > 0.99


def test_a_given_matte_is_no_more_opaque_than_the_picture(tmp_path):
    clear = made((640, 480), [PLACE], ground="clear")
    levels = np.full((480, 640), 255, np.uint8)
    levels[:, :300] = 0
    Image.fromarray(levels).save(tmp_path / "m.png")
    options = PrepareOptions(matte=tmp_path / "m.png")
    found = portrait_matte(clear.picture, PLACE.inverse(), options, no_networks())
    assert found.source == "file" and found.alpha[:, :300].max() == 0
    assert np.array_equal(found.alpha[:, 300:], clear.picture.rgba[:, 300:, 3])


def test_rembg_is_used_when_it_is_asked_for(portrait, monkeypatch):
    def remove(image, session, only_mask):
        return Image.fromarray(np.full(image.size[::-1], 77, np.uint8))

    fake = types.ModuleType("rembg")
    fake.new_session = lambda name: None  # type: ignore[attr-defined]
    fake.remove = remove  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "rembg", fake)
    monkeypatch.setattr(module, "MATTE_PIXELS", 100_000)
    options = PrepareOptions(matting="rembg")
    found = portrait_matte(portrait.picture, PLACE.inverse(), options, no_networks())
    assert found.source == "rembg" and found.alpha.shape == (480, 640)
    assert (found.alpha == 77).all()


def test_large_portraits_are_matted_reduced(portrait, monkeypatch):
    """Oracle: the figure's true cover; the sides are no multiples of the factor."""
    monkeypatch.setattr(module, "MATTE_PIXELS", 30_000)
    made_odd = made((641, 479), [PLACE])
    found = portrait_matte(
        made_odd.picture, PLACE.inverse(), USUAL, networks(made_odd, monkeypatch)
    )
    assert found.alpha.shape == (479, 641)
    assert overlap(found.alpha, made_odd.cover) > 0.97


def test_a_small_face_is_looked_at_again(monkeypatch):
    """Oracle: the true cover; a pixel of the network is seven of the picture, then three."""
    place = Similarity(scale=0.5, shift=(600.0, 300.0))
    far = made((1200, 800), [place])
    screen = GreenScreen()
    known = networks(far, monkeypatch, matting=lambda: screen)
    found = portrait_matte(far.picture, place.inverse(), USUAL, known)
    assert len(screen.seen) == 2
    near = (slice(300, 556), slice(600, 856))
    monkeypatch.setattr(module, "NEAR_SHARE", 0.0)
    before = portrait_matte(far.picture, place.inverse(), USUAL, networks(far, monkeypatch))
    assert overlap(found.alpha[near], far.cover[near]) > 0.97
    assert overlap(found.alpha[near], far.cover[near]) >= overlap(
        before.alpha[near], far.cover[near]
    )
    assert np.array_equal(found.alpha[:, :400], before.alpha[:, :400])


# Cutting


@pytest.mark.parametrize("scale", [0.1, 0.4, 1.0, 1.3])
def test_what_the_frame_needs_is_cut_as_the_whole_would_be(scale, portrait, monkeypatch):
    """Oracle: the whole portrait cut and then warped; running sums round a little differently."""
    turned = Similarity(scale=scale, angle_deg=12.0)
    # Around the highest place of the hair.
    row = int(np.flatnonzero((portrait.cover > 0.9).any(1))[0])
    column = int(portrait.cover[row].argmax())
    x, y = np.array([column, row]) - turned(np.array([256.0, 256.0]))
    place = Similarity(scale=scale, angle_deg=12.0, shift=(float(x), float(y)))
    soft = np.rint(portrait.cover * 255).astype(np.uint8)
    matte = Matte(soft, "network")
    found = cut_out(portrait.picture, matte, place.inverse())
    whole = warp(matte.cut(portrait.picture), place.inverse())
    assert np.array_equal(found.inside, whole.inside)
    off = np.abs(found.picture.rgba.astype(int) - whole.picture.rgba)
    assert set(np.unique(whole.picture.rgba[..., 3])) >= {0, 255}
    assert off[whole.picture.rgba[..., 3] > 8].max() <= 1


@pytest.mark.parametrize("scale", [2.5, 6.3])
def test_large_portraits_are_cut_reduced(scale):
    """Oracle: the figure on nothing, warped at once."""
    place = Similarity(scale=scale, angle_deg=-7.0, shift=(-170.0 * scale, -100.0 * scale))
    size = (round(190 * scale) + 1, round(300 * scale) + 3)
    green = made(size, [place])
    clear = made(size, [place], ground="clear")
    alpha = clear.picture.rgba[..., 3]
    found = cut_out(green.picture, Matte(alpha, "network"), place.inverse())
    whole = warp(clear.picture, place.inverse())
    assert np.abs(found.inside.astype(int) - whole.inside).max() <= 255 * 0.6
    known = (found.inside == 255) & (whole.inside == 255)
    on_grey = [w.picture.on((128, 128, 128)).rgba[known].astype(int) for w in (found, whole)]
    assert np.abs(on_grey[0] - on_grey[1]).mean() < 1


def test_what_is_clear_is_white(portrait, monkeypatch):
    known = networks(portrait, monkeypatch)
    for options in (USUAL, PrepareOptions(matting="none")):
        matte = portrait_matte(portrait.picture, PLACE.inverse(), options, known)
        found = cut_out(portrait.picture, matte, PLACE.inverse())
        assert found.picture.size == (512, 512) and found.inside.shape == (512, 512)
        clear = found.picture.rgba[..., 3] == 0
        assert clear.any() and (found.picture.rgba[clear] == (255, 255, 255, 0)).all()
        assert clear[found.inside == 0].all()


def test_a_frame_that_needs_no_change_changes_nothing():
    clear = made((512, 512), [Similarity()], ground="clear")
    found = cut_out(clear.picture, Matte(clear.picture.rgba[..., 3], "alpha"), Similarity())
    solid = clear.picture.rgba[..., 3] > 0
    assert np.array_equal(found.picture.rgba[solid], clear.picture.rgba[solid])
    assert (found.picture.rgba[~solid] == (255, 255, 255, 0)).all() and (found.inside == 255).all()


def test_a_frame_that_the_portrait_does_not_reach_is_empty(portrait):
    away = Similarity(shift=(5000.0, 5000.0))
    matte = Matte(np.full((480, 640), 200, np.uint8), "file")
    found = cut_out(portrait.picture, matte, away)
    assert found.inside.max() == 0 and found.picture.rgba[..., 3].max() == 0
