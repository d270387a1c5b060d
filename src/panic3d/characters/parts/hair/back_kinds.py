"""Ways to wear hair loose, in numbers."""

from __future__ import annotations

from dataclasses import dataclass

from panic3d.characters.parts.hair.guide import Fall


@dataclass(frozen=True, kw_only=True)
class LooseKind:
    """A way to wear hair loose. Heights are metres above the head bone."""

    fall: Fall
    hem: tuple[float, float]
    """Height of the tips behind, at the design's least and greatest length."""
    rise: float = 0.0
    """By how much the tips at the sides are higher; negative: lower, as an inverted bob."""
    step: float = 0.0
    """By how much a second, outer row is shorter; 0: there is none."""
    count: tuple[int, int] = (20, 26)
    ragged: float = 0.012
    begin: float = 0.62
    round: float = 2.0
    blunt: float = 0.0
    first: float = 74.0
    """Azimuth of the foremost locks."""
    loose: int = 6
    """Single strands over the rest."""
    wave: float = 0.0
    """Metres locks swing to both sides."""
    waves: float = 2.5
    """Number of swings."""
    coil: float = 0.0
    """Share of the swing that also goes in and out: 1 makes corkscrews."""
    flip: float = 0.0
    """Metres the tips turn outwards; negative: inwards."""
    tiers: int = 0
    """Rows of short locks over the upper head."""
    tier_m: tuple[float, float] = (0.07, 0.10)
    """Length of these."""
    spike: float = 0.0
    """Metres their tips stand out; of `spikes`: radians they turn outwards."""
    wild: float = 0.0
    """Metres their tips stray; of `spikes`: share of their length."""
    spikes: bool = False
    """Rows of spikes all over the head."""
    spike_m: tuple[float, float] = (0.08, 0.11)
    lined: bool = False
    """The hair below ends at the nape, not within the hem: of bowls that stand off the head."""
    slick: bool = False
    """Combed back from the forehead."""
    tags: tuple[str, ...] = ()


LOOSE: dict[str, LooseKind] = {
    "hime_straight": LooseKind(
        fall=Fall(side=0.020, flare=0.04),
        hem=(-0.14, -0.36),
        ragged=0.003,
        blunt=0.75,
        begin=0.8,
        loose=0,
        tags=("hime_cut", "straight_hair", "long_hair"),
    ),
    "hime_stepped": LooseKind(
        fall=Fall(side=0.020, flare=0.08),
        hem=(-0.20, -0.38),
        step=0.17,
        ragged=0.004,
        blunt=0.8,
        begin=0.8,
        loose=0,
        tags=("hime_cut", "straight_hair", "long_hair"),
    ),
    "long_straight": LooseKind(
        fall=Fall(flare=0.12), hem=(-0.13, -0.24), rise=0.02, tags=("long_hair", "straight_hair")
    ),
    "very_long": LooseKind(
        fall=Fall(side=0.024, flare=0.20),
        hem=(-0.36, -0.48),
        rise=0.03,
        count=(22, 28),
        loose=9,
        tags=("very_long_hair", "long_hair"),
    ),
    "layered": LooseKind(
        fall=Fall(flare=0.10),
        hem=(-0.10, -0.22),
        rise=0.05,
        step=0.10,
        ragged=0.02,
        begin=0.60,
        round=1.6,
        loose=8,
        tags=("long_hair",),
    ),
    "bob": LooseKind(
        fall=Fall(side=0.026, back=0.024, front=0.018, hug=0.25, behind=0.0),
        hem=(0.015, -0.035),
        ragged=0.006,
        begin=0.72,
        round=2.5,
        first=68.0,
        loose=2,
        flip=-0.016,
        tags=("bob_cut", "short_hair"),
    ),
    "inverted_bob": LooseKind(
        fall=Fall(side=0.024, back=0.028, hug=0.45, behind=0.0),
        hem=(0.040, 0.005),
        rise=-0.060,
        ragged=0.005,
        begin=0.72,
        round=2.2,
        first=66.0,
        loose=2,
        flip=-0.010,
        tags=("inverted_bob", "bob_cut", "short_hair"),
    ),
    "flipped_bob": LooseKind(
        fall=Fall(side=0.022, back=0.022, hug=0.5, behind=0.0),
        hem=(-0.010, -0.055),
        ragged=0.010,
        begin=0.64,
        round=1.7,
        first=68.0,
        loose=3,
        flip=0.030,
        tags=("flipped_hair", "short_hair"),
    ),
    "mushroom": LooseKind(
        fall=Fall(top=0.020, side=0.034, back=0.034, front=0.022, hug=0.15, behind=0.0),
        hem=(0.055, 0.020),
        ragged=0.003,
        blunt=0.5,
        begin=0.75,
        first=64.0,
        loose=0,
        flip=-0.018,
        lined=True,
        tags=("bowl_cut", "short_hair"),
    ),
    "pixie": LooseKind(
        fall=Fall(top=0.012, side=0.011, back=0.014, hug=0.9, behind=0.0),
        hem=(0.030, 0.0),
        rise=0.030,
        ragged=0.010,
        begin=0.66,
        round=1.6,
        first=66.0,
        loose=0,
        tiers=3,
        tier_m=(0.085, 0.115),
        spike=0.008,
        wild=0.010,
        tags=("very_short_hair", "short_hair"),
    ),
    "spiky": LooseKind(
        fall=Fall(top=0.016, side=0.014, back=0.020, hug=0.75, behind=0.0),
        hem=(0.020, -0.025),
        rise=0.025,
        ragged=0.014,
        begin=0.62,
        round=1.5,
        first=66.0,
        loose=0,
        spike=0.50,
        wild=0.28,
        spikes=True,
        spike_m=(0.100, 0.130),
        count=(16, 20),
        tags=("spiky_hair", "short_hair"),
    ),
    "wild_spikes": LooseKind(
        fall=Fall(top=0.020, side=0.018, back=0.026, hug=0.5, behind=0.2),
        hem=(0.0, -0.10),
        rise=0.04,
        ragged=0.02,
        begin=0.60,
        round=1.5,
        first=68.0,
        loose=0,
        flip=0.02,
        spike=0.68,
        wild=0.34,
        spikes=True,
        spike_m=(0.150, 0.195),
        count=(15, 19),
        tags=("spiky_hair", "medium_hair"),
    ),
    "short_messy": LooseKind(
        fall=Fall(top=0.016, side=0.016, back=0.020, hug=0.8, behind=0.0),
        hem=(0.020, -0.015),
        rise=0.025,
        ragged=0.012,
        begin=0.62,
        round=1.6,
        first=64.0,
        loose=0,
        tiers=3,
        tier_m=(0.10, 0.14),
        spike=0.016,
        wild=0.022,
        tags=("messy_hair", "short_hair"),
    ),
    "short_neat": LooseKind(
        fall=Fall(top=0.017, side=0.012, back=0.016, hug=0.95, behind=0.0),
        hem=(0.030, 0.010),
        rise=0.035,
        ragged=0.005,
        begin=0.70,
        round=1.9,
        first=66.0,
        loose=0,
        tiers=2,
        tier_m=(0.085, 0.100),
        spike=0.003,
        wild=0.006,
        tags=("short_hair",),
    ),
    "combed_back": LooseKind(
        fall=Fall(top=0.020, side=0.013, back=0.020, hug=0.8, behind=0.0),
        hem=(0.015, -0.050),
        rise=0.02,
        ragged=0.012,
        begin=0.66,
        round=1.6,
        first=112.0,
        loose=0,
        flip=0.014,
        slick=True,
        tags=("short_hair",),
    ),
    "wavy": LooseKind(
        fall=Fall(top=0.018, side=0.028, back=0.028, flare=0.14),
        hem=(-0.16, -0.34),
        rise=0.03,
        ragged=0.015,
        wave=0.018,
        waves=2.6,
        coil=0.35,
        count=(17, 22),
        loose=7,
        tags=("wavy_hair", "long_hair"),
    ),
    "wavy_medium": LooseKind(
        fall=Fall(top=0.018, side=0.028, back=0.028, flare=0.20, hug=0.2, behind=0.4),
        hem=(-0.03, -0.09),
        rise=0.02,
        ragged=0.015,
        wave=0.012,
        waves=2.2,
        coil=0.5,
        count=(17, 22),
        flip=0.015,
        tags=("wavy_hair", "medium_hair"),
    ),
    "curls": LooseKind(
        fall=Fall(top=0.022, side=0.038, back=0.038, flare=0.22),
        hem=(-0.12, -0.28),
        rise=0.03,
        ragged=0.02,
        wave=0.015,
        waves=5.0,
        coil=0.95,
        count=(15, 19),
        loose=4,
        tags=("curly_hair", "long_hair"),
    ),
    "curly_short": LooseKind(
        fall=Fall(top=0.026, side=0.040, back=0.040, hug=0.3, behind=0.0),
        hem=(0.02, -0.03),
        ragged=0.012,
        wave=0.013,
        waves=3.5,
        coil=1.0,
        count=(18, 23),
        loose=0,
        tiers=3,
        tier_m=(0.07, 0.09),
        spike=0.012,
        wild=0.014,
        tags=("curly_hair", "short_hair"),
    ),
    "wolf_cut": LooseKind(
        fall=Fall(top=0.018, side=0.018, back=0.020, hug=0.9, behind=0.8),
        hem=(-0.06, -0.13),
        rise=0.05,
        ragged=0.018,
        begin=0.60,
        round=1.5,
        count=(15, 19),
        loose=4,
        flip=0.022,
        tiers=3,
        tier_m=(0.11, 0.15),
        spike=0.020,
        wild=0.016,
        tags=("wolf_cut", "medium_hair"),
    ),
    "mullet": LooseKind(
        fall=Fall(top=0.016, side=0.012, back=0.018, hug=1.0, behind=1.0),
        hem=(-0.10, -0.19),
        rise=0.10,
        ragged=0.015,
        begin=0.62,
        round=1.6,
        first=84.0,
        count=(13, 17),
        loose=2,
        flip=0.012,
        tiers=2,
        tier_m=(0.10, 0.135),
        spike=0.012,
        wild=0.012,
        tags=("mullet", "medium_hair"),
    ),
    "shaggy": LooseKind(
        fall=Fall(side=0.024, back=0.024, hug=0.35, behind=0.5, flare=0.12),
        hem=(-0.03, -0.08),
        rise=0.02,
        ragged=0.018,
        begin=0.60,
        round=1.6,
        step=0.06,
        loose=6,
        flip=0.026,
        wave=0.004,
        tags=("medium_hair", "messy_hair", "flipped_hair"),
    ),
}
