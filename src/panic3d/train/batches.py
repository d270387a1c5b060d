"""Batches of examples: which characters a step sees, and how they are varied.

A batch follows from the seed and the step alone, so a run that is stopped and continued sees what
it would have seen, and batches can be made ahead of time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from panic3d.errors import ConfigError
from panic3d.train.config import TrainConfig
from panic3d.train.supervision import Supervision, restored

AHEAD = 6
"""Batches that are made before they are needed."""


class Batch(NamedTuple):
    """Examples of one step."""

    portrait: Float[Tensor, "n 4 s s"]
    """In [0, 1], straight alpha."""
    points: Float[Tensor, "n m 3"]
    inside: Float[Tensor, "n m"]
    """1 inside, 0 outside."""
    surface: Float[Tensor, "n q 3"]
    colours: Float[Tensor, "n q 3"]
    """sRGB in [0, 1]."""

    def to(self, device: torch.device) -> Batch:
        """Return the batch on a device."""
        if device.type == "cpu":
            return self
        return Batch(*(tensor.pin_memory().to(device, non_blocking=True) for tensor in self))


def make_batch(examples: Sequence[Supervision], config: TrainConfig, step: int) -> Batch:
    """Make the batch of a step.

    Every character is seen once before any is seen again.

    Raises:
        ConfigError: there are no examples, or they have too few points.
    """
    count = len(examples)
    if not count:
        raise ConfigError("there are no examples: build the cache first")
    if len(examples[0].pictures) < 2 and config.drawn > 0:
        raise ConfigError("the examples have no drawings: set drawn to 0")
    chance = np.random.Generator(np.random.PCG64(np.random.SeedSequence([config.seed, 1, step])))
    rows = []
    orders: dict[int, np.ndarray] = {}
    for place in range(step * config.batch, (step + 1) * config.batch):
        epoch, at = divmod(place, count)
        if epoch not in orders:
            shuffle = np.random.SeedSequence([config.seed, 2, epoch])
            orders[epoch] = np.random.Generator(np.random.PCG64(shuffle)).permutation(count)
        rows.append(_varied(examples[orders[epoch][at]], config, chance))
    columns = (torch.from_numpy(np.stack(column)) for column in zip(*rows, strict=True))
    return Batch(*columns)


def _varied(
    example: Supervision, config: TrainConfig, chance: np.random.Generator
) -> tuple[np.ndarray, ...]:
    drawn = len(example.pictures) > 1 and chance.random() < config.drawn
    picture = example.pictures[chance.integers(1, len(example.pictures)) if drawn else 0]
    asked = chance.integers(len(example.points), size=config.points)
    seen = chance.integers(len(example.surface), size=config.surface_points)
    portrait = _portrait(picture)
    points, surface = restored(example.points[asked]), restored(example.surface[seen])
    colours = example.colours[seen].astype(np.float32) / 255
    if config.augment:
        if chance.random() < 0.5:
            portrait = np.ascontiguousarray(portrait[..., ::-1])
            points, surface = points * _MIRROR, surface * _MIRROR
        if chance.random() < 0.5:
            # Picture and truth alike: more hair and skin colours than there are characters.
            power = np.float32(2) ** chance.uniform(-0.4, 0.4, 3).astype(np.float32)
            portrait[:3] = portrait[:3] ** power[:, None, None]
            colours = colours**power
        if chance.random() < 0.3:
            portrait[3] = portrait[3] > chance.uniform(0.2, 0.8)
    return portrait, points, example.inside[asked].astype(np.float32), surface, colours


_MIRROR = np.array([-1, 1, 1], np.float32)


def _portrait(picture: UInt8[np.ndarray, "s s 4"]) -> np.ndarray:
    return np.ascontiguousarray(picture.transpose(2, 0, 1)).astype(np.float32) / 255


def batches(
    examples: Sequence[Supervision], config: TrainConfig, first: int, workers: int = 2
) -> Iterator[Batch]:
    """Make the batches from a step on, some of them ahead, on other threads."""
    with ThreadPoolExecutor(workers) as pool:
        ahead: deque[Future[Batch]] = deque()
        try:
            for step in range(first, config.steps):
                ahead.append(pool.submit(make_batch, examples, config, step))
                if len(ahead) > AHEAD:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            for future in ahead:
                future.cancel()
