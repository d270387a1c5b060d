"""Commands in processes of their own: what each takes from its start to its end."""

from __future__ import annotations

import json
import os
import signal
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


_WATCHER = """
import json, os, subprocess, sys, time
start = time.perf_counter()
process = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL, close_fds=True)
_, status, usage = os.wait4(process.pid, 0)
seconds = time.perf_counter() - start
found = [os.waitstatus_to_exitcode(status), seconds, usage.ru_utime + usage.ru_stime]
os.write(int(sys.argv[1]), json.dumps([*found, usage.ru_maxrss]).encode())
"""
"""A small process between: on Linux the peak of a process begins with that of its parent."""


def timed(command: Sequence[str], environment: Mapping[str, str], said: Path) -> Timed:
    """Run a command to its end; Ctrl-C ends it, too.

    Args:
        command: program and arguments.
        environment: all of its variables.
        said: the file that gets what it prints.
    """
    with said.open("wb") as file:
        if not hasattr(os, "wait4"):  # Windows
            start = time.perf_counter()
            code = subprocess.call(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=file, stderr=file
            )
            return Timed(code, time.perf_counter() - start, 0.0, 0)
        reading, writing = os.pipe()
        with os.fdopen(reading) as answer:
            try:
                watcher = subprocess.Popen(
                    [sys.executable, "-I", "-S", "-c", _WATCHER, str(writing), *command],
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=file,
                    stderr=file,
                    pass_fds=[writing],
                    start_new_session=True,
                )
            finally:
                os.close(writing)
            try:
                text = answer.read()
                watcher.wait()
            except BaseException:
                os.killpg(watcher.pid, signal.SIGKILL)
                watcher.wait()
                raise
    if not text:  # it could not start the command, and said why
        return Timed(watcher.returncode or 1, 0.0, 0.0, 0)
    code, seconds, processor_s, peak = json.loads(text)
    return Timed(code, seconds, processor_s, peak * (1 if sys.platform == "darwin" else 1024))


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
