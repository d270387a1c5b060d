"""The network of a head in a file: what looks at planes, without what makes them."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from panic3d.models.feedforward import FeedForward, FeedForwardConfig
from panic3d.models.generator import Generator
from panic3d.models.generator_config import GeneratorConfig


def network_of(
    config: FeedForwardConfig | GeneratorConfig, tensors: Mapping[str, Tensor]
) -> FeedForward | Generator:
    """Return a network of which only what looks at planes is there.

    Args:
        config: of the network.
        tensors: by their names in a field file; all that the decoder and super-resolution have.
    """
    network: FeedForward | Generator
    with torch.device("meta"):
        network = (
            FeedForward(config) if isinstance(config, FeedForwardConfig) else Generator(config)
        )
    parts = (
        (network.decoder,)
        if isinstance(network, FeedForward)
        else (network.decoder, network.superresolution)
    )
    for name, part in zip(("decoder", "superresolution"), parts, strict=False):
        _fill(part, {key: tensors[f"{name}.{key}"] for key in state_of(part)})
    return network


def state_of(module: nn.Module) -> dict[str, Tensor]:
    """Return a module's parameters and all buffers, constant ones too, by name."""
    return {**dict(module.named_parameters()), **dict(module.named_buffers())}


def _fill(module: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Put tensors into a module that was made without memory."""
    learned = dict(module.named_parameters())
    for name, tensor in tensors.items():
        owner, _, last = name.rpartition(".")
        value = nn.Parameter(tensor, requires_grad=False) if name in learned else tensor
        setattr(module.get_submodule(owner), last, value)
