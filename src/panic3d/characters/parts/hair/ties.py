"""Tied hair: combed to where it is bound, and what hangs or stands from there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from panic3d.characters.parts.hair.back import grow_loose
from panic3d.characters.parts.hair.combed import Grip, comb, over_loose
from panic3d.characters.parts.hair.ground import Ground
from panic3d.characters.parts.hair.guide import (
    Array,
    Fall,
    ray,
    smooth,
    unit,
)
from panic3d.characters.parts.hair.locks import (
    MAIN,
    UNDER,
    Locks,
    bent,
    taper,
    uneven,
)
from panic3d.characters.parts.hair.plaits import Course, course, grow_braid, grow_bun, grow_drill
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


def grow_tied(
    ground: Ground, kind: TiedKind
) -> tuple[list[Locks], list[Locks], dict[str, HairAnchor]]:
    """Grow tied hair, then what is wound around it, and say where its ties are."""
    found: list[Locks] = []
    bands: list[Locks] = []
    anchors: dict[str, HairAnchor] = {}
    if kind.loose is not None:
        found += grow_loose(ground, kind.loose)
    hanging = len(found) if kind.comb == "locks" else 0
    grips: list[Grip] = []
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
            # It hangs from below the brim, and does not rise into it.
            elevation = min(elevation, -6.0)
            tie = replace(tie, rise=min(tie.rise, -0.1), out=min(tie.out, 0.2))
        off = 0.010 if kind.loose is None else float(over_loose(ground, azimuth, elevation))
        base = ground.skull.point(azimuth, elevation, off)
        radius = tie.radius[0] + (tie.radius[1] - tie.radius[0]) * size[0]
        radius *= 0.6 + 0.4 * ground.design.volume
        grip = None
        if tie.what != "bun":
            start = _leaving(tie, azimuth, elevation)
            grip = Grip(base + 0.008 * start, start, _BOUND[tie.what] * radius)
            grips.append(grip)
            bands.append(_band(grip, tie.forward))
        found += comb(ground, kind, ray(azimuth, elevation), off, grip)
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
    if any(tie.what == "drill" for tie in kind.ties):
        # What lies below stays, and closes the gaps between them.
        found[:hanging] = [
            locks if (locks.tier == UNDER).all() else _drawn_in(locks, grips)
            for locks in found[:hanging]
        ]
    return found, bands, anchors


def _drawn_in(locks: Locks, grips: Sequence[Grip]) -> Locks:
    """Draw the tips of loose locks each into the tie that is nearest around the head."""
    tips = locks.path[:, -1]
    places = np.stack([grip.centre for grip in grips])
    around = np.arctan2(tips[:, None, 0], tips[:, None, 2])
    around = around - np.arctan2(places[:, 0], places[:, 2])
    nearest = np.abs(np.mod(around + np.pi, 2 * np.pi) - np.pi).argmin(1)
    radius = np.array([grip.radius for grip in grips])[nearest]
    out = tips - places[nearest]
    along = np.stack([grip.along for grip in grips])[nearest]
    out = unit(out - (out * along).sum(-1, keepdims=True) * along)
    goal = places[nearest] + 0.006 * along + 0.5 * radius[:, None] * out
    t = np.linspace(0, 1, locks.path.shape[1])
    share = smooth(t, 0.40, 1.0)[None, :]
    path = locks.path + share[..., None] * (goal - tips)[:, None]
    # They overlap where they come together, and have no points of their own.
    half = np.maximum(locks.half, 0.008 * smooth(t, 0.5, 0.8))
    half = np.minimum(half, locks.half.max(1, keepdims=True) * (1 - 0.45 * share) + 0.001)
    half = half + smooth(share, 0.75, 1.0) * (0.7 * radius[:, None] - half)
    return replace(locks, path=path, half=half, thick=np.minimum(locks.thick + 0.001, 0.4 * half))


_BOUND = {"tail": 0.46, "braid": 0.62, "drill": 0.44}
"""Radius of bound hair at its tie over that of what hangs from there."""


def _leaving(tie: Tie, azimuth: float, elevation: float) -> Array:
    """Return the direction (3,) in which bound hair leaves the head."""
    outward = ray(azimuth, elevation)
    level = unit(outward * [1.0, 0.0, 1.0])
    rise = np.array([0.0, tie.rise, 0.0])
    return unit(level * (1 - abs(tie.rise)) + rise + 0.25 * outward)


def _band(grip: Grip, front: bool) -> Locks:
    """Wind a lock once around bound hair."""
    turn = np.linspace(0, 2 * np.pi, 19)
    helper = np.array([1.0, 0.0, 0.0]) if abs(grip.along[0]) < 0.7 else np.array([0.0, 0.0, 1.0])
    one = unit(np.cross(grip.along, helper))
    two = np.cross(grip.along, one)
    around = (np.cos(turn)[:, None] * one + np.sin(turn)[:, None] * two)[None]
    half = np.full((1, len(turn)), 0.0035 + 0.14 * grip.radius)
    return Locks(
        path=grip.centre + around * (grip.radius + 0.0012),
        normal=around,
        half=half,
        thick=0.6 * half,
        tier=np.full(1, UNDER),
        free=True,
        front=front,
        along=np.full((1, len(turn)), 0.62),
        streak=False,
        across=4,
    )


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
    start = _leaving(tie, azimuth, elevation)
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
        t = np.linspace(0, 1, rings) ** 1.3
        at = t * long[:, None]
        centre, one, two = way.at(at)
        swell = (0.54 + 0.46 * smooth(at, 0.0, 0.30)) * (1 - 0.80 * at**2.0)
        # As thin as its tie to begin with.
        swell = swell * (0.62 + 0.38 * smooth(at * way.length, 0.012, 0.045))
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
