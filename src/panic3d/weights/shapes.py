"""Names and shapes of every network's tensors, as the published checkpoints have them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import torch
from torch import nn

from panic3d.errors import ConfigError
from panic3d.models.face_finder import FaceFinder, FaceFinderConfig
from panic3d.models.feedforward import FeedForward, FeedForwardConfig
from panic3d.models.generator import Generator
from panic3d.models.generator_config import GeneratorConfig
from panic3d.models.landmarks import LandmarkConfig, LandmarkNetwork
from panic3d.models.linefill import (
    LineFillConfig,
    LineFillDiscriminator,
    LineFillDiscriminatorConfig,
    LineFiller,
)
from panic3d.models.matting import MattingConfig, MattingNetwork
from panic3d.models.stylegan2.discriminator import DualDiscriminator
from panic3d.models.stylegan2.discriminator_config import DiscriminatorConfig
from panic3d.models.tagger import FeatureProjection, FeatureProjectionConfig, Tagger, TaggerConfig

Shapes = Mapping[str, tuple[int, ...]]

FILTER = "resample_filter"
"""A constant that the published checkpoints store in every layer, and ours do not."""

MAX_LAYERS = 100
MAX_SIZE = 1 << 20


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


def face_finder_tensor_shapes(config: FaceFinderConfig) -> dict[str, tuple[int, ...]]:
    """Return the face finder's tensors."""
    with torch.device("meta"):
        return _shapes(FaceFinder(config))


def landmarks_tensor_shapes(config: LandmarkConfig) -> dict[str, tuple[int, ...]]:
    """Return the landmark network's tensors."""
    with torch.device("meta"):
        return _shapes(LandmarkNetwork(config))


def matting_tensor_shapes(config: MattingConfig) -> dict[str, tuple[int, ...]]:
    """Return the matting network's tensors."""
    with torch.device("meta"):
        return _shapes(MattingNetwork(config))


def _check_sizes(
    config: GeneratorConfig
    | DiscriminatorConfig
    | FeedForwardConfig
    | LineFillConfig
    | LineFillDiscriminatorConfig
    | TaggerConfig
    | FeatureProjectionConfig,
) -> None:
    """A configuration may come from a file: its layers are counted before any is made."""
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        most = MAX_LAYERS if field.name in ("mapping_layers", "blocks", "depth") else MAX_SIZE
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


def linefill_tensor_shapes(config: LineFillConfig) -> dict[str, tuple[int, ...]]:
    """Return the line filler's tensors.

    Raises:
        ConfigError: the configuration asks for an absurd size.
    """
    _check_sizes(config)
    with torch.device("meta"):
        return _shapes(LineFiller(config))


def linefill_discriminator_tensor_shapes(
    config: LineFillDiscriminatorConfig,
) -> dict[str, tuple[int, ...]]:
    """Return the tensors of the line filler's discriminator.

    Raises:
        ConfigError: the configuration asks for an absurd size.
    """
    _check_sizes(config)
    with torch.device("meta"):
        return _shapes(LineFillDiscriminator(config))


def tagger_tensor_shapes(config: TaggerConfig | None = None) -> dict[str, tuple[int, ...]]:
    """Return the tagger's tensors: a ResNet-50 in torchvision's names under `resnet.`.

    Args:
        config: None takes the published tagger's.

    Raises:
        ConfigError: the configuration asks for an absurd size.
    """
    config = config or TaggerConfig()
    _check_sizes(config)
    with torch.device("meta"):
        return _shapes(Tagger(config))


def features_pca_tensor_shapes(
    config: FeatureProjectionConfig | None = None,
) -> dict[str, tuple[int, ...]]:
    """Return the tensors of the projection from tagger features to conditioning channels.

    Args:
        config: None takes the published projection's.

    Raises:
        ConfigError: the configuration asks for an absurd size.
    """
    config = config or FeatureProjectionConfig()
    _check_sizes(config)
    with torch.device("meta"):
        return _shapes(FeatureProjection(config))


ALEXNET_CONVOLUTIONS = (
    (64, 3, 11, 4, 2),
    (192, 64, 5, 1, 2),
    (384, 192, 3, 1, 1),
    (256, 384, 3, 1, 1),
    (256, 256, 3, 1, 1),
)
"""Outputs, inputs, side, stride and padding of each; Krizhevsky 2014 (arXiv:1404.5997)."""


def lpips_tensor_shapes() -> dict[str, tuple[int, ...]]:
    """Return the tensors of the perceptual distance: convolutions, and a weight a channel."""
    shapes: dict[str, tuple[int, ...]] = {}
    for layer, (outputs, inputs, side, _, _) in enumerate(ALEXNET_CONVOLUTIONS):
        shapes[f"convolutions.{layer}.weight"] = (outputs, inputs, side, side)
        shapes[f"convolutions.{layer}.bias"] = (outputs,)
        shapes[f"channel_weights.{layer}"] = (outputs,)
    return shapes
