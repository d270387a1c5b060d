"""Sets of characters: the same bytes whoever makes them, nothing lost, nothing done twice."""

import gc
import hashlib
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from panic3d.characters.make.engines import engine_sha256
from panic3d.characters.make.plan import MakePlan, SampleOptions, entries_of
from panic3d.characters.make.run import make_characters
from panic3d.characters.make.start import check_start
from panic3d.characters.splits import split_of_asset
from panic3d.errors import ConfigError, Panic3dError
from panic3d.render.views import ViewOptions
from panic3d.work.jobs import run_tasks
from tests.characters.fakes import open_fake, open_faulty, open_leaking

pytestmark = pytest.mark.usefixtures("rasteriser")

OPTIONS = SampleOptions(
    views=ViewOptions(
        views=("sides", "rgb"), kinds=("colour", "alpha", "depth"), size=48, random_views=1
    )
)


def fix_engine(patch):
    """Give the engine a digest that is the same in every process of a test."""
    patch.setattr("panic3d.characters.make.plan.engine_sha256", lambda *words: "0" * 64)


@pytest.fixture(autouse=True, scope="module")
def _fixed_engine():
    with pytest.MonkeyPatch.context() as patch:
        fix_engine(patch)
        yield


def plan_at(out, count=4, **fields):
    return MakePlan(out=out, count=count, seed=10, **{"options": OPTIONS, **fields})


def made(plan, workers=1, **fields):
    found = make_characters(plan, workers, **{"engines": open_fake, **fields})
    return sorted(found, key=lambda outcome: outcome.key)


def made_here(plan, **fields):
    """Do the same without processes, which take a second to start."""

    def here(make, tasks, *rest, apart):
        return run_tasks(make, tasks)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("panic3d.characters.make.run.run_tasks", here)
        return made(plan, **fields)


def digests(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def picture(path):
    with Image.open(path) as image:
        image.load()
        return image


@pytest.fixture(scope="module")
def finished(rasteriser, tmp_path_factory):
    """A set of both kinds, with everything; and its plan."""
    out = tmp_path_factory.mktemp("finished")
    options = replace(OPTIONS, illustrations=1, save_vrm=True)
    kinds = ("procedural", "remixed")
    plan = plan_at(out, 6, kinds=kinds, sources=out, options=options, sheets=True)
    assert [outcome.status for outcome in made_here(plan)] == ["done"] * 6
    return plan


def test_a_character_is_whole(finished):
    """Oracle: the paper's tree, and what the docstrings promise."""
    root = finished.root
    written = {p.relative_to(root).as_posix() for p in root.rglob("p000000/*")}
    pictures = {
        f"{folder}/procedural/p000000/{view}.png"
        for base, views in (("ortho", ("front", "left", "right", "back")), ("rgb", ("0000",)))
        for folder in (base, f"{base}_alpha", f"{base}_depth")
        for view in views
    }
    belongs = ("", "_drawn", "_line_free", "_lines", "_render", "_matte", "_occluder")
    free = {f"illustration{end}/procedural/p000000/0000.png" for end in belongs}
    assert written == pictures | free | {
        "illustration/procedural/p000000/front.png",
        "vrm/procedural/p000000/character.vrm",
        "character/procedural/p000000/character.json",
    }
    for name in pictures | free:
        assert picture(root / name).size == (48, 48)


def test_the_front_illustration_lies_on_the_front_view(finished):
    """Oracle: the picture is white, but for JPEG, where the view's alpha is 0, and only there."""
    alpha = np.array(picture(finished.root / "ortho_alpha/procedural/p000000/front.png"))
    drawn = np.array(
        picture(finished.root / "illustration/procedural/p000000/front.png").convert("RGB")
    ).astype(float)
    far = np.abs(drawn - drawn[0, 0]).sum(-1)
    assert far[alpha > 250].mean() > 10 * max(far[alpha == 0].mean(), 1.0)


def test_a_character_says_what_it_is(finished):
    about = json.loads((finished.root / "character/procedural/p000000/character.json").read_text())
    assert about["key"] == "procedural/p000000" and about["kind"] == "procedural"
    assert about["tags"][0] == "1girl" and about["assets"].keys() == {"hair", "face"}
    assert about["sources"][0]["licence"] == "CC0-1.0"
    assert about["cameras"]["rgb/0000"]["fov"] == 30.0
    points = np.array(about["landmarks"]["ortho/front"])
    assert points.shape == (28, 3) and (points[:, 2] == 1).any()
    assert set(about["landmarks"]) == {
        *("ortho/front", "ortho/left", "ortho/right", "ortho/back"),
        "rgb/0000",
    }
    # The landmarks of fakes lie in front: from behind, the head hides them.
    assert not np.array(about["landmarks"]["ortho/back"])[:, 2].any()
    assert about["illustrations"].keys() == {"front", "0000"}


def test_lists_name_every_character_and_picture(finished):
    root = finished.root
    lists = lines_of(root / "made_characters.jsonl")
    assert [line["key"] for line in lists] == [
        *(f"procedural/p{k:06d}" for k in range(3)),
        *(f"remixed/r{k:06d}" for k in range(3)),
    ]
    meta = json.loads((root / "made_meta.json").read_text())
    pictures = {
        f"made/{p.relative_to(root).with_suffix('').as_posix()}"
        for base in ("ortho", "rgb")
        for p in root.glob(f"{base}*/*/*/*.png")
    }
    assert set(meta) == pictures
    subsets = {
        split: (finished.out / "subsets" / f"made_{split}.csv").read_text().split()
        for split in ("train", "val", "test")
    }
    assert {key: split for split in subsets for key in subsets[split]} == {
        line["key"]: line["split"] for line in lists
    }
    assert {line["status"] for line in lines_of(root / "_logs" / "characters.jsonl")} == {"done"}


def test_the_ledger_counts_what_the_characters_say(finished):
    """Oracle: counted again, from the characters' own descriptions."""
    found: dict[tuple[str, str], int] = {}
    for path in finished.root.glob("character/*/*/character.json"):
        about = json.loads(path.read_text())
        for source in about["sources"]:
            key = (source["asset"], about["split"])
            found[key] = found.get(key, 0) + 1
    written = json.loads((finished.root / "LICENCES.json").read_text())["assets"]
    assert found == {
        (row["asset"], split): number
        for row in written
        for split, number in row["characters"].items()
    }
    page = (finished.root / "LICENCES.md").read_text()
    assert all(f"| {row['asset']} |" in page for row in written)


def test_sheets_show_both_kinds(finished):
    for kind in ("procedural", "remixed"):
        path = finished.root / f"sheet_{kind}.jpg"
        assert path.stat().st_size <= 300_000
        assert picture(path).size == (3 * 192 + 8, 192)


def test_a_vrm_is_read_back_with_all_that_is_known(finished):
    from panic3d.characters.saved import read_saved
    from panic3d.formats.vrm import read_vrm

    character = read_vrm(finished.root / "vrm/procedural/p000000/character.vrm")
    assert character.meta is not None
    made = read_saved(character)
    about = json.loads((finished.root / "character/procedural/p000000/character.json").read_text())
    assert made is not None and list(made.tags) == about["tags"]
    assert made.part_labels == ("skin", "hair")


def test_a_set_says_what_it_is_made_of(finished):
    note = json.loads((finished.root / "made_set.json").read_text())
    assert note["seed"] == 10 and note["options"] == [finished.options_json]
    assert note["engines"] == {"procedural": "0" * 64, "remixed": "0" * 64}


@pytest.mark.parametrize("layout", ["folders", "shards"])
def test_characters_of_another_seed_or_engine_are_not_mixed_in(tmp_path, layout, monkeypatch):
    plan = plan_at(tmp_path, 2, layout=layout, shard_characters=2)
    made_here(plan)
    before = digests(tmp_path)
    with pytest.raises(ConfigError, match="seed 10, and seed 11"):
        made_here(replace(plan, seed=11))
    if layout == "shards":
        with pytest.raises(ConfigError, match="2 characters each"):
            made_here(replace(plan, shard_characters=3))
    with monkeypatch.context() as patch:
        patch.setattr("panic3d.characters.make.plan.engine_sha256", lambda *words: "1" * 64)
        with pytest.raises(ConfigError, match="another version of the engine"):
            made_here(plan)
    (plan.root / "made_set.json").rename(tmp_path / "note.json")
    with pytest.raises(ConfigError, match="an older version of panic3d"):
        made_here(plan)
    (tmp_path / "note.json").rename(plan.root / "made_set.json")
    assert digests(tmp_path) == before
    assert {outcome.status for outcome in made_here(plan)} == {"kept"}


def refusing(kind, sources):
    """Open an engine that makes nothing."""
    engine = open_fake(kind, sources)

    def make(seed, allowed):
        raise ZeroDivisionError("wrong models")

    return engine._replace(make=make)


def test_what_a_wrong_command_could_not_do_is_forgotten(tmp_path, monkeypatch):
    """Nothing was made, so another seed may begin there; its log has nothing of the other."""
    wrong = replace(plan_at(tmp_path, 5), seed=3)
    assert {o.status for o in made_here(wrong, engines=refusing)} == {"failed"}
    log = plan_at(tmp_path).root / "_logs" / "characters.jsonl"
    assert len(lines_of(log)) == 5
    plan = plan_at(tmp_path, 2)
    made_here(plan)
    assert [line["status"] for line in lines_of(log)] == ["done"] * 2
    # So it is with options that failed, and with an engine that was mended.
    spin = replace(OPTIONS, views=replace(OPTIONS.views, size=40))
    made_here(replace(plan, count=4, options=spin), engines=refusing)
    assert [line["status"] for line in lines_of(log)].count("failed") == 4
    made_here(plan)
    assert [line["status"] for line in lines_of(log)] == ["done"] * 2
    # A failure of the set itself stays, even if the next command asks for less.
    made_here(replace(plan, count=3), engines=refusing)
    made_here(plan)
    assert [line["status"] for line in lines_of(log)] == ["done", "done", "failed"]


def open_few(kind, sources):
    """Open an engine whose models are all for training, but for a hair."""
    models = {"hair": ("mine", "vita"), "face": ("mine", "yours")}
    return open_fake("remixed", sources)._replace(assets=models, refused={"x.vrm": "no licence"})


def test_splits_for_which_there_is_nothing_are_left_out(tmp_path):
    plan = plan_at(tmp_path, 60)
    start = check_start(plan, open_few)
    assert start.served == {"procedural": ("train",)}
    assert start.notes == (
        "x.vrm is left out: no licence",
        "procedural characters are for train alone: there is no hair and no face for val, "
        "no face for test",
    )
    entries = entries_of(plan, start.served)
    assert {entry.split for entry in entries} == {"train"} and len(entries) == 60
    every = {entry.number: entry for entry in entries_of(plan_at(tmp_path, 100))}
    assert all(every[entry.number] == entry for entry in entries), "numbers and seeds stay"
    assert entries[-1].number > 59
    assert {o.status for o in made_here(replace(plan, count=2), engines=open_few)} == {"done"}
    with pytest.raises(ConfigError, match="no face for test"):
        made_here(plan_at(tmp_path / "other", split="test"), engines=open_few)
    assert not (tmp_path / "other").exists()


def test_a_change_of_what_draws_is_another_engine(tmp_path, monkeypatch):
    """Oracle: the files whose digests are taken."""
    seen: list[Path] = []

    def digest(path):
        seen.append(path)
        return "0"

    monkeypatch.setattr("panic3d.characters.make.engines.file_sha256", digest)
    (tmp_path / "a.vrm").write_bytes(b"")
    engine_sha256("remixed", tmp_path)
    names = {path.as_posix().rpartition("panic3d/")[2] for path in seen}
    assert {
        "characters/procedural.py",
        "characters/illustrate/draw.py",
        "render/raster.py",
        "geometry/posing.py",
        "formats/vrm_write.py",
    } <= names
    assert tmp_path / "a.vrm" in seen


@pytest.mark.parametrize("layout", ["folders", "shards"])
def test_any_number_of_workers_gives_the_same_bytes(tmp_path, layout):
    found = []
    for workers in (1, 4):
        plan = plan_at(tmp_path / str(workers), 4, layout=layout, shard_characters=2)
        assert len(made(plan, workers)) == 4
        found.append(digests(plan.out))
    assert found[0] == found[1] and len(found[0]) > 4


def test_a_larger_set_begins_with_the_smaller_one(tmp_path):
    small, large = entries_of(plan_at(tmp_path, 3)), entries_of(plan_at(tmp_path, 50))
    assert large[:3] == small
    tests = entries_of(plan_at(tmp_path, 3, split="test"))
    numbers = [entry.number for entry in tests]
    assert (
        numbers == [e.number for e in entries_of(plan_at(tmp_path, 200)) if e.split == "test"][:3]
    )
    assert len({entry.seed for entry in large}) == 50
    other = entries_of(replace(plan_at(tmp_path, 3), seed=4))
    assert not {entry.seed for entry in other} & {entry.seed for entry in large}


def test_finished_work_is_kept_and_spoiled_work_is_done_again(tmp_path):
    plan = plan_at(tmp_path)
    made_here(plan)
    before = digests(tmp_path)
    assert [outcome.status for outcome in made_here(plan)] == ["kept"] * 4
    (plan.root / "ortho/procedural/p000001/left.png").write_bytes(b"cut short")
    (plan.root / "illustration/procedural/p000002/front.png").unlink()
    assert [o.status for o in made_here(plan)] == ["kept", "done", "done", "kept"]
    assert digests(tmp_path) == before


def test_views_may_be_added_later(tmp_path):
    """Oracle: the metadata name the pictures that lie there, whatever was drawn when."""
    plan = plan_at(tmp_path, 2)
    made_here(plan)
    spin = replace(OPTIONS, views=replace(OPTIONS.views, views=("spin12",)))
    assert [o.status for o in made_here(replace(plan, options=spin))] == ["done"] * 2
    meta = json.loads((plan.root / "made_meta.json").read_text())
    assert {name.split("/")[1] for name in meta} == {
        f"{base}{end}" for base in ("ortho", "rgb", "rgb60") for end in ("", "_alpha", "_depth")
    }
    assert len(lines_of(plan.root / "made_characters.jsonl")) == 2


_KILLED = """
import pathlib, sys
import pytest
from tests.characters.test_make import fix_engine, made, plan_at

if __name__ == "__main__":
    with pytest.MonkeyPatch.context() as patch:
        fix_engine(patch)
        made(plan_at(pathlib.Path(sys.argv[1]), 8), 2)
"""


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="no process groups here")
def test_a_killed_run_continues_to_the_same_bytes(tmp_path):
    whole = plan_at(tmp_path / "whole", 8)
    made_here(whole)
    plan = plan_at(tmp_path / "killed", 8)
    script = tmp_path / "run.py"
    script.write_text(_KILLED)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        [sys.executable, str(script), str(plan.out)], env=environment, start_new_session=True
    )
    for _ in range(3000):
        if len(list(plan.root.glob("_records/*/*.json"))) >= 2:
            break
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    there = list(plan.root.glob("_records/*/*.json"))
    assert 2 <= len(there) < 8, "it was to be stopped half-way"
    statuses = [outcome.status for outcome in made_here(plan)]
    assert statuses.count("kept") >= 2 and "done" in statuses
    left = {name: digest for name, digest in digests(plan.out).items() if ".tmp" not in name}
    assert left == digests(whole.out)


def test_a_character_that_fails_costs_no_other(tmp_path):
    """Oracle: the engine's own rule of which seeds fail, and how."""
    plan = plan_at(tmp_path, 9)
    outcomes = made(plan, 2, engines=open_faulty)
    seeds = {entry.key: entry.seed for entry in entries_of(plan)}
    for outcome in outcomes:
        seed = seeds[outcome.key]
        code = "character" if seed % 3 == 0 else "crash" if seed % 7 == 0 else ""
        assert outcome.code == code, outcome
    failed = [o for o in outcomes if o.code == "character"]
    assert failed and all("no such hair" in outcome.message for outcome in failed)
    assert {o.code for o in outcomes} == {"", "character", "crash"}, "choose another seed"
    lists = lines_of(plan.root / "made_characters.jsonl")
    assert len(lists) == sum(outcome.status == "done" for outcome in outcomes)
    again = made_here(plan)
    kept = {o.key: o.status for o in again}
    assert {kept[o.key] for o in outcomes if o.code == "crash"} == {"done"}
    assert {kept[o.key] for o in failed} == {"failed"}, "its own fault: not tried again"
    again = made_here(replace(plan, retry_failed=True))
    assert {o.status for o in again if o.key in {f.key for f in failed}} == {"done"}


def test_a_character_of_assets_of_another_split_never_reaches_a_set(tmp_path):
    plan = plan_at(tmp_path, 2, split="test")
    outcomes = made_here(plan, engines=open_leaking)
    assert [outcome.status for outcome in outcomes] == ["failed"] * 2
    assert "belongs to train" in outcomes[0].message
    assert not list(plan.root.rglob("*.png"))


def test_characters_are_made_of_what_belongs_to_their_split(tmp_path):
    for split in ("train", "val", "test"):
        plan = plan_at(tmp_path, 3, split=split)
        made_here(plan)
    lists = lines_of(plan.root / "made_characters.jsonl")
    assert {line["split"] for line in lists} == {"train", "val", "test"}
    for line in lists:
        found = {split_of_asset(kind, name) for kind, name in line["assets"].items()}
        assert found == {line["split"]}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_shards_are_read_by_webdataset_and_hold_one_split(tmp_path):
    """Oracle: the webdataset package."""
    webdataset = pytest.importorskip("webdataset")
    plan = plan_at(tmp_path, 16, layout="shards", shard_characters=10, sheets=True)
    plan = replace(plan, options=replace(OPTIONS, views=replace(OPTIONS.views, size=16)))
    made_here(plan)
    shards = sorted(plan.root.glob("*.tar"))
    splits = {entry.split for entry in entries_of(plan)}
    assert {shard.name.split("-")[1] for shard in shards} == splits and len(splits) > 1
    data = webdataset.WebDataset([str(s) for s in shards], shardshuffle=False, empty_check=False)
    samples = {sample["__key__"]: (sample["__url__"], sample) for sample in data}
    del data
    gc.collect()  # it leaves files to the collector, which would complain in another test
    assert set(samples) == {entry.key for entry in entries_of(plan)}
    for line in lines_of(plan.root / "made_characters.jsonl"):
        url, sample = samples[line["key"]]
        assert url.endswith(line["shard"]) and f"-{line['split']}-" in line["shard"]
        assert json.loads(sample["json"])["key"] == line["key"]
        assert {"ortho.front.png", "ortho_depth.back.png", "illustration.front.png"} <= set(sample)
    assert (plan.root / "sheet_procedural.jpg").is_file()
    before = digests(tmp_path)
    assert {outcome.status for outcome in made_here(plan)} == {"kept"}
    shards[0].write_bytes(shards[0].read_bytes()[:-1])
    assert {outcome.status for outcome in made_here(plan)} >= {"done"}
    assert digests(tmp_path) == before
    with tarfile.open(shards[0]) as tar:
        assert {member.mtime for member in tar} == {0}


def test_ray_does_the_same_work(tmp_path):
    """Oracle: the bytes of one process here."""
    ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'panic3d[cluster]'")
    plans = [plan_at(tmp_path / name, 2) for name in ("one", "ray")]
    made(plans[0])
    try:
        made(plans[1], cluster="local")
    finally:
        ray.shutdown()
    assert digests(plans[0].out) == digests(plans[1].out)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"kinds": ("remixed",)}, "--sources"),
        ({"count": 0}, "at least 1"),
        ({"made_set": "../x"}, "folder"),
        ({"kinds": ("drawn",)}, "drawn"),
        ({"split": "judge"}, "judge"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(tmp_path, fields, words, unchecked):
    with pytest.raises(ConfigError, match=words):
        plan_at(tmp_path, **fields)


@pytest.mark.parametrize("kind", [Panic3dError, ImportError])
def test_an_engine_that_cannot_be_opened_ends_the_run(tmp_path, kind):
    with pytest.raises(Panic3dError, match="no models there"):
        made_here(plan_at(tmp_path), engines=partial(refuse, kind))


def refuse(error: type[Exception], kind: str, sources: Path | None) -> None:
    raise error("no models there")
