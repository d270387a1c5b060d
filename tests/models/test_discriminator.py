import math

import pytest
import torch
from torch.nn import functional

from panic3d.errors import ConfigError, ShapeError
from panic3d.models.stylegan2.discriminator import (
    DualDiscriminator,
    Epilogue,
    ResidualBlock,
    minibatch_std,
)
from panic3d.models.stylegan2.discriminator_config import DiscriminatorConfig
from panic3d.ops.upfirdn import make_filter, upfirdn2d

SIZE = 16


def build(**changes):
    torch.manual_seed(0)
    values = {"image_size": SIZE, "channel_base": 64, "channel_max": 8, "mapping_layers": 2}
    network = DualDiscriminator(DiscriminatorConfig(**{**values, **changes}))
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if name.endswith("bias"):
                parameter.normal_()
    return network


def inputs(n=4, size=SIZE):
    generator = torch.Generator().manual_seed(1)
    image = torch.randn(n, 3, size, size, generator=generator)
    raw = torch.randn(n, 3, 6, 6, generator=generator)
    return image, raw, torch.randn(n, 25, generator=generator)


# --- minibatch standard deviation


@pytest.mark.parametrize(("n", "group"), [(8, 4), (4, 4), (3, 4), (1, 4), (6, 3), (6, 2), (5, 1)])
def test_a_group_shares_the_mean_deviation_of_its_members(n, group):
    """Oracle: loops. Members are every (n / group)-th sample, the variance is biased."""
    x = torch.randn(n, 3, 4, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    found = minibatch_std(x, group)
    assert found.shape == (n, 1, 4, 2)
    size = min(group, n)
    for first in range(n // size):
        members = [first + k * (n // size) for k in range(size)]
        total = 0.0
        for c in range(3):
            for i in range(4):
                for j in range(2):
                    values = [float(x[m, c, i, j]) for m in members]
                    mean = sum(values) / size
                    total += math.sqrt(sum((v - mean) ** 2 for v in values) / size + 1e-8)
        for m in members:
            expected = torch.full((1, 4, 2), total / 24, dtype=torch.float64)
            torch.testing.assert_close(found[m], expected)


@pytest.mark.parametrize(("n", "group"), [(6, 4), (9, 4), (5, 2)])
def test_a_batch_that_does_not_divide_into_groups_is_refused(n, group):
    with pytest.raises(ShapeError, match=f"batch of {n}"):
        minibatch_std(torch.zeros(n, 1, 2, 2), group)


# --- blocks


def activated(x, gain, clamp):
    return (torch.where(x > 0, x, 0.2 * x) * gain).clamp(-clamp, clamp)


@pytest.mark.parametrize("picture_channels", [0, 6])
@pytest.mark.parametrize("clamp", [256.0, 0.4])
def test_a_residual_block_is_its_formula(picture_channels, clamp):
    """Oracle: plain convolutions with equalised weights, the filter before each halving."""
    torch.manual_seed(0)
    block = ResidualBlock(3, 5, picture_channels=picture_channels, clamp=clamp)
    with torch.no_grad():
        for name, parameter in block.named_parameters():
            if name.endswith("bias"):
                parameter.normal_()
    x = torch.randn(2, picture_channels or 3, 8, 8)

    def conv(layer, x, k, **options):
        weight = layer.weight / math.sqrt(layer.weight[0].numel())
        bias = None if layer.bias is None else layer.bias
        return functional.conv2d(x, weight, bias, **options)

    y = x
    if block.fromrgb is not None:
        y = activated(conv(block.fromrgb, y, 1), math.sqrt(2), clamp)
    f = make_filter()
    skip = conv(block.skip, upfirdn2d(y, f, down=2, padding=(1, 1, 1, 1)), 1) * math.sqrt(0.5)
    main = activated(conv(block.conv0, y, 3, padding=1), math.sqrt(2), clamp)
    main = conv(block.conv1, upfirdn2d(main, f, padding=(2, 2, 2, 2)), 3, stride=2)
    main = activated(main, math.sqrt(2) * math.sqrt(0.5), clamp * math.sqrt(0.5))
    torch.testing.assert_close(block(x), skip + main, atol=1e-5, rtol=1e-4)


def test_the_epilogue_reads_the_deviation_as_one_more_channel():
    """Oracle: its layers called by hand."""
    torch.manual_seed(0)
    epilogue = Epilogue(3, group_size=2, clamp=None)
    x = torch.randn(4, 3, 4, 4)
    with_deviation = torch.cat([x, minibatch_std(x, 2)], 1)
    expected = epilogue.out(epilogue.fc(epilogue.conv(with_deviation).reshape(4, 48)))
    torch.testing.assert_close(epilogue(x), expected)


# --- the whole network


def test_the_logit_compares_the_picture_with_its_mapped_label():
    """Oracle: the parts called by hand."""
    network = build().eval()
    image, raw, camera = inputs()
    both = torch.cat([image, functional.interpolate(raw, (16, 16), mode="bilinear")], 1)
    x = network.get_submodule("b8")(network.get_submodule("b16")(both))
    x = network.b4(x)
    label = network.mapping(None, camera, {})
    expected = (x * label).sum(1, keepdim=True) / math.sqrt(8)
    torch.testing.assert_close(network(image, raw, camera), expected, atol=1e-5, rtol=1e-4)


def test_both_pictures_and_the_label_matter():
    network = build().eval()
    image, raw, camera = inputs()
    plain = network(image, raw, camera)
    assert plain.shape == (4, 1)
    assert not torch.allclose(network(image + 0.1, raw, camera), plain)
    assert not torch.allclose(network(image, raw + 0.1, camera), plain)
    assert not torch.allclose(network(image, raw, camera + 0.1), plain)


def test_samples_of_different_groups_do_not_depend_on_each_other():
    """Oracle: a group by itself; groups of 2 in a batch of 4 are samples (0, 2) and (1, 3)."""
    network = build(group_size=2).eval()
    image, raw, camera = inputs()
    whole = network(image, raw, camera)
    group = [0, 2]
    alone = network(image[group], raw[group], camera[group])
    torch.testing.assert_close(alone, whole[group], atol=1e-5, rtol=1e-4)


def test_a_batch_below_the_group_size_is_one_group():
    network = build().eval()
    image, raw, camera = inputs(3)
    assert network(image, raw, camera).shape == (3, 1)
    with pytest.raises(ShapeError, match="batch of 6"):
        network(*inputs(6))


def test_tagger_numbers_join_the_label():
    """Oracle: the label's mapping network, on its own."""
    network = build(cond_mode="resnetcond_3").eval()
    image, raw, camera = inputs()
    features = torch.randn(4, 7, generator=torch.Generator().manual_seed(5))
    found = network(image, raw, camera, {"resnet_feats": features})
    x = network.b4(network.features(image, raw))
    label = network.mapping(None, camera, {"resnet_feats": features[:, :3]})
    torch.testing.assert_close(found, (x * label).sum(1, keepdim=True) / math.sqrt(8))
    changed = features.clone()
    changed[:, 2] += 1
    assert not torch.allclose(network(image, raw, camera, {"resnet_feats": changed}), found)
    changed = features.clone()
    changed[:, 3:] += 1
    assert torch.equal(network(image, raw, camera, {"resnet_feats": changed}), found)
    with pytest.raises(ShapeError, match="resnet_feats"):
        network(image, raw, camera)


def test_the_label_is_noisy_only_while_training_and_as_the_generator_says():
    """Oracle: the label plus drawn noise times its deviation in the batch."""
    network, quiet = build(camera_noise=0.5), build()
    image, raw, camera = inputs()
    plain = quiet(image, raw, camera)
    assert torch.equal(network.eval()(image, raw, camera), plain)
    network.train()
    noisy = network(image, raw, camera, generator=torch.Generator().manual_seed(3))
    drawn = torch.randn(4, 25, generator=torch.Generator().manual_seed(3))
    expected = quiet(image, raw, camera + 0.5 * drawn * camera.std(0))
    torch.testing.assert_close(noisy, expected)
    assert not torch.allclose(noisy, plain)


def test_the_label_of_a_lone_sample_stays_as_it_is():
    """Oracle: one sample has no deviation; the formula's would be not a number."""
    network, quiet = build(camera_noise=0.5), build()
    assert torch.equal(network.train()(*inputs(1)), quiet(*inputs(1)))


def test_the_gradient_penalty_has_gradients():
    """Oracle: finite differences of the second derivative, as R1 needs it."""
    network = build(image_size=8, channel_max=4, conv_clamp=None, group_size=2).double()
    image, raw, camera = (t.double() for t in inputs(2, 8))

    def logits(image, raw):
        return network(image, raw, camera)

    arguments = (image.requires_grad_(), raw.requires_grad_())
    assert torch.autograd.gradcheck(logits, arguments, fast_mode=True)
    assert torch.autograd.gradgradcheck(logits, arguments, fast_mode=True)


def test_gradients_reach_every_parameter():
    network = build()
    image, raw, camera = inputs()
    image.requires_grad_()
    (slope,) = torch.autograd.grad(network(image, raw, camera).sum(), image, create_graph=True)
    penalty = slope.square().sum((1, 2, 3)).mean()
    (network(image, raw, camera).sum() + penalty).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().sum() > 0, name


def test_the_arguments_are_not_written_to():
    given = inputs()
    before = [t.clone() for t in given]
    with torch.no_grad():
        build().eval()(*given)
        build(camera_noise=1.0).train()(*given)
    assert all(torch.equal(a, b) for a, b in zip(given, before, strict=True))


@pytest.mark.parametrize(
    ("image", "raw", "camera"),
    [
        ((4, 3, SIZE, 8), (4, 3, 6, 6), (4, 25)),
        ((4, 3, 32, 32), (4, 3, 6, 6), (4, 25)),
        ((4, 4, SIZE, SIZE), (4, 3, 6, 6), (4, 25)),
        ((4, 3, SIZE, SIZE), (3, 3, 6, 6), (4, 25)),
        ((4, 3, SIZE, SIZE), (4, 3, 6, 7), (4, 25)),
        ((4, 3, SIZE, SIZE), (4, 3, 6, 6), (4, 24)),
        ((4, 3, SIZE, SIZE), (4, 3, 6, 6), (1, 25)),
    ],
)
def test_a_wrong_shape_is_refused(unchecked, image, raw, camera):
    with pytest.raises(ShapeError):
        build()(torch.zeros(image), torch.zeros(raw), torch.zeros(camera))


@pytest.mark.parametrize(
    "values",
    [
        {"image_size": 4},
        {"image_size": 100},
        {"group_size": 0},
        {"camera_noise": -1.0},
        {"cond_mode": "resnetcond_x"},
    ],
)
def test_a_discriminator_that_cannot_be_built_is_refused(values):
    with pytest.raises(ConfigError):
        DiscriminatorConfig(**values)
