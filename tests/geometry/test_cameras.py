import math

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from panic3d.errors import ConfigError, ShapeError
from panic3d.geometry.cameras import (
    CAMERA_SUBSETS,
    CAMERA_TABLE_DEG,
    NAMED_VIEWS,
    ORTHO_VIEWS,
    Orthographic,
    Perspective,
    evaluation_cameras,
    table_cameras,
)
from panic3d.geometry.labels import camera_from_label, label_from_camera, mirrored_label

WORKED = [  # elevation, azimuth, field of view; rows of the camera-to-world matrix
    (0, 0, 30, [1, 0, 0, 0, 0, -1, 0, 0, 0, 0, -1, 1]),
    (0, 90, 30, [0, 0, -1, 1, 0, -1, 0, 0, -1, 0, 0, 0]),
    (0, -90, 30, [0, 0, 1, -1, 0, -1, 0, 0, 1, 0, 0, 0]),
    (0, 180, 30, [-1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1, -1]),
    (20, 0, 30, [1, 0, 0, 0, 0, -0.939693, -0.342020, 0.342020, 0, 0.342020, -0.939693, 0.939693]),
    (20, 30, 30, [
        0.866025, 0.171010, -0.469846, 0.469846,
        0, -0.939693, -0.342020, 0.342020,
        -0.5, 0.296198, -0.813798, 0.813798,
    ]),
    (-20, -60, 30, [
        0.5, 0.296198, 0.813798, -0.813798,
        0, -0.939693, 0.342020, -0.342020,
        0.866025, -0.171010, -0.469846, 0.469846,
    ]),
    (0, 0, -1, [1, 0, 0, 0, 0, -1, 0, 0, 0, 0, -1, 1]),
]  # fmt: skip


def camera_at(elevation, azimuth, fov, distance=1.0):
    orbit = {
        "elevation_deg": float(elevation),
        "azimuth_deg": float(azimuth),
        "distance_m": float(distance),
    }
    return Orthographic(**orbit) if fov < 0 else Perspective(**orbit, fov_deg=float(fov))


def turned_by(a, b):
    """The angle between two directions given in degrees."""
    return abs((a - b + 180) % 360 - 180)


@pytest.mark.parametrize(("elevation", "azimuth", "fov", "rows"), WORKED)
def test_labels_have_the_worked_values(elevation, azimuth, fov, rows):
    """Oracle: the original code."""
    label = label_from_camera(camera_at(elevation, azimuth, fov))
    focal = 1.8660254 if fov > 0 else -57.294327
    expected = [*rows, 0, 0, 0, 1, focal, 0, 0.5, 0, focal, 0.5, 0, 0, 1]
    assert label.tolist() == pytest.approx(expected, abs=1e-6, rel=1e-6)
    assert label.dtype == torch.float32


@pytest.mark.parametrize("azimuth", [-180.0, -30.0, 0.0, 45.0, 150.0])
@pytest.mark.parametrize("elevation", [-90.0, -20.0, 0.0, 60.0])
@pytest.mark.parametrize("distance", [0.5, 2.0])
def test_the_matrix_is_the_closed_form(elevation, azimuth, distance):
    """Oracle: Ry(a) Rx(-e) diag(1, -1, -1), and the position on the sphere."""
    e, a = torch.deg2rad(torch.tensor([elevation, azimuth], dtype=torch.float64))
    s, c = torch.sin, torch.cos
    one, zero = torch.ones_like(e), torch.zeros_like(e)
    tilt = torch.stack([one, zero, zero, zero, c(-e), -s(-e), zero, s(-e), c(-e)]).reshape(3, 3)
    turn = torch.stack([c(a), zero, s(a), zero, one, zero, -s(a), zero, c(a)]).reshape(3, 3)
    matrix = torch.from_numpy(camera_at(elevation, azimuth, 30, distance).world_from_camera())
    expected = turn @ tilt @ torch.diag(torch.tensor([1.0, -1.0, -1.0], dtype=torch.float64))
    torch.testing.assert_close(matrix[:3, :3], expected)
    position = distance * torch.stack([s(a) * c(e), s(e), c(a) * c(e)])
    torch.testing.assert_close(matrix[:3, 3], position)
    assert matrix[3].tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize(
    ("camera", "axis"),
    [
        (NAMED_VIEWS["front"], (0, 0, 1)),
        (NAMED_VIEWS["left"], (1, 0, 0)),  # the subject's left
        (NAMED_VIEWS["right"], (-1, 0, 0)),
        (NAMED_VIEWS["back"], (0, 0, -1)),
    ],
)
def test_a_named_view_looks_from_its_side(camera, axis):
    """Oracle: the axes of the world frame."""
    matrix = camera.world_from_camera()
    assert matrix[:3, 3].tolist() == pytest.approx(axis, abs=1e-12)
    forward = matrix[:3, 2]
    assert (-forward).tolist() == pytest.approx(axis, abs=1e-12)


def test_the_renderers_five_views_come_in_its_order():
    """Oracle: the rendering specification's table of elevation and azimuth."""
    angles = [(n, c.elevation_deg, c.azimuth_deg) for n, c in ORTHO_VIEWS.items()]
    assert angles == [
        ("top", 90.0, 0.0),
        ("back", 0.0, -180.0),
        ("right", 0.0, -90.0),
        ("front", 0.0, 0.0),
        ("left", 0.0, 90.0),
    ]


def test_the_table_has_five_elevations_of_twelve_azimuths():
    """Oracle: k = 12 p + q."""
    assert len(CAMERA_TABLE_DEG) == 60
    for k, (elevation, azimuth) in enumerate(CAMERA_TABLE_DEG):
        assert (elevation, azimuth) == ([60, 40, 20, 0, -20][k // 12], -180 + 30 * (k % 12))
    assert [(c.elevation_deg, c.azimuth_deg) for c in table_cameras()] == list(CAMERA_TABLE_DEG)
    assert {(c.fov_deg, c.distance_m) for c in table_cameras()} == {(30.0, 1.0)}


def test_front1_is_the_front():
    assert CAMERA_SUBSETS["front1"] == (42,)
    (camera,) = table_cameras("front1")
    assert (camera.elevation_deg, camera.azimuth_deg) == (0.0, 0.0)


def test_front15_is_three_rows_of_five():
    assert [(c.elevation_deg, c.azimuth_deg) for c in table_cameras("front15")] == [
        (e, a) for e in (20, 0, -20) for a in (-60, -30, 0, 30, 60)
    ]


def test_spin12_goes_once_round_from_the_front_towards_the_subjects_left():
    """Oracle: positions (sin a, 0, cos a)."""
    spin = table_cameras("spin12")
    assert CAMERA_SUBSETS["spin12"] == (42, 43, 44, 45, 46, 47, 36, 37, 38, 39, 40, 41)
    for step, camera in enumerate(spin):
        a = math.radians(30 * step)
        position = camera.world_from_camera()[:3, 3].tolist()
        assert position == pytest.approx([math.sin(a), 0, math.cos(a)], abs=1e-12)


def test_the_evaluation_has_four_parallel_views_and_then_the_spin():
    cameras = evaluation_cameras()
    assert list(cameras)[:4] == ["front", "left", "right", "back"]
    assert list(cameras)[4:] == [f"{k:04d}" for k in CAMERA_SUBSETS["spin12"]]
    kinds = [type(camera) for camera in cameras.values()]
    assert kinds == [Orthographic] * 4 + [Perspective] * 12


def test_an_unknown_subset_is_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match="all, front1, front15, spin12"):
        table_cameras("spin13")


@pytest.mark.parametrize(
    "camera",
    [
        *table_cameras(),
        *evaluation_cameras().values(),
        Orthographic(elevation_deg=90.0),
        Perspective(elevation_deg=-90.0, fov_deg=1.0),
        Perspective(fov_deg=179.0, distance_m=0.01),
    ],
    ids=str,
)
def test_a_label_leads_back_to_its_camera(camera):
    """Oracle: there and back."""
    label = label_from_camera(camera)
    again = camera_from_label(label)
    assert type(again) is type(camera)
    assert again.elevation_deg == pytest.approx(camera.elevation_deg, abs=1e-4)
    if abs(camera.elevation_deg) < 90:
        assert turned_by(again.azimuth_deg, camera.azimuth_deg) < 1e-4
    assert again.distance_m == pytest.approx(camera.distance_m, rel=1e-6)
    if isinstance(camera, Perspective) and isinstance(again, Perspective):
        assert again.fov_deg == pytest.approx(camera.fov_deg, rel=1e-5)
    torch.testing.assert_close(label_from_camera(again), label, rtol=1e-6, atol=1e-6)


@settings(deadline=None)
@given(
    elevation=st.floats(-90, 90),
    azimuth=st.floats(-720, 720),
    distance=st.floats(0.01, 100),
    fov=st.one_of(st.just(-1.0), st.floats(0.1, 175)),
)
@example(elevation=89.99, azimuth=77.0, distance=100.0, fov=30.0)
def test_any_label_leads_back_to_its_camera(elevation, azimuth, distance, fov):
    """Oracle: there and back; the label's float32 is the limit, also close to the poles."""
    label = label_from_camera(camera_at(elevation, azimuth, fov, distance))
    again = camera_from_label(label)
    assert again.elevation_deg == pytest.approx(elevation, abs=1e-4)
    if abs(elevation) < 89:
        assert turned_by(again.azimuth_deg, azimuth) < 1e-2
    torch.testing.assert_close(label_from_camera(again), label, rtol=1e-6, atol=1e-6)


def test_the_window_of_a_parallel_camera_comes_from_the_caller():
    camera = camera_from_label(label_from_camera(Orthographic(width_m=0.3)), box_m=0.5)
    assert camera == Orthographic(width_m=0.5)


@settings(deadline=None)
@given(
    elevation=st.floats(-90, 90),
    azimuth=st.floats(-180, 180),
    fov=st.sampled_from([-1.0, 12.0, 30.0]),
)
def test_the_mirrored_label_is_that_of_the_negative_azimuth(elevation, azimuth, fov):
    """Oracle: the camera on the other side; equal to the last bit."""
    mirrored = mirrored_label(label_from_camera(camera_at(elevation, azimuth, fov)))
    assert torch.equal(mirrored, label_from_camera(camera_at(elevation, -azimuth, fov)))


def test_a_batch_of_labels_is_mirrored_row_by_row_and_not_written_to():
    labels = torch.stack([label_from_camera(camera) for camera in table_cameras()])
    before = labels.clone()
    mirrored = mirrored_label(labels)
    assert torch.equal(labels, before)
    assert torch.equal(mirrored[7], mirrored_label(labels[7]))
    assert torch.equal(mirrored_label(mirrored), labels)


def rolled(label, degrees):
    """The label of the camera turned about its own line of sight."""
    t = math.radians(degrees)
    roll = torch.tensor([[math.cos(t), -math.sin(t), 0], [math.sin(t), math.cos(t), 0], [0, 0, 1]])
    out = label.clone()
    matrix = out[:16].view(4, 4)
    matrix[:3, :3] = matrix[:3, :3] @ roll
    return out


def changed(index, value):
    label = label_from_camera(Perspective(elevation_deg=20.0, azimuth_deg=30.0))
    label[index] = value
    return label


@pytest.mark.parametrize(
    "label",
    [
        rolled(label_from_camera(Perspective(elevation_deg=10.0)), 1),
        rolled(label_from_camera(Orthographic(azimuth_deg=50.0)), 180),
        changed(3, 0.9),  # moved sideways: it no longer looks at the origin
        changed(15, 2.0),
        changed(17, 0.1),  # skewed
        changed(18, 0.6),  # its principal point off the middle
        changed(20, 3.0),  # pixels that are not square
        changed(16, torch.nan),
        changed(3, torch.nan),
        changed(3, torch.inf),
        torch.zeros(25),
    ],
)
def test_a_label_without_a_plain_camera_is_refused(label):
    with pytest.raises(ConfigError):
        camera_from_label(label)


@pytest.mark.parametrize("shape", [(24,), (1, 25), (5, 5), (26,)])
def test_a_label_of_another_size_is_refused(unchecked, shape):
    with pytest.raises(ShapeError, match="label"):
        camera_from_label(torch.zeros(shape))


def test_labels_of_another_size_are_not_mirrored(unchecked):
    with pytest.raises(ShapeError, match="label"):
        mirrored_label(torch.zeros(2, 24))


@pytest.mark.parametrize("kind", [Orthographic, Perspective])
@pytest.mark.parametrize(
    "values",
    [
        {"elevation_deg": math.nan},
        {"azimuth_deg": math.inf},
        {"distance_m": 0.0},
        {"distance_m": -1.0},
        {"distance_m": math.nan},
        {"distance_m": math.inf},
    ],
)
def test_a_camera_nowhere_is_refused(kind, values):
    with pytest.raises(ConfigError):
        kind(**values)


@pytest.mark.parametrize("width", [0.0, -0.7, math.nan, math.inf])
def test_a_window_without_width_is_refused(width):
    with pytest.raises(ConfigError, match="width_m"):
        Orthographic(width_m=width)


@pytest.mark.parametrize("fov", [0.0, -1.0, 180.0, math.nan])
def test_a_field_of_view_out_of_range_is_refused(fov):
    with pytest.raises(ConfigError, match="use Orthographic"):
        Perspective(fov_deg=fov)


@pytest.mark.parametrize("fov", [10.0, 30.0, 90.0])
def test_the_focal_length_is_half_over_the_tangent_of_half_the_field(fov):
    """Oracle: closed form."""
    assert Perspective(fov_deg=fov).focal == pytest.approx(0.5 / math.tan(math.radians(fov / 2)))
