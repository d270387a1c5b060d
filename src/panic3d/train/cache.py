"""Examples on disk: characters drawn once, kept in shards, read into memory as a whole.

A shard is one uncompressed .npz of a few characters, about 0.26 MB each. Which characters a shard
holds follows from its number, so building stops and continues anywhere, with any number of workers.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from panic3d.errors import ConfigError, Panic3dError
from panic3d.files import atomic_write
from panic3d.geometry.character import Character
from panic3d.geometry.posing import Pose
from panic3d.render.raster import Rasteriser
from panic3d.train.supervision import Drawings, Supervision, supervision
from panic3d.work.jobs import run_tasks

SHARD_CHARACTERS = 16
SHARD_S = 3600.0
"""The longest that a shard may take: an hour, so that slow machines get there."""
_STREAM = 0x6C6561726E  # apart from the streams that characters are made from


class Example(NamedTuple):
    """A character to learn from, how it is drawn, and its pose."""

    character: Character
    drawings: Drawings | None = None
    pose: Pose | None = None


Maker = Callable[[int, Rasteriser], Example]
"""Makes the character of a number; travels between processes, so a function of a module."""


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
    check: bool = False
    """Held-out characters: also keep the views that they are judged by."""

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


def build_cache(make: Maker, plan: CachePlan, workers: int = 1) -> Iterator[Built]:
    """Draw what is not there yet; yields each shard that is finished.

    Args:
        make: makes a character.
        plan: which and where.
        workers: processes.
    """
    missing = [shard for shard in plan.shards if not plan.path(shard).is_file()]
    # In a process of its own even alone, so that its linear algebra has one thread.
    for done in run_tasks(
        partial(_worker, make, plan), missing, workers, timeout_s=SHARD_S, apart=True
    ):
        if done.result is None:
            yield Built(plan.path(done.task), 0, (f"shard {done.task}: {done.failure}",))
        else:
            yield done.result


def _worker(make: Maker, plan: CachePlan) -> Callable[[int], Built]:
    opened: list[Rasteriser] = []

    def do(shard: int) -> Built:
        found: list[Supervision] = []
        failures: list[str] = []
        try:
            if not opened:
                opened.append(Rasteriser())
            for number in plan.numbers(shard):
                try:
                    found.append(_one(make, number, opened[0], plan.check))
                except Panic3dError as error:
                    failures.append(f"character {number}: {error}")
            if found:
                write_shard(plan.path(shard), found)
        except Panic3dError as error:
            failures.append(f"shard {shard}: {error}")
        return Built(plan.path(shard), len(found), tuple(failures))

    return do


def _one(make: Maker, number: int, rasteriser: Rasteriser, check: bool) -> Supervision:
    example = make(number, rasteriser)
    chance = np.random.Generator(np.random.PCG64(np.random.SeedSequence([number, _STREAM])))
    return supervision(
        example.character,
        rasteriser,
        chance,
        drawings=example.drawings,
        pose=example.pose,
        check=check,
    )


def write_shard(path: Path, found: list[Supervision]) -> None:
    """Write characters to one file.

    Raises:
        ConfigError: they have different numbers of pictures.
        Panic3dError: it cannot be written.
    """
    arrays: dict[str, Any] = {}
    for name in Supervision._fields:
        values = [getattr(each, name) for each in found]
        if len({value.shape for value in values}) > 1:
            raise ConfigError(
                f"{path}: characters have {name} of {sorted({value.shape for value in values})}, "
                "expected the same for all"
            )
        arrays[name] = np.stack(values)
    arrays["inside"] = np.packbits(arrays["inside"], axis=1)
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    with atomic_write(path, durable=False) as file:
        file.write(buffer.getbuffer())


def read_shard(path: Path) -> list[Supervision]:
    """Read a shard back.

    Raises:
        Panic3dError: it is none.
    """
    try:
        # Opened here: NumPy forgets to close what turns out to be broken.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as members:
            arrays = {name: members[name] for name in Supervision._fields}
        count = arrays["points"].shape[1]
        inside = np.unpackbits(arrays["inside"], axis=1, count=count)
        arrays["inside"] = inside.astype(bool)
        return [
            Supervision(**{name: values[k] for name, values in arrays.items()})
            for k in range(len(arrays["points"]))
        ]
    except (OSError, ValueError, KeyError, IndexError, EOFError, zipfile.BadZipFile) as error:
        raise Panic3dError(
            f"{path} is no shard of examples ({error}): delete it and build the cache again"
        ) from error


def read_cache(folder: Path, most: int | None = None) -> list[Supervision]:
    """Read the shards of a folder, in order.

    Args:
        folder: that `build_cache` wrote.
        most: characters; None reads all.

    Raises:
        ConfigError: there are none.
    """
    found: list[Supervision] = []
    for path in sorted(folder.glob("*.npz")):
        if most is not None and len(found) >= most:
            break
        found += read_shard(path)
    if not found:
        raise ConfigError(f"{folder} holds no examples: build the cache first")
    return found[:most]
