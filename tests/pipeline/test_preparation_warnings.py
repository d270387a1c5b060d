"""What is said about portraits that make bad heads."""

import numpy as np
import pytest

from panic3d.geometry.similarity import Similarity
from panic3d.pipeline.align import Alignment, head_turn
from panic3d.pipeline.cut_out import cut_out
from panic3d.pipeline.faces import FoundFace
from panic3d.pipeline.located import Located
from panic3d.pipeline.matting import Matte
from panic3d.pipeline.mean_face import mean_face
from panic3d.pipeline.preparation_warnings import cut_out_warnings, located_warnings

from .made_portraits import made

PLACE = Similarity(scale=1.3, angle_deg=12.0, shift=(-30.0, -150.0))


def located(scale=1.0, yaw=0.0, source="network", known=True):
    marks = mean_face().pixels() * scale
    turn = head_turn(yaw, 0.0, 0.0)
    face = FoundFace(np.zeros(4), 1.0, marks, np.ones(28), turn)
    alignment = Alignment(Similarity(scale=1 / scale), turn, 0.0, ())
    return Located((face,), 1, face, source, known, alignment)


def test_a_good_face_needs_no_words():
    assert located_warnings(located()) == []
    assert located_warnings(located(source="file", known=False)) == []
    assert located_warnings(located(source="not needed", known=False)) == []


def test_turned_heads_are_told_only_if_it_is_known_how():
    (said,) = located_warnings(located(yaw=50.0))
    assert "50 degrees" in said
    assert located_warnings(located(yaw=50.0, source="file", known=False)) == []


def test_small_faces_are_told_with_their_size():
    small = located(scale=0.5)
    (said,) = located_warnings(small)
    assert f"is {small.face.size:.0f} pixels" in said and "larger version" in said


def test_landmarks_that_stand_in_are_told():
    (said,) = located_warnings(located(source="mean face", known=False))
    assert "mean face" in said


def said_of(portrait, alpha, source="file", place=PLACE):
    to_frame = place.inverse()
    matte = Matte(np.asarray(alpha, np.uint8), source)
    alignment = Alignment(to_frame, np.eye(3), 0.0, ())
    warped = cut_out(portrait.picture, matte, to_frame)
    marks = mean_face().pixels()
    return cut_out_warnings(warped, matte, marks, alignment, portrait.picture.size)


@pytest.fixture(scope="module")
def portrait():
    return made((640, 480), [PLACE])


def test_a_good_matte_needs_no_words(portrait):
    """The body is cut by the lower border, which is as it should be."""
    levels = np.rint(portrait.cover * 255)
    assert levels[-1].max() == 255
    assert said_of(portrait, levels) == []


def test_an_empty_and_a_full_matte_are_told(portrait):
    shape = portrait.cover.shape
    (said,) = said_of(portrait, np.zeros(shape))
    assert "0.0%" in said and "almost all of it" in said and "--matte FILE" in said
    (said,) = said_of(portrait, np.full(shape, 255))
    assert "100.0%" in said and "hardly any" in said
    assert said_of(portrait, np.full(shape, 255), "none") == [], "nobody said it was cut out"


def test_a_matte_without_the_face_is_told(portrait):
    levels = np.rint(portrait.cover * 255)
    marks = portrait.landmarks[0]
    (left, top), (right, bottom) = marks.min(0).astype(int) - 20, marks.max(0).astype(int) + 20
    levels[top:bottom, left:right] = 0
    (said,) = said_of(portrait, levels)
    assert "most of the face out" in said


@pytest.mark.parametrize(
    ("shift", "sides"),
    [
        ((-30.0, -295.0), "upper border:"),
        ((-180.0, -150.0), "left border:"),
        ((300.0, -150.0), "right border:"),
        ((-180.0, -295.0), "left and upper borders:"),
    ],
)
def test_heads_cut_by_the_border_are_told_with_its_side(shift, sides):
    """Oracle: where the figure was put."""
    place = Similarity(scale=1.3, angle_deg=12.0, shift=shift)
    cut = made((640, 480), [place])
    (said,) = said_of(cut, np.rint(cut.cover * 255), place=place)
    assert f"picture's {sides}" in said
