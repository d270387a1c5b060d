"""The tagger's network, what it is shown, and the projection of its features."""

import pytest
import torch
from torch.nn import functional

from panic3d.errors import ConfigError, ShapeError
from panic3d.models.tagger import (
    MEAN,
    STANDARD_DEVIATION,
    FeatureProjection,
    FeatureProjectionConfig,
    Tagger,
    TaggerConfig,
    tagger_input,
    with_mirrored,
)


@pytest.fixture(scope="module")
def tagger():
    """Random weights whose features neither vanish nor grow, statistics of norms included."""
    torch.manual_seed(0)
    network = Tagger(TaggerConfig(tags=7, size=64)).eval().requires_grad_(False)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.weight.copy_(torch.rand(module.weight.shape) * 0.5 + 0.25)
            module.bias.copy_(torch.randn(module.bias.shape) * 0.1)
            assert module.running_mean is not None and module.running_var is not None
            module.running_mean.normal_(std=0.1)
            module.running_var.uniform_(0.5, 1.5)
    return network


def pictures(h=64, w=64, n=2, channels=3):
    return torch.rand(n, channels, h, w, generator=torch.Generator().manual_seed(1))


def as_transformers(name):
    """Our name of a tensor as `transformers` has it."""
    parts = name.removeprefix("resnet.").split(".")
    if parts[0] in ("conv1", "bn1"):
        kind = "convolution" if parts[0] == "conv1" else "normalization"
        return ".".join(["embedder.embedder", kind, *parts[1:]])
    stage, block, inner, *rest = parts
    place = f"encoder.stages.{int(stage[-1]) - 1}.layers.{block}"
    if inner == "downsample":
        kind = "convolution" if rest[0] == "0" else "normalization"
        return ".".join([place, "shortcut", kind, *rest[1:]])
    kind = "convolution" if inner.startswith("conv") else "normalization"
    return ".".join([place, "layer", str(int(inner[-1]) - 1), kind, *rest])


def test_the_maps_are_those_of_another_implementation(tagger):
    """Oracle: the ResNet-50 of `transformers` with the same random weights."""
    transformers = pytest.importorskip(
        "transformers", reason="transformers is not installed: pip install 'panic3d[eval]'"
    )
    other = transformers.ResNetModel(transformers.ResNetConfig()).eval()
    state = {
        as_transformers(name): tensor
        for name, tensor in tagger.state_dict().items()
        if not name.startswith("resnet.fc.")
    }
    other.load_state_dict(state, strict=True)
    x = tagger_input(pictures(96, 64), 64)
    ours = tagger.features(pictures(96, 64))
    with torch.no_grad():
        theirs = other(x, output_hidden_states=True)
    layers = ours.layer1, ours.layer2, ours.layer3, ours.layer4
    for layer, expected in zip(layers, theirs.hidden_states[1:], strict=True):
        assert layer.std() > 0.01
        torch.testing.assert_close(layer, expected, atol=1e-4, rtol=0)
    torch.testing.assert_close(ours.pooled, theirs.pooler_output[..., 0, 0], atol=1e-4, rtol=0)
    first = functional.max_pool2d(ours.conv1, 3, 2, 1)
    torch.testing.assert_close(first, theirs.hidden_states[0], atol=1e-4, rtol=0)


def test_sizes_are_the_specified_ones(tagger):
    """Oracle: the reference's table, which is for 256 pixels, divided by four."""
    found = tagger.features(pictures())
    assert [tuple(x.shape[1:]) for x in found] == [
        (64, 32, 32), (256, 16, 16), (512, 8, 8), (1024, 4, 4), (2048, 2, 2), (2048,), (7,),
    ]  # fmt: skip
    torch.testing.assert_close(tagger(pictures()), tagger.resnet.fc(found.pooled))


def test_half_the_size_is_the_mean_of_four_pixels():
    """Oracle: sums of the four; and torch's interpolation without antialiasing, the original's."""
    x = pictures(80, 64)
    found = tagger_input(x, 32)
    mean, deviation = (torch.tensor(v)[:, None, None] for v in (MEAN, STANDARD_DEVIATION))
    four = sum(x[..., i::2, j::2] for i in (0, 1) for j in (0, 1)) / 4
    torch.testing.assert_close(found, (four - mean) / deviation)
    resized = functional.interpolate(x, (40, 32), mode="bilinear", antialias=False)
    torch.testing.assert_close(found, (resized - mean) / deviation, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("h", "w", "size", "expected"),
    [
        (96, 96, 40, (40, 40)),
        (50, 99, 40, (40, 79)),
        (99, 50, 40, (79, 40)),
        (40, 60, 40, (40, 60)),
    ],
)
def test_the_shorter_side_gets_the_size(h, w, size, expected):
    """Oracle: torchvision's rule, the longer side rounded down."""
    assert tagger_input(pictures(h, w), size).shape == (2, 3, *expected)


def test_a_fourth_channel_does_not_count():
    x = pictures(channels=4)
    assert torch.equal(tagger_input(x, 32), tagger_input(x[:, :3], 32))


def test_the_mirror_image_of_a_mirror_image_is_the_picture():
    """Oracle: the batch of the mirrored picture is the batch the other way round."""
    x = pictures(n=1)
    assert torch.equal(with_mirrored(x.flip(-1)), with_mirrored(x).flip(0))
    assert not torch.equal(with_mirrored(x)[0], with_mirrored(x)[1])


@pytest.fixture(scope="module")
def projection():
    made = FeatureProjection(FeatureProjectionConfig(components=5, features=2048))
    generator = torch.Generator().manual_seed(3)
    made.load_state_dict(
        {
            "components": torch.randn(5, 2048, generator=generator) / 45,
            "mean": torch.rand(2048, generator=generator),
        }
    )
    return made.requires_grad_(False)


def test_a_projection_is_a_convolution_with_a_bias(projection):
    """Oracle: a 1 x 1 convolution by the components, biased by minus their mean."""
    x = torch.rand(2, 2048, 3, 4, generator=torch.Generator().manual_seed(4))
    bias = -projection.components @ projection.mean
    expected = functional.conv2d(x, projection.components[..., None, None], bias)
    torch.testing.assert_close(projection(x), expected, atol=1e-4, rtol=0)


def test_the_mean_of_the_projected_map_is_the_projected_mean(tagger, projection):
    """Oracle: pooling and an affine map commute."""
    found = tagger.features(pictures())
    torch.testing.assert_close(
        projection(found.layer4).mean((2, 3)), projection(found.pooled), atol=1e-5, rtol=0
    )


def test_a_projection_of_another_size_is_refused(unchecked, projection):
    for shape in ((2, 2047), (2048,), (2, 5, 2, 2)):
        with pytest.raises(ShapeError, match="2048"):
            projection(torch.zeros(shape))


def test_bad_sizes_are_refused(unchecked):
    for change in ({"tags": 0}, {"size": 16}, {"size": 10**6}):
        with pytest.raises(ConfigError):
            TaggerConfig(**change)
    with pytest.raises(ShapeError, match="2 channels"):
        tagger_input(torch.zeros(1, 2, 64, 64), 32)
    with pytest.raises(ConfigError):
        FeatureProjectionConfig(components=0)
