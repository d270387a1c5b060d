"""What the materials of any VRM model show, guessed from their names."""

from __future__ import annotations

from panic3d.characters.piece import Label
from panic3d.geometry.character import Character

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


def label_materials(character: Character) -> tuple[Label, ...]:
    """Return what each material of a character shows; what has no telling name is cloth.

    Source: the names that VRoid Studio gives (`F00_000_EyeIris_00_EYE`), and plain English ones.
    """
    return tuple(_label(material.name.lower()) for material in character.materials)


def _label(name: str) -> Label:
    for word, label in _WORDS:
        if word in name:
            return label
    return "cloth"
