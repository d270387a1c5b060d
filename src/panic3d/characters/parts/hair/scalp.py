"""The ground below the hair: a cap over the skull, in the colour of hair, with a hairline."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import PchipInterpolator

from panic3d.characters.parts.hair.guide import Array, Numbers, Skull
from panic3d.characters.parts.hair.paint import UNDER_STRIP, strip_columns
from panic3d.characters.piece import Piece, Surface

CAP_M = 0.0022
"""How far the cap stands off the skin."""

# Azimuth from the front; elevation of the hairline: forehead, temple, sideburn, ear, nape.
_LINE = np.array(
    [
        [0, 39],
        [22, 41],
        [42, 37],
        [54, 27],
        [63, 12],
        [69, -8],
        [75, -16],
        [82, -13],
        [92, -8],
        [106, -10],
        [120, -30],
        [138, -44],
        [160, -50],
        [180, -52],
    ],
    dtype=np.float64,
)
_CURVE = PchipInterpolator(_LINE[:, 0], _LINE[:, 1])


def hairline_deg(azimuth_deg: Numbers, forehead_deg: float = 0.0) -> Array:
    """Return the elevation above which hair grows.

    Args:
        azimuth_deg: 0 in front, 90 at the head's left.
        forehead_deg: raises the line in front.
    """
    turned = np.abs(np.mod(np.asarray(azimuth_deg, np.float64) + 180, 360) - 180)
    found: Array = _CURVE(turned) + forehead_deg * np.clip(1 - turned / 60, 0, 1)
    return found


def make_cap(skull: Skull, surface: Surface, width: int, rng: np.random.Generator) -> Piece:
    """Make the cap.

    Args:
        skull: what it covers.
        surface: has the texture of `paint_hair`.
        width: of that texture, in pixels.
        rng: where the little points of the hairline are.
    """
    columns, rows = 144, 16
    azimuth = np.arange(columns + 1) * (360.0 / columns)
    # Little points all along the edge, as short hair ends in.
    point = np.where(np.arange(columns) % 2 == 0, 0.0, rng.uniform(1.5, 5.0, columns))
    point = point * np.clip(0.35 + np.abs(np.mod(azimuth[:-1] + 180, 360) - 180) / 140, 0, 1)
    line = hairline_deg(azimuth) + np.append(point, point[0])
    t = np.linspace(0, 1, rows)[:, None] ** 1.2
    elevation = line + (90 - line) * t
    offset = CAP_M * (1 - 0.6 * (t == 0))
    places = skull.point(azimuth[None, :], elevation, offset)
    grid = np.arange(rows * (columns + 1)).reshape(rows, columns + 1)
    a, b, c, d = grid[:-1, :-1], grid[:-1, 1:], grid[1:, 1:], grid[1:, :-1]
    faces = np.concatenate(
        [np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)]
    )
    # Back and forth across the strip, so that there is no seam.
    aside = np.abs(np.mod(azimuth / 24.0, 2.0) - 1.0)
    across = strip_columns(np.full(columns + 1, UNDER_STRIP), 0.12 + 0.76 * aside, width)
    down = 0.5 * np.clip((90 - elevation) / 90, 0, 1)
    uvs = np.stack([np.broadcast_to(across, elevation.shape), down], -1)
    return Piece(
        surface=surface,
        positions=places.reshape(-1, 3),
        faces=np.ascontiguousarray(faces, np.int32),
        uvs=uvs.reshape(-1, 2),
        group="Hair",
    )
