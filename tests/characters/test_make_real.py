"""The real engines make a set of the same bytes: one worker or four, or killed and continued."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from panic3d.characters.make.plan import MakePlan, SampleOptions, entries_of
from panic3d.characters.make.run import make_characters
from panic3d.render.views import ViewOptions
from tests.characters.test_make import digests, fix_engine
from tests.conftest import SHARED_MODELS

pytestmark = pytest.mark.skipif(not hasattr(os, "killpg"), reason="no process groups here")

MODELS = ("sendagaya_shino.vrm", "hairsample_male.vrm", "INDEX.json")


def plan_of(out, sources):
    """Plan four characters, of each kind that there is, with a free illustration and their models.

    Args:
        out: where to.
        sources: folder of models; None makes procedural ones alone.
    """
    views = ViewOptions(
        views=("sides", "rgb"), kinds=("colour", "alpha", "depth"), size=48, random_views=1
    )
    return MakePlan(
        out=out,
        count=4,
        seed=3,
        kinds=("procedural",) if sources is None else ("procedural", "remixed"),
        split="train",
        sources=sources,
        options=SampleOptions(views=views, illustrations=1, save_vrm=True),
    )


_KILLED = """
import pathlib, sys
import pytest
from tests.characters.test_make import fix_engine
from tests.characters.test_make_real import made, plan_of

if __name__ == "__main__":
    with pytest.MonkeyPatch.context() as patch:
        fix_engine(patch)
        sources = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None
        made(plan_of(pathlib.Path(sys.argv[1]), sources), 2)
"""


def made(plan, workers):
    return sorted(outcome.status for outcome in make_characters(plan, workers))


@pytest.fixture(autouse=True, scope="module")
def _fixed_engine():
    """Its digest has tests of its own, and would change with every edit beside a running test."""
    with pytest.MonkeyPatch.context() as patch:
        fix_engine(patch)
        yield


@pytest.fixture(scope="module")
def models(rasteriser, tmp_path_factory):
    """Two of the shared data folder's models; None where that is not here."""
    if not SHARED_MODELS:
        return None
    folder = tmp_path_factory.mktemp("models")
    for name in MODELS:
        (folder / name).symlink_to(SHARED_MODELS[0].parent / name)
    return folder


@pytest.fixture(scope="module")
def whole(models, tmp_path_factory):
    """A set made by one worker."""
    plan = plan_of(tmp_path_factory.mktemp("whole"), models)
    assert made(plan, 1) == ["done"] * 4
    found = digests(plan.out)
    kinds = {Path(name).parent.parent.name for name in found if name.endswith("character.vrm")}
    assert kinds == set(plan.kinds) and len(found) > 60
    return found


def test_four_workers_write_what_one_does(whole, models, tmp_path):
    assert made(plan_of(tmp_path, models), 4) == ["done"] * 4
    assert digests(tmp_path) == whole


def test_a_set_that_was_killed_is_continued_to_the_same_bytes(whole, models, tmp_path):
    plan = plan_of(tmp_path / "out", models)
    script = tmp_path / "run.py"
    script.write_text(_KILLED)
    process = subprocess.Popen(
        [sys.executable, str(script), str(plan.out), *([] if models is None else [str(models)])],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        start_new_session=True,
    )
    for _ in range(12000):
        if process.poll() is not None or list(plan.root.glob("_records/*/*.json")):
            break
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    there = list(plan.root.glob("_records/*/*.json"))
    assert 1 <= len(there) < len(entries_of(plan)), "it was to be stopped half-way"
    assert made(plan, 1) == ["done"] * (4 - len(there)) + ["kept"] * len(there)
    left = {name: digest for name, digest in digests(plan.out).items() if ".tmp" not in name}
    assert left == whole
