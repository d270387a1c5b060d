"""Seconds and peak memory of every stage of the paper's evaluation, on this machine.

The networks are untrained: time does not depend on the weights, as long as a realistic share of
the head box is filled.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from panic3d.geometry.cameras import (
    NAMED_VIEWS,
    Camera,
    evaluation_cameras,
    table_cameras,
)
from panic3d.models.decoder import HIDDEN, VALUE_CHANNELS
from panic3d.models.generator import Generator
from panic3d.models.generator_config import GeneratorConfig
from panic3d.pipeline.head import HeadField, HeadView, Settings, reconstruct
from panic3d.pipeline.original import OriginalJob
from panic3d.pipeline.untrained import fit_density, made_up_conditions, random_generator
from panic3d.render.composite import EMPTY
from panic3d.render.density_grid import alive
from panic3d.render.volume import Field
from panic3d.work.peak_memory import PeakMemory

FLOAT_BYTES = 4

SURVIVING = 0.125
"""Share of the cropped head box that the benchmark's field fills."""


class Work(NamedTuple):
    """What a stage cannot do without."""

    operations: float
    """Multiplications and additions of the networks."""
    bytes: float
    """Weights read once, texels gathered, results written."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """What one stage took."""

    stage: str
    seconds: float
    """Median."""
    peak_bytes: int
    """Largest resident memory of the process while the stage ran."""
    work: Work | None = None
    """None where it was not counted."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """How far apart two ways of making the same pictures are, over pixels that show something."""

    mean: float
    high: float
    """99.9th percentile."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What the machine can do at best."""

    threads: int
    matrix_flops: float
    """Per second, float32 matrix product."""
    bandwidth: float
    """Bytes per second, read and written by a large copy."""


class _Counting:
    """A field that counts the points it is asked about."""

    channels = VALUE_CHANNELS

    def __init__(self, field: Field) -> None:
        self.field = field
        self.densities = self.values = 0

    def density(self, points: Tensor) -> Tensor:
        self.densities += len(points)
        return self.field.density(points)

    def value(self, points: Tensor) -> Tensor:
        self.values += len(points)
        return self.field.value(points)

    def work(self, config: GeneratorConfig) -> Work:
        """Return what the decoder and the lookups need for these points."""
        hidden = 2 * config.plane_width * HIDDEN
        colours = 2 * HIDDEN * VALUE_CHANNELS
        texels = 3 * (8 if config.plane_depth > 1 else 4)
        return Work(
            float(self.densities * (hidden + 2 * HIDDEN) + self.values * (hidden + colours)),
            float(
                (self.densities + self.values) * texels * config.plane_width * FLOAT_BYTES
                + (self.densities + self.values * VALUE_CHANNELS) * FLOAT_BYTES
            ),
        )


def measure_machine() -> Machine:
    """Measure matrix rate and memory bandwidth, best of five."""
    a = torch.randn(2048, 2048)
    b = torch.randn(64 * 1024 * 1024)
    out = torch.empty_like(b)
    matrix = min(_seconds(lambda: a @ a) for _ in range(5))
    copy = min(_seconds(lambda: out.copy_(b)) for _ in range(5))
    return Machine(
        threads=torch.get_num_threads(),
        matrix_flops=2 * 2048**3 / matrix,
        bandwidth=2 * b.numel() * 4 / copy,
    )


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


class Bench:
    """A full-size generator with one made-up portrait."""

    def __init__(
        self, config: GeneratorConfig, settings: Settings | None = None, *, seed: int = 0
    ) -> None:
        """Make an untrained generator and a portrait, and fill `SURVIVING` of the head box."""
        self.settings = settings or Settings()
        self.generator: Generator = random_generator(config, seed)
        self.conditions = made_up_conditions(config, seed)
        self.memory = PeakMemory()
        fit_density(self.generator, self._head(self.settings), surviving=SURVIVING)

    def _head(self, settings: Settings) -> HeadField:
        return reconstruct(self.generator, self.conditions, settings)

    def surviving(self) -> float:
        """Return the share of the cropped box that culling leaves, of the volume's samples."""
        head = self._head(self.settings)
        grid = head.volume("paper")
        kept, inside = alive(grid, self.settings.clouds), grid.raw > EMPTY
        return float(kept.sum() / inside.sum())

    def job(self, settings: Settings) -> tuple[HeadField, dict[str, HeadView]]:
        """Do the whole evaluation job: planes, volume, mesh, 16 stitched views."""
        head = self._head(settings)
        head.mesh("paper")
        return head, {
            name: head.view(camera, seed=k)
            for k, (name, camera) in enumerate(evaluation_cameras().items())
        }

    def original_job(self) -> Iterator[tuple[str, float, HeadView | None]]:
        """Do the same the original's way; yields each part's name, seconds and view."""
        job = OriginalJob(self.generator, self.conditions, self.settings)
        start = time.perf_counter()
        # The original renders and stitches a whole view only to get at the styles.
        job.view(NAMED_VIEWS["front"], seed=0)
        volume = job.volume()
        yield "volume", time.perf_counter() - start, None
        start = time.perf_counter()
        job.mesh(volume)
        del volume
        yield "mesh", time.perf_counter() - start, None
        for k, (name, camera) in enumerate(evaluation_cameras().items()):
            start = time.perf_counter()
            view = job.view(camera, seed=k)
            yield f"view {name}", time.perf_counter() - start, view

    def stages(self, repeats: int = 3) -> Iterator[Row]:
        """Time every stage, then the whole job, with and without skipping empty space."""
        settings = self.settings
        head = self._head(settings)
        yield self._row(
            "planes",
            repeats,
            lambda: self._head(settings),
            Work(
                self._operations(self._head, settings),
                float(_numbers(self.generator) + head.planes.numel()) * FLOAT_BYTES,
            ),
        )
        yield self._row(
            "volume", repeats, lambda: self._fresh(head).volume("paper"), self._volume()
        )
        _ = head.volume("paper"), head.occupancy  # they do not belong to the stages that follow
        yield self._row("mesh (paper)", repeats, lambda: head.mesh("paper"))
        yield self._row(
            "mesh (fixed, volume included)", repeats, lambda: self._fresh(head).mesh("fixed")
        )
        size = self.generator.config.image_size
        for how, paste in (("plain", None), ("stitched", settings.paste)):
            seen = head.looked_at(replace(settings, paste=paste))
            for place, camera in (("front", front_camera()), ("spin", spin_camera())):
                yield self._row(
                    f"one {size} px view, {how}, {place}",
                    repeats,
                    partial(seen.view, camera),
                    self._view(seen, camera),
                )
        yield self._row("whole job", repeats, lambda: self.job(settings))
        dense = replace(settings, skip_empty=False)
        yield self._row("whole job, nothing skipped", repeats, lambda: self.job(dense))

    def _row(
        self, stage: str, repeats: int, run: Callable[[], object], work: Work | None = None
    ) -> Row:
        gc.collect()
        self.memory.restart()
        seconds = statistics.median(_seconds(run) for _ in range(repeats))
        return Row(stage=stage, seconds=seconds, peak_bytes=self.memory.read(), work=work)

    def _fresh(self, head: HeadField, field: Field | None = None) -> HeadField:
        """Return the same head before anything was sampled."""
        return HeadField(
            head.generator,
            head.ws,
            head.planes,
            head.front,
            head.settings,
            field=field or head.field,
        )

    def _operations(self, run: Callable[..., object], *arguments: object) -> float:
        counter = FlopCounterMode(display=False)
        with counter, torch.no_grad():
            run(*arguments)
        return float(counter.get_total_flops())

    def _volume(self) -> Work:
        head = self._head(self.settings)
        counting = _Counting(head.field)
        self._fresh(head, counting).volume("paper")
        return counting.work(self.generator.config)

    def _view(self, head: HeadField, camera: Camera) -> Work:
        config, counting = self.generator.config, _Counting(head.field)
        watched = head.looked_at(head.settings)
        watched.field = counting
        watched.view(camera)
        r = config.render_resolution
        enlarging = self._operations(
            self.generator.enlarge, torch.zeros(1, VALUE_CHANNELS, r, r), head.ws
        )
        decoding = counting.work(config)
        written = _numbers(self.generator.superresolution) + 3 * config.image_size**2
        return Work(enlarging + decoding.operations, decoding.bytes + float(written * FLOAT_BYTES))


def _numbers(network: torch.nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


def front_camera() -> Camera:
    """Return the front orthographic view."""
    return NAMED_VIEWS["front"]


def spin_camera() -> Camera:
    """Return the second spin view, 30 degrees round."""
    return table_cameras("spin12")[1]


def picture_difference(ours: dict[str, HeadView], theirs: dict[str, HeadView]) -> Difference:
    """Compare pictures over the pixels whose opacity is above 0.01 in either."""
    errors = []
    for name, view in ours.items():
        other = theirs[name]
        size = view.image.shape[-1]
        opacity = torch.maximum(view.view.opacity, other.view.opacity)
        seen = torch.nn.functional.interpolate(opacity, (size, size), mode="nearest")[0, 0] > 0.01
        errors.append((view.image - other.image).abs()[:, seen].flatten())
    together = torch.cat(errors).double()
    rank = max(int(0.999 * len(together)), 1)
    return Difference(mean=float(together.mean()), high=float(together.kthvalue(rank).values))
