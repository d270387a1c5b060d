"""Our own generator through the whole pipeline: field, mesh, texture, views, files."""

import numpy as np
import pytest
import torch
from PIL import Image

from panic3d.geometry.cameras import NAMED_VIEWS, Orthographic, Perspective
from panic3d.geometry.meshes import Mesh, TexturedMesh
from panic3d.image import Picture
from panic3d.models.feedforward import FeedForward, FeedForwardConfig
from panic3d.models.raw_density import raw_density
from panic3d.pipeline.direct import (
    DIRECT_SETTINGS,
    on_white,
    plain,
    portrait_tensor,
    reconstruct_directly,
    sized,
    with_matte,
)
from panic3d.pipeline.draw import draw_mesh
from panic3d.pipeline.head import HeadField
from panic3d.pipeline.reconstruct import Reconstructor

pytestmark = pytest.mark.usefixtures("one_thread")

NETWORK = FeedForwardConfig(
    image_size=32,
    channels=(8, 8, 16, 16),
    blocks=(0, 1, 1, 1),
    plane_width=4,
    side_width=16,
    render_resolution=64,
)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return FeedForward(NETWORK).eval()


class Ball:
    """A grey ball in place of what was learned."""

    channels = 3

    def density(self, points):
        return raw_density((0.2 - points.norm(dim=-1)) * 100)

    def value(self, points):
        return torch.full((len(points), 3), 0.5)


@pytest.fixture(scope="module")
def portrait():
    """Red above, green below; a disc as large as the ball."""
    v, u = np.mgrid[0:128, 0:128] / 128 + 0.5 / 128 - 0.5
    rgba = np.zeros((128, 128, 4), np.uint8)
    rgba[..., :3] = np.where((v < 0)[..., None], (230, 20, 20), (20, 230, 20))
    rgba[..., 3] = 255 * (np.hypot(u, v) < 0.2 / 0.7)
    return rgba


@pytest.fixture(scope="module")
def ball(network, portrait):
    from dataclasses import replace

    settings = replace(DIRECT_SETTINGS, volume_resolution=64, render_resolution=64)
    whole = portrait_tensor(portrait)
    planes = network.planes(sized(whole, 32)).detach()
    return HeadField(
        network,
        planes.new_zeros(1, 1, 1),
        planes,
        on_white(whole),
        settings,
        field=Ball(),
        matte=whole[:, 3:],
    )


def test_any_weights_give_a_folder(network, portrait, tmp_path):
    """Whatever the weights say, files are whole; a network that sees nothing says so."""
    from dataclasses import replace

    with torch.no_grad():
        network.decoder.net[-1].bias[0] += 0.3
    settings = replace(DIRECT_SETTINGS, volume_resolution=48, render_resolution=48)
    head = Reconstructor(network, settings).reconstruct(Picture(portrait))
    head.mesh().save(tmp_path / "head.glb")
    head.mesh().save(tmp_path / "head.ply")
    assert (tmp_path / "head.glb").read_bytes()[:4] == b"glTF"
    view = head.render(azimuth_deg=30.0)
    assert view.size == (48, 48)
    assert (view.rgba[..., 3] == 255).any() and (view.rgba[..., 3] == 0).any()


def test_nothing_lies_beside_the_silhouette(network, portrait):
    head = reconstruct_directly(network, portrait_tensor(portrait), plain(DIRECT_SETTINGS, 64))
    seen = head.view(NAMED_VIEWS["front"]).view.opacity[0, 0] > 0.5
    inside = sized(portrait_tensor(portrait), 64)[0, 3] > 0.02
    assert not (seen & ~inside).any()


def test_the_texture_has_the_portraits_pixels_in_front_and_the_fields_behind(ball):
    """Oracle: the portrait's two colours, by height, and grey."""
    painted = ball.textured(size=256)
    assert isinstance(painted, TexturedMesh)
    front = draw_mesh(painted, Orthographic(), 64).rgba.astype(int)
    assert np.abs(front[24, 32, :3] - (230, 20, 20)).max() <= 3
    assert np.abs(front[40, 32, :3] - (20, 230, 20)).max() <= 3
    back = draw_mesh(painted, Orthographic(azimuth_deg=180.0), 64).rgba.astype(int)
    assert np.abs(back[20:44, 26:38, :3] - 128).max() <= 2
    # At its rim the front camera sees the surface too slanted for pixels to be worth anything.
    side = draw_mesh(painted, Orthographic(azimuth_deg=90.0), 64).rgba.astype(int)
    assert np.abs(side[24, 34, :3] - 128).max() <= 2
    assert side[24, 20, 0] > 200


def test_without_pasting_the_texture_is_the_fields(ball):
    from dataclasses import replace

    bare = ball.looked_at(replace(ball.settings, paste=None)).textured(size=128)
    assert np.abs(bare.texture.astype(int) - 128).max() <= 1


def test_what_stands_behind_something_is_not_painted_with_it():
    """Oracle: a small plate before a large one; the portrait is red where the small one is."""
    from panic3d.pipeline.texture import Front, textured

    def plate(half, z, first):
        corners = [[-half, -half, z], [half, -half, z], [half, half, z], [-half, half, z]]
        return corners, [[first, first + 1, first + 2], [first, first + 2, first + 3]]

    small, faces0 = plate(0.05, 0.1, 0)
    large, faces1 = plate(0.2, 0.0, 4)
    mesh = Mesh(
        vertices=np.array(small + large, np.float32),
        faces=np.array(faces0 + faces1, np.int32),
        normals=np.tile(np.array([0, 0, 1], np.float32), (8, 1)),
        colours=np.full((8, 3), 0.5, np.float32),
    )
    colour = np.zeros((140, 140, 3), np.float32)
    colour[...] = (0, 0, 1)
    colour[60:80, 60:80] = (1, 0, 0)
    front = Front(colour, np.ones((140, 140), np.float32), 0.7)
    painted = textured(mesh, Ball(), torch.zeros(1), front, size=256)
    straight = draw_mesh(painted, Orthographic(), 140).rgba
    assert (straight[65:75, 65:75, 0] > 250).all() and (straight[45, 45:95, 2] > 250).all()
    slanted = draw_mesh(painted, Orthographic(azimuth_deg=60.0), 140).rgba
    shown = slanted[slanted[..., 3] == 255]
    hidden = (np.abs(shown[:, :3].astype(int) - 128).max(1) <= 3).sum()
    assert hidden > 100  # what the small one hid has the field's grey


def test_an_opaque_portrait_loses_its_white_ground_but_not_its_white_inside():
    rgb = np.full((40, 40, 3), 255, np.uint8)
    rgb[10:30, 10:30] = (30, 30, 30)
    rgb[15:25, 15:25] = 255
    rgba = with_matte(Picture(np.dstack([rgb, np.full((40, 40), 255, np.uint8)])))
    assert rgba[0, 0, 3] == 0 and rgba[20, 20, 3] == 255 and rgba[12, 12, 3] == 255


def test_a_matte_that_is_there_is_kept(portrait):
    assert np.array_equal(with_matte(Picture(portrait)), portrait)


def test_sizes_change_without_a_rim(portrait):
    small = sized(portrait_tensor(portrait), 32)
    rim = (small[0, 3] > 0.1) & (small[0, 3] < 0.9)
    assert rim.any() and float(small[0, 2][rim].max()) < 0.15  # no blue, so no white


def test_a_drawn_mesh_stands_where_cameras_say(ball):
    """Oracle: the outline of a ball seen from a distance."""
    painted = ball.textured(size=128)
    picture = draw_mesh(painted, Perspective(azimuth_deg=40.0), 128)
    reach = (picture.rgba[64, :, 3] > 127).sum() / 128
    seen = 2 * Perspective().focal * np.tan(np.arcsin(0.2))
    assert reach == pytest.approx(seen, rel=0.03)


def test_the_same_portrait_gives_the_same_head(network, portrait):
    made = [Reconstructor(network).reconstruct(Picture(portrait)).inner.planes for _ in range(2)]
    assert torch.equal(*made)


def test_a_file_serves_as_a_portrait(network, portrait, tmp_path):
    Image.fromarray(portrait).save(tmp_path / "p.png")
    head = Reconstructor(network).reconstruct(tmp_path / "p.png")
    assert head.inner.front is not None and head.inner.front.shape == (1, 3, 512, 512)
