"""Which pixels are compared."""

import numpy as np
import pytest

from panic3d.errors import ConfigError, PictureError
from panic3d.evaluate.regions import WHOLE, Region, Window, crop_on_white, cut, window_of
from panic3d.geometry.cameras import Perspective, evaluation_cameras


def noise(size=512, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (size, size, 4), np.uint8)


def test_a_crop_on_white_is_the_recorded_one(golden_dir):
    """Oracle: the original's crop and background, recorded."""
    recorded = np.load(golden_dir / "metrics.npz")
    (row, column), (height, width) = recorded["in/crop_roi"].tolist()
    window = Window(row, column, row + height, column + width)
    found = crop_on_white(recorded["in/crop_rgba_u8"], window)
    np.testing.assert_array_equal(found, recorded["out/crop_on_white_u8"])


def test_what_lies_outside_the_picture_is_white():
    picture = np.zeros((8, 8, 4), np.uint8)
    picture[..., 3] = 255
    found = crop_on_white(picture, Window(-2, 5, 4, 11))
    expected = np.full((6, 6, 3), 255)
    expected[2:, :3] = 0
    np.testing.assert_array_equal(found, expected)


def test_a_window_far_outside_is_all_fill():
    assert (cut(noise(8), Window(20, -9, 22, -4), 7) == 7).all()


def test_paper_floors_corner_and_size_one_by_one():
    """Oracle: the specification; 20.7 + 7.9 = 28.6, and yet the crop ends at 20 + 7."""
    region = Region(10.6, 20.7, 5.5, 7.9)
    assert window_of(region, "front", "paper") == Window(10, 20, 15, 27)
    assert window_of(region, "front", "fixed") == Window(10, 20, 17, 29)


def test_the_back_crop_of_paper_is_off_by_a_pixel_and_that_of_fixed_is_the_exact_mirror():
    """Oracle: mirroring the whole picture. Column 512 - (10.5 + 20.2) = 481.3 is floored."""
    region = Region(3.0, 10.5, 10.0, 20.2)
    picture = noise()
    mirrored = np.ascontiguousarray(picture[:, ::-1])

    def same(mode):
        front = crop_on_white(picture, window_of(region, "front", mode))
        back = crop_on_white(mirrored, window_of(region, "back", mode))
        return np.array_equal(front[:, ::-1], back)

    assert window_of(region, "back", "paper") == Window(3, 481, 13, 501)
    assert same("fixed") and not same("paper")


@pytest.mark.parametrize("mode", ["paper", "fixed"])
def test_whole_numbers_are_the_same_in_both_modes_but_for_views_all_round(mode):
    region = Region(60.0, 90.0, 300.0, 280.0)
    assert window_of(region, "front", mode) == Window(60, 90, 360, 370)
    assert window_of(region, "back", mode) == Window(60, 142, 360, 422)
    window = window_of(region, "360", mode)
    assert (window.left, window.right) == (0, 512)


def test_paper_takes_the_rows_of_the_front_view_from_perspective_views():
    window = window_of(Region(200.0, 90.0, 80.0, 100.0), "360", "paper")
    assert (window.top, window.bottom) == (200, 280)


def test_fixed_takes_the_rows_that_show_the_same_heights():
    """Oracle: a point on the axis, through every camera's own matrix."""
    window = window_of(Region(200.0, 90.0, 80.0, 100.0), "360", "fixed")
    for camera in evaluation_cameras().values():
        if not isinstance(camera, Perspective):
            continue
        for row, found in ((200.0, window.top), (280.0, window.bottom)):
            height = 0.35 - 0.7 * row / 512
            seen = np.linalg.inv(camera.world_from_camera()) @ [0, height, 0, 1]
            projected = 512 * (0.5 + camera.focal * seen[1] / seen[2])
            assert abs(projected - found) < 1.0


def test_fixed_cuts_off_what_is_outside_and_paper_keeps_it():
    region = Region(-20.0, 400.0, 100.0, 200.0)
    assert window_of(region, "front", "fixed") == Window(0, 400, 80, 512)
    assert window_of(region, "front", "paper") == Window(-20, 400, 80, 600)
    assert window_of(region, "back", "fixed") == Window(0, 0, 80, 112)


def test_regions_are_scaled_to_smaller_views():
    assert window_of(Region(60.0, 90.0, 300.0, 280.0), "front", "fixed", 256) == Window(
        30, 45, 180, 185
    )
    assert window_of(WHOLE, "360", "fixed", 128) == Window(0, 0, 128, 128)


def test_a_region_outside_every_picture_is_refused():
    with pytest.raises(ConfigError, match="outside the front view"):
        window_of(Region(600.0, 0.0, 10.0, 10.0), "front", "fixed")


@pytest.mark.parametrize("numbers", [(0.0, 0.0, 0.0, 5.0), (0.0, float("nan"), 5.0, 5.0)])
def test_regions_without_size_are_refused(numbers):
    with pytest.raises(ConfigError, match="expected"):
        Region(*numbers)


def test_a_window_without_pixels_is_refused():
    with pytest.raises(PictureError, match="0 x 3"):
        crop_on_white(noise(8), Window(4, 0, 4, 3))
