"""Points and their labels."""

import numpy as np
import pytest

from panic3d.errors import EmptyViewError
from panic3d.formats.vrm import read_vrm
from panic3d.geometry.cameras import Orthographic, Perspective
from panic3d.geometry.posing import head_origin, posed
from panic3d.train.supervision import (
    POINT_STEP_M,
    Seen,
    inside,
    projected,
    resized,
    restored,
    sample_points,
    seen_all_round,
    stored,
    supervising_cameras,
)

from .seen_ball import RADIUS_M, hit_ball


def test_labels_are_those_of_a_ball():
    """Oracle: the distance from its middle; only within half a pixel may they differ."""
    views = [Seen(camera, hit_ball(camera, 192)) for camera in supervising_cameras()]
    rng = np.random.default_rng(0)
    points = rng.uniform(-0.35, 0.35, (20_000, 3)).astype(np.float32)
    distance = np.linalg.norm(points, axis=1)
    found = inside(points, views)
    pixel = 0.7 / 192
    clear = np.abs(distance - RADIUS_M) > pixel / 2
    assert (found == (distance < RADIUS_M))[clear].all()
    assert found.mean() == pytest.approx(4 / 3 * np.pi * RADIUS_M**3 / 0.7**3, rel=0.05)


def test_a_place_that_no_view_shows_is_outside():
    near = [Seen(Perspective(), hit_ball(Perspective(), 32))]
    assert not inside(np.array([[0.6, 0.0, 0.0]], np.float32), near).any()


@pytest.mark.parametrize(
    "camera", [Orthographic(azimuth_deg=70.0), Perspective(elevation_deg=20.0)]
)
def test_points_are_seen_where_rays_meet_them(camera):
    """Invariant: a point found along a pixel's ray is projected into that pixel."""
    seen = hit_ball(camera, 64)
    rows, columns = np.nonzero(seen.facing > 0)
    u, v, depth = projected(seen.position[rows, columns], camera)
    assert np.allclose(u * 64 - 0.5, columns, atol=1e-3)
    assert np.allclose(v * 64 - 0.5, rows, atol=1e-3)
    assert np.allclose(depth, seen.depth[rows, columns], atol=1e-5)


def test_stored_points_come_back():
    points = np.random.default_rng(0).uniform(-0.35, 0.35, (100, 3))
    assert np.abs(restored(stored(points)) - points).max() < POINT_STEP_M


def test_a_picture_is_reduced_without_a_dark_rim():
    rgba = np.zeros((64, 64, 4), np.uint8)
    rgba[:, :33] = (200, 100, 50, 255)
    small = resized(rgba, 32)
    rim = small[:, 16]
    assert (rim[:, 3] > 0).all() and (rim[:, 3] < 255).all()
    assert np.abs(rim[:, :3].astype(int) - (200, 100, 50)).max() <= 2
    assert (small[:, 31] == (255, 255, 255, 0)).all()


def test_a_model_gives_labels_and_colours(shared_models, rasteriser):
    """Oracle: what is known of any head: its middle is solid, the box's corners are empty."""
    character = read_vrm(next(path for path in shared_models if path.stem == "sendagaya_shino"))
    with rasteriser.load(posed(character), head_origin(character), "fixed") as scene:
        seen = seen_all_round(rasteriser, scene, 96)
    one, other = (sample_points(seen, np.random.default_rng(seed), 2000, 500) for seed in (1, 2))
    assert len(one.surface) == len(one.colours) == 500
    assert not np.array_equal(one.points, other.points)
    places = restored(one.points)
    middle = np.linalg.norm(places, axis=1) < 0.05
    assert one.inside[middle].mean() > 0.95
    assert not one.inside[np.abs(places).min(1) > 0.3].any()
    assert 0.25 < one.inside[: len(places) // 2].mean() < 0.6


def test_nothing_in_the_box_is_an_error(shared_models, rasteriser):
    figure, far = posed(read_vrm(shared_models[0])), np.array([0.0, 50.0, 0.0])
    with rasteriser.load(figure, far, "fixed") as scene:
        seen = seen_all_round(rasteriser, scene, 32)
    with pytest.raises(EmptyViewError, match="nothing"):
        sample_points(seen, np.random.default_rng(0), 10, 10)
