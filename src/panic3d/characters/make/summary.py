"""What lies beside the characters of a set: cameras, lists, the licence ledger, the log, sheets."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image

from panic3d.characters.ledger import ledger, ledger_json, ledger_text
from panic3d.characters.made import Source
from panic3d.characters.make.engines import Kind
from panic3d.characters.make.plan import MakePlan, Task, engine_digests, entry_of, shard_path
from panic3d.characters.make.sample import ILLUSTRATION, member_name
from panic3d.characters.sheets import Tile, contact_sheet, jpeg_within, tile, window
from panic3d.characters.splits import SPLITS
from panic3d.files import atomic_write
from panic3d.work.records import Json, json_bytes, runs_of, write_json
from panic3d.work.shards import shard_records

SHEET_CHARACTERS = 64
SHEET_BYTES = 300_000
_SHEET_COLUMNS = 8
_SHEET_SIDE = 96
_SHOWN = (
    ("ortho", "front.png"),
    ("ortho", "left.png"),
    ("ortho", "back.png"),
    (ILLUSTRATION, "front.png"),
)


class _Known(NamedTuple):
    """What records say of one character."""

    runs: list[Json]
    shard: str
    """Its file; empty in folders."""

    @property
    def about(self) -> Json | None:
        """Its description, if it was made."""
        found = [run["about"] for run in self.runs if isinstance(run.get("about"), dict)]
        return found[-1] if found else None


def write_summary(plan: MakePlan, tasks: Sequence[Task]) -> None:
    """Write all lists of a set from its records, those of earlier commands included."""
    known = _records(plan)
    made = {key: about for key in sorted(known) if (about := known[key].about) is not None}
    meta: Json = {}
    for key in sorted(known):
        for run in known[key].runs:
            for name, params in run.get("render_params", {}).items():
                meta[name] = {"render_params": params}
    write_json(plan.root / f"{plan.made_set}_meta.json", meta)
    lines = []
    for key, about in made.items():
        line = {"key": key} | {name: about[name] for name in about if name != "sources"}
        lines.append(line | ({"shard": known[key].shard} if known[key].shard else {}))
    _write(plan, f"{plan.made_set}_characters.jsonl", _lines(lines))
    _write(plan, "_logs/characters.jsonl", _lines(_log(plan, known)))
    entries = ledger(
        (about["split"], [Source(**source) for source in about["sources"]])
        for about in made.values()
    )
    write_json(plan.root / "LICENCES.json", ledger_json(entries))
    _write(plan, "LICENCES.md", ledger_text(entries).encode())
    if plan.layout == "folders":
        for split in SPLITS:
            keys = [key for key, about in made.items() if about["split"] == split]
            with atomic_write(plan.out / "subsets" / f"{plan.made_set}_{split}.csv") as file:
                file.write("".join(f"{key}\n" for key in keys).encode())
    if plan.sheets:
        for kind in plan.kinds:
            _write_sheet(plan, tasks, kind, set(made))


def _write(plan: MakePlan, name: str, data: bytes) -> None:
    with atomic_write(plan.root / name) as file:
        file.write(data)


def _lines(values: Iterable[Json]) -> bytes:
    return b"".join(json_bytes(value) + b"\n" for value in values)


def _records(plan: MakePlan) -> dict[str, _Known]:
    if plan.layout == "folders":
        folder = plan.root / "_records"
        return {
            path.relative_to(folder).as_posix().removesuffix(".json"): _Known(runs_of(path), "")
            for path in sorted(folder.rglob("*.json"))
        }
    found: dict[str, _Known] = {}
    for path in sorted(plan.root.glob(f"{plan.made_set}-*-*.json")):
        tar = path.with_suffix(".tar")
        found |= {key: _Known([run], tar.name) for key, run in shard_records(tar).items()}
    return found


def _log(plan: MakePlan, known: Mapping[str, _Known]) -> list[Json]:
    """Say what became of each character.

    A failure counts if it was under this command's options, seed and engine: what an earlier, wrong
    command could not do is none of this set's.
    """
    engines = engine_digests(plan)

    def counts(key: str, run: Json) -> bool:
        if run.get("status") != "failed":
            return True
        if run.get("options", plan.options_json) != plan.options_json:
            return False
        kind, _, idx = key.partition("/")
        engine = next((engines[each] for each in engines if each == kind), None)
        number = int(idx[1:]) if idx[1:].isdecimal() else None
        if engine is None or number is None or "sha256" not in run:
            return True
        expected = entry_of(kind, number, plan.seed, engine)  # type: ignore[arg-type]
        return bool(run["sha256"] == expected.digest)

    lines = []
    for key in sorted(known):
        for run in known[key].runs:
            if not counts(key, run):
                continue
            line = {"key": f"{plan.made_set}/{key}", "status": run.get("status", "unknown")}
            for field in ("code", "message", "permanent", "notes", "sha256"):
                if field in run:
                    line[field] = run[field]
            lines.append(line)
    return lines


# Sheets


def _write_sheet(plan: MakePlan, tasks: Sequence[Task], kind: Kind, made: set[str]) -> None:
    wanted = sorted(
        (entry.number, entry.key, task)
        for task in tasks
        for entry in task.entries
        if entry.kind == kind and entry.key in made
    )[:SHEET_CHARACTERS]
    if not wanted:
        return
    cells = []
    for _, key, task in wanted:
        pictures = _pictures(plan, task, key)
        shown = window(pictures[0])
        tiles = [tile(picture, _SHEET_SIDE, shown) for picture in pictures]
        cells.append(contact_sheet(tiles, 2))
    sheet: Tile = contact_sheet(cells, min(_SHEET_COLUMNS, len(cells)), gap=4)
    _write(plan, f"sheet_{kind}.jpg", jpeg_within(sheet, SHEET_BYTES))


def _pictures(plan: MakePlan, task: Task, key: str) -> list[np.ndarray]:
    if plan.layout == "folders":
        files = [(plan.root / folder / key / name).read_bytes() for folder, name in _SHOWN]
    else:
        with tarfile.open(shard_path(plan, task)) as tar:
            found = [tar.extractfile(f"{key}.{member_name(*shown)}") for shown in _SHOWN]
            files = [b"" if member is None else member.read() for member in found]
    return [np.array(Image.open(io.BytesIO(data)).convert("RGBA")) for data in files]
