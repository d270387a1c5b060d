"""Hiding where the portrait's colours end and the field's begin.

A network's colours are not quite the portrait's. The difference where the two meet is carried on
over the surface that the portrait does not show, ever weaker: the field keeps its own changes of
colour and takes on the portrait's tint.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from panic3d.geometry.smoothing import neighbours

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

STIFFNESS = 4.0
"""How much alike neighbours are, against how much a vertex holds on to what is known of it."""
FADE = 0.01
"""Pull towards no difference; it is half gone after about a hand's breadth."""
UNLIKELY = 0.5
"""A difference this large is rather the wrong thing seen than the wrong tint."""


def carried(differences: Floats, known: NDArray[np.bool_], faces: Ints) -> Floats:
    """Carry differences of colour from the vertices that know theirs to all.

    Args:
        differences: (v, 3); those that are not known have no say.
        known: (v,).
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
    size = np.linalg.norm(differences, axis=1)
    hold = np.where(known, 1 / (1 + (size / UNLIKELY) ** 2), 0)
    system = diags(STIFFNESS * degree + hold + FADE) - STIFFNESS * links
    found = splu(system.tocsc()).solve(hold[:, None] * differences.astype(np.float64))
    out: Floats = found.astype(np.float32)
    return out
