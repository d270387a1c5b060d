"""``panic3d train reconstructor``: heads from drawings."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Literal

from panic3d.cli.train_run import Options, Tasks, TrainOptions, chosen, train_task

if TYPE_CHECKING:
    from panic3d.recipes.reconstructor import HeadRecipe


def reconstructor(options: Options, recipe: Literal["open-v1"] = "open-v1") -> None:
    """Train our reconstructor; the same command continues from the last checkpoint.

    Args:
        options: as for the other networks.
        recipe: sizes of the network and options of the run.
    """
    from panic3d.recipes.reconstructor import RECIPES

    found = RECIPES[recipe]()
    train_task(found.name, partial(_tasks, found, options), chosen(found.options, options), options)


def _tasks(recipe: HeadRecipe, options: TrainOptions) -> Tasks:
    from panic3d.train.head_task import HeadTask
    from panic3d.train.takes import read_all_takes

    takes = read_all_takes(options.data / "train", options.examples)
    folder = options.data / "test"
    test = read_all_takes(folder) if folder.is_dir() else []
    held_out = HeadTask(recipe.network, test, recipe.head, vary=False) if test else None
    return Tasks(HeadTask(recipe.network, takes, recipe.head), held_out)


COMMANDS: dict[str, Callable[..., None]] = {"reconstructor": reconstructor}
