"""Networks that prepare portraits: the package's, or untrained ones while it has none."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from panic3d.config import to_dict
from panic3d.errors import WeightsError
from panic3d.models.face_finder import FaceFinder, FaceFinderConfig
from panic3d.models.landmarks import LandmarkConfig, LandmarkNetwork
from panic3d.models.linefill import LineFillConfig, LineFiller
from panic3d.models.matting import MattingConfig, MattingNetwork
from panic3d.weights.preparation import FILES, OURS, find_preparation
from panic3d.weights.store import save_weights


def _bundled() -> bool:
    try:
        for network in FILES:
            find_preparation(network, OURS)
    except WeightsError:
        return False
    return True


BUNDLED = _bundled()
"""The package prepares portraits by itself."""


def untrained_networks(folder: Path) -> Path:
    """Write networks of the usual sizes that have learned nothing; return their folder."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        networks: dict[str, nn.Module] = {
            "face_finder": FaceFinder(FaceFinderConfig()),
            "landmarks": LandmarkNetwork(LandmarkConfig()),
            "matting": MattingNetwork(MattingConfig()),
            "linefill": LineFiller(LineFillConfig(channels=4, width=32, depth=6)),
        }
    for network, name in FILES.items():
        made = networks[network]
        about = {"name": name, "network": network, "config": to_dict(made.config)}
        about |= {"licence": "CC0-1.0", "origin": "random numbers", "made_from": "nothing"}
        state = {key: value.detach() for key, value in made.state_dict().items()}
        save_weights(folder / f"{name}.safetensors", state, about=about)
    return folder
