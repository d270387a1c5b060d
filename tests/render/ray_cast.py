"""A second, independent rendering of VRM 0.x files, by rays that Embree casts.

The file is read here with a few lines of NumPy (its arrays are tightly packed), skinned by the
formula of the rendering specification, and left in its own axes (the face looks along -z).
"""

import io
import json
import struct
from pathlib import Path
from typing import NamedTuple

import numpy as np
import trimesh
from PIL import Image
from trimesh.ray.ray_pyembree import RayMeshIntersector

DTYPES = {5121: "u1", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}


class Look(NamedTuple):
    """What a ray needs to know of a material."""

    texture: np.ndarray | None
    factor_alpha: float
    paper_alpha: float
    cutoff: float
    cull: int
    """0 none, 1 front, 2 back."""


class Figure(NamedTuple):
    mesh: trimesh.Trimesh
    """Around the middle of the head."""
    uv: np.ndarray
    look_of_face: np.ndarray
    looks: list


def raw(path):
    data = Path(path).read_bytes()
    (size,) = struct.unpack_from("<I", data, 12)
    gltf, binary = json.loads(data[20 : 20 + size]), data[28 + size :]

    def accessor(index):
        entry = gltf["accessors"][index]
        view = gltf["bufferViews"][entry["bufferView"]]
        start = view.get("byteOffset", 0) + entry.get("byteOffset", 0)
        width = WIDTHS[entry["type"]]
        values = np.frombuffer(
            binary, DTYPES[entry["componentType"]], entry["count"] * width, start
        )
        return values.reshape(-1, width)

    def image(index):
        view = gltf["bufferViews"][gltf["images"][index]["bufferView"]]
        start = view.get("byteOffset", 0)
        picture = Image.open(io.BytesIO(binary[start : start + view["byteLength"]]))
        return np.asarray(picture.convert("RGBA"))

    return gltf, accessor, image


def euler_z(angle_deg):
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    matrix = np.eye(4)
    matrix[:2, :2] = [[c, -s], [s, c]]
    return matrix


def skinning(gltf, accessor, skin, arms_deg):
    """M_j = M_p inv(u_j) T_j u_j, parents before children (rendering specification, 2.5)."""
    bones = {b["bone"]: b["node"] for b in gltf["extensions"]["VRM"]["humanoid"]["humanBones"]}
    turns = {bones["leftUpperArm"]: euler_z(arms_deg), bones["rightUpperArm"]: euler_z(-arms_deg)}
    joints = skin["joints"]
    binds = accessor(skin["inverseBindMatrices"]).reshape(-1, 4, 4).transpose(0, 2, 1)
    bind = dict(zip(joints, binds.astype(np.float64), strict=False))
    parent = {
        child: joint for joint in joints for child in gltf["nodes"][joint].get("children", ())
    }
    made = {}

    def matrix(joint):
        if joint not in made:
            above = parent.get(joint)
            start = np.eye(4) if above is None else matrix(above)
            turn = turns.get(joint, np.eye(4))
            made[joint] = start @ np.linalg.inv(bind[joint]) @ turn @ bind[joint]
        return made[joint]

    head = bind[bones["head"]]
    return np.stack([matrix(joint) for joint in joints]), -head[:3, 3] + [0, 0.1, 0]


def load(path, arms_deg, paper):
    """Read, pose and centre a model; in paper mode only what has a texture."""
    gltf, accessor, image = raw(path)
    properties = gltf["extensions"]["VRM"].get("materialProperties", [])
    looks = []
    for material, shader in zip(gltf["materials"], properties, strict=True):
        pbr = material.get("pbrMetallicRoughness", {})
        texture = pbr.get("baseColorTexture")
        floats = shader.get("floatProperties", {}) if shader["shader"] == "VRM/MToon" else {}
        mode = {"OPAQUE": 0, "MASK": 1, "BLEND": 2}[material.get("alphaMode", "OPAQUE")]
        mode = int(floats.get("_BlendMode", mode))
        alpha = pbr.get("baseColorFactor", [1, 1, 1, 1])[3]
        colour = shader.get("vectorProperties", {}).get("_Color", [1, 1, 1, alpha])
        looks.append(
            Look(
                None if texture is None else image(gltf["textures"][texture["index"]]["source"]),
                colour[3],
                alpha,
                (-1.0, floats.get("_Cutoff", material.get("alphaCutoff", 0.5)), 0.5, 0.5)[mode],
                int(floats.get("_CullMode", 0 if material.get("doubleSided") else 2)),
            )
        )
    vertices, uvs, faces, face_looks = [], [], [], []
    count, origin = 0, None
    for node in gltf["nodes"]:
        if "mesh" not in node:
            continue
        matrices, origin = skinning(gltf, accessor, gltf["skins"][node["skin"]], arms_deg)
        for primitive in gltf["meshes"][node["mesh"]]["primitives"]:
            if paper and looks[primitive["material"]].texture is None:
                continue
            attributes = primitive["attributes"]
            points = accessor(attributes["POSITION"]).astype(np.float64)
            weights = accessor(attributes["WEIGHTS_0"]).astype(np.float64)
            weights = weights / weights.sum(-1, keepdims=True)
            blend = np.einsum("vk,vkij->vij", weights, matrices[accessor(attributes["JOINTS_0"])])
            vertices.append(np.einsum("vij,vj->vi", blend[:, :3, :3], points) + blend[:, :3, 3])
            uvs.append(accessor(attributes["TEXCOORD_0"]))
            triangles = accessor(primitive["indices"]).reshape(-1, 3).astype(np.int64)
            faces.append(triangles + count)
            face_looks.append(np.full(len(triangles), primitive["material"]))
            count += len(points)
    mesh = trimesh.Trimesh(np.concatenate(vertices) - origin, np.concatenate(faces), process=False)
    return Figure(mesh, np.concatenate(uvs), np.concatenate(face_looks), looks)


def rays(elevation_deg, azimuth_deg, fov_deg, size, box_m=0.7):
    """Return origins, directions and the optical axis, in the file's axes."""
    e, a = np.radians([elevation_deg, azimuth_deg])
    centre = np.array([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)])
    right, forward = np.array([np.cos(a), 0, -np.sin(a)]), -centre
    up = np.cross(right, forward)
    steps = (np.arange(size) + 0.5) / size - 0.5
    x, y = np.meshgrid(steps, -steps)
    plane = x[..., None] * right + y[..., None] * up
    if fov_deg is None:
        origins = centre + plane.reshape(-1, 3) * box_m
        directions = np.broadcast_to(forward, origins.shape)
    else:
        directions = forward + plane.reshape(-1, 3) * 2 * np.tan(np.radians(fov_deg / 2))
        origins = np.broadcast_to(centre, directions.shape)
    turn = np.array([-1, 1, -1])  # our world looks along +z
    return origins * turn, directions * turn, forward * turn


def sampled_alpha(texture, uv):
    """Bilinear, repeating, the largest mipmap."""
    height, width = texture.shape[:2]
    x, y = uv[:, 0] * width - 0.5, uv[:, 1] * height - 0.5
    x0, y0 = np.floor(x).astype(int), np.floor(y).astype(int)
    fx, fy = x - x0, y - y0
    alpha = texture[..., 3] / 255.0
    total = 0
    for dy, wy in ((0, 1 - fy), (1, fy)):
        for dx, wx in ((0, 1 - fx), (1, fx)):
            total = total + wx * wy * alpha[(y0 + dy) % height, (x0 + dx) % width]
    return total


class Seen(NamedTuple):
    """By pixel, row by row."""

    hit: np.ndarray
    point: np.ndarray
    alpha: np.ndarray
    depth: np.ndarray
    outside: np.ndarray
    """The outside of the surface is seen."""


def cast(figure, camera, size, paper, half=0.35):
    """Follow every ray to the first surface that counts."""
    elevation, azimuth, fov = camera
    origins, directions, forward = rays(elevation, azimuth, fov, size)
    index_tri, index_ray, points = RayMeshIntersector(figure.mesh).intersects_id(
        origins, directions, multiple_hits=True, max_hits=40, return_locations=True
    )
    triangles = figure.mesh.triangles[index_tri]
    weights = trimesh.triangles.points_to_barycentric(triangles, points)
    uv = np.einsum("nk,nkc->nc", weights, figure.uv[figure.mesh.faces[index_tri]])
    depth = (points - origins[index_ray]) @ forward
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    outside = (normals * directions[index_ray]).sum(-1) < 0
    material = figure.look_of_face[index_tri]
    alpha = np.ones(len(points))
    counts = np.ones(len(points), bool)
    for k, look in enumerate(figure.looks):
        mine = material == k
        if look.texture is not None:
            alpha[mine] = sampled_alpha(look.texture, uv[mine])
        alpha[mine] *= look.paper_alpha if paper else look.factor_alpha
        if paper:
            counts[mine] = alpha[mine] >= 0.5
        else:
            counts[mine] = alpha[mine] >= look.cutoff
            if look.cull:
                counts[mine] &= outside[mine] == (look.cull == 2)
    beyond = (abs(points) > half).any(-1)
    if paper:
        counts &= (depth > 0.5) & (depth < 1.5)
        alpha[beyond] = 0
    else:
        counts &= ~beyond
    order = np.lexsort((depth[counts], index_ray[counts]))
    chosen = np.flatnonzero(counts)[order]
    _, first = np.unique(index_ray[chosen], return_index=True)
    chosen = chosen[first]
    n = size * size
    seen = Seen(np.zeros(n, bool), np.zeros((n, 3)), np.zeros(n), np.zeros(n), np.zeros(n, bool))
    where = index_ray[chosen]
    seen.hit[where] = True
    seen.point[where], seen.alpha[where] = points[chosen], alpha[chosen]
    seen.depth[where], seen.outside[where] = depth[chosen], outside[chosen]
    return seen
