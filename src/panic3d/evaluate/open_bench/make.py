"""Building a benchmark: by many processes, resumed, the same bytes whoever builds it.

Each character is a folder; a record beside them has the digests of its files, so what is finished
and whole is not made again.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from panic3d.characters.ledger import ledger, ledger_json, ledger_text
from panic3d.characters.made import Source
from panic3d.characters.make.engines import (
    KINDS,
    Engine,
    Engines,
    Kind,
    digest_of,
    engine_sha256,
    open_engine,
)
from panic3d.characters.procedural import FAMILIES
from panic3d.characters.splits import check_assets
from panic3d.errors import CharacterError, ConfigError, DatasetError, Panic3dError, RenderError
from panic3d.evaluate import visible_truth
from panic3d.evaluate.open_bench import arrays, draw, probe, recipe, wild
from panic3d.evaluate.open_bench.draw import Drawn, draw_character
from panic3d.evaluate.open_bench.frozen import (
    Verdict,
    compare_with_frozen,
    frozen_path,
    read_frozen,
)
from panic3d.evaluate.open_bench.recipe import HALF, Recipe, Slot, slots_of
from panic3d.files import atomic_write, file_sha256
from panic3d.geometry.cameras import evaluation_cameras
from panic3d.render.raster import Rasteriser
from panic3d.render.views import render_params
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

FORMAT = 1
ABOUT = "benchmark.json"
CHARACTERS = "characters"
_CODE = (arrays, draw, probe, recipe, visible_truth, wild)
"""What the files of a character depend on besides the engine."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class BenchmarkPlan:
    """A benchmark, and where it goes."""

    out: Path
    recipe: Recipe
    sources: Path | None = None
    """Folder of models; without it only the procedural half is made."""
    count: int = 0
    """Only so many characters; 0 is all."""
    retry_failed: bool = False
    """Try again also what failed for good."""

    def __post_init__(self) -> None:
        if self.count < 0:
            raise ConfigError(f"count is {self.count}, expected 0 (all) or more")
        if self.sources is None:
            return
        lacking = [name for name, path in self.models.items() if not path.is_file()]
        if lacking:
            raise ConfigError(
                f"{self.sources} lacks {', '.join(f'{name}.vrm' for name in lacking)}, of which "
                f"{self.recipe.name} is made: complete the folder, or leave --sources out and make "
                "the procedural half alone"
            )

    @property
    def root(self) -> Path:
        """Folder of the benchmark."""
        return self.out / self.recipe.name

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What can be made."""
        return KINDS if self.sources is not None else ("procedural",)

    @property
    def slots(self) -> list[Slot]:
        """The characters."""
        slots = slots_of(self.recipe, self.kinds)
        return slots[: self.count] if self.count else slots

    @property
    def models(self) -> dict[str, Path]:
        """Name and file of each model that is used."""
        if self.sources is None:
            return {}
        names = {name for cell in self.recipe.remixed for name in cell}
        names -= set(FAMILIES["hair"])  # which is grown
        return {name: self.sources / f"{name}.vrm" for name in sorted(names)}


class _Task(NamedTuple):
    slot: Slot
    digest: str
    """Of all that the character depends on."""


def make_benchmark(
    plan: BenchmarkPlan,
    workers: int = 1,
    cluster: str | None = None,
    engines: Engines = open_engine,
    timeout_s: float = TIMEOUT_S,
) -> Iterator[Outcome]:
    """Make every character that is not finished yet; outcomes come as they are known.

    Call `finish_benchmark` when all are there.

    Args:
        plan: what to make, and where to.
        workers: processes.
        cluster: "local" or "ray://HOST:PORT", if Ray does the work. Its machines must see the
            same files.
        engines: opens what makes characters; called in each process.
        timeout_s: the longest a character may take.

    Raises:
        MissingDependencyError: moderngl or Ray is missing.
        RenderError: there is no OpenGL.
        Panic3dError: a file cannot be written.
    """
    # Whoever looks meanwhile shall not take it for finished.
    (plan.root / ABOUT).unlink(missing_ok=True)
    work = functools.partial(_worker, plan, engines)
    for done in run_tasks(work, _tasks(plan), workers, cluster, timeout_s, apart=True):
        if isinstance(done.result, Panic3dError):
            raise done.result
        if done.result is None:
            task = done.task
            crash = Outcome(task.slot.name, "failed", "crash", done.failure or "unknown")
            add_run(_record_path(plan, task.slot), _head(task) | failure_record(crash))
            yield crash
        else:
            yield done.result


def finish_benchmark(plan: BenchmarkPlan, frozen: Path | None = None) -> Verdict:
    """Write a benchmark's lists and its licence ledger, and compare it with what is frozen.

    Args:
        plan: all of whose characters are made.
        frozen: file of frozen digests; by default the package's own.

    Raises:
        DatasetError: a character is missing, or the frozen file is broken.
    """
    abouts: dict[str, Json] = {}
    contents: dict[str, str] = {}
    for slot in plan.slots:
        runs = [run for run in runs_of(_record_path(plan, slot)) if run.get("status") == "done"]
        if not runs:
            raise DatasetError(f"{slot.name} of {plan.root} is not made: run the command again")
        abouts[slot.name] = runs[-1]["about"]
        contents[slot.name] = digest_of(runs[-1]["files"])
    models = {name: file_sha256(path) for name, path in plan.models.items()}
    engine = {str(kind): engine_sha256(kind, None) for kind in plan.kinds}
    known = read_frozen(frozen or frozen_path(plan.recipe.name))
    probes = {name: about["probe"] for name, about in abouts.items()}
    found = compare_with_frozen(known, plan.recipe.to_dict(), models, engine, probes)
    split = plan.recipe.split
    entries = ledger(
        (split, [Source(**source) for source in about["sources"]]) for about in abouts.values()
    )
    write_json(plan.root / "LICENCES.json", ledger_json(entries))
    with atomic_write(plan.root / "LICENCES.md") as file:
        file.write(ledger_text(entries).encode())
    cameras = {name: render_params(camera) for name, camera in evaluation_cameras().items()}
    write_json(
        plan.root / ABOUT,
        {
            "format": FORMAT,
            "name": plan.recipe.name,
            "halves": [HALF[kind] for kind in plan.kinds],
            "complete": plan.kinds == KINDS and len(abouts) == plan.recipe.each * len(KINDS),
            "recipe": plan.recipe.to_dict(),
            "engine": engine,
            "models": models,
            "cameras": cameras,
            "characters": [
                {
                    "name": name,
                    "half": about["half"],
                    "source_assets": about["source_assets"],
                    "unseen": about["unseen"],
                    "contents": contents[name],
                }
                for name, about in abouts.items()
            ],
            "frozen": {"state": found.state, "differences": list(found.differences)},
        },
    )
    return found


def _tasks(plan: BenchmarkPlan) -> list[_Task]:
    code = {module.__name__: file_sha256(Path(str(module.__file__))) for module in _CODE}
    words = code | {"recipe": json.dumps(plan.recipe.to_dict(), sort_keys=True)}
    own = digest_of(words)
    engine = {kind: engine_sha256(kind, plan.sources) for kind in plan.kinds}
    return [
        _Task(slot, digest_of({"own": own, "engine": engine[slot.kind], "slot": slot}))
        for slot in plan.slots
    ]


def _record_path(plan: BenchmarkPlan, slot: Slot) -> Path:
    return plan.root / "_records" / f"{slot.name}.json"


def _head(task: _Task) -> Json:
    return {
        "record": RECORD_VERSION,
        "model": task.slot.name,
        "sha256": task.digest,
        "options": {},
    }


def _worker(plan: BenchmarkPlan, engines: Engines) -> Callable[[_Task], Outcome | Panic3dError]:
    opened: dict[Kind, Engine] = {}

    def do(task: _Task) -> Outcome | Panic3dError:
        path = _record_path(plan, task.slot)
        try:
            for run in runs_of(path):
                kept = still_valid(run, task.digest, {}, plan.root, plan.retry_failed)
                if kept is not None:
                    return kept._replace(key=task.slot.name)
            # What is wrong with these is wrong for every character.
            kind = task.slot.kind
            if kind not in opened:
                opened[kind] = engines(kind, plan.sources)
            # Wild pictures are of any size, and a rasteriser keeps what it has drawn each size on.
            with Rasteriser() as rasteriser:
                return _make(task, plan, opened[kind], rasteriser)
        except Panic3dError as error:
            return error

    return do


def _make(task: _Task, plan: BenchmarkPlan, engine: Engine, rasteriser: Rasteriser) -> Outcome:
    slot, root = task.slot, plan.root
    outcome: Outcome
    try:
        drawn = _drawn(slot, plan.recipe, engine, rasteriser)
    except MemoryError as error:
        outcome = Outcome(slot.name, "failed", "memory", str(error) or "out of memory")
    except RenderError as error:
        outcome = Outcome(slot.name, "failed", "render", str(error))
    except Exception as error:  # a fault of one character must not cost the others
        text = str(error) if isinstance(error, Panic3dError) else f"{type(error).__name__}: {error}"
        outcome = Outcome(slot.name, "failed", "character", text, True)
    else:
        files: dict[str, str] = {}
        for name, data in drawn.files.items():
            relative = f"{CHARACTERS}/{slot.name}/{name}"
            # The record keeps its digest, so a power cut is noticed.
            with atomic_write(root / relative, durable=False) as file:
                file.write(data)
            files[relative] = hashlib.sha256(data).hexdigest()
        done = {"status": "done", "notes": [], "about": drawn.about, "files": files}
        add_run(_record_path(plan, slot), _head(task) | done)
        return Outcome(slot.name, "done", files=len(files))
    add_run(_record_path(plan, slot), _head(task) | failure_record(outcome))
    return outcome


def _drawn(slot: Slot, recipe: Recipe, engine: Engine, rasteriser: Rasteriser) -> Drawn:
    wanted = slot.cell.assets
    made = engine.make(slot.seed, {kind: (name,) for kind, name in wanted.items()})
    check_assets(recipe.split, made.assets)
    found = {kind: made.assets.get(kind) for kind in wanted}
    if found != wanted:
        raise CharacterError(
            f"{slot.name} is made of {found}, expected {wanted}: is a model of the folder refused? "
            "The licence in its INDEX.json or in the file has to allow changes"
        )
    return draw_character(made, slot, recipe, rasteriser)
