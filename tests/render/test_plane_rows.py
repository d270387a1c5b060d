"""Planes sampled as rows: the twin of `sample_planes`, to learn through."""

import pytest
import torch

from panic3d.errors import ShapeError
from panic3d.render.plane_rows import mean_of_planes
from panic3d.render.triplane import sample_planes

BOX = 0.7


@pytest.mark.parametrize("depth", [1, 3])
def test_values_and_gradients_are_those_of_the_twin(depth):
    """Oracle: `sample_planes`; points reach beyond the planes and their layers."""
    gen = torch.Generator().manual_seed(depth)
    planes = torch.randn(2, 3 * 5 * depth, 12, 16, generator=gen, requires_grad=True)
    points = (torch.rand(2, 400, 3, generator=gen) - 0.5) * (1.3 * BOX)
    pull = torch.randn(2, 400, 5, generator=gen)
    theirs = sample_planes(planes, points, depth=depth, box_m=BOX).mean(1)
    (want,) = torch.autograd.grad((theirs * pull).sum(), planes)
    mine = mean_of_planes(planes.chunk(3, 1), points, depth=depth, box_m=BOX)
    (found,) = torch.autograd.grad((mine * pull).sum(), planes)
    torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(found, want, rtol=1e-4, atol=1e-5)
    outside = points.abs().amax(-1) > BOX / 2 * 1.2
    assert outside.any() and bool((want != 0).any())


def test_planes_may_lie_in_memory_as_convolutions_leave_them():
    planes = torch.randn(1, 9, 8, 8).to(memory_format=torch.channels_last).bfloat16()
    points = torch.rand(1, 20, 3) * 0.2
    mine = mean_of_planes(planes.chunk(3, 1), points, depth=3, box_m=BOX)
    theirs = sample_planes(planes.float().contiguous(), points, depth=3, box_m=BOX).mean(1)
    torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-5)


def test_shapes_that_do_not_fit_are_refused():
    planes, points = torch.zeros(1, 6, 8, 8), torch.zeros(1, 4, 3)
    with pytest.raises(ShapeError, match="2 planes"):
        mean_of_planes([planes, planes], points, depth=3, box_m=BOX)
    with pytest.raises(ShapeError, match="multiple of 4"):
        mean_of_planes([planes] * 3, points, depth=4, box_m=BOX)
