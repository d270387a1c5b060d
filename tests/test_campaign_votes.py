"""Blind votes on heads: shuffled, drawn, counted; made-up pictures in place of drawings."""

import json
from pathlib import Path

import numpy as np
import pytest

from campaign._votes_heads import HEADS, MEAN, NEAREST, OURS, SIDES_DEG, Compared, wearing
from campaign._votes_sheet import GROUND, draw_sheet
from campaign.votes import BALLOT, KEY, SHEETS, main, make_sheets, order_of, text_of, votes_of
from panic3d.errors import ConfigError, PictureError
from panic3d.evaluate.stitching import stitchable
from panic3d.geometry.cameras import Orthographic
from panic3d.geometry.conventions import HEAD_BOX_M
from panic3d.image import Picture, read_picture
from panic3d.pipeline.align import head_turn
from panic3d.pipeline.mean_face import turned

from .evaluate.balls import ball

COLOURS = {OURS: (200, 30, 30), MEAN: (30, 200, 30), NEAREST: (30, 30, 200)}
NAMES = [f"drawing {k}" for k in range(3)]
TILE = 64


@pytest.fixture(autouse=True)
def small_sheets(monkeypatch):
    """Large ones take a second each to be written."""
    monkeypatch.setattr("campaign._votes_sheet.TILE", TILE)


def plain(colour, size=32):
    """A square of one colour, which touches the border, on nothing."""
    rgba = np.zeros((size, size, 4), np.uint8)
    rgba[:, size // 4 : -size // 4] = (*colour, 255)
    return Picture(rgba)


def like(pixels, colour):
    """Where pixels have one of the colours, on its side of the middle of an edge."""
    main = int(np.argmax(colour))
    levels = pixels[..., :3].astype(int)
    return levels[..., main] - np.delete(levels, main, -1).max(-1) > 84


def compared(without=()):
    views = {
        head: (plain(colour),) * len(SIDES_DEG)
        for head, colour in COLOURS.items()
        if head not in without
    }
    return Compared(plain((90, 90, 90)), views, dict.fromkeys(without, "it is empty"))


def made(out, compare=lambda path: compared(), names=NAMES, seed=5):
    lines: list[str] = []
    key = make_sheets({n: Path(n) for n in names}, compare, out, seed, {}, lines.append)
    return key, "\n".join(lines)


def fill(out, **votes):
    (out / BALLOT).write_text(json.dumps(votes), encoding="utf-8")


# The order


def test_every_order_is_as_likely_and_comes_again():
    """Oracle: six orders of three heads, each of 600 drawings in 100 on average."""
    orders = [tuple(order_of(1, f"n{k}").values()) for k in range(600)]
    counts = {order: orders.count(order) for order in set(orders)}
    assert len(counts) == 6 and min(counts.values()) > 60
    assert order_of(1, "n3") == order_of(1, "n3")
    assert [order_of(2, f"n{k}") for k in range(9)] != [order_of(1, f"n{k}") for k in range(9)]


# Sheets


def test_a_sheet_shows_each_head_beside_its_letter_and_names_none(tmp_path):
    key, _ = made(tmp_path)
    for name in NAMES:
        path = tmp_path / SHEETS / f"{name}.png"
        rgba = read_picture(path).rgba
        for k, head in enumerate(key["drawings"][name]["order"].values()):
            found = like(rgba, COLOURS[head])
            rows = np.flatnonzero(found.any(1))
            low = len(rgba) - 24 - (3 - k) * (TILE + 12) + 12
            assert rows[0] == low and rows[-1] == low + TILE - 1
            assert found.sum() == pytest.approx(len(SIDES_DEG) * TILE**2 / 2, rel=0.02)
        assert not any(head.encode() in path.read_bytes() for head in HEADS)
    assert json.loads((tmp_path / KEY).read_text()) == key
    assert json.loads((tmp_path / BALLOT).read_text()) == dict.fromkeys(NAMES)


def test_all_pictures_of_a_sheet_are_cut_alike():
    """Oracle: a head that is half as wide is shown half as wide."""
    rgba = np.zeros((64, 64, 4), np.uint8)
    rgba[16:32, 24:40] = (200, 30, 30, 255)
    small = rgba.copy()
    small[:, 32:] = 0
    rows = {"A": (Picture(rgba),), "B": (Picture(small),)}
    seen = draw_sheet("name", Picture(rgba), ["side"], rows).rgba[..., :3]
    middle = len(seen) - 24 - TILE - 6  # between the two rows
    widths = [
        like(part, COLOURS[OURS]).sum(1).max()
        for part in (seen[middle - TILE - 6 : middle], seen[middle:])
    ]
    assert widths[0] > TILE / 4 and widths[1] == pytest.approx(widths[0] / 2, abs=2)
    assert (seen == GROUND).all(-1).any()


def test_what_fails_is_said_and_the_others_go_on(tmp_path):
    def compare(path):
        if path.name == NAMES[0]:
            raise PictureError("there is\nno face")
        return compared([MEAN] if path.name == NAMES[1] else [])

    key, said = made(tmp_path, compare)
    assert f"{NAMES[0]}: no sheet: there is no face" in said
    assert f"{NAMES[1]}: {MEAN} could not be made: it is empty" in said
    assert key["drawings"][NAMES[0]] == {"failure": "there is no face"}
    assert sorted(json.loads((tmp_path / BALLOT).read_text())) == NAMES[1:]
    rgba = read_picture(tmp_path / SHEETS / f"{NAMES[1]}.png").rgba
    assert not like(rgba, COLOURS[MEAN]).any()


def test_votes_are_not_overwritten_and_drawings_stay_out_of_the_repository(tmp_path):
    made(tmp_path, names=NAMES[:1])
    made(tmp_path, names=NAMES[:1])  # nobody has voted
    fill(tmp_path, **{NAMES[0]: "B"})
    with pytest.raises(ConfigError, match="votes already"):
        made(tmp_path)
    with pytest.raises(ConfigError, match="repository"):
        made(Path(__file__).parent / "votes")


# Counting


def test_votes_are_counted_by_what_the_letters_stand_for(tmp_path, capsys):
    key, _ = made(tmp_path)
    letters = [
        next(letter for letter, found in key["drawings"][name]["order"].items() if found == head)
        for name, head in zip(NAMES, (OURS, NEAREST, OURS), strict=True)
    ]
    remarks = ["", ": a | b", ":  hair"]
    fill(tmp_path, **{n: a + b for n, a, b in zip(NAMES, letters, remarks, strict=True)})
    assert main(["count", str(tmp_path)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[2:5] == [
        f"| {NAMES[0]} | {OURS} |  |",
        f"| {NAMES[1]} | {NEAREST} | a \\| b |",
        f"| {NAMES[2]} | {OURS} | hair |",
    ]
    assert said[-1] == f"Preferred, of 3: {OURS} 2, {MEAN} 0, {NEAREST} 1."


def test_a_drawing_without_a_sheet_is_counted_for_nobody():
    key = {"drawings": {"a": {"order": order_of(0, "a")}, "b": {"failure": "no face"}}}
    votes = votes_of(key, {"a": "A"})
    assert "| b | no sheet | no face |" in text_of(votes)
    assert text_of(votes).endswith("no sheet 1.")


@pytest.mark.parametrize(
    ("ballot", "said"),
    [
        ({NAMES[0]: "A", NAMES[1]: None}, f"no vote on {NAMES[1]}, {NAMES[2]}"),
        ({name: "A" for name in NAMES} | {"other": "B"}, "votes on other"),
        ({name: "D" for name in NAMES}, "'D', expected one of A, B, C"),
    ],
)
def test_ballots_that_are_none_are_refused(tmp_path, capsys, ballot, said):
    made(tmp_path)
    fill(tmp_path, **ballot)
    assert main(["count", str(tmp_path)]) == 2
    assert said in capsys.readouterr().err


def test_files_that_are_missing_or_no_json_are_refused(tmp_path, capsys):
    assert main(["count", str(tmp_path)]) == 2
    assert KEY in capsys.readouterr().err
    made(tmp_path)
    (tmp_path / BALLOT).write_text("[1]")
    assert main(["count", str(tmp_path)]) == 2
    assert "no JSON object" in capsys.readouterr().err


# Floors


def test_a_floor_of_a_straight_drawing_is_that_of_the_evaluation(rasteriser):
    """Oracle: the evaluation's own stitching, from the two sides that both have."""
    chance = np.random.default_rng(0)
    front = Picture(chance.integers(0, 256, (96, 96, 4), np.uint8))
    figure = ball(0.2)
    found = wearing(figure, front, np.eye(3), rasteriser)
    views = dict(zip(SIDES_DEG, found, strict=True))
    expected = stitchable(figure, rasteriser, 96).wearing(front.rgba).views
    for angle, name in ((90, "left"), (180, "back")):
        assert np.array_equal(views[angle].rgba, expected[name])
    bare = stitchable(figure, rasteriser, 96).bare.views["left"]
    assert not np.array_equal(views[90].rgba, bare)


def test_a_drawing_that_looks_aside_is_put_on_where_it_shows_the_head(rasteriser):
    """Oracle: what turns about the bone goes where `turned` says, and back."""
    size, turn = 192, head_turn(-30.0, 8.0, 0.0)
    place = 0.2 * np.array([[np.sin(np.radians(45)), 0.0, np.cos(np.radians(45))]])
    x, y, _ = turned(place, turn)[0]
    column, row = (np.array([x, -y]) / HEAD_BOX_M + 0.5) * size
    rgba = np.full((size, size, 4), 255, np.uint8)
    rows, columns = np.mgrid[:size, :size] + 0.5
    rgba[np.hypot(rows - row, columns - column) < 4, :3] = (0, 0, 255)
    views = dict(zip(SIDES_DEG, wearing(ball(0.2), Picture(rgba), turn, rasteriser), strict=True))
    blue = (views[45].rgba == (0, 0, 255, 255)).all(-1)
    assert np.argwhere(blue).mean(0) + 0.5 == pytest.approx([size / 2, size / 2], abs=1.0)
    assert Orthographic(azimuth_deg=45.0).world_from_head_turn()[:, 2] * 0.2 == pytest.approx(
        place[0]
    )
