"""Models whose materials have plain English names are taken apart like VRoid's."""

from dataclasses import replace

import numpy as np
import pytest

from panic3d.characters.remix.dissect import dissect
from panic3d.characters.remix.modular import role_by_words, words_of
from panic3d.formats.vrm import read_vrm

NAMES = {
    "Hair_00_HAIR": "Hair",
    "EyeExtra": "Prop",
    "EyeWhite": "Eye_White",
    "FaceEyeline": "Eyeliner",
    "FaceEyelash": "EyeLashes",
    "FaceBrow": "Brows",
    "EyeIris": "Eye",
    "EyeHighlight": "Eye Highlight",
    "FaceMouth": "Mouth",
    "Face_00_SKIN": "Face_Skin",
    "Body_00_SKIN": "Skin",
    "Tops": "Outfit",
    "Bottoms": "Skirt",
    "Shoes": "Shoes_L",
    "Accessory": "Necktie",
    "HairBack": "Cap",
}


def renamed(character, names):
    def name_of(old):
        return next(new for part, new in names.items() if part in old)

    materials = tuple(replace(m, name=name_of(m.name)) for m in character.materials)
    meshes = tuple(replace(mesh, name=f"Mesh.{k:03d}") for k, mesh in enumerate(character.meshes))
    return replace(character, materials=materials, meshes=meshes)


@pytest.fixture(scope="module")
def model(shared_models):
    return read_vrm(next(path for path in shared_models if path.stem == "sendagaya_shino"))


@pytest.fixture(scope="module")
def expected(model):
    return dissect(model, "shino")


def same(found, expected):
    for one, other in ((found.head, expected.head), (found.hair, expected.hair)):
        assert [part.role for part in one.parts] == [part.role for part in other.parts]
        for a, b in zip(one.parts, other.parts, strict=True):
            assert np.array_equal(a.positions, b.positions) and np.array_equal(a.faces, b.faces)
    assert found.head.landmarks == expected.head.landmarks


@pytest.mark.parametrize(("name", "role"), [
    ("Hair", "hair"), ("hair_front.002", "hair"), ("Bangs", "hair"), ("Hair Ribbon", "cloth"),
    ("Face_Skin", "face"), ("Head", "face"), ("BodySkin", "neck"),
    ("Eye_L", "iris"), ("Eyes", "iris"), ("eyeball", "iris"), ("EyeWhites", "eye_white"),
    ("EyeBrows", "brow"), ("Eyebrow_R", "brow"), ("Brows", "brow"), ("eyelashes", "lash"),
    ("Mouth", "mouth"), ("Teeth", "mouth"), ("Cloth", "cloth"), ("Outfit_01", "cloth"),
    ("Shirt", "cloth"), ("Body_Suit", "cloth"), ("HeadBand", "cloth"), ("Material.003", None),
])  # fmt: skip
def test_plain_words_say_what_is_shown(name, role):
    assert role_by_words(name) == role


def test_names_are_split_into_words():
    assert {"eye", "brow"} <= words_of("EyeBrows_L") and "hair" in words_of("mat_HAIR02")


def test_a_model_of_plain_names_is_taken_apart_as_by_the_names_of_vroid(model, expected):
    """Oracle: the same model under its own names."""
    same(dissect(renamed(model, NAMES), "plain"), expected)


def test_a_body_of_the_face_s_name_and_hair_without_one_are_told_by_their_place(model, expected):
    names = NAMES | {"Body_00_SKIN": "Head and body", "Hair_00_HAIR": "Material.007"}
    found = dissect(renamed(model, names), "plain")
    # What is worn in the hair has no name either, and does not lie on the crown.
    hair = replace(expected.hair, parts=tuple(p for p in expected.hair.parts if p.role == "hair"))
    same(found, replace(expected, hair=hair))


def test_eyes_may_have_a_material_each(model, expected):
    """Their textures are then painted in the colour of their own side."""
    plain = renamed(model, NAMES)
    number = next(k for k, m in enumerate(plain.materials) if m.name == "Eye")
    materials = (
        *(replace(m, name="Eye_L") if m.name == "Eye" else m for m in plain.materials),
        replace(plain.materials[number], name="Eye_R"),
    )
    meshes = []
    for mesh in plain.meshes:
        primitives = []
        for primitive in mesh.primitives:
            if primitive.material != number:
                primitives.append(primitive)
                continue
            left = (primitive.positions[primitive.faces][:, :, 0] > 0).all(1)
            primitives += [
                replace(primitive, faces=np.ascontiguousarray(primitive.faces[left])),
                replace(
                    primitive,
                    faces=np.ascontiguousarray(primitive.faces[~left]),
                    material=len(plain.materials),
                ),
            ]
        meshes.append(replace(mesh, primitives=tuple(primitives)))
    head = dissect(replace(plain, materials=materials, meshes=tuple(meshes)), "two").head
    assert head is not None
    irises = [part for part in head.parts if part.role == "iris"]
    assert len(irises) == 2
    assert {bool((part.positions[:, 0] > 0).all()) for part in irises} == {True, False}
    whole = next(part for part in expected.head.parts if part.role == "iris")
    assert sum(len(part.faces) for part in irises) == len(whole.faces)


def test_clothes_are_never_taken_whatever_else_their_mesh_is_called(model):
    """Skin in the mesh of an outfit is not taken either."""
    plain = renamed(model, NAMES | {"Tops": "Material.001", "Hair_00_HAIR": "Hair"})
    hair, face, body = plain.meshes
    found = dissect(replace(plain, meshes=(hair, face, replace(body, name="Outfit"))), "dressed")
    assert found.head is not None
    assert "neck" not in [part.role for part in found.head.parts]
    assert {part.material for part in found.head.parts} <= set(NAMES.values()) - {"Skin", "Outfit"}
