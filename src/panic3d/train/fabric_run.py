"""A run of a small network: steps, logs, checkpoints, scores and sheets until it is over."""

from __future__ import annotations

import json
import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from panic3d.config import from_dict, to_dict
from panic3d.errors import ConfigError, MissingDependencyError, WeightsError
from panic3d.files import atomic_write
from panic3d.train.checkpoints import last_checkpoint, store_checkpoint
from panic3d.train.fabric_trainer import FabricTrainer, batch_of
from panic3d.train.task import WHOLE, Arrays, Batch, RunConfig, Task
from panic3d.weights.store import About, open_weights, read_about, save_weights

if TYPE_CHECKING:
    from lightning_fabric import Fabric
    from tensorboardX import SummaryWriter

SUFFIX = "-training"
"""What a checkpoint's kind of network ends in."""
JUDGED_BATCHES = 6
_JUDGED_SEED = 77
SCORES = "scores.json"
BEST = "best.safetensors"
"""Averaged weights of the time when held-out pictures were judged best."""


@dataclass(frozen=True, kw_only=True)
class RunPace:
    """When what is done, and with how many processes."""

    minutes: float | None = None
    """Stop after so long, to be continued; None runs to the schedule's end."""
    report_steps: int = 50
    checkpoint_s: float = 120.0
    validate_s: float = 600.0
    loaders: int = 2
    """Processes that make batches ahead; 0 makes them here."""


def save_run(folder: Path, trainer: FabricTrainer, recipe: str) -> Path:
    """Write the state of a run; older checkpoints but the last are removed."""
    return store_checkpoint(folder, trainer.step, trainer.state(), _about(trainer, recipe))


def resume_run(
    folder: Path,
    task: Task,
    config: RunConfig,
    device: torch.device,
    fabric: Fabric | None = None,
) -> FabricTrainer:
    """Return the trainer of a run: from its last checkpoint, or new; see `FabricTrainer`.

    Raises:
        ConfigError: the checkpoint was begun with other options, the schedule's length aside.
        WeightsError: it is damaged, or of another kind of network.
    """
    trainer = FabricTrainer(task, config, device, fabric)
    path = last_checkpoint(folder)
    if path is None:
        return trainer
    about = read_about(path)
    step = step_of(path, about)
    begun = from_dict(RunConfig, {**about.training["options"], "steps": config.steps})
    same = (
        about.network == task.kind + SUFFIX
        and begun == config
        and about.config == _plain(to_dict(task.config))
        and about.training.get("task") == _plain(task.options)
    )
    if not same:
        raise ConfigError(
            f"{path} was begun with other options: give the same ones, or another folder"
        )
    trainer.restore(open_weights(path, folder).tensors, step)
    return trainer


def step_of(path: Path, about: About) -> int:
    """Return how many steps a checkpoint has seen.

    Raises:
        WeightsError: it is none.
    """
    step, options = about.training.get("step"), about.training.get("options")
    if not about.network.endswith(SUFFIX) or type(step) is not int or not isinstance(options, dict):
        raise WeightsError(f"{path} is no checkpoint of a training: choose another folder")
    return step


def _plain(value: Any) -> Any:
    """Return what JSON makes of a value."""
    return json.loads(json.dumps(value))


class _Steps(Dataset[Arrays]):
    """A part of the batch of every step, made in whichever process asks."""

    def __init__(self, task: Task, config: RunConfig, first: int, part: slice) -> None:
        self.task, self.config, self.first, self.part = task, config, first, part

    def __len__(self) -> int:
        return max(self.config.steps - self.first, 0)

    def __getitem__(self, index: int) -> Arrays:
        return batch_of(self.task, self.config, self.first + index, self.part)


def steps(
    task: Task, config: RunConfig, first: int, loaders: int, part: slice = WHOLE
) -> Iterator[Batch]:
    """Make batches, or a part of each, from a step on, ahead and in other processes, in order."""
    yield from DataLoader(
        _Steps(task, config, first, part),
        batch_size=None,
        shuffle=False,
        num_workers=loaders,
        prefetch_factor=4 if loaders else None,
    )


def run(
    trainer: FabricTrainer,
    out: Path,
    *,
    recipe: str,
    held_out: Task | None = None,
    pace: RunPace | None = None,
    report: Callable[[str], None] | None = None,
) -> bool:
    """Train until the schedule or the time is over; a checkpoint is the last thing written.

    Args:
        trainer: new, or as `resume_run` left it. Of several processes that share it the first
            writes, judges and keeps time.
        out: folder of the run: checkpoints, ``log.jsonl``, ``tensorboard/``, and with `held_out`
            ``scores.json``, a sheet of pictures for every time that it was judged, and the
            averaged weights that were the best of those times.
        recipe: the run's name.
        held_out: the same task on pictures that are not learned from.
        pace: when to report, judge, write and stop.
        report: is told a line now and then.

    Returns:
        Whether the schedule is over.
    """
    pace = pace or RunPace()
    clock = _Clock(trainer, pace)
    notes = _Notes(trainer, out, recipe, held_out, report) if trainer.leads else None
    sums: dict[str, Tensor] = defaultdict(lambda: torch.zeros(()))
    count = 0
    try:
        made = steps(trainer.task, trainer.config, trainer.step, pace.loaders, trainer.part)
        for arrays in made:
            for name, value in trainer.advance(arrays).items():
                sums[name] = sums[name].to(value) + value
            count += 1
            due = clock.due()
            last = "stop" in due or trainer.step == trainer.config.steps
            if notes is not None and (count == pace.report_steps or last):
                means = {name: float(value) / count for name, value in sums.items()}
                notes.learned(means, clock.speed(count), clock.left(count))
            if count == pace.report_steps or last:
                sums.clear()
                count = 0
                clock.restart()
            clock.pause()
            if notes is not None and ("save" in due or last):
                save_run(out, trainer, recipe)
            if notes is not None and held_out is not None and ("judge" in due or last):
                notes.judged()
            if due:
                trainer.fabric.barrier()
            clock.go_on()
            if last:
                break
    finally:
        if notes is not None:
            notes.close()
    return trainer.step >= trainer.config.steps


class _Clock:
    """When what is due; the first process's clock holds for all."""

    def __init__(self, trainer: FabricTrainer, pace: RunPace) -> None:
        self._trainer, self._pace = trainer, pace
        self._start = self._saved = self._judged = self._since = time.monotonic()
        self._paused = self._start

    def due(self) -> set[str]:
        """Say what is to be done after this step: "stop", "save", "judge"."""
        now, pace = time.monotonic(), self._pace
        found = [
            pace.minutes is not None and now - self._start > pace.minutes * 60,
            now - self._saved > pace.checkpoint_s,
            now - self._judged > pace.validate_s,
        ]
        found = self._trainer.agreed(found)
        if found[1]:
            self._saved = now
        if found[2]:
            self._judged = now
        return {
            name for name, is_due in zip(("stop", "save", "judge"), found, strict=True) if is_due
        }

    def speed(self, count: int) -> float:
        """Return steps a second since `restart`."""
        return count / max(time.monotonic() - self._since, 1e-9)

    def left(self, count: int) -> float:
        """Return the seconds until the schedule or the time is over, at this speed."""
        trainer, pace = self._trainer, self._pace
        seconds = (trainer.config.steps - trainer.step) / self.speed(count)
        if pace.minutes is not None:
            seconds = min(seconds, pace.minutes * 60 - (time.monotonic() - self._start))
        return max(seconds, 0.0)

    def restart(self) -> None:
        """Forget what was counted."""
        self._since = time.monotonic()

    def pause(self) -> None:
        """Begin what is no learning: the speed is without it."""
        self._paused = time.monotonic()

    def go_on(self) -> None:
        """End it."""
        self._since += time.monotonic() - self._paused


class _Notes:
    """What a run writes besides its checkpoints, and says."""

    def __init__(
        self,
        trainer: FabricTrainer,
        out: Path,
        recipe: str,
        held_out: Task | None,
        report: Callable[[str], None] | None,
    ) -> None:
        out.mkdir(parents=True, exist_ok=True)
        self._trainer, self._out, self._recipe = trainer, out, recipe
        self._held_out, self._say = held_out, report or (lambda line: None)
        self._writer = _writer(out / "tensorboard", trainer.step)

    def learned(self, means: dict[str, float], speed: float, left_s: float) -> None:
        """Note the means of some steps."""
        step = self._trainer.step
        _log(self._out, self._writer, step, means, speed)
        losses = ", ".join(f"{name} {value:.4f}" for name, value in means.items())
        hours, minutes = divmod(round(left_s / 60), 60)
        self._say(f"step {step}: {losses}, {speed:.2f} steps/s, {hours}:{minutes:02} h left")

    def judged(self) -> None:
        """Judge the averaged weights, and keep them if none were better."""
        assert self._held_out is not None
        line, scores = validate(self._trainer, self._held_out, self._out, self._writer)
        score = self._held_out.score(scores)
        if math.isfinite(score) and score > _best_score(self._out):
            save_best(self._out, self._trainer, self._recipe, score, scores)
            line += f", the best ({score:.4f})"
        self._say(line)

    def close(self) -> None:
        """End the logs."""
        self._writer.close()


def save_best(
    folder: Path,
    trainer: FabricTrainer,
    recipe: str,
    score: float,
    measures: Mapping[str, float],
) -> None:
    """Write the averaged weights as the best of a run, with what was measured of them."""
    tensors = {name: value.detach() for name, value in trainer.average.state_dict().items()}
    judged = {"score": score, "held_out": {"step": trainer.step, **measures}}
    save_weights(folder / BEST, tensors, about=_about(trainer, recipe, judged))


def _about(
    trainer: FabricTrainer, recipe: str, judged: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    training: dict[str, Any] = {
        "step": trainer.step,
        "options": to_dict(trainer.config),
        "task": trainer.task.options,
        **(judged or {}),
    }
    return {
        "name": recipe,
        "network": trainer.task.kind + SUFFIX,
        "config": to_dict(trainer.task.config),
        "training": training,
        "licence": "of the data that it was trained on",
        "origin": "panic3d train",
        "made_from": f"recipe {recipe}",
    }


def _best_score(folder: Path) -> float:
    path = folder / BEST
    if not path.with_suffix(".json").is_file():
        return -math.inf
    score = read_about(path).training.get("score")
    return float(score) if isinstance(score, float) else -math.inf


def _writer(folder: Path, step: int) -> SummaryWriter:
    try:
        from tensorboardX import SummaryWriter
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            "tensorboardX, which writes logs for TensorBoard, is not installed: run pip install "
            "'panic3d[train]'"
        ) from error
    return SummaryWriter(str(folder), purge_step=step)


def _log(
    out: Path, writer: SummaryWriter, step: int, means: dict[str, float], speed: float
) -> None:
    row = {"step": step, **means, "steps_per_second": speed}
    with (out / "log.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
    for name, value in means.items():
        writer.add_scalar(f"loss/{name}", value, step)
    writer.add_scalar("steps_per_second", speed, step)


def judged(
    trainer: FabricTrainer, held_out: Task, batches: int = JUDGED_BATCHES
) -> dict[str, float]:
    """Measure the averaged weights on held-out pictures, always the same; means over batches."""
    found: dict[str, list[float]] = defaultdict(list)
    config = RunConfig(seed=_JUDGED_SEED, batch=trainer.config.batch)
    for k in range(batches):
        batch = trainer.on_device(batch_of(held_out, config, k))
        with torch.no_grad():
            for name, value in held_out.measures(trainer.average, batch).items():
                if math.isfinite(value):  # a batch may lack what is measured
                    found[name].append(value)
    return {name: float(np.mean(values)) for name, values in found.items()}


def validate(
    trainer: FabricTrainer, held_out: Task, out: Path, writer: SummaryWriter | None = None
) -> tuple[str, dict[str, float]]:
    """Judge the averaged weights; writes scores and a sheet of pictures.

    Returns:
        A line that says it, and what was measured.
    """
    scores = judged(trainer, held_out)
    config = RunConfig(seed=_JUDGED_SEED, batch=min(trainer.config.batch, 16))
    batch = trainer.on_device(batch_of(held_out, config, JUDGED_BATCHES))
    with torch.no_grad():
        sheet = held_out.sheet(trainer.average, batch)
    with atomic_write(out / f"sheet-{trainer.step:08d}.png", durable=False) as file:
        Image.fromarray(sheet).save(file, "PNG")
    with atomic_write(out / SCORES) as file:
        file.write(json.dumps({"step": trainer.step, **scores}, indent=1).encode() + b"\n")
    if writer is not None:
        for name, value in scores.items():
            writer.add_scalar(f"held_out/{name}", value, trainer.step)
        writer.add_image("held_out", sheet, trainer.step, dataformats="HWC")
    line = f"step {trainer.step}, held out: " + ", ".join(
        f"{name} {value:.4f}" for name, value in scores.items()
    )
    return line, scores
