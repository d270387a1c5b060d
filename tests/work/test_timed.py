"""Processes that are timed."""

import os
import sys

import pytest

from panic3d.work.jobs import usable_cores
from panic3d.work.timed import bound_to, timed


def python(code, folder, environment=None):
    environment = dict(os.environ) if environment is None else environment
    return timed([sys.executable, "-c", code], environment, folder / "said.txt")


def test_time_memory_and_exit_code_are_those_of_the_process(tmp_path):
    """Oracle: how long it sleeps, and what it fills."""
    found = python(
        "import sys, time; x = b'x' * 200_000_000; time.sleep(0.3); sys.exit(3)", tmp_path
    )
    assert found.code == 3 and found.seconds >= 0.3
    if hasattr(os, "wait4"):
        assert found.peak_bytes >= 200_000_000 and found.processor_s > 0


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="the system does not say")
def test_a_large_parent_does_not_count(tmp_path):
    """A child of this process would begin with its peak."""
    large = b"x" * 400_000_000
    found = python("pass", tmp_path)
    assert len(large) and 0 < found.peak_bytes < 100_000_000


def test_what_cannot_be_started_is_said(tmp_path):
    found = timed([str(tmp_path / "nothing")], dict(os.environ), tmp_path / "said.txt")
    assert found.code != 0 and "nothing" in (tmp_path / "said.txt").read_text()


def test_what_it_prints_is_kept(tmp_path):
    python("import sys; print('a'); print('b', file=sys.stderr)", tmp_path)
    assert sorted((tmp_path / "said.txt").read_text().split()) == ["a", "b"]


@pytest.mark.skipif(sys.platform != "linux", reason="no other system binds processes to cores")
def test_processes_get_so_many_cores_and_afterwards_all_are_there():
    before = usable_cores()
    with bound_to(1) as environment:
        assert usable_cores() == 1 and environment["OMP_NUM_THREADS"] == "1"
    assert usable_cores() == before
    with bound_to(0):
        assert usable_cores() == before


def test_without_a_number_the_environment_is_as_it_was():
    with bound_to(0) as environment:
        assert environment == dict(os.environ)
