"""Takes to learn heads from, on disk: one prepared drawing each, and what stands in its frame.

Points, colours and views are of the frame that the drawing was aligned to: what is put back from
the drawing fits. A shard is one uncompressed .npz of the takes of a few characters; it is mapped,
so that processes share what of it is in memory, and pictures stay encoded.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, overload

import numpy as np
from jaxtyping import Bool, Float64, Int16, UInt8
from PIL import Image

from panic3d.errors import Panic3dError
from panic3d.files import atomic_write
from panic3d.render.raster import Rasteriser
from panic3d.train.mapped_npz import mapped_npz
from panic3d.train.shards import Built, CachePlan, build_shards, joined, parted, read_shards

PICTURE_SIZE = 256
"""Side of the prepared drawings, pixels."""
VIEW_SIZE = 128
"""Side of the true views."""
VIEW_AZIMUTHS = (0.0, 90.0, 180.0, 270.0)
"""Of the orthographic views, degrees; the others are from anywhere."""
DEPTH_STEPS = 10_000.0
"""A metre in levels of a stored depth."""
Encoded: TypeAlias = UInt8[np.ndarray, " _"]
"""A file's bytes."""
_PICTURES = ("inked", "line_free", "render", "inside", "views", "depths")


@dataclass(frozen=True, kw_only=True, eq=False)
class Take:
    """One drawing, prepared, and the head in its frame."""

    inked: Encoded
    """PNG, straight RGBA: the aligned drawing with its lines."""
    line_free: Encoded
    """The same without them."""
    render: Encoded
    """The same as an unlit render, with the render's own coverage; nothing stands in front."""
    inside: Encoded
    """PNG, one channel: how much of each pixel the drawing shows."""
    rotation: Float64[np.ndarray, "3 3"]
    """Camera-from-head in that frame."""
    points: Int16[np.ndarray, "p 3"]
    """See `panic3d.train.supervision.Sampled`: the first half near the surface."""
    labels: Bool[np.ndarray, " p"]
    """Which of the points are inside."""
    surface: Int16[np.ndarray, "q 3"]
    colours: UInt8[np.ndarray, "q 3"]
    views: Encoded
    """PNG, straight RGBA: views one above the other."""
    depths: Encoded
    """PNG, 16 bit: their depths in steps of 1 / `DEPTH_STEPS`, 0 where nothing is."""
    cameras: Float64[np.ndarray, "v 2"]
    """Azimuth and elevation of the views, degrees; all are orthographic, as wide as the box."""


def png(plane: UInt8[np.ndarray, "h w *c"]) -> Encoded:
    """Encode a plane."""
    file = io.BytesIO()
    Image.fromarray(plane).save(file, "PNG", compress_level=4)
    return np.frombuffer(file.getvalue(), np.uint8)


def png16(plane: np.ndarray) -> Encoded:
    """Encode a plane (h, w) of 16 bits."""
    file = io.BytesIO()
    Image.fromarray(plane.astype(np.uint16)).save(file, "PNG", compress_level=4)
    return np.frombuffer(file.getvalue(), np.uint8)


def opened(data: Encoded) -> np.ndarray:
    """Decode a plane, (h, w) or (h, w, c)."""
    return np.asarray(Image.open(io.BytesIO(data.tobytes())))


Draw = Callable[[int, Rasteriser], Sequence[Take]]
"""Draws the takes of a character's number; travels between processes."""


def build_takes(draw: Draw, plan: CachePlan, workers: int = 1) -> Iterator[Built]:
    """Draw what is not there yet; yields each shard that is finished; see `build_shards`."""
    yield from build_shards(draw, write_takes, plan, workers)


def write_takes(path: Path, found: Sequence[Take]) -> None:
    """Write takes to one file.

    Raises:
        Panic3dError: it cannot be written.
    """
    arrays: dict[str, Any] = {
        name: np.stack([getattr(each, name) for each in found])
        for name in ("rotation", "points", "surface", "colours", "cameras")
    }
    arrays["labels"] = np.packbits(np.stack([each.labels for each in found]), axis=1)
    for name in _PICTURES:
        arrays |= joined(name, [getattr(each, name) for each in found])
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    with atomic_write(path, durable=False) as file:
        file.write(buffer.getbuffer())


def read_takes(path: Path) -> list[Take]:
    """Read a shard back.

    Raises:
        Panic3dError: it is none.
    """
    try:
        arrays = mapped_npz(path)
        pictures = {name: parted(name, arrays) for name in _PICTURES}
        count = arrays["points"].shape[1]
        labels = np.unpackbits(arrays["labels"], axis=1, count=count).astype(bool)
        return [
            Take(
                rotation=arrays["rotation"][k],
                points=arrays["points"][k],
                labels=labels[k],
                surface=arrays["surface"][k],
                colours=arrays["colours"][k],
                cameras=arrays["cameras"][k],
                **{name: pictures[name][k] for name in _PICTURES},
            )
            for k in range(len(labels))
        ]
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise Panic3dError(
            f"{path} is no shard of takes ({error}): delete it and build the cache again"
        ) from error


class TakeFolder(Sequence[Take]):
    """The takes of a folder, in order.

    To other processes it travels as the folder's name: they map the same files, and hold none of
    them twice.
    """

    def __init__(self, folder: Path, most: int | None = None) -> None:
        """Open the shards of a folder.

        Args:
            folder: that `build_takes` wrote.
            most: takes; None opens all.

        Raises:
            ConfigError: there are none.
        """
        missing = (
            f"holds no takes: run panic3d train cache {folder.parent} --for heads --split "
            f"{folder.name} first"
        )
        self.folder, self.most = folder, most
        self._takes = read_shards(folder, read_takes, most, missing)

    def __len__(self) -> int:
        """Return how many takes there are."""
        return len(self._takes)

    @overload
    def __getitem__(self, index: int) -> Take: ...

    @overload
    def __getitem__(self, index: slice) -> list[Take]: ...

    def __getitem__(self, index: int | slice) -> Take | list[Take]:
        """Return a take, or some."""
        return self._takes[index]

    def __reduce__(self) -> tuple[type[TakeFolder], tuple[Path, int | None]]:
        """Travel by name."""
        return TakeFolder, (self.folder, self.most)
