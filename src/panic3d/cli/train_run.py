"""A training run of the Fabric trainer from the command line: its options, what it prints."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

if TYPE_CHECKING:
    from panic3d.train.task import RunConfig, Task


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """What all of them are asked."""

    data: Path
    """Folder that 'panic3d train cache' filled for this network: train, and test if there is
    one."""
    out: Path
    """Folder of the run: checkpoints, log.jsonl, tensorboard, scores.json, sheets of pictures."""
    minutes: float | None = None
    """Stop after so long, to be continued; else at the end of the schedule."""
    steps: int | None = None
    """Length of the schedule; the recipe's if absent. It may change when continuing."""
    batch: int | None = None
    """Examples a step; the recipe's if absent."""
    learning_rate: float | None = None
    """The recipe's if absent."""
    examples: int | None = None
    """Use only the first so many."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where to compute."""
    mixed_precision: bool = False
    """Compute in bfloat16 where it does no harm."""
    threads: int = 0
    """Processor threads; 0 takes torch's choice."""
    loaders: int = 2
    """Processes that make batches ahead."""
    judge_minutes: float = 10.0
    """How often held-out pictures are judged."""
    seed: int = 0
    """Of the weights and of all variation."""


Options = Annotated[TrainOptions, tyro.conf.arg(name="")]


def chosen(usual: RunConfig, options: TrainOptions) -> RunConfig:
    """Return a recipe's options with some of them changed."""
    from dataclasses import replace

    return replace(
        usual,
        seed=options.seed,
        steps=usual.steps if options.steps is None else options.steps,
        batch=usual.batch if options.batch is None else options.batch,
        learning_rate=(
            usual.learning_rate if options.learning_rate is None else options.learning_rate
        ),
        mixed_precision=options.mixed_precision or usual.mixed_precision,
    )


def train_task(
    name: str, task: Task, held_out: Task | None, config: RunConfig, options: TrainOptions
) -> None:
    """Train until the schedule or the time is over, and say how it goes.

    Args:
        name: of the recipe.
        task: what is learned.
        held_out: the same on what is not learned from.
        config: options of the run.
        options: the command's.
    """
    import torch

    from panic3d.cli.devices import choose_device
    from panic3d.train.fabric_run import RunPace, resume_run, run

    if options.threads:
        torch.set_num_threads(options.threads)
    trainer = resume_run(options.out, task, config, choose_device(options.device))
    numbers = sum(p.numel() for p in trainer.average.parameters())
    print(f"{name}: {numbers} numbers; from step {trainer.step} of {config.steps}", flush=True)
    over = run(
        trainer,
        options.out,
        recipe=name,
        held_out=held_out,
        pace=RunPace(
            minutes=options.minutes,
            validate_s=options.judge_minutes * 60,
            loaders=options.loaders,
        ),
        report=lambda line: print(line, flush=True),
    )
    end = "the schedule is over" if over else "the same command continues"
    print(f"{options.out}: step {trainer.step}; {end}")
