"""Alignment: from landmarks to the render frame."""

import numpy as np
import pytest

from panic3d.characters.landmarks import project_points
from panic3d.characters.procedural import FAMILIES, make_procedural
from panic3d.characters.splits import assets_of
from panic3d.errors import PictureError
from panic3d.geometry.cameras import Orthographic
from panic3d.geometry.posing import Pose, head_origin, posed
from panic3d.geometry.similarity import Similarity
from panic3d.image import Picture
from panic3d.pipeline.align import (
    PAPER_CENTROID,
    PAPER_SPREAD,
    align,
    align_as_paper,
    align_by_eyes_and_chin,
    head_turn,
    upright,
)
from panic3d.pipeline.mean_face import BONE, MIRRORED, frame_pixels, mean_face, turned
from panic3d.pipeline.warp import warp

PORTRAIT = Similarity(scale=2.3, angle_deg=12.0, shift=(150.0, -90.0))
"""Where the frame lies in a portrait."""
TURNS = [(0.0, 0.0, 0.0), (30.0, 0.0, 0.0), (-20.0, 15.0, 0.0), (15.0, -20.0, 25.0)]


def marks(turn=None):
    return PORTRAIT(mean_face().pixels(turn))


@pytest.mark.parametrize("angles", TURNS)
def test_the_mean_face_is_aligned_exactly(angles):
    """Oracle: the similarity it was carried by; a tilt of the head is taken off as well."""
    turn = head_turn(*angles)
    found = align(marks(turn), turn)
    level, tilt_deg = upright(turn)
    at = found.to_frame(marks(turn))
    np.testing.assert_allclose(at, mean_face().pixels(level), atol=1e-6)
    assert found.to_frame.angle_deg == pytest.approx(-12.0 - tilt_deg)
    assert found.to_frame.scale == pytest.approx(1 / 2.3)
    assert found.error < 1e-9 and found.outliers == ()
    np.testing.assert_allclose(found.to_portrait(at), marks(turn), atol=1e-6)


@pytest.mark.parametrize("angles", TURNS)
def test_the_rotation_is_turned_with_the_picture(angles):
    """Oracle: by what is left of it the mean face's landmarks are where the aligned ones are."""
    in_portrait = head_turn(0.0, 0.0, 12.0) @ head_turn(*angles)  # the portrait tilts it too
    points = marks(head_turn(*angles))
    found = align(points, in_portrait)
    np.testing.assert_allclose(
        frame_pixels(turned(mean_face().points_m, found.camera_from_head)),
        found.to_frame(points),
        atol=1e-6,
    )
    assert found.camera_from_head[0, 1] == pytest.approx(0, abs=1e-9), "its up is up"


def test_an_unknown_rotation_is_none():
    np.testing.assert_array_equal(align(marks()).camera_from_head, np.eye(3))


@pytest.mark.parametrize("count", [1, 6, 12])
def test_landmarks_that_are_elsewhere_have_no_say(count):
    rng = np.random.default_rng(count)
    points = marks()
    wrong = rng.choice(28, count, replace=False)
    points[wrong] += rng.uniform(-1, 1, (count, 2)) * 900 + 300
    found = align(points)
    np.testing.assert_allclose(found.to_frame.matrix, PORTRAIT.inverse().matrix, atol=0.02)
    assert set(found.outliers) == set(wrong.tolist())


def test_unsure_landmarks_count_less():
    points, confidence = marks(), np.ones(28)
    points[5:11] += [0.0, 12.0]
    confidence[5:11] = 0.0
    found = align(points, None, confidence)
    np.testing.assert_allclose(found.to_frame.matrix, PORTRAIT.inverse().matrix, atol=1e-6)
    assert abs(align(points).to_frame.shift[1] - PORTRAIT.inverse().shift[1]) > 0.05


def test_the_detectors_numbers_in_single_precision_are_taken():
    found = align(marks().astype(np.float32))
    np.testing.assert_allclose(found.to_frame.matrix, PORTRAIT.inverse().matrix, atol=1e-3)


def no_face(kind):
    points = marks()
    rng = np.random.default_rng(0)
    return {
        "mirrored": points * [-1.0, 1.0],
        "from the right": points[list(MIRRORED)],
        "scattered": rng.uniform(0, 500, (28, 2)),
        "one place": np.full((28, 2), 40.0),
        "nan": np.where(np.arange(28)[:, None] == 3, np.nan, points),
        "swapped axes": points[:, ::-1].copy(),
    }[kind]


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("mirrored", "mirrored"),
        ("from the right", "mirrored"),
        ("swapped axes", "mirrored"),
        ("scattered", "no face's|of a face's width away"),
        ("one place", "lie in one place"),
        ("nan", "not finite"),
    ],
)
def test_landmarks_of_no_face_are_refused_in_words(kind, message):
    with pytest.raises(PictureError, match=f"(?s)({message}).*jaw 0-4, brows 5-10"):
        align(no_face(kind))


def test_confidence_outside_its_range_is_refused():
    with pytest.raises(PictureError, match="not between 0 and 1"):
        align(marks(), None, np.full(28, 1.5))


@pytest.mark.parametrize("swapped", [False, True])
def test_eyes_and_chin_are_enough(swapped):
    """Oracle: the mean face's own, carried into the portrait; either eye may come first."""
    points = PORTRAIT(mean_face().eyes_and_chin())
    eyes = points[[1, 0]] if swapped else points[:2]
    found, landmarks = align_by_eyes_and_chin(eyes, points[2])
    np.testing.assert_allclose(found.to_frame.matrix, PORTRAIT.inverse().matrix, atol=1e-9)
    np.testing.assert_allclose(landmarks, marks(), atol=1e-6)


def test_eyes_and_chin_on_a_line_are_refused():
    with pytest.raises(PictureError, match="expected a triangle"):
        align_by_eyes_and_chin(np.array([[0.0, 0.0], [10.0, 0.0]]), np.array([20.0, 0.3]))


# The paper's


def test_the_papers_alignment_is_its_formula():
    """Oracle: evaluation.md's formula step by step, in rows and columns of whole pixels."""
    points = marks() + np.random.default_rng(2).normal(size=(28, 2)) * 3
    k = points[:, ::-1] - 0.5
    c = k.mean(0)
    d = np.sqrt(((k - c) ** 2).sum(1))
    q = 13.355611801147461 / np.sqrt(((d - d.mean()) ** 2).mean())

    def moved(row, column):
        return np.array([[1, 0, row], [0, 1, column], [0, 0, 1.0]])

    expected = moved(294.9637145996094, 255.85690307617188) @ np.diag([q, q, 1]) @ moved(*-c)
    found = align_as_paper(points)
    np.testing.assert_allclose(found.to_frame.row_column_matrix, expected, atol=1e-9)
    again = found.to_frame(points)
    np.testing.assert_allclose(again.mean(0) - 0.5, PAPER_CENTROID)
    spread = np.linalg.norm(again - again.mean(0), axis=1).std()
    assert spread == pytest.approx(PAPER_SPREAD)


def test_the_recorded_transform_acts_on_rows_and_columns(golden_dir):
    """Oracle: keypoints that the original carried by a matrix, scores left alone."""
    with np.load(golden_dir / "rmline.npz") as file:
        keypoints, matrix, expected = (
            file[key] for key in ("in/keypoints", "in/affine", "out/apply_M")
        )
    one = Similarity(scale=1.3, angle_deg=5.0, shift=(4.0, -2.0))
    ours = one(keypoints[:, ::-1].astype(np.float64) + 0.5)[:, ::-1] - 0.5
    homogeneous = np.concatenate([keypoints, np.ones((28, 1))], 1)
    np.testing.assert_allclose((homogeneous @ one.row_column_matrix.T)[:, :2], ours, atol=1e-6)
    np.testing.assert_allclose((homogeneous @ matrix.T)[:, :2], expected[:, :2], atol=1e-4)


@pytest.mark.parametrize("points", [np.full((28, 2), 3.0), np.full((28, 2), np.inf)])
def test_the_papers_formula_needs_a_spread(points):
    with pytest.raises(PictureError, match=r"28 finite|in one place"):
        align_as_paper(points)


# Characters


@pytest.fixture(scope="module")
def made():
    return make_procedural(11, assets_of("train", FAMILIES))


def marks_of(made, pose, width_m=0.7, size=512):
    figure = posed(made.character, pose)
    found = [figure.parts[made.part_of(a)].positions[a.vertex] for a in made.landmarks]
    points = np.array(found, np.float64) - head_origin(made.character)
    return project_points(points, Orthographic(width_m=width_m), size)[0]


@pytest.mark.parametrize("angles", TURNS)
def test_a_turned_character_is_brought_where_it_is_when_it_looks_ahead(made, angles):
    """Oracle: its own alignment straight ahead. Head bone within 3 px, scale within 2 %.

    The pose is the engine's, so this is also how `head_turn` is known to mean what `Pose` does.
    """
    straight = align(marks_of(made, Pose()))
    yaw, pitch, roll = angles
    pose = Pose(head_yaw_deg=yaw, head_pitch_deg=pitch, head_roll_deg=roll)
    found = align(marks_of(made, pose), head_turn(*angles))
    bone = frame_pixels(BONE[None])
    assert np.linalg.norm(found.to_frame(bone) - straight.to_frame(bone)) < 3
    assert found.to_frame.scale == pytest.approx(straight.to_frame.scale, rel=0.02)
    assert found.to_frame.angle_deg == pytest.approx(-upright(head_turn(*angles))[1], abs=1.0)


def test_a_picture_at_a_known_similarity_lands_on_the_render(rasteriser, made):
    """Oracle: the character's render at 512 px, itself aligned; PSNR on white, and its matte."""
    figure = posed(made.character, Pose())
    with rasteriser.load(figure, head_origin(made.character)) as scene:
        render, large = (
            Picture(rasteriser.colour(scene, Orthographic(width_m=w), size, 0.7))
            for w, size in ((0.7, 512), (1.4, 1600))
        )
    points = marks_of(made, Pose(), 1.4, 1600)
    tilt = Similarity(angle_deg=17.0, shift=(300.0, -200.0))
    tilted = warp(large, tilt, (1900, 1900)).picture
    expected = warp(render, align(marks_of(made, Pose())).to_frame)
    found = warp(tilted, align(tilt(points)).to_frame)
    known = (found.inside == 255) & (expected.inside == 255)
    assert known.mean() > 0.7
    ours, theirs = (
        w.picture.on((255, 255, 255)).rgba[known, :3].astype(float) for w in (found, expected)
    )
    assert 10 * np.log10(255**2 / ((ours - theirs) ** 2).mean()) > 30
    mattes = [w.picture.rgba[known, 3] > 127 for w in (found, expected)]
    assert (mattes[0] & mattes[1]).sum() / (mattes[0] | mattes[1]).sum() > 0.99


def test_brows_that_are_guessed_wrong_together_hardly_change_the_size():
    """Oracle: the mean face itself; brows are a sixteenth of a face higher than a mean one's."""
    face = mean_face()
    points = face.pixels()
    points[5:11, 1] -= 0.07 * float(np.ptp(points[:, 0]))
    found = align(points).to_frame
    assert found.scale == pytest.approx(1, abs=0.008)
    assert np.abs(found(points)[11:] - face.pixels()[11:]).max() < 1.0
