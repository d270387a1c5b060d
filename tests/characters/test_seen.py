"""Tags name what is seen: what is shut, covered or beneath a mask has none."""

import dataclasses
import itertools
import re

import numpy as np
import pytest

from panic3d.characters.expressions import face_tags, opening
from panic3d.characters.illustrate.framing import MOODS
from panic3d.characters.illustrate.tags import _HUE
from panic3d.characters.procedural import build_procedural
from panic3d.characters.seen import KINDS_OF, Traits, seen_tags
from panic3d.geometry.cameras import NAMED_VIEWS
from panic3d.geometry.posing import Pose, head_origin, posed

COLOUR = re.compile(r"(aqua|black|blue|brown|green|grey|orange|pink|purple|red|white|yellow)_eyes")
IRIS = {
    *("heterochromia", "tareme", "tsurime", "jitome", "sanpaku", "empty_eyes", "@_@"),
    *("half-closed_eyes", "wide-eyed", "narrowed_eyes", "slit_pupils", "no_pupils", "ringed_eyes"),
    *("white_pupils", "symbol-shaped_pupils", "heart-shaped_pupils", "star-shaped_pupils"),
    *("cross-shaped_pupils", "flower-shaped_pupils", "diamond-shaped_pupils"),
    *("looking_at_viewer", "looking_to_the_side", "looking_up", "looking_down"),
}
LIDS = {"closed_eyes", "one_eye_closed", "^_^", "long_eyelashes", "bags_under_eyes"}
MOUTH = {
    *("open_mouth", "closed_mouth", "parted_lips", "smile", "smirk", "frown", "pout", "teeth"),
    *("upper_teeth_only", "fang", "skin_fang", "lips", ":3", ":d", ":o", "shouting"),
    *("expressionless", "mole_under_mouth"),
}
CHEEKS = {
    *("blush", "blush_stickers", "freckles", "whisker_markings", "facial_tattoo", "facepaint"),
    *("scar_on_cheek", "scar_on_nose", "bandaid", "bandaid_on_face", "teardrop_facial_mark"),
    *("star_facial_mark", "heart_facial_mark", "facial_mark", "tattoo"),
    *("mole", "mole_under_eye", "bags_under_eyes"),
}
HIDES = {
    "closed_eyes": IRIS,
    "mouth_mask": MOUTH | CHEEKS,
    "eyepatch": {"heterochromia"},
    "hair_over_one_eye": {"heterochromia"},
    "one_eye_closed": {"heterochromia"},
}
"""What shows, and what is then not to be seen."""


def dark(tags):
    """Say whether dark glasses are worn before the eyes."""
    return "sunglasses" in tags and "eyewear_on_head" not in tags


def wrong(tags):
    """Return the pairs of names that cannot both be seen."""
    found = [
        (one, other) for one, hidden in HIDES.items() if one in tags for other in hidden & tags
    ]
    if "closed_eyes" in tags or dark(tags):
        found += [("eyes", tag) for tag in tags if COLOUR.fullmatch(tag)]
    if dark(tags):
        found += [("sunglasses", tag) for tag in tags & (IRIS | LIDS)]
    for name, kinds in KINDS_OF.items():
        if name in tags and not kinds & tags:
            found.append((name, "none of its kinds"))
    return found


def test_no_design_claims_what_is_hidden(designs):
    """Oracle: pairs of names of which one hides the other."""
    seen = dict.fromkeys([*HIDES, "sunglasses"], 0)
    hidden = 0
    for design in designs:
        tags, every = set(design.tags), set(design.traits.tags)
        assert not wrong(tags), (design.seed, wrong(tags))
        assert tags <= every
        hidden += len(every - tags)
        for name in seen:
            seen[name] += name in tags
    assert min(seen.values()) > 20, seen
    assert hidden > 700


def test_what_nothing_hides_is_all_named(designs):
    plain = 0
    for design in designs:
        bare = not any(design.traits.covered) and "mouth_mask" not in design.tags
        if bare and not {"closed_eyes", "one_eye_closed"} & set(design.tags):
            assert design.tags == design.traits.tags
            assert len({tag for tag in design.tags if COLOUR.fullmatch(tag)}) == 1 + (
                "heterochromia" in design.tags
            )
            plain += 1
    assert plain > 800


def test_ages_are_named_by_proportions(designs):
    """Oracle: the families and sizes of the faces."""
    for design in designs:
        assert ("chibi" in design.tags) == (design.face_family == "chibi")
        grown = design.face_family == "mature" and not design.face.boy
        assert ("mature_female" in design.tags) == grown
        if "child" in design.tags:
            assert design.face_family == "round" and design.face.shape.chest < 0.3
    assert sum("child" in design.tags for design in designs) > 10


def of_eye(colours, covered=(False, False), patched=None):
    tags = {*colours, "heterochromia", "tsurime", "mole", "mole_under_eye"}
    return Traits(
        tags=tuple(sorted(tags)),
        covered=covered,
        patched=covered if patched is None else patched,
        eyes=colours,
    )


def test_one_eye_shows_its_own_colour_alone():
    odd = ("blue_eyes", "red_eyes")
    assert seen_tags(of_eye(odd), (False, False)) == of_eye(odd).tags
    right = set(seen_tags(of_eye(odd, (False, True)), (False, False)))
    assert right == {"blue_eyes", "tsurime"}, "the mole is beneath the patch"
    left = set(seen_tags(of_eye(odd, (True, False)), (False, False)))
    assert left == {"red_eyes", "tsurime", "mole", "mole_under_eye"}
    assert set(seen_tags(of_eye(odd), (False, True))) >= {"blue_eyes", "tsurime"}
    none = set(seen_tags(of_eye(odd, (True, False), (False, False)), (False, True)))
    assert none == {"mole", "mole_under_eye"}
    both = set(seen_tags(of_eye(("blue_eyes", "blue_eyes"), (True, False)), (False, False)))
    assert "blue_eyes" in both


@pytest.fixture(scope="module")
def covered(rasteriser, designs):
    """Characters with something before their eyes, and what is seen of those from the front."""
    found = []
    for design in designs:
        plain = "hat" not in design.accessories.covers and design.clothes.hood != "up"
        one = [name for name in design.accessories.items if name in ("eyepatch", "sunglasses")]
        if plain and "chibi" != design.face_family and (one or any(design.traits.covered)):
            found.append(dataclasses.replace(design, seed=design.seed))
        if len(found) == 12:
            break
    return found


def test_the_side_that_is_covered_is_the_one_that_is_not_drawn(rasteriser, covered):
    """Oracle: pixels of each iris in the front view, by the parts' numbers."""
    sides = set()
    for design in covered:
        made = build_procedural(design)
        figure = posed(made.character, Pose())
        with rasteriser.load(figure, head_origin(made.character)) as scene:
            part = rasteriser.geometry(scene, NAMED_VIEWS["front"], 256).part
        iris = [k for k, label in enumerate(made.part_labels) if label == "iris"]
        column = np.nonzero(np.isin(part, iris))[1]
        shown = [int((column < 128).sum()), int((column >= 128).sum())]
        for k, hidden in enumerate(design.traits.covered):
            if hidden and not design.traits.covered[1 - k]:
                assert shown[k] < 0.75 * shown[1 - k], (design.seed, shown, design.traits.covered)
            elif hidden:
                assert shown[k] == 0, (design.seed, shown)
        sides.add(design.traits.covered)
    assert len(sides) == 3, "choose other seeds"


def test_drawn_moods_are_named_by_what_they_show(designs):
    """Oracle: the pairs again, and the openings of eyes and mouth in each mood."""
    wanted = ("mouth_mask", "sunglasses", "eyepatch", "closed_eyes", "smirk", "teeth", "shouting")
    chosen = [next(d for d in designs if name in d.tags) for name in wanted]
    for design in chosen:
        made = build_procedural(design)
        for mood in (*MOODS, "grin"):
            tags = set(face_tags(made, {mood: 1.0}))
            assert not wrong(tags), (design.seed, mood, wrong(tags))
            eyes, mouth = opening(made, {mood: 1.0})
            if min(eyes) > 0.5 and not any(design.traits.covered):
                assert design.traits.eyes[0] in tags, "open eyes have their colour again"
            if "mouth_mask" not in tags:
                assert ("teeth" in tags) == (mood in ("happy", "grin")), mood
                assert ("open_mouth" in tags) == (mouth > 0.22)
                assert not {"shouting", "smirk"} & tags


def test_kept_mouths_keep_their_names(designs):
    """A mood that moves the brows alone makes a smirk of a smile, a shout of an open mouth."""
    plain = next(d for d in designs if d.tags == d.traits.tags and "expressionless" in d.tags)
    made = build_procedural(plain)
    assert "smirk" in face_tags(made, {"smile": 0.9, "browAngry": 0.7})
    assert {"shouting", "angry"} <= set(face_tags(made, {"aa": 0.8, "browAngry": 0.9}))
    assert {"teeth", "raised_eyebrows"} <= set(face_tags(made, {"grin": 1.0, "browUp": 0.9}))
    assert "shouting" not in face_tags(made, {"grin": 1.0, "browAngry": 0.9})


def test_pictures_without_colour_name_none(designs):
    names = set(itertools.chain.from_iterable(design.traits.tags for design in designs))
    hues = "aqua|blonde|blue|brown|green|orange|pink|purple|red|yellow"
    left = {name for name in names if not _HUE.fullmatch(name)}
    assert not {name for name in left if re.search(rf"(^|_|-)({hues})(_|-|$)", name)}
    assert not {name for name in left if re.match(r"colored_|multicolored_|two-tone_", name)}
    assert {"black_hair", "white_hair", "grey_eyes", "dark_skin", "collared_shirt"} <= left
    assert {"dark_brown_hair", "red-framed_eyewear", "colored_skin"} <= names - left
