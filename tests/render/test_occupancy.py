"""The grid that lets rays skip emptiness must never hide anything."""

import pytest
import torch

from panic3d.geometry.grids import grid_points
from panic3d.render.occupancy import Occupancy, occupancy_of_grid

BOX = 0.7


@pytest.mark.parametrize("n, cells", [(16, 16), (16, 8), (33, 8), (64, 20)])
def test_every_living_sample_lies_in_an_occupied_cell(n, cells):
    """Invariant: coarsening only ever adds."""
    alive = torch.rand(n, n, n, generator=torch.Generator().manual_seed(n)) < 0.01
    held = occupancy_of_grid(alive, BOX, cells=cells, grow=0)
    points = grid_points(n, BOX, "fixed")[alive]
    assert held.may_hold(points).all()
    assert held.fraction < 1


def test_one_sample_occupies_its_cell_and_what_growing_adds():
    alive = torch.zeros(16, 16, 16, dtype=torch.bool)
    alive[5, 9, 2] = True
    bare = occupancy_of_grid(alive, BOX, cells=15, grow=0)
    grown = occupancy_of_grid(alive, BOX, cells=15, grow=1)
    assert bare.cells.sum() == 8  # a sample on the corner of eight cells
    assert grown.cells.sum() == 4**3


def test_everything_outside_the_box_may_hold_something():
    nothing = Occupancy(torch.zeros(4, 4, 4, dtype=torch.bool), BOX)
    points = torch.tensor([[0.0, 0.0, 0.0], [0.36, 0.0, 0.0], [0.0, -9.0, 0.0]])
    assert nothing.may_hold(points).tolist() == [False, True, True]


def test_axes_are_not_mixed_up():
    cells = torch.zeros(4, 4, 4, dtype=torch.bool)
    cells[0, 1, 3] = True
    points = torch.tensor([[-0.3, -0.1, 0.3], [0.3, -0.1, -0.3], [-0.1, -0.3, 0.3]])
    assert Occupancy(cells, BOX).may_hold(points).tolist() == [True, False, False]


def test_no_ray_slips_past_an_occupied_cell():
    """Oracle: the fine cells themselves, asked at a hundred points per cell."""
    generator = torch.Generator().manual_seed(1)
    cells = torch.rand(32, 32, 32, generator=generator) < 0.002
    fine = Occupancy(cells, BOX)
    coarse = fine.for_rays()
    step = BOX / coarse.cells.shape[0]
    start = (torch.rand(300, 3, generator=generator) - 0.5) * BOX
    aim = torch.nn.functional.normalize(torch.randn(300, 3, generator=generator), dim=-1)
    slow = torch.arange(0, 1.0, BOX / 32 / 100)
    quick = torch.arange(0, 1.0 + step, step)

    def met(grid, depths):
        points = start[:, None] + depths[:, None] * aim[:, None]
        inside = (points.abs() <= BOX / 2).all(-1)
        return (grid.may_hold(points) & inside).any(-1)

    truth = met(fine, slow)
    assert truth.any() and not truth.all()
    assert (met(coarse, quick) | ~truth).all()
