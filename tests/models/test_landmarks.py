"""The landmark network's parts."""

import math
from dataclasses import replace

import pytest
import torch

from panic3d.errors import ConfigError, ShapeError
from panic3d.models.landmarks import (
    TRUSTED_OFF,
    FoundLandmarks,
    LandmarkConfig,
    LandmarkNetwork,
    Mend,
    landmark_loss,
    mean_places,
    rotation_of,
    shares,
)

SMALL = LandmarkConfig(image_size=32, channels=(8, 16, 16), blocks=(0, 1, 1))


def test_a_peak_is_where_its_pixel_is():
    """Oracle: middles of pixels are halves."""
    heat = torch.full((1, 2, 8, 4), -50.0)
    heat[0, 0, 3, 1] = heat[0, 1, 0, 3] = 50.0
    expected = torch.tensor([[[1.5 / 4, 3.5 / 8], [3.5 / 4, 0.5 / 8]]])
    torch.testing.assert_close(mean_places(shares(heat)), expected)


def test_rotations_are_rotations_and_keep_what_is_one():
    """Oracle: a proper rotation has R R^T = 1 and determinant 1."""
    found = rotation_of(torch.randn(20, 6, generator=torch.Generator().manual_seed(0)))
    torch.testing.assert_close(found @ found.mT, torch.eye(3).expand(20, 3, 3), atol=1e-5, rtol=0)
    torch.testing.assert_close(torch.linalg.det(found), torch.ones(20))
    again = rotation_of(found.mT[:, :2].reshape(20, 6))
    torch.testing.assert_close(again, found, atol=1e-5, rtol=0)


def test_doubt_is_least_where_the_expected_error_is_half_the_error():
    """Oracle: the derivative of d / b + 2 log b is nothing at b = d / 2."""
    points = torch.zeros(1, 28, 2)
    points[..., 0] = 0.1
    turn, ones = torch.eye(3)[None], torch.ones(1, 28)

    def doubt(off):
        found = FoundLandmarks(points, torch.full((1, 28), off), turn)
        return float(landmark_loss(found, torch.zeros(1, 28, 2), ones, turn).doubt)

    assert doubt(0.05) == pytest.approx(2 + 2 * math.log(0.05), abs=1e-3)
    assert doubt(0.05) < min(doubt(0.045), doubt(0.055))
    sure = FoundLandmarks(points, torch.full((1, 28), TRUSTED_OFF), turn).confidence
    torch.testing.assert_close(sure, torch.full((1, 28), 0.5))


def test_the_loss_of_rotations_grows_with_their_angle_and_weights_hide_points():
    found = FoundLandmarks(torch.rand(2, 28, 2), torch.ones(2, 28), torch.eye(3).expand(2, 3, 3))
    angle = 0.3
    c, s = math.cos(angle), math.sin(angle)
    turn = torch.tensor([[c, -s, 0], [s, c, 0], [0, 0, 1]]).expand(2, 3, 3)
    loss = landmark_loss(found, torch.rand(2, 28, 2), torch.zeros(2, 28), turn)
    assert float(loss.points) == 0
    assert float(loss.rotation) == pytest.approx(math.sqrt(2 - 2 * c), abs=1e-3)


def test_what_points_err_in_common_is_told_apart_from_what_each_errs_alone():
    """Oracle: a similarity of a known shift, scale and turn; noise of mean 0 that is neither."""
    true = torch.rand(1, 28, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    turn, ones = torch.eye(3)[None], torch.ones(1, 28)

    def whole(points):
        found = FoundLandmarks(points.float(), torch.ones(1, 28), turn)
        return float(landmark_loss(found, true.float(), ones, turn).whole)

    middle = true.mean(1, keepdim=True)
    spread = float((true - middle).square().sum(-1).mean().sqrt())
    assert whole(true + torch.tensor([0.03, 0.04])) == pytest.approx(0.05, abs=2e-4)
    assert whole(middle + (true - middle) * 1.1) == pytest.approx(0.1 * spread, abs=2e-4)
    c, s = math.cos(0.1), math.sin(0.1)
    turned = middle + (true - middle) @ torch.tensor([[c, s], [-s, c]], dtype=torch.float64)
    assert whole(turned) == pytest.approx(2 * math.sin(0.05) * spread, abs=2e-4)
    # Off along the normal of an ellipse, in turns: no shift, no scale, no turn.
    around = torch.arange(28, dtype=torch.float64) * (2 * math.pi / 28)
    true = torch.stack([around.cos(), around.sin()], -1)[None] * 0.3
    noise = true * 0.2 * torch.tensor([1.0, -1.0], dtype=torch.float64).repeat(14)[:, None]
    assert whole(true + noise) < 0.01 * float(noise.norm(dim=-1).mean()) + 3e-4


def test_the_network_has_a_million_numbers_and_starts_straight_ahead():
    count = sum(p.numel() for p in LandmarkNetwork(LandmarkConfig()).parameters())
    assert 900_000 < count < 1_250_000
    network = LandmarkNetwork(SMALL).eval()
    found = network(torch.rand(3, 3, 32, 32))
    assert found.points.shape == (3, 28, 2) and found.off.shape == (3, 28)
    assert (found.rotation - torch.eye(3)).abs().max() < 0.3
    assert ((found.points > 0) & (found.points < 1)).all()


def test_what_mends_changes_nothing_at_first_and_reads_everything():
    """Closed form, and property: each of what it reads moves points and rotation."""
    fine, whole = torch.rand(2, 16, 8, 8), torch.rand(2, 64)
    share = shares(torch.randn(2, 28, 8, 8))
    points = mean_places(share)
    mend = Mend(16, 24)
    moved, turned = mend(points, share, fine, whole)
    assert moved.shape == points.shape and turned.shape == (2, 6)
    assert not moved.any() and not turned.any()
    torch.nn.init.normal_(mend.last.weight)
    known = mend(points, share, fine, whole)
    others = (
        mend(points + 0.1, share, fine, whole),
        mend(points, share.flip(-1), fine, whole),
        mend(points, share, fine + 1, whole),
        mend(points, share, fine, whole + 1),
    )
    for other in others:
        assert all((a != b).any() for a, b in zip(known, other, strict=True))


def test_a_network_that_mends_begins_as_one_that_does_not():
    """Oracle: the same weights without the part, which then has no say."""
    network = LandmarkNetwork(replace(SMALL, mending=12)).eval()
    plain = LandmarkNetwork(SMALL).eval()
    plain.load_state_dict(
        {k: v for k, v in network.state_dict().items() if not k.startswith("mend.")}
    )
    picture = torch.rand(2, 3, 32, 32)
    for ours, theirs in zip(network(picture), plain(picture), strict=True):
        assert torch.equal(ours, theirs)
    with pytest.raises(ConfigError, match="mending is -1"):
        LandmarkConfig(mending=-1)


def test_another_size_is_refused(unchecked):
    with pytest.raises(ShapeError, match="crop"):
        LandmarkNetwork(SMALL)(torch.rand(1, 3, 64, 64))
