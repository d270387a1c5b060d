"""The paper's ground-truth mesh, quirk by quirk."""

import numpy as np
import pytest

from campaign._gltf_files import CORNERS, TRIANGLES, Build, figure_build
from panic3d.errors import MissingBoneError, NotTrianglesError, NoVrmError
from panic3d.evaluate.paper_truth import (
    decapitated,
    paper_surface,
    stored_mesh,
    without_innards,
)
from panic3d.evaluate.surface_metrics import Triangles
from panic3d.formats.container import parse_container

from .shapes import sphere

pytest.importorskip("igl", reason="libigl is not installed: pip install 'panic3d[eval]'")

HEAD = np.array([0.0, 1.5, 0.0])
CUBE = CORNERS.astype(np.float64) - HEAD - [0, 0.1, 0]


def surface_of(build: Build) -> Triangles:
    return paper_surface(parse_container(build.packed()))


def corners_of(surface: Triangles) -> np.ndarray:
    return surface.vertices[surface.faces]


def primitive(build: Build, positions: np.ndarray, **fields):
    """Add a mesh that hangs on no node at all."""
    attributes = {"POSITION": build.array(positions.astype(np.float32))}
    build.add("meshes", {"primitives": [{"attributes": attributes, **fields}]})


def test_inner_shells_go_as_recorded(golden_dir):
    """Oracle: the original's remove_innards, recorded."""
    recorded = np.load(golden_dir / "metrics.npz")
    shells = Triangles(
        recorded["in/innards_verts"].astype(np.float64), recorded["in/innards_faces"]
    )
    found = without_innards(shells)
    np.testing.assert_array_equal(found.faces, recorded["out/innards_kept_faces"])
    np.testing.assert_array_equal(found.vertices, recorded["out/innards_kept_verts"])


@pytest.mark.parametrize("version", ["0.x", "1.0"])
def test_the_head_is_in_the_world_frame(version):
    """Oracle: the cube as it was put into the file, +z in front, around the head bone + 0.1 m."""
    found = surface_of(figure_build(version))
    np.testing.assert_allclose(corners_of(found), CUBE[TRIANGLES.astype(int)], atol=1e-6)


def test_nodes_joints_and_morphs_move_nothing():
    """Oracle: the file without them. The bind pose counts as stored."""
    build = figure_build()
    for node in build.json["nodes"]:
        node["rotation"] = [0, 0, 1, 0]
        node["scale"] = [3, 3, 3]
    build.json["meshes"][0]["weights"] = [1.0, 1.0]
    found = surface_of(build)
    np.testing.assert_array_equal(found.vertices, surface_of(figure_build()).vertices)


def test_materials_do_not_matter_and_every_mesh_counts():
    """What is transparent, and what hangs on no node, counts."""
    build = figure_build()
    build.json["materials"][0]["alphaMode"] = "BLEND"
    build.json["materials"][0]["pbrMetallicRoughness"] = {"baseColorFactor": [1, 1, 1, 0]}
    triangle = np.array([[0.15, 1.6, 0], [0.2, 1.6, 0], [0.15, 1.7, 0]])
    primitive(build, triangle)
    found = corners_of(surface_of(build))
    assert len(found) == 13
    expected = (triangle - HEAD - [0, 0.1, 0]) * [-1, 1, -1]
    np.testing.assert_allclose(found[-1], expected, atol=1e-6)


def test_strides_are_ignored():
    """Oracle: the first bytes read one after the other; the file says 12 bytes in every 16."""
    build = figure_build()
    padded = np.concatenate([CORNERS, np.full((8, 1), 1.6, np.float32)], 1)
    view = build.view(padded.tobytes(), byteStride=16)
    accessor = {"bufferView": view, "componentType": 5126, "count": 8, "type": "VEC3"}
    position = build.add("accessors", accessor)
    build.json["meshes"][0]["primitives"][0]["attributes"]["POSITION"] = position
    found = stored_mesh(parse_container(build.packed()))
    np.testing.assert_allclose(found.surface.vertices, padded.reshape(-1)[:24].reshape(8, 3))


def test_sparse_values_are_ignored():
    build = figure_build()
    position = build.json["meshes"][0]["primitives"][0]["attributes"]["POSITION"]
    places, moved = build.view(b"\0\0\0\0"), build.view(np.zeros(3, np.float32).tobytes())
    build.json["accessors"][position]["sparse"] = {
        "count": 1,
        "indices": {"bufferView": places, "componentType": 5125},
        "values": {"bufferView": moved},
    }
    found = surface_of(build)
    np.testing.assert_array_equal(found.vertices, surface_of(figure_build()).vertices)


def test_strips_are_refused():
    build = figure_build()
    build.json["meshes"][0]["primitives"][0]["mode"] = 5
    with pytest.raises(NotTrianglesError, match=r"meshes\[0\].primitives\[0\]"):
        surface_of(build)


def test_what_lies_inside_goes_unless_it_is_a_sharp_corner():
    """Oracle: a vertex of a round thing inside has 1 + 1/2, a corner of a small cube 1 + 1/8."""
    inside = sphere(0.05, (0.0, 1.6, 0.0), cuts=2)
    build = figure_build()
    corners = build.array(inside.faces.reshape(-1).astype(np.uint16))
    primitive(build, inside.vertices, indices=corners)
    assert len(surface_of(build).faces) == 12
    build = figure_build()
    middle = np.array([0, 1.6, 0])
    small = (CORNERS * [-1, 1, -1] - middle) * 0.2 + middle
    primitive(build, small, indices=build.array(TRIANGLES.reshape(-1)))
    assert len(surface_of(build).faces) == 24


def test_the_box_of_the_head_is_half_a_metre_and_triangles_that_leave_it_go_whole():
    vertices = np.array([[0.25, 0, 0], [-0.25, 0.25, 0], [0, 0, -0.25], [0.2500001, 0, 0]])
    faces = np.array([[0, 1, 2], [3, 1, 2]], np.int32)
    found = decapitated(Triangles(vertices, faces))
    np.testing.assert_array_equal(found.faces, [[0, 1, 2]])
    assert len(found.vertices) == 4


def test_the_head_bone_is_where_its_bind_matrix_says():
    """Oracle: the mesh moves against the bone; the nodes stay where they are."""
    build = figure_build()
    accessor = build.json["accessors"][build.json["skins"][0]["inverseBindMatrices"]]
    start = build.json["bufferViews"][accessor["bufferView"]]["byteOffset"] + 64 * 4 + 48
    data = bytearray(build.binary)
    data[start : start + 12] = np.array([0.02, -1.53, 0.01], np.float32).tobytes()
    build.binary = bytes(data)
    moved = surface_of(build).vertices - surface_of(figure_build()).vertices
    # The bone is at (-0.02, 1.53, -0.01) of the file, whose figure faces -z.
    np.testing.assert_allclose(moved, np.tile([-0.02, -0.03, -0.01], (8, 1)), atol=1e-6)


def test_a_model_without_a_head_bone_is_refused():
    build = figure_build()
    bones = build.json["extensions"]["VRM"]["humanoid"]["humanBones"]
    bones[:] = [bone for bone in bones if bone["bone"] != "head"]
    with pytest.raises(MissingBoneError, match="head"):
        surface_of(build)
    build.json.pop("extensions")
    with pytest.raises(NoVrmError):
        surface_of(build)


def test_asking_only_near_vertices_changes_nothing(shared_models):
    """Oracle: the steps of the specification one after the other, for all of the model."""
    path = next(path for path in shared_models if path.stem == "vita")
    stored = stored_mesh(path)
    whole = without_innards(stored.surface)
    origin = stored.head + np.array([0, 0.1, 0])
    slow = decapitated(Triangles(whole.vertices - origin, whole.faces))
    found = paper_surface(path)
    assert len(found.faces) == 10797
    np.testing.assert_array_equal(corners_of(found), corners_of(slow) * [-1, 1, -1])
