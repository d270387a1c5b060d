"""What landmarks and rotations err together is what the alignment errs."""

import numpy as np
import pytest
import torch

from panic3d.pipeline.align import align, head_turn
from panic3d.pipeline.mean_face import FRAME, mean_face
from panic3d.train.alignment_loss import alignment_loss


def one(values):
    return torch.tensor(np.asarray(values), dtype=torch.float32)[None]


def case(seed):
    """A face somewhere in a crop, and landmarks and a rotation a little off."""
    rng = np.random.default_rng(seed)
    turn = head_turn(*(rng.normal(0, 1, 3) * [25, 10, 15]))
    points = mean_face().pixels(turn) / 700 + rng.uniform(0, 0.2, 2)
    found = points + rng.normal(0, 0.003, points.shape) + rng.normal(0, 0.01, 2)
    other = head_turn(*rng.normal(0, 3, 3)) @ turn
    return found, other, rng.uniform(0.5, 1, 28), points, turn


@pytest.mark.parametrize("seed", range(5))
def test_it_is_what_the_alignment_errs(seed):
    """Oracle: the product's own alignment, whose robust fit has no outliers to leave out here."""
    found, other, confidence, points, turn = case(seed)
    ours = align(found, other, confidence).to_frame
    between = align(points, turn).to_frame.inverse().then(ours)
    middle = np.full((1, 2), FRAME / 2)
    shift = float(np.linalg.norm(between(middle) - middle))
    ratio = between.scale * np.exp(1j * np.radians(between.angle_deg)) - 1
    loss = alignment_loss(one(found), one(other), one(confidence), one(points), one(turn))
    assert float(loss.shift) * FRAME == pytest.approx(shift, rel=0.1, abs=0.2)
    assert float(loss.size) == pytest.approx(abs(ratio), rel=0.25, abs=2e-3)


def test_the_truth_errs_nothing_and_an_error_teaches_both():
    found, other, confidence, points, turn = map(one, case(9))
    none = alignment_loss(points, turn, confidence * 0 + 1, points, turn)
    assert float(none.shift) < 1e-4 and float(none.size) < 1e-4
    found.requires_grad_(), other.requires_grad_()
    loss = alignment_loss(found, other, confidence, points, turn)
    (loss.shift + loss.size).backward()
    for value in (found, other):
        assert value.grad is not None and value.grad.isfinite().all() and value.grad.any()


def test_doubtful_landmarks_count_less():
    _, _, _, points, turn = map(one, case(3))
    found = points.clone()
    found[:, 2] += 0.2  # the chin
    sure, doubtful = torch.ones(1, 28), torch.ones(1, 28)
    doubtful[:, 2] = 0.01
    losses = [alignment_loss(found, turn, c, points, turn) for c in (sure, doubtful)]
    assert float(losses[1].size) < 0.05 * float(losses[0].size)
