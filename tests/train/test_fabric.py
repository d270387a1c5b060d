"""Small networks trained with Lightning Fabric: they learn, and a run continues with its bits."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from panic3d.errors import ConfigError, TrainingError, WeightsError
from panic3d.models.face_finder import FaceFinderConfig, boxes_of
from panic3d.models.landmarks import LandmarkConfig
from panic3d.models.linefill import LineFillConfig
from panic3d.models.matting import MattingConfig
from panic3d.pipeline.align import upright
from panic3d.pipeline.faces import overlap
from panic3d.train.checkpoints import last_checkpoint
from panic3d.train.fabric_run import (
    BEST,
    RunPace,
    judged,
    resume_run,
    run,
    save_best,
    save_run,
    steps,
)
from panic3d.train.fabric_trainer import MOST_SKIPPED, FabricTrainer, batch_of
from panic3d.train.face_task import FaceTask
from panic3d.train.landmark_task import LandmarkTask
from panic3d.train.linefill_task import LineFillTask
from panic3d.train.matting_task import MattingTask
from panic3d.train.task import WHOLE, RunConfig
from panic3d.weights.store import open_weights, read_about

from .drawn import nobody, stock

pytestmark = pytest.mark.usefixtures("one_thread")

pytest.importorskip("lightning_fabric", reason="it is not installed: pip install 'panic3d[train]'")
pytest.importorskip("tensorboardX", reason="it is not installed: pip install 'panic3d[train]'")

CPU = torch.device("cpu")
FACE = FaceFinderConfig(image_size=64, channels=(8, 16, 24, 32), blocks=(0, 1, 1, 1))
MARKS = LandmarkConfig(image_size=32, channels=(16, 24, 32), blocks=(0, 1, 1))
MATTE = MattingConfig(image_size=32, channels=(16, 24, 32), blocks=(0, 1, 1))
FILL = LineFillConfig(channels=4, width=8, depth=3)
SHORT = RunConfig(steps=6, batch=2, warm_up=2)


@pytest.fixture(scope="module")
def portraits():
    return stock(3)


def tasks(portraits):
    return {
        "face": FaceTask(FACE, portraits),
        "landmarks": LandmarkTask(MARKS, portraits),
        "matting": MattingTask(MATTE, portraits),
        "direct": LineFillTask(FILL, portraits, "direct", 17),
        "adversarial": LineFillTask(FILL, portraits, "adversarial", 17),
        "both": LineFillTask(FILL, portraits, "both", 17),
    }


def states_agree(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


@pytest.mark.parametrize("muon", [False, True])
@pytest.mark.parametrize("name", ["face", "landmarks", "matting", "direct", "adversarial", "both"])
def test_three_steps_and_three_more_are_six(name, muon, portraits, tmp_path):
    """Invariant: a run that stops and continues ends with the bits of one that did not."""
    task, config = tasks(portraits)[name], replace(SHORT, muon=muon)
    whole = FabricTrainer(task, config, CPU)
    for arrays in steps(task, config, 0, 0):
        losses = whole.advance(arrays)
        assert all(bool(torch.isfinite(value)) for value in losses.values())
    half = resume_run(tmp_path, task, config, CPU)
    for step in range(3):
        half.advance(batch_of(task, config, step))
    save_run(tmp_path, half, "test")
    rest = resume_run(tmp_path, task, config, CPU)
    assert rest.step == 3
    for arrays in steps(task, config, rest.step, 0):
        rest.advance(arrays)
    assert rest.step == whole.step == 6
    assert states_agree(rest.state(), whole.state())


def test_batches_made_in_other_processes_are_the_same(portraits):
    task = tasks(portraits)["matting"]
    config = RunConfig(steps=2, batch=2)
    here, there = list(steps(task, config, 0, 0)), list(steps(task, config, 0, 1))
    for one, other in zip(here, there, strict=True):
        assert all(np.array_equal(one[k], torch.as_tensor(other[k]).numpy()) for k in one)


@pytest.mark.parametrize("name", ["face", "landmarks", "matting", "direct", "adversarial", "both"])
def test_parts_make_up_the_batch(name, portraits):
    """Metamorphic: what two processes make of a batch, each on its own, is all of it."""
    task, config = tasks(portraits)[name], replace(SHORT, batch=4)
    whole = batch_of(task, config, 1)
    for rank in range(2):
        mine = batch_of(task, config, 1, slice(rank, None, 2))
        assert mine.keys() == whole.keys()
        assert all(np.array_equal(mine[k], whole[k][rank::2], equal_nan=True) for k in whole)


class Fixed:
    """A task whose every batch is the same one."""

    def __init__(self, task, arrays):
        self.task, self.arrays = task, arrays

    def __getattr__(self, name):
        return getattr(self.task, name)

    def batch(self, rng, count, part=WHOLE):
        return {name: array[part] for name, array in self.arrays.items()}


def learned(task, count, steps_, rate=4e-3, seed=0):
    """Learn one batch by heart."""
    config = RunConfig(steps=steps_, batch=count, learning_rate=rate, warm_up=5, average=0.9)
    fixed = Fixed(task, task.batch(np.random.default_rng(seed), count))
    trainer = FabricTrainer(fixed, config, CPU)
    for arrays in steps(fixed, config, 0, 0):
        trainer.advance(arrays)
    return trainer, trainer.on_device(fixed.arrays)


def test_a_finder_learns_where_faces_are_and_where_none_is(portraits):
    """Oracle: the boxes of the pictures it has learned by heart, faceless ones among them."""
    task = FaceTask(FACE, portraits)
    trainer, batch = learned(task, 8, 90)
    with torch.no_grad():
        maps = trainer.average(batch["picture"])
        measures = task.measures(trainer.average, batch)
    assert measures["found"] == 1 and measures["false"] == 0 and measures["overlap"] > 0.7
    empty = [k for k in range(8) if not torch.isfinite(batch["boxes"][k]).any()]
    assert empty and all(len(boxes_of(maps[k]).boxes) == 0 for k in empty)
    assert task.sheet(trainer.average, batch).shape == (128, 256, 3)


def test_landmarks_and_rotation_are_learned(portraits):
    """Oracle: the landmarks of the crops that it has learned by heart."""
    task = LandmarkTask(MARKS, portraits)
    trainer, batch = learned(task, 6, 120, 6e-3)
    with torch.no_grad():
        found = task.measures(trainer.average, batch)
        assert found["error"] < 0.06 and found["turn_deg"] < 6
        assert task.sheet(trainer.average, batch).ndim == 3


def test_crops_of_a_second_look_stand_upright(portraits, monkeypatch):
    """Oracle: heads that are tilted by up to 15 degrees, of mirrored pictures too."""
    tilts = []
    for share in (1.0, 0.0):
        monkeypatch.setattr("panic3d.train.landmark_task._SECOND", share)
        batch = LandmarkTask(MARKS, portraits).batch(np.random.default_rng(0), 150)
        up = [upright(turn.astype(np.float64))[1] for turn in batch["rotation"]]
        tilts.append(float(np.std(up)))
        if share:
            assert np.abs(up).max() < 14  # 3.5 times what a second look is off
    assert 3 < tilts[0] < 5 and tilts[1] > 15


def test_mattes_are_learned(portraits):
    task = MattingTask(MATTE, portraits)
    trainer, batch = learned(task, 6, 200)
    with torch.no_grad():
        found = task.measures(trainer.average, batch)
        assert found["iou"] > 0.9 and found["error"] < 0.06
        assert task.sheet(trainer.average, batch).ndim == 3


def test_a_filler_with_a_truth_paints_better_than_the_ink(portraits):
    """Oracle: the line-free drawing."""
    task = LineFillTask(FILL, portraits, "direct", 17)
    trainer, batch = learned(task, 16, 150, 1e-2)
    with torch.no_grad():
        found = task.measures(trainer.average, batch)
        assert found["psnr"] > found["psnr_before"] + 3
        assert task.sheet(trainer.average, batch).ndim == 3
        filled = task._filled(trainer.average, batch, False)
    outside = (batch["lines"] == 0).expand_as(filled)
    assert torch.equal(filled[outside], batch["picture"][outside])


def test_an_adversary_learns_to_tell_and_the_filler_is_told(portraits):
    """Oracle: each player's step moves its own weights alone."""
    task = LineFillTask(FILL, portraits, "both", 17)
    trainer = FabricTrainer(task, SHORT, CPU)
    before = {k: v.clone() for k, v in trainer.state().items()}
    losses = trainer.advance(batch_of(task, SHORT, 0))
    assert {"total", "l1", "adversarial", "adversary/total"} == set(losses)
    moved = {k.split("/")[0] for k, v in trainer.state().items() if not torch.equal(v, before[k])}
    assert moved == {"average", "filler", "adversary"}


def test_the_loop_stops_in_time_goes_on_and_leaves_its_records(portraits, tmp_path):
    task, held_out = FaceTask(FACE, portraits), FaceTask(FACE, stock(1))
    lines: list[str] = []
    trainer = resume_run(tmp_path, task, SHORT, CPU)
    assert not run(
        trainer,
        tmp_path,
        recipe="face-finder",
        pace=RunPace(minutes=0.0, loaders=0),
        report=lines.append,
    )
    assert trainer.step == 1 and last_checkpoint(tmp_path) is not None
    trainer = resume_run(tmp_path, task, SHORT, CPU)
    assert run(
        trainer,
        tmp_path,
        recipe="face-finder",
        held_out=held_out,
        pace=RunPace(loaders=0, report_steps=2),
        report=lines.append,
    )
    rows = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [1, 3, 5, 6]
    scores = json.loads((tmp_path / "scores.json").read_text())
    assert scores.pop("step") == 6
    assert scores == pytest.approx(judged(trainer, held_out))
    assert (tmp_path / "sheet-00000006.png").is_file()
    assert any("events" in path.name for path in (tmp_path / "tensorboard").iterdir())
    assert "held out" in lines[-1] and "the best" in lines[-1] and "0:00 h left" in lines[0]
    best = read_about(tmp_path / BEST)
    assert best.training["held_out"] == pytest.approx({"step": 6, **scores})
    assert best.training["score"] == pytest.approx(held_out.score(scores))
    kept = open_weights(tmp_path / BEST, tmp_path).tensors
    assert all(torch.equal(kept[k], v) for k, v in trainer.average.state_dict().items())


def test_only_what_is_better_becomes_the_best(portraits, tmp_path):
    task = MattingTask(MATTE, portraits)
    trainer = FabricTrainer(task, SHORT, CPU)
    save_best(tmp_path, trainer, "matting", 1e9, {"iou": 1.0})
    before = (tmp_path / BEST).read_bytes()
    assert run(trainer, tmp_path, recipe="matting", held_out=task, pace=RunPace(loaders=0))
    assert (tmp_path / BEST).read_bytes() == before


def test_gradients_that_are_not_finite_change_nothing_and_end_a_run_that_has_no_others(portraits):
    task = MattingTask(MATTE, portraits)
    trainer = FabricTrainer(task, SHORT, CPU)
    arrays = batch_of(task, SHORT, 0)
    broken = {**arrays, "picture": np.full(arrays["picture"].shape, np.nan, np.float32)}
    before = {k: v.clone() for k, v in trainer.state().items()}
    for _ in range(MOST_SKIPPED - 1):
        trainer.advance(broken)
    trainer.advance(arrays)  # a good one: counted anew
    moved = {k: v.clone() for k, v in trainer.state().items()}
    assert not states_agree(before, moved) and all(v.isfinite().all() for v in moved.values())
    for _ in range(MOST_SKIPPED - 1):
        trainer.advance(broken)
    assert states_agree(
        {k: v for k, v in moved.items() if "average" not in k},
        {k: v for k, v in trainer.state().items() if "average" not in k},
    )
    with pytest.raises(TrainingError, match="lower learning rate"):
        trainer.advance(broken)


def test_a_run_is_not_continued_with_other_options(portraits, tmp_path):
    made = tasks(portraits)
    trainer = FabricTrainer(made["direct"], SHORT, CPU)
    save_run(tmp_path, trainer, "test")
    for name, config in (("direct", RunConfig(steps=6, batch=3)), ("face", SHORT), ("both", SHORT)):
        with pytest.raises(ConfigError, match="other options"):
            resume_run(tmp_path, made[name], config, CPU)
    longer = RunConfig(steps=9, batch=2, warm_up=2)
    assert resume_run(tmp_path, made["direct"], longer, CPU).config.steps == 9
    with pytest.raises(WeightsError, match="other sizes"):
        FabricTrainer(made["face"], SHORT, CPU).restore(trainer.state(), 1)


def test_pictures_that_cannot_teach_are_refused():
    with pytest.raises(ConfigError, match="has a face"):
        LandmarkTask(MARKS, [nobody()])
    with pytest.raises(ConfigError, match="aligned"):
        LineFillTask(FILL, [nobody()])
    with pytest.raises(ConfigError, match="odd"):
        LineFillTask(FILL, stock(1), "direct", 16)


def test_saving_is_no_part_of_the_speed(portraits, tmp_path, monkeypatch):
    """Oracle: a clock that goes on by a second a step, and by a minute when something is saved."""
    from panic3d.train import fabric_run

    now, minute = [0.0], 60.0
    monkeypatch.setattr("panic3d.train.fabric_run.time.monotonic", lambda: now[0])
    task = tasks(portraits)["face"]
    trainer = FabricTrainer(task, RunConfig(steps=8, batch=2, warm_up=1), CPU)
    advance, store = trainer.advance, fabric_run.save_run

    def advanced(arrays):
        now[0] += 1
        return advance(arrays)

    def saved(*what):
        now[0] += minute
        return store(*what)

    monkeypatch.setattr(trainer, "advance", advanced)
    monkeypatch.setattr(fabric_run, "save_run", saved)
    pace = RunPace(report_steps=4, checkpoint_s=2.5, loaders=0)
    run(trainer, tmp_path, recipe="faces", pace=pace)
    rows = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [row["steps_per_second"] for row in rows] == pytest.approx([1.0, 1.0])


def test_overlap_by_hand():
    one = np.array([0.0, 0.0, 2.0, 2.0])
    assert overlap(one, np.array([1.0, 0.0, 3.0, 2.0])) == pytest.approx(1 / 3)
    assert overlap(one, np.array([2.0, 2.0, 3.0, 3.0])) == 0
