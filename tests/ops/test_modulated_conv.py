import numpy as np
import pytest
import torch

from panic3d.errors import ConfigError, ShapeError
from panic3d.ops.modulated_conv import modulated_conv2d
from panic3d.ops.resample_conv import resample_conv2d
from panic3d.ops.upfirdn import make_filter


@pytest.fixture(params=[True, False], ids=["training", "inference"])
def either_way(request):
    """Without gradients, results are written over what nobody needs any more."""
    with torch.set_grad_enabled(request.param):
        yield


def modulated(weight, styles, demodulate):
    """The weights of one sample, number by number: equations 1 and 3 of StyleGAN2."""
    weight, styles = weight.double().numpy(), styles.double().numpy()
    out = np.empty_like(weight)
    for o in range(weight.shape[0]):
        for i in range(weight.shape[1]):
            out[o, i] = styles[i] * weight[o, i]
        if demodulate:
            out[o] /= np.sqrt((out[o] ** 2).sum() + 1e-8)
    return torch.from_numpy(out)


def slow(x, weight, styles, demodulate):
    """Each sample by itself, each output number a sum over its window."""
    pad = weight.shape[-1] // 2
    n, _, h, w = x.shape
    out = torch.zeros(n, len(weight), h, w, dtype=torch.float64)
    bordered = np.pad(x.double().numpy(), ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    for sample in range(n):
        own = modulated(weight, styles[sample], demodulate).numpy()
        for i in range(h):
            for j in range(w):
                k = weight.shape[-1]
                window = bordered[sample, :, i : i + k, j : j + k]
                out[sample, :, i, j] = torch.from_numpy((own * window).sum((1, 2, 3)))
    return out


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("demodulate", [True, False])
@pytest.mark.parametrize("size", [(4, 4), (3, 5), (9, 8)])
@pytest.mark.parametrize("n", [3, 1])
def test_each_sample_is_convolved_with_its_own_weights(k, demodulate, size, n):
    """Oracle: equations 1 to 3 of StyleGAN2, in loops."""
    torch.manual_seed(0)
    x = torch.randn(n, 4, *size, dtype=torch.float64)
    weight = torch.randn(5, 4, k, k, dtype=torch.float64)
    styles = torch.randn(n, 4, dtype=torch.float64)
    found = modulated_conv2d(x, weight, styles, demodulate=demodulate)
    torch.testing.assert_close(found, slow(x, weight, styles, demodulate))


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize("flip", [True, False])
@pytest.mark.parametrize("demodulate", [True, False])
@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (1, 3, 4, 5), (1, 3, 7, 8)])
def test_an_up_convolution_is_the_plain_one_with_each_samples_weights(flip, demodulate, shape):
    """Oracle: plain twin, `resample_conv2d` sample by sample."""
    torch.manual_seed(0)
    x = torch.randn(shape, dtype=torch.float64)
    weight, kernel = torch.randn(4, 3, 3, 3, dtype=torch.float64), make_filter().double()
    styles = torch.randn(len(x), 3, dtype=torch.float64)
    found = modulated_conv2d(
        x, weight, styles, demodulate=demodulate, kernel=kernel, up=2, flip_weight=flip
    )
    expected = torch.cat(
        [
            resample_conv2d(
                x[n : n + 1], modulated(weight, styles[n], demodulate), kernel, 2, 1, flip
            )
            for n in range(len(x))
        ]
    )
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_demodulation_makes_unit_noise_out_of_unit_noise(scale):
    """Oracle: invariant, the statistical claim of StyleGAN2's equation 3."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(1, 8, 64, 64, generator=generator)
    weight = torch.randn(4, 8, 3, 3, generator=generator)
    styles = torch.randn(1, 8, generator=generator) * scale
    inside = modulated_conv2d(x, weight, styles)[..., 1:-1, 1:-1]
    assert inside.std().item() == pytest.approx(1.0, rel=0.03)


def test_a_style_of_zero_gives_zero_and_no_infinity():
    """Oracle: closed form, 0 / sqrt(0 + 1e-8)."""
    styles = torch.zeros(1, 2, requires_grad=True)
    found = modulated_conv2d(torch.ones(1, 2, 3, 3), torch.ones(1, 2, 3, 3), styles)
    assert not found.detach().any()
    found.sum().backward()
    assert styles.grad is not None and styles.grad.isfinite().all()


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize("shape", [(2, 1, 8, 8), (8, 8), (1, 1, 8, 8), (2, 4, 8, 8), ()])
def test_noise_is_added_after_the_resampling(shape):
    """Oracle: the sum of the parts."""
    torch.manual_seed(0)
    x, weight, styles = torch.randn(2, 3, 4, 4), torch.randn(4, 3, 3, 3), torch.randn(2, 3)
    noise = torch.randn(shape)
    plain = modulated_conv2d(x, weight, styles, kernel=make_filter(), up=2)
    noisy = modulated_conv2d(x, weight, styles, noise=noise, kernel=make_filter(), up=2)
    assert torch.equal(noisy, plain + noise)


@pytest.mark.parametrize("demodulate", [True, False])
@pytest.mark.parametrize(("n", "k"), [(2, 3), (1, 1)])
def test_gradients_are_those_of_finite_differences_twice(demodulate, n, k):
    """Oracle: finite differences."""
    torch.manual_seed(0)
    x = torch.randn(n, 2, 3, 3, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(2, 2, k, k, dtype=torch.float64, requires_grad=True)
    styles = torch.randn(n, 2, dtype=torch.float64, requires_grad=True)

    def convolve(x, weight, styles):
        return modulated_conv2d(x, weight, styles, demodulate=demodulate)

    assert torch.autograd.gradcheck(convolve, (x, weight, styles))
    assert torch.autograd.gradgradcheck(convolve, (x, weight, styles), atol=1e-4)


@pytest.mark.usefixtures("either_way")
def test_the_input_is_not_written_to():
    for n, size in ((2, 4), (1, 20)):
        x, weight, styles = (
            torch.randn(n, 3, size, size),
            torch.randn(4, 3, 3, 3),
            torch.randn(n, 3),
        )
        given = [x, weight, styles, torch.ones(size, size)]
        before = [t.clone() for t in given]
        modulated_conv2d(x, weight, styles, noise=given[3])
        assert all(torch.equal(a, b) for a, b in zip(given, before, strict=True))


X, W, S = torch.zeros(2, 3, 4, 4), torch.zeros(5, 3, 3, 3), torch.zeros(2, 3)


@pytest.mark.parametrize(
    ("x", "weight", "styles"),
    [(X[0], W, S), (X, W[0], S), (X, W[:, :2], S), (X, W, S[:1]), (X, W, S[:, :2]), (X, W, S[0])],
)
def test_a_wrong_shape_is_refused(unchecked, x, weight, styles):
    with pytest.raises(ShapeError):
        modulated_conv2d(x, weight, styles)


@pytest.mark.parametrize("shape", [(5, 4), (3, 1, 4, 4), (1, 2, 1, 4, 4), (2, 1, 8, 8)])
def test_noise_that_does_not_fit_is_refused(shape):
    with pytest.raises(ShapeError, match=r"broadcasts to \[2, 5, 4, 4\]"):
        modulated_conv2d(X, W, S, noise=torch.zeros(shape))


def test_an_up_convolution_without_a_filter_is_refused():
    with pytest.raises(ConfigError, match="FIR filter"):
        modulated_conv2d(X, W, S, up=2)
