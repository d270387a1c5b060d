"""A larger network that begins as a smaller one: the same function, all of it learning."""

from dataclasses import replace

import pytest
import torch
from torch.nn import functional

from panic3d.errors import ConfigError
from panic3d.models.feedforward import FeedForward, FeedForwardConfig
from panic3d.models.grown import grown

SMALL = FeedForwardConfig(
    image_size=32,
    channels=(8, 16, 24, 32),
    blocks=(0, 1, 1, 1),
    plane_width=8,
    side_width=16,
)
LARGE = replace(
    SMALL,
    image_size=64,
    patch=2,
    reads_inside=True,
    channels=(16, 24, 32, 48),
    blocks=(0, 1, 2, 3),
)


def _small():
    torch.manual_seed(0)
    network = FeedForward(SMALL)
    with torch.no_grad():
        for parameter in network.parameters():  # else zeros would hide what is not copied
            parameter.add_(0.1 * torch.randn_like(parameter))
    return network


def test_the_same_function():
    small = _small()
    large = grown(small, LARGE)
    picture = torch.rand(2, 4, 32, 32)
    picture[:, 3] = 1  # what is half clear is laid on white first, and its mean is not the same
    double = functional.interpolate(picture, scale_factor=2.0, mode="nearest")
    portrait = torch.cat([double, torch.rand(2, 1, 64, 64)], 1)
    points = torch.rand(2, 40, 3) * 0.6 - 0.3
    torch.testing.assert_close(
        large(portrait, points), small(picture, points), atol=1e-4, rtol=1e-3
    )


def test_everything_learns():
    large = grown(_small(), LARGE)
    start = {name: value.detach().clone() for name, value in large.named_parameters()}
    steps = torch.optim.Adam(large.parameters(), 1e-3)
    for _ in range(4):
        steps.zero_grad()
        large(torch.rand(2, 5, 64, 64), torch.rand(2, 40, 3) * 0.6 - 0.3).square().mean().backward()
        steps.step()
    still = [name for name, value in large.named_parameters() if bool((value == start[name]).all())]
    assert not still


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"patch": 1}, "plane_size"),
        ({"plane_width": 16}, "plane_width"),
        ({"channels": (16, 24, 16, 48)}, "channels"),
        ({"blocks": (0, 0, 2, 3)}, "blocks"),
    ],
)
def test_no_smaller_one(change, words):
    with pytest.raises(ConfigError, match=words):
        grown(_small(), replace(LARGE, **change))


def test_only_from_one_that_reads_pixels():
    with pytest.raises(ConfigError, match="fifth"):
        grown(FeedForward(replace(SMALL, reads_inside=True)), LARGE)
