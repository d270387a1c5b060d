"""Depth and normal maps."""

import numpy as np
import pytest
from PIL import Image

from panic3d.geometry.cameras import NAMED_VIEWS, Orthographic
from panic3d.pipeline.draw import Drawer
from panic3d.pipeline.maps import depth_map, depth_picture, normal_map, write_maps

from .made_head import NOSE_M, RADIUS_M, made_head


@pytest.fixture(scope="module")
def drawer():
    return Drawer(made_head(columns=128, rows=96))


def test_depths_are_metres_by_the_formula(drawer):
    """Oracle: a ball."""
    size = 129
    found = depth_map(drawer, Orthographic(azimuth_deg=180.0), size)
    metres = 1 + 0.35 - 0.7 * found / 65535
    place = ((np.arange(size) + 0.5) / size - 0.5) * 0.7
    x, y = np.meshgrid(place, place)
    flat = np.hypot(x, y)
    inside = flat < 0.8 * RADIUS_M
    expected = 1 - np.sqrt(np.maximum(RADIUS_M**2 - flat**2, 0))
    assert np.abs(metres - expected)[inside].max() < 5e-4
    assert (found[flat > 1.02 * RADIUS_M] == 0).all()
    front = depth_map(drawer, Orthographic(), size)
    assert 1.35 - 0.7 * front.max() / 65535 == pytest.approx(1 - NOSE_M, abs=0.01)


def test_normals_point_right_up_and_to_the_camera(drawer):
    for camera in NAMED_VIEWS.values():
        rgba = normal_map(drawer, camera, 128).rgba.astype(int)
        assert rgba[..., 3].max() == 255 and not rgba[0, 0].any()
        middle, side = 64, round(0.8 * RADIUS_M / 0.7 * 128)
        right, up = rgba[middle + 9, middle + side], rgba[middle - side, middle]
        assert right[0] == pytest.approx(127.5 * 1.8, abs=6)
        assert up[1] == pytest.approx(127.5 * 1.8, abs=6) and abs(up[0] - 127.5) < 4
        assert rgba[middle + 9, middle - side, 0] == pytest.approx(127.5 * 0.2, abs=6)
        assert rgba[middle + 9, middle, 2] > 240


def test_depths_for_people_are_light_in_front(drawer):
    rgba = depth_picture(drawer, Orthographic(), 128).rgba.astype(int)
    rim = round((0.5 + 0.97 * RADIUS_M / 0.7) * 128)
    assert rgba[64, 64, :3].sum() > rgba[64, 90, :3].sum() > rgba[64, rim, :3].sum()


def test_files_hold_what_the_maps_hold(drawer, tmp_path):
    cameras = {"left": NAMED_VIEWS["left"]}
    paths = write_maps(drawer, tmp_path / "maps", cameras, 64)
    assert [path.name for path in paths] == ["left_depth.png", "left_normal.png"]
    with Image.open(paths[0]) as image:
        assert image.mode == "I;16"
        assert np.array_equal(np.array(image), depth_map(drawer, cameras["left"], 64))
    with Image.open(paths[1]) as image:
        assert np.array_equal(np.array(image), normal_map(drawer, cameras["left"], 64).rgba)
