"""The published reconstructor: `network-snapshot-*.pkl` to a generator and a discriminator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from panic3d.config import to_dict
from panic3d.errors import ConfigError, WeightsError
from panic3d.files import file_sha256
from panic3d.weights.convert.arrays import Array
from panic3d.weights.convert.converted import (
    Converted,
    as_tensor,
    as_tensors,
    check_names,
    plain,
)
from panic3d.weights.convert.options import (
    discriminator_from_upstream,
    generator_from_upstream,
)
from panic3d.weights.convert.pickles import read_snapshot
from panic3d.weights.convert.values import Instance, shown
from panic3d.weights.shapes import (
    FILTER,
    Shapes,
    discriminator_tensor_shapes,
    generator_tensor_shapes,
    without_filters,
)

MAX_TENSORS = 2000
MAX_MODULES = 2000

_LABEL_STATISTICS = "dataset_label_std"
_FILTER_TOLERANCE = 1e-6


def convert_reconstructor(source: Path, *, discriminator: bool = False) -> list[Converted]:
    """Convert a network snapshot.

    Args:
        source: the file `network-snapshot-*.pkl`.
        discriminator: convert the discriminator too.

    Returns:
        The generator (its running average, which is the one used for inference), and after it the
        discriminator if asked for.

    Raises:
        UnsafePickleError: the file asks for something outside the list; nothing was run.
        WeightsError: it is damaged, or its tensors do not fit its own configuration.
        ConfigError: it has an option that the package does not implement.
    """
    snapshot = read_snapshot(source)
    if not isinstance(snapshot, dict):
        raise WeightsError(
            f"{source} holds a {type(snapshot).__name__}, expected the dictionary of a training "
            "run: choose the file network-snapshot-*.pkl"
        )
    digest = file_sha256(source, WeightsError)
    found = [_generator(source, _network(source, snapshot, "G_ema"), digest)]
    if discriminator:
        found.append(_discriminator(source, _network(source, snapshot, "D"), digest))
    return found


def _network(source: Path, snapshot: dict[Any, Any], key: str) -> dict[str, Any]:
    """The attributes of one network in the snapshot."""
    network = snapshot.get(key)
    if not isinstance(network, Instance) or not isinstance(network.state, dict):
        keys = ", ".join(shown(name, 40) for name in list(snapshot)[:10])
        raise WeightsError(
            f"{source} has no network {key!r}, it has {keys or 'nothing'}: choose the file "
            "network-snapshot-*.pkl of the reconstructor"
        )
    return network.state


def _options(source: Path, state: dict[str, Any], key: str) -> Any:
    try:
        return plain(key, state.get(key))
    except WeightsError as error:
        raise WeightsError(f"{source}: {error}") from error


def _generator(source: Path, state: dict[str, Any], digest: str) -> Converted:
    init_kwargs = _options(source, state, "_init_kwargs")
    live = _options(source, state, "rendering_kwargs")
    resolution = state.get("neural_rendering_resolution")
    if type(resolution) is not int:
        raise WeightsError(
            f"{source}: neural_rendering_resolution is {shown(resolution)}, expected a number of "
            "pixels: use the file from the authors' archive"
        )
    with _about(source):
        config, training = generator_from_upstream(init_kwargs, live, resolution)
    arrays = _arrays(source, state)
    statistics = arrays.pop(_LABEL_STATISTICS, None)
    if statistics is not None and statistics.shape != (config.camera_dim,):
        raise WeightsError(
            f"{source}: {_LABEL_STATISTICS} has shape {list(statistics.shape)}, expected "
            f"[{config.camera_dim}]: use the file from the authors' archive"
        )
    if statistics is not None:
        numbers = as_tensor(source, _LABEL_STATISTICS, statistics)
        training[_LABEL_STATISTICS] = numbers.tolist()
    return Converted(
        name="cvpr2023/reconstructor",
        network="generator",
        config=to_dict(config),
        tensors=_tensors(source, arrays, generator_tensor_shapes(config)),
        made_from=f"G_ema of {source.name}",
        source_sha256=digest,
        training=training,
    )


def _discriminator(source: Path, state: dict[str, Any], digest: str) -> Converted:
    init_kwargs = _options(source, state, "_init_kwargs")
    with _about(source):
        config, training = discriminator_from_upstream(init_kwargs)
    shapes = discriminator_tensor_shapes(config)
    return Converted(
        name="cvpr2023/discriminator",
        network="discriminator",
        config=to_dict(config),
        tensors=_tensors(source, _arrays(source, state), shapes),
        made_from=f"D of {source.name}",
        source_sha256=digest,
        training=training,
    )


@contextmanager
def _about(source: Path) -> Iterator[None]:
    """Put the file's name before what is said about its options."""
    try:
        yield
    except ConfigError as error:
        raise ConfigError(f"{source}: {error}") from error


def _tensors(source: Path, arrays: dict[str, Array], expected: Shapes) -> dict[str, Tensor]:
    """Copy a network's tensors, the constant filters left out."""
    check_names(source, arrays, expected)
    _check_filters(source, arrays)
    stored = {name: array for name, array in arrays.items() if not _is_filter(name)}
    return as_tensors(source, stored, without_filters(expected))


def _arrays(source: Path, state: dict[str, Any]) -> dict[str, Array]:
    """Walk the modules and return their tensors by dotted name."""
    found: dict[str, Array] = {}
    waiting = [("", state)]
    modules = 0
    while waiting:
        prefix, here = waiting.pop()
        modules += 1
        for group in ("_parameters", "_buffers"):
            for name, array in _members(source, prefix, here, group):
                if isinstance(array, Array):
                    found[prefix + name] = array
                elif array is not None:
                    raise _odd(source, prefix + name, array, "a tensor")
        for name, module in _members(source, prefix, here, "_modules"):
            if isinstance(module, Instance) and isinstance(module.state, dict):
                waiting.append((f"{prefix}{name}.", module.state))
            elif module is not None:
                raise _odd(source, prefix + name, module, "a module")
        # Modules may be shared, so a small file could spell out very many names.
        if modules + len(waiting) > MAX_MODULES or len(found) > MAX_TENSORS:
            raise WeightsError(
                f"{source} has more than {MAX_MODULES} modules or {MAX_TENSORS} tensors in one "
                "network, the published one has a tenth: use the file from the authors' archive"
            )
    return found


def _members(
    source: Path, prefix: str, state: dict[str, Any], group: str
) -> list[tuple[str, object]]:
    members = state.get(group, {})
    if not isinstance(members, dict):
        raise _odd(source, prefix + group, members, "a dictionary")
    for name in members:
        if type(name) is not str or not name or "." in name or len(name) > 100:
            raise _odd(source, prefix + group, name, "a plain name")
    return list(members.items())


def _odd(source: Path, name: str, value: object, expected: str) -> WeightsError:
    return WeightsError(
        f"{source}: {shown(name)} is {shown(value)}, expected {expected}: use the file from the "
        "authors' archive"
    )


def _is_filter(name: str) -> bool:
    return name.split(".")[-1] == FILTER


def _check_filters(source: Path, arrays: dict[str, Array]) -> None:
    """The filters are left out because they are constant; make sure that they are."""
    row = np.array([1, 3, 3, 1]) / 8
    expected = np.outer(row, row)
    for name, array in arrays.items():
        if _is_filter(name) and np.abs(array.numbers() - expected).max() > _FILTER_TOLERANCE:
            raise WeightsError(
                f"{source}: {name} is not the filter [1, 3, 3, 1], the only one that panic3d "
                "implements: this checkpoint cannot be converted"
            )
