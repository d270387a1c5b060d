import pytest
import torch

from panic3d.checks import check_shape
from panic3d.errors import ShapeError


@pytest.mark.parametrize(
    ("shape", "pattern", "sizes", "expected"),
    [
        ((2, 3), "N C", {}, {"N": 2, "C": 3}),
        ((2, 3), "N 3", {}, {"N": 2}),
        ((4, 4), "S S", {}, {"S": 4}),
        ((2, 3), "N C", {"C": 3}, {"N": 2, "C": 3}),
        ((25,), "25", {}, {}),
        ((5, 6, 3), "... 3", {}, {}),
        ((3,), "... 3", {}, {}),
        ((7, 5, 6, 3), "... K 3", {}, {"K": 6}),
        ((0, 3), "N 3", {}, {"N": 0}),
        ((1, 0, 3), "N M 3", {}, {"N": 1, "M": 0}),
        ((0, 3), "... 3", {}, {}),
        ((), "", {}, {}),
    ],
)
def test_a_shape_that_fits_gives_the_sizes_of_its_axes(shape, pattern, sizes, expected):
    assert check_shape("x", torch.zeros(shape), pattern, **sizes) == expected


@pytest.mark.parametrize(
    ("shape", "pattern", "sizes"),
    [
        ((2, 3), "N", {}),
        ((2,), "N C", {}),
        ((2, 4), "N 3", {}),
        ((4, 5), "S S", {}),
        ((2, 3), "N C", {"C": 4}),
        ((3, 2), "... 3", {}),
        ((), "... 3", {}),
        ((3,), "... K 3", {}),
        ((2, 0), "N C", {}),
        ((0, 0), "S S", {}),
        ((1,), "", {}),
    ],
)
def test_a_shape_that_does_not_fit_is_refused(shape, pattern, sizes):
    with pytest.raises(ShapeError):
        check_shape("x", torch.zeros(shape), pattern, **sizes)


def test_the_message_says_what_was_found_and_what_was_expected():
    with pytest.raises(ShapeError) as caught:
        check_shape("planes", torch.zeros(2, 3, 4), "N C R R", N=2)
    assert str(caught.value) == (
        "planes has shape [2, 3, 4], expected [N, C, R, R] with N = 2: pass a tensor of that shape"
    )


@pytest.mark.parametrize("dtype", [torch.int64, torch.uint8, torch.bool, torch.complex64])
def test_what_is_no_floating_point_tensor_is_refused(dtype):
    with pytest.raises(ShapeError, match=r"expected a floating-point tensor: call \.float\(\)"):
        check_shape("x", torch.zeros(2, dtype=dtype), "N")


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_every_floating_point_tensor_will_do(dtype):
    assert check_shape("x", torch.zeros(2, dtype=dtype), "N") == {"N": 2}


@pytest.mark.parametrize("value", [None, [[1.0]], 3.0, "tensor"])
def test_what_is_no_tensor_is_refused(unchecked, value):
    with pytest.raises(ShapeError, match=f"x is a {type(value).__name__}, expected a torch tensor"):
        check_shape("x", value, "N")


def test_sizes_handed_in_are_not_written_to():
    sizes = {"N": 2}
    check_shape("x", torch.zeros(2, 5), "N C", **sizes)
    assert sizes == {"N": 2}
