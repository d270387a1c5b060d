"""Learning heads from takes, and the commands around it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from panic3d.cli.main import main
from panic3d.errors import ConfigError
from panic3d.models.feedforward import FeedForward
from panic3d.train.head_task import HeadOptions, HeadTask, Start
from panic3d.train.takes import write_takes
from panic3d.train.task import RunConfig
from panic3d.weights.load import load_feedforward

from .taken import NETWORK, take

pytestmark = pytest.mark.usefixtures("one_thread")

pytest.importorskip("lightning_fabric", reason="pip install 'panic3d[train]'")

HEAD = HeadOptions(points=512, surface_points=256)


def test_a_ball_is_learned():
    """Oracle: its closed form, from a picture that was moved and spoiled each time."""
    from panic3d.train.fabric_trainer import FabricTrainer, batch_of

    config = RunConfig(steps=160, batch=4, learning_rate=3e-3, warm_up=10, average=0.9)
    trainer = FabricTrainer(HeadTask(NETWORK, [take()], HEAD), config, torch.device("cpu"))
    found = [trainer.advance(batch_of(trainer.task, config, step)) for step in range(config.steps)]
    first, last = found[0], found[-1]
    assert last["labels"] < 0.4 * first["labels"] and last["colours"] < 0.6 * first["colours"]
    judge = HeadTask(NETWORK, [take(3)], HEAD, vary=False)
    batch = trainer.on_device(judge.batch(np.random.default_rng(0), 2))
    with torch.no_grad():
        measured = judge.measures(trainer.average, batch)
        sheet = judge.sheet(trainer.average, batch)
    assert measured["points_iou"] > 0.8 and measured["iou_0"] > 0.85 and measured["iou_90"] > 0.8
    assert measured["psnr_0"] > 15 and measured["psnr_180"] > 12
    assert sheet.shape == (2 * 128, 9 * 128, 3)


def test_views_teach_too():
    """Each of the views' errors falls, and features are weighed where there are any."""
    from panic3d.train.fabric_trainer import FabricTrainer, batch_of

    def features(pictures):
        return [2 * pictures[..., ::2, ::2] - 1]

    head = HeadOptions(
        points=64, surface_points=64, patch=16, samples=16, view_weight=2.0, perceptual_weight=0.1
    )
    config = RunConfig(steps=60, batch=4, learning_rate=3e-3, warm_up=10)
    task = HeadTask(NETWORK, [take()], head, features=features)
    trainer = FabricTrainer(task, config, torch.device("cpu"))
    found = [trainer.advance(batch_of(task, config, step)) for step in range(config.steps)]
    for name in ("view_colours", "view_outline", "view_depth", "view_features"):
        first, last = (
            torch.stack([one[name] for one in part]).mean() for part in (found[:5], found[-5:])
        )
        assert last < 0.8 * first, name
    with pytest.raises(ConfigError, match="features"):
        HeadTask(NETWORK, [take()], head)


def test_mixed_precision_rounds_no_places():
    """In bfloat16 they would lie up to a millimetre off; what is between convolutions may be."""
    from panic3d.train.fabric_trainer import FabricTrainer, batch_of

    config = RunConfig(steps=1, batch=2, mixed_precision=True)
    trainer = FabricTrainer(HeadTask(NETWORK, [take()], HEAD), config, torch.device("cpu"))
    network = trainer._inner["reconstructor"]
    assert isinstance(network, FeedForward)
    given, inner = [], []
    network.register_forward_pre_hook(lambda _, read: given.append(read))
    network.stem.register_forward_hook(lambda _, __, made: inner.append(made.dtype))
    batch = batch_of(trainer.task, config, 0)
    trainer.advance(batch)
    points = np.concatenate([batch["points"], batch["surface"]], 1)
    assert np.array_equal(given[0][1].numpy(), points)
    assert inner == [torch.bfloat16]


def test_batches_follow_from_their_seed():
    task = HeadTask(NETWORK, [take(0), take(1)], HEAD)
    one, other = (task.batch(np.random.default_rng(5), 3) for _ in range(2))
    assert all(np.array_equal(one[name], other[name]) for name in one)
    assert one["portrait"].shape == (3, 5, 64, 64) and one["points"].shape == (3, 512, 3)
    assert 0.05 < one["inside"].mean() < 0.6


def test_weights_of_the_same_sizes_are_begun_with_and_smaller_ones_grow():
    """Oracle: the weights themselves, and the function that they are of."""
    torch.manual_seed(1)
    known = FeedForward(NETWORK)
    task = HeadTask(NETWORK, [take()], HEAD, start=Start(known, "0" * 64))
    for made in (task.networks()["reconstructor"] for _ in range(2)):
        mine, theirs = made.state_dict(), known.state_dict()
        assert all(torch.equal(mine[name], value) for name, value in theirs.items())
        with torch.no_grad():  # what is learned is not the weights that were given
            next(made.parameters()).add_(1)
    assert task.options["start"] == "0" * 64
    small = FeedForward(replace(NETWORK, image_size=32, patch=1, reads_inside=False))
    task = HeadTask(NETWORK, [take()], HEAD, start=Start(small, "1" * 64))
    mine, theirs = task.networks()["reconstructor"].state_dict(), small.state_dict()
    name = "decoder.net.0.weight"
    assert torch.equal(mine[name], theirs[name])


def test_nothing_to_learn_is_said():
    with pytest.raises(ConfigError, match="no takes"):
        HeadTask(NETWORK, [])
    with pytest.raises(ConfigError, match="points"):
        HeadOptions(points=0)
    with pytest.raises(ConfigError, match="colour_weight"):
        HeadOptions(colour_weight=-1.0)
    with pytest.raises(ConfigError, match="near"):
        HeadOptions(near=1.5)
    with pytest.raises(ConfigError, match="patch"):
        HeadOptions(patch=1000)
    with pytest.raises(ConfigError, match="inside_weight"):
        HeadOptions(inside_weight=0.0)


@pytest.mark.parametrize("weight", [1.0, 3.0])
def test_what_is_inside_may_count_more(weight):
    """Oracle: the weighted cross entropy of a guess that is the same everywhere."""

    class Guess(torch.nn.Module):
        def forward(self, portrait, points):
            return torch.full((*points.shape[:2], 4), -0.7)

    task = HeadTask(NETWORK, [take()], replace(HEAD, inside_weight=weight))
    made = task.batch(np.random.default_rng(0), 2)
    batch = {name: torch.from_numpy(np.asarray(values)) for name, values in made.items()}
    found = task.losses("reconstructor", {"reconstructor": Guess()}, batch)["labels"]
    share, likely = float(batch["inside"].mean()), 1 / (1 + np.exp(0.7))
    expected = -weight * share * np.log(likely) - (1 - share) * np.log(1 - likely)
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_the_commands_follow_one_another(tmp_path, capsys, monkeypatch):
    """Train, continue, pack, load: each finds what the one before left."""
    pytest.importorskip("tensorboardX", reason="pip install 'panic3d[train]'")
    from panic3d.recipes import reconstructor

    usual = reconstructor.open_v1()
    small = replace(usual, network=NETWORK, head=HEAD)
    monkeypatch.setitem(reconstructor.RECIPES, "open-v1", lambda: small)
    data, run = tmp_path / "data", str(tmp_path / "run")
    write_takes(data / "train" / "000000.npz", [take(0)])
    write_takes(data / "val" / "000000.npz", [take(1)])
    words = ["train", "reconstructor", "--data", str(data), "--out", run, "--batch", "1"]
    words += ["--steps", "2", "--device", "cpu", "--loaders", "0"]
    assert main([*words, "--minutes", "0"]) == 0
    assert "step 1; the same command continues" in capsys.readouterr().out
    assert main(words) == 0
    assert "step 2; the schedule is over" in capsys.readouterr().out
    assert main(["train", "pack", run]) == 0
    written = (tmp_path / "run").glob("*.safetensors")
    (packed,) = (path for path in written if not path.stem.startswith(("step-", "best")))
    network = load_feedforward(packed, tmp_path)
    assert network.config == NETWORK
    card = packed.with_suffix(".md").read_text(encoding="utf-8")
    assert "CC0-1.0" in card and "points_iou" in card
