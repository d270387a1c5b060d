"""Runs that begin with packed weights."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from panic3d.errors import ConfigError
from panic3d.models.landmarks import LandmarkConfig, LandmarkNetwork
from panic3d.models.linefill import LineFillConfig, LineFiller
from panic3d.models.matting import MattingConfig, MattingNetwork
from panic3d.train.fabric_run import resume_run, save_run
from panic3d.train.fabric_trainer import FabricTrainer
from panic3d.train.landmark_task import LandmarkTask
from panic3d.train.linefill_task import LineFillTask
from panic3d.train.matting_task import MattingTask
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


def test_a_larger_network_begins_as_what_a_smaller_one_finds():
    """Oracle: the smaller network, whatever a prior says."""
    config = MattingConfig(image_size=32, channels=(8, 16), blocks=(0, 1))
    small = MattingNetwork(config)
    known = weights(small)
    larger = replace(config, blocks=(0, 2), reads_prior=True)
    task = WarmStart(
        MattingTask(larger, stock(2)), {k: v.half() for k, v in known.items()}, "d" * 64
    )
    begun = task.networks()["matting"]
    small.load_state_dict({k: v.half() for k, v in known.items()})
    picture, prior = torch.rand(2, 3, 32, 32), torch.rand(2, 1, 32, 32)
    torch.testing.assert_close(begun(picture, prior), small(picture))
    one = task.batch(np.random.default_rng(1), 8)
    assert one["prior"].shape == one["matte"].shape
    told = np.abs(one["prior"]).reshape(8, -1).max(1) > 0
    assert 0 < told.sum() < 8


def test_a_network_that_mends_begins_as_one_that_does_not():
    known = weights(LandmarkNetwork(MARKS))
    mending = replace(MARKS, mending=12)
    begun = WarmStart(LandmarkTask(mending, stock(2)), known, "e" * 64).networks()["landmarks"]
    plain = LandmarkNetwork(MARKS)
    plain.load_state_dict(known)
    picture = torch.rand(2, 3, 32, 32)
    assert torch.equal(begun(picture).points, plain(picture).points)
    # Packed weights that lack some of the part are broken, not smaller.
    broken = {k: v for k, v in begun.state_dict().items() if k != "mend.last.bias"}
    with pytest.raises(ConfigError, match="other sizes"):
        WarmStart(LandmarkTask(mending, stock(2)), broken, "f" * 64).networks()


def test_weights_of_other_sizes_are_refused():
    other = LandmarkNetwork(LandmarkConfig(image_size=32, channels=(16, 24, 40), blocks=(0, 1, 1)))
    task = WarmStart(LandmarkTask(MARKS, stock(2)), other.state_dict(), "c" * 64)
    with pytest.raises(ConfigError, match="other sizes"):
        task.networks()
