"""Commands in processes of their own: what each takes from its start to its end."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple


class Timed(NamedTuple):
    """What a process took."""

    code: int
    """With which it ended."""
    seconds: float
    processor_s: float
    """Of all its threads together; 0 where the system does not say."""
    peak_bytes: int
    """Its largest resident memory; 0 where the system does not say. On Linux a process that resets
    its own peak, as `panic3d.work.peak_memory.PeakMemory` does, hides what was before."""


def timed(command: Sequence[str], environment: Mapping[str, str], said: Path) -> Timed:
    """Run a command to its end; Ctrl-C ends it, too.

    Args:
        command: program and arguments.
        environment: all of its variables.
        said: the file that gets what it prints.
    """
    with said.open("wb") as file:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=file, stderr=file
        )
        if not hasattr(os, "wait4"):  # Windows
            return Timed(process.wait(), time.perf_counter() - start, 0.0, 0)
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            process.wait()
            raise
        seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return Timed(process.returncode, seconds, usage.ru_utime + usage.ru_stime, peak)


@contextmanager
def bound_to(cores: int) -> Iterator[dict[str, str]]:
    """Bind this process, and so those that it starts, to some of its cores, where it can.

    Args:
        cores: how many; 0 leaves them all.

    Returns:
        The variables for processes that are started meanwhile: so many threads, too.
    """
    environment = dict(os.environ)
    if cores:
        environment["OMP_NUM_THREADS"] = str(cores)
    if not cores or sys.platform != "linux":
        yield environment
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:cores])
    try:
        yield environment
    finally:
        os.sched_setaffinity(0, before)
