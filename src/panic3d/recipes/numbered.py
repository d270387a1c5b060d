"""The characters that networks learn from: each follows from its number, purpose and split."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from panic3d.characters.made import MadeCharacter, stream
from panic3d.characters.make.engines import Engine, Kind, open_engine
from panic3d.characters.splits import Split, assets_of
from panic3d.geometry.posing import Pose


class Numbered(NamedTuple):
    """A character, its mood, and random numbers to draw it with."""

    made: MadeCharacter
    pose: Pose
    rng: np.random.Generator


def numbered(
    purpose: str,
    kind: Kind,
    split: Split,
    sources: Path | None,
    number: int,
    varied: bool = False,
) -> Numbered:
    """Make the character of a number.

    Args:
        purpose: what it is learned for; others have other characters.
        kind: which engine makes it.
        split: whose assets it is made from.
        sources: folder of models that remixed characters are made from.
        number: any from 0.
        varied: see `panic3d.characters.make.engines.open_engine`.

    Raises:
        Panic3dError: it cannot be made.
    """
    engine = _engine(kind, sources, varied)
    rng = stream(0, purpose, kind, split, str(number))
    made = engine.make(int(rng.integers(2**53)), assets_of(split, engine.assets))
    return Numbered(made, Pose(expressions=dict(made.expression)), rng)


@cache
def _engine(kind: Kind, sources: Path | None, varied: bool) -> Engine:
    return open_engine(kind, sources, varied)
