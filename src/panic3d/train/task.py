"""What a small network learns and how long: tasks that the Fabric trainer can be given."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import UInt8
from numpy.typing import NDArray
from torch import Tensor, nn

from panic3d.errors import ConfigError

Arrays = Mapping[str, NDArray[Any]]
"""A batch, as it is made: names to arrays, each with the examples along its first axis."""
Batch = Mapping[str, Tensor]
"""The same on the device."""


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """Options of a run, whatever the task."""

    seed: int = 0
    steps: int = 20_000
    """Length of the learning rate's schedule; training ends with it."""
    batch: int = 32
    learning_rate: float = 1e-3
    """After warming up; falls to nothing along half a cosine."""
    muon: bool = False
    """Large matrices are learned by `panic3d.train.orthogonal.Muon`, all else by Adam."""
    adversary_rate: float = 1.0
    """How much faster adversaries learn than that."""
    warm_up: int = 200
    """Steps."""
    clip: float = 1.0
    """Largest norm of a gradient."""
    average: float = 0.999
    """How much of the averaged weights is kept at each step."""
    mixed_precision: bool = False
    """Convolutions in bfloat16."""

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "warm_up"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)}, expected at least 1")
        for name in ("learning_rate", "adversary_rate", "clip"):
            if not 0 < getattr(self, name) < math.inf:
                raise ConfigError(f"{name} is {getattr(self, name)}, expected more than 0")
        if not 0 <= self.average < 1:
            raise ConfigError(f"average is {self.average}, expected 0 to less than 1")
        if not 0 <= self.seed < 2**32:
            raise ConfigError(f"seed is {self.seed}, expected 0 to 2**32 - 1")


WHOLE = slice(None)
"""Of a batch: all of its examples."""


@runtime_checkable
class Task(Protocol):
    """What is learned, from which pictures."""

    @property
    def kind(self) -> str:
        """What loads the weights, as `panic3d.weights.specs.WeightsSpec.network` has it."""

    @property
    def config(self) -> Any:
        """Sizes of the network that is used afterwards."""

    @property
    def options(self) -> dict[str, Any]:
        """Whatever else the run depends on; JSON can hold it."""

    def networks(self) -> dict[str, nn.Module]:
        """Make the networks: first the one that is used afterwards, then its adversaries."""

    def batch(self, rng: np.random.Generator, count: int, part: slice = WHOLE) -> Arrays:
        """Make a batch, or a part of it; the same for the same random numbers."""

    def losses(
        self, player: str, networks: Mapping[str, nn.Module], batch: Batch
    ) -> dict[str, Tensor]:
        """Measure a batch for one of the networks; "total" is what it shall make small."""

    def measures(self, network: nn.Module, batch: Batch) -> dict[str, float]:
        """Say how good the network is, in numbers that mean something."""

    def score(self, measures: Mapping[str, float]) -> float:
        """Say the same in one number; the higher, the better."""

    def sheet(self, network: nn.Module, batch: Batch) -> UInt8[np.ndarray, "h w 3"]:
        """Show what the network makes of a batch."""


def tiled(rows: list[list[NDArray[np.uint8]]]) -> UInt8[np.ndarray, "h w 3"]:
    """Lay pictures (h, w, 3) of one size out in rows."""
    return np.concatenate([np.concatenate(row, 1) for row in rows], 0)


def picture_bytes(rgb: Tensor) -> NDArray[np.uint8]:
    """Return a picture (3, h, w) in [0, 1], or (1, h, w), as (h, w, 3)."""
    levels = (rgb.detach().float().clamp(0, 1) * 255).round().byte().cpu().numpy()
    return np.ascontiguousarray(np.broadcast_to(levels, (3, *levels.shape[1:])).transpose(1, 2, 0))


def levels_of(picture: UInt8[np.ndarray, "h w 3"]) -> NDArray[np.uint8]:
    """Return a picture as (3, h, w), 0 to 255, as batches travel; the device makes them floats."""
    return np.ascontiguousarray(picture.transpose(2, 0, 1))


def planes_of(picture: UInt8[np.ndarray, "h w 3"]) -> NDArray[np.float32]:
    """Return a picture as (3, h, w) in [0, 1]."""
    return levels_of(picture).astype(np.float32) / np.float32(255)


def rows_of(pictures: list[NDArray[np.uint8]], width: int = 4) -> list[list[NDArray[np.uint8]]]:
    """Break pictures of one size into rows, the last one filled up with black."""
    missing = -len(pictures) % width
    filled = [*pictures, *[np.zeros_like(pictures[0])] * missing]
    return [filled[k : k + width] for k in range(0, len(filled), width)]


def stacked(rows: Sequence[Mapping[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """Put examples into one batch."""
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}
