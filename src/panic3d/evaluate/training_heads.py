"""What a floor knows: heads that training might see, summed up once and kept.

They are procedural characters of the training split, made from a seed. Of each the fronts are kept,
small, by which it is found again; of all together how often each place is inside, the mean colours,
and how far in front of the head's middle its front lies.
"""

from __future__ import annotations

import io
import re
import shutil
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float32, Float64, Int64, UInt8
from numpy.typing import NDArray

from panic3d.characters.made import MadeCharacter, stream
from panic3d.characters.make.engines import engine_sha256
from panic3d.characters.procedural import FAMILIES, make_procedural
from panic3d.characters.splits import assets_of
from panic3d.errors import ConfigError, Panic3dError
from panic3d.evaluate.carving import grid_axis, inside, scene_depths
from panic3d.evaluate.figures import Figure
from panic3d.evaluate.predictors import digest_of
from panic3d.evaluate.provenance import code_digest
from panic3d.evaluate.surface_metrics import Triangles
from panic3d.files import atomic_write
from panic3d.geometry.cameras import NAMED_VIEWS, Camera, evaluation_cameras
from panic3d.geometry.conventions import HEAD_BOX_M
from panic3d.geometry.posing import Pose, head_origin, posed
from panic3d.render.raster import Rasteriser
from panic3d.work.jobs import run_tasks

VERSION = 2
THUMB = 48
"""Side of the fronts that are kept, pixels."""
SHARD = 8
"""Characters that are made together."""
_VIEW_PIXELS = 256
_ROUNDS = 6
_OLD_S = 24 * 3600
"""How long surfaces of other code are left alone after the last was added."""
_COLOUR_VIEWS = ("front", "left", "right", "back", "0043", "0046", "0037", "0040")
_HEAD_FROM_M = -0.12
"""Height above which a front counts as the head's."""


@dataclass(frozen=True, kw_only=True)
class TrainingRecipe:
    """Which characters, and how finely they are summed up."""

    count: int = 128
    seed: int = 0
    grid: int = 96
    engine: str = field(default_factory=partial(engine_sha256, "procedural", None))
    """Digest of what makes the characters; heads of another engine are others."""

    def __post_init__(self) -> None:
        if self.count < 1 or self.seed < 0 or not 16 <= self.grid <= 256:
            raise ConfigError(
                f"count, seed, grid are {self.count}, {self.seed}, {self.grid}, expected at least "
                "1, at least 0, and 16 to 256"
            )

    @property
    def digest(self) -> str:
        """Of all that the heads depend on."""
        return digest_of("training heads", VERSION, sorted(asdict(self).items()))

    def character_seed(self, number: int) -> int:
        """Return the seed of a character."""
        return int(stream(self.seed, "training heads", str(number)).integers(2**53))


class TrainingHeads(NamedTuple):
    """Many heads, summed up."""

    occupancy: Float32[np.ndarray, "g g g"]
    """Share of the heads of which a place is inside; axes x, y, z."""
    colours: Float32[np.ndarray, "g g g 3"]
    """Mean sRGB of the surfaces near a place, in [0, 1]."""
    front_m: float
    """Mean z of the heads' fronts, metres."""
    fronts: UInt8[np.ndarray, "n t t 4"]
    """Straight RGBA."""
    seeds: Int64[np.ndarray, " n"]


def make_character(seed: int) -> MadeCharacter:
    """Make a training character."""
    return make_procedural(seed, assets_of("train", FAMILIES))


def figure_of(made: MadeCharacter) -> tuple[Figure, NDArray[np.float64]]:
    """Return a character in its usual pose as a figure without a surface, and its origin."""
    figure = posed(made.character, Pose(expressions=dict(made.expression)))
    origin = head_origin(made.character)
    nothing = Triangles(np.zeros((0, 3)), np.zeros((0, 3), np.int32))
    return Figure(figure, nothing, origin), origin


def training_heads(
    folder: Path,
    recipe: TrainingRecipe,
    workers: int = 1,
    on_shard: Callable[[int, int], None] | None = None,
) -> TrainingHeads:
    """Read the heads of a recipe, or make them first; a stopped making continues.

    Args:
        folder: of the floors.
        recipe: which heads.
        workers: processes that make them.
        on_shard: told how many of how many shards are there.

    Raises:
        Panic3dError: they cannot be made.
    """
    path = heads_path(folder, recipe)
    found = read_heads(path)
    if found is not None:
        return found
    shards = range(-(-recipe.count // SHARD))
    part = partial(_shard_path, folder, recipe)
    missing = [shard for shard in shards if _read(part(shard), _Sums) is None]
    for k, done in enumerate(run_tasks(partial(_maker, folder, recipe), missing, workers), 1):
        failure = done.failure or done.result
        if failure:
            raise Panic3dError(f"the training heads of shard {done.task} cannot be made: {failure}")
        if on_shard is not None:
            on_shard(len(shards) - len(missing) + k, len(shards))
    heads = _summed(_shards(part, len(shards)))
    write_heads(path, heads)
    for shard in shards:
        part(shard).unlink(missing_ok=True)
    return heads


def heads_path(folder: Path, recipe: TrainingRecipe) -> Path:
    """Return the file that keeps the heads of a recipe."""
    return folder / f"training_heads_{recipe.digest}.npz"


def read_heads(path: Path) -> TrainingHeads | None:
    """Read heads; None if they are not there or broken, which only costs time."""
    return _read(path, TrainingHeads)


def write_heads(path: Path, heads: TrainingHeads) -> None:
    """Keep heads.

    Raises:
        Panic3dError: the file cannot be written.
    """
    _write(path, heads._asdict())


def kept_surface(
    folder: Path, recipe: TrainingRecipe, seed: int, make: Callable[[], Triangles]
) -> Triangles:
    """Read the visible surface of a training character, or make it and keep it.

    Several characters of a benchmark, in several processes, are like the same one.

    Args:
        folder: of the floors.
        recipe: of the heads.
        seed: of the character.
        make: makes the surface; what this program's code made is not read by another's, and what
            another's made is removed once it is old.

    Raises:
        Panic3dError: it cannot be made. That it cannot be kept only costs time.
    """
    made_by = digest_of(recipe.engine, code_digest())
    path = folder / "surfaces" / made_by / f"{seed}.npz"
    found: Triangles | None = _read(path, Triangles)
    if found is None:
        found = make()
        with suppress(Panic3dError, OSError):
            _write(path, found._asdict())
            _drop_older(path.parent)
    return found


def _drop_older(kept: Path) -> None:
    """Remove the surfaces of other code, unless another program may still be at them.

    Raises:
        OSError: the folder cannot be listed, or another process was quicker.
    """
    now = time.time()
    for other in kept.parent.iterdir():
        known = re.fullmatch("[0-9a-f]{16}", other.name)
        if other == kept or not known or not other.is_dir() or other.is_symlink():
            continue
        if now - other.stat().st_mtime > _OLD_S:
            shutil.rmtree(other, ignore_errors=True)  # another process may be about it, too


class _Sums(NamedTuple):
    """Of one shard."""

    inside: UInt8[np.ndarray, "g g g"]
    colours: Float32[np.ndarray, "g g g 3"]
    counts: Float32[np.ndarray, "g g g"]
    front_m: Float64[np.ndarray, " n"]
    fronts: UInt8[np.ndarray, "n t t 4"]
    seeds: Int64[np.ndarray, " n"]


def _shard_path(folder: Path, recipe: TrainingRecipe, shard: int) -> Path:
    return folder / "making" / f"{recipe.digest}_{shard:04d}.npz"


def _shards(part: Callable[[int], Path], count: int) -> Iterator[_Sums]:
    for shard in range(count):
        found = _read(part(shard), _Sums)
        if found is None:
            raise Panic3dError(f"{part(shard)} vanished while it was needed: run the command again")
        yield found


def _maker(folder: Path, recipe: TrainingRecipe) -> Callable[[int], str]:
    """Return what makes a shard; it answers with what went wrong."""
    held: list[Rasteriser] = []

    def make(shard: int) -> str:
        try:
            if not held:
                held.append(Rasteriser())
            numbers = range(shard * SHARD, min((shard + 1) * SHARD, recipe.count))
            sums = _sums(recipe, numbers, held[0])
            _write(_shard_path(folder, recipe, shard), sums._asdict())
        except Panic3dError as error:
            return str(error)
        return ""

    return make


def _sums(recipe: TrainingRecipe, numbers: range, rasteriser: Rasteriser) -> _Sums:
    from PIL import Image

    g = recipe.grid
    points = carving_grid(g)
    total = np.zeros((g, g, g), np.uint8)
    colours = np.zeros((3, g**3))
    counts = np.zeros(g**3)
    front_m, fronts, seeds = [], [], []
    for number in numbers:
        seed = recipe.character_seed(number)
        figure, origin = figure_of(make_character(seed))
        places, levels = [], []
        with rasteriser.load(figure.posed, origin) as scene:
            views = scene_depths(scene, rasteriser, _VIEW_PIXELS, _ROUNDS)
            for camera in colour_cameras():
                seen = rasteriser.geometry(scene, camera, _VIEW_PIXELS)
                rgba = rasteriser.colour(scene, camera, _VIEW_PIXELS)
                solid = (seen.facing != 0) & (rgba[..., 3] == 255)
                index = np.rint((seen.position[solid] / HEAD_BOX_M + 0.5) * (g - 1)).astype(int)
                places.append(np.ravel_multi_index(tuple(index.clip(0, g - 1).T), (g, g, g)))
                levels.append(rgba[solid])
                if camera == NAMED_VIEWS["front"]:
                    place = seen.position[solid]
                    head = place[:, 1] > _HEAD_FROM_M
                    front_m.append(float(place[head, 2].mean()) if head.any() else np.nan)
                    small = Image.fromarray(rgba).convert("RGBa")
                    small = small.resize((THUMB, THUMB), Image.Resampling.BOX)
                    fronts.append(np.array(small.convert("RGBA")))
        total += inside(points, views).reshape(g, g, g)
        flat, shown = np.concatenate(places), np.concatenate(levels)
        counts += np.bincount(flat, minlength=g**3)
        for k in range(3):
            colours[k] += np.bincount(flat, shown[:, k], g**3)
        seeds.append(seed)
    return _Sums(
        total,
        (colours.T / 255).reshape(g, g, g, 3).astype(np.float32),
        counts.reshape(g, g, g).astype(np.float32),
        np.array(front_m, np.float64),
        np.stack(fronts),
        np.array(seeds, np.int64),
    )


def colour_cameras() -> list[Camera]:
    """Return the cameras that colours of surfaces are taken from: the parallel ones, and four."""
    found = evaluation_cameras()
    return [found[name] for name in _COLOUR_VIEWS]


def carving_grid(count: int) -> Float64[np.ndarray, "n 3"]:
    """Return all points of a grid over the head's box, x slowest."""
    axis = grid_axis(count)
    return np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1).reshape(-1, 3)


def _summed(shards: Iterator[_Sums]) -> TrainingHeads:
    from scipy.ndimage import gaussian_filter

    found = list(shards)
    colours = np.stack([part.colours for part in found]).astype(np.float64).sum(0)
    counts = np.stack([part.counts for part in found]).astype(np.float64).sum(0)
    # Colours are known at surfaces alone; they spread from there, near ones first.
    blended, weight = np.zeros_like(colours), np.zeros_like(counts)
    for reach, share in ((1.0, 1.0), (4.0, 1e-3), (16.0, 1e-6)):
        weight += share * gaussian_filter(counts, reach)
        for k in range(3):
            blended[..., k] += share * gaussian_filter(colours[..., k], reach)
    blended = blended / np.maximum(weight, 1e-12)[..., None]
    seeds = np.concatenate([part.seeds for part in found])
    occupied = np.stack([part.inside for part in found]).astype(np.float64).sum(0)
    return TrainingHeads(
        (occupied / len(seeds)).astype(np.float32),
        blended.clip(0, 1).astype(np.float32),
        float(np.nanmean(np.concatenate([part.front_m for part in found]))),
        np.concatenate([part.fronts for part in found]),
        seeds,
    )


def _write(path: Path, arrays: dict[str, Any]) -> None:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    with atomic_write(path) as file:
        file.write(buffer.getbuffer())


def _read(path: Path, kind: type[Any]) -> Any:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as members:
            found = {name: members[name] for name in kind._fields}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    if "front_m" in found and found["front_m"].ndim == 0:
        found["front_m"] = float(found["front_m"])
    return kind(**found)
