"""A training run of the Fabric trainer from the command line: its options, what it prints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import tyro

if TYPE_CHECKING:
    from lightning_fabric import Fabric

    from panic3d.train.task import RunConfig, Task


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """What all of them are asked."""

    data: Path
    """Folder that 'panic3d train cache' filled for this network: train, and val if there is
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
    """Compute in bfloat16 where it does no harm; in float32 on processors that lack instructions
    for it."""
    processes: int = 1
    """Share each batch: one for each GPU, or so many on the processor."""
    threads: int = 0
    """Processor threads of each; 0 takes torch's choice."""
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


class Tasks(NamedTuple):
    """What is learned, and the same on what is not learned from."""

    learned: Task
    held_out: Task | None


def train_task(
    name: str, make: Callable[[], Tasks], config: RunConfig, options: TrainOptions
) -> None:
    """Train until the schedule or the time is over, and say how it goes.

    Args:
        name: of the recipe.
        make: makes the tasks in each of the processes that share a batch; a function of a module.
        config: options of the run.
        options: the command's.
    """
    from dataclasses import replace

    from panic3d.cli.devices import choose_device, quick_in_bfloat16
    from panic3d.train.fabric_trainer import open_fabric

    device = choose_device(options.device)
    if config.mixed_precision and not quick_in_bfloat16(device):
        print("bfloat16 is slow on this processor: float32 throughout", flush=True)
        config = replace(config, mixed_precision=False)
    fabric = open_fabric(device, config.mixed_precision, options.processes)
    if options.processes == 1:
        _train(fabric, name, make, config, options)
    else:
        fabric.launch(partial(_train, name=name, make=make, config=config, options=options))


def _train(
    fabric: Fabric,
    name: str,
    make: Callable[[], Tasks],
    config: RunConfig,
    options: TrainOptions,
) -> None:
    import torch

    from panic3d.train.fabric_run import RunPace, resume_run, run
    from panic3d.train.spawned import end_with_parent
    from panic3d.work.heap import keep_freed_memory

    end_with_parent()
    keep_freed_memory()
    if options.threads:
        torch.set_num_threads(options.threads)

    def say(line: str) -> None:
        if fabric.is_global_zero:
            print(line, flush=True)

    tasks = make()
    trainer = resume_run(options.out, tasks.learned, config, fabric.device, fabric)
    numbers = sum(p.numel() for p in trainer.average.parameters())
    say(f"{name}: {numbers} numbers; from step {trainer.step} of {config.steps}")
    over = run(
        trainer,
        options.out,
        recipe=name,
        held_out=tasks.held_out,
        pace=RunPace(
            minutes=options.minutes,
            validate_s=options.judge_minutes * 60,
            loaders=options.loaders,
        ),
        report=say,
    )
    end = "the schedule is over" if over else "the same command continues"
    say(f"{options.out}: step {trainer.step}; {end}")
