"""Muon: steps along orthogonal matrices, for convolutions; Adam for the rest."""

import pytest
import torch
from torch import nn

from panic3d.train.orthogonal import Muon, matrices, orthogonal


@pytest.mark.parametrize("shape", [(32, 90), (90, 32), (48, 48)])
def test_strong_and_weak_directions_count_alike(shape):
    """Oracle: the factors of the singular value decomposition."""
    gen = torch.Generator().manual_seed(0)
    count = min(shape)
    u, _, vt = torch.linalg.svd(torch.randn(shape, generator=gen), full_matrices=False)
    strengths = torch.logspace(0, -1.5, count)
    found = orthogonal(u * strengths @ vt)
    assert found.shape == shape
    inner = u.mT @ found @ vt.mT
    ones = inner.diagonal()
    assert float(ones.min()) > 0.6 and float(ones.max()) < 1.3
    assert float((inner - torch.diag(ones)).abs().max()) < 0.01


def test_a_zero_gradient_moves_nothing():
    assert torch.equal(orthogonal(torch.zeros(32, 64)), torch.zeros(32, 64))


def test_steps_are_as_long_as_adams_and_go_downhill():
    """Oracle: by hand, the root mean square of a step is 0.2 of the learning rate."""
    torch.manual_seed(0)
    layer = nn.Conv2d(40, 40, 3)
    before = layer.weight.detach().clone()
    target = torch.randn_like(before)
    weight = layer.weight
    assert isinstance(weight, nn.Parameter)
    optimiser = Muon([weight], lr=0.01)
    loss = (layer.weight - target).square().sum()
    loss.backward()
    optimiser.step()
    moved = layer.weight.detach() - before
    assert float(moved.square().mean().sqrt()) == pytest.approx(0.002, rel=0.15)
    assert float((moved * (target - before)).sum()) > 0


def test_a_badly_scaled_problem_is_learned_where_adam_crawls():
    """Oracle: the loss after equal steps; directions are up to a hundredfold weaker."""
    found = {}
    for name in ("muon", "adam"):
        torch.manual_seed(1)
        u, _, vt = torch.linalg.svd(torch.randn(64, 64))
        mixing = u * torch.logspace(0, -2, 64) @ vt
        weight = nn.Parameter(torch.zeros(64, 1, 64))
        truth = torch.randn(64, 64) / 64
        optimiser = (
            Muon([weight], lr=0.01) if name == "muon" else torch.optim.Adam([weight], lr=0.002)
        )
        for _ in range(60):
            loss = ((weight[:, 0] - truth) @ mixing).square().sum()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        found[name] = float((weight.detach()[:, 0] - truth).square().mean())
    assert found["muon"] < 0.7 * found["adam"]


def test_convolutions_with_many_numbers_are_chosen():
    network = nn.Sequential(
        nn.Conv2d(32, 32, 3),  # 32 by 288
        nn.GroupNorm(4, 32),
        nn.Conv2d(32, 8, 3),  # few outputs
        nn.Conv1d(64, 128, 1),
        nn.Linear(128, 128),  # no convolution
    )
    assert [tuple(p.shape) for p in matrices(network)] == [(32, 32, 3, 3), (128, 64, 1)]
