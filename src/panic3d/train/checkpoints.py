"""Checkpoints: the state of a run on disk.

A checkpoint is a pair of files in the weights' format; its .json appears last, so a run that is
killed while it writes continues from the one before. Nothing is pickled.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from torch import Tensor

from panic3d.weights.store import save_weights

KEPT = 2
"""Checkpoints that stay."""
_NAME = re.compile(r"step-(\d{8})\.safetensors")


def store_checkpoint(
    folder: Path, step: int, tensors: Mapping[str, Tensor], about: Mapping[str, Any]
) -> Path:
    """Write the checkpoint of a step; older ones but the last are removed."""
    path = folder / f"step-{step:08d}.safetensors"
    save_weights(path, tensors, about=about)
    for old in _checkpoints(folder)[:-KEPT]:
        for file in (old.with_suffix(".json"), old):  # so that no .json is left alone
            with suppress(OSError):
                file.unlink()
    return path


def _checkpoints(folder: Path) -> list[Path]:
    """Return complete checkpoints, the oldest first."""
    return sorted(
        path
        for path in folder.glob("step-*.safetensors")
        if _NAME.fullmatch(path.name) and path.with_suffix(".json").is_file()
    )


def last_checkpoint(folder: Path) -> Path | None:
    """Return the newest complete checkpoint, if there is one."""
    found = _checkpoints(folder)
    return found[-1] if found else None
