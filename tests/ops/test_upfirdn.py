import numpy as np
import pytest
import torch

from panic3d.errors import ConfigError, ShapeError
from panic3d.ops.upfirdn import downsample2d, filter2d, make_filter, upfirdn2d, upsample2d


def slow(x, kernel, up, down, padding, gain):
    """Zero insertion, padding or cropping, a true convolution, every down-th sample; in loops."""
    x, kernel = x.numpy().astype(np.float64), kernel.numpy().astype(np.float64)
    n, c, h, w = x.shape
    left, right, top, bottom = padding
    kh, kw = kernel.shape
    tall, wide = h * up + top + bottom, w * up + left + right
    rows, columns = (tall - kh) // down + 1, (wide - kw) // down + 1
    out = np.zeros((n, c, rows, columns))
    for i in range(rows):
        for j in range(columns):
            for a in range(kh):
                for b in range(kw):
                    # Where the tap reads in the zero-inserted picture before padding.
                    y, z = i * down + a - top, j * down + b - left
                    inside = 0 <= y < h * up and 0 <= z < w * up
                    if inside and y % up == 0 and z % up == 0:
                        tap = kernel[kh - 1 - a, kw - 1 - b]
                        out[:, :, i, j] += gain * tap * x[:, :, y // up, z // up]
    return torch.from_numpy(out)


@pytest.mark.parametrize("size", [(4, 4), (5, 7), (1, 3)])
@pytest.mark.parametrize("kernel", [(4, 4), (3, 2), (1, 5)])
@pytest.mark.parametrize(("up", "down"), [(1, 1), (2, 1), (1, 2), (3, 2), (2, 3)])
@pytest.mark.parametrize("padding", [(2, 1, 3, 2), (4, 4, 2, 3), (-1, 4, 5, -2), (5, -2, -1, 6)])
def test_upfirdn_is_its_definition(size, kernel, up, down, padding):
    """Oracle: loops over every tap."""
    torch.manual_seed(0)
    x = torch.randn(2, 3, *size, dtype=torch.float64)
    f = torch.randn(kernel, dtype=torch.float64)  # not symmetric: a missing flip shows
    left, right, top, bottom = padding
    tall, wide = size[0] * up + top + bottom, size[1] * up + left + right
    if tall < kernel[0] or wide < kernel[1]:
        with pytest.raises(ConfigError, match="smaller than the"):
            upfirdn2d(x, f, up, down, padding, 1.5)
        return
    expected = slow(x, f, up, down, padding, 1.5)
    torch.testing.assert_close(upfirdn2d(x, f, up, down, padding, 1.5), expected)


def test_the_standard_filter_is_separable_and_sums_to_one():
    """Oracle: closed form, outer([1, 3, 3, 1]) / 64."""
    line = torch.tensor([1.0, 3.0, 3.0, 1.0])
    assert torch.equal(make_filter(), line[:, None] * line / 64)


def test_doubling_gives_the_published_values():
    """Oracle: the original code, on [[1, 2], [3, 4]]."""
    x = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    expected = torch.tensor(
        [
            [0.5625, 0.9375, 1.3125, 1.125],
            [1.125, 1.75, 2.25, 1.875],
            [1.875, 2.75, 3.25, 2.625],
            [1.6875, 2.4375, 2.8125, 2.25],
        ]
    )
    assert torch.equal(upsample2d(x)[0, 0], expected)
    assert torch.equal(upsample2d(x, make_filter())[0, 0], expected)


def test_halving_gives_the_published_values():
    """Oracle: the original code, on 0 ... 15."""
    x = torch.arange(16.0).reshape(1, 1, 4, 4)
    found = downsample2d(x, make_filter())[0, 0]
    assert found.tolist() == [[2.734375, 3.9375], [7.546875, 8.75]]


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (8, 4)])
def test_the_quick_doubling_is_the_filtered_one(size):
    """Oracle: the definition, with padding (2, 1) and gain 4."""
    torch.manual_seed(0)
    x = torch.randn(2, 3, *size, dtype=torch.float64)
    expected = slow(x, make_filter(), 2, 1, (2, 1, 2, 1), 4.0)
    torch.testing.assert_close(upsample2d(x), expected)
    torch.testing.assert_close(upsample2d(x, make_filter()), expected)


@pytest.mark.parametrize("size", [(2, 2), (3, 5), (8, 4)])
def test_halving_is_its_definition(size):
    """Oracle: the definition, with padding (1, 1)."""
    torch.manual_seed(0)
    x = torch.randn(2, 3, *size, dtype=torch.float64)
    expected = slow(x, make_filter(), 1, 2, (1, 1, 1, 1), 1.0)
    torch.testing.assert_close(downsample2d(x, make_filter()), expected)


TAPS = [(1.0,), (1.0, 2.0), (1.0, 2.0, 4.0), (1.0, 3.0, 3.0, 1.0), (1.0, 4.0, 6.0, 4.0, 2.0)]


@pytest.mark.parametrize("taps", TAPS)
def test_doubling_and_halving_take_filters_of_any_length(taps):
    """Oracle: the definition, padded as StyleGAN2 pads k taps."""
    torch.manual_seed(0)
    x, f, k = torch.randn(2, 3, 4, 6, dtype=torch.float64), make_filter(taps), len(taps)
    before, after = (k + 1) // 2, (k - 2) // 2
    doubled = slow(x, f, 2, 1, (before, after, before, after), 4.0)
    assert doubled.shape == (2, 3, 8, 12)
    torch.testing.assert_close(upsample2d(x, f), doubled)
    before, after = (k - 1) // 2, (k - 2) // 2
    halved = slow(x, f, 1, 2, (before, after, before, after), 1.0)
    assert halved.shape == (2, 3, 2, 3)
    torch.testing.assert_close(downsample2d(x, f), halved)


@pytest.mark.parametrize("taps", TAPS)
def test_filtering_keeps_the_size_and_is_its_definition(taps):
    """Oracle: the definition, with padding (k // 2, (k - 1) // 2)."""
    torch.manual_seed(0)
    x, f = torch.randn(2, 3, 5, 4, dtype=torch.float64), make_filter(taps)
    k = len(taps)
    found = filter2d(x, f)
    assert found.shape == x.shape
    before, after = k // 2, (k - 1) // 2
    torch.testing.assert_close(found, slow(x, f, 1, 1, (before, after, before, after), 1.0))


def test_doubling_keeps_an_even_picture_even_inside():
    """Oracle: invariant, the gain of 4 keeps brightness."""
    assert torch.equal(
        upsample2d(torch.ones(1, 2, 6, 6))[..., 1:-1, 1:-1], torch.ones(1, 2, 10, 10)
    )


@pytest.mark.parametrize("up, down, padding", [(2, 1, (2, 1, 2, 1)), (1, 2, (1, -1, 2, 1))])
def test_gradients_are_those_of_finite_differences_twice(up, down, padding):
    """Oracle: finite differences. R1 needs the second derivative."""
    torch.manual_seed(0)
    x = torch.randn(1, 2, 4, 5, dtype=torch.float64, requires_grad=True)
    f = torch.randn(3, 4, dtype=torch.float64)

    def resample(x):
        return upfirdn2d(x, f, up, down, padding, 2.0)

    assert torch.autograd.gradcheck(resample, (x,))
    # The resampling is linear: squared, so that there is a second derivative to check.
    assert torch.autograd.gradgradcheck(lambda x: resample(x).square(), (x,))


def test_the_quick_doubling_has_the_gradient_of_the_filtered_one():
    """Oracle: plain twin."""
    torch.manual_seed(0)
    x = torch.randn(1, 2, 3, 4, dtype=torch.float64, requires_grad=True)
    weights = torch.randn(1, 2, 6, 8, dtype=torch.float64)
    (quick,) = torch.autograd.grad((upsample2d(x) * weights).sum(), x)
    (plain,) = torch.autograd.grad((upsample2d(x, make_filter()) * weights).sum(), x)
    torch.testing.assert_close(quick, plain)
    assert torch.autograd.gradgradcheck(lambda x: upsample2d(x).square(), (x,))


def test_the_input_is_not_written_to():
    x, f = torch.randn(1, 2, 4, 4), make_filter()
    before = x.clone()
    upfirdn2d(x, f, 2, 1, (-1, 1, 2, 1), 4.0)
    upsample2d(x)
    assert torch.equal(x, before) and torch.equal(f, make_filter())


@pytest.mark.parametrize(
    "call",
    [
        lambda x, f: upfirdn2d(x[0], f),
        lambda x, f: upfirdn2d(x, f[0]),
        lambda x, f: upsample2d(x[0]),
        lambda x, f: upsample2d(x, f[:3]),
        lambda x, f: downsample2d(x[0], f),
        lambda x, f: downsample2d(x, f[:3]),
        lambda x, f: filter2d(x, f[0]),
        lambda x, f: upfirdn2d(x.long(), f),
        lambda x, f: upfirdn2d(x[:, :0], f),
    ],
)
def test_a_wrong_shape_is_refused(unchecked, call):
    with pytest.raises(ShapeError):
        call(torch.zeros(1, 2, 4, 4), make_filter())


@pytest.mark.parametrize("factors", [(0, 1), (1, 0), (-1, 1)])
def test_a_factor_below_one_is_refused(factors):
    with pytest.raises(ConfigError, match="at least 1"):
        upfirdn2d(torch.zeros(1, 1, 4, 4), make_filter(), *factors)
