"""Freed memory that is kept."""

import ctypes
import subprocess
import sys

import pytest

from panic3d.work.heap import keep_freed_memory

_ALLOCATES = """
import resource
import sys

import numpy as np

from panic3d.work.heap import keep_freed_memory

if sys.argv[1] == "keeps" and not keep_freed_memory():
    sys.exit(3)


def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(5):
        np.empty(10_000_000).fill(1)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


faults()
print(faults())
"""


def pages_entered(how):
    run = subprocess.run(
        [sys.executable, "-c", _ALLOCATES, how], capture_output=True, text=True, check=False
    )
    if run.returncode == 3:
        pytest.skip("not glibc")
    assert run.returncode == 0, run.stderr
    return int(run.stdout)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts the pages of Linux")
def test_memory_that_was_freed_is_there_when_it_is_wanted_again():
    assert 20 * pages_entered("keeps") < pages_entered("does not")


def test_another_c_library_is_left_as_it_is(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    assert keep_freed_memory() is False
