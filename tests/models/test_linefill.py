"""The line filler and its adversary; their numbers are compared with the original in parity/."""

import math
from typing import cast

import pytest
import torch
from torch.nn import functional

from panic3d.errors import ConfigError, ShapeError
from panic3d.models.linefill import (
    LineFillConfig,
    LineFillDiscriminator,
    LineFillDiscriminatorConfig,
    LineFiller,
    Smoothing,
    lay_over,
    line_fill_loss,
)


def filler(channels=3, width=8, depth=3, **options):
    torch.manual_seed(0)
    config = LineFillConfig(channels=channels, width=width, depth=depth, **options)
    return LineFiller(config).eval()


def judge(channels=3, **options):
    torch.manual_seed(0)
    values = {"channels": channels, "width": 16, "depth": 4, **options}
    return LineFillDiscriminator(LineFillDiscriminatorConfig(**values)).eval()


def inputs(h=20, w=26, n=2, seed=0):
    generator = torch.Generator().manual_seed(seed)
    picture = torch.rand(n, 3, h, w, generator=generator)
    lines, hull = ((torch.rand(2, n, 1, h, w, generator=generator) > 0.7).float()).unbind(0)
    return picture, lines, hull


@pytest.mark.parametrize(("channels", "numbers"), [(4, (39_363, 7_648)), (3, (39_075, 7_504))])
def test_sizes_are_the_paper_s(channels, numbers):
    """Oracle: the reference's counts of trainable parameters."""
    networks = filler(channels, 32, 6), judge(channels)
    assert tuple(sum(p.numel() for p in n.parameters()) for n in networks) == numbers


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize(("h", "w"), [(20, 26), (1, 1), (7, 40)])
def test_what_is_painted_is_as_large_as_the_picture(channels, h, w):
    picture, lines, hull = inputs(h, w)
    painted = filler(channels)(picture, lines, hull)
    assert painted.shape == picture.shape and painted.abs().max() < 1


def test_padding_repeats_the_border_after_the_lines_are_blacked_out():
    """Oracle: the same done by hand, and the middle without padding."""
    network, (picture, lines, hull) = filler(4), inputs()
    bordered = functional.pad(
        torch.cat([picture * (1 - lines), hull], 1), (3, 3, 3, 3), mode="replicate"
    )
    painted = network(picture, lines, hull)
    torch.testing.assert_close(painted, network.generator(bordered))
    bare = network(picture, lines, hull, pad=False)
    torch.testing.assert_close(bare, painted[..., 3:-3, 3:-3])


def test_what_is_under_a_line_is_not_seen_unless_asked_for():
    picture, lines, _ = inputs()
    other = torch.where(lines > 0, 1 - picture, picture)
    assert torch.equal(filler()(picture, lines), filler()(other, lines))
    curious = filler(mask_input=False)
    assert not torch.allclose(curious(picture, lines), curious(other, lines))


def test_three_channels_need_no_hull_and_four_do():
    picture, lines, hull = inputs()
    assert torch.equal(filler(3)(picture, lines), filler(3)(picture, lines, hull))
    assert not torch.allclose(filler(4)(picture, lines, hull), filler(4)(picture, lines, 1 - hull))
    with pytest.raises(ShapeError, match="fourth channel"):
        filler(4)(picture, lines)


def test_pixels_outside_the_lines_are_untouched_to_the_bit():
    picture, lines, _ = inputs()
    painted = torch.randn(picture.shape, generator=torch.Generator().manual_seed(1)) * 1e6
    over = lay_over(picture, painted, lines)
    assert torch.equal(over, torch.where(lines > 0, painted, picture))


@pytest.mark.parametrize("side", [21, 9, 5, 1])
def test_patches_are_cut_to_their_middle_or_filled_up(side):
    """Oracle: the middle 9 x 9 pixels cut out, or the border repeated, beforehand."""
    network = judge(4)
    picture, _, hull = inputs(side, side, 3)
    margin = (side - 9) // 2
    if margin >= 0:
        cut = [x[..., margin : side - margin, margin : side - margin] for x in (picture, hull)]
    else:
        cut = [functional.pad(x, [-margin] * 4, mode="replicate") for x in (picture, hull)]
    found = network(picture, hull)
    torch.testing.assert_close(found, network.discriminator(torch.cat(cut, 1)).mean(1)[:, 0, 0])


def test_the_loss_by_hand():
    """Oracle: the formula for one patch: targets of 0.4 and 1.2, or 0.1 and 0.9."""
    filled, truth = torch.full((2, 3, 2, 2), 0.75), torch.full((2, 3, 2, 2), 0.5)
    logits, real = torch.tensor([0.3, -0.7]), torch.tensor([0.0, 1.0])
    every: dict[Smoothing, tuple[float, float]] = {"paper": (0.4, 1.2), "fixed": (0.1, 0.9)}
    for mode, targets in every.items():
        found = line_fill_loss(
            filled, truth, logits, real, mode=mode, l1_weight=2.0, adversarial_weight=3.0
        )
        for k, (z, t) in enumerate(zip(logits.tolist(), targets, strict=True)):
            expected = math.log(1 + math.exp(z)) - t * z
            assert found.adversarial[k] == pytest.approx(expected, abs=1e-6)
            assert found.l1[k] == pytest.approx(0.25)
            assert found.total[k] == pytest.approx(0.5 + 3 * expected, abs=1e-5)


def test_only_the_paper_s_labels_leave_the_loss_without_a_lower_bound():
    x, real = torch.zeros(1, 3, 2, 2), torch.ones(1)
    every: dict[Smoothing, bool] = {"paper": False, "fixed": True}
    for mode, bounded in every.items():
        far = line_fill_loss(x, x, torch.tensor([1e4]), real, mode=mode).total
        assert bool(far > 0) == bounded


def test_one_step_of_training_helps():
    """Oracle: the loss itself, after a step against its gradient."""
    network, (picture, lines, _) = filler().train(), inputs()
    optimiser = torch.optim.SGD(network.parameters(), lr=0.05)
    losses = []
    for _ in range(3):
        filled = lay_over(picture, network(picture, lines), lines)
        loss = line_fill_loss(filled, picture, torch.zeros(2), torch.ones(2)).l1.mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("change", [{"channels": 5}, {"width": 0}, {"depth": 0}])
def test_bad_sizes_are_refused(change):
    values = {"channels": 3, "width": 8, "depth": 2, **change}
    for kind in (LineFillConfig, LineFillDiscriminatorConfig):
        with pytest.raises(ConfigError):
            kind(**values)


def test_a_patch_that_is_too_small_for_the_adversary_is_refused(unchecked):
    with pytest.raises(ConfigError, match="at least 9"):
        LineFillDiscriminatorConfig(channels=3, width=4, depth=4, patch_size=8)
    with pytest.raises(ShapeError, match="odd side"):
        judge()(torch.zeros(1, 3, 20, 20))


@pytest.mark.parametrize(
    ("picture", "lines", "hull", "pad"),
    [
        ((1, 4, 9, 9), (1, 1, 9, 9), (1, 1, 9, 9), True),
        ((1, 3, 9, 9), (1, 1, 9, 8), (1, 1, 9, 9), True),
        ((1, 3, 9, 9), (1, 1, 9, 9), (1, 9, 9), True),
        ((1, 3, 6, 9), (1, 1, 6, 9), (1, 1, 6, 9), False),
    ],
)
def test_other_shapes_are_refused(unchecked, picture, lines, hull, pad):
    """The original failed on a hull of three axes, as its own wrapper made it."""
    with pytest.raises(ShapeError):
        filler(4)(torch.zeros(picture), torch.zeros(lines), torch.zeros(hull), pad=pad)


def test_other_labels_are_refused(unchecked):
    x, one = torch.zeros(1, 3, 2, 2), torch.zeros(1)
    with pytest.raises(ConfigError, match="mode"):
        line_fill_loss(x, x, one, one, mode=cast(Smoothing, "published"))
    with pytest.raises(ConfigError, match="smoothing"):
        line_fill_loss(x, x, one, one, smoothing=1.5)
    with pytest.raises(ShapeError, match="logits"):
        line_fill_loss(x, x, torch.zeros(2), one)
