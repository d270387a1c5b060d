"""Random numbers that a seed fixes on any device."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from panic3d.errors import ConfigError


def uniform(shape: Sequence[int], like: Tensor, generator: torch.Generator | None) -> Tensor:
    """Draw from [0, 1), with the device and dtype of `like`.

    A generator of another device draws there, so that its seed means the same everywhere.
    """
    device = like.device if generator is None else generator.device
    return torch.rand(tuple(shape), generator=generator, device=device).to(like)


def normal(shape: Sequence[int], like: Tensor, generator: torch.Generator | None) -> Tensor:
    """Draw from the normal distribution; see `uniform`."""
    device = like.device if generator is None else generator.device
    return torch.randn(tuple(shape), generator=generator, device=device).to(like)


def first_weights(*shape: int, over: float = 1.0) -> Tensor:
    """Draw a layer's first weights from the normal distribution, on torch's device of the moment.

    On the meta device nothing is drawn: there both drawing and dividing import torch's compiler,
    which takes a second, only to find out a shape.

    Args:
        shape: of the weights.
        over: what they are divided by.
    """
    empty = torch.empty(shape)
    return empty if empty.is_meta else empty.normal_().div_(over)


def seeded(seed: int) -> torch.Generator:
    """Return a generator on the CPU.

    Raises:
        ConfigError: the seed is negative or has more than 63 bits.
    """
    if not 0 <= seed < 2**63:
        raise ConfigError(f"the seed is {seed}, expected 0 to 2**63 - 1")
    return torch.Generator().manual_seed(seed)
