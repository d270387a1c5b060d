"""A head's mesh as files: the portrait's colours, its pose, its formats."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from panic3d.errors import ConfigError
from panic3d.formats.vrm import read_model
from panic3d.geometry.cameras import Orthographic
from panic3d.pipeline.align import head_turn
from panic3d.pipeline.draw import draw_mesh
from panic3d.pipeline.head_mesh import FORMATS, FinishedHead, HeadMesh
from panic3d.pipeline.mean_face import BONE
from panic3d.pipeline.mesh_options import MeshOptions
from panic3d.pipeline.reconstruct import Head
from tests.formats.khronos import faults, validate

from .balls import GREY, Ball, disc, head_of

RED = (230, 20, 21)
OPTIONS = MeshOptions(triangles=1500, texture_size=512)


@pytest.fixture(scope="module")
def red():
    """The ball with a portrait of plain red on green that is clear."""
    return FinishedHead(head_of(disc(RED)), OPTIONS)


def front_texels(finished):
    """Return the texels that triangles of the front chart show."""
    from panic3d.geometry.scan import scan

    layout, chart = finished._laid_out
    size = len(finished.textured.texture)
    seen = scan(layout.places, layout.faces, (size, size))
    flat = finished.textured.texture.reshape(-1, 3)
    facing = finished.surface.normals[finished.surface.faces].mean(1)[:, 2]
    return flat[seen.pixel[(chart.faces & (facing > 0.5))[seen.face]]]


def test_red_is_the_same_red_in_the_file(red, tmp_path):
    """Oracle: the portrait, to the bit; the material is unlit and its texture sRGB."""
    HeadMesh(red).save(tmp_path / "head.glb")
    character = read_model(tmp_path / "head.glb")
    assert character.materials[0].unlit
    texture = np.array(Image.open(io.BytesIO(character.images[0].data)).convert("RGB"))
    assert np.array_equal(texture, red.textured.texture)
    texels = front_texels(red)
    assert len(texels) > 3000 and (texels == RED).all()
    seen = draw_mesh(red.textured, Orthographic(), 128).rgba
    assert (seen[40:88, 40:88] == (*RED, 255)).all()


def test_no_background_comes_onto_the_head(red):
    """Oracle: the background is green, and neither the field nor the figure is."""
    texture = red.textured.texture.astype(int)
    assert (texture[..., 1] - texture[..., 0]).max() <= 3


def test_colours_pass_into_the_fields_without_a_step(red):
    """Oracle: seen from the side, no two pixels beside each other differ much."""
    options = replace(OPTIONS, unseen="network")
    seen = draw_mesh(
        FinishedHead(red._inner, options).textured, Orthographic(azimuth_deg=90.0), 128
    )
    row = seen.rgba[64, 30:98, :3].astype(int)
    assert (seen.rgba[64, 30:98, 3] == 255).all()
    assert row[0, 0] > 200 and abs(row[-1, 0] - GREY * 255) < 60
    assert np.abs(np.diff(row, axis=0)).max() < 30


def test_our_own_network_has_the_portraits_colours_behind(red):
    """Oracle: red all round; how light it is there, the field's grey decides."""
    seen = draw_mesh(red.textured, Orthographic(azimuth_deg=90.0), 128).rgba
    row = seen[64, 30:98, :3].astype(int)
    assert ((row[:, 0] - row[:, 2]) > 120).all()
    assert np.abs(np.diff(row, axis=0)).max() < 40


def test_the_front_chart_is_the_portrait(tmp_path):
    """Oracle: a portrait of random pixels is in the texture as it is."""
    portrait = disc((0, 0, 0))
    inside = portrait[..., 3] > 0
    rng = np.random.default_rng(0)
    portrait[inside, :3] = rng.integers(0, 256, (int(inside.sum()), 3))
    finished = FinishedHead(head_of(portrait), OPTIONS)
    chart = finished._laid_out[1]
    assert chart is not None and chart.portrait_size == len(portrait)
    (left, top, _, _), (column, row) = chart.box, chart.corner
    y, x = np.mgrid[44:84, 44:84]
    texels = finished.textured.texture[y - top + row, x - left + column]
    assert np.array_equal(texels, portrait[44:84, 44:84, :3])


def test_a_turned_head_comes_out_upright_unless_its_pose_is_kept():
    """Oracle: a nose; turned back about the bone it is where the camera has it."""
    turn = head_turn(30.0, 0.0, 0.0)
    nose = turn @ (np.array([0.0, 0.0, 0.22]) - BONE) + BONE
    x, y, z = nose.tolist()
    inner = head_of(disc(RED), Ball(((x, y, z), 0.04)))
    upright = FinishedHead(inner, OPTIONS, turn)
    vertices = upright.mesh.vertices
    tip = vertices[vertices[:, 2].argmax()]
    assert np.allclose(tip, (0, 0, 0.26), atol=0.008)
    assert np.allclose(np.linalg.norm(upright.textured.normals, axis=1), 1, atol=1e-5)
    kept = FinishedHead(inner, replace(OPTIONS, keep_pose=True), turn)
    found = kept.mesh.vertices
    assert np.allclose(found[found[:, 2].argmax()], nose + np.array([0, 0, 0.04]), atol=0.012)
    assert np.array_equal(kept.textured.texture, upright.textured.texture)


def test_a_head_without_a_portrait_is_the_fields(red):
    inner = head_of(disc(RED))
    bare = inner.looked_at(replace(inner.settings, paste=None))
    texture = FinishedHead(bare, OPTIONS).textured.texture.astype(int)
    assert np.abs(texture - round(GREY * 255)).max() <= 1


def test_vertices_have_the_textures_colours(red):
    front = red.mesh.normals[:, 2] > 0.6
    assert np.allclose(red.mesh.colours[front], np.array(RED) / 255, atol=1e-6)
    assert len(red.mesh.vertices) == len(red.surface.vertices)


@pytest.mark.parametrize("ending", FORMATS)
def test_every_format_is_written(red, ending, tmp_path):
    HeadMesh(red).save(tmp_path / f"head{ending}")
    assert (tmp_path / f"head{ending}").stat().st_size > 1000


def test_another_ending_is_refused(red, tmp_path):
    with pytest.raises(ConfigError, match=r"\.fbx.*\.glb, \.obj"):
        HeadMesh(red).save(tmp_path / "head.fbx")


def test_khronos_validator_has_nothing_to_say(red, tmp_path):
    """Oracle: Khronos' validator."""
    HeadMesh(red).save(tmp_path / "head.glb")
    for report in validate(tmp_path / "head.glb").values():
        assert faults(report) == []


def test_a_general_atlas_shows_the_same(red):
    pytest.importorskip("xatlas", reason="pip install xatlas")
    options = MeshOptions(triangles=1500, texture_size=512, unwrap="xatlas")
    found = FinishedHead(head_of(disc(RED)), options)
    views = [draw_mesh(m.textured, Orthographic(azimuth_deg=30.0), 64).rgba for m in (red, found)]
    difference = np.abs(views[0].astype(int) - views[1].astype(int))
    assert np.median(difference) <= 1 and difference.mean() < 4


def test_the_same_options_are_computed_once():
    head = Head(head_of(disc(RED)))
    assert head.mesh(options=OPTIONS).painted is head.mesh(options=OPTIONS).painted
    other = MeshOptions(triangles=800, texture_size=512)
    assert head.mesh(options=other).painted is not head.mesh(options=OPTIONS).painted


def test_the_same_head_gives_the_same_bytes(red, tmp_path):
    HeadMesh(red).save(tmp_path / "a.glb")
    HeadMesh(FinishedHead(head_of(disc(RED)), OPTIONS)).save(tmp_path / "b.glb")
    assert (tmp_path / "a.glb").read_bytes() == (tmp_path / "b.glb").read_bytes()
