"""Guided refinement."""

import pytest
import torch
from torch.nn import functional

from panic3d.errors import ConfigError
from panic3d.ops.guided import guided_upsample


def picture(size):
    """A disc of one colour on another; at any size the same picture, its edge soft by a pixel."""
    at = (torch.arange(size) + 0.5) / size - 0.5
    far = torch.hypot(at[:, None], at[None] - 0.05)
    share = ((0.3 - far) * size + 0.5).clamp(0, 1)
    colours = torch.tensor([0.9, 0.3, 0.2]), torch.tensor([0.2, 0.4, 0.7])
    return share, torch.stack([a * share + b * (1 - share) for a, b in zip(*colours, strict=True)])


def test_a_coarse_map_gets_the_pictures_own_edge():
    """Oracle: the disc at the full resolution; the coarse map is blurred besides."""
    truth, fine = picture(256)
    low, guide = picture(64)
    blurred = functional.avg_pool2d(low[None, None], 3, 1, 1, count_include_pad=False)
    found = guided_upsample(blurred, guide[None], fine[None], radius=3)[0, 0]
    plain = functional.interpolate(blurred, size=(256, 256), mode="bilinear", align_corners=False)
    error, before = (found - truth).abs(), (plain[0, 0] - truth).abs()
    assert error.max() < 0.35 and error.mean() < 0.4 * before.mean()
    assert ((found > 0.5) == (truth > 0.5)).float().mean() > 0.999


def test_a_map_that_is_linear_in_colours_is_kept():
    """Oracle: the same linear function at the full resolution."""
    torch.manual_seed(0)
    guide = torch.rand(1, 3, 20, 30)
    coarse = (guide * torch.tensor([0.5, -0.2, 0.3])[None, :, None, None]).sum(1, True) + 0.1
    found = guided_upsample(coarse, guide, guide, radius=2, epsilon=1e-8)
    torch.testing.assert_close(found, coarse, atol=1e-4, rtol=0)


def test_where_colours_say_nothing_the_mean_is_left():
    flat = torch.full((1, 3, 16, 16), 0.5)
    found = guided_upsample(torch.full((1, 1, 16, 16), 0.25), flat, torch.rand(1, 3, 40, 24))
    assert found.shape == (1, 1, 40, 24)
    torch.testing.assert_close(found, torch.full_like(found, 0.25), atol=1e-5, rtol=0)


def test_bad_numbers_are_refused():
    one = torch.zeros(1, 1, 4, 4), torch.zeros(1, 3, 4, 4), torch.zeros(1, 3, 4, 4)
    for options in ({"radius": 0}, {"epsilon": 0.0}):
        with pytest.raises(ConfigError):
            guided_upsample(*one, **options)
