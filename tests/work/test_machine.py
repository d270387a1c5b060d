"""The machine's description."""

import platform
from importlib.metadata import version

import pytest

from panic3d.work.machine import Machine, this_machine


def test_this_machine_is_named():
    machine = this_machine()
    assert machine.cores >= 1 and machine.processor and machine.system
    assert machine.python == platform.python_version() and machine.torch == version("torch")


@pytest.mark.parametrize(("cores", "memory"), [(1, "2.0 GiB, "), (2, "")])
def test_it_is_one_line(cores, memory):
    machine = Machine(
        processor="P",
        cores=cores,
        memory_bytes=2 << 30 if memory else 0,
        system="S",
        python="3.11.1",
        torch="2.6",
    )
    word = "core" if cores == 1 else "cores"
    assert str(machine) == f"P, {cores} {word}, {memory}S, Python 3.11.1, torch 2.6"
