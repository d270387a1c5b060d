"""The ground-truth mesh of the paper's evaluation, from a VRM file.

Materials, normals and textures are not looked at: what is transparent counts as well. Of the model
it is the bind pose as stored, without skinning, node transforms or morphs.
"""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from panic3d.errors import (
    DecodeError,
    MissingBoneError,
    NotFiniteError,
    NotTrianglesError,
    NoVrmError,
)
from panic3d.evaluate.clipping import kept_faces, used_vertices
from panic3d.evaluate.surface_metrics import Triangles, winding_numbers
from panic3d.formats.accessors import Accessors
from panic3d.formats.container import Container, read_container
from panic3d.formats.fields import Json, index, indices, obj, objs, text, whole
from panic3d.geometry.conventions import HEAD_BONE_OFFSET_M, LUSTROUS_FROM_WORLD

INNER_WINDING = 1.3
"""Vertices of at least this winding number lie inside and go."""
PAPER_BOX_M = 0.5
"""Side of the box around the head that is kept; of the paper's pictures it is 0.7."""


class StoredMesh(NamedTuple):
    """All triangles of a file in its own frame, and its head bone."""

    surface: Triangles
    head: Float64[np.ndarray, "3"]
    """Metres."""
    faces_back: bool
    """The figure looks along -z (VRM 0.x), else along +z."""


def paper_surface(source: str | Path | Container) -> Triangles:
    """Return the paper's ground truth of a model, in the world frame.

    The region of interest is not applied: `protocol.score` does that, mirrored as the paper's.

    Args:
        source: a VRM file of version 0.x, as the paper's are, or 1.0, whose figures already face
            the world's way.

    Raises:
        NotTrianglesError: a primitive is no list of triangles.
        MissingBoneError: there is no head bone, or no skin moves it.
        MissingDependencyError: libigl is not installed.
        ModelError: the file is broken; the class says how.
    """
    stored = stored_mesh(source)
    surface = stored.surface
    origin = stored.head + HEAD_BONE_OFFSET_M
    near = decapitated(_moved(surface, origin))
    # Winding numbers are needed of vertices in the box alone: of others no face would be left.
    outside = np.zeros(len(surface.vertices), bool)
    asked = np.unique(near.faces)
    if len(asked):
        outside[asked] = winding_numbers(surface.vertices[asked], surface) < INNER_WINDING
    kept = used_vertices(kept_faces(near, outside))
    if stored.faces_back:
        kept = Triangles(kept.vertices * np.array(LUSTROUS_FROM_WORLD), kept.faces)
    return kept


def stored_mesh(source: str | Path | Container) -> StoredMesh:
    """Read every primitive of every mesh of a VRM file; see `paper_surface` for what it raises.

    Accessors are read as tightly packed: strides and sparse values are ignored. Files that have
    them come out wrong here, as they do in the paper's code.
    """
    container = source if isinstance(source, Container) else read_container(Path(source))
    tight = _tightly_packed(container)
    accessors = Accessors(tight)
    vertices: list[np.ndarray] = [np.zeros((0, 3))]
    faces: list[np.ndarray] = [np.zeros((0, 3), np.int32)]
    start = 0
    for i, mesh in enumerate(objs(tight.json, "meshes")):
        for k, primitive in enumerate(objs(mesh, "primitives", f"meshes[{i}]")):
            where = f"meshes[{i}].primitives[{k}]"
            points = _positions(accessors, primitive, where)
            faces.append(_faces(accessors, primitive, len(points), where) + np.int32(start))
            vertices.append(points)
            start += len(points)
    head, faces_back = _head(tight, accessors)
    return StoredMesh(Triangles(np.concatenate(vertices), np.concatenate(faces)), head, faces_back)


def without_innards(surface: Triangles) -> Triangles:
    """Remove vertices that lie inside the surface, and all triangles that have one; one pass."""
    if not len(surface.faces):
        return surface
    return kept_faces(surface, winding_numbers(surface.vertices, surface) < INNER_WINDING)


def decapitated(surface: Triangles, box_m: float = PAPER_BOX_M) -> Triangles:
    """Keep triangles whose three vertices lie in the box; the vertices all stay."""
    inside = (np.abs(surface.vertices) <= box_m / 2).all(1)
    return Triangles(surface.vertices, surface.faces[inside[surface.faces].all(1)])


def _moved(surface: Triangles, origin: np.ndarray) -> Triangles:
    return Triangles(surface.vertices - origin, surface.faces)


def _tightly_packed(container: Container) -> Container:
    json = copy(container.json)
    json["bufferViews"] = [
        {key: value for key, value in view.items() if key != "byteStride"}
        for view in objs(json, "bufferViews")
    ]
    json["accessors"] = [
        {key: value for key, value in accessor.items() if key != "sparse"}
        for accessor in objs(json, "accessors")
    ]
    return replace(container, json=json)


def _positions(accessors: Accessors, primitive: Json, where: str) -> Float64[np.ndarray, "v 3"]:
    if whole(primitive, "mode", 4, where) != 4:
        raise NotTrianglesError(
            f"{where} is no list of triangles: the paper's evaluation reads nothing else"
        )
    attributes = obj(primitive, "attributes", where)
    accessor = index(attributes, "POSITION", len(accessors), f"{where}.attributes")
    if accessor is None:
        raise DecodeError(f"{where} has no positions")
    points = accessors.floats(accessor)
    if points.shape[1] != 3:
        raise DecodeError(f"{where} has positions of {points.shape[1]} numbers, expected 3")
    if not np.isfinite(points).all():
        raise NotFiniteError(f"{where} has positions that are not finite numbers")
    return points.astype(np.float64)


def _faces(accessors: Accessors, primitive: Json, count: int, where: str) -> np.ndarray:
    accessor = index(primitive, "indices", len(accessors), where)
    if accessor is None:
        corners = np.arange(count, dtype=np.int32)
    else:
        raw = accessors.raw(accessor)
        if raw.dtype.kind != "u" or raw.shape[1] != 1:
            raise DecodeError(f"{where}.indices are no unsigned whole numbers")
        if len(raw) and int(raw.max()) >= count:
            raise DecodeError(f"{where} uses vertex {int(raw.max())} of {count}: cut short")
        corners = raw[:, 0].astype(np.int32)
    return corners[: len(corners) // 3 * 3].reshape(-1, 3)


def _head(container: Container, accessors: Accessors) -> tuple[Float64[np.ndarray, "3"], bool]:
    """Return where the inverse bind matrices have the head bone, and whether it faces -z."""
    node, version_0 = _head_node(container.json)
    if node is None:
        raise MissingBoneError("the humanoid has no head bone: set it in the exporter")
    nodes = len(objs(container.json, "nodes"))
    # The paper looks into the first skin alone; VRM 1.0 exporters may write one for each mesh.
    for i, skin in enumerate(objs(container.json, "skins")):
        where = f"skins[{i}]"
        joints = indices(skin, "joints", nodes, where)
        accessor = index(skin, "inverseBindMatrices", len(accessors), where)
        if node not in joints or accessor is None:
            continue
        stored = accessors.floats(accessor)
        if stored.shape[1] != 16 or len(stored) < len(joints):
            raise DecodeError(f"{where} has fewer inverse bind matrices than joints")
        matrix = stored[joints.index(node)].astype(np.float64).reshape(4, 4).T
        # VRM 0.x has bones without rotation; the paper relies on it.
        turn = np.eye(3) if version_0 else matrix[:3, :3]
        if not np.isfinite(matrix).all() or np.linalg.det(turn) == 0:
            raise NotFiniteError(f"{where} has no usable bind matrix of the head bone")
        return -np.linalg.solve(turn, matrix[:3, 3]), version_0
    raise MissingBoneError("no skin of the model has the head bone among its joints")


def _head_node(json: Json) -> tuple[int | None, bool]:
    extensions = obj(json, "extensions")
    count = len(objs(json, "nodes"))
    if "VRMC_vrm" in extensions:
        vrm = obj(extensions, "VRMC_vrm", "extensions")
        bones = obj(obj(vrm, "humanoid", "VRMC_vrm"), "humanBones", "VRMC_vrm.humanoid")
        return index(obj(bones, "head", "humanBones"), "node", count, "humanBones.head"), False
    if "VRM" not in extensions:
        raise NoVrmError("the file has neither the extension VRM nor VRMC_vrm: export it as VRM")
    vrm = obj(extensions, "VRM", "extensions")
    for entry in objs(obj(vrm, "humanoid", "VRM"), "humanBones", "VRM.humanoid"):
        if text(entry, "bone", where="humanBones") == "head":
            return index(entry, "node", count, "humanBones.head"), True
    return None, True
