"""Hair combed along the head to a tie, in locks that share their edges."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from panic3d.characters.parts.hair.ground import Ground
from panic3d.characters.parts.hair.guide import Array, Numbers, Skull, off_skin, ray, smooth, unit
from panic3d.characters.parts.hair.locks import Locks, joined, rows_by_height
from panic3d.characters.parts.hair.scalp import hairline_deg
from panic3d.characters.parts.hair.tie_kinds import TiedKind


class Grip(NamedTuple):
    """A ring through which bound hair passes."""

    centre: Array
    along: Array
    """(3,) unit, away from the head."""
    radius: float


def over_loose(ground: Ground, azimuth: Numbers, elevation: Numbers) -> Array:
    """Return how high over the skin the loose hair lies there."""
    return np.asarray(off_skin(ground.fall, azimuth, elevation) + 0.004)


def comb(ground: Ground, kind: TiedKind, tie: Array, off: float, grip: Grip | None) -> list[Locks]:
    """Lay hair from the hairline, or from around, along the head to a tie."""
    rng, skull = ground.rng, ground.skull
    if kind.comb == "locks":
        if tie[1] < 0.05:
            return []
        return [_gather(ground, tie, off, grip)]
    front = np.zeros(0)
    if kind.comb == "all":
        azimuth = _evenly(skull, -180.0, 180.0, ground.count(34.0, 24), rng.uniform(0, 1))
        roots = ray(azimuth, _combed_line(skull, azimuth))
        closed = True
    elif kind.comb == "half":
        count = ground.count(22.0, 15)
        azimuth = np.linspace(-122, 122, count + 1) + rng.uniform(-2, 2)
        level = np.maximum(_combed_line(skull, azimuth), 14.0 - 0.16 * (np.abs(azimuth) - 60))
        roots = ray(azimuth, level)
        front = smooth(np.abs(azimuth), 84.0, 60.0)
        closed = False
    else:
        # Half of the hairline, and up along the parting behind.
        sign = 1.0 if tie[0] >= 0 else -1.0
        if abs(tie[0]) < 0.02:
            azimuth = np.linspace(-180, 180, 14, endpoint=False)
            roots = ray(azimuth, np.full(14, 30.0))
        else:
            # Both halves meet in one line, which may lie a little off the middle.
            aside = 3.0 * ground.design.asymmetry
            first = sign * aside
            azimuth = _evenly(skull, first, 180.0 + first, ground.count(20.0, 15), 0.0)
            line = ray(sign * azimuth, _combed_line(skull, azimuth))
            ends = _combed_line(skull, np.array([180.0 + aside, aside]))
            up = np.linspace(ends[0], 180.0 - ends[1], ground.count(11.0, 8), endpoint=False)
            roots = np.concatenate([line, ray(180.0 + aside, up)])
        closed = True
    rings = 12
    # Closer together towards the tie.
    t = 1 - (1 - np.linspace(0, 1, rings)) ** 1.4
    way = _around(roots, tie, t)
    if closed:
        way = _in_order(way, tie, smooth(t, 0.0, 0.25))
    az = np.degrees(np.arctan2(way[..., 0], way[..., 2]))
    el = np.degrees(np.arcsin(np.clip(way[..., 1], -1, 1)))
    base = 0.004 if kind.loose is None else off
    full = 0.5 if ground.design.under_hat else 1.0
    puff = 0.005 * full * ground.design.volume * np.sin(np.pi * t)
    lift = (0.0015 + (base - 0.0015) * smooth(t, 0.0, 0.3)) * (1 - t) + off * t + puff
    if kind.loose is not None:
        lift = np.where(t < 0.3, base - 0.006 * (1 - t / 0.3), base) + puff * 0.6
        if abs(tie[0]) < 0.02 and kind.comb == "parted":
            lift = lift + 0.005 * smooth(t, 0.0, 0.4)
    lift = np.broadcast_to(lift, az.shape)
    if len(front):
        # At the forehead it leaves the skin without a step.
        rise = 0.0015 + (lift - 0.0015) * smooth(t, -0.04, 0.36)
        lift = lift + front[:, None] * (rise - lift)
    edge = _into(skull.point(az, el, lift), way, tie, grip)
    n = len(roots) if closed else len(roots) - 1
    relief = 0.7 + 0.4 * rng.uniform(0.5, 1.3, n)
    locks = joined(edge, way, relief * (0.4 if ground.design.under_hat else 1.0), closed)
    # Along a parting at the crown it is no darker than beside it.
    least = 0.0 if ground.design.colour == "roots" else 0.11
    return [replace(locks, along=np.maximum(rows_by_height(skull, locks.path), least))]


def _in_order(way: Array, tie: Array, share: Array) -> Array:
    """Keep arcs (n, rings, 3) to a tie in their order around it, so that none crosses another.

    Behind an ear the hairline turns back: what comes from before it passes above the ear.
    """
    helper = np.array([0.0, 1.0, 0.0]) if abs(tie[1]) < 0.8 else np.array([0.0, 0.0, 1.0])
    one = unit(np.cross(helper, tie))
    two = np.cross(tie, one)
    turn = np.unwrap(np.arctan2(way @ two, way @ one), axis=0)
    last = np.mod(turn[:1] - turn[-1:] + np.pi, 2 * np.pi) - np.pi
    whole = (turn[-1:] + last - turn[:1])[:, :-1]
    if np.abs(np.abs(whole) - 2 * np.pi).max() > 0.1 or np.ptp(whole) > 0.1:
        return way  # it does not run once around the tie
    sign = float(np.sign(whole[0, 0]))
    turns = np.concatenate([sign * turn + lap * 2 * np.pi for lap in (-1, 0, 1)])
    rising = np.maximum.accumulate(turns, 0)
    falling = np.minimum.accumulate(turns[::-1], 0)[::-1]
    ordered = 0.5 * (rising + falling)[len(turn) : 2 * len(turn)]
    # Not all on one another where they had to give way.
    near = np.concatenate([ordered[-1:] - 2 * np.pi, ordered, ordered[:1] + 2 * np.pi])
    ordered = 0.5 * ordered + 0.25 * (near[:-2] + near[2:])
    turn = turn + share * (sign * ordered - turn)
    level = np.clip((way * tie).sum(-1), -1.0, 1.0)[..., None]
    across = np.cos(turn)[..., None] * one + np.sin(turn)[..., None] * two
    return level * tie + np.sqrt(1 - level**2) * across


def _into(edge: Array, way: Array, tie: Array, grip: Grip | None) -> Array:
    """Draw curves (n, rings, 3) that end at a tie off the head and on to a ring around it."""
    if grip is None:
        return edge
    near = np.arccos(np.clip((way * tie).sum(-1), -1, 1))
    come = edge[:, -3] - edge[:, -1]
    come = unit(come - (come @ grip.along)[:, None] * grip.along)
    goal = grip.centre + grip.radius * come
    share = smooth(near, 0.20 + 6.0 * grip.radius, 0.0) ** 1.5
    return edge + share[..., None] * (goal - edge[:, -1])[:, None]


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


def _gather(ground: Ground, tie: Array, off: float, grip: Grip | None) -> Locks:
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
    over = over_loose(ground, az, el)
    lift = over - 0.010 * smooth(t, 0.45, 0.0) + 0.003 * np.sin(np.pi * t)
    edge = _into(ground.skull.point(az, el, lift), way, tie, grip)
    return joined(edge, way, np.ones(count), closed=True)


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
