"""Which parts of the head box can hold anything: a coarse grid that rays consult before a field.

The grid is taken from samples of the field itself and grown by a margin, so it only saves work:
all it can lose is what is thinner than the distance of two samples and stands alone. At most 254
cells along an axis, so that indices stay exact in float32.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from panic3d.checks import check_shape

COARSER = 4
"""Cells along an axis that make one cell of the grid that rays are tested against."""


class Occupancy:
    """Boolean cells over the head box, plus what lies above and below it."""

    def __init__(self, cells: Bool[Tensor, "n n n"], box_m: float) -> None:
        """Keep the cells.

        Args:
            cells: axes x, y, z; cell i spans [i, i + 1) / n of the box.
            box_m: side of the box, metres.
        """
        self.cells = cells
        self.box_m = box_m
        # A border of occupied cells answers for everything outside the box.
        padded = functional.pad(cells.to(torch.uint8), (1,) * 6, value=1)
        self._flat = padded.flatten().bool()
        self._coarse: Occupancy | None = None

    @property
    def fraction(self) -> float:
        """Share of the box that is occupied."""
        return float(self.cells.float().mean())

    def may_hold(self, points: Float[Tensor, "*m 3"]) -> Bool[Tensor, "*m"]:
        """Return which points lie in occupied cells; outside the box all do."""
        return self._look_up(*points.unbind(-1))

    def along_rays(
        self,
        origins: Float[Tensor, "rays 3"],
        directions: Float[Tensor, "rays 3"],
        depths: Float[Tensor, "rays n"],
    ) -> Bool[Tensor, "rays n"]:
        """Return which points of rays lie in occupied cells; see `may_hold`.

        Axis by axis, so that no list of points is made.
        """
        return self._look_up(*(ray_axis(origins, directions, depths, axis) for axis in range(3)))

    def _look_up(self, *axes: Tensor) -> Tensor:
        n = self.cells.shape[0]
        index: Tensor | None = None
        for x in axes:
            cell = (x.float() * (n / self.box_m)).add_(n / 2 + 1).floor_().clamp_(0, n + 1)
            # Integers below 2**24 are exact in float32.
            index = cell if index is None else index.mul_(n + 2).add_(cell)
        assert index is not None
        found = self._flat.index_select(0, index.flatten().to(torch.int32))
        return found.reshape(index.shape)

    def for_rays(self) -> Occupancy:
        """Return coarser cells, grown so that a ray cannot slip past an occupied cell.

        Looking at a ray once per coarse cell's length meets every occupied fine cell it crosses.
        """
        if self._coarse is None:
            n = self.cells.shape[0]
            factor = COARSER if n % COARSER == 0 else 1
            grid = self.cells.float()[None, None]
            coarse = functional.max_pool3d(grid, factor)[0, 0] > 0
            self._coarse = Occupancy(_grow(coarse, 1), self.box_m)
        return self._coarse


def ray_axis(origins: Tensor, directions: Tensor, depths: Tensor, axis: int) -> Tensor:
    """Return one coordinate of the points at some depths along rays, (rays, n)."""
    return (depths * directions[:, axis, None]).add_(origins[:, axis, None])


def occupancy_of_grid(
    alive: Bool[Tensor, "n n n"], box_m: float, *, cells: int, grow: int = 1
) -> Occupancy:
    """Build cells from a dense grid of samples that spans the box face to face.

    Args:
        alive: which samples hold something; sample i of N lies at i / (N - 1) of the box.
        box_m: side of the box, metres.
        cells: cells along each axis, at most N.
        grow: cells by which the result is widened, for what lies between samples.
    """
    n = check_shape("alive", alive.float(), "N N N")["N"]
    # A cell covers samples from floor to ceil of its two faces.
    faces = torch.arange(cells + 1, dtype=torch.float64) * (n - 1) / cells
    first, last = faces[:-1].floor().long(), faces[1:].ceil().long()
    out = alive
    longest = int((last - first).max())
    for axis in range(3):
        pooled = out.index_select(axis, first.to(out.device))
        for k in range(1, longest + 1):
            pooled |= out.index_select(axis, torch.minimum(first + k, last).to(out.device))
        out = pooled
    return Occupancy(_grow(out, grow), box_m)


def _grow(cells: Tensor, by: int) -> Tensor:
    if by == 0:
        return cells
    grid = cells.float()[None, None]
    for axis in range(3):  # a cube is the product of three lines
        kernel = [1, 1, 1]
        kernel[axis] = 2 * by + 1
        grid = functional.max_pool3d(grid, kernel, 1, [k // 2 for k in kernel])
    return grid[0, 0] > 0
