"""Which of a character's names are of things to be seen: what covers or shuts eyes and mouth."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Sides = tuple[bool, bool]
"""Of the eyes, image-left first, as landmarks are."""

_EYE_COLOUR = re.compile(
    r"(aqua|black|blue|brown|green|grey|orange|pink|purple|red|white|yellow)_eyes"
)
OF_OPEN_EYES = frozenset(
    {
        *("looking_at_viewer", "looking_to_the_side", "looking_up", "looking_down"),
        *("sanpaku", "empty_eyes", "slit_pupils", "no_pupils", "ringed_eyes", "white_pupils"),
        *("symbol-shaped_pupils", "heart-shaped_pupils", "star-shaped_pupils", "@_@"),
        *("cross-shaped_pupils", "flower-shaped_pupils", "diamond-shaped_pupils"),
        *("tareme", "tsurime", "jitome", "half-closed_eyes", "narrowed_eyes", "wide-eyed"),
    }
)
"""What neither closed nor covered eyes show."""
OF_BARE_EYES = frozenset(
    {"closed_eyes", "one_eye_closed", "^_^", "long_eyelashes", "bags_under_eyes"}
)
"""What covered eyes do not show, open or closed."""
OF_BARE_MOUTH = frozenset(
    {
        *("open_mouth", "closed_mouth", "parted_lips", "smile", "smirk", "frown", "pout"),
        *("teeth", "upper_teeth_only", "fang", "skin_fang", "lips", "lipstick"),
        *(":3", ":d", ":o", "shouting", "expressionless", "mole_under_mouth"),
    }
)
"""What a mouth that is covered does not show."""
OF_BARE_CHEEKS = frozenset(
    {
        *("blush", "blush_stickers", "freckles", "whisker_markings", "facial_tattoo", "facepaint"),
        *("scar_on_cheek", "scar_on_nose", "bandaid_on_face", "bags_under_eyes", "mole_under_eye"),
        *("teardrop_facial_mark", "star_facial_mark", "heart_facial_mark"),
    }
)
"""What lies so near to nose and mouth that a mask over them hides it, on most faces."""
KINDS_OF: Mapping[str, frozenset[str]] = {
    "makeup": frozenset({"lips", "lipstick", "eyeshadow"}),
    "facial_mark": frozenset(
        {"whisker_markings", "teardrop_facial_mark", "star_facial_mark", "heart_facial_mark"}
    ),
    "mole": frozenset({"mole_under_eye", "mole_under_mouth"}),
    "scar": frozenset({"scar_across_eye", "scar_on_cheek", "scar_on_nose"}),
    "scar_on_face": frozenset({"scar_across_eye", "scar_on_cheek", "scar_on_nose"}),
    "bandaid": frozenset({"bandaid_on_face"}),
    "tattoo": frozenset({"facial_tattoo"}),
}
"""Names that say of others that there is one of them."""


@dataclass(frozen=True, kw_only=True)
class Traits:
    """All that a character has, seen or not, and what hides some of it."""

    tags: tuple[str, ...]
    """Names of all of it, in its usual expression, sorted."""
    covered: Sides = (False, False)
    """Which eyes are behind a patch, hair or dark glass."""
    patched: Sides = (False, False)
    """Which of them are so with the skin around."""
    eyes: tuple[str, str] = ("", "")
    """Names of the eyes' colours; empty: both are those of the tags."""


def eye_colours(tags: Iterable[str]) -> tuple[str, str]:
    """Return the names of the colours of both eyes, of a palette's names in their order."""
    found = [tag for tag in tags if _EYE_COLOUR.fullmatch(tag)]
    return (found[0], found[-1]) if found else ("", "")


def is_eye_colour(tag: str) -> bool:
    """Say whether a name is that of eyes of some colour."""
    return _EYE_COLOUR.fullmatch(tag) is not None


def either(one: Sides, other: Sides) -> Sides:
    """Return the sides that are in one or the other."""
    return one[0] or other[0], one[1] or other[1]


def shut_by_name(tags: Iterable[str], one: Sides = (False, True)) -> Sides:
    """Return which eyes are shut, by what an expression is called.

    Args:
        tags: of the expression.
        one: which, if it is one.
    """
    found = set(tags)
    return (True, True) if "closed_eyes" in found else one if "one_eye_closed" in found else _NONE


_NONE: Sides = (False, False)


def seen_tags(traits: Traits, shut: Sides) -> tuple[str, ...]:
    """Return the names of what is seen, sorted.

    Args:
        traits: what there is; its tags in the expression in question.
        shut: the eyes that this expression closes.
    """
    every = set(traits.tags)
    found = set(every)
    covered = traits.covered
    bare = [not (hidden or closed) for hidden, closed in zip(covered, shut, strict=True)]
    colours = {tag for tag in every if is_eye_colour(tag)}
    if any(bare):
        colours -= {name for name, one in zip(traits.eyes, bare, strict=True) if one}
        colours &= set(traits.eyes)
    found -= colours
    if any(covered) or any(shut):
        found.discard("heterochromia")  # one eye shows no other
    if not any(bare):
        found -= OF_OPEN_EYES
    if all(covered):
        found -= OF_BARE_EYES
    elif sum(shut) == 1 and covered == shut:
        found.discard("one_eye_closed")
    if traits.patched[1]:  # moles are painted below the character's left eye
        found.discard("mole_under_eye")
    if "mouth_mask" in every:
        found -= OF_BARE_MOUTH | OF_BARE_CHEEKS
    for name, kinds in KINDS_OF.items():
        if every & kinds and not found & kinds:
            found.discard(name)
    return tuple(sorted(found))
