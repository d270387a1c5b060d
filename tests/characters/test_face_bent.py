"""Bent faces: numbers of several families mixed and moved; sound, and farther apart than theirs."""

from dataclasses import astuple

import numpy as np
import pytest

from panic3d.characters.made import stream
from panic3d.characters.palette import draw_palette
from panic3d.characters.parts.face.bent_families import bent_family
from panic3d.characters.parts.face.build import make_face
from panic3d.characters.parts.face.families import FACE_FAMILIES, DrawnFace, draw_face
from panic3d.characters.procedural import FAMILIES, draw_procedural
from panic3d.characters.splits import assets_of
from tests.characters.test_face import check_in_order

PALETTE = draw_palette(stream(1, "palette"))
TRAIN = assets_of("train", FAMILIES)["face"]


def bent(seed: int, family: str, lenders: tuple[str, ...] = TRAIN) -> DrawnFace:
    ranges = bent_family(stream(seed, "bent", family), family, lenders)
    return draw_face(stream(seed, "face", family), family, ranges)


@pytest.mark.parametrize("family", TRAIN)
def test_bent_faces_are_sound(family):
    for seed in range(40):
        drawn = bent(seed, family)
        shape = drawn.shape
        check_in_order(shape)
        if seed < 6:
            made = make_face(drawn.design, shape, PALETTE)
            for piece in made.pieces:
                assert np.isfinite(piece.positions).all()
                assert np.abs(piece.positions).max() < 0.3
            at = np.array([mark.of(made.pieces[mark.piece].positions) for mark in made.landmarks])
            for row in ([0, 1, 2, 3, 4], [5, 6, 7, 8, 9, 10], [11, 13, 17, 19], [24, 25, 26]):
                assert (np.diff(at[row, 0]) > 0).all()
            assert at[6, 1] > at[12, 1] > at[15, 1] > at[23, 1] > at[25, 1] >= at[27, 1] > at[2, 1]


def test_who_a_family_is_of_stays():
    assert 1.2 < bent(1, "chibi").scale and bent(1, "mature").scale < 1.2
    for name in TRAIN:
        family, found = FACE_FAMILIES[name], bent_family(stream(2, name), name, TRAIN)
        for kept in ("weight", "boys", "scale", "small_body"):
            assert getattr(found, kept) == getattr(family, kept)


def test_bent_faces_differ_more_than_those_of_families(unchecked):
    """Of numbers of form, eyes, mouth and brows, over faces by the shares of their families."""

    def spread(share: float) -> np.ndarray:
        assets = assets_of("train", FAMILIES)
        drawn = [draw_procedural(seed, assets, share).face for seed in range(300)]
        numbers = [
            (
                face.shape.eye_height / face.shape.eye_width,
                face.shape.eye_tilt,
                face.shape.jaw,
                face.shape.mouth_width,
                face.design.brows.height,
            )
            for face in drawn
        ]
        return np.std(numbers, 0)

    assert (spread(1.0) > 1.05 * spread(0.0)).all()


def test_numbers_come_from_families_that_may_lend():
    """Reference: of one family alone they lie around its own; of its irises all are its own."""
    for seed in range(20):
        found = bent_family(stream(seed), "soft", ("chibi",))
        assert found.irises == FACE_FAMILIES["chibi"].irises
        assert abs(found.jaw[0] - 1.04) < 0.25
    means = [bent_family(stream(s), "soft", ("chibi",)).eye_aspect for s in range(400)]
    assert np.mean(means) == pytest.approx(np.mean(FACE_FAMILIES["chibi"].eye_aspect), abs=0.03)


def test_a_share_is_bent_and_repeats(unchecked):
    assets = assets_of("train", FAMILIES)

    def faces(share: float) -> list[DrawnFace]:
        return [draw_procedural(seed, assets, share).face for seed in range(120)]

    usual, some = faces(0.0), faces(0.5)
    changed = np.mean(
        [astuple(a.shape) != astuple(b.shape) for a, b in zip(usual, some, strict=True)]
    )
    assert 0.35 < changed < 0.65
    assert some == faces(0.5)
