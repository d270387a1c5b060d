"""The paper's table of AnimeRecon, as text."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from panic3d.data.animerecon import PAIRS
from panic3d.evaluate.measures import HOW_TO_GET, PAPER_MEASURES, Measure

PUBLISHED: dict[str, float] = {
    "front.clip": 94.667,
    "front.lpips": 19.373,
    "front.psnr": 16.914,
    "back.clip": 85.046,
    "back.lpips": 30.017,
    "back.psnr": 15.508,
    "360.clip": 84.606,
    "360.lpips": 25.252,
    "360.psnr": 15.977,
    "geom.cd_cm": 1.329,
    "geom.f1_5": 37.725,
    "geom.f1_10": 65.498,
}
"""What the authors' readme has for their weights and all pairs, on an RTX 3080 Ti."""

_WIDTH = 9


def means(scores: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Average every measure over the characters that have it; NaN where none has."""
    found = {}
    for name in dict.fromkeys(name for score in scores for name in score):
        values = [score[name] for score in scores if not math.isnan(score.get(name, math.nan))]
        found[name] = sum(values) / len(values) if values else math.nan
    return found


def paper_table(scores: Sequence[Mapping[str, float]], published: bool = False) -> str:
    """Print the paper's table: front, back, 360 by clip, lpips, psnr; then cd, f1@5, f1@10.

    Args:
        scores: measures of every character, as `protocol.score` returns them.
        published: add the authors' numbers below each of ours.

    Returns:
        Lines without a last break; "-" stands for what could not be measured, and the reasons
        follow.
    """
    mean = means(scores)
    groups: dict[str, list[Measure]] = {}
    for measure in PAPER_MEASURES:
        groups.setdefault(measure.group, []).append(measure)
    lines: list[str] = []
    heading: list[str] = []
    for group, measures in groups.items():
        if heading != [measure.heading for measure in measures]:
            heading = [measure.heading for measure in measures]
            lines += ["", _row("", heading)] if lines else [_row("", heading)]
        lines.append(_row(group, [_number(mean, measure) for measure in measures]))
        if published:
            lines.append(_row("published", [_number(PUBLISHED, measure) for measure in measures]))
    needs = {m.needs for m in PAPER_MEASURES if m.needs and m.name not in mean}
    lines += [f"-: {need} was not given: {HOW_TO_GET[need]}" for need in sorted(needs)]
    empty = sum(math.isnan(score.get("geom.cd_cm", math.nan)) for score in scores)
    if empty:
        lines.append(f"{empty} of {len(scores)} have no surface to measure: f1 0, left out of cd")
    return "\n".join(lines)


def _row(name: str, cells: Sequence[str]) -> str:
    return f"{name:<{_WIDTH}}" + "".join(f"{cell:>{_WIDTH}}" for cell in cells)


def _number(values: Mapping[str, float], measure: Measure) -> str:
    value = values.get(measure.name, math.nan)
    return "-" if math.isnan(value) else f"{value:.3f}"


def is_the_papers(scores: Sequence[Mapping[str, float]], mode: str) -> bool:
    """Say whether a table may stand beside the published one: all pairs, in paper mode."""
    return mode == "paper" and len(scores) == PAIRS
