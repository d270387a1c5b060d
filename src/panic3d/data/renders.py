"""Data sets of rendered models: written, resumed, described.

Layout "folders" is the paper's tree, ``renders/{set}/{dtype}/{franch}/{idx}/{view}.png``, plus
what the original never wrote: ``renders/{set}/{set}_meta.json`` with the camera of every picture,
a record of every model under ``_records`` and a log under ``_logs`` (its reader skips names that
begin with "_"). Layout "shards" is WebDataset's: tar files of whole models, a JSON beside each.

Whatever is finished is not done again: a record names the digests of the model and of each file,
and both are compared. One set may be made by several commands, each with views of its own; what a
later one draws anew is struck from the records of earlier ones. The bytes depend on neither the
number of workers nor the order of the work.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import itertools
import json
import tarfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from panic3d.config import check_choice
from panic3d.errors import (
    ConfigError,
    MissingDependencyError,
    ModelError,
    Panic3dError,
    RenderError,
)
from panic3d.files import atomic_write
from panic3d.formats.container import model_sha256
from panic3d.formats.vrm import read_model, read_vrm
from panic3d.geometry.posing import Pose
from panic3d.render.raster import Rasteriser
from panic3d.render.views import (
    Subject,
    View,
    ViewOptions,
    draw_views,
    render_params,
    subject_of,
)
from panic3d.work.jobs import TIMEOUT_S, run_tasks
from panic3d.work.records import (
    RECORD_VERSION,
    Json,
    Outcome,
    add_run,
    failure_record,
    json_bytes,
    runs_of,
    still_valid,
    write_json,
)
from panic3d.work.shards import (
    add_sample,
    shard_records,
    shard_still_valid,
    write_shard_records,
)

Layout = Literal["folders", "shards"]
MODEL_ENDINGS = (".vrm", ".glb", ".gltf")
SHARD_MODELS = 64


class Entry(NamedTuple):
    """One model and its name in the data set."""

    path: Path
    franch: str
    """Group folder: of a numeric id its last digit, as for VRoid models, else a folder's name."""
    idx: str

    @property
    def key(self) -> str:
        """Group and id."""
        return f"{self.franch}/{self.idx}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class RenderPlan:
    """Where pictures go, and which."""

    out: Path
    render_set: str = "open"
    options: ViewOptions = dataclasses.field(default_factory=ViewOptions)
    layout: Layout = "folders"
    shard_models: int = SHARD_MODELS
    """Models in a shard."""
    retry_failed: bool = False
    """Try again also what failed for good."""

    def __post_init__(self) -> None:
        check_choice("layout", self.layout, ("folders", "shards"))
        if not _is_name(self.render_set):
            raise ConfigError(f"the set is called {self.render_set!r}, expected a folder's name")
        if self.shard_models < 1:
            raise ConfigError(f"shard_models is {self.shard_models}, expected at least 1")

    @property
    def root(self) -> Path:
        """Folder of the set."""
        return self.out / "renders" / self.render_set


def _is_name(text: str) -> bool:
    return bool(text) and not text.startswith((".", "_")) and not set(text) & set('/\\:*?"<>|\0')


def find_models(paths: Sequence[Path], group: str | None = None) -> list[Entry]:
    """List model files, those of folders included at any depth, sorted by group and id.

    Args:
        paths: files and folders.
        group: group folder of all of them; None chooses by name (see `Entry`).

    Raises:
        ConfigError: a path is missing, nothing is found, or two models have one name.
    """
    files: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            found = sorted(p for p in path.rglob("*") if p.suffix.lower() in MODEL_ENDINGS)
            files |= dict.fromkeys(p for p in found if p.is_file())
        elif path.is_file():
            files[path] = None
        else:
            raise ConfigError(f"there is no model {path}: check the name")
    if not files:
        raise ConfigError(f"no {', '.join(MODEL_ENDINGS)} file is in {paths[0] if paths else '.'}")
    entries = sorted((_entry(path, group) for path in files), key=lambda entry: entry[1:])
    for one, other in itertools.pairwise(entries):
        if one.key == other.key:
            raise ConfigError(
                f"{one.path} and {other.path} would both be {one.key}: rename one or render them "
                "as separate sets"
            )
    return entries


def _entry(path: Path, group: str | None) -> Entry:
    idx = path.stem
    franch = group or (idx[-1] if idx.isdecimal() else path.resolve().parent.name) or "models"
    if not _is_name(idx):
        idx = "dot" + idx.lstrip("._") if idx.lstrip("._") else "model"
    return Entry(path, franch if _is_name(franch) else "dot" + franch.lstrip("._"), idx)


def render_models(
    entries: Sequence[Entry],
    plan: RenderPlan,
    workers: int = 1,
    cluster: str | None = None,
    timeout_s: float = TIMEOUT_S,
) -> Iterator[Outcome]:
    """Draw every model that is not finished yet; outcomes come as they are known.

    When the last has come, the set's metadata and log are written.

    Args:
        entries: what to draw; see `find_models`.
        plan: which pictures, and where to.
        workers: processes.
        cluster: "local" or "ray://HOST:PORT", if Ray does the work. Its machines must see the
            same files.
        timeout_s: the longest one task may take in a process of its own.

    Raises:
        MissingDependencyError: moderngl or Ray is missing.
        RenderError: there is no OpenGL.
        Panic3dError: a file cannot be written.
    """
    if plan.layout == "folders":
        groups: list[tuple[Entry, ...]] = [(entry,) for entry in entries]
    else:
        steps = range(0, len(entries), plan.shard_models)
        groups = [tuple(entries[k : k + plan.shard_models]) for k in steps]
    tasks = [(number, group) for number, group in enumerate(groups)]
    limit = timeout_s * max((len(group) for group in groups), default=1)
    make = functools.partial(_worker, plan)
    for done in run_tasks(make, tasks, workers, cluster, limit):
        number, group = done.task
        if isinstance(done.result, Panic3dError):
            raise done.result
        outcomes = done.result
        if outcomes is None:
            text = done.failure or "unknown"
            outcomes = [Outcome(entry.key, "failed", "crash", text) for entry in group]
            for entry, outcome in zip(group, outcomes, strict=True):
                if plan.layout == "folders":
                    crashed = _head(entry, plan, _digest(entry)) | failure_record(outcome)
                    add_run(_record_path(plan, entry), crashed)
            if plan.layout == "shards":
                write_json(
                    _shard_path(plan, number).with_suffix(".json"),
                    {"models": {o.key: failure_record(o) for o in outcomes}},
                )
        yield from outcomes
    _write_summary(entries, plan, len(groups))


Task = tuple[int, tuple[Entry, ...]]


def _worker(plan: RenderPlan) -> Callable[[Task], list[Outcome] | Panic3dError]:
    """Return what does a task; the OpenGL context is opened when it is first needed."""
    held: list[Rasteriser] = []

    def rasteriser() -> Rasteriser:
        if not held:
            held.append(Rasteriser())
        return held[0]

    def do(task: Task) -> list[Outcome] | Panic3dError:
        number, group = task
        try:
            if plan.layout == "folders":
                return [_render_folders(group[0], plan, rasteriser)]
            return _render_shard(number, group, plan, rasteriser)
        except Panic3dError as error:  # no driver, no disk: no other model would fare better
            return error

    return do


# One model


def load_subject(path: Path, options: ViewOptions) -> Subject:
    """Read a model, pose it, and look whether it is sound.

    Raises:
        ModelError: it is not; the class says why.
    """
    if options.plain_origin_m is not None:
        character = read_model(path)
        pose = options.pose if character.bones else Pose(arms_deg=0.0)
    else:
        character, pose = read_vrm(path), options.pose
    return subject_of(character, pose, options)


def _render_folders(
    entry: Entry, plan: RenderPlan, rasteriser: Callable[[], Rasteriser]
) -> Outcome:
    path = _record_path(plan, entry)
    digest = _digest(entry)
    for run in runs_of(path):
        kept = still_valid(run, digest, _options(plan), plan.root, plan.retry_failed)
        if kept is not None:
            return kept._replace(key=entry.key)
    files: dict[str, str] = {}

    def keep(view: View) -> None:
        for picture in view.files:
            relative = f"{picture.folder}/{entry.key}/{picture.name}"
            # The record keeps its digest, so a power cut is noticed.
            with atomic_write(plan.root / relative, durable=False) as file:
                file.write(picture.data)
            files[relative] = hashlib.sha256(picture.data).hexdigest()

    run, outcome = _render_one(entry, plan, rasteriser, keep, digest)
    add_run(path, {**run, "files": files})
    return outcome._replace(files=len(files) if outcome.status == "done" else 0)


def _digest(entry: Entry) -> str:
    try:
        return model_sha256(entry.path)
    except ModelError:  # gone meanwhile; drawing it says so
        return ""


def _render_one(
    entry: Entry,
    plan: RenderPlan,
    rasteriser: Callable[[], Rasteriser],
    keep: Callable[[View], None],
    digest: str,
) -> tuple[Json, Outcome]:
    """Draw one model; return the run's record, without files, and the outcome."""
    head = _head(entry, plan, digest)
    try:
        subject = load_subject(entry.path, plan.options)
        notes = list(subject.notes)
        views: Json = {}
        for view in draw_views(rasteriser(), subject, entry.idx, plan.options, notes):
            keep(view._replace(geometry=None))  # it is large, and nobody looks at it here
            params = render_params(view.camera, plan.options.box_m)
            for folder in sorted({view.folder, *(file.folder for file in view.files)}):
                views[f"{plan.render_set}/{folder}/{entry.key}/{view.name}"] = params
    except ModelError as error:
        outcome = Outcome(entry.key, "failed", error.code, str(error), True)
        return head | failure_record(outcome), outcome
    except (RenderError, MemoryError) as error:
        if not isinstance(error, MemoryError) and not _has_driver(rasteriser):
            raise
        outcome = Outcome(entry.key, "failed", "render", str(error) or "out of memory")
        return head | failure_record(outcome), outcome
    record = head | {
        "status": "done",
        "notes": notes,
        "about": _about(subject),
        "render_params": views,
    }
    return record, Outcome(entry.key, "done", notes=tuple(notes))


def _head(entry: Entry, plan: RenderPlan, digest: str) -> Json:
    return {
        "record": RECORD_VERSION,
        "model": entry.path.name,
        "sha256": digest,
        "options": _options(plan),
    }


def _has_driver(rasteriser: Callable[[], Rasteriser]) -> bool:
    try:
        rasteriser()
    except (RenderError, MissingDependencyError):
        return False
    return True


def _about(subject: Subject) -> Json:
    """Whom to name, and where the head was in the file."""
    character = subject.posed.character
    about: Json = {"format": character.source, "origin_m": subject.origin.tolist()}
    if character.meta is not None:
        about["meta"] = dataclasses.asdict(character.meta)
    return about


def _options(plan: RenderPlan) -> Json:
    found: Json = json.loads(json.dumps(dataclasses.asdict(plan.options), sort_keys=True))
    return found


def _record_path(plan: RenderPlan, entry: Entry) -> Path:
    return plan.root / "_records" / entry.franch / f"{entry.idx}.json"


# Shards


def _shard_path(plan: RenderPlan, number: int) -> Path:
    return plan.out / "shards" / plan.render_set / f"{plan.render_set}-{number:06d}.tar"


def _render_shard(
    number: int,
    group: Sequence[Entry],
    plan: RenderPlan,
    rasteriser: Callable[[], Rasteriser],
) -> list[Outcome]:
    path = _shard_path(plan, number)
    digests = {entry.key: _digest(entry) for entry in group}
    kept = shard_still_valid(path, digests, _options(plan), plan.retry_failed)
    if kept is not None:
        return kept
    outcomes: list[Outcome] = []
    records: Json = {}
    with atomic_write(path) as file, tarfile.open(fileobj=file, mode="w") as tar:
        for entry in group:
            # A model that fails half-way leaves nothing in the shard.
            views: list[View] = []
            record, outcome = _render_one(entry, plan, rasteriser, views.append, digests[entry.key])
            if outcome.status == "done":
                outcome = outcome._replace(files=sum(len(view.files) for view in views))
                for view in views:
                    add_sample(
                        tar, f"{entry.key}/{view.folder}-{view.name}", _members(entry, view, plan)
                    )
            records[entry.key] = record
            outcomes.append(outcome)
    write_shard_records(path, records)
    return outcomes


def _members(entry: Entry, view: View, plan: RenderPlan) -> dict[str, bytes]:
    about = {
        "id": f"{plan.render_set}/{view.folder}/{entry.key}/{view.name}",
        "render_params": render_params(view.camera, plan.options.box_m),
    }
    pictures = {f"{file.folder}.{file.name.rpartition('.')[2]}": file.data for file in view.files}
    return pictures | {"json": json_bytes(about)}


# Summaries


def _write_summary(entries: Sequence[Entry], plan: RenderPlan, shards: int) -> None:
    """Write the cameras of every picture and the log of the set, from all records."""
    records: dict[str, list[Json]] = {}
    if plan.layout == "folders":
        folder = plan.root / "_records"
        for path in sorted(folder.rglob("*.json")):
            key = path.relative_to(folder).as_posix().removesuffix(".json")
            records[key] = runs_of(path)
        meta_path = plan.root / f"{plan.render_set}_meta.json"
        log_path = plan.root / "_logs" / "renders.jsonl"
    else:
        for number in range(shards):
            known = shard_records(_shard_path(plan, number))
            records |= {key: [run] for key, run in known.items()}
        base = _shard_path(plan, 0).parent
        meta_path = base / f"{plan.render_set}_meta.json"
        log_path = base / "renders.jsonl"
    meta: Json = {}
    lines = []
    for key in sorted(records):
        for run in records[key]:
            for name, params in run.get("render_params", {}).items():
                meta[name] = {"render_params": params}
            line = {"key": f"{plan.render_set}/{key}", "status": run.get("status", "unknown")}
            for field in ("code", "message", "permanent", "notes", "sha256"):
                if field in run:
                    line[field] = run[field]
            if isinstance(run.get("options"), dict):
                line["views"] = run["options"].get("views")
            lines.append(json_bytes(line))
    write_json(meta_path, meta)
    with atomic_write(log_path) as file:
        file.write(b"".join(line + b"\n" for line in lines))
