"""Which characters a set has, what is made of each, and where it goes."""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from panic3d.characters.made import stream
from panic3d.characters.make.engines import KINDS, Kind, digest_of, engine_sha256
from panic3d.characters.splits import SPLITS, Split, numbers_of, split_of
from panic3d.config import check_choice
from panic3d.errors import ConfigError
from panic3d.geometry.conventions import HEAD_BOX_M
from panic3d.render.views import PictureKind, ViewOptions
from panic3d.work.records import Json

Layout = Literal["folders", "shards"]
SHARD_CHARACTERS = 256
VIEWS = ("sides", "rgb")
PICTURES: tuple[PictureKind, ...] = ("colour", "alpha", "depth")
_LETTER: dict[Kind, str] = {"procedural": "p", "remixed": "r"}


class Entry(NamedTuple):
    """One character of a set."""

    kind: Kind
    number: int
    split: Split
    seed: int
    """Of the character."""
    digest: str
    """Of all that it depends on."""

    @property
    def idx(self) -> str:
        """Its id, as in "p000012"."""
        return f"{_LETTER[self.kind]}{self.number:06d}"

    @property
    def key(self) -> str:
        """Group and id: the kind is the group."""
        return f"{self.kind}/{self.idx}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class SampleOptions:
    """What is made of every character."""

    views: ViewOptions = dataclasses.field(
        default_factory=lambda: ViewOptions(views=VIEWS, kinds=PICTURES, size=256, random_views=1)
    )
    illustrations: int = 0
    """Free ones, besides the aligned front."""
    save_vrm: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.illustrations <= 1000:
            raise ConfigError(f"illustrations is {self.illustrations}, expected 0 to 1000")
        if self.views.mode != "fixed" or self.views.box_m != HEAD_BOX_M:
            raise ConfigError("characters are drawn in fixed mode and the paper's box")


@dataclasses.dataclass(frozen=True, kw_only=True)
class MakePlan:
    """A set of characters."""

    out: Path
    count: int
    seed: int = 0
    made_set: str = "made"
    kinds: tuple[Kind, ...] = ("procedural",)
    split: Split | Literal["all"] = "all"
    sources: Path | None = None
    """Folder of models that remixed characters are made from."""
    options: SampleOptions = dataclasses.field(default_factory=SampleOptions)
    layout: Layout = "folders"
    shard_characters: int = SHARD_CHARACTERS
    retry_failed: bool = False
    """Try again also what failed for good."""
    sheets: bool = False
    """Make a picture of the first 64 characters of each kind."""

    def __post_init__(self) -> None:
        check_choice("split", self.split, ("train", "val", "test", "all"))
        check_choice("layout", self.layout, ("folders", "shards"))
        for kind in self.kinds:
            check_choice("kind", kind, KINDS)
        if not self.kinds or len(set(self.kinds)) != len(self.kinds):
            raise ConfigError(f"kinds is {self.kinds}, expected some of {', '.join(KINDS)}")
        if self.count < 1 or self.seed < 0 or self.shard_characters < 1:
            raise ConfigError(
                f"count is {self.count}, shard_characters {self.shard_characters} and seed "
                f"{self.seed}: expected at least 1, 1 and 0"
            )
        if "remixed" in self.kinds and (self.sources is None or not self.sources.is_dir()):
            raise ConfigError(
                f"remixed characters need a folder of models and {self.sources} is none: name one "
                "with --sources, or make procedural ones alone"
            )
        views = self.options.views
        if self.sheets and not ({"sides", "ortho"} & {*views.views} and "colour" in views.kinds):
            raise ConfigError(
                "sheets show colour pictures from the sides: add the views sides and the picture "
                "colour"
            )
        name = self.made_set
        if not name or name.startswith((".", "_")) or set(name) & set('/\\:*?"<>|\0'):
            raise ConfigError(f"the set is called {name!r}, expected a folder's name")

    @property
    def root(self) -> Path:
        """Folder of the set."""
        folder = "renders" if self.layout == "folders" else "shards"
        return self.out / folder / self.made_set

    @property
    def options_json(self) -> Json:
        """The options as a record holds them."""
        found: Json = json.loads(json.dumps(dataclasses.asdict(self.options), sort_keys=True))
        return found


def engine_digests(plan: MakePlan) -> dict[Kind, str]:
    """Return the digest of the engine of each kind, with its models."""
    return {kind: engine_sha256(kind, plan.sources) for kind in plan.kinds}


def entries_of(plan: MakePlan, served: Mapping[Kind, Sequence[Split]] | None = None) -> list[Entry]:
    """List the characters of a plan, kinds in turn.

    A character is the same in every plan with its seed: a larger one begins with those of a
    smaller one, and those of a split are among those of all.

    Args:
        plan: of the set.
        served: splits for which there is something to make a kind's characters of; None: all.
            Characters of the others are left out, their numbers stay free.
    """
    engines = engine_digests(plan)
    numbers = {
        kind: (
            number
            for number in numbers_of(plan.split, plan.seed)
            if served is None or split_of(number, plan.seed) in served[kind]
        )
        for kind in plan.kinds
    }
    kinds = itertools.islice(itertools.cycle(plan.kinds), plan.count)
    return [entry_of(kind, next(numbers[kind]), plan.seed, engines[kind]) for kind in kinds]


def entry_of(kind: Kind, number: int, seed: int, engine: str) -> Entry:
    """Return a character of a set, by its number, the set's seed and its engine's digest."""
    split = split_of(number, seed)
    own_seed = int(stream(seed, kind, str(number)).integers(2**53))
    digest = digest_of({"engine": engine, "seed": own_seed, "split": split})
    return Entry(kind, number, split, own_seed, digest)


class Task(NamedTuple):
    """What one process does at a time: a character, or a shard of them."""

    split: Split
    shard: int
    """Number among those of its split; 0 in folders."""
    entries: tuple[Entry, ...]


def tasks_of(plan: MakePlan, entries: Sequence[Entry]) -> list[Task]:
    """Divide the work: characters by themselves in folders, else shards of one split each."""
    if plan.layout == "folders":
        return [Task(entry.split, 0, (entry,)) for entry in entries]
    tasks = []
    for split in SPLITS:
        own = [entry for entry in entries if entry.split == split]
        steps = range(0, len(own), plan.shard_characters)
        tasks += [
            Task(split, number, tuple(own[k : k + plan.shard_characters]))
            for number, k in enumerate(steps)
        ]
    return tasks


def record_path(plan: MakePlan, entry: Entry) -> Path:
    """Return where what was done for a character is recorded."""
    return plan.root / "_records" / entry.kind / f"{entry.idx}.json"


def shard_path(plan: MakePlan, task: Task) -> Path:
    """Return the tar file of a shard."""
    return plan.root / f"{plan.made_set}-{task.split}-{task.shard:06d}.tar"
