"""Pictures of textured meshes."""

from dataclasses import replace

import numpy as np
import pytest

from panic3d.geometry.cameras import Orthographic, Perspective
from panic3d.geometry.meshes import TexturedMesh
from panic3d.pipeline.draw import Drawer, draw_mesh

from .made_head import EYE, HAIR, NOSE_M, RADIUS_M, SKIN, made_head


def plate(texture, half=0.2, z=0.0):
    """A square that faces the front camera and shows a whole texture."""
    corners = [[-half, half, z], [half, half, z], [half, -half, z], [-half, -half, z]]
    return TexturedMesh(
        vertices=np.array(corners, np.float32),
        faces=np.array([[0, 2, 1], [0, 3, 2]], np.int32),
        normals=np.tile(np.array([0, 0, 1], np.float32), (4, 1)),
        uvs=np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32),
        texture=texture,
    )


@pytest.mark.parametrize("colour", [(255, 0, 0), (1, 2, 3), (254, 253, 128), (255, 255, 255)])
def test_a_flat_colour_stays_the_very_same(colour):
    texture = np.empty((16, 16, 3), np.uint8)
    texture[...] = colour
    rgba = draw_mesh(plate(texture), Perspective(azimuth_deg=20.0), 64).rgba
    assert (rgba[rgba[..., 3] == 255, :3] == colour).all()
    assert (rgba[..., 3] == 255).sum() > 400


def test_a_texture_is_looked_up_between_its_texels():
    """Oracle: bilinear interpolation in doubles."""
    chance = np.random.default_rng(0)
    texture = chance.integers(0, 256, (20, 20, 3), dtype=np.uint8)
    drawer = Drawer(plate(texture, half=0.35))
    (hits,) = drawer.hits(Orthographic(), 100)
    assert len(hits.pixel) == 100 * 100
    found = np.empty((100 * 100, 3))
    found[hits.pixel] = drawer.colours(hits)
    place = ((np.arange(100) + 0.5) / 100 * 20 - 0.5).clip(0, 19)
    low = np.minimum(place.astype(int), 18)
    share = np.zeros((100, 20))
    share[np.arange(100), low] = 1 - (place - low)
    share[np.arange(100), low + 1] = place - low
    expected = np.einsum("ij,kl,jlc->ikc", share, share, texture.astype(float))
    assert np.abs(found.reshape(100, 100, 3) - expected).max() < 2.5


def test_the_head_stands_as_cameras_say():
    """Oracle: seen from the subject's left, the nose points to the picture's left."""
    drawer = Drawer(made_head())
    front = drawer.picture(Orthographic(), 128).rgba
    eye = np.abs(front[..., :3].astype(int) - EYE).max(-1) < 20
    columns = np.flatnonzero(eye.any(0))
    assert columns.min() < 64 < columns.max() and np.flatnonzero(eye.any(1)).max() < 64
    left = drawer.picture(Orthographic(azimuth_deg=90.0), 128).rgba
    nose = np.flatnonzero(left[64, :, 3] > 127).min()
    assert nose == pytest.approx((0.5 - NOSE_M / 0.7) * 128, abs=3)
    back = drawer.picture(Orthographic(azimuth_deg=180.0), 128).rgba
    assert (back[64, 40:88, :3] == HAIR).all()


def test_outlines_are_smooth_and_not_dark():
    rgba = Drawer(made_head()).picture(Orthographic(azimuth_deg=180.0), 128).rgba
    soft = (rgba[..., 3] > 0) & (rgba[..., 3] < 255)
    assert soft.sum() > 100
    assert np.abs(rgba[soft, :3].astype(int) - HAIR).max() <= 3


def test_depths_and_normals_are_those_of_the_surface():
    """Oracle: a plane, turned; parallel and central cameras."""
    texture = np.zeros((2, 2, 3), np.uint8)
    drawer = Drawer(plate(texture, z=0.1))
    for kind in (Orthographic, Perspective):
        camera = kind(azimuth_deg=40.0)
        (hits,) = drawer.hits(camera, 200)
        row, column = np.divmod(hits.pixel, 200)
        x = (column + 0.5) / 200 - 0.5
        y = (row + 0.5) / 200 - 0.5
        if isinstance(camera, Orthographic):
            origin = np.stack([x * 0.7, y * 0.7, np.zeros(len(x))])
            way = np.array([[0.0], [0.0], [1.0]])
        else:
            origin, way = np.zeros((3, 1)), np.stack([x, y, np.full(len(x), camera.focal)])
            way = way / camera.focal
        matrix = camera.world_from_camera()
        start = matrix[2, :3] @ origin + matrix[2, 3]
        depth = (0.1 - start) / (matrix[2, :3] @ way)  # the ray meets z = 0.1
        assert np.abs(hits.depth - depth).max() < 1e-4
        normals = drawer.normals(hits, camera)
        s, c = np.sin(np.radians(40)), np.cos(np.radians(40))
        assert np.abs(normals - (-s, 0, c)).max() < 1e-5


def test_a_mesh_without_triangles_and_a_texture_of_one_texel():
    head = made_head()
    assert not draw_mesh(replace(head, faces=head.faces[:0]), Orthographic(), 32).rgba.any()
    one = replace(head, texture=np.array([[SKIN]], np.uint8))
    rgba = draw_mesh(one, Orthographic(), 32).rgba
    assert (rgba[16, 16] == (*SKIN, 255)).all()
    wide = (rgba[16, :, 3] > 127).sum() / 32 * 0.7
    assert wide == pytest.approx(2 * RADIUS_M, abs=0.03)
