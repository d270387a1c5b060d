"""What the engine knows of a character, kept in the VRM file that it is saved as.

It lies at the file's root, as ``extras.panic3d.character``: what each part shows, the 28 landmarks
as vertices of parts (and, where they lie between vertices, the others with their shares), tags,
sources, assets and the usual expression. Other programs pass it over.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from panic3d.characters.made import LANDMARKS, Anchor, MadeCharacter, Source
from panic3d.characters.piece import LABELS, Label
from panic3d.characters.seen import Sides, Traits
from panic3d.geometry.character import Character, Primitive

KEY = "character"
"""Of a character's `extras`."""
_FORMAT = 1


def to_save(made: MadeCharacter) -> Character:
    """Return a character that carries what is known of it, to be written as VRM."""
    parts = [
        {"label": label, "vertices": len(primitive.positions)}
        for (_, primitive), label in zip(_parts(made.character), made.part_labels, strict=True)
    ]
    known: dict[str, Any] = {
        "format": _FORMAT,
        "parts": parts,
        "landmarks": [[made.part_of(anchor), anchor.vertex] for anchor in made.landmarks],
        "landmark_shares": [[[v, share] for v, share in a.others] for a in made.landmarks],
        "tags": list(made.tags),
        **({} if made.traits is None else {"traits": dataclasses.asdict(made.traits)}),
        "assets": dict(made.assets),
        "expression": dict(made.expression),
        "sources": [dataclasses.asdict(source) for source in made.sources],
    }
    extras = {**made.character.extras, KEY: known}
    return dataclasses.replace(made.character, extras=extras)


def read_saved(character: Character) -> MadeCharacter | None:
    """Return what a character carries, but for its design; None if that does not fit its meshes.

    It does not where nothing was kept, or another program has changed the meshes since.
    """
    known = character.extras.get(KEY)
    if not isinstance(known, Mapping) or known.get("format") != _FORMAT:
        return None
    try:
        return _read(character, known)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        return None


def _read(character: Character, known: Mapping[str, Any]) -> MadeCharacter | None:
    places = _parts(character)
    if [part["vertices"] for part in known["parts"]] != [len(p.positions) for _, p in places]:
        return None
    # A material that no part has shows nothing, whatever it is called.
    labels: list[Label] = ["cloth"] * len(character.materials)
    for part, (_, primitive) in zip(known["parts"], places, strict=True):
        labels[0 if primitive.material is None else primitive.material] = LABELS[
            LABELS.index(part["label"])
        ]
    landmarks = []
    # Files of earlier versions have landmarks on vertices only.
    shares = known.get("landmark_shares", [()] * len(known["landmarks"]))
    for (part, vertex), others in zip(known["landmarks"], shares, strict=True):
        (mesh, number), primitive = places[part]
        used = [vertex, *(other for other, _ in others)]
        if not (part >= 0 and all(0 <= v < len(primitive.positions) for v in used)):
            return None
        between = tuple((int(other), float(share)) for other, share in others)
        landmarks.append(Anchor(mesh, number, int(vertex), between))
    if len(landmarks) != LANDMARKS:
        return None
    return MadeCharacter(
        character=character,
        labels=tuple(labels),
        landmarks=tuple(landmarks),
        tags=tuple(str(tag) for tag in known["tags"]),
        traits=_traits(known["traits"]) if "traits" in known else None,
        sources=tuple(Source(**source) for source in known["sources"]),
        assets={str(kind): str(name) for kind, name in known["assets"].items()},
        expression={str(name): float(share) for name, share in known["expression"].items()},
    )


def _traits(known: Mapping[str, Any]) -> Traits:
    right, left = known["eyes"]
    return Traits(
        tags=tuple(str(tag) for tag in known["tags"]),
        covered=_sides(known["covered"]),
        patched=_sides(known["patched"]),
        eyes=(str(right), str(left)),
    )


def _sides(known: Sequence[object]) -> Sides:
    right, left = known
    return bool(right), bool(left)


def _parts(character: Character) -> list[tuple[tuple[int, int], Primitive]]:
    """Return the parts of a character as they are posed: (mesh, primitive), and its triangles."""
    return [
        ((m, p), primitive)
        for m, mesh in enumerate(character.meshes)
        for p, primitive in enumerate(mesh.primitives)
    ]
