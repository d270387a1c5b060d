"""What went wrong, in words: bad input, and what the machine refuses."""

from __future__ import annotations

import errno

from panic3d.errors import Panic3dError

_REMEDIES = {
    errno.ENOSPC: "free some space, or choose another folder",
    errno.EDQUOT: "free some space, or choose another folder",
    errno.EROFS: "choose another folder",
    errno.EACCES: "choose another folder, or change its permissions",
    errno.EPERM: "choose another folder, or change its permissions",
    errno.EMFILE: "close other programs, or raise the limit (ulimit -n)",
}


def known_failure(error: BaseException) -> str | None:
    """Say in words what went wrong if it is not our bug, else None."""
    if isinstance(error, Panic3dError):
        return str(error)
    if is_out_of_memory(error):
        detail = " ".join(str(error).split())[:200] or "no details"
        return f"out of memory ({detail}): close other programs or ask for less"
    if isinstance(error, OSError) and error.strerror:
        remedy = _REMEDIES.get(error.errno or 0)
        said = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
        return f"{said}: {remedy}" if remedy else said
    if isinstance(error, ModuleNotFoundError) and error.name:
        package = error.name.partition(".")[0]
        if package != "panic3d":
            return f"the package {package} is not installed: panic3d doctor says what mends it"
    return None


def bug(error: BaseException) -> str:
    """Ask for a report of an error that nobody foresaw."""
    return (
        f"{type(error).__name__}: {error}. This is a bug, please report it, with what is "
        "printed when the same command runs with PANIC3D_TRACEBACK=1"
    )


def is_out_of_memory(error: BaseException) -> bool:
    """Say whether memory ran out, of the processor or of the graphics card."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    # PyTorch has no class of its own for the processor's memory.
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)


def stops_everything(error: BaseException) -> bool:
    """Say whether what comes next would fail for the same reason: the disk is full or locked."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
            return True
        cause = cause.__cause__
    return False
