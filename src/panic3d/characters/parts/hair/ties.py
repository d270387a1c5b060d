"""Tied hair: combed to where it is bound, and what hangs or stands from there."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from panic3d.characters.parts.hair.back import grow_loose
from panic3d.characters.parts.hair.ground import Ground
from panic3d.characters.parts.hair.guide import (
    Array,
    Fall,
    Numbers,
    Skull,
    off_skin,
    ray,
    smooth,
    unit,
)
from panic3d.characters.parts.hair.locks import (
    MAIN,
    UNDER,
    Locks,
    bent,
    spacing,
    taper,
    uneven,
)
from panic3d.characters.parts.hair.plaits import Course, course, grow_braid, grow_bun, grow_drill
from panic3d.characters.parts.hair.scalp import hairline_deg
from panic3d.characters.parts.hair.tie_kinds import Tie, TiedKind


class HairAnchor(NamedTuple):
    """A place to put an ornament."""

    position: Array
    """(3,) metres."""
    direction: Array
    """(3,) unit, away from the head; of a tie: along the tail."""
    radius: float
    """Of what is tied there, metres."""


_FLAT = Fall(top=0.010, front=0.013, side=0.010, back=0.010)


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
            elevation = min(elevation, -6.0)
        off = 0.010 if kind.loose is None else float(_over(ground, azimuth, elevation))
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


def _over(ground: Ground, azimuth: Numbers, elevation: Numbers) -> Array:
    """Return how high over the skin the loose hair lies there."""
    return np.asarray(off_skin(ground.fall, azimuth, elevation) + 0.004)


def _comb(ground: Ground, kind: TiedKind, tie: Array, off: float, radius: float) -> list[Locks]:
    """Lay hair from the hairline, or from around, along the head to a tie."""
    rng, skull = ground.rng, ground.skull
    if kind.comb == "locks":
        if tie[1] < 0.05:
            return []
        return [_gather(ground, tie, off)]
    if kind.comb == "all":
        azimuth = _evenly(skull, -180.0, 180.0, ground.count(34.0, 24), rng.uniform(0, 1))
        roots = ray(azimuth, _combed_line(skull, azimuth))
        closed = True
    elif kind.comb == "half":
        azimuth = np.linspace(-118, 118, ground.count(22.0, 15)) + rng.uniform(-2, 2)
        level = np.maximum(_combed_line(skull, azimuth), 14.0 - 0.16 * (np.abs(azimuth) - 60))
        roots = ray(azimuth, level)
        closed = False
    else:
        # Half of the hairline, and up along the parting behind.
        sign = 1.0 if tie[0] >= 0 else -1.0
        if abs(tie[0]) < 0.02:
            azimuth = np.linspace(-180, 180, 14, endpoint=False)
            roots = ray(azimuth, np.full(14, 30.0))
        else:
            azimuth = _evenly(skull, 2.0, 178.0, ground.count(20.0, 15), 0.5)
            line = ray(sign * azimuth, _combed_line(skull, azimuth))
            up = np.linspace(-46, 132, ground.count(11.0, 8))
            wander = 3.0 * ground.design.asymmetry * sign
            part = ray(sign * (180.0 - 1.5) + wander * np.ones_like(up), up)
            roots = np.concatenate([line, part])
        closed = True
    rings = 12
    t = np.linspace(0, 1, rings)
    way = _around(roots, tie, t)
    az = np.degrees(np.arctan2(way[..., 0], way[..., 2]))
    el = np.degrees(np.arcsin(np.clip(way[..., 1], -1, 1)))
    base = 0.004 if kind.loose is None else off
    full = 0.5 if ground.design.under_hat else 1.0
    puff = 0.005 * full * ground.design.volume * np.sin(np.pi * t)
    lift = (0.0015 + (base - 0.0015) * smooth(t, 0.0, 0.3)) * (1 - t) + off * t + puff
    if kind.loose is not None:
        lift = np.where(t < 0.3, base - 0.006 * (1 - t / 0.3), base) + puff * 0.6
    path = skull.point(az, el, np.broadcast_to(lift, az.shape))
    normal = way
    gap = spacing(path, closed)
    half = np.clip(0.5 * 1.5 * gap, 0.003, 0.024) * taper(t, 1.0, 0.9, 1.0, 0.6)
    thick = np.minimum(0.30 * half, 0.006) * smooth(t, 0.0, 0.2)
    n = len(roots)
    turns = np.where(np.arange(n) % 2 == 0, 1.0, -1.0) * rng.uniform(0.5, 1.3, n)
    level = 0.0016 * turns[:, None] * np.sin(np.pi * t)
    locks = Locks(path=path, normal=normal, half=half, thick=thick, tier=np.full(n, MAIN), across=4)
    return [bent(locks, 0.0, level)]


def _combed_line(skull: Skull, azimuth: Array) -> Array:
    """Return the elevation from which hair is combed away; sideburns stay short."""
    turned = np.abs(np.mod(azimuth + 180, 360) - 180)
    # Behind the ears locks run along the line: their roots hide within the cap, whose edge shows.
    within = 2.5 + 7.0 * smooth(turned, 92.0, 108.0)
    line = hairline_deg(azimuth, skull.nape_deg) + within
    return np.maximum(line, np.where(turned < 98, -5.0, -90))


def _evenly(skull: Skull, first: float, last: float, count: int, start: float) -> Array:
    """Return azimuths equally far apart along the line from which hair is combed away."""
    azimuth = np.linspace(first, last, 181)
    line = ray(azimuth, _combed_line(skull, azimuth))
    run = np.append(0.0, np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=-1)))
    share = (np.arange(count) + start) / count
    return np.asarray(np.interp(share * run[-1], run, azimuth))


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
    over = _over(ground, az, el)
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


def _around(start: Array, tie: Array, t: Array) -> Array:
    """Return arcs (n, rings, 3) to a tie; those from the far side go by the back of the head."""
    goal = np.broadcast_to(tie, start.shape)
    straight = _arc(start, goal, t)
    angle = np.degrees(np.arccos(np.clip((start * goal).sum(-1), -1, 1)))
    over = np.stack([0.0 * tie[:1], 0.45 + tie[1:2], np.array([-1.0])], -1)
    by = np.broadcast_to(unit(over), start.shape)
    # A Bezier curve on the sphere.
    one, two = _arc(start, by, t), _arc(by, goal, t)
    bent_way = unit((1 - t)[:, None] * one + t[:, None] * two)
    share = smooth(angle, 70.0, 120.0)[:, None, None] * (1 - abs(float(tie[2])) ** 4)
    return unit((1 - share) * straight + share * bent_way)


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
    anchor = HairAnchor(base + 0.006 * start, start, 0.50 * radius)
    if tie.what == "braid":
        return grow_braid(ground, way, radius, tie.forward), anchor
    if tie.what == "drill":
        return grow_drill(ground, way, radius, tie.forward), anchor
    return _tail(ground, kind, tie, way, radius), anchor


def _tail(ground: Ground, kind: TiedKind, tie: Tie, way: Course, radius: float) -> list[Locks]:
    """Grow a bundle of locks around a course: dark ones inside, the rest around them."""
    rng, design = ground.rng, ground.design
    found = []
    bound = 0.30 if design.colour == "roots" else 0.10
    for tier, count, share in ((UNDER, 6, 0.55), (MAIN, ground.count(10.0, 8), 1.0)):
        turn = 2 * np.pi * (uneven(rng, count, 0.35) + rng.random())
        rings = 16 if way.length > 0.2 else 11
        long = rng.uniform(0.72, 1.0, count) ** (0.4 + 1.2 * design.jagged)
        t = np.linspace(0, 1, rings)
        at = t * long[:, None]
        centre, one, two = way.at(at)
        swell = (0.54 + 0.46 * smooth(at, 0.0, 0.30)) * (1 - 0.80 * at**2.0)
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
            # Hair that has come as far as a tie is past the colour of its roots.
            along=np.broadcast_to(bound + (1 - bound) * at**0.9, half.shape),
            across=4 if tier == UNDER else 5,
        )
        swing = (kind.wave + 0.020 * max(design.curl - 0.5, 0.0)) * smooth(t, 0.15, 0.6)
        phase = 2 * np.pi * 2.0 * at + 0.4 * rng.normal(0, 1, (count, 1))
        out = (tie.flip + 0.02 * design.flare) * t**3
        found.append(bent(locks, swing * np.sin(phase), out))
    return found
