"""What can be worn together, and with which tied hair."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from panic3d.characters.parts.accessories.kind import Kind, Slot

ON_HEAD: frozenset[Slot] = frozenset(
    {
        "hat",
        "headwear",
        "headphones",
        "forehead",
        "mask_on_head",
        "ears",
        "horns",
        "halo",
        "back_ornament",
    }
)
"""Slots of which one is taken at most: what stands on a head leaves no room for another."""

_EXCLUDED: Mapping[Slot, tuple[Slot, ...]] = {
    "hat": ("side_ornament", "hair_ornament"),
    "headwear": ("side_ornament",),
    "mask_on_head": ("side_ornament", "hair_ornament"),
    "headphones": ("side_ornament", "earring"),
    "ears": ("side_ornament",),
    "horns": ("side_ornament",),
    "side_ornament": ("hair_ornament",),
    "glasses": ("eye_cover",),
    "forehead": ("eye_cover", "side_ornament"),
}
"""What else cannot be worn together, by slot; both ways round."""

_LOOPS = frozenset(
    {"hachimaki", "goggles_on_head", "veil", "laurel_crown", "flower_wreath", "crown", "fox_mask"}
)
"""What goes around the back of the head."""
_HEADPHONES = frozenset({"headphones", "cat_headphones", "headset"})
_ARCHES = frozenset(
    {
        "hairband",
        "bow_hairband",
        "frilled_hairband",
        "lolita_hairband",
        "maid_headdress",
        "tiara",
        *_HEADPHONES,
    }
)
"""What goes over the head from ear to ear."""
_IN_FRONT = frozenset({"circlet", "glasses_on_head"})
"""What goes around the front, as far as the ears."""
_ON_TOP = frozenset({"mini_top_hat", "party_hat", "mini_crown", "nurse_cap", "top_bow"})
_DROOPING = frozenset({"dog_ears", "lop_ears", "cow_ears", "sheep_ears"})
_LOW_HORNS = frozenset({"curled_horns", "asymmetrical_horns", "oni_horns", "cow_horns"})

_OVER_CLIPS = frozenset(
    {
        *_LOOPS - {"crown"},
        *_IN_FRONT,
        *_DROOPING,
        *_LOW_HORNS,
        "lolita_hairband",
        "top_bow",
    }
)
"""What lies where hairclips are pinned."""

_BANDS_AND_SIDES = frozenset(
    {*_LOOPS, *_ARCHES, *_IN_FRONT, *_DROOPING, "curled_horns", "asymmetrical_horns"}
)
"""What lies where tails and buns beside the head are tied."""

MATCHING: Mapping[str, tuple[str, ...]] = {
    "cow_ears": ("cow_horns",),
    "sheep_ears": ("curled_horns", "goat_horns"),
}
"""Ears that may come with horns after all."""


def together(one: Kind, other: Kind) -> bool:
    """Say whether two things can be worn at once."""
    if one.slot == other.slot or {one.slot, other.slot} <= ON_HEAD:
        return False
    if other.slot in _EXCLUDED.get(one.slot, ()) or one.slot in _EXCLUDED.get(other.slot, ()):
        return False
    for this, that in ((one, other), (other, one)):
        if that.slot == "hair_ornament" and this.name in _OVER_CLIPS:
            return False
        if that.slot == "glasses" and this.name == "glasses_on_head":
            return False
    return True


def free_of_strands(kind: Kind, anchors: Collection[str], spiky: bool = False) -> bool:
    """Say whether something keeps clear of tails, drills, braids, buns and standing strands.

    Args:
        kind: which.
        anchors: names of what the hair ties, as "tail_left", "bun_back", "braid".
        spiky: strands stand up all over, through which a band would come and go.
    """
    if spiky and kind.name in _LOOPS | _ARCHES - _HEADPHONES:
        return False
    strands = [name for name in anchors if name.startswith(("tail", "drill", "braid", "bun"))]
    beside = [name for name in strands if name.endswith(("_left", "_right"))]
    tied_up = [name for name in beside if not name.startswith("braid")]
    buns = [name for name in strands if name.startswith("bun")]
    return not (
        (strands and kind.name == "veil")
        or (any(name not in beside for name in strands) and kind.name in _LOOPS)
        or (any(name not in beside for name in strands) and kind.slot == "back_ornament")
        or (tied_up and kind.name in _BANDS_AND_SIDES)
        or (tied_up and kind.slot == "side_ornament")
        or ("bun_top" in buns and kind.name in _ARCHES)
        or (any(name != "bun_back" for name in buns) and kind.name in _ON_TOP)
        or (any(name in beside for name in buns) and kind.slot in ("ears", "horns"))
    )
