"""Dark lines: what is found, and how the mask grows."""

import math
from typing import cast

import numpy as np
import pytest
import torch
from scipy import ndimage

from panic3d.errors import ConfigError, ShapeError
from panic3d.ops.dog import (
    DogConfig,
    LineMode,
    dark_lines,
    difference_of_gaussians,
    gaussian,
    grey,
    grow,
)


def columns(values, rows=16):
    """A picture whose columns have these levels."""
    return torch.tensor(values, dtype=torch.float32).expand(1, 1, rows, len(values))


def difference(picture, row=8):
    """The response without gain, threshold and middle, along a row."""
    found = difference_of_gaussians(picture, DogConfig(threshold=0.0)) - 0.5
    return found[0, 0, row]


@pytest.mark.parametrize(
    ("sigma", "taps", "weights"),
    [
        (0.5, 5, (0.786571, 0.106451, 0.000264)),
        (0.8, 7, (0.498676, 0.228311, 0.021910, 0.000441)),
    ],
)
def test_the_paper_s_kernels(sigma, taps, weights):
    """Oracle: the reference's table, centre outwards."""
    assert taps in DogConfig().taps
    line = gaussian(sigma, taps)
    assert line[taps // 2 :].tolist() == pytest.approx(weights, abs=1e-6)
    assert line.sum() == pytest.approx(1) and torch.equal(line, line.flip(0))


def test_a_thin_black_line_on_white():
    """Oracle: the reference's test vector, which follows from the kernels."""
    found = difference(columns([1.0] * 10 + [0.0] + [1.0] * 10))
    assert found[10] == pytest.approx(0.287895, abs=1e-5)
    assert found[[9, 11]].tolist() == pytest.approx([-0.121860] * 2, abs=1e-5)
    assert found[:6].abs().max() < 1e-6


def test_a_step_is_a_line_of_two_pixels_on_its_dark_side():
    """Oracle: the reference's test vector."""
    picture = columns([1.0] * 10 + [0.0] * 10)
    assert difference(picture)[10:13].tolist() == pytest.approx(
        [0.143947, 0.022087, 0.000441], abs=1e-5
    )
    assert dark_lines(picture)[0, 0, 8].nonzero().flatten().tolist() == [10, 11]


@pytest.mark.parametrize(("levels", "found"), [(8, False), (9, True)])
def test_the_faintest_line(levels, found):
    """Oracle: 0.01 / 0.287895 of 255 levels is 8.86."""
    light = 200 / 255
    picture = columns([light] * 8 + [light - levels / 255] + [light] * 8)
    assert bool(dark_lines(picture)[0, 0, 8, 8]) == found


@pytest.mark.parametrize("config", [DogConfig(), DogConfig(gain=2.0, sigma_px=1.3, clip=False)])
def test_blurs_are_scipy_s(config):
    """Oracle: scipy's Gaussian filters with as many taps and the nearest pixel outside."""
    rng = np.random.default_rng(0)
    picture = rng.random((21, 17))
    narrow, wide = (
        ndimage.gaussian_filter(picture, sigma, mode="nearest", radius=taps // 2)
        for sigma, taps in zip(config.sigmas_px, config.taps, strict=True)
    )
    expected = 0.5 + config.gain * (wide - narrow) - config.threshold
    found = difference_of_gaussians(torch.from_numpy(picture).float()[None, None], config)
    np.testing.assert_allclose(found[0, 0], expected, atol=1e-6)


def test_a_clipped_response_stays_in_range():
    picture = columns([1.0, 0.0] * 8)
    loud = difference_of_gaussians(picture, DogConfig(gain=20.0))
    assert loud.min() == 0 and loud.max() == 1
    assert difference_of_gaussians(picture, DogConfig(gain=20.0, clip=False)).max() > 1


def test_brightness_is_luma_and_alpha_does_not_count():
    """Oracle: the weights of BT.601."""
    picture = torch.rand(2, 4, 3, 5, generator=torch.Generator().manual_seed(0))
    r, g, b, _ = picture.unbind(1)
    torch.testing.assert_close(grey(picture)[:, 0], 0.299 * r + 0.587 * g + 0.114 * b)
    torch.testing.assert_close(grey(picture[:, :3]), grey(picture))
    assert torch.equal(grey(picture[:, :1]), picture[:, :1])


@pytest.mark.parametrize(
    ("mode", "grown"),
    [
        ("paper", {(3, 3), (3, 4), (4, 3), (4, 4)}),
        ("fixed", {(r, c) for r in (2, 3, 4) for c in (2, 3, 4)}),
    ],
)
def test_one_pixel_grows(mode, grown):
    """Oracle: written out; the paper's way is that of kornia 0.6.5."""
    mask = torch.zeros(1, 1, 7, 8, dtype=torch.bool)
    mask[0, 0, 3, 3] = True
    assert {tuple(p) for p in grow(mask, mode)[0, 0].nonzero().tolist()} == grown


@pytest.mark.parametrize("mode", ["paper", "fixed"])
def test_growth_is_that_of_scipy(mode):
    """Oracle: scipy's binary dilation, at the border too."""
    mask = np.random.default_rng(1).random((12, 9)) > 0.8
    # Of an even square scipy takes the second element for the middle; -1 chooses the first.
    side, origin = (2, -1) if mode == "paper" else (3, 0)
    expected = ndimage.binary_dilation(mask, np.ones((side, side)), origin=origin)
    np.testing.assert_array_equal(grow(torch.from_numpy(mask)[None, None], mode)[0, 0], expected)


@pytest.mark.parametrize(
    "change", [{"gain": 0.0}, {"sigma_px": -1.0}, {"ratio": math.nan}, {"reach": 1e9}]
)
def test_bad_numbers_are_refused(change):
    with pytest.raises(ConfigError):
        DogConfig(**change)


def test_a_wrong_number_of_channels_or_mode_is_refused(unchecked):
    with pytest.raises(ShapeError, match="2 channels"):
        difference_of_gaussians(torch.zeros(1, 2, 8, 8))
    with pytest.raises(ConfigError, match="mode"):
        grow(torch.zeros(1, 1, 4, 4, dtype=torch.bool), cast(LineMode, "sideways"))
