"""Seconds and peak memory of the stages of a job."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from panic3d.work.peak_memory import PeakMemory


@dataclass(kw_only=True)
class StageTime:
    """What one stage took."""

    stage: str
    seconds: float
    peak_bytes: int
    """Largest resident memory of the process while it ran; 0 where the system does not say."""
    parts: dict[str, float] = field(default_factory=dict)
    """Seconds of parts of it that are known."""

    def as_json(self) -> dict[str, Any]:
        """Return it as a report has it."""
        found: dict[str, Any] = {
            "stage": self.stage,
            "seconds": round(self.seconds, 3),
            "peak_bytes": self.peak_bytes,
        }
        if self.parts:
            found["parts"] = {name: round(value, 3) for name, value in self.parts.items()}
        return found


class StageClock:
    """Measures stages, one after another."""

    def __init__(self, begun: Callable[[str], None] | None = None) -> None:
        """Start with nothing measured.

        Args:
            begun: is told the name of each stage as it begins.
        """
        self.stages: list[StageTime] = []
        self._begun, self._memory = begun, PeakMemory()

    @contextmanager
    def __call__(self, stage: str) -> Iterator[StageTime]:
        """Measure what is done within; a stage that fails is left out."""
        if self._begun is not None:
            self._begun(stage)
        self._memory.restart()
        start = time.perf_counter()
        found = StageTime(stage=stage, seconds=0.0, peak_bytes=0)
        yield found
        found.seconds = time.perf_counter() - start
        found.peak_bytes = self._memory.read()
        self.stages.append(found)
