"""Sets of characters: made by many processes, resumed, the same bytes whoever makes them.

Layout "folders" is the paper's tree, ``renders/{set}/{dtype}/{kind}/{idx}/{view}.png``; layout
"shards" is WebDataset's: one sample a character, one split a shard. Nothing half-made stays behind,
and what is finished is not made again.
"""

from __future__ import annotations

import functools
import hashlib
import tarfile
from collections.abc import Callable, Iterator, Sequence

from panic3d.characters.make.engines import Engine, Engines, Kind, open_checked, open_engine
from panic3d.characters.make.plan import (
    Entry,
    MakePlan,
    Task,
    entries_of,
    record_path,
    shard_path,
    tasks_of,
)
from panic3d.characters.make.sample import Sample, make_sample, member_name
from panic3d.characters.make.start import Start, begin_set, check_start
from panic3d.characters.make.summary import write_summary
from panic3d.characters.splits import assets_of, check_assets
from panic3d.errors import CharacterError, Panic3dError, RenderError
from panic3d.files import atomic_write
from panic3d.render.raster import Rasteriser
from panic3d.work.jobs import TIMEOUT_S, run_tasks
from panic3d.work.records import (
    RECORD_VERSION,
    Json,
    Outcome,
    add_run,
    failure_record,
    runs_of,
    still_valid,
    write_json,
)
from panic3d.work.shards import add_sample, shard_still_valid, write_shard_records


def make_characters(
    plan: MakePlan,
    workers: int = 1,
    cluster: str | None = None,
    engines: Engines = open_engine,
    timeout_s: float = TIMEOUT_S,
    start: Start | None = None,
) -> Iterator[Outcome]:
    """Make every character that is not finished yet; outcomes come as they are known.

    When the last has come, the set's lists, ledger and log are written.

    Args:
        plan: what to make, and where to.
        workers: processes.
        cluster: "local" or "ray://HOST:PORT", if Ray does the work. Its machines must see the
            same files.
        engines: opens what makes characters; called in each process.
        timeout_s: the longest a character may take.
        start: what `check_start` found, if it was asked already.

    Raises:
        ConfigError: nothing can be made of the models, or the folder holds another set.
        MissingDependencyError: moderngl or Ray is missing.
        RenderError: there is no OpenGL.
        Panic3dError: a file cannot be written.
    """
    start = check_start(plan, engines) if start is None else start
    tasks = tasks_of(plan, entries_of(plan, start.served))
    begin_set(plan)
    limit = timeout_s * max(len(task.entries) for task in tasks)
    make = functools.partial(_worker, plan, engines)
    for done in run_tasks(make, tasks, workers, cluster, limit, apart=True):
        if isinstance(done.result, Panic3dError):
            raise done.result
        outcomes = done.result
        if outcomes is None:
            text = done.failure or "unknown"
            outcomes = [Outcome(e.key, "failed", "crash", text) for e in done.task.entries]
            _note_crash(plan, done.task, outcomes)
        yield from outcomes
    write_summary(plan, tasks)


class _Tools:
    """What a process needs, opened when it is first needed."""

    def __init__(self, plan: MakePlan, engines: Engines):
        self.plan, self._open = plan, engines
        self._engines: dict[Kind, Engine] = {}
        self._rasteriser: Rasteriser | None = None

    def engine(self, kind: Kind) -> Engine:
        if kind not in self._engines:
            self._engines[kind] = open_checked(kind, self.plan.sources, self._open)
        return self._engines[kind]

    def rasteriser(self) -> Rasteriser:
        if self._rasteriser is None:
            self._rasteriser = Rasteriser()
        return self._rasteriser


def _worker(plan: MakePlan, engines: Engines) -> Callable[[Task], list[Outcome] | Panic3dError]:
    tools = _Tools(plan, engines)

    def do(task: Task) -> list[Outcome] | Panic3dError:
        try:
            if plan.layout == "folders":
                return [_make_folders(task.entries[0], tools)]
            return _make_shard(task, tools)
        except Panic3dError as error:  # no driver, no disk: no other character would fare better
            return error

    return do


# One character


def _make_one(entry: Entry, tools: _Tools) -> tuple[Json, Outcome, Sample | None]:
    """Make one character; return its record without files, the outcome and what to keep."""
    plan = tools.plan
    head = {
        "record": RECORD_VERSION,
        "model": entry.idx,
        "sha256": entry.digest,
        "options": plan.options_json,
    }
    # What is wrong with these is wrong for every character.
    engine, rasteriser = tools.engine(entry.kind), tools.rasteriser()
    try:
        allowed = assets_of(entry.split, engine.assets)
        missing = sorted(set(engine.assets) - set(allowed))
        if missing:
            raise CharacterError(
                f"there is no {' and no '.join(missing)} for {entry.split} characters of the kind "
                f"{entry.kind}: make another split, or name a folder with more models"
            )
        made = engine.make(entry.seed, allowed)
        check_assets(entry.split, made.assets)
        sample = make_sample(made, entry, plan.options, rasteriser)
    except MemoryError as error:
        outcome = Outcome(entry.key, "failed", "memory", str(error) or "out of memory")
        return head | failure_record(outcome), outcome, None
    except RenderError as error:
        outcome = Outcome(entry.key, "failed", "render", str(error))
        return head | failure_record(outcome), outcome, None
    except Exception as error:  # a fault of one character must not cost the others
        text = str(error) if isinstance(error, Panic3dError) else f"{type(error).__name__}: {error}"
        outcome = Outcome(entry.key, "failed", "character", text, True)
        return head | failure_record(outcome), outcome, None
    cameras = {
        f"{plan.made_set}/{folder}/{entry.key}/{view}": params
        for name, params in sample.cameras.items()
        for folder, _, view in [name.partition("/")]
    }
    record = head | {
        "status": "done",
        "notes": list(sample.notes),
        "about": sample.about,
        "render_params": cameras,
    }
    outcome = Outcome(entry.key, "done", notes=sample.notes, files=len(sample.files))
    return record, outcome, sample


def _make_folders(entry: Entry, tools: _Tools) -> Outcome:
    plan = tools.plan
    path = record_path(plan, entry)
    for run in runs_of(path):
        kept = still_valid(run, entry.digest, plan.options_json, plan.root, plan.retry_failed)
        if kept is not None:
            return kept._replace(key=entry.key)
    record, outcome, sample = _make_one(entry, tools)
    files: dict[str, str] = {}
    for picture in () if sample is None else sample.files:
        relative = f"{picture.folder}/{entry.key}/{picture.name}"
        # The record keeps its digest, so a power cut is noticed.
        with atomic_write(plan.root / relative, durable=False) as file:
            file.write(picture.data)
        files[relative] = hashlib.sha256(picture.data).hexdigest()
    add_run(path, {**record, "files": files})
    return outcome


def _note_crash(plan: MakePlan, task: Task, outcomes: Sequence[Outcome]) -> None:
    if plan.layout == "shards":
        write_json(
            shard_path(plan, task).with_suffix(".json"),
            {"models": {o.key: failure_record(o) for o in outcomes}},
        )
        return
    for entry, outcome in zip(task.entries, outcomes, strict=True):
        head = {"record": RECORD_VERSION, "sha256": entry.digest, "options": plan.options_json}
        add_run(record_path(plan, entry), head | failure_record(outcome))


# Shards


def _make_shard(task: Task, tools: _Tools) -> list[Outcome]:
    plan = tools.plan
    path = shard_path(plan, task)
    digests = {entry.key: entry.digest for entry in task.entries}
    kept = shard_still_valid(path, digests, plan.options_json, plan.retry_failed)
    if kept is not None:
        return kept
    outcomes = []
    records: Json = {}
    with atomic_write(path) as file, tarfile.open(fileobj=file, mode="w") as tar:
        for entry in task.entries:
            records[entry.key], outcome, sample = _make_one(entry, tools)
            outcomes.append(outcome)
            if sample is not None:
                members = {member_name(f.folder, f.name): f.data for f in sample.files}
                add_sample(tar, entry.key, members)
    write_shard_records(path, records)
    return outcomes
