"""Similarities of the plane: scale, rotation and shift, and which one carries points onto others.

Pixels as everywhere: x to the right, y down, the middle of the first pixel at (0.5, 0.5).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float64

from panic3d.errors import ConfigError, ShapeError

_STEPS = 60
_TUKEY = 4.685
"""Standard deviations beyond which a point has no say; 95 % efficient where errors are normal."""
_MEDIAN_TO_SD = 1 / math.sqrt(2 * math.log(2))
"""Median length of a plane's normal errors to their standard deviation along one axis."""


@dataclass(frozen=True, kw_only=True)
class Similarity:
    """x, y -> scale * (turned by the angle) + shift."""

    scale: float = 1.0
    angle_deg: float = 0.0
    """Positive turns clockwise as one sees it, y being down."""
    shift: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        numbers = (self.scale, self.angle_deg, *self.shift)
        if not all(map(math.isfinite, numbers)) or not self.scale > 0:
            raise ConfigError(
                f"a similarity has scale {self.scale}, angle {self.angle_deg} and shift "
                f"{self.shift}, expected finite numbers and a scale above 0"
            )

    @property
    def matrix(self) -> Float64[np.ndarray, "3 3"]:
        """What acts on the column (x, y, 1)."""
        c = self.scale * math.cos(math.radians(self.angle_deg))
        s = self.scale * math.sin(math.radians(self.angle_deg))
        return np.array([[c, -s, self.shift[0]], [s, c, self.shift[1]], [0.0, 0.0, 1.0]])

    @property
    def row_column_matrix(self) -> Float64[np.ndarray, "3 3"]:
        """The same for (row, column, 1) of pixels whose middles are whole, as the paper has it."""
        half = Similarity(shift=(0.5, 0.5)).matrix
        swap = np.eye(3)[[1, 0, 2]]
        found: Float64[np.ndarray, "3 3"] = swap @ np.linalg.inv(half) @ self.matrix @ half @ swap
        return found

    def __call__(self, points: Float[np.ndarray, "*n 2"]) -> Float64[np.ndarray, "*n 2"]:
        """Carry points."""
        matrix = self.matrix
        return np.asarray(points @ matrix[:2, :2].T + matrix[:2, 2], np.float64)

    def inverse(self) -> Similarity:
        """Return the way back."""
        back = Similarity(scale=1 / self.scale, angle_deg=-self.angle_deg)
        x, y = -back(np.array(self.shift, np.float64))
        return Similarity(scale=back.scale, angle_deg=back.angle_deg, shift=(float(x), float(y)))

    def then(self, other: Similarity) -> Similarity:
        """Return this one followed by another."""
        x, y = other(np.array(self.shift, np.float64))
        angle = math.remainder(self.angle_deg + other.angle_deg, 360.0)
        return Similarity(
            scale=self.scale * other.scale, angle_deg=angle, shift=(float(x), float(y))
        )


class Fit(NamedTuple):
    """A similarity that carries points about onto others."""

    similarity: Similarity
    error: float
    """Median distance, in the target's unit."""
    weights: Float64[np.ndarray, " n"]
    """How much each point had to say, 0 (an outlier) to 1, without the weights that were given."""


def fit_similarity(
    points: Float64[np.ndarray, "n 2"],
    targets: Float64[np.ndarray, "n 2"],
    weights: Float64[np.ndarray, " n"] | None = None,
) -> Similarity:
    """Return the similarity of least weighted squares; it never mirrors.

    Args:
        points: where they are; two different ones at least.
        targets: where they belong.
        weights: at least 0; None is the same for all.

    Raises:
        ShapeError: points are not finite, or all are in one place.

    Source: Umeyama 1991, in the plane, where complex numbers are rotations and scales.
    """
    if weights is None:
        weights = np.ones(len(points))
    if len(points) < 2 or not all(np.isfinite(a).all() for a in (points, targets, weights)):
        raise ShapeError(f"{len(points)} points, expected at least two, finite")
    if weights.min() < 0 or not weights.sum() > 0:
        raise ShapeError("the weights of points are negative or all 0")
    share = weights / weights.sum()
    middles = share @ points, share @ targets
    a, b = _complex(points - middles[0]), _complex(targets - middles[1])
    size = float(share @ np.abs(a) ** 2)
    turn = complex(share @ (a.conj() * b)) / size if size > 0 else 0j
    reach = float(np.abs(points).max())
    if size <= (1e-12 * max(reach, 1e-300)) ** 2 or abs(turn) == 0:
        raise ShapeError("all points lie in one place: a similarity needs two different ones")
    return _similarity(turn, middles)


def fit_robustly(
    points: Float64[np.ndarray, "n 2"],
    targets: Float64[np.ndarray, "n 2"],
    spreads: Float64[np.ndarray, " n"] | None = None,
    weights: Float64[np.ndarray, " n"] | None = None,
) -> Fit:
    """Return a similarity that up to almost half of the points cannot mislead.

    Of the similarities through two points the one of least median distance, from there reweighted
    least squares with Tukey's biweight: an MM-estimate.

    Args:
        points: where they are.
        targets: where they belong.
        spreads: how far each is usually off, in the target's unit, above 0; what is not further
            off is no outlier, however close the others are. None: alike and not known.
        weights: how far each is to be trusted, 0 to 1; those of 0 take no part.

    Raises:
        ShapeError: points are not finite, or fewer than two different ones take part.
    """
    count = len(points)
    least = 0.0 if spreads is None else 1.0
    spreads = np.ones(count) if spreads is None else spreads
    weights = np.ones(count) if weights is None else weights
    if not all(np.isfinite(a).all() for a in (points, targets, spreads, weights)):
        raise ShapeError("points, spreads or weights are not finite")
    if count < 2 or spreads.min() <= 0 or (weights < 0).any() or (weights > 0).sum() < 2:
        raise ShapeError(f"{(weights > 0).sum()} of {count} points take part, expected at least 2")
    used = np.flatnonzero(weights > 0)
    found = _of_least_median(points[used], targets[used], spreads[used], weights[used])
    precise = weights / spreads**2
    trust = np.ones(count)
    for _ in range(_STEPS):
        distances = np.linalg.norm(found(points) - targets, axis=1) / spreads
        scale = _MEDIAN_TO_SD * _weighted_median(distances[used], weights[used])
        # Exact points have no scale of their own: a billionth of the targets' reach is rounding.
        rounding = 1e-9 * float(np.ptp(targets, axis=0).max() / spreads.min())
        scale = max(scale, least, rounding, 1e-300)
        trust = np.maximum(1 - (distances / (_TUKEY * scale)) ** 2, 0) ** 2
        before = found
        found = fit_similarity(points, targets, precise * trust)
        moved = np.abs(found(points) - before(points)).max() / spreads.min()
        if moved < 1e-9 * max(scale, 1e-300):
            break
    distances = np.linalg.norm(found(points) - targets, axis=1)
    return Fit(found, _weighted_median(distances[used], weights[used]), trust)


def is_mirrored(
    points: Float64[np.ndarray, "n 2"],
    targets: Float64[np.ndarray, "n 2"],
    spreads: Float64[np.ndarray, " n"] | None = None,
    weights: Float64[np.ndarray, " n"] | None = None,
) -> bool:
    """Say whether a mirror image of the points fits far better than they do."""
    flipped = fit_robustly(points * [-1.0, 1.0], targets, spreads, weights).error
    return flipped < 0.5 * fit_robustly(points, targets, spreads, weights).error


def _complex(points: Float64[np.ndarray, "*n 2"]) -> np.ndarray:
    return points[..., 0] + 1j * points[..., 1]


def _similarity(turn: complex, middles: tuple[np.ndarray, np.ndarray]) -> Similarity:
    at = complex(*middles[1].tolist()) - turn * complex(*middles[0].tolist())
    return Similarity(
        scale=abs(turn),
        angle_deg=math.degrees(math.atan2(turn.imag, turn.real)),
        shift=(at.real, at.imag),
    )


def _of_least_median(
    points: Float64[np.ndarray, "n 2"],
    targets: Float64[np.ndarray, "n 2"],
    spreads: Float64[np.ndarray, " n"],
    weights: Float64[np.ndarray, " n"],
) -> Similarity:
    """Try the similarities through all pairs of points."""
    a, b = _complex(points), _complex(targets)
    first, second = np.triu_indices(len(a), 1)
    across = a[second] - a[first]
    apart = np.abs(across) > 1e-9 * np.abs(across).max()
    first, second, across = first[apart], second[apart], across[apart]
    if not len(across):
        raise ShapeError("all points lie in one place: a similarity needs two different ones")
    turns = (b[second] - b[first]) / across
    shifts = b[first] - turns * a[first]
    off = np.abs(turns[:, None] * a + shifts[:, None] - b) / spreads
    medians = np.array([_weighted_median(row, weights) for row in off])
    medians[np.abs(turns) == 0] = np.inf
    best = int(np.argmin(medians))
    zero = np.zeros(2)
    return _similarity(
        complex(turns[best]), (zero, np.array([shifts[best].real, shifts[best].imag]))
    )


def _weighted_median(
    values: Float64[np.ndarray, " n"], weights: Float64[np.ndarray, " n"]
) -> float:
    order = np.argsort(values)
    below = np.cumsum(weights[order])
    return float(values[order[np.searchsorted(below, below[-1] / 2)]])
