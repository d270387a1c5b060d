"""Writing VRM; judged by Khronos' validator, by VRM's own rules, and by reading again."""

import dataclasses
import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from campaign._gltf_files import figure_build, png
from panic3d.characters.procedural import make_procedural
from panic3d.characters.remix import Library, make_remix
from panic3d.characters.saved import to_save
from panic3d.errors import ConfigError, MissingBoneError, ModelError
from panic3d.formats import vrm_write
from panic3d.formats.vrm import parse_vrm, read_vrm
from panic3d.formats.vrm_write import (
    Version,
    bare_png,
    quaternion,
    tidy_influences,
    transform_fields,
    vrm_bytes,
    write_vrm,
)
from panic3d.geometry.character import (
    Expression,
    Material,
    Meta,
    Morph,
    MorphBind,
    Picture8,
    TextureUse,
    Toon,
)
from panic3d.geometry.posing import Pose, posed, rotation
from tests.formats.khronos import faults, validate
from tests.formats.vrm_rules import broken_rules, document

VERSIONS: tuple[Version, ...] = ("1.0", "0.x")


@pytest.fixture
def figure():
    return parse_vrm(figure_build("1.0").packed())


def rich(figure):
    """Everything a file can hold at once, and much of it awkward."""
    (mesh,) = figure.meshes
    (first,) = mesh.primitives
    materials = (
        replace(figure.materials[0], culling="front"),
        Material(name="plain", base_colour=(0.2, 0.4, 0.6, 1.0)),
        Material(name="unlit", unlit=True, alpha_mode="MASK", alpha_cutoff=0.3, culling="none"),
        Material(
            name="glow",
            alpha_mode="BLEND",
            depth_write=False,
            draw_order=40,
            emissive_colour=(4.0, 1.0, 0.0),
            stored_colour=(0.1, 0.2, 0.3, 0.4),
            base_texture=TextureUse(
                image=1, offset=(0.1, 0.2), scale=(2.0, 3.0), wrap=("clamp", "mirror"), nearest=True
            ),
            toon=Toon(outline_mode="screenCoordinates", outline_width=0.01),
        ),
    )
    weights = np.array([[0.5, 0.5, 0.7, 0], [0, 0, 0, 0]] * 4, np.float32)
    joints = np.array([[4, 4, 3, 9], [2, 1, 1, 1]] * 4, np.int32)
    primitives = (
        replace(first, joints=joints, weights=weights, colours=np.full((8, 4), 0.5, np.float32)),
        replace(first, material=1, normals=None, morphs=first.morphs[:1]),
        replace(first, material=2, uvs=()),
        replace(first, material=0, uvs=(), normals=np.zeros((8, 3), np.float32)),
        replace(first, material=3, morphs=(*first.morphs, Morph())),
        replace(first, faces=np.zeros((0, 3), np.int32)),
    )
    nested = replace(mesh, node=figure.bones["head"], skin=None, name="hat")
    return replace(
        figure,
        materials=materials,
        images=(*figure.images, Picture8(data=png((0, 255, 0, 128)), name="green")),
        meshes=(replace(mesh, primitives=primitives, morph_names=("up", "back", "none")), nested),
        expressions=dict(figure.expressions)
        | {"happy": Expression(morphs=(MorphBind(mesh=1, morph=1, weight=0.25),))},
    )


def same(one, other, path="character", tolerance=1e-6):
    """Compare two characters part by part."""
    if isinstance(one, np.ndarray):
        np.testing.assert_allclose(one, other, atol=tolerance, err_msg=path)
    elif dataclasses.is_dataclass(one):
        for field in dataclasses.fields(one):
            if field.name not in ("source", "notes"):
                same(getattr(one, field.name), getattr(other, field.name), f"{path}.{field.name}")
    elif isinstance(one, tuple | list):
        assert len(one) == len(other), path
        for k, (a, b) in enumerate(zip(one, other, strict=True)):
            same(a, b, f"{path}[{k}]")
    elif isinstance(one, dict):
        assert set(one) == set(other), path
        for key in one:
            same(one[key], other[key], f"{path}[{key}]")
    elif isinstance(one, float):
        assert one == pytest.approx(other, abs=1e-5), path
    else:
        assert one == other, path


@pytest.mark.parametrize("version", VERSIONS)
def test_khronos_validator_and_vrms_rules_find_no_fault(tmp_path, figure, version):
    for name, character in (("plain", figure), ("rich", rich(figure))):
        path = tmp_path / f"{name}.vrm"
        write_vrm(character, path, version)
        assert broken_rules(path.read_bytes()) == []
    for report in validate(*tmp_path.iterdir()).values():
        assert faults(report) == []


@pytest.mark.parametrize("kind", ["procedural", "remixed"])
def test_khronos_validator_finds_no_fault_in_saved_characters(tmp_path, kind, request):
    path = tmp_path / f"{kind}.vrm"
    if kind == "procedural":
        made = make_procedural(7)
    else:
        models = request.getfixturevalue("shared_models")
        made = make_remix(Library.load(models[0].parent), 7)
    path.write_bytes(vrm_bytes(to_save(made)))
    assert broken_rules(path.read_bytes()) == []
    (report,) = validate(path).values()
    assert report["issues"]["numErrors"] == 0 and faults(report) == []


@pytest.mark.parametrize("spoil", ["index", "normal", "weight"])
def test_the_validator_would_find_a_fault(tmp_path, figure, spoil):
    """The oracle itself: a spoiled file must not pass."""
    data = bytearray(vrm_bytes(figure))
    json = document(bytes(data))
    attributes = json["meshes"][0]["primitives"][0]
    place = {
        "index": attributes["indices"],
        "normal": attributes["attributes"]["NORMAL"],
        "weight": attributes["attributes"]["WEIGHTS_0"],
    }[spoil]
    view = json["bufferViews"][json["accessors"][place]["bufferView"]]
    start = 20 + int.from_bytes(data[12:16], "little") + 8 + view["byteOffset"]
    data[start : start + 4] = b"\x00\x00\xa0\x40"
    path = tmp_path / "spoiled.vrm"
    path.write_bytes(data)
    (report,) = validate(path).values()
    assert faults(report)


def test_vrms_rules_would_find_a_fault(figure):
    """The oracle itself."""
    good = vrm_bytes(figure)
    spoiled = good.replace(b'"leftFoot"', b'"leftFool"').replace(b'"onlyAuthor"', b'"onlyNobody"')
    assert broken_rules(good) == []
    assert {"bone leftFoot is missing"} <= set(broken_rules(spoiled))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_character_is_read_as_it_was_written(figure, version):
    """Oracle: there and back, part by part."""
    again = parse_vrm(vrm_bytes(figure, version))
    assert again.source == f"VRM {version}" and again.notes == ()
    expected = figure
    if version == "0.x":  # it cannot say these
        assert figure.meta is not None and again.meta is not None
        meta = replace(figure.meta, credit_required=again.meta.credit_required)
        meta = replace(meta, licence_name=again.meta.licence_name)
        (material,) = figure.materials
        (found,) = again.materials
        material = replace(material, stored_colour=found.stored_colour, metallic=1.0, draw_order=0)
        names = ("rim_lighting_mix", "matcap_factor", "outline_lighting_mix")
        toon = replace(material.toon, **{name: getattr(found.toon, name) for name in names})
        expected = replace(figure, meta=meta, materials=(replace(material, toon=toon),))
    same(expected, again)


@pytest.mark.parametrize("version", VERSIONS)
def test_writing_what_was_read_gives_the_same_bytes(figure, version):
    # Meshes come back in the order of the scene, so the first file may list them in another.
    once = vrm_bytes(parse_vrm(vrm_bytes(rich(figure), version)), version)
    assert vrm_bytes(parse_vrm(once), version) == once


@pytest.mark.parametrize("version", VERSIONS)
def test_a_rich_character_is_posed_alike_after_a_round_trip(figure, version):
    """Oracle: posed vertices before and after, awkward weights included."""
    pose = Pose(
        arms_deg=40.0,
        head_yaw_deg=30.0,
        bones={"neck": (10.0, 0.0, 5.0)},
        expressions={"blink": 1.0, "happy": 0.5},
    )
    before = posed(rich(figure), pose)
    after = posed(parse_vrm(vrm_bytes(rich(figure), version)), pose)
    drawn = [part.positions for part in before.parts if len(part.primitive.faces)]
    found = [part.positions for part in after.parts]
    assert len(drawn) == len(found)
    for positions in drawn:  # in the order of the scene, which differs from the figure's
        assert min(abs(positions - other).max() for other in found) < 1e-6


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda c: replace(c, bones={"head": c.bones["head"]}), MissingBoneError, "hips"),
        (lambda c: replace(c, meta=None), ModelError, "meta"),
        (lambda c: replace(c, meta=Meta()), ModelError, "name"),
        (
            lambda c: replace(c, bones=dict(c.bones) | {"jaw": c.bones["head"]}),
            ModelError,
            "two humanoid bones",
        ),
        (
            lambda c: replace(
                c, bones=dict(c.bones) | {"head": c.bones["hips"], "hips": c.bones["head"]}
            ),
            ModelError,
            "does not hang below",
        ),
    ],
)
def test_what_would_be_no_vrm_is_refused(figure, change, error, words):
    with pytest.raises(error, match=words):
        vrm_bytes(change(figure))


def test_an_unknown_version_is_refused(figure, unchecked):
    with pytest.raises(ConfigError, match=r"1\.0, 0\.x"):
        vrm_bytes(figure, "2.0")  # type: ignore[arg-type]  # what is tested


@pytest.mark.parametrize("seed", range(20))
def test_a_rotation_and_its_quaternion_say_the_same(seed):
    """Oracle: the rotation that a reader makes of it."""
    rng = np.random.default_rng(seed)
    angles = [180.0, 0.0, 0.0] if seed == 0 else rng.uniform(-180, 180, 3).tolist()
    turn = rotation(*angles)
    x, y, z, w = quaternion(turn)
    again = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    np.testing.assert_allclose(again, turn, atol=1e-12)


def test_arrays_that_primitives_share_are_prepared_once(figure, monkeypatch):
    (mesh,) = figure.meshes
    many = replace(figure, meshes=(replace(mesh, primitives=mesh.primitives * 50),))
    calls = []

    def counted(joints, weights):
        calls.append(len(joints))
        return tidy_influences(joints, weights)

    monkeypatch.setattr(vrm_write, "tidy_influences", counted)
    read = parse_vrm(vrm_bytes(many))
    assert len(calls) == len({id(each.joints) for each in mesh.primitives})
    same(
        [each for part in read.meshes for each in part.primitives],
        [each for part in parse_vrm(vrm_bytes(figure)).meshes for each in part.primitives] * 50,
    )


def test_a_sheared_transform_is_written_as_a_matrix():
    sheared = np.eye(4)
    sheared[0, 1] = 0.5
    assert list(transform_fields(sheared)) == ["matrix"]
    assert transform_fields(np.eye(4)) == {}


def test_a_png_keeps_its_pixels_and_loses_its_profile():
    image = Image.open(io.BytesIO(png((1, 2, 3, 4))))
    buffer = io.BytesIO()
    image.save(buffer, "PNG", dpi=(10, 20), icc_profile=b"profile")
    bare = bare_png(buffer.getvalue())
    assert len(bare) < len(buffer.getvalue()) and b"iCCP" not in bare and b"pHYs" not in bare
    assert Image.open(io.BytesIO(bare)).tobytes() == image.tobytes()
    assert bare_png(bare[:-3]) == bare[:-3]


def test_influences_are_tidied_without_moving_anything():
    """Oracle: the total weight of each joint."""
    joints = np.array([[3, 3, 5, 0, 1]], np.int32)
    weights = np.array([[1, 1, 2, 0, 0]], np.float32)
    places, shares = tidy_influences(joints, weights)
    assert places.tolist() == [[3, 0, 5, 0, 0, 0, 0, 0]]
    assert shares.tolist() == [[0.5, 0, 0.5, 0, 0, 0, 0, 0]]


def test_every_shared_model_is_written_soundly_in_both_versions(tmp_path, shared_models):
    for source in shared_models:
        for version in VERSIONS:
            path = tmp_path / f"{source.stem}-{version}.vrm"
            write_vrm(read_vrm(source), path, version)
            assert broken_rules(path.read_bytes()) == [], path.name
    for path, report in validate(*sorted(tmp_path.iterdir())).items():
        assert faults(report) == [], path.name
