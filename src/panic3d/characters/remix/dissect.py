"""A model taken apart: its head without clothes and body, its hair, and what is known of both.

All models come out alike: in the head frame, their face's skin as high as that of the others, so
that the parts of one fit the next nearly at once. Of the body only what follows the head and the
upper neck is taken, and of its texture only the texels which that shows: clothes and what is
painted on the body stay behind.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import UInt8
from numpy.typing import NDArray
from PIL import Image
from scipy.spatial import cKDTree

from panic3d.characters.colour import linear_from_srgb, oklab_from_srgb, srgb_from_linear
from panic3d.characters.remix.features import find_landmarks, find_landmarks_of_whole
from panic3d.characters.remix.mesh import compacted, components, cut_above, texels_of
from panic3d.characters.remix.modular import Spread, modular_roles, spread_of
from panic3d.characters.remix.names import (
    Role,
    is_cloth,
    is_kept_morph,
    morph_name,
    role_of,
)
from panic3d.characters.remix.parts import Dissected, HairParts, HeadParts, Paint, Part, part_of
from panic3d.characters.remix.skull import Skull, skull_of
from panic3d.characters.remix.whole import skin_faces, told_apart
from panic3d.errors import ModelError
from panic3d.geometry.character import Character, Material, MeshPart, Primitive
from panic3d.geometry.posing import bone_position

FACE_HEIGHT_M = 0.2335
"""Height of a face's skin, chin to forehead, to which all heads are scaled."""
_NECK_END_M = -0.062
"""Where necks are cut."""
_LARGEST: Mapping[Role, int] = {"mouth": 256, "eye_white": 256, "neck": 256}
_WHOLE_HEIGHT_M = 0.262
"""Of a head that has hair and skin in one: chin to top."""


def dissect(character: Character, name: str) -> Dissected:
    """Take a model apart.

    Args:
        character: as `read_vrm` gives it.
        name: for messages.

    Raises:
        ModelError: there is neither a head nor hair in it that could be told apart.
    """
    parts = _parts(character)
    if not parts:
        return Dissected(head=_whole(character, name), hair=None)
    face = [part for part in parts if part.role == "face"]
    hair = [part for part in parts if part.role == "hair"]
    if not face:
        if not hair:
            raise ModelError(f"{name} has neither a face nor hair by the names of its materials")
        return Dissected(head=None, hair=HairParts(parts=_hair(hair), skull=None))
    height = float(np.ptp(np.concatenate([part.positions[:, 1] for part in face])))
    parts = [_scaled(part, FACE_HEIGHT_M / height) for part in parts]
    head = [part for part in parts if part.role != "hair"]
    skin = [part for part in head if part.role in ("face", "neck")]
    skull = _skull(skin)
    pieces: list[Part] = []
    for part in head:
        if part.role == "face":
            pieces += _without_ears(part, skull)
        elif part.role == "neck":
            pieces.append(_cut(part))
        else:
            pieces.append(part)
    found = find_landmarks(pieces)
    return Dissected(
        head=HeadParts(
            parts=found.parts,
            skull=skull,
            expressions=_expressions(character),
            landmarks=found.landmarks,
        ),
        hair=HairParts(parts=_hair([p for p in parts if p.role == "hair"]), skull=skull)
        if hair
        else None,
    )


# Taking


def _parts(character: Character) -> list[Part]:
    origin = bone_position(character, "head")
    used = frozenset(name for targets in _expressions(character).values() for name in targets)
    found = []
    for (m, p), role in _roles(character).items():
        mesh = character.meshes[m]
        part = _part(character, mesh, mesh.primitives[p], role, origin, used)
        if part is not None:
            found.append(part)
    return found


def _roles(character: Character) -> dict[tuple[int, int], Role]:
    """Return what primitives show, by VRoid's names or else by plain ones; no clothes."""
    places = {
        (m, p): character.materials[primitive.material].name
        for m, mesh in enumerate(character.meshes)
        for p, primitive in enumerate(mesh.primitives)
        if primitive.material is not None
    }
    found = {place: role for place, name in places.items() if (role := role_of(name)) is not None}
    if found:
        return found
    return modular_roles(
        character,
        {place: _spread(character, *place) for place in places if _has_faces(character, *place)},
    )


def _has_faces(character: Character, m: int, p: int) -> bool:
    return len(character.meshes[m].primitives[p].faces) > 0


def _spread(character: Character, m: int, p: int) -> Spread:
    """Measure where a primitive is, and how much of it the head carries."""
    mesh = character.meshes[m]
    primitive = mesh.primitives[p]
    held = head_share(character, mesh, primitive)[primitive.faces] > 0.5
    return spread_of(character, (m, p), float(held.all(1).mean()))


_OF_HEAD = ("head", "jaw", "leftEye", "rightEye")


def head_share(character: Character, mesh: MeshPart, primitive: Primitive) -> NDArray[np.float64]:
    """Return how much of each vertex the head carries, with all that hangs on it."""
    found = np.zeros(len(primitive.positions))
    if mesh.skin is not None:
        shares = bone_shares(character, mesh, primitive)
        return sum((shares[bone] for bone in _OF_HEAD if bone in shares), found)
    at: int | None = mesh.node
    while at is not None and at != character.bones.get("head"):
        at = character.nodes[at].parent
    return found + (at is not None)


def _part(
    character: Character,
    mesh: MeshPart,
    primitive: Primitive,
    role: Role,
    origin: NDArray[np.float64],
    used: frozenset[str],
    body: bool = False,
) -> Part | None:
    """Return a primitive as a part, of what shows more than the head only that, or the body too."""
    assert primitive.material is not None
    material = character.materials[primitive.material]
    if is_cloth(material.name):
        raise AssertionError("clothing was taken for a part of a head")
    faces = primitive.faces
    neck = None
    if role in ("neck", "whole"):
        share = bone_shares(character, mesh, primitive)
        none = np.zeros(len(primitive.positions))
        on_head = share.get("head", none) + share.get("neck", none)
        faces = faces if body else faces[(on_head[faces] > 0.5).all(1)]
        total = np.maximum(on_head, 1e-9)
        neck = np.clip(1 - share.get("head", none) / total, 0.0, 1.0)
    if not len(faces) or material.base_texture is None or not primitive.uvs:
        return None
    vertices, faces = compacted(faces, len(primitive.positions))
    morphs = {}
    for long, morph in zip(mesh.morph_names, primitive.morphs, strict=True):
        name = morph_name(long)
        if morph.positions is None or not is_kept_morph(name, used):
            continue
        move = morph.positions[vertices].astype(np.float64)
        if np.abs(move).max() > 1e-7:
            morphs[name] = move
    part = Part(
        role=role,
        material=material.name,
        positions=primitive.positions[vertices].astype(np.float64) - origin,
        faces=faces,
        uvs=primitive.uvs[material.base_texture.uv_set][vertices].astype(np.float64),
        paint=Paint(
            _texture(character, material, role),
            locks=role == "hair",
        ),
        factor=material.base_colour[:3],
        morphs=morphs,
        neck=None if neck is None else neck[vertices],
        alpha_mode=material.alpha_mode,
        culling=material.culling,
    )
    return _tidy(part)


def _texture(character: Character, material: Material, role: Role) -> UInt8[np.ndarray, "h w 4"]:
    assert material.base_texture is not None
    data = character.images[material.base_texture.image].data
    picture = Image.open(io.BytesIO(data)).convert("RGBA")
    if material.alpha_mode == "OPAQUE":
        picture.putalpha(255)
    shrink = min(_LARGEST.get(role, 512) / max(picture.size), 1.0)
    if role != "neck" and shrink < 1:
        size = (round(picture.width * shrink), round(picture.height * shrink))
        picture = picture.resize(size, Image.Resampling.BOX)
    return np.array(picture)


def bone_shares(
    character: Character, mesh: MeshPart, primitive: Primitive
) -> dict[str, NDArray[np.float64]]:
    """Return how much of each vertex every humanoid bone carries, with all that hangs on it."""
    if mesh.skin is None or primitive.joints is None or primitive.weights is None:
        return {}
    bone_of = {node: bone for bone, node in character.bones.items()}
    total = np.maximum(primitive.weights.sum(1), 1e-9)
    shares: dict[str, NDArray[np.float64]] = {}
    for joint, node in enumerate(character.skins[mesh.skin].joints):
        at: int | None = node
        while at is not None and at not in bone_of:
            at = character.nodes[at].parent
        share = (primitive.weights * (primitive.joints == joint)).sum(1) / total
        if at is not None and share.any():
            bone = bone_of[at]
            shares[bone] = shares.get(bone, np.zeros(len(share))) + share
    return shares


def _expressions(character: Character) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for name, expression in character.expressions.items():
        targets = {
            morph_name(character.meshes[bind.mesh].morph_names[bind.morph]): bind.weight
            for bind in expression.morphs
        }
        if targets:
            found[name] = targets
    return found


def _scaled(part: Part, factor: float) -> Part:
    return replace(
        part,
        positions=part.positions * factor,
        morphs={name: move * factor for name, move in part.morphs.items()},
    )


def _tidy(part: Part) -> Part:
    """Bring texture coordinates into [0, 1], repeating the texture where locks run past its edge.

    Pieces clamp their textures, the files repeat them.
    """
    if part.role not in ("hair", "whole"):
        return replace(part, uvs=np.clip(part.uvs, 0.0, 1.0))
    strands = components(part.positions, part.faces)
    uvs = part.uvs.copy()
    lowest = np.full(int(strands.max()) + 1, np.inf)
    np.minimum.at(lowest, np.repeat(strands, 3), uvs[part.faces.reshape(-1), 0])
    of_vertex = np.zeros(len(uvs), np.int64)
    of_vertex[part.faces] = strands[:, None]
    uvs[:, 0] -= np.floor(lowest + 1e-6)[of_vertex]
    if part.role == "whole":
        uvs[:, 1] -= np.floor(uvs[part.faces[:, 0], 1].min() + 1e-6)
    uvs[:, 1] = np.clip(uvs[:, 1], 0.0, 1.0)
    texture = part.paint.texture
    reach = float(uvs[:, 0].max())
    if reach > 1.001:
        width = int(np.ceil(reach * texture.shape[1]))
        columns = np.arange(width) % texture.shape[1]
        uvs[:, 0] *= texture.shape[1] / width
        texture = np.ascontiguousarray(texture[:, columns])
    return replace(
        part,
        uvs=np.clip(uvs, 0.0, 1.0),
        paint=Paint(texture, part.paint.locks),
        strands=strands,
    )


# Heads that cannot be taken apart by the names of their materials


def _whole(character: Character, name: str) -> HeadParts:
    """Take all that follows the head of a model that does not tell hair from skin by material."""
    origin = bone_position(character, "head")
    expressions = _expressions(character)
    used = frozenset(target for targets in expressions.values() for target in targets)
    taken = []
    for mesh in character.meshes:
        for primitive in mesh.primitives:
            material = primitive.material
            if material is None or is_cloth(character.materials[material].name):
                continue
            part = _part(character, mesh, primitive, "whole", origin, used)
            if part is not None:
                taken.append(part)
    found = find_landmarks_of_whole(told_apart(taken, name))
    height = found.height
    parts = tuple(_scaled(part, _WHOLE_HEIGHT_M / height) for part in found.parts)
    skin = [part for part in parts if part.role in ("face", "neck")]
    return HeadParts(
        parts=parts,
        skull=_skull(skin),
        expressions=expressions,
        landmarks=found.landmarks,
        whole=True,
    )


def told_faces(character: Character, name: str) -> dict[tuple[int, int], list[Role | None]]:
    """Return what each face of a model shows that does not tell hair from skin by material.

    Args:
        character: such a model.
        name: for messages.

    Returns:
        Mesh and primitive to the role of each of its faces; what is not on the head is "neck" if it
        has the colour of skin, else None.

    Raises:
        ModelError: hair, skin and eyes cannot be told apart.
    """
    origin = bone_position(character, "head")
    taken = []
    for m, mesh in enumerate(character.meshes):
        for p, primitive in enumerate(mesh.primitives):
            material = primitive.material
            if material is None or is_cloth(character.materials[material].name):
                continue
            part = _part(character, mesh, primitive, "whole", origin, frozenset())
            if part is not None:
                taken.append(replace(part, material=f"{m} {p}"))
    found: dict[tuple[int, int], list[Role | None]] = {}
    told = told_apart(taken, name)
    for place in dict.fromkeys(part.material for part in told):
        m, p = (int(word) for word in place.split())
        own = [part for part in told if part.material == place]
        primitive = character.meshes[m].primitives[p]
        middles = primitive.positions.astype(np.float64)[primitive.faces].mean(1) - origin
        known = np.concatenate([part.positions[part.faces].mean(1) for part in own])
        roles = [part.role for part in own for _ in range(len(part.faces))]
        off, nearest = cKDTree(known).query(middles)
        every = _part(character, character.meshes[m], primitive, "whole", origin, frozenset(), True)
        assert every is not None
        found[m, p] = [
            roles[k] if d < 1e-5 else "neck" if bare else None
            for d, k, bare in zip(off, nearest, skin_faces(every), strict=True)
        ]
    return found


# The head


def measured_skull(parts: Sequence[Part], positions: Sequence[NDArray[np.float64]]) -> Skull:
    """Return the form of a head whose parts' vertices have been moved.

    Args:
        parts: of a head.
        positions: where their vertices are.
    """
    moved = zip(parts, positions, strict=True)
    return _skull([replace(p, positions=at) for p, at in moved if p.role in ("face", "neck")])


def _skull(skin: list[Part]) -> Skull:
    starts = np.cumsum([0, *(len(part.positions) for part in skin)])
    positions = np.concatenate([part.positions for part in skin])
    faces = np.concatenate([p.faces + s for p, s in zip(skin, starts[:-1], strict=True)])
    low = positions[faces][:, :, 1].min(1) > -0.045
    # Ears stand out beyond what a head as wide as it is at the temples would be.
    band = np.abs(positions[(positions[:, 1] > 0.10) & (positions[:, 1] < 0.13), 0])
    temples = band.max() if len(band) else np.inf  # of coarse heads, whose ears are apart
    ears = (np.abs(positions[faces][:, :, 0]) > temples * 1.01).any(1)
    return skull_of(positions, faces[low & ~ears].astype(np.int32))


def _without_ears(part: Part, skull: Skull) -> list[Part]:
    """Split a face's skin into the face and its ears."""
    away = part.positions - skull.centre
    radius = np.linalg.norm(away, axis=1)
    out = radius - skull.at(away / radius[:, None])
    side = np.degrees(np.arctan2(np.abs(away[:, 0]), away[:, 2]))
    ear = (out > 0.0035) & (side > 62) & (side < 125) & (part.positions[:, 1] < 0.11)
    ear &= np.abs(part.positions[:, 0]) > 0.07
    of_ear = ear[part.faces].all(1)
    found = [part_of(part, ~of_ear)]
    if of_ear.any():
        found.append(part_of(replace(part, role="ear"), of_ear))
    return found


def _cut(part: Part) -> Part:
    """Cut the neck, and of the body's texture all that is not on it."""
    assert part.neck is not None
    faces, first, second, share = cut_above(part.positions, part.faces, _NECK_END_M)

    def grown(values: NDArray[np.float64]) -> NDArray[np.float64]:
        between = share.reshape(-1, *[1] * (values.ndim - 1))
        return np.concatenate([values, values[first] * (1 - between) + values[second] * between])

    positions, uvs, neck = (grown(v) for v in (part.positions, part.uvs, part.neck))
    vertices, faces = compacted(faces, len(positions))
    cut = replace(
        part, positions=positions[vertices], uvs=uvs[vertices], neck=neck[vertices], faces=faces
    )
    return _only_seen_texels(cut)


def _only_seen_texels(part: Part) -> Part:
    """Crop a texture to what the triangles show and blank the rest of it."""
    height, width = part.paint.texture.shape[:2]
    size = np.array([width, height])
    low = np.floor(part.uvs.min(0) * size).astype(int)
    high = np.ceil(part.uvs.max(0) * size).astype(int) + 1
    low, high = np.maximum(low - 2, 0), np.minimum(high + 2, size)
    texture = part.paint.texture[low[1] : high[1], low[0] : high[0]].copy()
    uvs = (part.uvs * size - low) / (high - low)
    seen = texels_of(uvs, part.faces, texture.shape[:2])
    colour = np.median(texture[seen], axis=0).astype(np.uint8)
    texture[~seen] = colour
    shrink = min(256 / max(texture.shape[:2]), 1.0)
    if shrink < 1:
        small = (round(texture.shape[1] * shrink), round(texture.shape[0] * shrink))
        texture = np.array(Image.fromarray(texture).resize(small, Image.Resampling.BOX))
    return replace(part, uvs=uvs, paint=Paint(texture))


# Hair


def _hair(parts: list[Part]) -> tuple[Part, ...]:
    """Tell locks from ornaments: a small material of its own colour is one.

    So are the outer sides of animal ears, which have the material of the hair.
    """
    total = sum(len(part.faces) for part in parts)
    main = max(parts, key=lambda part: len(part.faces))
    hue = _mean_lab(main)
    found = []
    for part in parts:
        tiny = len(part.faces) < 0.02 * total
        small = len(part.faces) < 0.07 * total
        other = float(np.linalg.norm((_mean_lab(part) - hue)[1:])) > 0.035
        other |= abs(float(_mean_lab(part)[0] - hue[0])) > 0.25
        found.append(replace(part, role="ornament") if tiny or (small and other) else part)
    ears = [ears for part in found if part.role == "ornament" for ears in _ears(_boxes(part))]
    return tuple(piece for part in found for piece in _without_ears_of_hair(part, ears))


Box = tuple[NDArray[np.float64], NDArray[np.float64]]


def _boxes(part: Part) -> list[Box]:
    """Return the bounds of each of its locks, in their order."""
    assert part.strands is not None
    order = np.argsort(part.strands, kind="stable")
    starts = np.searchsorted(part.strands[order], np.arange(part.strands.max() + 1))
    corners = part.positions[part.faces[order]]
    low = np.minimum.reduceat(corners.min(1), starts)
    high = np.maximum.reduceat(corners.max(1), starts)
    return list(zip(low, high, strict=True))


def _ears(boxes: list[Box]) -> list[Box]:
    """Return those of some ornaments that come in pairs and stand up above the head."""
    flip = np.array([-1.0, 1.0, 1.0])
    found = []
    for low, high in boxes:
        other = [
            np.abs(low * flip + high * [0, 0, 0] - np.array([b[0], a[1], a[2]])).max()
            for a, b in boxes
        ]
        if high[1] > 0.225 and low[0] * high[0] > 0 and min(other) < 0.012:
            found.append((low, high))
    return found


def _without_ears_of_hair(part: Part, ears: list[Box]) -> list[Part]:
    """Take the outer sides of animal ears, which have the hair's material, out of the hair."""
    if part.role != "hair" or not ears:
        return [part]
    assert part.strands is not None
    outer = np.array([any(_shared(box, ear) > 0.5 for ear in ears) for box in _boxes(part)])
    worn = outer[part.strands]
    if not worn.any():
        return [part]
    return [part_of(part, ~worn), part_of(replace(part, role="ornament", ear=True), worn)]


def _shared(one: Box, other: Box) -> float:
    """Return what two bounds share as seen from the front, of what they cover together."""
    low, high = np.maximum(one[0], other[0])[:2], np.minimum(one[1], other[1])[:2]
    common = float(np.prod(np.maximum(high - low, 0.0)))
    areas = [float(np.prod((b - a)[:2])) for a, b in (one, other)]
    return common / max(sum(areas) - common, 1e-12)


def _mean_lab(part: Part) -> NDArray[np.float64]:
    texture = part.paint.texture
    solid = texture[texture[..., 3] > 127][::7, :3] / 255
    mean = linear_from_srgb(solid).mean(0) * np.array(part.factor)
    return oklab_from_srgb(srgb_from_linear(mean))
