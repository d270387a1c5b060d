import pytest
import torch

from panic3d.errors import ConfigError
from panic3d.geometry.grids import grid_point, grid_points, grid_slab

BOX = 0.7


@pytest.mark.parametrize(
    ("flat", "expected"),
    [(1, (-0.349818, -0.347083, -0.303333)), (4095, (0.396484, 0.393750, 0.350000))],
)
def test_the_papers_grid_has_the_worked_values(flat, expected):
    """Oracle: the original code, 16 points along an axis."""
    points = grid_points(16, BOX, "paper").reshape(-1, 3)
    assert points[flat].tolist() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("n", [2, 5, 16])
def test_the_papers_grid_is_sheared(n):
    """Oracle: x = i + j / N + k / N^2, y = j + k / N, z = k, in steps of box / (N - 1)."""
    points = grid_points(n, BOX, "paper").double()
    axis = torch.arange(n, dtype=torch.float64)
    i, j, k = torch.meshgrid(axis, axis, axis, indexing="ij")
    steps = torch.stack([i + j / n + k / n**2, j + k / n, k], -1)
    torch.testing.assert_close(points, steps * BOX / (n - 1) - BOX / 2, atol=2e-6, rtol=0.0)


def test_the_papers_grid_keeps_its_place_at_the_papers_resolution():
    """Oracle: the closed form at the corners and at random among 256^3 points."""
    index = torch.randint(256, (1000, 3), generator=torch.Generator().manual_seed(0))
    corners = torch.cartesian_prod(*[torch.tensor([0, 255])] * 3)
    i, j, k = torch.cat([index, corners]).unbind(1)
    found = grid_point(i, j, k, 256, BOX, "paper").double()
    x, y = i + j / 256 + k / 256**2, j + k / 256
    expected = torch.stack([x, y, k.double()], -1).double() * BOX / 255 - BOX / 2
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=0.0)


@pytest.mark.parametrize("n", [2, 7, 32])
@pytest.mark.parametrize("box", [0.7, 3.0])
def test_the_fixed_grid_is_even_and_touches_the_faces(n, box):
    """Oracle: linspace along each axis."""
    points = grid_points(n, box, "fixed")
    assert points.shape == (n, n, n, 3)
    assert points.dtype == torch.float32
    line = torch.linspace(-box / 2, box / 2, n)
    for axis in range(3):
        shape = [1, 1, 1]
        shape[axis] = n
        expected = line.reshape(shape).expand(n, n, n)
        torch.testing.assert_close(points[..., axis], expected, atol=1e-6, rtol=0.0)
        assert points[..., axis].min().item() == pytest.approx(-box / 2, abs=1e-7)
        assert points[..., axis].max().item() == pytest.approx(box / 2, rel=1e-6)


@pytest.mark.parametrize("mode", ["paper", "fixed"])
@pytest.mark.parametrize(("first", "last"), [(0, 1), (3, 7), (8, 9), (0, 9), (4, 4)])
def test_a_slab_is_its_part_of_the_whole(mode, first, last):
    """Oracle: the whole grid, to the last bit."""
    whole = grid_points(9, BOX, mode)
    assert torch.equal(grid_slab(9, first, last, BOX, mode), whole[first:last])


@pytest.mark.parametrize("mode", ["paper", "fixed"])
def test_points_of_single_indices_are_those_of_the_whole(mode):
    """Oracle: the whole grid, to the last bit."""
    i, j, k = torch.randint(9, (3, 20), generator=torch.Generator().manual_seed(0))
    assert torch.equal(grid_point(i, j, k, 9, BOX, mode), grid_points(9, BOX, mode)[i, j, k])


@pytest.mark.parametrize("resolution", [-1, 0, 1, 1025])
def test_a_resolution_out_of_range_is_refused(resolution):
    with pytest.raises(ConfigError, match="2 to 1024"):
        grid_points(resolution, BOX, "fixed")
