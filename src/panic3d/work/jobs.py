"""Many tasks over several processes, or Ray: each done once, whatever becomes of its process.

A task that crashes its process, or takes too long, fails alone; the others go on.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, NamedTuple, TypeVar

from panic3d.errors import MissingDependencyError, Panic3dError

Task = TypeVar("Task")
Result = TypeVar("Result")

TIMEOUT_S = 600.0
"""A task that takes longer is given up."""


def usable_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Done(NamedTuple, Generic[Task, Result]):
    """A task and what became of it."""

    task: Task
    result: Result | None
    """None if it failed."""
    failure: str | None
    """Why, if the process crashed or the time ran out; what the task itself raises is a result."""


def run_tasks(
    make: Callable[[], Callable[[Task], Result]],
    tasks: Sequence[Task],
    workers: int = 1,
    cluster: str | None = None,
    timeout_s: float = TIMEOUT_S,
    apart: bool = False,
) -> Iterator[Done[Task, Result]]:
    """Do every task; results come as they are finished.

    Args:
        make: called once in each process; returns what does a task. It must not raise.
        tasks: what to do; they and their results travel between processes.
        workers: processes; 1 does everything here.
        cluster: "local" or "ray://HOST:PORT" hands the tasks to Ray instead.
        timeout_s: the longest a task may take in a process of its own.
        apart: a single worker is a process of its own too. Linear algebra has one thread in every
            such process, so its last digits depend on neither their number nor the caller.

    Raises:
        MissingDependencyError: a cluster is asked for and Ray is not installed.
    """
    if cluster is not None:
        yield from _run_on_ray(make, tasks, cluster)
    elif workers <= 1 and not apart:
        do = make()
        for task in tasks:
            yield Done(task, do(task), None)
    else:
        count = max(min(workers, len(tasks)), 1)
        yield from _run_in_processes(make, tasks, count, timeout_s)


class _Worker:
    """One process and the pipe to it."""

    def __init__(self, make: Callable[[], Callable[[Any], Any]], threads: int):
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, make), daemon=True)
        # NumPy reads its variables when it is loaded, which is before anything of ours runs.
        with _environment(_ONE_THREAD | {"LP_NUM_THREADS": str(threads)}):
            self.process.start()
        theirs.close()
        self.task: Any = None
        self.started = 0.0

    def give(self, task: Any) -> bool:
        """Hand over a task; False if the process is gone."""
        try:
            self.pipe.send(task)
        except OSError:
            return False
        self.task, self.started = task, time.monotonic()
        return True

    def end(self) -> None:
        self.pipe.close()
        self.process.join(5)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


_ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "MKL", "OMP", "VECLIB")}
"""Else the linear algebra of every process would start a thread per core, and so would Mesa's
software driver, whose variable is LP_NUM_THREADS."""


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set variables that are not set; processes that are started meanwhile inherit them."""
    added = {name: value for name, value in variables.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]


def _serve(pipe: Connection, make: Callable[[], Callable[[Any], Any]]) -> None:
    try:
        do = make()
        while True:
            pipe.send(do(pipe.recv()))
    except (EOFError, KeyboardInterrupt, BrokenPipeError):
        return


def _run_in_processes(
    make: Callable[[], Callable[[Task], Result]],
    tasks: Sequence[Task],
    count: int,
    timeout_s: float,
) -> Iterator[Done[Task, Result]]:
    threads = max(usable_cores() // count, 1)
    waiting = deque(tasks)
    workers: list[_Worker] = []
    try:
        while waiting or any(worker.task is not None for worker in workers):
            while waiting and len(workers) < count:
                workers.append(_Worker(make, threads))
            for worker in list(workers):
                if worker.task is not None or not waiting:
                    continue
                if worker.give(waiting[0]):
                    waiting.popleft()
                else:
                    worker.end()
                    workers.remove(worker)
            busy = [worker for worker in workers if worker.task is not None]
            ready = wait([worker.pipe for worker in busy], timeout=1.0) if busy else []
            for worker in busy:
                failure = None
                result: Any = None
                if worker.pipe in ready:
                    try:
                        result = worker.pipe.recv()
                    except (EOFError, ConnectionError):
                        worker.process.join(5)
                        failure = f"its process ended with exit code {worker.process.exitcode}"
                elif time.monotonic() - worker.started > timeout_s:
                    failure = f"it took longer than {timeout_s:g} s"
                else:
                    continue
                task, worker.task = worker.task, None
                if failure is not None:
                    worker.process.kill()
                    worker.end()
                    workers.remove(worker)
                yield Done(task, result, failure)
    finally:
        for worker in workers:
            if worker.task is not None:
                worker.process.kill()
            worker.end()


def _run_on_ray(
    make: Callable[[], Callable[[Task], Result]], tasks: Sequence[Task], cluster: str
) -> Iterator[Done[Task, Result]]:
    try:
        import ray
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            "Ray, which spreads work over machines, is not installed: run pip install "
            "'panic3d[cluster]'"
        ) from error
    try:
        if not ray.is_initialized():
            ray.init(address=None if cluster == "local" else cluster, log_to_driver=False)
    except Exception as error:  # Ray raises many kinds of its own
        raise Panic3dError(f"the cluster {cluster!r} cannot be reached ({error})") from error
    remote = ray.remote(num_cpus=1, max_retries=1)(_do_on_ray)
    running = {}
    for task in tasks:
        running[remote.remote(make, task)] = task
    while running:
        finished, _ = ray.wait(list(running), num_returns=1)
        task = running.pop(finished[0])
        try:
            yield Done(task, ray.get(finished[0]), None)
        except ray.exceptions.RayError as error:
            yield Done(task, None, f"Ray gave it up ({type(error).__name__})")


_made: dict[bytes, Callable[[Any], Any]] = {}


def _do_on_ray(make: Callable[[], Callable[[Any], Any]], task: Any) -> Any:
    """Do one task in a process that Ray keeps, whose tools are made once."""
    key = pickle.dumps(make)
    if key not in _made:
        os.environ.setdefault("LP_NUM_THREADS", "1")
        _made[key] = make()
    return _made[key](task)
