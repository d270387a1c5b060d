"""Mutated checkpoints at their readers: nothing but a Panic3dError, nothing run, little memory.

Honest and hostile files are cut, spliced and flipped bit by bit, then read by every reader.
"""

from __future__ import annotations

import random
import tempfile
import time
import tracemalloc
from pathlib import Path

import numpy as np
import torch

from campaign import _pickle_files as files
from panic3d.errors import Panic3dError
from panic3d.weights.convert.arrays import Array
from panic3d.weights.convert.pickles import (
    read_checkpoint,
    read_estimator,
    read_plain,
    read_snapshot,
)
from panic3d.weights.convert.values import Instance

CASES = 400

SECONDS = 10.0
MEMORY_BYTES = 128 << 20
MAX_SEED_BYTES = 20_000

OPCODES = b".(012FIJKLMNPQRSTUVXabcdeghijlopqrstu})]\x80\x81\x82\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x90\x91\x92\x93\x94\x95\x96\x97\x98"  # noqa: E501  # the whole opcode alphabet


def _seeds(sentinel: Path) -> list[bytes]:
    """Small files that the mutations start from."""
    tensors = {"a.weight": torch.arange(6.0).reshape(2, 3), "b.resample_filter": torch.ones(4, 4)}
    honest = [
        files.snapshot({"G_ema": ({"z_dim": 4}, tensors, {}), "D": ({}, tensors, {})}),
        files.checkpoint(tensors, {"model": {"width": 3}}),
        files.checkpoint(tensors, {"model": {"width": 3}}, zip_layout=False),
        *(files.estimator(np.eye(3), np.ones(3), protocol) for protocol in (2, 4, 5)),
    ]
    hostile = [raw for raw in files.hostile(sentinel).values() if len(raw) < MAX_SEED_BYTES]
    around = [wrap(raw) for raw in hostile for wrap in (files.zipped, files.legacy, files.in_blob)]
    return honest * 20 + hostile + around + list(files.hostile_tensors().values())


def _mutated(random_: random.Random, seeds: list[bytes]) -> bytes:
    raw = bytearray(random_.choice(seeds))
    for _ in range(random_.randint(0, 4)):
        at = random_.randrange(len(raw) + 1)
        kind = random_.randrange(6)
        if kind == 0 and at < len(raw):
            raw[at] ^= 1 << random_.randrange(8)
        elif kind == 1:
            del raw[at:]
        elif kind == 2:
            raw[at:at] = bytes([random_.choice(OPCODES)])
        elif kind == 3 and at < len(raw):
            raw[at] = random_.choice([0, 1, 0x7F, 0x80, 0xFF, random_.choice(OPCODES)])
        elif kind == 4:
            other = random_.choice(seeds)
            start = random_.randrange(len(other) + 1)
            raw[at : at + random_.randrange(8)] = other[start : start + random_.randrange(64)]
        elif kind == 5:
            raw[at : at + 8] = random_.choice([b"\xff" * 8, b"\0" * 8, b"\0\0\0\0\0\0\0\x10"])
    return bytes(raw)


def _unfold(value: object) -> None:
    """Copy every array out, as a converter does."""
    waiting = [value]
    # A reader promises that a value contains itself nowhere; shared parts are bounded here.
    for _ in range(100_000):
        if not waiting:
            return
        here = waiting.pop()
        if isinstance(here, Array):
            here.numbers()
        elif isinstance(here, dict):
            waiting.extend(here.values())
        elif isinstance(here, list | tuple):
            waiting.extend(here)
        elif isinstance(here, Instance):
            waiting.extend([here.arguments, here.state])


def run(seed: int, cases: int) -> None:
    """Read `cases` mutated files with each reader.

    Raises:
        AssertionError: something ran, took too long or took too much memory.
    """
    random_ = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        sentinel, path = Path(folder) / "sentinel", Path(folder) / "file"
        seeds = _seeds(sentinel)
        tracemalloc.start()
        try:
            for case in range(cases):
                raw = _mutated(random_, seeds)
                path.write_bytes(raw)
                for read in (read_snapshot, read_checkpoint, read_estimator, read_plain):
                    tracemalloc.reset_peak()
                    before, start = tracemalloc.get_traced_memory()[0], time.monotonic()
                    try:
                        _unfold(read(path))
                    except Panic3dError:
                        pass
                    seconds = time.monotonic() - start
                    peak = tracemalloc.get_traced_memory()[1] - before
                    where = f"seed {seed}, case {case}, {read.__name__}"
                    assert not sentinel.exists(), f"{where}: something in the file was run"
                    assert seconds < SECONDS, f"{where}: took {seconds:.1f} s"
                    assert peak < MEMORY_BYTES, f"{where}: took {peak} bytes"
        finally:
            tracemalloc.stop()
