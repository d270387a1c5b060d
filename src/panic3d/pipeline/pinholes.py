"""Pinholes in a head: places where one sees through it although the portrait does not.

Fields are uncertain where locks meet, and leave holes a few voxels wide. One that is small and
surrounded is filled, from the depth of what surrounds it in front to that behind.
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float32
from numpy.typing import NDArray

from panic3d.render.density_grid import DensityGrid

LARGEST_M2 = 5e-4
"""Of a hole that is filled: two thumbs' nails. Larger ones are past mending so simply."""
SPECK_M2 = 1.5e-5
"""A hole this small is no hole, whatever the matte says."""
OPAQUE = 0.9
"""Mean alpha of the portrait within a hole that it does not show."""


def plugged(
    grid: DensityGrid, level: float, alpha: Float32[np.ndarray, "s s"] | None
) -> DensityGrid:
    """Fill small holes through which one sees from the front.

    Args:
        grid: sampled in ``fixed`` mode.
        level: raw density at the surface.
        alpha: the portrait's matte, as wide as the grid; None knows no better.

    Returns:
        The same grid if there are none.
    """
    from scipy.ndimage import binary_dilation, label

    n = grid.resolution
    solid = grid.raw > level
    covered = solid.any(2).cpu().numpy()  # x, y
    parts, count = label(~covered)
    cell = (grid.box_m / (n - 1)) ** 2
    sizes = np.bincount(parts.reshape(-1), minlength=count + 1) * cell
    border = np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]])
    small = np.setdiff1d(np.flatnonzero(sizes <= LARGEST_M2), [0, *np.unique(border)])
    if not len(small):
        return grid
    opaque = None if alpha is None else _on_grid(alpha, n)
    raw = grid.raw.clone()
    inside = float(raw.max())
    for k in small:
        hole = parts == k
        if opaque is not None and sizes[k] > SPECK_M2 and opaque[hole].mean() < OPAQUE:
            continue
        rim = torch.from_numpy(binary_dilation(hole, np.ones((3, 3), bool)) & covered)
        beside = solid[rim.to(solid.device)].int()  # columns next to the hole
        first = beside.argmax(1).float().median()
        last = (n - 1 - beside.flip(1).argmax(1)).float().median()
        raw[torch.from_numpy(hole).to(raw.device), int(first) : int(last) + 1] = inside
    return grid._replace(raw=raw)


def _on_grid(alpha: Float32[np.ndarray, "s s"], n: int) -> NDArray[np.float32]:
    """Return the matte at a grid's x and y, from its lowest corner."""
    place = (np.arange(n) / (n - 1) * len(alpha)).astype(int).clip(0, len(alpha) - 1)
    out: NDArray[np.float32] = alpha[place[::-1][None, :], place[:, None]]
    return out
