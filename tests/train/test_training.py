"""Steps, checkpoints, the loop: what is learned, and that it continues."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from panic3d.errors import ConfigError, Panic3dError, WeightsError
from panic3d.models.feedforward import FeedForward
from panic3d.train.batches import batches, make_batch
from panic3d.train.checkpoints import last_checkpoint, pack_weights, resume, save_checkpoint
from panic3d.train.config import TrainConfig
from panic3d.train.held_out import judge, scores_of, table
from panic3d.train.loop import Pace, Report, train
from panic3d.train.trainer import Trainer
from panic3d.weights.load import load_feedforward, load_reconstructor, verify_weights
from panic3d.weights.specs import FIRST

from .heads import NETWORK, ball

CPU = torch.device("cpu")
OPTIONS = TrainConfig(
    steps=6,
    batch=2,
    points=256,
    surface_points=128,
    warm_up=2,
    mixed_precision=False,
)


@pytest.fixture(scope="module")
def examples():
    return [ball(seed=seed) for seed in range(3)]


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    """Steps this small are no quicker with more, and far slower where cores are busy."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def learned():
    """A network that has seen the ball for a few seconds."""
    options = replace(OPTIONS, steps=120, learning_rate=5e-3, warm_up=10, average=0.95)
    trainer = Trainer(NETWORK, options, CPU)
    seen = [ball()]
    losses = [trainer.advance(batch) for batch in batches(seen, options, 0)]
    return trainer, losses


def states_agree(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


def test_the_loss_falls_on_one_head(learned):
    _, losses = learned
    first, last = losses[0], losses[-1]
    assert float(last.labels) < 0.3 * float(first.labels)
    assert float(last.colours) < 0.3 * float(first.colours)
    assert float(last.wrong) < 0.1


def test_a_learned_ball_is_round_and_coloured_on_all_sides(learned):
    """Oracle: the ball's own views, through the whole pipeline."""
    trainer, _ = learned
    score = judge(trainer.average, ball(check=True))
    assert min(score.iou) > 0.85
    assert min(score.psnr) > 15
    rows = scores_of(trainer.average, [ball(check=True)])
    assert [name for name, _ in rows] == ["0", "mean, from drawings", "mean, from renders"]
    assert len(table(rows).splitlines()) == 4


def test_examples_without_views_cannot_judge(learned):
    with pytest.raises(ConfigError, match="check"):
        judge(learned[0].average, ball())


def test_three_steps_and_three_more_are_six(examples, tmp_path):
    """Invariant: a run that stops and continues ends with the bits of one that did not."""
    whole = Trainer(NETWORK, OPTIONS, CPU)
    for batch in batches(examples, OPTIONS, 0):
        whole.advance(batch)
    half = resume(tmp_path, NETWORK, OPTIONS, CPU)
    for step in range(3):
        half.advance(make_batch(examples, OPTIONS, step))
    save_checkpoint(tmp_path, half, "test")
    rest = resume(tmp_path, NETWORK, OPTIONS, CPU)
    assert rest.step == 3
    for batch in batches(examples, OPTIONS, rest.step):
        rest.advance(batch)
    assert rest.step == whole.step == 6
    assert states_agree(rest.state(), whole.state())


def test_the_loop_stops_in_time_and_goes_on(examples, tmp_path):
    seen: list[Report] = []
    over = train(
        resume(tmp_path, NETWORK, OPTIONS, CPU),
        examples,
        tmp_path,
        recipe="test",
        pace=Pace(minutes=0.0),
        report=seen.append,
    )
    assert not over and seen[-1].step == 1
    judged = []
    over = train(
        resume(tmp_path, NETWORK, OPTIONS, CPU),
        examples,
        tmp_path,
        recipe="test",
        pace=Pace(report_steps=2),
        report=seen.append,
        validate=lambda trainer: judged.append(trainer.step),
    )
    assert over and [made.step for made in seen] == [1, 3, 5, 6] and judged == [6]
    log = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [row["step"] for row in log] == [1, 3, 5, 6]


def test_a_checkpoint_that_was_cut_short_is_passed_over(examples, tmp_path):
    trainer = Trainer(NETWORK, OPTIONS, CPU)
    save_checkpoint(tmp_path, trainer, "test")
    trainer.advance(make_batch(examples, OPTIONS, 0))
    path = save_checkpoint(tmp_path, trainer, "test")
    path.with_suffix(".json").unlink()  # killed between the two files
    assert resume(tmp_path, NETWORK, OPTIONS, CPU).step == 0


def test_only_the_last_checkpoints_stay(tmp_path):
    trainer = Trainer(NETWORK, OPTIONS, CPU)
    for step in range(5):
        trainer.step = step
        save_checkpoint(tmp_path, trainer, "test")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"step-0000000{step}.{kind}" for step in (3, 4) for kind in ("json", "safetensors")
    ]
    assert last_checkpoint(tmp_path) == tmp_path / "step-00000004.safetensors"


def test_other_options_do_not_continue_a_run(tmp_path):
    save_checkpoint(tmp_path, Trainer(NETWORK, OPTIONS, CPU), "test")
    with pytest.raises(ConfigError, match="other options"):
        resume(tmp_path, NETWORK, replace(OPTIONS, learning_rate=0.1), CPU)
    with pytest.raises(ConfigError, match="other options"):
        resume(tmp_path, replace(NETWORK, plane_width=16), OPTIONS, CPU)
    longer = resume(tmp_path, NETWORK, replace(OPTIONS, steps=99), CPU)
    assert longer.config.steps == 99


def test_packed_weights_are_the_average_in_half_precision(learned, tmp_path):
    trainer, _ = learned
    checkpoint = save_checkpoint(tmp_path / "run", trainer, "test")
    path = tmp_path / "first.safetensors"
    about = pack_weights(checkpoint, path, FIRST)
    assert about.network == "feedforward" and about.training["step"] == trainer.step
    count = sum(p.numel() for p in trainer.average.parameters())
    assert 2 * count < path.stat().st_size < 2 * count + 20_000
    verify_weights(path, tmp_path)
    loaded = load_reconstructor(path, tmp_path)
    assert isinstance(loaded, FeedForward) and loaded.config == NETWORK
    for name, parameter in trainer.average.named_parameters():
        assert torch.equal(loaded.get_parameter(name), parameter.half().float()), name
    # And packed again, the same bytes.
    again = tmp_path / "again.safetensors"
    assert pack_weights(checkpoint, again, FIRST).weights_sha256 == about.weights_sha256


def test_weights_are_no_checkpoint_and_a_checkpoint_no_network(learned, tmp_path):
    checkpoint = save_checkpoint(tmp_path, learned[0], "test")
    packed = tmp_path / "packed.safetensors"
    pack_weights(checkpoint, packed, FIRST)
    with pytest.raises(WeightsError, match="no checkpoint"):
        pack_weights(packed, tmp_path / "x.safetensors", FIRST)
    with pytest.raises(WeightsError, match="feedforward-training"):
        load_feedforward(checkpoint, tmp_path)


def test_every_character_is_seen_once_before_any_is_seen_again(examples):
    options = replace(OPTIONS, batch=3, augment=False, drawn=0.0)
    marked = [
        example._replace(pictures=np.full_like(example.pictures, 10 * k))
        for k, example in enumerate(examples)
    ]
    for step in range(4):
        seen = make_batch(marked, options, step).portrait[:, 0, 0, 0] * 255
        assert sorted(seen.round().int().tolist()) == [0, 10, 20]


def test_a_batch_follows_from_its_step(examples):
    first, again = (make_batch(examples, OPTIONS, 4) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    other = make_batch(examples, OPTIONS, 5)
    assert not torch.equal(first.points, other.points)


def test_a_mirrored_character_keeps_its_labels():
    """Oracle: the ball is its own mirror image, so its labels still follow from the distance."""
    options = replace(OPTIONS, batch=8)
    batch = make_batch([ball()], options, 0)
    distance = batch.points.norm(dim=-1)
    clear = (distance - 0.2).abs() > 0.005
    assert ((distance < 0.2) == (batch.inside > 0.5))[clear].all()


def test_training_needs_examples_and_drawings(examples):
    with pytest.raises(ConfigError, match="examples"):
        make_batch([], OPTIONS, 0)
    bare = [examples[0]._replace(pictures=examples[0].pictures[:1])]
    with pytest.raises(ConfigError, match="drawn"):
        make_batch(bare, OPTIONS, 0)


@pytest.mark.parametrize(
    "options", [{"batch": 0}, {"learning_rate": -1.0}, {"average": 2.0}, {"seed": -1}]
)
def test_options_out_of_range_are_refused(options):
    with pytest.raises(ConfigError, match=next(iter(options))):
        TrainConfig(**options)


def test_half_of_the_checkpoints_tensors_is_an_error(tmp_path):
    trainer = Trainer(NETWORK, OPTIONS, CPU)
    state = dict(list(trainer.state().items())[:10])
    with pytest.raises(Panic3dError, match="other sizes"):
        trainer.restore(state, 3)
