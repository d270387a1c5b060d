"""The stages of our reconstructor: one network, learned in runs that follow one another."""

from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file

from panic3d.cli.main import main
from panic3d.evaluate.squeezenet import SqueezeNet
from panic3d.models.feedforward import FeedForward
from panic3d.recipes import reconstructor
from panic3d.train.adversary import Critic
from panic3d.train.takes import write_takes
from panic3d.weights.load import load_feedforward
from panic3d.weights.store import read_about

from ..train.taken import NETWORK, take

pytestmark = pytest.mark.usefixtures("one_thread")

STAGES = ("open-v1", "open-v1-views", "open-v1-adversarial")


def test_every_stage_has_the_same_network_and_packs_the_same_weights():
    made = {name: make() for name, make in reconstructor.RECIPES.items()}
    assert tuple(made) == STAGES
    assert {name: recipe.run for name, recipe in made.items()} == {name: name for name in STAGES}
    assert {recipe.name for recipe in made.values()} == {"open-v1"}
    assert len({recipe.network for recipe in made.values()}) == 1
    points, views, last = (made[name].head for name in STAGES)
    assert not points.patch and points.adversary is None
    assert views.patch and views.perceptual_weight and views.adversary is None
    assert last.adversary is not None and replace(last, adversary=None) == views


def test_the_weights_are_small():
    """Requirement: 12 MB in float16; the critic is no part of them, and no larger."""
    last = reconstructor.open_v1_adversarial()
    network = FeedForward(last.network)
    assert 2 * sum(p.numel() for p in network.parameters()) <= 12_000_000
    assert last.head.adversary is not None
    critic = Critic(last.head.adversary, last.head.patch)
    assert sum(p.numel() for p in critic.parameters()) < 3_000_000


@pytest.fixture
def small(monkeypatch):
    """The stages in small."""
    for name, make in list(reconstructor.RECIPES.items()):
        usual = make()
        head = replace(usual.head, points=64, surface_points=32, samples=8)
        if head.adversary is not None:
            critic = replace(head.adversary, channel_base=128, channel_max=16)
            head = replace(head, adversary=critic)
        recipe = replace(usual, network=NETWORK, head=head)
        monkeypatch.setitem(reconstructor.RECIPES, name, lambda made=recipe: made)


def test_each_stage_begins_with_what_the_one_before_packed(small, tmp_path, capsys):
    pytest.importorskip("lightning_fabric", reason="pip install 'panic3d[train]'")
    pytest.importorskip("tensorboardX", reason="pip install 'panic3d[train]'")
    write_takes(tmp_path / "data" / "train" / "000000.npz", [take()])
    squeezenet = tmp_path / "squeezenet.safetensors"
    save_file({k: v.half() for k, v in SqueezeNet().state_dict().items()}, squeezenet)
    data = ["--data", str(tmp_path / "data"), "--device", "cpu", "--loaders", "0", "--batch", "4"]
    start: list[str] = []
    before = None
    for stage in STAGES:
        run, packed = tmp_path / stage, tmp_path / f"{stage}.safetensors"
        words = ["train", "reconstructor", *data, "--out", str(run), "--recipe", stage, *start]
        # So small a rate keeps what it began with, to within the float16 that it was packed in.
        words += ["--steps", "1", "--learning-rate", "1e-9"]
        if stage != "open-v1":
            words += ["--perceptual", str(squeezenet)]
        assert main(words) == 0, capsys.readouterr().err
        assert main(["train", "pack", str(run), "--out", str(packed)]) == 0
        about = read_about(packed)
        assert about.name == "open-v1" and f"recipe {stage}," in about.made_from
        tensors = load_feedforward(packed, tmp_path).state_dict()
        if before is not None:
            assert all(torch.allclose(tensors[k], v, atol=1e-6) for k, v in before.items())
        before, start = tensors, ["--start", str(packed)]
        text = packed.with_suffix(".md").read_text(encoding="utf-8")
        assert ("SqueezeNet" in text) == (stage != "open-v1")
    moved = tmp_path / "moved.safetensors"
    assert main(["train", "pack", str(run), "--out", str(moved), "--threshold", "0.5"]) == 0
    points = torch.rand(1, 50, 3, generator=torch.Generator().manual_seed(0)) * 0.4 - 0.2
    portrait = torch.rand(1, 5, NETWORK.image_size, NETWORK.image_size)
    with torch.no_grad():
        one, other = (load_feedforward(f, tmp_path)(portrait, points) for f in (packed, moved))
    torch.testing.assert_close(other[..., 0], one[..., 0] - 0.5, atol=1e-2, rtol=0)
    assert torch.equal(other[..., 1:], one[..., 1:])
    assert "inside from a logit of 0.5 on" in read_about(moved).made_from
    assert main(words) == 0  # the schedule is over; the same options continue
    assert "step 1; the schedule is over" in capsys.readouterr().out


@pytest.mark.parametrize(("instructions", "mixed"), [("AVX2", False), ("AVX512", True)])
def test_bfloat16_is_for_processors_that_have_it(
    small, tmp_path, capsys, monkeypatch, instructions, mixed
):
    pytest.importorskip("lightning_fabric", reason="pip install 'panic3d[train]'")
    pytest.importorskip("tensorboardX", reason="pip install 'panic3d[train]'")
    monkeypatch.setattr("torch.backends.cpu.get_cpu_capability", lambda: instructions)
    write_takes(tmp_path / "data" / "train" / "000000.npz", [take()])
    run = tmp_path / "run"
    words = ["train", "reconstructor", "--data", str(tmp_path / "data"), "--out", str(run)]
    words += ["--device", "cpu", "--loaders", "0", "--batch", "2", "--steps", "1"]
    assert main(words) == 0
    assert ("bfloat16 is slow" in capsys.readouterr().out) != mixed
    about = read_about(next(run.glob("step-*.safetensors")))
    assert about.training["options"]["mixed_precision"] == mixed


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--recipe", "open-v1-views"], "--perceptual FILE"),
        (["--recipe", "open-v1", "--perceptual", "x.safetensors"], "leave out --perceptual"),
    ],
)
def test_features_are_given_where_they_are_compared(words, said, tmp_path, capsys):
    data = ["--data", str(tmp_path), "--out", str(tmp_path / "run")]
    assert main(["train", "reconstructor", *data, *words]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
