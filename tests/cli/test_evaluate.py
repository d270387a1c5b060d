"""``panic3d evaluate`` as a user meets it."""

import json
import shutil

import pytest

from panic3d.cli.main import main
from panic3d.weights import specs
from panic3d.work.jobs import run_tasks
from tests.evaluate.small import make_fast, small_benchmark, tiny_weights

pytest.importorskip("igl", reason="libigl is not installed: pip install 'panic3d[eval]'")


@pytest.fixture(scope="module")
def benchmark(tmp_path_factory, rasteriser):
    """The procedural half, of two round heads."""
    return small_benchmark(tmp_path_factory.mktemp("benchmarks"))


def here(make, tasks, *_):
    """Do tasks without processes, which take seconds to start."""
    return run_tasks(make, tasks)


def arguments(benchmark, out, *more):
    return ["evaluate", "--benchmark", str(benchmark), "--out", str(out), *map(str, more)]


def test_saved_heads_get_a_table_and_a_report(benchmark, tmp_path, capsys, monkeypatch):
    """Oracle: of views that are the truth's own, PSNR is as high as it goes; there is no mesh."""
    monkeypatch.setattr("panic3d.evaluate.run.run_tasks", here)
    heads = tmp_path / "mine"
    shutil.copytree(
        benchmark / "characters" / "procedural-00" / "views", heads / "procedural-00" / "views"
    )
    out = tmp_path / "out"
    options = ("--predictions", heads, "--without-floors", "--workers", "1")
    assert main(arguments(benchmark, out, *options)) == 0
    printed = capsys.readouterr().out
    assert "track wild left out: no head was saved for it" in printed
    assert "2 characters from 4 assets" in printed
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
    ("mode", "tracks"), [("fixed", ("aligned",)), ("paper", ("aligned", "wild"))]
)
def test_networks_are_fed_and_judged(benchmark, tmp_path, capsys, monkeypatch, mode, tracks):
    """A network of the paper's kind, conditioned on a tagger's features, and our own."""
    monkeypatch.setattr("panic3d.evaluate.run.run_tasks", here)
    make_fast(monkeypatch)
    tiny = tiny_weights(tmp_path / "weights")
    out = tmp_path / "out"
    options = ("--weights", tiny, "open-v1", "--without-floors", "--limit", "1", "--mode", mode)
    chosen = ("--tracks", ",".join(tracks), "--preparation", "ideal")
    assert main(arguments(benchmark, out, *options, *chosen)) == 0
    value = json.loads((out / "report.json").read_text())
    assert value["device"] == "cpu" and value["mode"] == mode and len(value["code"]) == 16
    found = value["results"]
    assert {(r["predictor"], r["track"]) for r in found} == {
        (name, track) for name in (str(tiny), "open-v1") for track in tracks
    }
    for result in found:
        measures = result["measures"]
        assert result["failure"] is None and measures["geom.empty"] == 0, result
        assert measures["geom.f1_10"] > 1 and measures["front.psnr"] > 3
        assert ("front.normal_deg" in measures) == (mode == "fixed")
    assert f"{mode} mode" in capsys.readouterr().out
    # Without its tagger the run stops: nobody is scored as an empty head.
    (tmp_path / "weights" / "tagger.safetensors").unlink()
    other = arguments(benchmark, tmp_path / "other", *options)
    assert main(other) == 1
    assert "the tagger whose features it takes" in capsys.readouterr().err
    assert not (tmp_path / "other" / "report.json").exists()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--without-floors",), "nobody is judged"),
        (("--predictions", "nobody"), "no saved heads"),
        (("--weights", "best"), "best"),
        (("--tracks", "side", "--predictions", "."), "no track side"),
        (("--tracks", "wild", "--weights", "open-v1"), "nothing prepares the pictures"),
        (
            ("--preparation", "panic3d", "--prepare-weights", "nowhere", "--weights", "open-v1"),
            "no weights 'nowhere' to prepare portraits",
        ),
        (("--animerecon", "lustrous"), "--benchmark means nothing with --animerecon"),
        (("--squeezenet", "no.safetensors", "--predictions", "x"), "no.safetensors"),
    ],
)
def test_what_cannot_be_judged_is_said_in_one_line(
    benchmark, tmp_path, capsys, monkeypatch, more, said
):
    monkeypatch.setitem(specs.ALIASES, "open", ("open-v1",))
    options = more if "--without-floors" in more else (*more, "--without-floors")
    assert main(arguments(benchmark, tmp_path / "out", *options)) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
    assert not (tmp_path / "out" / "report.html").exists()


def test_a_folder_that_is_no_benchmark_is_refused_before_any_work(tmp_path, capsys):
    assert main(arguments(tmp_path, tmp_path / "out", "--weights", "open-v1")) == 1
    assert "benchmark make" in capsys.readouterr().err
    assert main(["evaluate", "--weights", "open-v1"]) == 1
    assert "--benchmark" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
