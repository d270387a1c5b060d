"""Pieces become a character: merged by surface, on a humanoid skeleton, with expressions."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from panic3d.characters.colour import linear_from_srgb
from panic3d.characters.made import Anchor
from panic3d.characters.piece import Label, Mark, Piece, Surface
from panic3d.characters.shape import HeadShape
from panic3d.geometry.character import (
    BONE_PARENTS,
    Character,
    Expression,
    Material,
    MeshPart,
    Meta,
    Morph,
    MorphBind,
    Node,
    Picture8,
    Primitive,
    Skin,
    TextureUse,
    Toon,
)

_ORDER = ("Body", "Head", "Face", "Hair", "Accessory", "Cloth")
_OUTLINE_M = 0.0008


class Built(NamedTuple):
    """A character and what the pieces knew of it."""

    character: Character
    labels: tuple[Label, ...]
    anchors: tuple[Anchor, ...]
    """Where the points that were asked for are now."""


def build_character(
    pieces: Sequence[Piece],
    shape: HeadShape,
    expressions: Mapping[str, Mapping[str, float]],
    meta: Meta,
    marked: Sequence[Mark | tuple[int, int]] = (),
    scale: float = 1.0,
) -> Built:
    """Put pieces on a skeleton.

    Args:
        pieces: in the head frame.
        shape: gives the joints' places.
        expressions: VRM 1.0 preset or own name to morph target and weight; targets that no
            piece has are left out.
        meta: who made it and what one may do with it.
        marked: points to be found again: marks, or pairs of piece and vertex.
        scale: of the whole character.
    """
    places = {bone: place * scale for bone, place in joint_places(shape).items()}
    bones = list(places)
    # The joints lie in the head frame; the model stands on the ground.
    ground = places["leftFoot"][1] - _SOLE_M * shape.body_size * scale
    head_at = np.array([0.0, -ground, 0.0])
    nodes = tuple(_node(bone, places, head_at) for bone in bones)
    binds = np.stack([_shift(-(places[bone] + head_at)) for bone in bones])
    skin = Skin(joints=tuple(range(len(bones))), joint_from_model=binds, name="Skeleton")

    surfaces: dict[int, Surface] = {id(p.surface): p.surface for p in pieces}
    number = {key: k for k, key in enumerate(surfaces)}
    images: list[Picture8] = []
    image_of: dict[int, int] = {}
    for surface in surfaces.values():
        if id(surface.texture) not in image_of:
            image_of[id(surface.texture)] = len(images)
            images.append(Picture8(data=png_bytes(surface.texture), name=surface.name))
    materials = tuple(_material(s, image_of[id(s.texture)]) for s in surfaces.values())

    groups: dict[str, dict[int, list[int]]] = {}
    for k, piece in enumerate(pieces):
        groups.setdefault(piece.group, {}).setdefault(id(piece.surface), []).append(k)
    names = sorted(groups, key=lambda n: (_ORDER.index(n) if n in _ORDER else len(_ORDER), n))
    anchor_of: dict[int, tuple[int, int, int]] = {}
    meshes = []
    for m, name in enumerate(names):
        members = [pieces[k] for rows in groups[name].values() for k in rows]
        morph_names = tuple(dict.fromkeys(n for piece in members for n in piece.morphs))
        primitives = []
        for p, (key, rows) in enumerate(groups[name].items()):
            start = 0
            for k in rows:
                anchor_of[k] = (m, p, start)
                start += len(pieces[k].positions)
            primitives.append(
                _primitive(
                    [pieces[k] for k in rows], morph_names, bones, head_at, number[key], scale
                )
            )
        meshes.append(
            MeshPart(
                node=0,
                primitives=tuple(primitives),
                skin=0,
                name=name,
                morph_names=morph_names,
                morph_weights=(0.0,) * len(morph_names),
            )
        )
    character = Character(
        nodes=nodes,
        meshes=tuple(meshes),
        skins=(skin,),
        materials=materials,
        images=tuple(images),
        bones={bone: k for k, bone in enumerate(bones)},
        expressions=_expressions(expressions, meshes),
        meta=meta,
        source="panic3d characters",
    )
    anchors = []
    for place in marked:
        mark = Mark(*place)
        mesh, primitive, start = anchor_of[mark.piece]
        others = tuple((start + vertex, share) for vertex, share in mark.others)
        anchors.append(Anchor(mesh, primitive, start + mark.vertex, others))
    return Built(character, tuple(s.label for s in surfaces.values()), tuple(anchors))


_SOLE_M = 0.09
"""From the ankle down."""
_EYE_DEPTH_M = 0.028


def joint_places(shape: HeadShape) -> dict[str, np.ndarray]:
    """Return where the joints lie, in the head frame; parents come before children."""
    x, y = shape.shoulder_x, shape.shoulder_y
    neck = -shape.neck_length
    size = shape.body_size
    hips = neck - 0.408 * size
    places: dict[str, tuple[float, float, float]] = {
        "hips": (0.0, hips, 0.012),
        "spine": (0.0, neck - 0.348 * size, 0.016),
        "chest": (0.0, neck - 0.238 * size, 0.014),
        "upperChest": (0.0, neck - 0.115 * size, 0.006),
        "neck": (0.0, neck, -0.012),
        "head": (0.0, 0.0, 0.0),
    }
    for side, sign in (("left", 1.0), ("right", -1.0)):
        leg = sign * 0.075 * size
        places |= {
            f"{side}Eye": (sign * shape.eye_x * 0.55, shape.eye_y, _EYE_DEPTH_M),
            f"{side}Shoulder": (sign * 0.024 * size, y + 0.014 * size, -0.008),
            f"{side}UpperArm": (sign * x, y, -0.008),
            f"{side}LowerArm": (sign * (x + 0.22 * size), y - 0.006, -0.008),
            f"{side}Hand": (sign * (x + 0.43 * size), y - 0.008, -0.004),
            f"{side}UpperLeg": (leg, hips - 0.05 * size, 0.010),
            f"{side}LowerLeg": (leg, hips - 0.45 * size, 0.010),
            f"{side}Foot": (leg, hips - 0.83 * size, -0.020),
        }
    return {bone: np.array(place) for bone, place in places.items()}


def _shift(offset: np.ndarray) -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, 3] = offset
    return matrix


def _node(bone: str, places: Mapping[str, np.ndarray], offset: np.ndarray) -> Node:
    parent = BONE_PARENTS[bone]
    while parent is not None and parent not in places:
        parent = BONE_PARENTS[parent]
    if parent is None:
        return Node(name=bone, parent=None, parent_from_node=_shift(places[bone] + offset))
    return Node(
        name=bone,
        parent=list(places).index(parent),
        parent_from_node=_shift(places[bone] - places[parent]),
    )


def png_bytes(texture: UInt8[np.ndarray, "h w 4"]) -> bytes:
    """Return a texture as a PNG, without alpha where all is opaque."""
    file = io.BytesIO()
    pixels = texture[..., :3] if texture[..., 3].min() == 255 else texture
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, "PNG", compress_level=1)
    return file.getvalue()


def _material(surface: Surface, image: int) -> Material:
    red, green, blue = linear_from_srgb(np.array(surface.shade)).tolist()
    use = TextureUse(image=image, wrap=("clamp", "clamp"))
    return Material(
        name=surface.name,
        base_texture=use,
        alpha_mode=surface.alpha_mode,
        culling=surface.culling,
        unlit=True,
        draw_order=surface.draw_order,
        depth_write=surface.alpha_mode != "BLEND",
        toon=Toon(
            shade_colour=(red, green, blue),
            shade_texture=use,
            outline_mode="worldCoordinates" if surface.outline else "none",
            outline_width=_OUTLINE_M if surface.outline else 0.0,
            outline_colour=(red * 0.1, green * 0.1, blue * 0.1),
        ),
    )


def _primitive(
    pieces: Sequence[Piece],
    morph_names: Sequence[str],
    bones: Sequence[str],
    offset: np.ndarray,
    material: int,
    scale: float,
) -> Primitive:
    starts = np.cumsum([0, *(len(piece.positions) for piece in pieces)])
    positions = np.concatenate([piece.positions for piece in pieces])
    faces = np.concatenate(
        [piece.faces + start for piece, start in zip(pieces, starts[:-1], strict=True)]
    )
    joints, weights = _influences(pieces, bones)
    morphs = []
    for name in morph_names:
        moves = [piece.morphs.get(name) for piece in pieces]
        if all(move is None for move in moves):
            morphs.append(Morph())
            continue
        morphs.append(
            Morph(
                positions=np.concatenate(
                    [
                        np.zeros_like(piece.positions) if move is None else move * scale
                        for piece, move in zip(pieces, moves, strict=True)
                    ]
                ).astype(np.float32)
            )
        )
    return Primitive(
        positions=(positions * scale + offset).astype(np.float32),
        faces=np.ascontiguousarray(faces, np.int32),
        normals=np.concatenate([_normals(piece) for piece in pieces]).astype(np.float32),
        uvs=(np.concatenate([piece.uvs for piece in pieces]).astype(np.float32),),
        joints=joints,
        weights=weights,
        morphs=tuple(morphs),
        material=material,
    )


def _normals(piece: Piece) -> np.ndarray:
    return smooth_normals(piece.positions, piece.faces) if piece.normals is None else piece.normals


def smooth_normals(positions: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Return (v, 3) unit normals, means of the faces' by area; vertices in one place share theirs.

    Seams of texture coordinates do not show that way.
    """
    corners = positions[faces]
    facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    _, place = np.unique(np.round(positions, 7), axis=0, return_inverse=True)
    place = place.reshape(-1)
    sums = np.zeros((len(positions), 3))
    for axis in range(3):
        for k in range(3):
            sums[:, axis] += np.bincount(
                place[faces[:, k]], facing[:, axis], minlength=len(positions)
            )
    normals = sums[place]
    length = np.linalg.norm(normals, axis=-1, keepdims=True)
    return np.where(length > 1e-15, normals / np.maximum(length, 1e-15), [0.0, 0.0, 1.0])


def _influences(pieces: Sequence[Piece], bones: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return joints and weights (v, k <= 4), the strongest first."""
    shares = []
    for piece in pieces:
        table = np.zeros((len(piece.positions), len(bones)))
        for bone, share in (piece.weights or {"head": np.ones(len(piece.positions))}).items():
            table[:, bones.index(bone)] += share
        shares.append(table)
    table = np.concatenate(shares)
    count = int(min(max((table > 0).sum(1).max(), 1), 4))
    joints = np.argsort(-table, axis=1, kind="stable")[:, :count]
    weights = np.take_along_axis(table, joints, 1)
    weights = weights / np.maximum(weights.sum(1, keepdims=True), 1e-12)
    return np.ascontiguousarray(joints, np.int32), weights.astype(np.float32)


def _expressions(
    wanted: Mapping[str, Mapping[str, float]], meshes: Sequence[MeshPart]
) -> dict[str, Expression]:
    made = {}
    for name, targets in wanted.items():
        binds = tuple(
            MorphBind(mesh=m, morph=mesh.morph_names.index(target), weight=weight)
            for target, weight in targets.items()
            for m, mesh in enumerate(meshes)
            if target in mesh.morph_names
        )
        if binds:
            made[name] = Expression(morphs=binds)
    return made
