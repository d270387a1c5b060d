"""What the materials of modular models show whose names are plain English: by words, then by place.

Words alone would take "Skin" of a body for a face and "Eye" on a chest for an eye, and say nothing
of "Material.003": so each is also asked whether the head carries it and where on it it lies.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np

from panic3d.characters.remix.names import Role, is_cloth
from panic3d.geometry.character import Character
from panic3d.geometry.posing import bone_position

Place = tuple[int, int]
"""Mesh and primitive."""

_CLOTH = frozenset(
    """
    accessory apron band belt blouse body_suit boot bow bra button bag backpack cap cape choker
    cloth clothes clothing coat collar costume dress earring earrings fabric garment glass glasses
    glove hairband hairpin hat headband hoodie jacket jewel jewelry kimono leg legging logo metal
    necktie ornament outfit pant pants pin prop ribbon ring scarf shirt shoe shoes shorts skirt
    sleeve sneaker sock stocking suit sweater swimsuit tie top trouser underwear uniform vest wear
    weapon
    """.split()
)
_WORDS: tuple[tuple[frozenset[str], Role], ...] = (
    (frozenset({"brow", "eyebrow"}), "brow"),
    (frozenset({"lash", "lashes", "eyelash", "eyelashes"}), "lash"),
    (frozenset({"eyeline", "eyeliner"}), "eyeline"),
    (frozenset({"sclera", "eyewhite"}), "eye_white"),
    (frozenset({"highlight", "eyehighlight", "catchlight"}), "highlight"),
    (frozenset({"iris", "irises", "pupil", "eye", "eyeball"}), "iris"),
    (frozenset({"mouth", "teeth", "tooth", "tongue"}), "mouth"),
    (frozenset({"hair", "bang", "fringe", "ponytail", "twintail", "braid", "ahoge"}), "hair"),
    (frozenset({"ear"}), "ear"),
    (frozenset({"face", "head"}), "face"),
    (frozenset({"skin", "body", "neck"}), "neck"),
)
"""The first line that shares a word with a name decides."""
_OF_HEAD = frozenset(
    {"brow", "lash", "eyeline", "eye_white", "highlight", "iris", "mouth", "ear", "hair"}
)


class Spread(NamedTuple):
    """Where a primitive is."""

    on_head: float
    """Share of its faces that the head carries."""
    low: np.ndarray
    """(3,) bounds, metres from the head bone."""
    high: np.ndarray


def words_of(name: str) -> frozenset[str]:
    """Return the words of a name, in small letters and without plural: "EyeBrows_L" has three."""
    found = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)
    words = {word.lower() for word in found}
    return frozenset(words | {word.removesuffix("s") for word in words if len(word) > 3})


def role_by_words(name: str) -> Role | Literal["cloth"] | None:
    """Return what a plain English name says; "cloth" for clothing, None for nothing."""
    words = words_of(name)
    if is_cloth(name) or words & _CLOTH:
        return "cloth"
    if "eye" in words and words & {"white", "whites"}:
        return "eye_white"
    if "eye" in words and words & {"brow"}:
        return "brow"
    if "eye" in words and words & {"lash", "lashes"}:
        return "lash"
    if "eye" in words and words & {"highlight", "shine", "light"}:
        return "highlight"
    return next((role for known, role in _WORDS if words & known), None)


def modular_roles(character: Character, spread: Mapping[Place, Spread]) -> dict[Place, Role]:
    """Return what the primitives of a modular model show; those that are not to be used left out.

    Args:
        character: whose names are not VRoid's.
        spread: where its primitives are.

    Returns:
        Nothing if names do not tell face, eyes and brows apart: such a model is no modular one.
        A model of hair alone has hair alone.
    """
    found: dict[Place, Role] = {}
    unnamed: list[Place] = []
    for place, where in spread.items():
        mesh = character.meshes[place[0]]
        material = mesh.primitives[place[1]].material
        assert material is not None
        own, other = role_by_words(character.materials[material].name), role_by_words(mesh.name)
        role = own or other
        if "cloth" in (own, other):
            continue
        if role is None:
            unnamed.append(place)
        elif role in _OF_HEAD and where.on_head < 0.5:
            continue
        elif role == "face" and where.on_head < 0.5:
            found[place] = "neck"
        elif role != "cloth":
            found[place] = role
    if set(found.values()) == {"hair"}:
        return found
    if "face" not in found.values():
        skins = [p for p, role in found.items() if role == "neck" and spread[p].on_head > 0.9]
        for place in skins:
            found[place] = "face"
    if not {"face", "iris", "brow"} <= set(found.values()):
        return {}
    if "hair" not in found.values():
        top = max(spread[p].high[1] for p, role in found.items() if role == "face")
        eyes = max(spread[p].low[1] for p, role in found.items() if role == "iris")
        for place in unnamed:
            where = spread[place]
            over = where.high[1] > top and where.low[2] < 0 and where.high[1] - eyes > 0.05
            if over and where.on_head > 0.9:
                found[place] = "hair"
    return found


def spread_of(character: Character, place: Place, on_head: float) -> Spread:
    """Measure where a primitive is."""
    primitive = character.meshes[place[0]].primitives[place[1]]
    points = primitive.positions[np.unique(primitive.faces)] - bone_position(character, "head")
    return Spread(on_head, points.min(0), points.max(0))
