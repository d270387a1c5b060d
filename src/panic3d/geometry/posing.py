"""Posing a character: bones turned, expressions applied, vertices carried along.

Linear blend skinning as glTF defines it: a joint carries a vertex by its transform in model space
times its inverse bind matrix. The paper's renderer multiplies bind matrices in an order that only
holds where they have no rotation, in the order of node indices, and starts from them alone; where
nodes rest as unrotated bind matrices say, both give the same vertices.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from panic3d.errors import ConfigError, ExpressionError, MissingBoneError, NotFiniteError
from panic3d.geometry.character import (
    BONES,
    EXPRESSION_PRESETS,
    Character,
    ColourBind,
    Material,
    MeshPart,
    Primitive,
    TextureBind,
)
from panic3d.geometry.conventions import HEAD_BONE_OFFSET_M

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

ARMS_BELOW_HORIZONTAL_DEG = 60.0
"""How far the paper lowers the arms, out of the head's box."""

_BLOCK = 1 << 15  # vertices skinned at a time


@dataclass(frozen=True, kw_only=True)
class Pose:
    """What is asked of a character. The default lowers its arms and changes nothing else."""

    arms_deg: float | None = None
    """Lowers both upper arms by an angle; None: until they are 60 degrees below the horizontal."""
    head_yaw_deg: float = 0.0
    """Turns the head; positive towards its own left (+x), like a camera's azimuth."""
    head_pitch_deg: float = 0.0
    """Positive lifts the chin."""
    head_roll_deg: float = 0.0
    """Positive tilts the head towards its own left shoulder."""
    expressions: Mapping[str, float] = field(default_factory=dict)
    """Expression to weight, usually 0 to 1."""
    bones: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)
    """Further turns of bones, degrees about the world's x, then y, then z axis."""

    def __post_init__(self) -> None:
        angles = [self.head_yaw_deg, self.head_pitch_deg, self.head_roll_deg]
        angles += [angle for turn in self.bones.values() for angle in turn]
        angles += [0.0 if self.arms_deg is None else self.arms_deg, *self.expressions.values()]
        if not all(math.isfinite(angle) for angle in angles):
            raise ConfigError("a pose has an angle or weight that is not finite")
        for bone in self.bones:
            if bone not in BONES:
                raise ConfigError(f"there is no bone {bone!r}: choose from {', '.join(BONES)}")


PAPER_POSES: dict[str, Pose] = {
    "rutileE": Pose(arms_deg=60.0),
    "daredemoE": Pose(arms_deg=15.0),
}
"""Poses of the paper's two sets: VRoid models stand like a T, converted MMD models like an A."""

BIND_POSE = Pose(arms_deg=0.0)
"""As the file has it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PosedPart:
    """One primitive where the pose puts it."""

    primitive: Primitive
    """Its faces, texture coordinates and colours still hold."""
    positions: Floats
    """(v, 3) in model space, metres."""
    normals: Floats | None
    """(v, 3), unit length or zero."""
    material: Material
    """As the expressions change it; a default one if the primitive has none."""
    mirrored: bool
    """The node's or the joints' transform is a mirror: faces are clockwise seen from outside."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PosedCharacter:
    """A character in a pose, in the order in which a viewer draws it."""

    character: Character
    parts: tuple[PosedPart, ...]

    def bounds(self) -> tuple[Doubles, Doubles]:
        """Return the smallest and largest coordinates of the vertices that faces use.

        Without any, smallest is +inf and largest -inf.
        """
        low, high = np.full(3, np.inf), np.full(3, -np.inf)
        seen: set[tuple[int, int]] = set()
        for part in self.parts:
            key = (id(part.positions), id(part.primitive.faces))
            if key in seen or not len(part.primitive.faces):
                continue
            seen.add(key)
            used = part.positions[np.unique(part.primitive.faces)]
            low, high = np.minimum(low, used.min(0)), np.maximum(high, used.max(0))
        return low, high


def model_from_nodes(character: Character, turns: Mapping[int, Doubles] | None = None) -> Doubles:
    """Return the (n, 4, 4) transforms of all nodes.

    Args:
        character: any.
        turns: node to (3, 3) rotation about the node's origin in the world's axes.
    """
    nodes = character.nodes
    order = _parents_first(character)
    rest = np.empty((len(nodes), 4, 4))
    for i in order:
        parent = nodes[i].parent
        local = nodes[i].parent_from_node
        rest[i] = local if parent is None else rest[parent] @ local
    if not turns:
        return rest
    posed = np.empty_like(rest)
    for i in order:
        parent = nodes[i].parent
        local = nodes[i].parent_from_node
        if i in turns:
            # The turn is meant in the world's axes at rest, whatever axes the bone has.
            about = np.eye(3) if parent is None else _axes_of(rest[parent])
            local = local.copy()
            local[:3, :3] = about.T @ turns[i] @ about @ local[:3, :3]
        posed[i] = local if parent is None else posed[parent] @ local
    return posed


def _parents_first(character: Character) -> list[int]:
    children: dict[int | None, list[int]] = {}
    for i, node in enumerate(character.nodes):
        children.setdefault(node.parent, []).append(i)
    order = list(children.get(None, []))
    for i in order:  # grows while it is walked
        order.extend(children.get(i, []))
    return order


def _axes_of(matrix: Doubles) -> Doubles:
    """Return the rotation, or reflection, nearest to a transform, which may scale."""
    if not np.isfinite(matrix).all():
        raise NotFiniteError("the transforms of the model's nodes are too large to be multiplied")
    left, _, right = np.linalg.svd(matrix[:3, :3])
    found: Doubles = left @ right
    return found


def bone_position(character: Character, bone: str) -> Doubles:
    """Return where a bone is at rest, metres in model space.

    Raises:
        MissingBoneError: the character has no such bone.
    """
    return model_from_nodes(character)[_bone(character, bone), :3, 3]


def head_origin(character: Character) -> Doubles:
    """Return the middle of the head, the world's origin: 0.1 m above the head bone at rest.

    Raises:
        MissingBoneError: the character has no head.
        NotFiniteError: its place is not a finite number.
    """
    origin = bone_position(character, "head") + HEAD_BONE_OFFSET_M
    if not np.isfinite(origin).all():
        raise NotFiniteError("the head bone has no finite position")
    return origin


def _bone(character: Character, bone: str) -> int:
    if bone not in character.bones:
        raise MissingBoneError(f"the model has no bone {bone}: set it in the exporter")
    return character.bones[bone]


def rotation(x_deg: float, y_deg: float, z_deg: float) -> Doubles:
    """Return the (3, 3) rotation about x, then y, then z, the axes standing still."""
    matrix = np.eye(3)
    for axis, angle in enumerate((x_deg, y_deg, z_deg)):
        c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        turn = np.eye(3)
        i, j = (axis + 1) % 3, (axis + 2) % 3
        turn[i, i], turn[i, j], turn[j, i], turn[j, j] = c, -s, s, c
        matrix = turn @ matrix
    return matrix


def _turns(character: Character, pose: Pose) -> dict[int, Doubles]:
    turns: dict[int, Doubles] = {}

    def turn(bone: str, matrix: Doubles) -> None:
        node = _bone(character, bone)
        turns[node] = matrix @ turns.get(node, np.eye(3))

    # The left arm points along +x: lowering it turns clockwise about +z.
    for side, sign in (("left", -1.0), ("right", 1.0)):
        angle = _arm_angle(character, side) if pose.arms_deg is None else pose.arms_deg
        if angle:
            turn(f"{side}UpperArm", rotation(0.0, 0.0, sign * angle))
    if pose.head_yaw_deg or pose.head_pitch_deg or pose.head_roll_deg:
        head = rotation(-pose.head_pitch_deg, 0.0, 0.0)
        head = rotation(0.0, 0.0, -pose.head_roll_deg) @ head
        turn("head", rotation(0.0, pose.head_yaw_deg, 0.0) @ head)
    for bone, angles in pose.bones.items():
        turn(bone, rotation(*angles))
    return turns


def _arm_angle(character: Character, side: str) -> float:
    """Return by how much an arm has to be lowered; 0 if the model has none."""
    bones = [f"{side}UpperArm", f"{side}LowerArm"]
    if any(bone not in character.bones for bone in bones):
        return 0.0
    upper, lower = (bone_position(character, bone) for bone in bones)
    outward, up = abs(lower[0] - upper[0]), lower[1] - upper[1]
    if not math.isfinite(outward + up) or outward + abs(up) == 0:
        return 0.0
    return max(ARMS_BELOW_HORIZONTAL_DEG + math.degrees(math.atan2(up, outward)), 0.0)


def posed(character: Character, pose: Pose | None = None) -> PosedCharacter:
    """Put a character into a pose.

    Primitives that share their vertices at rest share them posed.

    Raises:
        MissingBoneError: the pose turns a bone that the character lacks.
        ExpressionError: the character has no such expression.
        NotFiniteError: a vertex ends up nowhere.
    """
    pose = Pose() if pose is None else pose
    weights, materials = _express(character, pose)
    with np.errstate(over="ignore", invalid="ignore"):
        transforms = model_from_nodes(character, _turns(character, pose))
        skins = [transforms[list(skin.joints)] @ skin.joint_from_model for skin in character.skins]
        made: dict[object, tuple[Floats, Floats | None]] = {}
        parts = []
        for mesh, morph_weights in zip(character.meshes, weights, strict=True):
            for primitive in mesh.primitives:
                key = _vertex_key(mesh, primitive, morph_weights)
                if key not in made:
                    made[key] = _vertices(mesh, primitive, morph_weights, transforms, skins)
                positions, normals = made[key]
                parts.append(
                    PosedPart(
                        primitive=primitive,
                        positions=positions,
                        normals=normals,
                        material=Material()
                        if primitive.material is None
                        else materials[primitive.material],
                        mirrored=_is_mirrored(mesh, primitive, transforms, skins),
                    )
                )
    return PosedCharacter(character=character, parts=tuple(parts))


def _is_mirrored(
    mesh: MeshPart, primitive: Primitive, transforms: Doubles, skins: list[Doubles]
) -> bool:
    """Say whether a node, or most of what the joints weigh, turns a part inside out."""
    if mesh.skin is None or primitive.joints is None or primitive.weights is None:
        return bool(np.linalg.det(transforms[mesh.node][:3, :3]) < 0)
    signs = np.sign(np.linalg.det(skins[mesh.skin][:, :3, :3]))
    if not (signs < 0).any():
        return False
    shares = np.bincount(primitive.joints.ravel(), primitive.weights.ravel(), len(signs))
    return float(shares @ signs) < 0


def _vertex_key(mesh: MeshPart, primitive: Primitive, weights: Doubles) -> object:
    morphs = tuple(
        (id(morph.positions), id(morph.normals), float(weight))
        for morph, weight in zip(primitive.morphs, weights, strict=False)
        if weight
    )
    skinned = mesh.skin is not None and primitive.joints is not None
    place = None if skinned else mesh.node
    arrays = (primitive.positions, primitive.normals, primitive.joints, primitive.weights)
    return (mesh.skin, place, *map(id, arrays), morphs)


def _vertices(
    mesh: MeshPart,
    primitive: Primitive,
    morph_weights: Doubles,
    transforms: Doubles,
    skins: list[Doubles],
) -> tuple[Floats, Floats | None]:
    positions, normals = primitive.positions, primitive.normals
    for morph, weight in zip(primitive.morphs, morph_weights, strict=False):
        if weight and morph.positions is not None:
            positions = positions + np.float32(weight) * morph.positions
        if weight and morph.normals is not None and normals is not None:
            normals = normals + np.float32(weight) * morph.normals
    moved = np.empty(positions.shape, np.float32)
    turned = None if normals is None else np.empty(normals.shape, np.float32)
    for start in range(0, len(positions), _BLOCK):
        rows = slice(start, start + _BLOCK)
        if mesh.skin is None or primitive.joints is None or primitive.weights is None:
            matrix = transforms[mesh.node][None, :3]
        else:
            matrix = _blended(
                skins[mesh.skin][:, :3], primitive.joints[rows], primitive.weights[rows]
            )
        linear = np.einsum("...ij,...j->...i", matrix[..., :3], positions[rows])
        moved[rows] = linear + matrix[..., 3]  # summed in float64, rounded once
        if normals is not None and turned is not None:
            turned[rows] = _unit(_carried(matrix[..., :3], normals[rows]))
    if not np.isfinite(moved).all():
        raise NotFiniteError(
            f"the mesh {mesh.name[:40]!r} has vertices whose posed position is not finite"
        )
    return moved, turned


def _blended(matrices: Doubles, joints: NDArray[np.int32], weights: Floats) -> Doubles:
    """Return (v, 3, 4): the mean of each vertex's joints, weighted."""
    sums = weights.sum(-1, dtype=np.float64)
    # A vertex without weight follows its first joint.
    none = sums == 0
    blend = np.zeros((len(joints), 3, 4))
    for k in range(joints.shape[1]):
        share = weights[:, k] / np.where(none, 1.0, sums)
        if k == 0:
            share = np.where(none, 1.0, share)
        used = np.flatnonzero(share)
        blend[used] += share[used, None, None] * matrices[joints[used, k]]
    return blend


def _carried(matrix: Doubles, normals: Floats) -> Doubles:
    """Carry normals by the inverse transpose, but for their length.

    It is the matrix of cofactors divided by the determinant, of which the sign alone matters: so
    nothing is divided, and transforms that flatten do no harm.
    """
    a, b, c = matrix[..., 0, :], matrix[..., 1, :], matrix[..., 2, :]
    cofactors = np.stack([np.cross(b, c), np.cross(c, a), np.cross(a, b)], -2)
    sign = np.where((a * cofactors[..., 0, :]).sum(-1) < 0, -1.0, 1.0)
    found: Doubles = np.einsum("...ij,...j->...i", cofactors, normals) * sign[..., None]
    return found


def _unit(vectors: Doubles) -> Floats:
    vectors = np.nan_to_num(vectors, nan=0.0, posinf=0.0, neginf=0.0)
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return (vectors / np.where(length > 0, length, 1.0)).astype(np.float32)


# Expressions


def find_expression(character: Character, name: str) -> str:
    """Return the name under which a character has an expression; case does not matter.

    Raises:
        ExpressionError: it has none of that name.
    """
    if name in character.expressions:
        return name
    for known in character.expressions:
        if known.lower() == name.lower():
            return known
    listed = ", ".join(character.expressions) or "none at all"
    hint = "" if name not in EXPRESSION_PRESETS else ", though VRM knows it"
    raise ExpressionError(f"the model has no expression {name!r}{hint}; it has {listed}")


def _express(character: Character, pose: Pose) -> tuple[list[Doubles], list[Material]]:
    """Return the morph weights of every mesh and the materials as the expressions change them."""
    weights = [np.array(mesh.morph_weights, np.float64) for mesh in character.meshes]
    materials = list(character.materials)
    for name, amount in pose.expressions.items():
        expression = character.expressions[find_expression(character, name)]
        if expression.binary:
            amount = 1.0 if amount > 0.5 else 0.0
        if amount == 0:
            continue
        for bind in expression.morphs:
            weights[bind.mesh][bind.morph] += amount * bind.weight
        for colour in expression.colours:
            original = character.materials[colour.material]
            materials[colour.material] = _coloured(
                materials[colour.material], original, colour, amount
            )
        for texture in expression.textures:
            materials[texture.material] = _moved(materials[texture.material], texture, amount)
    return weights, materials


def _coloured(now: Material, original: Material, bind: ColourBind, amount: float) -> Material:
    """Add an expression's share of a colour: amount times what it is from the original."""

    def mixed(current: tuple[float, ...], first: tuple[float, ...]) -> tuple[float, ...]:
        parts = zip(current, first, bind.target, strict=False)
        return tuple(c + amount * (t - f) for c, f, t in parts)

    toon = now.toon
    if bind.kind == "color":
        base = mixed(now.base_colour, original.base_colour)
        # The encoded colour the paper multiplies by follows; a file's own no longer holds.
        return replace(now, base_colour=base, stored_colour=None)  # type: ignore[arg-type]
    if bind.kind == "emissionColor":
        glow = mixed(now.emissive_colour, original.emissive_colour)
        return replace(now, emissive_colour=glow)  # type: ignore[arg-type]
    fields = {
        "shadeColor": "shade_colour",
        "matcapColor": "matcap_factor",
        "rimColor": "rim_colour",
        "outlineColor": "outline_colour",
    }
    if toon is None or original.toon is None:
        return now
    key = fields[bind.kind]
    colour = mixed(getattr(toon, key), getattr(original.toon, key))
    return replace(now, toon=replace(toon, **{key: colour}))  # type: ignore[arg-type]


def _moved(material: Material, bind: TextureBind, amount: float) -> Material:
    """Move a material's base texture; VRM starts from the identity, whatever the file says."""
    use = material.base_texture
    if use is None:
        return material
    scale = (
        use.scale[0] * (1 + amount * (bind.scale[0] - 1)),
        use.scale[1] * (1 + amount * (bind.scale[1] - 1)),
    )
    offset = (
        use.offset[0] + amount * bind.offset[0],
        use.offset[1] + amount * bind.offset[1],
    )
    return replace(material, base_texture=replace(use, scale=scale, offset=offset))
