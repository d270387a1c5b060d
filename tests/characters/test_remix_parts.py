"""The steps of a remix by themselves: form, colour, cuts. None of it needs a model."""

from dataclasses import replace

import numpy as np
import pytest

from panic3d.characters.colour import oklab_from_srgb, srgb_from_oklab
from panic3d.characters.remix.drape import drape
from panic3d.characters.remix.ears import ears_under_hair
from panic3d.characters.remix.fit import bent, formed
from panic3d.characters.remix.mesh import components, cut_above, open_loops
from panic3d.characters.remix.parts import Paint, Part
from panic3d.characters.remix.plan import HairForm
from panic3d.characters.remix.proportions import Anatomy, Proportions, hair_move, head_move
from panic3d.characters.remix.recolour import (
    bytes_from_oklab,
    hair_ramp,
    hair_texture,
    inner_colour,
    iris_texture,
    oklab_of,
    skin_lab,
    tinted,
    tones_of,
)
from panic3d.characters.remix.skull import skull_of_shape
from panic3d.characters.shape import HeadShape

ANATOMY = Anatomy(
    eye=np.array([0.045, 0.058, 0.078]), mouth_y=0.0, nose=np.array([0.0, 0.026, 0.115]), brow_y=0.1
)
STRONG = Proportions(
    size=1.05,
    width=1.06,
    height=0.95,
    depth=1.04,
    chin=0.008,
    jaw=0.85,
    cheek=0.004,
    eye_size=1.18,
    eye_height=1.1,
    eye_apart=0.003,
    eye_up=0.004,
    eye_tilt_deg=6.0,
    brow_up=0.005,
    nose=1.4,
    mouth=1.3,
    mouth_up=0.003,
)


def head_points(count=4000):
    rng = np.random.default_rng(0)
    return rng.uniform([-0.11, -0.06, -0.11], [0.11, 0.22, 0.12], (count, 3))


# Proportions


def test_no_change_of_proportions_moves_nothing():
    points = head_points()
    assert np.allclose(head_move(Proportions(), ANATOMY)(points), points, atol=1e-15)


def test_both_sides_of_a_face_move_alike():
    points = head_points()
    flip = np.array([-1.0, 1.0, 1.0])
    move = head_move(STRONG, ANATOMY)
    assert np.allclose(move(points * flip), move(points) * flip, atol=1e-12)


def test_strong_changes_fold_nothing():
    """Oracle: a map that folds has a Jacobian without positive determinant somewhere."""
    points = head_points()
    step = 1e-6
    for name, value in vars(STRONG).items():
        move = head_move(Proportions(**{name: value}), ANATOMY)
        columns = [
            (move(points + step * axis) - move(points - step * axis)) / (2 * step)
            for axis in np.eye(3)
        ]
        # Just next to the middle plane steps across it would be counted.
        inside = np.abs(points[:, 0]) > 1e-4
        assert np.linalg.det(np.stack(columns, -1))[inside].min() > 0.2, name


def test_eyes_grow_in_place_and_the_neck_keeps_its_form():
    move = head_move(Proportions(eye_size=1.2), ANATOMY)
    corners = ANATOMY.eye + np.array([[0.012, 0, 0], [-0.012, 0, 0], [0, 0.01, 0]])
    away = move(corners) - ANATOMY.eye
    assert np.allclose(away[:2, 0], [0.0144, -0.0144], atol=1e-6)
    neck = np.array([[0.034, -0.08, -0.005], [0.0, -0.08, 0.02]])
    assert np.allclose(hair_move(Proportions(width=1.1, depth=0.9))(neck), neck)


# Fitting


def test_what_lies_on_one_scalp_comes_to_lie_on_the_other():
    small, large = HeadShape(), HeadShape(width=1.15, depth=0.92, crown_y=0.235, back=1.1)
    one, other = skull_of_shape(small), skull_of_shape(large)
    azimuth, elevation = np.meshgrid(np.arange(0, 360, 15.0), np.arange(10, 86, 15.0))
    points = small.skull(azimuth, elevation).reshape(-1, 3)
    away = bent(points, one, other) - other.centre
    radius = np.linalg.norm(away, axis=1)
    assert np.abs(radius - other.at(away / radius[:, None])).max() < 0.0025
    # Nor is what lies 1 cm above it thicker or thinner there by more than a head is larger.
    lifted = points + 0.01 * (points - one.centre) / np.linalg.norm(
        points - one.centre, axis=1, keepdims=True
    )
    over = np.linalg.norm(bent(lifted, one, other) - other.centre, axis=1) - radius
    assert over.min() > 0.008 and over.max() < 0.0135


def test_on_its_own_head_hair_stays_where_it_is():
    skull = skull_of_shape(HeadShape())
    points = head_points()
    assert np.allclose(bent(points, skull, skull), points, atol=1e-12)


def lock(length=0.4, count=60):
    """A flat lock behind the head, straight down from the crown's height."""
    y = np.linspace(0.18, 0.18 - length, count)
    points = np.stack([np.stack([0.02 * s + 0 * y, y, -0.06 + 0 * y], -1) for s in (0, 1)], 1)
    row = np.arange(count - 1)[:, None] * 2
    quads = row + np.array([0, 1, 3, 0, 3, 2])
    faces = quads.reshape(-1, 3).astype(np.int32)
    return Part(
        role="hair",
        material="Hair_00_HAIR",
        positions=points.reshape(-1, 3),
        faces=faces,
        uvs=np.zeros((2 * count, 2)),
        paint=Paint(np.full((8, 8, 4), 200, np.uint8), locks=True),
        factor=(1.0, 1.0, 1.0),
        strands=np.zeros(len(faces), np.int64),
    )


def test_a_mirrored_lock_is_its_mirror_image_the_right_way_round():
    part = lock()
    made = formed(part, HairForm(mirrored=True), skull_of_shape(HeadShape()))
    assert np.allclose(made.positions, part.positions * [-1, 1, 1])

    def facing(one):
        a, b, c = (one.positions[one.faces[:, k]] for k in range(3))
        return np.cross(b - a, c - a)

    assert np.allclose(facing(made), facing(part) * [-1, 1, 1])


def test_hair_grows_longer_below_the_ears_and_stays_as_it_is_above():
    part = lock()
    made = formed(part, HairForm(length=1.5), skull_of_shape(HeadShape()))
    above = part.positions[:, 1] > 0.07
    assert np.array_equal(made.positions[above], part.positions[above])
    assert made.positions[:, 1].min() == pytest.approx(-0.22 - 0.5 * 0.29, abs=0.012)
    assert (np.diff(made.positions[::2, 1]) < 0).all()


def test_waves_leave_the_roots_alone_and_swing_by_what_is_asked():
    part = lock()
    made = formed(part, HairForm(wave=0.008), skull_of_shape(HeadShape()))
    off = made.positions - part.positions
    assert not off[part.positions[:, 1] > 0.09].any()
    assert 0.008 < np.ptp(off[:, 0])
    assert np.abs(off).max() <= 0.0161


def test_neighbouring_locks_wave_together():
    """Two locks side by side part by far less than each of them swings."""
    one, other = lock(), lock()
    both = replace(
        one,
        positions=np.concatenate([one.positions, other.positions + np.array([0.012, 0, 0])]),
        faces=np.concatenate([one.faces, other.faces + len(one.positions)]).astype(np.int32),
        uvs=np.concatenate([one.uvs, other.uvs]),
        strands=np.repeat([0, 1], len(one.faces)),
    )
    form = HairForm(wave=0.008, seed=5)
    off = formed(both, form, skull_of_shape(HeadShape())).positions - both.positions
    left, right = np.split(off[:, 0], 2)
    assert np.abs(right - left).max() < 0.5 * np.abs(off[:, 0]).max()


def test_hair_is_laid_over_what_it_runs_through():
    from panic3d.characters.piece import Piece, Surface, flat_texture

    surface = Surface(name="Cloth", label="cloth", texture=flat_texture((0.5, 0.5, 0.5)))
    x, y = np.meshgrid(np.linspace(-0.1, 0.1, 41), np.linspace(-0.4, -0.1, 61))
    z = 0.05 * np.cos(x / 0.1 * 1.4)
    grid = [np.stack([x, y, s * z], -1).reshape(-1, 3) for s in (1, -1)]
    number = np.arange(x.size).reshape(x.shape)
    quads = np.stack([number[:-1, :-1], number[1:, :-1], number[1:, 1:]], -1).reshape(-1, 3)
    bust = [
        Piece(
            surface=surface,
            positions=points,
            faces=quads.astype(np.int32),
            uvs=np.zeros((len(points), 2)),
        )
        for points in grid
    ]
    part = lock(0.5)
    through = part.positions * [1, 1, 0] + [0, 0, -0.03]
    hair = Piece(surface=surface, positions=through, faces=part.faces, uvs=part.uvs)
    (made,) = drape([hair], [np.zeros(len(through), np.int64)], bust, 0.12)
    low = made.positions[(through[:, 1] < -0.14) & (through[:, 1] > -0.3)]
    assert (low[:, 2] < -0.045).all(), "it hangs behind, outside the back"
    high = through[:, 1] > 0.03
    assert np.array_equal(made.positions[high], through[high])
    step = np.diff((made.positions - through)[::2, 2])
    assert np.abs(step).max() < 0.012, "it bends, and does not break"
    assert np.array_equal(made.positions[:, 0], through[:, 0])


@pytest.mark.parametrize("depth", [-0.035, -0.01, 0.01, 0.035])
def test_hair_lies_over_a_shoulder_without_being_torn(depth):
    from panic3d.characters.piece import Piece, Surface, flat_texture

    surface = Surface(name="Cloth", label="cloth", texture=flat_texture((0.5, 0.5, 0.5)))
    x, turn = np.meshgrid(np.linspace(-0.13, 0.13, 53), np.linspace(-np.pi, 0, 41))
    y, z = -0.12 - 0.05 * np.sin(turn), 0.05 * np.cos(turn)
    y, z = (np.concatenate([a[:1] * 1, a, a[-1:]]) for a in (y, z))
    y[[0, -1]] = -0.40
    rows = np.linspace(0, 1, 60)[:, None]
    y = np.concatenate(
        [y[0] * (1 - rows) + y[1] * rows, y[2:-2], y[-2] * (1 - rows) + y[-1] * rows]
    )
    z = np.concatenate([np.repeat(z[:1], 60, 0), z[2:-2], np.repeat(z[-1:], 60, 0)])
    x = np.repeat(x[:1], len(y), 0)
    number = np.arange(x.size).reshape(x.shape)
    quads = np.stack([number[:-1, :-1], number[1:, :-1], number[1:, 1:]], -1).reshape(-1, 3)
    points = np.stack([x, y, z], -1).reshape(-1, 3)
    uvs = np.zeros((len(points), 2))
    bust = Piece(surface=surface, positions=points, faces=quads.astype(np.int32), uvs=uvs)
    part = lock(0.45)
    through = part.positions * [1, 1, 0] + [0.06, 0, depth]
    hair = Piece(surface=surface, positions=through, faces=part.faces, uvs=part.uvs)
    (made,) = drape([hair], [np.zeros(len(through), np.int64)], [bust], 0.12)
    high, deep = made.positions[:, 1] + 0.12, made.positions[:, 2]
    off = np.where(high > 0, np.hypot(high, deep), np.abs(deep))
    assert off.min() > 0.0495, "it is outside"
    assert (np.sign(deep[high < 0]) == np.sign(depth)).all(), "on one side"
    length = np.linalg.norm(np.diff(made.positions[::2], axis=0), axis=1)
    assert length.max() < 4 * np.linalg.norm(through[2] - through[0]), "it is not torn"


def test_only_ears_that_hair_covers_are_drawn_in():
    from panic3d.characters.piece import Piece, Surface, flat_texture

    def sheet(label, x, low, high):
        y, z = (a.reshape(-1) for a in np.meshgrid(*[np.linspace(low, high, 12)] * 2))
        number = np.arange(144).reshape(12, 12)
        quads = np.stack([number[:-1, :-1], number[1:, :-1], number[1:, 1:]], -1).reshape(-1, 3)
        return Piece(
            surface=Surface(name=label, label=label, texture=flat_texture((0.5, 0.5, 0.5))),
            positions=np.stack([np.full(144, x) if np.isscalar(x) else x, y, z], -1),
            faces=quads.astype(np.int32),
            uvs=np.zeros((144, 2)),
        )

    poking = np.full(144, 0.09)
    poking[70:73] = 0.099
    ears = [sheet("ear", poking, 0.0, 0.03), sheet("ear", -0.09, 0.0, 0.03)]
    hair = sheet("hair", 0.095, -0.03, 0.06)
    left, right, _ = ears_under_hair([*ears, hair])
    assert left.positions[:, 0].max() < 0.0925 and right is not ears[0]
    assert np.array_equal(right.positions, ears[1].positions)


# Colours


@pytest.mark.parametrize(
    ("outer", "drawn", "dyed"),
    [
        ((0.97, 0.81, 0.52), (0.63, 0.64, 0.65), False),  # grey
        ((0.57, 0.57, 0.59), (0.93, 0.94, 0.95), False),  # white
        ((0.15, 0.14, 0.18), (0.90, 0.35, 0.60), True),  # pink below black
        ((0.97, 0.81, 0.52), (0.13, 0.12, 0.15), True),  # black below blonde
    ],
)
def test_the_inside_of_hair_is_dyed_or_in_shade(outer, drawn, dyed):
    made = inner_colour(outer, drawn)
    assert (made == drawn) == dyed
    light = [oklab_from_srgb(np.array(colour))[0] for colour in (outer, made)]
    assert dyed or light[0] - 0.15 < light[1] < light[0] - 0.05


def texture(low, high, seed=0):
    rng = np.random.default_rng(seed)
    grey = rng.uniform(low, high, (64, 64, 1)) * np.ones(3)
    return np.concatenate([grey * 255, np.full((64, 64, 1), 255)], -1).round().astype(np.uint8)


def test_fast_bytes_are_those_of_the_plain_formula():
    lab = oklab_from_srgb(np.random.default_rng(1).uniform(0, 1, (50, 50, 3)))
    plain = np.round(srgb_from_oklab(lab) * 255)
    assert np.abs(bytes_from_oklab(lab.astype(np.float32)) - plain).max() <= 2


@pytest.mark.parametrize("bounds", [(0.02, 0.12), (0.3, 0.9), (0.85, 1.0)])
@pytest.mark.parametrize("colour", [(0.95, 0.82, 0.5), (0.1, 0.1, 0.13), (0.8, 0.2, 0.25)])
def test_hair_of_any_lightness_takes_any_colour_without_going_flat(bounds, colour):
    source = texture(*bounds)
    painted = hair_texture(tones_of(source, locks=True), colour)
    aim = oklab_from_srgb(np.array(colour))
    lab = oklab_from_srgb(painted[..., :3] / 255).reshape(-1, 3)
    assert np.abs(np.median(lab, 0) - aim).max() < 0.06
    # Light stays light: in the same order as before, over a range one can see, in many steps.
    before = oklab_of(source)[..., 0].reshape(-1)
    assert np.corrcoef(before, lab[:, 0])[0, 1] > 0.9
    low, high = np.percentile(lab[:, 0], [5, 95])
    assert high - low > 0.08
    assert len(np.unique(painted.reshape(-1, 4), axis=0)) > 20


def test_broad_shadows_of_dark_hair_are_no_dirt_in_light_hair():
    source = texture(0.2, 0.3)
    source[:, 24:40, :3] = source[:, 24:40, :3] // 3
    lab = oklab_of(hair_texture(tones_of(source, locks=True), (0.96, 0.93, 0.82)))
    level = lab[..., 0].mean(0)
    assert level[:20].mean() - level[28:36].mean() < 0.12
    # In shadow it is stronger in colour, not greyer.
    chroma = np.hypot(*np.moveaxis(hair_ramp((0.95, 0.87, 0.62))[:, 1:], -1, 0))
    assert chroma[40] > 0.85 * chroma[140]


def test_ramps_of_hair_rise():
    for colour in ((0.95, 0.95, 0.97), (0.07, 0.06, 0.08), (0.3, 0.5, 0.9)):
        assert (np.diff(hair_ramp(colour)[:, 0]) >= 0).all()


def test_a_gradient_runs_from_the_one_colour_to_the_other():
    tones = tones_of(texture(0.4, 0.8))
    made = hair_texture(tones, (0.8, 0.1, 0.1), (0.1, 0.2, 0.9), 0.3, 0.8)
    top = hair_texture(tones, (0.8, 0.1, 0.1))
    assert np.array_equal(made[:18], top[:18])
    blue = made[-8:, :, :3].astype(float).mean((0, 1))
    assert blue[2] > 1.5 * blue[0]


def test_skin_takes_a_tone_and_keeps_what_is_painted_on_it():
    lab = oklab_of(texture(0.8, 0.9))
    lab[10:14, 10:30, 0] -= 0.3  # a drawn line
    mean = lab.reshape(-1, 3).mean(0).astype(np.float64)
    for colour in ((0.98, 0.9, 0.85), (0.45, 0.3, 0.22)):
        made = skin_lab(lab, mean, colour)
        aim = oklab_from_srgb(np.array(colour))
        assert np.abs(np.median(made.reshape(-1, 3), 0) - aim).max() < 0.03
        assert made[12, 20, 0] < aim[0] - 0.12


def test_each_iris_gets_its_own_colour_and_keeps_its_highlight():
    source = texture(0.05, 0.7)
    source[5:9, 5:9] = 255
    made = iris_texture(oklab_of(source), tones_of(source), (0.9, 0.1, 0.1), (0.1, 0.3, 0.9))
    left, right = (made[20:, columns, :3].mean((0, 1)) for columns in (slice(32), slice(32, 64)))
    assert left[0] > 1.5 * left[2] and right[2] > 1.5 * right[0]
    assert made[5:9, 5:9, :3].min() > 245


def test_a_tint_is_a_product_of_linear_light():
    from panic3d.characters.colour import linear_from_srgb, srgb_from_linear

    source = texture(0.0, 1.0)
    made = tinted(source, (0.5, 0.02, 1.0))
    exact = srgb_from_linear(linear_from_srgb(source[..., :3] / 255) * [0.5, 0.02, 1.0]) * 255
    assert np.abs(made[..., :3] - exact).max() <= 0.51
    assert np.array_equal(made[..., 3], source[..., 3])


# Meshes


def test_pieces_and_open_edges_are_found():
    """Two squares apart: two pieces, two rims of four."""
    square = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], np.float64)
    positions = np.concatenate([square, square + np.array([3, 0, 0])])
    faces = np.array([[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]], np.int32)
    assert components(positions, faces).tolist() == [0, 0, 1, 1]
    assert [sorted(loop.tolist()) for loop in open_loops(positions, faces)] == [
        [0, 1, 2, 3],
        [4, 5, 6, 7],
    ]


def test_a_cut_leaves_what_is_above_it():
    rng = np.random.default_rng(2)
    positions = rng.uniform(-1, 1, (60, 3))
    faces = rng.integers(0, 60, (50, 3)).astype(np.int32)
    faces = faces[(faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2])]
    faces = faces[faces[:, 0] != faces[:, 2]]
    kept, first, second, share = cut_above(positions, faces, 0.1)
    between = positions[first] * (1 - share[:, None]) + positions[second] * share[:, None]
    assert np.allclose(between[:, 1], 0.1)
    grown = np.concatenate([positions, between])
    assert grown[kept][..., 1].min() > 0.1 - 1e-12

    def area(points):
        a, b, c = points[:, 0], points[:, 1], points[:, 2]
        return np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2

    # Oracle: the share of each triangle above the plane, by many samples.
    u, v = np.meshgrid(np.linspace(0, 1, 400), np.linspace(0, 1, 400))
    inside = u + v < 1
    shares = np.stack([u, v, 1 - u - v], -1)[inside]
    heights = positions[faces][..., 1] @ shares.T
    expected = (area(positions[faces]) * (heights > 0.1).mean(1)).sum()
    assert area(grown[kept]).sum() == pytest.approx(expected, rel=0.01)
