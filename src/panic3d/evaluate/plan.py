"""Who is judged on what: the plan of an evaluation, its files, and the keys of its results."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from panic3d.errors import ConfigError
from panic3d.evaluate.instruments import Instruments
from panic3d.evaluate.open_source import Source
from panic3d.evaluate.predictors import Predictor
from panic3d.evaluate.preparations import Preparation
from panic3d.evaluate.records import Key, file_name
from panic3d.evaluate.regions import Mode


@dataclass(frozen=True, kw_only=True)
class EvaluationPlan:
    """Who is judged on what, by what, and where the results go."""

    source: Source
    predictors: tuple[Predictor, ...]
    """Entries, floors and oracle; names are unique."""
    out: Path
    floors: Path
    """Folder of what floors and oracle got: the same for every run on this benchmark."""
    instruments: Instruments
    mode: Mode = "fixed"
    tracks: tuple[str, ...] = ("aligned",)
    preparation: Preparation | None = None
    """What prepares wild pictures."""
    device: str = "cpu"
    """Where networks that are judged compute; the predictors have it themselves."""
    seed: int = 0
    retry_failed: bool = False

    def __post_init__(self) -> None:
        names = [file_name(predictor.name) for predictor in self.predictors]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ConfigError(
                f"{', '.join(twice)} is the name of several predictors: rename one of the folders "
                "or files"
            )

    def root(self, predictor: Predictor) -> Path:
        """Return the folder of a predictor's results."""
        return self.out if predictor.role == "entry" else self.floors

    def ledger(self, predictor: Predictor) -> Path:
        """Return the file of a predictor's results."""
        return self.root(predictor) / "records" / f"{file_name(predictor.name)}.jsonl"

    def picture(self, predictor: Predictor, case: str, track: str) -> Path:
        """Return the file of a predictor's small pictures of a character."""
        folder = self._pictures(self.root(predictor)) / file_name(predictor.name)
        return folder / (self._place(track) if predictor.looks else "any") / f"{case}.webp"

    def truth_picture(self, case: str) -> Path:
        """Return the file of the truth's small pictures of a character."""
        return self._pictures(self.floors) / "_truth" / f"{case}.webp"

    def input_picture(self, case: str, track: str) -> Path:
        """Return the file of what predictors are given."""
        return self._pictures(self.floors) / "_input" / self._place(track) / f"{case}.webp"

    def _pictures(self, root: Path) -> Path:
        """Return the folder of pictures: several benchmarks may share floors."""
        return root / "pictures" / f"{self.source.digest[:8]}-{self.mode}"

    def _place(self, track: str) -> str:
        prepared = self.prepared(track)
        return f"{track}-{prepared}" if prepared else track

    def prepared(self, track: str) -> str:
        """Return what prepares the pictures of a track, by name."""
        return self.preparation.name if track == "wild" and self.preparation else ""

    def tracks_of(self, predictor: Predictor) -> tuple[str, ...]:
        """Return the tracks that a predictor is judged on."""
        return predictor.tracks(self.tracks, self.preparation.name if self.preparation else "")


class Keys(NamedTuple):
    """The digests that results are known by, read once."""

    benchmark: str
    predictors: tuple[str, ...]
    ruler: str
    preparation: str = ""

    def key(self, plan: EvaluationPlan, predictor: int, case: str, track: str) -> Key:
        """Return the key of a result."""
        ruler = f"{self.ruler} seed {plan.seed}"
        if track == "wild" and self.preparation:
            ruler += f" prepared by {self.preparation}"
        return Key(
            self.benchmark,
            self.predictors[predictor],
            ruler,
            plan.prepared(track),
            case,
            track,
            plan.mode,
        )
