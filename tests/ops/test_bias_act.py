import math

import pytest
import torch

from panic3d.errors import ShapeError
from panic3d.ops.bias_act import bias_act


@pytest.fixture(params=[True, False], ids=["training", "inference"])
def either_way(request):
    """Without gradients, results are written over what nobody needs any more."""
    with torch.set_grad_enabled(request.param):
        yield


def slow(x, bias, activation, gain, clamp, dim):
    """Number by number, as the definition says."""
    out = torch.empty_like(x)
    for index in torch.cartesian_prod(*(torch.arange(s) for s in x.shape)).reshape(-1, x.ndim):
        where = tuple(index.tolist())
        y = float(x[where]) + (0.0 if bias is None else float(bias[where[dim]]))
        if activation == "lrelu" and y < 0:
            y *= 0.2
        y *= gain if gain is not None else math.sqrt(2) if activation == "lrelu" else 1.0
        out[where] = y if clamp is None else max(-clamp, min(clamp, y))
    return out


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize("activation", ["linear", "lrelu"])
@pytest.mark.parametrize(("gain", "clamp"), [(None, None), (0.3, None), (None, 0.5), (2.0, 1.5)])
@pytest.mark.parametrize(("shape", "dim"), [((2, 3, 4, 5), 1), ((2, 3), -1), ((3, 2, 4), 0)])
@pytest.mark.parametrize("with_bias", [True, False])
@pytest.mark.parametrize("overwrite", [True, False])
def test_each_number_is_biased_activated_scaled_and_clamped(
    activation, gain, clamp, shape, dim, with_bias, overwrite
):
    """Oracle: a loop over the numbers."""
    torch.manual_seed(0)
    x = torch.randn(shape, dtype=torch.float64)
    bias = torch.randn(shape[dim], dtype=torch.float64) if with_bias else None
    expected = slow(x, bias, activation, gain, clamp, dim)
    found = bias_act(x, bias, activation, gain, clamp, dim, overwrite=overwrite)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize(
    ("x", "activation", "expected"),
    [(-1.0, "lrelu", -0.2 * 2**0.5), (3.0, "lrelu", 3 * 2**0.5), (-1.0, "linear", -1.0)],
)
def test_the_default_gain_is_that_of_the_activation(x, activation, expected):
    """Oracle: closed form."""
    assert bias_act(torch.tensor([[x]]), None, activation).item() == pytest.approx(expected)


@pytest.mark.parametrize("activation", ["linear", "lrelu"])
def test_gradients_are_those_of_finite_differences_twice(activation):
    """Oracle: finite differences, away from the kink at 0. R1 needs the second derivative."""
    torch.manual_seed(1)
    x = torch.randn(2, 3, 4, dtype=torch.float64)
    x = x + 0.3 * x.sign()
    bias = torch.tensor([0.1, -0.1, 0.2], dtype=torch.float64)
    arguments = (x.requires_grad_(), bias.requires_grad_())

    def act(x, bias):
        return bias_act(x, bias, activation, 1.7, 2.0, overwrite=True)

    assert torch.autograd.gradcheck(act, arguments)
    assert torch.autograd.gradgradcheck(act, arguments)


@pytest.mark.usefixtures("either_way")
def test_the_input_is_not_written_to():
    x, bias = torch.randn(2, 3, 4), torch.randn(3)
    before = x.clone(), bias.clone()
    bias_act(x, bias, "lrelu", 2.0, 0.1)
    assert torch.equal(x, before[0]) and torch.equal(bias, before[1])


@pytest.mark.parametrize(
    ("shape", "bias", "dim"),
    [((2, 3, 4), (4,), 1), ((2, 3, 4), (1, 3), 1), ((2, 3), (3,), 2), ((2, 3), (3,), -3)],
)
def test_a_bias_that_does_not_fit_is_refused(unchecked, shape, bias, dim):
    with pytest.raises(ShapeError, match="bias"):
        bias_act(torch.zeros(shape), torch.zeros(bias), dim=dim)
