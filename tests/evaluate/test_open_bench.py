"""The open benchmark: built, resumed, frozen and read."""

import hashlib
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from panic3d.cli.main import main
from panic3d.errors import ConfigError, DatasetError
from panic3d.evaluate.cases import VIEW_NAMES
from panic3d.evaluate.open_bench.arrays import arrays_bytes, read_arrays
from panic3d.evaluate.open_bench.freeze import freeze_folder
from panic3d.evaluate.open_bench.make import BenchmarkPlan, finish_benchmark, make_benchmark
from panic3d.evaluate.open_bench.probe import differences, thumbnail
from panic3d.evaluate.open_bench.read import read_benchmark
from panic3d.evaluate.open_bench.recipe import RECIPES
from panic3d.evaluate.open_bench.sheet import SHEET_BYTES, sheet_jpeg
from panic3d.evaluate.open_bench.wild import carried
from panic3d.evaluate.open_source import open_source
from panic3d.work.jobs import run_tasks
from tests.characters.fakes import open_fake, open_leaking
from tests.documents import ROOT, blocks

pytestmark = pytest.mark.usefixtures("rasteriser")

SIZE = 64
RECIPE = replace(RECIPES["open-bench-1"], each=2, size=SIZE, wild_px=(64, 96))


@pytest.fixture(autouse=True, scope="module")
def _fixed_engine():
    """The engine's digest is the same in every process, and costs nothing."""
    with pytest.MonkeyPatch.context() as patch:
        name = "panic3d.evaluate.open_bench.make.engine_sha256"
        patch.setattr(name, lambda *words: "0" * 64)
        # An eighth of the sides is enough for a ball.
        patch.setattr("panic3d.evaluate.visible_truth.VIEWS", 8)
        yield


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A folder with the names of all models; the fakes do not open them."""
    folder = tmp_path_factory.mktemp("models")
    for name in {name for cell in RECIPE.remixed for name in cell}:
        (folder / f"{name}.vrm").write_bytes(name.encode())
    return folder


def built(plan, engines=open_fake):
    """Build without processes, which take seconds to start."""

    def here(make, tasks, *rest, apart):
        return run_tasks(make, tasks)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("panic3d.evaluate.open_bench.make.run_tasks", here)
        return {one.key: one for one in make_benchmark(plan, engines=engines)}


@pytest.fixture(scope="module")
def finished(models, tmp_path_factory, rasteriser):
    """A benchmark of two characters of each half, its plan, and its frozen file."""
    out = tmp_path_factory.mktemp("benchmarks")
    plan = BenchmarkPlan(out=out, recipe=RECIPE, sources=models)
    done = built(plan)
    assert {one.status for one in done.values()} == {"done"}, done
    frozen = out / "frozen.json"
    assert finish_benchmark(plan, frozen).state == "not frozen"
    freeze_folder(plan.root, frozen)
    assert finish_benchmark(plan, frozen).state == "same"
    return plan, frozen


@pytest.fixture
def copy(finished, tmp_path):
    """One that may be changed."""
    plan, frozen = finished
    shutil.copytree(plan.root, tmp_path / "own" / RECIPE.name)
    return replace(plan, out=tmp_path / "own"), frozen


def digests(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


# What is built


def test_a_benchmark_is_whole(finished):
    benchmark = read_benchmark(finished[0].root, finished[1])
    assert benchmark.title == "open-bench-1" and benchmark.complete
    assert benchmark.halves == ("real", "procedural")
    names = [case.name for case in benchmark.cases]
    assert names == ["procedural-00", "real-00", "procedural-01", "real-01"]
    assert [case.source_assets for case in benchmark.cases] == [
        ("face:doll", "hair:hime"),
        ("face:vita", "hair:vita"),
        ("face:retro", "hair:drills"),
        ("face:godette", "hair:godette"),
    ]
    assert all(case.unseen == case.source_assets for case in benchmark.cases)
    text = (finished[0].root / "LICENCES.md").read_text()
    assert "Vita" in text and "Godette" in text


def test_views_depths_and_surface_are_of_one_thing(finished):
    """Oracle: parallel rays from 1 m away, so the nearest point has z = 1 - depth."""
    for case in read_benchmark(finished[0].root).cases:
        truth = case.truth()
        assert tuple(truth.views) == tuple(truth.depths) == VIEW_NAMES
        front, back = truth.depths["front"], truth.depths["back"]
        assert front.shape == (SIZE, SIZE) and np.isnan(front[0, 0])
        z = truth.surface.vertices[truth.surface.faces].reshape(-1, 3)[:, 2]
        assert 1 - np.nanmin(front) == pytest.approx(z.max(), abs=0.005)
        assert np.nanmin(back) - 1 == pytest.approx(z.min(), abs=0.005)
        hit = ~np.isnan(front)
        alpha = truth.views["front"][..., 3]
        assert (alpha[hit] > 0).mean() > 0.97 and (alpha[~hit] < 255).all()


def test_normals_look_at_the_camera(finished):
    truth = read_benchmark(finished[0].root).cases[0].truth()
    towards = {"front": (2, 1), "back": (2, -1), "left": (0, 1), "right": (0, -1)}
    assert set(truth.normals) == set(towards)
    for view, (axis, sign) in towards.items():
        normal = truth.normals[view]
        known = ~np.isnan(normal).any(-1)
        assert (known == ~np.isnan(truth.depths[view])).all()
        assert np.allclose(np.linalg.norm(normal[known], axis=-1), 1, atol=1e-5)
        assert (sign * normal[known][:, axis] > -0.02).all()


def test_the_region_is_the_head(finished):
    """Oracle: what the front view shows above the chin lies in it, and it ends below the chin."""
    for case in read_benchmark(finished[0].root).cases:
        truth, unit = case.truth(), 512 / SIZE
        region = truth.region
        chin = case.landmarks("front").points[2, 1]
        seen = np.argwhere(truth.views["front"][: round(chin), :, 3] > 127) * unit
        low, high = seen.min(0), seen.max(0) + unit
        assert region.row <= low[0] and region.column <= low[1]
        assert region.column + region.width >= high[1]
        assert region.row + region.height == pytest.approx(chin * unit + 0.03 / 0.7 * 512, abs=1)


def test_the_drawing_lies_on_the_view(finished):
    for case in read_benchmark(finished[0].root).cases:
        aligned = case.aligned()
        mine, theirs = (p[..., 3] > 127 for p in (aligned.illustration, aligned.render))
        assert (mine & theirs).sum() / (mine | theirs).sum() > 0.97


def test_a_wild_picture_knows_where_it_belongs(finished):
    sizes = set()
    for case in read_benchmark(finished[0].root).cases:
        wild = case.wild()
        height, width = wild.picture.shape[:2]
        sizes.add((height, width))
        assert 64 <= max(height, width) <= 96
        assert wild.matte.shape == wild.occluder.shape == (height, width)
        assert np.allclose(wild.rotation @ wild.rotation.T, np.eye(3), atol=1e-5)
        assert (wild.landmarks.points > 0).all()
        assert (wild.landmarks.points < (width, height)).all()
        laid = carried(wild.landmarks.points, wild.aligned_from_picture)
        off = laid - case.landmarks("front").points
        assert np.abs(off.mean(0)).max() < 0.01  # as least squares leave it
        rgba = wild.aligned(SIZE)
        assert rgba.shape == (SIZE, SIZE, 4)
    assert len(sizes) > 1


def test_the_surface_can_be_computed_again(finished, rasteriser):
    """Oracle: the model beside it, in the pose that the description names."""
    from panic3d.evaluate.visible_truth import visible_surface
    from panic3d.formats.vrm import read_vrm
    from panic3d.geometry.posing import Pose, head_origin, posed

    case = read_benchmark(finished[0].root).cases[0]
    character = read_vrm(case.folder / "character.vrm")
    figure = posed(character, Pose(expressions=case.about["expression"]))
    again = visible_surface(rasteriser, figure, head_origin(character))
    kept = case.truth().surface

    def area(mesh):
        a, b, c = (mesh.vertices[mesh.faces[:, k]] for k in range(3))
        return np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2

    assert area(again) == pytest.approx(area(kept), rel=1e-3)
    assert again.vertices.max(0) == pytest.approx(kept.vertices.max(0), abs=1e-5)


def test_the_sheet_is_small(finished):
    data = sheet_jpeg(read_benchmark(finished[0].root))
    assert data[:2] == b"\xff\xd8" and len(data) <= SHEET_BYTES


def test_the_page_lists_what_is_there(finished):
    """Oracle: docs/open-benchmark.md."""
    text = (ROOT / "docs" / "open-benchmark.md").read_text(encoding="utf-8")
    root = finished[0].root
    (listed,) = blocks(text, "text")
    named = set()
    for place in re.findall(r"\bOUT/NAME/(\S+?),?(?=\s|$)", listed):
        if place in ("sheet.jpg", "characters/ID/wild/picture.jpg"):
            continue  # with an option; or PNG
        place = place.replace("ID", "real-00").replace("VIEW", "front")
        assert (root / place).exists(), place
        named.add(place.partition("/")[0])
    assert {path.name for path in root.iterdir()} - {"sheet.jpg"} <= named | {"LICENCES.md"}
    fields = text.partition("| in `character.json`")[2].partition("**The region")[0]
    rows = re.findall(r"^\| (`.+?) \|", fields, re.M)
    about = read_benchmark(root).cases[0].about
    for word in (word for row in rows for word in re.findall(r"`([^`]+)`", row)):
        first, _, second = word.partition(".")
        assert first in about and (not second or second in about[first]), word
    (code,) = blocks(text, "python")
    exec(code.replace("benchmarks/open-bench-1", str(root)), {})


# How it is built


def test_the_bytes_do_not_depend_on_who_builds(finished, tmp_path):
    plan = replace(finished[0], out=tmp_path, count=2)
    done = list(make_benchmark(plan, 2, engines=open_fake))
    assert [one.status for one in done] == ["done"] * 2
    alone, together = (digests(p.root / "characters") for p in (finished[0], plan))
    assert len(together) > 50 and together.items() <= alone.items()


def test_a_stopped_build_goes_on_and_mends_what_is_broken(copy):
    plan, frozen = copy
    before = digests(plan.root)
    # As a kill leaves it: files of a character without its record, and one cut short.
    (plan.root / "_records" / "real-01.json").unlink()
    (plan.root / "characters" / "real-00" / "views" / "0042.png").write_bytes(b"")
    found = {key: one.status for key, one in built(plan).items()}
    assert not (plan.root / "benchmark.json").exists()
    finish_benchmark(plan, frozen)
    assert found == {
        "procedural-00": "kept",
        "procedural-01": "kept",
        "real-00": "done",
        "real-01": "done",
    }
    assert digests(plan.root) == before


def test_the_procedural_half_is_called_so(copy, tmp_path):
    plan = replace(copy[0], sources=None)
    assert {key: one.status for key, one in built(plan).items()} == {
        "procedural-00": "kept",
        "procedural-01": "kept",
    }
    assert finish_benchmark(plan, copy[1]).state == "same"
    benchmark = read_benchmark(plan.root, copy[1])
    assert benchmark.title == "open-bench-1 (procedural half, 2 characters)"
    with pytest.raises(DatasetError, match="make all of both halves"):
        freeze_folder(plan.root, tmp_path / "frozen.json")


def test_what_an_engine_makes_of_other_assets_is_no_part(finished, tmp_path):
    plan = replace(finished[0], out=tmp_path, sources=None)
    done = built(plan, open_leaking)
    assert {one.status for one in done.values()} == {"failed"}
    assert "'bob'" in done["procedural-00"].message
    with pytest.raises(DatasetError, match=r"procedural-00 of .* is not made"):
        finish_benchmark(plan)


def test_missing_models_are_named(tmp_path):
    with pytest.raises(ConfigError, match=r"godette\.vrm.*vita\.vrm"):
        BenchmarkPlan(out=tmp_path, recipe=RECIPE, sources=tmp_path)


# Freezing


def test_the_commands_build_and_freeze(copy, monkeypatch, capsys, tmp_path):
    plan, _ = copy
    frozen = tmp_path / "frozen.json"
    package = "panic3d.evaluate.open_bench"
    monkeypatch.setattr(f"{package}.recipe.RECIPES", {RECIPE.name: RECIPE})
    for module in ("make", "read"):
        monkeypatch.setattr(f"{package}.{module}.frozen_path", lambda name: frozen)
    monkeypatch.setattr(f"{package}.make.make_benchmark", lambda p, *rest: built(p).values())
    make = ["benchmark", "make", "--out", str(plan.out), "--sources", str(plan.sources)]
    assert main([*make, "--sheet"]) == 0
    said = capsys.readouterr().out
    assert "0 made; 4 were there, 0 failed" in said and "not frozen yet" in said
    assert (plan.root / "sheet.jpg").is_file()
    assert main(["benchmark", "freeze", str(plan.root), "--to", str(frozen)]) == 0
    assert main([*make, "--count", "3"]) == 0
    assert "open-bench-1 (part, 3 characters)" in capsys.readouterr().out
    frozen.write_text(frozen.read_text().replace('"triangles": ', '"triangles": 1'))
    assert main(make) == 1
    assert "this is not open-bench-1, 4 differences" in capsys.readouterr().err
    assert main(["benchmark", "make", "--out", str(tmp_path), "--count", "-1"]) == 1


def test_another_engine_is_told_from_the_frozen_one(copy):
    plan, frozen = copy
    known = json.loads(frozen.read_text())
    known["characters"]["real-00"]["topology"] = "0" * 16
    known["characters"]["procedural-01"]["vertices_m"][0] += 1e-4
    changed = frozen.parent / "changed.json"
    changed.write_text(json.dumps(known))
    found = finish_benchmark(plan, changed)
    assert found.state == "differs" and len(found.differences) == 2
    line = found.line("open-bench-1")
    assert "not open-bench-1" in line and "real-00: topology" in line
    assert "procedural-01: vertices off by 0.0001 m" in line
    benchmark = read_benchmark(plan.root, changed)
    assert benchmark.frozen == "differs" and benchmark.differences == found.differences
    assert benchmark.title == "open-bench-1 (differs)"
    changed.write_text('{"format": 9}')
    with pytest.raises(DatasetError, match="install panic3d again"):
        finish_benchmark(plan, changed)


def test_the_verdict_is_of_today(copy):
    """What was frozen after the benchmark was built counts, not what was true then."""
    plan, frozen = copy
    path = plan.root / "benchmark.json"
    known = json.loads(path.read_text())
    assert known["frozen"]["state"] == "same"
    known["frozen"] = {"state": "differs", "differences": ["real-00: topology"]}
    path.write_text(json.dumps(known))
    found = read_benchmark(plan.root, frozen)
    assert found.title == "open-bench-1" and not found.differences
    assert json.loads(path.read_text()) == known


def test_a_verdict_that_is_no_longer_true_is_not_repeated(copy, monkeypatch, tmp_path):
    plan, frozen = copy
    now = json.loads(frozen.read_text())
    now["characters"]["real-00"]["topology"] = "0" * 16
    other = tmp_path / "frozen.json"
    other.write_text(json.dumps(now))
    assert json.loads((plan.root / "benchmark.json").read_text())["frozen"]["state"] == "same"
    found = read_benchmark(plan.root, other)
    assert found.frozen == "differs" and found.differences[0].startswith("real-00: topology")
    # What `panic3d evaluate` prints.
    for path, said in ((other, "open-bench-1 (differs)"), (tmp_path / "none", " (not frozen)")):
        name = "panic3d.evaluate.open_bench.read.frozen_path"
        monkeypatch.setattr(name, lambda name, path=path: path)
        assert open_source(plan.root).title.endswith(said)


def test_a_broken_probe_is_no_verdict(copy):
    plan, frozen = copy
    path = plan.root / "characters" / "real-00" / "character.json"
    about = json.loads(path.read_text())
    for probe in (None, about["probe"] | {"vertices_m": ["far"]}):
        path.write_text(json.dumps(about | {"probe": probe}))
        with pytest.raises(DatasetError, match="make again"):
            _ = read_benchmark(plan.root, frozen).verdict


def test_pictures_may_differ_by_rounding_alone(finished):
    probe = read_benchmark(finished[0].root).cases[0].about["probe"]
    assert not differences(probe, json.loads(json.dumps(probe)))
    assert differences(probe | {"pictures": "nonsense"}, probe) == ["pictures at -inf dB"]
    assert differences(probe | {"surface_cm2": 3.0}, probe)[0].startswith("true surface of 3 cm²")
    other = read_benchmark(finished[0].root).cases[2].about["probe"]
    assert any("pictures at" in one for one in differences(other, probe))


def test_thumbnails_are_means():
    """Oracle: the mean of each field, in blocks."""
    picture = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    expected = picture.reshape(8, 8, 8, 8, 3).mean((1, 3))
    assert np.abs(thumbnail(picture) - expected).max() <= 0.5
    clear = np.zeros((64, 48, 4), np.uint8)
    assert (thumbnail(clear) == 128).all()


# Reading


def test_an_unfinished_benchmark_is_refused(copy):
    plan, _ = copy
    (plan.root / "benchmark.json").unlink()
    with pytest.raises(DatasetError, match="panic3d benchmark make"):
        read_benchmark(plan.root)


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"characters": []},
        {"characters": [{"name": "../up", "half": "real"}]},
        {"characters": [{"name": "real-00", "half": "other"}]},
        {"characters": 3},
        {"models": None},
        {"name": "../open-bench-1"},
    ],
)
def test_a_broken_list_is_refused(copy, change):
    plan, _ = copy
    path = plan.root / "benchmark.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(DatasetError, match=r"benchmark\.json"):
        read_benchmark(plan.root)


def test_broken_files_are_named(copy):
    case = read_benchmark(copy[0].root).cases[0]
    truth = case.truth()
    view = case.folder / "views" / "back.png"
    Image.new("RGBA", (32, 32)).save(view)
    with pytest.raises(DatasetError, match="32 x 32 pixels, expected RGBA of 64 x 64"):
        truth.views["back"]
    view.write_bytes(b"no picture")
    with pytest.raises(DatasetError, match=r"back\.png"):
        truth.views["back"]
    with pytest.raises(KeyError):
        truth.views["above"]


@pytest.mark.parametrize(
    "arrays",
    [
        {"vertices": np.zeros((2, 3), np.float32), "faces": np.array([[0, 1, 2]], np.int32)},
        {"vertices": np.zeros((3, 3), np.float32), "faces": np.array([[0, 1, -1]], np.int32)},
        {"vertices": np.full((3, 3), np.nan, np.float32), "faces": np.zeros((1, 3), np.int32)},
        {"vertices": np.zeros((3, 2), np.float32), "faces": np.zeros((1, 3), np.int32)},
        {"vertices": np.zeros((3, 3), np.float64), "faces": np.zeros((1, 3), np.int32)},
        {"vertices": np.zeros((3, 3), np.float32)},
    ],
)
def test_a_broken_surface_is_refused(copy, arrays):
    case = read_benchmark(copy[0].root).cases[0]
    (case.folder / "surface.npz").write_bytes(arrays_bytes(arrays))
    with pytest.raises(DatasetError):
        case.truth()


def test_a_file_cannot_ask_for_more_than_it_holds(tmp_path):
    path = tmp_path / "arrays.npz"
    whole = arrays_bytes({"a": np.arange(6, dtype=np.float32)})
    path.write_bytes(whole)
    assert read_arrays(path, {"a": ("<f4", 1)})["a"].tolist() == list(range(6))
    import io
    import zipfile

    member = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        member, {"shape": (1 << 40,), "fortran_order": False, "descr": "<f4"}
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.npy", member.getvalue())
    with pytest.raises(DatasetError, match="claims"):
        read_arrays(path, {"a": ("<f4", 1)})
    path.write_bytes(whole[:-30])
    with pytest.raises(DatasetError, match="cannot be read"):
        read_arrays(path, {"a": ("<f4", 1)})


@pytest.mark.parametrize(
    "change",
    [
        {"wild": {"file": "../../benchmark.json"}},
        {"wild": {"file": "picture.png", "width": 10**9, "height": 4}},
        {"wild": 7},
        {"size": 10**9},
        {"region": {"row": "1"}},
    ],
)
def test_a_broken_description_is_refused(copy, change):
    case = read_benchmark(copy[0].root).cases[0]
    path = case.folder / "character.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(DatasetError):
        case.truth().views["front"]
        case.wild()


def test_a_folder_is_no_benchmark(tmp_path):
    with pytest.raises(DatasetError, match="holds no finished benchmark"):
        read_benchmark(Path(tmp_path / "none"))
