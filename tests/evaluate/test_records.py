"""Results on disk."""

import math

from panic3d.evaluate.records import Ledger, file_name, read_results
from tests.evaluate.results import result


def test_results_come_back_as_they_were(tmp_path):
    path = tmp_path / "ours.jsonl"
    first = result("one", front_psnr=12.5, back_psnr=math.inf, geom_cd_cm=math.nan)
    second = result("two", failure="it broke", front_psnr=3.0)
    Ledger(path).add([first, second])
    found = {each.case: each for each in read_results(path)}
    assert found["two"] == second
    assert math.isnan(found["one"].measures["geom.cd_cm"])
    assert found["one"].measures["front.psnr"] == 12.5
    assert found["one"].measures["back.psnr"] == math.inf
    assert first.key in Ledger(path) and first.key._replace(mode="paper") not in Ledger(path)


def test_a_line_that_is_cut_short_costs_only_its_own_work(tmp_path):
    path = tmp_path / "ours.jsonl"
    Ledger(path).add([result("one"), result("two")])
    path.write_bytes(path.read_bytes()[:-20])
    ledger = Ledger(path)
    assert [each.case for each in read_results(path)] == ["one"]
    ledger.add([result("three")])
    assert [each.case for each in read_results(path)] == ["one", "three"]


def test_a_newer_result_takes_the_place_of_an_older(tmp_path):
    path = tmp_path / "ours.jsonl"
    ledger = Ledger(path)
    ledger.add([result("one", front_psnr=1.0)])
    ledger.add([result("one", front_psnr=2.0)])
    assert [each.measures["front.psnr"] for each in read_results(path)] == [2.0]


def test_names_fit_any_file_system():
    assert file_name("runs/a b.safetensors") == "runs_a_b.safetensors"
    assert file_name("...") == "unnamed"
