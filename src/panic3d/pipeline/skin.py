"""Skin or hair: which of them the network sees where the portrait does not say."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

CHEEKS_M = 0.025
"""Around the nose: there it is skin."""
SLICE_M = 0.02
"""Behind the face, in slices of this height, it is hair, or what is worn on it; below it the neck.
"""
_HAIR = (0.5, 0.75)
"""Of the way from the face's colour to the hair's: up to the first it is skin, shaded as faces are
at their sides, from the second on it is none."""
_ALIKE = 0.05
"""Distance of those colours below which they say nothing, and what lies within `_NEAR` of the
face's is skin."""
_NEAR = (0.05, 0.12)


def unlike_skin(
    own: Floats, held: Floats, carried_on: Floats, vertices: Floats, nose_m: Floats
) -> Floats:
    """Say where a head is no skin, by what is seen at its face, and behind at the same height.

    Args:
        own: (v, 3) the network's colours, sRGB in [0, 1].
        held: (v,) how much the portrait shows each vertex, 0 to 1.
        carried_on: (v, 3) the portrait's colours, carried on to all vertices.
        vertices: (v, 3) metres, in the portrait's frame.
        nose_m: (3,) where the nose is there.

    Returns:
        (v,) 0 for skin to 1; 1 everywhere if no face is shown.
    """
    face = (held > 0.5) & (np.hypot(*(vertices[:, :2] - nose_m[:2]).T) < CHEEKS_M)
    if not face.any():
        return np.ones(len(own), np.float32)
    skin = np.median(own[face], axis=0)
    hair = _behind(carried_on, vertices)
    away = np.linalg.norm(own - skin, axis=1)
    share = away / np.maximum(away + np.linalg.norm(own - hair, axis=1), 1e-6)
    alike = np.linalg.norm(hair - skin, axis=1) < _ALIKE
    out: Floats = np.where(alike, _smooth(away, _NEAR), _smooth(share, _HAIR))
    return out


def _behind(colours: Floats, vertices: Floats) -> Floats:
    """Return (v, 3) the colour behind at each vertex's height, of its own side."""
    x, y, z = vertices.T
    back = z <= np.median(z)
    left = x < np.median(x[back])
    number = np.floor(y / SLICE_M).astype(np.int64)
    out = np.zeros_like(colours)
    for side in (left, ~left):
        here = back & side if (back & side).any() else back
        slices = np.unique(number[here])
        found = np.stack([np.median(colours[here & (number == k)], axis=0) for k in slices])
        at = (y[side] / SLICE_M - 0.5).astype(np.float64)
        out[side] = np.stack([np.interp(at, slices, c) for c in found.T], 1)
    return out


def _smooth(x: Floats, ends: tuple[float, float]) -> Floats:
    t = ((x - ends[0]) / (ends[1] - ends[0])).clip(0, 1)
    out: Floats = (t * t * (3 - 2 * t)).astype(np.float32)
    return out
