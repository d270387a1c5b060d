"""The ground below the hair: a cap over the skull, in the colour of hair, with a hairline."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import gaussian_filter1d

from panic3d.characters.parts.hair.guide import Array, Numbers, Skull, smooth
from panic3d.characters.parts.hair.paint import STRIPS, UNDER_STRIP, strip_columns
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
        [102, -12],
        [113, -30],
        [126, -43],
        [142, -49],
        [160, -51],
        [180, -52],
    ],
    dtype=np.float64,
)
_CURVE = PchipInterpolator(_LINE[:, 0], _LINE[:, 1])


def hairline_deg(azimuth_deg: Numbers, nape_deg: float = -52.0) -> Array:
    """Return the elevation above which hair grows.

    Args:
        azimuth_deg: 0 in front, 90 at the head's left.
        nape_deg: elevation of the line at the nape; what lies behind the ears follows it.
    """
    turned = np.abs(np.mod(np.asarray(azimuth_deg, np.float64) + 180, 360) - 180)
    behind = np.clip((turned - 102) / 20, 0, 1)
    found: Array = _CURVE(turned) * (1 + (nape_deg / -52.0 - 1) * behind)
    return found


def make_cap(
    skull: Skull,
    surface: Surface,
    width: int,
    rng: np.random.Generator,
    second_deg: tuple[float, float] | None = None,
    combed_back: bool = False,
    nape_row: float = 0.5,
) -> Piece:
    """Make the cap.

    Args:
        skull: what it covers.
        surface: has the texture of `paint_hair`.
        width: of that texture, in pixels.
        rng: how the hairline wanders.
        second_deg: azimuths, from 0 to 360, between which it has the second colour.
        combed_back: roots lie open all along the forehead: the rows of the texture begin at
            the line.
        nape_row: row of the texture at the nape: above 0.5 it has the colour of tips, as where
            short hair shows it between them.
    """
    columns, rows = 144, 16
    azimuth = np.arange(columns + 1) * (360.0 / columns)
    # No hairline is drawn with a ruler: it wanders by a degree or two.
    wander = gaussian_filter1d(rng.normal(0.0, 4.0, columns), 2.5, mode="wrap")
    line = hairline_deg(azimuth, skull.nape_deg) + np.append(wander, wander[0])
    t = np.linspace(0, 1, rows)[:, None] ** 1.2
    elevation = line + (90 - line) * t
    offset = CAP_M * (1 - 0.6 * (t == 0))
    places = skull.point(azimuth[None, :], elevation, offset)
    # Back and forth across the strip, so that there is no seam.
    aside = 0.12 + 0.76 * np.abs(np.mod(azimuth / 24.0, 2.0) - 1.0)
    down = 0.5 * np.clip((90 - elevation) / 90, 0, 1)
    down = down + (nape_row - 0.5) * smooth(elevation, 4.0, 0.8 * skull.nape_deg)
    if combed_back:
        # At the nape it lies below the tips, and has their colour where a gap shows it.
        turned = np.abs(np.mod(azimuth + 180, 360) - 180)
        behind = smooth(turned, 95.0, 118.0)[None, :]
        tips = down + (0.92 - down) * smooth(elevation, 36.0, 0.2 * skull.nape_deg)
        down = (0.03 + 0.4 * t) * (1 - behind) + tips * behind
    begin, end = (0, 0) if second_deg is None else (round(a * columns / 360) for a in second_deg)
    positions, faces, uvs, start = [], [], [], 0
    # One patch of each colour after another: they share no vertex.
    for first, last, colour in ((0, begin, 0), (begin, end, STRIPS), (end, columns, 0)):
        if last <= first:
            continue
        part = slice(first, last + 1)
        grid = start + np.arange(rows * (last + 1 - first)).reshape(rows, -1)
        a, b, c, d = grid[:-1, :-1], grid[:-1, 1:], grid[1:, 1:], grid[1:, :-1]
        faces += [np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)]
        positions.append(places[:, part].reshape(-1, 3))
        strip = np.full(last + 1 - first, UNDER_STRIP + colour)
        across = np.broadcast_to(strip_columns(strip, aside[part], width), grid.shape)
        uvs.append(np.stack([across, down[:, part]], -1).reshape(-1, 2))
        start += grid.size
    return Piece(
        surface=surface,
        positions=np.concatenate(positions),
        faces=np.ascontiguousarray(np.concatenate(faces), np.int32),
        uvs=np.concatenate(uvs),
        group="Hair",
    )
