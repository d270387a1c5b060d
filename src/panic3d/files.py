"""Files: written so that a killed program leaves the old one or the new one; their digests."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from panic3d.errors import Panic3dError


@contextmanager
def atomic_write(
    path: Path, error: type[Panic3dError] = Panic3dError, durable: bool = True
) -> Iterator[IO[bytes]]:
    """Open a temporary file beside `path`; once complete and on the disk it takes its place.

    The folder is made if missing.

    Args:
        path: of the file to write.
        error: what to raise.
        durable: wait until the disk has it. Without, a power cut may leave a broken file: for
            files whose digests are kept and checked.

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
            if durable:
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


def file_sha256(path: Path, error: type[Panic3dError] = Panic3dError) -> str:
    """Return the digest of a file in hexadecimal.

    Args:
        path: of the file to read.
        error: what to raise.

    Raises:
        Panic3dError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as reason:
        raise error(
            f"{path} cannot be read ({reason.strerror or reason}): check the path and its "
            "permissions"
        ) from reason
