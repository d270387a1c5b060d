"""A step of training small networks with Lightning Fabric, and all that continuing needs."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from panic3d.errors import ConfigError, MissingDependencyError, TrainingError, WeightsError
from panic3d.train.orthogonal import MOMENT, Muon, matrices
from panic3d.train.task import WHOLE, Arrays, Batch, RunConfig, Task

if TYPE_CHECKING:
    from lightning_fabric import Fabric

_MOMENTS = (MOMENT, "exp_avg_sq")


MOST_SKIPPED = 20
"""Steps in a row whose gradients may be not finite before a run gives up."""


def open_fabric(device: torch.device, mixed_precision: bool, processes: int = 1) -> Fabric:
    """Start Lightning Fabric.

    Args:
        device: its kind is computed on.
        mixed_precision: in bfloat16 where it does no harm.
        processes: that share each batch; several must be started by ``launch``.

    Raises:
        MissingDependencyError: it is not installed.
    """
    try:
        from lightning_fabric import Fabric

        from panic3d.train.mixed_precision import ExactInputs
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            "Lightning Fabric, which trains networks, is not installed: run pip install "
            "'panic3d[train]'"
        ) from error
    strategy = "auto" if processes == 1 else "ddp_spawn"
    return Fabric(
        accelerator=device.type,
        devices=processes,
        strategy=strategy,
        plugins=ExactInputs("bf16-mixed", device.type) if mixed_precision else None,
    )


def batch_of(task: Task, config: RunConfig, step: int, part: slice = WHOLE) -> Arrays:
    """Make the batch of a step, or a part of it; it follows from seed and step alone."""
    seeds = np.random.SeedSequence([config.seed, 3, step])
    return task.batch(np.random.Generator(np.random.PCG64(seeds)), config.batch, part)


def _optimisers(network: nn.Module, config: RunConfig) -> list[torch.optim.Optimizer]:
    rate = config.learning_rate
    large = matrices(network) if config.muon else []
    if not large:
        return [torch.optim.Adam(network.parameters(), rate, fused=True)]
    theirs = {id(parameter) for parameter in large}
    others = [p for p in network.parameters() if id(p) not in theirs]
    return [torch.optim.Adam(others, rate, fused=True), Muon(large, rate)]


class FabricTrainer:
    """The networks of a task, the first one's average, their optimisers, and how far they are."""

    def __init__(
        self, task: Task, config: RunConfig, device: torch.device, fabric: Fabric | None = None
    ) -> None:
        """Start from weights that the seed gives.

        Args:
            task: what is learned.
            config: options of the run.
            device: where to compute.
            fabric: launched already, with processes that share each batch; None: this one alone.

        Raises:
            ConfigError: the processes cannot share a batch alike.
        """
        self.task, self.config, self.step = task, config, 0
        self.fabric = open_fabric(device, config.mixed_precision) if fabric is None else fabric
        if config.batch % self.fabric.world_size:
            raise ConfigError(
                f"batch is {config.batch}, expected a multiple of {self.fabric.world_size}, the "
                "processes that share it"
            )
        self._skipped = 0
        with torch.random.fork_rng():
            torch.manual_seed(config.seed)
            made = task.networks()
        self.first = next(iter(made))
        self.networks: dict[str, nn.Module] = {}
        self.optimisers: dict[str, list[Any]] = {}
        self._inner: dict[str, nn.Module] = {}
        for name, network in made.items():
            # Convolutions are quickest with channels innermost, on CPUs and GPUs alike.
            network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
            network.to(self.fabric.device)
            self._inner[name] = network.train()
            self.networks[name], *self.optimisers[name] = self.fabric.setup(
                network, *_optimisers(network, config)
            )
        self.average = copy.deepcopy(self._inner[self.first]).eval().requires_grad_(False)

    def learning_rate(self, step: int) -> float:
        """Return the learning rate of a step."""
        config = self.config
        risen = min((step + 1) / config.warm_up, 1.0)
        left = 0.5 * (1 + math.cos(math.pi * min(step / config.steps, 1.0)))
        return config.learning_rate * risen * left

    @property
    def leads(self) -> bool:
        """Is this the first of the processes that share the run?"""
        return bool(self.fabric.is_global_zero)

    @property
    def part(self) -> slice:
        """What of each batch is this process's."""
        return slice(self.fabric.global_rank, None, self.fabric.world_size)

    def agreed(self, flags: list[bool]) -> list[bool]:
        """Return what the first process says."""
        if self.fabric.world_size == 1:
            return flags
        mine = torch.tensor(flags if self.leads else [False] * len(flags), dtype=torch.float32)
        total = self.fabric.all_reduce(mine.to(self.fabric.device), reduce_op="sum")
        assert isinstance(total, Tensor)
        return [value > 0 for value in total.tolist()]

    def on_device(self, arrays: Arrays | Batch) -> dict[str, Tensor]:
        """Bring a batch to where it is computed; levels of 8 bits become [0, 1]."""
        tensors = {name: torch.as_tensor(array) for name, array in arrays.items()}
        moved: dict[str, Tensor] = self.fabric.to_device(tensors)
        return {
            name: value.float() / 255 if value.dtype == torch.uint8 else value
            for name, value in moved.items()
        }

    def advance(self, arrays: Arrays | Batch) -> dict[str, Tensor]:
        """Learn from this process's part of a batch.

        Returns what was measured before, the mean of all processes. A step whose gradients are not
        finite changes nothing.

        Raises:
            TrainingError: `MOST_SKIPPED` of them came in a row.
        """
        batch = self.on_device(arrays)
        found: dict[str, Tensor] = {}
        for player in self.networks:
            for name, network in self._inner.items():
                network.requires_grad_(name == player)
            rate = self.learning_rate(self.step)
            for optimiser in self.optimisers[player]:
                for group in optimiser.param_groups:
                    group["lr"] = rate * (
                        1.0 if player == self.first else self.config.adversary_rate
                    )
            losses = self.task.losses(player, self.networks, batch)
            for optimiser in self.optimisers[player]:
                optimiser.zero_grad(set_to_none=True)
            self.fabric.backward(losses["total"])
            inner = self._inner[player].parameters()
            norm = torch.nn.utils.clip_grad_norm_(inner, self.config.clip)
            self._guard(player, bool(norm.isfinite()))
            if norm.isfinite():
                for optimiser in self.optimisers[player]:
                    optimiser.step()
            prefix = "" if player == self.first else f"{player}/"
            found |= {f"{prefix}{name}": loss.detach() for name, loss in losses.items()}
        if self.fabric.world_size > 1:
            found = {name: self._mean(value) for name, value in found.items()}
        self.step += 1
        self._follow()
        return found

    def _guard(self, player: str, finite: bool) -> None:
        self._skipped = 0 if finite else self._skipped + 1
        if self._skipped >= MOST_SKIPPED:
            raise TrainingError(
                f"gradients of the {player} were not finite {MOST_SKIPPED} times in a row, at step "
                f"{self.step}: continue from the last checkpoint with a lower learning rate, "
                "without mixed precision"
            )

    def _mean(self, value: Tensor) -> Tensor:
        found = self.fabric.all_reduce(value, reduce_op="mean")
        assert isinstance(found, Tensor)
        return found

    def _follow(self) -> None:
        # An average of few steps must not remember the weights by chance.
        kept = min(self.config.average, (1 + self.step) / (10 + self.step))
        mine, theirs = self.average.state_dict(), self._inner[self.first].state_dict()
        with torch.no_grad():
            for name, value in mine.items():
                if value.is_floating_point():
                    value.lerp_(theirs[name], 1 - kept)
                else:  # counts
                    value.copy_(theirs[name])

    def _states(self) -> Iterator[tuple[str, Tensor]]:
        for name, value in self.average.state_dict().items():
            yield f"average/{name}", value
        for player, network in self._inner.items():
            for name, value in network.state_dict().items():
                yield f"{player}/network/{name}", value

    def _known(self, player: str) -> dict[Tensor, Any]:
        """Return the state of the optimiser that learns each parameter."""
        found: dict[Tensor, Any] = {}
        for optimiser in self.optimisers[player]:
            for group in optimiser.param_groups:
                found |= dict.fromkeys(group["params"], optimiser.optimizer.state)
        return found

    def state(self) -> dict[str, Tensor]:
        """Return every tensor that continuing needs."""
        tensors = {name: value.detach() for name, value in self._states()}
        for player, network in self._inner.items():
            known = self._known(player)
            for name, parameter in network.named_parameters():
                moments = known[parameter].get(parameter, {})
                for kind in _MOMENTS:
                    moment = moments.get(kind)
                    tensors[f"{player}/{kind}/{name}"] = (
                        torch.zeros_like(parameter) if moment is None else moment
                    ).detach()
        return tensors

    def restore(self, tensors: Mapping[str, Tensor], step: int) -> None:
        """Continue where `state` was taken.

        Raises:
            WeightsError: the tensors are of other networks.
        """
        mine = {name: tuple(tensor.shape) for name, tensor in self.state().items()}
        if mine != {name: tuple(tensor.shape) for name, tensor in tensors.items()}:
            raise WeightsError(
                "the checkpoint is of networks of other sizes: continue with the options that it "
                "was begun with, or choose another folder"
            )
        with torch.no_grad():
            for name, value in self._states():
                value.copy_(tensors[name])
        for player, network in self._inner.items():
            known = self._known(player)
            for name, parameter in network.named_parameters():
                if step:
                    # As the parameter lies in memory, so that sums run in the same order.
                    known[parameter][parameter] = {
                        "step": torch.tensor(float(step), device=parameter.device)
                    } | {
                        kind: torch.empty_like(parameter)
                        .detach()
                        .copy_(tensors[f"{player}/{kind}/{name}"])
                        for kind in _MOMENTS
                    }
        self.step = step
