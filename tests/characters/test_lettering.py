"""Lettering: strings that the font can draw, set in many ways; things aimed at the face."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import ImageFont

from panic3d.characters.illustrate.draw import illustrate
from panic3d.characters.illustrate.lettering import (
    Lettering,
    draw_lettering,
    made_text,
    write,
)
from panic3d.characters.illustrate.shapes import Sheet
from panic3d.characters.illustrate.style import Finish, IllustrationStyle, Ink
from tests.characters.fakes import FAMILIES, make_fake

WHITE, RED = (1.0, 1.0, 1.0), (0.8, 0.1, 0.1)


def texts(count=400):
    rng = np.random.default_rng(3)
    return [made_text(rng) for _ in range(count)]


def sheet(size=200):
    return Sheet(size, 1.0, (0.0, 0.0, 0.0), None, (0.0, 1.0))


def written(text="Spring", how=None, size=200):
    paper = sheet(size)
    write(paper, text, size / 2, size / 2, how or Lettering(20.0, RED, WHITE))
    return np.asarray(paper.mask)


def extent(mask):
    return tuple(int(np.ptp(np.flatnonzero(mask.max(axis) > 127))) for axis in (0, 1))


def test_strings_vary_and_the_font_has_every_sign():
    found = texts()
    assert len(set(found)) > 330
    signs = {c for text in found for c in text}
    assert any(c.isdigit() for c in signs) and {c.isupper() for c in signs} == {True, False}
    font = ImageFont.load_default(size=24)
    blank = bytes(font.getmask("\ufffe"))
    missing = [c for c in signs - {" "} if bytes(font.getmask(c)) in (blank, b"")]
    assert not missing


def test_the_manner_of_setting_varies():
    rng = np.random.default_rng(1)
    drawn = [draw_lettering(rng, 100, RED) for _ in range(120)]
    heights = np.array([how.height for how in drawn])
    assert heights.min() < 6 and heights.max() > 20
    assert {how.upright for how in drawn} == {how.slant != 0 for how in drawn} == {True, False}
    assert {how.stroke > 0 for how in drawn} == {how.plate is None for how in drawn}
    assert len({how.fill for how in drawn}) >= 5


def test_upright_setting_stands_and_slant_leans():
    how = Lettering(20.0, RED, WHITE)
    wide, high = extent(written(how=how))
    assert wide > 2 * high
    wide, high = extent(written(how=how._replace(upright=True)))
    assert high > 2 * wide
    mask = written("I", how._replace(height=80.0, slant=0.3)) > 127
    rows = np.flatnonzero(mask.any(1))
    middle = [np.flatnonzero(mask[row]).mean() for row in (rows[5], rows[-6])]
    assert middle[0] - middle[1] == pytest.approx(0.3 * (rows[-6] - rows[5]), rel=0.2)


def test_long_texts_fit_and_plates_cover_what_is_between_letters():
    wide, _ = extent(written("a very long sentence of many words indeed", size=200))
    assert wide <= 199
    bare = (written() > 127).sum()
    plated = written(how=Lettering(20.0, RED, WHITE, plate=WHITE)) > 127
    assert plated.sum() > 1.5 * bare and plated[100, 70:130].all()


@pytest.mark.parametrize("prop", ["peace", "cup", "lettering", "bubble"])
def test_some_cover_the_face_and_landmarks_know_it(rasteriser, prop):
    fake = make_fake(3, FAMILIES)
    style = IllustrationStyle(
        finish=Finish(), ink=Ink(), props=(prop,), text="Thank you very much", prop_colour=RED
    )
    bare = illustrate(fake, rasteriser, replace(style, props=()), 96).landmarks
    covering = 0
    for seed in range(14):
        drawn = illustrate(fake, rasteriser, replace(style, seed=seed), 96)
        assert drawn.landmarks is not None and bare is not None
        column, row = np.floor(drawn.landmarks.points).astype(int).clip(0, 95).T
        under = drawn.occluder[row, column] >= 128
        assert not drawn.landmarks.visible[under].any()
        assert np.array_equal(drawn.landmarks.visible[~under], bare.visible[~under])
        covering += bool(under.any())
    assert 2 <= covering <= 12
