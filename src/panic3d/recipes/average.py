"""Weighed means of packed weights of one network, as often nearer than any of them.

Source: Wortsman et al. 2022, "Model soups" (arXiv:2203.05482).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from panic3d.errors import ConfigError, WeightsError
from panic3d.files import atomic_write
from panic3d.recipes.pack import AVERAGED, THRESHOLD, card, moved_threshold, recipe_of_weights
from panic3d.weights.store import About, Weights, open_weights, save_weights


def average_weights(
    paths: Sequence[Path], shares: Sequence[float], out: Path, threshold: float | None = None
) -> About:
    """Write the weighed mean of several packed weights, with a model card beside it.

    Args:
        paths: .safetensors files of one network, which learned from a common start.
        shares: of each, above 0; their sum does not matter.
        out: .safetensors file to write.
        threshold: of a reconstructor, see `pack_run`; None: the mean of theirs.

    Returns:
        What is said of it.

    Raises:
        ConfigError: numbers of paths and shares differ, a share is not above 0, or there is a
            threshold and no reconstructor.
        WeightsError: a file cannot be read or written, or they are of several networks.
    """
    if len(paths) != len(shares) or not paths:
        raise ConfigError(
            f"{len(paths)} weights and {len(shares)} shares, expected as many: give each its share"
        )
    if not all(np.isfinite(share) and share > 0 for share in shares):
        raise ConfigError(f"shares are {list(shares)}, expected numbers above 0")
    each = [open_weights(path, path.parent) for path in paths]
    first = each[0]
    for other in each[1:]:
        _check_alike(first, other)
    parts = np.array(shares) / np.sum(shares)
    thresholds = [float(opened.about.training.get(THRESHOLD, 0.0)) for opened in each]
    moved = float(parts @ thresholds) if threshold is None else threshold
    total: dict[str, Tensor] = {}
    for opened, part, own in zip(each, parts, thresholds, strict=True):
        # Biases are compared as they were learned, before what is inside was said anew.
        for name, tensor in moved_threshold(opened.tensors, -own, first.about.name).items():
            grown = total.get(name, torch.zeros((), dtype=torch.float64))
            total[name] = grown + float(part) * tensor.double()
    tensors = {
        name: tensor.to(first.tensors[name].dtype)
        for name, tensor in moved_threshold(total, moved, first.about.name).items()
    }
    digests = [opened.about.weights_sha256[:12] for opened in each]
    named = [f"{part:.3f} of {digest}" for part, digest in zip(parts, digests, strict=True)]
    recipe = recipe_of_weights(first.about.name)
    # What is said of the training is that of the run that counts most, the later one of equals.
    about = each[max(range(len(each)), key=lambda k: (parts[k], k))].about
    training: dict[str, Any] = {**about.training, AVERAGED: named, "held_out": {}}
    training.pop(THRESHOLD, None)
    inside = ""
    if moved:
        training[THRESHOLD], inside = moved, f", inside from a logit of {moved:g} on"
    written = save_weights(
        out,
        tensors,
        about={
            "name": about.name,
            "network": about.network,
            "config": about.config,
            "training": training,
            "licence": about.licence,
            "origin": about.origin,
            "made_from": f"mean of {len(each)} runs of the recipe ({', '.join(named)}), "
            f"{_precision(first)}{inside}",
            "source_sha256": None,
        },
    )
    with atomic_write(out.with_suffix(".md")) as file:
        file.write(card(recipe, written, {}, out).encode())
    return written


def _precision(weights: Weights) -> str:
    return str(next(iter(weights.tensors.values())).dtype).removeprefix("torch.")


def _check_alike(first: Weights, other: Weights) -> None:
    """Refuse weights of another network."""
    same = (first.about.network, first.about.name) == (other.about.network, other.about.name)
    shapes = [{n: t.shape for n, t in opened.tensors.items()} for opened in (first, other)]
    if not same or shapes[0] != shapes[1]:
        raise WeightsError(
            f"{other.path} is of {other.about.name[:40]} with {len(other.tensors)} tensors, "
            f"{first.path} of {first.about.name[:40]} with {len(first.tensors)}: only weights of "
            "one network and size have a mean"
        )
    if first.about.licence != other.about.licence:
        raise WeightsError(
            f"{other.path} is {other.about.licence[:40]}, {first.path} "
            f"{first.about.licence[:40]}: no licence holds for their mean"
        )
