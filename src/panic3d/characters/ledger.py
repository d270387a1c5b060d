"""The licence ledger of a set: everything that its characters were made from, and how often."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from panic3d.characters.made import Source
from panic3d.characters.splits import SPLITS, Split


class Entry(NamedTuple):
    """One source and in how many characters of each split it is."""

    source: Source
    characters: dict[Split, int]


def ledger(characters: Iterable[tuple[Split, Iterable[Source]]]) -> list[Entry]:
    """Count the sources of characters; sorted, so the same for any order of the characters."""
    found: dict[Source, Counter[Split]] = {}
    for split, sources in characters:
        for source in dict.fromkeys(sources):
            found.setdefault(source, Counter())[split] += 1
    return [
        Entry(source, {split: counts[split] for split in SPLITS if counts[split]})
        for source, counts in sorted(found.items(), key=lambda item: dataclasses.astuple(item[0]))
    ]


def ledger_json(entries: Iterable[Entry]) -> dict[str, Any]:
    """Return the ledger as JSON holds it."""
    return {
        "assets": [
            dataclasses.asdict(entry.source) | {"characters": dict(entry.characters)}
            for entry in entries
        ]
    }


def ledger_text(entries: Iterable[Entry]) -> str:
    """Return the ledger as a page of Markdown: a table of assets, then whom to name."""
    entries = list(entries)
    lines = [
        "# Licences",
        "",
        "Everything that the characters of this set were made from: whose it is, where its licence",
        "is stated and it was had from, whether it was changed, and in how many characters of each",
        "split it is.",
        "",
        f"| asset | title | author | licence | stated at | from | changed | {' | '.join(SPLITS)} |",
        f"|---|---|---|---|---|---|---|{'---:|' * len(SPLITS)}",
    ]
    for source, counts in entries:
        licence = f"[{source.licence}]({source.url})" if source.url else source.licence
        changed = "yes" if source.changed else "no"
        cells = [source.asset, source.title, source.author, licence]
        cells += [source.reference, source.address, changed]
        cells += [str(counts.get(split, 0)) for split in SPLITS]
        lines.append("| " + " | ".join(map(_cell, cells)) + " |")
    named = dict.fromkeys(
        f"“{source.title}” by {source.author} ({', '.join(_terms(source))})"
        for source, _ in entries
        if source.licence.startswith("CC-BY")
    )
    if named:
        lines += ["", "Who passes pictures on must name:", "", *(f"- {line}" for line in named)]
    return "\n".join(lines) + "\n"


def _terms(source: Source) -> list[str]:
    """Return what has to be said with a name: the licence, the source, and that it was changed."""
    changed = "changed" if source.changed else ""
    return [word for word in (source.licence, source.url, source.address, changed) if word]


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "/").split())
