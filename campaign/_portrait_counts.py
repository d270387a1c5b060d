"""How the campaign of portraits ended, as a table in ``docs/reliability.md``."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from campaign._portrait_networks import BUNDLED

if TYPE_CHECKING:
    from campaign.fuzz_portraits import Ending

DOCUMENT = Path(__file__).parents[1] / "docs" / "reliability.md"
START, END = "<!-- counts of campaign.fuzz_portraits -->", "<!-- end of the counts -->"


def counts(endings: Sequence[Ending]) -> str:
    """Return the table, and what the slowest and the largest took."""
    lines = [
        "| mutated | files | whole jobs | a complete folder | a line that says why | wrong |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    kinds = sorted({ending.kind for ending in endings})
    groups = [[each for each in endings if each.kind == kind] for kind in kinds]
    for kind, group in zip([*kinds, "all"], [*groups, list(endings)], strict=True):
        wrong = sum(bool(each.wrong) for each in group)
        made = sum(each.made and not each.wrong for each in group)
        whole = sum(each.whole for each in group)
        refused = len(group) - made - wrong
        lines.append(f"| {kind} | {len(group)} | {whole} | {made} | {refused} | {wrong} |")
    if endings:
        slowest = max(each.processor_s for each in endings)
        longest = max(each.seconds for each in endings)
        largest = max(each.peak_bytes for each in endings)
        heads = sum(each.whole and each.made and not each.wrong for each in endings)
        whole = sum(each.whole for each in endings)
        lines += [
            "",
            f"Of the {whole} whole jobs {heads} made a head. The slowest case took {slowest:.1f} s",
            f"of the processor, the longest {longest:.1f} s by the clock of a busy machine, one",
            f"thread each; the largest {largest / 1e9:.2f} GB.",
        ]
    if not BUNDLED:
        lines += [
            "",
            "The package had no networks that prepare portraits: untrained ones of the same",
            "sizes stood in, and in most cases the face was marked by hand.",
        ]
    return "\n".join(lines)


def write_counts(endings: Sequence[Ending], document: Path = DOCUMENT) -> Path:
    """Put the table between its marks in a document, which appears whole.

    Raises:
        ValueError: the document has no such marks.
    """
    text = document.read_text(encoding="utf-8")
    table = f"{START}\n{counts(endings)}\n{END}"
    marks = re.compile(f"{re.escape(START)}.*?{re.escape(END)}", re.DOTALL)
    if not marks.search(text):
        raise ValueError(f"{document} lacks the line {START} or {END}")
    temporary = document.with_suffix(f".{os.getpid()}.tmp")
    temporary.write_text(marks.sub(lambda _: table, text), encoding="utf-8")
    os.replace(temporary, document)
    return document
