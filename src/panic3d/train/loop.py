"""The training loop: steps, reports, checkpoints, until the schedule or the time is over."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from panic3d.train.batches import batches
from panic3d.train.checkpoints import save_checkpoint
from panic3d.train.supervision import Supervision
from panic3d.train.trainer import Losses, Trainer


@dataclass(frozen=True, kw_only=True)
class Report:
    """Means since the report before."""

    step: int
    labels: float
    colours: float
    wrong: float
    steps_per_second: float


@dataclass(frozen=True, kw_only=True)
class Pace:
    """When what is done."""

    minutes: float | None = None
    """Stop after so long; None runs to the schedule's end."""
    report_steps: int = 50
    checkpoint_s: float = 120.0
    validate_s: float = 600.0


def train(
    trainer: Trainer,
    examples: Sequence[Supervision],
    out: Path,
    *,
    recipe: str,
    pace: Pace | None = None,
    report: Callable[[Report], None] | None = None,
    validate: Callable[[Trainer], None] | None = None,
) -> bool:
    """Train until the schedule or the time is over; a checkpoint is the last thing written.

    Args:
        trainer: new, or as `panic3d.train.checkpoints.resume` left it.
        examples: to learn from.
        out: folder of the run; reports are appended to its ``log.jsonl``.
        recipe: the run's name.
        pace: when to report, write and stop.
        report: is told the means of every few steps.
        validate: is called now and then, and at the end.

    Returns:
        Whether the schedule is over.
    """
    pace = pace or Pace()
    out.mkdir(parents=True, exist_ok=True)
    start = since = saved = validated = time.monotonic()
    found: list[Losses] = []
    for batch in batches(examples, trainer.config, trainer.step):
        found.append(trainer.advance(batch))
        now = time.monotonic()
        over = pace.minutes is not None and now - start > pace.minutes * 60
        if len(found) == pace.report_steps or over or trainer.step == trainer.config.steps:
            made = _means(found, trainer.step, len(found) / max(time.monotonic() - since, 1e-9))
            with (out / "log.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(vars(made)) + "\n")
            if report is not None:
                report(made)
            found, since = [], time.monotonic()
        if over:
            break
        if now - saved > pace.checkpoint_s:
            save_checkpoint(out, trainer, recipe)
            saved = time.monotonic()
        if validate is not None and now - validated > pace.validate_s:
            validate(trainer)
            validated = since = time.monotonic()
    save_checkpoint(out, trainer, recipe)
    if validate is not None:
        validate(trainer)
    return trainer.step >= trainer.config.steps


def _means(found: Sequence[Losses], step: int, speed: float) -> Report:
    labels, colours, wrong = torch.stack([torch.stack(list(one)) for one in found]).mean(0).tolist()
    return Report(step=step, labels=labels, colours=colours, wrong=wrong, steps_per_second=speed)
