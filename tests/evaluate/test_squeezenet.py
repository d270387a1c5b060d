from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch.nn import functional

from panic3d.errors import PictureError, WeightsError
from panic3d.evaluate.squeezenet import (
    LEAST_SIDE,
    SqueezeNet,
    load_squeezenet,
    squeezenet_distance,
)
from tests.conftest import SHARED

PUBLISHED = SHARED / "data" / "perceptual" / "squeezenet_v1.0.safetensors"


@pytest.fixture(scope="module")
def weights():
    """Random, in the published layout and precision."""
    generator = torch.Generator().manual_seed(0)
    sizes = {"conv1": (96, 3, 7), "conv10": (1000, 512, 1)}
    inputs = 96
    for number, (few, many) in enumerate(
        [(16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256)], 2
    ):
        sizes[f"fire{number}.squeeze"] = (few, inputs, 1)
        sizes[f"fire{number}.expand1x1"] = (many, few, 1)
        sizes[f"fire{number}.expand3x3"] = (many, few, 3)
        inputs = 2 * many
    made = {}
    for name, (outputs, channels, side) in sizes.items():
        weight = torch.randn(outputs, channels, side, side, generator=generator)
        made[f"{name}.weight"] = (weight * (2 / weight[0].numel()) ** 0.5).half()
        made[f"{name}.bias"] = (0.1 * torch.randn(outputs, generator=generator)).half()
    return made


@pytest.fixture(scope="module")
def network(weights, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "squeezenet.safetensors"
    save_file(weights, path)
    return load_squeezenet(path)


def pictures(height=60, width=70, seed=0):
    rng = np.random.default_rng(seed)
    return rng.random((2, height, width, 3), dtype=np.float32)


def layers(weights, picture):
    """The network once more, written down layer by layer after its table."""

    def conv(x, name, **options):
        weight, bias = (weights[f"{name}.{part}"].double() for part in ("weight", "bias"))
        return functional.conv2d(x, weight, bias, **options).clamp(min=0)

    def pool(x):
        return functional.max_pool2d(x, 3, 2, ceil_mode=True)

    def fires(x, *numbers):
        for k in numbers:
            few = conv(x, f"fire{k}.squeeze")
            wide = conv(few, f"fire{k}.expand3x3", padding=1)
            x = torch.cat([conv(few, f"fire{k}.expand1x1"), wide], 1)
        return x

    blue_first = torch.from_numpy(picture[..., ::-1].astype(np.float64) * 255)
    x = (blue_first - torch.tensor([104.0, 117.0, 123.0])).permute(2, 0, 1)[None]
    found = [conv(x, "conv1", stride=2)]
    for numbers in ((2, 3, 4), (5, 6, 7, 8), (9,)):
        found.append(fires(pool(found[-1]), *numbers))
    return found, conv(found[-1], "conv10").mean((2, 3))


def test_features_and_classes_are_those_of_the_published_table(weights, network):
    """Oracle: the table of layers, once more in float64."""
    picture = pictures()[0]
    wanted, classes = layers(weights, picture)
    given = torch.from_numpy(picture).permute(2, 0, 1)[None]
    for ours, theirs in zip(network.features(given), wanted, strict=True):
        assert torch.allclose(ours.double(), theirs, rtol=1e-4, atol=1e-4 * float(theirs.max()))
    assert torch.allclose(network(given).double(), classes, atol=1e-4 * float(classes.max()))


@pytest.mark.parametrize("shrink", [1, 2])
def test_the_distance_is_what_its_definition_gives(shrink, weights, network):
    """Oracle: one less the cosine, twice, averaged over pixels, then over the four layers."""
    predicted, truth = pair = pictures()
    small = pair.reshape(2, 60 // shrink, shrink, 70 // shrink, shrink, 3).mean((2, 4))
    ours, theirs = (layers(weights, picture)[0] for picture in small)
    wanted = np.mean(
        [
            float((2 - 2 * functional.cosine_similarity(a, b, dim=1)).mean())
            for a, b in zip(ours, theirs, strict=True)
        ]
    )
    assert squeezenet_distance(network, predicted, truth, shrink) == pytest.approx(wanted, rel=1e-4)


def test_equal_pictures_have_no_distance_and_worse_ones_more(network):
    truth, noise = pictures()
    assert squeezenet_distance(network, truth, truth) == 0.0
    near, far = (
        squeezenet_distance(network, truth + share * (noise - truth), truth) for share in (0.1, 0.9)
    )
    assert 0 < near < far <= 2


def test_what_is_too_small_is_refused(network):
    least = np.zeros((LEAST_SIDE, LEAST_SIDE, 3), np.float32)
    assert squeezenet_distance(network, least, least, 1) == 0.0
    with pytest.raises(PictureError, match="at least 42"):
        squeezenet_distance(network, least, least)


def test_another_file_is_refused(weights, tmp_path):
    path = tmp_path / "a.safetensors"
    with pytest.raises(WeightsError, match="cannot be read"):
        load_squeezenet(path)
    save_file({**weights, "conv1.bias": torch.zeros(64)}, path)
    with pytest.raises(WeightsError, match=r"conv1\.bias"):
        load_squeezenet(path)


@pytest.mark.skipif(not PUBLISHED.is_file(), reason="the shared data folder is not here")
@pytest.mark.parametrize(("name", "kind"), [("chelsea", 285), ("coffee", 967)])
def test_the_published_weights_know_a_cat_and_a_cup(name, kind):
    """Oracle: the README of the weights: Egyptian cat and espresso, at 227 pixels."""
    from skimage import data

    picture = torch.from_numpy(getattr(data, name)().copy()).permute(2, 0, 1)[None].float() / 255
    side = min(picture.shape[2:])
    top, left = (picture.shape[2] - side) // 2, (picture.shape[3] - side) // 2
    square = picture[..., top : top + side, left : left + side]
    small = functional.interpolate(square, (227, 227), mode="bilinear", antialias=True)
    assert isinstance(network := load_squeezenet(PUBLISHED), SqueezeNet)
    assert int(network(small).argmax()) == kind
