"""All measures of one head, and every quirk of the paper's protocol that moves a number."""

import math
from dataclasses import replace

import numpy as np
import pytest

from panic3d.errors import MeshError, PictureError
from panic3d.evaluate import clip, lpips
from panic3d.evaluate.cases import VIEW_NAMES, Prediction, Truth
from panic3d.evaluate.clipping import EMPTY
from panic3d.evaluate.networks import Memory
from panic3d.evaluate.protocol import (
    MOST_PSNR,
    SIDE_VIEWS,
    SPIN_VIEWS,
    VIEWS_NEEDED,
    Networks,
    Scorer,
    case_generator,
    compared_maps,
    score,
    squared,
)
from panic3d.evaluate.regions import Mode, Region
from panic3d.evaluate.strips import with_shown
from panic3d.evaluate.surface_metrics import Triangles
from panic3d.geometry.cameras import evaluation_cameras

from .shapes import sphere

pytest.importorskip("igl", reason="libigl is not installed: pip install 'panic3d[eval]'")

MIDDLE = Region(128.0, 128.0, 256.0, 256.0)
ASIDE = Region(100.0, 40.0, 200.0, 180.0)
SIZE = 64


def pictures(seed=0, size=SIZE):
    """Noise with round silhouettes."""
    rng = np.random.default_rng(seed)
    steps = (np.arange(size) + 0.5) / size - 0.5
    inside = steps[:, None] ** 2 + steps**2 < 0.16
    views = {}
    for name in VIEW_NAMES:
        views[name] = rng.integers(0, 256, (size, size, 4), np.uint8)
        views[name][..., 3] = np.where(inside, 255, 0)
    return views


def truth_of(surface=None, region=MIDDLE, **fields):
    return Truth(
        name="one",
        views=fields.pop("views", pictures()),
        surface=sphere(0.1) if surface is None else surface,
        region=region,
        **fields,
    )


def prediction_of(surface=None, **fields):
    return Prediction(
        views=fields.pop("views", pictures()),
        surface=sphere(0.1) if surface is None else surface,
        **fields,
    )


PAPER_ROWS = {f"{group}.psnr" for group in ("front", "back", "360")} | {
    "geom.cd_cm",
    "geom.empty",
    *(f"geom.{kind}_{limit}" for kind in ("f1", "precision", "recall") for limit in (5, 10)),
}


def test_each_mode_has_its_rows():
    """Without networks and maps."""
    extras = {"side.psnr", "front.ssim", "back.ssim", "front.iou", "back.iou", "side.iou"}
    assert set(score(truth_of(), prediction_of(), "paper")) == PAPER_ROWS
    assert set(score(truth_of(), prediction_of(), "fixed")) == PAPER_ROWS | extras


@pytest.mark.parametrize("mode", ["paper", "fixed"])
def test_the_truth_against_itself_is_perfect(mode):
    found = score(truth_of(), prediction_of(), mode)
    assert found["geom.cd_cm"] < 1e-6 and found["geom.empty"] == 0
    assert found["geom.f1_5"] == found["geom.precision_5"] == found["geom.recall_10"] == 100
    if mode == "paper":
        assert found["front.psnr"] == math.inf
        return
    assert found["front.psnr"] == found["side.psnr"] == MOST_PSNR
    assert found["front.iou"] == found["side.iou"] == 1
    assert found["front.ssim"] == pytest.approx(1)


@pytest.mark.parametrize("mode", ["paper", "fixed"])
def test_spheres_seven_millimetres_apart(mode):
    """Oracle: all points are 7 mm from the other sphere."""
    whole = Region(0.0, 0.0, 512.0, 512.0)
    found = score(truth_of(sphere(0.1), whole), prediction_of(sphere(0.107)), mode)
    assert found["geom.f1_5"] == 0 and found["geom.f1_10"] == 100
    assert found["geom.cd_cm"] == pytest.approx(0.7, abs=0.005)


# Nothing was predicted


@pytest.mark.parametrize("mode", ["paper", "fixed"])
@pytest.mark.parametrize(
    "surface", [None, EMPTY, sphere(0.01, (0.3, 0.3, 0.0))], ids=["none", "empty", "elsewhere"]
)
def test_nothing_has_no_distance_and_no_hits(mode, surface):
    prediction = Prediction(views=pictures(), surface=surface)
    found = score(truth_of(), prediction, mode)
    assert math.isnan(found["geom.cd_cm"]) and found["geom.empty"] == 1
    assert found["geom.f1_5"] == found["geom.f1_10"] == found["geom.recall_10"] == 0


@pytest.mark.parametrize("mode", ["paper", "fixed"])
def test_a_true_surface_outside_its_region_is_the_benchmarks_fault(mode):
    with pytest.raises(MeshError, match="of one lies in"):
        score(truth_of(region=Region(0.0, 0.0, 100.0, 100.0)), prediction_of(), mode)


# Surfaces: which parts are compared


def blob(x):
    return sphere(0.03, (x, 0.05, 0.0), cuts=4)


def two(first, second):
    return Triangles(
        np.concatenate([first.vertices, second.vertices]),
        np.concatenate([first.faces, second.faces + np.int32(len(first.vertices))]),
    )


def test_paper_compares_the_mirror_image_of_the_truths_region():
    """The region is the image's left half. The truth's right blob is compared with the left one."""
    region = Region(60.0, 0.0, 300.0, 256.0)
    truth = truth_of(two(blob(-0.15), blob(0.15)), region)
    left = score(truth, prediction_of(blob(-0.15)), "paper")
    assert left["geom.f1_10"] == 0 and left["geom.cd_cm"] > 20
    fixed = score(truth, prediction_of(blob(-0.15)), "fixed")
    assert fixed["geom.f1_5"] == 100 and fixed["geom.cd_cm"] < 1e-6


def test_paper_drops_large_triangles_that_cross_the_border_and_fixed_cuts_them():
    """Oracle: two large triangles are the plane they are cut from."""
    corners = np.array([[-1.0, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]])
    large = Triangles(corners, np.array([[0, 1, 2], [0, 2, 3]], np.int32))
    plate = Triangles(corners * 0.1, large.faces)
    region = Region(183.0, 183.0, 146.0, 146.0)  # just within the plate: its triangles cross too
    assert score(truth_of(plate, MIDDLE), prediction_of(large), "paper")["geom.empty"] == 1
    assert score(truth_of(plate, region), prediction_of(large), "fixed")["geom.f1_5"] == 100


def test_depth_has_no_bounds_in_paper_and_the_boxs_in_fixed():
    """Oracle: a second sphere 0.5 m behind halves the precision, or does not count."""
    far = two(sphere(0.1), sphere(0.1, (0.0, 0.0, -0.5)))
    paper = score(truth_of(), prediction_of(far), "paper")
    assert paper["geom.precision_10"] == pytest.approx(50, abs=2)
    assert score(truth_of(), prediction_of(far), "fixed")["geom.precision_10"] == 100


def test_points_are_seeded_by_the_case_alone():
    """Oracle: the same numbers again, whatever came before; others for another name."""
    truth, prediction = truth_of(), prediction_of(sphere(0.105, cuts=3))
    once = score(truth, prediction, "fixed")
    score(replace(truth, name="two"), prediction, "fixed")
    assert score(truth, prediction, "fixed") == once
    given = score(truth, prediction, "fixed", generator=case_generator("one"))
    assert given == once
    other = score(replace(truth, name="two"), prediction, "fixed")
    assert other["geom.cd_cm"] != once["geom.cd_cm"]
    assert other["geom.cd_cm"] == pytest.approx(once["geom.cd_cm"], abs=0.01)


# Pictures: which parts are compared


def plain(value, alpha=255, size=SIZE):
    return np.concatenate(
        [np.full((size, size, 3), value, np.uint8), np.full((size, size, 1), alpha, np.uint8)], -1
    )


def test_the_psnr_of_plain_pictures():
    """Oracle: 20 log10(255 / 51) on white; transparent pictures are white."""
    ours = {name: plain(204) for name in VIEW_NAMES}
    theirs = {name: plain(0, alpha=0) for name in VIEW_NAMES}
    for mode in ("paper", "fixed"):
        found = score(truth_of(views=theirs), prediction_of(views=ours), mode)
        for group in ("front", "back", "360"):
            assert found[f"{group}.psnr"] == pytest.approx(20 * math.log10(5), abs=1e-4)


def test_the_peak_of_paper_is_the_truths_brightest_value():
    """Oracle: 102 of 255 in the truth, 51 in the prediction: 51 apart, peak 102 or 255."""
    ours = {name: plain(51) for name in VIEW_NAMES}
    theirs = {name: plain(102) for name in VIEW_NAMES}
    truth, prediction = truth_of(views=theirs), prediction_of(views=ours)
    paper, fixed = (score(truth, prediction, mode)["front.psnr"] for mode in ("paper", "fixed"))
    assert paper == pytest.approx(20 * math.log10(2), abs=1e-4)
    assert fixed == pytest.approx(20 * math.log10(5), abs=1e-4)


def test_only_the_region_counts_and_the_back_is_mirrored():
    """Oracle: what is painted outside the region, or outside its mirror image, changes nothing."""
    top, left, bottom, right = (round(k * SIZE / 512) for k in (100, 40, 300, 220))
    ours = pictures()
    for name, columns in (("front", (left, right)), ("back", (SIZE - right, SIZE - left))):
        inside = np.zeros((SIZE, SIZE), bool)
        inside[top : bottom + 1, columns[0] : columns[1] + 1] = True
        if name == "back":
            inside[:, columns[0] - 1] = inside[:, columns[1]]
        ours[name][~inside] = 77
    found = score(
        truth_of(sphere(0.05, (-0.17, 0.05, 0.0)), ASIDE),
        prediction_of(sphere(0.05, (-0.17, 0.05, 0.0)), views=ours),
        "fixed",
    )
    assert found["front.psnr"] == found["back.psnr"] == MOST_PSNR
    ours["back"] = np.ascontiguousarray(ours["back"][:, ::-1])
    worse = score(
        truth_of(sphere(0.05, (-0.17, 0.05, 0.0)), ASIDE), prediction_of(views=ours), "fixed"
    )
    assert worse["back.psnr"] < 20


def test_views_all_round_are_compared_over_their_full_width():
    """Oracle: a difference in the outermost columns counts in 360, not in front or back."""
    ours = {name: picture.copy() for name, picture in pictures().items()}
    for picture in ours.values():
        picture[:, -2:] = [0, 0, 0, 255]
    found = score(truth_of(), prediction_of(views=ours), "paper")
    assert found["front.psnr"] == found["back.psnr"] == math.inf
    assert 8 < found["360.psnr"] < 20


def test_the_views_all_round_and_aside_are_means():
    """Oracle: the decibels of each view, averaged by hand."""
    ours = {name: plain(255 - 10 * k) for k, name in enumerate(VIEW_NAMES, 1)}
    theirs = {name: plain(255) for name in VIEW_NAMES}
    found = score(truth_of(views=theirs), prediction_of(views=ours), "fixed")

    def decibels(name):
        return 20 * math.log10(255 / (10 * (VIEW_NAMES.index(name) + 1)))

    assert found["360.psnr"] == pytest.approx(np.mean([decibels(n) for n in SPIN_VIEWS]), abs=1e-4)
    assert found["side.psnr"] == pytest.approx(np.mean([decibels(n) for n in SIDE_VIEWS]), abs=1e-4)


def test_the_sides_are_the_views_60_to_120_degrees_off_the_front():
    azimuths = sorted(evaluation_cameras()[name].azimuth_deg for name in SIDE_VIEWS)
    assert azimuths == [-120, -90, -60, 60, 90, 120]


def test_the_views_from_left_and_right_are_not_looked_at():
    views = {name: picture for name, picture in pictures().items() if name in VIEWS_NEEDED}
    assert set(VIEW_NAMES) - set(VIEWS_NEEDED) == {"left", "right"}
    score(truth_of(views=views), prediction_of(views=views), "fixed")


def test_a_missing_view_is_named():
    views = {name: picture for name, picture in pictures().items() if name != "0044"}
    with pytest.raises(PictureError, match="prediction of one has no view 0044"):
        score(truth_of(), prediction_of(views=views), "paper")
    with pytest.raises(PictureError, match="truth of one has no view 0044"):
        score(truth_of(views=views), prediction_of(), "paper")


def test_views_of_another_size_are_refused():
    with pytest.raises(PictureError, match="64 x 64 pixels in the truth and 32 x 32"):
        score(truth_of(), prediction_of(views=pictures(size=32)), "fixed")


# Silhouettes and maps


def test_silhouettes_are_left_out_where_pictures_have_none():
    ours = pictures()
    ours["0044"] = plain(255)
    found = score(truth_of(), prediction_of(views=ours), "fixed")
    assert "side.iou" not in found and found["front.iou"] == 1


def test_a_silhouette_of_half_the_width():
    """Oracle: counting pixels of the region."""
    ours = pictures()
    ours["front"][:, : SIZE // 2, 3] = 0
    assert score(truth_of(), prediction_of(views=ours), "fixed")["front.iou"] == 0.5


def test_maps_are_compared_where_both_have_something():
    """Oracle: 20 mm and 90 degrees apart in the one half that both have."""
    names = ("front", "back", *SIDE_VIEWS)
    theirs = np.full((SIZE, SIZE), 1.0, np.float32)
    ours = theirs + np.float32(0.02)
    ours[:, : SIZE // 2] = np.nan
    up = np.zeros((SIZE, SIZE, 3), np.float32)
    up[..., 1] = 1
    ahead = np.zeros((SIZE, SIZE, 3), np.float32)
    ahead[..., 2] = 1
    truth = truth_of(depths=dict.fromkeys(names, theirs), normals={"front": up})
    prediction = prediction_of(depths=dict.fromkeys(names, ours), normals={"front": ahead})
    found = score(truth, prediction, "fixed")
    for group in ("front", "side", "back"):
        assert found[f"{group}.depth_mm"] == pytest.approx(20, abs=1e-3)
    assert found["front.normal_deg"] == pytest.approx(90)
    assert "back.normal_deg" not in found
    assert not {"front.depth_mm"} & set(score(truth, prediction, "paper"))


def test_maps_of_another_size_are_refused():
    truth = truth_of(depths={"front": np.ones((SIZE, SIZE), np.float32)})
    prediction = prediction_of(depths={"front": np.ones((32, 32), np.float32)})
    with pytest.raises(PictureError, match="map of view front"):
        score(truth, prediction, "fixed")


# Networks


def test_lpips_is_told_the_mode(monkeypatch):
    """Paper feeds it [0, 1], fixed [-1, 1]; `lpips_distance` sees to that, and its own tests."""
    told = []

    def distance(network, predicted, truth, mode):
        told.append((mode, float(truth.min()) >= 0, float(truth.max()) <= 1))
        return 0.25

    monkeypatch.setattr(lpips, "lpips_distance", distance)
    for mode in ("paper", "fixed"):
        told.clear()
        found = score(truth_of(), prediction_of(), mode, Networks(lpips=lpips.Lpips()))
        assert told == [(mode, True, True)] * 14
        assert found["front.lpips"] == found["360.lpips"] == 25
        assert ("side.lpips" in found) == (mode == "fixed")


def test_clip_sees_all_of_a_long_region_in_fixed_mode(monkeypatch):
    """Oracle: what is handed over. The network itself cuts the middle square out."""
    shapes = []

    def similarity(network, predicted, truth):
        shapes.append(predicted.shape)
        return 0.5

    monkeypatch.setattr(clip, "clip_similarity", similarity)
    region = Region(128.0, 128.0, 160.0, 256.0)
    fronts: dict[Mode, tuple[int, ...]] = {"paper": (20, 32, 3), "fixed": (32, 32, 3)}
    for mode, front in fronts.items():
        shapes.clear()
        networks = Networks(clip=clip.Clip(None, None, Memory()))
        found = score(truth_of(region=region), prediction_of(), mode, networks)
        assert shapes[0] == front and len(shapes) == 14
        assert found["360.clip"] == 50


def test_a_squared_picture_has_itself_in_the_middle():
    picture = np.zeros((3, 7, 3), np.float32)
    found = squared(picture)
    assert found.shape == (7, 7, 3)
    assert (found[2:5] == 0).all() and (found[:2] == 1).all() and (found[5:] == 1).all()


@pytest.mark.parametrize("mode", ["paper", "fixed"])
def test_predictions_that_share_things_are_measured_as_if_alone(mode):
    """Oracle: each measured by itself, in another order; some share surfaces, some maps."""
    names = ("front", "back", *SIDE_VIEWS)
    depths = [
        dict.fromkeys(names, np.full((SIZE, SIZE), metres, np.float32)) for metres in (1, 1.1, 1.3)
    ]
    truth = truth_of(depths=depths[0])
    small, large = sphere(0.096), sphere(0.108)
    predictions = [
        prediction_of(small, depths=depths[1]),
        prediction_of(small, depths=depths[2], views=pictures(1)),
        prediction_of(large, depths=depths[2]),
        Prediction(pictures(2)),
        prediction_of(large, depths=depths[1], views=pictures(2)),
        prediction_of(small, depths=depths[1], views=pictures(3)),
    ]
    alone = [score(truth, prediction, mode) for prediction in reversed(predictions)][::-1]
    scorer = Scorer(truth, mode)
    for prediction, expected in zip(predictions, alone, strict=True):
        np.testing.assert_equal(scorer.score(prediction), expected)
    assert len({tuple(found.values()) for found in alone}) == len(alone)


def test_maps_are_compared_where_the_truth_has_all_of_a_group():
    depths = dict.fromkeys(VIEW_NAMES, np.ones((SIZE, SIZE), np.float32))
    normals = dict.fromkeys(("front", "left", SIDE_VIEWS[0]), np.ones((SIZE, SIZE, 3), np.float32))
    truth = truth_of(depths=depths, normals=normals)
    found = compared_maps(truth, "fixed")
    assert found.depths == {"front", "back", *SIDE_VIEWS} and found.normals == {"front"}
    paper = compared_maps(truth, "paper")
    assert not paper.depths and not paper.normals
    # The view from the left is shown and not measured, that from the right neither.
    assert paper.views == found.views == set(VIEWS_NEEDED) == set(VIEW_NAMES) - {"left", "right"}
    shown = with_shown(found)
    assert shown.views == set(VIEW_NAMES) - {"right"} and shown[:2] == found[:2]
