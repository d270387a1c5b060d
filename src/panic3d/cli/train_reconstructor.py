"""``panic3d train reconstructor``: heads from drawings."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from panic3d.cli.train_run import Options, Tasks, TrainOptions, chosen, train_task

if TYPE_CHECKING:
    from torch import Tensor

    from panic3d.evaluate.squeezenet import SqueezeNet
    from panic3d.recipes.reconstructor import HeadRecipe
    from panic3d.train.patches import Features

Stage = Literal["open-v1", "open-v1-views", "open-v1-adversarial"]


def reconstructor(
    options: Options,
    recipe: Stage = "open-v1",
    start: str | None = None,
    perceptual: Path | None = None,
) -> None:
    """Train our reconstructor; the same command continues from the last checkpoint.

    Args:
        options: as for the other networks.
        recipe: sizes of the network and options of the run: points first, then rendered views, an
            adversary last. Each of them begins with what the one before has packed.
        start: name or file of weights to begin with: of the same network, such as 'open-v1', or of
            a smaller one; without, everything is learned anew.
        perceptual: file of SqueezeNet's weights, whose features compare rendered views.
    """
    from panic3d.errors import ConfigError
    from panic3d.recipes.reconstructor import RECIPES

    found = RECIPES[recipe]()
    if (perceptual is not None) != bool(found.head.patch and found.head.perceptual_weight):
        raise ConfigError(
            f"the recipe {recipe} compares features of views: give SqueezeNet's weights, "
            "--perceptual FILE"
            if perceptual is None
            else f"the recipe {recipe} compares no features of views: leave out --perceptual"
        )
    make = partial(_tasks, found, options, start, perceptual)
    train_task(found.run, make, chosen(found.options, options), options)


def _tasks(
    recipe: HeadRecipe, options: TrainOptions, start: str | None, perceptual: Path | None
) -> Tasks:
    from panic3d.train.head_task import HeadTask, Start
    from panic3d.train.takes import TakeFolder

    begun = None
    if start is not None:
        from panic3d.weights.load import load_feedforward
        from panic3d.weights.store import DEFAULT_FOLDER, find_weights, read_about

        where = Path.home() / DEFAULT_FOLDER
        about = read_about(find_weights(start, where).path)
        begun = Start(load_feedforward(start, where), about.weights_sha256)

    takes = TakeFolder(options.data / "train", options.examples)
    folder = options.data / "val"
    test = TakeFolder(folder) if folder.is_dir() else []
    make = partial(HeadTask, recipe.network, head=recipe.head, features=_features(perceptual))
    return Tasks(make(takes, start=begun), make(test, vary=False) if test else None)


def _features(path: Path | None) -> Features | None:
    if path is None:
        return None
    from panic3d.evaluate.squeezenet import load_squeezenet

    return partial(_seen_by, load_squeezenet(path))


def _seen_by(network: SqueezeNet, pictures: Tensor) -> list[Tensor]:
    return network.to(pictures.device).features(pictures)


COMMANDS: dict[str, Callable[..., None]] = {"reconstructor": reconstructor}
