"""A run of a small network: steps, logs, checkpoints, scores and sheets until it is over."""

from __future__ import annotations

import json
import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
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
from panic3d.train.task import Arrays, Batch, RunConfig, Task
from panic3d.weights.store import About, open_weights, read_about

if TYPE_CHECKING:
    from tensorboardX import SummaryWriter

SUFFIX = "-training"
"""What a checkpoint's kind of network ends in."""
JUDGED_BATCHES = 6
_JUDGED_SEED = 77
SCORES = "scores.json"


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
    about = {
        "name": recipe,
        "network": trainer.task.kind + SUFFIX,
        "config": to_dict(trainer.task.config),
        "training": {
            "step": trainer.step,
            "options": to_dict(trainer.config),
            "task": trainer.task.options,
        },
        "licence": "of the data that it was trained on",
        "origin": "panic3d train",
        "made_from": f"recipe {recipe}",
    }
    return store_checkpoint(folder, trainer.step, trainer.state(), about)


def resume_run(folder: Path, task: Task, config: RunConfig, device: torch.device) -> FabricTrainer:
    """Return the trainer of a run: from its last checkpoint, or new.

    Raises:
        ConfigError: the checkpoint was begun with other options, the schedule's length aside.
        WeightsError: it is damaged, or of another kind of network.
    """
    trainer = FabricTrainer(task, config, device)
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
    """The batch of every step, made in whichever process asks."""

    def __init__(self, task: Task, config: RunConfig, first: int) -> None:
        self.task, self.config, self.first = task, config, first

    def __len__(self) -> int:
        return max(self.config.steps - self.first, 0)

    def __getitem__(self, index: int) -> Arrays:
        return batch_of(self.task, self.config, self.first + index)


def steps(task: Task, config: RunConfig, first: int, loaders: int) -> Iterator[Batch]:
    """Make batches from a step on, ahead and in other processes, in order."""
    yield from DataLoader(
        _Steps(task, config, first),
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
        trainer: new, or as `resume_run` left it.
        out: folder of the run: checkpoints, ``log.jsonl``, ``tensorboard/``, and with `held_out`
            ``scores.json`` and a sheet of pictures for every time that it was judged.
        recipe: the run's name.
        held_out: the same task on pictures that are not learned from.
        pace: when to report, judge, write and stop.
        report: is told a line now and then.

    Returns:
        Whether the schedule is over.
    """
    pace = pace or RunPace()
    out.mkdir(parents=True, exist_ok=True)
    writer = _writer(out / "tensorboard", trainer.step)
    say = report or (lambda line: None)
    start = since = saved = judged_at = time.monotonic()
    sums: dict[str, Tensor] = defaultdict(lambda: torch.zeros(()))
    count = 0
    try:
        for arrays in steps(trainer.task, trainer.config, trainer.step, pace.loaders):
            for name, value in trainer.advance(arrays).items():
                sums[name] = sums[name].to(value) + value
            count += 1
            now = time.monotonic()
            over = pace.minutes is not None and now - start > pace.minutes * 60
            if count == pace.report_steps or over or trainer.step == trainer.config.steps:
                means = {name: float(value) / count for name, value in sums.items()}
                speed = count / max(time.monotonic() - since, 1e-9)
                _log(out, writer, trainer.step, means, speed)
                losses = ", ".join(f"{name} {value:.4f}" for name, value in means.items())
                say(f"step {trainer.step}: {losses}, {speed:.2f} steps/s")
                sums.clear()
                count, since = 0, time.monotonic()
            if over:
                break
            if now - saved > pace.checkpoint_s:
                save_run(out, trainer, recipe)
                saved = time.monotonic()
            if held_out is not None and now - judged_at > pace.validate_s:
                say(validate(trainer, held_out, out, writer))
                judged_at = since = time.monotonic()
        save_run(out, trainer, recipe)
        if held_out is not None:
            say(validate(trainer, held_out, out, writer))
    finally:
        writer.close()
    return trainer.step >= trainer.config.steps


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
) -> str:
    """Judge the averaged weights; writes scores and a sheet of pictures, returns a line."""
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
    return f"step {trainer.step}, held out: " + ", ".join(
        f"{name} {value:.4f}" for name, value in scores.items()
    )
