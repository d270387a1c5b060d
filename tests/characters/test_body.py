"""The bust: closed, smooth, skinned, and its neck inside every head."""

import numpy as np
import pytest

from panic3d.characters.build import build_character
from panic3d.characters.palette import draw_palette
from panic3d.characters.parts.body import make_body
from panic3d.characters.parts.bust_mesh import (
    COLUMNS,
    NECK_COLUMNS,
    ROWS,
    grids,
    make_bust,
)
from panic3d.characters.shape import HeadShape
from panic3d.geometry.character import Meta
from panic3d.geometry.posing import Pose, posed

SHAPES = {
    "usual": HeadShape(),
    "full": HeadShape(chest=1.0, torso_width=0.95),
    "man": HeadShape(
        chest=0.0, neck_radius=0.044, neck_length=0.089, shoulder_x=0.148, shoulder_y=-0.141,
        arm_radius=0.041, jaw=1.2,
    ),
    "child": HeadShape(
        chest=0.0, neck_radius=0.026, neck_length=0.060, shoulder_x=0.083, shoulder_y=-0.093,
        arm_radius=0.026, crown_y=0.20, width=1.05,
    ),
    "pointed": HeadShape(jaw=0.8, width=0.94, depth=0.94, neck_radius=0.038),
}  # fmt: skip
PALETTE = draw_palette(np.random.default_rng(3))


@pytest.fixture(scope="module", params=SHAPES)
def shape(request):
    return SHAPES[request.param]


def test_pieces_hold_together(shape):
    for piece in make_body(shape, PALETTE):
        count = len(piece.positions)
        assert np.isfinite(piece.positions).all()
        assert piece.faces.min() >= 0 and piece.faces.max() < count
        assert piece.uvs.shape == (count, 2) and piece.uvs.min() >= 0 and piece.uvs.max() <= 1
        assert np.allclose(sum(piece.weights.values()), 1.0)
        assert min(share.min() for share in piece.weights.values()) >= 0
        assert piece.group == "Body" and piece.surface.label == "skin"


def test_neck_ends_inside_the_head(shape):
    bust, net = make_bust(shape), grids()
    inner = slice(COLUMNS - NECK_COLUMNS, COLUMNS + NECK_COLUMNS + 1)
    rim = np.concatenate([net.front[0, inner], net.back[0, inner]])
    assert shape.contains(bust.positions[rim]).all()
    # One ring is outside, so that there is a neck to be seen.
    assert not shape.contains(bust.positions[net.front[6, inner]]).any()


def test_skin_lies_on_the_form_and_looks_outwards(shape):
    bust = make_bust(shape)
    assert np.abs(bust.form.distance(bust.positions)).max() < 0.002
    ahead = bust.form.distance(bust.positions + 0.002 * bust.normals)
    assert (ahead > 0).mean() > 0.995


def test_neck_torso_and_arms_are_one_closed_surface():
    # Every edge has two faces, but for the ends at neck, waist and wrists: these have lids, hands.
    bust, net = make_bust(SHAPES["full"]), grids()
    _, place = np.unique(np.round(bust.positions, 7), axis=0, return_inverse=True)
    edges = np.concatenate([net.faces[:, [0, 1]], net.faces[:, [1, 2]], net.faces[:, [2, 0]]])
    key, count = np.unique(np.sort(place.reshape(-1)[edges], 1), axis=0, return_counts=True)
    assert count.max() == 2
    open_ends = set(key[count == 1].ravel().tolist())
    ends = np.concatenate([net.left[:, -1], net.right[:, -1]])
    ends = np.concatenate([ends, *(sheet[[0, ROWS]].ravel() for sheet in (net.front, net.back))])
    assert open_ends == set(place.reshape(-1)[ends[ends >= 0]].tolist())


@pytest.mark.parametrize("name", ["usual", "man", "child"])
def test_lowered_arms_and_turned_head_keep_the_surface_smooth(name):
    shape = SHAPES[name]
    pieces = make_body(shape, PALETTE)
    character = build_character(pieces, shape, {}, Meta()).character
    rest = posed(character, Pose(arms_deg=0.0)).parts[0]
    for pose in (Pose(), Pose(head_yaw_deg=35.0, head_pitch_deg=15.0)):
        part = posed(character, pose).parts[0]
        faces = part.primitive.faces
        edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]]])
        # A candy wrapper would shrink rings to nothing; half of an edge is left at the least.
        long = np.linalg.norm(np.diff(rest.positions[edges], axis=1)[:, 0], axis=-1)
        now = np.linalg.norm(np.diff(part.positions[edges], axis=1)[:, 0], axis=-1)
        share = now[long > 0.004] / long[long > 0.004]
        assert np.quantile(share, 0.02) > 0.5 and np.quantile(share, 0.98) < 1.9


def test_arms_hang_at_sixty_degrees_with_sloping_shoulders():
    shape = SHAPES["usual"]
    character = build_character(make_body(shape, PALETTE), shape, {}, Meta()).character
    points = posed(character, Pose()).parts[0].positions - [0, 1.40, 0]
    top = [points[np.abs(points[:, 0] - x) < 0.008][:, 1].max() for x in (0.05, 0.09, 0.13, 0.16)]
    assert (np.diff(top) < 0).all()
    assert top[0] - top[-1] > 0.05


def test_numbers_of_the_shape_are_kept():
    for radius in (0.028, 0.044):
        bust, net = make_bust(HeadShape(neck_radius=radius)), grids()
        width = np.ptp(bust.positions[net.front[4][net.front[4] >= 0], 0]) / 2
        assert abs(width - radius) < 0.12 * radius
    flat, full = (make_bust(HeadShape(chest=c)).positions[:, 2].max() for c in (0.0, 1.0))
    assert full > flat + 0.015


def test_hidden_faces_are_left_out():
    covered = np.ones(grids().count, bool)
    covered[grids().front[0, COLUMNS]] = False
    body = make_body(HeadShape(), PALETTE, covered)
    assert 0 < len(body[0].faces) < 10


def test_is_the_same_each_time():
    one, other = (make_body(HeadShape(chest=0.6), PALETTE) for _ in range(2))
    for a, b in zip(one, other, strict=True):
        assert np.array_equal(a.positions, b.positions)
        assert np.array_equal(a.surface.texture, b.surface.texture)


def test_skin_is_darker_below_the_chin_and_plain_at_the_nape():
    from panic3d.characters.parts.bust_paint import texel_places

    body = make_body(HeadShape(), PALETTE)[0]
    p, level = texel_places(), body.surface.texture[..., :3].astype(float).mean(-1)
    flat = np.mean(PALETTE.skin) * 255
    chin = p.front & ~p.arm & (np.abs(p.y + 0.045) < 0.006) & (np.abs(p.x) < 0.015)
    nape = ~p.front & ~p.arm & (p.y > 0) & (np.abs(p.x) < 0.02)
    assert level[chin].mean() < flat - 8
    assert abs(level[nape].mean() - flat) < 6
