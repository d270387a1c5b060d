"""What small files may not ask for, and small faults that must not cost the whole model."""

import io
import json
import struct

import numpy as np
import pytest
from PIL import Image

from campaign._gltf_files import CORNERS, figure_build, glb, triangle_build
from panic3d.errors import ModelSizeError, NotTrianglesError
from panic3d.files import file_sha256
from panic3d.formats import container
from panic3d.formats.gltf import Gltf
from panic3d.formats.vrm import parse_vrm
from panic3d.formats.vrm_write import vrm_bytes
from panic3d.geometry.posing import BIND_POSE, Pose, posed


def read(build):
    return parse_vrm(build.packed(), plain=True)


def same_figure(build, pose=BIND_POSE):
    """Hold a changed figure to the unchanged one; return the character."""
    character = parse_vrm(build.packed())
    version = "0.x" if character.source == "VRM 0.x" else "1.0"
    (part,) = posed(character, pose).parts
    (expected,) = posed(parse_vrm(figure_build(version).packed()), pose).parts
    np.testing.assert_allclose(part.positions, expected.positions, atol=1e-6)
    assert part.normals is not None and expected.normals is not None
    np.testing.assert_allclose(part.normals, expected.normals, atol=1e-6)
    return character


# Memory and time


def test_a_large_mesh_on_many_nodes_is_refused():
    """12 MB of vertices, unpacked from nothing, would be moved a hundred times."""
    build = triangle_build()
    build.json["accessors"][0] = {"componentType": 5126, "count": 1 << 20, "type": "VEC3"}
    place = build.array(np.array([0, 1, 2], np.uint32))
    build.json["meshes"][0]["primitives"][0]["indices"] = place
    assert len(read(build).meshes) == 1
    nodes = [build.add("nodes", {"mesh": 0}) for _ in range(100)]
    build.json["scenes"][0]["nodes"] += nodes
    with pytest.raises(ModelSizeError, match="nodes"):
        read(build)


def test_a_primitive_listed_thousands_of_times_is_refused():
    build = triangle_build()
    primitives = build.json["meshes"][0]["primitives"]
    primitives += [primitives[0]] * 9_000
    assert len(read(build).meshes[0].primitives) == 9_001
    primitives += [primitives[0]] * 1_000
    with pytest.raises(ModelSizeError, match="10001 primitives"):
        read(build)


def test_too_many_primitives_are_refused_before_one_is_read(monkeypatch):
    build = triangle_build()
    build.json["meshes"][0]["primitives"] *= 40_000
    monkeypatch.setattr(Gltf, "_primitive", lambda *_: pytest.fail("a primitive was read"))
    with pytest.raises(ModelSizeError, match="40000 primitives"):
        read(build)


def test_more_triangles_than_can_be_drawn_in_time_are_refused():
    build = triangle_build()
    corners = np.zeros(3 * 1_100_000, np.uint8)
    primitives = build.json["meshes"][0]["primitives"]
    primitives[0]["indices"] = build.array(corners)
    read(build)
    primitives.append(primitives[0])
    with pytest.raises(ModelSizeError, match="2200000"):
        read(build)


@pytest.mark.parametrize("name", ["NORMAL", "TEXCOORD_0"])
def test_what_is_mended_is_mended_once_for_all_that_share_it(name):
    build = figure_build("1.0")
    width = 3 if name == "NORMAL" else 2
    primitives = build.json["meshes"][0]["primitives"]
    broken = build.array(np.full((8, width), np.nan, np.float32))
    primitives[0]["attributes"][name] = broken
    primitives += [dict(primitives[0]) for _ in range(3)]
    character = parse_vrm(build.packed())
    found = character.meshes[0].primitives
    arrays = [each.normals if name == "NORMAL" else each.uvs[0] for each in found]
    assert arrays[0] is not None and not arrays[0].any()
    assert all(each is arrays[0] for each in arrays)
    parts = posed(character).parts
    assert all(part.positions is parts[0].positions for part in parts)


def test_a_json_of_other_letters_may_be_a_quarter_as_long(monkeypatch):
    """Python keeps such a text at four bytes a character."""
    monkeypatch.setattr(container, "MAX_JSON_BYTES", 16_000)
    document = figure_build("1.0")
    parse_vrm(document.packed())
    document.json["asset"]["generator"] = "x" * 16_000
    with pytest.raises(ModelSizeError, match="JSON"):
        parse_vrm(document.packed())
    document.json["asset"]["generator"] = ""
    document.json["nodes"][0]["name"] = "髪"
    text = json.dumps(document.json | {"buffers": []}, ensure_ascii=False).encode()
    assert 4_000 < len(text) < 16_000
    with pytest.raises(ModelSizeError, match="at most 4000"):
        parse_vrm(text)


def test_many_sparse_morph_targets_are_held_once():
    """A face of 45 000 vertices with 160 targets of positions and normals: 173 MB, not twice."""
    build = figure_build("0.x")
    count = 45_000
    attributes = build.json["meshes"][0]["primitives"][0]["attributes"]
    for name, width, kind in (
        *(("POSITION", 3, "f4"), ("NORMAL", 3, "f4"), ("TEXCOORD_0", 2, "f4")),
        *(("JOINTS_0", 4, "u1"), ("WEIGHTS_0", 4, "f4")),
    ):
        attributes[name] = build.array(np.zeros((count, width), kind))
    rows = build.view(np.arange(10, dtype=np.uint32).tobytes())
    values = build.view(np.full((10, 3), 0.25, np.float32).tobytes())

    def target():
        sparse = {
            "count": 10,
            "indices": {"bufferView": rows, "componentType": 5125},
            "values": {"bufferView": values},
        }
        entry = {"componentType": 5126, "count": count, "type": "VEC3", "sparse": sparse}
        return build.add("accessors", entry)

    targets = [{"POSITION": target(), "NORMAL": target()} for _ in range(160)]
    build.json["meshes"][0]["primitives"][0]["targets"] = targets
    (mesh,) = parse_vrm(build.packed()).meshes
    morph = mesh.primitives[0].morphs[159]
    assert morph.positions is not None
    np.testing.assert_array_equal(morph.positions[9:11], [[-0.25, 0.25, -0.25], [0, 0, 0]])


# Small faults


def repacked(build, before=b"", after=b""):
    """Pack a file with other bytes around its JSON."""
    data = build.packed()
    (size,) = struct.unpack_from("<I", data, 12)
    text = before + data[20 : 20 + size].rstrip() + after
    text += after[-1:] * (-len(text) % 4) if after else b" " * (-len(text) % 4)
    rest = data[20 + size :]
    head = struct.pack("<4sIIII", b"glTF", 2, 20 + len(text) + len(rest), len(text), 0x4E4F534A)
    return head + text + rest


@pytest.mark.parametrize(("before", "after"), [(b"\xef\xbb\xbf", b""), (b"", b"\0"), (b" \n", b"")])
def test_a_json_may_begin_with_a_mark_and_end_with_any_padding(before, after):
    character = parse_vrm(repacked(figure_build("1.0"), before, after))
    np.testing.assert_array_equal(character.meshes[0].primitives[0].positions, CORNERS)


def test_a_base_colour_without_alpha_is_opaque():
    build = figure_build("1.0")
    build.json["materials"][0]["pbrMetallicRoughness"]["baseColorFactor"] = [1, 0.5, 0.25]
    assert same_figure(build).materials[0].base_colour == (1.0, 0.5, 0.25, 1.0)


@pytest.mark.parametrize("name", ["normalTexture", "emissiveTexture"])
def test_a_texture_beside_the_base_that_is_not_there_is_noted(name):
    build = figure_build("1.0")
    build.json["materials"][0] |= {name: {"index": 99}, "emissiveFactor": [1, 1, 1]}
    character = same_figure(build)
    shines = name != "emissiveTexture"
    assert character.materials[0].emissive_colour == (float(shines),) * 3
    assert any(name in note for note in character.notes)


@pytest.mark.parametrize("name", ["JOINTS_1", "WEIGHTS_1"])
def test_half_a_second_set_of_influences_is_left_out(name):
    build = figure_build("1.0")
    attributes = build.json["meshes"][0]["primitives"][0]["attributes"]
    attributes[name] = attributes[name.replace("1", "0")]
    assert same_figure(build, Pose(head_yaw_deg=30.0)).notes


def test_a_morph_target_that_is_not_finite_does_not_move():
    build = figure_build("1.0")
    targets = build.json["meshes"][0]["primitives"][0]["targets"]
    targets[1]["POSITION"] = build.array(np.full((8, 3), np.inf, np.float32))
    character = same_figure(build)
    assert not character.meshes[0].primitives[0].morphs[1].positions.any()
    assert any("morph" in note for note in character.notes)


def test_lines_beside_triangles_are_left_out():
    build = figure_build("1.0")
    primitives = build.json["meshes"][0]["primitives"]
    primitives.append(dict(primitives[0], mode=1))
    assert any("lines" in note for note in same_figure(build).notes)
    primitives[0]["mode"] = 0
    with pytest.raises(NotTrianglesError):
        parse_vrm(build.packed())


def test_names_of_half_a_character_can_be_written():
    build = figure_build("0.x")
    build.json["meshes"][0]["name"] = "\ud800x"
    build.json["extensions"]["VRM"]["meta"]["title"] = "\ud83d"
    for version in ("1.0", "0.x"):
        again = parse_vrm(vrm_bytes(parse_vrm(build.packed()), version))
        assert again.meshes[0].name == "?x"


def test_the_digest_of_a_model_counts_the_files_it_names(tmp_path):
    """Oracle: it differs with each, and comes back with it."""
    build = triangle_build()
    image = io.BytesIO()
    Image.new("RGB", (2, 2)).save(image, "PNG")
    path = tmp_path / "model.gltf"
    document = build.json | {
        "buffers": [{"byteLength": len(build.binary), "uri": "a.bin"}],
        "images": [{"uri": "t.png"}],
    }
    path.write_text(json.dumps(document))
    seen = [container.model_sha256(path)]
    for name, data in (("a.bin", build.binary), ("t.png", image.getvalue()), ("t.png", b"other")):
        (tmp_path / name).write_bytes(data)
        seen.append(container.model_sha256(path))
    assert len(set(seen)) == 4
    (tmp_path / "t.png").write_bytes(image.getvalue())
    assert container.model_sha256(path) == seen[2]
    (tmp_path / "broken.vrm").write_bytes(b"no model")
    assert len(container.model_sha256(tmp_path / "broken.vrm")) == 64
    alone = tmp_path / "alone.glb"
    alone.write_bytes(glb(triangle_build().json, build.binary))
    assert container.model_sha256(alone) == file_sha256(alone)
