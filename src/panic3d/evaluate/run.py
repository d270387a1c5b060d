"""Judging: every predictor on every character of a benchmark, in parallel, once each.

Results are kept as they come, keyed by all that they depend on; a stopped run continues, and floors
that were measured for one run serve the next.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from panic3d.errors import (
    ConfigError,
    DatasetError,
    MissingDependencyError,
    Panic3dError,
    PictureError,
    RenderError,
    ShapeError,
    WeightsError,
)
from panic3d.evaluate.cases import Input, Prediction
from panic3d.evaluate.open_source import CaseAbout, Opened
from panic3d.evaluate.plan import EvaluationPlan, Keys
from panic3d.evaluate.predictors import Given, Predict, Tools, nothing
from panic3d.evaluate.protocol import Networks, Scorer, case_generator
from panic3d.evaluate.records import Ledger, Result
from panic3d.evaluate.strips import Small, input_picture, smalls, strip_of
from panic3d.files import atomic_write
from panic3d.work.jobs import run_tasks

MOST_SECONDS = 300.0
"""That a predictor may take for one character."""
_SAID = 300


class _Item(NamedTuple):
    predictor: int
    track: str


class _Task(NamedTuple):
    about: CaseAbout
    items: tuple[_Item, ...]
    failure: str = ""
    """Why the predictor is not asked again: it took its process down."""


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What came out."""

    plan: EvaluationPlan
    title: str
    cases: tuple[CaseAbout, ...]
    results: tuple[Result, ...]
    digests: Keys
    unmeasured: tuple[str, ...] = field(default_factory=tuple)
    """Characters that could not be measured, whoever is judged, and why."""


OnCase = Callable[[int, int, str], None]
"""Told how many of how many characters are done, and of which."""


def evaluate(
    plan: EvaluationPlan, workers: int = 1, apart: bool = False, on_case: OnCase | None = None
) -> Evaluation:
    """Judge.

    Args:
        plan: what to do; what its folders have already is not done again.
        workers: processes.
        apart: even a single worker is a process of its own, so that a predictor that takes its
            process down fails alone.
        on_case: is told of progress.

    Raises:
        Panic3dError: nobody can be judged: weights are missing, or there is no OpenGL.
        DatasetError: no character can be measured.
    """
    cases = tuple(plan.source.cases)
    ruler = plan.instruments.digest
    predictors = tuple(predictor.digest for predictor in plan.predictors)
    preparation = plan.preparation.digest if plan.preparation and "wild" in plan.tracks else ""
    digests = Keys(plan.source.digest, predictors, ruler, preparation)
    ledgers = [Ledger(plan.ledger(predictor)) for predictor in plan.predictors]
    tasks = [task for about in cases if (task := _pending(plan, digests, ledgers, about)).items]
    unmeasured: list[str] = []
    finished = len(cases) - len(tasks)
    while tasks:
        again: list[_Task] = []
        for task, found, failure in _outcomes(plan, digests, tasks, workers, apart):
            for number, ledger in enumerate(ledgers):
                own = [r for r in found if r.predictor == plan.predictors[number].name]
                if own:
                    ledger.add(own)
            if failure:
                again += _retried(task, failure, unmeasured)
            else:
                finished += len(task.items) > 0
                if on_case is not None:
                    on_case(min(finished, len(cases)), len(cases), task.about.name)
        tasks = again
    known = [
        ledgers[number].get(digests.key(plan, number, about.name, track))
        for about in cases
        for number, predictor in enumerate(plan.predictors)
        for track in plan.tracks_of(predictor)
    ]
    kept = tuple(result for result in known if result is not None)
    bad = {r.case: f"{r.case}: {r.failure}" for r in kept if not r.measures}
    if len(bad) == len(cases):
        raise DatasetError(
            f"no character can be measured: {next(iter(bad.values()), 'none is there')}"
        )
    return Evaluation(
        plan=plan,
        title=plan.source.title,
        cases=cases,
        results=tuple(result for result in kept if result.measures),
        digests=digests,
        unmeasured=(*unmeasured, *bad.values()),
    )


def _pending(
    plan: EvaluationPlan, digests: Keys, ledgers: Sequence[Ledger], about: CaseAbout
) -> _Task:
    """Return what is left to do of a character."""
    items = []
    for number, predictor in enumerate(plan.predictors):
        left = []
        for track in plan.tracks_of(predictor):
            known = ledgers[number].get(digests.key(plan, number, about.name, track))
            stale = known is None or (plan.retry_failed and known.failure is not None)
            if stale or not plan.picture(predictor, about.name, track).is_file():
                left.append(track)
        items += [_Item(number, track) for track in left[: None if predictor.looks else 1]]
    return _Task(about, tuple(items))


def _retried(task: _Task, failure: str, unmeasured: list[str]) -> list[_Task]:
    """Return how a task is tried again whose process ended: each predictor apart, then none."""
    if len(task.items) > 1:
        return [task._replace(items=(item,)) for item in task.items]
    if not task.failure:
        return [task._replace(failure=failure)]
    unmeasured.append(f"{task.about.name}: {failure}")
    return []


def _outcomes(
    plan: EvaluationPlan, digests: Keys, tasks: Sequence[_Task], workers: int, apart: bool
) -> Iterator[tuple[_Task, list[Result], str]]:
    limit = MOST_SECONDS * max(len(task.items) for task in tasks)
    for done in run_tasks(partial(_judge, plan, digests), tasks, workers, None, limit, apart):
        if isinstance(done.result, Panic3dError):
            raise done.result
        yield done.task, done.result or [], done.failure or ""


def _judge(plan: EvaluationPlan, digests: Keys) -> Callable[[_Task], list[Result] | Panic3dError]:
    """Return what measures in one process; an error that it returns would befall every task."""
    session = _Session(plan, digests)

    def do(task: _Task) -> list[Result] | Panic3dError:
        try:
            return session.results(task)
        except Panic3dError as error:
            return error

    return do


class _Session:
    """What a process keeps between tasks."""

    def __init__(self, plan: EvaluationPlan, digests: Keys) -> None:
        self.plan, self.digests = plan, digests
        self.tools = Tools()
        self._opened: Opened | None = None
        self._networks: Networks | None = None
        self._predicts: dict[int, Predict] = {}

    def results(self, task: _Task) -> list[Result]:
        """Do a task."""
        plan, case = self.plan, task.about.name
        if self._opened is None:
            self._opened = plan.source.open()
            self._networks = plan.instruments.open()
        opened = self._opened
        truth = opened.truth(case, plan.mode)
        assert self._networks is not None
        chance = partial(case_generator, truth.name, plan.seed)
        scorer = Scorer(truth, plan.mode, self._networks, chance)
        shown = smalls(truth.views)
        if not plan.truth_picture(case).is_file():
            _write(plan.truth_picture(case), strip_of(shown))
        found: list[Result] = []
        inputs: dict[str, Input | str] = {}
        for item in task.items:
            if item.track not in inputs:
                inputs[item.track] = self._input(opened, case, item.track)
            given, asked = inputs[item.track], task
            if isinstance(given, str):
                if plan.predictors[item.predictor].looks:
                    asked = task._replace(failure=task.failure or given)
                given = Input(np.zeros_like(truth.views["front"]))
            found += self._measured(
                asked,
                item,
                scorer,
                shown,
                Given(
                    case=case,
                    track=item.track,
                    picture=given.picture,
                    truth=truth,
                    mode=plan.mode,
                    landmarks=given.landmarks,
                    line_free=given.line_free,
                    camera_from_head=given.camera_from_head,
                    inside=given.inside,
                ),
            )
        return found

    def _input(self, opened: Opened, case: str, track: str) -> Input | str:
        """Return what predictors are given, or why it could not be prepared."""
        place = self.plan.input_picture(case, track)
        try:
            found = opened.picture(case, track, self.plan.preparation)
        except PictureError as error:
            place.unlink(missing_ok=True)
            return f"not prepared: {' '.join(str(error).split())[:_SAID]}"
        _write(place, input_picture(found.picture))
        return found

    def _measured(
        self, task: _Task, item: _Item, scorer: Scorer, shown: Sequence[Small], given: Given
    ) -> list[Result]:
        plan = self.plan
        predictor = plan.predictors[item.predictor]
        size = given.size
        start = time.perf_counter()
        prediction, failure = nothing(size), task.failure
        if not failure:
            prediction, failure = self._predicted(item.predictor, given, size)
        middle = time.perf_counter()
        measures, wrong = _scored(scorer, prediction)
        if wrong:
            failure, prediction = failure or wrong, nothing(size)
            measures, wrong = _scored(scorer, prediction)
            if wrong:  # so it was not the predictor's fault
                failure = wrong
        picture = plan.picture(predictor, given.case, item.track)
        _write(picture, strip_of(smalls(prediction.views), shown))
        end = time.perf_counter()
        about = task.about
        result = Result(
            case=given.case,
            track=item.track,
            mode=plan.mode,
            kind=about.kind,
            assets=about.assets,
            unseen=about.unseen,
            predictor=predictor.name,
            role=predictor.role,
            key=self.digests.key(plan, item.predictor, given.case, item.track),
            measures=measures,
            seconds=round(middle - start, 3),
            scoring_seconds=round(end - middle, 3),
            failure=failure or None,
        )
        if predictor.looks:
            return [result]
        keys = {
            track: self.digests.key(plan, item.predictor, given.case, track)
            for track in plan.tracks_of(predictor)
        }
        return [replace(result, track=track, key=key) for track, key in keys.items()]

    def _predicted(self, number: int, given: Given, size: int) -> tuple[Prediction, str]:
        """Return a prediction, or nothing and why; raises what would befall every character."""
        if number not in self._predicts:
            self._predicts[number] = self.plan.predictors[number].open(self.tools)
        try:
            return self._predicts[number](given), ""
        except (ConfigError, MissingDependencyError, RenderError, ShapeError, WeightsError):
            raise  # nobody's head is at fault: the predictor cannot be fed, here or elsewhere
        except Exception as error:  # whoever is judged may fail in any way
            said = " ".join(str(error).split())[:_SAID]
            return nothing(size), f"{type(error).__name__}: {said}"


def _scored(scorer: Scorer, prediction: Prediction) -> tuple[dict[str, float], str]:
    try:
        return scorer.score(prediction), ""
    except MissingDependencyError:
        raise
    except Panic3dError as error:
        return {}, f"{type(error).__name__}: {error}"


def _write(path: Path, data: bytes) -> None:
    with atomic_write(path, durable=False) as file:
        file.write(data)
