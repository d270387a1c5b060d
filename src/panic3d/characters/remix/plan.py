"""What is put together: names and numbers, nothing of how it is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from panic3d.characters.colour import Rgb
from panic3d.characters.palette import Palette
from panic3d.characters.parts.hair import HairDesign
from panic3d.characters.remix.proportions import Proportions

ColourKind = Literal["plain", "gradient", "streaks", "split", "inner", "own"]


@dataclass(frozen=True, kw_only=True)
class HairColour:
    """How the hair's colours are laid out."""

    kind: ColourKind = "plain"
    """How the second colour is laid out; "own": all is left as the file has it."""
    start: float = 0.45
    """Of a gradient: share of the length at which the second colour sets in."""
    end: float = 0.95
    share: float = 0.2
    """Of streaks: share of the locks."""
    seed: int = 0
    """Of streaks."""


@dataclass(frozen=True, kw_only=True)
class HairForm:
    """How a hairstyle is changed before it is put on a head."""

    mirrored: bool = False
    length: float = 1.0
    """Factor on what hangs below the ears' tops."""
    volume: float = 1.0
    """Factor on how far it stands off the skull."""
    wave: float = 0.0
    """Metres by which hanging locks swing to and fro."""
    wave_length: float = 0.08
    seed: int = 0
    """Of where each lock's wave begins."""


@dataclass(frozen=True, kw_only=True)
class LockForm:
    """How a group of locks is combed, about their roots."""

    length: float = 1.0
    """Factor on how far they fall."""
    out_m: float = 0.0
    """How far their tips move away from the head."""
    back_m: float = 0.0
    """And backwards."""
    swing_deg: float = 0.0
    """By what angle they swing aside."""
    left_out: float = 0.0
    """Share of them that is missing."""


@dataclass(frozen=True, kw_only=True)
class Restyling:
    """How a model's hair is combed anew, group by group."""

    fringe: LockForm = field(default_factory=LockForm)
    sides: LockForm = field(default_factory=LockForm)
    back: LockForm = field(default_factory=LockForm)
    tails: LockForm = field(default_factory=LockForm)
    fringe_from: str | None = None
    """The model whose fringe is worn; None: that of the rest."""
    sides_from: str | None = None
    seed: int = 0
    """Of how locks differ from their group."""


@dataclass(frozen=True, kw_only=True)
class Remix:
    """What is put together, by names of assets, and how it is changed."""

    face: str
    hair: str | None
    """None: the head has its own, or `grown` hair, or stays bald."""
    grown: HairDesign | None = None
    """Procedural hair; a head that has its own is shorn for it."""
    grown_seed: int = 0
    """Of what its design leaves to chance."""
    eyes: str
    """Whose irises are painted into the face's eyes."""
    brows: str
    mouth: str | None = None
    """Whose mouth is set into the face; None: its own."""
    skin: str | None = None
    """As whose face the skin is painted; None: as its own."""
    palette: Palette
    proportions: Proportions = field(default_factory=Proportions)
    hair_form: HairForm = field(default_factory=HairForm)
    restyling: Restyling | None = None
    """None: a model's hair is as it was, but for its form."""
    hair_colour: HairColour = field(default_factory=HairColour)
    ornaments: bool = True
    """Keep what is worn in the hair."""
    ornament_colour: Rgb | None = None
    """None: as the file has it."""
    blush: float = 0.0
    ear_point: float = 0.0
    """How far the ears end in points: 0 as they are, 1 the longest of elves."""
    lips: float = 0.35
    """How far lips are turned towards the palette's colour; from 0.6 on it is lipstick."""
    body: Mapping[str, float] = field(default_factory=dict)
    """Numbers of `HeadShape` that a head does not tell: shoulders, chest, arms."""

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it; of hair that is not restyled nothing is said of that."""
        found = asdict(self)
        if self.restyling is None:
            del found["restyling"]
        return found
