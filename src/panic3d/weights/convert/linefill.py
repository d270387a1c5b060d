"""The published line filler: a Lightning checkpoint of `rmlineE_rmlineganA_n04`."""

from __future__ import annotations

from pathlib import Path

from panic3d.config import from_dict, to_dict
from panic3d.errors import WeightsError
from panic3d.files import file_sha256
from panic3d.models.linefill import LineFillConfig, LineFillDiscriminatorConfig
from panic3d.weights.convert.arrays import Array
from panic3d.weights.convert.checkpoints import epoch_of, option, read_arrays
from panic3d.weights.convert.converted import Converted, as_tensors, plain
from panic3d.weights.shapes import (
    MAX_LAYERS,
    linefill_discriminator_tensor_shapes,
    linefill_tensor_shapes,
)

_NETWORKS = ("generator", "discriminator")


def convert_linefill(source: Path, *, discriminator: bool = False) -> list[Converted]:
    """Convert the line filler's checkpoint.

    Args:
        source: the .ckpt file.
        discriminator: convert the discriminator too.

    Raises:
        UnsafePickleError: the file asks for something outside the list; nothing was run.
        WeightsError: it is damaged, or holds another network.
        ConfigError: it has an option that the package does not implement.
    """
    arrays, checkpoint = read_arrays(source)
    foreign = sorted(name for name in arrays if name.split(".")[0] not in _NETWORKS)
    if foreign or "generator.0.weight" not in arrays:
        raise WeightsError(
            f"{source} holds {', '.join(foreign[:3]) or 'no generator'}, expected the tensors "
            "generator.* and discriminator.*: choose the line filler's checkpoint"
        )
    digest = file_sha256(source, WeightsError)
    options = plain("hyper_parameters", checkpoint.get("hyper_parameters", {}))
    found = []
    for network in _NETWORKS[: 1 + discriminator]:
        own = {name: array for name, array in arrays.items() if name.split(".")[0] == network}
        values: dict[str, object] = dict(_sizes(source, network, own))
        is_filler = network == "generator"
        config: LineFillConfig | LineFillDiscriminatorConfig
        if is_filler:
            values["mask_input"] = option(options, "model", "gen_mask_input", usual=True)
            config = from_dict(LineFillConfig, values)
            expected = linefill_tensor_shapes(config)
        else:
            values["patch_size"] = option(options, "model", "patch_size", usual=9)
            config = from_dict(LineFillDiscriminatorConfig, values)
            expected = linefill_discriminator_tensor_shapes(config)
        found.append(
            Converted(
                name="cvpr2023/linefill" if is_filler else "cvpr2023/linefill_discriminator",
                network="linefill" if is_filler else "linefill_discriminator",
                config=to_dict(config),
                tensors=as_tensors(source, own, expected),
                made_from=f"{network} of {source.name}, {epoch_of(checkpoint)}",
                source_sha256=digest,
                training={"hyper_parameters": options},
            )
        )
    return found


def _sizes(source: Path, network: str, arrays: dict[str, Array]) -> dict[str, int]:
    """Input channels, width and number of convolutions, from the shapes.

    Whether the face hull is an input is in no option that can be trusted: the shape decides.
    """
    first = arrays.get(f"{network}.0.weight")
    shape = first.shape if first is not None else ()
    if len(shape) != 4 or shape[1] not in (3, 4) or not 1 <= shape[0] <= 1024:
        raise WeightsError(
            f"{source}: {network}.0.weight has shape {list(shape)}, expected [width, 3 or 4, 3, "
            "3]: choose the line filler's checkpoint"
        )
    depth = sum(array.shape[2:] == (3, 3) for array in arrays.values())
    if not 1 <= depth <= MAX_LAYERS:
        raise WeightsError(
            f"{source}: the {network} has {depth} convolutions of 3 x 3, expected 1 to "
            f"{MAX_LAYERS}: choose the line filler's checkpoint"
        )
    return {"channels": shape[1], "width": shape[0], "depth": depth}
