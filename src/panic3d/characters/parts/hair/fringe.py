"""Fringes: what falls over the forehead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from panic3d.characters.parts.hair.ground import Ground
from panic3d.characters.parts.hair.guide import Array, Dome, smooth, spot
from panic3d.characters.parts.hair.locks import (
    MAIN,
    UNDER,
    Locks,
    bent,
    curve,
    on_dome,
    spacing,
    taper,
    uneven,
)


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
        spread=58,
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
        spread=60,
        tags=("blunt_bangs", "arched_bangs"),
    ),
    # long straight
    "straight_jagged": FringeKind(
        root="crown", tips=(0.010, 0.022), count=(8, 11), begin=0.55, round=2.2
    ),
    "notched": FringeKind(
        root="crown",
        tips=(0.016, 0.026),
        count=(5, 7),
        ragged=(0.001, 0.005),
        blunt=(0.5, 0.75),
        begin=0.62,
        fill=1.34,
        tags=("blunt_bangs",),
    ),
    "see_through": FringeKind(
        root="crown",
        tips=(0.004, 0.020),
        count=(9, 12),
        ragged=(0.004, 0.010),
        begin=0.30,
        round=1.2,
        fill=1.05,
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
        spread=68,
        tags=("arched_bangs",),
    ),
    "bob_swept": FringeKind(
        root="part",
        line="slope",
        tips=(0.008, 0.018),
        count=(7, 10),
        part=(24, 38),
        begin=0.5,
        tags=("swept_bangs",),
    ),
    # pixie, spiky
    "spiky_teeth": FringeKind(
        root="crown",
        tips=(0.006, 0.022),
        count=(6, 9),
        ragged=(0.008, 0.016),
        begin=0.22,
        round=1.15,
        fill=1.75,
        splay=0.010,
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
        begin=0.38,
        round=1.5,
        fill=1.65,
        tags=("hair_between_eyes",),
    ),
    "pony_part": FringeKind(
        root="part",
        line="open",
        tips=(0.010, 0.030),
        count=(6, 8),
        part=(14, 30),
        begin=0.45,
        tags=("parted_bangs",),
    ),
    # twintails
    "twin_eyes": FringeKind(
        root="crown",
        line="eyes",
        tips=(0.006, 0.014),
        count=(5, 6),
        ragged=(0.004, 0.010),
        begin=0.28,
        round=1.35,
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
        tips=(0.012, 0.026),
        count=(6, 8),
        part=(0, 3),
        begin=0.5,
        tags=("parted_bangs", "curtained_hair"),
    ),
    "braid_swept": FringeKind(
        root="part",
        tips=(0.014, 0.024),
        count=(6, 8),
        part=(34, 46),
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
        spread=52,
        tags=("blunt_bangs", "short_bangs"),
    ),
    "bun_wisps": FringeKind(
        root="part",
        line="open",
        tips=(0.0, 0.016),
        count=(4, 5),
        ragged=(0.002, 0.008),
        part=(0, 16),
        begin=0.3,
        round=1.3,
        fill=1.0,
        tags=("parted_bangs",),
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
        tips=(0.004, 0.024),
        count=(6, 8),
        part=(4, 26),
        wave=0.010,
        begin=0.45,
        tags=("parted_bangs",),
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
        part=(22, 36),
        begin=0.4,
        round=1.5,
        tags=("hair_over_one_eye", "asymmetrical_bangs"),
    ),
    "wolf_layers": FringeKind(
        root="part",
        line="eyes",
        tips=(0.002, 0.014),
        count=(8, 10),
        ragged=(0.004, 0.010),
        part=(6, 20),
        begin=0.3,
        round=1.3,
        fill=1.7,
        splay=0.006,
        tags=("hair_between_eyes",),
    ),
    # short, swept
    "swept_short": FringeKind(
        root="part",
        line="slope",
        tips=(0.022, 0.034),
        count=(6, 9),
        ragged=(0.003, 0.009),
        part=(30, 44),
        begin=0.35,
        round=1.4,
        splay=0.008,
        tags=("swept_bangs",),
    ),
    "slicked": FringeKind(root="back", tags=("hair_slicked_back", "forehead")),
    # half updo
    "half_curtain": FringeKind(
        root="part",
        line="open",
        tips=(-0.006, 0.010),
        count=(5, 7),
        part=(0, 8),
        begin=0.55,
        round=2.2,
        fill=1.6,
        swing=0.008,
        tags=("parted_bangs", "curtained_hair"),
    ),
    "half_soft": FringeKind(
        root="part",
        line="vee",
        tips=(0.018, 0.028),
        count=(7, 9),
        part=(10, 24),
        begin=0.5,
        fill=1.55,
        tags=("parted_bangs",),
    ),
}


def fringe_tags(kind: str) -> tuple[str, ...]:
    """Return Danbooru's names of a fringe."""
    return FRINGES[kind].tags


def grow_fringe(ground: Ground) -> list[Locks]:
    """Grow the fringe of the ground's design."""
    kind = FRINGES[ground.design.fringe]
    if kind.root == "back":
        return []
    rng = ground.rng
    count = ground.count(rng.uniform(*kind.count), 4)
    x = uneven(rng, count, 0.25 + 0.4 * ground.design.clump) * 2 - 1
    tip_az, tip_y = _tips(ground, kind, x)
    found = [_row(ground, kind, x, tip_az, tip_y, 0.003, MAIN)]
    # What shows in the gaps, shorter.
    if kind.fill > 1.2:
        between = (x[1:] + x[:-1]) / 2
        az, y = _tips(ground, kind, between)
        found.append(_row(ground, kind, between, az, y + 0.010, -0.003, UNDER))
    return found


def _tips(ground: Ground, kind: FringeKind, x: Array) -> tuple[Array, Array]:
    """Return azimuths and heights of tips for places in [-1, 1] from the head's right to left."""
    rng, design = ground.rng, ground.design
    lean = np.sign(design.part_deg or 1.0)
    ragged = rng.uniform(*kind.ragged) * (0.4 + 1.2 * design.jagged)
    y = np.full(x.shape, rng.uniform(*kind.tips) + design.fringe_length)
    if kind.line == "arch":
        y -= 0.030 * np.abs(x) ** 2.2
    elif kind.line == "vee":
        y -= 0.022 * (1 - np.abs(x)) ** 1.2 - 0.006
    elif kind.line == "eyes":
        y += 0.016 * np.exp(-(((np.abs(x) - 0.42) / 0.2) ** 2))
        y -= 0.020 * np.exp(-((x / 0.14) ** 2)) + 0.022 * smooth(np.abs(x), 0.6, 1.0)
    elif kind.line == "slope":
        y += 0.020 * x * lean
    elif kind.line == "over":
        y -= 0.046 * np.exp(-(((x * lean + 0.42) / 0.34) ** 2))
    elif kind.line == "open":
        y -= 0.050 * smooth(np.abs(x), 0.1, 1.0)
    if kind.line in ("level", "slope"):
        y -= 0.012 * smooth(np.abs(x), 0.72, 1.0)
    y += 0.008 * design.asymmetry * x + ragged * rng.uniform(-1, 1, x.shape)
    azimuth = x * kind.spread
    if kind.line == "open":
        # The middle stays free: all tips hang beside the face.
        middle = 0.25 * design.part_deg
        azimuth = middle + np.where(x * kind.spread > middle, 1, -1) * (
            30 + (kind.spread + 4 - 30) * np.abs(x)
        )
    return azimuth, ground.shape.eye_y + y * ground.unit


def _row(
    ground: Ground,
    kind: FringeKind,
    x: Array,
    tip_az: Array,
    tip_y: Array,
    lift: float,
    tier: int,
) -> Locks:
    rng, design = ground.rng, ground.design
    rings = 13
    start, middle, end = _course(ground, kind, x, tip_az, tip_y)
    spots = curve(start, middle, end, rings)
    path, normal = on_dome(ground.brow, spots)
    t = np.linspace(0, 1, rings)
    n = len(x)
    gap = spacing(path)
    blunt = rng.uniform(*kind.blunt) if kind.blunt[1] > 0 else 0.0
    width = taper(
        t,
        0.8,
        kind.begin + 0.15 * (0.5 - design.taper) + rng.uniform(-0.05, 0.05, n),
        kind.round + rng.uniform(-0.2, 0.3, n),
        blunt,
    )
    half = np.maximum(0.5 * kind.fill * gap * width, 0.0004)
    half = np.maximum(half, 0.005 * smooth(t, 0.25, 0.0))
    thick = 0.0052 * (0.5 + half / 0.02) * smooth(t, 0.0, 0.3) * (1 - 0.75 * t**3)
    thick = np.minimum(thick, 0.009)
    # Neighbours lie over one another, every other one higher.
    order = lift + 0.0016 * (np.arange(n) % 2)[:, None] + np.zeros_like(half)
    locks = Locks(
        path=path,
        normal=normal,
        half=half,
        thick=thick,
        tier=np.full(n, tier),
        front=True,
    )
    sway = 0.004 * rng.uniform(-1, 1, (n, 1)) * t**2
    sway = sway + kind.swing * np.sign(x)[:, None] * np.abs(x)[:, None] ** 0.5 * t**3
    if kind.wave:
        phase = rng.uniform(0, 6.28, (n, 1))
        sway = sway + kind.wave * t * np.sin(t * 7 + phase)
    return bent(locks, sway, order * smooth(t, 0.0, 0.3) + (0.002 + kind.splay) * t**2)


def _course(
    ground: Ground, kind: FringeKind, x: Array, tip_az: Array, tip_y: Array
) -> tuple[Array, Array, Array]:
    """Return start, middle and end of locks on the flat map."""
    dome: Dome = ground.brow
    run = dome.run_to(tip_az, tip_y)
    end = spot(tip_az, run)
    if kind.root == "part":
        part = ground.design.part_deg
        aside = np.clip(np.abs(tip_az - part) / 85, 0, 1)
        # The nearer the tip, the nearer to the forehead its lock leaves the parting.
        leave = 0.104 - 0.092 * aside**0.8
        start = spot(part * np.ones_like(tip_az), leave)
        over = np.minimum(np.maximum(leave + 0.020, 0.112), run * 0.75)
        return start, spot(part + (tip_az - part) * 0.72, over), end
    if kind.root == "cross":
        turn = 46 * np.exp(-((tip_az / 34) ** 2)) * np.where(np.arange(len(x)) % 2 == 0, 1, -1)
        return spot(tip_az + turn, 0.030), spot(tip_az + 0.8 * turn, run * 0.5), end
    # All from the whorl.
    return spot(tip_az, 0.003), spot(tip_az * 0.98, run * 0.5), end
