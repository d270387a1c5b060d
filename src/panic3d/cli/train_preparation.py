"""``panic3d train face`` and the other networks of portrait preparation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

if TYPE_CHECKING:
    from panic3d.recipes.preparation import Recipe


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """What all of them are asked."""

    data: Path
    """Folder that 'panic3d train cache DATA --for preparation' filled: train, and test if there is
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
    pictures: int | None = None
    """Use only the first so many."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where to compute."""
    mixed_precision: bool = False
    """Convolutions in bfloat16."""
    threads: int = 0
    """Processor threads; 0 takes torch's choice."""
    loaders: int = 2
    """Processes that compose pictures ahead."""
    judge_minutes: float = 10.0
    """How often held-out pictures are judged."""
    seed: int = 0
    """Of the weights and of all variation."""


Options = Annotated[TrainOptions, tyro.conf.arg(name="")]


def face(options: Options) -> None:
    """Train the face finder; the same command continues from the last checkpoint."""
    from panic3d.recipes import preparation

    _train(preparation.face(), options)


def landmarks(options: Options) -> None:
    """Train the landmark network; the same command continues from the last checkpoint."""
    from panic3d.recipes import preparation

    _train(preparation.landmarks(), options)


def matting(options: Options) -> None:
    """Train the matting network; the same command continues from the last checkpoint."""
    from panic3d.recipes import preparation

    _train(preparation.matting(), options)


def linefill(
    options: Options, variant: Literal["direct", "adversarial", "both"] = "direct"
) -> None:
    """Train the line filler; the same command continues from the last checkpoint.

    Args:
        options: as for the other networks.
        variant: what it learns from: the line-free drawing, an adversary as in the paper, or both.
    """
    from panic3d.recipes import preparation

    _train(preparation.linefill(variant), options)


def _train(recipe: Recipe, options: TrainOptions) -> None:
    import torch

    from panic3d.cli.devices import choose_device
    from panic3d.recipes.preparation import chosen
    from panic3d.train.fabric_run import RunPace, resume_run, run
    from panic3d.train.portraits import read_all_portraits

    if options.threads:
        torch.set_num_threads(options.threads)
    config = chosen(
        recipe,
        seed=options.seed,
        steps=options.steps,
        batch=options.batch,
        learning_rate=options.learning_rate,
        mixed_precision=options.mixed_precision,
    )
    found = read_all_portraits(options.data / "train", options.pictures)
    folder = options.data / "test"
    test = read_all_portraits(folder) if folder.is_dir() else []
    trainer = resume_run(options.out, recipe.task(found), config, choose_device(options.device))
    numbers = sum(p.numel() for p in trainer.average.parameters())
    print(
        f"{recipe.name}: {numbers} numbers, {len(found)} pictures, {len(test)} held out; from step "
        f"{trainer.step} of {config.steps}",
        flush=True,
    )
    over = run(
        trainer,
        options.out,
        recipe=recipe.name,
        held_out=recipe.task(test) if test else None,
        pace=RunPace(
            minutes=options.minutes,
            validate_s=options.judge_minutes * 60,
            loaders=options.loaders,
        ),
        report=lambda line: print(line, flush=True),
    )
    end = "the schedule is over" if over else "the same command continues"
    print(f"{options.out}: step {trainer.step}; {end}")


COMMANDS: dict[str, Callable[..., None]] = {
    "face": face,
    "landmarks": landmarks,
    "matting": matting,
    "linefill": linefill,
}
