"""Which device a command computes on."""

from __future__ import annotations

import torch

from panic3d.errors import ConfigError


def choose_device(name: str) -> torch.device:
    """Return the device of a ``--device`` option.

    Raises:
        ConfigError: the device is not available.
    """
    available = {"cpu": True, "cuda": torch.cuda.is_available()}
    available["mps"] = torch.backends.mps.is_available()
    if name == "auto":
        name = next(kind for kind in ("cuda", "cpu") if available[kind])
    if not available.get(name, False):
        have = ", ".join(kind for kind, there in available.items() if there)
        raise ConfigError(f"--device {name} is not available here: choose from {have}")
    return torch.device(name)
