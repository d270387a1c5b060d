"""Hair kept within a hood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from panic3d.characters.piece import Piece

_MIDDLE = np.array([0.0, 0.07, 0.0])
"""Of heads, metres; hoods are looked at from here."""
_ABOVE_M = 0.02
"""Cloth higher than this is a hood's."""
_ROOM_M, _SOFT_M = 0.007, 0.012
"""Least distance kept, and how far within hair begins to give way."""
_NEAR = 0.14
"""Angle, radians, beyond which a hood's cloth says nothing: the face's opening is wider."""


def tucked(hair: Sequence[Piece], bust: Sequence[Piece]) -> list[Piece]:
    """Press hair into a hood where it would come through.

    Args:
        hair: at rest.
        bust: body and clothes; without a hood nothing is moved.
    """
    found = [np.zeros((0, 3))]
    for piece in bust:
        if piece.surface.label == "cloth":
            found += [piece.positions, piece.positions[piece.faces].mean(1)]
    cloth = np.concatenate(found)
    cloth = cloth[cloth[:, 1] > _ABOVE_M] - _MIDDLE
    if len(cloth) < 100:
        return list(hair)
    far = np.linalg.norm(cloth, axis=1)
    tree = cKDTree(cloth / far[:, None])
    return [replace(p, positions=_pressed(p.positions, tree, far), normals=None) for p in hair]


def _pressed(
    points: NDArray[np.float64], tree: cKDTree, far: NDArray[np.float64]
) -> NDArray[np.float64]:
    out = points - _MIDDLE
    reach = np.linalg.norm(out, axis=1)
    apart, nearest = tree.query(out / np.maximum(reach, 1e-9)[:, None], k=4)
    limit = far[nearest].min(1) - _ROOM_M
    over = reach - (limit - _SOFT_M)
    soft = limit - _SOFT_M * np.exp(-np.maximum(over, 0.0) / _SOFT_M)
    # Beside the rim hair may come out, by and by.
    share = np.clip((_NEAR - apart[:, 0]) / (0.5 * _NEAR), 0.0, 1.0) * (points[:, 1] > _ABOVE_M)
    kept = np.where(over > 0, reach + (soft - reach) * share, reach)
    result: NDArray[np.float64] = _MIDDLE + out * (kept / np.maximum(reach, 1e-9))[:, None]
    return result
