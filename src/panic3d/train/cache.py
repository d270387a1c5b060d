"""Examples on disk: characters drawn once, kept in shards, read into memory as a whole.

A shard is one uncompressed .npz of a few characters, about 0.26 MB each.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from panic3d.errors import ConfigError, Panic3dError
from panic3d.files import atomic_write
from panic3d.geometry.character import Character
from panic3d.geometry.posing import Pose
from panic3d.render.raster import Rasteriser
from panic3d.train.shards import Built, CachePlan, build_shards, read_shards
from panic3d.train.supervision import Drawings, Supervision, supervision

_STREAM = 0x6C6561726E  # apart from the streams that characters are made from


class Example(NamedTuple):
    """A character to learn from, how it is drawn, and its pose."""

    character: Character
    drawings: Drawings | None = None
    pose: Pose | None = None


Maker = Callable[[int, Rasteriser], Example]
"""Makes the character of a number; travels between processes, so a function of a module."""


def build_cache(make: Maker, plan: CachePlan, workers: int = 1) -> Iterator[Built]:
    """Draw what is not there yet; yields each shard that is finished; see `build_shards`."""
    yield from build_shards(partial(_one, make, plan.check), write_shard, plan, workers)


def _one(make: Maker, check: bool, number: int, rasteriser: Rasteriser) -> list[Supervision]:
    example = make(number, rasteriser)
    chance = np.random.Generator(np.random.PCG64(np.random.SeedSequence([number, _STREAM])))
    found = supervision(
        example.character,
        rasteriser,
        chance,
        drawings=example.drawings,
        pose=example.pose,
        check=check,
    )
    return [found]


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
    missing = "holds no examples: build the cache first"
    return read_shards(folder, read_shard, most, missing)
