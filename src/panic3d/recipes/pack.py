"""Packing a run: averaged weights in float16, and a model card beside them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from panic3d.errors import ConfigError, WeightsError
from panic3d.files import atomic_write
from panic3d.models.feedforward import OCCUPANCY_BIAS
from panic3d.recipes import preparation, reconstructor
from panic3d.recipes.described import Described
from panic3d.train.checkpoints import last_checkpoint
from panic3d.train.fabric_run import BEST, SCORES, SUFFIX, step_of
from panic3d.weights.store import About, open_weights, read_about, save_weights

LICENCE = "CC0-1.0"
ORIGIN = "trained by this project on pictures of characters that its own engine made and drew"
THRESHOLD = "threshold"
"""Of what is said of the training: the logit from which on places are taken for inside."""
AVERAGED = "averaged"
"""Of what is said of the training: the weights whose mean these are, and their shares."""
_AVERAGE = "average/"


def pack_run(run: Path, out: Path | None = None, threshold: float = 0.0) -> tuple[Path, About]:
    """Write the averaged weights of a run, in float16, with their model card beside them.

    Where held-out pictures were judged, those of the best time; else the last.

    Args:
        run: folder of the run.
        out: .safetensors file to write; by default one of the network's name in the run.
        threshold: of a reconstructor, the logit from which on places are taken for inside. What is
            packed is moved by it, so that they are from 0 on, as ever.

    Returns:
        Where it was written, and what is said of it.

    Raises:
        WeightsError: there is no checkpoint, or it cannot be written.
        ConfigError: it is of no recipe that there is, or there is a threshold and no reconstructor.
    """
    checkpoint = last_checkpoint(run)
    if checkpoint is None:
        raise WeightsError(f"{run} has no checkpoint: train first")
    about = read_about(checkpoint)
    step = step_of(checkpoint, about)
    recipe = _recipe_named(about.name)
    best = run / BEST
    if best.with_suffix(".json").is_file():  # of the time when held-out pictures were judged best
        opened = open_weights(best, run)
        about, step = read_about(best), step_of(best, read_about(best))
        averaged, scores = opened.tensors, dict(about.training.get("held_out", {}))
    else:
        opened = open_weights(checkpoint, run)
        averaged = {
            key.removeprefix(_AVERAGE): tensor
            for key, tensor in opened.tensors.items()
            if key.startswith(_AVERAGE)
        }
        scores = _scores(run)
    tensors = {
        name: tensor.half() if tensor.is_floating_point() else tensor
        for name, tensor in moved_threshold(averaged, threshold, recipe.run).items()
    }
    how = f"recipe {recipe.run}, averaged weights, float16, step {step}"
    training = {**about.training, "held_out": scores}
    if threshold:
        training[THRESHOLD] = threshold
        how += f", inside from a logit of {threshold:g} on"
    path = out or run / f"{recipe.name}.safetensors"
    written = save_weights(
        path,
        tensors,
        about={
            "name": recipe.name,
            "network": about.network.removesuffix(SUFFIX),
            "config": about.config,
            "training": training,
            "licence": LICENCE,
            "origin": ORIGIN,
            "made_from": how,
            "source_sha256": opened.about.weights_sha256,
        },
    )
    with atomic_write(path.with_suffix(".md")) as file:
        file.write(card(recipe, written, scores, path).encode())
    return path, written


def moved_threshold(
    tensors: Mapping[str, Tensor], threshold: float, name: str
) -> dict[str, Tensor]:
    """Return weights that take places for inside from 0 on where these did from a logit on.

    Args:
        tensors: the weights.
        threshold: the logit.
        name: what they are called, for messages.

    Raises:
        ConfigError: the threshold is not 0, and they are no reconstructor's.
    """
    moved = dict(tensors)
    if threshold:
        if OCCUPANCY_BIAS not in tensors:
            raise ConfigError(f"threshold is {threshold:g}, but {name} has no occupancy")
        bias = tensors[OCCUPANCY_BIAS].clone()
        bias[0] -= threshold
        moved[OCCUPANCY_BIAS] = bias
    return moved


def recipe_of_weights(name: str) -> Described:
    """Return the first recipe whose weights have a name.

    Raises:
        ConfigError: there is none.
    """
    for recipe in _recipes():
        if recipe.name == name:
            return recipe
    raise ConfigError(
        f"the weights are called {name[:40]!r}, expected one of "
        f"{', '.join(sorted({recipe.name for recipe in _recipes()}))}: panic3d did not train them"
    )


def _recipe_named(name: str) -> Described:
    recipes = _recipes()
    for recipe in recipes:
        if recipe.run == name:
            return recipe
    raise ConfigError(
        f"the run is of a recipe {name[:40]!r}, expected one of "
        f"{', '.join(recipe.run for recipe in recipes)}: update panic3d"
    )


def _recipes() -> list[Described]:
    recipes: list[Described] = [
        make() for key, make in preparation.RECIPES.items() if key != "linefill"
    ]
    recipes += [preparation.linefill(v) for v in ("direct", "adversarial", "both")]
    return [*recipes, *(make() for make in reconstructor.RECIPES.values())]


def _scores(run: Path) -> dict[str, Any]:
    try:
        found = json.loads((run / SCORES).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def card(recipe: Described, about: About, scores: Mapping[str, Any], path: Path) -> str:
    """Return the text of a model card."""
    options = about.training["options"]
    rows = "\n".join(
        f"| {name} | {value:.4f} |" for name, value in scores.items() if name != "step"
    )
    numbers = (
        "On pictures of assets held out for validation, composed at random, after "
        f"{scores['step']} steps:\n\n"
        f"| measure | value |\n|---|---|\n{rows}"
        if rows
        else "None were taken of the mean: each run has its own."
        if AVERAGED in about.training
        else "None were taken in this run: train with held-out pictures in the data's folder val."
    )
    precision = "bfloat16 where it does no harm" if options["mixed_precision"] else "float32"
    learner = "Muon for large matrices and Adam for all else" if options.get("muon") else "Adam"
    task: dict[str, Any] = about.training["task"]
    others = (
        "No other networks, but for SqueezeNet 1.0 (trained on ImageNet): what was rendered while "
        "learning was compared with the truth by its features, too."
        if task.get("perceptual_weight") and task.get("patch")
        else "No other networks."
    )
    return f"""# {recipe.name}

The network {recipe.purpose}. `{path.name}`, {path.stat().st_size / 1e6:.2f} MB, float16,
sha256 {about.weights_sha256}.

## Data and licence

{_sentence(about.origin)} No other pictures. {others} Weights: {about.licence}.

## Training

{_sentence(about.made_from)} Batches of {options["batch"]}, {learner}, learning rate
{options["learning_rate"]:g}, seed {options["seed"]}, {precision}; the task's options are
`{json.dumps(task)}`.

## Numbers

{numbers}

## Where it fails

{_sentence(recipe.failures)}
"""


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
