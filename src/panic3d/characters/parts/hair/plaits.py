"""What is made of bound hair: the course it takes through the air, braids, buns and drills."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from panic3d.characters.parts.hair.ground import Ground
from panic3d.characters.parts.hair.guide import Array, large_head, smooth, unit
from panic3d.characters.parts.hair.locks import MAIN, UNDER, Locks, joined, taper

_POINTS = 48


@dataclass(frozen=True, eq=False)
class Course:
    """A curve through the air with two directions across it."""

    points: Array
    """(48, 3) equally far apart."""
    one: Array
    two: Array
    length: float

    def at(self, t: Array) -> tuple[Array, Array, Array]:
        """Return points and both directions (..., 3) at shares of the length."""
        place = np.clip(t, 0, 1) * (_POINTS - 1)
        k = np.minimum(place.astype(int), _POINTS - 2)
        f = (place - k)[..., None]
        point, one, two = (
            (1 - f) * table[k] + f * table[k + 1] for table in (self.points, self.one, self.two)
        )
        return point, unit(one), unit(two)


def course(
    ground: Ground, base: Array, start: Array, length: float, out: float, forward: bool
) -> Course:
    """Let bound hair leave the head in a direction and fall.

    Args:
        ground: the head, and shoulders to keep clear of.
        base: (3,) where it is bound.
        start: (3,) unit.
        length: metres.
        out: 0 falls at once, 1 keeps its direction.
        forward: goes over the shoulder to the front.
    """
    t = np.linspace(0, 1, _POINTS)
    # Beside a large head it falls close, or it would hang far off a small body.
    large = large_head(ground.shape)
    reach = (0.025 + 0.22 * out) * (1 - 0.5 * large)
    fall = smooth(t * length, 0.0, reach)[:, None]
    down = np.array([0.0, -1.0, 0.0])
    step = unit(
        (1 - fall) * start + fall * (down + (0.12 - 0.10 * large) * start * [1.0, 0.0, 1.0])
    )
    points = base + np.cumsum(step, 0) * (length / _POINTS)
    shape = ground.shape
    low = smooth(points[:, 1], 0.01, shape.shoulder_y + shape.arm_radius)
    inside = smooth(np.abs(points[:, 0]), shape.shoulder_x + 0.035, shape.shoulder_x + 0.005)
    if forward:
        # Not all at once where the shoulders are close below the head.
        low = smooth(points[:, 1], 0.01, min(shape.shoulder_y + shape.arm_radius, -0.09))
        aim = 0.082 + 0.05 * shape.chest * smooth(points[:, 1], -0.10, -0.20)
        points[:, 2] += np.maximum(aim - points[:, 2], 0) * low
        points[:, 0] *= 1 - 0.10 * low
    else:
        points[:, 2] += np.minimum(-0.112 - points[:, 2], 0) * low * inside
    tangent = unit(np.gradient(points, axis=0))
    # The first direction across looks away from the head. It is carried up from the tip, without
    # a twist: at the root the course itself leads away from the head.
    away = unit(base - ground.skull.centre) + np.array([0.0, 0.0, 0.35 if forward else -0.05])
    one = np.empty_like(points)
    for k in range(_POINTS - 1, -1, -1):
        away = unit(away - (away @ tangent[k]) * tangent[k])
        one[k] = away
    two = np.cross(tangent, one)
    return Course(points, one, two, length)


def grow_braid(ground: Ground, way: Course, radius: float, forward: bool) -> list[Locks]:
    """Plait three strands along a course and let a tuft hang from the end."""
    turns = max(2.5, way.length * 0.82 / (2.1 * radius))
    rings = int(9 * turns) + 1
    t = np.linspace(0, 1, rings)
    phase = 2 * np.pi * (turns * t[None, :] + np.arange(3)[:, None] / 3)
    at = np.broadcast_to(0.86 * t, phase.shape)
    centre, one, two = way.at(at)
    size = radius * (0.72 + 0.28 * smooth(t, 0.0, 0.12)) * (1 - 0.38 * t)
    aside, out = 0.62 * np.sin(phase) * size, 0.34 * np.sin(2 * phase) * size
    path = centre + two * aside[..., None] + one * out[..., None]
    # Each strand shows its outer side on both faces of the plait.
    facing = unit(
        one * np.where(out >= 0, 1.0, 1.0)[..., None] + 0.5 * two * np.sin(phase)[..., None]
    )
    half = np.broadcast_to(0.60 * size, phase.shape)
    strands = Locks(
        path=path,
        normal=facing,
        half=half,
        thick=0.62 * half,
        tier=np.full(3, MAIN),
        front=forward,
        free=True,
        along=np.broadcast_to(0.30 + 0.5 * t, phase.shape) - 0.06 * np.cos(2 * phase),
        across=6,
        sag=0.4 / radius,
    )
    core_at = np.linspace(0, 0.86, 14)[None, :]
    point, first, second = way.at(np.repeat(core_at, 2, 0))
    normal = np.stack([first[0], -first[1]])
    wide = np.broadcast_to(0.62 * radius * (1 - 0.38 * core_at), (2, 14))
    core = Locks(
        path=point,
        normal=normal,
        half=wide,
        thick=0.35 * wide,
        tier=np.full(2, UNDER),
        front=forward,
        free=True,
        along=np.broadcast_to(0.3 + 0.5 * core_at, (2, 14)),
        across=4,
    )
    count, ends = 7, 8
    share = np.linspace(0, 1, ends)
    turn = 2 * np.pi * (np.arange(count) / count + ground.rng.random())
    point, first, second = way.at(np.broadcast_to(0.85 + 0.15 * share, (count, ends)))
    across = np.cos(turn)[:, None, None] * first + np.sin(turn)[:, None, None] * second
    swell = radius * (0.12 + 0.42 * np.sin(np.pi * np.clip(share * 0.75 + 0.05, 0, 1)))
    fat = np.maximum(radius * 0.36 * taper(share, 0.7, 0.35, 1.5), 0.0004)
    tuft = Locks(
        path=point + across * swell[:, None],
        normal=across,
        half=np.broadcast_to(fat, (count, ends)),
        thick=np.broadcast_to(0.35 * fat, (count, ends)),
        tier=np.full(count, MAIN),
        front=forward,
        free=True,
        along=np.broadcast_to(0.80 + 0.20 * share, (count, ends)),
        across=4,
    )
    return [core, strands, tuft]


def grow_bun(
    ground: Ground, base: Array, outward: Array, radius: float
) -> tuple[list[Locks], Array]:
    """Wind locks into a bun; returns them and the middle of its top."""
    rng = ground.rng
    helper = np.array([0.0, 0.0, 1.0]) if abs(outward[2]) < 0.8 else np.array([0.0, 1.0, 0.0])
    one = unit(np.cross(helper, outward))
    two = np.cross(outward, one)
    centre = base + outward * radius * 0.62
    count, rings = 11, 15
    t = np.linspace(0, 1, rings)
    twist = rng.uniform(0.5, 1.1) * rng.choice([-1.0, 1.0])
    climb = 0.20 if ground.design.colour == "roots" else 0.36
    polar = np.pi * 0.90 * (1 - t)
    found = []
    for tier, number, scale in ((UNDER, 6, 0.90), (MAIN, count, 1.0)):
        turn = 2 * np.pi * (np.arange(number) / number)[:, None] + twist * np.pi * t
        turn = turn + rng.uniform(-0.08, 0.08, (number, 1))
        across = np.cos(turn)[..., None] * one + np.sin(turn)[..., None] * two
        normal = (
            across * np.sin(polar)[None, :, None] + outward * np.cos(polar)[None, :, None] * 1.0
        )
        edge = centre + normal * radius * scale
        wound = joined(edge, normal, np.full(number, 1.1), closed=True, across=5)
        along = np.broadcast_to(0.50 - climb * t, (number, rings))
        tiers = np.full(number, tier)
        found.append(replace(wound, tier=tiers, free=True, along=along))
    return found, centre + outward * radius


def grow_drill(ground: Ground, way: Course, radius: float, forward: bool) -> list[Locks]:
    """Wind a ribbon around a course, narrower towards its tip."""
    turns = max(3.0, way.length / (1.25 * radius))
    rings = int(11 * turns) + 1
    t = np.linspace(0, 1, rings)[None, :]
    side = 1.0 if way.points[0, 0] >= 0 else -1.0
    centre, one, two = way.at(t)
    turn = (2 * np.pi * turns * t * side)[..., None]
    around = np.cos(turn) * one + np.sin(turn) * two
    size = radius * (0.30 + 0.70 * smooth(t, 0.0, 0.28)) * (1 - 0.82 * t**1.6)
    pitch = way.length / turns
    half = 0.62 * pitch * (0.5 + 0.5 * smooth(t, 0.0, 0.1)) * (1 - 0.55 * t**1.5)
    ribbon = Locks(
        path=centre + around * size[..., None],
        normal=around,
        half=half,
        thick=0.30 * half,
        tier=np.full(1, MAIN),
        front=forward,
        free=True,
        along=0.30 + 0.70 * t if ground.design.colour == "roots" else 0.16 + 0.84 * t,
        streak=False,
        sag=3.0,
    )
    core_t = np.linspace(0, 0.9, 14)[None, :]
    point, first, _ = way.at(np.repeat(core_t, 2, 0))
    grown = 0.45 + 0.55 * smooth(core_t, 0.0, 0.28)
    wide = np.repeat(radius * 0.66 * grown * (1 - 0.85 * core_t**1.6), 2, 0)
    core = Locks(
        path=point,
        normal=np.stack([first[0], -first[1]]),
        half=wide,
        thick=0.85 * wide,
        # An inner colour would show in every gap.
        tier=np.full(2, MAIN if ground.design.colour == "inner" else UNDER),
        front=forward,
        free=True,
        along=np.broadcast_to(0.2 + 0.7 * core_t, (2, 14)),
        across=4,
    )
    return [core, ribbon]
