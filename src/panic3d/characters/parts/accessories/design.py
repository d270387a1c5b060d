"""Which accessories a character wears: drawn at random, made into pieces, named in tags."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from panic3d.characters.palette import Palette
from panic3d.characters.parts.accessories import (
    animal_ears,
    caps,
    clips,
    crowns,
    face_covers,
    glasses,
    hair_ornaments,
    hair_ties,
    hairbands,
    hats,
    headgear,
    headphones,
    horns,
    jewellery,
)
from panic3d.characters.parts.accessories.kind import Fit, HairAnchor, Kind, Slot
from panic3d.characters.parts.accessories.rules import MATCHING, free_of_strands, together
from panic3d.characters.piece import Piece
from panic3d.characters.seen import Sides, either
from panic3d.characters.shape import HeadShape

__all__ = [
    "KINDS",
    "AccessoryDesign",
    "Fit",
    "HairAnchor",
    "Kind",
    "Slot",
    "accessory_tags",
    "draw_accessories",
    "make_accessories",
    "patched_eyes",
]

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for module in (
        animal_ears,
        horns,
        hats,
        caps,
        crowns,
        glasses,
        face_covers,
        clips,
        hair_ornaments,
        hair_ties,
        hairbands,
        headphones,
        headgear,
        jewellery,
    )
    for kind in module.KINDS
}
"""All kinds by name."""

_HOW_MANY = (0.25, 0.34, 0.24, 0.12, 0.05)
_TIED = 0.62
"""Share of those with tails, braids or buns that tie them with something seen."""


@dataclass(frozen=True, kw_only=True)
class AccessoryDesign:
    """What is worn, by name of kind."""

    items: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        unknown = [name for name in self.items if name not in KINDS]
        if unknown:
            raise ValueError(f"unknown accessories {unknown}; known are {sorted(KINDS)}")

    @property
    def needs_flat_hair(self) -> bool:
        """Hair under a hat lies close and has no high buns or standing strands."""
        return any(KINDS[name].slot == "hat" for name in self.items)

    @property
    def covers(self) -> frozenset[Slot]:
        """The slots that are taken."""
        return frozenset(KINDS[name].slot for name in self.items)

    def as_json(self) -> dict[str, Any]:
        """Return the design as JSON can hold it."""
        return {"items": list(self.items)}

    @staticmethod
    def from_json(values: Mapping[str, Any]) -> AccessoryDesign:
        """Return the design that `as_json` wrote."""
        return AccessoryDesign(items=tuple(values["items"]))


def draw_accessories(
    rng: np.random.Generator,
    anchors: Collection[str] = (),
    male: bool = False,
    barred: Collection[Slot] = (),
    spiky: bool = False,
) -> AccessoryDesign:
    """Choose accessories.

    Args:
        rng: random numbers.
        anchors: names of the hair's anchors; strands are only tied where there are any, and
            nothing is worn where they grow.
        male: wears fewer bows and flowers.
        barred: slots that must stay free, as "hat" where a hood is up.
        spiky: strands of the hair stand up all over, so that no band lies on it.
    """
    strands = any(key.startswith(("tail", "drill", "braid", "bun")) for key in anchors)
    count = int(rng.choice(len(_HOW_MANY), p=_HOW_MANY))
    taken: list[str] = []
    if strands and "tail_ornament" not in barred and rng.random() < _TIED * (0.5 if male else 1.0):
        ties = [kind for kind in KINDS.values() if kind.slot == "tail_ornament"]
        taken.append(_drawn(rng, ties, male))
    for _ in range(count):
        free = [
            kind
            for kind in KINDS.values()
            if kind.slot not in barred
            and kind.slot != "tail_ornament"
            and free_of_strands(kind, anchors, spiky)
            and all(together(KINDS[name], kind) for name in taken)
        ]
        if not free:
            break
        taken.append(_drawn(rng, free, male))
        horns_of = MATCHING.get(taken[-1], ())
        if horns_of and "horns" not in barred and rng.random() < 0.5:
            taken.append(horns_of[int(rng.integers(len(horns_of)))])
    order = {name: k for k, name in enumerate(KINDS)}
    return AccessoryDesign(items=tuple(sorted(set(taken), key=order.__getitem__)))


def _drawn(rng: np.random.Generator, kinds: Sequence[Kind], male: bool) -> str:
    weights = np.array([kind.weight * (kind.male if male else 1.0) for kind in kinds])
    return kinds[int(rng.choice(len(kinds), p=weights / weights.sum()))].name


def make_accessories(
    design: AccessoryDesign,
    shape: HeadShape,
    palette: Palette,
    fit: Fit,
    rng: np.random.Generator,
) -> list[Piece]:
    """Make what a design names, fitted to a head and its hair.

    Args:
        design: from `draw_accessories`.
        shape: the head.
        palette: its colours.
        fit: what of the hair matters; `Fit()` for hair 15 mm thick without strands to tie.
        rng: decides sizes, colours and small turns.

    Returns:
        Pieces of the group "Accessory", label "accessory".
    """
    found: list[Piece] = []
    for name, own in _streams(design, rng):
        found += KINDS[name].make(own, shape, palette, fit)
    return found


def _streams(
    design: AccessoryDesign, rng: np.random.Generator
) -> Iterator[tuple[str, np.random.Generator]]:
    # A stream each, so that one thing's choices do not change the next one's.
    for name in design.items:
        yield name, np.random.Generator(np.random.PCG64(int(rng.integers(2**62))))


def patched_eyes(design: AccessoryDesign, rng: np.random.Generator) -> Sides:
    """Return which eyes are behind a patch or dark glass.

    Args:
        design: what is worn.
        rng: in the state that `make_accessories` is given.
    """
    found: Sides = (False, False)
    for name, own in _streams(design, rng):
        if name in ("eyepatch", "medical_eyepatch"):
            left = face_covers.patched_side(own) > 0
            found = either(found, (not left, left))
        elif name == "sunglasses":
            found = (True, True)
    return found


def accessory_tags(design: AccessoryDesign) -> set[str]:
    """Return Danbooru's names of all that is worn."""
    return {tag for name in design.items for tag in KINDS[name].tags}
