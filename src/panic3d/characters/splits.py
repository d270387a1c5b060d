"""Which characters teach, which check and which judge: split by what they are made from.

A hairstyle, a face or a procedural family belongs to one split, and a character is made from what
belongs to its own split alone. So what is judged on test characters was never seen in training,
however their parts are combined and coloured.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from typing import Literal, get_args

import numpy as np

from panic3d.characters.made import stream
from panic3d.errors import CharacterError

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)

SHARES: Mapping[Split, float] = {"train": 0.90, "val": 0.04, "test": 0.06}
"""Of the characters of a set."""

Assets = Mapping[str, tuple[str, ...]]
"""Kind ("hair", "face") to names."""

_HELD_OUT: Mapping[Split, Assets] = {
    "val": {
        "hair": ("victoria_rubin", "two_side_up", "wolf", "half_updo"),
        "face": ("victoria_rubin", "drowsy", "gentle", "plain"),
    },
    "test": {
        "hair": (
            *("vita", "hair_sendagaya_shibu", "hair_darkness_shibu", "godette"),
            *("hime", "drills"),
        ),
        "face": ("vita", "godette", "doll", "retro"),
    },
}
"""Names of models, then of procedural families; what is not named here is for training. Kinds
other than hair go by the face."""


def split_of_asset(kind: str, name: str) -> Split:
    """Return the one split that an asset belongs to.

    Args:
        kind: "hair", or a part of it that ends in this word; any other is a part of a face.
        name: of a model or of a procedural family.
    """
    for split, held in _HELD_OUT.items():
        if name in held["hair" if kind.endswith("hair") else "face"]:
            return split
    return "train"


def assets_of(split: Split, known: Assets) -> dict[str, tuple[str, ...]]:
    """Return what of the known assets a split may use; kinds without any are left out."""
    found = {
        kind: tuple(name for name in names if split_of_asset(kind, name) == split)
        for kind, names in known.items()
    }
    return {kind: names for kind, names in found.items() if names}


def check_assets(split: Split, assets: Mapping[str, str]) -> None:
    """Refuse a character that is made from what belongs to another split.

    Raises:
        CharacterError: it is; the message names the asset.
    """
    for kind, name in assets.items():
        if split_of_asset(kind, name) != split:
            raise CharacterError(
                f"the {kind} {name!r} belongs to {split_of_asset(kind, name)} and is in a "
                f"character of {split}: this is a bug, please report it"
            )


def split_of(index: int, seed: int) -> Split:
    """Return the split of a character, by its number in a set and the set's seed."""
    place = float(stream(seed, "split", str(index)).random())
    bounds = np.cumsum([SHARES[split] for split in SPLITS])
    return SPLITS[min(int(np.searchsorted(bounds, place, side="right")), len(SPLITS) - 1)]


def numbers_of(split: Split | Literal["all"], seed: int) -> Iterator[int]:
    """Count through the characters of a split, without end; the numbers are those of "all"."""
    return (k for k in count() if split == "all" or split_of(k, seed) == split)
