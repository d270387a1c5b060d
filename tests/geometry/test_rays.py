import math

import pytest
import torch

from panic3d.errors import ConfigError, ShapeError
from panic3d.geometry.cameras import (
    NAMED_VIEWS,
    Orthographic,
    Perspective,
    evaluation_cameras,
    table_cameras,
)
from panic3d.geometry.labels import label_from_camera
from panic3d.geometry.rays import camera_rays, label_rays, pixel_centres

TURNED = {"elevation_deg": 20.0, "azimuth_deg": 30.0}


@pytest.mark.parametrize(
    ("camera", "resolution", "column", "row", "direction"),
    [
        (Perspective(), 2, 0, 0, (-0.131633, 0.131633, -0.982520)),
        (Perspective(), 96, 0, 0, (-0.248276, 0.248276, -0.936332)),
        (Perspective(), 96, 48, 48, (0.002791, -0.002791, -0.999992)),
        (Perspective(), 96, 0, 95, (-0.248276, -0.248276, -0.936332)),
        (Perspective(**TURNED), 96, 0, 0, (-0.697403, -0.086941, -0.711386)),
        (Perspective(**TURNED), 96, 0, 95, (-0.612488, -0.553548, -0.564308)),
        (Orthographic(), 96, 0, 0, (0.0, 0.0, -1.0)),
        (Orthographic(**TURNED), 96, 48, 48, (-0.469846, -0.342020, -0.813798)),
        (NAMED_VIEWS["left"], 4, 3, 0, (-1.0, 0.0, 0.0)),
    ],
)
def test_directions_have_the_worked_values(camera, resolution, column, row, direction):
    """Oracle: the original code."""
    rays = camera_rays(camera, resolution)
    found = rays.directions[row * resolution + column]
    assert found.tolist() == pytest.approx(direction, abs=1e-6)


@pytest.mark.parametrize(
    ("camera", "resolution", "column", "row", "origin"),
    [
        (Orthographic(), 96, 0, 0, (-0.346354, 0.346354, 1.0)),
        (Orthographic(**TURNED), 96, 0, 0, (0.110665, 0.667487, 0.884385)),
        (Orthographic(**TURNED), 96, 48, 48, (0.473627, 0.338594, 0.813055)),
        (NAMED_VIEWS["left"], 4, 0, 0, (1.0, 0.2625, 0.2625)),
        (NAMED_VIEWS["left"], 4, 3, 0, (1.0, 0.2625, -0.2625)),
        (Perspective(), 3, 1, 2, (0.0, 0.0, 1.0)),
    ],
)
def test_origins_have_the_worked_values(camera, resolution, column, row, origin):
    """Oracle: the original code."""
    rays = camera_rays(camera, resolution)
    found = rays.origins[row * resolution + column]
    assert found.tolist() == pytest.approx(origin, abs=1e-6)


def test_pixel_centres_run_row_by_row():
    """Oracle: (j + 0.5) / r and (i + 0.5) / r."""
    u, v = pixel_centres(5)
    for i in range(5):
        for j in range(5):
            assert u[5 * i + j].item() == pytest.approx((j + 0.5) / 5)
            assert v[5 * i + j].item() == pytest.approx((i + 0.5) / 5)


@pytest.mark.parametrize("camera", evaluation_cameras().values(), ids=str)
@pytest.mark.parametrize("resolution", [1, 7, 32])
def test_directions_have_unit_length(camera, resolution):
    """Oracle: invariant."""
    rays = camera_rays(camera, resolution)
    assert rays.origins.shape == rays.directions.shape == (resolution**2, 3)
    torch.testing.assert_close(rays.directions.norm(dim=-1), torch.ones(resolution**2))
    assert rays.origins.is_contiguous() and rays.directions.is_contiguous()


@pytest.mark.parametrize("camera", table_cameras()[::7], ids=str)
def test_perspective_rays_leave_the_camera_and_their_mean_looks_at_the_origin(camera):
    """Oracle: symmetry about the line of sight."""
    rays = camera_rays(camera, 16)
    position = torch.from_numpy(camera.world_from_camera()[:3, 3]).float()
    torch.testing.assert_close(rays.origins, position.expand(256, 3))
    middle = torch.nn.functional.normalize(rays.directions.mean(0), dim=0)
    torch.testing.assert_close(middle, -position, atol=1e-5, rtol=0.0)


@pytest.mark.parametrize("fov", [10.0, 30.0, 120.0])
def test_the_field_of_view_is_what_the_outer_edges_span(fov):
    """Oracle: tangents grow evenly over the picture, up to tan(fov / 2) half a pixel outside."""
    r = 64
    row = camera_rays(Perspective(fov_deg=fov), r).directions.reshape(r, r, 3)[0]
    tangents = row[:, 0] / -row[:, 2]
    outer = tangents[-1] + (tangents[1] - tangents[0]) / 2
    assert outer.item() == pytest.approx(math.tan(math.radians(fov / 2)), rel=1e-5)


@pytest.mark.parametrize("width", [0.7, 0.3, 2.0])
@pytest.mark.parametrize("resolution", [1, 5, 96])
def test_parallel_rays_fill_a_window_of_the_given_width(width, resolution):
    """Oracle: the outermost centres lie half a pixel inside."""
    rays = camera_rays(Orthographic(width_m=width, distance_m=2.0), resolution)
    edge = width / 2 * (1 - 1 / resolution)
    for axis in (0, 1):
        assert rays.origins[:, axis].max().item() == pytest.approx(edge, abs=1e-6)
        assert rays.origins[:, axis].min().item() == pytest.approx(-edge, abs=1e-6)
    assert (rays.origins[:, 2] == 2.0).all()
    assert torch.equal(rays.directions, rays.directions[:1].expand(resolution**2, 3))


def test_the_rays_of_labels_are_those_of_their_cameras():
    """Oracle: `camera_rays`, one camera after the other."""
    cameras = [*evaluation_cameras().values(), Perspective(**TURNED, fov_deg=12.0, distance_m=2.0)]
    labels = torch.stack([label_from_camera(camera) for camera in cameras])
    rays = label_rays(labels, 9, 0.7)
    assert rays.origins.shape == rays.directions.shape == (len(cameras), 81, 3)
    for k, camera in enumerate(cameras):
        expected = camera_rays(camera, 9)
        torch.testing.assert_close(rays.origins[k], expected.origins, atol=1e-6, rtol=0.0)
        torch.testing.assert_close(rays.directions[k], expected.directions, atol=1e-6, rtol=0.0)


def test_parallel_rays_of_labels_take_their_window_from_the_caller():
    """Oracle: `camera_rays` of a camera with that window."""
    labels = label_from_camera(Orthographic())[None]
    expected = camera_rays(Orthographic(width_m=0.5), 4)
    torch.testing.assert_close(label_rays(labels, 4, 0.5).origins[0], expected.origins)


def test_rays_of_an_odd_perspective_label_follow_its_matrices():
    """Oracle: rotation times inverse intrinsics times (u, v, 1); rolled, off-centre, skewed."""
    matrix = torch.eye(4, dtype=torch.float64)
    turn = torch.linalg.matrix_exp(
        torch.tensor([[0.0, 0.4, -0.2], [-0.4, 0.0, 0.9], [0.2, -0.9, 0.0]], dtype=torch.float64)
    )
    matrix[:3, :3], matrix[:3, 3] = turn, torch.tensor([0.3, -0.2, 1.4])
    k = torch.tensor([[1.2, 0.1, 0.4], [0, 1.5, 0.55], [0, 0, 1]], dtype=torch.float64)
    label = torch.cat([matrix.flatten(), k.flatten()])
    u, v = (t.double() for t in pixel_centres(6))
    local = torch.stack([u, v, torch.ones_like(u)], -1) @ torch.linalg.inv(k).T
    expected = torch.nn.functional.normalize(local @ turn.T, dim=-1)
    rays = label_rays(label[None], 6, 0.7)
    assert rays.directions.dtype == torch.float64
    torch.testing.assert_close(rays.directions[0], expected, atol=1e-6, rtol=0.0)
    expected_origins = matrix[:3, 3].expand(36, 3)
    torch.testing.assert_close(rays.origins[0], expected_origins, atol=1e-6, rtol=0.0)


def test_no_labels_give_no_rays():
    rays = label_rays(torch.zeros(0, 25), 4, 0.7)
    assert rays.origins.shape == rays.directions.shape == (0, 16, 3)


def test_rays_move_to_the_dtype_of_another_tensor():
    rays = camera_rays(Perspective(), 2).on(torch.zeros(1, dtype=torch.float64))
    assert rays.origins.dtype == rays.directions.dtype == torch.float64


@pytest.mark.parametrize("resolution", [0, -3])
@pytest.mark.parametrize("camera", [Perspective(), Orthographic()])
def test_a_picture_without_pixels_is_refused(camera, resolution):
    with pytest.raises(ConfigError, match="at least 1 pixel"):
        camera_rays(camera, resolution)


@pytest.mark.parametrize("shape", [(25,), (2, 24), (1, 2, 25)])
def test_labels_of_another_shape_are_refused(unchecked, shape):
    with pytest.raises(ShapeError, match="labels"):
        label_rays(torch.zeros(shape), 4, 0.7)
