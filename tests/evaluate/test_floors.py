"""What anybody gets without reconstructing."""

import os
import time
from dataclasses import replace

import numpy as np
import pytest

from panic3d.errors import Panic3dError
from panic3d.evaluate.cases import Prediction, Truth
from panic3d.evaluate.figures import drawn, of_sheet
from panic3d.evaluate.floors import (
    Billboard,
    MeanHead,
    NearestHead,
    RandomHead,
    distances,
    floors,
    mean_head,
)
from panic3d.evaluate.predictors import Given, Tools
from panic3d.evaluate.protocol import compared_prediction, score
from panic3d.evaluate.regions import PICTURE_SIZE, Region
from panic3d.evaluate.training_heads import (
    THUMB,
    TrainingRecipe,
    colour_cameras,
    figure_of,
    heads_path,
    kept_surface,
    make_character,
    read_heads,
    training_heads,
    write_heads,
)
from panic3d.evaluate.visible_truth import posed_surface
from panic3d.geometry.cameras import NAMED_VIEWS, evaluation_cameras
from panic3d.geometry.conventions import HEAD_BOX_M
from panic3d.geometry.meshes import Mesh

from .balls import REGION, OpenedBalls, ball, mean_ball
from .shapes import sphere

pytest.importorskip("igl", reason="libigl is not installed: pip install 'panic3d[eval]'")


@pytest.fixture(scope="module")
def tools(rasteriser):
    made = Tools()
    made.__dict__["rasteriser"] = rasteriser
    return made


@pytest.fixture
def given():
    truth = OpenedBalls().truth("ball-0")
    return Given("ball-0", "aligned", truth.views["front"], truth)


RECIPE = TrainingRecipe(count=2, grid=32, engine="made up")


@pytest.fixture
def folder(tmp_path):
    write_heads(heads_path(tmp_path, RECIPE), mean_ball())
    return tmp_path


def test_the_mean_head_is_where_half_of_the_heads_are():
    """Oracle: of balls of 90, 130 and 130 mm, most reach up to 130 mm."""
    mesh: Mesh = mean_head(mean_ball(64))
    radius = np.linalg.norm(mesh.vertices, axis=1)
    assert radius.mean() == pytest.approx(0.13, abs=0.004)
    assert mesh.colours == pytest.approx(0.5)


def test_floors_see_the_picture_only_where_they_say_so(folder, tools, given):
    other = Given("b", "aligned", given.picture[:, :, [2, 1, 0, 3]].copy(), given.truth)
    for floor in floors(folder, RECIPE)[:3]:
        predict = floor.open(tools)
        first, second = predict(given), predict(other)
        same = np.array_equal(first.views["front"], second.views["front"])
        assert same == (not floor.looks)
        assert np.array_equal(first.views["back"], second.views["back"]) == (
            floor.name != "billboard"
        )


def test_a_billboard_stands_where_fronts_are(folder, tools, given):
    found = Billboard(folder, RECIPE).open(tools)(given)
    assert found.surface is not None
    assert found.surface.vertices[:, 2] == pytest.approx(0.05)


def test_a_billboard_is_cut_into_pixels_where_whole_triangles_are_dropped(folder, tools, given):
    """Oracle: a region's area, of a sheet wider than it; at its border half a pixel is lost."""
    region = Region(100.5, 120.5, 260.0, 300.0)
    sheet = of_sheet(np.full((PICTURE_SIZE, PICTURE_SIZE, 4), 255, np.uint8), 0.05, by_pixel=True)
    kept = compared_prediction(sheet.surface, region, "paper")
    a, b, c = (kept.vertices[kept.faces[:, k]] for k in range(3))
    area = np.cross(b - a, c - a)[:, 2].sum() / 2
    assert area == pytest.approx(260 * 300 * (HEAD_BOX_M / PICTURE_SIZE) ** 2, rel=0.01)
    predict = Billboard(folder, RECIPE).open(tools)
    picture = np.full_like(given.picture, 255)
    for mode, count in (("paper", 2 * len(picture) ** 2), ("fixed", 2 * len(picture))):
        found = predict(replace(given, picture=picture, mode=mode))
        assert found.surface is not None and len(found.surface.faces) == count


def test_floors_without_their_heads_say_so(tmp_path, tools):
    with pytest.raises(Panic3dError, match="run the evaluation again"):
        MeanHead(tmp_path, RECIPE).open(tools)


def test_floors_of_other_heads_are_others(tmp_path):
    recipes = (RECIPE, TrainingRecipe(count=3, grid=32, engine="made up"))
    digests = {floor.digest for recipe in recipes for floor in floors(tmp_path, recipe)}
    assert len(digests) == 12
    assert len({floor.name for floor in floors(tmp_path, RECIPE)}) == 6


@pytest.fixture(scope="module")
def heads(tmp_path_factory, rasteriser):
    """Training heads, as small as they may be."""
    folder = tmp_path_factory.mktemp("floors")
    recipe = TrainingRecipe(count=2, grid=16)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("panic3d.evaluate.training_heads._VIEW_PIXELS", 96)
        return folder, recipe, training_heads(folder, recipe)


def test_training_heads_are_made_once_and_are_heads(heads):
    folder, recipe, found = heads
    again = training_heads(folder, recipe)
    assert np.array_equal(again.occupancy, found.occupancy)
    assert not list(folder.glob("making/*.npz"))
    assert found.fronts.shape == (2, THUMB, THUMB, 4) and len(set(found.seeds)) == 2
    # The middle of the head is inside all of them, the box's corners are in none.
    assert found.occupancy[8, 8, 8] == 1 and found.occupancy[0, 15, 0] == 0
    assert 0.03 < found.front_m < 0.15


def test_colours_are_seen_from_all_sides():
    """Oracle: no two cameras that are neighbours are further apart than a right angle."""
    azimuths = sorted(camera.azimuth_deg % 360 for camera in colour_cameras())
    assert colour_cameras()[0] == NAMED_VIEWS["front"]  # of which the small fronts are made
    assert len(set(azimuths)) == 8 and np.diff([*azimuths, azimuths[0] + 360]).max() < 90


def test_a_broken_file_of_heads_is_made_again(tmp_path):
    path = heads_path(tmp_path, RECIPE)
    path.write_bytes(b"PK\x03\x04 nothing")
    assert read_heads(path) is None


BETTER = ("front.psnr", "360.psnr", "side.iou", "geom.f1_5", "geom.f1_10")


def test_a_random_other_character_scores_worse_than_the_nearest_one(rasteriser):
    """Oracle: each head judged by the nearest of the others and by all others, on average."""
    recipe = TrainingRecipe(engine="any")
    heads = []
    for number in range(4):
        figure, origin = figure_of(make_character(recipe.character_seed(number)))
        surface, _ = posed_surface(figure.posed, origin)
        heads.append((drawn(figure, rasteriser, 48).views, surface))
    fronts = np.stack([views["front"] for views, _ in heads])
    gains: dict[str, list[float]] = {}
    for number, (views, surface) in enumerate(heads):
        truth = Truth(str(number), views, surface, REGION)
        others = [k for k in range(len(heads)) if k != number]
        nearest = others[int(distances(fronts[others], views["front"]).argmin())]
        scores = {k: score(truth, Prediction(*heads[k]), "fixed") for k in others}
        for name in (*BETTER, "geom.cd_cm"):
            rest = float(np.mean([scores[k][name] for k in others if k != nearest]))
            gains.setdefault(name, []).append(scores[nearest][name] - rest)
    found = {name: np.mean(values) for name, values in gains.items()}
    assert found["front.psnr"] > 0.3 and found["side.iou"] > 0.01
    assert found["geom.f1_5"] > 3 and found["geom.f1_10"] > 3
    assert found["geom.cd_cm"] < -0.3
    assert all(found[name] > 0 for name in BETTER)


def test_a_random_head_is_drawn_by_the_name_alone(heads, tools, given, monkeypatch):
    """Oracle: whatever the picture shows, a known head; another name draws another one."""
    folder, recipe, found = heads
    known = {seed: np.full((1, 1, 4), k, np.uint8) for k, seed in enumerate(found.seeds.tolist())}
    monkeypatch.setattr(RandomHead, "known_head", lambda floor, seed, tools: seed)
    monkeypatch.setattr(
        "panic3d.evaluate.floors.drawn", lambda seed, *_, maps: Prediction({"front": known[seed]})
    )
    floor = RandomHead(folder, recipe)
    assert not floor.looks and floor.role == "floor"
    predict = floor.open(tools)

    def lots(picture):
        asked = [replace(given, case=f"c{k}", picture=picture) for k in range(12)]
        return [int(predict(each).views["front"][0, 0, 0]) for each in asked]

    assert set(lots(given.picture)) == {0, 1}
    assert lots(np.zeros_like(given.picture)) == lots(given.picture)


def test_lots_are_few_so_that_each_is_made_once(heads, tools, given, monkeypatch):
    """Oracle: a count."""
    folder, recipe, found = heads
    made: list[int] = []

    def make(floor, seed, tools):
        made.append(seed)
        return ball(0.12)

    monkeypatch.setattr(RandomHead, "known_head", make)
    monkeypatch.setattr("panic3d.evaluate.floors.LOTS", 1)
    own = Tools()
    own.__dict__["rasteriser"] = tools.rasteriser
    predict = RandomHead(folder, recipe).open(own)
    first, *others = (predict(replace(given, case=f"c{k}")) for k in range(4))
    assert made == found.seeds[:1].tolist()
    assert all(other.surface is first.surface for other in others)


def test_the_nearest_floor_shows_the_head_it_names(heads, tools, monkeypatch):
    monkeypatch.setattr("panic3d.evaluate.visible_truth.VIEWS", 8)
    folder, recipe, found = heads
    number = 1
    figure, _ = figure_of(make_character(int(found.seeds[number])))
    cameras = {"front": evaluation_cameras()["front"]}
    front = drawn(figure, tools.rasteriser, 96, cameras).views["front"]
    truth = Truth("x", {"front": front}, posed_surface(figure.posed, figure.origin)[0], REGION)
    prediction = NearestHead(folder, recipe).open(tools)(Given("x", "aligned", front, truth))
    assert np.array_equal(prediction.views["front"], front)
    assert prediction.surface is not None and len(prediction.surface.faces) > 1000


def test_the_nearest_head_is_made_once_for_several_characters(heads, tools, given, monkeypatch):
    """Oracle: a count; with the picture put on, it is the same head with other colours."""
    folder, recipe, found = heads
    made: list[int] = []

    def make(floor, seed, tools):
        made.append(seed)
        return ball(0.12)

    monkeypatch.setattr(NearestHead, "known_head", make)
    plain, put = (NearestHead(folder, recipe, stitched).open(tools) for stitched in (False, True))
    other = replace(given, case="b", picture=np.ascontiguousarray(given.picture[:, ::-1]))
    bare, again, dressed = plain(given), plain(other), put(given)
    assert len(made) == 1 and made[0] in found.seeds.tolist()
    assert again.views["front"] is bare.views["front"] and dressed.surface is bare.surface
    assert not np.array_equal(dressed.views["front"], bare.views["front"])


def test_surfaces_of_known_heads_are_kept_for_other_processes(tmp_path, monkeypatch):
    """Oracle: a count, and the surface itself; broken files and other code's are made again."""
    surface, made = sphere(0.1), []

    def ask(seed=5, recipe=RECIPE):
        def make():
            made.append(seed)
            return surface

        found = kept_surface(tmp_path, recipe, seed, make)
        assert np.array_equal(found.vertices, surface.vertices)
        assert np.array_equal(found.faces, surface.faces)
        assert found.vertices.dtype == np.float64 and found.faces.dtype == np.int32

    ask()
    ask()
    ask(6)
    assert made == [5, 6]
    (file,) = tmp_path.rglob("5.npz")
    file.write_bytes(b"PK\x03\x04 nothing")
    ask()
    ask(recipe=replace(RECIPE, engine="another"))
    monkeypatch.setattr("panic3d.evaluate.training_heads.code_digest", lambda: "other code")
    ask()
    assert made == [5, 6, 5, 5, 5]
    # What other code made lately stays: a program of that code may still run.
    assert len(list(tmp_path.rglob("5.npz"))) == 3


def test_surfaces_that_other_code_made_long_ago_go(tmp_path):
    names = ("0" * 16, "1" * 16, "not ours")
    fresh, old, foreign = (tmp_path / "surfaces" / name for name in names)
    for other, hours in ((fresh, 23), (old, 25), (foreign, 25)):
        other.mkdir(parents=True)
        (other / "5.npz").write_bytes(b"")
        then = time.time() - 3600 * hours
        os.utime(other, (then, then))
    kept_surface(tmp_path, RECIPE, 5, lambda: sphere(0.1))
    assert fresh.is_dir() and foreign.is_dir() and not old.exists()


@pytest.mark.parametrize("error", [Panic3dError, OSError])
def test_a_surface_that_cannot_be_kept_is_returned(tmp_path, monkeypatch, error):
    def fail(*_):
        raise error("the disk is full")

    surface = sphere(0.1)
    monkeypatch.setattr("panic3d.evaluate.training_heads._write", fail)
    assert kept_surface(tmp_path, RECIPE, 5, lambda: surface) is surface


def test_tools_keep_what_was_asked_for_last():
    tools, made = Tools(), []

    def ask(what, key, most=1):
        def make():
            made.append((what, key))
            return key

        return tools.recall(what, key, make, most)

    assert [ask("head", key, 2) for key in (1, 2, 1, 3, 1, 2)] == [1, 2, 1, 3, 1, 2]
    assert made == [("head", key) for key in (1, 2, 3, 2)]
    assert ask("mean", 1) == ask("mean", 1) == 1
    assert made[4:] == [("mean", 1)] and ask("head", 1, 2) == 1 and len(made) == 5
