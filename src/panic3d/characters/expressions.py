"""Expressions by what they move: how one replaces another, and what Danbooru calls them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from panic3d.characters.made import Anchor, MadeCharacter
from panic3d.characters.seen import Sides, Traits, seen_tags
from panic3d.geometry.character import Character, MorphBind
from panic3d.geometry.posing import find_expression

Feature = Literal["eyes", "gaze", "brows", "mouth"]

_WORDS: tuple[tuple[str, tuple[Feature, ...]], ...] = (
    (r"(^|_)all_|^(happy|joy|angry|sad|sorrow|relaxed|fun|surprised)$", ("eyes", "brows", "mouth")),
    (r"brw|brow", ("brows",)),
    (r"look", ("gaze",)),
    (r"eye|blink|wink|lid|close", ("eyes",)),
    (r"mth|mouth|lip|^(a|i|u|e|o|aa|ah|ih|ou|uu|ee|eh|oh)$|(^|_)v_", ("mouth",)),
)
"""What morph targets move, by words of their names; of the first that fits."""
_ALL: frozenset[Feature] = frozenset({"eyes", "brows", "mouth"})


def features_of(character: Character, name: str) -> frozenset[Feature]:
    """Return the features of a face that an expression moves, by its morph targets' names.

    What moves none of them, as a blush, moves nothing; targets of unknown names may move all.

    Raises:
        ExpressionError: the character has no such expression.
    """
    found: set[Feature] = set()
    expression = character.expressions[find_expression(character, name)]
    for bind in expression.morphs:
        found |= _moved(_target(character, bind))
    return frozenset(found)


def _target(character: Character, bind: MorphBind) -> str:
    names = character.meshes[bind.mesh].morph_names
    return names[bind.morph].lower() if bind.morph < len(names) else ""


def _moved(target: str) -> frozenset[Feature]:
    if "blush" in target:
        return frozenset()
    return next((frozenset(moved) for words, moved in _WORDS if re.search(words, target)), _ALL)


def replaced(
    character: Character, resting: Mapping[str, float], mood: Mapping[str, float]
) -> dict[str, float]:
    """Return the expressions of a character whose resting face a mood comes over.

    The mood takes the place of every resting expression that moves a feature it moves itself: two
    that were added up would drive lids past each other and open two mouths. Expressions of the
    mood that share a feature come to no more than 1 there.
    """
    moved = {name: features_of(character, name) for name in (*resting, *mood)}
    taken = frozenset[Feature]().union(*(moved[name] for name, w in mood.items() if w))
    weights = {name: min(weight, 1.0) for name, weight in mood.items()}
    most = {f: sum(w for name, w in weights.items() if f in moved[name]) for f in taken}
    for name in weights:
        weights[name] /= max([1.0, *(most[f] for f in moved[name] if f in most)])
    kept = {name: weight for name, weight in resting.items() if not moved[name] & taken}
    return {**kept, **weights}


# What is seen

EXPRESSION_TAGS = frozenset(
    {
        *("open_mouth", "closed_mouth", "parted_lips", "smile", "smirk", "frown", "pout"),
        *("teeth", "upper_teeth_only", "shouting", ":3", ":d", ":o", "expressionless"),
        *("closed_eyes", "one_eye_closed", "half-closed_eyes", "wide-eyed", "narrowed_eyes"),
        *("^_^", "happy", "angry", "sad", "surprised"),
        *("v-shaped_eyebrows", "raised_eyebrows", "raised_inner_eyebrows"),
    }
)
"""All names of expressions, of which each drawing has its own."""


class _Sign(NamedTuple):
    """What a morph target adds to a face."""

    words: str
    least: float
    """Weight from which on it is seen."""
    tags: tuple[str, ...]


_SIGNS = (
    _Sign(r"mouth_(smile|grin)|mouth_cat|(mth|all)_(joy|fun)", 0.3, ("smile",)),
    _Sign(r"mouth_grin", 0.9, ("teeth", "upper_teeth_only")),
    _Sign(r"mouth_frown|(mth|all)_(sorrow|angry|down)", 0.3, ("frown",)),
    _Sign(r"mouth_cat", 0.4, (":3",)),
    _Sign(r"mouth_oh|mth_o$|all_surprised", 0.4, (":o",)),
    _Sign(r"eye_smile|(eye|all)_joy", 0.6, ("^_^",)),
    _Sign(r"mouth_small", 0.5, ("pout",)),
    _Sign(r"eye_lower", 0.6, ("narrowed_eyes",)),
    _Sign(r"brow_angry|(brw|all)_angry|angled_eyebrows", 0.4, ("v-shaped_eyebrows",)),
    _Sign(r"brow_sad|(brw|all)_sorrow", 0.4, ("raised_inner_eyebrows",)),
    _Sign(r"brow_raise|(brw|all)_surprised", 0.55, ("raised_eyebrows",)),
)
_MOODS: dict[str, frozenset[str]] = {
    "angry": frozenset({"v-shaped_eyebrows", "frown"}),
    "sad": frozenset({"raised_inner_eyebrows", "frown"}),
    "surprised": frozenset({"raised_eyebrows", "open_mouth"}),
    ":d": frozenset({"smile", "open_mouth"}),
    "happy": frozenset({"smile", "^_^", "open_mouth"}),
    "smirk": frozenset({"smile", "closed_mouth", "v-shaped_eyebrows"}),
}
"""What is said of signs that are seen together."""
_EYES = ((12, 15), (18, 21))
"""Landmarks: tops and bottoms of the openings."""
_SHUT, _HALF, _WIDE = 0.34, 0.74, 1.07
_OPEN, _PARTED = 0.22, 0.09


class Opening(NamedTuple):
    """How far a face is open."""

    eyes: tuple[float, float]
    """Of each, image-left first, as shares of the opening at rest."""
    mouth: float
    """Beyond the rest, in widths of the mouth at rest."""


def opening(made: MadeCharacter, expressions: Mapping[str, float]) -> Opening:
    """Measure a face at the landmarks, in some expressions."""
    weights = _weights(made.character, expressions)
    rest = np.array([_place(made, anchor, {}) for anchor in made.landmarks])
    place = np.array([_place(made, anchor, weights) for anchor in made.landmarks])

    def gap(points: NDArray[np.float64], top: int, bottom: int) -> float:
        return float(points[top, 1] - points[bottom, 1])

    shares = [
        gap(place, *lids) / gap(rest, *lids) if gap(rest, *lids) > 1e-4 else 1.0 for lids in _EYES
    ]
    wide = max(float(np.linalg.norm(rest[26] - rest[24])), 1e-4)
    return Opening(
        eyes=(shares[0], shares[1]),
        mouth=(gap(place, 25, 27) - gap(rest, 25, 27)) / wide,
    )


def _weights(
    character: Character, expressions: Mapping[str, float]
) -> dict[tuple[int, int], float]:
    """Return the weight of each (mesh, target) that expressions move."""
    found: dict[tuple[int, int], float] = {}
    for name, amount in expressions.items():
        expression = character.expressions[find_expression(character, name)]
        if expression.binary:
            amount = 1.0 if amount > 0.5 else 0.0
        for bind in expression.morphs:
            key = (bind.mesh, bind.morph)
            found[key] = found.get(key, 0.0) + amount * bind.weight
    return found


def _place(
    made: MadeCharacter, anchor: Anchor, weights: Mapping[tuple[int, int], float]
) -> NDArray[np.float64]:
    primitive = made.character.meshes[anchor.mesh].primitives[anchor.primitive]
    found = primitive.positions[anchor.vertex].astype(np.float64)
    for (mesh, target), weight in weights.items():
        if mesh == anchor.mesh and target < len(primitive.morphs):
            moved = primitive.morphs[target].positions
            found = found if moved is None else found + weight * moved[anchor.vertex]
    return found


def expression_tags(made: MadeCharacter, expressions: Mapping[str, float]) -> frozenset[str]:
    """Return what Danbooru would call a face in some expressions.

    Eyes and mouth are measured, smiles, frowns and brows told by the morph targets.
    """
    found: set[str] = set()
    eyes, mouth = opening(made, expressions)
    shut = sum(share < _SHUT for share in eyes)
    if shut == 2:
        found.add("closed_eyes")
    elif shut == 1:
        found.add("one_eye_closed")
    elif max(eyes) < _HALF:
        found.add("half-closed_eyes")
    elif min(eyes) > _WIDE:
        found.add("wide-eyed")
    found.add(
        "open_mouth" if mouth > _OPEN else "parted_lips" if mouth > _PARTED else "closed_mouth"
    )
    seen: dict[str, float] = {}
    for name, amount in expressions.items():
        expression = made.character.expressions[find_expression(made.character, name)]
        # A target may be bound in several meshes, which all show the one movement.
        own = {_target(made.character, bind): amount * bind.weight for bind in expression.morphs}
        for target, weight in own.items():
            seen[target] = seen.get(target, 0.0) + weight
    for sign in _SIGNS:
        strength = sum(w for target, w in seen.items() if re.search(sign.words, target))
        if strength >= sign.least:
            found.update(sign.tags)
    if {"smile", "frown"} <= found:
        found -= {"smile", "frown"}
    found -= {":o"} if "open_mouth" not in found else set()
    found -= {"^_^"} if "closed_eyes" not in found else set()
    for tag, together in _MOODS.items():
        if together <= found:
            found.add(tag)
    if {"v-shaped_eyebrows", "open_mouth"} <= found and "smile" not in found:
        found |= {"angry", "shouting"}
    if "narrowed_eyes" in found:
        found.discard("half-closed_eyes")
    if "closed_mouth" in found and found <= {"closed_mouth", "half-closed_eyes"}:
        found.add("expressionless")
    return frozenset(found)


def face_tags(made: MadeCharacter, expressions: Mapping[str, float]) -> tuple[str, ...]:
    """Return the tags of a character in other expressions than its resting ones, sorted.

    What hides its eyes and mouth hides them still; what its own expression hid may be seen.
    """
    traits = Traits(tags=made.tags) if made.traits is None else made.traits
    tags = (set(traits.tags) - EXPRESSION_TAGS) | expression_tags(made, expressions)
    if not tags & GAZES:  # straight ahead is what eyes do that are not said to do else
        tags.add("looking_at_viewer")
    return seen_tags(replace(traits, tags=tuple(sorted(tags))), shut_eyes(made, expressions))


def shut_eyes(made: MadeCharacter, expressions: Mapping[str, float]) -> Sides:
    """Return which eyes some expressions close."""
    right, left = opening(made, expressions).eyes
    return right < _SHUT, left < _SHUT


GAZES = frozenset({"looking_at_viewer", "looking_to_the_side", "looking_up", "looking_down"})


_TSURIME_DEG, _TAREME_DEG = 9.0, -1.5
"""Rise of the outer corner over the inner from which on eyes are called so."""


def eye_tags(made: MadeCharacter) -> frozenset[str]:
    """Return what the tilt of the eyes is called, measured between their corners."""
    points = np.array([_place(made, anchor, {}) for anchor in made.landmarks])
    across, up = (points[19] - points[17])[:2]
    tilt = float(np.degrees(np.arctan2(up, across)))
    if tilt > _TSURIME_DEG:
        return frozenset({"tsurime"})
    return frozenset({"tareme"} if tilt < _TAREME_DEG else ())


def resting_tags(made: MadeCharacter) -> frozenset[str]:
    """Return what is called so of a face that looks ahead in its own expression, seen or not."""
    return expression_tags(made, made.expression) | eye_tags(made) | {"looking_at_viewer"}
