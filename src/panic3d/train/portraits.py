"""Drawn portraits to learn from, on disk: pictures as encoded bytes, and what is known of them.

A shard is one uncompressed .npz of the pictures of a few characters. Pictures stay encoded in
memory, about 40 kB each, and are decoded when a batch needs them.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Float32, UInt8
from PIL import Image

from panic3d.errors import Panic3dError
from panic3d.files import atomic_write
from panic3d.render.raster import Rasteriser
from panic3d.train.shards import Built, CachePlan, build_shards, joined, parted, read_shards

Kind = Literal["scene", "cutout", "aligned", "faceless"]
"""``scene``: a picture as it might be found. ``cutout``: a figure alone, its colours carried on
beyond its edges, so that it can be laid on anything. ``aligned``: the middle of the render frame,
on white, with what belongs to its lines. ``faceless``: a picture that shows no face."""
KINDS: tuple[Kind, ...] = ("scene", "cutout", "aligned", "faceless")

_PICTURES = ("picture", "matte", "ignored", "line_free", "line_mask", "render")


@dataclass(frozen=True, kw_only=True, eq=False)
class DrawnPortrait:
    """One picture; planes are encoded files, empty where there is none."""

    kind: Kind
    picture: bytes
    matte: bytes
    """How much of each pixel the character covers."""
    ignored: bytes = b""
    """How much of each pixel something in front covers, of which nobody can say whether it belongs
    to the character."""
    line_free: bytes = b""
    line_mask: bytes = b""
    """How much of each pixel is ink."""
    render: bytes = b""
    """The plain view, on white."""
    points: Float32[np.ndarray, "28 2"] | None = None
    """Landmarks, x, y in pixels; None if there is no face."""
    visible: Bool[np.ndarray, "28"] | None = None
    rotation: Float32[np.ndarray, "3 3"] | None = None
    """Camera-from-head: x right, y up, z towards the viewer."""

    @property
    def box(self) -> Float32[np.ndarray, "4"]:
        """Left, top, right, bottom of the landmarks.

        Raises:
            Panic3dError: there is no face.
        """
        if self.points is None:
            raise Panic3dError("a picture without a face has no box")
        return np.concatenate([self.points.min(0), self.points.max(0)])

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, pixels."""
        return Image.open(io.BytesIO(self.matte)).size

    def decoded(self, name: str) -> UInt8[np.ndarray, "h w *c"]:
        """Return a plane: colours (h, w, 3), or (h, w).

        Raises:
            Panic3dError: there is none of that name.
        """
        data = getattr(self, name)
        if not data:
            raise Panic3dError(f"a portrait of kind {self.kind} has no {name}")
        return np.asarray(Image.open(io.BytesIO(data)))


def encoded(plane: UInt8[np.ndarray, "h w *c"], quality: int = 90) -> bytes:
    """Encode a plane: colours as JPEG without subsampling, one channel as PNG."""
    file = io.BytesIO()
    if plane.ndim == 3:
        Image.fromarray(plane).save(file, "JPEG", quality=quality, subsampling=0)
    else:
        Image.fromarray(plane).save(file, "PNG", compress_level=6)
    return file.getvalue()


Draw = Callable[[int, Rasteriser], Sequence[DrawnPortrait]]
"""Draws the pictures of a character's number; travels between processes."""


def build_portraits(draw: Draw, plan: CachePlan, workers: int = 1) -> Iterator[Built]:
    """Draw what is not there yet; yields each shard that is finished; see `build_shards`."""
    yield from build_shards(draw, write_portraits, plan, workers)


def write_portraits(path: Path, found: Sequence[DrawnPortrait]) -> None:
    """Write pictures to one file.

    Raises:
        Panic3dError: it cannot be written.
    """
    nowhere = np.full((28, 2), np.nan, np.float32)
    unseen = np.zeros(28, bool)
    arrays: dict[str, Any] = {
        "kind": np.array([KINDS.index(each.kind) for each in found], np.int8),
        "points": np.stack([nowhere if p.points is None else p.points for p in found]),
        "visible": np.stack([unseen if p.visible is None else p.visible for p in found]),
        "rotation": np.stack(
            [np.eye(3, dtype=np.float32) if p.rotation is None else p.rotation for p in found]
        ),
    }
    for name in _PICTURES:
        arrays |= joined(name, [getattr(each, name) for each in found])
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    with atomic_write(path, durable=False) as file:
        file.write(buffer.getbuffer())


def read_portraits(path: Path) -> list[DrawnPortrait]:
    """Read a shard back.

    Raises:
        Panic3dError: it is none.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as members:
            arrays = {name: members[name] for name in members.files}
        pictures = {name: [each.tobytes() for each in parted(name, arrays)] for name in _PICTURES}
        found = []
        for k, code in enumerate(arrays["kind"].tolist()):
            points = arrays["points"][k]
            face = bool(np.isfinite(points).all())
            found.append(
                DrawnPortrait(
                    kind=KINDS[code],
                    points=points if face else None,
                    visible=arrays["visible"][k] if face else None,
                    rotation=arrays["rotation"][k] if face else None,
                    **{name: pictures[name][k] for name in _PICTURES},
                )
            )
        return found
    except (OSError, ValueError, KeyError, IndexError, EOFError, zipfile.BadZipFile) as error:
        raise Panic3dError(
            f"{path} is no shard of portraits ({error}): delete it and build the cache again"
        ) from error


def read_all_portraits(folder: Path, most: int | None = None) -> list[DrawnPortrait]:
    """Read the shards of a folder, in order.

    Args:
        folder: that `build_portraits` wrote.
        most: pictures; None reads all.

    Raises:
        ConfigError: there are none.
    """
    missing = (
        f"holds no portraits: run panic3d train cache {folder.parent} --for preparation --split "
        f"{folder.name} first"
    )
    return read_shards(folder, read_portraits, most, missing)
