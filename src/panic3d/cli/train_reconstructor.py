"""``panic3d train reconstructor``: heads from drawings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from panic3d.cli.train_run import Options, chosen, train_task


def reconstructor(options: Options, recipe: Literal["open-v1"] = "open-v1") -> None:
    """Train our reconstructor; the same command continues from the last checkpoint.

    Args:
        options: as for the other networks.
        recipe: sizes of the network and options of the run.
    """
    from panic3d.recipes.reconstructor import RECIPES
    from panic3d.train.head_task import HeadTask
    from panic3d.train.takes import read_all_takes

    found = RECIPES[recipe]()
    takes = read_all_takes(options.data / "train", options.examples)
    folder = options.data / "test"
    test = read_all_takes(folder) if folder.is_dir() else []
    print(f"{len(takes)} takes, {len(test)} held out", flush=True)
    held_out = HeadTask(found.network, test, found.head, vary=False) if test else None
    task = HeadTask(found.network, takes, found.head)
    train_task(found.name, task, held_out, chosen(found.options, options), options)


COMMANDS: dict[str, Callable[..., None]] = {"reconstructor": reconstructor}
