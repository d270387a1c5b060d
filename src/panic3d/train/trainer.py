"""One step of training from points, and all that must be kept to continue after it."""

from __future__ import annotations

import copy
import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from panic3d.errors import WeightsError
from panic3d.models.feedforward import FeedForward, FeedForwardConfig
from panic3d.train.batches import Batch
from panic3d.train.config import TrainConfig

_MOMENTS = ("exp_avg", "exp_avg_sq")


class Losses(NamedTuple):
    """What a step measured, before it changed the network."""

    labels: Tensor
    """Mean cross entropy of inside and outside, nats."""
    colours: Tensor
    """Mean absolute error in [0, 1]."""
    wrong: Tensor
    """Share of points on the wrong side."""


class Trainer:
    """A network, its average, its optimiser, and how far they are."""

    def __init__(
        self, network: FeedForwardConfig, config: TrainConfig, device: torch.device
    ) -> None:
        """Start from weights that the seed gives.

        Args:
            network: its sizes.
            config: options of the run.
            device: where to compute.
        """
        self.config, self.device, self.step = config, device, 0
        with torch.random.fork_rng():
            torch.manual_seed(config.seed)
            made = FeedForward(network)
        # Convolutions are quickest with channels innermost, on CPUs and GPUs alike.
        made.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # not in its stubs
        self.network = made.to(device).train()
        self.average = copy.deepcopy(self.network).eval().requires_grad_(False)
        self.optimiser = torch.optim.Adam(
            self.network.parameters(), config.learning_rate, fused=True
        )

    def learning_rate(self, step: int) -> float:
        """Return the learning rate of a step."""
        config = self.config
        risen = min((step + 1) / config.warm_up, 1.0)
        left = 0.5 * (1 + math.cos(math.pi * min(step / config.steps, 1.0)))
        return config.learning_rate * risen * left

    def losses(self, batch: Batch) -> Losses:
        """Measure the network on a batch."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.config.mixed_precision):
            planes = self.network.planes(batch.portrait)
        count = batch.points.shape[1]
        logits = self.network.logits(planes, torch.cat([batch.points, batch.surface], 1))
        side = logits[:, :count, 0]
        colours = logits[:, count:, 1:].sigmoid()
        return Losses(
            labels=functional.binary_cross_entropy_with_logits(side, batch.inside),
            colours=(colours - batch.colours).abs().mean(),
            wrong=((side > 0) != (batch.inside > 0.5)).float().mean(),
        )

    def advance(self, batch: Batch) -> Losses:
        """Learn from a batch."""
        batch = batch.to(self.device)
        for group in self.optimiser.param_groups:
            group["lr"] = self.learning_rate(self.step)
        losses = self.losses(batch)
        self.optimiser.zero_grad(set_to_none=True)
        (losses.labels + self.config.colour_weight * losses.colours).backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.config.clip)
        self.optimiser.step()
        self.step += 1
        # An average of few steps must not remember the weights by chance.
        kept = min(self.config.average, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            torch._foreach_lerp_(
                list(self.average.parameters()), list(self.network.parameters()), 1 - kept
            )
        return Losses(*(loss.detach() for loss in losses))

    def state(self) -> dict[str, Tensor]:
        """Return every tensor that continuing needs."""
        tensors = {f"network/{name}": p.detach() for name, p in self.network.named_parameters()}
        tensors |= {f"average/{name}": p for name, p in self.average.named_parameters()}
        for name, parameter in self.network.named_parameters():
            moments = self.optimiser.state.get(parameter, {})
            for kind in _MOMENTS:
                tensors[f"{kind}/{name}"] = moments.get(kind, torch.zeros_like(parameter))
        return tensors

    def restore(self, tensors: dict[str, Tensor], step: int) -> None:
        """Continue where `state` was taken.

        Raises:
            WeightsError: the tensors are of another network.
        """
        mine = {name: tuple(tensor.shape) for name, tensor in self.state().items()}
        theirs = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
        if mine != theirs:
            raise WeightsError(
                "the checkpoint is of a network of other sizes: continue with the configuration "
                "that it was begun with, or choose another folder"
            )
        with torch.no_grad():
            for name, parameter in self.network.named_parameters():
                parameter.copy_(tensors[f"network/{name}"])
                state = {
                    kind: torch.empty_like(parameter).copy_(tensors[f"{kind}/{name}"])
                    for kind in _MOMENTS
                }
                if step:
                    self.optimiser.state[parameter] = {
                        "step": torch.tensor(float(step), device=self.device),
                        **state,
                    }
            for name, parameter in self.average.named_parameters():
                parameter.copy_(tensors[f"average/{name}"])
        self.step = step
