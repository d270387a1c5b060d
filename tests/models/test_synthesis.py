import math

import pytest
import torch
from torch.nn import functional

from panic3d.errors import ConfigError, ShapeError
from panic3d.models.conditioning import parse_cond_mode
from panic3d.models.stylegan2.synthesis import (
    Synthesis,
    SynthesisBlock,
    SynthesisLayer,
    ToRGB,
)
from panic3d.ops.upfirdn import make_filter, upfirdn2d, upsample2d

W, IMAGE = 6, 5
CHANNELS = {4: 16, 8: 16, 16: 12}
"""Narrow levels; the last must stay wide enough for the tokens."""
EVERYTHING = "ortho_front.cond_img_norm_4.concatfront.crossavg_4.reschonk_add_9.inj_6b_4"


@pytest.fixture(params=[True, False], ids=["training", "inference"])
def either_way(request):
    """Without gradients, results are written over what nobody needs any more."""
    with torch.set_grad_enabled(request.param):
        yield


def build(mode="none", clamp=None):
    torch.manual_seed(0)
    network = Synthesis(
        w_dim=W, channels=CHANNELS, image_channels=IMAGE, mode=parse_cond_mode(mode), clamp=clamp
    )
    shake(network)
    return network.eval()


def shake(network):
    """Biases and noise strengths start at 0, where a mistake would not show."""
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if name.endswith(("bias", "noise_strength")):
                parameter.add_(torch.randn(parameter.shape) * 0.3)


def styles(n=2, k=6):
    return torch.randn(n, k, W, generator=torch.Generator().manual_seed(3))


def conditions(n=2):
    generator = torch.Generator().manual_seed(4)
    return {
        "image_ortho_front": torch.rand(n, 3, 32, 32, generator=generator),
        "resnet_chonk": torch.randn(n, 9, 8, 8, generator=generator),
    }


# --- single layers


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize("up", [1, 2])
@pytest.mark.parametrize("noise_mode", ["none", "const"])
@pytest.mark.parametrize("clamp", [None, 0.5])
def test_a_layer_is_its_formula(up, noise_mode, clamp):
    """Oracle: weights modulated and demodulated sample by sample, one convolution each."""
    torch.manual_seed(0)
    layer = SynthesisLayer(3, 4, w_dim=W, resolution=8, up=up, clamp=clamp)
    shake(layer)
    x, w = torch.randn(2, 3, 8 // up, 8 // up), torch.randn(2, W)
    found = layer(x, w, noise_mode)
    for n in range(2):
        s = layer.affine.weight @ w[n] / math.sqrt(W) + layer.affine.bias
        weight = layer.weight * s[None, :, None, None]
        weight = weight / (weight.square().sum((1, 2, 3), keepdim=True) + 1e-8).sqrt()
        if up == 1:
            y = functional.conv2d(x[n : n + 1], weight, padding=1)
        else:
            stuffed = torch.zeros(1, 3, 7, 7)
            stuffed[:, :, ::2, ::2] = x[n]
            spread = functional.conv2d(stuffed, weight.flip(2, 3), padding=2)
            y = upfirdn2d(spread, make_filter(), padding=(1, 1, 1, 1), gain=4.0)
        if noise_mode == "const":
            y = y + layer.noise_const * layer.noise_strength
        y = y + layer.bias[None, :, None, None]
        y = torch.where(y > 0, y, 0.2 * y) * math.sqrt(2)
        y = y if clamp is None else y.clamp(-clamp, clamp)
        torch.testing.assert_close(found[n : n + 1], y, atol=1e-5, rtol=1e-4)


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize("clamp", [None, 0.5])
def test_the_layer_to_the_skip_image_is_its_formula(clamp):
    """Oracle: a modulated matrix per sample, without demodulation, style over sqrt(inputs)."""
    torch.manual_seed(0)
    layer = ToRGB(3, 4, w_dim=W, clamp=clamp)
    shake(layer)
    x, w = torch.randn(2, 3, 5, 5), torch.randn(2, W)
    found = layer(x, w)
    for n in range(2):
        s = (layer.affine.weight @ w[n] / math.sqrt(W) + layer.affine.bias) / math.sqrt(3)
        y = torch.einsum("oi,ihw->ohw", layer.weight[:, :, 0, 0] * s, x[n])
        y = y + layer.bias[:, None, None]
        y = y if clamp is None else y.clamp(-clamp, clamp)
        torch.testing.assert_close(found[n], y, atol=1e-5, rtol=1e-4)


@pytest.mark.usefixtures("either_way")
def test_random_noise_is_that_of_the_generator():
    """Oracle: the layer without noise, noise added by hand where nothing is negative."""
    torch.manual_seed(0)
    layer = SynthesisLayer(3, 4, w_dim=W, resolution=8)
    shake(layer)
    x, w = torch.randn(2, 3, 8, 8), torch.randn(2, W)
    with torch.no_grad():
        layer.bias.fill_(100)  # keeps everything on the straight side of the activation
    quiet = layer(x, w, "none")
    noisy = layer(x, w, "random", torch.Generator().manual_seed(7))
    drawn = torch.randn(2, 1, 8, 8, generator=torch.Generator().manual_seed(7))
    expected = (drawn * layer.noise_strength * math.sqrt(2)).expand(2, 4, 8, 8)
    torch.testing.assert_close(noisy - quiet, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.usefixtures("either_way")
def test_a_block_chains_its_layers():
    """Oracle: its layers called by hand; the skip image is doubled and added to."""
    torch.manual_seed(0)
    block = SynthesisBlock(3, 4, w_dim=W, resolution=8, image_channels=2)
    shake(block)
    x, image, ws = torch.randn(2, 3, 4, 4), torch.randn(2, 2, 4, 4), styles(2, 3)
    features, skip = block(x, image, ws, "const")
    first = block.conv0(x, ws[:, 0], "const")
    second = block.conv1(first, ws[:, 1], "const")
    assert torch.equal(features, second)
    assert torch.equal(skip, upsample2d(image) + block.torgb(second, ws[:, 2]))


# --- the whole network


@pytest.mark.usefixtures("either_way")
def test_levels_share_style_vectors_as_in_the_original():
    """Oracle: the blocks called by hand with vectors (0, 1), (1, 2, 3), (3, 4, 5)."""
    network, ws = build(), styles()
    x, image = None, torch.zeros(0)
    for resolution, (first, last) in {4: (0, 2), 8: (1, 4), 16: (3, 6)}.items():
        block = network.get_submodule(f"b{resolution}")
        x, image = block(x, image if image.numel() else None, ws[:, first:last], "const")
    assert torch.equal(network(ws, {}), image)
    assert network.num_ws == 6


@pytest.mark.usefixtures("either_way")
def test_noise_modes_differ_and_the_constant_one_is_the_default():
    network, ws = build(), styles()
    const, none = network(ws, {}, noise_mode="const"), network(ws, {}, noise_mode="none")
    assert torch.equal(network(ws, {}), const)
    assert not torch.allclose(const, none)
    draws = [
        network(ws, {}, noise_mode="random", generator=torch.Generator().manual_seed(seed))
        for seed in (0, 0, 1)
    ]
    assert torch.equal(draws[0], draws[1])
    assert not torch.allclose(draws[0], draws[2])
    assert not torch.allclose(draws[0], const)


@pytest.mark.usefixtures("either_way")
def test_noise_without_strength_changes_nothing():
    network, ws = build(), styles()
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if name.endswith("noise_strength"):
                parameter.zero_()
    quiet = network(ws, {}, noise_mode="none")
    for mode in ("const", "random"):
        torch.testing.assert_close(network(ws, {}, noise_mode=mode), quiet)


@pytest.mark.usefixtures("either_way")
def test_random_noise_differs_between_the_samples_of_a_batch():
    network, ws = build(), styles(1).expand(2, -1, -1)
    found = network(ws, {}, noise_mode="random")
    assert not torch.allclose(found[0], found[1])


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize("noise_mode", ["none", "const"])
@pytest.mark.parametrize("mode", ["none", EVERYTHING])
def test_rows_of_a_batch_do_not_depend_on_each_other(noise_mode, mode):
    network, ws, given = build(mode), styles(3), conditions(3)
    whole = network(ws, given, noise_mode=noise_mode)
    for n in range(3):
        one = {name: tensor[n : n + 1] for name, tensor in given.items()}
        alone = network(ws[n : n + 1], one, noise_mode=noise_mode)
        torch.testing.assert_close(alone, whole[n : n + 1], atol=1e-5, rtol=1e-4)


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize("token", ["concatfront", "add_4", "crossavg_4"])
def test_feature_edits_of_the_last_level_are_dead(token):
    """Oracle: the to-RGB layer of a level reads its features before they are edited."""
    levels: list = []
    network = build(token if token == "crossavg_4" else f"ortho_front.{token}")
    planes = network(styles(), conditions(), levels=levels)
    before, (_, last) = levels[1], levels[2]
    plain = build()
    block = plain.get_submodule("b16")
    features, expected = block(*before, styles()[:, 3:6], "const")
    assert torch.equal(planes, expected) and torch.equal(last, expected)
    assert torch.equal(network(styles(), conditions()), planes)  # nobody looks: edits left out
    assert not torch.equal(levels[2][0], features)  # the edit was made all the same


@pytest.mark.usefixtures("either_way")
def test_feature_edits_of_earlier_levels_are_alive():
    ws = styles()
    for mode in ("ortho_front.concatfront", "ortho_front.add_4", "crossavg_4", "reschonk_add_9"):
        assert not torch.allclose(build(mode)(ws, conditions()), build()(ws, conditions())), mode


@pytest.mark.usefixtures("either_way")
def test_injection_adds_the_front_to_the_finished_planes():
    """Oracle: 4 (2 front - 1) upside down, on the first three channels."""
    ws, given = styles(), conditions()
    found = build("ortho_front.inj_6b_4")(ws, given)
    expected = build()(ws, given).clone()
    front = functional.interpolate(given["image_ortho_front"].flip(2), (16, 16), mode="bilinear")
    expected[:, :3] += 4 * (2 * front - 1)
    torch.testing.assert_close(found, expected)


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize("level", [0, 1, 2])
def test_stopping_returns_the_skip_image_of_that_level_enlarged(level):
    """Oracle: doubled as often as levels are missing."""
    network = build(EVERYTHING)
    levels: list = []
    network(styles(), conditions(), levels=levels)
    found = network(styles(), conditions(), stop_level=level)
    expected = levels[level][1]
    for _ in range(2 - level):
        expected = upsample2d(expected)
    assert found.shape == (2, IMAGE, 16, 16)
    assert torch.equal(found, expected)


@pytest.mark.usefixtures("either_way")
def test_levels_collects_features_and_skip_image_of_every_level():
    levels: list = []
    planes = build(EVERYTHING)(styles(), conditions(), levels=levels)
    assert [tuple(x.shape) for x, _ in levels] == [(2, c, r, r) for r, c in CHANNELS.items()]
    assert [tuple(image.shape) for _, image in levels] == [(2, IMAGE, r, r) for r in CHANNELS]
    assert torch.equal(levels[-1][1], planes)


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize("level", [0, 1, 2])
def test_an_injection_into_the_features_acts_from_the_next_level_on(level):
    """Oracle: the remaining blocks called by hand."""
    network, ws = build(), styles()
    levels: list = []
    plain = network(ws, {}, levels=levels)
    resolution = 4 * 2**level
    extra = torch.randn(2, CHANNELS[resolution], resolution, resolution)
    found = network(ws, {}, injections={f"da_{level}": extra})
    x, image = levels[level][0] + extra, levels[level][1]
    for later in range(level + 1, 3):
        block = network.get_submodule(f"b{4 * 2**later}")
        x, image = block(x, image, ws[:, 2 * later - 1 : 2 * later + 2], "const")
    assert torch.equal(found, image)
    assert torch.equal(found, plain) == (level == 2)


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize("level", [0, 1, 2])
def test_an_injection_into_the_skip_image_is_doubled_up_to_full_size(level):
    """Oracle: the skip path is linear."""
    network, ws = build(), styles()
    resolution = 4 * 2**level
    extra = torch.randn(2, IMAGE, resolution, resolution)
    found = network(ws, {}, injections={f"db_{level}": extra})
    for _ in range(2 - level):
        extra = upsample2d(extra)
    torch.testing.assert_close(found, network(ws, {}) + extra, atol=1e-5, rtol=1e-4)


@pytest.mark.usefixtures("either_way")
def test_a_clamp_limits_every_layer():
    """Oracle: three to-RGB results of at most the clamp each, doubled in between."""
    levels: list = []
    planes = build(clamp=0.01)(styles() * 50, {}, levels=levels)
    assert planes.abs().max() <= 0.03 + 1e-6
    for x, _ in levels:
        assert x.abs().max() <= 0.01


@pytest.mark.usefixtures("either_way")
def test_the_arguments_are_not_written_to():
    network, ws, given = build(EVERYTHING), styles(), conditions()
    before = ws.clone(), {name: tensor.clone() for name, tensor in given.items()}
    network(ws, given)
    assert torch.equal(ws, before[0])
    assert all(torch.equal(given[name], before[1][name]) for name in given)


def test_gradients_reach_every_parameter_and_the_styles():
    """Oracle: every one of them moves the planes; the constant noise is used."""
    network, ws = build(EVERYTHING), styles().requires_grad_()
    network(ws, conditions()).square().sum().backward()
    assert ws.grad is not None and (ws.grad.abs().sum((0, 2)) > 0).all()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize("shape", [(2, 5, W), (2, 6, W + 1), (6, W), (2, 7, W)])
def test_styles_of_another_shape_are_refused(unchecked, shape):
    with pytest.raises(ShapeError, match="ws"):
        build()(torch.zeros(shape), {})


@pytest.mark.parametrize("level", [-1, 3])
def test_stopping_at_no_level_is_refused(level):
    with pytest.raises(ConfigError, match="expected 0 to 2"):
        build()(styles(), {}, stop_level=level)


@pytest.mark.parametrize("name", ["da_3", "db_-1", "dw", "dc_0", ""])
def test_an_unknown_injection_is_refused(name):
    with pytest.raises(ConfigError, match="unknown injections"):
        build()(styles(), {}, injections={name: torch.zeros(1)})


def test_conditions_of_another_batch_size_are_refused():
    with pytest.raises(ShapeError, match="N = 2"):
        build(EVERYTHING)(styles(2), conditions(3))
