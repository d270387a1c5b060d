"""Hiding where the portrait's colours end and the field's begin.

A network's colours are not quite the portrait's. The difference where the two meet is carried on
over the surface that the portrait does not show, ever weaker: the field keeps its own changes of
colour and takes on the portrait's tint.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from panic3d.geometry.components import areas
from panic3d.geometry.smoothing import neighbours

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

BLUR_M = 0.015
"""Over about so much of the surface what is known is averaged."""
FADE_M = 0.15
"""About so far from what is known a difference has fallen to a third."""
UNLIKELY = 0.5
"""A difference this large is rather the wrong thing seen than the wrong tint."""


def carried(differences: Floats, known: NDArray[np.bool_], vertices: Floats, faces: Ints) -> Floats:
    """Carry differences of colour from the vertices that know theirs to all.

    Args:
        differences: (v, 3); those that are not known have no say.
        known: (v,).
        vertices: (v, 3) metres.
        faces: (f, 3).

    Returns:
        (v, 3).

    Source: Pérez et al., Poisson image editing, SIGGRAPH 2003, on a surface and with soft borders.
    """
    from scipy.sparse import diags
    from scipy.sparse.linalg import splu

    if not known.any():
        return np.zeros_like(differences)
    links: Any = neighbours(faces, len(known)).astype(np.float64)
    degree = np.asarray(links.sum(1)).ravel()
    area = np.bincount(faces.reshape(-1), np.repeat(areas(vertices, faces) / 3, 3), len(known))
    size = np.linalg.norm(differences, axis=1)
    hold = np.where(known, 1 / (1 + (size / UNLIKELY) ** 2), 0) / BLUR_M**2
    # Between neighbours of triangles of equal sides a weight of 1 is that of a Laplacian times 3
    # to the power of a half. A vertex that is in no triangle needs some pull of its own.
    mass = np.sqrt(3) * area + 1e-12
    system = diags(degree + mass * (hold + 1 / FADE_M**2)) - links
    known_part = (mass * hold)[:, None] * differences.astype(np.float64)
    found = splu(system.tocsc()).solve(known_part)
    out: Floats = found.astype(np.float32)
    return out
