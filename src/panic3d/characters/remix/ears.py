"""Ears: drawn in below hair, where crumbs of skin would come through; drawn out into points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter
from scipy.spatial import cKDTree

from panic3d.characters.piece import Piece

Points = NDArray[np.float64]

_EAR_CELL_M, _UNDER_M, _DRAWN_IN_M = 0.004, 0.003, 0.012
_COVERED = 0.8
"""Share of an ear from which on hair covers it: the rest would be crumbs of skin in the hair."""
_WITHIN = ((1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1), (1, 1, 0), (0, 1, 1), (1, 0, 1))
"""Weights of the corners of a triangle: where hair is felt for."""


def ears_under_hair(pieces: Sequence[Piece]) -> list[Piece]:
    """Draw ears that hair covers almost wholly in below it.

    Args:
        pieces: of a head with its hair; ears are told by their label.
    """
    hair = [piece for piece in pieces if piece.surface.label == "hair"]
    found = list(pieces)
    ears = [k for k, piece in enumerate(pieces) if piece.surface.label == "ear"]
    if not hair or not ears:
        return found
    low, high = (np.stack([f(pieces[k].positions, axis=0) for k in ears]) for f in (np.min, np.max))
    low, high = low.min(0) - 0.012, high.max(0) + 0.012
    shape = np.ceil((high - low)[1:] / _EAR_CELL_M).astype(np.int64) + 1
    clouds = []
    for piece in hair:
        corners = piece.positions[piece.faces]
        corners = corners[((corners > low) & (corners < high))[..., 1:].any(1).all(1)]
        clouds += [
            (a * corners[:, 0] + b * corners[:, 1] + c * corners[:, 2]) / (a + b + c)
            for a, b, c in _WITHIN
        ]
    cloud = np.concatenate(clouds)
    cloud = cloud[((cloud > low) & (cloud < high))[:, 1:].all(1)]
    for k in ears:
        place = pieces[k].positions.copy()
        for side in (1.0, -1.0):
            rows = np.flatnonzero(side * place[:, 0] > 0)
            outer = np.full(shape, -np.inf)
            own = cloud[side * cloud[:, 0] > 0.04]
            i, j = np.round((own[:, 1:] - low[1:]) / _EAR_CELL_M).astype(np.int64).T
            np.maximum.at(outer, (i, j), side * own[:, 0])
            for _ in range(2):
                outer = np.where(np.isfinite(outer), outer, maximum_filter(outer, 3))
            i, j = np.round((place[rows, 1:] - low[1:]) / _EAR_CELL_M).astype(np.int64).T
            out, over = side * place[rows, 0], outer[i, j]
            if len(rows) and (over > out).mean() > _COVERED:
                aim = np.maximum(np.minimum(out, over - _UNDER_M), out - _DRAWN_IN_M)
                place[rows, 0] = side * aim
        found[k] = replace(pieces[k], positions=place)
    return found


_TIP_DEG, _REACH_RAD, _POWER = 60.0, 0.95, 1.3
"""Where on an ear's outline its point grows, from its back upwards; how wide, and how pointed."""
_GROWN_M = 0.008
"""From the ear's root: the skin of the head stays in its place."""


def pointed(ear: Points, rest: Points, point: float) -> Points:
    """Draw the upper backs of ears out into points.

    Args:
        ear: the vertices of both ears.
        rest: of the head's skin, on which they grow.
        point: 0 as they are, 1 the longest of elves.
    """
    found = ear.copy()
    free = np.clip(cKDTree(rest).query(ear)[0] / _GROWN_M, 0.0, 1.0)
    for side in (1.0, -1.0):
        rows = np.flatnonzero(side * ear[:, 0] > 0)
        if not len(rows):
            continue
        own = ear[rows]
        low, high = own.min(0), own.max(0)
        size = high[1] - low[1]
        back, up = (low[2] + high[2]) / 2 - own[:, 2], own[:, 1] - (low[1] + high[1]) / 2
        off = np.arctan2(up, back * size / max(high[2] - low[2], 1e-6)) - np.radians(_TIP_DEG)
        tip = np.clip(1 - np.abs(np.angle(np.exp(1j * off))) / _REACH_RAD, 0.0, 1.0) ** _POWER
        far = np.clip(np.hypot(2 * up / size, 2 * back / (high[2] - low[2])), 0.0, 1.0)
        drawn = point * size * tip * far**1.5 * free[rows]
        found[rows] += drawn[:, None] * np.array([side * 0.55, 0.62, -0.85])
    return found
