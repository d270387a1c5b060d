"""The ground truth of fixed mode: what is seen from somewhere."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from campaign._gltf_files import figure_build
from panic3d.errors import MeshError
from panic3d.evaluate.surface_metrics import Triangles
from panic3d.evaluate.visible_truth import (
    EDGE_M,
    LOWEST_ELEVATION_DEG,
    merged,
    subdivided,
    view_cameras,
    visible_surface,
)
from panic3d.formats.vrm import parse_vrm
from panic3d.geometry.character import Material, Picture8, TextureUse
from panic3d.geometry.posing import head_origin, posed

from .shapes import sphere


def area(surface):
    a, b, c = (surface.vertices[surface.faces[:, k]] for k in range(3))
    return np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2


def figure(*surfaces, material=None, image=None, uvs=None):
    """A character of one part a surface, around the middle of its head."""
    character = parse_vrm(figure_build("1.0").packed())
    (mesh,) = character.meshes
    origin = head_origin(character)
    parts = []
    for surface in surfaces:
        count = len(surface.vertices)
        head = mesh.primitives[0]
        assert head.joints is not None and head.weights is not None
        joints = np.tile(head.joints[:1], (count, 1))
        weights = np.tile(head.weights[:1], (count, 1))
        parts.append(
            replace(
                head,
                positions=(surface.vertices + origin).astype(np.float32),
                faces=surface.faces,
                normals=None,
                uvs=() if uvs is None else (uvs.astype(np.float32),),
                joints=joints,
                weights=weights,
                morphs=(),
            )
        )
    return replace(
        character,
        meshes=(replace(mesh, primitives=tuple(parts), morph_names=(), morph_weights=()),),
        materials=(Material(culling="none") if material is None else material,),
        images=() if image is None else (Picture8(data=image),),
        expressions={},
    )


def seen(rasteriser, character):
    return visible_surface(rasteriser, posed(character), head_origin(character))


def test_the_views_go_all_round():
    """Oracle: heights evenly spread over the sphere above the lowest; any side is faced by some."""
    cameras = view_cameras()
    assert len(cameras) == 64
    assert min(camera.elevation_deg for camera in cameras) > LOWEST_ELEVATION_DEG
    axes = np.stack([camera.world_from_head_turn()[:, 2] for camera in cameras])
    heights = np.sort(axes[:, 1])
    np.testing.assert_allclose(np.diff(heights), 1.5 / 64, rtol=1e-9)
    azimuths = np.radians(np.arange(0, 360, 5))
    around = np.stack([np.sin(azimuths), 0 * azimuths, np.cos(azimuths)], 1)
    assert np.degrees(np.arccos((around @ axes.T).max(1))).max() < 15


def test_a_shell_within_a_shell_is_not_seen(rasteriser):
    """Oracle: the outer sphere alone; the inner one lies 10 mm below it."""
    outer, inner = sphere(0.15, cuts=4), sphere(0.14, cuts=4)
    found = seen(rasteriser, figure(outer, inner))
    assert np.linalg.norm(found.vertices, axis=1).min() > 0.149
    assert area(found) == pytest.approx(area(outer), rel=0.02)


def test_a_shell_close_below_another_part_is_not_seen_either(rasteriser):
    """The gap is 1 mm, less than the reach: the part that is seen tells them apart."""
    found = seen(rasteriser, figure(sphere(0.15, cuts=4), sphere(0.149, cuts=4)))
    assert (np.linalg.norm(found.vertices, axis=1) < 0.1492).mean() < 0.01


def test_what_is_half_hidden_is_cut(rasteriser):
    """Oracle: a plate whose lower part lies in a box; what stands out is 0.4 m by 0.25 m."""
    plate = Triangles(
        np.array([[-0.2, -0.2, 0], [0.2, -0.2, 0], [0.2, 0.2, 0], [-0.2, 0.2, 0]]),
        np.array([[0, 1, 2], [0, 2, 3]], np.int32),
    )
    corners = np.array([[x, y, z] for z in (-1, 1) for y in (-1, 1) for x in (-1, 1)], float)
    quads = ((4, 5, 7, 6), (1, 0, 2, 3), (0, 4, 6, 2), (5, 1, 3, 7), (6, 7, 3, 2), (0, 1, 5, 4))
    faces = [t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))]
    cube = Triangles(
        corners * [0.25, 0.1, 0.05] + np.array([0, -0.15, 0]), np.array(faces, np.int32)
    )
    found = seen(rasteriser, figure(plate, cube))
    flat = np.abs(found.vertices[found.faces][:, :, 2]).max(1) < 1e-6
    upper = Triangles(found.vertices, found.faces[flat])
    heights = upper.vertices[upper.faces][:, :, 1]
    assert heights.min() > -0.05 - 2 * EDGE_M
    assert area(upper) == pytest.approx(0.4 * 0.25, rel=0.03)


def test_transparent_parts_of_a_card_do_not_count(rasteriser):
    """Oracle: the texture; its left half is transparent."""
    pixels = np.zeros((64, 64, 4), np.uint8)
    pixels[:, 32:] = 255
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    card = Triangles(
        np.array([[-0.2, -0.2, 0], [0.2, -0.2, 0], [0.2, 0.2, 0], [-0.2, 0.2, 0]]),
        np.array([[0, 1, 2], [0, 2, 3]], np.int32),
    )
    uvs = np.array([[0, 1], [1, 1], [1, 0], [0, 0]])
    material = Material(
        base_texture=TextureUse(image=0, wrap=("clamp", "clamp")),
        alpha_mode="MASK",
        culling="none",
    )
    character = figure(card, material=material, image=buffer.getvalue(), uvs=uvs)
    found = seen(rasteriser, character)
    assert found.vertices[:, 0].min() > -2 * EDGE_M
    assert area(found) == pytest.approx(0.4 * 0.2, rel=0.03)


def test_the_figure_below_the_box_keeps_one_from_looking_into_it(rasteriser):
    """Oracle: a tall closed tube around a ball, whose lower end lies far below the box."""
    tube = sphere(0.12, cuts=4)
    tall = Triangles(tube.vertices * [1, 8, 1] - [0, 0.7, 0], tube.faces)
    found = seen(rasteriser, figure(tall, sphere(0.04, (0.0, -0.3, 0.0), cuts=3)))
    assert np.linalg.norm(found.vertices - [0, -0.3, 0], axis=1).min() > 0.05
    assert found.vertices[:, 1].min() == pytest.approx(-0.35, abs=1e-6)


def test_nothing_in_the_box_is_an_error(rasteriser):
    with pytest.raises(MeshError, match="nothing"):
        seen(rasteriser, figure(sphere(0.05, (0.0, -1.0, 0.0), cuts=2)))


def test_pieces_are_small_and_cover_the_surface():
    """Oracle: the area of each triangle is that of its pieces."""
    mesh = sphere(0.2, cuts=1)
    pieces, parents = subdivided(mesh, 0.02)
    corners = pieces.vertices[pieces.faces]
    assert np.linalg.norm(corners[:, [1, 2, 0]] - corners, axis=2).max() <= 0.02
    areas = np.linalg.norm(
        np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1
    )
    whole = mesh.vertices[mesh.faces]
    expected = np.linalg.norm(
        np.cross(whole[:, 1] - whole[:, 0], whole[:, 2] - whole[:, 0]), axis=1
    )
    np.testing.assert_allclose(np.bincount(parents, areas), expected, rtol=1e-9)


def test_vertices_in_one_place_become_one():
    """Oracle: a sphere whose triangles were taken apart has its number of vertices again."""
    mesh = sphere(0.2, cuts=2)
    soup = Triangles(
        mesh.vertices[mesh.faces].reshape(-1, 3),
        np.arange(3 * len(mesh.faces), dtype=np.int32).reshape(-1, 3),
    )
    found = merged(soup)
    assert len(found.vertices) == len(mesh.vertices)
    np.testing.assert_allclose(found.vertices[found.faces], mesh.vertices[mesh.faces], atol=1e-7)
