"""Mouths and skins of real faces on other faces, and lips in other colours."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial import cKDTree

from panic3d.characters.colour import oklab_from_srgb
from panic3d.characters.made import stream
from panic3d.characters.palette import draw_palette
from panic3d.characters.remix import Library
from panic3d.characters.remix.compose import compose
from panic3d.characters.remix.design import draw_remix_design
from panic3d.characters.remix.features import openings
from panic3d.characters.remix.plan import Remix
from panic3d.characters.remix.skin import painted_skin
from panic3d.characters.remix.swap import with_mouth, with_skin
from panic3d.characters.splits import check_assets
from panic3d.errors import CharacterError


@pytest.fixture(scope="module")
def library(request):
    return Library.load(request.getfixturevalue("shared_models")[0].parent)


@pytest.fixture(scope="module")
def heads(library):
    return {name: library[name].parts.head for name in library.faces}


def plain(**more):
    palette = draw_palette(stream(1, "palette"))
    return Remix(face="vita", hair="vita", eyes="vita", brows="vita", palette=palette, **more)


def pairs(heads):
    found = []
    for name, head in heads.items():
        for giver, other in heads.items():
            made = with_mouth(head, other)
            if giver != name and made is not None:
                found.append((f"{giver} on {name}", head, other, made))
    return found


def areas(points, faces):
    a, b, c = points[faces].swapaxes(0, 1)
    return np.cross(b - a, c - a)


def test_another_mouth_has_no_gap_in_any_expression(heads):
    """Every vertex of the skin's rim lies on one of the mouth's inside, at rest and moved."""
    found = pairs(heads)
    assert len(found) >= 12
    for name, _, _, made in found:
        face, mouth = made.part("face"), made.part("mouth")
        rim = openings(face)[2]
        still = {"": 0.0}
        for morph in [*still, *face.morphs]:
            if morph.startswith("EYE_"):
                continue
            skin = face.positions[rim] + face.morphs.get(morph, np.zeros_like(face.positions))[rim]
            inside = mouth.positions + mouth.morphs.get(morph, 0.0)
            assert cKDTree(inside).query(skin)[0].max() < 1e-5, (name, morph)


def test_another_mouth_moves_as_on_its_own_face(heads):
    """How far lips open, as a share of the mouth's width, is the giver's."""

    def opened(head):
        upper, lower = (head.landmarks[k][1] for k in (25, 27))
        face = head.part("face")
        move = face.morphs["MTH_A"]
        gap = (face.positions + move)[upper] - (face.positions + move)[lower]
        return gap[1] / abs(head.landmark(26)[0] - head.landmark(24)[0])

    for name, _, other, made in pairs(heads):
        assert opened(made) == pytest.approx(opened(other), rel=1e-3), name
    assert len({round(opened(head), 2) for head in heads.values()}) > 3


def test_the_skin_around_another_mouth_neither_folds_nor_tears(heads):
    for name, head, _, made in pairs(heads):
        before, face = head.part("face"), made.part("face")
        was, now = (areas(p.positions, p.faces) for p in (before, face))
        size = np.linalg.norm(was, axis=1)
        middle = before.positions[before.faces].mean(1)
        rim = before.positions[openings(before)[2]]
        off = cKDTree(rim).query(middle)[0]
        # Right at the corners triangles are slivers that may turn.
        kept = (off > 0.002) & (size > 1e-7)
        turned = (was * now).sum(1) / (size * np.maximum(np.linalg.norm(now, axis=1), 1e-12))
        assert turned[kept].min() > 0.3, name
        far = cKDTree(rim).query(before.positions)[0] > 0.022
        assert np.array_equal(face.positions[far], before.positions[far])
        assert all(np.array_equal(face.morphs[m][far], before.morphs[m][far]) for m in face.morphs)
        # What was one place stays one place: no seam opens.
        near = cKDTree(before.positions).query_pairs(1e-7, output_type="ndarray")
        if len(near):
            for move in (face.positions, *face.morphs.values()):
                assert np.abs(move[near[:, 0]] - move[near[:, 1]]).max() < 1e-5, name


def test_what_does_not_agree_is_refused(heads):
    male = heads["hairsample_male"]
    for name in ("vita", "sendagaya_shino"):
        assert with_skin(male, heads[name]) is None
        assert with_mouth(male, heads[name]) is None, "its line is painted too wide"
    assert with_mouth(heads["vita"], replace(heads["vita"], whole=True)) is None
    assert with_mouth(male, male) is male and with_skin(male, male) is male


def test_another_skin_is_painted_but_in_the_tone_that_is_asked_for(heads):
    head, other = heads["sendagaya_shino"], heads["victoria_rubin"]
    made = with_skin(head, other)
    assert made is not None
    palette = draw_palette(stream(3, "palette"))
    (was, now) = (
        painted_skin(h, palette, 0.0, 0.0)[id(h.part("face").paint)] for h in (head, made)
    )
    labs = [oklab_from_srgb(t[..., :3] / 255) for t in (was, now)]
    # The forehead is one tone, the cheeks have her painted blush.
    forehead = [np.median(lab[100:180, 200:312].reshape(-1, 3), axis=0) for lab in labs]
    assert np.abs(forehead[0] - forehead[1]).max() < 0.03
    cheek = [lab[310:340, 150:185, 1].mean() for lab in labs]
    assert cheek[1] > cheek[0] + 0.02
    assert made.part("face").positions is head.part("face").positions


def test_lips_turn_towards_their_colour_and_nothing_else_does(heads):
    for name, head in heads.items():
        palette = draw_palette(stream(4, "palette"))
        key = id(head.part("face").paint)
        labs = [
            oklab_from_srgb(painted_skin(head, palette, 0.0, share)[key][..., :3] / 255)
            for share in (0.0, 0.5, 0.7, 1.0)
        ]
        moved = [np.linalg.norm(lab - labs[0], axis=-1) for lab in labs[1:]]
        lips = moved[2] > 0.06
        assert 200 < lips.sum() < 4000, name
        means = [move[lips].mean() for move in moved]
        assert 0.01 < means[0] < means[1] < means[2], name
        rows, columns = np.nonzero(moved[2] > 0.01)
        # In the lower middle of the texture, where all these faces have their mouths.
        assert rows.min() > 340 and rows.max() < 430 and np.abs(columns - 256).max() < 60, name


def test_lipstick_is_named_where_there_is_any(library):
    names = {"lipstick", "lips", "makeup"}
    assert names <= set(compose(library, plain(lips=0.9)).tags)
    assert not names & set(compose(library, plain(lips=0.5)).tags)


def test_whose_mouth_and_skin_it_is_is_recorded_and_kept_to_its_split(library):
    made = compose(library, plain(mouth="victoria_rubin", skin="sendagaya_shino"))
    assert made.assets["mouth"] == "victoria_rubin"
    assert made.assets["skin"] == "sendagaya_shino"
    assert {"victoria_rubin:mouth", "sendagaya_shino:skin"} <= {s.asset for s in made.sources}
    for kind in ("mouth", "skin"):
        with pytest.raises(CharacterError, match=f"the {kind} 'vita' belongs to test"):
            check_assets("train", {kind: "vita"})


def test_mouths_and_skins_are_drawn_among_the_faces_that_may_be_used(library):
    faces = ("hairsample_female", "hairsample_male", "sendagaya_shino")
    drawn = [draw_remix_design(stream(seed, "remix"), library, faces=faces) for seed in range(40)]
    assert {d.mouth for d in drawn} == {None, *faces}
    assert {d.skin for d in drawn} == {None, "hairsample_female", "sendagaya_shino"}
    assert all(d.mouth != d.face and d.skin != d.face for d in drawn)
    painted = [d.lips > 0.6 for d in drawn]
    assert 0 < sum(painted) < 14
