"""Shards of whatever networks learn from: which characters each holds, and how all are made.

Which characters a shard holds follows from its number, so building stops and continues anywhere,
with any number of workers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from panic3d.errors import ConfigError, Panic3dError
from panic3d.render.raster import Rasteriser
from panic3d.work.jobs import run_tasks

SHARD_CHARACTERS = 16
SHARD_S = 3600.0
"""The longest that a shard may take: an hour, so that slow machines get there."""

Example = TypeVar("Example")


class Built(NamedTuple):
    """A shard that is there, and what went wrong in it."""

    path: Path
    characters: int
    failures: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class CachePlan:
    """Which characters are drawn, and where they go."""

    out: Path
    count: int
    first: int = 0
    """Number of the first character."""

    def __post_init__(self) -> None:
        if self.count < 1 or self.first < 0:
            raise ConfigError(
                f"count, first are {self.count}, {self.first}, expected at least 1 and 0"
            )
        if self.first % SHARD_CHARACTERS:
            raise ConfigError(
                f"first is {self.first}, expected a multiple of {SHARD_CHARACTERS}, a shard's size"
            )

    def path(self, shard: int) -> Path:
        """Return the file of a shard, counted over all characters there may be."""
        return self.out / f"{shard:06d}.npz"

    @property
    def shards(self) -> list[int]:
        """Numbers of all shards."""
        start = self.first // SHARD_CHARACTERS
        return list(range(start, start - (-self.count // SHARD_CHARACTERS)))

    def numbers(self, shard: int) -> range:
        """Return the characters of a shard."""
        start = shard * SHARD_CHARACTERS
        return range(start, min(start + SHARD_CHARACTERS, self.first + self.count))


def build_shards(
    make: Callable[[int, Rasteriser], Sequence[Example]],
    write: Callable[[Path, list[Example]], None],
    plan: CachePlan,
    workers: int = 1,
) -> Iterator[Built]:
    """Make what is not there yet; yields each shard that is finished.

    Args:
        make: makes the examples of a character's number; travels between processes, so a function
            of a module.
        write: writes those of a shard.
        plan: which and where.
        workers: processes.
    """
    missing = [shard for shard in plan.shards if not plan.path(shard).is_file()]
    work = partial(_worker, make, write, plan)
    # In a process of its own even alone, so that its linear algebra has one thread.
    for done in run_tasks(work, missing, workers, timeout_s=SHARD_S, apart=True):
        if done.result is None:
            yield Built(plan.path(done.task), 0, (f"shard {done.task}: {done.failure}",))
        else:
            yield done.result


def _worker(
    make: Callable[[int, Rasteriser], Sequence[Example]],
    write: Callable[[Path, list[Example]], None],
    plan: CachePlan,
) -> Callable[[int], Built]:
    tools: list[Rasteriser] = []

    def do(shard: int) -> Built:
        found: list[Example] = []
        failures: list[str] = []
        characters = 0
        try:
            if not tools:
                tools.append(Rasteriser())
            for number in plan.numbers(shard):
                try:
                    found += make(number, tools[0])
                    characters += 1
                except Panic3dError as error:
                    failures.append(f"character {number}: {error}")
            if found:
                write(plan.path(shard), found)
        except Panic3dError as error:
            failures.append(f"shard {shard}: {error}")
        return Built(plan.path(shard), characters, tuple(failures))

    return do


def read_shards(
    folder: Path, read: Callable[[Path], list[Example]], most: int | None, missing: str
) -> list[Example]:
    """Read the shards of a folder, in order.

    Args:
        folder: that `build_shards` wrote.
        read: reads one.
        most: examples; None reads all.
        missing: what is said after the folder's name if there are none, and what to do.

    Raises:
        ConfigError: there are none.
    """
    found: list[Example] = []
    for path in sorted(folder.glob("*.npz")):
        if most is not None and len(found) >= most:
            break
        found += read(path)
    if not found:
        raise ConfigError(f"{folder} {missing}")
    return found[:most]


def joined(name: str, files: Sequence[bytes | np.ndarray]) -> dict[str, Any]:
    """Return files as one array and where each ends."""
    plain = [each if isinstance(each, bytes) else each.tobytes() for each in files]
    return {
        name: np.frombuffer(b"".join(plain), np.uint8),
        f"{name}_ends": np.cumsum([len(each) for each in files]),
    }


def parted(name: str, arrays: Mapping[str, Any]) -> list[np.ndarray]:
    """Undo `joined`; nothing is copied.

    Raises:
        ValueError: they end elsewhere.
    """
    data, ends = arrays[name], arrays[f"{name}_ends"].tolist()
    if not ends or ends[-1] != len(data):
        raise ValueError(f"{name} ends elsewhere")
    return [data[a:b] for a, b in zip([0, *ends], ends, strict=False)]
