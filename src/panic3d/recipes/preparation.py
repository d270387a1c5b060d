"""The networks of portrait preparation: what each is, how it is trained, what its card says.

`panic3d train face`, `landmarks`, `matting` and `linefill` run them, on the pictures of
`panic3d.recipes.portraits`; docs/training.md has the commands.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from panic3d.errors import ConfigError, WeightsError
from panic3d.files import atomic_write
from panic3d.models.face_finder import FaceFinderConfig
from panic3d.models.landmarks import LandmarkConfig
from panic3d.models.linefill import LineFillConfig
from panic3d.models.matting import MattingConfig
from panic3d.train.checkpoints import last_checkpoint
from panic3d.train.fabric_run import SCORES, SUFFIX, step_of
from panic3d.train.face_task import FaceTask
from panic3d.train.landmark_task import LandmarkTask
from panic3d.train.linefill_task import LineFillTask, Variant
from panic3d.train.matting_task import MattingTask
from panic3d.train.portraits import DrawnPortrait
from panic3d.train.task import RunConfig, Task
from panic3d.weights.store import About, open_weights, read_about, save_weights

LICENCE = "CC0-1.0"
ORIGIN = "trained by this project on pictures of characters that its own engine made and drew"
_AVERAGE = "average/"


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One network."""

    name: str
    """Of its weights."""
    task: Callable[[Sequence[DrawnPortrait]], Task]
    options: RunConfig
    purpose: str
    failures: str
    """Where it is known to fail; for the card."""


def face() -> Recipe:
    """Can half a million numbers find every drawn face?"""
    return Recipe(
        name="face-finder",
        task=lambda portraits: FaceTask(FaceFinderConfig(), portraits),
        options=RunConfig(steps=30_000, batch=32),
        purpose="finds faces of drawn characters, from a twentieth of a picture's side to all of "
        "it, with their boxes",
        failures="faces turned by more than about 65 degrees, seen from above or below, of animals "
        "or of people in photographs are not what it has learned; it has seen one engine's "
        "characters alone, so drawings far from them (few lines, tiny eyes, abstract faces) may be "
        "missed",
    )


def landmarks() -> Recipe:
    """Can a million numbers place landmarks within three hundredths of a face?"""
    return Recipe(
        name="landmarks",
        task=lambda portraits: LandmarkTask(LandmarkConfig(), portraits),
        options=RunConfig(steps=40_000, batch=64),
        purpose="finds 28 landmarks of a drawn face and how its head is turned, in a crop around "
        "the face",
        failures="landmarks behind hair, masks or hands are guesses, and their confidence is low; "
        "beyond 65 degrees of yaw it has learned nothing; drawn perspective that no camera gives "
        "leaves the rotation unsure",
    )


def matting() -> Recipe:
    """Is a low resolution enough, once edges are refined by the picture's own?"""
    return Recipe(
        name="matting",
        task=lambda portraits: MattingTask(MattingConfig(), portraits),
        options=RunConfig(steps=40_000, batch=24),
        purpose="tells drawn characters from what is behind them",
        failures="things that are held in front, thin loose strands on busy grounds, and figures "
        "of the ground's own colour; what is neither figure nor ground (lettering, effects) goes "
        "to the ground mostly",
    )


def linefill(variant: Variant = "direct") -> Recipe:
    """Does a truth help more than an adversary?"""
    return Recipe(
        name=f"linefill-{variant}",
        task=lambda portraits: LineFillTask(
            LineFillConfig(channels=4, width=32, depth=6), portraits, variant
        ),
        options=RunConfig(steps=20_000, batch=64),
        purpose="paints over the ink lines that were found in an aligned drawing",
        failures="lines broader than about ten pixels of the render frame, hatching and screen "
        "tones are filled with a blur of what is around them",
    )


RECIPES: Mapping[str, Callable[[], Recipe]] = {
    "face": face,
    "landmarks": landmarks,
    "matting": matting,
    "linefill": linefill,
}
"""By the name of their command."""


def chosen(
    recipe: Recipe,
    *,
    seed: int = 0,
    steps: int | None = None,
    batch: int | None = None,
    learning_rate: float | None = None,
    mixed_precision: bool = False,
) -> RunConfig:
    """Return a recipe's options with some of them changed; None leaves them."""
    usual = recipe.options
    return replace(
        usual,
        seed=seed,
        steps=usual.steps if steps is None else steps,
        batch=usual.batch if batch is None else batch,
        learning_rate=usual.learning_rate if learning_rate is None else learning_rate,
        mixed_precision=mixed_precision,
    )


def is_small_run(run: Path) -> bool:
    """Say whether a folder holds a run of one of these networks."""
    checkpoint = last_checkpoint(run)
    return checkpoint is not None and "task" in read_about(checkpoint).training


def pack_run(run: Path, out: Path | None = None) -> tuple[Path, About]:
    """Write the averaged weights of a run, in float16, with their model card beside them.

    Args:
        run: folder of the run.
        out: .safetensors file to write; by default one of the network's name in the run.

    Returns:
        Where it was written, and what is said of it.

    Raises:
        WeightsError: there is no checkpoint, or it cannot be written.
        ConfigError: it is of no recipe that there is.
    """
    checkpoint = last_checkpoint(run)
    if checkpoint is None:
        raise WeightsError(f"{run} has no checkpoint: train first")
    about = read_about(checkpoint)
    step = step_of(checkpoint, about)
    recipe = _recipe_named(about.name)
    opened = open_weights(checkpoint, run)
    tensors = {
        key.removeprefix(_AVERAGE): tensor.half() if tensor.is_floating_point() else tensor
        for key, tensor in opened.tensors.items()
        if key.startswith(_AVERAGE)
    }
    path = out or run / f"{recipe.name}.safetensors"
    scores = _scores(run)
    written = save_weights(
        path,
        tensors,
        about={
            "name": recipe.name,
            "network": about.network.removesuffix(SUFFIX),
            "config": about.config,
            "training": {**about.training, "held_out": scores},
            "licence": LICENCE,
            "origin": ORIGIN,
            "made_from": f"recipe {recipe.name}, averaged weights, float16, step {step}",
            "source_sha256": opened.about.weights_sha256,
        },
    )
    with atomic_write(path.with_suffix(".md")) as file:
        file.write(card(recipe, written, scores, path).encode())
    return path, written


def _recipe_named(name: str) -> Recipe:
    recipes = [make() for key, make in RECIPES.items() if key != "linefill"]
    recipes += [linefill(v) for v in ("direct", "adversarial", "both")]
    for recipe in recipes:
        if recipe.name == name:
            return recipe
    raise ConfigError(
        f"the run is of a recipe {name[:40]!r}, expected one of "
        f"{', '.join(recipe.name for recipe in recipes)}: update panic3d"
    )


def _scores(run: Path) -> dict[str, Any]:
    try:
        found = json.loads((run / SCORES).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def card(recipe: Recipe, about: About, scores: Mapping[str, Any], path: Path) -> str:
    """Return the text of a model card."""
    options = about.training["options"]
    rows = "\n".join(
        f"| {name} | {value:.4f} |" for name, value in scores.items() if name != "step"
    )
    numbers = (
        f"On pictures of test assets, composed at random, after {scores['step']} steps:\n\n"
        f"| measure | value |\n|---|---|\n{rows}"
        if rows
        else "None were taken in this run: train with held-out pictures in the data's folder test."
    )
    precision = "bfloat16 where it does no harm" if options["mixed_precision"] else "float32"
    task = json.dumps(about.training["task"])
    return f"""# {recipe.name}

The network {recipe.purpose}. `{path.name}`, {path.stat().st_size / 1e6:.2f} MB, float16,
sha256 {about.weights_sha256}.

## Data and licence

{_sentence(about.origin)} No other pictures and no other networks. Weights: {about.licence}.

## Training

{_sentence(about.made_from)} Batches of {options["batch"]}, learning rate
{options["learning_rate"]:g}, seed {options["seed"]}, {precision}; the task's options are `{task}`.

## Numbers

{numbers}

## Where it fails

{_sentence(recipe.failures)}
"""


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
