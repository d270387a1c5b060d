"""Painting what the portrait does and does not show."""

import numpy as np
import pytest
import torch

from panic3d.geometry.cameras import Orthographic
from panic3d.geometry.charts import lay_out
from panic3d.geometry.smoothing import vertex_normals
from panic3d.pipeline import bake
from panic3d.pipeline.bake import baked, colours_of
from panic3d.pipeline.draw import draw_mesh
from panic3d.pipeline.finish import Surface
from panic3d.pipeline.texture import Front
from tests.geometry.shapes import ball, together

from .balls import GREY, Ball

BOX, SIZE = 0.7, 512


@pytest.fixture(scope="module")
def two_balls():
    """A small ball before a large one; the portrait is red where the small one is, else blue."""
    vertices, faces = together(ball(0.15, n=32), ball(0.04, (0.0, 0.0, 0.25), 20))
    normals = vertex_normals(vertices, faces)
    surface = Surface(vertices, faces, normals, thin=False)
    v, u = np.mgrid[0:256, 0:256] / 256 + 0.5 / 256 - 0.5
    away = np.hypot(u, v) * BOX
    colour = np.zeros((256, 256, 3), np.float32)
    colour[:] = (0, 0, 1)
    colour[away < 0.04] = (1, 0, 0)
    front = Front(colour, (away < 0.15).astype(np.float32), BOX)
    layout, chart = lay_out(vertices, faces, normals, SIZE, 256, BOX)
    return baked(surface, layout, chart, Ball(), torch.zeros(1), front, SIZE), layout


def test_from_the_front_one_sees_the_portrait(two_balls):
    seen = draw_mesh(two_balls[0], Orthographic(), 128).rgba
    assert (seen[60:68, 60:68] == (255, 0, 0, 255)).all()
    assert (seen[60:68, 84:87] == (0, 0, 255, 255)).all()


def test_what_the_small_one_hides_is_not_painted_with_it(two_balls):
    """Oracle: from aside no red shows on the large ball."""
    seen = draw_mesh(two_balls[0], Orthographic(azimuth_deg=60.0), 256).rgba.astype(int)
    x = (np.arange(256) + 0.5) / 256 * BOX - BOX / 2
    large = np.hypot(x[None, :], x[:, None]) < 0.14
    small = np.hypot(x[None, :] + 0.25 * np.sin(np.pi / 3), x[:, None]) < 0.045
    redness = seen[..., 0] - seen[..., 1]
    assert redness[large & ~small].max() < 40
    assert redness[small].max() > 200


def test_behind_it_has_the_fields_colour_with_less_and_less_of_the_portraits_tint(two_balls):
    seen = draw_mesh(two_balls[0], Orthographic(azimuth_deg=180.0), 128).rgba.astype(int)
    middle, rim = seen[64, 64, :3], seen[64, 39, :3]
    assert np.abs(middle - GREY * 255).max() < 60
    assert rim[2] - rim[0] > middle[2] - middle[0] > 0


def carried_on(colour, ends=0.5, field=None, nose_m=None):
    """Paint a ball with a portrait that ends at a height, of the box, and is carried on."""
    field = Ball() if field is None else field
    vertices, faces = ball(0.15, n=48)
    normals = vertex_normals(vertices, faces)
    surface = Surface(vertices, faces, normals, thin=False)
    v, u = np.mgrid[0:256, 0:256] / 256 + 0.5 / 256 - 0.5
    alpha = ((np.hypot(u, v) * BOX < 0.15) & (v < ends)).astype(np.float32)
    layout, chart = lay_out(vertices, faces, normals, SIZE, 256, BOX)
    front = Front(colour, alpha, BOX)
    return baked(surface, layout, chart, field, torch.zeros(1), front, SIZE, True, nose_m)


def test_behind_it_may_have_the_portraits_colours_instead():
    """Oracle: a blue portrait of a grey ball; behind the hue is the portrait's, without fading."""
    colour = np.zeros((256, 256, 3), np.float32)
    colour[:] = (0, 0, 1)
    seen = draw_mesh(carried_on(colour), Orthographic(azimuth_deg=180.0), 128).rgba.astype(int)
    middle, rim = seen[64, 64, :3], seen[64, 40, :3]
    assert (middle[2] - middle[0] > 120) and abs((rim[2] - rim[0]) - (middle[2] - middle[0])) < 40


class Cheeks(Ball):
    """A field that sees dark hair above and behind, and skin that darkens towards the sides."""

    def value(self, points):
        shade = 0.8 + 2 * points[:, 2:].clamp(0, 0.1)
        hair = (points[:, 1:2] > 0.05) | (points[:, 2:] < 0)
        return torch.where(hair, torch.tensor(HAIR), torch.tensor(SKIN) * shade)


HAIR, SKIN = (0.2, 0.2, 0.6), (0.95, 0.8, 0.7)


def test_cheeks_that_the_portrait_does_not_show_are_the_networks():
    """Oracle: green lines are drawn where cheeks turn away; from aside there is skin, no green."""
    colour = np.empty((256, 256, 3), np.float32)
    colour[:] = SKIN
    colour[: 128 - int(0.05 / BOX * 256)] = HAIR
    x = np.abs((np.arange(256) + 0.5) / 256 - 0.5) * BOX
    colour[:, x > 0.1465] = (0, 1, 0)
    nose = np.array([0, -0.04, 0.14], np.float32)
    made = carried_on(colour, field=Cheeks(), nose_m=nose)
    seen = draw_mesh(made, Orthographic(azimuth_deg=70.0), 256).rgba[..., :3].astype(int)
    cheek = seen[128 : 128 + int(0.06 / BOX * 256), 128 - 30 : 128 + 10]
    assert (cheek[..., 1] - cheek[..., 0]).max() < 0  # no green
    assert (cheek[..., 0] > cheek[..., 2] + 20).all()  # nor hair


def test_beyond_the_pictures_end_its_last_row_makes_no_streaks(monkeypatch):
    """Oracle: a portrait of stripes that ends across the ball; below it is of one colour."""
    # Strands, which are there on purpose, are tested elsewhere.
    monkeypatch.setattr(bake, "strands", lambda points, crown: np.zeros(len(points), np.float32))
    colour = np.zeros((256, 256, 3), np.float32)
    colour[:, ::8], colour[:, 4::8] = (1, 0, 0), (1, 0, 0)
    seen = draw_mesh(carried_on(colour, 0.02), Orthographic(), 256).rgba.astype(int)
    above, below = seen[120, 108:148, 0], seen[150, 108:148, 0]
    assert np.ptp(above) > 100 and np.ptp(below) < 30


def test_colours_of_vertices_are_those_of_the_texture(two_balls):
    mesh, layout = two_balls
    found = colours_of(mesh, layout.vertices, int(layout.vertices.max()) + 1)
    assert found.min() >= 0 and found.max() <= 1
    top = np.zeros(len(found), bool)
    top[layout.vertices] = np.linalg.norm(mesh.vertices - (0, 0, 0.29), axis=1) < 0.01
    assert top.any() and np.allclose(found[top], (1, 0, 0), atol=0.01)
