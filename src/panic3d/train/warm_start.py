"""A task whose network begins as weights that were packed before, not as chance has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import UInt8
from torch import Tensor, nn

from panic3d.models.grown import grown_unet
from panic3d.train.task import WHOLE, Arrays, Batch, Task


class WarmStart:
    """Another task, but for what its first network begins as; adversaries begin anew."""

    def __init__(self, task: Task, tensors: Mapping[str, Tensor], sha256: str) -> None:
        """Keep both.

        Args:
            task: what is learned.
            tensors: of its first network, all of them.
            sha256: of the weights, by which a run that continues knows them again.
        """
        self.task, self._tensors = task, dict(tensors)
        self.kind, self.config = task.kind, task.config
        self.options: dict[str, Any] = {**task.options, "start": sha256}

    def networks(self) -> dict[str, nn.Module]:
        """Make the networks and fill the first, which may be larger, see `grown_unet`.

        Raises:
            ConfigError: the weights are of a network of other sizes.
        """
        made = self.task.networks()
        first = next(iter(made.values()))
        first.load_state_dict(grown_unet(self._tensors, first))
        return made

    def batch(self, rng: np.random.Generator, count: int, part: slice = WHOLE) -> Arrays:
        """Make a batch, or a part of it."""
        return self.task.batch(rng, count, part)

    def losses(
        self, player: str, networks: Mapping[str, nn.Module], batch: Batch
    ) -> dict[str, Tensor]:
        """Measure a batch."""
        return self.task.losses(player, networks, batch)

    def measures(self, network: nn.Module, batch: Batch) -> dict[str, float]:
        """Say how good the network is."""
        return self.task.measures(network, batch)

    def score(self, measures: Mapping[str, float]) -> float:
        """Say the same in one number."""
        return self.task.score(measures)

    def sheet(self, network: nn.Module, batch: Batch) -> UInt8[np.ndarray, "h w 3"]:
        """Show what the network makes of a batch."""
        return self.task.sheet(network, batch)


def shapes_of(tensors: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    """Return the shape of each tensor, by which networks of other sizes are told apart."""
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}
