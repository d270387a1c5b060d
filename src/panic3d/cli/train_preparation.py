"""``panic3d train face`` and the other networks of portrait preparation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from panic3d.cli.train_run import Options, Tasks, TrainOptions, chosen, train_task
from panic3d.errors import ConfigError

if TYPE_CHECKING:
    from panic3d.recipes.preparation import Recipe
    from panic3d.train.portraits import DrawnPortrait
    from panic3d.train.task import Task


def face(options: Options, start: str | None = None) -> None:
    """Train the face finder; the same command continues from the last checkpoint.

    Args:
        options: as for the other networks.
        start: name or file of weights to begin with; without, everything is learned anew.
    """
    from panic3d.recipes import preparation

    _train(preparation.face(), options, start)


def landmarks(options: Options, start: str | None = None) -> None:
    """Train the landmark network; the same command continues from the last checkpoint.

    Args:
        options: as for the other networks.
        start: name or file of weights to begin with; without, everything is learned anew.
    """
    from panic3d.recipes import preparation

    _train(preparation.landmarks(), options, start)


def matting(options: Options, start: str | None = None) -> None:
    """Train the matting network; the same command continues from the last checkpoint.

    Args:
        options: as for the other networks.
        start: name or file of weights to begin with; without, everything is learned anew.
    """
    from panic3d.recipes import preparation

    _train(preparation.matting(), options, start)


def linefill(
    options: Options,
    variant: Literal["direct", "adversarial", "both"] = "direct",
    start: str | None = None,
) -> None:
    """Train the line filler; the same command continues from the last checkpoint.

    Args:
        options: as for the other networks.
        variant: what it learns from: the line-free drawing, an adversary as in the paper, or both.
        start: name or file of weights to begin with; without, everything is learned anew.
    """
    from panic3d.recipes import preparation

    _train(preparation.linefill(variant), options, start)


def _train(recipe: Recipe, options: TrainOptions, start: str | None) -> None:
    config = chosen(recipe.options, options)
    train_task(recipe.run, partial(_tasks, recipe.task, options, start), config, options)


def _tasks(
    task: Callable[[Sequence[DrawnPortrait]], Task], options: TrainOptions, start: str | None
) -> Tasks:
    from panic3d.train.portraits import read_all_portraits

    found = read_all_portraits(options.data / "train", options.examples)
    folder = options.data / "val"
    test = read_all_portraits(folder) if folder.is_dir() else []
    learned = task(found)
    if start is not None:
        learned = _begun(learned, start)
    return Tasks(learned, task(test) if test else None)


def _begun(task: Task, start: str) -> Task:
    from panic3d.train.warm_start import WarmStart
    from panic3d.weights.load import verify_weights
    from panic3d.weights.store import DEFAULT_FOLDER

    found = verify_weights(start, Path.home() / DEFAULT_FOLDER)
    if found.about.network != task.kind:
        raise ConfigError(
            f"{start} holds a {found.about.network}, expected a {task.kind}: choose its weights"
        )
    return WarmStart(task, found.tensors, found.about.weights_sha256)


COMMANDS: dict[str, Callable[..., None]] = {
    "face": face,
    "landmarks": landmarks,
    "matting": matting,
    "linefill": linefill,
}
