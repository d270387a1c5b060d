import numpy as np
import pytest
import torch

from panic3d.errors import ConfigError, ShapeError
from panic3d.ops.resample_conv import resample_conv2d
from panic3d.ops.upfirdn import make_filter


def correlate(x, weight, pad, stride=1):
    """Cross-correlation with zero padding; a loop over the taps."""
    before, after = pad
    x = np.pad(x, ((0, 0), (0, 0), (before, after), (before, after)))
    kh, kw = weight.shape[2:]
    rows, columns = (x.shape[2] - kh) // stride + 1, (x.shape[3] - kw) // stride + 1
    out = np.zeros((len(x), len(weight), rows, columns))
    for i in range(rows):
        for j in range(columns):
            window = x[:, :, i * stride : i * stride + kh, j * stride : j * stride + kw]
            out[:, :, i, j] = np.einsum("nihw,oihw->no", window, weight)
    return out


def filtered(x, kernel, pad):
    """Each channel through a FIR filter, as a true convolution."""
    n, c, h, w = x.shape
    turned = kernel[::-1, ::-1][None, None]
    out = correlate(x.reshape(n * c, 1, h, w), turned, pad)
    return out.reshape(n, c, *out.shape[2:])


def slow(x, weight, kernel, up, down, flip):
    """Zero-stuffing, true or cross-correlation, and the filter as a step of its own."""
    x, weight, kernel = (t.double().numpy() for t in (x, weight, kernel))
    k, f = weight.shape[-1], len(kernel)
    turned = weight if flip else weight[:, :, ::-1, ::-1]  # what to correlate with
    if up == 2:
        n, c, h, w = x.shape
        stuffed = np.zeros((n, c, 2 * h - 1, 2 * w - 1))
        stuffed[:, :, ::2, ::2] = x
        spread = correlate(stuffed, turned, (k - 1, k - 1))
        out = 4 * filtered(spread, kernel, ((f + 1) // 2, f // 2))
        trim = k // 2
        return out[:, :, trim : trim + 2 * h, trim : trim + 2 * w]
    if down == 2:
        pad = ((f - 1) // 2 + k // 2, (f - 2) // 2 + k // 2)
        return correlate(filtered(x, kernel, pad), turned, (0, 0), stride=2)
    return correlate(x, turned, (k // 2, k // 2))


@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize(("up", "down"), [(1, 1), (2, 1), (1, 2)])
@pytest.mark.parametrize("flip", [True, False])
@pytest.mark.parametrize("size", [(4, 4), (5, 6), (3, 7)])
@pytest.mark.parametrize("taps", [4, 3])
def test_the_convolution_is_its_definition(k, up, down, flip, size, taps):
    """Oracle: loops over the taps of a zero-stuffed picture, the filter a step of its own."""
    torch.manual_seed(0)
    x = torch.randn(2, 3, *size, dtype=torch.float64)
    weight = torch.randn(4, 3, k, k, dtype=torch.float64)
    kernel = torch.randn(taps, taps, dtype=torch.float64)
    found = resample_conv2d(x, weight, kernel, up, down, flip)
    expected = torch.from_numpy(slow(x, weight, kernel, up, down, flip))
    torch.testing.assert_close(found, expected)
    if size == (4, 4):
        assert found.shape == (2, 4, 4 * up // down, 4 * up // down)


DELTA = torch.tensor([[[[1.0, 0.0], [0.0, 0.0]]]])
COUNT = torch.arange(1.0, 10.0).reshape(1, 1, 3, 3)


def test_the_up_convolution_of_a_delta_gives_the_published_values():
    """Oracle: the original code."""
    found = resample_conv2d(DELTA, COUNT, make_filter(), up=2, flip_weight=False)
    expected = [
        [11.8125, 13.5625, 8.5625, 2.25],
        [17.0625, 18.8125, 11.5625, 3.0],
        [12.1875, 13.1875, 8.0, 2.0625],
        [3.375, 3.625, 2.1875, 0.5625],
    ]
    assert found[0, 0].tolist() == expected


def test_the_plain_convolution_of_a_delta_gives_the_published_values():
    """Oracle: the original code."""
    assert resample_conv2d(DELTA, COUNT)[0, 0].tolist() == [[5.0, 4.0], [2.0, 1.0]]


def test_the_down_convolution_gives_the_published_values():
    """Oracle: the original code."""
    x = torch.arange(16.0).reshape(1, 1, 4, 4)
    found = resample_conv2d(x, COUNT, make_filter(), down=2)
    expected = torch.tensor([[183.921875, 206.46875], [264.359375, 268.53125]])
    torch.testing.assert_close(found[0, 0], expected)


@pytest.mark.parametrize(("up", "down", "k"), [(1, 1, 3), (2, 1, 3), (1, 2, 3), (1, 2, 1)])
def test_gradients_are_those_of_finite_differences_twice(up, down, k):
    """Oracle: finite differences. R1 needs the second derivative."""
    torch.manual_seed(0)
    x = torch.randn(1, 2, 4, 3, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(2, 2, k, k, dtype=torch.float64, requires_grad=True)
    kernel = make_filter().double()

    def convolve(x, weight):
        return resample_conv2d(x, weight, kernel, up, down)

    assert torch.autograd.gradcheck(convolve, (x, weight))
    assert torch.autograd.gradgradcheck(convolve, (x, weight))


def test_the_input_is_not_written_to():
    x, weight = torch.randn(1, 2, 4, 4), torch.randn(3, 2, 3, 3)
    before = x.clone(), weight.clone()
    for up, down in ((1, 1), (2, 1), (1, 2)):
        resample_conv2d(x, weight, make_filter(), up, down, False)
    assert torch.equal(x, before[0]) and torch.equal(weight, before[1])


X, W = torch.zeros(1, 2, 4, 4), torch.zeros(3, 2, 3, 3)


@pytest.mark.parametrize(
    ("x", "weight", "kernel"),
    [
        (X[0], W, None),
        (X, W[0], None),
        (X, W[:, :1], None),
        (X, W[..., :2], None),
        (X, W[..., :2, :2], None),
        (X, W, make_filter()[:2]),
    ],
)
def test_a_wrong_shape_is_refused(unchecked, x, weight, kernel):
    with pytest.raises(ShapeError):
        resample_conv2d(x, weight, kernel, 1 if kernel is None else 2)


@pytest.mark.parametrize(("up", "down"), [(2, 2), (3, 1), (1, 4), (0, 1)])
def test_other_factors_are_refused(up, down):
    with pytest.raises(ConfigError, match="up, down"):
        resample_conv2d(X, W, make_filter(), up, down)


@pytest.mark.parametrize(("up", "down"), [(2, 1), (1, 2)])
def test_resampling_without_a_filter_is_refused(up, down):
    with pytest.raises(ConfigError, match="make_filter"):
        resample_conv2d(X, W, None, up, down)
