"""The largest resident memory of the process, over a stretch of work."""

from __future__ import annotations

import sys
from pathlib import Path


class PeakMemory:
    """Largest resident memory since `restart`, bytes."""

    def __init__(self) -> None:
        self._status = Path("/proc/self/status")
        self._reset = Path("/proc/self/clear_refs")

    def restart(self) -> None:
        """Forget earlier peaks, where the system allows it (Linux); else they stay in."""
        try:
            self._reset.write_text("5")
        except OSError:
            pass

    def read(self) -> int:
        """Return the peak."""
        try:
            for line in self._status.read_text().splitlines():
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
        except OSError:
            pass
        try:
            import resource
        except ImportError:  # Windows
            return 0
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
