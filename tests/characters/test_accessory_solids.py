import numpy as np
import pytest

from panic3d.characters.parts.accessories.kind import Fit
from panic3d.characters.parts.accessories.paint import CLOTH, METAL, lit, plain, seen_on
from panic3d.characters.parts.accessories.scalp import Scalp
from panic3d.characters.parts.accessories.solids import (
    assembled,
    ball,
    crescent,
    curve,
    disc,
    frame_of,
    lathe,
    pillow,
    sheet,
    tube,
)
from panic3d.characters.shape import HeadShape


def volume(grid: np.ndarray) -> float:
    """Signed volume within an assembled closed grid, by the divergence theorem."""
    piece = assembled("Solid", [sheet(grid, (0.5, 0.5, 0.5))])
    a, b, c = (piece.positions[piece.faces[:, k]] for k in range(3))
    return float((np.cross(a, b) * c).sum() / 6)


def test_a_ball_holds_a_balls_volume():
    """Oracle: 4/3 pi r^3, from below as facets lie inside."""
    found = volume(ball(0.02, 48, 32))
    assert 0.98 < found / (4 / 3 * np.pi * 0.02**3) < 1.0


@pytest.mark.parametrize("turn", [1.0, -1.0])
def test_a_tube_is_turned_outside_out_whichever_way_it_runs(turn):
    """Oracle: pi r^2 l for the part between the caps."""
    path = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 0.5], [0.0, 0.0, 1.0]])[:: int(turn)]
    found = volume(tube(path, disc(64) * 0.05))
    assert 1.0 < found / (np.pi * 0.05**2) < 1.08


def test_a_closed_tube_holds_a_torus():
    """Oracle: 2 pi^2 R r^2."""
    a = np.linspace(0, 2 * np.pi, 97)
    path = np.stack([np.cos(a), np.sin(a), 0 * a], -1)
    found = volume(tube(path, disc(48) * 0.1, up=(0, 0, 1), closed=True))
    assert found == pytest.approx(2 * np.pi**2 * 0.1**2, rel=0.02)


def test_a_lathe_and_a_pillow_are_closed_and_face_outwards():
    cone = lathe(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]), 96)
    assert volume(cone) == pytest.approx(np.pi / 3, rel=0.01)
    outline = disc(64)
    assert volume(pillow(outline, 1.0, 1.0, 24, 2.0)) == pytest.approx(4 / 3 * np.pi, rel=0.02)


def test_a_curve_passes_through_its_knots():
    knots = np.array([[0.0, 0.0, 0.0], [1.0, 2.0, 0.0], [3.0, 1.0, 1.0]])
    assert np.allclose(curve(knots, 9)[[0, 4, 8]], knots)


def test_a_crescent_is_hollow_on_its_open_side():
    section = crescent(np.array([1.0]), np.array([0.5]), np.array([0.1]), 8)[0]
    middle = section[np.abs(section[:, 0]) < 1e-9, 1]
    assert np.allclose(sorted(middle), [-0.5, -0.4])
    assert np.allclose(section[[0, 8, 16], 1], 0.0)


def test_tiles_of_an_atlas_do_not_bleed_into_each_other():
    """Oracle: texels at the texture coordinates have the hue that was painted."""
    red, blue = (0.8, 0.1, 0.1), (0.1, 0.1, 0.8)
    piece = assembled(
        "Two", [sheet(ball(1.0), red), sheet(ball(1.0) + np.array([3.0, 0, 0]), blue)]
    )
    h, w = piece.surface.texture.shape[:2]
    u, v = piece.uvs.T
    texel = piece.surface.texture[np.floor(v * h).astype(int), np.floor(u * w).astype(int)]
    left = piece.positions[:, 0] < 1.5
    assert (texel[left, 0] > texel[left, 2]).all()
    assert (texel[~left, 2] > texel[~left, 0]).all()


def test_light_comes_from_above_and_from_no_side():
    up, down, side = ([0.0, 1.0, 0.0], [0.0, -1.0, 0.0], [1.0, 0.0, 0.0])
    for finish in (CLOTH, METAL):
        tone = {
            key: lit(plain((0.6, 0.3, 0.3), 4), np.broadcast_to(n, (2, 2, 3)), finish).mean()
            for key, n in (("up", up), ("down", down), ("left", side), ("right", [-1.0, 0.0, 0.0]))
        }
        assert tone["up"] > tone["down"]
        assert tone["left"] == tone["right"]


def test_a_colour_that_would_be_lost_gives_way():
    black, white = (0.12, 0.12, 0.14), (0.97, 0.97, 0.97)
    assert seen_on(white, black) == white
    assert np.mean(seen_on(black, black)) > 0.5
    assert np.mean(seen_on(white, white)) < 0.8


def test_the_scalp_lies_the_hairs_thickness_above_the_skull():
    shape = HeadShape()
    scalp = Scalp(shape, Fit())
    azimuth, elevation = np.meshgrid(np.linspace(-170, 170, 9), np.linspace(-20, 85, 7))
    skull = shape.skull(azimuth, elevation)
    hair = scalp.at(azimuth, elevation, 0.004)
    assert np.allclose(np.linalg.norm(hair - skull, axis=-1), 0.019, atol=1.5e-3)
    assert np.allclose(scalp.above(hair), 0.004, atol=1e-4)
    normals = scalp.normal(azimuth, elevation)
    assert np.allclose(np.linalg.norm(normals, axis=-1), 1)
    assert ((hair - scalp.centre) * normals).sum(-1).min() > 0


def test_past_the_pole_the_scalp_comes_down_on_the_other_side():
    scalp = Scalp(HeadShape(), Fit())
    assert np.allclose(scalp.at(90.0, 110.0), scalp.at(-90.0, 70.0))


def test_wrapped_things_keep_their_height_over_the_hair_and_cleared_ones_come_out_of_it():
    scalp = Scalp(HeadShape(), Fit())
    place = scalp.frame(50.0, 30.0)
    flat = np.stack([*np.meshgrid([-0.03, 0.0, 0.03], [-0.02, 0.02]), np.full((2, 3), 0.005)], -1)
    assert np.allclose(scalp.above(scalp.wrapped(place, flat)), 0.005, atol=7e-4)
    sunk = scalp.at(np.array([0.0, 90.0]), np.array([40.0, 60.0]), -0.01)
    assert np.allclose(scalp.above(scalp.cleared(sunk, 0.003)), 0.003, atol=1e-6)


def test_a_frame_turns_right_handed():
    place = frame_of(np.zeros(3), np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.0]))
    assert np.allclose(place.axes, np.eye(3))
    assert np.allclose(place.rolled(90.0).axes[0], [0.0, 1.0, 0.0])
