"""Which device a command computes on."""

from __future__ import annotations

import torch

from panic3d.errors import ConfigError

_EMULATED = ("DEFAULT", "AVX2")
"""Instructions of x86 processors without any for bfloat16, as torch calls them."""


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


def quick_in_bfloat16(device: torch.device) -> bool:
    """Say whether bfloat16 is worth its while: where it is emulated, it takes ten times as long."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    return torch.backends.cpu.get_cpu_capability() not in _EMULATED
