"""Sampling planes: two twins and a slow formula."""

import numpy as np
import pytest
import torch

from panic3d.errors import ShapeError
from panic3d.render.triplane import PlaneTable, plane_axes, sample_planes

BOX = 0.7


def made_up(width, depth, resolution, n=1, seed=0):
    generator = torch.Generator().manual_seed(seed)
    planes = torch.randn(n, 3 * width * depth, resolution, resolution, generator=generator)
    points = (torch.rand(n, 200, 3, generator=generator) - 0.5) * 1.6 * BOX
    return planes, points


def slow_sample(planes, point, depth, distinct):
    """One point of one scene, every texel by itself, in float64; returns (3, features)."""
    channels, r, _ = planes.shape
    width = channels // (3 * depth)
    q = point * 2 / BOX
    out = np.zeros((3, width))
    for plane, axes in enumerate(plane_axes(distinct)):
        sizes = (r, r, depth)
        where = [((q[a] + 1) * s - 1) / 2 for a, s in zip(axes, sizes, strict=True)]
        for feature in range(width):
            for layer in range(depth):
                for row in range(r):
                    for column in range(r):
                        shares = [
                            max(0.0, 1 - abs(w - cell))
                            for w, cell in zip(where, (column, row, layer), strict=True)
                        ]
                        if depth == 1:
                            shares[2] = 1.0
                        channel = plane * width * depth + feature * depth + layer
                        out[plane, feature] += np.prod(shares) * planes[channel, row, column]
    return out


@pytest.mark.parametrize("depth", [1, 3])
@pytest.mark.parametrize("distinct", [True, False])
def test_sampling_follows_the_slow_formula(depth, distinct):
    """Oracle: the sum over all texels of linear weights."""
    planes, points = made_up(2, depth, 4)
    found = sample_planes(planes, points, depth=depth, box_m=BOX, distinct=distinct)
    for k in range(0, 200, 25):
        slow = slow_sample(
            planes[0].double().numpy(), points[0, k].double().numpy(), depth, distinct
        )
        assert np.allclose(found[0, :, k].numpy(), slow, atol=1e-5)


@pytest.mark.parametrize("depth", [1, 2, 3, 5])
@pytest.mark.parametrize("width", [3, 16])
@pytest.mark.parametrize("distinct", [True, False])
@pytest.mark.parametrize("reach", [0.9, 1.6, 40.0])
def test_the_table_equals_its_differentiable_twin(depth, width, distinct, reach):
    """Oracle: grid_sample, inside the box, across its border and far outside."""
    planes, points = made_up(width, depth, 16)
    points = points * reach
    options = {"depth": depth, "box_m": BOX, "distinct": distinct}
    slow = sample_planes(planes, points, **options)[0].mean(0)
    assert torch.allclose(
        PlaneTable(planes[0], **options).mean_features(points[0]), slow, atol=3e-6
    )


def test_points_that_are_no_numbers_see_nothing():
    table = PlaneTable(made_up(4, 3, 8)[0][0], depth=3, box_m=BOX)
    points = torch.tensor([[torch.nan, 0, 0], [torch.inf, 0, 0], [0, -torch.inf, 0]])
    assert table.mean_features(points).isfinite().all()


def test_no_points_give_no_features():
    table = PlaneTable(made_up(4, 3, 8)[0][0], depth=3, box_m=BOX)
    assert table.mean_features(torch.zeros(0, 3)).shape == (0, 4)


def test_layers_fade_beyond_the_outer_ones():
    """Oracle: three layers sit at -2/3, 0, 2/3; weight 0.8 at 0.8, 0.5 at 1, 0 at 4/3."""
    planes = torch.ones(1, 9, 8, 8)
    planes[:, 3:] = 0  # plane 0 alone, whose layers lie along z
    z = torch.tensor([0.0, 2 / 3, 0.8, 1.0, 4 / 3]) * BOX / 2
    points = torch.stack([torch.zeros(5), torch.zeros(5), z], -1)[None]
    found = sample_planes(planes, points, depth=3, box_m=BOX)[0, 0, :, 0]
    assert torch.allclose(found, torch.tensor([1.0, 1.0, 0.8, 0.5, 0.0]), atol=1e-5)


def test_scenes_of_a_batch_do_not_mix():
    planes, points = made_up(4, 3, 8, n=2)
    both = sample_planes(planes, points, depth=3, box_m=BOX)
    alone = sample_planes(planes[1:], points[1:], depth=3, box_m=BOX)
    assert torch.allclose(both[1:], alone, atol=1e-6)


def test_gradients_reach_planes_and_points():
    """Oracle: finite differences."""
    planes, points = (x.double() for x in made_up(2, 3, 4))
    inputs = (planes.requires_grad_(), (points[:, :5] * 0.4).requires_grad_())
    assert torch.autograd.gradcheck(lambda p, x: sample_planes(p, x, depth=3, box_m=BOX), inputs)


@pytest.mark.parametrize(
    "planes, points",
    [((1, 10, 4, 4), (1, 5, 3)), ((1, 9, 4, 4), (1, 5, 2)), ((2, 9, 4, 4), (1, 5, 3))],
)
def test_wrong_shapes_are_refused_in_words(planes, points, unchecked):
    with pytest.raises(ShapeError, match="expected"):
        sample_planes(torch.zeros(planes), torch.zeros(points), depth=3, box_m=BOX)


def test_planes_too_large_for_a_table_are_refused(unchecked):
    with pytest.raises(ShapeError, match="too large"):
        PlaneTable(torch.zeros(1).expand(12, 2400, 2400), depth=1, box_m=BOX)


def test_planes_too_large_for_a_table_still_make_a_field():
    from panic3d.models.decoder import Decoder
    from panic3d.models.fields import PlaneField, make_field

    decoder = Decoder(1).requires_grad_(False)
    planes = torch.zeros(1).expand(3, 2400, 2400)
    field = make_field(planes, decoder, depth=1, box_m=BOX, distinct=True)
    assert isinstance(field, PlaneField)
