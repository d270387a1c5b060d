"""Running: everything once, whatever happens in between."""

import math
from dataclasses import replace

import pytest

from panic3d.errors import ConfigError, PictureError, ShapeError
from panic3d.evaluate.floors import Billboard, MeanHead
from panic3d.evaluate.instruments import Instruments
from panic3d.evaluate.open_source import check_tracks
from panic3d.evaluate.oracle import Oracle
from panic3d.evaluate.plan import EvaluationPlan
from panic3d.evaluate.predictors import SavedHeads
from panic3d.evaluate.preparations import Preparation
from panic3d.evaluate.run import evaluate
from panic3d.evaluate.summary import summarise
from panic3d.evaluate.training_heads import TrainingRecipe, heads_path, write_heads

from .balls import Balls, Neighbour, mean_ball
from .test_bootstrap import chance

pytest.importorskip("igl", reason="libigl is not installed: pip install 'panic3d[eval]'")
pytestmark = pytest.mark.usefixtures("rasteriser")


IDEAL = Preparation(name="ideal")


def plan_of(tmp_path, *predictors, count=2, faceless="", **options):
    return EvaluationPlan(
        source=Balls(count, faceless=faceless),
        predictors=predictors,
        out=tmp_path / "out",
        floors=tmp_path / "floors",
        instruments=Instruments(folder=tmp_path),
        **options,
    )


def test_the_truth_itself_reaches_the_oracle_and_its_neighbour_does_not(tmp_path):
    recipe = TrainingRecipe(count=2, grid=32, engine="made up")
    write_heads(heads_path(tmp_path / "floors", recipe), mean_ball())
    found = evaluate(
        plan_of(
            tmp_path,
            Neighbour("truth"),
            Neighbour("neighbour", 1),
            Billboard(tmp_path / "floors", recipe),
            MeanHead(tmp_path / "floors", recipe),
            Oracle(resolution=64),
            count=1,
        )
    )
    assert len(found.results) == 5 and not found.unmeasured
    block = summarise(found.results, chance(), 50)[0]
    scores = block.scores
    assert set(block.estimates["truth"]) >= {"front.psnr", "geom.cd_cm", "geom.f1_5", "side.iou"}
    for name in ("front.psnr", "360.psnr", "geom.cd_cm", "side.iou", "front.depth_mm"):
        assert scores["truth"][name].mean >= 1 - 1e-9
        assert scores["neighbour"][name].mean < scores["truth"][name].mean
    assert block.estimates["truth"]["geom.cd_cm"].mean < 1e-4
    assert block.estimates["truth"]["geom.f1_5"].mean == 100


def test_what_is_done_is_not_done_again(tmp_path):
    notes = tmp_path / "asked"
    entry = Neighbour("ours", 1, notes)
    plan = plan_of(tmp_path, entry, count=3)
    first = evaluate(plan)
    assert len(notes.read_text().split("\n")) == 4
    assert evaluate(plan).results == first.results
    assert len(notes.read_text().split("\n")) == 4
    # A killed run: one result was never written, one picture neither.
    ledger = plan.ledger(entry)
    lines = ledger.read_text().splitlines()
    ledger.write_text("\n".join(lines[:2]))
    plan.picture(entry, "ball-0", "aligned").unlink()
    again = evaluate(plan)
    assert [r.measures for r in again.results] == [r.measures for r in first.results]
    asked = notes.read_text().split()
    assert sorted(asked[1::2]) == ["ball-0"] * 2 + ["ball-1"] + ["ball-2"] * 2
    # Other points on the surfaces are another measurement.
    evaluate(plan_of(tmp_path, entry, count=3, seed=1))
    assert len(notes.read_text().split("\n")) == 9


def test_whoever_fails_has_an_empty_head_and_says_why(tmp_path):
    found = evaluate(plan_of(tmp_path, Neighbour("ours", failing="ball-1")))
    good, bad = found.results
    assert good.failure is None and good.measures["geom.f1_5"] == 100
    assert bad.failure == "ValueError: no such head"
    assert bad.measures["geom.f1_5"] == 0 and math.isnan(bad.measures["geom.cd_cm"])
    assert bad.measures["front.iou"] == 0


def test_whoever_takes_the_process_down_fails_there_alone(tmp_path):
    found = evaluate(plan_of(tmp_path, Neighbour("deadly", deadly="ball-1")), apart=True)
    good, bad = found.results
    assert good.failure is None and not found.unmeasured
    assert bad.failure is not None and "exit code 3" in bad.failure
    assert bad.measures["geom.f1_5"] == 0


def test_who_does_not_look_is_asked_once_for_all_tracks(tmp_path):
    class Blind(Neighbour):
        looks = False

    notes = tmp_path / "asked"
    plan = plan_of(
        tmp_path, Blind("blind", 1, notes), count=1, tracks=("aligned", "wild"), preparation=IDEAL
    )
    found = evaluate(plan)
    assert notes.read_text().split() == ["aligned", "ball-0"]
    assert [(r.track, r.key.preparation) for r in found.results] == [
        ("aligned", ""),
        ("wild", "ideal"),
    ]
    assert found.results[0].measures == found.results[1].measures


class Unfed(Neighbour):
    """Its weights do not fit."""

    def open(self, tools):
        def predict(given):
            raise ShapeError("conditions['resnet_chonk'] is absent")

        return predict


def test_who_cannot_be_fed_stops_the_run_instead_of_scoring_nothing(tmp_path):
    with pytest.raises(ShapeError, match="resnet_chonk"):
        evaluate(plan_of(tmp_path, Unfed("unfed")))


def test_a_picture_that_cannot_be_prepared_fails_whoever_looks(tmp_path):
    class Blind(Neighbour):
        looks = False

    options = {"tracks": ("aligned", "wild"), "preparation": IDEAL, "faceless": "ball-0"}
    found = evaluate(plan_of(tmp_path, Neighbour("ours"), Blind("blind"), count=1, **options))
    failures = {(r.predictor, r.track): r.failure for r in found.results}
    assert failures == {
        ("ours", "aligned"): None,
        ("ours", "wild"): "not prepared: there is no face",
        ("blind", "aligned"): None,
        ("blind", "wild"): None,
    }
    wild = next(r for r in found.results if (r.predictor, r.track) == ("ours", "wild"))
    assert wild.measures["geom.f1_5"] == 0


def test_heads_saved_of_wild_pictures_are_their_own_preparation(tmp_path):
    """Oracle: heads of aligned pictures are never judged as wild ones; floors are, for both."""
    for place in ("a/wild/ball-0", "a/ball-0", "b/ball-0"):
        (tmp_path / place).mkdir(parents=True)
    wild, plain = SavedHeads(tmp_path / "a"), SavedHeads(tmp_path / "b")
    network, floor = Neighbour("network"), Neighbour("floor", role="floor")
    tracks = ("aligned", "wild")
    plan = plan_of(
        tmp_path, wild, plain, network, floor, tracks=tracks, preparation=Preparation(name="own")
    )
    assert [plan.tracks_of(p) for p in plan.predictors] == [tracks, *[("aligned",)] * 2, tracks]
    assert plan.prepared("wild") == "own" and plan.prepared("aligned") == ""
    plan = plan_of(tmp_path, wild, network, tracks=tracks, preparation=IDEAL)
    assert [plan.tracks_of(p) for p in plan.predictors] == [("aligned",), tracks]
    assert wild.folder("ball-0", "wild") == tmp_path / "a" / "wild" / "ball-0"
    assert plain.folder("ball-0", "render") == tmp_path / "b" / "ball-0"
    with pytest.raises(PictureError, match=r"there is no .*wild"):
        plain.folder("ball-0", "wild")


def test_other_code_measures_again(tmp_path, monkeypatch):
    notes = tmp_path / "asked"
    plan = plan_of(tmp_path, Neighbour("ours", 1, notes), count=1)
    evaluate(plan)
    monkeypatch.setattr("panic3d.evaluate.instruments.code_digest", lambda: "other code")
    evaluate(plan)
    assert notes.read_text().split() == ["aligned", "ball-0"] * 2


def test_benchmarks_modes_and_preparations_do_not_share_pictures(tmp_path):
    predictor = Neighbour("ours")
    plan = plan_of(tmp_path, predictor, preparation=IDEAL)
    others = [
        replace(plan, source=Balls(2, digest="other")),
        replace(plan, mode="paper"),
        replace(plan, preparation=Preparation(name="panic3d")),
    ]
    places = [
        {each.picture(predictor, "ball-0", "wild"), each.input_picture("ball-0", "wild")}
        for each in (plan, *others)
    ]
    assert len(set().union(*places)) == 8
    assert plan.truth_picture("ball-0") != others[0].truth_picture("ball-0")


def test_two_of_one_name_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="several predictors"):
        plan_of(tmp_path, Neighbour("a/b"), Neighbour("a_b"))


def test_wild_pictures_need_a_preparation():
    check_tracks(("aligned", "wild"), "ideal")
    check_tracks(("aligned",), "none")
    with pytest.raises(ConfigError, match="prepares the pictures of the track wild"):
        check_tracks(("wild",), "none")
    with pytest.raises(ConfigError, match="no track side"):
        check_tracks(("side",), "none")
    with pytest.raises(ConfigError, match="there are no tracks"):
        check_tracks((), "none")
