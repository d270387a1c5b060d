"""Containers, accessors and meshes; the files are put together by hand."""

import base64
import json
import struct

import numpy as np
import pytest

from campaign._gltf_files import Build, figure_build, glb, png, triangle_build
from panic3d.errors import (
    DecodeError,
    ExternalBufferError,
    MissingWeightsError,
    ModelError,
    ModelSizeError,
    NotFiniteError,
    NotGltfError,
    NotTrianglesError,
    UnsupportedExtensionError,
)
from panic3d.formats.vrm import parse_vrm, read_model
from panic3d.geometry.posing import BIND_POSE, Pose, posed

TRIANGLE = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.float32)


def read(build):
    return parse_vrm(build.packed(), plain=True)


def only(build):
    (mesh,) = read(build).meshes
    (primitive,) = mesh.primitives
    return primitive


# Accessors


def test_a_stride_skips_what_lies_between():
    """Oracle: positions and uvs interleaved in one view, taken apart by hand."""
    build = Build()
    uv = np.array([[0, 0], [1, 0], [0, 1]], np.float32)
    view = build.view(np.concatenate([TRIANGLE, uv], 1).tobytes(), byteStride=20)
    shared = {"bufferView": view, "componentType": 5126, "count": 3}
    build.add("accessors", {**shared, "type": "VEC3"})
    build.add("accessors", {**shared, "type": "VEC2", "byteOffset": 12})
    build.add("meshes", {"primitives": [{"attributes": {"POSITION": 0, "TEXCOORD_0": 1}}]})
    build.json["scenes"][0]["nodes"] = [build.add("nodes", {"mesh": 0})]
    primitive = only(build)
    np.testing.assert_array_equal(primitive.positions, TRIANGLE)
    np.testing.assert_array_equal(primitive.uvs[0], uv)


@pytest.mark.parametrize("based", [True, False])
def test_sparse_values_replace_those_of_the_base_or_zeros(based):
    """Oracle: assignment by hand."""
    build = triangle_build()
    accessor = build.json["accessors"][0]
    if not based:
        del accessor["bufferView"]
    accessor["sparse"] = {
        "count": 2,
        "indices": {
            "bufferView": build.view(np.array([0, 2], np.uint16).tobytes()),
            "componentType": 5123,
        },
        "values": {"bufferView": build.view(np.full((2, 3), 7, np.float32).tobytes())},
    }
    expected = TRIANGLE.copy() if based else np.zeros((3, 3), np.float32)
    expected[[0, 2]] = 7
    np.testing.assert_array_equal(only(build).positions, expected)


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        ("u1", [0, 255, 51], [0, 1, 0.2]),
        ("u2", [0, 65535, 13107], [0, 1, 0.2]),
        ("i1", [-128, 127, 0], [-1, 1, 0]),
        ("i2", [-32768, 32767, 0], [-1, 1, 0]),
    ],
)
def test_normalised_whole_numbers_become_fractions(kind, values, expected):
    """Oracle: c / max, not below -1 (glTF 2.0, section 3.6.2.2)."""
    stored = np.array([[value] * 4 for value in values], kind)[:, :2]
    padded = np.zeros((3, 4), kind)
    padded[:, :2] = stored
    build = triangle_build()
    view = build.view(padded.tobytes(), byteStride=padded.itemsize * 4)
    uv = build.add(
        "accessors",
        {
            "bufferView": view,
            "componentType": {"u1": 5121, "u2": 5123, "i1": 5120, "i2": 5122}[kind],
            "normalized": True,
            "count": 3,
            "type": "VEC2",
        },
    )
    build.json["meshes"][0]["primitives"][0]["attributes"]["TEXCOORD_0"] = uv
    np.testing.assert_allclose(only(build).uvs[0][:, 0], expected, atol=1e-7)


@pytest.mark.parametrize("kind", ["u1", "u2", "u4"])
def test_indices_of_every_width_are_read(kind):
    build = triangle_build()
    place = build.array(np.array([2, 1, 0], kind))
    build.json["meshes"][0]["primitives"][0]["indices"] = place
    assert only(build).faces.tolist() == [[2, 1, 0]]


def test_without_indices_three_vertices_in_turn_make_a_triangle():
    build = triangle_build(POSITION=np.zeros((6, 3), np.float32))
    assert only(build).faces.tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [(5, [[0, 1, 2], [1, 3, 2], [2, 3, 4]]), (6, [[1, 2, 0], [2, 3, 0], [3, 4, 0]])],
)
def test_strips_and_fans_become_triangles(mode, expected):
    """Oracle: glTF 2.0, section 3.7.2.1."""
    build = triangle_build(POSITION=np.zeros((5, 3), np.float32))
    build.json["meshes"][0]["primitives"][0]["mode"] = mode
    assert only(build).faces.tolist() == expected


# Nodes, skins, morphs


def test_matrices_and_translation_rotation_scale_say_the_same():
    """Oracle: T R S written out as a matrix, columns first."""
    build = triangle_build()
    half = 0.5**0.5
    fields = {"translation": [1, 2, 3], "rotation": [0, half, 0, half], "scale": [2, 2, 2]}
    matrix = [0, 0, -2, 0, 0, 2, 0, 0, 2, 0, 0, 0, 1, 2, 3, 1]
    build.json["nodes"] += [fields, {"matrix": matrix}]
    nodes = read(build).nodes
    np.testing.assert_allclose(nodes[1].parent_from_node, nodes[2].parent_from_node, atol=1e-12)


def test_a_second_set_of_joints_and_weights_counts():
    build = figure_build()
    extra = {
        "JOINTS_1": build.array(np.full((8, 4), 2, np.uint8)),
        "WEIGHTS_1": build.array(np.full((8, 4), 0.25, np.float32)),
    }
    build.json["meshes"][0]["primitives"][0]["attributes"] |= extra
    primitive = read(build).meshes[0].primitives[0]
    assert primitive.joints.shape == primitive.weights.shape == (8, 8)
    assert primitive.joints[0, 4:].tolist() == [2] * 4


def test_a_skin_without_inverse_bind_matrices_has_identities():
    build = figure_build()
    del build.json["skins"][0]["inverseBindMatrices"]
    skin = read(build).skins[0]
    np.testing.assert_array_equal(skin.joint_from_model, np.tile(np.eye(4), (17, 1, 1)))


def test_a_mesh_on_two_nodes_is_two_parts():
    build = triangle_build()
    build.json["nodes"].append({"mesh": 0, "translation": [1, 0, 0]})
    build.json["scenes"][0]["nodes"] = [0, 1]
    meshes = read(build).meshes
    assert [mesh.node for mesh in meshes] == [0, 1]
    assert meshes[0].primitives[0].positions is meshes[1].primitives[0].positions


def test_only_what_the_scene_shows_is_drawn():
    build = triangle_build()
    build.json["nodes"].append({"mesh": 0})
    assert len(read(build).meshes) == 1


@pytest.mark.parametrize("holder", ["mesh", "primitive"])
def test_morph_names_are_found_where_either_exporter_puts_them(holder):
    build = figure_build()
    mesh = build.json["meshes"][0]
    names = mesh.pop("extras")
    (mesh if holder == "mesh" else mesh["primitives"][0])["extras"] = names
    assert read(build).meshes[0].morph_names == ("up", "back")


def test_a_texture_is_looked_up_as_the_file_says():
    build = figure_build("1.0")
    build.json["samplers"] = [{"wrapS": 33071, "wrapT": 33648, "magFilter": 9728}]
    build.json["textures"][0]["sampler"] = 0
    info = build.json["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"]
    info["extensions"] = {
        "KHR_texture_transform": {"offset": [0.1, 0.2], "scale": [2, 3], "rotation": 0.5}
    }
    use = read(build).materials[0].base_texture
    assert use.wrap == ("clamp", "mirror") and use.nearest
    assert (use.offset, use.scale, use.rotation) == ((0.1, 0.2), (2.0, 3.0), 0.5)


# Resources


def test_data_uris_and_files_of_the_folder_hold_buffers(tmp_path):
    build = triangle_build()
    document = build.json | {"buffers": [{"byteLength": len(build.binary), "uri": "a b.bin"}]}
    (tmp_path / "a b.bin").write_bytes(build.binary)
    uri = "data:application/octet-stream;base64," + base64.b64encode(build.binary).decode()
    for place in ("a b.bin", "a%20b.bin", "./a%20b.bin", uri):
        document["buffers"][0]["uri"] = place
        path = tmp_path / "model.gltf"
        path.write_text(json.dumps(document))
        found = read_model(path).meshes[0].primitives[0].positions
        np.testing.assert_array_equal(found, TRIANGLE)


@pytest.mark.parametrize(
    "uri",
    [
        "../secret.bin",
        "%2e%2e/secret.bin",
        "inner/../../secret.bin",
        "/etc/passwd",
        "file:///etc/passwd",
        "http://localhost/x.bin",
        "//host/x.bin",
        "C:\\x.bin",
        "link.bin",
        "loop.bin",
        "missing.bin",
        "",
        "a\0b",
        "http://[",
    ],
)
def test_nothing_outside_the_models_folder_is_opened(tmp_path, uri):
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "secret.bin").write_bytes(bytes(100))
    (folder / "link.bin").symlink_to(tmp_path / "secret.bin")
    (folder / "loop.bin").symlink_to(folder / "loop.bin")
    document = triangle_build().json | {"buffers": [{"byteLength": 36, "uri": uri}]}
    (folder / "model.gltf").write_text(json.dumps(document))
    with pytest.raises(ExternalBufferError):
        read_model(folder / "model.gltf")


def test_a_buffer_without_data_is_an_external_one_that_is_missing():
    build = triangle_build()
    document = build.json | {"buffers": [{"byteLength": 36}]}
    with pytest.raises(ExternalBufferError):
        parse_vrm(glb(document), plain=True)


# Faults


def spoiled(change):
    build = triangle_build()
    change(build.json)
    return build.packed()


def circle(document):
    document["nodes"] = [{"mesh": 0}, {"children": [2]}, {"children": [1]}]


def lines(document):
    document["meshes"][0]["primitives"][0]["mode"] = 1


def beyond_vertices(document):
    document["accessors"].append({"componentType": 5125, "count": 3, "type": "SCALAR"})
    document["accessors"][1] |= {"bufferView": 0, "byteOffset": 12}
    document["meshes"][0]["primitives"][0]["indices"] = 1


def setting(*path):
    *keys, last, value = path

    def change(document):
        for key in keys:
            document = document[key]
        document[last] = value

    return change


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", NotGltfError),
        (b"PK\x03\x04", NotGltfError),
        (b"glTF" + struct.pack("<II", 1, 20) + bytes(8), NotGltfError),
        (b"glTF" + struct.pack("<II", 2, 12), DecodeError),
        (b'{"asset": {"version": "1.0"}}', NotGltfError),
        (b"{}", NotGltfError),
        (b'{"asset": ' + b"[" * 100_000, DecodeError),
        (triangle_build().packed()[:-20], DecodeError),
        (spoiled(circle), DecodeError),
        (spoiled(lines), NotTrianglesError),
        (spoiled(setting("meshes", 0, "primitives", 0, "mode", 0)), NotTrianglesError),
        (spoiled(beyond_vertices), DecodeError),
        (spoiled(setting("accessors", 0, "count", 4)), DecodeError),
        (spoiled(setting("accessors", 0, "count", -1)), DecodeError),
        (spoiled(setting("accessors", 0, "componentType", 1)), DecodeError),
        (spoiled(setting("bufferViews", 0, "byteLength", 1 << 30)), DecodeError),
        (spoiled(setting("bufferViews", 0, "buffer", 5)), DecodeError),
        (spoiled(setting("nodes", 0, "mesh", 9)), DecodeError),
        (spoiled(setting("nodes", 0, "translation", [1, "2", 3])), DecodeError),
        (spoiled(setting("scene", 4)), DecodeError),
        (
            spoiled(
                setting("accessors", 0, {"componentType": 5126, "count": 2**31, "type": "VEC3"})
            ),
            ModelSizeError,
        ),
        (
            spoiled(setting("extensionsRequired", ["KHR_draco_mesh_compression"])),
            UnsupportedExtensionError,
        ),
        (spoiled(setting("extensionsRequired", ["ACME_everything"])), UnsupportedExtensionError),
        (triangle_build(POSITION=TRIANGLE * np.float32("nan")).packed(), NotFiniteError),
    ],
)
def test_each_class_of_fault_has_its_own_error(data, error):
    with pytest.raises(error) as caught:
        parse_vrm(data, plain=True)
    assert caught.type is error


@pytest.mark.parametrize("name", ["JOINTS_0", "WEIGHTS_0"])
def test_a_skinned_mesh_without_joints_or_weights_is_refused(name):
    build = figure_build()
    del build.json["meshes"][0]["primitives"][0]["attributes"][name]
    with pytest.raises(MissingWeightsError, match=name):
        read(build)


def test_a_joint_that_the_skin_lacks_is_refused_if_it_has_weight():
    build = figure_build()
    build.json["skins"][0]["joints"] = build.json["skins"][0]["joints"][:3]
    with pytest.raises(DecodeError, match="follows joint"):
        read(build)


def test_every_error_has_a_code_of_its_own():
    def below(kind):
        return [kind, *(k for child in kind.__subclasses__() for k in below(child))]

    codes = [kind.code for kind in below(ModelError)]
    assert len(set(codes)) == len(codes) > 15


def test_many_accessors_over_the_same_bytes_do_not_multiply_memory():
    """A file of a megabyte that asks for 600 MB."""
    build = Build()
    view = build.view(np.zeros((100_000, 3), np.float32).tobytes())
    for _ in range(500):
        build.add(
            "accessors",
            {"bufferView": view, "componentType": 5126, "count": 100_000, "type": "VEC3"},
        )
    targets = [{"POSITION": k} for k in range(1, 500)]
    build.add("meshes", {"primitives": [{"attributes": {"POSITION": 0}, "targets": targets}]})
    build.json["scenes"][0]["nodes"] = [build.add("nodes", {"mesh": 0})]
    with pytest.raises(ModelSizeError):
        read(build)


def test_a_picture_is_told_by_its_bytes_not_by_its_label():
    build = figure_build()
    build.json["images"][0]["mimeType"] = "image/jpeg"
    assert read(build).images[0].media_type == "image/png"
    assert read(build).images[0].data == png()


# Arrays of every kind, and where they end up


def stored(values, kind):
    """Return an attribute's fields: fractions as normalised whole numbers, four bytes aligned."""
    top = np.iinfo(kind).max
    whole = np.rint(np.array(values) * top).astype(kind)
    item = whole.shape[1] * whole.itemsize
    padded = np.zeros((len(whole), item + -item % 4), np.uint8)
    padded[:, :item] = whole.view(np.uint8).reshape(len(whole), item)
    fields = {
        "componentType": {"u1": 5121, "u2": 5123, "i1": 5120, "i2": 5122}[kind],
        "normalized": True,
        "count": len(whole),
        "type": f"VEC{whole.shape[1]}",
    }
    return padded, fields, whole / top


def quantised(build, values, kind):
    """Add such an accessor; return its index and the fractions that it can hold."""
    padded, fields, fractions = stored(values, kind)
    view = build.view(padded.tobytes(), byteStride=padded.shape[1])
    return build.add("accessors", {"bufferView": view, **fields}), fractions


@pytest.mark.parametrize("kind", ["u1", "u2", "i1", "i2"])
def test_positions_may_be_normalised_whole_numbers(kind):
    """Oracle: c / max (KHR_mesh_quantization)."""
    build = triangle_build()
    low = 0 if kind[0] == "u" else -1
    place, expected = quantised(build, [[low, 0, 1], [0.3, 0.5, low], [0.1, 1, 0.25]], kind)
    build.json["extensionsRequired"] = ["KHR_mesh_quantization"]
    build.json["meshes"][0]["primitives"][0]["attributes"]["POSITION"] = place
    np.testing.assert_allclose(only(build).positions, expected, atol=1e-7)


@pytest.mark.parametrize("kind", ["u1", "u2"])
@pytest.mark.parametrize("width", [3, 4])
def test_vertex_colours_may_be_normalised_and_lack_alpha(kind, width):
    """Oracle: c / max; alpha is 1 where there is none."""
    build = triangle_build()
    colours = np.array([[1, 0, 0.2, 0.4], [0, 1, 0.6, 1], [0.5, 0.5, 0.5, 0]])[:, :width]
    place, expected = quantised(build, colours, kind)
    build.json["meshes"][0]["primitives"][0]["attributes"]["COLOR_0"] = place
    found = only(build).colours
    np.testing.assert_allclose(found[:, :width], expected, atol=1e-7)
    assert width == 4 or (found[:, 3] == 1).all()


def test_vertex_colours_of_zeros_throughout_are_none():
    """Some exporters fill in zeros where a mesh has no colours; it would be black or not there."""
    build = triangle_build()
    place, _ = quantised(build, np.zeros((3, 4)), "u1")
    build.json["meshes"][0]["primitives"][0]["attributes"]["COLOR_0"] = place
    assert only(build).colours is None


@pytest.mark.parametrize("kind", ["u1", "u2"])
def test_weights_may_be_normalised_whole_numbers(kind):
    build = figure_build()
    place, expected = quantised(build, np.tile([0.6, 0.4, 0, 0], (8, 1)), kind)
    build.json["meshes"][0]["primitives"][0]["attributes"]["WEIGHTS_0"] = place
    np.testing.assert_allclose(read(build).meshes[0].primitives[0].weights, expected, atol=1e-7)


def test_each_mesh_follows_its_own_skin():
    """Oracle: the second skin has one joint, moved by (0, 0, 1) from where it was bound."""
    build = figure_build("1.0")
    joint = build.add("nodes", {"translation": [0, 0, 1]})
    second = build.add("skins", {"joints": [joint]})
    attributes = build.json["meshes"][0]["primitives"][0]["attributes"]
    other = {
        "POSITION": attributes["POSITION"],
        "JOINTS_0": build.array(np.zeros((8, 4), np.uint8)),
        "WEIGHTS_0": attributes["WEIGHTS_0"],
    }
    mesh = build.add("meshes", {"primitives": [{"attributes": other}]})
    build.json["scenes"][0]["nodes"] += [joint, build.add("nodes", {"mesh": mesh, "skin": second})]
    character = parse_vrm(build.packed())
    assert [part.skin for part in character.meshes] == [0, 1]
    one, two = posed(character, BIND_POSE).parts
    np.testing.assert_allclose(two.positions - one.positions, np.tile([0, 0, 1], (8, 1)), atol=1e-6)


def test_a_rigid_mesh_lies_where_its_nodes_put_it_though_the_child_comes_first():
    """Oracle: (x, y, z) is doubled, then turned 90 degrees about z, then moved by (1, 2, 3)."""
    build = triangle_build()
    half = 0.5**0.5
    build.json["nodes"] = [
        {"mesh": 0, "scale": [2, 2, 2]},
        {"rotation": [0, 0, half, half], "children": [0]},
        {"translation": [1, 2, 3], "children": [1]},
    ]
    build.json["scenes"][0]["nodes"] = [2]
    (part,) = posed(read(build), BIND_POSE).parts
    np.testing.assert_allclose(part.positions, [[1, 2, 3], [1, 4, 3], [-1, 2, 3]], atol=1e-6)


def test_a_mesh_on_two_nodes_is_posed_at_both():
    """Oracle: the triangle and the triangle one metre to the side."""
    build = triangle_build()
    build.json["nodes"].append({"mesh": 0, "translation": [1, 0, 0]})
    build.json["scenes"][0]["nodes"] = [0, 1]
    one, two = posed(read(build), BIND_POSE).parts
    np.testing.assert_array_equal(one.positions, TRIANGLE)
    np.testing.assert_array_equal(two.positions, TRIANGLE + np.array([1, 0, 0], np.float32))


def test_a_joint_node_may_come_after_its_children():
    """Oracle: the figure with its nodes the other way round is posed the same."""
    build, other = figure_build("1.0"), figure_build("1.0")
    last = len(other.json["nodes"]) - 1
    other.json["nodes"].reverse()
    for node in other.json["nodes"]:
        if "children" in node:
            node["children"] = [last - child for child in node["children"]]
    other.json["scenes"][0]["nodes"] = [last - k for k in other.json["scenes"][0]["nodes"]]
    skin = other.json["skins"][0]
    skin["joints"] = [last - joint for joint in skin["joints"]]
    vrm = other.json["extensions"]["VRMC_vrm"]
    for bone in vrm["humanoid"]["humanBones"].values():
        bone["node"] = last - bone["node"]
    for kind in vrm["expressions"].values():
        for expression in kind.values():
            for bind in expression["morphTargetBinds"]:
                bind["node"] = last - bind["node"]
    pose = Pose(head_yaw_deg=30.0, expressions={"blink": 1.0})
    one, two = (posed(parse_vrm(each.packed()), pose).parts[0] for each in (build, other))
    np.testing.assert_array_equal(one.positions, two.positions)
