"""What the materials of any VRM model show, by their names or else by colour and place."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from panic3d.characters.piece import LABELS, Label
from panic3d.characters.remix.dissect import told_faces
from panic3d.characters.remix.modular import role_by_words
from panic3d.characters.remix.names import LABEL_OF_ROLE
from panic3d.errors import ModelError
from panic3d.geometry.character import Character, Material, Primitive

_WORDS: tuple[tuple[str, Label], ...] = (
    # The first word that a material's name contains decides.
    ("eyewhite", "eye_white"),
    ("eyeiris", "iris"),
    ("eyehighlight", "iris"),
    ("eyeextra", "iris"),
    ("iris", "iris"),
    ("pupil", "iris"),
    ("eyelash", "lash"),
    ("eyeline", "lash"),
    ("lash", "lash"),
    ("brow", "brow"),
    ("facemouth", "mouth"),
    ("mouth", "mouth"),
    ("teeth", "mouth"),
    ("tongue", "mouth"),
    ("hairback", "scalp"),
    ("hair", "hair"),
    ("cloth", "cloth"),
    ("accessory", "accessory"),
    ("_eye", "iris"),
    ("skin", "skin"),
    ("face", "skin"),
    ("head", "skin"),
)


class Labelled(NamedTuple):
    """A model each of whose materials shows one thing."""

    character: Character
    labels: tuple[Label, ...]
    """Of each material."""


def labelled(character: Character) -> Labelled:
    """Return what each material of a model shows; those that show many things are divided.

    Models that draw a whole head with one material have neither hair nor eyes by its name. What
    hangs together in them is told apart by colour and place, as for remixing; if that fails, the
    names alone count.
    """
    labels = label_materials(character)
    if "hair" in labels and "iris" in labels:
        return Labelled(character, labels)
    try:
        told = told_faces(character, character.meta.name if character.meta else "the model")
    except ModelError:
        return Labelled(character, labels)
    materials: list[Material] = list(character.materials)
    found: list[Label] = list(labels)
    numbers: dict[tuple[int, Label], int] = {}

    def number_of(material: int, label: Label) -> int:
        if label == labels[material]:
            return material
        if (material, label) not in numbers:
            numbers[material, label] = len(materials)
            name = f"{character.materials[material].name} {label}"
            materials.append(replace(character.materials[material], name=name))
            found.append(label)
        return numbers[material, label]

    meshes = []
    for m, mesh in enumerate(character.meshes):
        primitives: list[Primitive] = []
        for p, primitive in enumerate(mesh.primitives):
            roles, own = told.get((m, p)), primitive.material
            if roles is None or own is None:
                primitives.append(primitive)
                continue
            rest: Label = "cloth" if labels[own] in ("skin", "cloth") else labels[own]
            seen = np.array(
                [LABELS.index(LABEL_OF_ROLE.get(r, rest) if r else rest) for r in roles]
            )
            for code in np.unique(seen):
                primitives.append(
                    replace(
                        primitive,
                        faces=np.ascontiguousarray(primitive.faces[seen == code]),
                        material=number_of(own, LABELS[code]),
                    )
                )
        meshes.append(replace(mesh, primitives=tuple(primitives)))
    divided = replace(character, meshes=tuple(meshes), materials=tuple(materials))
    return Labelled(divided, tuple(found))


def label_materials(character: Character) -> tuple[Label, ...]:
    """Return what each material of a character shows; what has no telling name is cloth.

    Source: the names that VRoid Studio gives (`F00_000_EyeIris_00_EYE`), and plain English ones.
    """
    return tuple(_label(material.name) for material in character.materials)


def _label(name: str) -> Label:
    for word, label in _WORDS:
        if word in name.lower():
            return label
    role = role_by_words(name)
    return "cloth" if role is None or role == "cloth" else LABEL_OF_ROLE[role]
