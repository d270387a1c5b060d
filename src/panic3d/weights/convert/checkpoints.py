"""What the Lightning checkpoints of the line filler and the tagger have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from panic3d.errors import WeightsError
from panic3d.weights.convert.arrays import Array
from panic3d.weights.convert.pickles import read_checkpoint
from panic3d.weights.convert.values import shown


def read_arrays(source: Path) -> tuple[dict[str, Array], dict[Any, Any]]:
    """Read a checkpoint; returns the arrays of its `state_dict`, and all of it.

    Raises:
        UnsafePickleError: the file asks for something outside the list; nothing was run.
        WeightsError: it is damaged, or no Lightning checkpoint.
    """
    checkpoint = read_checkpoint(source)
    arrays = checkpoint.get("state_dict") if isinstance(checkpoint, dict) else None
    if not isinstance(arrays, dict):
        raise WeightsError(
            f"{source} has no state_dict, expected a Lightning checkpoint: choose the .ckpt file"
        )
    for name, array in arrays.items():
        if type(name) is not str or not isinstance(array, Array):
            raise WeightsError(
                f"{source}: {shown(name)} in its state_dict is {shown(array)}, expected a tensor: "
                "use the file from the authors' archive"
            )
    return arrays, checkpoint


def option(options: object, *path: str, usual: object) -> object:
    """Look up an option of the original's nested options.

    Args:
        options: what `plain` returns of them.
        path: names of the groups, then of the option.
        usual: what the original takes where it is not given.
    """
    for name in path:
        if not isinstance(options, dict) or name not in options:
            return usual
        options = options[name]
    return options


def epoch_of(checkpoint: dict[Any, Any]) -> str:
    """The checkpoint's epoch, in words."""
    epoch = checkpoint.get("epoch")
    return f"epoch {epoch}" if type(epoch) is int and 0 <= epoch < 1 << 32 else "unknown epoch"
