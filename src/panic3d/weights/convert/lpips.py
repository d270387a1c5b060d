"""LPIPS with AlexNet: torchvision's checkpoint and the published wheel to our tensors.

Of the wheel one file of numbers is read; none of its code is unpacked.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from panic3d.errors import WeightsError
from panic3d.files import file_sha256
from panic3d.weights.convert.arrays import Array
from panic3d.weights.convert.converted import Converted, as_tensors
from panic3d.weights.convert.pickles import read_checkpoint
from panic3d.weights.convert.values import shown
from panic3d.weights.convert.zipped import open_zip, unpack
from panic3d.weights.shapes import lpips_tensor_shapes

MEMBER = "lpips/weights/v0.1/alex.pth"
"""Of the wheel: how much each channel matters, version 0.1."""

_FEATURES = (0, 3, 6, 8, 10)
"""What torchvision calls the convolutions."""

_CLASSIFIER = "classifier."


def convert_lpips(backbone: Path, wheel: Path) -> Converted:
    """Convert the two published files; of the backbone the classifier is left out.

    Args:
        backbone: torchvision's checkpoint of AlexNet.
        wheel: the package lpips 0.1.4 as on PyPI.

    Raises:
        UnsafePickleError: a file asks for something outside the list; nothing was run.
        WeightsError: a file is damaged, or holds another network.
    """
    shapes = lpips_tensor_shapes()
    convolutions = {
        f"features.{place}.{kind}": f"convolutions.{layer}.{kind}"
        for layer, place in enumerate(_FEATURES)
        for kind in ("weight", "bias")
    }
    found = {
        name: array
        for name, array in _tensors_of(backbone).items()
        if not name.startswith(_CLASSIFIER)
    }
    expected = {name: shapes[ours] for name, ours in convolutions.items()}
    read = as_tensors(backbone, found, expected)
    tensors = {ours: read[name] for name, ours in convolutions.items()}

    # Each is published as a convolution of one pixel from all channels to one.
    channels = {f"lin{layer}.model.1.weight": layer for layer in range(len(_FEATURES))}
    expected = {
        name: (1, *shapes[f"channel_weights.{layer}"], 1, 1) for name, layer in channels.items()
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "alex.pth"
        _take_out(wheel, path)
        read = as_tensors(wheel, _tensors_of(path), expected)
    for name, layer in channels.items():
        tensors[f"channel_weights.{layer}"] = read[name].reshape(-1).clone()

    digests = [file_sha256(path, WeightsError) for path in (backbone, wheel)]
    return Converted(
        name="lpips-alex",
        network="lpips",
        config={},
        tensors={name: tensors[name] for name in shapes},
        made_from=(
            f"{backbone.name} (sha256 {digests[0]}) without its classifier, and {MEMBER} of "
            f"{wheel.name} (sha256 {digests[1]})"
        ),
        source_sha256=digests[0],
    )


def _tensors_of(path: Path) -> dict[str, Array]:
    """A checkpoint that is one dictionary of tensors."""
    checkpoint: Any = read_checkpoint(path)
    if not isinstance(checkpoint, dict) or not all(
        type(name) is str and isinstance(array, Array) for name, array in checkpoint.items()
    ):
        raise WeightsError(
            f"{path} holds {shown(checkpoint)}, expected a dictionary of tensors: use the "
            "published file"
        )
    return dict(checkpoint)


def _take_out(wheel: Path, target: Path) -> None:
    try:
        with wheel.open("rb") as file, open_zip(file) as archive, target.open("wb") as unpacked:
            if MEMBER not in archive.namelist():
                raise WeightsError(
                    f"{wheel} has no member {MEMBER}, expected the package lpips 0.1.4: use the "
                    "published file"
                )
            unpack(archive, archive.getinfo(MEMBER), unpacked)
    except OSError as error:
        raise WeightsError(
            f"{wheel} cannot be read ({error.strerror or error}): check the path and the space "
            "that is left for temporary files"
        ) from error
