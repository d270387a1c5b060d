"""What every converter returns, and the checks that all of them make on the way."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from panic3d.errors import WeightsError
from panic3d.weights.convert.arrays import Array
from panic3d.weights.convert.values import MAX_NESTING, shown
from panic3d.weights.shapes import Shapes
from panic3d.weights.specs import WeightsSpec
from panic3d.weights.store import About, save_weights

MAX_TEXT = 10_000
MAX_VALUES = 10_000


@dataclass(frozen=True, kw_only=True)
class Converted:
    """One network out of a published file."""

    name: str
    """Its name in `specs.py`, such as ``cvpr2023/reconstructor``."""
    network: str
    config: dict[str, Any]
    tensors: Mapping[str, Tensor]
    """float32, contiguous; counters are int64, as in the file."""
    made_from: str
    source_sha256: str
    training: dict[str, Any] = field(default_factory=dict)
    """Options of the file that matter to training alone."""


def save_converted(made: Converted, spec: WeightsSpec, folder: Path) -> About:
    """Write a converted network where its name is looked for.

    Args:
        made: the network.
        spec: what is known of it.
        folder: where named weights lie.

    Raises:
        WeightsError: the files cannot be written.
    """
    about = {
        "name": spec.name,
        "network": made.network,
        "config": made.config,
        "training": made.training,
        "licence": spec.licence,
        "origin": spec.origin,
        "made_from": made.made_from,
        "source_sha256": made.source_sha256,
    }
    return save_weights(folder / spec.file, made.tensors, about=about)


def check_names(source: Path, found: Mapping[str, Array], expected: Shapes) -> None:
    """Make sure that the tensors are exactly those expected.

    Raises:
        WeightsError: one is missing, unknown or of another shape.
    """
    missing = sorted(set(expected) - set(found))
    unknown = sorted(set(found) - set(expected))
    if missing or unknown:
        raise WeightsError(
            f"{source} lacks {len(missing)} tensors ({', '.join(missing[:3])}) and has "
            f"{len(unknown)} unknown ones ({', '.join(shown(name) for name in unknown[:3])}), "
            f"expected exactly {len(expected)}: it is of another network; choose the right file"
        )
    for name, shape in expected.items():
        if found[name].shape != shape:
            raise WeightsError(
                f"{source}: {name} has shape {list(found[name].shape)}, expected {list(shape)}: "
                "the file does not fit its own configuration; use the one from the archive"
            )


def as_tensor(source: Path, name: str, array: Array) -> Tensor:
    """Copy one array out of the file: floats to float32, counters to int64.

    Raises:
        WeightsError: the file is damaged, or a number is not finite or beyond float32.
    """
    numbers = array.numbers()
    if array.whole:
        if not name.endswith("num_batches_tracked") or numbers.dtype.kind not in "iu":
            raise WeightsError(
                f"{source}: {name} holds {array.storage.element} numbers, expected floating point: "
                "use the file from the authors' archive"
            )
        return torch.from_numpy(numbers.astype(np.int64))
    with np.errstate(over="ignore"):
        numbers = numbers.astype(np.float32)
    if not np.isfinite(numbers).all():
        raise WeightsError(
            f"{source}: {name} holds numbers that are not finite in float32, weights are: the file "
            "is damaged; copy or download it again"
        )
    return torch.from_numpy(numbers)


def as_tensors(source: Path, found: Mapping[str, Array], expected: Shapes) -> dict[str, Tensor]:
    """Check and copy all arrays of a network.

    Raises:
        WeightsError: they are not those expected, or damaged.
    """
    check_names(source, found, expected)
    return {name: as_tensor(source, name, found[name]) for name in expected}


def plain(what: str, value: object) -> Any:
    """Return a value of a file as JSON can hold it.

    Raises:
        WeightsError: it is no plain data, or there is too much of it.
    """
    left = MAX_VALUES

    def copy(value: object, depth: int) -> Any:
        nonlocal left
        left -= 1
        if left < 0 or depth > MAX_NESTING:
            raise WeightsError(
                f"{what} holds more than {MAX_VALUES} values, options are fewer: use the file "
                "from the authors' archive"
            )
        if value is None or isinstance(value, bool | int):
            return value
        if isinstance(value, float) and math.isfinite(value):
            return value
        if isinstance(value, str) and len(value) <= MAX_TEXT:
            return value
        if isinstance(value, dict) and all(isinstance(key, str) for key in value):
            return {key: copy(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [copy(item, depth + 1) for item in value]
        raise WeightsError(
            f"{what} holds a {type(value).__name__}, expected finite numbers, text, lists and "
            "dictionaries: use the file from the authors' archive"
        )

    return copy(value, 0)
