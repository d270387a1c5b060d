"""Writers killed at any moment: each file is wholly the old one or the new one, never between.

A child process overwrites a pair of weights, a picture and a mesh over and over with one of two
contents, until it is killed; then everything is read again, and written once more.
"""

from __future__ import annotations

import itertools
import multiprocessing
import random
import tempfile
import time
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import numpy as np
import torch

from panic3d.errors import WeightsError
from panic3d.formats.ply import write_ply
from panic3d.geometry.meshes import Mesh
from panic3d.image import Picture, read_picture
from panic3d.weights.store import open_weights, save_weights

CASES = 8

NAMES = ("head.ply", "picture.png", "weights.json", "weights.safetensors")
LATEST_KILL_S = 0.05
START_S = 60.0


def write_all(folder: Path, version: int) -> None:
    """Write every kind of file, with content that follows from the version."""
    chance = np.random.default_rng(version)
    size = 100 + 300 * version  # so that a cut new file could pass for no old one
    save_weights(
        folder / "weights.safetensors",
        {"a": torch.full((size, 50), float(version)), "b": torch.arange(size)},
        about={
            "name": f"version {version}",
            "network": "example",
            "config": {"version": version},
            "licence": "CC0-1.0",
            "origin": "random numbers",
            "made_from": "nothing",
        },
    )
    Picture(chance.integers(0, 256, (size // 4, 64, 4), dtype=np.uint8)).save(
        folder / "picture.png"
    )
    corners = chance.random((3, size, 3), dtype=np.float32)
    faces = chance.integers(0, size, (size, 3)).astype(np.int32)
    mesh = Mesh(vertices=corners[0], faces=faces, normals=corners[1], colours=corners[2])
    write_ply(mesh, folder / "head.ply")


def _write_for_ever(folder: Path, started: Event) -> None:
    torch.set_num_threads(1)  # the pool of threads stays behind in the parent
    started.set()
    for version in itertools.cycle((1, 0)):
        write_all(folder, version)


def _contents(folder: Path) -> tuple[bytes, ...]:
    return tuple((folder / name).read_bytes() for name in NAMES)


def _killed_writer(folder: Path, delay_s: float) -> None:
    """Start a writer and kill it after a while."""
    # A forked child needs no second to import torch; where there is no fork, a new process does.
    methods = multiprocessing.get_all_start_methods()
    context: Any = multiprocessing.get_context("fork" if "fork" in methods else "spawn")
    started = context.Event()
    writer = context.Process(target=_write_for_ever, args=(folder, started), daemon=True)
    writer.start()
    try:
        assert started.wait(START_S), f"the writer did not start within {START_S} s"
        time.sleep(delay_s)
        assert writer.is_alive(), f"the writer ended by itself, with exit code {writer.exitcode}"
    finally:
        writer.kill()
        writer.join()


def _check(folder: Path, versions: tuple[tuple[bytes, ...], ...], where: str) -> None:
    """Make sure that nothing is half written, and that a reader sees what there is."""
    found = _contents(folder)
    numbers = []
    for name, content, *known in zip(NAMES, found, *versions, strict=True):
        assert content in known, f"{where}: {name} is neither the old nor the new one"
        numbers.append(known.index(content))
    left = {path.name for path in folder.iterdir()} - set(NAMES)
    odd = sorted(name for name in left if not (name[0] == "." and name.endswith(".tmp")))
    assert not odd, f"{where}: {odd} could be taken for results"
    read_picture(folder / "picture.png")
    path = folder / "weights.safetensors"
    described, stored = numbers[NAMES.index("weights.json")], numbers[NAMES.index(path.name)]
    try:
        about, tensors, _ = open_weights(path, folder)
    except WeightsError as error:
        assert described != stored, f"{where}: a whole pair is refused: {error}"
        assert "its .json has" in str(error), f"{where}: {error}"
        return
    assert described == stored, f"{where}: a mixed pair is opened"
    assert about.config == {"version": stored} and bool((tensors["a"] == stored).all()), where


def run(seed: int, cases: int) -> None:
    """Kill ``cases`` writers, one after the other, in one folder.

    Raises:
        AssertionError: something was left half written, or could not be written again.
    """
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as place:
        versions = []
        for version in (0, 1):
            folder = Path(place) / str(version)
            write_all(folder, version)
            versions.append(_contents(folder))
        folder = Path(place) / "here"
        write_all(folder, 0)
        for case in range(cases):
            delay_s = chance.uniform(0, LATEST_KILL_S)
            where = f"seed {seed}, case {case}, killed after {1000 * delay_s:.1f} ms"
            _killed_writer(folder, delay_s)
            _check(folder, tuple(versions), where)
            again = chance.randrange(2)
            write_all(folder, again)
            assert _contents(folder) == versions[again], f"{where}: writing again fails"
