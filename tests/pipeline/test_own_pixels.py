"""The portrait at its own resolution, from the picture to the texture."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.ndimage import distance_transform_edt

from panic3d.errors import PictureError
from panic3d.geometry.similarity import Similarity
from panic3d.image import Picture
from panic3d.models.cut_field import CutField
from panic3d.models.feedforward import FeedForward
from panic3d.pipeline.direct import DIRECT_SETTINGS, sized_picture
from panic3d.pipeline.head_mesh import FinishedHead
from panic3d.pipeline.lines import LinesRemoved
from panic3d.pipeline.mesh_options import MeshOptions
from panic3d.pipeline.own_pixels import (
    LARGEST,
    own_pixels,
    own_size,
    without_lines,
    without_outline,
)
from panic3d.pipeline.preparation_options import PrepareOptions
from panic3d.pipeline.prepare import Preparer
from panic3d.pipeline.reconstruct import Reconstructor
from panic3d.pipeline.untrained import demo_generator
from panic3d.pipeline.whole_head import Head

from .conftest import SETTINGS
from .made_portraits import made, networks
from .test_direct import NETWORK

pytestmark = pytest.mark.usefixtures("one_thread")

OPTIONS = MeshOptions(triangles=1500, texture_size=1024)
SMALL = replace(DIRECT_SETTINGS, volume_resolution=48, render_resolution=64)
LINES_STAY = PrepareOptions(line_removal=False)
RED = (230, 20, 21)


@pytest.fixture
def reconstructor():
    """Our own network, untrained, that takes all of its silhouette for the head."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        network = FeedForward(NETWORK)
    last = network.decoder.net[-1]
    assert isinstance(last, torch.nn.Linear)
    with torch.no_grad():
        last.bias[0] = 2.0
    return Reconstructor(network, SMALL)


@pytest.fixture
def red(monkeypatch):
    """A figure of plain red, 1.375 times as large as in the frame, without its lines."""
    portrait = made((900, 800), [Similarity(scale=1.375, angle_deg=7.0, shift=(90.0, 20.0))])
    rgba = np.dstack([np.full((*portrait.cover.shape, 3), RED), np.rint(portrait.cover * 255)])
    portrait.picture = Picture(rgba.astype(np.uint8))
    found = Preparer(networks(portrait, monkeypatch)).prepare(portrait.picture, LINES_STAY)
    return found


@pytest.mark.parametrize(
    ("scale", "texture", "pixels"),
    [
        (0.5, 2048, 1024),
        (2.0, 2048, 512),
        (0.1, 2048, 1536),
        (0.4, 1024, 768),
        (0.4, 256, 512),
        (0.01, 8192, LARGEST),
    ],
)
def test_a_portrait_is_as_large_as_its_picture_and_the_texture_allow(scale, texture, pixels):
    assert own_size(Similarity(scale=scale), texture) == pixels


def test_pixels_that_lie_straight_are_the_pictures_own(monkeypatch):
    """Oracle: the picture, which has two pixels for each of the frame, moved by whole ones."""
    portrait = made((1100, 1060), [Similarity(scale=2.0, shift=(30.0, 16.0))], ground="clear")
    found = Preparer(networks(portrait, monkeypatch)).prepare(portrait.picture, LINES_STAY)
    ours = own_pixels(found, 1024).rgba
    expected = portrait.picture.rgba[16 : 16 + 1024, 30 : 30 + 1024]
    assert np.abs(ours[..., 3].astype(int) - expected[..., 3]).max() <= 1
    solid = expected[..., 3] == 255
    assert solid.mean() > 0.1
    assert np.abs(ours[solid].astype(int) - expected[solid]).max() <= 1


def test_reduced_it_is_what_networks_see(monkeypatch):
    """Oracle: the preparation at the frame's own size, lines painted over, turned and all."""
    portrait = made((1300, 1100), [Similarity(scale=1.9, angle_deg=12.0, shift=(200.0, -90.0))])
    found = Preparer(networks(portrait, monkeypatch)).prepare(portrait.picture)
    assert found.aligned is not None and found.lines is not None
    assert own_pixels(found, 512) is found.result
    size = own_size(found.located.alignment.to_frame, 2048)
    assert size == round(512 * 1.9)
    known = found.aligned.inside == 255
    again = sized_picture(own_pixels(found, size).rgba, 512)
    ours, theirs = (p.on((128, 128, 128)).rgba[known].astype(int) for p in (again, found.result))
    assert np.abs(ours - theirs).mean() < 1


def test_a_preparation_that_was_stopped_has_no_pixels(monkeypatch):
    portrait = made((900, 800), [Similarity(scale=1.4, shift=(90.0, 20.0))])
    found = Preparer(networks(portrait, monkeypatch)).prepare(portrait.picture, stop_after="faces")
    with pytest.raises(PictureError, match="stopped before"):
        own_pixels(found, 700)


def test_lines_are_painted_over_whole_and_nothing_else_is():
    """Oracle: by construction. A green line, narrower than a small pixel, on random colours."""
    rng = np.random.default_rng(0)
    fine = rng.integers(0, 200, (96, 96, 4)).astype(np.uint8)
    fine[:, 40:44] = (0, 255, 0, 255)
    small = np.full((32, 32, 4), 255, np.uint8)
    small[..., :3] = (10, 20, 250)
    small[20:, :, 3] = 0
    lines = np.zeros((32, 32), bool)
    lines[:, 13:15] = True
    hull = np.zeros((32, 32), bool)
    found = without_lines(Picture(fine), LinesRemoved(Picture(small), lines, hull)).rgba
    assert (found[:57, 39:45, :3] == (10, 20, 250)).all()
    assert np.array_equal(found[..., 3], fine[..., 3])
    far = np.ones((96, 96), bool)
    far[:, 37:47] = False
    assert np.array_equal(found[far], fine[far])
    # Where the smaller picture is clear it has no colours to paint with.
    assert np.array_equal(found[63:], fine[63:])


def test_only_the_outline_goes_where_ink_stays():
    """Oracle: by construction. A disc with an outline and a line through its middle."""
    y, x = np.mgrid[:192, :192] + 0.5
    far = np.hypot(x - 96, y - 96)
    fine = np.zeros((192, 192, 4), np.uint8)
    fine[far < 60] = (200, 120, 40, 255)
    fine[(far < 60) & (far > 54)] = (0, 0, 0, 255)
    fine[(far < 54) & (abs(x - 96) < 2)] = (0, 0, 255, 255)
    small = fine[1::3, 1::3].copy()
    ink = (fine[..., 3] > 0) & (fine[..., 0] == 0)
    dark = ink.reshape(64, 3, 64, 3).any((1, 3))
    small[dark, :3] = (9, 200, 9)
    removed = LinesRemoved(Picture(small), dark, np.zeros_like(dark))
    found = without_outline(Picture(fine), removed).rgba
    assert np.array_equal(found[..., 3], fine[..., 3])
    solid = found[..., 3] > 0
    ring = solid & (far > 54) & (far < 58) & (abs(x - 96) > 6)
    assert (found[ring, :3] == (200, 120, 40)).mean() > 0.99
    inner = far < 60 - 3 * 7 - 3
    assert np.array_equal(found[inner], fine[inner]) and (found[inner, 2] == 255).any()
    bare = LinesRemoved(Picture(small), np.zeros_like(dark), np.zeros_like(dark))
    assert np.array_equal(without_outline(Picture(fine), bare).rgba, fine)


def test_which_lines_stay_is_chosen(monkeypatch):
    portrait = made((1300, 1100), [Similarity(scale=1.9, shift=(200.0, -90.0))])
    found = Preparer(networks(portrait, monkeypatch)).prepare(portrait.picture)
    assert found.lines is not None and found.aligned is not None and found.lines.lines.any()
    drawn = own_pixels(found, 512, "drawn").rgba
    painted = own_pixels(found, 512, "none").rgba
    far = distance_transform_edt(painted[..., 3] >= 128) > 10
    inner = found.lines.lines & far
    assert inner.any() and not np.array_equal(drawn[inner], painted[inner])
    assert np.array_equal(drawn[inner], found.aligned.picture.rgba[inner])


def test_a_texture_has_the_pictures_pixels_and_the_network_the_frames(reconstructor, red):
    """Oracles: the head of the aligned portrait for planes; the picture's one colour."""
    head = reconstructor.reconstruct(red, options=OPTIONS)
    assert head.origin.prepared is not None and head.origin.prepared.size == (704, 704)
    plain = reconstructor.reconstruct(red.result, options=OPTIONS)
    assert torch.equal(head.inner.planes, plain.inner.planes)
    painted = head.mesh().painted
    assert isinstance(painted, FinishedHead)
    layout, chart = painted._laid_out
    assert chart is not None and chart.portrait_size == 704
    # Undistorted: what lies side by side on the portrait does so in the texture.
    shown = np.unique(layout.faces[chart.faces])
    corner, box = np.array(chart.corner), np.array(chart.box[:2])
    flat = painted.in_portrait.vertices[shown, :2] * (1, -1)
    assert np.allclose(layout.places[shown], (flat / 0.7 + 0.5) * 704 - box + corner, atol=1e-3)
    seen = painted.textured.texture[tuple(np.rint(layout.places[shown]).astype(int).T[::-1])]
    facing = painted.in_portrait.normals[shown, 2] > 0.6
    assert facing.sum() > 50 and (seen[facing] == RED).all()


def test_outlines_are_cut_no_finer_than_volumes_are(reconstructor, red):
    field = reconstructor.reconstruct(red, options=OPTIONS).inner.field
    assert isinstance(field, CutField) and field.hull is not None
    assert field.hull.shape == (1, 512, 512)


def test_a_loaded_head_has_the_same_texture(reconstructor, red, tmp_path):
    """Invariant: there and back."""
    head = reconstructor.reconstruct(red, options=OPTIONS)
    head.save(tmp_path / "field.safetensors")
    again = Head.load(tmp_path / "field.safetensors")
    assert head.origin.prepared is not None and again.origin.prepared is not None
    assert np.array_equal(again.origin.prepared.rgba, head.origin.prepared.rgba)
    for each, name in ((head, "a.glb"), (again, "b.glb")):
        each.mesh().save(tmp_path / name)
    assert (tmp_path / "a.glb").read_bytes() == (tmp_path / "b.glb").read_bytes()
    assert (tmp_path / "field.safetensors").stat().st_size < 3e6


def test_heads_of_the_papers_network_are_painted_so_too(red):
    """Oracle: the picture; the network itself reads 512 pixels."""
    reconstructor = Reconstructor(demo_generator(0), SETTINGS)
    head = reconstructor.reconstruct(red, options=OPTIONS)
    front = head.inner.pasted_front()
    assert front is not None and front.alpha.shape == (704, 704)
    assert head.inner.front is not None and head.inner.front.shape[-1] == 512
    solid = front.alpha == 1
    assert np.allclose(front.colour[solid], np.array(RED) / 255)
