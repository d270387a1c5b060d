"""Data sets of renders: their tree, and that work is neither lost nor done twice."""

import gc
import hashlib
import json
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from campaign._gltf_files import figure_build, png
from panic3d.data.renders import Entry, RenderPlan, find_models, render_models
from panic3d.errors import ConfigError, RenderError
from panic3d.geometry.posing import Pose
from panic3d.render.raster import Rasteriser
from panic3d.render.views import ViewOptions
from panic3d.work.jobs import Done

pytestmark = pytest.mark.usefixtures("rasteriser")


@pytest.fixture
def models(tmp_path) -> Path:
    """Four sound models and two broken ones."""
    folder = tmp_path / "models"
    (folder / "genshin").mkdir(parents=True)
    for k in range(3):
        (folder / f"615{k}.vrm").write_bytes(figure_build("1.0" if k else "0.x").packed())
    (folder / "genshin" / "korone_v1.03.vrm").write_bytes(figure_build().packed())
    (folder / "cut.vrm").write_bytes(figure_build().packed()[:500])
    build = figure_build()
    build.json["meshes"][0]["primitives"][0]["mode"] = 1
    (folder / "lines.vrm").write_bytes(build.packed())
    (folder / "readme.txt").write_text("not a model")
    return folder


def plan_at(out, **fields):
    return RenderPlan(out=out, options=ViewOptions(size=32, views=("ortho", "rgb")), **fields)


def digests(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_models_are_found_and_named_as_the_paper_names_them(models):
    entries = find_models([models])
    assert [entry.key for entry in entries] == [
        "0/6150",
        "1/6151",
        "2/6152",
        "genshin/korone_v1.03",
        "models/cut",
        "models/lines",
    ]
    assert [e.franch for e in find_models([models / "6150.vrm"], group="mine")] == ["mine"]


def test_models_of_one_name_are_refused(models, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "6150.vrm").write_bytes(b"")
    with pytest.raises(ConfigError, match="0/6150"):
        find_models([models, tmp_path / "other"])
    with pytest.raises(ConfigError, match="there is no model"):
        find_models([tmp_path / "missing.vrm"])


def test_the_tree_is_the_papers_with_the_cameras_that_it_lacked(models, tmp_path):
    """Oracle: datasets specification, 1.1 and 1.2."""
    plan = plan_at(tmp_path / "out", render_set="rutileE")
    outcomes = {o.key: o for o in render_models(find_models([models]), plan)}
    root = tmp_path / "out" / "renders" / "rutileE"
    assert (root / "ortho" / "0" / "6150" / "front.png").is_file()
    assert (root / "xyza" / "genshin" / "korone_v1.03" / "0007.png").is_file()
    meta = json.loads((root / "rutileE_meta.json").read_text())
    one = meta["rutileE/ortho/0/6150/left"]["render_params"]
    assert set(one) == {"elev", "azim", "dist", "fov", "near", "far", "boxwarp"}
    written = {p.relative_to(root).with_suffix("").as_posix() for p in root.rglob("*.png")}
    assert {f"rutileE/{name}" for name in written} == set(meta)
    log = [json.loads(line) for line in (root / "_logs" / "renders.jsonl").read_text().splitlines()]
    assert {line["key"]: line["status"] for line in log} == {
        f"rutileE/{key}": outcome.status for key, outcome in outcomes.items()
    }
    failed = {line["key"]: line for line in log if line["status"] == "failed"}
    assert failed["rutileE/models/lines"]["code"] == "not-triangles"
    assert failed["rutileE/models/cut"]["code"] == "decode"
    assert all(line["permanent"] for line in failed.values())
    record = json.loads((root / "_records" / "0" / "6150.json").read_text())
    assert record["runs"][-1]["about"]["meta"]["authors"] == ["Somebody"]


def meta_of(plan):
    names = json.loads((plan.root / f"{plan.render_set}_meta.json").read_text())
    return {name.removeprefix(f"{plan.render_set}/") for name in names}


def pictures_of(plan):
    found = plan.root.rglob("*.png")
    return {path.relative_to(plan.root).with_suffix("").as_posix() for path in found}


def test_a_set_may_be_made_by_several_commands(models, tmp_path):
    """Oracle: the metadata name the pictures that lie there, whatever was drawn when."""
    entries = find_models([models])[:2]
    first = plan_at(tmp_path / "out")
    ortho = replace(first, options=replace(first.options, views=("ortho",)))
    spin = replace(first, options=replace(first.options, views=("spin12",)))
    wrong = replace(ortho, options=replace(ortho.options, pose=Pose(expressions={"nope": 1.0})))
    list(render_models(entries, ortho))
    alone = meta_of(ortho)
    list(render_models(entries, spin))
    assert alone < meta_of(ortho) == pictures_of(ortho)
    assert [o.status for o in render_models(entries, wrong)] == ["failed"] * 2
    assert [o.status for o in render_models(entries, ortho)] == ["kept"] * 2
    assert meta_of(ortho) == pictures_of(ortho)
    # Drawn anew in another size, so the first command's pictures are no longer there.
    larger = replace(first, options=replace(first.options, views=("ortho", "rgb"), size=48))
    list(render_models(entries, larger))
    assert meta_of(ortho) == pictures_of(ortho)
    statuses = [[o.status for o in render_models(entries, plan)] for plan in (spin, larger, ortho)]
    assert statuses == [["kept"] * 2, ["kept"] * 2, ["done"] * 2]


def test_files_that_a_model_names_count(tmp_path):
    build = figure_build("1.0")
    (tmp_path / "a.bin").write_bytes(build.binary)
    document = build.json | {
        "buffers": [{"byteLength": len(build.binary), "uri": "a.bin"}],
        "images": [{"uri": "skin.png"}],
    }
    (tmp_path / "7.gltf").write_text(json.dumps(document))
    plan = plan_at(tmp_path / "out")
    entries = find_models([tmp_path / "7.gltf"])
    front = plan.root / "ortho" / "7" / "7" / "front.png"

    def status():
        (outcome,) = render_models(entries, plan)
        return outcome.status, front.read_bytes() if front.is_file() else b""

    assert status() == ("failed", b"")
    (tmp_path / "skin.png").write_bytes(png((255, 0, 0, 255)))
    red = status()
    assert red[0] == "done" and status() == ("kept", red[1])
    (tmp_path / "skin.png").write_bytes(png((0, 0, 255, 255)))
    blue = status()
    assert blue[0] == "done" and blue[1] != red[1]


def test_finished_work_is_kept_and_spoiled_work_is_done_again(models, tmp_path):
    plan = plan_at(tmp_path / "out")
    entries = find_models([models])
    list(render_models(entries, plan))
    before = digests(tmp_path / "out")
    statuses = [o.status for o in render_models(entries, plan)]
    assert statuses == ["kept"] * 4 + ["failed"] * 2
    front = plan.root / "ortho" / "0" / "6150" / "front.png"
    front.write_bytes(b"cut short")
    (plan.root / "rgb" / "1" / "6151" / "0003.png").unlink()
    assert [o.status for o in render_models(entries, plan)] == [
        *("done", "done", "kept", "kept", "failed", "failed")
    ]
    assert digests(tmp_path / "out") == before


def test_other_options_or_another_model_are_new_work(models, tmp_path):
    entries = find_models([models])[:1]
    plan = plan_at(tmp_path / "out")
    list(render_models(entries, plan))
    larger = replace(plan, options=replace(plan.options, size=48))
    assert [o.status for o in render_models(entries, larger)] == ["done"]
    entries[0].path.write_bytes(figure_build().packed() + b"    ")
    assert [o.status for o in render_models(entries, larger)] == ["done"]


def test_what_failed_for_good_is_tried_again_only_if_told(models, tmp_path, monkeypatch):
    entries = find_models([models / "cut.vrm"])
    plan = plan_at(tmp_path / "out")
    assert [o.status for o in render_models(entries, plan)] == ["failed"]
    opened = []
    monkeypatch.setattr("panic3d.data.renders.load_subject", lambda *paths: opened.append(paths))
    assert [o.code for o in render_models(entries, plan)] == ["decode"] and not opened


@pytest.mark.parametrize("layout", ["folders", "shards"])
def test_any_number_of_workers_gives_the_same_bytes(models, tmp_path, layout):
    entries = find_models([models])
    found = []
    for workers in (1, 2):
        out = tmp_path / f"out{workers}"
        plan = plan_at(out, layout=layout, shard_models=2)
        outcomes = sorted(o.key for o in render_models(entries, plan, workers))
        assert outcomes == [entry.key for entry in entries]
        found.append(digests(out))
    assert found[0] == found[1]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_shards_are_read_by_webdataset_and_resumed(models, tmp_path):
    """Oracle: the webdataset package."""
    webdataset = pytest.importorskip("webdataset")
    plan = plan_at(tmp_path, layout="shards", shard_models=3)
    entries = find_models([models])
    list(render_models(entries, plan))
    shards = sorted((tmp_path / "shards" / "open").glob("*.tar"))
    assert [shard.name for shard in shards] == ["open-000000.tar", "open-000001.tar"]
    data = webdataset.WebDataset([str(s) for s in shards], shardshuffle=False, empty_check=False)
    samples = list(data)
    del data
    gc.collect()  # it leaves files to the collector, which would complain in another test
    assert len(samples) == 4 * 13
    sample = next(s for s in samples if s["__key__"] == "genshin/korone_v1.03/ortho-front")
    assert {"ortho.png", "ortho_xyza.png", "json"} <= set(sample)
    about = json.loads(sample["json"])
    assert about["id"] == "open/ortho/genshin/korone_v1.03/front"
    before = digests(tmp_path / "shards")
    assert [o.status for o in render_models(entries, plan)] == ["kept"] * 4 + ["failed"] * 2
    shards[0].write_bytes(shards[0].read_bytes()[:-1])
    assert [o.status for o in render_models(entries, plan)][:3] == ["done"] * 3
    assert digests(tmp_path / "shards") == before
    with tarfile.open(shards[0]) as tar:
        assert {member.mtime for member in tar} == {0}


def test_a_crash_is_a_failure_that_is_tried_again(models, tmp_path, monkeypatch):
    entry = find_models([models / "6150.vrm"])[0]
    plan = plan_at(tmp_path)

    def crashed(make, tasks, *rest):
        return (Done(task, None, "its process ended") for task in tasks)

    monkeypatch.setattr("panic3d.data.renders.run_tasks", crashed)
    (outcome,) = render_models([entry], plan)
    assert (outcome.status, outcome.code, outcome.permanent) == ("failed", "crash", False)
    monkeypatch.undo()
    assert [o.status for o in render_models([entry], plan)] == ["done"]


def test_a_missing_driver_ends_the_run(models, tmp_path, monkeypatch):
    class Refusing(Rasteriser):
        def __init__(self):
            raise RenderError("no OpenGL")

    monkeypatch.setattr("panic3d.data.renders.Rasteriser", Refusing)
    with pytest.raises(RenderError, match="no OpenGL"):
        list(render_models(find_models([models / "6150.vrm"]), plan_at(tmp_path)))


def test_ray_does_the_same_work(models, tmp_path):
    """Oracle: the bytes of one process here."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'panic3d[cluster]'")
    import ray

    entries = find_models([models])[:2]
    list(render_models(entries, plan_at(tmp_path / "one")))
    try:
        list(render_models(entries, plan_at(tmp_path / "ray"), cluster="local"))
    finally:
        ray.shutdown()
    assert digests(tmp_path / "one") == digests(tmp_path / "ray")


def test_an_entry_is_named_by_group_and_id():
    assert Entry(Path("x.vrm"), "8", "618").key == "8/618"
