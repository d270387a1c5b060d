"""Predictions in the layout of the paper's tool: there and back, and what is refused."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from campaign import _pickle_files as files
from panic3d.errors import MeshError, PictureError, UnsafePickleError, WeightsError
from panic3d.evaluate.cases import VIEW_NAMES, Prediction
from panic3d.evaluate.prediction_tree import (
    cut_from_white,
    prediction_lacks,
    prediction_root,
    read_mesh,
    read_prediction,
    write_prediction,
)
from panic3d.evaluate.surface_metrics import Triangles

KEY = "genshin/albedo"


def tetrahedron() -> Triangles:
    """Corners that no mirror leaves in place; faces counter-clockwise seen from outside."""
    vertices = np.array([[0, 0, 0], [0.125, 0, 0], [0, 0.25, 0], [0, 0, 0.0625]], np.float64)
    faces = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]], np.int32)
    return Triangles(vertices, faces)


def volume(mesh: Triangles) -> float:
    corners = mesh.vertices[mesh.faces]
    return float(np.linalg.det(corners).sum() / 6)


def views(alpha=True):
    rng = np.random.default_rng(3)
    found = {}
    for name in VIEW_NAMES:
        rgba = np.repeat(np.repeat(rng.integers(0, 256, (8, 8, 4), dtype=np.uint8), 64, 0), 64, 1)
        if not alpha:
            rgba[..., 3] = 255
        found[name] = rgba
    return found


def as_pickle(mesh: Triangles, **changes: object) -> dict[str, object]:
    """The paper's mesh, x negated: evaluation specification, 3 and 3.1."""
    fields: dict[str, object] = {
        "verts": (mesh.vertices * [-1, 1, 1]).astype(np.float32),
        "faces": np.ascontiguousarray(mesh.faces[:, ::-1]),
        "normals": np.zeros((len(mesh.vertices), 3), np.float32),
        "values": np.zeros(len(mesh.vertices), np.float32),
        "colors": np.zeros((len(mesh.vertices), 3), np.float32),
    }
    return fields | changes


def mesh_file(root: Path, value: object) -> Path:
    path = root / "marching_cubes" / KEY / "front.pkl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(value, 4))
    return path


def test_what_is_written_is_read_back(tmp_path):
    """Oracle: there and back."""
    written = Prediction(views=views(), surface=tetrahedron())
    write_prediction(tmp_path, KEY, written)
    assert prediction_lacks(tmp_path, KEY) == []
    found = read_prediction(tmp_path, KEY, "paper")
    assert found.views.keys() == written.views.keys()
    assert all(np.array_equal(found.views[name], written.views[name]) for name in VIEW_NAMES)
    assert found.surface is not None
    assert np.array_equal(found.surface.vertices, tetrahedron().vertices)
    assert np.array_equal(found.surface.faces, tetrahedron().faces)


def test_nothing_at_all_is_a_prediction_too(tmp_path):
    write_prediction(tmp_path, KEY, Prediction(views=views(), surface=None))
    assert prediction_lacks(tmp_path, KEY) == []
    assert read_prediction(tmp_path, KEY, "fixed").surface is None


def test_the_file_that_is_written_has_the_fields_and_frame_of_the_papers(tmp_path):
    """Oracle: the paper's own reader, evaluation specification 3.1: x negated after loading."""
    write_prediction(tmp_path, KEY, Prediction(views={}, surface=tetrahedron()))
    with np.load(tmp_path / "marching_cubes" / KEY / "front.npz") as found:
        assert np.array_equal(found["verts"] * [-1, 1, 1], tetrahedron().vertices)


@pytest.mark.parametrize("kind", [np.asarray, torch.as_tensor])
def test_the_papers_pickle_is_read_in_the_world_frame(kind, tmp_path):
    """Oracle: the mesh that was mirrored; its volume stays positive."""
    fields = as_pickle(tetrahedron())
    path = mesh_file(tmp_path, {name: kind(value) for name, value in fields.items()})
    found = read_mesh(path)
    assert found is not None and np.array_equal(found.vertices, tetrahedron().vertices)
    assert volume(found) == pytest.approx(volume(tetrahedron())) and volume(found) > 0


def test_the_folder_may_be_given_with_or_without_the_sets_name(tmp_path):
    assert prediction_root(tmp_path) == tmp_path
    (tmp_path / "daredemoE").mkdir()
    assert prediction_root(tmp_path) == prediction_root(tmp_path / "daredemoE")


def test_what_a_prediction_lacks_is_named(tmp_path):
    assert prediction_lacks(tmp_path, KEY) == [
        f"no marching_cubes/{KEY}/front.pkl or front.npz",
        f"no pictures in ortho/{KEY}",
        f"no pictures in rgb60/{KEY}",
    ]
    write_prediction(tmp_path, KEY, Prediction(views=views(), surface=tetrahedron()))
    (tmp_path / "rgb60" / KEY / "0040.png").unlink()
    (tmp_path / "ortho" / KEY / "left.png").unlink()
    assert prediction_lacks(tmp_path, KEY) == [f"no 0040 in rgb60/{KEY}"]
    with pytest.raises(PictureError, match=r"0040\.png"):
        read_prediction(tmp_path, KEY, "paper")


def test_a_picture_of_another_size_is_refused(tmp_path):
    write_prediction(tmp_path, KEY, Prediction(views=views(), surface=tetrahedron()))
    Image.new("RGB", (64, 64)).save(tmp_path / "ortho" / KEY / "front.png")
    with pytest.raises(PictureError, match="64 x 64 pixels, expected 512 x 512"):
        read_prediction(tmp_path, KEY, "paper")


def test_silhouettes_come_from_the_position_pictures_in_fixed_mode(tmp_path):
    """Oracle: on white the pictures are the same; the alpha is the stored opacity."""
    opaque = views(alpha=False)
    write_prediction(tmp_path, KEY, Prediction(views=opaque, surface=tetrahedron()))
    positions = np.zeros((64, 64, 4), np.uint8)
    positions[16:48, 16:48, 3] = 255
    path = tmp_path / "ortho_xyza" / KEY / "front.png"
    path.parent.mkdir(parents=True)
    Image.fromarray(positions).save(path)
    white = np.full((512, 512, 3), 255, np.uint8)
    white[128:384, 128:384] = 90
    Image.fromarray(white).save(tmp_path / "ortho" / KEY / "front.png")
    paper, fixed = (read_prediction(tmp_path, KEY, mode) for mode in ("paper", "fixed"))
    assert (paper.views["front"][..., 3] == 255).all()
    alpha = fixed.views["front"][..., 3]
    assert (alpha[140:372, 140:372] == 255).all() and (alpha[:110] == 0).all()
    assert np.array_equal(fixed.views["back"], opaque["back"])


def test_cut_from_white_it_looks_the_same_on_white():
    """Oracle: the picture itself, to a level, for any opacity."""
    rng = np.random.default_rng(0)
    rgb = rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)
    alpha = rng.integers(0, 256, (64, 64), dtype=np.uint8)
    found = cut_from_white(rgb, alpha).astype(np.float64)
    opacity = found[..., 3:] / 255
    again = found[..., :3] * opacity + 255 * (1 - opacity)
    assert np.abs(again - rgb).max() <= 0.51
    assert (found[..., 3] >= alpha).all()
    assert (
        cut_from_white(np.full((2, 2, 3), 255, np.uint8), np.zeros((2, 2), np.uint8))
        == [
            255,
            255,
            255,
            0,
        ]
    ).all()


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"verts": np.zeros((4, 2), np.float32)}, "verts has shape"),
        ({"verts": np.zeros((4, 3), np.int32)}, "verts has shape"),
        ({"verts": np.full((4, 3), np.nan, np.float32)}, "not finite"),
        ({"verts": [1, 2]}, "expected an array"),
        ({"faces": np.zeros((4, 4), np.int32)}, "faces has shape"),
        ({"faces": np.zeros((4, 3), np.float32)}, "faces has shape"),
        ({"faces": np.array([[0, 1, 4]], np.int32)}, "vertices 0 to 4, there are 4"),
        ({"faces": np.array([[-1, 1, 2]], np.int64)}, "vertices -1 to 2"),
    ],
)
def test_a_mesh_that_is_none_is_refused(changes, what, tmp_path):
    with pytest.raises(MeshError, match=what):
        read_mesh(mesh_file(tmp_path, as_pickle(tetrahedron(), **changes)))


def test_a_hostile_mesh_is_refused_and_nothing_of_it_runs(tmp_path):
    """Oracle: the sentinel that the pickle would create does not exist."""
    sentinel = tmp_path / "sentinel"
    path = mesh_file(tmp_path, None)
    for name, raw in files.hostile(sentinel).items():
        if name.startswith("live"):
            path.write_bytes(raw)
            with pytest.raises(UnsafePickleError, match="nothing of it was run"):
                read_mesh(path)
            assert not sentinel.exists()


def test_broken_mesh_files_are_refused(tmp_path):
    path = mesh_file(tmp_path, as_pickle(tetrahedron()))
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(WeightsError, match="cut short"):
        read_mesh(path)
    for raw in (b"", b"PK\3\4 no zip", pickle.dumps([1])):
        (tmp_path / "front.npz").write_bytes(raw)
        with pytest.raises(MeshError, match="no arrays verts and faces"):
            read_mesh(tmp_path / "front.npz")
    np.savez(tmp_path / "front.npz", verts=np.zeros((3, 3)), faces=np.array([{}], object))
    with pytest.raises(MeshError, match="no arrays verts and faces"):
        read_mesh(tmp_path / "front.npz")
