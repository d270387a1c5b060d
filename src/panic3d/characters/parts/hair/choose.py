"""Hairstyles drawn by chance, and what Danbooru calls them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar, get_args

import numpy as np

from panic3d.characters.parts.hair.back_kinds import LOOSE
from panic3d.characters.parts.hair.design import HairDesign
from panic3d.characters.parts.hair.extras import EXTRAS, NOT_UNDER_HAT
from panic3d.characters.parts.hair.families import FAMILIES
from panic3d.characters.parts.hair.fringe_kinds import FRINGES
from panic3d.characters.parts.hair.paint import COLOUR_TAGS, ColourKind
from panic3d.characters.parts.hair.tie_kinds import TIED, TiedKind
from panic3d.characters.parts.hair.worn_kinds import (
    hem_of,
    loose_kind,
    loose_tags,
    side_kind,
    tied_kind,
)
from panic3d.characters.seen import Sides
from panic3d.errors import ConfigError

_Name = TypeVar("_Name", bound=str)
_EXTRA_WEIGHTS = {
    "ahoge": 0.17,
    "double_ahoge": 0.02,
    "heart_ahoge": 0.02,
    "huge_ahoge": 0.02,
    "antenna": 0.05,
    "intakes": 0.06,
    "flaps": 0.04,
}
_TALL = ("single_bun", "half_bun", "double_bun", "three_buns", "twin_drills")
_UNBORDERED: dict[ColourKind, ColourKind] = {"fringe": "tips", "two_tone": "gradient"}
_SECOND_KINDS: tuple[ColourKind, ...] = tuple(k for k in get_args(ColourKind) if k != "plain")


def draw_hair_design(
    rng: np.random.Generator,
    families: Sequence[str] | None = None,
    *,
    under_hat: bool = False,
    boyish: bool = False,
    second_colour: bool = False,
    bent: float = 0.0,
) -> HairDesign:
    """Choose a hairstyle.

    Args:
        rng: random numbers.
        families: to choose from; None: all.
        under_hat: a hat goes over it.
        boyish: weights of families are those of male characters.
        second_colour: the palette has two colours of hair, and both are to be seen.
        bent: share of hairstyles that take fringe, sidelocks and back from any of the families,
            with numbers around these kinds'.

    Raises:
        ConfigError: a family is unknown, or none is left.
    """
    names = tuple(FAMILIES) if families is None else tuple(families)
    unknown = [name for name in names if name not in FAMILIES]
    if unknown or not names:
        raise ConfigError(
            f"hair families {', '.join(unknown) or 'none'} unknown; there are {', '.join(FAMILIES)}"
        )
    weight = np.array([FAMILIES[n].boyish if boyish else FAMILIES[n].weight for n in names])
    if weight.sum() <= 0:
        weight = np.ones(len(names))
    name = names[int(rng.choice(len(names), p=weight / weight.sum()))]
    family = FAMILIES[name]
    fringe = _one(rng, family.fringes)
    back = _one(rng, family.backs)
    sides, bend = family.sides, None
    # None of the other numbers is drawn where nothing is bent: those designs stay as they were.
    if bent and rng.random() < bent:
        lenders = [FAMILIES[names[int(k)]] for k in rng.integers(len(names), size=2)]
        fringe, sides = _one(rng, _uncombed(lenders[0].fringes)), lenders[1].sides
        bend = int(rng.integers(2**31))
    if under_hat and back in _TALL:
        back = {"buns": "low_bun", "half_updo": "half_updo", "drills": "drill_locks"}[name]
    if LOOSE.get(back) is not None and LOOSE[back].slick:
        fringe = "slicked"
    elif fringe == "slicked" and back in ("short_messy", "short_neat"):
        back = "combed_back"
    combed = fringe == "slicked"
    if combed and under_hat:
        # From before nothing of it would show below a hat: as if bald.
        fringe, back = "swept_short", "short_neat"
    part = FRINGES[fringe].part
    if bend is not None and FRINGES[fringe].root == "part":
        part = (max(part[0] - 8.0, 0.0), part[1] + 8.0)
    extras = tuple(
        extra
        for extra, chance in _EXTRA_WEIGHTS.items()
        if rng.random() < chance and not (under_hat and extra in NOT_UNDER_HAT)
    )
    extras = tuple(e for e in extras if "ahoge" not in e or e == _first_ahoge(extras))
    if combed:
        extras = tuple(e for e in extras if e not in ("intakes", "antenna"))
    return HairDesign(
        family=name,
        fringe=fringe,
        side="none" if combed else _one(rng, sides),
        back=back,
        extras=extras,
        length=float(rng.random()),
        volume=float(rng.uniform(0.75, 1.35)),
        lock_count=float(rng.uniform(0.8, 1.25)),
        clump=float(rng.random()),
        curl=float(rng.random()),
        taper=float(rng.random()),
        flare=float(np.clip(rng.normal(0, 0.4), -1, 1)),
        jagged=float(rng.random()),
        part_deg=float(rng.uniform(*part) * rng.choice([-1.0, 1.0])),
        asymmetry=float(rng.uniform(-1, 1)),
        fringe_length=float(rng.uniform(-0.006, 0.006)),
        tie=float(rng.random()),
        shine=float(rng.uniform(0.15, 1.0)),
        colour=_fitting(_one(rng, _SECOND_KINDS), fringe, back) if second_colour else "plain",
        bend=bend,
        under_hat=under_hat,
    )


def hair_tags(design: HairDesign) -> set[str]:
    """Return Danbooru's names of what a hairstyle shows, but for its colours' names."""
    tags = set(FRINGES[design.fringe].tags) | set(side_kind(design).tags)
    if design.fringe != "slicked":
        tags.add("bangs")
    tied, loose = tied_kind(design), loose_kind(design)
    if tied is not None:
        tags |= set(tied.tags)
        if not tags & {"short_hair", "medium_hair", "long_hair", "very_long_hair"}:
            tags.add(_length_tag(design, tied))
    elif loose is not None:
        tags |= loose_tags(design, loose)
    for extra in design.extras:
        tags |= set(EXTRAS[extra])
    tags |= set(COLOUR_TAGS[design.colour])
    return tags


def eyes_under_hair(design: HairDesign) -> Sides:
    """Return which eyes a fringe hangs over."""
    if "hair_over_one_eye" not in FRINGES[design.fringe].tags:
        return False, False
    right = design.part_deg > 0  # it falls from the parting to the other side
    return right, not right


def _fitting(colour: ColourKind, fringe: str, back: str) -> ColourKind:
    """Return a colouring, or another where a fringe has no border to be coloured by."""
    combed = back in TIED and TIED[back].comb in ("all", "parted")
    if combed or FRINGES[fringe].root in ("part", "back"):
        return _UNBORDERED.get(colour, colour)
    if colour == "inner" and (combed or back == "drill_locks"):
        # Nothing hangs that would show its inner side.
        return "streaked"
    return colour


def _length_tag(design: HairDesign, kind: TiedKind) -> str:
    """Return the tag of bound or half-bound hair whose length varies."""
    if kind.loose is not None:
        return "medium_hair" if hem_of(design, kind.loose) > -0.10 else "long_hair"
    if any(tie.what == "tail" for tie in kind.ties):
        return "long_hair" if design.length > 0.5 else "medium_hair"
    return "medium_hair"


def _first_ahoge(extras: Sequence[str]) -> str:
    return next((e for e in extras if "ahoge" in e), "")


def _uncombed(fringes: Sequence[str]) -> tuple[str, ...]:
    """Leave out what goes with hair combed back alone."""
    return tuple(name for name in fringes if FRINGES[name].root != "back")


def _one(rng: np.random.Generator, names: Sequence[_Name]) -> _Name:
    return names[int(rng.integers(len(names)))]
