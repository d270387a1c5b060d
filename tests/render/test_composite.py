"""The integral over one ray."""

import math

import pytest
import torch

from panic3d.render.composite import (
    EMPTY,
    interval_weights,
    mean_depth,
    sample_weights,
    unit_opacity,
)


def test_the_worked_ray_comes_out():
    """Oracle: worked by hand from the formula."""
    depths = torch.tensor([[0.5, 0.8, 1.1, 1.4]])
    weights = interval_weights(torch.tensor([[0.0, 2.0, 5.0, 1.0]]), depths)
    assert torch.allclose(weights, torch.tensor([[0.187748, 0.437546, 0.176747]]), atol=1e-6)
    colour = (sample_weights(weights) * torch.tensor([0.0, 1.0, 0.5, 0.2])).sum()
    assert 2 * (colour + 1 - weights.sum()) - 1 == pytest.approx(0.363709, abs=1e-6)
    assert mean_depth(weights, depths).item() == pytest.approx(0.945885, abs=1e-6)


@pytest.mark.parametrize("raw", [-20.0, 1.0, 8.0])
@pytest.mark.parametrize("samples", [2, 17])
def test_even_fog_dims_by_beer_lambert(raw, samples):
    """Oracle: opacity = 1 - exp(-extinction * length), however finely the ray is cut."""
    depths = torch.linspace(0.3, 1.0, samples, dtype=torch.float64)[None]
    weights = interval_weights(torch.full_like(depths, raw), depths)
    expected = -math.expm1(-math.log1p(math.exp(raw - 1)) * 0.7)
    assert weights.sum().item() == pytest.approx(expected, rel=1e-6)


def test_an_empty_ray_weighs_nothing_and_has_no_depth():
    depths = torch.linspace(0.5, 1.5, 6)[None]
    weights = interval_weights(torch.full_like(depths, EMPTY), depths)
    assert weights.eq(0).all()
    assert mean_depth(weights, depths).isinf().all()


def test_an_empty_ray_does_not_poison_the_gradient():
    depths = torch.linspace(0.5, 1.5, 6).expand(2, 6)
    raw = torch.stack([torch.full((6,), EMPTY), torch.ones(6)]).requires_grad_()
    depth = mean_depth(interval_weights(raw, depths), depths)
    depth[depth.isfinite()].sum().backward()
    assert raw.grad is not None and raw.grad.isfinite().all()
    assert raw.grad[1].abs().sum() > 0


def test_sharing_weights_out_to_samples_keeps_the_blend():
    """Oracle: the sum over intervals of weight times the mean of the two ends."""
    generator = torch.Generator().manual_seed(0)
    weights = torch.rand(5, 7, generator=generator)
    value = torch.rand(5, 8, generator=generator)
    direct = (weights * (value[:, 1:] + value[:, :-1]) / 2).sum(-1)
    assert torch.allclose((sample_weights(weights) * value).sum(-1), direct, atol=1e-6)


@pytest.mark.parametrize("threshold, raw", [(0.5, 1.0), (0.4, 0.594535)])
def test_thresholds_of_opacity_are_thresholds_of_raw_density(threshold, raw):
    """Oracle: 1 - exp(-softplus(raw - 1)) solved by hand."""
    assert unit_opacity(torch.tensor(raw)).item() == pytest.approx(threshold, abs=1e-6)
