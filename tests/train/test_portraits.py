"""Drawn portraits on disk, and the pictures that are composed of them."""

import numpy as np
import pytest

from panic3d.errors import ConfigError, Panic3dError
from panic3d.geometry.face_hull import face_area
from panic3d.pipeline.align import head_turn
from panic3d.train.bodies import lengthened
from panic3d.train.compose import Canvas, Stock, composed, filling, placed_face, placing, texture
from panic3d.train.matte_hints import coarse_look, faces_seen
from panic3d.train.portraits import (
    build_portraits,
    read_all_portraits,
    read_portraits,
    write_portraits,
)
from panic3d.train.shards import CachePlan
from panic3d.train.wear import worn

from .drawn import SIDE, face, nobody, stock


def same(one, other):
    for name in vars(one):
        a, b = getattr(one, name), getattr(other, name)
        if (a is None) != (b is None) or (a is not None and not np.array_equal(a, b)):
            return False
    return True


def test_a_shard_gives_back_what_was_written(tmp_path):
    """Invariant: there and back, faces or none, planes or none."""
    written = stock(2)
    write_portraits(tmp_path / "000000.npz", written)
    read = read_portraits(tmp_path / "000000.npz")
    assert len(read) == 8 and all(map(same, written, read))
    assert len(read_all_portraits(tmp_path, 3)) == 3
    assert read[0].size == (SIDE, SIDE) == read[0].decoded("matte").shape[::-1]
    with pytest.raises(Panic3dError, match="no line_free"):
        read[0].decoded("line_free")
    with pytest.raises(Panic3dError, match="no box"):
        _ = read[3].box


def test_a_broken_shard_is_named_and_an_empty_folder_says_what_to_do(tmp_path):
    with pytest.raises(ConfigError, match="--for preparation"):
        read_all_portraits(tmp_path)
    write_portraits(tmp_path / "x.npz", [nobody()])
    whole = (tmp_path / "x.npz").read_bytes()
    (tmp_path / "x.npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Panic3dError, match=r"x\.npz"):
        read_portraits(tmp_path / "x.npz")


def draw(number, rasteriser):
    """Number 1 cannot be drawn."""
    if number == 1:
        raise Panic3dError("this one has no head")
    return [face(seed=number), nobody(number)]


def test_a_cache_is_built_and_resumed(rasteriser, tmp_path):
    plan = CachePlan(out=tmp_path, count=3)
    (done,) = build_portraits(draw, plan)
    assert done.characters == 2 and "no head" in done.failures[0]
    assert not list(build_portraits(draw, plan))
    assert len(read_all_portraits(tmp_path)) == 4


def test_a_mirrored_face_is_the_mirror_images_face():
    """Oracle: the picture's own coordinates flipped; image-left landmarks come first in both."""
    one = face(seed=3)
    there = placing((SIDE / 2, 0.0), (SIDE / 2, 0.0), 1.0, 0.0, True)
    found = placed_face(one, there)
    assert found is not None and one.points is not None and one.rotation is not None
    x = found.points[:, 0]
    assert x[0] < x[4] and x[11] < x[17] and x[24] < x[26] and x[5] < x[7] < x[8] < x[10]
    np.testing.assert_allclose(
        found.points[2], [SIDE - one.points[2, 0], one.points[2, 1]], atol=1e-4
    )
    np.testing.assert_allclose(
        found.points[11], [SIDE - one.points[19, 0], one.points[19, 1]], atol=1e-4
    )
    # The drawn face leans: in the mirror it leans to the other side.
    np.testing.assert_allclose(found.rotation, one.rotation.T, atol=1e-6)


def test_mirroring_turns_yaw_and_roll_around_and_keeps_pitch():
    """Oracle: the angles of a pose."""
    one = face(seed=0)
    object.__setattr__(one, "rotation", head_turn(20.0, 7.0, -11.0).astype(np.float32))
    mirrored = placed_face(one, placing((0.0, 0.0), (0.0, 0.0), 1.0, 0.0, True))
    assert mirrored is not None
    np.testing.assert_allclose(mirrored.rotation, head_turn(-20.0, 7.0, 11.0), atol=1e-6)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("scale", [0.6, 1.0, 1.7])
def test_landmarks_go_where_their_picture_goes(scale, mirrored):
    """Oracle: what is drawn: the eyes are dark blue, the mouth is red."""
    one = face(seed=1)
    canvas = Canvas(np.full((200, 200, 3), 230, np.uint8))
    canvas.lay(one, placing((SIDE / 2, SIDE / 2), (100.0, 90.0), scale, 35.0, mirrored))
    (found,) = canvas.faces
    rgb = canvas.pixels().astype(int)
    row, column = np.mgrid[:200, :200] + 0.5

    def middle(mask):
        return np.array([column[mask].mean(), row[mask].mean()])

    blue = (rgb[..., 2] > rgb[..., 0] + 30) & (rgb.sum(-1) < 330)
    eyes = np.concatenate([found.points[11:17], found.points[17:23]])
    assert np.abs(middle(blue) - eyes.mean(0)).max() < 0.06 * 30 * scale + 0.7
    red = (rgb[..., 0] > 130) & (rgb[..., 1] < 70)
    assert np.abs(middle(red) - found.points[24:28].mean(0)).max() < 0.12 * 30 * scale + 0.7
    # The head's own up, as drawn: from mouth to eyes.
    up = eyes.mean(0) - found.points[24:28].mean(0)
    np.testing.assert_allclose(found.rotation[:2, 1] * [1, -1], up / np.linalg.norm(up), atol=0.02)
    assert canvas.shown(found) == pytest.approx(1.0, abs=0.1)
    disc = canvas.matte.sum()
    radius = np.linalg.norm(found.points[2] - found.points[23]) / 0.65
    assert disc == pytest.approx(np.pi * radius**2, rel=0.06)


def test_what_lies_in_front_hides_a_face_and_what_hides_is_not_known():
    canvas = Canvas(np.zeros((SIDE, SIDE, 3), np.uint8))
    here = placing((0.0, 0.0), (0.0, 0.0), 1.0)
    canvas.lay(face("cutout", 0), here)
    canvas.lay(nobody(), here)  # a whole picture over it
    assert canvas.shown(canvas.faces[0]) == 0 and canvas.matte.sum() == 0
    canvas.scatter(np.random.default_rng(0), 5)
    assert ((canvas.owner == -1) == (canvas.known == 0)).all() and (canvas.known == 0).any()


def test_composed_pictures_are_the_same_for_the_same_numbers_and_of_all_kinds():
    found = Stock.of(stock(2))
    rng, again = np.random.default_rng(0), np.random.default_rng(0)
    counts = set()
    for _ in range(30):
        one, two = composed(found, rng, 64), composed(found, again, 64)
        assert np.array_equal(one.pixels(), two.pixels()) and np.array_equal(one.matte, two.matte)
        assert np.array_equal(worn(one.pixels(), rng), worn(two.pixels(), again))
        assert -1e-5 < one.matte.min() and one.matte.max() < 1 + 1e-5
        counts.add(len(one.faces))
    assert {0, 1, 2} <= counts


def test_a_closer_look_is_a_part_of_the_whole_near_a_figure():
    """Oracle: faces as large as in a picture so many times the size; figures are there."""
    found = Stock.of(stock(2))
    sizes: dict[float, list[float]] = {1.0: [], 2.0: []}
    shown = 0
    for closer, seen in sizes.items():
        rng = np.random.default_rng(0)
        for _ in range(60):
            canvas = composed(found, rng, 64, (0.3, 0.31), faceless=0.0, whole=0.0, closer=closer)
            seen.extend(float(np.ptp(face.points, axis=0).max()) for face in canvas.faces)
            if closer > 1:
                edge = (canvas.matte > 0.5).mean()
                shown += 0.02 < edge < 0.98
    small, large = (np.array(each) for each in sizes.values())
    assert np.median(large) / np.median(small) == pytest.approx(2, rel=0.05)
    assert shown > 40


def test_textures_are_grain_or_clouds_within_bounds():
    rng = np.random.default_rng(0)
    steps = []
    for _ in range(30):
        made = texture(rng, 48)
        assert made.shape == (48, 48, 3) and made.std() > 1
        plane = made.astype(float)
        steps.append(np.abs(np.diff(plane, axis=1)).mean() / plane.std())
    assert min(steps) < 0.3 and max(steps) > 0.8


@pytest.mark.parametrize("seed", range(5))
def test_a_coarse_look_is_like_the_matte_and_wrong_in_places(seed):
    """Oracle: a disc, most of which must still be told from the ground."""
    row, column = np.mgrid[:96, :96] + 0.5
    matte = (30.5 - np.hypot(row - 48, column - 48)).clip(0, 1).astype(np.float32)
    rng = np.random.default_rng(seed)
    looks = [coarse_look(matte, rng) for _ in range(12)]
    for look in looks:
        assert look.shape == matte.shape and look.min() >= 0 and look.max() <= 1
    wrong = [((look > 0.5) != (matte > 0.5)).mean() for look in looks]
    assert np.median(wrong) < 0.08 and max(wrong) > 0.01
    # No look has the edge as sharp as it is.
    assert min(np.abs(look - matte).mean() for look in looks) > 0.003


def test_faces_are_told_about_where_they_are_unless_hidden_or_missed():
    """Oracle: the hull's area; a face that something covers is not told."""
    canvas = Canvas(np.zeros((200, 200, 3), np.uint8))
    canvas.lay(face("cutout", 0), placing((SIDE / 2, SIDE / 2), (100.0, 100.0), 2.0))
    (known,) = canvas.faces
    rng = np.random.default_rng(0)
    told = [faces_seen(canvas, rng, missed=0.0) for _ in range(8)]
    area = face_area(known.points.astype(np.float64), 200, 200)
    for each in told:
        shared = (each > 0) & area
        assert shared.sum() > 0.7 * max((each > 0).sum(), area.sum())
    assert not faces_seen(canvas, rng, missed=1.0).any()
    canvas.owner[:] = -1
    assert not faces_seen(canvas, rng, missed=0.0).any()


@pytest.mark.parametrize("seed", range(6))
def test_a_bust_goes_on_below_its_picture_and_nothing_else_changes(seed):
    """Oracle: what was there; a body that begins as wide as the bust ends."""
    picture = np.full((60, 80, 3), (10, 200, 30), np.uint8)
    matte = np.zeros((60, 80), np.uint8)
    matte[20:, 25:55] = 255
    longer, cover = lengthened(picture, matte, np.random.default_rng(seed))
    assert np.array_equal(longer[:60], picture) and np.array_equal(cover[:60], matte)
    more = len(cover) - 60
    assert 18 <= more <= 96 and longer.shape == (60 + more, 80, 3)
    begins = np.flatnonzero(cover[60])
    assert abs(begins[0] - 25) <= 2 and abs(begins[-1] - 54) <= 2
    assert cover[60:].any(1).mean() > 0.8 and set(np.unique(cover)) == {0, 255}
    # A bust that ends within its picture stays as it is.
    matte[50:] = 0
    same, alone = lengthened(picture, matte, np.random.default_rng(seed))
    assert same is picture and alone is matte


def test_a_picture_that_fills_a_canvas_leaves_nothing_of_it():
    rng = np.random.default_rng(0)
    for k in range(10):
        canvas = Canvas(np.zeros((50, 50, 3), np.uint8))
        one = face("scene", k)
        canvas.lay(one, filling(one, 50, rng, float(rng.uniform(1, 3))))
        assert (canvas.owner == 1).mean() > 0.98
