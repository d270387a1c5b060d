"""Whether people prefer our heads of real drawings to what anybody gets, asked blindly.

``python -m campaign.votes sheets --weights open --drawings FOLDER --out DIR`` draws one sheet a
drawing, ``DIR/sheets/NAME.png``: the drawing, and our head of it, the mean head and the nearest
training head with the drawing put on (`_votes_heads.py`), as rows A, B and C. Their order is
shuffled anew for every drawing and stands in ``DIR/key.json`` alone. A reviewer gets the sheets and
fills in ``DIR/ballot.json``; ``python -m campaign.votes count DIR`` prints what was preferred.

Other people's drawings are on the sheets, so DIR lies outside the repository.

A seed of the campaign is made-up ballots whose outcome is known.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from campaign._preparation_sheet import check_outside
from campaign._votes_heads import HEADS, SIDES_DEG, Compared, open_makers
from campaign._votes_sheet import QUESTION, draw_sheet
from panic3d.characters.made import stream
from panic3d.cli.portraits import find_portraits, folders_of
from panic3d.errors import ConfigError, Panic3dError, PictureError
from panic3d.files import atomic_write

CASES = 20

LETTERS = "ABC"
SHEETS, KEY, BALLOT, FLOORS = "sheets", "key.json", "ballot.json", "floors"

Order = dict[str, str]
"""The head of each letter."""


# A seed of the campaign


def run(seed: int, cases: int) -> None:
    """Shuffle, vote and count.

    Raises:
        AssertionError: the count is not what was voted, or an order favours a letter.
    """
    chance = np.random.default_rng(seed)
    for number in range(cases):
        names = [f"{number} {k}" for k in range(int(chance.integers(1, 40)))]
        key = {name: {"order": order_of(seed, name)} for name in names}
        wanted = {name: str(chance.choice(HEADS)) for name in names}
        ballot = {}
        for name, head in wanted.items():
            letters = {found: letter for letter, found in key[name]["order"].items()}
            assert sorted(letters) == sorted(HEADS), f"{name}: {letters} is no order of the heads"
            ballot[name] = f"{letters[head]}: seen"
        votes = votes_of({"drawings": key}, ballot)
        assert {vote.name: vote.head for vote in votes} == wanted, f"case {number} is miscounted"
        first = names[0]
        try:
            votes_of({"drawings": key}, ballot | {first: None})
        except ConfigError as error:
            assert first in str(error), f"{error} does not name what is missing"
        else:
            raise AssertionError("an incomplete ballot is counted")


# Sheets


def order_of(seed: int, name: str) -> Order:
    """Return which head each letter of a drawing is; the same for the same seed and name."""
    shuffled = stream(seed, "votes", name).permutation(len(HEADS))
    return {letter: HEADS[k] for letter, k in zip(LETTERS, shuffled, strict=True)}


def make_sheets(
    drawings: Mapping[str, Path],
    compare: Callable[[Path], Compared],
    out: Path,
    seed: int,
    about: Mapping[str, Any],
    report: Callable[[str], None],
) -> dict[str, Any]:
    """Draw the sheet of every drawing, the key and an empty ballot.

    Args:
        drawings: their files by name.
        compare: makes the heads of one.
        out: folder outside the repository.
        seed: of the order.
        about: what else the key tells.
        report: told of every drawing.

    Returns:
        The key: of each drawing its ``order`` and what heads are ``missing``, or the ``failure``
        for which it has no sheet.

    Raises:
        ConfigError: the folder lies in the repository, or has votes already.
    """
    check_outside(out)
    if (out / BALLOT).is_file() and any(_read(out / BALLOT).values()):
        raise ConfigError(f"{out / BALLOT} has votes already: take another folder")
    (out / SHEETS).mkdir(parents=True, exist_ok=True)
    titles = [f"{angle}°" for angle in SIDES_DEG]
    rows: dict[str, Any] = {}
    for name, path in drawings.items():
        start = time.perf_counter()
        place = out / SHEETS / f"{name}.png"
        try:
            found = compare(path)
        except PictureError as error:
            place.unlink(missing_ok=True)
            rows[name] = {"failure": " ".join(str(error).split())}
            report(f"{name}: no sheet: {rows[name]['failure']}")
            continue
        order = order_of(seed, name)
        views = {letter: found.views.get(head) for letter, head in order.items()}
        draw_sheet(name, found.front, titles, views).save(place)
        rows[name] = {"order": order, "missing": dict(found.missing)}
        report(f"{name}: {time.perf_counter() - start:.1f} s")
        for head, why in found.missing.items():
            report(f"{name}: {head} could not be made: {why}")
    key = {**about, "seed": seed, "drawings": rows}
    _write(out / KEY, key)
    _write(out / BALLOT, {name: None for name, row in rows.items() if "order" in row})
    return key


# Counting


class Vote(NamedTuple):
    """What was said of one drawing."""

    name: str
    head: str
    """That is preferred; empty of a drawing without a sheet."""
    remark: str


def votes_of(key: Mapping[str, Any], ballot: Mapping[str, Any]) -> list[Vote]:
    """Look up what was voted for, in the order of the key.

    Args:
        key: as `make_sheets` returns it.
        ballot: by drawing a letter, or a letter, a colon and a remark.

    Raises:
        ConfigError: votes are missing, or are none.
    """
    rows = key["drawings"]
    asked = [name for name, row in rows.items() if "order" in row]
    missing = [name for name in asked if not ballot.get(name)]
    if missing:
        raise ConfigError(f"the ballot has no vote on {', '.join(missing)}: fill them in")
    unknown = [name for name in ballot if name not in asked]
    if unknown:
        raise ConfigError(f"the ballot votes on {', '.join(unknown)}, of which there is no sheet")
    votes = []
    for name, row in rows.items():
        if "order" not in row:
            votes.append(Vote(name, "", row["failure"]))
            continue
        letter, _, remark = (part.strip() for part in str(ballot[name]).partition(":"))
        if letter not in row["order"]:
            raise ConfigError(
                f"the vote on {name} is {ballot[name]!r}, expected one of {', '.join(LETTERS)}, "
                "and after a colon a remark"
            )
        votes.append(Vote(name, row["order"][letter], remark))
    return votes


def text_of(votes: Sequence[Vote]) -> str:
    """Return votes and their totals as a Markdown table."""
    lines = ["| drawing | preferred | remark |", "|---|---|---|"]
    for vote in votes:
        remark = " ".join(vote.remark.split()).replace("|", "\\|")
        lines.append(f"| {vote.name} | {vote.head or 'no sheet'} | {remark} |")
    counts = Counter(vote.head for vote in votes)
    totals = [f"{head} {counts[head]}" for head in HEADS]
    if counts[""]:
        totals.append(f"no sheet {counts['']}")
    return "\n".join([*lines, "", f"Preferred, of {len(votes)}: {', '.join(totals)}."])


def _read(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read as JSON: {error}") from error
    if not isinstance(value, dict):
        raise ConfigError(f"{path} is no JSON object, expected votes by the drawings' names")
    return value


def _write(path: Path, value: Mapping[str, Any]) -> None:
    with atomic_write(path) as file:
        file.write(json.dumps(value, indent=1, ensure_ascii=False).encode() + b"\n")


# The whole


def main(argv: Sequence[str] | None = None) -> int:
    """Return 0, 1 if a drawing has no sheet or lacks a head, 2 for what cannot be done."""
    parser = argparse.ArgumentParser(prog="python -m campaign.votes", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    sheets = commands.add_parser("sheets", help="draw what is voted on")
    sheets.add_argument("--weights", default="open", help="of our heads; open if absent")
    sheets.add_argument("--drawings", type=Path, required=True, help="folder of pictures")
    sheets.add_argument("--out", type=Path, required=True, help="folder outside the repository")
    sheets.add_argument("--seed", type=int, default=0, help="of the order; 0 if absent")
    count = commands.add_parser("count", help="print what was preferred")
    count.add_argument("folder", type=Path, metavar="DIR", help="--out of the sheets")
    options = parser.parse_args(argv)
    try:
        if options.command == "count":
            print(text_of(votes_of(_read(options.folder / KEY), _read(options.folder / BALLOT))))
            return 0
        return _sheets(options.drawings, options.weights, options.out, options.seed)
    except Panic3dError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _sheets(drawings: Path, weights: str, out: Path, seed: int) -> int:
    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    check_outside(out)
    files = find_portraits([drawings])
    named = {folder.name: path for path, folder in zip(files, folders_of(files, out), strict=True)}
    if len(files) == 1:
        named = {files[0].stem: files[0]}
    shards = f"training heads: {{}} of {{}} parts, in {out / FLOORS}"
    makers = open_makers(weights, out / FLOORS, lambda k, n: say(shards.format(k, n)))
    reconstructor = makers.reconstructor
    about = {"weights": reconstructor.weights, "weights_sha256": reconstructor.weights_sha256}
    with makers.rasteriser:
        key = make_sheets(named, makers.compare, out, seed, about, say)
    rows = key["drawings"].values()
    sheets = sum("order" in row for row in rows)
    lacking = sum(bool(row.get("missing")) for row in rows)
    print(f"{sheets} sheets of {len(rows)} drawings in {out / SHEETS}, {lacking} lack a head.")
    print(*QUESTION, sep="\n")
    return 0 if sheets == len(rows) and not lacking else 1


if __name__ == "__main__":
    sys.exit(main())
