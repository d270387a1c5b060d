"""The first model: our own feed-forward generator, learned from points on the engine's characters.

`panic3d train` runs it; docs/training.md has the commands that rebuild the weights.
"""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path

from panic3d.errors import ConfigError
from panic3d.formats.vrm import read_vrm
from panic3d.geometry.character import Character
from panic3d.models.feedforward import FeedForwardConfig
from panic3d.render.raster import Rasteriser
from panic3d.train.cache import Example, Maker
from panic3d.train.config import TrainConfig

HELD_OUT = 10_000_000
"""Number from which characters are held out."""


def network() -> FeedForwardConfig:
    """How far does the smallest useful network get? 2.5 million numbers, 5 MB in float16."""
    return FeedForwardConfig()


def options() -> TrainConfig:
    """An hour or two on two cores."""
    return TrainConfig()


def maker(source: str) -> Maker:
    """Return what makes the characters of a source.

    Args:
        source: a folder of .vrm files, which are drawn as they are in turn.

    Raises:
        ConfigError: there is no such source.
    """
    folder = Path(source)
    files = sorted(folder.glob("*.vrm"))
    if not files:
        raise ConfigError(
            f"{source} is no folder of .vrm files"
        )
    return partial(of_models, tuple(files))


def of_models(files: tuple[Path, ...], number: int, rasteriser: Rasteriser) -> Example:
    """Return one of several models, as it is."""
    return Example(_read(files[number % len(files)]))


@cache
def _read(path: Path) -> Character:
    return read_vrm(path)
