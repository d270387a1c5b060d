"""Strands for what the portrait does not show: hair behind is no even surface.

How strongly the portrait's colours change from lock to lock is measured beside each other in its
rows, where hair hangs down; that contrast is carried on around the head as colours are, and there
strands that fall from the crown have it. What is plain in front stays plain behind.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

MOST = 0.14
"""Contrast of strands at most, as a share of the colour: more is an edge, not hair."""
_WIDE = 8 / 512
"""Of the portrait's width: what changes more slowly along a row is shade, no strand."""
_AREA = 12 / 512
"""Over so much of it contrast is measured."""
_OCTAVES = ((23, 0.4), (61, 0.7), (139, 0.9))
"""Strands around the head, and their part of the contrast."""
_ALONG_M = 0.09
"""Over so much of its length a strand changes."""
_FINEST_M = 0.0025
"""Narrower ones, as at the crown where all meet, fade."""
_SEED = 20_23


def contrast(colour: Floats, own: Bools) -> Floats:
    """Measure how strongly colours change along rows, from lock to lock.

    Args:
        colour: (s, s, 3) the portrait, sRGB in [0, 1].
        own: (s, s) where that is the figure's.

    Returns:
        (s, s) standard deviation of the lightness, as a share of it; 0 to `MOST`.
    """
    from scipy.ndimage import gaussian_filter, gaussian_filter1d

    size = len(own)
    weight = own.astype(np.float32)
    light = colour.mean(-1) * weight

    def mean(plane: Floats, wide: float) -> Floats:
        found: Floats = gaussian_filter1d(plane, wide, axis=1, mode="constant")
        return found

    slow = mean(light, _WIDE * size) / np.maximum(mean(weight, _WIDE * size), 1e-6)
    # Single pixels are noise and what is left of lines.
    fine = mean(light, 1.0) / np.maximum(mean(weight, 1.0), 1e-6)
    share = ((fine - slow) / np.maximum(slow, 0.05) * weight).clip(-MOST, MOST)
    spread = gaussian_filter(share**2, _AREA * size, mode="constant")
    area = gaussian_filter(weight, _AREA * size, mode="constant")
    out: Floats = np.sqrt(spread / np.maximum(area, 1e-6)).clip(0, MOST)
    return out


def strands(points: Floats, crown: Floats) -> Floats:
    """Return how much lighter or darker strands are at points of a head, of deviation about 1.

    Args:
        points: (m, 3) metres; y up.
        crown: (3,) where all strands meet.
    """
    away = points - crown
    radius = np.hypot(away[:, 0], away[:, 2])
    turn = np.arctan2(away[:, 0], -away[:, 2]) / (2 * np.pi) + 0.5
    # Along a strand: outward over the crown, then down.
    along = (radius - away[:, 1]) / _ALONG_M
    rng = np.random.Generator(np.random.PCG64(_SEED))
    found = np.zeros(len(points), np.float32)
    for count, part in _OCTAVES:
        table = rng.standard_normal((count, 16)).astype(np.float32)
        wide = 2 * np.pi * radius / count
        fade = ((wide - _FINEST_M) / _FINEST_M).clip(0, 1)
        found += (part * fade * _smooth(table, turn * count, along)).astype(np.float32)
    return found


def _smooth(table: Floats, x: NDArray[np.floating], y: NDArray[np.floating]) -> Floats:
    """Interpolate a table that repeats itself, smoothly."""
    columns, rows = table.shape
    i, j = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    u, v = x - i, y - j
    u, v = u * u * (3 - 2 * u), v * v * (3 - 2 * v)
    a, b, c, d = i % columns, (i + 1) % columns, j % rows, (j + 1) % rows
    near = table[a, c] * (1 - u) + table[b, c] * u
    far = table[a, d] * (1 - u) + table[b, d] * u
    out: Floats = (near * (1 - v) + far * v).astype(np.float32)
    return out


def crown_of(vertices: Floats) -> Floats:
    """Return where strands meet: above the middle of the head, just below its top."""
    top = vertices[vertices[:, 1] > np.quantile(vertices[:, 1], 0.97)]
    out: Floats = np.array(
        [np.median(vertices[:, 0]), np.median(top[:, 1]), np.median(vertices[:, 2])], np.float32
    )
    return out
