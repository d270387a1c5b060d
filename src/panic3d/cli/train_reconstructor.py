"""``panic3d train reconstructor``: heads from drawings."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from panic3d.cli.train_run import Options, Tasks, TrainOptions, chosen, train_task

if TYPE_CHECKING:
    from panic3d.recipes.reconstructor import HeadRecipe


def reconstructor(
    options: Options,
    recipe: Literal["open-v1"] = "open-v1",
    start: str | None = None,
) -> None:
    """Train our reconstructor; the same command continues from the last checkpoint.

    Args:
        options: as for the other networks.
        recipe: sizes of the network and options of the run.
        start: name or file of a smaller network's weights to begin as, such as 'first'; without,
            everything is learned anew.
    """
    from panic3d.recipes.reconstructor import RECIPES

    found = RECIPES[recipe]()
    make = partial(_tasks, found, options, start)
    train_task(found.name, make, chosen(found.options, options), options)


def _tasks(recipe: HeadRecipe, options: TrainOptions, start: str | None) -> Tasks:
    from panic3d.train.head_task import HeadTask, Start
    from panic3d.train.takes import read_all_takes

    begun = None
    if start is not None:
        from panic3d.weights.load import load_feedforward
        from panic3d.weights.store import DEFAULT_FOLDER, find_weights, read_about

        where = Path.home() / DEFAULT_FOLDER
        about = read_about(find_weights(start, where).path)
        begun = Start(load_feedforward(start, where), about.weights_sha256)

    takes = read_all_takes(options.data / "train", options.examples)
    folder = options.data / "test"
    test = read_all_takes(folder) if folder.is_dir() else []
    held_out = HeadTask(recipe.network, test, recipe.head, vary=False) if test else None
    return Tasks(HeadTask(recipe.network, takes, recipe.head, start=begun), held_out)


COMMANDS: dict[str, Callable[..., None]] = {"reconstructor": reconstructor}
