"""Which weights the networks of portrait preparation take: of a named set, or of a folder.

A set is an alias of `specs.py`; what it lacks is taken from `OURS`. To bundle a network, put its
packed file into `specs.BUNDLED` and add it to `specs.PREPARATION`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from panic3d.errors import WeightsError
from panic3d.weights.specs import find_specs

OURS = "open"
"""The set that has every network, once all are released."""

PreparationNetwork = Literal["face_finder", "landmarks", "matting", "linefill"]

FILES: Mapping[PreparationNetwork, str] = {
    "face_finder": "face-finder",
    "landmarks": "landmarks",
    "matting": "matting",
    "linefill": "linefill",
}
"""Names of our weights, and of the files in a folder, without ``.safetensors``."""

_TASKS: Mapping[PreparationNetwork, str] = {
    "face_finder": "find the face",
    "landmarks": "find the face's landmarks",
    "matting": "tell the character from the background",
    "linefill": "remove lines",
}
_INSTEAD: Mapping[PreparationNetwork, str] = {
    "face_finder": "or mark the face: --eyes x,y,x,y --chin x,y",
    "landmarks": "or give an aligned picture with its lines: --aligned --no-line-removal",
    "matting": "or do without: --matte FILE, --no-matting, or a picture with an alpha channel",
    "linefill": "or leave the lines: --no-line-removal",
}


def find_preparation(network: PreparationNetwork, weights: str | Path) -> str | Path:
    """Return a network's weights as `panic3d.weights.load` takes them: a name, or a file's path.

    Args:
        network: which one.
        weights: a set such as ``open`` or ``cvpr2023``, the name of a reconstructor of its own,
            whose preparation is `OURS`, or a folder with files of the names in `FILES`.

    Raises:
        WeightsError: there is no such set and no such folder, or it lacks the network.
    """
    file = f"{FILES[network]}.safetensors"
    if isinstance(weights, str) and _is_known(weights):
        specs = [*find_specs(weights), *find_specs(OURS)]
        names = [spec.name for spec in specs if spec.network == network]
        if names:
            return names[0]
        raise WeightsError(
            f"{FILES[network]}, which is needed to {_TASKS[network]}, is not part of this version "
            f"of panic3d yet: name a folder that has {file} (panic3d reconstruct "
            f"--prepare-weights FOLDER, panic3d prepare --weights FOLDER), {_INSTEAD[network]}"
        )
    folder = Path(weights)
    if not folder.is_dir():
        raise WeightsError(
            f"there are no weights {str(weights)!r} to prepare portraits with: give {OURS}, "
            f"cvpr2023, or a folder with {', '.join(FILES.values())}, each a .safetensors file"
        )
    if not (folder / file).is_file():
        raise WeightsError(
            f"{folder} has no {file}, which is needed to {_TASKS[network]}: put what "
            f"panic3d train pack wrote there under that name, {_INSTEAD[network]}"
        )
    return folder / file


def preparation_set(reconstructor: str) -> str:
    """Return which set prepares portraits for a reconstructor, a name or a file's path."""
    return reconstructor if _is_known(reconstructor) else OURS


def _is_known(name: str) -> bool:
    try:
        return bool(find_specs(name))
    except WeightsError:
        return False
