"""Squares around each pixel, held to windows that are cut out one by one."""

import numpy as np
import pytest
import torch

from panic3d.ops.around import highest_around, mean_around


@pytest.mark.parametrize("radius", [1, 3, 9])
def test_each_pixel_has_what_its_window_has(radius):
    values = np.random.default_rng(radius).normal(size=(2, 1, 11, 7))
    highest, mean = (
        found(torch.from_numpy(values), radius).numpy() for found in (highest_around, mean_around)
    )
    for row in range(11):
        for column in range(7):
            rows = slice(max(row - radius, 0), row + radius + 1)
            columns = slice(max(column - radius, 0), column + radius + 1)
            window = values[:, :, rows, columns]
            np.testing.assert_array_equal(highest[:, :, row, column], window.max((2, 3)))
            np.testing.assert_allclose(mean[:, :, row, column], window.mean((2, 3)), atol=1e-12)
