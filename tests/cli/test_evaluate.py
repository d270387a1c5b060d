"""``panic3d evaluate`` as a user meets it."""

import json
import shutil
from dataclasses import replace

import pytest

from panic3d.cli.main import main
from panic3d.evaluate.open_bench.make import BenchmarkPlan, finish_benchmark, make_benchmark
from panic3d.evaluate.open_bench.recipe import RECIPES
from panic3d.work.jobs import run_tasks
from tests.characters.fakes import open_fake

pytest.importorskip("igl", reason="libigl is not installed: pip install 'panic3d[eval]'")

SIZE = 128


@pytest.fixture(scope="module")
def benchmark(tmp_path_factory, rasteriser):
    """The procedural half, of two round heads."""
    recipe = replace(RECIPES["open-bench-1-val"], each=2, size=SIZE, wild_px=(64, 96))
    plan = BenchmarkPlan(out=tmp_path_factory.mktemp("benchmarks"), recipe=recipe)
    with pytest.MonkeyPatch.context() as patch:
        made = "panic3d.evaluate.open_bench.make"
        patch.setattr(f"{made}.run_tasks", lambda make, tasks, *rest, apart: run_tasks(make, tasks))
        patch.setattr(f"{made}.engine_sha256", lambda *words: "0" * 64)
        patch.setattr("panic3d.evaluate.visible_truth.VIEWS", 8)
        assert {one.status for one in make_benchmark(plan, engines=open_fake)} == {"done"}
        finish_benchmark(plan, plan.out / "frozen.json")
    return plan.root


def arguments(benchmark, out, *more):
    return ["evaluate", "--benchmark", str(benchmark), "--out", str(out), *map(str, more)]


def test_saved_heads_get_a_table_and_a_report(benchmark, tmp_path, capsys, monkeypatch):
    """Oracle: of views that are the truth's own, PSNR is as high as it goes; there is no mesh."""
    # Processes take seconds to start.
    monkeypatch.setattr(
        "panic3d.evaluate.run.run_tasks", lambda make, tasks, *_: run_tasks(make, tasks)
    )
    heads = tmp_path / "mine"
    shutil.copytree(
        benchmark / "characters" / "procedural-00" / "views", heads / "procedural-00" / "views"
    )
    out = tmp_path / "out"
    options = ("--predictions", heads, "--without-floors", "--workers", "1")
    assert main(arguments(benchmark, out, *options)) == 0
    printed = capsys.readouterr().out
    assert "track wild left out" in printed
    assert "2 characters from 2 assets" in printed
    assert "mine failed on 1 of 2, counted as an empty head" in printed
    assert "panic3d weights fetch lpips-alex" in printed
    value = json.loads((out / "report.json").read_text())
    good, bad = value["results"]
    assert good["measures"]["front.psnr"] == 60 and good["measures"]["geom.f1_5"] == 0
    assert bad["failure"].startswith("PictureError: there is neither")
    assert (out / "report.html").stat().st_size > 10_000
    # Again: nothing is judged, and everything is told.
    assert main(arguments(benchmark, out, *options)) == 0
    assert capsys.readouterr().out == printed


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--without-floors",), "nobody is judged"),
        (("--predictions", "nobody"), "no saved heads"),
        (("--weights", "best"), "best"),
        (("--tracks", "side"), "no track side"),
        (("--animerecon", "lustrous"), "one folder of --predictions"),
        (("--squeezenet", "no.safetensors", "--predictions", "x"), "no.safetensors"),
    ],
)
def test_what_cannot_be_judged_is_said_in_one_line(benchmark, tmp_path, capsys, more, said):
    options = more if "--without-floors" in more else (*more, "--without-floors")
    assert main(arguments(benchmark, tmp_path / "out", *options)) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
    assert not (tmp_path / "out" / "report.html").exists()


def test_a_folder_that_is_no_benchmark_is_refused_before_any_work(tmp_path, capsys):
    assert main(arguments(tmp_path, tmp_path / "out", "--weights", "first")) == 1
    assert "benchmark make" in capsys.readouterr().err
    assert main(["evaluate", "--weights", "first"]) == 1
    assert "--benchmark" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
