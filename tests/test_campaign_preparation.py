"""What judges the preparation of portraits: oracles in place of networks."""

import json
import math
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from campaign._preparation_cases import judge_faceless, judge_scene, timed
from campaign._preparation_drawings import (
    MARKS,
    MarkedFace,
    judge_figure,
    judge_marks,
    laid_on_grounds,
    read_marks,
)
from campaign._preparation_kept import kept_front, kept_scene
from campaign._preparation_lines import NOTHING, judge_lines, lines_of, ways
from campaign._preparation_report import Line, of_figures, of_lines, of_marks, of_scenes, text_of
from campaign._preparation_scores import (
    boundary_score,
    face_size,
    matte_scores,
    middle_of,
    middles_of,
)
from campaign._preparation_sheet import check_outside, drawing_row
from campaign._preparation_tools import Tools, open_tools
from campaign._preparation_truth import TrueLines, TruePicture, nearer, smaller
from campaign.preparation import main, oracle
from panic3d.config import to_dict
from panic3d.errors import ConfigError, PictureError
from panic3d.geometry.posing import rotation
from panic3d.geometry.similarity import Similarity
from panic3d.image import Picture
from panic3d.models.linefill import LineFillConfig, LineFiller
from panic3d.pipeline.align import head_turn
from panic3d.pipeline.faces import FoundFace
from panic3d.pipeline.matting import Matte
from panic3d.pipeline.mean_face import FRAME, mean_face
from panic3d.weights.store import save_weights

SIDE = 256
DRAWINGS = Path(__file__).resolve().parents[2] / "shared" / "data" / "portraits"


@pytest.fixture
def true():
    """The mean face, turned, in a picture half the frame's size; a square around it is the figure.

    A white dot marks one of the landmarks.
    """
    turn = head_turn(10.0, 0.0, 0.0)
    points = mean_face().pixels(turn) / 2
    rgba = np.full((SIDE, SIDE, 4), 255, np.uint8)
    rgba[..., :3] = 40
    matte = np.zeros((SIDE, SIDE), np.uint8)
    matte[90:, 60:200] = 255
    x, y = np.floor(points[23]).astype(int)
    rgba[y - 1 : y + 2, x - 1 : x + 2, :3] = 255
    return TruePicture(
        name="0000",
        group="framed",
        picture=Picture(rgba),
        matte=matte,
        ignored=np.zeros_like(matte),
        points=points,
        visible=np.ones(28, bool),
        rotation=turn,
        to_frame=Similarity(scale=2.0),
    )


def seen_as(true, points, turn=None):
    box = np.concatenate([points.min(0), points.max(0)])
    turn = true.rotation if turn is None else turn
    face = FoundFace(box, 1.0, points, np.ones(28), turn)
    return Tools(faces=lambda _: [face], matte=lambda *_: Matte(true.matte, "network"))


# Scenes


def test_a_perfect_oracle_has_no_errors(true):
    row = judge_scene(true, oracle(true))
    assert row["found"] and row["others"] == 0
    for name in ("landmarks", "landmarks_eyes", "scale", "shift_px", "yaw_deg", "turn_deg"):
        assert row[name] == pytest.approx(0, abs=1e-5), name
    assert row["iou"] == row["boundary"] == 1 and row["alpha"] == 0
    # The mean face at half the frame's size is where the engine's frame has it.
    assert row["truth_scale"] == pytest.approx(0, abs=1e-6)
    assert row["truth_shift_px"] == pytest.approx(0, abs=1e-4)


def test_a_shifted_oracle_is_off_by_what_it_is_shifted(true):
    """Oracle: a tenth of the face's size, twice as many pixels in the frame as in the picture."""
    row = judge_scene(true, oracle(true, shift=0.1))
    assert row["landmarks"] == pytest.approx(0.1)
    assert row["shift_px"] == pytest.approx(0.1 * face_size(true.points) * 2, rel=1e-6)
    assert row["scale"] == pytest.approx(0, abs=1e-6)
    assert row["frame_shift_px"] == pytest.approx(row["shift_px"], rel=1e-4)


def test_a_larger_face_is_made_smaller(true):
    middle = true.points.mean(0)
    row = judge_scene(true, seen_as(true, middle + (true.points - middle) * 1.05))
    assert row["scale"] == pytest.approx(1 - 1 / 1.05, rel=1e-6)
    assert row["tilt_deg"] == pytest.approx(0, abs=1e-6)


def test_a_tilted_face_is_tilted_back(true):
    angle = math.radians(3.0)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    middle = true.points.mean(0)
    points = (true.points - middle) @ turn.T + middle
    row = judge_scene(true, seen_as(true, points, rotation(0.0, 0.0, -3.0) @ true.rotation))
    assert row["tilt_deg"] == pytest.approx(3.0, abs=1e-6)
    assert row["turn_deg"] == pytest.approx(3.0, abs=1e-6)


def test_angles_are_compared_one_by_one(true):
    row = judge_scene(true, seen_as(true, true.points, head_turn(4.0, 2.0, -1.0)))
    found = [row[f"{name}_deg"] for name in ("yaw", "pitch", "roll")]
    assert found == pytest.approx([6.0, 2.0, 1.0], abs=1e-9)


def test_a_face_elsewhere_is_not_the_true_one(true):
    row = judge_scene(true, seen_as(true, true.points + 80.0))
    assert (row["found"], row["seen"], row["others"]) == (False, False, 1)
    assert "landmarks" not in row
    assert judge_faceless(true.picture, oracle(true))["others"] == 1


def test_landmarks_that_cannot_be_aligned_are_reported_as_such(true):
    mirrored = (true.points - [128, 0]) * [-1, 1] + [128, 0]
    row = judge_scene(true, seen_as(true, mirrored))
    assert row["found"] and "mirrored" in row["unaligned"] and "scale" not in row


def test_every_stage_is_timed(true):
    tools = oracle(true)
    seconds = timed(true.picture, replace(tools, fillers={"none": lambda p, _: p}), repeats=1)
    assert set(seconds) == {"faces", "matte", "align", "lines", "total", "processor"}
    assert seconds["total"] == pytest.approx(
        sum(seconds[name] for name in ("faces", "matte", "align", "lines"))
    )


# Mattes


def test_overlap_is_what_areas_say(true):
    """Oracle: of two squares of 40, 10 apart, 30 x 40 are shared and 50 x 40 covered."""
    masks = np.zeros((2, 80, 80), np.uint8)
    masks[0, 20:60, 10:50] = masks[1, 20:60, 20:60] = 255
    assert matte_scores(masks[0], masks[1])["iou"] == pytest.approx(30 / 50)
    ignored = np.zeros((80, 80), np.uint8)
    ignored[:, :20] = ignored[:, 50:] = 255
    scores = matte_scores(masks[0], masks[1], ignored)
    assert scores["iou"] == 1 and scores["alpha"] == 0


@pytest.mark.parametrize(("shift", "score"), [(0, 1.0), (1, 1.0), (2, 1.0)])
def test_edges_may_be_two_pixels_off(shift, score):
    mask = np.zeros((60, 60), bool)
    mask[20:40, 20:40] = True
    assert boundary_score(np.roll(mask, shift, 1), mask) == score


def test_edges_farther_off_do_not_count():
    mask = np.zeros((60, 60), bool)
    mask[20:40, 20:40] = True
    assert boundary_score(np.roll(mask, 5, (0, 1)), mask) < 0.5
    assert boundary_score(np.zeros_like(mask), mask) == 0
    assert boundary_score(np.zeros_like(mask), np.zeros_like(mask)) == 1


def test_the_picture_s_border_is_no_edge():
    """Oracle: figures that end only at the border have no edge at all."""
    assert boundary_score(np.ones((30, 30), bool), np.ones((30, 30), bool)) == 1
    half = np.zeros((30, 30), bool)
    half[:, :15] = True
    assert boundary_score(np.ones((30, 30), bool), half) == 0


# Truth that is carried along


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("how", ["nearer", "pasted", "panel"])
def test_truth_follows_its_picture(true, how, seed):
    """Oracle: the brightest dot, and the frame, which is where it was."""
    rng = np.random.default_rng(seed)
    moved = nearer(true, rng) if how == "nearer" else smaller(true, rng, how == "pasted")
    frame = moved.to_frame(moved.points)
    assert np.allclose(frame, true.to_frame(true.points), atol=1e-6)
    height, width = moved.matte.shape
    assert moved.picture.size == (width, height) and moved.ignored.shape == (height, width)
    x, y = np.floor(moved.points[23]).astype(int)
    around = moved.picture.rgba[y - 2 : y + 3, x - 2 : x + 3, :3].astype(int).sum(-1)
    assert around.max() > 3 * 40 + 60, "the dot is not where the landmark is"
    assert moved.matte[y, x] > 200 and moved.visible[23]


# On disk


def test_a_scene_is_drawn_once_and_read_back(true, tmp_path):
    calls = []

    def draw(number):
        calls.append(number)
        return true

    first = kept_scene(tmp_path, 3, draw)
    again = kept_scene(tmp_path, 3, draw)
    assert calls == [3]
    for found in (first, again):
        assert np.array_equal(found.picture.rgba, true.picture.rgba)
        assert np.array_equal(found.matte, true.matte)
        assert np.array_equal(found.points, true.points) and found.to_frame == true.to_frame
    (tmp_path / "scene-0003.json").unlink()  # as if killed before the end
    kept_scene(tmp_path, 3, draw)
    assert calls == [3, 3]


# Lines


@pytest.fixture
def front():
    """A grey square on white with a black line across it."""
    free = np.full((FRAME, FRAME, 4), 255, np.uint8)
    free[100:400, 100:400, :3] = 160
    drawn = free.copy()
    drawn[200:202, 100:400, :3] = 0
    return TrueLines(
        name="0000",
        picture=Picture(drawn),
        line_free=Picture(free),
        render=Picture(free),
        points=mean_face().pixels(),
    )


def test_a_perfect_removal_beats_doing_nothing(front):
    compared = ways({"linefill": lambda picture, _: front.line_free})
    row = judge_lines(front, compared, None)
    assert row["linefill"]["line_free psnr"] == math.inf
    assert row["linefill"]["line_free ssim"] == pytest.approx(1)
    assert 10 < row[NOTHING]["line_free psnr"] < 40
    assert row[NOTHING]["masked_psnr"] < row[NOTHING]["line_free psnr"]
    lines = {line.name: line for line in of_lines([row])}
    assert lines["linefill better than nothing: line_free psnr"].good
    assert "nothing: line_free feature" not in lines


def test_what_is_changed_beside_the_lines_is_counted(front):
    def careless(picture, landmarks):
        rgba = picture.rgba.copy()
        rgba[:3, :4, 0] = 7
        return Picture(rgba)

    assert not lines_of(front.picture, front.points)[:3, :4].any()
    row = judge_lines(front, ways({"linefill": careless}), None)
    assert (row["linefill"]["outside"], row[NOTHING]["outside"]) == (12, 0)
    assert {line.name: line.good for line in of_lines([row])}[
        "linefill: pixels changed beside the mask"
    ] is False


def test_telea_paints_over_the_lines_alone(front):
    pytest.importorskip("cv2", reason="for comparison only: pip install opencv-python-headless")
    row = judge_lines(front, ways({}), None)
    assert row["Telea"]["outside"] == 0
    assert row["Telea"]["masked_psnr"] > row[NOTHING]["masked_psnr"] + 5


def test_without_opencv_its_row_is_left_out(front, monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)  # what makes an import fail
    assert list(ways({})) == [NOTHING]


# Real drawings


def marked(points, guessed=()):
    return MarkedFace(
        middles=middles_of(points),
        irises=np.stack([middles_of(points)[name] for name in ("left_eye", "right_eye")]),
        landmarks=dict(enumerate(points)),
        guessed=frozenset(guessed),
    )


def test_marks_are_met_or_missed_by_what_they_are(true):
    """Oracle: all marks but the chin are hit, it is off by a tenth of the face's size."""
    face = marked(true.points)
    points = true.points.copy()
    points[2, 1] += 0.1 * face.size
    (row,) = judge_marks(true.picture, [face], seen_as(true, points).faces)
    assert row["found"] and row["rank"] == 1 and row["others"] == 0
    assert row["error"] == pytest.approx(0.1 / 4) and row["chin"] == pytest.approx(0.1)
    assert row["landmarks"] == pytest.approx(0.1 / 28)
    (row,) = judge_marks(true.picture, [marked(true.points, ["chin"])], seen_as(true, points).faces)
    assert row["error"] == pytest.approx(0) and row["error_all"] == pytest.approx(0.1 / 4)
    (row,) = judge_marks(true.picture, [face], seen_as(true, true.points + 90).faces)
    assert (row["found"], row["others"]) == (False, 1)


def test_the_middle_of_an_opening_turns_with_it():
    """Oracle: an ellipse's centre, whichever way it is turned, however far in its top is."""
    left, top, right, bottom = np.array([[-4.0, 1.0], [1.0, -3.0], [4.0, 1.0], [-1.0, 3.0]])
    for angle in np.radians([0, 30, 200]):
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        points = [turn @ p + [7, 5] for p in (left, top, right, bottom)]
        assert middle_of(*points) == pytest.approx([7, 5])


def test_the_committed_marks_are_faces():
    told = json.loads(MARKS.read_text())["drawings"]
    assert len(told) == 13
    for name, about in told.items():
        for face in about["faces"]:
            points = {k: np.array(v) for k, v in face["middles"].items()}
            eyes = (points["left_eye"] + points["right_eye"]) / 2
            across, down = points["right_eye"] - points["left_eye"], points["chin"] - eyes
            assert across[0] * down[1] - across[1] * down[0] > 0, name
            apart = float(np.linalg.norm(across))
            assert 0.5 < float(np.linalg.norm(down)) / apart < 1.6, name
            share = float(down @ (points["mouth"] - eyes) / (down @ down))
            assert 0.5 < share < 0.95, name
            size = (about["width"], about["height"])
            for point in [*points.values(), *map(np.array, face["landmarks"].values())]:
                assert (point > 0).all() and (point < size).all(), name


def test_the_drawings_are_those_that_were_marked():
    if not DRAWINGS.is_dir():
        pytest.skip("the shared data folder with its drawings is not here")
    found = list(read_marks(DRAWINGS))
    assert len(found) == len(list(DRAWINGS.glob("*.png")))


def test_another_picture_of_that_name_is_refused(tmp_path):
    name = next(iter(json.loads(MARKS.read_text())["drawings"]))
    Picture(np.full((80, 80, 4), 255, np.uint8)).save(tmp_path / name)
    with pytest.raises(PictureError, match="not the picture that was marked"):
        next(read_marks(tmp_path))


def test_figures_are_judged_on_ten_grounds():
    rgba = np.zeros((100, 60, 4), np.uint8)
    rgba[20:, 15:45] = (200, 60, 90, 255)
    figure = Picture(rgba)
    laid = {name: (picture, alpha) for name, picture, alpha in laid_on_grounds(figure)}
    assert len(laid) == 10
    for picture, alpha in laid.values():
        assert (alpha > 0).sum() == 80 * 30
        assert (picture.rgba[alpha > 0] == (200, 60, 90, 255)).all()
    alphas = iter(alpha for _, alpha in laid.values())
    found = judge_figure(figure, lambda *_: Matte(next(alphas), "network"))
    assert all(scores["iou"] == scores["boundary"] == 1 for scores in found.values())
    assert all(line.good is not False for line in of_figures({"square": found}))


def test_a_row_of_the_sheet_shows_all_stages(true):
    tools = replace(oracle(true), fillers={"none": lambda picture, _: picture})
    cells = drawing_row(true.picture, [marked(true.points)], tools)
    assert len(cells) == 4 and all(np.ptp(np.asarray(cell)) > 0 for cell in cells)


def test_no_drawing_is_written_into_the_repository(tmp_path):
    check_outside(tmp_path / "sheet.png")
    with pytest.raises(ConfigError, match="repository"):
        check_outside(MARKS.parent / "sheet.png")


# The report


def test_what_falls_short_is_marked(true):
    good, bad = (judge_scene(true, oracle(true, shift=s)) for s in (0.0, 0.2))
    by_name = {line.name: line for line in of_scenes([good])}
    assert by_name["face found"].good and by_name["landmark error, mean"].good
    by_name = {line.name: line for line in of_scenes([bad])}
    assert by_name["landmark error, mean"].good is False
    assert by_name["landmark error, mean"].value == pytest.approx(0.2)
    assert "SHORT" in text_of(by_name.values())


def test_what_could_not_be_measured_is_not_good():
    assert Line("x", math.nan, most=1.0).good is False
    assert Line("x", math.nan).good is None
    assert Line("x", math.nan).to_dict()["value"] is None
    rows = [{"name": "a", "found": False, "others": 0}] * 13
    assert {line.name: line.good for line in of_marks(rows)}["drawings: marks within 5 %"] is False


def test_turned_faces_are_told_apart(true):
    rows = [judge_scene(true, oracle(true))]
    rows.append(judge_scene(replace(true, group="turned"), oracle(true, shift=0.3)))
    by_name = {line.name: line.value for line in of_scenes(rows)}
    assert by_name["landmark error, mean"] == pytest.approx(0)
    assert by_name["turned: landmark error, mean"] == pytest.approx(0.3)


# Weights, and the whole


@pytest.fixture
def weights(tmp_path):
    """A folder with an untrained filler and nothing else."""
    folder = tmp_path / "weights"
    folder.mkdir()
    torch.manual_seed(0)
    config = LineFillConfig(channels=4, width=4, depth=2)
    tensors = {k: v for k, v in LineFiller(config).state_dict().items()}
    about = {
        "name": "linefill",
        "network": "linefill",
        "config": to_dict(config),
        "licence": "CC0-1.0",
        "origin": "random numbers",
        "made_from": "nothing",
    }
    for name in ("linefill", "linefill-other"):
        save_weights(folder / f"{name}.safetensors", tensors, about=about)
    return folder


def test_what_a_folder_lacks_is_left_out_and_said(weights):
    tools = open_tools(weights)
    assert tools.faces is None and tools.matte is None
    assert list(tools.fillers) == ["linefill", "linefill-other"]
    said = " ".join(tools.absent)
    assert "face-finder.safetensors" in said and "matting.safetensors" in said
    assert tools.shipped_bytes == (weights / "linefill.safetensors").stat().st_size


def test_the_command_measures_writes_and_continues(front, weights, tmp_path, capsys, monkeypatch):
    """Pictures are there already, so nothing is drawn; the second time nothing is removed."""
    pictures = tmp_path / "pictures"
    for number in range(2):
        kept_front(pictures, number, lambda n: front)
    command = ["--weights", str(weights), "--count", "8", "--parts", "lines", "faceless"]
    command += ["--kept", str(tmp_path / "kept"), "--pictures", str(pictures)]
    command += ["--sources", str(tmp_path), "--perceptual", str(tmp_path / "none")]
    out = tmp_path / "numbers.json"
    assert main([*command, "--out", str(out)]) == 1  # random numbers fill no lines
    first = capsys.readouterr().out
    assert "linefill-other: line_free psnr" in first and "left out: feature distance" in first
    told = json.loads(out.read_text())
    assert len(told["rows"]["front"]) == 2
    names = {line["name"]: line for line in told["lines"]}
    assert names["linefill: pixels changed beside the mask"]["value"] == 0

    def never(*_):
        raise AssertionError("it was judged before")

    monkeypatch.setattr("campaign.preparation.judge_lines", never)
    main(command)
    assert capsys.readouterr().out == first


def test_bad_arguments_are_refused(tmp_path, weights, capsys):
    with pytest.raises(SystemExit) as refused:
        main(["--weights", str(tmp_path / "none")])
    assert refused.value.code == 2
    assert main(["--weights", str(weights), "--sheet", str(MARKS.parent / "s.png")]) == 2
    assert "repository" in capsys.readouterr().err
