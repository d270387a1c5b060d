"""The adversary of rendered patches: its objective, its penalty, and runs against it."""

import math

import numpy as np
import pytest
import torch

from panic3d.errors import ConfigError
from panic3d.train.adversary import (
    PENALTY_EVERY,
    AdversaryOptions,
    Critic,
    Judged,
    convincing_loss,
    critic_losses,
    gradient_penalty,
    telling_loss,
)
from panic3d.train.head_task import HeadOptions, HeadTask
from panic3d.train.take_rays import CAMERA_NUMBERS
from panic3d.train.task import RunConfig

from .taken import NETWORK, take

pytestmark = pytest.mark.usefixtures("one_thread")

pytest.importorskip("lightning_fabric", reason="pip install 'panic3d[train]'")

CPU = torch.device("cpu")
SMALL = AdversaryOptions(weight=0.05, channel_base=128, channel_max=16)
HEAD = HeadOptions(
    points=128, surface_points=64, patch=16, samples=12, view_weight=2.0, adversary=SMALL
)
CONFIG = RunConfig(steps=6, batch=4, warm_up=2, adversary_rate=2.0)


def critic_and_patches():
    torch.manual_seed(0)
    critic = Critic(SMALL, 16)
    return (
        critic,
        torch.rand(4, 3, 16, 16),
        torch.rand(4, 3, 16, 16),
        torch.randn(4, CAMERA_NUMBERS),
    )


def test_the_penalty_of_a_linear_critic_is_its_slope_squared():
    """Closed form: the gradient of a . x + b . y is (a, b), whatever x and y are."""
    a, b = torch.randn(3, 8, 8), torch.randn(3, 4, 4)
    a.requires_grad_()
    x, y = torch.randn(5, 3, 8, 8).requires_grad_(), torch.randn(5, 3, 4, 4).requires_grad_()
    logits = ((a * x).sum((1, 2, 3)) + (b * y).sum((1, 2, 3)))[:, None]
    steep = gradient_penalty(logits, [x, y])
    expected = float((a.square().sum() + b.square().sum()).detach())
    torch.testing.assert_close(steep, torch.full((5,), expected))
    (slope,) = torch.autograd.grad(steep.mean(), a)  # it is learned from: once more a gradient
    torch.testing.assert_close(slope, 2 * a.detach())


def test_the_penalty_of_the_critic_is_what_differences_say():
    """Oracle: central differences in float64, along the gradient, of both inputs."""
    critic, real, made, camera = critic_and_patches()
    judged = critic(real, made, camera, True)
    network = critic.network.double()
    image, twin = (each.double() for each in critic._inputs(real))
    image.requires_grad_(), twin.requires_grad_()
    steep = gradient_penalty(network(image, twin, camera.double()), [image, twin])
    torch.testing.assert_close(judged.penalty, steep.float(), rtol=1e-3, atol=1e-7)
    found = torch.autograd.grad(network(image, twin, camera.double()).sum(), [image, twin])
    length = math.sqrt(sum(float(each.square().sum()) for each in found))
    step = [1e-4 * each / length for each in found]
    with torch.no_grad():
        high, low = (
            float(network(image + s * step[0], twin + s * step[1], camera.double()).sum())
            for s in (1, -1)
        )
    assert (high - low) / 2e-4 == pytest.approx(length, rel=1e-3)
    # Over all samples: the deviation of a group ties its members' gradients together.
    assert float(steep.detach().sum()) == pytest.approx(length**2, rel=1e-6)


def test_the_objective_by_hand():
    real, made = torch.tensor([[2.0], [-1.0]]), torch.tensor([[0.5], [-3.0]])

    def said(p):
        return -math.log(1 / (1 + math.exp(-p)))

    assert float(convincing_loss(made)) == pytest.approx((said(0.5) + said(-3)) / 2)
    telling = (said(-0.5) + said(3)) / 2 + (said(2) + said(-1)) / 2
    assert float(telling_loss(real, made)) == pytest.approx(telling)
    found = critic_losses(Judged(real, made, torch.tensor([1.0, 3.0])), True, 0.5)
    assert float(found["penalty"]) == pytest.approx(0.25 * 2 * PENALTY_EVERY)
    assert float(found["total"]) == pytest.approx(telling + float(found["penalty"]))
    assert float(found["tells"]) == 0.5
    assert float(critic_losses(Judged(real, made, torch.zeros(2)), False, 0.5)["penalty"]) == 0


def test_the_critic_sees_the_twin_and_where_the_patch_is():
    critic, real, made, camera = critic_and_patches()
    with torch.no_grad():
        plain = critic(real, made, camera, False)
        torch.testing.assert_close(critic.logits(real, camera), plain.real)
        moved = critic.logits(real, camera.roll(1, 0))
        image, twin = critic._inputs(real)
        other = critic.network(image, -twin, camera)
    assert float(plain.penalty.abs().max()) == 0
    assert float((moved - plain.real).abs().min()) > 0
    assert float((other - plain.real).abs().min()) > 0
    assert twin.shape[-1] == 8 and float(image.min()) >= -1


def test_a_critic_in_half_precision_does_not_exist():
    """Invariant: bfloat16 around it changes no bit."""
    critic, real, made, camera = critic_and_patches()
    plain = critic(real, made, camera, True)
    with torch.autocast("cpu", torch.bfloat16):
        other = critic(real, made, camera, True)
    assert all(torch.equal(a, b) for a, b in zip(plain, other, strict=True))


def test_it_tells_true_from_made_and_the_reconstructor_learns_against_it():
    """Oracle: the ball; the first patches are fog, which a critic tells at once."""
    from panic3d.train.fabric_trainer import FabricTrainer, batch_of

    config = RunConfig(steps=50, batch=4, learning_rate=3e-3, warm_up=5, adversary_rate=3.0)
    trainer = FabricTrainer(HeadTask(NETWORK, [take()], HEAD), config, CPU)
    found = [trainer.advance(batch_of(trainer.task, config, step)) for step in range(config.steps)]
    assert all(bool(value.isfinite()) for one in found for value in one.values())
    tells = torch.stack([one["critic/tells"] for one in found])
    assert float(tells[10:25].mean()) > 0.8 > float(tells[-15:].mean())
    penalised = [float(one["critic/penalty"]) for one in found]
    assert 0 < sum(p > 0 for p in penalised) < 15
    for name in ("labels", "view_colours"):
        first, last = (
            torch.stack([one[name] for one in part]).mean() for part in (found[:5], found[-5:])
        )
        assert last < 0.8 * first, name
    # The reconstructor hears of it.
    assert float(found[-1]["adversarial"]) > 0
    assert next(iter(trainer.networks)) == "reconstructor"


@pytest.mark.parametrize("mixed", [False, True])
def test_three_steps_and_three_more_are_six(mixed, tmp_path):
    """Invariant: a run that stops and continues ends with the bits of one that did not."""
    pytest.importorskip("tensorboardX", reason="pip install 'panic3d[train]'")
    from dataclasses import replace

    from panic3d.train.fabric_run import resume_run, save_run, steps
    from panic3d.train.fabric_trainer import FabricTrainer, batch_of

    config = replace(CONFIG, mixed_precision=mixed, seed=11)
    task = HeadTask(NETWORK, [take()], HEAD)
    lots = [bool(batch_of(task, config, step)["penalised"][0]) for step in range(6)]
    assert any(lots) and not all(lots)
    whole = FabricTrainer(task, config, CPU)
    for arrays in steps(task, config, 0, 0):
        whole.advance(arrays)
    half = resume_run(tmp_path, task, config, CPU)
    for step in range(3):
        half.advance(batch_of(task, config, step))
    save_run(tmp_path, half, "test")
    rest = resume_run(tmp_path, task, config, CPU)
    for arrays in steps(task, config, rest.step, 0):
        rest.advance(arrays)
    one, other = whole.state(), rest.state()
    assert any(name.startswith("critic/exp_avg/") for name in one)
    assert all(torch.equal(other[name], value) for name, value in one.items())


def test_each_step_moves_its_own_player_at_its_own_rate():
    from panic3d.train.fabric_trainer import FabricTrainer, batch_of

    trainer = FabricTrainer(HeadTask(NETWORK, [take()], HEAD), CONFIG, CPU)
    before = {name: value.clone() for name, value in trainer.state().items()}
    trainer.advance(batch_of(trainer.task, CONFIG, 0))
    moved = {
        player: max(
            float((value - before[name]).abs().max())
            for name, value in trainer.state().items()
            if name.startswith(f"{player}/network/")
        )
        for player in ("reconstructor", "critic")
    }
    # Adam's first step is as long as its rate.
    assert moved["reconstructor"] == pytest.approx(trainer.learning_rate(0), rel=0.05)
    assert moved["critic"] == pytest.approx(2 * trainer.learning_rate(0), rel=0.05)


def test_batches_without_an_adversary_are_as_they_were():
    """Invariant: an adversary's lot is drawn last."""
    plain = HeadTask(NETWORK, [take()], HeadOptions(points=128, surface_points=64, patch=16))
    other = HeadTask(
        NETWORK,
        [take()],
        HeadOptions(points=128, surface_points=64, patch=16, adversary=SMALL),
    )
    one, two = (task.batch(np.random.default_rng(2), 3) for task in (plain, other))
    assert set(two) - set(one) == {"penalised"} and two["penalised"].shape == (3,)
    assert all(np.array_equal(two[name], value) for name, value in one.items())


def test_what_cannot_be_is_refused():
    for patch in (0, 4, 24):
        with pytest.raises(ConfigError, match="power of two"):
            HeadOptions(patch=patch, adversary=SMALL)
    with pytest.raises(ConfigError, match="gamma"):
        AdversaryOptions(gamma=-1.0)
    with pytest.raises(ConfigError, match="resizing"):
        AdversaryOptions(resizing=2.0)
    with pytest.raises(ConfigError, match="group_size"):
        AdversaryOptions(group_size=0)
