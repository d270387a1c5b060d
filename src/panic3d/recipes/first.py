"""The first model: our own feed-forward generator, learned from points on the engine's characters.

`panic3d train` runs it; docs/training.md has the commands that rebuild the weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from panic3d.characters.illustrate.draw import illustrate
from panic3d.characters.illustrate.style import Ground, aligned, draw_style
from panic3d.characters.made import MadeCharacter
from panic3d.characters.make.engines import Kind
from panic3d.characters.splits import Split
from panic3d.geometry.posing import Pose
from panic3d.models.feedforward import FeedForwardConfig
from panic3d.recipes.numbered import numbered
from panic3d.render.raster import Rasteriser, Scene
from panic3d.train.cache import Example, Maker
from panic3d.train.config import TrainConfig
from panic3d.train.supervision import VIEW_SIZE


def network() -> FeedForwardConfig:
    """How far does the smallest useful network get? 2.5 million numbers, 5 MB in float16."""
    return FeedForwardConfig(filled=True)


def options() -> TrainConfig:
    """An hour or two on two cores."""
    return TrainConfig()


def maker(kind: Kind, split: Split, sources: Path | None = None) -> Maker:
    """Return what makes characters to learn from, or to be judged by.

    Args:
        kind: which engine makes them.
        split: whose assets they are made from.
        sources: folder of models that remixed characters are made from.
    """
    return partial(made_example, kind, split, sources)


def made_example(
    kind: Kind, split: Split, sources: Path | None, number: int, rasteriser: Rasteriser
) -> Example:
    """Make the character of a number, an illustration of it included.

    Raises:
        Panic3dError: it cannot be made.
    """
    made, pose, rng = numbered("learning", kind, split, sources, number)
    return Example(made.character, partial(_drawings, made, rasteriser, rng, pose), pose)


def _drawings(
    made: MadeCharacter,
    rasteriser: Rasteriser,
    rng: np.random.Generator,
    pose: Pose,
    scene: Scene,
) -> Sequence[UInt8[np.ndarray, "h w 4"]]:
    """Draw the aligned front view as an illustration, its matte as alpha."""
    style = draw_style(rng)
    while style.finish.grey:  # nobody could tell the colours, which are to be learned
        style = draw_style(rng)
    style = replace(aligned(style), ground=Ground())
    drawn = illustrate(made, rasteriser, style, VIEW_SIZE, pose, scene)
    return [np.concatenate([drawn.picture, drawn.matte[..., None]], -1)]
