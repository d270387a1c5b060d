"""Illustrations of model files, one after another in a process of any number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from panic3d.characters.illustrate.draw import illustrate, illustrate_model
from panic3d.characters.illustrate.files import write_illustration
from panic3d.characters.illustrate.style import Ground, aligned, draw_style
from panic3d.characters.labels import Labelled, labelled
from panic3d.characters.made import MadeCharacter, stream
from panic3d.characters.saved import read_saved
from panic3d.errors import Panic3dError
from panic3d.formats.vrm import read_vrm
from panic3d.geometry.posing import Pose
from panic3d.render.raster import Rasteriser


class Drawing(NamedTuple):
    """One illustration of a file."""

    model: Path
    digest: str
    """SHA-256 of the file."""
    number: int
    folder: Path
    """Where the pictures go."""
    style: str
    """A family of styles; empty: any."""
    size: int
    front: bool
    """The orthographic front view with nothing before or behind the head."""
    seed: int


def drawer() -> Callable[[Drawing], Panic3dError | None]:
    """Return what draws an illustration, or hands back why it cannot."""
    opened: list[Rasteriser] = []

    def do(task: Drawing) -> Panic3dError | None:
        try:
            if not opened:
                opened.append(Rasteriser())
            _draw(task, opened[0])
        except Panic3dError as error:
            return error
        return None

    return do


@lru_cache(maxsize=1)
def _opened(model: Path, digest: str) -> MadeCharacter | Labelled:
    character = read_vrm(model)
    return read_saved(character) or labelled(character)


def _draw(task: Drawing, rasteriser: Rasteriser) -> None:
    model = _opened(task.model, task.digest)
    style = draw_style(
        stream(task.seed, "illustrate", task.digest, str(task.number)), task.style or None
    )
    if task.front:
        style = replace(aligned(style), ground=Ground())
    if isinstance(model, MadeCharacter):
        pose = Pose(expressions=dict(model.expression))
        drawn = illustrate(model, rasteriser, style, task.size, pose)
    else:
        character, labels = model
        drawn = illustrate_model(character, labels, rasteriser, style, task.size)
    write_illustration(drawn, task.folder)
