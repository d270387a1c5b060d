"""How sure a mean is: intervals that resample what characters were made from, not characters.

Sixty-four characters made from eight hairstyles are eight observations of hairstyles. So whole
assets are drawn with replacement, and a character counts as often as all its assets were drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

DRAWS = 2000
LEVEL = 0.95
FEWEST_ASSETS = 4
"""Independent ones below which there is no interval: how far they lie apart is not known."""


class Estimate(NamedTuple):
    """A mean and its interval; NaN where there is nothing to average."""

    mean: float
    low: float
    high: float
    characters: int
    """How many have a value."""


def cluster_weights(
    assets: Sequence[Sequence[str]], chance: np.random.Generator, draws: int = DRAWS
) -> Float64[np.ndarray, "d n"]:
    """Draw how often each character counts.

    Assets of one kind (what stands before the colon: "hair:vita") are drawn with replacement, as
    many as there are; kinds are drawn independently. A character's weight is the product of its
    assets' counts; one of a single asset simply goes with it.

    Args:
        assets: of each character. One without any is an asset by itself.
        chance: draws.
        draws: resamples; those in which nothing is left are drawn again.

    Source: Owen, "The pigeonhole bootstrap", Annals of Applied Statistics 1 (2007), for data
    crossed by two or more factors.
    """
    named = [tuple(dict.fromkeys(names)) or (f"character:{k}",) for k, names in enumerate(assets)]
    kinds: dict[str, dict[str, int]] = {}
    for names in named:
        for name in names:
            members = kinds.setdefault(name.partition(":")[0] if ":" in name else "", {})
            members.setdefault(name, len(members))
    out = np.ones((draws, len(named)))
    if not named:
        return out
    left = np.arange(draws)
    while len(left):
        weights = np.ones((len(left), len(named)))
        for members in kinds.values():
            size = len(members)
            counts = chance.multinomial(size, np.full(size, 1 / size), size=len(left))
            for k, names in enumerate(named):
                for name in names:
                    if name in members:
                        weights[:, k] *= counts[:, members[name]]
        out[left] = weights
        left = left[weights.sum(1) == 0]
    return out


def independent_assets(assets: Sequence[Sequence[str]]) -> int:
    """Return how many assets characters differ in: of the kind of which there are fewest.

    Four faces with two hairstyles each are eight assets, but hairstyles were observed only twice.
    """
    kinds: dict[str, set[str]] = {}
    for k, names in enumerate(assets):
        for name in names or (f"character:{k}",):
            kinds.setdefault(name.partition(":")[0] if ":" in name else "", set()).add(name)
    return min(map(len, kinds.values()), default=0)


def resampled_means(
    values: Float64[np.ndarray, "n m"], weights: Float64[np.ndarray, "d n"]
) -> Float64[np.ndarray, "d m"]:
    """Return the weighted means of each resample, NaN where it has no value.

    Args:
        values: of the characters, a column a measure; NaN ones are left out.
        weights: from `cluster_weights`.
    """
    there = np.isfinite(values)
    total = weights @ there.astype(np.float64)
    sums = weights @ np.where(there, values, 0.0)
    return np.divide(sums, total, out=np.full(sums.shape, np.nan), where=total > 0)


def estimate(
    values: Float64[np.ndarray, " n"],
    weights: Float64[np.ndarray, "d n"],
    level: float = LEVEL,
) -> Estimate:
    """Return the plain mean and the percentile interval of the resampled means.

    Args:
        values: of the characters; NaN ones are left out.
        weights: from `cluster_weights`.
        level: of confidence.
    """
    return estimate_of(values, resampled_means(values[:, None], weights)[:, 0], level)


def estimate_of(
    values: Float64[np.ndarray, " n"], means: Float64[np.ndarray, " d"], level: float = LEVEL
) -> Estimate:
    """As `estimate`, where the resampled means are there already."""
    there = values[np.isfinite(values)]
    if not len(there):
        return Estimate(np.nan, np.nan, np.nan, 0)
    return Estimate(float(there.mean()), *interval(means, level), len(there))


def interval(means: Float64[np.ndarray, " d"], level: float = LEVEL) -> tuple[float, float]:
    """Return the bounds between which so many of the resamples lie."""
    kept = means[np.isfinite(means)]
    if not len(kept):
        return np.nan, np.nan
    outside = (1 - level) / 2
    low, high = np.quantile(kept, [outside, 1 - outside])
    return float(low), float(high)
