"""The matting network and its loss."""

import pytest
import torch

from panic3d.errors import ShapeError
from panic3d.models.matting import MattingConfig, MattingNetwork, matting_loss, prior_of

SMALL = MattingConfig(image_size=32, channels=(8, 16), blocks=(0, 1))


def square():
    matte = torch.zeros(1, 1, 32, 32)
    matte[..., 8:24, 10:20] = 1
    return matte


def test_the_loss_is_nothing_for_the_truth_and_blind_where_nothing_is_known():
    matte, ones = square(), torch.ones(1, 1, 32, 32)
    right = matting_loss(40 * matte - 20, matte, ones)
    assert max(map(float, right)) < 1e-4
    wrong = 40 * matte - 20
    wrong[..., 8:12, :] = 20.0
    found = matting_loss(wrong, matte, ones)
    # 4 rows of 22 pixels are too much; the union is 160 and these.
    assert float(found.overlap) == pytest.approx(1 - 161 / (160 + 88 + 1), abs=1e-4)
    ones[..., 7:13, :] = 0
    assert max(map(float, matting_loss(wrong, matte, ones))) < 1e-4


def test_alpha_has_the_pictures_size_and_the_network_its_numbers():
    assert MattingNetwork(SMALL)(torch.rand(2, 3, 32, 48)).shape == (2, 1, 32, 48)
    count = sum(p.numel() for p in MattingNetwork(MattingConfig()).parameters())
    assert 700_000 < count < 900_000


def test_what_changes_in_the_picture_changes_alpha_there():
    """Oracle: a change in the upper left corner; pixels must not be shuffled elsewhere."""
    torch.manual_seed(0)
    network, picture = MattingNetwork(SMALL).eval(), torch.full((1, 3, 32, 32), 0.5)
    other = picture.clone()
    other[..., 4:6, 8:10] = 1.0
    moved = (network(other) - network(picture)).abs()[0, 0]
    row, column = divmod(int(moved.argmax()), 32)
    assert abs(row - 4.5) < 5 and abs(column - 8.5) < 5


def test_sides_that_are_no_multiples_are_refused(unchecked):
    with pytest.raises(ShapeError, match="multiples of 4"):
        MattingNetwork(SMALL)(torch.rand(1, 3, 30, 32))


def test_a_prior_is_read_by_those_that_read_one_and_none_is_nowhere_known(unchecked):
    torch.manual_seed(0)
    reads = MattingNetwork(
        MattingConfig(image_size=32, channels=(8, 16), blocks=(0, 1), reads_prior=True)
    )
    picture, prior = torch.rand(1, 3, 32, 32), prior_of(square())
    assert set(prior.unique().tolist()) == {-1.0, 1.0}
    alone = reads(picture)
    torch.testing.assert_close(reads(picture, torch.zeros_like(prior)), alone, rtol=0, atol=0)
    assert (reads(picture, prior) - alone).abs().max() > 1e-3
    with pytest.raises(ShapeError, match="prior"):
        reads(picture, prior[..., :16])
    with pytest.raises(ShapeError, match="reads none"):
        MattingNetwork(SMALL)(picture, prior)
