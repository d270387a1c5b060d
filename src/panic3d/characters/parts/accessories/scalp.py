"""The outside of the hair, as accessories lie on it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.interpolate import RectBivariateSpline
from scipy.ndimage import gaussian_filter, maximum_filter
from scipy.spatial import cKDTree

from panic3d.characters.parts.accessories.kind import Fit
from panic3d.characters.parts.accessories.paint import Array, Real
from panic3d.characters.parts.accessories.solids import Frame, frame_of, unit
from panic3d.characters.shape import HeadShape

_LOWEST_DEG = -60.0
_ROWS, _COLUMNS = 31, 49


@lru_cache(maxsize=8)
def _radius(shape: HeadShape) -> RectBivariateSpline:
    """Return the skull's distance from its centre over |azimuth| and elevation."""
    azimuth = np.linspace(-10, 190, 41)
    elevation = np.linspace(_LOWEST_DEG, 120, 37)
    a, e = np.meshgrid(azimuth, elevation, indexing="ij")
    # Past the pole a ray comes down on the other side.
    over = e > 90
    points = shape.skull(np.where(over, a + 180, a), np.where(over, 180 - e, e))
    return RectBivariateSpline(
        azimuth, elevation, np.linalg.norm(points - shape.skull_centre, axis=-1)
    )


@lru_cache(maxsize=2)
def _thickness(fit: Fit) -> Array:
    """Return the hair's thickness (elevations, azimuths) in a table: it is asked for often.

    Evened out, and rather too high than too low: what is worn lies on the locks that stand
    out, it does not sink between them.
    """
    elevation = np.linspace(_LOWEST_DEG, 90, _ROWS)[:, None]
    azimuth = np.linspace(-180, 180, _COLUMNS)[None, :]
    grid = np.broadcast_arrays(azimuth, elevation)
    table = np.asarray(fit.thickness(*grid), np.float64)[:, :-1]
    high = maximum_filter(table, (3, 3), mode=("nearest", "wrap"))
    table = gaussian_filter(0.5 * (table + high), (1.2, 1.5), mode=("nearest", "wrap"))
    # All azimuths meet at the pole.
    table[-1] = table[-2:].mean()
    return np.concatenate([table, table[:, :1]], 1)


@lru_cache(maxsize=2)
def _outside(fit: Fit) -> Array:
    """Return a table as `_thickness` that no lock rises above: what goes over them lies on it."""
    elevation = np.linspace(_LOWEST_DEG, 90, _ROWS)[:, None]
    azimuth = np.linspace(-180, 180, _COLUMNS)[None, :]
    grid = np.broadcast_arrays(azimuth, elevation)
    table = np.asarray(fit.thickness(*grid), np.float64)[:, :-1]
    high = maximum_filter(table, (3, 3), mode=("nearest", "wrap"))
    # Rows shrink towards the pole, so that more columns make a patch.
    high[-5:] = maximum_filter(high[-5:], (1, 7), mode=("nearest", "wrap"))
    high[-1] = high[-2:].max()
    table = gaussian_filter(high, (1.0, 1.2), mode=("nearest", "wrap"))
    table[-1] = table[-2:].mean()
    return np.concatenate([table, table[:, :1]], 1)


@lru_cache(maxsize=2)
def _triangles(fit: Fit) -> tuple[Array, Array]:
    """Return the corners (t, 3, 3) of the hair's triangles and their middles (t, 3)."""
    if not fit.hair:
        return np.zeros((0, 3, 3)), np.zeros((0, 3))
    corners = np.concatenate([piece.positions[piece.faces] for piece in fit.hair])
    return corners, corners.mean(1)


_SHARES = np.array([(a, b, 5 - a - b) for a in range(6) for b in range(6 - a)], np.float64)
_SHARES = (_SHARES + 0.1) / 5.3
"""Places on a triangle at which it is looked at."""


class Scalp:
    """Points on the hair of one head, or a little above it."""

    def __init__(self, shape: HeadShape, fit: Fit) -> None:
        self.shape = shape
        self._fit = fit
        self.centre = shape.skull_centre
        self._settled: tuple[Frame, Array, Real] | None = None

    def at(
        self,
        azimuth_deg: Array | Real,
        elevation_deg: Array | Real,
        lift: Array | Real = 0.0,
        hair: Array | Real = 1.0,
        outside: bool = False,
    ) -> Array:
        """Return points (..., 3), `lift` metres above the hair; with `hair` 0 above the skin.

        Elevations may run past 90 degrees, down the other side. `outside` is above every lock,
        not on the middle of them.
        """
        azimuth, elevation = np.broadcast_arrays(
            np.asarray(azimuth_deg, np.float64), np.asarray(elevation_deg, np.float64)
        )
        over = elevation > 90
        azimuth = np.where(over, azimuth + 180, azimuth)
        elevation = np.asarray(np.clip(np.where(over, 180 - elevation, elevation), _LOWEST_DEG, 90))
        azimuth = np.asarray((azimuth + 180) % 360 - 180)
        a, e = np.radians(azimuth), np.radians(elevation)
        ray = np.stack([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)], -1)
        radius = _radius(self.shape).ev(np.abs(azimuth), elevation)
        if np.any(hair):
            radius = radius + hair * self._room(azimuth, elevation, outside)
        if self._settled is not None:
            frame, slope, reach = self._settled
            flat = (self.centre + ray * radius[..., None] - frame.origin) @ frame.axes[:2].T
            flat = np.clip(flat, -reach, reach)
            radius = radius + hair * (slope[0] + flat @ slope[1:])
        found: Array = self.centre + ray * (radius + lift)[..., None]
        return found

    def locks(self, near: Array, within: Real) -> Array:
        """Return points (n, 3) all over the hair's locks near points (m, 3), as far as known."""
        corners, middles = _triangles(self._fit)
        low, high = near.min(0) - within - 0.006, near.max(0) + within + 0.006
        chosen = corners[((middles > low) & (middles < high)).all(1)]
        points = np.einsum("sk,tkc->tsc", _SHARES, chosen).reshape(-1, 3)
        if not len(points):
            return points
        far, _ = cKDTree(near).query(points, distance_upper_bound=within)
        return points[np.isfinite(far)]

    def settled(
        self, azimuth_deg: Real, elevation_deg: Real, reach: Real = 0.022, both: bool = False
    ) -> Scalp:
        """Return the scalp raised or lowered about a place, so that things lie on the very locks.

        Args:
            azimuth_deg: of the place.
            elevation_deg: of the place.
            reach: half the width of what lies there, metres.
            both: the mirrored place's locks count as well.
        """
        frame = self.frame(azimuth_deg, elevation_deg)
        points = self.locks(frame.origin[None], 2.0 * reach)
        if both:
            flip = np.array([-1.0, 1.0, 1.0])
            points = np.concatenate(
                [points, self.locks(frame.origin[None] * flip, 2 * reach) * flip]
            )
        flat = (points - frame.origin) @ frame.axes[:2].T
        height = self.above(points) if len(points) else np.zeros(0)
        on = (np.abs(flat) < reach).all(1) & (np.abs(height) < 0.03)
        if on.sum() < 24:
            return self
        flat, height = flat[on], height[on]
        # The outermost of every few millimetres; what lies below it does not show.
        cells = 9
        place = np.clip(((flat / reach + 1) / 2 * cells).astype(int), 0, cells - 1) @ [cells, 1]
        top = np.full(cells * cells, -1.0)
        np.maximum.at(top, place, height)
        seen = np.flatnonzero(top > -1)
        x = ((np.stack([seen // cells, seen % cells], -1) + 0.5) / cells * 2 - 1) * reach
        design = np.concatenate([np.ones((len(seen), 1)), x], 1)
        slope: Array = np.linalg.lstsq(design, top[seen], rcond=None)[0]
        slope[1:] = np.clip(slope[1:], -0.5, 0.5)
        slope[0] += np.quantile(top[seen] - design @ slope, 0.92)
        slope[0] = np.clip(slope[0], -0.015, 0.02)
        found = Scalp(self.shape, self._fit)
        found._settled = (frame, slope, reach)
        return found

    def _room(self, azimuth: Array, elevation: Array, outside: bool = False) -> Array:
        """Return the hair's thickness between the table's places."""
        table = _outside(self._fit) if outside else _thickness(self._fit)
        e = (elevation - _LOWEST_DEG) / (90 - _LOWEST_DEG) * (_ROWS - 1)
        a = (azimuth + 180) / 360 * (_COLUMNS - 1)
        i = np.clip(e.astype(int), 0, _ROWS - 2)
        j = np.clip(a.astype(int), 0, _COLUMNS - 2)
        f, g = e - i, a - j
        low = table[i, j] * (1 - g) + table[i, j + 1] * g
        high = table[i + 1, j] * (1 - g) + table[i + 1, j + 1] * g
        return np.asarray(low * (1 - f) + high * f)

    def normal(self, azimuth_deg: Array | Real, elevation_deg: Array | Real) -> Array:
        """Return outward unit normals (..., 3) of the hair, smoothed over a few degrees."""
        azimuth, elevation = np.broadcast_arrays(
            np.asarray(azimuth_deg, np.float64), np.asarray(elevation_deg, np.float64)
        )
        # Elevations past the pole become those of the other side.
        azimuth, elevation = self._angles(self.at(azimuth, elevation) - self.centre)
        step = 4.0
        # East by an angle that is the same length at every height.
        elevation = np.minimum(elevation, 88.5)
        east = step / np.maximum(np.cos(np.radians(elevation)), 0.09)
        across = self.at(azimuth + east, elevation) - self.at(azimuth - east, elevation)
        along = self.at(azimuth, elevation + step) - self.at(azimuth, elevation - step)
        return unit(np.cross(across, along))

    def frame(
        self, azimuth_deg: Real, elevation_deg: Real, lift: Real = 0.0, outside: bool = False
    ) -> Frame:
        """Return a frame on the hair: third axis outwards, second towards the crown."""
        out = self.normal(azimuth_deg, elevation_deg)
        a = np.radians(azimuth_deg)
        up = np.array([0.0, 1.0, 0.0]) - 0.05 * np.array([np.sin(a), 0.0, np.cos(a)])
        origin = self.at(azimuth_deg, elevation_deg, outside=outside)
        return frame_of(origin + out * lift, out, up)

    def wrapped(self, frame: Frame, points: Array, lift: Real = 0.0) -> Array:
        """Return flat points (..., 3) of a frame bent onto the hair, their z above it."""
        flat = frame.place(points * np.array([1.0, 1.0, 0.0]))
        azimuth, elevation = self._angles(flat - self.centre)
        ground = self.at(azimuth, elevation)
        found: Array = ground + self.normal(azimuth, elevation) * (points[..., 2:] + lift)
        return found

    def cleared(self, points: Array, gap: Real = 0.003, outside: bool = False) -> Array:
        """Return points (..., 3), those inside the hair moved out to `gap` metres above it."""
        rays = points - self.centre
        short = np.maximum(gap - self.above(points, outside), 0.0)
        # The neck and what is below it is not the scalp's to judge.
        short = np.where(rays[..., 1] > -0.11, short, 0.0)
        found: Array = points + unit(rays) * short[..., None]
        return found

    def above(self, points: Array, outside: bool = False) -> Array:
        """Return how far points (..., 3) are from the hair along the ray, metres."""
        rays = points - self.centre
        azimuth, elevation = self._angles(rays)
        ground = self.at(azimuth, elevation, outside=outside) - self.centre
        ground = np.linalg.norm(ground, axis=-1)
        found: Array = np.linalg.norm(rays, axis=-1) - ground
        return found

    @staticmethod
    def _angles(rays: Array) -> tuple[Array, Array]:
        elevation = np.degrees(np.arctan2(rays[..., 1], np.hypot(rays[..., 0], rays[..., 2])))
        azimuth = np.degrees(np.arctan2(rays[..., 0], rays[..., 2]))
        return np.asarray(azimuth), np.asarray(elevation)
