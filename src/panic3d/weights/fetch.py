"""Downloads: resumed where they stopped, checked by digest, in place only when complete.

Weights that others publish in a form of their own are converted as they arrive.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from panic3d.errors import DownloadError, Panic3dError
from panic3d.files import file_sha256
from panic3d.weights.specs import WeightsSpec

MAX_FILE_BYTES = 4 << 30
ATTEMPTS = 5
TIMEOUT_S = 30.0

_CHUNK = 1 << 20

Progress = Callable[[int, int | None], None]
"""Told the bytes that are there and the bytes of the whole, if known."""


def fetch(
    spec: WeightsSpec,
    folder: Path,
    progress: Progress | None = None,
    *,
    pause_s: float = 1.0,
    attempts: int = ATTEMPTS,
) -> Path:
    """Download the weights and their .json, or make them of what others publish.

    What is there already and whole is left as it is. Files of others are downloaded into the
    folder NAME.sources, where one that was put there by hand does as well; once the weights are
    made they are deleted.

    Args:
        spec: what to download.
        folder: where named weights lie; made if missing.
        progress: called after every piece.
        pause_s: wait before the second attempt; doubled before each further one.
        attempts: how often to try before giving up.

    Returns:
        The path of the .safetensors file.

    Raises:
        DownloadError: they may not be downloaded, the server fails, or the file is another one.
        WeightsError: a file of others does not hold what it should.
    """
    if spec.sources:
        return _make(spec, folder, progress, pause_s=pause_s, attempts=attempts)
    if spec.url is None or spec.sha256 is None:
        raise DownloadError(f"{spec.name} cannot be downloaded by panic3d: {spec.how_to_get}")
    target = folder / spec.file
    if target.is_file() and file_sha256(target, DownloadError) == spec.sha256:
        found = target
    else:
        found = download(
            spec.url, target, spec.sha256, progress, pause_s=pause_s, attempts=attempts
        )
    side = target.with_suffix(".json")
    if not side.is_file():
        url = spec.url.removesuffix(".safetensors") + ".json"
        # Its own digest of the weights is compared when they are opened.
        download(url, side, None, None, pause_s=pause_s, attempts=attempts)
    return found


def _make(
    spec: WeightsSpec, folder: Path, progress: Progress | None, *, pause_s: float, attempts: int
) -> Path:
    """Download the files that weights are made of, and make them."""
    from panic3d.weights.convert.converted import save_converted
    from panic3d.weights.convert.lpips import convert_lpips
    from panic3d.weights.load import verify_weights

    target = spec.path(folder)
    if target.is_file():
        with contextlib.suppress(Panic3dError):
            return verify_weights(target, folder).path
    sources = target.with_suffix(".sources")
    found = []
    for source in spec.sources:
        path = sources / source.file
        if not path.is_file() or file_sha256(path, DownloadError) != source.sha256:
            download(source.url, path, source.sha256, progress, pause_s=pause_s, attempts=attempts)
        found.append(path)
    assert spec.network == "lpips", spec.network
    made = convert_lpips(*found)
    save_converted(made, spec, folder)
    with _on_disk(sources):
        for path in found:
            path.unlink()
        if not any(sources.iterdir()):
            sources.rmdir()
    return target


def download(
    url: str,
    target: Path,
    sha256: str | None,
    progress: Progress | None = None,
    *,
    pause_s: float = 1.0,
    attempts: int = ATTEMPTS,
) -> Path:
    """Download one file by way of `TARGET.part`, which a later call continues.

    Raises:
        DownloadError: the server fails every time, the file is not the promised one, or it cannot
            be written.
    """
    part = target.with_name(target.name + ".part")
    with _on_disk(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
    failure = "nothing was tried"
    for attempt in range(attempts):
        if attempt:
            time.sleep(pause_s * 2 ** (attempt - 1))
        try:
            _receive(url, part, progress)
        except urllib.error.HTTPError as error:
            error.close()
            failure = f"the server answers {error.code} {error.reason}"
            if error.code != 416:
                if 400 <= error.code < 500 and error.code not in (408, 429):
                    break  # asking again does not help
                continue
            # There is nothing after the part: it is the whole file, or longer.
            if sha256 is None or not part.is_file() or file_sha256(part, DownloadError) != sha256:
                with _on_disk(part):
                    part.unlink(missing_ok=True)
                continue
        except _TransferError as error:
            failure = str(error)
            continue
        if sha256 is not None and (found := file_sha256(part, DownloadError)) != sha256:
            part.unlink()
            raise DownloadError(
                f"{url} has sha256 {found[:12]}, expected {sha256[:12]}: the file was changed on "
                "the way or on the server; it is deleted, try again later"
            )
        with _on_disk(target):
            os.replace(part, target)
        return target
    raise DownloadError(
        f"{url} could not be downloaded ({failure}): check the network and run the command again, "
        "it continues where it stopped"
    )


class _TransferError(Exception):
    """The network or the server failed; trying again may help."""


@contextlib.contextmanager
def _over_network() -> Iterator[None]:
    try:
        yield
    except urllib.error.HTTPError:
        raise
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _TransferError(f"{type(error).__name__}: {error}") from error


@contextlib.contextmanager
def _on_disk(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DownloadError(
            f"{path} cannot be written ({error.strerror or error}): free some space or choose "
            "another folder, and run the command again"
        ) from error


def _receive(url: str, part: Path, progress: Progress | None) -> None:
    """Append to the part what is missing of it; _TransferError if the connection ends early."""
    have = part.stat().st_size if part.is_file() else 0
    with _over_network():
        request = urllib.request.Request(url, headers={"User-Agent": "panic3d"})
        if have:
            request.add_header("Range", f"bytes={have}-")
        opened = urllib.request.urlopen(request, timeout=TIMEOUT_S)
    with contextlib.closing(opened) as answer:
        with _over_network():
            length = answer.headers.get("Content-Length")
            whole: int | None = int(length) if length is not None else None
        if answer.status == 206:
            stated = re.fullmatch(
                r"bytes (\d{1,18})-\d{1,18}/(\d{1,18}|\*)", answer.headers.get("Content-Range", "")
            )
            if stated is None or int(stated[1]) != have:
                part.unlink(missing_ok=True)
                raise _TransferError("the server sends another part than was asked for")
            whole = None if whole is None else have + whole
        else:
            have = 0  # the server ignores Range and starts over
        if whole is not None and whole > MAX_FILE_BYTES:
            raise _TransferError(f"the server offers {whole} bytes, weights have less")
        with _on_disk(part), part.open("ab" if have else "wb") as file:
            while chunk := _next_piece(answer):
                have += len(chunk)
                if have > MAX_FILE_BYTES:
                    raise _TransferError(f"the server sends more than {MAX_FILE_BYTES} bytes")
                file.write(chunk)
                if progress is not None:
                    progress(have, whole)
            file.flush()
            os.fsync(file.fileno())
    if whole is not None and have != whole:
        raise _TransferError(f"the connection ended after {have} of {whole} bytes")


def _next_piece(answer: http.client.HTTPResponse) -> bytes:
    with _over_network():
        return answer.read(_CHUNK)
