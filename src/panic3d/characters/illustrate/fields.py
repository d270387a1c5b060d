"""Pictures as planes of numbers: smooth noise, blurs, shifts and warps."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

Plane = NDArray[np.floating[Any]]
"""(h, w), or (h, w, 3) for colours, sRGB in [0, 1]; float32, for speed."""


def noise(rng: np.random.Generator, size: int, cell: float, octaves: int = 1) -> Plane:
    """Return smooth noise (size, size), mean about 0, deviation about 0.5.

    Args:
        rng: random numbers.
        size: pixels.
        cell: pixels from one bump to the next in the coarsest octave.
        octaves: each has half the cell and half the height of the one before.
    """
    total = np.zeros((size, size), np.float32)
    for k in range(octaves):
        count = int(np.clip(np.ceil(size * 2**k / cell), 2, size)) + 3
        grid = rng.standard_normal((count, count), np.float32) * np.float32(0.5**k * 0.62)
        total += resized(grid, size)
    return total


def grain(rng: np.random.Generator, size: int) -> Plane:
    """Return the fine, slightly soft grain of paper, deviation about 0.5."""
    raw = rng.standard_normal((size, size), np.float32)
    return blurred(raw, 0.7) * np.float32(1.2)


def resized(plane: Plane, size: int, smooth: bool = True) -> Plane:
    """Return a plane (h, w) enlarged or reduced to (size, size), bicubic or in haste bilinear."""
    image = Image.fromarray(np.ascontiguousarray(plane, np.float32))
    way = Image.Resampling.BICUBIC if smooth else Image.Resampling.BILINEAR
    return np.asarray(image.resize((size, size), way))


def blurred(plane: Plane, sigma: float) -> Plane:
    """Return a Gaussian blur of (h, w) or (h, w, c); wide ones are worked out on fewer pixels."""
    if plane.ndim == 3:
        return np.stack([blurred(plane[..., k], sigma) for k in range(plane.shape[2])], -1)
    if sigma <= 0:
        return plane
    step = 4 if sigma >= 6 else 2 if sigma >= 3 else 1
    if step > 1 and plane.shape[0] == plane.shape[1] and plane.shape[0] % step == 0:
        small = blurred(reduced(plane, step), (sigma**2 - step**2 / 12) ** 0.5 / step)
        image = Image.fromarray(small)
        return np.array(image.resize(plane.shape[::-1], Image.Resampling.BILINEAR))
    found: Plane = ndimage.gaussian_filter(
        np.asarray(plane, np.float32), sigma, truncate=3.0, mode="nearest"
    )
    return found


def reduced(plane: Plane, step: int) -> Plane:
    """Return the means of blocks of step x step pixels."""
    if step == 1:
        return np.asarray(plane, np.float32)
    total = np.zeros_like(plane[::step, ::step], dtype=np.float32)
    for row in range(step):
        for column in range(step):
            total += plane[row::step, column::step]
    return total / np.float32(step * step)


def smoothstep(low: float, high: float, x: Plane) -> Plane:
    """Return 0 below `low`, 1 above `high` and a smooth rise between them."""
    t = np.clip((x - np.float32(low)) * np.float32(1 / max(high - low, 1e-6)), 0, 1)
    found: Plane = t * t * (3 - 2 * t)
    return found


def shifted(plane: NDArray[Any], right: int, down: int) -> NDArray[Any]:
    """Return what lies `right` and `down` pixels away from each pixel; the border repeats."""
    rows = np.clip(np.arange(plane.shape[0]) + down, 0, plane.shape[0] - 1)
    columns = np.clip(np.arange(plane.shape[1]) + right, 0, plane.shape[1] - 1)
    return plane[rows][:, columns]


def warped(plane: Plane, right: Plane, down: Plane) -> Plane:
    """Return what lies `right` and `down` pixels away, each pixel having its own, bilinear."""
    height, width = plane.shape[:2]
    y = np.clip(np.arange(height, dtype=np.float32)[:, None] + down, 0, height - 1.001)
    x = np.clip(np.arange(width, dtype=np.float32)[None, :] + right, 0, width - 1.001)
    row, column = y.astype(np.int32), x.astype(np.int32)
    v, u = y - row, x - column
    if plane.ndim == 3:
        v, u = v[..., None], u[..., None]
    upper = plane[row, column] * (1 - u) + plane[row, column + 1] * u
    lower = plane[row + 1, column] * (1 - u) + plane[row + 1, column + 1] * u
    found: Plane = upper * (1 - v) + lower * v
    return found


def spread(colour: Plane, weight: Plane, sigma: float) -> Plane:
    """Return colours (h, w, 3) blurred where they have weight, and carried beyond it."""
    mass = blurred(weight, sigma)
    found: Plane = blurred(colour * weight[..., None], sigma) / np.maximum(mass, 1e-4)[..., None]
    return found


def luma(colour: Plane) -> Plane:
    """Return the lightness (h, w) of sRGB colours."""
    found: Plane = colour @ np.array([0.299, 0.587, 0.114], np.float32)
    return found
