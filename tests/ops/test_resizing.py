"""Pictures resized to squares; the recorded losses of the original hold numbers of every mode."""

import pytest
import torch
from torch.nn import functional

from panic3d.errors import ConfigError, ShapeError
from panic3d.ops.resizing import resized_square

PICTURE = torch.rand(1, 3, 12, 12, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("how", ["antialiased", "none", 0.3])
def test_resizing_down_keeps_what_is_even(how):
    constant = torch.full((1, 3, 12, 12), 0.3)
    torch.testing.assert_close(resized_square(constant, 5, how), torch.full((1, 3, 5, 5), 0.3))


def test_the_classic_way_keeps_what_is_even_away_from_the_border():
    """Oracle: its filters sum to 1, and see zeros beyond the picture."""
    small = resized_square(torch.ones(1, 1, 24, 24), 8, "classic")
    torch.testing.assert_close(small[..., 1:-1, 1:-1], torch.ones(1, 1, 6, 6))
    assert bool((small[..., 0, :] < 1).all())


def test_resizing_up_is_plain_bilinear():
    plain = functional.interpolate(PICTURE, (16, 16), mode="bilinear")
    torch.testing.assert_close(resized_square(PICTURE, 16), plain)
    torch.testing.assert_close(resized_square(PICTURE, 16, "none"), plain)


def test_halving_with_a_filter_is_a_tent_of_four():
    """Oracle: the antialiased kernel at a half is (1, 3, 3, 1) / 8 each way."""
    around = PICTURE[..., 1:-1, 1:-1].unfold(2, 4, 2).unfold(3, 4, 2)
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
    by_hand = torch.einsum("i,j,nchwij->nchw", taps, taps, around)
    torch.testing.assert_close(resized_square(PICTURE, 6)[..., 1:-1, 1:-1], by_hand)


def test_a_number_lies_between():
    none, wide = (resized_square(PICTURE, 5, how) for how in ("none", "antialiased"))
    torch.testing.assert_close(resized_square(PICTURE, 5, 0.25), 0.75 * none + 0.25 * wide)


@pytest.mark.parametrize(
    ("how", "words"), [("sharp", "antialiased, classic, none"), (1.5, "0 to 1")]
)
def test_what_is_no_way_is_refused(unchecked, how, words):
    with pytest.raises(ConfigError, match=words):
        resized_square(PICTURE, 5, how)


def test_one_picture_is_no_batch(unchecked):
    with pytest.raises(ShapeError, match="picture"):
        resized_square(PICTURE[0], 5)
