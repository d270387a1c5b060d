"""Faces: openings that close, features in place on any proportions, landmarks where they belong."""

import numpy as np
import pytest

from panic3d.characters.made import stream
from panic3d.characters.palette import draw_palette
from panic3d.characters.parts.face.build import EXPRESSIONS, TARGETS, make_face
from panic3d.characters.parts.face.design import FaceDesign
from panic3d.characters.parts.face.families import FACE_FAMILIES, draw_face
from panic3d.characters.parts.face.paint import MARKS, PUPILS, iris_texture, skin_texture
from panic3d.characters.shape import HeadShape

SHAPE = HeadShape()
PALETTE = draw_palette(stream(1, "palette"))


@pytest.fixture(scope="module")
def face():
    return make_face(FaceDesign(), SHAPE, PALETTE)


def area(points: np.ndarray) -> float:
    """Area of a closed outline (n, 2)."""
    x, y = points[:, 0], points[:, 1]
    return float(abs(np.roll(x, -1) @ y - np.roll(y, -1) @ x)) / 2


def covering(piece, positions: np.ndarray, x: float, y: float) -> int:
    """How many triangles that face the front cover a point of the picture."""
    corners = positions[piece.faces]
    turns = []
    for k in range(3):
        a, b = corners[:, k], corners[:, (k + 1) % 3]
        turns.append((b[:, 0] - a[:, 0]) * (y - a[:, 1]) - (b[:, 1] - a[:, 1]) * (x - a[:, 0]))
    facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])[:, 2] > 0
    inside = (np.stack(turns) > 0).all(0) & facing & (corners[..., 2].mean(1) > 0)
    return int(inside.sum())


def test_eyes_and_mouth_are_openings_that_lids_and_lips_close(face):
    skin = face.pieces[0]
    for side, target in ((1.0, "eye_close_left"), (-1.0, "eye_close_right")):
        x, y = side * SHAPE.eye_x, SHAPE.eye_y
        assert covering(skin, skin.positions, x, y) == 0
        assert covering(skin, skin.positions + skin.morphs[target], x, y) == 1
    mouth = (0.0007, SHAPE.mouth_y - 0.005)
    assert covering(skin, skin.positions, *mouth) == 1
    assert covering(skin, skin.positions + skin.morphs["mouth_aa"], *mouth) == 0


def test_the_skin_is_closed_but_for_its_openings(face):
    skin = face.pieces[0]
    _, place = np.unique(np.round(skin.positions, 6), axis=0, return_inverse=True)
    edges = np.sort(place.reshape(-1)[skin.faces][:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), 1)
    edges = edges[edges[:, 0] != edges[:, 1]]
    found, count = np.unique(edges, axis=0, return_counts=True)
    open_edges = found[count == 1]
    middle = skin.positions[[int(np.argmax(place == v)) for v in open_edges[:, 0]]]
    assert set(count.tolist()) <= {1, 2}
    # What is open are the lids' inner edges, all of them well in front.
    assert len(open_edges) > 50
    assert (middle[:, 2] > 0.04).all()


def test_morph_targets_move_only_their_own_features(face):
    skin = face.pieces[0]
    moved = np.abs(skin.morphs["mouth_aa"]).max(1) > 1e-6
    assert moved.any()
    assert skin.positions[moved][:, 1].max() < SHAPE.nose_y
    for name in TARGETS:
        assert any(name in piece.morphs for piece in face.pieces), name
    for targets in EXPRESSIONS.values():
        assert set(targets) <= set(TARGETS)


def test_landmarks_lie_where_their_names_say(face):
    at = np.array([mark.of(face.pieces[mark.piece].positions) for mark in face.landmarks])
    flip = [4, 3, 2, 1, 0, 10, 9, 8, 7, 6, 5, 19, 18, 17, 22, 21, 20, 13, 12, 11, 16, 15, 14]
    flip += [23, 26, 25, 24, 27]
    assert np.allclose(at, at[flip] * [-1, 1, 1], atol=1e-6)
    assert at[2, 1] == pytest.approx(SHAPE.chin_y, abs=0.002)
    assert at[23] == pytest.approx(SHAPE.face(np.array(0.0), np.array(SHAPE.nose_y)), abs=0.004)
    assert (np.diff(at[[0, 1, 2, 3, 4], 0]) > 0).all()
    assert (np.diff(at[[5, 6, 7, 8, 9, 10], 0]) > 0).all()
    assert at[12, 1] > at[11, 1] and at[12, 1] > at[13, 1] and at[15, 1] < at[11, 1]
    assert at[24, 0] < at[25, 0] < at[26, 0] and at[25, 1] >= at[27, 1]
    width = SHAPE.eye_width
    assert at[[17, 19], 0] == pytest.approx(SHAPE.eye_x + np.array([-0.5, 0.5]) * width, abs=3e-4)


def check_in_order(shape: HeadShape) -> None:
    """Features follow one another from chin to crown; eyes neither meet nor leave the face."""
    order = [shape.chin_y, shape.mouth_y, shape.nose_y, shape.eye_y, shape.crown_y]
    assert (np.diff(order) > 0.01).all()
    assert shape.eye_x - 0.5 * shape.eye_width > 0.010
    half = float(shape.half_width(np.array(shape.eye_y)))
    assert shape.eye_x + 0.55 * shape.eye_width < half


@pytest.mark.parametrize("family", FACE_FAMILIES)
def test_families_give_sound_faces(family):
    for seed in range(12):
        drawn = draw_face(stream(seed, "face", family), family)
        shape = drawn.shape
        check_in_order(shape)
        assert ("1girl" in drawn.tags) != ("1boy" in drawn.tags)
        if seed < 2:
            for piece in make_face(drawn.design, shape, PALETTE).pieces:
                assert np.isfinite(piece.positions).all()
                assert piece.faces.min() >= 0 and piece.faces.max() < len(piece.positions)
                assert (piece.uvs > -1e-6).all() and (piece.uvs < 1 + 1e-6).all()
                assert np.abs(piece.positions).max() < 0.3


def test_every_mark_and_pupil_shows():
    from dataclasses import replace

    design = FaceDesign()
    plain = skin_texture(SHAPE, design, PALETTE).astype(int)
    for mark in MARKS:
        painted = skin_texture(
            SHAPE, replace(design, skin=replace(design.skin, marks=(mark,))), PALETTE
        )
        changed = (np.abs(painted.astype(int) - plain).max(-1) > 12).sum()
        assert 10 < changed < 12000, mark
    seen = set()
    for pupil in PUPILS:
        seen.add(iris_texture((0.3, 0.5, 0.8), replace(design.eyes, pupil=pupil), 64).tobytes())
    assert len(seen) == len(PUPILS)


def test_one_stream_one_face():
    one, other = (draw_face(stream(5, "face"), "soft") for _ in range(2))
    assert one == other
    assert draw_face(stream(6, "face"), "soft") != one
