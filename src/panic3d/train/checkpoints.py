"""Checkpoints: the state of a run on disk, and the weights that are packed from it.

A checkpoint is a pair of files in the weights' format; its .json appears last, so a run that is
killed while it writes continues from the one before. Nothing is pickled.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from panic3d.config import from_dict, to_dict
from panic3d.errors import ConfigError, WeightsError
from panic3d.models.feedforward import FeedForwardConfig
from panic3d.train.config import TrainConfig
from panic3d.train.trainer import Trainer
from panic3d.weights.specs import WeightsSpec
from panic3d.weights.store import About, open_weights, read_about, save_weights

KEPT = 2
"""Checkpoints that stay."""
NETWORK = "feedforward-training"
_NAME = re.compile(r"step-(\d{8})\.safetensors")


def save_checkpoint(folder: Path, trainer: Trainer, recipe: str) -> Path:
    """Write the state of a run; older checkpoints but the last are removed."""
    about = {
        "name": recipe,
        "network": NETWORK,
        "config": to_dict(trainer.network.config),
        "training": {"step": trainer.step, "options": to_dict(trainer.config)},
        "licence": "of the data that it was trained on",
        "origin": "panic3d train",
        "made_from": f"recipe {recipe}",
    }
    return store_checkpoint(folder, trainer.step, trainer.state(), about)


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


def resume(
    folder: Path, network: FeedForwardConfig, config: TrainConfig, device: torch.device
) -> Trainer:
    """Return the trainer of a run: from its last checkpoint, or new.

    Raises:
        ConfigError: the checkpoint was begun with other options, the schedule's length aside.
        WeightsError: it is damaged.
    """
    trainer = Trainer(network, config, device)
    path = last_checkpoint(folder)
    if path is None:
        return trainer
    about = read_about(path)
    step, options = _training(path, about)
    begun = from_dict(TrainConfig, {**options, "steps": config.steps})
    if begun != config or from_dict(FeedForwardConfig, about.config) != network:
        raise ConfigError(
            f"{path} was begun with other options: give the same ones, or another folder"
        )
    trainer.restore(open_weights(path, folder).tensors, step)
    return trainer


def _training(path: Path, about: About) -> tuple[int, dict[str, Any]]:
    step, options = about.training.get("step"), about.training.get("options")
    if about.network != NETWORK or type(step) is not int or not isinstance(options, dict):
        raise WeightsError(f"{path} is no checkpoint of a training: choose another folder")
    return step, options


def pack_weights(checkpoint: Path, path: Path, spec: WeightsSpec) -> About:
    """Write the averaged weights of a checkpoint, in float16, for use.

    Args:
        checkpoint: of a run.
        path: of the file to write.
        spec: what the weights are called, their licence and origin.

    Raises:
        WeightsError: it is no checkpoint, or the file cannot be written.
    """
    about = read_about(checkpoint)
    step, options = _training(checkpoint, about)
    opened = open_weights(checkpoint, checkpoint.parent)
    prefix = "average/"
    tensors = {
        key.removeprefix(prefix): tensor.half()
        for key, tensor in opened.tensors.items()
        if key.startswith(prefix)
    }
    return save_weights(
        path,
        tensors,
        about={
            "name": spec.name,
            "network": "feedforward",
            "config": about.config,
            "training": {"step": step, "options": options},
            "licence": spec.licence,
            "origin": spec.origin,
            "made_from": f"{spec.made_from}, step {step}",
            "source_sha256": opened.about.weights_sha256,
        },
    )
