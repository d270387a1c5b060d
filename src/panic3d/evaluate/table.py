"""The table as text: the paper's rows and columns, then what was measured beyond them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from panic3d.evaluate.bootstrap import FEWEST_ASSETS, Estimate
from panic3d.evaluate.measures import HOW_TO_GET, PAPER_MEASURES, Measure, extra_measures
from panic3d.evaluate.summary import GROUP_WORDS, Block

WIDTH = 8
"""Of a column."""
PER_LINE = 12
"""Columns that stand side by side, as many as the paper has."""
NAME_WIDTH = 28


def text_of(blocks: Sequence[Block], benchmark: str) -> str:
    """Return all tables.

    Args:
        blocks: from `summarise`.
        benchmark: its name.
    """
    parts = []
    whole = {(block.track, block.mode): block.cases for block in blocks if block.group == "all"}
    for block in blocks:
        if block.group != "all" and block.cases == whole.get((block.track, block.mode)):
            parts.append(f"{_heading(block, benchmark)}: all of them, as above\n")
        else:
            parts.append(_table(block, benchmark))
    absent = sorted(
        {
            measure.needs
            for block in blocks
            for measure in PAPER_MEASURES
            if measure.needs and not any(measure.name in row for row in block.estimates.values())
        }
    )
    for network in absent:
        parts.append(f"- {network} was not measured: {HOW_TO_GET[network]}")
    return "\n".join(parts)


def _table(block: Block, benchmark: str) -> str:
    lines = [_heading(block, benchmark), *_rows(block, PAPER_MEASURES)]
    extras = extra_measures(sorted({name for row in block.estimates.values() for name in row}))
    if block.group != "all":
        extras = tuple(measure for measure in extras if measure.group == "side")
    for start in range(0, len(extras), PER_LINE):
        lines += ["", *_rows(block, extras[start : start + PER_LINE])]
    lines += _footnotes(block)
    return "\n".join([*lines, ""])


def _footnotes(block: Block) -> list[str]:
    """Say what the numbers hide: failures, empty heads, intervals that are not there."""
    lines = [
        f"{name} failed on {count} of {block.cases}, counted as an empty head"
        for name, count in block.failures.items()
        if count
    ]
    for name, row in block.estimates.items():
        found = row.get("geom.empty")
        empty = 0 if found is None else round(found.mean * found.characters)
        if empty:
            lines.append(f"{name}: {empty} of {block.cases} empty, f1 0 and left out of cd")
    if block.independent < FEWEST_ASSETS and "entry" in block.roles.values():
        lines.append(
            f"no intervals: the characters come from {block.independent} independent "
            f"asset{'s' * (block.independent != 1)}, which say nothing of others; "
            f"{FEWEST_ASSETS} are the fewest"
        )
    return lines


def _heading(block: Block, benchmark: str) -> str:
    return (
        f"{benchmark}, {block.track}, {block.mode} mode: {GROUP_WORDS[block.group]}, "
        f"{block.cases} characters from {block.assets} assets"
    )


def _rows(block: Block, measures: Sequence[Measure]) -> list[str]:
    over = ""
    for group, members in groupby(measures, key=lambda measure: measure.group):
        over += group.rjust(WIDTH * len(list(members)))
    heads = "".join(f"{measure.heading[: WIDTH - 1]:>{WIDTH}}" for measure in measures)
    lines = [" " * NAME_WIDTH + over, " " * NAME_WIDTH + heads]
    for name, role in block.roles.items():
        label = f"floor: {name}" if role == "floor" else name
        row = block.estimates[name]
        lines.append(_line(label, [_number(row, measure) for measure in measures]))
        if role == "entry":
            if block.independent >= FEWEST_ASSETS:
                lines.append(_line("  95 % interval, +-", [_half(row, m) for m in measures]))
            if name in block.scores:
                scores = block.scores[name]
                lines.append(_line("  score", [_score(scores, m) for m in measures]))
    return lines


def _line(label: str, cells: Sequence[str]) -> str:
    kept = label if len(label) < NAME_WIDTH else f"{label[: NAME_WIDTH - 4]}..."
    return f"{kept:<{NAME_WIDTH}}" + "".join(f"{cell:>{WIDTH}}" for cell in cells)


def _number(row: Mapping[str, Estimate], measure: Measure) -> str:
    found = row.get(measure.name)
    return "-" if found is None else f"{found.mean:.{measure.digits}f}"


def _half(row: Mapping[str, Estimate], measure: Measure) -> str:
    found = row.get(measure.name)
    if found is None or found.high != found.high:
        return "-"
    return f"{(found.high - found.low) / 2:.{min(measure.digits, 3)}f}"


def _score(row: Mapping[str, Estimate], measure: Measure) -> str:
    found = row.get(measure.name)
    return "-" if found is None else f"{found.mean:.3f}"
