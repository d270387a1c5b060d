"""glTF 2.0: nodes, skins and meshes of a file, in the world's axes.

A file whose figure faces -z (VRM 0.x) is turned here, while its arrays are taken out; the turn is
exact, it only changes signs. Source: glTF 2.0 specification and the extensions named below.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from panic3d.errors import (
    DecodeError,
    MissingWeightsError,
    ModelSizeError,
    NotFiniteError,
    NotTrianglesError,
    UnsupportedExtensionError,
)
from panic3d.formats.accessors import Accessors
from panic3d.formats.container import Container
from panic3d.formats.fields import (
    Json,
    index,
    indices,
    numbers,
    obj,
    objs,
    text,
    texts,
    vector,
    whole,
)
from panic3d.formats.gltf_looks import Looks
from panic3d.formats.notes import Notes
from panic3d.geometry.character import MeshPart, Morph, Node, Primitive, Skin

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

_TURN = np.array([-1.0, 1.0, -1.0])
_TURN4 = np.array([-1.0, 1.0, -1.0, 1.0])

_COMPRESSED = (
    "KHR_draco_mesh_compression",
    "EXT_meshopt_compression",
    "KHR_meshopt_compression",
)
# What does not change shape or base colour may be ignored even where the file requires it.
_HARMLESS = ("KHR_materials_", "KHR_lights_", "KHR_xmp", "KHR_animation", "VRM", "EXT_lights_")
_READ = (
    "KHR_mesh_quantization",
    "KHR_texture_transform",
    "KHR_texture_basisu",
    "EXT_texture_webp",
    "EXT_texture_avif",
    "EXT_mesh_gpu_instancing",
)
_MOST_NODES = 1 << 16
_MOST_DRAWS = 10_000
_MOST_TRIANGLES = 2_000_000
"""Of all nodes together: a mesh may hang on many."""
_BYTES_A_MOVED_VERTEX = 96
"""Position and normal, posed and centred, here and in the driver."""
_TRIANGLES = (4, 5, 6)


class Gltf(Notes):
    """The parts of one file, ready to become a character."""

    def __init__(self, container: Container, turned: bool):
        super().__init__()
        self.container = container
        self.json = container.json
        self.turned = turned
        self.accessors = Accessors(container)
        self._arrays: dict[tuple[str, int], NDArray[Any]] = {}
        self._check_extensions()
        self.node_fields = objs(self.json, "nodes", most=_MOST_NODES)
        self.nodes = self._nodes()
        self.order = self._scene_order()
        self.looks = Looks(container, self.accessors, self)
        self.left_out = 0
        """Primitives of points and lines."""
        self.skins = tuple(
            self._skin(fields, f"skins[{i}]") for i, fields in enumerate(objs(self.json, "skins"))
        )
        self._draws = self._triangles = 0
        self.meshes: tuple[MeshPart, ...] = ()
        self.parts_of_mesh: dict[int, list[int]] = {}
        """Mesh of the file to its places in `meshes`; a mesh may hang on several nodes."""
        self.part_of_node: dict[int, int] = {}
        self._collect_meshes()

    def _check_extensions(self) -> None:
        for name in texts(self.json, "extensionsRequired"):
            if name in _COMPRESSED:
                raise UnsupportedExtensionError(
                    f"the model's meshes are compressed with {name}: save it without compression"
                )
            if name not in _READ and not name.startswith(_HARMLESS):
                raise UnsupportedExtensionError(
                    f"the model requires the glTF extension {name[:60]!r}, which is not read here: "
                    "save it without"
                )

    # Nodes

    def _nodes(self) -> tuple[Node, ...]:
        fields = self.node_fields
        parents: list[int | None] = [None] * len(fields)
        for i, node in enumerate(fields):
            for child in indices(node, "children", len(fields), f"nodes[{i}]"):
                if parents[child] is not None:
                    raise DecodeError(f"nodes[{child}] is a child of two nodes")
                parents[child] = i
        # With one parent each, whatever hangs on no root hangs in a circle.
        free = [i for i, parent in enumerate(parents) if parent is None]
        seen = len(free)
        while free:
            below = [
                child
                for i in free
                for child in indices(fields[i], "children", len(fields), f"nodes[{i}]")
            ]
            free, seen = below, seen + len(below)
        if seen != len(fields):
            raise DecodeError(f"{len(fields) - seen} nodes are their own ancestors")
        return tuple(
            Node(
                name=text(node, "name", where=f"nodes[{i}]"),
                parent=parents[i],
                parent_from_node=self._transform(node, f"nodes[{i}]"),
            )
            for i, node in enumerate(fields)
        )

    def _transform(self, node: Json, where: str) -> NDArray[np.float64]:
        if node.get("matrix") is not None:
            stored = vector(node, "matrix", [0.0] * 16, where)
            matrix = np.array(stored, np.float64).reshape(4, 4).T.copy()
            matrix[3] = 0, 0, 0, 1
        else:
            x, y, z, w = vector(node, "rotation", (0, 0, 0, 1), where)
            length = math.sqrt(x * x + y * y + z * z + w * w)
            if length == 0:
                x, y, z, w, length = 0.0, 0.0, 0.0, 1.0, 1.0
            x, y, z, w = x / length, y / length, z / length, w / length
            matrix = np.eye(4)
            matrix[:3, :3] = [
                [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
                [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
                [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
            ]
            matrix[:3, :3] *= vector(node, "scale", (1, 1, 1), where)
            matrix[:3, 3] = vector(node, "translation", (0, 0, 0), where)
        return self._turned_matrices(matrix)

    def _turned_matrices(self, matrices: NDArray[np.float64]) -> NDArray[np.float64]:
        # Adding 0 makes -0 an ordinary zero: the same model gives the same bytes.
        return matrices * _TURN4[:, None] * _TURN4 + 0.0 if self.turned else matrices

    def _scene_order(self) -> list[int]:
        """Return the nodes of the scene, parents first, as a viewer walks them."""
        count = len(self.nodes)
        scenes = objs(self.json, "scenes")
        chosen = whole(self.json, "scene", 0)
        if scenes and chosen >= len(scenes):
            raise DecodeError(f"scene {chosen} is to be shown, the file has {len(scenes)}")
        if scenes:
            roots = list(indices(scenes[chosen], "nodes", count, f"scenes[{chosen}]"))
        else:
            roots = [i for i, node in enumerate(self.nodes) if node.parent is None]
        order, seen = [], set()
        waiting = roots[::-1]
        while waiting:
            i = waiting.pop()
            if i in seen:  # a scene may list a node and its ancestor
                continue
            seen.add(i)
            order.append(i)
            children = indices(self.node_fields[i], "children", count, f"nodes[{i}]")
            waiting.extend(reversed(children))
        return order

    # Skins

    def _skin(self, fields: Json, where: str) -> Skin:
        joints = indices(fields, "joints", len(self.nodes), where)
        if not joints:
            raise DecodeError(f"{where} has no joints")
        accessor = index(fields, "inverseBindMatrices", len(self.accessors), where)
        if accessor is None:
            matrices = np.tile(np.eye(4), (len(joints), 1, 1))
        else:
            stored = self.accessors.floats(accessor)
            if stored.shape[1] != 16 or len(stored) < len(joints):
                raise DecodeError(
                    f"{where} has {len(stored)} inverse bind matrices of {stored.shape[1]} "
                    f"numbers, expected {len(joints)} of 16"
                )
            rows = stored[: len(joints)].astype(np.float64)
            matrices = rows.reshape(-1, 4, 4).transpose(0, 2, 1).copy()
            if not np.isfinite(matrices).all():
                raise NotFiniteError(f"{where} has inverse bind matrices that are not finite")
            matrices[:, 3] = 0, 0, 0, 1
        return Skin(
            joints=joints,
            joint_from_model=self._turned_matrices(matrices),
            name=text(fields, "name", where=where),
        )

    # Meshes

    def _collect_meshes(self) -> None:
        meshes = objs(self.json, "meshes")
        made: dict[tuple[int, int | None], MeshPart] = {}
        parts: list[MeshPart] = []
        for i in self.order:
            where = f"nodes[{i}]"
            mesh = index(self.node_fields[i], "mesh", len(meshes), where)
            if mesh is None:
                continue
            skin = index(self.node_fields[i], "skin", len(self.skins), where)
            if (mesh, skin) not in made:
                self._count_primitives(meshes[mesh], f"meshes[{mesh}]", i)
                made[mesh, skin] = self._mesh(meshes[mesh], f"meshes[{mesh}]", i, skin)
            first = made[mesh, skin]
            self._spend_draws(first, i, moved=skin is None)
            weights = numbers(self.node_fields[i], "weights", where) or first.morph_weights
            self.parts_of_mesh.setdefault(mesh, []).append(len(parts))
            self.part_of_node[i] = len(parts)
            parts.append(
                MeshPart(
                    node=i,
                    primitives=first.primitives,
                    skin=skin,
                    name=first.name,
                    morph_names=first.morph_names,
                    morph_weights=_padded(weights, len(first.morph_names)),
                )
            )
        self.meshes = tuple(parts)
        if self.left_out and not any(part.primitives for part in parts):
            raise NotTrianglesError(
                "the model is made of points and lines alone; only triangles can be drawn"
            )

    def _count_primitives(self, fields: Json, where: str, node: int) -> None:
        """Refuse a mesh of too many before any of them is read."""
        count = len(objs(fields, "primitives", where))
        if self._draws + count > _MOST_DRAWS:
            raise ModelSizeError(
                f"with nodes[{node}] the model has {self._draws + count} primitives, at most "
                f"{_MOST_DRAWS} are read: simplify it"
            )

    def _spend_draws(self, mesh: MeshPart, node: int, moved: bool) -> None:
        """Count what drawing one more mesh takes; vertices on a skin are moved once for all."""
        self._draws += len(mesh.primitives)
        self._triangles += sum(len(primitive.faces) for primitive in mesh.primitives)
        if self._draws > _MOST_DRAWS or self._triangles > _MOST_TRIANGLES:
            raise ModelSizeError(
                f"with nodes[{node}] the model has {self._draws} primitives of {self._triangles} "
                f"triangles, at most {_MOST_DRAWS} of {_MOST_TRIANGLES} are read: simplify it"
            )
        if moved:
            vertices = {id(each.positions): len(each.positions) for each in mesh.primitives}
            size = sum(vertices.values()) * _BYTES_A_MOVED_VERTEX
            self.container.budget.spend(size, f"nodes[{node}]")

    def _mesh(self, fields: Json, where: str, node: int, skin: int | None) -> MeshPart:
        primitives = tuple(
            self._primitive(primitive, f"{where}.primitives[{k}]", skin)
            for k, primitive in enumerate(objs(fields, "primitives", where))
            if self._has_triangles(primitive, f"{where}.primitives[{k}]")
        )
        count = max((len(primitive.morphs) for primitive in primitives), default=0)
        return MeshPart(
            node=node,
            primitives=primitives,
            skin=skin,
            name=text(fields, "name", where=where),
            morph_names=self._morph_names(fields, where, count),
            morph_weights=_padded(numbers(fields, "weights", where), count),
        )

    def _morph_names(self, fields: Json, where: str, count: int) -> tuple[str, ...]:
        holders = [obj(fields, "extras", where) if isinstance(fields.get("extras"), dict) else {}]
        for primitive in objs(fields, "primitives", where)[:1]:  # as UniVRM writes them
            extras = primitive.get("extras")
            holders.append(extras if isinstance(extras, dict) else {})
        names: tuple[str, ...] = ()
        for extras in holders:
            listed = extras.get("targetNames")
            if isinstance(listed, list) and not names:
                names = tuple(str(name)[:200] for name in listed[:count])
        return names + tuple(f"morph {k}" for k in range(len(names), count))

    def _has_triangles(self, fields: Json, where: str) -> bool:
        if whole(fields, "mode", 4, where) in _TRIANGLES:
            return True
        self.left_out += 1
        self.note("points and lines were left out")
        return False

    def _primitive(self, fields: Json, where: str, skin: int | None) -> Primitive:
        attributes = obj(fields, "attributes", where)
        extensions = obj(fields, "extensions", where)
        compressed = [name for name in _COMPRESSED if name in extensions]
        position = index(attributes, "POSITION", len(self.accessors), f"{where}.attributes")
        if position is None:
            raise DecodeError(f"{where} has no positions")
        if compressed and self.accessors.accessors[position].get("bufferView") is None:
            raise UnsupportedExtensionError(
                f"{where} is compressed with {compressed[0]}: save the model without compression"
            )
        positions = self._points(position, where)
        count = len(positions)
        if not np.isfinite(positions).all():
            raise NotFiniteError(f"{where} has positions that are not finite numbers")
        joints, weights = self._influences(attributes, where, count, skin)
        colour = self._attribute(attributes, "COLOR_0", count, where)
        return Primitive(
            positions=positions,
            faces=self._faces(fields, where, count),
            normals=self._normals(attributes, where, count),
            uvs=tuple(self._uv_sets(attributes, where, count)),
            colours=self._colours(colour, where),
            joints=joints,
            weights=weights,
            morphs=tuple(
                self._morph(target, f"{where}.targets[{k}]", count)
                for k, target in enumerate(objs(fields, "targets", where))
            ),
            material=index(fields, "material", len(self.looks.materials), where),
        )

    def _attribute(self, attributes: Json, name: str, count: int, where: str) -> int | None:
        """Return the accessor of an attribute; it has an entry for each vertex."""
        accessor = index(attributes, name, len(self.accessors), f"{where}.attributes")
        if accessor is not None and self.accessors.count(accessor) != count:
            raise DecodeError(
                f"{where} has {self.accessors.count(accessor)} entries of {name} for {count} "
                "positions"
            )
        return accessor

    def _points(self, accessor: int, where: str) -> Floats:
        """Return points or directions, turned; the same array for the same accessor."""
        key = ("points", accessor)
        if key not in self._arrays:
            if self.turned:
                values = self._wide(self.accessors.own_floats(accessor), accessor, 3, where)
                values *= _TURN.astype(np.float32)
                values += 0  # no negative zeros
                values.flags.writeable = False
            else:
                values = self._wide(self.accessors.floats(accessor), accessor, 3, where)
            self._arrays[key] = values
        return self._arrays[key]

    def _wide(self, values: Floats, accessor: int, width: int, where: str) -> Floats:
        if values.shape[1] != width:
            raise DecodeError(
                f"{where} has {values.shape[1]} numbers a vertex in accessors[{accessor}], "
                f"expected {width}"
            )
        return values

    def _finite(self, kind: str, accessor: int, values: Floats, where: str) -> Floats:
        """Return values with zeros in place of what is not finite; one array per accessor."""
        key = (f"finite {kind}", accessor)
        if key not in self._arrays:
            if not np.isfinite(values).all():
                self.note(f"{kind} that are not finite were set to zero")
                self.container.budget.spend(values.nbytes, where)
                values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
            self._arrays[key] = values
        return self._arrays[key]

    def _normals(self, attributes: Json, where: str, count: int) -> Floats | None:
        accessor = self._attribute(attributes, "NORMAL", count, where)
        if accessor is None:
            return None
        return self._finite("normals", accessor, self._points(accessor, where), where)

    def _uv_sets(self, attributes: Json, where: str, count: int) -> Iterator[Floats]:
        for k in range(8):
            accessor = self._attribute(attributes, f"TEXCOORD_{k}", count, where)
            if accessor is None:
                return
            uv = self._wide(self.accessors.floats(accessor), accessor, 2, where)
            yield self._finite("texture coordinates", accessor, uv, where)

    def _colours(self, accessor: int | None, where: str) -> Floats | None:
        """Return linear colours; some exporters write zeros throughout where they have none."""
        if accessor is None:
            return None
        stored = self.accessors.floats(accessor)
        if stored.shape[1] not in (3, 4):
            raise DecodeError(f"{where} has vertex colours of {stored.shape[1]} numbers")
        if not stored.any():
            return None
        key = ("colours", accessor)
        if key not in self._arrays:
            self.container.budget.spend(len(stored) * 16, where)
            colours = np.ones((len(stored), 4), np.float32)
            colours[:, : stored.shape[1]] = np.nan_to_num(stored, nan=1.0, posinf=1.0, neginf=0.0)
            self._arrays[key] = np.clip(colours, 0, 1, out=colours)
        return self._arrays[key]

    def _influences(
        self, attributes: Json, where: str, count: int, skin: int | None
    ) -> tuple[Ints | None, Floats | None]:
        if skin is None:  # then glTF ignores them
            return None, None
        joint_sets, weight_sets, places = [], [], []
        for k in range(8):
            joint = self._attribute(attributes, f"JOINTS_{k}", count, where)
            weight = self._attribute(attributes, f"WEIGHTS_{k}", count, where)
            if k > 0 and (joint is None or weight is None):
                if joint is not None or weight is not None:
                    self.note(f"joints or weights {k} without the other were left out")
                break
            if joint is None or weight is None:
                missing = "JOINTS" if joint is None else "WEIGHTS"
                raise MissingWeightsError(
                    f"{where} hangs on skin {skin} but has no {missing}_{k}: give it weights or "
                    "take it off the skin"
                )
            joint_sets.append(self.accessors.raw(joint))
            weight_sets.append(self.accessors.floats(weight))
            places += [joint, weight]
        key = f"influences {skin} {places}"
        if (key, 0) not in self._arrays:
            if any(each.shape[1] != 4 for each in (*joint_sets, *weight_sets)):
                raise DecodeError(f"{where} has joints or weights that are not four a vertex")
            self.container.budget.spend(count * len(joint_sets) * 32, where)
            raw = np.concatenate(joint_sets, 1)
            if raw.dtype.kind == "f" and not np.isfinite(raw).all():
                raise DecodeError(f"{where} has joints that are no numbers")
            weights = np.concatenate(weight_sets, 1)
            if not np.isfinite(weights).all() or (weights < 0).any():
                self.note("weights that are negative or not finite were set to zero")
                weights = np.maximum(np.nan_to_num(weights, nan=0.0, posinf=0.0, neginf=0.0), 0)
            joints = raw.astype(np.int64)
            outside = (joints < 0) | (joints >= len(self.skins[skin].joints))
            if (outside & (weights > 0)).any():
                raise DecodeError(
                    f"{where} follows joint {int(joints[outside].max())}, its skin has "
                    f"{len(self.skins[skin].joints)}"
                )
            self._arrays[key, 0] = np.where(outside, 0, joints).astype(np.int32)
            self._arrays[key, 1] = weights
        return self._arrays[key, 0], self._arrays[key, 1]

    def _morph(self, target: Json, where: str, count: int) -> Morph:
        found: list[Floats | None] = []
        for name in ("POSITION", "NORMAL"):
            accessor = self._attribute(target, name, count, where)
            values = None if accessor is None else self._points(accessor, where)
            if accessor is not None and values is not None:
                values = self._finite("moves of morph targets", accessor, values, where)
            found.append(values)
        return Morph(positions=found[0], normals=found[1])

    def _faces(self, fields: Json, where: str, count: int) -> Ints:
        mode = whole(fields, "mode", 4, where)
        accessor = index(fields, "indices", len(self.accessors), where)
        key = (f"faces {mode} {count}", -1 if accessor is None else accessor)
        if key not in self._arrays:
            self._arrays[key] = self._new_faces(accessor, mode, count, where)
        return self._arrays[key]

    def _new_faces(self, accessor: int | None, mode: int, count: int, where: str) -> Ints:
        if accessor is None:
            self.container.budget.spend(count * 4, where)
            corners = np.arange(count, dtype=np.int32)
        else:
            raw = self.accessors.raw(accessor)
            if raw.dtype.kind != "u" or raw.shape[1] != 1:
                raise DecodeError(f"{where}.indices are no unsigned whole numbers")
            if len(raw) and int(raw.max()) >= count:
                raise DecodeError(f"{where} uses vertex {int(raw.max())} of {count}: cut short")
            self.container.budget.spend(len(raw) * (4 if mode == 4 else 16), where)
            corners = raw[:, 0].astype(np.int32)
        if mode == 4:
            if len(corners) % 3:
                self.note("corners that make up no whole triangle were left out")
            return corners[: len(corners) // 3 * 3].reshape(-1, 3)
        steps = np.arange(max(len(corners) - 2, 0))
        if mode == 6:  # fan: the first corner belongs to every triangle
            order = np.stack([steps + 1, steps + 2, np.zeros_like(steps)], -1)
        else:  # strip: every second triangle is listed the other way round
            odd = steps % 2
            order = np.stack([steps, steps + 1 + odd, steps + 2 - odd], -1)
        return corners[order]


def _padded(weights: tuple[float, ...], count: int) -> tuple[float, ...]:
    return (weights + (0.0,) * count)[:count]
