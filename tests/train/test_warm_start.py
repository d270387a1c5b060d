"""Runs that begin with packed weights."""

import numpy as np
import pytest
import torch

from panic3d.errors import ConfigError
from panic3d.models.landmarks import LandmarkConfig, LandmarkNetwork
from panic3d.models.linefill import LineFillConfig, LineFiller
from panic3d.train.fabric_run import resume_run, save_run
from panic3d.train.fabric_trainer import FabricTrainer
from panic3d.train.landmark_task import LandmarkTask
from panic3d.train.linefill_task import LineFillTask
from panic3d.train.task import RunConfig
from panic3d.train.warm_start import WarmStart

from .drawn import stock

pytest.importorskip("lightning_fabric", reason="it is not installed: pip install 'panic3d[train]'")

CPU = torch.device("cpu")
MARKS = LandmarkConfig(image_size=32, channels=(16, 24, 32), blocks=(0, 1, 1))
FILL = LineFillConfig(channels=4, width=8, depth=3)
SHORT = RunConfig(steps=6, batch=2, warm_up=2)


def weights(made):
    with torch.no_grad():
        for each in made.parameters():
            each.add_(0.25)
    return made.state_dict()


def test_a_run_begins_as_the_weights_and_knows_them_again(tmp_path):
    """Closed form: before the first step network and average are the weights."""
    known = weights(LandmarkNetwork(MARKS))
    task = LandmarkTask(MARKS, stock(2))
    trainer = FabricTrainer(WarmStart(task, known, "a" * 64), SHORT, CPU)
    average = trainer.average.state_dict()
    assert all(torch.equal(average[name], known[name]) for name in known)
    trainer.advance(task.batch(np.random.default_rng(0), 2))
    save_run(tmp_path, trainer, "landmarks")
    same = resume_run(tmp_path, WarmStart(task, known, "a" * 64), SHORT, CPU)
    assert same.step == 1
    with pytest.raises(ConfigError, match="begun with other options"):
        resume_run(tmp_path, task, SHORT, CPU)


def test_adversaries_begin_anew():
    """Only what is used afterwards was packed."""
    known = weights(LineFiller(FILL))
    task = LineFillTask(FILL, stock(2), "both", 17)
    torch.manual_seed(0)
    plain = task.networks()
    torch.manual_seed(0)
    begun = WarmStart(task, known, "b" * 64).networks()
    first, critic = plain
    assert all(torch.equal(v, known[k]) for k, v in begun[first].state_dict().items())
    theirs = begun[critic].state_dict()
    assert all(torch.equal(v, theirs[k]) for k, v in plain[critic].state_dict().items())


def test_weights_of_other_sizes_are_refused():
    other = LandmarkNetwork(LandmarkConfig(image_size=32, channels=(16, 24, 40), blocks=(0, 1, 1)))
    task = WarmStart(LandmarkTask(MARKS, stock(2)), other.state_dict(), "c" * 64)
    with pytest.raises(ConfigError, match="other sizes"):
        task.networks()
