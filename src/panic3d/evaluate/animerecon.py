"""The paper's evaluation on AnimeRecon: predictions of its layout against a user's own tree.

What of the list is complete is scored, the rest is named with its reason. Results have the form
that `records.py` keeps, so that a run continues where it was stopped.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

from panic3d.config import check_choice
from panic3d.data.animerecon import (
    RENDER_SET,
    SCORED_ORTHO,
    SPIN_NAMES,
    AnimeRecon,
    Pair,
    open_animerecon,
)
from panic3d.errors import (
    DatasetError,
    MissingDependencyError,
    Panic3dError,
    RenderError,
)
from panic3d.evaluate.animerecon_truth import animerecon_truth
from panic3d.evaluate.instruments import Instruments
from panic3d.evaluate.paper_table import is_the_papers, paper_table
from panic3d.evaluate.prediction_tree import (
    prediction_files,
    prediction_lacks,
    prediction_root,
    read_prediction,
)
from panic3d.evaluate.protocol import NO_NETWORKS, Networks, case_generator, score
from panic3d.evaluate.records import Key, Ledger, Result
from panic3d.evaluate.regions import MODES, Mode
from panic3d.files import file_sha256
from panic3d.render.raster import Rasteriser
from panic3d.work.jobs import run_tasks

TRACK = "aligned"
"""Illustrations are given in the frame of the renders."""


NO_INSTRUMENTS = Instruments(folder=Path())
"""Measures without any network."""


@dataclass(frozen=True, kw_only=True, eq=False)
class AnimeReconScores:
    """What came of an evaluation."""

    mode: Mode
    benchmark: AnimeRecon
    results: tuple[Result, ...]
    """Of the pairs that were scored, in the order of the list."""
    skipped: Mapping[str, str] = field(default_factory=dict)
    """The other pairs and why, in the order of the list."""
    limit: int = 0
    """So many pairs alone were asked for; 0 is all."""

    def table(self) -> str:
        """Return the paper's table as text; beside the published one where that is fair."""
        scores = [result.measures for result in self.results]
        return paper_table(scores, published=is_the_papers(scores, self.mode))

    def heading(self) -> list[str]:
        """Return how many were scored, and what is odd about the tree, a line each."""
        part = f"; only the first {self.limit} were asked for" if self.limit else ""
        return [
            f"AnimeRecon, {self.mode} mode: {len(self.results)} of {len(self.benchmark.pairs)} "
            f"listed pairs scored{part}",
            *(f"note: {note}" for note in self.benchmark.notes),
        ]

    def missing(self) -> list[str]:
        """Return of every other pair the reason, and what mends it, a line each."""
        if not self.skipped:
            return []
        lines = [f"{len(self.skipped)} missing:"]
        lines += [f"  {key}: {why}" for key, why in self.skipped.items()]
        return lines + [f"{remedy} (for {count})" for remedy, count in self.benchmark.remedies()]

    def text(self) -> str:
        """Return how many were scored, the table, and of every other pair the reason."""
        missing = self.missing()
        return "\n".join([*self.heading(), "", self.table(), *(["", *missing] if missing else [])])


def tree_name(root: Path) -> str:
    """Return the name of a predictor whose predictions lie in a folder, from the folder's."""
    place = root.resolve()
    return place.parent.name if place.name == RENDER_SET else place.name


@dataclass(frozen=True, eq=False)
class _Task:
    pair: Pair
    predictions: Path
    mode: Mode
    seed: int


_Outcome = tuple[dict[str, float] | str | Panic3dError, float]
"""Measures, or why there are none, or what stops everything; and the seconds it took."""


def _scorer(instruments: Instruments) -> Callable[[_Task], _Outcome]:
    """Return what scores a pair; networks and OpenGL are opened when first needed."""
    networks: list[Networks] = []
    rasteriser = cache(Rasteriser)

    def scored(task: _Task) -> dict[str, float] | str | Panic3dError:
        try:
            if not networks:
                networks.append(
                    NO_NETWORKS if instruments == NO_INSTRUMENTS else instruments.open()
                )
        except Panic3dError as error:
            return error
        try:
            prediction = read_prediction(task.predictions, task.pair.key, task.mode)
            truth = animerecon_truth(task.pair, task.mode, rasteriser)
            generator = case_generator(truth.name, task.seed)
            return score(truth, prediction, task.mode, networks[0], generator)
        except (MissingDependencyError, RenderError) as error:
            return error  # no other pair would fare better
        except Panic3dError as error:
            return str(error)

    def timed(task: _Task) -> _Outcome:
        start = time.monotonic()
        return scored(task), time.monotonic() - start

    return timed


def evaluate_animerecon(
    lustrous: Path,
    predictions: Path,
    mode: Mode,
    instruments: Instruments = NO_INSTRUMENTS,
    *,
    ledger: Path | None = None,
    workers: int = 1,
    seed: int = 0,
    name: str = "",
    limit: int = 0,
    on_pair: Callable[[str, str | None], None] | None = None,
) -> AnimeReconScores:
    """Measure predictions on all pairs that are complete.

    Args:
        lustrous: the folder that the paper's tools know as ``_data/lustrous``.
        predictions: of one predictor, as the paper's tool lays them out (``temp/eval/MODEL``).
        mode: of the protocol.
        instruments: the networks that measure; opened once in each process.
        ledger: file of results; what is in there for the same files and networks is not measured
            again.
        workers: processes.
        seed: of the points on the surfaces.
        name: of the predictor; by default its folder's.
        limit: only so many of the pairs whose truth is complete, from the first; 0 is all.
        on_pair: told of every pair as it is done: its key, and why it was skipped, or None.

    Raises:
        DatasetError: no pair can be scored, or the tree's list is damaged.
        WeightsError: the alignments cannot be read, or a network cannot.
        MissingDependencyError: libigl, or what a network or fixed mode needs, is not installed.
        RenderError: fixed mode, and there is no OpenGL.
    """
    check_choice("mode", mode, MODES)
    benchmark = open_animerecon(Path(lustrous))
    root = prediction_root(Path(predictions))
    if not root.is_dir():
        raise DatasetError(f"there is no folder {root}: give the folder of the predictions")
    name = name or tree_name(root)
    asked = benchmark.scorable()[:limit] if limit else benchmark.pairs
    kept = None if ledger is None else Ledger(ledger)
    ruler = "" if kept is None else instruments.digest
    results: dict[str, Result] = {}
    skipped: dict[str, str] = {}
    tasks: list[_Task] = []
    keys: dict[str, Key] = {}
    for pair in asked:
        lacks = [lack.what for lack in pair.to_score]
        unpredicted = prediction_lacks(root, pair.key)
        if unpredicted:
            lacks.append(f"the prediction has {', '.join(unpredicted)}")
        if lacks:
            skipped[pair.key] = "; ".join(lacks)
            continue
        if kept is not None:
            keys[pair.key] = _key(pair, root, mode, ruler, seed)
            known = kept.get(keys[pair.key])
            if known is not None:
                results[pair.key] = known
                continue
        tasks.append(_Task(pair, root, mode, seed))
    for key in (*skipped, *results):
        if on_pair is not None:
            on_pair(key, skipped.get(key))
    for task, outcome, seconds in _outcomes(tasks, instruments, workers):
        key = task.pair.key
        if isinstance(outcome, str):
            skipped[key] = outcome
        else:
            results[key] = _result(keys.get(key), task, name, outcome, seconds)
            if kept is not None:
                kept.add([results[key]])
        if on_pair is not None:
            on_pair(key, skipped.get(key))
    order = [pair.key for pair in benchmark.pairs]
    found = AnimeReconScores(
        mode=mode,
        benchmark=benchmark,
        results=tuple(results[key] for key in order if key in results),
        skipped={key: skipped[key] for key in order if key in skipped},
        limit=limit,
    )
    if not results:
        raise DatasetError(_nothing(found))
    return found


def _outcomes(
    tasks: list[_Task], instruments: Instruments, workers: int
) -> Iterator[tuple[_Task, dict[str, float] | str, float]]:
    """Score every pair; what would stop all of them is raised."""
    for done in run_tasks(partial(_scorer, instruments), tasks, workers):
        if done.result is None:
            yield done.task, done.failure or "unknown failure", 0.0
            continue
        outcome, seconds = done.result
        if isinstance(outcome, Panic3dError):
            raise outcome
        yield done.task, outcome, seconds


def _key(pair: Pair, root: Path, mode: Mode, ruler: str, seed: int) -> Key:
    """What a result depends on: every file that is read, the networks, the seed."""
    spins = [pair.render(folder, view) for folder in ("rgb60", "xyza60") for view in SPIN_NAMES]
    ortho = [
        pair.render(folder, view) for folder in ("ortho", "ortho_xyza") for view in SCORED_ORTHO
    ]
    area = pair.alignment.area if pair.alignment is not None else None
    return Key(
        benchmark=_digest([pair.model, *ortho, *spins], (area, seed)),
        predictor=_digest(prediction_files(root, pair.key), ()),
        ruler=ruler,
        preparation="as-predicted",
        case=pair.key,
        track=TRACK,
        mode=mode,
    )


def _digest(paths: list[Path], others: tuple[object, ...]) -> str:
    digests = [file_sha256(path) if path.is_file() else "" for path in paths]
    return hashlib.sha256("\0".join([*digests, *map(str, others)]).encode()).hexdigest()[:16]


def _result(
    key: Key | None, task: _Task, predictor: str, measures: dict[str, float], seconds: float
) -> Result:
    case = task.pair.key
    return Result(
        case=case,
        track=TRACK,
        mode=task.mode,
        kind="real",
        assets=(case,),
        predictor=predictor,
        key=key or Key("", "", "", "", case, TRACK, task.mode),
        measures=measures,
        scoring_seconds=seconds,
    )


def _nothing(found: AnimeReconScores) -> str:
    shown = [f"{key}: {why}" for key, why in list(found.skipped.items())[:3]]
    remedies = [f"{remedy} (for {count})" for remedy, count in found.benchmark.remedies()]
    return (
        f"none of the {len(found.skipped)} listed pairs can be scored; {'; '.join(shown)}"
        + ("; ..." if len(found.skipped) > 3 else "")
        + "".join(f". {remedy}" for remedy in remedies)
    )
