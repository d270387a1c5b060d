"""The surfaces that hair is laid on: the skull as a table, and the dome along which hair falls.

A lock is a curve on the dome. The dome is opened out flat around the crown: a point of it is named
by the way it lies from the crown and how far the hair has run from there, so a straight line of
that map is about how a strand lies on the head, and one that points away from the crown falls
straight down. Everything is in the head frame, in metres.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from panic3d.characters.shape import HeadShape

Array = NDArray[np.float64]
Numbers = NDArray[np.floating[Any]] | NDArray[np.int64] | float | int
"""An array or one number."""

_AZIMUTHS = 72
_ELEVATIONS = 60
_STEP_M = 0.0075
_STEPS = 120


def unit(vectors: Array) -> Array:
    """Return vectors (..., 3) at length 1."""
    found: Array = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
    return found


def smooth(value: Numbers, low: Numbers, high: Numbers) -> Array:
    """Return 0 at `low`, 1 at `high`, a smooth step between; `low` may be the greater."""
    t = np.clip((np.asarray(value, np.float64) - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3 - 2 * t))


def ray(azimuth_deg: Numbers, elevation_deg: Numbers) -> Array:
    """Return unit vectors (..., 3); azimuth 90 is the head's left."""
    a, e = np.radians(azimuth_deg), np.radians(elevation_deg)
    a, e = np.broadcast_arrays(a, e)
    return np.stack([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)], -1)


@dataclass(frozen=True, eq=False)
class Skull:
    """The head's radius around the middle of its hair-bearing part, as a table."""

    centre: Array
    table: Array
    """(elevations from -90 to 90, azimuths from 0 to 360) metres."""
    nape_deg: float
    """Elevation of the lobes of the ears, where hair of the nape ends."""

    def angles(self, points: Array) -> tuple[Array, Array, Array]:
        """Return azimuth and elevation in degrees, and distance, of points (..., 3)."""
        arm = points - self.centre
        reach = np.linalg.norm(arm, axis=-1)
        azimuth = np.degrees(np.arctan2(arm[..., 0], arm[..., 2]))
        level = np.clip(arm[..., 1] / np.maximum(reach, 1e-9), -1, 1)
        return azimuth, np.degrees(np.arcsin(level)), reach

    def radius(self, azimuth_deg: Numbers, elevation_deg: Numbers) -> Array:
        """Return the distance of the skin from the centre."""
        a = np.mod(np.asarray(azimuth_deg, np.float64), 360.0) * (_AZIMUTHS / 360)
        e = (np.clip(np.asarray(elevation_deg, np.float64), -90, 90) + 90) * (_ELEVATIONS / 180)
        a0 = np.minimum(a.astype(np.int64), _AZIMUTHS - 1)
        e0 = np.minimum(e.astype(np.int64), _ELEVATIONS - 1)
        fa, fe = a - a0, e - e0
        t = self.table
        low = (1 - fa) * t[e0, a0] + fa * t[e0, a0 + 1]
        high = (1 - fa) * t[e0 + 1, a0] + fa * t[e0 + 1, a0 + 1]
        return np.asarray((1 - fe) * low + fe * high)

    def point(self, azimuth_deg: Numbers, elevation_deg: Numbers, offset: Numbers = 0.0) -> Array:
        """Return points (..., 3) that stand `offset` off the skin."""
        reach = self.radius(azimuth_deg, elevation_deg) + offset
        return self.centre + ray(azimuth_deg, elevation_deg) * reach[..., None]

    def normal(self, azimuth_deg: Numbers, elevation_deg: Numbers) -> Array:
        """Return outward unit normals (..., 3), of the form as the table has it."""
        outward = ray(azimuth_deg, elevation_deg)
        # Along two directions at right angles, also at the crown.
        helper = np.where(np.abs(outward[..., 1:2]) < 0.9, [0.0, 1.0, 0.0], [0.0, 0.0, 1.0])
        first = unit(np.cross(helper, outward))
        second = np.cross(outward, first)
        around = []
        for axis in (first, second):
            ends = []
            for sign in (1.0, -1.0):
                a, e, _ = self.angles(self.centre + outward + sign * 0.07 * axis)
                ends.append(self.point(a, e))
            around.append(ends[0] - ends[1])
        return unit(np.cross(around[0], around[1]))

    def kept_out(self, points: Array, clearance: Numbers) -> Array:
        """Return points (..., 3) with those nearer to the skin than `clearance` pushed out."""
        azimuth, elevation, reach = self.angles(points)
        least = self.radius(azimuth, elevation) + clearance
        factor = np.maximum(least / np.maximum(reach, 1e-6), 1.0)
        return self.centre + (points - self.centre) * factor[..., None]


@lru_cache(maxsize=8)
def skull_of(shape: HeadShape, ears: bool = True) -> Skull:
    """Return the table of a head; ears, which the form leaves out, may swell its sides."""
    azimuth = np.arange(_AZIMUTHS + 1) * (360.0 / _AZIMUTHS)
    elevation = np.linspace(-90, 90, _ELEVATIONS + 1)
    centre = shape.skull_centre
    half = azimuth[: _AZIMUTHS // 2 + 1]  # the head is symmetrical
    points = shape.skull(half[None, :], elevation[:, None])
    reach = np.linalg.norm(points - centre, axis=-1)
    ear_level = np.degrees(np.arctan2(shape.ear_y - centre[1], 0.09))
    across = np.exp(-(((half[None, :] - 100) / 15) ** 2))
    up = np.exp(-(((elevation[:, None] - ear_level) / 20) ** 2))
    if ears:
        reach = reach + 0.019 * (shape.ear_size / 0.062) * across * up
    lobe = (shape.ear_y - 0.5 * shape.ear_size - centre[1]) / 0.105
    nape = float(np.degrees(np.arcsin(np.clip(lobe, -0.90, -0.78))))
    return Skull(centre, np.concatenate([reach, reach[:, -2::-1]], 1), nape)


@dataclass(frozen=True, kw_only=True)
class Fall:
    """How hair stands off the head and falls. Lengths in metres."""

    top: float = 0.019
    """Off the crown."""
    front: float = 0.016
    side: float = 0.022
    back: float = 0.022
    hug: float = 0.0
    """0: falls straight from where the head is widest; 1: follows head and neck inwards."""
    flare: float = 0.0
    """Metres outwards per metre fallen; negative narrows."""
    behind: float = 1.0
    """How far hair of the sides passes behind the shoulders: 0 straight down."""


@dataclass(frozen=True, eq=False)
class Dome:
    """A surface from the crown down over the head and off it, as a table."""

    places: Array
    """(azimuths + 1, steps, 3), steps of equal length from the crown."""
    normals: Array

    def _mix(self, table: Array, azimuth_deg: Array, run: Array) -> Array:
        a = np.mod(azimuth_deg, 360.0) * (_AZIMUTHS / 360)
        s = np.clip(run / _STEP_M, 0, _STEPS - 1.001)
        a0 = np.minimum(a.astype(np.int64), _AZIMUTHS - 1)
        s0 = s.astype(np.int64)
        fa, fs = (a - a0)[..., None], (s - s0)[..., None]
        found: Array = (1 - fs) * ((1 - fa) * table[a0, s0] + fa * table[a0 + 1, s0]) + fs * (
            (1 - fa) * table[a0, s0 + 1] + fa * table[a0 + 1, s0 + 1]
        )
        return found

    def at(self, spots: Array, lift: Numbers = 0.0) -> tuple[Array, Array]:
        """Return points and outward normals (..., 3) at spots (..., 2) of the flat map."""
        azimuth = np.asarray(np.degrees(np.arctan2(spots[..., 0], spots[..., 1])))
        run = np.asarray(np.hypot(spots[..., 0], spots[..., 1]))
        normal = unit(self._mix(self.normals, azimuth, run))
        place = self._mix(self.places, azimuth, run)
        return place + normal * np.asarray(lift)[..., None], normal

    def run_to(self, azimuth_deg: Numbers, y: Numbers) -> Array:
        """Return how far hair must run in a direction to come down to a height."""
        azimuth, y = np.broadcast_arrays(np.asarray(azimuth_deg, float), np.asarray(y, float))
        a = np.mod(azimuth, 360.0) * (_AZIMUTHS / 360)
        a0 = np.minimum(a.astype(np.int64), _AZIMUTHS - 1)
        f = (a - a0)[..., None]
        column = (1 - f) * self.places[a0, :, 1] + f * self.places[a0 + 1, :, 1]
        k = np.clip((column > y[..., None]).sum(-1) - 1, 0, _STEPS - 2)
        above = np.take_along_axis(column, k[..., None], -1)[..., 0]
        below = np.take_along_axis(column, k[..., None] + 1, -1)[..., 0]
        share = np.clip((above - y) / np.maximum(above - below, 1e-9), 0, 1)
        return np.asarray((k + share) * _STEP_M)


def spot(azimuth_deg: Numbers, run: Numbers) -> Array:
    """Return spots (..., 2) of the flat map."""
    a, r = np.broadcast_arrays(np.radians(azimuth_deg), np.asarray(run, np.float64))
    return np.stack([np.sin(a) * r, np.cos(a) * r], -1)


def off_skin(fall: Fall, azimuth_deg: Numbers, elevation_deg: Numbers) -> Array:
    """Return how far hair that falls so stands off the skin."""
    c = np.cos(np.radians(azimuth_deg))
    around = fall.side + np.where(c > 0, fall.front - fall.side, fall.back - fall.side) * c**2
    return np.asarray(fall.top + (around - fall.top) * smooth(elevation_deg, 88.0, 6.0))


def raise_dome(shape: HeadShape, fall: Fall, ears: bool = True) -> Dome:
    """Make the surface along which hair falls."""
    skull = skull_of(shape, ears)
    azimuth = np.arange(_AZIMUTHS + 1) * (360.0 / _AZIMUTHS)
    # Over the head: from the crown to the level of the centre.
    elevation = np.linspace(90, -66, 79)
    around = off_skin(fall, azimuth, 0.0)
    off = off_skin(fall, azimuth[:, None], elevation[None, :])
    reach = skull.radius(azimuth[:, None], elevation[None, :]) + off
    out, up = reach * np.cos(np.radians(elevation)), reach * np.sin(np.radians(elevation))
    up = np.minimum.accumulate(up, 1)
    hull = np.maximum.accumulate(out, 1)
    # Below it: the hull or the head itself, then the neck.
    drop = np.concatenate([np.linspace(0, 0.18, 25), np.linspace(0.195, 0.95, 40)])
    level = elevation <= 4
    follow = np.stack(
        [np.interp(-drop, up[k, level][::-1], out[k, level][::-1]) for k in range(len(azimuth))]
    )
    least = shape.neck_radius + around[:, None] + 0.006
    follow = np.maximum(np.where(drop > 0.11, np.minimum(follow, least + 0.02), follow), least)
    straight = np.maximum(hull.max(1)[:, None], hull[:, level][:, :1])
    straight = np.broadcast_to(straight, follow.shape)
    low = straight + fall.hug * smooth(drop, 0.0, 0.05) * (follow - straight)
    low = low + fall.flare * np.maximum(drop - 0.02, 0.0) * smooth(drop, 0.0, 0.12)
    high = elevation > 4
    # Continuous where the two parts meet.
    join = smooth(drop, 0.0, 0.035)
    low = low * join + np.maximum(low, hull[:, high][:, -1:]) * (1 - join)
    rho = np.concatenate([hull[:, high], low], 1)
    height = np.concatenate([up[:, high], np.broadcast_to(-drop, low.shape)], 1)
    height[:, high.sum() :] = np.minimum(height[:, high.sum() :], up[:, high][:, -1:] - 1e-4)
    a = np.radians(azimuth)[:, None]
    points = np.stack([np.sin(a) * rho, height, np.cos(a) * rho], -1) + skull.centre
    points = _past_shoulders(points, np.asarray(azimuth, np.float64), shape, fall.behind)
    length = np.linalg.norm(np.diff(points, axis=1), axis=-1)
    run = np.concatenate([np.zeros((len(azimuth), 1)), np.cumsum(length, 1)], 1)
    grid = np.arange(_STEPS) * _STEP_M
    places = np.stack(
        [
            np.stack([np.interp(grid, run[k], points[k, :, axis]) for axis in range(3)], -1)
            for k in range(len(azimuth))
        ]
    )
    down = np.gradient(places, axis=1)
    ring = np.concatenate([places[-2:-1], places, places[1:2]])
    aside = ring[2:] - ring[:-2]
    normals = np.cross(down, aside)
    normals[:, 0] = [0.0, 1.0, 0.0]
    return Dome(places, unit(normals))


def large_head(shape: HeadShape) -> float:
    """Return 0 where shoulders are as wide as usual, 1 where they are narrower than the head."""
    wide = shape.shoulder_x + shape.arm_radius - shape.half_width(shape.ear_y)
    return 1.0 - float(smooth(wide, 0.0, 0.05))


def _past_shoulders(points: Array, azimuth: Array, shape: HeadShape, amount: float) -> Array:
    """Draw what falls at the sides and behind backwards, before it meets the shoulders."""
    top = shape.shoulder_y + shape.arm_radius
    # Not before it has passed the ears; where shoulders are narrower than the head, below the chin.
    narrow = large_head(shape)
    begin = max(shape.chin_y + 0.075 - 0.025 * narrow, top + 0.06)
    fallen = smooth(points[..., 1], begin, top - 0.015 - 0.03 * narrow)
    back = smooth(np.abs(np.mod(azimuth + 180, 360) - 180), 60, 72)[:, None]
    aim = -0.082 - 0.02 * back
    # A large head's hair falls clear of all that is worn on a small back.
    behind = points[len(azimuth) // 2, :, 2]
    aim = aim + narrow * np.minimum(0.8 * behind - aim, 0.0)
    move = np.minimum(aim - points[..., 2], 0.0) * fallen * back * amount
    found = points.copy()
    found[..., 2] += move
    # It comes together behind rather than stand off as wide as the shoulders, and in its order:
    # what comes from farther in front lies farther outside, or it would fold over the rest.
    turned = np.abs(np.mod(azimuth + 180, 360) - 180)
    spread = np.sin(np.radians(90.0) * np.clip((180 - turned) / 120, 0.0, 1.0))[:, None]
    widest = (0.84 - 0.12 * narrow) * np.abs(points[..., 0]).max(0)
    aside = np.sign(np.sin(np.radians(azimuth)))[:, None] * spread * widest
    found[..., 0] += fallen * back * amount * (aside - found[..., 0])
    return found
