"""What is chosen of a hairstyle: names and numbers, nothing of how it is made."""

from __future__ import annotations

from dataclasses import dataclass

from panic3d.characters.parts.hair.paint import ColourKind


@dataclass(frozen=True, kw_only=True)
class HairDesign:
    """All choices of a hairstyle. Numbers without a unit are 0 to 1, 0.5 being usual."""

    family: str
    fringe: str
    side: str
    back: str
    extras: tuple[str, ...] = ()
    length: float = 0.5
    volume: float = 1.0
    """Factor on how far the hair stands off the head."""
    lock_count: float = 1.0
    """Factor on the number of locks."""
    clump: float = 0.5
    """How much locks differ in width."""
    curl: float = 0.5
    taper: float = 0.5
    """Early and long points at 1, late and short ones at 0."""
    flare: float = 0.0
    """-1 to 1: tips inwards or outwards."""
    jagged: float = 0.5
    part_deg: float = 0.0
    """Parting off the middle; positive at the head's left."""
    asymmetry: float = 0.0
    """-1 to 1."""
    fringe_length: float = 0.0
    """Metres the fringe is shorter."""
    tie: float = 0.5
    """Height of tails and buns within what the style allows."""
    shine: float = 0.7
    colour: ColourKind = "plain"
    bend: int | None = None
    """Seed of the numbers of its kinds, which are drawn anew; None: as the tables have them."""
    under_hat: bool = False
    """Flat, and with nothing that would come through a hat."""
