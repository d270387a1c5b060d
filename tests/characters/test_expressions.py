"""Expressions: moods replace what they move, and what is said of a face is what it shows."""

from dataclasses import replace

import pytest

from panic3d.characters.expressions import (
    EXPRESSION_TAGS,
    expression_tags,
    face_tags,
    features_of,
    opening,
    replaced,
)
from panic3d.characters.illustrate.draw import framed_pose
from panic3d.characters.illustrate.framing import MOODS, Framing
from panic3d.characters.parts.face.build import EXPRESSIONS
from panic3d.characters.parts.face.families import TAGGED_FACES
from panic3d.characters.procedural import draw_procedural, make_procedural
from panic3d.characters.remix.make import RESTING_FACES as REMIXED_FACES
from panic3d.characters.seen import OF_OPEN_EYES, Traits
from panic3d.geometry.character import Expression, MorphBind
from panic3d.geometry.posing import Pose
from tests.characters.fakes import FAMILIES, make_fake

_VROID = {
    "happy": "ALL_Joy", "angry": "ALL_Angry", "sad": "ALL_Sorrow", "relaxed": "ALL_Fun",
    "surprised": "ALL_Surprised", "aa": "MTH_A", "oh": "MTH_O", "ee": "MTH_E",
    "blink": "EYE_Close", "blinkLeft": "EYE_Close_L", "mouthFun": "MTH_Fun",
    "mouthJoy": "MTH_Joy", "browAngry": "BRW_Angry", "browSorrow": "BRW_Sorrow",
    "mouthSorrow": "MTH_Sorrow", "mouthAngry": "MTH_Angry",
}  # fmt: skip
"""Expressions of VRoid's models, and the morph targets they move."""


def bound(targets):
    """Return a character whose expressions move morph targets of these names."""
    character = make_fake(1, FAMILIES).character
    names = tuple(dict.fromkeys(name for moved in targets.values() for name in moved))
    mesh = replace(character.meshes[0], morph_names=names)
    expressions = {
        name: Expression(
            morphs=tuple(
                MorphBind(mesh=0, morph=names.index(target), weight=w)
                for target, w in moved.items()
            )
        )
        for name, moved in targets.items()
    }
    return replace(character, meshes=(mesh, *character.meshes[1:]), expressions=expressions)


@pytest.fixture(scope="module")
def procedural():
    return bound(EXPRESSIONS)


@pytest.fixture(scope="module")
def vroid():
    return bound({name: {target: 1.0} for name, target in _VROID.items()})


@pytest.mark.parametrize(("kind", "names", "faces"), [
    ("procedural", EXPRESSIONS, [face for face, _ in TAGGED_FACES]),
    ("vroid", _VROID, REMIXED_FACES),
])  # fmt: skip
def test_no_feature_is_moved_twice_whatever_mood_comes_over_whatever_face(
    request, kind, names, faces
):
    """Oracle: the sums of the morph targets, feature by feature, of all pairs."""
    character = request.getfixturevalue(kind)
    prefixes = {"eye": ("eye_", "EYE_"), "mouth": ("mouth_", "MTH_"), "brow": ("brow_", "BRW_")}
    pairs = 0
    for resting in faces:
        for mood in MOODS:
            for weight in (0.5, 1.0):
                framing = Framing(expressions=((mood, weight),))
                pose = framed_pose(framing, character, Pose(expressions=dict(resting)))
                assert pose.expressions[mood] == weight
                for starts in prefixes.values():
                    movers = [
                        name
                        for name in pose.expressions
                        if any(
                            bound_to.startswith((*starts, "ALL_"))
                            for bound_to in targets_of(names, name)
                        )
                    ]
                    assert movers == [mood] or mood not in movers, (resting, mood)
                pairs += 1
    assert pairs == 2 * len(faces) * len(MOODS) > 200


def targets_of(names, name):
    moved = names[name]
    return (moved,) if isinstance(moved, str) else tuple(moved)


def test_what_a_mood_does_not_move_stays(procedural):
    kept = replaced(procedural, {"smile": 0.8, "browUp": 0.3}, {"blink": 0.9})
    assert kept == {"smile": 0.8, "browUp": 0.3, "blink": 0.9}
    assert replaced(procedural, {"wink": 1.0}, {"oh": 0.7}) == {"oh": 0.7}
    assert replaced(procedural, {"smile": 0.5}, {}) == {"smile": 0.5}
    assert replaced(procedural, {"smile": 0.5}, {"aa": 0.0}) == {"smile": 0.5, "aa": 0.0}


def test_moods_that_share_a_feature_come_to_one(procedural):
    found = replaced(procedural, {}, {"happy": 0.9, "aa": 0.9, "lookUp": 1.0})
    assert found["happy"] + found["aa"] == pytest.approx(1.0)
    assert found["lookUp"] == 1.0
    assert replaced(procedural, {}, {"blink": 1.4}) == {"blink": 1.0}


def test_features_are_told_by_the_names_of_morph_targets():
    names = {
        "a": ("Fcl_ALL_Joy", {"eyes", "brows", "mouth"}),
        "b": ("angled_eyebrows", {"brows"}),
        "c": ("blink_left", {"eyes"}),
        "d": ("look_up", {"gaze"}),
        "e": ("Fcl_MTH_A", {"mouth"}),
        "f": ("ah", {"mouth"}),
        "g": ("HideBlush", set()),
        "h": ("target 12", {"eyes", "brows", "mouth"}),
    }
    character = bound({name: {target: 1.0} for name, (target, _) in names.items()})
    for name, (_, expected) in names.items():
        assert features_of(character, name) == expected


@pytest.fixture(scope="module")
def made():
    seeds = (seed for seed in range(400) if not draw_procedural(seed).face.expression)
    return make_procedural(next(seeds))


@pytest.mark.parametrize("resting", [face for face, _ in TAGGED_FACES])
def test_lids_never_pass_each_other(made, resting):
    """Oracle: the landmarks' places."""
    for mood in MOODS:
        weights = replaced(made.character, resting, {mood: 1.0})
        eyes, mouth = opening(made, weights)
        assert min(eyes) > -0.08 and mouth < 1.0, (resting, mood)


@pytest.mark.parametrize(("weights", "shown", "hidden"), [
    ({}, {"closed_mouth", "expressionless"}, {"smile", "closed_eyes"}),
    ({"happy": 1.0}, {"open_mouth", "smile", "closed_eyes", "^_^"}, {"closed_mouth"}),
    ({"blink": 1.0}, {"closed_eyes", "closed_mouth"}, {"^_^", "expressionless"}),
    ({"blinkLeft": 1.0}, {"one_eye_closed"}, {"closed_eyes"}),
    ({"half": 1.0}, {"half-closed_eyes"}, {"closed_eyes"}),
    ({"angry": 1.0}, {"frown", "angry", "v-shaped_eyebrows"}, {"smile"}),
    ({"surprised": 1.0}, {"open_mouth", "surprised", ":o"}, {"closed_mouth"}),
    ({"smile": 0.8}, {"smile", "closed_mouth"}, {"open_mouth"}),
    ({"aa": 0.8}, {"open_mouth"}, {"closed_mouth", "smile"}),
])  # fmt: skip
def test_tags_are_of_what_the_face_shows(made, weights, shown, hidden):
    found = expression_tags(made, weights)
    assert shown <= found and not hidden & found
    assert found <= EXPRESSION_TAGS


def test_measured_tags_agree_with_those_of_the_design(made):
    """Oracle: the tags that resting faces are drawn with, on one face."""
    about = {"open_mouth", "closed_mouth", "closed_eyes", "one_eye_closed", "smile", "frown"}
    for weights, tags in TAGGED_FACES:
        expected = about & set(tags)
        found = about & expression_tags(made, weights)
        assert expected == found, weights


def test_another_mood_changes_the_characters_tags(made):
    found = set(face_tags(made, {"happy": 1.0}))
    assert {"smile", "closed_eyes"} <= found
    assert not found & {"expressionless", "closed_mouth", "looking_at_viewer"}
    hidden = OF_OPEN_EYES | {made.traits.eyes[0]}
    assert set(made.tags) - EXPRESSION_TAGS - hidden <= found and not hidden & found
    masked = replace(made, traits=Traits(tags=("1girl", "mouth_mask")))
    assert set(face_tags(masked, {"happy": 1.0})) & {"smile", "open_mouth"} == set()
    shut = replace(made, traits=None, tags=("closed_eyes", "closed_mouth"))
    assert "looking_at_viewer" in face_tags(shut, {"aa": 1.0})


def test_measured_faces_have_all_the_names_that_they_are_drawn_with(made):
    """Oracle: the tags of the design; so a drawing in the same mood has the same."""
    for weights, tags in TAGGED_FACES:
        assert expression_tags(made, weights) == set(tags), weights
