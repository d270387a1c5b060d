"""What is checked before a set's first character is made: models, splits, and what lies there.

Beside a set lies ``SET_set.json``: its seed, the digest of each kind's engine and the options that
were used. One folder holds the characters of one seed and one engine, and never a mixture.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from panic3d.characters.make.engines import KINDS, Engines, Kind, open_checked, open_engine
from panic3d.characters.make.plan import MakePlan, engine_digests
from panic3d.characters.splits import SPLITS, Split, assets_of
from panic3d.errors import ConfigError
from panic3d.work.records import Json, read_json, runs_of, write_json
from panic3d.work.shards import shard_records

_FORMAT = 1


class Start(NamedTuple):
    """What a plan can be made of."""

    served: Mapping[Kind, tuple[Split, ...]]
    """Splits for which there is something of everything that a character needs."""
    notes: tuple[str, ...]
    """What is left out and why, one line each."""


def check_start(plan: MakePlan, engines: Engines = open_engine) -> Start:
    """Look through the models, and whether the folder is free for this set.

    Args:
        plan: of the set.
        engines: opens what makes characters.

    Raises:
        ConfigError: nothing can be made, or the folder holds a set of another seed or engine.
        Panic3dError: an engine cannot be opened.
    """
    _known_set(plan)
    served: dict[Kind, tuple[Split, ...]] = {}
    notes: list[str] = []
    for kind in plan.kinds:
        engine = open_checked(kind, plan.sources, engines)
        notes += [f"{name} is left out: {reason}" for name, reason in engine.refused.items()]
        lacks = {
            split: [what for what in engine.assets if what not in assets_of(split, engine.assets)]
            for split in (SPLITS if plan.split == "all" else (plan.split,))
        }
        served[kind] = tuple(split for split in lacks if not lacks[split])
        said = [f"no {' and no '.join(what)} for {split}" for split, what in lacks.items() if what]
        if not served[kind]:
            raise ConfigError(
                f"{kind} characters cannot be made: there is {', '.join(said)}. Make another "
                "split, or name a folder with more models with --sources"
            )
        if said:
            notes.append(
                f"{kind} characters are for {', '.join(served[kind])} alone: "
                f"there is {', '.join(said)}"
            )
    return Start(served, tuple(notes))


def begin_set(plan: MakePlan) -> None:
    """Note beside a set what it is made of.

    Raises:
        ConfigError: the folder holds a set of another seed or engine.
        Panic3dError: the note cannot be written.
    """
    known = _known_set(plan)
    options = known.get("options")
    used = [each for each in options if isinstance(each, dict)] if isinstance(options, list) else []
    note: Json = {
        "format": _FORMAT,
        "seed": plan.seed,
        "engines": {**_engines(known), **engine_digests(plan)},
        "options": used if plan.options_json in used else [*used, plan.options_json],
    }
    if plan.layout == "shards":
        note["shard_characters"] = plan.shard_characters
    if note != known:
        write_json(set_path(plan), note)


def set_path(plan: MakePlan) -> Path:
    """Return where a set says what it is made of."""
    return plan.root / f"{plan.made_set}_set.json"


def _known_set(plan: MakePlan) -> Json:
    """Return what is noted beside a set that goes on with this plan; empty for a new one."""
    made = _kinds_made(plan)
    if not made:
        return {}
    known = read_json(set_path(plan))
    remedy = "name another --set or --out, or delete that folder"
    if known.get("format") != _FORMAT:
        raise ConfigError(
            f"{plan.root} holds characters of an older version of panic3d, with which new ones "
            f"cannot be mixed: {remedy}"
        )
    if known.get("seed") != plan.seed:
        raise ConfigError(
            f"{plan.root} holds the characters of seed {known.get('seed')}, and seed {plan.seed} "
            f"is asked for: {remedy}"
        )
    there = _engines(known)
    for kind, digest in engine_digests(plan).items():
        if kind in made and there.get(kind) != digest:
            models = ", or from other models" if kind == "remixed" else ""
            raise ConfigError(
                f"the {kind} characters of {plan.root} were made by another version of the "
                f"engine{models}: {remedy}"
            )
    if plan.layout == "shards":
        asked = (sorted(plan.kinds), plan.shard_characters)
        found = (sorted(there), known.get("shard_characters"))
        if asked != found:
            raise ConfigError(
                f"the shards of {plan.root} hold {found[1]} characters each, of the kinds "
                f"{', '.join(found[0])}; {asked[1]} of {', '.join(asked[0])} are asked for: "
                f"{remedy}"
            )
        return known
    # What was noted of kinds of which nothing was made is forgotten.
    return {**known, "engines": {kind: there[kind] for kind in there if kind in made}}


def _engines(known: Json) -> dict[str, str]:
    found = known.get("engines")
    return {str(kind): str(found[kind]) for kind in found} if isinstance(found, dict) else {}


def _kinds_made(plan: MakePlan) -> tuple[Kind, ...]:
    """Return the kinds of which a folder holds characters; of shards all that may be in them."""
    if plan.layout == "shards":
        tars = plan.root.glob(f"{plan.made_set}-*-*.tar")
        records = (record for tar in tars for record in shard_records(tar).values())
        return KINDS if any(record.get("status") == "done" for record in records) else ()
    return tuple(
        kind
        for kind in KINDS
        if any(
            run.get("status") == "done"
            for path in (plan.root / "_records" / kind).glob("*.json")
            for run in runs_of(path)
        )
    )
