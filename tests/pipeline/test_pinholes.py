"""Filling holes one sees through. The scene: a plate with holes, seen from the front."""

import numpy as np
import pytest
import torch

from panic3d.pipeline.pinholes import plugged
from panic3d.render.density_grid import DensityGrid

N, BOX = 64, 0.7
CELL = BOX / (N - 1)


@pytest.fixture
def grid():
    """A plate of 4 cells; holes of 2 x 2 and 12 x 12 cells, and a notch at its edge."""
    raw = torch.full((N, N, N), -1000.0)
    raw[10:54, 10:54, 30:34] = 100.0
    raw[20:22, 30:32] = -1000.0
    raw[36:48, 30:42] = -1000.0
    raw[30:33, 50:54] = -1000.0
    return DensityGrid(raw, BOX, "fixed")


def seen_through(grid):
    covered = (grid.raw > 0).any(2).numpy()
    return not covered[20, 30], not covered[40, 35], not covered[31, 52]


def test_a_small_hole_that_the_portrait_does_not_show_is_filled(grid):
    found = plugged(grid, 0.0, np.ones((128, 128), np.float32))
    assert seen_through(found) == (False, True, True)
    filled = torch.nonzero(found.raw[20, 30] > 0)[:, 0]
    assert filled.tolist() == [30, 31, 32, 33]
    assert seen_through(grid)[0]  # what was given is as it was


def test_a_hole_that_the_portrait_shows_stays(grid):
    alpha = np.ones((128, 128), np.float32)
    row, column = round((1 - 30.5 / 63) * 128), round(20.5 / 63 * 128)
    alpha[row - 4 : row + 4, column - 4 : column + 4] = 0
    assert plugged(grid, 0.0, alpha) is grid or seen_through(plugged(grid, 0.0, alpha))[0]
    mirrored = alpha[:, ::-1].copy()
    assert not seen_through(plugged(grid, 0.0, mirrored))[0]


def test_without_a_matte_small_holes_are_filled(grid):
    assert seen_through(plugged(grid, 0.0, None)) == (False, True, True)


def test_a_solid_is_left_alone():
    raw = torch.full((N, N, N), -1000.0)
    raw[10:20, 10:20, 10:20] = 5.0
    grid = DensityGrid(raw, BOX, "fixed")
    assert plugged(grid, 0.0, None) is grid
