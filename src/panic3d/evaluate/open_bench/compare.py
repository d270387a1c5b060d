"""Whether two builds of a benchmark show the same: whole pictures, pixel by pixel.

The frozen files hold little of each picture, by which a drawing that lies a pixel aside is not
noticed; whoever has two builds at hand, or somebody else's, finds that here.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8
from numpy.typing import NDArray

from panic3d.errors import DatasetError
from panic3d.evaluate.open_bench.probe import PICTURE_PSNR_DB
from panic3d.evaluate.open_bench.read import OpenCase, read_benchmark
from panic3d.work.jobs import run_tasks

FOLDERS = ("views", "normal", "aligned", "wild")
"""Of a character, whose pictures are compared."""
_SUFFIXES = (".png", ".jpg")
_SHOWN = 5


class PicturePair(NamedTuple):
    """One picture of both builds."""

    name: str
    """As in procedural-00/views/front.png."""
    psnr_db: float
    """Of 8-bit levels; infinite if all pixels are equal, -inf if the sizes are not."""


class Comparison(NamedTuple):
    """What two builds have in common."""

    pairs: tuple[PicturePair, ...]
    """From the least alike."""
    missing: tuple[str, ...]
    """Characters, and pictures of common characters, that only one of them has."""

    @property
    def agrees(self) -> bool:
        """All pictures are there twice and agree to 45 dB."""
        return not self.missing and not self.off

    @property
    def off(self) -> tuple[PicturePair, ...]:
        """The pairs that do not agree."""
        return tuple(pair for pair in self.pairs if not pair.psnr_db >= PICTURE_PSNR_DB)

    def text(self) -> str:
        """Say it in a few lines."""
        equal = sum(pair.psnr_db == np.inf for pair in self.pairs)
        least = self.pairs[0]
        lines = [
            f"{len(self.pairs)} pictures, {equal} equal in every pixel, {len(self.off)} below "
            f"{PICTURE_PSNR_DB:g} dB",
            f"least: {least.psnr_db:.1f} dB, {least.name}",
        ]
        lines += [f"below: {pair.psnr_db:.1f} dB, {pair.name}" for pair in self.off[1:_SHOWN]]
        lines += [f"only one has {name}" for name in self.missing[:_SHOWN]]
        more = len(self.missing) - _SHOWN
        return "\n".join([*lines, *([f"and {more} more"] if more > 0 else [])])


def compare_benchmarks(
    first: Path,
    second: Path,
    workers: int = 1,
    on_case: Callable[[str], None] | None = None,
) -> Comparison:
    """Compare all pictures of two builds.

    Args:
        first: folder that `panic3d benchmark make` has built.
        second: another one.
        workers: processes.
        on_case: told of each character that is done.

    Raises:
        DatasetError: one is no finished benchmark, they have no character in common, or a picture
            is broken.
    """
    mine, theirs = ({c.name: c for c in read_benchmark(path).cases} for path in (first, second))
    shared = [(mine[name], theirs[name]) for name in mine if name in theirs]
    if not shared:
        raise DatasetError(f"{first} and {second} have no character in common")
    missing = sorted(mine.keys() ^ theirs.keys())
    pairs: list[PicturePair] = []
    for done in run_tasks(_comparer, shared, workers):
        if done.result is None:
            raise DatasetError(f"{done.task[0].name}: {done.failure}")
        if isinstance(done.result, DatasetError):
            raise done.result
        found, alone = done.result
        pairs += found
        missing += alone
        if on_case is not None:
            on_case(done.task[0].name)
    return Comparison(tuple(sorted(pairs, key=lambda pair: pair[::-1])), tuple(missing))


_Found = tuple[list[PicturePair], list[str]]


def _comparer() -> Callable[[tuple[OpenCase, OpenCase]], _Found | DatasetError]:
    def compare(task: tuple[OpenCase, OpenCase]) -> _Found | DatasetError:
        a, b = task
        try:
            mine, theirs = _pictures(a.folder), _pictures(b.folder)
            pairs = [
                PicturePair(f"{a.name}/{name}", psnr_db(_levels(mine[name]), _levels(theirs[name])))
                for name in sorted(mine.keys() & theirs.keys())
            ]
        except DatasetError as error:
            return error
        return pairs, [f"{a.name}/{name}" for name in sorted(mine.keys() ^ theirs.keys())]

    return compare


def _pictures(folder: Path) -> dict[str, Path]:
    return {
        path.relative_to(folder).as_posix(): path
        for name in FOLDERS
        for path in (folder / name).glob("*.*")
        if path.suffix in _SUFFIXES
    }


def _levels(path: Path) -> UInt8[np.ndarray, "h w c"]:
    """Read a picture as it lies there; below what is transparent all colours are one."""
    from PIL import Image

    try:
        with Image.open(path, formats=("PNG", "JPEG")) as image:
            if image.mode not in ("L", "RGB", "RGBA"):
                raise ValueError(f"its mode is {image.mode}")
            # Premultiplied: what cannot be seen is not compared.
            found = np.array(image.convert("RGBa") if image.mode == "RGBA" else image)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DatasetError(
            f"{path} cannot be read ({error}): run panic3d benchmark make again, which replaces "
            "what is broken"
        ) from error
    return found.reshape(*found.shape[:2], -1)


def psnr_db(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """Return the PSNR of 8-bit levels, all channels together; -inf if the shapes differ."""
    if first.shape != second.shape:
        return -np.inf
    squares = float(((first.astype(np.float64) - second) ** 2).mean())
    return np.inf if squares == 0 else float(10 * np.log10(255.0**2 / squares))
