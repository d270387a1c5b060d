"""Memory that is freed and wanted again, as steps of learning do many times a second."""

from __future__ import annotations

import ctypes

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = -1, -2, -4
"""Numbers of glibc's options, see mallopt(3)."""
_GROWTH_BYTES = 64 << 20


def keep_freed_memory() -> bool:
    """Let this process keep what it frees, for what it allocates next.

    glibc gives large blocks back to the system as soon as they are freed; each new tensor's pages
    are then made, cleared and entered anew: a third of a step's time on a processor. The process
    stays as large as it ever was.

    Returns:
        Whether it could be done: elsewhere than in glibc there is no such option.

    Source: mallopt(3) of the Linux manual pages.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library, or another system
        return False
    settings = ((_TRIM_THRESHOLD, -1), (_TOP_PAD, _GROWTH_BYTES), (_MMAP_MAX, 0))
    return all([mallopt(option, value) == 1 for option, value in settings])
