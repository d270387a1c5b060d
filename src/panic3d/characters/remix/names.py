"""What the materials and morph targets of VRoid-like models are called, and what they show."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from panic3d.characters.piece import Label

Role = Literal[
    "face",
    "ear",
    "neck",
    "eye_white",
    "iris",
    "highlight",
    "eyeline",
    "lash",
    "brow",
    "mouth",
    "hair",
    "ornament",
    "whole",
]
"""What a part is. `neck` is all skin of the body mesh that is kept: the back of the head and the
neck; `eyeline` the dark rim of the lids; `whole` a head that cannot be taken apart further."""

LABEL_OF_ROLE: Mapping[Role, Label] = {
    "face": "skin",
    "ear": "ear",
    "neck": "skin",
    "eye_white": "eye_white",
    "iris": "iris",
    "highlight": "iris",
    "eyeline": "lash",
    "lash": "lash",
    "brow": "brow",
    "mouth": "mouth",
    "hair": "hair",
    "ornament": "accessory",
}
"""What is said of a part of each role."""

_CLOTH = re.compile(r"cloth|tops|bottoms|shoes|accessory|onepiece|socks|underwear|backpack|logo")
_ROLES: tuple[tuple[str, Role | None], ...] = (
    ("eyeextra", None),
    ("hairback", None),
    ("facemouth", "mouth"),
    ("eyewhite", "eye_white"),
    ("eyeiris", "iris"),
    ("eyehighlight", "highlight"),
    ("faceeyeline", "eyeline"),
    ("faceeyelash", "lash"),
    ("facebrow", "brow"),
)


def is_cloth(material: str) -> bool:
    """Say whether a material shows clothing, by its name."""
    return _CLOTH.search(material.lower()) is not None


def role_of(material: str) -> Role | None:
    """Return what a material of a VRoid-like model shows; None if it is not to be used.

    Clothing is never used, and neither are the scalp that was painted for the model's own hair nor
    the hidden eyes of its jokes.
    """
    name = material.lower()
    if is_cloth(name):
        return None
    for part, role in _ROLES:
        if part in name:
            return role
    if re.search(r"face_\d+_skin", name):
        return "face"
    if re.search(r"body_\d+_skin", name):
        return "neck"
    return "hair" if re.search(r"hair_\d+_hair", name) else None


def morph_name(name: str) -> str:
    """Return the short name of a VRoid morph target, as "MTH_A"; others keep theirs."""
    found = re.search(r"Fcl_(\w+)$", name)
    return found[1] if found else name


def is_kept_morph(name: str, used: frozenset[str]) -> bool:
    """Say whether a short name is worth keeping: whole faces, brows, eyes and mouths, no teeth.

    Args:
        name: short.
        used: targets that the file's expressions need.
    """
    if name in used:
        return True
    return re.fullmatch(r"(BRW|EYE|MTH)_[A-Z][a-z]*", name) is not None and name not in _DULL


_DULL = ("EYE_Extra", "EYE_Natural", "MTH_Natural", "MTH_Neutral", "MTH_Close")
