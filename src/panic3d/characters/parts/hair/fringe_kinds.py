"""Ways to cut and lay a fringe, in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class FringeKind:
    """A way to cut and lay a fringe. Heights are metres above the middle of the eyes."""

    root: Literal["crown", "part", "cross", "back"]
    """From the whorl, from a parting to its sides, across each other, away from the face."""
    line: Literal["level", "arch", "vee", "eyes", "slope", "over", "open"] = "level"
    """Where the tips end: in a line, higher or lower in the middle, with gaps before the eyes,
    aslant, over one eye, or beside the face."""
    tips: tuple[float, float] = (0.020, 0.030)
    count: tuple[int, int] = (8, 11)
    ragged: tuple[float, float] = (0.003, 0.008)
    blunt: tuple[float, float] = (0.0, 0.0)
    """Width left at the tip."""
    begin: float = 0.45
    """Where along a lock it starts to narrow."""
    round: float = 1.7
    """Roundness of the narrowing."""
    spread: float = 64.0
    """Azimuth of the outermost tips."""
    part: tuple[float, float] = (0.0, 0.0)
    """Degrees of the parting off the middle; either side."""
    wave: float = 0.0
    """Metres the locks swing sideways."""
    fill: float = 1.5
    """Width over the space between locks."""
    splay: float = 0.0
    """Metres the tips stand out."""
    swing: float = 0.0
    """Metres the tips turn away from the middle of the face; negative: towards it."""
    tags: tuple[str, ...] = ()


FRINGES: dict[str, FringeKind] = {
    # hime
    "hime_blunt": FringeKind(
        root="crown",
        tips=(0.020, 0.030),
        count=(7, 9),
        ragged=(0.0, 0.001),
        blunt=(0.86, 0.95),
        begin=0.6,
        fill=1.28,
        spread=58.0,
        tags=("blunt_bangs",),
    ),
    "hime_arched": FringeKind(
        root="crown",
        line="arch",
        tips=(0.026, 0.034),
        count=(9, 12),
        ragged=(0.0, 0.002),
        blunt=(0.7, 0.85),
        begin=0.6,
        fill=1.3,
        spread=60.0,
        tags=("blunt_bangs", "arched_bangs"),
    ),
    # long straight
    "straight_jagged": FringeKind(
        root="crown", tips=(0.010, 0.022), count=(8, 11), begin=0.55, round=2.2
    ),
    "notched": FringeKind(
        root="crown",
        tips=(0.016, 0.026),
        # Broad points, not cut level: a blunt fringe over long hair is a hime cut.
        count=(5, 7),
        ragged=(0.005, 0.010),
        blunt=(0.04, 0.12),
        begin=0.52,
        round=1.9,
        fill=1.34,
    ),
    "see_through": FringeKind(
        root="crown",
        tips=(0.004, 0.020),
        count=(9, 12),
        ragged=(0.004, 0.010),
        begin=0.40,
        round=1.4,
        fill=1.25,
    ),
    # bob
    "bob_round": FringeKind(
        root="crown",
        line="arch",
        tips=(0.018, 0.028),
        count=(9, 13),
        ragged=(0.001, 0.004),
        begin=0.72,
        round=2.6,
        blunt=(0.2, 0.45),
        spread=68.0,
        tags=("arched_bangs",),
    ),
    "bob_swept": FringeKind(
        root="part",
        line="slope",
        tips=(0.008, 0.018),
        count=(7, 10),
        part=(24.0, 38.0),
        begin=0.5,
        tags=("swept_bangs",),
    ),
    # pixie, spiky
    "spiky_teeth": FringeKind(
        root="crown",
        tips=(0.006, 0.022),
        count=(6, 9),
        ragged=(0.008, 0.016),
        begin=0.42,
        round=1.45,
        fill=1.75,
        splay=0.006,
    ),
    "choppy": FringeKind(
        root="crown",
        tips=(0.020, 0.036),
        count=(11, 15),
        ragged=(0.006, 0.013),
        begin=0.5,
        round=1.4,
        tags=("choppy_bangs",),
    ),
    # ponytail
    "pony_eyes": FringeKind(
        root="crown",
        line="eyes",
        tips=(0.010, 0.018),
        count=(7, 7),
        ragged=(0.001, 0.005),
        begin=0.46,
        round=1.7,
        fill=1.65,
        tags=("hair_between_eyes",),
    ),
    "pony_part": FringeKind(
        root="part",
        line="open",
        tips=(-0.008, 0.014),
        count=(6, 8),
        part=(14.0, 30.0),
        begin=0.45,
        tags=("parted_bangs", "forehead"),
    ),
    # twintails
    "twin_eyes": FringeKind(
        root="crown",
        line="eyes",
        tips=(0.006, 0.014),
        count=(5, 6),
        ragged=(0.004, 0.010),
        begin=0.42,
        round=1.6,
        fill=1.8,
        tags=("hair_between_eyes",),
    ),
    "twin_vee": FringeKind(
        root="crown",
        line="vee",
        tips=(0.022, 0.030),
        count=(9, 12),
        ragged=(0.002, 0.006),
        begin=0.5,
        round=2.0,
        fill=1.5,
    ),
    # braids
    "braid_middle": FringeKind(
        root="part",
        line="open",
        tips=(-0.006, 0.012),
        count=(6, 8),
        part=(0.0, 3.0),
        begin=0.5,
        tags=("parted_bangs", "forehead", "curtained_hair"),
    ),
    "braid_swept": FringeKind(
        root="part",
        tips=(0.014, 0.024),
        count=(6, 8),
        part=(34.0, 46.0),
        begin=0.45,
        tags=("swept_bangs",),
    ),
    # buns
    "bun_blunt": FringeKind(
        root="crown",
        tips=(0.028, 0.036),
        count=(10, 13),
        ragged=(0.001, 0.003),
        blunt=(0.4, 0.65),
        begin=0.6,
        fill=1.35,
        spread=52.0,
        tags=("blunt_bangs", "short_bangs"),
    ),
    "bun_wisps": FringeKind(
        root="part",
        line="open",
        tips=(0.0, 0.016),
        count=(4, 5),
        ragged=(0.002, 0.008),
        part=(0.0, 16.0),
        begin=0.3,
        round=1.3,
        fill=1.0,
        tags=("parted_bangs", "forehead"),
    ),
    # drills
    "drill_round": FringeKind(
        root="crown",
        line="arch",
        tips=(0.024, 0.034),
        count=(6, 8),
        ragged=(0.0, 0.004),
        begin=0.5,
        round=2.4,
        fill=1.5,
        swing=0.012,
        tags=("arched_bangs",),
    ),
    "drill_cross": FringeKind(
        root="cross",
        tips=(0.008, 0.018),
        count=(7, 9),
        begin=0.4,
        fill=1.55,
        tags=("crossed_bangs",),
    ),
    # wavy, curly
    "wavy_part": FringeKind(
        root="part",
        line="open",
        tips=(-0.018, 0.006),
        count=(6, 8),
        part=(4.0, 26.0),
        wave=0.010,
        begin=0.45,
        tags=("parted_bangs", "forehead"),
    ),
    "curly": FringeKind(
        root="crown",
        tips=(0.012, 0.024),
        count=(8, 11),
        ragged=(0.004, 0.010),
        wave=0.012,
        begin=0.5,
        round=1.8,
        fill=1.7,
    ),
    # two side up
    "side_up_eyes": FringeKind(
        root="crown",
        line="eyes",
        tips=(0.012, 0.022),
        count=(9, 11),
        ragged=(0.002, 0.007),
        begin=0.45,
        round=1.9,
        fill=1.6,
        swing=-0.006,
        tags=("hair_between_eyes",),
    ),
    "side_up_slope": FringeKind(
        root="crown",
        line="slope",
        tips=(0.010, 0.022),
        count=(8, 10),
        ragged=(0.002, 0.006),
        begin=0.55,
        round=2.0,
        tags=("asymmetrical_bangs",),
    ),
    # wolf
    "wolf_over": FringeKind(
        root="part",
        line="over",
        tips=(0.008, 0.018),
        count=(7, 9),
        ragged=(0.003, 0.008),
        part=(22.0, 36.0),
        begin=0.6,
        round=1.8,
        fill=1.8,
        tags=("hair_over_one_eye", "asymmetrical_bangs"),
    ),
    "wolf_layers": FringeKind(
        root="part",
        line="eyes",
        tips=(0.002, 0.014),
        count=(8, 10),
        ragged=(0.004, 0.010),
        part=(6.0, 20.0),
        begin=0.42,
        round=1.5,
        fill=1.7,
        splay=0.004,
        tags=("hair_between_eyes",),
    ),
    # short, swept
    "swept_short": FringeKind(
        root="part",
        line="slope",
        tips=(0.022, 0.034),
        count=(6, 9),
        ragged=(0.003, 0.009),
        part=(30.0, 44.0),
        begin=0.45,
        round=1.6,
        splay=0.005,
        tags=("swept_bangs",),
    ),
    "slicked": FringeKind(root="back", tags=("hair_slicked_back", "forehead")),
    # half updo
    "half_curtain": FringeKind(
        root="part",
        line="open",
        tips=(-0.022, -0.002),
        count=(5, 7),
        part=(0.0, 8.0),
        begin=0.55,
        round=2.2,
        fill=1.6,
        swing=0.008,
        tags=("parted_bangs", "forehead", "curtained_hair"),
    ),
    "half_soft": FringeKind(
        root="part",
        line="vee",
        tips=(0.018, 0.028),
        count=(7, 9),
        part=(10.0, 24.0),
        begin=0.5,
        fill=1.55,
        tags=("parted_bangs",),
    ),
}
