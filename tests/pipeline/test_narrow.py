"""A grid that is exact near the surface. Oracle: the whole grid."""

import numpy as np
import pytest
import torch

from panic3d.geometry.meshes import marching_cubes
from panic3d.models.cut_field import CutField
from panic3d.models.raw_density import raw_density
from panic3d.pipeline.narrow import narrow_grid
from panic3d.render.density_grid import sample_grid

BOX, N = 0.7, 64
LIKE = torch.zeros(1)


class Blobs:
    """Two balls and a thin plate in place of what was learned."""

    channels = 3

    def __init__(self):
        self.asked = 0

    def density(self, points):
        self.asked += len(points)
        first = 0.15 - (points - points.new_tensor([0.05, 0.0, 0.0])).norm(dim=-1)
        second = 0.08 - (points - points.new_tensor([-0.15, 0.1, 0.05])).norm(dim=-1)
        plate = 0.02 - (points - points.new_tensor([0.0, -0.2, 0.0])).abs().amax(-1)
        return raw_density(torch.stack([first, second, plate]).amax(0) * 100)

    def value(self, points):
        return torch.full((len(points), 3), 0.5)


def silhouette(size=128):
    """An outline with a strand of three pixels."""
    alpha = torch.zeros(1, size, size)
    alpha[0, 30:100, 30:100] = 1
    alpha[0, 62:65, 10:] = 1
    return alpha


@pytest.mark.parametrize("alpha", [None, silhouette()], ids=["whole", "cut"])
@pytest.mark.parametrize("n", [N, 65])
def test_the_surface_is_that_of_the_whole_grid(alpha, n):
    field = CutField(Blobs(), BOX, alpha)
    whole = sample_grid(field, n, BOX, "fixed")
    narrow = narrow_grid(field, n, BOX, 1.0, LIKE)
    assert narrow is not None
    assert torch.equal(narrow.raw > 1, whole.raw > 1)
    found, expected = (
        marching_cubes(np.pad(grid.raw.numpy(), 1, constant_values=-1000.0), 1.0)
        for grid in (narrow, whole)
    )
    assert np.array_equal(found[1], expected[1])
    assert np.abs(found[0] - expected[0]).max() < 0.2


def test_far_fewer_points_are_asked_for():
    inner = Blobs()
    assert narrow_grid(CutField(inner, BOX, None), 127, BOX, 1.0, LIKE) is not None
    assert inner.asked < 127**3 / 3


def test_a_resolution_that_no_stride_fits_is_left_to_others():
    assert narrow_grid(CutField(Blobs(), BOX, None), 48, BOX, 1.0, LIKE) is None
