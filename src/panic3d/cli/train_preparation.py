"""``panic3d train face`` and the other networks of portrait preparation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal

from panic3d.cli.train_run import Options, Tasks, TrainOptions, chosen, train_task

if TYPE_CHECKING:
    from panic3d.recipes.preparation import Recipe
    from panic3d.train.portraits import DrawnPortrait
    from panic3d.train.task import Task


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
    config = chosen(recipe.options, options)
    train_task(recipe.run, partial(_tasks, recipe.task, options), config, options)


def _tasks(task: Callable[[Sequence[DrawnPortrait]], Task], options: TrainOptions) -> Tasks:
    from panic3d.train.portraits import read_all_portraits

    found = read_all_portraits(options.data / "train", options.examples)
    folder = options.data / "test"
    test = read_all_portraits(folder) if folder.is_dir() else []
    return Tasks(task(found), task(test) if test else None)


COMMANDS: dict[str, Callable[..., None]] = {
    "face": face,
    "landmarks": landmarks,
    "matting": matting,
    "linefill": linefill,
}
