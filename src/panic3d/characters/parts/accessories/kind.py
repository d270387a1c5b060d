"""What an accessory is: its kind, its slot, and the hair and head it must fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from panic3d.characters.palette import Palette
from panic3d.characters.parts.accessories.paint import Real
from panic3d.characters.piece import Piece
from panic3d.characters.shape import HeadShape

Slot = Literal[
    "ears",
    "horns",
    "hat",
    "headwear",
    "headphones",
    "forehead",
    "halo",
    "glasses",
    "eye_cover",
    "face_cover",
    "hair_ornament",
    "side_ornament",
    "back_ornament",
    "mask_on_head",
    "tail_ornament",
    "earring",
]
"""Where something is worn; one thing a slot."""


@runtime_checkable
class Anchor(Protocol):
    """What an accessory must know of an anchor; any record with these fields will do."""

    @property
    def position(self) -> NDArray[np.float64]:
        """(3,) metres."""

    @property
    def direction(self) -> NDArray[np.float64]:
        """(3,) unit."""

    @property
    def radius(self) -> float:
        """Metres."""


class HairAnchor(NamedTuple):
    """A place on the hair where something can be tied: a tail's root, a bun, a braid's end."""

    position: NDArray[np.float64]
    """(3,) metres, middle of the strand."""
    direction: NDArray[np.float64]
    """(3,) unit, along the strand away from the head (of a bun or temple: outwards)."""
    radius: Real
    """Of the strand, metres."""


def _even(
    azimuth_deg: NDArray[np.float64], elevation_deg: NDArray[np.float64]
) -> NDArray[np.float64]:
    return np.full(np.broadcast(azimuth_deg, elevation_deg).shape, 0.015)


@dataclass(frozen=True, kw_only=True, eq=False)
class Fit:
    """What of the hair an accessory must know."""

    thickness: Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]] = _even
    """Azimuth and elevation in degrees, as of `HeadShape.skull`, to metres between skull and the
    outside of the hair along the ray from the skull's centre."""
    anchors: Mapping[str, Anchor] = field(default_factory=dict)
    """As "tail_left", "tail_right", "tail_back", "bun_left", "braid_end_left"; may be empty.
    "lobe_left" and "lobe_right", if there, are where earrings hang."""
    hair: Sequence[Piece] = ()
    """The hair itself: what is pinned, rooted or worn over it then fits its very locks."""


Maker = Callable[[np.random.Generator, HeadShape, Palette, Fit], list[Piece]]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of accessory."""

    name: str
    slot: Slot
    tags: tuple[str, ...]
    """Danbooru's names."""
    weight: Real
    """How often, against the others."""
    make: Maker
    male: Real = 1.0
    """Factor on the weight for men."""
    floats: bool = False
    """Does not touch head or hair, as a halo."""
    paired: bool = False
    """Mirror image of itself."""
