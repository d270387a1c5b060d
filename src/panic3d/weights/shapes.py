"""Names and shapes of every network's tensors, as the published checkpoints have them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import torch
from torch import nn

from panic3d.errors import ConfigError
from panic3d.models.feedforward import FeedForward, FeedForwardConfig
from panic3d.models.generator import Generator
from panic3d.models.generator_config import GeneratorConfig
from panic3d.models.stylegan2.discriminator import DualDiscriminator
from panic3d.models.stylegan2.discriminator_config import DiscriminatorConfig

Shapes = Mapping[str, tuple[int, ...]]

FILTER = "resample_filter"
"""A constant that the published checkpoints store in every layer, and ours do not."""

FEATURE_CHANNELS = 2048
PCA_CHANNELS = 512
MAX_LAYERS = 100
MAX_SIZE = 1 << 20

TAGS = 1062
"""Classes of the published tagger."""


def generator_tensor_shapes(config: GeneratorConfig) -> dict[str, tuple[int, ...]]:
    """Return the published generator's tensors, the constant filters included.

    Raises:
        ConfigError: the configuration asks for an absurd size.
    """
    _check_sizes(config)
    with torch.device("meta"):
        return _shapes(Generator(config))


def discriminator_tensor_shapes(config: DiscriminatorConfig) -> dict[str, tuple[int, ...]]:
    """Return the published discriminator's tensors, the constant filters included.

    Raises:
        ConfigError: the configuration asks for an absurd size.
    """
    _check_sizes(config)
    with torch.device("meta"):
        return _shapes(DualDiscriminator(config))


def feedforward_tensor_shapes(config: FeedForwardConfig) -> dict[str, tuple[int, ...]]:
    """Return our own generator's tensors.

    Raises:
        ConfigError: the configuration asks for an absurd size.
    """
    _check_sizes(config)
    with torch.device("meta"):
        return _shapes(FeedForward(config))


def _check_sizes(config: GeneratorConfig | DiscriminatorConfig | FeedForwardConfig) -> None:
    """A configuration may come from a file: its layers are counted before any is made."""
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        most = MAX_LAYERS if field.name in ("mapping_layers", "blocks") else MAX_SIZE
        for size in value if isinstance(value, tuple) else (value,):
            if isinstance(size, int) and size > most:
                raise ConfigError(
                    f"{field.name} is {value}, expected at most {most}: correct the value"
                )


def _shapes(network: nn.Module) -> dict[str, tuple[int, ...]]:
    tensors = {**dict(network.named_parameters()), **dict(network.named_buffers())}
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}


def without_filters(shapes: Shapes) -> dict[str, tuple[int, ...]]:
    """Return the tensors that our files store."""
    return {name: shape for name, shape in shapes.items() if name.split(".")[-1] != FILTER}


def linefill_tensor_shapes(channels: int, width: int = 32, depth: int = 6) -> dict[str, tuple]:
    """Return the line filler's tensors.

    Args:
        channels: of the input: 3, or 4 with the face hull.
        width: channels between the convolutions.
        depth: number of convolutions.

    Source: the reference's network table: convolution, leaky ReLU, batch norm.
    """
    return _plain_stack("generator", channels, width, depth, out=3)


def linefill_discriminator_tensor_shapes(
    channels: int, width: int = 16, depth: int = 4
) -> dict[str, tuple]:
    """Return the tensors of the line filler's discriminator; its last layer keeps the width."""
    return _plain_stack("discriminator", channels, width, depth, out=width)


def _plain_stack(
    prefix: str, channels: int, width: int, depth: int, out: int
) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    for layer in range(depth):
        last = layer == depth - 1
        outputs = out if last else width
        inputs = channels if layer == 0 else width
        shapes[f"{prefix}.{3 * layer}.weight"] = (outputs, inputs, 3, 3)
        shapes[f"{prefix}.{3 * layer}.bias"] = (outputs,)
        if not last:
            shapes |= _batch_norm(f"{prefix}.{3 * layer + 2}", width)
    return shapes


def _batch_norm(name: str, width: int) -> dict[str, tuple[int, ...]]:
    names = ("weight", "bias", "running_mean", "running_var")
    return {**{f"{name}.{n}": (width,) for n in names}, f"{name}.num_batches_tracked": ()}


def tagger_tensor_shapes(tags: int = TAGS) -> dict[str, tuple[int, ...]]:
    """Return the tagger's tensors: a ResNet-50 in torchvision's names under `resnet.`."""
    shapes: dict[str, tuple[int, ...]] = {"resnet.conv1.weight": (64, 3, 7, 7)}
    shapes |= _batch_norm("resnet.bn1", 64)
    inputs = 64
    for stage, blocks in enumerate((3, 4, 6, 3), start=1):
        width = 32 << stage
        for block in range(blocks):
            name = f"resnet.layer{stage}.{block}"
            for conv, (outputs, channels, side) in enumerate(
                ((width, inputs, 1), (width, width, 3), (4 * width, width, 1)), start=1
            ):
                shapes[f"{name}.conv{conv}.weight"] = (outputs, channels, side, side)
                shapes |= _batch_norm(f"{name}.bn{conv}", outputs)
            if block == 0:
                shapes[f"{name}.downsample.0.weight"] = (4 * width, inputs, 1, 1)
                shapes |= _batch_norm(f"{name}.downsample.1", 4 * width)
            inputs = 4 * width
    return {**shapes, "resnet.fc.weight": (tags, FEATURE_CHANNELS), "resnet.fc.bias": (tags,)}


def features_pca_tensor_shapes() -> dict[str, tuple[int, ...]]:
    """Return the tensors of the projection from tagger features to conditioning channels."""
    return {"components": (PCA_CHANNELS, FEATURE_CHANNELS), "mean": (FEATURE_CHANNELS,)}
