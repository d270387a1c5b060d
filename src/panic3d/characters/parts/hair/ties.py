"""Tied hair: combed to where it is bound, and what hangs or stands from there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from panic3d.characters.parts.hair.back import LOOSE, LooseKind, grow_loose
from panic3d.characters.parts.hair.ground import Ground
from panic3d.characters.parts.hair.guide import Array, Fall, ray, smooth, unit
from panic3d.characters.parts.hair.locks import (
    MAIN,
    UNDER,
    Locks,
    bent,
    frame,
    spacing,
    taper,
    uneven,
)
from panic3d.characters.parts.hair.plaits import Course, course, grow_braid, grow_bun, grow_drill
from panic3d.characters.parts.hair.scalp import hairline_deg


class HairAnchor(NamedTuple):
    """A place to put an ornament."""

    position: Array
    """(3,) metres."""
    direction: Array
    """(3,) unit, away from the head; of a tie: along the tail."""
    radius: float
    """Of what is tied there, metres."""


@dataclass(frozen=True, kw_only=True)
class Tie:
    """One place where hair is bound, and what becomes of it there."""

    name: str
    """Of the anchor: "tail_left"."""
    azimuth: float
    elevation: tuple[float, float]
    """At the design's lowest and highest."""
    what: Literal["tail", "braid", "bun", "drill"] = "tail"
    length: tuple[float, float] = (0.25, 0.40)
    radius: tuple[float, float] = (0.030, 0.040)
    out: float = 0.5
    """How far it stands off before it falls, 0 to 1."""
    rise: float = 0.3
    """How steeply it leaves the head: 1 straight up, 0 level, -1 down."""
    flip: float = 0.0
    """Metres the tips of a tail turn outwards."""
    forward: bool = False
    """Falls over the shoulder to the front."""


@dataclass(frozen=True, kw_only=True)
class TiedKind:
    """A way to wear hair tied."""

    ties: tuple[Tie, ...]
    comb: Literal["all", "parted", "half", "locks"] = "all"
    """All hair to one place, each half of it to its own, the upper part, or a lock only."""
    loose: LooseKind | None = None
    """What hangs loose below."""
    wave: float = 0.0
    """Metres the lengths swing."""
    tags: tuple[str, ...] = ()


_FLAT = Fall(top=0.010, front=0.013, side=0.010, back=0.010)
_LONG = LOOSE["long_straight"]


def _both(**choices: object) -> tuple[Tie, Tie]:
    azimuth = float(choices.pop("azimuth"))  # type: ignore[arg-type]
    name = str(choices.pop("name"))
    return (
        Tie(name=f"{name}_left", azimuth=azimuth, **choices),  # type: ignore[arg-type]
        Tie(name=f"{name}_right", azimuth=-azimuth, **choices),  # type: ignore[arg-type]
    )


def _hanging(hem: tuple[float, float], flare: float, tags: tuple[str, ...]) -> LooseKind:
    return LooseKind(fall=Fall(flare=flare), hem=hem, rise=0.02, loose=4, tags=tags)


TIED: dict[str, TiedKind] = {
    "low_tied": TiedKind(
        ties=(
            Tie(
                name="tail_back",
                azimuth=180,
                elevation=(-31, -24),
                length=(0.30, 0.42),
                radius=(0.028, 0.036),
                out=0.05,
                rise=-0.6,
            ),
        ),
        tags=("low-tied_long_hair", "long_hair"),
    ),
    "high_ponytail": TiedKind(
        ties=(
            Tie(
                name="tail_back",
                azimuth=180,
                elevation=(28, 50),
                length=(0.32, 0.50),
                radius=(0.036, 0.046),
                out=0.62,
                rise=0.5,
            ),
        ),
        tags=("ponytail", "high_ponytail", "long_hair"),
    ),
    "low_ponytail": TiedKind(
        ties=(
            Tie(
                name="tail_back",
                azimuth=180,
                elevation=(-22, -4),
                length=(0.22, 0.36),
                radius=(0.026, 0.034),
                out=0.25,
                rise=0.0,
            ),
        ),
        tags=("ponytail", "low_ponytail"),
    ),
    "short_ponytail": TiedKind(
        ties=(
            Tie(
                name="tail_back",
                azimuth=180,
                elevation=(0, 34),
                length=(0.10, 0.15),
                radius=(0.028, 0.036),
                out=0.75,
                rise=0.4,
                flip=0.02,
            ),
        ),
        tags=("ponytail", "short_ponytail", "medium_hair"),
    ),
    "side_ponytail": TiedKind(
        ties=(
            Tie(
                name="tail_left",
                azimuth=112,
                elevation=(8, 36),
                length=(0.28, 0.42),
                radius=(0.034, 0.044),
                out=0.45,
                rise=0.35,
            ),
        ),
        tags=("side_ponytail", "long_hair"),
    ),
    "high_twintails": TiedKind(
        ties=_both(
            name="tail",
            azimuth=112.0,
            elevation=(24, 42),
            length=(0.34, 0.50),
            radius=(0.032, 0.044),
            out=0.36,
            rise=0.35,
        ),
        comb="parted",
        tags=("twintails", "long_hair"),
    ),
    "low_twintails": TiedKind(
        ties=_both(
            name="tail",
            azimuth=128.0,
            elevation=(-24, -10),
            length=(0.24, 0.38),
            radius=(0.026, 0.034),
            out=0.35,
            rise=-0.2,
        ),
        comb="parted",
        tags=("low_twintails", "twintails", "long_hair"),
    ),
    "short_twintails": TiedKind(
        ties=_both(
            name="tail",
            azimuth=115.0,
            elevation=(-4, 26),
            length=(0.09, 0.14),
            radius=(0.026, 0.034),
            out=0.85,
            rise=0.15,
            flip=0.02,
        ),
        comb="parted",
        tags=("short_twintails", "twintails", "short_hair"),
    ),
    "single_braid": TiedKind(
        ties=(
            Tie(
                name="braid",
                azimuth=180,
                elevation=(-28, 4),
                what="braid",
                length=(0.26, 0.40),
                radius=(0.026, 0.034),
                out=0.12,
                rise=-0.3,
            ),
        ),
        tags=("braid", "single_braid", "long_hair"),
    ),
    "side_braid": TiedKind(
        ties=(
            Tie(
                name="braid",
                azimuth=118,
                elevation=(-30, -22),
                what="braid",
                length=(0.24, 0.34),
                radius=(0.024, 0.032),
                out=0.10,
                rise=-0.6,
                forward=True,
            ),
        ),
        tags=("braid", "side_braid", "braid_over_shoulder", "long_hair"),
    ),
    "twin_braids": TiedKind(
        ties=_both(
            name="braid",
            azimuth=112.0,
            elevation=(-26, -2),
            what="braid",
            length=(0.22, 0.36),
            radius=(0.019, 0.025),
            out=0.30,
            rise=-0.3,
        ),
        comb="parted",
        tags=("braid", "twin_braids", "long_hair"),
    ),
    "front_braids": TiedKind(
        ties=_both(
            name="braid",
            azimuth=103.0,
            elevation=(-31, -26),
            what="braid",
            length=(0.20, 0.30),
            radius=(0.018, 0.023),
            out=0.12,
            rise=-0.6,
            forward=True,
        ),
        comb="parted",
        tags=("braid", "low_twin_braids", "twin_braids", "long_hair"),
    ),
    "single_bun": TiedKind(
        ties=(
            Tie(
                name="bun_back",
                azimuth=180,
                elevation=(34, 66),
                what="bun",
                radius=(0.038, 0.048),
            ),
        ),
        tags=("hair_bun", "single_hair_bun"),
    ),
    "low_bun": TiedKind(
        ties=(
            Tie(
                name="bun_back", azimuth=180, elevation=(-18, 8), what="bun", radius=(0.036, 0.046)
            ),
        ),
        tags=("hair_bun", "single_hair_bun"),
    ),
    "double_bun": TiedKind(
        ties=_both(
            name="bun", azimuth=95.0, elevation=(36, 50), what="bun", radius=(0.032, 0.044)
        ),
        comb="parted",
        tags=("hair_bun", "double_bun"),
    ),
    "three_buns": TiedKind(
        ties=(
            *_both(name="bun", azimuth=86.0, elevation=(26, 36), what="bun", radius=(0.040, 0.050)),
            Tie(name="bun_top", azimuth=180, elevation=(66, 76), what="bun", radius=(0.036, 0.044)),
        ),
        comb="parted",
        tags=("hair_bun",),
    ),
    "twin_drills": TiedKind(
        ties=_both(
            name="drill",
            azimuth=100.0,
            elevation=(0, 34),
            what="drill",
            length=(0.20, 0.32),
            radius=(0.036, 0.048),
            out=0.20,
            rise=0.1,
        ),
        comb="parted",
        tags=("twin_drills", "drill_hair", "twintails", "long_hair"),
    ),
    "drill_locks": TiedKind(
        ties=(
            *_both(
                name="drill_front",
                azimuth=78.0,
                elevation=(-14, -8),
                what="drill",
                length=(0.16, 0.22),
                radius=(0.023, 0.029),
                out=0.12,
                rise=-0.8,
                forward=True,
            ),
            *_both(
                name="drill_side",
                azimuth=112.0,
                elevation=(-16, -8),
                what="drill",
                length=(0.20, 0.27),
                radius=(0.027, 0.033),
                out=0.22,
                rise=-0.6,
            ),
            *_both(
                name="drill_back",
                azimuth=156.0,
                elevation=(-20, -10),
                what="drill",
                length=(0.22, 0.30),
                radius=(0.029, 0.036),
                out=0.22,
                rise=-0.6,
            ),
        ),
        comb="locks",
        loose=LooseKind(
            fall=Fall(side=0.020, back=0.022, hug=0.5, behind=0.3),
            hem=(0.045, 0.02),
            ragged=0.003,
            begin=0.7,
            first=70,
            loose=0,
            flip=-0.02,
        ),
        tags=("drill_hair", "drill_sidelocks", "long_hair"),
    ),
    "two_side_up": TiedKind(
        ties=_both(
            name="tail",
            azimuth=88.0,
            elevation=(30, 46),
            length=(0.20, 0.34),
            radius=(0.017, 0.024),
            out=0.40,
            rise=0.30,
        ),
        comb="locks",
        loose=_hanging((-0.13, -0.28), 0.06, ()),
        tags=("two_side_up", "long_hair"),
    ),
    "one_side_up": TiedKind(
        ties=(
            Tie(
                name="tail_left",
                azimuth=80,
                elevation=(30, 46),
                length=(0.14, 0.26),
                radius=(0.020, 0.027),
                out=0.45,
                rise=0.35,
            ),
        ),
        comb="locks",
        loose=_hanging((-0.04, -0.20), 0.04, ()),
        tags=("one_side_up",),
    ),
    "half_updo": TiedKind(
        ties=(
            Tie(
                name="tail_back",
                azimuth=180,
                elevation=(12, 26),
                length=(0.16, 0.26),
                radius=(0.022, 0.028),
                out=0.10,
                rise=-0.1,
            ),
        ),
        comb="half",
        loose=_hanging((-0.14, -0.32), 0.02, ()),
        tags=("half_updo", "long_hair"),
    ),
    "half_braid": TiedKind(
        ties=(
            Tie(
                name="braid",
                azimuth=180,
                elevation=(6, 20),
                what="braid",
                length=(0.16, 0.26),
                radius=(0.017, 0.022),
                out=0.05,
                rise=-0.4,
            ),
        ),
        comb="half",
        loose=_hanging((-0.20, -0.34), 0.09, ()),
        tags=("half_updo", "braid", "long_hair"),
    ),
    "half_bun": TiedKind(
        ties=(
            Tie(
                name="bun_back",
                azimuth=180,
                elevation=(34, 56),
                what="bun",
                radius=(0.028, 0.036),
            ),
        ),
        comb="half",
        loose=_hanging((-0.06, -0.18), 0.07, ()),
        tags=("half_updo", "hair_bun", "single_hair_bun"),
    ),
}


def tied_fall(kind: TiedKind) -> Fall:
    """Return how the hair of the head lies below a tied style."""
    return _FLAT if kind.loose is None else kind.loose.fall


def grow_tied(ground: Ground, kind: TiedKind) -> tuple[list[Locks], dict[str, HairAnchor]]:
    """Grow tied hair and say where its ties are."""
    found: list[Locks] = []
    anchors: dict[str, HairAnchor] = {}
    if kind.loose is not None:
        found += grow_loose(ground, kind.loose)
    mirror = 1.0
    if len(kind.ties) == 1 and kind.ties[0].azimuth != 180:
        mirror = 1.0 if ground.design.asymmetry >= 0 else -1.0
    # Both of a pair alike.
    size = ground.rng.uniform(0, 1, 2)
    for tie in kind.ties:
        azimuth = tie.azimuth * mirror
        low, high = tie.elevation
        elevation = low + (high - low) * ground.design.tie
        if ground.design.under_hat:
            elevation = min(elevation, 4.0)
        off = 0.010 if kind.loose is None else _over(ground, azimuth, elevation)
        base = ground.skull.point(azimuth, elevation, off)
        radius = tie.radius[0] + (tie.radius[1] - tie.radius[0]) * size[0]
        radius *= 0.6 + 0.4 * ground.design.volume
        found += _comb(ground, kind, ray(azimuth, elevation), off, radius)
        lengths, anchor = _hang(ground, kind, tie, azimuth, elevation, base, radius)
        found += lengths
        name = tie.name
        if mirror < 0:
            name = name.replace("left", "right")
        anchors[name] = anchor
        if tie.what == "braid":
            end = lengths[-1].path[0, 0]
            side = name.replace("braid", "braid_end")
            anchors[side] = HairAnchor(end, np.array([0.0, -1.0, 0.0]), 0.45 * radius)
    return found, anchors


def _over(ground: Ground, azimuth: float, elevation: float) -> float:
    """Return how high over the skin the loose hair lies there."""
    c = np.cos(np.radians(azimuth))
    fall = ground.fall
    around = fall.side + ((fall.front if c > 0 else fall.back) - fall.side) * c**2
    return float(fall.top + (around - fall.top) * smooth(elevation, 88, 6)) + 0.004


def _comb(ground: Ground, kind: TiedKind, tie: Array, off: float, radius: float) -> list[Locks]:
    """Lay hair from the hairline, or from around, along the head to a tie."""
    rng, skull = ground.rng, ground.skull
    if kind.comb == "locks":
        if tie[1] < 0.05:
            return []
        return [_gather(ground, tie, off)]
    if kind.comb == "all":
        azimuth = np.linspace(-180, 180, ground.count(30, 20), endpoint=False)
        azimuth = azimuth + rng.uniform(-4, 4, len(azimuth))
        roots = ray(azimuth, hairline_deg(azimuth) + 1.0)
        closed = True
    elif kind.comb == "half":
        azimuth = np.linspace(-118, 118, ground.count(22, 15)) + rng.uniform(-2, 2)
        level = np.maximum(hairline_deg(azimuth) + 1.0, 14.0 - 0.16 * (np.abs(azimuth) - 60))
        roots = ray(azimuth, level)
        closed = False
    else:
        # Half of the hairline, and up along the parting behind.
        sign = 1.0 if tie[0] >= 0 else -1.0
        if abs(tie[0]) < 0.02:
            azimuth = np.linspace(-180, 180, 14, endpoint=False)
            roots = ray(azimuth, np.full(14, 30.0))
        else:
            azimuth = np.linspace(2, 178, ground.count(18, 13))
            line = ray(sign * azimuth, hairline_deg(azimuth) + 1.0)
            up = np.linspace(-46, 132, ground.count(11, 8))
            wander = 3.0 * ground.design.asymmetry * sign
            part = ray(sign * (180.0 - 1.5) + wander * np.ones_like(up), up)
            roots = np.concatenate([line, part])
        closed = True
    rings = 12
    t = np.linspace(0, 1, rings)
    way = _arc(roots, np.broadcast_to(tie, roots.shape), t)
    az = np.degrees(np.arctan2(way[..., 0], way[..., 2]))
    el = np.degrees(np.arcsin(np.clip(way[..., 1], -1, 1)))
    base = 0.004 if kind.loose is None else off
    puff = 0.005 * ground.design.volume * np.sin(np.pi * t) * (0.5 if ground.design.under_hat else 1)
    lift = (0.0015 + (base - 0.0015) * smooth(t, 0.0, 0.3)) * (1 - t) + off * t + puff
    if kind.loose is not None:
        lift = np.where(t < 0.3, base - 0.006 * (1 - t / 0.3), base) + puff * 0.6
    path = skull.point(az, el, np.broadcast_to(lift, az.shape))
    normal = way
    gap = spacing(path, closed)
    half = np.clip(0.5 * 1.5 * gap, 0.003, 0.024) * taper(t, 0.9, 0.9, 1.0, 0.6)
    thick = np.minimum(0.30 * half, 0.006) * smooth(t, 0.0, 0.2)
    n = len(roots)
    level = 0.0018 * rng.uniform(-1, 1, (n, 1)) * np.sin(np.pi * t)
    locks = Locks(path=path, normal=normal, half=half, thick=thick, tier=np.full(n, MAIN), across=4)
    return [bent(locks, 0.0, level)]


def _gather(ground: Ground, tie: Array, off: float) -> Locks:
    """Lay locks from around a tie to it, over hair that hangs loose."""
    count = 12
    helper = unit(np.cross(tie, [0.0, 1.0, 0.0]))
    up = np.cross(helper, tie)
    turn = np.linspace(0, 2 * np.pi, count, endpoint=False) + ground.rng.uniform(-0.1, 0.1, count)
    wide = np.radians(26 + 8 * np.cos(turn))[:, None]
    roots = unit(
        tie * np.cos(wide)
        + (np.cos(turn)[:, None] * up + np.sin(turn)[:, None] * helper) * np.sin(wide)
    )
    t = np.linspace(0, 1, 9)
    way = _arc(roots, np.broadcast_to(tie, roots.shape), t)
    az = np.degrees(np.arctan2(way[..., 0], way[..., 2]))
    el = np.degrees(np.arcsin(np.clip(way[..., 1], -1, 1)))
    over = np.array([[_over(ground, float(a), float(e)) for a, e in zip(ra, re, strict=True)] for ra, re in zip(az, el, strict=True)])
    lift = over - 0.010 * smooth(t, 0.45, 0.0) + 0.003 * np.sin(np.pi * t)
    path = ground.skull.point(az, el, lift)
    half = np.clip(0.75 * spacing(path, True), 0.003, 0.02) * taper(t, 0.6, 0.95, 1.0, 0.7)
    return Locks(
        path=path,
        normal=way,
        half=half,
        thick=0.3 * half * smooth(t, 0.0, 0.3),
        tier=np.full(count, MAIN),
        across=4,
    )


def _arc(start: Array, end: Array, t: Array) -> Array:
    """Return great arcs (n, rings, 3) between unit vectors (n, 3)."""
    angle = np.arccos(np.clip((start * end).sum(-1), -1, 1))[:, None]
    s = np.maximum(np.sin(angle), 1e-6)
    one, two = np.sin((1 - t) * angle) / s, np.sin(t * angle) / s
    return unit(one[..., None] * start[:, None] + two[..., None] * end[:, None])


def _hang(
    ground: Ground,
    kind: TiedKind,
    tie: Tie,
    azimuth: float,
    elevation: float,
    base: Array,
    radius: float,
) -> tuple[list[Locks], HairAnchor]:
    """Grow what comes from a tie."""
    outward = ray(azimuth, elevation)
    if tie.what == "bun":
        locks, top = grow_bun(ground, base, outward, radius)
        return locks, HairAnchor(top, outward, radius)
    level = unit(outward * [1.0, 0.0, 1.0])
    start = unit(level * (1 - abs(tie.rise)) + np.array([0.0, tie.rise, 0.0]) + 0.25 * outward)
    low, high = tie.length
    length = low + (high - low) * ground.design.length
    way = course(ground, base - 0.004 * outward, start, length, tie.out, tie.forward)
    anchor = HairAnchor(base + 0.006 * start, start, 0.42 * radius)
    if tie.what == "braid":
        return grow_braid(ground, way, radius, tie.forward), anchor
    if tie.what == "drill":
        return grow_drill(ground, way, radius, tie.forward), anchor
    return _tail(ground, kind, tie, way, radius), anchor


def _tail(ground: Ground, kind: TiedKind, tie: Tie, way: Course, radius: float) -> list[Locks]:
    """Grow a bundle of locks around a course: dark ones inside, the rest around them."""
    rng, design = ground.rng, ground.design
    found = []
    for tier, count, share in ((UNDER, 6, 0.55), (MAIN, ground.count(10, 8), 1.0)):
        turn = 2 * np.pi * (uneven(rng, count, 0.35) + rng.random())
        rings = 16 if way.length > 0.2 else 11
        long = rng.uniform(0.72, 1.0, count) ** (0.4 + 1.2 * design.jagged)
        t = np.linspace(0, 1, rings)
        at = t * long[:, None]
        centre, one, two = way.at(at)
        swell = (0.30 + 0.70 * smooth(at, 0.0, 0.42)) * (1 - 0.80 * at**2.0)
        reach = radius * share * swell * rng.uniform(0.88, 1.10, (count, 1))
        around = np.cos(turn)[:, None, None] * one + np.sin(turn)[:, None, None] * two
        path = centre + around * reach[..., None]
        width = taper(t, 1.0, 0.5 + 0.2 * (0.5 - design.taper), 1.6)
        half = np.maximum(0.5 * 1.75 * 2 * np.pi * reach / count * width, 0.0004)
        half = np.where(tier == UNDER, 0.8 * half, half)
        thick = np.minimum(0.34 * half, 0.010) * smooth(t, -0.1, 0.2)
        locks = Locks(
            path=path,
            normal=around,
            half=half,
            thick=thick,
            tier=np.full(count, tier),
            free=True,
            front=tie.forward,
            along=np.broadcast_to(0.10 + 0.90 * at**0.9, half.shape),
            across=4 if tier == UNDER else 5,
        )
        swing = (kind.wave + 0.020 * max(design.curl - 0.5, 0.0)) * smooth(t, 0.15, 0.6)
        phase = 2 * np.pi * 2.0 * at + 0.4 * rng.normal(0, 1, (count, 1))
        out = (tie.flip + 0.02 * design.flare) * t**3
        found.append(bent(locks, swing * np.sin(phase), out))
    return found
