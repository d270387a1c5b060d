"""Illustrations: what belongs together is aligned, what is drawn by lot is repeatable."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from panic3d.characters.illustrate.draw import (
    framed_pose,
    framing_for_model,
    head_angles,
    illustrate,
    illustrate_model,
)
from panic3d.characters.illustrate.framing import (
    ALIGNED_FRONT,
    CHIN_M,
    MOST_DEG,
    USUAL_FACE_M,
    draw_framing,
    framed_camera,
    head_rotation,
    scaled,
    within_limits,
)
from panic3d.characters.illustrate.style import (
    FAMILIES,
    Finish,
    Framing,
    Ground,
    IllustrationStyle,
    Ink,
    Shading,
    aligned,
    draw_ground,
    draw_style,
    named_style,
)
from panic3d.characters.illustrate.tags import GROUND_TAGS, PROP_TAGS
from panic3d.characters.labels import label_materials, labelled
from panic3d.characters.piece import Label
from panic3d.errors import ConfigError
from panic3d.formats.vrm import read_vrm
from panic3d.geometry.cameras import Orthographic
from panic3d.geometry.character import Material
from panic3d.geometry.posing import Pose, head_origin, posed, rotation
from panic3d.render.raster import view_matrix
from tests.characters.fakes import FAMILIES as ASSETS
from tests.characters.fakes import make_fake

SIZE = 64
PLAIN = IllustrationStyle(finish=Finish(), ground=Ground(kind="flat", first=(0.7, 0.8, 0.9)))


@pytest.fixture(scope="module")
def fake():
    return make_fake(3, ASSETS)


@pytest.fixture(scope="module")
def plain(rasteriser, fake):
    return illustrate(fake, rasteriser, PLAIN, 192)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_draws_pictures_of_the_right_size(rasteriser, fake, family):
    style = aligned(named_style(family, np.random.default_rng(5)))
    drawn = illustrate(fake, rasteriser, style, SIZE)
    assert drawn.picture.shape == drawn.line_free.shape == drawn.drawn.shape == (SIZE, SIZE, 3)
    assert drawn.matte.shape == drawn.line_mask.shape == drawn.occluder.shape == (SIZE, SIZE)
    assert drawn.render.shape == (SIZE, SIZE, 4)
    figure = drawn.matte > 128
    assert drawn.picture[figure].std() > 8  # something is drawn there
    assert drawn.line_mask.any() == (style.ink.weight > 0)
    assert not drawn.occluder.any()


def test_lines_are_where_the_picture_and_the_line_free_one_differ(plain):
    changed = np.abs(plain.drawn.astype(int) - plain.line_free.astype(int)).max(-1)
    assert changed[plain.line_mask == 0].max() <= 1
    strong = plain.line_mask > 200
    assert strong.sum() > 80
    # Light grounds and skin: ink of brown changes them much.
    light = strong & (plain.line_free.min(-1) > 120)
    assert light.any() and changed[light].min() > 40


def test_without_lines_nothing_differs(rasteriser, fake):
    style = replace(PLAIN, ink=Ink(weight=0.0))
    drawn = illustrate(fake, rasteriser, style, SIZE)
    assert not drawn.line_mask.any()
    assert np.array_equal(drawn.drawn, drawn.line_free)


def test_the_front_is_aligned_with_the_plain_render(rasteriser, fake, plain):
    """Oracle: the rasteriser's own picture of that view."""
    with rasteriser.load(posed(fake.character, Pose()), head_origin(fake.character)) as scene:
        expected = rasteriser.colour(scene, Orthographic(), 192)
    np.testing.assert_array_equal(plain.render, expected)
    one, other = plain.matte > 127, expected[..., 3] > 127
    assert (one & other).sum() / (one | other).sum() > 0.99
    # Coverage itself differs by the filter only.
    assert np.abs(plain.matte.astype(int) - expected[..., 3].astype(int)).mean() < 1.5


def test_a_scene_that_is_there_gives_the_same_pictures(rasteriser, fake, plain):
    stance = framed_pose(PLAIN.framing, fake.character)
    with rasteriser.load(posed(fake.character, stance), head_origin(fake.character)) as scene:
        again = illustrate(fake, rasteriser, PLAIN, 192, scene=scene)
    assert np.array_equal(again.picture, plain.picture)


def test_the_outline_runs_around_the_figure(plain):
    """Oracle: a pixel of the matte's border has ink beside it."""
    cover = plain.matte > 127
    border = np.zeros_like(cover)
    border[2:-2, 2:-2] = cover[2:-2, 2:-2] & ~(
        cover[1:-3, 2:-2] & cover[3:-1, 2:-2] & cover[2:-2, 1:-3] & cover[2:-2, 3:-1]
    )
    rows, columns = np.nonzero(border)
    near = [
        plain.line_mask[r - 2 : r + 3, c - 2 : c + 3].max() > 100
        for r, c in zip(rows, columns, strict=True)
    ]
    assert len(near) > 120 and np.mean(near) > 0.95


@pytest.mark.parametrize("ground", [Ground(), Ground(kind="sky")])
def test_what_one_would_cut_out_holds_the_outlines(rasteriser, fake, ground):
    drawn = illustrate(fake, rasteriser, replace(PLAIN, ground=ground, cut_out=False), SIZE)
    beyond = drawn.outlined.astype(int) - drawn.matte
    assert beyond.min() >= -1 and beyond[drawn.line_mask == 0].max() <= 1
    assert (drawn.outlined.astype(int) >= drawn.line_mask.astype(int) - 1).all()
    assert (beyond > 100).sum() > 20
    # What is left is the ground.
    bare = illustrate(fake, rasteriser, replace(PLAIN, ground=Ground(), cut_out=False), SIZE)
    other = np.abs(drawn.drawn.astype(int) - bare.drawn).max(-1)
    assert other[drawn.outlined == 255].max() <= 1
    assert ground.kind == "white" or other[drawn.outlined == 0].mean() > 10


def test_a_picture_cut_along_its_matte_has_no_more_than_that(rasteriser, fake):
    drawn = illustrate(fake, rasteriser, replace(PLAIN, cut_out=True, ground=Ground()), SIZE)
    assert np.array_equal(drawn.outlined, drawn.matte)


def test_shadow_falls_on_the_side_off_the_light(rasteriser, fake):
    def half(light_deg):
        shading = Shading(light_deg=light_deg, highlight=0.0, cast=0.0, tones=1, flatness=1.0)
        style = replace(PLAIN, shading=shading, ink=Ink(weight=0.0))
        drawn = illustrate(fake, rasteriser, style, SIZE)
        ratio = drawn.line_free.astype(float).sum(-1) / (
            drawn.render[..., :3].astype(float).sum(-1) + 1
        )
        inside = drawn.matte == 255
        left, right = (
            ratio[:, part][inside[:, part]].mean()
            for part in (np.s_[: SIZE // 2], np.s_[SIZE // 2 :])
        )
        return left, right

    left, right = half(-55.0)
    assert left > right + 0.03
    left, right = half(55.0)
    assert right > left + 0.03


def test_features_of_the_face_are_neither_shaded_nor_outlined(rasteriser, fake):
    """A head labelled as an eye keeps its colours; as skin and hair it does not."""
    labels: list[Label] = ["iris" for _ in fake.labels]
    shading = Shading(light_deg=-58.0, light_front=0.2, tones=2, highlight=0.0, flatness=1.0)
    style = replace(PLAIN, shading=shading)
    eye = illustrate_model(fake.character, labels, rasteriser, style, 192)
    skin = illustrate(fake, rasteriser, style, 192)
    inside = ndimage.binary_erosion(eye.matte == 255, iterations=4)

    def darkened(drawn):
        lost = drawn.render[..., :3].astype(int) - drawn.drawn
        return (lost[inside].max(-1) > 25).mean()

    assert darkened(eye) < 0.001 and darkened(skin) > 0.2


def test_the_same_seed_gives_the_same_illustration(rasteriser, fake):
    one, other = (draw_style(np.random.default_rng(11)) for _ in range(2))
    assert one == other
    first, second = (illustrate(fake, rasteriser, style, SIZE) for style in (one, other))
    for name in ("picture", "line_free", "line_mask", "matte", "occluder", "render"):
        assert np.array_equal(getattr(first, name), getattr(second, name)), name
    assert first.record() == second.record()
    third = illustrate(fake, rasteriser, replace(one, seed=one.seed + 1), SIZE)
    assert np.array_equal(third.render, first.render)


def test_styles_vary_in_everything_that_is_drawn_by_lot():
    styles = [draw_style(np.random.default_rng(seed)) for seed in range(150)]
    assert {style.family for style in styles} == set(FAMILIES)
    assert len({style.ground.kind for style in styles}) >= 16
    assert len({prop for style in styles for prop in style.props}) == 12
    assert {style.shading.tones for style in styles} == {0, 1, 2, 3}
    assert 0.5 < np.mean([style.finish.jpeg_quality > 0 for style in styles]) < 0.8
    framings = [style.framing for style in styles]
    yaw = np.array([framing.yaw_deg - framing.azimuth_deg for framing in framings])
    assert np.abs(yaw).max() <= 35.001 and np.abs(yaw).max() > 28
    assert max(abs(framing.pitch_deg) for framing in framings) <= 15
    assert max(abs(framing.roll_deg) for framing in framings) <= 20
    assert {framing.fov_deg > 0 for framing in framings} == {True, False}


@pytest.mark.parametrize("seed", range(8))
def test_free_illustrations_are_finite_and_their_records_hold(rasteriser, fake, seed):
    style = draw_style(np.random.default_rng(1000 + seed))
    drawn = illustrate(fake, rasteriser, style, SIZE)
    record = drawn.record()
    assert record["style"]["family"] == style.family
    assert len(record["landmarks"]) == 28
    turn = np.array(record["rotation"])
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-5)
    assert drawn.matte.max() == 255


def test_the_heads_rotation_is_what_pose_and_camera_make_it(rasteriser, fake):
    framing = Framing(yaw_deg=20.0, pitch_deg=-7.0, roll_deg=12.0)
    drawn = illustrate(fake, rasteriser, replace(PLAIN, framing=framing), SIZE)
    np.testing.assert_allclose(drawn.head_deg, (20.0, -7.0, 12.0), atol=1e-6)
    from_side = replace(framing, azimuth_deg=-10.0, pitch_deg=0.0, roll_deg=0.0)
    drawn = illustrate(fake, rasteriser, replace(PLAIN, framing=from_side), SIZE)
    np.testing.assert_allclose(drawn.head_deg, (30.0, 0.0, 0.0), atol=1e-6)
    matrix = rotation(0.0, 15.0, 0.0) @ rotation(0.0, 0.0, 9.0) @ rotation(4.0, 0.0, 0.0)
    np.testing.assert_allclose(head_angles(matrix), (15.0, -4.0, -9.0), atol=1e-9)


def test_framing_shifts_and_scales_the_picture(rasteriser, fake):
    """Oracle: what is twice as wide shows half as large; what lies right moves left."""
    wide = illustrate(fake, rasteriser, replace(PLAIN, framing=Framing(width_m=0.7)), SIZE)
    near = Framing(width_m=0.35, box_m=1.4)
    close = illustrate(fake, rasteriser, replace(PLAIN, framing=near), SIZE)
    assert wide.landmarks is not None and close.landmarks is not None
    a, b = wide.landmarks.points - SIZE / 2, close.landmarks.points - SIZE / 2
    np.testing.assert_allclose(b, 2 * a, atol=1e-6)
    assert close.landmarks.face_size_px == pytest.approx(2 * wide.landmarks.face_size_px)
    aside = illustrate(
        fake, rasteriser, replace(PLAIN, framing=replace(near, right_m=0.07, up_m=0.035)), SIZE
    )
    assert aside.landmarks is not None
    moved = aside.landmarks.points - close.landmarks.points
    np.testing.assert_allclose(moved, [[-0.2 * SIZE, 0.1 * SIZE]] * 28, atol=1e-5)


def test_what_stands_in_front_is_marked_and_hides_landmarks(rasteriser, fake, plain):
    style = replace(PLAIN, props=("book",))
    drawn = illustrate(fake, rasteriser, style, 192)
    assert np.array_equal(drawn.drawn, plain.drawn) and np.array_equal(drawn.matte, plain.matte)
    changed = np.abs(drawn.picture.astype(int) - drawn.drawn).max(-1) > 2
    assert not changed[drawn.occluder == 0].any()
    assert (drawn.occluder == 255).sum() > 0.03 * 192**2
    assert drawn.landmarks is not None
    covered = drawn.occluder[tuple(np.floor(drawn.landmarks.points).astype(int).T[::-1])] > 200
    assert not drawn.landmarks.visible[covered].any()


@pytest.mark.parametrize(
    "prop",
    ["peace", "wave", "chin_hand", "cup", "phone", "ice_cream", "flower", "bubble", "lettering",
     "sparkles", "petals"],
)  # fmt: skip
def test_each_thing_in_front_covers_some_and_not_all(rasteriser, fake, prop):
    style = replace(PLAIN, props=(prop,), text="Hello!")
    share = (illustrate(fake, rasteriser, style, SIZE).occluder > 127).mean()
    assert 0.0005 < share < 0.4


def test_compression_changes_the_picture_alone(rasteriser, fake, plain):
    drawn = [
        illustrate(fake, rasteriser, replace(PLAIN, finish=Finish(jpeg_quality=quality)), 192)
        for quality in (30, 90)
    ]
    errors = [np.abs(one.picture.astype(int) - plain.picture).mean() for one in drawn]
    assert errors[0] > errors[1] > 0
    for one in drawn:
        assert np.array_equal(one.drawn, plain.drawn)
        assert np.array_equal(one.line_free, plain.line_free)


@pytest.mark.parametrize("seed", range(3))
def test_the_ground_is_behind_the_figure_only(rasteriser, fake, seed):
    ground = draw_ground(np.random.default_rng(seed))
    here = illustrate(fake, rasteriser, replace(PLAIN, ground=ground), SIZE)
    there = illustrate(fake, rasteriser, replace(PLAIN, ground=Ground()), SIZE)
    inside = here.matte == 255
    np.testing.assert_array_equal(here.drawn[inside], there.drawn[inside])


def test_a_style_that_is_not_there_is_refused():
    with pytest.raises(ConfigError, match="style is 'cubism', expected one of anime"):
        named_style("cubism", np.random.default_rng(0))


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("F00_000_00_EyeIris_00_EYE", "iris"),
        ("F00_000_00_EyeWhite_00_EYE", "eye_white"),
        ("F00_000_FaceEyeline_00_FACE", "lash"),
        ("F00_000_00_FaceBrow_00_FACE", "brow"),
        ("F00_000_00_FaceMouth_00_FACE", "mouth"),
        ("F00_000_00_Face_00_SKIN", "skin"),
        ("F00_000_HairBack_00_HAIR", "scalp"),
        ("F00_000_Hair_00_HAIR_02", "hair"),
        ("F00_001_01_Accessory_Tie_01_CLOTH", "cloth"),
        ("Backpack", "cloth"),
        ("Eye_L", "iris"),
        ("Bangs", "hair"),
        ("Neck", "skin"),
        ("Material.003", "cloth"),
    ],
)
def test_materials_are_told_by_their_names(fake, name, label):
    character = replace(fake.character, materials=(Material(name=name),))
    assert label_materials(character) == (label,)


@pytest.fixture(scope="module")
def fused(shared_models):
    """A model that draws its whole head with one material."""
    return read_vrm(next(path for path in shared_models if path.stem == "godette"))


def test_a_head_of_one_material_is_told_apart_by_colour_and_place(fused):
    """Oracle: what is seen in pictures of it; nothing is lost, and nothing else changed."""
    character, labels = labelled(fused)
    assert {"skin", "hair", "iris", "lash", "brow", "mouth", "cloth"} <= set(labels)
    middle = head_origin(fused)
    found: dict[str, list] = {}
    for mesh, was in zip(character.meshes, fused.meshes, strict=True):
        assert sum(len(p.faces) for p in mesh.primitives) == sum(
            len(p.faces) for p in was.primitives
        )
        for primitive in mesh.primitives:
            corners = primitive.positions[primitive.faces].reshape(-1, 3) - middle
            found.setdefault(labels[primitive.material or 0], []).append(corners)
    at = {label: np.concatenate(points) for label, points in found.items()}
    assert at["iris"][:, 2].min() > 0 and at["iris"][:, 1].max() < at["brow"][:, 1].max()
    assert at["mouth"][:, 1].max() < at["iris"][:, 1].min()
    assert at["hair"][:, 1].max() > at["skin"][:, 1].max() + 0.05
    assert at["cloth"][:, 1].max() < at["mouth"][:, 1].min()
    hands = np.abs(at["skin"][:, 0]) > 0.4
    assert hands.any(), "bare arms are skin too"


def test_models_whose_names_tell_it_are_left_as_they_are(shared_models):
    model = read_vrm(next(path for path in shared_models if path.stem == "vita"))
    character, labels = labelled(model)
    assert character is model and labels == label_materials(model)


def test_a_large_head_of_another_s_model_is_not_cut(rasteriser, fused):
    """Oracle: no pixel of the matte in the uppermost row of bust-ups."""
    character, labels = labelled(fused)
    for seed in range(6):
        framing = draw_framing(np.random.default_rng(seed))
        if framing.width_m < 0.4:
            continue  # close ones cut into the hair of all heads
        style = replace(PLAIN, framing=framing)
        drawn = illustrate_model(character, labels, rasteriser, style, SIZE)
        assert (drawn.matte[0] == 0).all(), seed
        assert (drawn.matte == 255).mean() > 0.15
    straight = replace(PLAIN, framing=ALIGNED_FRONT)
    camera = illustrate_model(character, labels, rasteriser, straight, SIZE).camera
    assert isinstance(camera, Orthographic) and camera.width_m == 0.7


def test_usual_heads_of_another_s_models_are_framed_as_usual(shared_models):
    framing = Framing(width_m=0.45, up_m=0.02, by_head=True)
    for path in shared_models:
        found = framing_for_model(read_vrm(path), framing)
        assert (found.width_m == 0.45) == (path.stem != "godette"), path.stem


@pytest.mark.parametrize("family", ["soft", "watercolour", "retro", "manga"])
def test_the_front_lies_on_white_whatever_its_finish(rasteriser, fake, family):
    """Oracle: the plain view's alpha, which is this picture's matte."""
    rng = np.random.default_rng(2)
    style = replace(draw_style(rng, family), ground=Ground())
    heavy = replace(
        style.finish, paper=0.9, glow=0.5, vignette=0.4, gain=(1.05, 0.97, 0.9), noise=0.02,
        blur=1.0, jpeg_quality=60, gamma=1.2,
    )  # fmt: skip
    drawn = illustrate(fake, rasteriser, aligned(replace(style, finish=heavy)), 128)
    outside = drawn.render[..., 3] == 0
    assert outside.mean() > 0.2
    assert (drawn.picture[outside] == 255).all()
    assert (drawn.line_free[outside] == 255).all()
    # Inside, what the finish did is there.
    plain = illustrate(fake, rasteriser, aligned(replace(style, finish=Finish())), 128)
    inside = drawn.matte == 255
    assert np.abs(drawn.picture[inside].astype(int) - plain.picture[inside]).mean() > 3


def test_no_head_is_turned_beyond_the_limits_as_the_camera_sees_it():
    seen = []
    for seed in range(600):
        framing = draw_framing(np.random.default_rng(seed))
        camera = framed_camera(framing)
        turn = view_matrix(camera)[:3, :3] @ head_rotation(
            framing.yaw_deg, framing.pitch_deg, framing.roll_deg
        )
        angles = np.array(head_angles(turn))
        seen.append(angles)
        if framing.fov_deg > 0:
            # The head beside the middle of the picture is seen from its side.
            off = [framing.right_m, framing.up_m]
            angles[:2] += np.degrees(np.arctan2(off, camera.distance_m))
            seen.append(angles)
    most = np.abs(seen).max(0)
    assert (most <= np.array(MOST_DEG) + 1e-6).all()
    assert (most > 0.9 * np.array(MOST_DEG)).all()


def test_limits_leave_alone_what_is_within_them():
    framing = Framing(yaw_deg=12.0, pitch_deg=-4.0, roll_deg=7.0, azimuth_deg=-8.0)
    same = within_limits(framing)
    angles = (same.yaw_deg, same.pitch_deg, same.roll_deg)
    np.testing.assert_allclose(angles, (12.0, -4.0, 7.0), atol=1e-9)
    most = within_limits(replace(framing, yaw_deg=60.0, pitch_deg=0.0, roll_deg=0.0))
    assert most.yaw_deg == pytest.approx(27.0)


def test_large_heads_are_seen_from_farther_away():
    """A head twice as large about its chin is framed as the usual one is."""
    framing = replace(draw_framing(np.random.default_rng(4)), right_m=0.02)
    twice = scaled(framing, 2 * USUAL_FACE_M)
    top, bottom = (framing.up_m + side * framing.width_m / 2 for side in (1, -1))
    grown = [2 * (y + CHIN_M) - CHIN_M for y in (bottom, top)]
    middle, half = twice.up_m, twice.width_m / 2
    np.testing.assert_allclose((middle - half, middle + half), grown)
    assert twice.right_m == 0.04 and not twice.by_head
    small = scaled(framing, 0.8 * USUAL_FACE_M)
    assert (small.width_m, small.up_m) == (framing.width_m, framing.up_m)
    assert scaled(ALIGNED_FRONT, 2 * USUAL_FACE_M) == ALIGNED_FRONT


def test_illustrations_have_tags_of_their_own(rasteriser, fake):
    style = replace(
        PLAIN,
        props=("peace", "bubble"),
        text="Oh?",
        finish=Finish(grey=True, jpeg_quality=40),
        framing=Framing(yaw_deg=28.0, roll_deg=14.0),
    )
    made = replace(fake, tags=("1girl", "blue_hair", "looking_at_viewer", "short_hair"))
    drawn = illustrate(made, rasteriser, style, SIZE)
    tags = set(drawn.record()["tags"])
    assert {"v", "speech_bubble", "monochrome", "greyscale", "jpeg_artifacts", "head_tilt"} <= tags
    assert {"1girl", "short_hair", "simple_background"} <= tags
    assert not tags & {"blue_hair", "looking_at_viewer", "white_background"}
    still = set(illustrate(made, rasteriser, PLAIN, SIZE).tags)
    assert {*made.tags} <= still
    assert not still & {"v", "monochrome", "head_tilt", "jpeg_artifacts"}


def test_every_thing_and_ground_has_its_names():
    styles = [draw_style(np.random.default_rng(seed)) for seed in range(300)]
    assert {prop for style in styles for prop in style.props} == set(PROP_TAGS)
    assert {style.ground.kind for style in styles} == set(GROUND_TAGS)
