"""The annotations are alive: in tests, jaxtyping and beartype look at every call."""

import jaxtyping
import pytest
import torch

from panic3d.geometry.frames import lustrous_from_world


def test_a_wrong_shape_fails():
    with pytest.raises(jaxtyping.TypeCheckError):
        lustrous_from_world(torch.zeros(5, 2))


def test_a_wrong_dtype_fails():
    with pytest.raises(jaxtyping.TypeCheckError):
        lustrous_from_world(torch.zeros(5, 3, dtype=torch.int64))


def test_a_right_shape_passes():
    assert lustrous_from_world(torch.ones(5, 3)).tolist() == [[-1.0, 1.0, -1.0]] * 5
