"""Writing files so that a killed program leaves the old file or the new one, never half of one."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from panic3d.errors import Panic3dError


@contextmanager
def atomic_write(path: Path, error: type[Panic3dError] = Panic3dError) -> Iterator[IO[bytes]]:
    """Open a temporary file beside `path`; once complete and on the disk it takes its place.

    The folder is made if missing.

    Args:
        path: of the file to write.
        error: what to raise.

    Raises:
        Panic3dError: the file cannot be written; the message says why.
    """
    path = Path(path)
    # Not the whole name: with its additions it could be longer than a disk allows.
    temporary = path.parent / f".{path.name[:50]}.{os.getpid()}.{secrets.token_hex(4)}.tmp"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as reason:
        raise error(
            f"{path} cannot be written ({reason.strerror or reason}): choose another folder or "
            "free some space"
        ) from reason
    finally:
        with suppress(OSError):
            temporary.unlink()
