"""The report: one page that needs nothing else, and every number as JSON."""

from __future__ import annotations

import base64
import html
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import panic3d
from panic3d.evaluate.bootstrap import FEWEST_ASSETS
from panic3d.evaluate.measures import HOW_TO_GET, PAPER_MEASURES, Measure
from panic3d.evaluate.provenance import code_digest, git_commit
from panic3d.evaluate.run import Evaluation
from panic3d.evaluate.summary import (
    GROUP_WORDS,
    Block,
    measures_of,
    summarise,
    track_label,
)
from panic3d.evaluate.table import text_of
from panic3d.files import atomic_write

TEMPLATE = Path(__file__).with_name("report_template.html")

Json = dict[str, Any]

_HOW = (
    "Below each mean, its 95 % interval: whole assets (hairstyles, faces) are drawn again and "
    "again, since characters made from one asset are no independent observations; with fewer than "
    f"{FEWEST_ASSETS} of them there is none. Floors are what "
    "anybody gets without reconstructing; the oracle is the true visible surface through our own "
    "grid and mesher, in its true colours. Score: 0 is the best floor, 1 the oracle."
)


class Written(NamedTuple):
    """Where the report is, and what is printed."""

    html: Path
    json: Path
    text: str


def write_report(evaluation: Evaluation) -> Written:
    """Write ``report.html`` and ``report.json`` into the evaluation's folder.

    Raises:
        Panic3dError: they cannot be written.
    """
    plan = evaluation.plan
    chance = np.random.Generator(np.random.PCG64(plan.seed))
    blocks = summarise(evaluation.results, chance)
    data = page_data(evaluation, blocks)
    page = page_of(evaluation.title, data, pictures_of(evaluation, data["tracks"]))
    written = Written(
        plan.out / "report.html", plan.out / "report.json", text_of(blocks, evaluation.title)
    )
    for path, content in ((written.html, page), (written.json, numbers_of(evaluation, blocks))):
        with atomic_write(path) as file:
            file.write(content.encode())
    return written


def numbers_of(evaluation: Evaluation, blocks: Sequence[Block]) -> str:
    """Return ``report.json``: means, intervals, scores, and every single result."""
    plan, digests = evaluation.plan, evaluation.digests
    value = {
        "panic3d_version": panic3d.__version__,
        "commit": git_commit(),
        "code": code_digest(),
        "device": plan.device,
        "benchmark": {"title": evaluation.title, "digest": digests.benchmark},
        "mode": plan.mode,
        "tracks": list(plan.tracks),
        "preparation": {track: plan.prepared(track) for track in plan.tracks},
        "seed": plan.seed,
        "ruler": digests.ruler,
        "predictors": [
            {"name": predictor.name, "role": predictor.role, "digest": digest}
            for predictor, digest in zip(plan.predictors, digests.predictors, strict=True)
        ],
        "measures": [measure._asdict() for measure in measures_of(evaluation.results)],
        "intervals": (
            "mean, low, high (95 %, resampling source assets; null below "
            f"{FEWEST_ASSETS} independent ones), characters"
        ),
        "tables": [block.to_json() for block in blocks],
        "unmeasured": list(evaluation.unmeasured),
        "results": [result.to_json() for result in evaluation.results],
    }
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1)


def page_data(evaluation: Evaluation, blocks: Sequence[Block]) -> Json:
    """Return what the page shows, without pictures."""
    results, plan = evaluation.results, evaluation.plan
    measures = measures_of(results)
    tracks = list(dict.fromkeys(track_label(result) for result in results))
    row = {about.name: k for k, about in enumerate(evaluation.cases)}
    count = len(row)
    values: dict[str, dict[str, dict[str, list[float | None]]]] = {}
    failures: dict[str, dict[str, dict[int, str]]] = {}
    for result in results:
        label, who = track_label(result), result.predictor
        own = values.setdefault(label, {}).setdefault(who, {})
        for name, value in result.measures.items():
            cells = own.setdefault(name, [None] * count)
            cells[row[result.case]] = round(value, 5) if math.isfinite(value) else None
        if result.failure:
            failures.setdefault(label, {}).setdefault(who, {})[row[result.case]] = result.failure
    return {
        "title": f"Evaluation on {evaluation.title}",
        "about": (
            f"{count} characters, {plan.mode} mode, panic3d {panic3d.__version__}, benchmark "
            f"{evaluation.digests.benchmark}"
        ),
        "how": _HOW,
        "notices": notices(evaluation, measures),
        "tracks": tracks,
        "group_words": GROUP_WORDS,
        "measures": [
            measure._asdict() | {"paper": measure in PAPER_MEASURES} for measure in measures
        ],
        "predictors": [{"name": each.name, "role": each.role} for each in plan.predictors],
        "blocks": [block.to_json() for block in blocks],
        "cases": [about._asdict() for about in evaluation.cases],
        "values": values,
        "failures": failures,
    }


def notices(evaluation: Evaluation, measures: Sequence[Measure]) -> list[str]:
    """Return what must be said with the numbers."""
    said = []
    for track in evaluation.plan.tracks:
        if evaluation.plan.prepared(track) == "ideal":
            said.append(
                f"The pictures of the track {track} were prepared by what is true of them, their "
                "matte and landmarks: these are no end-to-end numbers."
            )
        if evaluation.plan.prepared(track) == "own":
            said.append(
                f"The heads of the track {track} were saved by others, who prepared the pictures "
                "themselves; floors got them prepared by what is true of them."
            )
    there = {name for result in evaluation.results for name in result.measures}
    absent = {m.needs for m in measures if m.needs and m.name not in there}
    said += [f"{name} was not measured: {HOW_TO_GET[name]}" for name in sorted(absent)]
    said += [f"Not measured: {line}" for line in evaluation.unmeasured]
    return said


def pictures_of(evaluation: Evaluation, labels: Sequence[str]) -> Json:
    """Return the small pictures as data URIs, by track's label and character; None if absent."""
    plan = evaluation.plan
    names = [about.name for about in evaluation.cases]
    tracks = {_label_of(evaluation, label): label for label in labels}
    return {
        "truth": [_uri(plan.truth_picture(name)) for name in names],
        "input": {
            label: [_uri(plan.input_picture(name, track)) for name in names]
            for track, label in tracks.items()
        },
        "predictors": {
            predictor.name: {
                label: [_uri(plan.picture(predictor, name, track)) for name in names]
                for track, label in tracks.items()
            }
            for predictor in plan.predictors
        },
    }


def _label_of(evaluation: Evaluation, label: str) -> str:
    """Return the track that a label stands for."""
    return next(result.track for result in evaluation.results if track_label(result) == label)


def page_of(title: str, data: Json, pictures: Json) -> str:
    """Fill the template."""
    page = TEMPLATE.read_text("utf-8").replace("@TITLE@", html.escape(title))
    head, data_mark, rest = page.partition("@DATA@")
    middle, picture_mark, tail = rest.partition("@PICTURES@")
    assert data_mark and picture_mark
    return f"{head}{_inside_script(data)}{middle}{_inside_script(pictures)}{tail}"


def _inside_script(value: Json) -> str:
    """Encode JSON so that nothing in it can end the script that it stands in."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def _uri(path: Path) -> str | None:
    try:
        return "data:image/webp;base64," + base64.b64encode(path.read_bytes()).decode()
    except OSError:
        return None
