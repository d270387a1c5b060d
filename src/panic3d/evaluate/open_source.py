"""A built open benchmark as the runner sees it: cases, truths, and pictures of every track."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar, runtime_checkable

from panic3d.errors import ConfigError
from panic3d.evaluate.cases import Input, Truth
from panic3d.evaluate.open_bench.read import OpenCase, read_benchmark
from panic3d.evaluate.preparations import PREPARATIONS, Preparation, Prepare
from panic3d.evaluate.protocol import compared_maps
from panic3d.evaluate.regions import Mode
from panic3d.evaluate.strips import with_shown

Track = str
Picture = TypeVar("Picture")

TRACKS: Mapping[Track, str] = {
    "aligned": "an illustration that lies exactly on the front view, matted",
    "render": "the front view itself",
    "wild": "an illustration as a person has it, which must be prepared first",
}
"""What a predictor is given."""


class CaseAbout(NamedTuple):
    """What is known of a character without opening its files."""

    name: str
    kind: str
    """ "real" or "procedural"."""
    assets: tuple[str, ...]
    unseen: tuple[str, ...]


@runtime_checkable
class Opened(Protocol):
    """A benchmark in one process."""

    def truth(self, case: str, mode: Mode) -> Truth:
        """Return the truth of a character, its surface as of a mode."""
        ...

    def picture(self, case: str, track: Track, preparation: Preparation | None) -> Input:
        """Return what a predictor is given.

        Raises:
            PictureError: the preparation can make nothing of the picture.
        """
        ...


@runtime_checkable
class Source(Protocol):
    """A benchmark as a value that travels between processes."""

    @property
    def title(self) -> str:
        """Its name and what is to be said with every number measured on it."""
        ...

    @property
    def digest(self) -> str:
        """Of everything that is measured."""
        ...

    @property
    def cases(self) -> Sequence[CaseAbout]:
        """All characters."""
        ...

    def open(self) -> Opened:
        """Open it in this process."""
        ...


@dataclass(frozen=True)
class OpenSource:
    """A folder that `panic3d benchmark make` has built; see `open_source`."""

    folder: Path
    title: str
    digest: str
    """Of all its characters: a part's results are also the whole's."""
    cases: Sequence[CaseAbout]

    def open(self) -> Opened:
        """Open it in this process."""
        return _OpenedBenchmark({case.name: case for case in read_benchmark(self.folder).cases})


def open_source(folder: Path, limit: int = 0) -> OpenSource:
    """Read what a benchmark consists of.

    Args:
        folder: that `panic3d benchmark make` has built.
        limit: only so many characters, from the first; 0 is all.

    Raises:
        DatasetError: there is none, or it is broken.
    """
    benchmark = read_benchmark(folder)
    cases = tuple(
        CaseAbout(case.name, case.half, case.source_assets, case.unseen) for case in benchmark.cases
    )
    title = benchmark.title
    if limit:
        cases, title = cases[:limit], f"{title}, the first {min(limit, len(cases))}"
    return OpenSource(folder, title, benchmark.digest[:16], cases)


class _OpenedBenchmark:
    def __init__(self, cases: Mapping[str, OpenCase]) -> None:
        self.cases = cases
        self._opened: Mapping[Preparation, Prepare] = {}

    def truth(self, case: str, mode: Mode) -> Truth:
        lazy = self.cases[case].truth(mode)
        # What is looked at is asked for once for each predictor, so it is decoded once for all.
        maps = with_shown(compared_maps(lazy, mode))
        return Truth(
            lazy.name,
            _decoded(lazy.views, maps.views),
            lazy.surface,
            lazy.region,
            _decoded(lazy.depths, maps.depths),
            _decoded(lazy.normals, maps.normals),
        )

    def picture(self, case: str, track: Track, preparation: Preparation | None) -> Input:
        found = self.cases[case]
        if track == "wild":
            if preparation is None:
                raise ConfigError(_UNPREPARED)
            if preparation not in self._opened:
                self._opened = {preparation: preparation.open()}
            return self._opened[preparation](found)
        given = found.aligned()
        if track == "render":
            return Input(given.render)
        return Input(given.illustration, given.landmarks.points)


def _decoded(lazy: Mapping[str, Picture], wanted: Container[str]) -> dict[str, Picture]:
    return {name: lazy[name] for name in lazy if name in wanted}


_UNPREPARED = (
    "nothing prepares the pictures of the track wild: choose --preparation from "
    f"{', '.join(PREPARATIONS)}, or leave the track out"
)


def check_tracks(tracks: Sequence[Track], preparation: str) -> None:
    """Refuse tracks that there are not, and wild pictures that nothing prepares.

    Raises:
        ConfigError: they are such.
    """
    unknown = [track for track in tracks if track not in TRACKS]
    if unknown:
        raise ConfigError(f"no track {', '.join(unknown)}: choose from {', '.join(TRACKS)}")
    if not tracks:
        raise ConfigError(f"there are no tracks: choose from {', '.join(TRACKS)}")
    if "wild" in tracks and preparation not in PREPARATIONS:
        raise ConfigError(_UNPREPARED)
