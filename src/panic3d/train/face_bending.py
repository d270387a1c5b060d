"""Faces of other proportions than any that are drawn: pictures bent, and landmarks with them.

Fields are maps of where a bent picture's places come from in the picture as it was, so that the
picture is sampled once; landmarks go the other way, by a fixed point.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Float64, UInt8
from scipy import ndimage

from panic3d.geometry.face_hull import BROWS, EYES, MOUTH

Places = Float64[np.ndarray, "n 2"]
"""x, y in shares of a picture."""
Field = Callable[[Places], Places]
"""Where places come from."""

_KNOTS = 5
"""Places along each side of a picture where it is chosen how far things move."""
_INVERTING, _SOLVED = 40, 5e-4
"""Most steps of a fixed point, and by what share of a picture it may fail."""
_REACH = 1.9
"""How far a feature's own movement reaches, in its half sides; it is gone at 2.6."""
_LEAST_STRETCH = 0.15
"""No part of a picture is enlarged by more than one over this."""
_SHARES = (1.0, 0.8, 0.6, 0.4)
"""Of how features change, if there is no room for all of it."""
_SMALLEST = 0.04
"""Half of the least side of a feature, of the face's."""


class _Feature(NamedTuple):
    """A part of a face that moves and grows by itself."""

    middle: Float64[np.ndarray, "2"]
    """Where it is when it has moved."""
    half: Float64[np.ndarray, "2"]
    """Half of its sides, across the face and along it, when it has grown."""
    moved: Float64[np.ndarray, "2"]
    """How far it has moved, across and along."""
    grown: Float64[np.ndarray, "2"]
    """How many times it has grown, across and along."""


def bent(
    picture: UInt8[np.ndarray, "s s 3"],
    points: Float32[np.ndarray, "28 2"],
    *fields: Field,
) -> tuple[UInt8[np.ndarray, "s s 3"], Float32[np.ndarray, "28 2"]]:
    """Move all of a picture by fields.

    Args:
        picture: a crop.
        points: x, y in shares of it.
        fields: the first says where the bent picture comes from in what the second bends, and so
            on. A field that folds pictures is left out; all are, where points cannot be told.
    """
    kept = [field for field in fields if not _folds(field)]

    def came(places: Places) -> Places:
        for field in kept:
            places = field(places)
        return places

    old = points.astype(np.float64)
    new = old.copy()
    for _ in range(_INVERTING):
        off = old - came(new)
        new += 0.8 * off
        if float(np.abs(off).max()) < _SOLVED:
            break
    else:
        return picture, points
    size = len(picture)
    middles = (np.indices((size, size))[::-1].reshape(2, -1).T + 0.5) / size
    at = (came(middles) * size - 0.5).T[::-1]
    planes = [
        ndimage.map_coordinates(picture[..., k].astype(np.float32), at, order=1, mode="nearest")
        for k in range(3)
    ]
    bent_picture = np.rint(np.stack(planes, -1)).astype(np.uint8).reshape(size, size, 3)
    return bent_picture, new.astype(np.float32)


def smooth_field(rng: np.random.Generator, strength: float) -> Field:
    """Return a smooth field.

    Args:
        rng: chooses it.
        strength: standard deviation of how far its knots move, shares of the picture.
    """
    knots = rng.normal(0, strength, (2, _KNOTS, _KNOTS))
    coefficients = [ndimage.spline_filter(plane, mode="nearest") for plane in knots]

    def came(places: Places) -> Places:
        at = places.T[::-1] * (_KNOTS - 1)
        moved = [
            ndimage.map_coordinates(plane, at, mode="nearest", prefilter=False)
            for plane in coefficients
        ]
        found: Places = places + np.stack(moved, 1)
        return found

    return came


def feature_field(rng: np.random.Generator, points: Float32[np.ndarray, "28 2"]) -> Field:
    """Return a field that makes eyes taller or lower, wider or narrower, mouths and brows, too.

    Both eyes change alike. What lies around features gives way; where there is not room enough,
    all change less.

    Args:
        rng: chooses how they change.
        points: x, y in shares of the picture.
    """
    old = points.astype(np.float64)
    axes = _axes(old)
    own = old @ axes.T
    side = float(np.sqrt(np.prod(np.ptp(own, axis=0)).clip(1e-6)))
    changes = _drawn_changes(rng)
    for share in _SHARES:
        field = _features_field([_changed(own, side, change, share) for change in changes], axes)
        if not _folds(field):
            return field
    return lambda places: places


class _Change(NamedTuple):
    """How a feature changes."""

    part: slice
    """Its landmarks."""
    growth: Float64[np.ndarray, "2"]
    """Logarithm of how many times it grows, across the face and along it."""
    shift: Float64[np.ndarray, "2"]
    """How far it moves, shares of the face."""


def _drawn_changes(rng: np.random.Generator) -> list[_Change]:
    """Draw how features change."""
    eye = rng.normal(0, (0.15, 0.3)).clip((-0.4, -0.7), (0.35, 0.65))
    apart, down = rng.normal(0, (0.015, 0.03))
    brow = rng.normal(0, 0.03)
    changes = [
        _Change(part, eye + rng.normal(0, 0.04, 2), np.array([sign * apart, down]))
        for part, sign in zip(EYES, (-1, 1), strict=True)
    ]
    changes += [
        _Change(part, np.zeros(2), np.array([0.0, brow + rng.normal(0, 0.008)])) for part in BROWS
    ]
    mouth = rng.normal(0, (0.25, 0.15)).clip(-0.6, 0.6)
    return [*changes, _Change(MOUTH, mouth, np.array([0.0, rng.normal(0, 0.035)]))]


def _features_field(features: list[_Feature], axes: Float64[np.ndarray, "2 2"]) -> Field:
    """Return where places come from when features have changed."""

    def came(places: Places) -> Places:
        own = places @ axes.T
        found = own.copy()
        for middle, half, moved, grown in features:
            off = own - middle
            near = np.exp(-((((off / half) ** 2).sum(1) / _REACH**2) ** 2))
            found += near[:, None] * (off / grown - off - moved)
        back: Places = found @ axes
        return back

    return came


def _axes(points: Float64[np.ndarray, "28 2"]) -> Float64[np.ndarray, "2 2"]:
    """Return unit vectors across a face and along it, from the eyes to the mouth."""
    along = points[MOUTH].mean(0) - np.mean([points[eye].mean(0) for eye in EYES], 0)
    length = float(np.linalg.norm(along))
    along = along / length if length > 1e-6 else np.array([0.0, 1.0])
    return np.array([[along[1], -along[0]], along])


def _changed(
    own: Float64[np.ndarray, "28 2"], side: float, change: _Change, share: float
) -> _Feature:
    """Return a feature that has changed.

    Args:
        own: landmarks, across the face and along it.
        side: of the face; no feature is smaller than a part of it.
        change: of a feature.
        share: of that change.
    """
    low, high = own[change.part].min(0), own[change.part].max(0)
    grown, moved = np.exp(share * change.growth), share * side * change.shift
    half = np.maximum((high - low) / 2, _SMALLEST * side) * np.maximum(grown, 1)
    return _Feature((low + high) / 2 + moved, half, moved, grown)


def _folds(field: Field) -> bool:
    """Return whether a field turns any place of a picture over, or enlarges it beyond measure."""
    count = 48
    places = (np.indices((count, count))[::-1].reshape(2, -1).T + 0.5) / count
    x, y = (field(places).T * count).reshape(2, count, count)
    dxx, dxy = x[:-1, 1:] - x[:-1, :-1], x[1:, :-1] - x[:-1, :-1]
    dyx, dyy = y[:-1, 1:] - y[:-1, :-1], y[1:, :-1] - y[:-1, :-1]
    return bool((dxx * dyy - dxy * dyx).min() < _LEAST_STRETCH)
