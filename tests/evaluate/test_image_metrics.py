from __future__ import annotations

import math

import numpy as np
import pytest

from panic3d.errors import PictureError
from panic3d.evaluate.image_metrics import (
    depth_error,
    normal_error,
    paper_data_range,
    psnr,
    silhouette_iou,
    ssim,
)


def grey(level, size=(16, 20)):
    return np.full((*size, 3), level, np.float32)


@pytest.mark.parametrize(("step", "decibels"), [(0.1, 20.0), (1.0, 0.0), (0.01, 40.0)])
def test_psnr_of_an_even_difference(step, decibels):
    """Oracle: 20 log10(range / difference)."""
    assert psnr(grey(step), grey(0.0)) == pytest.approx(decibels, abs=1e-4)
    assert psnr(grey(step), grey(0.0), 0.5) == pytest.approx(decibels - 6.0206, abs=1e-4)


def test_psnr_of_equal_pictures_is_infinite_and_without_a_range_minus_that():
    assert psnr(grey(0.3), grey(0.3)) == math.inf
    assert psnr(grey(0.3), grey(0.0), paper_data_range(grey(0.0))) == -math.inf


def test_the_paper_s_range_counts_zero_in():
    """Oracle: the specification: max(truth, 0) - min(truth, 0); white makes it 1."""
    assert paper_data_range(np.array([0.25, 0.5])) == 0.5
    assert paper_data_range(np.array([-0.25, 0.5])) == 0.75
    assert paper_data_range(np.array([-0.25, -0.5])) == 0.5
    assert paper_data_range(np.array([0.25, 1.0])) == 1.0


def test_ssim_of_even_pictures():
    """Oracle: without variance (2ab + C1) / (a^2 + b^2 + C1) is left."""
    for a, b in ((0.2, 0.8), (0.0, 1.0), (0.5, 0.5)):
        wanted = (2 * a * b + 1e-4) / (a * a + b * b + 1e-4)
        assert ssim(grey(a), grey(b)) == pytest.approx(wanted, abs=1e-6)


def test_ssim_of_a_picture_and_its_negative():
    """Oracle: around 1/2 means agree and the covariance is minus the variance, up to C2."""
    rng = np.random.default_rng(0)
    picture = rng.random((64, 64, 3), dtype=np.float32)
    assert -1 <= ssim(picture, 1 - picture) < -0.9


@pytest.mark.parametrize("noise", [0.02, 0.3])
def test_ssim_is_that_of_scikit_image(noise):
    """Oracle: scikit-image with the settings it names for Wang et al."""
    from skimage.metrics import structural_similarity

    rng = np.random.default_rng(1)
    truth = rng.random((40, 50, 3), dtype=np.float32)
    predicted = np.clip(truth + noise * rng.standard_normal(truth.shape, np.float32), 0, 1)
    wanted = structural_similarity(
        predicted.astype(np.float64),
        truth.astype(np.float64),
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=1.0,
        channel_axis=2,
    )
    assert ssim(predicted, truth) == pytest.approx(wanted, abs=1e-9)


def test_silhouettes_share_what_lies_in_both():
    """Oracle: two bars of 4 and 3 columns that have 1 in common; 127 is not opaque."""
    ours, theirs = np.zeros((5, 10), np.uint8), np.full((5, 10), 127, np.uint8)
    ours[:, :4] = 128
    theirs[:, 3:6] = 255
    assert silhouette_iou(ours, theirs) == pytest.approx(1 / 6)
    assert silhouette_iou(ours >= 128, theirs) == pytest.approx(1 / 6)
    assert silhouette_iou(theirs, theirs) == 1.0


def test_silhouettes_of_nothing():
    nothing, something = np.zeros((3, 3), np.uint8), np.full((3, 3), 255, np.uint8)
    assert silhouette_iou(nothing, nothing) == 1.0
    assert silhouette_iou(nothing, something) == silhouette_iou(something, nothing) == 0.0


def test_depth_is_compared_where_both_have_one():
    """Oracle: 2 cm and 4 cm at the two common pixels of four."""
    truth = np.array([[1.0, 1.0, np.nan, 1.0, np.nan]], np.float32)
    predicted = np.array([[1.02, 0.96, 5.0, np.nan, np.nan]], np.float32)
    found = depth_error(predicted, truth)
    assert found.mean == pytest.approx(0.03, abs=1e-6)
    assert found.common == 0.5


@pytest.mark.parametrize("degrees", [0.0, 1e-4, 30.0, 90.0, 179.0, 180.0])
def test_the_error_of_turned_normals_is_the_angle(degrees):
    """Oracle: a turn about an axis across the normals; lengths play no part."""
    truth = np.zeros((2, 3, 3))
    truth[..., 2] = 1.0
    predicted = np.zeros_like(truth)
    predicted[..., 1] = 3 * math.sin(math.radians(degrees))
    predicted[..., 2] = 3 * math.cos(math.radians(degrees))
    found = normal_error(predicted, truth)
    assert found.mean == pytest.approx(degrees, abs=1e-9)
    assert found.common == 1.0
    predicted[0] = np.nan
    predicted[1, 0] = 0.0
    assert normal_error(predicted, truth).common == pytest.approx(2 / 6)


def test_maps_without_a_common_pixel_have_no_error():
    nothing = np.full((4, 4), np.nan, np.float32)
    something = np.ones((4, 4), np.float32)
    assert math.isnan(depth_error(nothing, something).mean)
    assert depth_error(nothing, something).common == 0.0
    assert math.isnan(depth_error(nothing, nothing).common)


def test_what_cannot_be_compared_is_refused(unchecked):
    with pytest.raises(PictureError, match="same"):
        psnr(grey(0.1), grey(0.1, (16, 21)))
    with pytest.raises(PictureError, match="same"):
        silhouette_iou(np.zeros((0, 4), np.uint8), np.zeros((0, 4), np.uint8))
    with pytest.raises(PictureError, match="11 x 11"):
        ssim(grey(0.1, (10, 40)), grey(0.1, (10, 40)))
