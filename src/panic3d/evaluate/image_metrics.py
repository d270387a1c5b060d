"""Differences between pictures, silhouettes, depth maps and normal maps, without any network.

Pictures are RGB in [0, 1] and lie on white already; maps are NaN where there is nothing.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, UInt8

from panic3d.errors import PictureError

Rgb = Float[np.ndarray, "h w 3"]

OPAQUE = 128
"""Alpha from which on a pixel belongs to the silhouette."""

SSIM_SIGMA = 1.5
SSIM_RADIUS = 5
"""The window is a Gaussian of 11 pixels."""


class MapError(NamedTuple):
    """How far two maps differ where both have something."""

    mean: float
    """Metres or degrees; NaN where the maps have no pixel in common."""
    common: float
    """Pixels that both have, of those that either has; NaN if neither has any."""


def psnr(predicted: Rgb, truth: Rgb, data_range: float = 1.0) -> float:
    """Return the peak signal-to-noise ratio, decibels.

    Args:
        predicted: RGB in [0, 1].
        truth: RGB in [0, 1].
        data_range: the peak; mode `fixed` takes 1, mode `paper` takes `paper_data_range(truth)`.

    Returns:
        Infinity for equal pictures; minus infinity for others if the range is 0.
    """
    _check_sizes(predicted, truth)
    squared = float(np.square(predicted.astype(np.float64) - truth).mean())
    if squared == 0:
        return math.inf
    if data_range <= 0:
        return -math.inf
    return 10 * math.log10(data_range**2 / squared)


def paper_data_range(truth: Float[np.ndarray, "..."]) -> float:
    """Return the peak that the paper's PSNR takes: the largest value less the least, with 0.

    It is 1 wherever the white background is seen.
    """
    return max(float(truth.max()), 0.0) - min(float(truth.min()), 0.0)


def ssim(predicted: Rgb, truth: Rgb) -> float:
    """Return the structural similarity, 1 for equal pictures, the mean over the three channels.

    Args:
        predicted: RGB in [0, 1], at least 11 pixels each way.
        truth: RGB in [0, 1].

    Raises:
        PictureError: the pictures differ in size or are smaller than the window.

    Source: Wang et al. 2004: window of 11 pixels with sigma 1.5, K1 = 0.01, K2 = 0.03; pixels
    whose window reaches outside are left out.
    """
    from scipy.ndimage import correlate1d

    _check_sizes(predicted, truth)
    window = 2 * SSIM_RADIUS + 1
    if min(truth.shape[:2]) < window:
        raise PictureError(
            f"the pictures have {truth.shape[0]} x {truth.shape[1]} pixels, structural similarity "
            f"looks at windows of {window} x {window}: compare a larger region"
        )
    steps = np.arange(-SSIM_RADIUS, SSIM_RADIUS + 1)
    weights = np.exp(-(steps**2) / (2 * SSIM_SIGMA**2))
    weights /= weights.sum()
    inner = (slice(SSIM_RADIUS, -SSIM_RADIUS),) * 2
    first, second = 0.01**2, 0.03**2

    def blurred(values: np.ndarray) -> np.ndarray:
        down = correlate1d(values, weights, axis=0)
        return correlate1d(down, weights, axis=1)[inner]

    total = 0.0
    for channel in range(3):
        # In float64: variances are small differences of large numbers.
        x, y = (p[..., channel].astype(np.float64) for p in (predicted, truth))
        mean_x, mean_y = blurred(x), blurred(y)
        variances = blurred(x * x + y * y) - mean_x**2 - mean_y**2
        covariance = blurred(x * y) - mean_x * mean_y
        likeness = (2 * mean_x * mean_y + first) * (2 * covariance + second)
        likeness /= (mean_x**2 + mean_y**2 + first) * (variances + second)
        total += float(likeness.mean())
    return total / 3


def silhouette_iou(
    predicted: UInt8[np.ndarray, "h w"] | Bool[np.ndarray, "h w"],
    truth: UInt8[np.ndarray, "h w"] | Bool[np.ndarray, "h w"],
) -> float:
    """Return what two silhouettes share of what either covers; 1 if both are empty.

    Args:
        predicted: alpha, opaque from 128 on, or a mask.
        truth: the same.
    """
    _check_sizes(predicted, truth)
    ours, theirs = (a if a.dtype == np.bool_ else a >= OPAQUE for a in (predicted, truth))
    either = int((ours | theirs).sum())
    return int((ours & theirs).sum()) / either if either else 1.0


def depth_error(predicted: Float[np.ndarray, "h w"], truth: Float[np.ndarray, "h w"]) -> MapError:
    """Compare two depth maps; the mean of the absolute differences, metres.

    Args:
        predicted: metres along the view axis, NaN where nothing is.
        truth: the same.
    """
    _check_sizes(predicted, truth)
    ours, theirs = np.isfinite(predicted), np.isfinite(truth)
    both = ours & theirs
    return _map_error(np.abs(predicted[both].astype(np.float64) - truth[both]), ours | theirs)


def normal_error(
    predicted: Float[np.ndarray, "h w 3"], truth: Float[np.ndarray, "h w 3"]
) -> MapError:
    """Compare two normal maps; the mean of the angles between them, degrees.

    Args:
        predicted: normals of any length but 0, NaN where nothing is.
        truth: the same.
    """
    _check_sizes(predicted, truth)
    lengths = [
        np.linalg.norm(normals.astype(np.float64), axis=-1) for normals in (predicted, truth)
    ]
    ours, theirs = (np.isfinite(length) & (length > 0) for length in lengths)
    both = ours & theirs
    a, b = predicted[both].astype(np.float64), truth[both].astype(np.float64)
    # The arc cosine alone loses half of the digits near 0 and 180 degrees.
    angles = np.arctan2(np.linalg.norm(np.cross(a, b), axis=-1), (a * b).sum(-1))
    return _map_error(np.degrees(angles), ours | theirs)


def _map_error(differences: Float[np.ndarray, " n"], either: Bool[np.ndarray, "h w"]) -> MapError:
    covered = int(either.sum())
    return MapError(
        float(differences.mean()) if len(differences) else math.nan,
        len(differences) / covered if covered else math.nan,
    )


def _check_sizes(predicted: np.ndarray, truth: np.ndarray) -> None:
    if predicted.shape != truth.shape or not truth.size:
        raise PictureError(
            f"the pictures have shapes {predicted.shape} and {truth.shape}, expected the same "
            "with at least one pixel: crop both to one region"
        )
