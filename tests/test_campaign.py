"""A seeded twentieth of the campaign, run as a user runs it, and the resuming of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import campaign

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("name", [subject.name for subject in campaign.subjects()])
def test_the_first_seeds_pass(name, tmp_path, request):
    """A process of its own: no shape checker there, so the package's own checks must hold."""
    if name in ("fuzz_models", "preparation", "variety"):
        request.getfixturevalue("rasteriser")  # or skip
    run = subprocess.run(
        [sys.executable, "-m", "campaign", name, "--seeds", str(campaign.SEEDS_IN_TESTS)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    (finished,) = json.loads((tmp_path / campaign.STATE).read_text()).values()
    assert finished == list(range(campaign.SEEDS_IN_TESTS))


class Recorder:
    """A subject that notes its seeds and fails or stops at some."""

    def __init__(self, error_at=()):
        self.error_at = dict(error_at)
        self.seeds = []

    def __call__(self, seed, cases):
        self.seeds.append(seed)
        if seed in self.error_at:
            raise self.error_at[seed]


def quietly(run, seeds, path):
    subject = campaign.Subject("example", run, 7)
    return campaign.campaign([subject], seeds, path, report=lambda line: None)


def test_a_stopped_campaign_continues_where_it_was(tmp_path):
    path = tmp_path / "deep" / "state.json"
    stopped = Recorder({2: KeyboardInterrupt()})
    with pytest.raises(KeyboardInterrupt):
        quietly(stopped, range(5), path)
    again = Recorder()
    assert quietly(again, range(5), path) == []
    assert (stopped.seeds, again.seeds) == ([0, 1, 2], [2, 3, 4])
    assert [file.name for file in path.parent.iterdir()] == ["state.json"]


def test_a_failed_seed_is_named_and_runs_again(tmp_path):
    path = tmp_path / "state.json"
    failures = quietly(Recorder({1: ValueError("no")}), range(3), path)
    assert failures == ["python -m campaign example --seed 1 --cases 7"]
    again = Recorder()
    quietly(again, range(3), path)
    assert again.seeds == [1]


def test_an_unknown_subject_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="fuzz_configs"):
        campaign.subjects(["nonsense"])
