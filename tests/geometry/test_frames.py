import pytest
import torch

from panic3d.errors import ShapeError
from panic3d.geometry.cameras import Orthographic
from panic3d.geometry.conventions import HEAD_BOX_M
from panic3d.geometry.frames import (
    lustrous_from_world,
    picture_from_world,
    volume_from_world,
    world_from_lustrous,
    world_from_picture,
    world_from_volume,
)
from panic3d.geometry.rays import camera_rays, pixel_centres


def some_points(*shape):
    return torch.randn(*shape, 3, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("there", "back"),
    [(lustrous_from_world, world_from_lustrous), (volume_from_world, world_from_volume)],
)
@pytest.mark.parametrize("shape", [(), (5,), (2, 3, 4), (0,)])
def test_there_and_back_changes_nothing(there, back, shape):
    """Oracle: invariant, to the last bit."""
    points = some_points(*shape)
    before = points.clone()
    assert torch.equal(back(there(points)), points)
    assert torch.equal(there(back(points)), points)
    assert torch.equal(points, before)


@pytest.mark.parametrize(
    ("transform", "expected"),
    [
        (lustrous_from_world, (-1.0, 2.0, -3.0)),
        (world_from_lustrous, (-1.0, 2.0, -3.0)),
        (volume_from_world, (-1.0, 2.0, 3.0)),
        (world_from_volume, (-1.0, 2.0, 3.0)),
    ],
)
def test_axes_change_sign_as_defined(transform, expected):
    """Oracle: the definition of the frames."""
    assert tuple(transform(torch.tensor([1.0, 2.0, 3.0])).tolist()) == expected


def test_the_lustrous_frame_is_a_turn_and_the_volume_frame_a_mirror():
    """Oracle: determinants."""
    axes = torch.eye(3)
    assert torch.linalg.det(lustrous_from_world(axes)).item() == 1
    assert torch.linalg.det(volume_from_world(axes)).item() == -1


def test_a_point_projects_to_its_worked_place_in_the_picture():
    """Oracle: the worked example of the original's description; pixel centres at integers."""
    uv = picture_from_world(torch.tensor([0.07, 0.14, 0.10]))
    assert uv.tolist() == pytest.approx([0.6, 0.3], abs=1e-6)
    assert (uv * 512 - 0.5).tolist() == pytest.approx([306.7, 153.1], abs=1e-3)


@pytest.mark.parametrize(
    ("point", "uv"),
    [
        ((-0.35, 0.35, 9.0), (0.0, 0.0)),
        ((0.35, -0.35, -9.0), (1.0, 1.0)),
        ((0.0, 0, 0), (0.5, 0.5)),
    ],
)
def test_the_box_fills_the_picture(point, uv):
    """Oracle: its corners."""
    assert picture_from_world(torch.tensor(point)).tolist() == pytest.approx(uv, abs=1e-6)


@pytest.mark.parametrize("box", [HEAD_BOX_M, 0.3, 2.0])
@pytest.mark.parametrize("shape", [(), (7,), (2, 3)])
def test_picture_and_world_lead_back_to_each_other(box, shape):
    """Oracle: there and back."""
    points = some_points(*shape)
    lifted = world_from_picture(picture_from_world(points, box), points[..., 2], box)
    torch.testing.assert_close(lifted, points, atol=1e-6, rtol=1e-6)
    uv = points[..., :2]
    back = picture_from_world(world_from_picture(uv, points[..., 2], box), box)
    torch.testing.assert_close(back, uv, atol=1e-5, rtol=1e-6)


def test_the_front_camera_sees_the_picture_that_points_project_to():
    """Oracle: parallel rays of the front view start at their own pixel centres."""
    rays = camera_rays(Orthographic(), 8)
    u, v = pixel_centres(8)
    torch.testing.assert_close(picture_from_world(rays.origins), torch.stack([u, v], -1))


def test_dtype_follows_the_points():
    points = some_points(4).double()
    assert lustrous_from_world(points).dtype == torch.float64
    uv = picture_from_world(points)
    assert uv.dtype == world_from_picture(uv, points[:, 2]).dtype == torch.float64


@pytest.mark.parametrize(
    "transform",
    [
        lustrous_from_world,
        world_from_lustrous,
        volume_from_world,
        world_from_volume,
        picture_from_world,
    ],
)
@pytest.mark.parametrize("points", [torch.zeros(3, 2), torch.zeros(()), torch.zeros(2, 3).long()])
def test_what_is_no_point_is_refused(unchecked, transform, points):
    with pytest.raises(ShapeError, match="points"):
        transform(points)


@pytest.mark.parametrize(
    ("uv", "z"), [((4, 3), (4,)), ((4, 2), (3,)), ((4, 2), (4, 1)), ((4, 2), ())]
)
def test_positions_and_depths_that_do_not_pair_are_refused(unchecked, uv, z):
    with pytest.raises(ShapeError):
        world_from_picture(torch.zeros(uv), torch.zeros(z))
