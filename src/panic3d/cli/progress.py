"""A line on the terminal that says how far a long command is; none where nobody reads it."""

from __future__ import annotations

import sys
import time

_WAIT_S = 2.0  # nothing is shown of what is done sooner


class Progress:
    """Counts what is done, on stderr, if that is a terminal."""

    def __init__(self, total: int, what: str):
        self.total, self.what = total, what
        self.done = 0
        self._start = time.monotonic()
        self._shown = 0

    def step(self, text: str = "") -> None:
        """Count one more."""
        self.done += 1
        passed = time.monotonic() - self._start
        if not sys.stderr.isatty() or passed < _WAIT_S:
            return
        left = passed / self.done * (self.total - self.done)
        line = f"{self.done}/{self.total} {self.what}, about {_duration(left)} left {text}"[:100]
        sys.stderr.write("\r" + line.ljust(self._shown))
        sys.stderr.flush()
        self._shown = len(line)

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            sys.stderr.write("\r" + " " * self._shown + "\r")
            sys.stderr.flush()
            self._shown = 0


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
