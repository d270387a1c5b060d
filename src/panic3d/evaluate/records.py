"""Results of single evaluations: lines of JSON, one file a predictor, by which a run continues."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from panic3d.files import atomic_write


class Key(NamedTuple):
    """What a result holds for; anything else is another result."""

    benchmark: str
    """Digest."""
    predictor: str
    """Digest."""
    ruler: str
    """Digest of the networks that measure."""
    preparation: str
    case: str
    track: str
    mode: str


@dataclass(frozen=True, kw_only=True)
class Result:
    """One predictor on one character."""

    case: str
    track: str
    """As "aligned" or "wild"."""
    mode: str
    """Of the protocol, "fixed" or "paper"."""
    kind: str
    """As "real" or "procedural"."""
    assets: tuple[str, ...]
    """What the character was made from, as "hair:vita"; the unit of the bootstrap."""
    unseen: tuple[str, ...] = ()
    """Those that training never saw."""
    predictor: str
    """Its name."""
    role: str = "entry"
    """"entry", "floor" or "oracle"."""
    key: Key
    measures: Mapping[str, float] = field(default_factory=dict)
    """By name, as "front.psnr"; NaN where it is not defined."""
    seconds: float = 0.0
    """The predictor's own."""
    scoring_seconds: float = 0.0
    failure: str | None = None
    """One line if the predictor failed; the measures are then those of nothing at all."""

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON holds it: what is not a number becomes null, infinity a word."""
        out = asdict(self)
        out["key"] = self.key._asdict()
        out["measures"] = {name: _plain(value) for name, value in sorted(self.measures.items())}
        return out

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Result:
        """Read it back.

        Raises:
            TypeError, KeyError, ValueError: it is none.
        """
        fields = dict(value)
        fields["key"] = Key(**fields["key"])
        fields["assets"], fields["unseen"] = tuple(fields["assets"]), tuple(fields["unseen"])
        fields["measures"] = {
            str(name): math.nan if number is None else float(number)
            for name, number in fields["measures"].items()
        }
        return cls(**fields)


def _plain(value: float) -> float | str | None:
    """Return a number as JSON holds it; the PSNR of equal pictures is infinite, "inf"."""
    if math.isnan(value):
        return None
    return float(value) if math.isfinite(value) else str(float(value))


class Ledger:
    """The results of one predictor on disk; every addition leaves a whole file."""

    def __init__(self, path: Path) -> None:
        """Read what is there; a line that is no result only costs its work again."""
        self.path = path
        self._results: dict[Key, Result] = {}
        for result in read_results(path):
            self._results[result.key] = result

    def __contains__(self, key: object) -> bool:
        return key in self._results

    def get(self, key: Key) -> Result | None:
        """Return the result of a key, if there is one."""
        return self._results.get(key)

    def add(self, results: Iterable[Result]) -> None:
        """Keep results; an older one of the same key goes.

        Raises:
            Panic3dError: the file cannot be written.
        """
        for result in results:
            self._results[result.key] = result
        lines = [
            json.dumps(result.to_json(), ensure_ascii=False, allow_nan=False)
            for _, result in sorted(self._results.items())
        ]
        with atomic_write(self.path, durable=False) as file:
            file.write("".join(f"{line}\n" for line in lines).encode())


def read_results(path: Path) -> list[Result]:
    """Return the results of a file, in its order; none if there is no such file."""
    found = []
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return []
    for line in text.splitlines():
        try:
            found.append(Result.from_json(json.loads(line)))
        except (ValueError, TypeError, KeyError, AttributeError):
            continue
    return found


def file_name(name: str) -> str:
    """Return a name that every file system takes, from a predictor's name."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("._") or "unnamed"
