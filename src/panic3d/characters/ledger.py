"""The licence ledger of a set: everything that its characters were made from, and how often."""

from __future__ import annotations

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
    found: dict[tuple[str, ...], tuple[Source, Counter[Split]]] = {}
    for split, sources in characters:
        for source in dict.fromkeys(sources):
            key = (source.asset, source.title, source.author, source.licence, source.url)
            found.setdefault(key, (source, Counter()))[1][split] += 1
    return [
        Entry(source, {split: counts[split] for split in SPLITS if counts[split]})
        for _, (source, counts) in sorted(found.items())
    ]


def ledger_json(entries: Iterable[Entry]) -> dict[str, Any]:
    """Return the ledger as JSON holds it."""
    return {
        "assets": [
            {
                "asset": entry.source.asset,
                "title": entry.source.title,
                "author": entry.source.author,
                "licence": entry.source.licence,
                "url": entry.source.url,
                "characters": dict(entry.characters),
            }
            for entry in entries
        ]
    }


def ledger_text(entries: Iterable[Entry]) -> str:
    """Return the ledger as a page of Markdown: a table of assets, then whom to name."""
    entries = list(entries)
    lines = [
        "# Licences",
        "",
        "Everything that the characters of this set were made from, and in how many characters of",
        "each split it is.",
        "",
        f"| asset | title | author | licence | {' | '.join(SPLITS)} |",
        f"|---|---|---|---|{'---:|' * len(SPLITS)}",
    ]
    for source, counts in entries:
        licence = f"[{source.licence}]({source.url})" if source.url else source.licence
        cells = [source.asset, source.title, source.author]
        numbers = [str(counts.get(split, 0)) for split in SPLITS]
        lines.append("| " + " | ".join([*map(_cell, cells), licence, *numbers]) + " |")
    named = dict.fromkeys(
        f"“{source.title}” by {source.author} ({source.licence})"
        for source, _ in entries
        if source.licence.startswith("CC-BY")
    )
    if named:
        lines += ["", "Who passes pictures on must name:", "", *(f"- {line}" for line in named)]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "/").split())
