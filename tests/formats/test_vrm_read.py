"""What a VRM says beside glTF, in both versions."""

import numpy as np
import pytest

from campaign._gltf_files import BONES as PLACES
from campaign._gltf_files import CORNERS, figure_build, triangle_build
from panic3d.errors import MissingBoneError, NoSkinError, NoVrmError
from panic3d.formats.vrm import parse_vrm, read_model, read_vrm
from panic3d.geometry.character import BONES, REQUIRED_BONES
from panic3d.geometry.posing import BIND_POSE, Pose, head_origin, posed


def read(build):
    return parse_vrm(build.packed())


@pytest.mark.parametrize("version", ["0.x", "1.0"])
def test_both_versions_face_the_same_way_in_memory(version):
    """Oracle: the figure as it is given, whichever way its file faces."""
    character = read(figure_build(version))
    assert character.source == f"VRM {version}"
    primitive = character.meshes[0].primitives[0]
    np.testing.assert_array_equal(primitive.positions, CORNERS)
    outward = CORNERS - [0, 1.6, 0]
    assert ((primitive.normals * outward).sum(-1) > 0).all()
    assert primitive.morphs[1].positions[0, 2] == pytest.approx(-0.02)
    np.testing.assert_allclose(head_origin(character), [0, 1.6, 0], atol=1e-6)
    for name, _, place in PLACES:
        node = character.bones[name]
        joint = character.skins[0].joints.index(node)
        bind = np.linalg.inv(character.skins[0].joint_from_model[joint])
        np.testing.assert_allclose(bind[:3, 3], place, atol=1e-6)
    (part,) = posed(character, BIND_POSE).parts
    np.testing.assert_allclose(part.positions, CORNERS, atol=1e-6)


def test_a_rotated_node_is_turned_with_the_figure():
    """Oracle: a turn about x in a file that faces -z is the opposite turn in the world."""
    build = figure_build()
    half = 0.5**0.5
    build.json["nodes"][3]["rotation"] = [half, 0, 0, half]
    matrix = read(build).nodes[3].parent_from_node[:3, :3]
    np.testing.assert_allclose(matrix, [[1, 0, 0], [0, 0, 1], [0, -1, 0]], atol=1e-12)


def test_thumbs_of_vrm_0_get_their_new_names():
    build = figure_build()
    bones = build.json["extensions"]["VRM"]["humanoid"]["humanBones"]
    for bone in ("leftThumbProximal", "leftThumbIntermediate", "leftThumbDistal"):
        bones.append({"bone": bone, "node": build.add("nodes", {})})
    first = len(PLACES)
    found = read(build).bones
    names = ("leftThumbMetacarpal", "leftThumbProximal", "leftThumbDistal")
    assert [found[name] - first for name in names] == [1, 2, 3]
    assert set(found) <= set(BONES)


def test_expressions_of_vrm_0_have_the_names_and_weights_of_1():
    character = read(figure_build())
    assert set(character.expressions) == {"blink", "surprised"}
    (bind,) = character.expressions["blink"].morphs
    assert (bind.mesh, bind.morph, bind.weight) == (0, 0, 0.5)
    surprised = character.expressions["surprised"]
    assert surprised.colours[0].target == (0.0, 1.0, 0.0, 1.0)
    # Unity counts v from the bottom: offset 0.25 with scale 0.5 is 1 - 0.5 - 0.25 from the top.
    assert surprised.textures[0].scale == (0.5, 0.5)
    assert surprised.textures[0].offset == (0.25, 0.25)


def test_expressions_of_vrm_1_are_presets_and_custom():
    character = read(figure_build("1.0"))
    assert set(character.expressions) == {"blink", "odd"}
    assert character.expressions["odd"].binary
    assert character.expressions["odd"].colours[0].target == (0.0, 1.0, 0.0, 1.0)
    assert character.expressions["odd"].textures[0].offset == (0.25, 0.25)


@pytest.mark.parametrize("version", ["0.x", "1.0"])
def test_meta_says_who_made_it_and_what_is_allowed(version):
    meta = read(figure_build(version)).meta
    assert (meta.name, meta.authors, meta.thumbnail) == ("Cube", ("Somebody",), 0)
    assert (meta.allowed_user, meta.commercial_use) == ("everyone", "corporation")
    if version == "0.x":
        assert meta.licence_name == "CC0" and "publicdomain/zero" in meta.licence_url
        assert meta.modification == "allowModificationRedistribution" and not meta.credit_required
    else:
        assert meta.modification == "prohibited" and meta.credit_required


def test_what_meta_does_not_say_is_not_allowed():
    build = figure_build()
    build.json["extensions"]["VRM"]["meta"] = {"allowedUserName": "Whoever", "licenseName": "?"}
    meta = read(build).meta
    assert meta.allowed_user == "onlyAuthor" and not meta.violent_use and not meta.sexual_use
    assert meta.commercial_use == "personalNonProfit" and not meta.redistribution


def test_the_colour_of_vrm_0_is_what_a_viewer_shows_and_the_stored_one_is_kept():
    """Oracle: sRGB 0.5 is 0.2140 linear."""
    (material,) = read(figure_build()).materials
    assert material.stored_colour == (1.0, 0.5, 0.25, 1.0)
    assert material.base_colour == pytest.approx((1.0, 0.21404, 0.05088, 1.0), abs=1e-4)
    assert material.culling == "none"
    assert material.toon.outline_width == pytest.approx(0.001)  # centimetres to metres
    assert material.toon.shade_texture == material.base_texture


def test_toon_parameters_of_vrm_1_are_read_as_they_stand():
    (material,) = read(figure_build("1.0")).materials
    assert material.base_colour == (1.0, 0.5, 0.25, 1.0) and material.stored_colour is None
    assert material.toon.shade_colour == (0.5, 0.25, 0.125)
    assert material.toon.shade_texture.image == 0


@pytest.mark.parametrize("version", ["0.x", "1.0"])
def test_a_model_without_head_is_refused(version):
    build = figure_build(version)
    extensions = build.json["extensions"]
    if version == "0.x":
        bones = extensions["VRM"]["humanoid"]["humanBones"]
        bones[:] = [bone for bone in bones if bone["bone"] != "head"]
    else:
        del extensions["VRMC_vrm"]["humanoid"]["humanBones"]["head"]
    with pytest.raises(MissingBoneError, match="head"):
        read(build)


def test_a_model_of_which_nothing_follows_its_bones_is_refused():
    build = figure_build()
    del build.json["nodes"][-1]["skin"]
    with pytest.raises(NoSkinError):
        read(build)


def test_a_rigid_mesh_on_a_bone_needs_no_skin():
    build = figure_build()
    del build.json["nodes"][-1]["skin"]
    build.json["nodes"][3]["children"].append(len(build.json["nodes"]) - 1)
    build.json["scenes"][0]["nodes"].pop()
    assert read(build).meshes[0].skin is None


def test_a_plain_gltf_is_no_vrm_but_can_be_read_as_a_model(tmp_path):
    path = tmp_path / "plain.glb"
    path.write_bytes(triangle_build().packed())
    with pytest.raises(NoVrmError):
        read_vrm(path)
    assert read_model(path).bones == {} and read_model(path).meta is None


def test_what_is_left_out_is_noted():
    build = figure_build()
    vrm = build.json["extensions"]["VRM"]
    vrm["secondaryAnimation"] = {"boneGroups": [{}]}
    vrm["humanoid"]["humanBones"].append({"bone": "tail", "node": 0})
    vrm["blendShapeMaster"]["blendShapeGroups"][0]["binds"][0]["index"] = 9
    notes = " ".join(read(build).notes)
    assert "spring bones" in notes and "tail" in notes and "morph target" in notes


def test_required_bones_are_known_bones():
    assert set(REQUIRED_BONES) < set(BONES) and len(BONES) == len(set(BONES)) == 55


def test_both_versions_are_posed_alike_though_their_bones_have_axes_of_their_own():
    """Oracle: invariant; a turned file with rotated bones and binds gives the same vertices."""
    half = 0.5**0.5

    def turned(version):
        build = figure_build(version)
        sign = -1 if version == "0.x" else 1
        head = build.json["nodes"][4]
        head["rotation"] = [sign * half, 0, 0, half]  # about x, which a turn about y negates
        bind = np.eye(4, dtype=np.float32)
        bind[:3, :3] = [[1, 0, 0], [0, 0, sign], [0, -sign, 0]]  # the inverse rotation
        bind[:3, 3] = bind[:3, :3] @ [0, -1.5, 0]
        binds = np.tile(np.eye(4, dtype=np.float32), (17, 1, 1))
        binds[4] = bind
        matrices = build.array(binds.transpose(0, 2, 1).reshape(-1, 16).copy())
        build.json["skins"][0]["inverseBindMatrices"] = matrices
        return build

    pose = Pose(head_yaw_deg=30.0, head_pitch_deg=20.0, expressions={"blink": 1.0})
    expected = posed(read(figure_build("1.0")), pose).parts[0]
    for build in (figure_build("0.x"), turned("0.x"), turned("1.0")):
        (part,) = posed(read(build), pose).parts
        np.testing.assert_allclose(part.positions, expected.positions, atol=1e-6)
        assert part.normals is not None and expected.normals is not None
        np.testing.assert_allclose(part.normals, expected.normals, atol=1e-6)


def _first_expression(vrm):
    return vrm["blendShapeMaster"]["blendShapeGroups"][0]


BREAKAGES = [  # version, what to break, the part of the character that changes
    ("0.x", lambda vrm: vrm["materialProperties"][0].update(floatProperties=[1]), "materials"),
    ("0.x", lambda vrm: vrm["materialProperties"].insert(0, None), "materials"),
    ("0.x", lambda vrm: vrm.update(materialProperties="none"), "materials"),
    ("0.x", lambda vrm: _first_expression(vrm).update(binds=3), "expressions"),
    ("0.x", lambda vrm: _first_expression(vrm).update(presetName=[]), "expressions"),
    ("0.x", lambda vrm: vrm.update(blendShapeMaster=[]), "expressions"),
    ("0.x", lambda vrm: vrm["meta"].update(author={"name": "someone"}), "meta"),
    ("0.x", lambda vrm: vrm["humanoid"]["humanBones"].append({"bone": "jaw", "node": 10**6}), ""),
    ("0.x", lambda vrm: vrm["humanoid"]["humanBones"].append("jaw"), ""),
    ("1.0", lambda vrm: vrm["expressions"]["preset"]["blink"].update(isBinary=[]), "expressions"),
    ("1.0", lambda vrm: vrm["expressions"]["preset"].update(blink=3), "expressions"),
    ("1.0", lambda vrm: vrm["expressions"].update(preset=1), "expressions"),
    ("1.0", lambda vrm: vrm.update(expressions=[]), "expressions"),
    ("1.0", lambda vrm: vrm["meta"].update(authors="someone"), "meta"),
    ("1.0", lambda vrm: vrm["humanoid"]["humanBones"].update(jaw={"node": 10**6}), ""),
    ("1.0", lambda vrm: vrm["humanoid"]["humanBones"].update(jaw=5), ""),
]


@pytest.mark.parametrize(("version", "damage", "part"), BREAKAGES)
def test_a_fault_in_looks_or_papers_is_noted_and_the_rest_read(version, damage, part):
    """Oracle: the same file before; only the damaged part may differ, and it must."""
    build = figure_build(version)
    before = read(build)
    damage(build.json["extensions"]["VRM" if version == "0.x" else "VRMC_vrm"])
    character = read(build)
    np.testing.assert_array_equal(character.meshes[0].primitives[0].positions, CORNERS)
    assert character.bones == before.bones
    for name in ("materials", "expressions", "meta"):
        assert (getattr(character, name) != getattr(before, name)) == (name == part), name
    assert len(character.notes) > len(before.notes)


def test_broken_papers_allow_nothing():
    """Oracle: the strictest words of the VRM 1.0 schema."""
    build = figure_build("1.0")
    build.json["extensions"]["VRMC_vrm"]["meta"] |= {
        "authors": [1],
        "allowRedistribution": True,
        "avatarPermission": "everyone",
    }
    meta = read(build).meta
    assert meta.allowed_user == "onlyAuthor" and not meta.redistribution


def test_broken_toon_parameters_of_vrm_1_leave_the_gltf_material():
    build = figure_build("1.0")
    toon = build.json["materials"][0]["extensions"]["VRMC_materials_mtoon"]
    toon["shadeColorFactor"] = "pink"
    character = read(build)
    assert character.materials[0].toon is None
    assert character.materials[0].base_texture is not None
    assert any("MToon of materials[0]" in note for note in character.notes)
