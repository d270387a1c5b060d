"""A character in memory out as VRM 1.0 or 0.x.

Sources: VRMC_vrm-1.0, VRMC_materials_mtoon-1.0, the VRM 0.x JSON schema and glTF 2.0. Spring bones,
constraints and animations are not part of a character and are not written.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from panic3d.config import check_choice
from panic3d.errors import DecodeError, MissingBoneError, ModelError, PictureError
from panic3d.files import atomic_write
from panic3d.formats.gltf_write import (
    ARRAY_BUFFER,
    ELEMENT_ARRAY_BUFFER,
    GltfWriter,
    Json,
    smallest_unsigned,
)
from panic3d.formats.mtoon import srgb_from_linear, vrm0_from_toon, vrm1_from_toon
from panic3d.formats.vrm_terms import (
    VRM0_FROM_BONE,
    is_preset,
    vrm0_expression,
    vrm0_from_meta,
    vrm1_from_meta,
)
from panic3d.geometry.character import (
    BONE_PARENTS,
    REQUIRED_BONES,
    Character,
    Expression,
    Material,
    MeshPart,
    Morph,
    Picture8,
    Primitive,
    TextureUse,
    Toon,
)
from panic3d.image import decode_picture

Version = Literal["1.0", "0.x"]
Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

_TURN = np.array([-1.0, 1.0, -1.0], np.float32)
_TURN4 = np.array([-1.0, 1.0, -1.0, 1.0])
_GENERATOR = "panic3d"
_PROPERTIES = {
    "color": "_Color",
    "emissionColor": "_EmissionColor",
    "shadeColor": "_ShadeColor",
    "rimColor": "_RimColor",
    "outlineColor": "_OutlineColor",
}


def write_vrm(character: Character, path: str | Path, version: Version = "1.0") -> None:
    """Write a character as a VRM file, which appears whole or not at all.

    Raises:
        MissingBoneError: a bone is missing that every VRM has.
        ModelError: it has no name, author or licence fields, or a skeleton that is no humanoid.
        Panic3dError: the file cannot be written.
    """
    data = vrm_bytes(character, version)
    with atomic_write(Path(path)) as file:
        file.write(data)


def vrm_bytes(character: Character, version: Version = "1.0") -> bytes:
    """Return the bytes of a VRM file; see `write_vrm`."""
    check_choice("version", version, ("1.0", "0.x"))
    _check(character, version)
    return _VrmWriter(character, version).written()


def _check(character: Character, version: Version) -> None:
    missing = [bone for bone in REQUIRED_BONES if bone not in character.bones]
    if missing:
        raise MissingBoneError(
            f"the humanoid lacks {', '.join(missing)}: every VRM has them; add the bones"
        )
    if len(set(character.bones.values())) < len(character.bones):
        raise ModelError("two humanoid bones are one node: give each a node of its own")
    for bone in character.bones:
        above = BONE_PARENTS[bone]
        while above is not None and above not in character.bones:
            above = BONE_PARENTS[above]
        if above is not None and not _is_below(character, bone, above):
            raise ModelError(f"the bone {bone} does not hang below {above}: no humanoid")
    meta = character.meta
    if meta is None:
        raise ModelError("the character has no meta: say at least who made it and what is allowed")
    if version == "1.0" and not (meta.name and meta.authors):
        raise ModelError("the meta has no name or no author, which VRM 1.0 asks for: add them")


def _is_below(character: Character, bone: str, above: str) -> bool:
    node: int | None = character.nodes[character.bones[bone]].parent
    while node is not None and node != character.bones[above]:
        node = character.nodes[node].parent
    return node is not None


class _VrmWriter:
    """One file being written."""

    def __init__(self, character: Character, version: Version):
        self.character = character
        self.old = version == "0.x"
        self.gltf = GltfWriter(_GENERATOR)
        self.plain_images: dict[int, Picture8] = {}
        self.materials: dict[tuple[int, int], int] = {}
        self.variants: dict[int, list[int]] = {}
        """A character's material to the file's; see `_material`."""
        self.properties: list[Json] = []
        self.mesh_of: dict[int, int] = {}
        """A character's mesh to the file's; empty ones are not written."""
        self.node_of_mesh: dict[int, int] = {}
        self.ranks = _blend_ranks(character.materials)
        self.stored: dict[tuple[str, int], int] = {}
        """Accessors by kind and array: primitives often share theirs."""
        self.influences: dict[tuple[int, int], dict[str, int]] = {}
        """The same of joints and weights."""
        self.still: dict[int, Floats] = {}
        """Zeros for morphs that move no position, by number of vertices."""

    def written(self) -> bytes:
        self._nodes()
        for i in range(len(self.character.meshes)):
            self._mesh(i)
        self._skins()
        for i in range(len(self.character.materials)):  # also those that no triangle has
            if i not in self.variants:
                self._material(i, uv_sets=99)
        json = self.gltf.json
        if self.old:
            json["extensions"] = {"VRM": self._vrm0()}
            self.gltf.use_extension("VRM")
        else:
            json["extensions"] = {"VRMC_vrm": self._vrm1()}
            self.gltf.use_extension("VRMC_vrm")
        if self.character.extras:
            json["extras"] = {"panic3d": dict(self.character.extras)}
        return self.gltf.glb()

    # Nodes and skins

    def _nodes(self) -> None:
        nodes = self.character.nodes
        children: dict[int, list[int]] = {}
        for i, node in enumerate(nodes):
            if node.parent is not None:
                children.setdefault(node.parent, []).append(i)
        for i, node in enumerate(nodes):
            matrix = node.parent_from_node
            if self.old:
                matrix = matrix * _TURN4[:, None] * _TURN4
            entry: Json = {"name": node.name} if node.name else {}
            entry |= transform_fields(matrix)
            if i in children:
                entry["children"] = children[i]
            self.gltf.add("nodes", entry)
        roots = [i for i, node in enumerate(nodes) if node.parent is None]
        joints = {joint for skin in self.character.skins for joint in skin.joints}
        if len({self._root(joint) for joint in joints}) > 1:
            # The joints of a skin must have a common root.
            roots = [self.gltf.add("nodes", {"name": "root", "children": roots})]
        self.gltf.json["scene"] = 0
        self.gltf.add("scenes", {"nodes": roots})

    def _root(self, node: int) -> int:
        parent = self.character.nodes[node].parent
        while parent is not None:
            node, parent = parent, self.character.nodes[parent].parent
        return node

    def _skins(self) -> None:
        used = sorted({mesh.skin for mesh in self.character.meshes if mesh.skin is not None})
        places: dict[int, int] = {}
        for i in used:
            skin = self.character.skins[i]
            matrices = skin.joint_from_model
            if self.old:
                matrices = matrices * _TURN4[:, None] * _TURN4
            columns = matrices.transpose(0, 2, 1).reshape(-1, 16).astype(np.float32)
            entry: Json = {
                "joints": list(skin.joints),
                "inverseBindMatrices": self.gltf.accessor(columns),
            }
            if skin.name:
                entry["name"] = skin.name
            places[i] = self.gltf.add("skins", entry)
        for i, node in self.node_of_mesh.items():
            skin_of_mesh = self.character.meshes[i].skin
            if skin_of_mesh is not None:
                self.gltf.json["nodes"][node]["skin"] = places[skin_of_mesh]

    # Meshes

    def _mesh(self, i: int) -> None:
        mesh = self.character.meshes[i]
        primitives = [
            primitive
            for primitive in mesh.primitives
            if len(primitive.faces) and len(primitive.positions)
        ]
        if not primitives:
            return
        count = len(mesh.morph_names)
        entry: Json = {
            "primitives": [self._primitive(mesh, primitive, count) for primitive in primitives]
        }
        if mesh.name:
            entry["name"] = mesh.name
        if count:
            entry["extras"] = {"targetNames": list(mesh.morph_names)}
            if any(mesh.morph_weights):
                entry["weights"] = list(mesh.morph_weights)
        self.mesh_of[i] = self.gltf.add("meshes", entry)
        node = mesh.node
        nodes: list[Json] = self.gltf.json["nodes"]
        if mesh.skin is not None:
            moved = set(nodes[node]) & {"translation", "rotation", "scale", "matrix"}
            if moved or self.character.nodes[node].parent is not None or "mesh" in nodes[node]:
                # A skinned mesh does not move with its node; readers differ in how they take one
                # that seems to.
                node = self.gltf.add("nodes", {"name": mesh.name or f"mesh {i}"})
                self.gltf.json["scenes"][0]["nodes"].append(node)
        nodes[node]["mesh"] = self.mesh_of[i]
        self.node_of_mesh[i] = node

    def _turned(self, vectors: Floats) -> Floats:
        return vectors * _TURN if self.old else vectors

    def _primitive(self, mesh: MeshPart, primitive: Primitive, morphs: int) -> Json:
        attributes = {"POSITION": self._vectors(primitive.positions, bounds=True)}
        if primitive.normals is not None:
            attributes["NORMAL"] = self._once(
                "normals", primitive.normals, lambda normals: unit_normals(self._turned(normals))
            )
        for k, uv in enumerate(primitive.uvs):
            attributes[f"TEXCOORD_{k}"] = self._once("as it is", uv)
        if primitive.colours is not None:
            attributes["COLOR_0"] = self._once("as it is", primitive.colours)
        if mesh.skin is not None and primitive.joints is not None and primitive.weights is not None:
            attributes |= self._influences(primitive.joints, primitive.weights)
        corners = smallest_unsigned(primitive.faces.reshape(-1), two_bytes_at_least=True)
        entry: Json = {
            "attributes": attributes,
            "indices": self.gltf.accessor(corners, ELEMENT_ARRAY_BUFFER),
            "mode": 4,
        }
        if primitive.material is not None:
            entry["material"] = self._material(primitive.material, len(primitive.uvs))
        if morphs:
            padded = (*primitive.morphs, *[Morph()] * morphs)[:morphs]
            entry["targets"] = [self._target(primitive, morph) for morph in padded]
        return entry

    def _once(
        self,
        kind: str,
        values: Floats,
        change: Callable[[Floats], Floats] = lambda values: values,
        bounds: bool = False,
    ) -> int:
        """Store what becomes of an array of the character, or return where it is stored."""
        key = (kind, id(values))
        if key not in self.stored:
            self.stored[key] = self.gltf.accessor(change(values), ARRAY_BUFFER, bounds)
        return self.stored[key]

    def _vectors(self, values: Floats, bounds: bool = False) -> int:
        kind = "bounded vectors" if bounds else "vectors"
        return self._once(kind, values, self._turned, bounds)

    def _influences(self, joints: NDArray[np.int32], weights: Floats) -> dict[str, int]:
        key = (id(joints), id(weights))
        if key not in self.influences:
            store = self.gltf.accessor
            tidy, shares = tidy_influences(joints, weights)
            narrow = smallest_unsigned(tidy)
            found = self.influences[key] = {}
            for k in range(tidy.shape[1] // 4):
                columns = slice(4 * k, 4 * k + 4)
                found[f"JOINTS_{k}"] = store(narrow[:, columns], ARRAY_BUFFER)
                found[f"WEIGHTS_{k}"] = store(shares[:, columns], ARRAY_BUFFER)
        return self.influences[key]

    def _target(self, primitive: Primitive, morph: Morph) -> Json:
        positions = morph.positions
        if positions is None:
            count = len(primitive.positions)
            positions = self.still.setdefault(count, np.zeros((count, 3), np.float32))
        target = {"POSITION": self._vectors(positions, bounds=True)}
        if morph.normals is not None and primitive.normals is not None:
            target["NORMAL"] = self._vectors(morph.normals)
        return target

    # Materials

    def _image(self, i: int) -> Picture8:
        """Return a picture as every reader takes it: PNG or JPEG."""
        if i not in self.plain_images:
            image = self.character.images[i]
            if image.media_type not in ("image/png", "image/jpeg"):
                image = _as_png(image, i)
            if image.media_type == "image/png":
                image = replace(image, data=bare_png(image.data))
            self.plain_images[i] = image
        return self.plain_images[i]

    def _info(self, use: TextureUse) -> Json:
        return self.gltf.texture_info(self._image(use.image), use)

    def _material(self, i: int, uv_sets: int) -> int:
        """Write a material; without the textures that its triangles have no coordinates for."""
        material = _with_uv_sets(self.character.materials[i], uv_sets)
        key = (i, -1 if material is self.character.materials[i] else uv_sets)
        if key not in self.materials:
            self.materials[key] = self.gltf.add("materials", self._material_fields(i, material))
            if self.old:
                self.properties.append(
                    vrm0_from_toon(
                        material, lambda use: self.gltf.texture(self._image(use.image), use)
                    )
                )
            self.variants.setdefault(i, []).append(self.materials[key])
        return self.materials[key]

    def _material_fields(self, i: int, material: Material) -> Json:
        encoded = (*srgb_from_linear(material.base_colour[:3]), material.base_colour[3])
        colour = material.base_colour
        if self.old:
            colour = material.stored_colour or encoded  # type: ignore[assignment]
        pbr: Json = {
            "baseColorFactor": [min(max(part, 0.0), 1.0) for part in colour],
            "metallicFactor": material.metallic,
            "roughnessFactor": material.roughness,
        }
        if material.base_texture is not None:
            pbr["baseColorTexture"] = self._info(material.base_texture)
        entry: Json = {"pbrMetallicRoughness": pbr, "alphaMode": material.alpha_mode}
        if material.name:
            entry["name"] = material.name
        if material.alpha_mode == "MASK":
            entry["alphaCutoff"] = material.alpha_cutoff
        if material.culling == "none":
            entry["doubleSided"] = True
        if material.normal_texture is not None:
            info = self._info(material.normal_texture)
            entry["normalTexture"] = info | {"scale": material.normal_scale}
        if material.emissive_texture is not None:
            entry["emissiveTexture"] = self._info(material.emissive_texture)
        extensions: Json = {}
        strongest = max(material.emissive_colour)
        if strongest > 0:
            scale = max(strongest, 1.0)
            entry["emissiveFactor"] = [max(part, 0.0) / scale for part in material.emissive_colour]
            if scale > 1:
                extensions["KHR_materials_emissive_strength"] = {"emissiveStrength": scale}
        if material.unlit or material.toon is not None:
            extensions["KHR_materials_unlit"] = {}
        if material.toon is not None and not self.old:
            ranked = replace(material, draw_order=self.ranks[i])
            extensions["VRMC_materials_mtoon"] = vrm1_from_toon(ranked, self._info)
        for name in extensions:
            self.gltf.use_extension(name)
        if extensions:
            entry["extensions"] = extensions
        if not self.old:
            kept: Json = {}
            stored = material.stored_colour
            if stored is not None and not np.allclose(stored, encoded, rtol=0, atol=1e-6):
                kept["storedColor"] = list(stored)
            if material.culling == "front":
                kept["culling"] = "front"
            if kept:
                entry["extras"] = {"panic3d": kept}
        return entry

    # VRM 1.0

    def _vrm1(self) -> Json:
        character = self.character
        assert character.meta is not None
        meta = vrm1_from_meta(character.meta)
        if character.meta.thumbnail is not None:
            meta["thumbnailImage"] = self.gltf.image(self._image(character.meta.thumbnail))
        kept = {
            "licenceName": character.meta.licence_name,
            "permissionUrl": character.meta.permission_url,
        }
        if any(kept.values()):
            extras = {key: value for key, value in kept.items() if value}
            self.gltf.json["asset"]["extras"] = {"panic3d": extras}
        vrm: Json = {
            "specVersion": "1.0",
            "meta": meta,
            "humanoid": {
                "humanBones": {bone: {"node": node} for bone, node in character.bones.items()}
            },
        }
        groups: dict[str, Json] = {"preset": {}, "custom": {}}
        for name, expression in character.expressions.items():
            groups["preset" if is_preset(name) else "custom"][name] = self._expression1(expression)
        expressions = {kind: group for kind, group in groups.items() if group}
        if expressions:
            vrm["expressions"] = expressions
        return vrm

    def _expression1(self, expression: Expression) -> Json:
        morphs = [
            {"node": self.node_of_mesh[bind.mesh], "index": bind.morph, "weight": bind.weight}
            for bind in expression.morphs
            if bind.mesh in self.node_of_mesh
        ]
        colours = [
            {
                "material": material,
                "type": bind.kind,
                "targetValue": list(bind.target),
            }
            for bind in expression.colours
            for material in self.variants[bind.material]
        ]
        textures = [
            {
                "material": material,
                "scale": list(bind.scale),
                "offset": list(bind.offset),
            }
            for bind in expression.textures
            for material in self.variants[bind.material]
        ]
        entry: Json = {"isBinary": expression.binary}
        for key, binds in (
            ("morphTargetBinds", morphs),
            ("materialColorBinds", colours),
            ("textureTransformBinds", textures),
        ):
            if binds:
                entry[key] = binds
        return entry

    # VRM 0.x

    def _vrm0(self) -> Json:
        character = self.character
        assert character.meta is not None
        head = character.bones["head"]
        return {
            "exporterVersion": _GENERATOR,
            "specVersion": "0.0",
            "meta": vrm0_from_meta(
                character.meta, lambda image: self.gltf.texture(self._image(image))
            ),
            "humanoid": {
                "humanBones": [
                    {"bone": VRM0_FROM_BONE[bone], "node": node, "useDefaultValues": True}
                    for bone, node in character.bones.items()
                ]
            },
            "firstPerson": {
                "firstPersonBone": head,
                "firstPersonBoneOffset": {"x": 0, "y": 0.06, "z": 0},
                "meshAnnotations": [],
                "lookAtTypeName": "Bone",
            },
            "blendShapeMaster": {
                "blendShapeGroups": [
                    self._group0(name, expression)
                    for name, expression in character.expressions.items()
                ]
            },
            "secondaryAnimation": {"boneGroups": [], "colliderGroups": []},
            "materialProperties": self.properties,
        }

    def _group0(self, name: str, expression: Expression) -> Json:
        preset, shown = vrm0_expression(name)
        values: list[Json] = []
        for colour in expression.colours:
            if colour.kind in _PROPERTIES:
                stored = [*srgb_from_linear(colour.target[:3]), colour.target[3]]
                values.append(self._value(colour.material, _PROPERTIES[colour.kind], stored))
        for texture in expression.textures:
            (sx, sy), (ox, oy) = texture.scale, texture.offset
            moved = [sx, sy, ox, 1 - sy - oy]
            values.append(self._value(texture.material, "_MainTex_ST", moved))
        return {
            "name": shown,
            "presetName": preset,
            "isBinary": expression.binary,
            "binds": [
                {
                    "mesh": self.mesh_of[bind.mesh],
                    "index": bind.morph,
                    "weight": 100 * bind.weight,
                }
                for bind in expression.morphs
                if bind.mesh in self.mesh_of
            ],
            # VRM 0.x means all materials of that name.
            "materialValues": [v for k, v in enumerate(values) if v not in values[:k]],
        }

    def _value(self, material: int, name: str, target: list[float]) -> Json:
        return {
            "materialName": self.character.materials[material].name,
            "propertyName": name,
            "targetValue": target,
        }


def _blend_ranks(materials: tuple[Material, ...]) -> dict[int, int]:
    """Number blended materials in their order, as VRM 1.0 can say it: -9 to 0, or 0 to 9."""
    ranks: dict[int, int] = {}
    for depth_write in (False, True):
        members = [
            i
            for i, material in enumerate(materials)
            if material.alpha_mode == "BLEND" and material.depth_write == depth_write
        ]
        orders = sorted({materials[i].draw_order for i in members})
        for i in members:
            rank = orders.index(materials[i].draw_order)
            ranks[i] = min(rank, 9) if depth_write else max(rank - len(orders) + 1, -9)
    return {i: ranks.get(i, 0) for i in range(len(materials))}


def _with_uv_sets(material: Material, uv_sets: int) -> Material:
    def kept(use: TextureUse | None) -> TextureUse | None:
        return None if use is None or use.uv_set >= uv_sets else use

    fields: dict[str, Any] = {
        name: kept(getattr(material, name))
        for name in ("base_texture", "emissive_texture", "normal_texture")
    }
    toon = material.toon
    if toon is not None:
        parts: Mapping[str, Any] = {name: kept(getattr(toon, name)) for name in Toon.TEXTURES}
        fields["toon"] = replace(toon, **parts)
    changed = replace(material, **fields)
    return material if changed == material else changed


def _as_png(image: Picture8, i: int) -> Picture8:
    from PIL import Image

    try:
        rgba = decode_picture(image.data, f"images[{i}]", upright=False).rgba
    except PictureError as error:
        raise DecodeError(f"{error}") from error
    buffer = io.BytesIO()
    Image.fromarray(rgba).save(buffer, "PNG")
    return Picture8(data=buffer.getvalue(), media_type="image/png", name=image.name)


def bare_png(data: bytes) -> bytes:
    """Return a PNG without colour profile, pixel shape, animation and texts; pixels stay.

    glTF asks readers to ignore the former, and those that do not would show other colours. What
    is not a whole PNG stays as it is.
    """
    kept = [data[:8]]
    at = 8
    while at + 12 <= len(data):
        (size,) = struct.unpack_from(">I", data, at)
        kind = data[at + 4 : at + 8]
        if at + 12 + size > len(data):
            return data
        if kind in (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"):
            kept.append(data[at : at + 12 + size])
        at += 12 + size
        if kind == b"IEND":
            return b"".join(kept)
    return data


def transform_fields(matrix: Doubles) -> Json:
    """Return a node's translation, rotation and scale, or its matrix if they cannot express it.

    What is the identity is left out.
    """
    linear, translation = matrix[:3, :3], matrix[:3, 3]
    scale = np.linalg.norm(linear, axis=0)
    if np.linalg.det(linear) < 0:
        scale[0] = -scale[0]
    turn = linear / np.where(scale == 0, 1, scale)
    if not np.allclose(turn.T @ turn, np.eye(3), rtol=0, atol=1e-6):
        return {"matrix": [float(value) for value in matrix.T.reshape(-1)]}
    fields: Json = {}
    if translation.any():
        fields["translation"] = translation.tolist()
    if not np.allclose(turn, np.eye(3), rtol=0, atol=1e-12):
        fields["rotation"] = quaternion(turn).tolist()
    if not np.allclose(scale, 1, rtol=0, atol=1e-12):
        fields["scale"] = scale.tolist()
    return fields


def quaternion(turn: Doubles) -> Doubles:
    """Return the unit quaternion (x, y, z, w) of a rotation matrix, w at least 0.

    Source: the eigenvector of Bar-Itzhack's symmetric matrix (2000), stable for every rotation.
    """
    m = turn
    k = np.array(
        [
            [m[0, 0] - m[1, 1] - m[2, 2], 0, 0, 0],
            [m[0, 1] + m[1, 0], m[1, 1] - m[0, 0] - m[2, 2], 0, 0],
            [m[0, 2] + m[2, 0], m[1, 2] + m[2, 1], m[2, 2] - m[0, 0] - m[1, 1], 0],
            [m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1], np.trace(m)],
        ]
    )
    found: Doubles = np.linalg.eigh(k / 3)[1][:, -1]  # of the largest eigenvalue; lower half read
    return -found if found[3] < 0 else found


def unit_normals(normals: Floats) -> Floats:
    """Return normals of length 1; one without direction points up.

    Those that are within rounding of it stay as they are, so that writing again changes nothing.
    """
    length = np.linalg.norm(normals.astype(np.float64), axis=-1, keepdims=True)
    unit = normals / np.where(length > 0, length, 1)
    found = np.where(length > 1e-12, unit, [0.0, 1.0, 0.0])
    return np.where(np.abs(length - 1) < 1e-4, normals, found).astype(np.float32)


def tidy_influences(joints: NDArray[np.int32], weights: Floats) -> tuple[NDArray[np.int32], Floats]:
    """Return influences as glTF wants them, moving every vertex as before.

    Weights sum to 1, no joint is named twice, one without weight is joint 0, and their number is a
    multiple of four.
    """
    shares = weights.astype(np.float64)
    places = joints.copy()
    sums = shares.sum(-1)
    shares[sums == 0, 0] = 1.0  # such a vertex follows its first joint
    sums = shares.sum(-1, keepdims=True)
    # Within rounding of 1 they stay, so that writing again changes nothing.
    shares = np.where(np.abs(sums - 1) < 1e-7, shares, shares / sums)
    for a in range(shares.shape[1]):
        for b in range(a + 1, shares.shape[1]):
            twice = (places[:, a] == places[:, b]) & (shares[:, b] > 0)
            shares[twice, a] += shares[twice, b]
            shares[twice, b] = 0
    single = shares.astype(np.float32)
    places[single == 0] = 0
    missing = -shares.shape[1] % 4
    padding = ((0, 0), (0, missing))
    return np.pad(places, padding), np.pad(single, padding)
