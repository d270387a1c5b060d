"""What machine a figure was measured on, in words."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from dataclasses import dataclass
from pathlib import Path

from panic3d.work.jobs import usable_cores


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A machine, and what runs there."""

    processor: str
    cores: int
    """That this process may use."""
    memory_bytes: int
    """0 where the system does not say."""
    system: str
    python: str
    torch: str

    def __str__(self) -> str:
        memory = f"{self.memory_bytes / 2**30:.1f} GiB, " if self.memory_bytes else ""
        cores = "1 core" if self.cores == 1 else f"{self.cores} cores"
        return (
            f"{self.processor}, {cores}, {memory}{self.system}, Python {self.python}, "
            f"torch {self.torch}"
        )


def this_machine() -> Machine:
    """Describe the machine that this runs on; imports nothing large."""
    return Machine(
        processor=_processor(),
        cores=usable_cores(),
        memory_bytes=_memory(),
        system=_system(),
        python=platform.python_version(),
        torch=_version("torch"),
    )


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name" and value.strip():
                return " ".join(value.split())
    except OSError:  # not Linux
        pass
    return platform.processor() or platform.machine() or "unknown processor"


def _memory() -> int:
    names = getattr(os, "sysconf_names", {})  # none on Windows
    if "SC_PHYS_PAGES" not in names or "SC_PAGE_SIZE" not in names:
        return 0
    return max(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"), 0)


def _system() -> str:
    if platform.system() == "Linux":
        try:
            return platform.freedesktop_os_release()["PRETTY_NAME"]
        except (OSError, KeyError):
            pass
    return f"{platform.system()} {platform.release()}".strip()


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
