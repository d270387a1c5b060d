"""Many tasks over processes: each done once, and what fails fails alone."""

import os
import time
from functools import partial
from pathlib import Path

import pytest

from panic3d.work.jobs import run_tasks


def double():
    return lambda task: 2 * task


def fragile(folder):
    def do(task):
        if task == "crash":
            os._exit(3)
        if task == "hang":
            time.sleep(60)
        (Path(folder) / task).touch()
        return os.getpid()

    return do


@pytest.mark.parametrize("workers", [1, 3])
def test_every_task_is_done_once(workers):
    found = list(run_tasks(double, list(range(20)), workers))
    assert sorted((done.task, done.result) for done in found) == [(k, 2 * k) for k in range(20)]
    assert list(run_tasks(double, [], workers)) == []


def test_a_task_that_crashes_or_hangs_fails_alone(tmp_path):
    tasks = ["a", "crash", "b", "hang", "c"]
    found = {
        done.task: done for done in run_tasks(partial(fragile, tmp_path), tasks, 2, timeout_s=5.0)
    }
    assert "exit code 3" in str(found["crash"].failure)
    assert "longer than 5 s" in str(found["hang"].failure)
    assert {name for name in "abc" if found[name].failure is None} == set("abc")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "c"]


def surroundings():
    threads = os.environ.get("OPENBLAS_NUM_THREADS")
    return lambda task: (os.getpid(), threads)


@pytest.mark.parametrize("workers", [1, 2])
def test_processes_apart_compute_with_one_thread_each(workers, monkeypatch):
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    done = list(run_tasks(surroundings, [1, 2], workers, apart=True))
    found = [one.result for one in done if one.result is not None]
    assert [threads for _, threads in found] == ["1", "1"]
    assert os.getpid() not in {pid for pid, _ in found}
    assert "OPENBLAS_NUM_THREADS" not in os.environ, "the caller's own threads are its own"
