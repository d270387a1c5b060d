"""Freezing a benchmark: its digests are written to the file that later builds are compared with."""

from __future__ import annotations

import json
from pathlib import Path

from panic3d.errors import DatasetError
from panic3d.evaluate.open_bench.frozen import FORMAT
from panic3d.evaluate.open_bench.read import read_benchmark
from panic3d.files import atomic_write
from panic3d.work.records import read_json

_KEPT = ("name", "recipe", "engine", "models")


def freeze_folder(folder: Path, path: Path) -> None:
    """Freeze a built benchmark: a line for each character, so that changes can be read.

    Args:
        folder: of the benchmark.
        path: of the file of frozen digests.

    Raises:
        DatasetError: characters are missing, or the benchmark is broken.
    """
    benchmark = read_benchmark(folder)
    if not benchmark.complete:
        raise DatasetError(
            f"{folder} has {len(benchmark.cases)} characters of {', '.join(benchmark.halves)}: "
            "make all of both halves, then freeze"
        )
    known = read_json(folder / "benchmark.json")
    head = {"format": FORMAT} | {name: known[name] for name in _KEPT}
    lines = [f" {json.dumps(name)}: {json.dumps(head[name], sort_keys=True)}," for name in head]
    rows = [
        f"  {json.dumps(case.name)}: {json.dumps(case.about['probe'], sort_keys=True)}"
        for case in benchmark.cases
    ]
    text = "\n".join(["{", *lines, ' "characters": {', ",\n".join(rows), " }", "}", ""])
    with atomic_write(path) as file:
        file.write(text.encode())
