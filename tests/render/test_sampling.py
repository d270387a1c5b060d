"""Where rays are looked at."""

import numpy as np
import pytest
import torch

from panic3d.render.sampling import (
    importance_depths,
    invert_cdf,
    midpoint_uniforms,
    random_uniforms,
    stratified_depths,
)


def test_the_worked_importance_samples_come_out():
    """Oracle: worked by hand from the formula."""
    depths = torch.linspace(0.5, 1.5, 6)[None]
    weights = torch.tensor([[0.0, 0.1, 0.6, 0.2, 0.0]])
    found = importance_depths(depths, weights, torch.linspace(0, 1, 5)[None])
    expected = torch.tensor([[0.6, 0.791665, 0.908197, 1.031708, 1.2]])
    assert torch.allclose(found, expected, atol=2e-6)


def slow_importance(depths, weights, uniforms):
    """One ray, step by step, in float64."""
    n = len(depths)
    padded = np.concatenate([[-np.inf], weights, [-np.inf]])
    highest = [max(padded[k], padded[k + 1]) for k in range(n)]
    smooth = [(highest[k] + highest[k + 1]) / 2 + 0.01 for k in range(n - 1)]
    bins = [(depths[k] + depths[k + 1]) / 2 for k in range(n - 1)]
    p = np.array(smooth[1:-1]) + 1e-5
    cdf = np.concatenate([[0], np.cumsum(p / p.sum())])
    out = []
    for u in uniforms:
        k = sum(edge <= u for edge in cdf)
        low, high = max(k - 1, 0), min(k, len(cdf) - 1)
        width = cdf[high] - cdf[low]
        width = 1.0 if width < 1e-5 else width
        out.append(bins[low] + (u - cdf[low]) / width * (bins[high] - bins[low]))
    return np.array(out)


@pytest.mark.parametrize("n, m", [(4, 3), (9, 20), (48, 48)])
def test_importance_samples_follow_the_slow_formula(n, m):
    """Oracle: the same, one ray and one number at a time."""
    chance = np.random.default_rng(n)
    depths = np.sort(chance.random((3, n)), -1)
    weights = chance.random((3, n - 1)) ** 4
    uniforms = chance.random((3, m))
    found = importance_depths(*(torch.from_numpy(x) for x in (depths, weights, uniforms)))
    slow = [slow_importance(*ray) for ray in zip(depths, weights, uniforms, strict=True)]
    assert np.allclose(found.numpy(), slow, atol=1e-9)


def test_one_ray_alone_works():
    """The original fails here: it squeezes the ray away."""
    one = importance_depths(
        torch.linspace(0, 1, 5)[None], torch.rand(1, 4), torch.tensor([[0.1, 0.9]])
    )
    assert one.shape == (1, 2)


def test_a_flat_distribution_is_inverted_to_a_line():
    """Oracle: even weights make the inverse linear."""
    u = torch.linspace(0, 1, 7)[None]
    assert torch.allclose(invert_cdf(torch.linspace(2, 4, 5)[None], torch.ones(1, 4), u), 2 + 2 * u)


def test_jitter_is_one_sided_and_may_pass_the_end():
    jitter = torch.stack([torch.zeros(5), torch.full((5,), 0.999)])
    depths = stratified_depths(0.5, 1.5, jitter)
    assert torch.allclose(depths[0], torch.linspace(0.5, 1.5, 5))
    assert (depths[1] > depths[0]).all() and depths[1, -1] > 1.7
    assert depths.diff(dim=-1).gt(0).all()


def test_a_seed_fixes_the_numbers():
    like = torch.zeros(1, dtype=torch.float64)
    a, b = (random_uniforms(4, 3, 2, torch.Generator().manual_seed(7), like) for _ in range(2))
    assert torch.equal(a.coarse, b.coarse) and torch.equal(a.fine, b.fine)
    assert a.coarse.dtype == torch.float64
    assert a.take(torch.tensor([2])).fine.equal(a.fine[2:3])


def test_the_middles_are_the_middles():
    middle = midpoint_uniforms(2, 3, 4, torch.zeros(1))
    assert middle.coarse.eq(0.5).all()
    assert middle.fine[1].tolist() == [0.125, 0.375, 0.625, 0.875]
