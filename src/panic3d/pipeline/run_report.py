"""``report.json``: what a run was asked for, what it used, what it took and what came of it."""

from __future__ import annotations

import importlib.metadata
import json
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import panic3d
from panic3d.files import atomic_write
from panic3d.pipeline.preparation_networks import UsedWeights
from panic3d.pipeline.stage_clock import StageTime
from panic3d.work.jobs import usable_cores

REPORT_NAME = "report.json"

_PACKAGES = ("torch", "numpy", "pillow", "scipy", "scikit-image", "fast-simplification", "av")


def run_report(
    *,
    portrait: str,
    options: Mapping[str, Any],
    weights: Sequence[UsedWeights | tuple[str, str, str | None]],
    stages: Sequence[StageTime],
    files: Sequence[str],
    warnings: Sequence[str],
    notes: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the report as JSON can hold it.

    Args:
        portrait: the picture, as it was named.
        options: every one, as they were in force.
        weights: network, name and sha256 of each.
        stages: in their order.
        files: what was written.
        warnings: what makes the head worse, or is missing.
        notes: what was done to the picture when it was read.
    """
    return {
        "versions": {
            "panic3d": panic3d.__version__,
            "python": platform.python_version(),
            **{name: _version(name) for name in _PACKAGES},
        },
        "machine": {
            "system": f"{platform.system()} {platform.machine()}",
            "cores": usable_cores(),
        },
        "portrait": {"file": portrait, "notes": list(notes)},
        "weights": [
            {"network": network, "name": name, "sha256": digest}
            for network, name, digest in weights
        ],
        "options": {name: _plain(value) for name, value in options.items()},
        "stages": [stage.as_json() for stage in stages],
        "seconds": round(sum(stage.seconds for stage in stages), 3),
        "peak_bytes": max((stage.peak_bytes for stage in stages), default=0),
        "warnings": list(warnings),
        "files": list(files),
    }


def write_report(report: Mapping[str, Any], folder: Path) -> Path:
    """Write the report into a folder.

    Raises:
        Panic3dError: it cannot be written.
    """
    path = folder / REPORT_NAME
    with atomic_write(path) as file:
        file.write(json.dumps(report, indent=1, allow_nan=False).encode() + b"\n")
    return path


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return str(value) if isinstance(value, Path) else value
