"""Two processes that share a batch do what one does with all of it."""

import multiprocessing
import os
import time
from functools import partial
from pathlib import Path

import pytest
import torch

from panic3d.errors import ConfigError
from panic3d.train.adversary import AdversaryOptions
from panic3d.train.checkpoints import last_checkpoint
from panic3d.train.fabric_run import RunPace, resume_run, run
from panic3d.train.fabric_trainer import FabricTrainer, open_fabric
from panic3d.train.head_task import HeadOptions, HeadTask
from panic3d.train.spawned import end_with_parent
from panic3d.train.task import RunConfig
from panic3d.weights.store import open_weights

from .taken import NETWORK, take

pytest.importorskip("lightning_fabric", reason="pip install 'panic3d[train]'")
pytest.importorskip("tensorboardX", reason="pip install 'panic3d[train]'")

CRITIC = AdversaryOptions(weight=0.05, channel_base=128, channel_max=16, group_size=2)
HEAD = HeadOptions(points=64, surface_points=32, patch=8, samples=8, adversary=CRITIC)
CONFIG = RunConfig(steps=3, batch=4, muon=True, warm_up=1, seed=18)


def learn(fabric, out):
    torch.set_num_threads(1)
    task = HeadTask(NETWORK, [take(0), take(1)], HEAD)
    trainer = resume_run(out, task, CONFIG, torch.device("cpu"), fabric)
    run(trainer, out, recipe="open-v1", held_out=task, pace=RunPace(loaders=0))


def weights(out: Path):
    path = last_checkpoint(out)
    assert path is not None
    return open_weights(path, out).tensors


def test_two_processes_learn_what_one_learns(tmp_path):
    """Oracle: one process with the whole batch; sums in another order differ by float noise.

    With an adversary, one of whose steps is penalised; its groups of samples are the same ones.
    """
    cpu = torch.device("cpu")
    learn(open_fabric(cpu, False), tmp_path / "one")
    open_fabric(cpu, False, 2).launch(partial(learn, out=tmp_path / "two"))
    one, two = weights(tmp_path / "one"), weights(tmp_path / "two")
    assert one.keys() == two.keys()
    start = FabricTrainer(HeadTask(NETWORK, [take(0)], HEAD), CONFIG, cpu).state()
    moved = 0.0
    for name, value in one.items():
        if "/network/" in name:
            moved = max(moved, float((value - start[name]).abs().max()))
            assert torch.allclose(two[name], value, atol=2e-5), name
    assert moved > 1e-3
    # One log, of the first process.
    assert len((tmp_path / "two" / "log.jsonl").read_text().splitlines()) == 1


def linger(said):
    end_with_parent()
    Path(said).write_text(str(os.getpid()))
    time.sleep(120)


def lead(said):
    child = multiprocessing.get_context("spawn").Process(target=linger, args=(said,))
    child.start()
    child.join()


def test_processes_end_when_their_launcher_is_killed(tmp_path):
    """Oracle: the operating system's list of processes."""
    if os.name == "nt":
        pytest.skip("os.kill(pid, 0) ends a process there")
    said = tmp_path / "pid"
    launcher = multiprocessing.get_context("spawn").Process(target=lead, args=(str(said),))
    launcher.start()
    until = time.monotonic() + 60
    while not said.exists() or not said.read_text():
        assert time.monotonic() < until
        time.sleep(0.05)
    child = int(said.read_text())
    os.kill(child, 0)
    launcher.kill()
    launcher.join()
    until = time.monotonic() + 20
    while alive(child):
        assert time.monotonic() < until
        time.sleep(0.05)


def alive(pid):
    """Is there such a process? One that nobody has waited for is over too."""
    state = Path(f"/proc/{pid}/stat")
    if state.exists():
        return state.read_text().rpartition(")")[2].split()[0] != "Z"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_batch_that_cannot_be_shared_is_refused():
    fabric = open_fabric(torch.device("cpu"), False, 3)  # not launched
    with pytest.raises(ConfigError, match="multiple of 3"):
        FabricTrainer(HeadTask(NETWORK, [take(0)], HEAD), CONFIG, torch.device("cpu"), fabric)
