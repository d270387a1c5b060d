"""The rasteriser at 512 pixels against a second rendering, by rays that Embree casts.

The file's own arrays are skinned again by the closed formula, and silhouettes and what a ray says
of the surface it meets are compared, pixel by pixel.
"""

from typing import NamedTuple

import numpy as np
import pytest

from panic3d.formats.vrm import read_vrm
from panic3d.geometry.cameras import Orthographic, Perspective
from panic3d.geometry.posing import PAPER_POSES, head_origin, posed

pytest.importorskip("embreex", reason="embreex is not installed: pip install 'panic3d[dev]'")

SIZE = 512
TURN = np.array([-1, 1, -1])  # VRM 0.x files look along -z, our world along +z
VIEWS = {
    "front": (Orthographic(), (0, 0, None)),
    "slanted": (Perspective(elevation_deg=20.0, azimuth_deg=30.0), (20, 30, 30)),
}


class Skinned(NamedTuple):
    node: int
    positions: np.ndarray
    normals: np.ndarray


def skinned(path, arms_deg):
    """M_j = M_p inv(u_j) T_j u_j of the file's arrays, in its own axes; normals go by inv(M)^T."""
    from tests.render import ray_cast

    gltf, accessor, _ = ray_cast.raw(path)
    found = []
    for index, node in enumerate(gltf["nodes"]):
        if "mesh" not in node:
            continue
        matrices, _ = ray_cast.skinning(gltf, accessor, gltf["skins"][node["skin"]], arms_deg)
        for primitive in gltf["meshes"][node["mesh"]]["primitives"]:
            arrays = {name: accessor(k) for name, k in primitive["attributes"].items()}
            weights = arrays["WEIGHTS_0"].astype(np.float64)
            weights /= weights.sum(-1, keepdims=True)
            blend = np.einsum("vk,vkij->vij", weights, matrices[arrays["JOINTS_0"]])
            carry = np.linalg.inv(blend[:, :3, :3]).transpose(0, 2, 1)
            normals = np.einsum("vij,vj->vi", carry, arrays["NORMAL"].astype(np.float64))
            moved = np.einsum("vij,vj->vi", blend[:, :3, :3], arrays["POSITION"])
            found.append(Skinned(index, moved + blend[:, :3, 3], normals))
    return found


def test_posed_vertices_are_where_the_formula_puts_them(shared_model):
    """Oracle: `skinned`; float32 holds two metres to 2e-7."""
    parts = posed(read_vrm(shared_model), PAPER_POSES["rutileE"])
    ours: dict[int, list] = {}
    for mesh in parts.character.meshes:
        ours[mesh.node] = []
    owners = [mesh.node for mesh in parts.character.meshes for _ in mesh.primitives]
    for node, part in zip(owners, parts.parts, strict=True):
        ours[node].append(part)
    expected = skinned(shared_model, 60.0)
    assert len(expected) == len(parts.parts)
    for one in expected:
        part = ours[one.node].pop(0)
        np.testing.assert_allclose(part.positions, one.positions * TURN, rtol=0, atol=1e-5)


@pytest.mark.parametrize("view", VIEWS)
def test_paper_positions_are_those_of_the_ray(rasteriser, shared_model, view):
    """Oracle: `ray_cast`; an 8-bit code is 2.7 mm.

    Fewer than one pixel in a thousand may see another surface: along soft edges the driver's
    smaller mipmap and the ray's largest one disagree on what is half transparent.
    """
    from tests.render import ray_cast

    camera, numbers = VIEWS[view]
    seen = ray_cast.cast(ray_cast.load(shared_model, 60.0, True), numbers, SIZE, paper=True)
    character = read_vrm(shared_model)
    with rasteriser.load(
        posed(character, PAPER_POSES["rutileE"]), head_origin(character), "paper"
    ) as scene:
        frame = rasteriser.paper_frame(scene, camera, SIZE)
        alone = rasteriser.paper_position(scene, camera, SIZE)
    np.testing.assert_array_equal(alone, frame.position)
    np.testing.assert_array_equal(frame.colour[..., 3], frame.position[..., 3])
    place = frame.position.reshape(-1, 4)
    drawn, expected = place[:, 3] >= 128, seen.hit & (seen.alpha >= 0.5)
    assert (drawn & expected).sum() / (drawn | expected).sum() >= 0.999
    both = drawn & expected
    ideal = np.rint((seen.point[both] + 0.35) / 0.7 * 255)
    off = abs(place[both, :3].astype(int) - ideal).max(-1)
    assert (off <= 1).mean() >= 0.999
    assert np.median(off) == 0


@pytest.mark.parametrize("view", VIEWS)
def test_fixed_position_depth_and_normal_are_those_of_the_ray(rasteriser, shared_model, view):
    """Oracle: `ray_cast`, and the file's normals, skinned and mixed over the triangle it hits.

    Depth is measured along the optical axis, so it may not be off by more than a position may.
    """
    from trimesh.ray.ray_pyembree import RayMeshIntersector
    from trimesh.triangles import points_to_barycentric

    from tests.render import ray_cast

    camera, numbers = VIEWS[view]
    figure = ray_cast.load(shared_model, 60.0, False)
    seen = ray_cast.cast(figure, numbers, SIZE, paper=False)
    character = read_vrm(shared_model)
    with rasteriser.load(posed(character, PAPER_POSES["rutileE"]), head_origin(character)) as scene:
        found = rasteriser.geometry(scene, camera, SIZE)
        coverage = rasteriser.colour(scene, camera, SIZE)[..., 3] / 255
    hit, depth = (found.facing != 0).reshape(-1), found.depth.reshape(-1)
    assert (hit & seen.hit).sum() / (hit | seen.hit).sum() >= 0.999
    assert abs(coverage.mean() - hit.mean()) < 0.01
    same = hit & seen.hit & (abs(depth - seen.depth) < 0.005)
    assert same.sum() / (hit & seen.hit).sum() >= 0.999
    width = 0.7 if view == "front" else 2 * np.tan(np.radians(15)) * seen.depth[same]
    bound = width / SIZE / 4
    points = found.position.reshape(-1, 3)[same] * TURN
    assert (np.linalg.norm(points - seen.point[same], axis=-1) < bound).mean() >= 0.999
    assert (abs(depth - seen.depth)[same] < bound).mean() >= 0.999
    assert ((found.facing.reshape(-1)[same] > 0) == seen.outside[same]).mean() >= 0.999
    # Which triangle was it? The ray starts anew just before the point.
    directions = ray_cast.rays(*numbers, SIZE)[1][same]
    directions = directions / np.linalg.norm(directions, axis=-1, keepdims=True)
    starts = seen.point[same] - 1e-4 * directions
    triangle = RayMeshIntersector(figure.mesh).intersects_first(starts, directions)
    vertex_normals = np.concatenate([one.normals for one in skinned(shared_model, 60.0)])
    near = triangle >= 0
    mix = points_to_barycentric(figure.mesh.triangles[triangle[near]], seen.point[same][near])
    ideal = np.einsum("nk,nkc->nc", mix, vertex_normals[figure.mesh.faces[triangle[near]]])
    length = np.linalg.norm(ideal, axis=-1)
    sign = np.where(seen.outside[same][near], 1, -1)
    ours = found.normal.reshape(-1, 3)[same][near] * TURN
    cosine = (ours * ideal).sum(-1) * sign / np.where(length > 0, length, 1)
    assert near.mean() >= 0.99
    assert (cosine > np.cos(np.radians(2))).mean() >= 0.99
    np.testing.assert_allclose(np.linalg.norm(ours, axis=-1), 1, atol=1e-4)
