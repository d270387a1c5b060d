"""Records of finished work: what commands did with each model, and whether it still holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal, NamedTuple

from panic3d.files import atomic_write, file_sha256

Json = dict[str, Any]

RECORD_VERSION = 2


class Outcome(NamedTuple):
    """What became of one model."""

    key: str
    status: Literal["done", "kept", "failed"]
    """Kept: it was finished before and its files are still as they were."""
    code: str = ""
    """Class of the fault, as in `panic3d.errors`."""
    message: str = ""
    permanent: bool = False
    """The model itself is at fault, so trying again will not help."""
    notes: tuple[str, ...] = ()
    files: int = 0


def runs_of(path: Path) -> list[Json]:
    """Return what commands did with a model, oldest first."""
    runs = read_json(path).get("runs")
    return [run for run in runs if isinstance(run, dict)] if isinstance(runs, list) else []


def add_run(path: Path, run: Json) -> None:
    """Add what a command did with a model to its record.

    Runs with the same options or another model are dropped, and so are the files of others that
    this one has written anew.
    """
    written = run.get("files", {})
    kept = []
    for other in runs_of(path):
        if other.get("sha256") != run["sha256"] or other.get("options") == run["options"]:
            continue
        files = other.get("files")
        if isinstance(files, dict) and files.keys() & written.keys():
            other["files"] = {name: files[name] for name in files.keys() - written.keys()}
            stems = {name.rpartition(".")[0] for name in other["files"]}
            cameras = other.get("render_params", {})
            other["render_params"] = {
                name: cameras[name] for name in cameras if name.partition("/")[2] in stems
            }
            other["status"] = "replaced in part"
        kept.append(other)
    write_json(path, {"record": RECORD_VERSION, "runs": [*kept, run]})


def failure_record(outcome: Outcome) -> Json:
    """Return what a record says of a failure."""
    return {
        "status": "failed",
        "code": outcome.code,
        "message": outcome.message,
        "permanent": outcome.permanent,
    }


def still_valid(
    run: Json, digest: str, options: Json, root: Path, retry_failed: bool
) -> Outcome | None:
    """Return the outcome of an earlier run if it still holds.

    Args:
        run: the record.
        digest: of the model as it is now.
        options: of the command, as JSON holds them.
        root: folder of the set.
        retry_failed: what failed for good does not hold.
    """
    same = (
        run.get("record") == RECORD_VERSION
        and run.get("sha256") == digest
        and run.get("options") == options
    )
    if not same:
        return None
    if run.get("status") == "failed":
        if retry_failed or not run.get("permanent"):
            return None
        return Outcome("", "failed", str(run["code"]), str(run["message"]), True)
    files = run.get("files")
    if run.get("status") != "done" or not isinstance(files, dict):
        return None
    for relative, expected in files.items():
        path = root / relative
        if not path.is_file() or file_sha256(path) != expected:
            return None
    return Outcome("", "kept", notes=tuple(run.get("notes", ())), files=len(files))


def json_bytes(value: Json) -> bytes:
    """Encode JSON; the same bytes for the same content."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace")


def write_json(path: Path, value: Json) -> None:
    """Write JSON whole or not at all."""
    with atomic_write(path) as file:
        file.write(json_bytes(value) + b"\n")


def read_json(path: Path) -> Json:
    """Return a JSON object of ours; empty if it is missing or broken, which only costs time."""
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
