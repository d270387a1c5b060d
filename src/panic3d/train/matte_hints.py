"""What is known of a picture before it is matted: a coarser look at more of it, or its faces."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32
from PIL import Image
from scipy import ndimage

from panic3d.geometry.face_hull import face_area
from panic3d.train.compose import Canvas

_SHOWN = 0.4
"""Of a face's box; of one that is hidden farther, nobody knows."""
_FINEST, _COARSEST = 1.6, 8.0
"""Pixels of the close look for one of the coarse one."""


def coarse_look(
    matte: Float32[np.ndarray, "s s"], rng: np.random.Generator
) -> Float32[np.ndarray, "s s"]:
    """Return alpha as a coarse look might have found it: blurred, uncertain, wrong in places.

    Args:
        matte: the truth, 0 to 1.
        rng: says how coarse the look was and what it got wrong.
    """
    size = len(matte)
    factor = float(np.exp(rng.uniform(np.log(_FINEST), np.log(_COARSEST))))
    small = max(round(size / factor), 4)
    alpha = _sized(matte, small)
    if rng.random() < 0.3:  # gaps between strands are closed, or thin strands are lost
        change = ndimage.grey_closing if rng.random() < 0.7 else ndimage.grey_opening
        alpha = change(alpha, (3, 3))
    logits = np.log((alpha + 0.02) / (1.02 - alpha)) * float(rng.uniform(0.6, 1.8))
    unsure = ndimage.gaussian_filter(
        rng.standard_normal((small, small), np.float32), float(rng.uniform(1, 4))
    )
    unsure *= float(rng.uniform(0, 2.0)) / max(float(unsure.std()), 1e-6)
    logits += unsure * (0.2 + 3.2 * alpha * (1 - alpha))  # most at edges
    alpha = 1 / (1 + np.exp(-logits))
    for _ in range(int(rng.poisson(1.2))):
        alpha = _mistaken(alpha.astype(np.float32), rng)
    return _sized(alpha.astype(np.float32), size).clip(0, 1)


def faces_seen(
    canvas: Canvas, rng: np.random.Generator, missed: float = 0.1
) -> Float32[np.ndarray, "s s"]:
    """Return 1 where faces are, as inexact as those that networks find; elsewhere 0.

    Args:
        canvas: a picture.
        rng: says how inexact.
        missed: share of faces that are not found.
    """
    found = np.zeros((canvas.size, canvas.size), np.float32)
    for face in canvas.faces:
        if rng.random() < missed or canvas.shown(face) < _SHOWN:
            continue
        side = float(np.ptp(face.points, axis=0).max())
        middle = face.points.mean(0)
        points = middle + (face.points - middle) * rng.uniform(0.88, 1.06)
        points += rng.normal(0, 0.03, 2) * side
        found[face_area(points, canvas.size, canvas.size)] = 1
    return found


def _mistaken(
    alpha: Float32[np.ndarray, "s s"], rng: np.random.Generator
) -> Float32[np.ndarray, "s s"]:
    """Put another alpha into a blob."""
    size = len(alpha)
    x, y = rng.uniform(0, size, 2)
    wide, high = size * np.exp(rng.uniform(np.log(0.02), np.log(0.25), 2))
    down, across = np.mgrid[:size, :size] + 0.5
    far = np.hypot((across - x) / wide, (down - y) / high)
    far = (
        far
        + 0.3 * ndimage.gaussian_filter(rng.standard_normal((size, size)), size / 20) * size / 20
    )
    share = (1.5 - far).clip(0, 1)
    value = rng.choice([0.02, 0.98, rng.uniform(0.1, 0.9)])
    return (alpha + share * (value - alpha)).astype(np.float32)


def _sized(plane: Float32[np.ndarray, "s s"], size: int) -> Float32[np.ndarray, "t t"]:
    """Return a plane of another size: means of what becomes one, straight lines between."""
    image = Image.fromarray(plane)
    return np.asarray(image.resize((size, size), Image.Resampling.BILINEAR))
