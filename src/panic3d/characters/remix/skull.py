"""The form of a head as seen from its middle: how far the skin is in every direction."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int32
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from panic3d.characters.shape import HeadShape

Points = Float[np.ndarray, "n 3"]
Doubles = NDArray[np.float64]

_ROWS, _COLUMNS = 37, 72
"""Every five degrees; the first row looks straight down."""
_LOWEST_DEG = -35.0
"""Below it lies the neck: what is asked for there is answered from here."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Skull:
    """A bare head without ears, smoothed so that nose and eyes do not show."""

    centre: Doubles
    """(3,) of the sphere nearest to the part of the head that bears hair."""
    radii: Doubles
    """(elevations, azimuths) metres from the centre."""

    @cached_property
    def radius(self) -> float:
        """Of the sphere nearest to the part that bears hair, metres."""
        return float(self.radii[_ROWS // 2 + 2 :].mean())

    def at(self, directions: Points) -> Doubles:
        """Return how far the skin is along unit vectors, metres."""
        up = np.degrees(np.arcsin(np.clip(directions[:, 1], -1.0, 1.0)))
        row = (np.maximum(up, _LOWEST_DEG) + 90) / 5
        column = np.degrees(np.arctan2(directions[:, 0], directions[:, 2])) % 360 / 5
        r = np.minimum(row.astype(np.int64), _ROWS - 2)
        c = column.astype(np.int64) % _COLUMNS
        after = (c + 1) % _COLUMNS
        fr, fc = row - r, column - np.floor(column)
        low = self.radii[r, c] * (1 - fc) + self.radii[r, after] * fc
        high = self.radii[r + 1, c] * (1 - fc) + self.radii[r + 1, after] * fc
        found: Doubles = low * (1 - fr) + high * fr
        return found


def skull_of(positions: Points, faces: Int32[np.ndarray, "f 3"]) -> Skull:
    """Measure a head.

    Args:
        positions: of its skin, in the head frame; ears left out.
        faces: of it.
    """
    samples = _samples(positions, faces)
    # The part that bears hair: above the ears, and behind.
    bearing = samples[(samples[:, 1] > 0.10) | ((samples[:, 2] < -0.02) & (samples[:, 1] > 0.02))]
    centre = _sphere_centre(bearing)
    away = samples - centre
    radius = np.linalg.norm(away, axis=1)
    away /= radius[:, None]
    up = np.degrees(np.arcsin(np.clip(away[:, 1], -1.0, 1.0)))
    row = np.round((up + 90) / 5).astype(np.int64)
    column = np.round(np.degrees(np.arctan2(away[:, 0], away[:, 2])) / 5).astype(np.int64)
    place = row * _COLUMNS + column % _COLUMNS
    count = np.bincount(place, minlength=_ROWS * _COLUMNS).reshape(_ROWS, _COLUMNS)
    total = np.bincount(place, radius, _ROWS * _COLUMNS).reshape(_ROWS, _COLUMNS)
    mean = np.divide(total, count, out=np.zeros_like(total), where=count > 0)
    return Skull(centre=centre, radii=_spread(mean, (count > 0).astype(np.float64)))


def _samples(positions: Points, faces: Int32[np.ndarray, "f 3"]) -> Doubles:
    """Return points spread over all triangles."""
    n = 5
    i, j = np.meshgrid(np.arange(n), np.arange(n), indexing="ij")
    i, j = i[i + j < n], j[i + j < n]
    share = np.stack([i, j, n - 1 - i - j], -1) / (n - 1)
    share = share * 0.94 + 0.02
    found: Doubles = np.einsum("sk,fkx->fsx", share, positions[faces]).reshape(-1, 3)
    return found


def _sphere_centre(points: Doubles) -> Doubles:
    """Return the centre of the sphere nearest to points, on the middle plane."""
    rows = np.concatenate([2 * points[:, 1:], np.ones((len(points), 1))], 1)
    found = np.linalg.lstsq(rows, (points**2).sum(1), rcond=None)[0]
    return np.array([0.0, found[0], found[1]])


def _spread(values: Doubles, known: Doubles) -> Doubles:
    """Smooth a map of directions and fill its gaps; around the head it closes."""
    scaled, weight = values * known, known
    total, share = np.zeros_like(values), np.zeros_like(values)
    for sigma, trust in ((1.4, 1.0), (4.0, 1e-3), (12.0, 1e-6)):
        total += trust * gaussian_filter(scaled, sigma, mode=("nearest", "wrap"))
        share += trust * gaussian_filter(weight, sigma, mode=("nearest", "wrap"))
    filled = total / np.maximum(share, 1e-12)
    # One value at each pole.
    filled[-1] = filled[-2].mean()
    filled[0] = filled[1].mean()
    return filled


def skull_of_shape(shape: HeadShape) -> Skull:
    """Measure a procedural head, without nose and hollows."""
    y = shape.chin_y + shape.height * (1 - np.cos(np.linspace(0.02, np.pi - 0.02, 40))) / 2
    grid = shape.section(y[:, None], np.linspace(-180.0, 175.0, 72)[None, :])
    number = np.arange(grid[..., 0].size).reshape(grid.shape[:2])
    after = np.roll(number, -1, 1)
    first = np.stack([number[:-1], after[:-1], after[1:]], -1).reshape(-1, 3)
    second = np.stack([number[:-1], after[1:], number[1:]], -1).reshape(-1, 3)
    return skull_of(grid.reshape(-1, 3), np.concatenate([first, second]).astype(np.int32))
