import numpy as np
import pytest
import torch

from panic3d.errors import ShapeError
from panic3d.image import Picture
from panic3d.ops.pictures import picture_of, tensor_of


def some_picture(height=5, width=7):
    rng = np.random.default_rng(0)
    return Picture(rng.integers(0, 256, (height, width, 4), dtype=np.uint8))


def test_a_picture_as_a_tensor_has_its_colours_without_alpha():
    """Oracle: level / 255, channels first."""
    picture = some_picture()
    found = tensor_of(picture)
    assert found.shape == (1, 3, 5, 7) and found.dtype == torch.float32
    for c in range(3):
        assert (
            found[0, c].tolist() == (picture.rgba[..., c].astype("f4") / np.float32(255)).tolist()
        )


def test_every_level_survives_the_way_to_a_tensor_and_back():
    """Oracle: there and back; truncation must not lose a level to rounding."""
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    picture = Picture(np.stack([levels, levels.T, levels[::-1], np.full_like(levels, 255)], -1))
    np.testing.assert_array_equal(picture_of(tensor_of(picture)[0]).rgba, picture.rgba)


@pytest.mark.parametrize(
    ("value", "level"),
    [(0.0, 0), (1.0, 255), (0.999, 254), (127.9 / 255, 127), (-3.0, 0), (7.0, 255), (0.5, 127)],
)
def test_values_are_clamped_and_truncated_not_rounded(value, level):
    """Oracle: floor(255 v) between 0 and 255."""
    found = picture_of(torch.full((3, 1, 1), value), torch.full((1, 1), value))
    assert found.rgba[0, 0].tolist() == [level] * 4


def test_a_picture_without_alpha_is_opaque():
    assert (picture_of(torch.zeros(3, 2, 2)).rgba[..., 3] == 255).all()


def test_tensors_that_need_gradients_can_be_shown():
    assert picture_of(torch.ones(3, 1, 1, requires_grad=True)).rgba[0, 0, 0] == 255


@pytest.mark.parametrize("shape", [(2, 3), (3, 2), (1, 2, 2), (2,), (0, 2)])
def test_an_alpha_of_another_shape_is_refused(unchecked, shape):
    with pytest.raises(ShapeError, match="alpha"):
        picture_of(torch.zeros(3, 2, 2), torch.ones(shape))


@pytest.mark.parametrize("shape", [(4, 2, 2), (1, 3, 2, 2), (2, 2)])
def test_colours_of_another_shape_are_refused(unchecked, shape):
    with pytest.raises(ShapeError, match="rgb"):
        picture_of(torch.zeros(shape))
