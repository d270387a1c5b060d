"""What feeds networks of the paper's kind: a tagger, its projection, a line filler."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from panic3d.errors import WeightsError
from panic3d.models.generator_config import GeneratorConfig
from panic3d.weights.preparation import preparation_set
from panic3d.weights.specs import find_specs

Helper = Literal["tagger", "features_pca", "linefill"]
PAPER_SET = "cvpr2023"
"""Whose helpers a network gets that brings none."""

_WHY: Mapping[Helper, str] = {
    "tagger": "the tagger whose features it takes",
    "features_pca": "the projection of the tagger's features",
    "linefill": "the line filler that makes what it looks at",
}


def helpers_of(config: GeneratorConfig) -> tuple[Helper, ...]:
    """Return which networks feed another one."""
    mode = config.conditioning
    features: tuple[Helper, ...] = ("tagger", "features_pca") if mode.chonk_channels else ()
    return (*features, "linefill") if mode.front else features


def helper_path(kind: Helper, name: str, path: Path, folder: Path, asked: str) -> Path:
    """Return where a helper's weights are looked for, whether they are there or not.

    Args:
        kind: which one.
        name: of the network that is fed.
        path: its file; what lies beside it is its own.
        folder: where named weights lie.
        asked: a set, or a folder with files of the kinds' names; "" takes the network's own.

    Raises:
        WeightsError: there is no such set.
    """
    file = f"{kind}.safetensors"
    if asked and Path(asked).is_dir():
        return Path(asked) / file
    if not asked and (path.parent / file).is_file():
        return path.parent / file
    found = [*find_specs(asked or preparation_set(name)), *find_specs(PAPER_SET)]
    return next(spec for spec in found if spec.network == kind).path(folder)


def existing(kind: Helper, name: str, path: Path) -> Path:
    """Return the file of a helper.

    Raises:
        WeightsError: it is missing.
    """
    if not path.is_file():
        raise WeightsError(
            f"{name} cannot be used without {_WHY[kind]}, and {path} does not exist: run panic3d "
            f"weights convert ARCHIVE.zip, or give --prepare-weights a folder with {path.name}"
        )
    return path
