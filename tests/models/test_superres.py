import pytest
import torch
from torch.nn import functional

from panic3d.errors import ShapeError
from panic3d.models.superres import Superresolution

W = 5


@pytest.fixture(params=[True, False], ids=["training", "inference"])
def either_way(request):
    """Without gradients, results are written over what nobody needs any more."""
    with torch.set_grad_enabled(request.param):
        yield


def build(image_size, *, antialias=True, clamp=256.0):
    torch.manual_seed(0)
    network = Superresolution(
        image_size=image_size, channels=4, w_dim=W, antialias=antialias, clamp=clamp
    ).eval()
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if name.endswith(("bias", "noise_strength")):
                parameter.add_(torch.randn(parameter.shape) * 0.3)
    return network


def features(r, n=2):
    return torch.randn(n, 32, r, r, generator=torch.Generator().manual_seed(1))


def styles(n=2):
    return torch.randn(n, 3, W, generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize("image_size", [128, 256, 512])
@pytest.mark.parametrize("r", [16, 32])
def test_the_picture_has_the_configured_size(image_size, r):
    with torch.no_grad():
        found = build(image_size)(features(r, 1), styles(1))
    assert found.shape == (1, 3, image_size, image_size)
    assert found.isfinite().all()


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize("r", [32, 20, 50])
@pytest.mark.parametrize("antialias", [True, False])
def test_features_are_resized_to_a_quarter_and_doubled_twice(r, antialias):
    """Oracle: its two blocks called by hand on resized features."""
    network, x, ws = build(128, antialias=antialias), features(r), styles()
    found = network(x, ws)
    if r != 32:
        x = functional.interpolate(x, (32, 32), mode="bilinear", antialias=antialias)
    last = ws[:, 2:].expand(2, 3, W)
    y, rgb = network.block0(x, x[:, :3], last, "none")
    _, rgb = network.block1(y, rgb, last, "none")
    torch.testing.assert_close(found, rgb)


def test_antialiasing_matters_only_when_the_features_shrink():
    """Oracle: plain bilinear; the antialiased kernel is the same when enlarging."""
    smooth, plain, ws = build(128, antialias=True), build(128, antialias=False), styles()
    torch.testing.assert_close(smooth(features(20), ws), plain(features(20), ws))
    assert not torch.allclose(smooth(features(50), ws), plain(features(50), ws), atol=1e-2)


@pytest.mark.usefixtures("either_way")
def test_only_the_last_style_vector_is_used():
    network, x, ws = build(128), features(32), styles()
    before = x.clone(), ws.clone()
    expected = network(x, ws)
    assert torch.equal(x, before[0]) and torch.equal(ws, before[1])
    others = ws.clone()
    others[:, :-1] = 1000.0
    assert torch.equal(network(x, others), expected)
    assert torch.equal(network(x, ws[:, -1:]), expected)
    others = ws.clone()
    others[:, -1] += 0.5
    assert not torch.allclose(network(x, others), expected)


def test_noise_is_left_out_unless_asked_for():
    network, x, ws = build(128), features(32), styles()
    plain = network(x, ws)
    assert torch.equal(network(x, ws, "none"), plain)
    assert not torch.allclose(network(x, ws, "const"), plain)
    assert not torch.allclose(network(x, ws, "random"), network(x, ws, "random"))


def test_a_clamp_limits_both_blocks():
    """Oracle: two to-RGB results of at most the clamp each, on a doubled base of at most 4."""
    x = features(32).clamp(-4, 4)
    found = build(128, clamp=0.01)(x, styles() * 100)
    base = functional.interpolate(x[:, :3], scale_factor=4.0)
    assert found.abs().max() <= base.abs().max() + 0.02 + 1e-5


@pytest.mark.usefixtures("either_way")
def test_rows_of_a_batch_do_not_depend_on_each_other():
    network, x, ws = build(128), features(32), styles()
    torch.testing.assert_close(network(x[1:], ws[1:]), network(x, ws)[1:], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(
    ("x", "ws"),
    [
        ((2, 31, 32, 32), (2, 3, W)),
        ((2, 32, 32, 31), (2, 3, W)),
        ((32, 32, 32), (2, 3, W)),
        ((2, 32, 32, 32), (3, 3, W)),
        ((2, 32, 32, 32), (2, 3, W + 1)),
        ((2, 32, 32, 32), (2, W)),
    ],
)
def test_a_wrong_shape_is_refused(unchecked, x, ws):
    with pytest.raises(ShapeError):
        build(128)(torch.zeros(x), torch.zeros(ws))
