"""Which views are drawn, and how their pictures are encoded."""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from campaign._gltf_files import figure_build, triangle_build
from panic3d.data.renders import load_subject
from panic3d.errors import (
    ConfigError,
    EmptyViewError,
    HeadOutsideError,
    ModelScaleError,
    NoVrmError,
)
from panic3d.geometry.cameras import Orthographic, Perspective
from panic3d.render.views import (
    VIEW_SETS,
    ViewOptions,
    draw_views,
    halved,
    pose_of_set,
    random_cameras,
    render_params,
)


@pytest.fixture
def cube(tmp_path) -> Path:
    path = tmp_path / "cube.vrm"
    path.write_bytes(figure_build().packed())
    return path


VANILLA = [  # seed, elevation, azimuth: rendering specification, 5.1
    (-3.891159, -107978.7427),
    (29.640147, -45915.9556),
    (3.399961, 180755.0816),
    (-16.950835, -24190.5335),
    (13.520267, 116633.4711),
    (13.188650, 62488.0878),
    (-15.883137, 11942.6133),
    (-19.768524, 164453.0016),
]


def test_random_cameras_are_the_papers():
    """Oracle: the published test vector of model 6152365338188306398, every printed digit."""
    cameras = random_cameras("6152365338188306398")
    assert list(cameras) == [f"{i:04d}" for i in range(8)]
    for camera, (elevation, azimuth) in zip(cameras.values(), VANILLA, strict=True):
        assert round(camera.elevation_deg, 6) == elevation
        assert round(camera.azimuth_deg, 4) == azimuth
        assert isinstance(camera, Perspective) and camera.fov_deg == 30.0
        assert camera.distance_m == 1.0


def test_another_seed_gives_other_cameras_and_more_extend_fewer():
    few, many = random_cameras("1", 2), random_cameras("1", 20)
    assert list(many.items())[:2] == list(few.items())
    assert random_cameras("1", 2, seed=1) != few


def test_the_sets_of_views_are_the_papers():
    """Oracle: rendering specification, 5.2, 5.3 and 6."""
    options = ViewOptions()
    names = {name: list(views.cameras("1", options)) for name, views in VIEW_SETS.items()}
    assert names["ortho"] == ["top", "back", "right", "front", "left"]
    assert names["rgb60"] == [f"{i:04d}" for i in range(60)]
    assert len(names["rgb"]) == 8 and len(names["spin12"]) == 12
    assert names["sides"] == ["front", "left", "right", "back"]
    folders = {name: views[:2] for name, views in VIEW_SETS.items()}
    assert folders["ortho"] == folders["sides"] == ("ortho", "ortho_xyza")
    assert folders["rgb"] == ("rgb", "xyza") and folders["rgb60"] == ("rgb60", "xyza60")


def test_cameras_are_described_as_in_the_papers_metadata():
    assert render_params(Orthographic(azimuth_deg=90.0)) == {
        **{"elev": 0.0, "azim": 90.0, "dist": 1.0, "fov": -1.0},
        **{"near": 0.5, "far": 1.5, "boxwarp": 0.7},
    }


def pictures(rasteriser, path, **options):
    chosen = ViewOptions(size=64, **options)
    subject = load_subject(path, chosen)
    found: dict[tuple[str, str], Any] = {}
    for view in draw_views(rasteriser, subject, "7", chosen):
        for file in view.files:
            if file.name.endswith("png"):
                found[file.folder, file.name] = np.array(Image.open(io.BytesIO(file.data)))
            else:
                found[file.folder, file.name] = dict(np.load(io.BytesIO(file.data)))
    return found


def test_paper_mode_saves_what_the_paper_saves(rasteriser, cube):
    """Oracle: rendering specification, 6: white and opaque in perspective, transparent else."""
    found = pictures(
        rasteriser, cube, mode="paper", views=("ortho", "rgb"), kinds=("colour", "position")
    )
    assert {folder for folder, _ in found} == {"ortho", "ortho_xyza", "rgb", "xyza"}
    assert all(picture.shape == (64, 64, 4) for picture in found.values())
    assert (found["rgb", "0000.png"][..., 3] == 255).all()
    assert found["rgb", "0000.png"][0, 0].tolist() == [255] * 4
    front = found["ortho", "front.png"]
    assert front[0, 0].tolist() == [0] * 4 and front[32, 32].tolist() == [255, 0, 0, 255]
    # The front face is 0.1 m before the origin, along -z in the position picture's axes.
    z = found["ortho_xyza", "front.png"][32, 32, 2]
    assert z == round(255 * (-0.1 + 0.35) / 0.7)
    # Positions of perspective views are not mixed at edges.
    assert set(np.unique(found["xyza", "0000.png"][..., 3])) <= {0, 255}


def test_nearest_positions_have_no_mixture_at_edges(rasteriser, cube):
    options = {"mode": "paper", "kinds": ("position",)}
    mixed = pictures(rasteriser, cube, **options)["ortho_xyza", "front.png"]
    nearest = pictures(rasteriser, cube, **options, nearest_position=True)
    assert set(np.unique(nearest["ortho_xyza", "front.png"][..., 3])) == {0, 255}
    assert len(np.unique(mixed[..., 3])) > 2


def test_fixed_mode_saves_coverage_exact_positions_depth_and_normals(rasteriser, cube):
    found = pictures(
        rasteriser,
        cube,
        kinds=("colour", "position", "alpha", "depth", "normal", "geometry"),
    )
    exact = found["ortho_geometry", "front.npz"]
    hit = exact["facing"] != 0
    assert exact["position"].dtype == np.float32
    np.testing.assert_allclose(exact["position"][hit][:, 2], 0.1, atol=1e-6)
    codes = found["ortho_xyza", "front.png"]
    lustrous = exact["position"] * [-1, 1, -1]
    ideal = np.rint((lustrous[hit] + 0.35) / 0.7 * 255)
    assert abs(codes[hit][:, :3] - ideal).max() <= 1
    assert (codes[..., 3] == 255 * hit).all()
    depth = found["ortho_depth", "front.png"]
    assert depth.dtype in (np.uint16, np.int32) and set(np.unique(depth)) == {0, 9000}
    normal = found["ortho_normal", "front.png"]
    assert (normal[..., 3] == 255 * hit).all() and (normal[hit][:, 2] > 128).all()
    alpha = found["ortho_alpha", "front.png"]
    np.testing.assert_array_equal(alpha, found["ortho", "front.png"][..., 3])


def test_halving_is_the_original_filter_on_premultiplied_colour():
    """Oracle: weights (1, 3, 3, 1) / 8 along each axis, by hand."""
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (16, 16, 4), dtype=np.uint8)
    picture[..., 3] = 255
    weights = np.array([1, 3, 3, 1]) / 8
    block = picture[5:9, 7:11, :3].astype(float)
    expected = np.einsum("i,j,ijc->c", weights, weights, block)
    np.testing.assert_allclose(halved(picture)[3, 4, :3], expected, atol=1)
    picture[...] = (0, 0, 0, 0)
    picture[:, ::2] = (200, 100, 50, 255)
    np.testing.assert_allclose(halved(picture)[4, 4], [200, 100, 50, 128], atol=1)


def test_odd_models_are_noted_or_strictly_refused(rasteriser, cube, tmp_path):
    subject = load_subject(cube, ViewOptions())
    assert not any("head-outside" in note for note in subject.notes)
    build = figure_build()
    accessor = build.json["accessors"][1]
    assert accessor["type"] == "VEC3"
    build.json["nodes"][0]["translation"] = [0, 3.0, 0]  # the bones, and with them all, go up
    tall = tmp_path / "tall.vrm"
    tall.write_bytes(build.packed())
    assert any("absurd-size" in note for note in load_subject(tall, ViewOptions()).notes)
    with pytest.raises(ModelScaleError):
        load_subject(tall, ViewOptions(strict=True))
    build = figure_build()
    build.json["nodes"][4]["translation"] = [0, 0.1, 2.0]
    build.json["skins"][0]["joints"][4] = 3  # the mesh stays with the neck
    away = tmp_path / "away.vrm"
    away.write_bytes(build.packed())
    with pytest.raises(HeadOutsideError):
        load_subject(away, ViewOptions(strict=True))


def test_a_head_that_fills_little_of_its_view_is_noted_or_refused(rasteriser, cube):
    notes: list[str] = []
    options = ViewOptions(size=32)
    list(draw_views(rasteriser, load_subject(cube, options), "1", options, notes))
    assert any("empty-view" in note for note in notes)
    strict = replace(options, strict=True)
    with pytest.raises(EmptyViewError, match="front view"):
        list(draw_views(rasteriser, load_subject(cube, strict), "1", strict))


def test_a_view_of_nothing_at_all_is_refused(rasteriser, tmp_path):
    build = figure_build()
    build.json["nodes"][4]["translation"] = [0, 0.1, 2.0]
    build.json["skins"][0]["joints"][4] = 3
    path = tmp_path / "away.vrm"
    path.write_bytes(build.packed())
    options = ViewOptions(size=32)
    with pytest.raises(EmptyViewError, match="nothing"):
        list(draw_views(rasteriser, load_subject(path, options), "1", options))


def test_a_plain_gltf_is_drawn_around_the_point_that_is_given(rasteriser, tmp_path):
    path = tmp_path / "plain.glb"
    path.write_bytes(triangle_build().packed())
    with pytest.raises(NoVrmError):
        load_subject(path, ViewOptions())
    found = pictures(rasteriser, path, plain_origin_m=(0.2, 0.2, 0.0))
    assert found["ortho", "front.png"][..., 3].any()


@pytest.mark.parametrize(
    "fields",
    [
        {"mode": "pretty"},
        {"views": ()},
        {"views": ("rgb61",)},
        {"kinds": ("colour", "smell")},
        {"mode": "paper", "kinds": ("depth",)},
        {"size": 8},
        {"size": 5000},
        {"box_m": 0.0},
        {"random_views": 0},
    ],
)
def test_options_of_nonsense_are_refused(fields, unchecked):
    with pytest.raises(ConfigError):
        ViewOptions(**fields)


def test_the_papers_sets_bring_their_poses():
    assert pose_of_set("rutileE").arms_deg == 60 and pose_of_set("daredemoE").arms_deg == 15
    assert pose_of_set("mine").arms_deg is None


def test_options_can_be_written_as_json():
    from dataclasses import asdict

    assert json.loads(json.dumps(asdict(ViewOptions())))["views"] == ["ortho"]
