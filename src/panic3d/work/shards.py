"""Shards: tar files of whole samples as WebDataset reads them, a JSON with their records beside."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

from panic3d.files import file_sha256
from panic3d.work.records import Json, Outcome, read_json, still_valid, write_json


def add_sample(tar: tarfile.TarFile, key: str, members: Mapping[str, bytes]) -> None:
    """Add one sample: files of the same name up to the first dot make up one.

    Args:
        tar: open for writing. It gets no times and no owners, so its bytes are the content's.
        key: of the sample, without dots in its last part.
        members: ending to content.
    """
    for ending, data in sorted(members.items()):
        info = tarfile.TarInfo(f"{key}.{ending}")
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))


def write_shard_records(path: Path, records: Json) -> None:
    """Write what is beside a finished shard: its digest and the record of each model, in order."""
    write_json(path.with_suffix(".json"), {"tar_sha256": file_sha256(path), "models": records})


def shard_records(path: Path) -> Json:
    """Return the records of a shard's models; empty if it is not finished."""
    models = read_json(path.with_suffix(".json")).get("models")
    return models if isinstance(models, dict) else {}


def shard_still_valid(
    path: Path, digests: Mapping[str, str], options: Json, retry_failed: bool
) -> list[Outcome] | None:
    """Return the outcomes of the models of a shard if it still holds.

    Args:
        path: of the tar file.
        digests: of each model as it is now, in order.
        options: of the command, as JSON holds them.
        retry_failed: what failed for good does not hold.
    """
    known = read_json(path.with_suffix(".json"))
    records = known.get("models")
    if not isinstance(records, dict) or set(records) != set(digests) or not path.is_file():
        return None
    outcomes = []
    for key, digest in digests.items():
        record = {"files": {}, **records[key]}
        outcome = still_valid(record, digest, options, path.parent, retry_failed)
        if outcome is None:
            return None
        outcomes.append(outcome._replace(key=key))
    return outcomes if known.get("tar_sha256") == file_sha256(path) else None
