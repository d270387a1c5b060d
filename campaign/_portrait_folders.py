"""What `panic3d reconstruct` left behind: a complete folder, or a line and nothing half written."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from panic3d.geometry.cameras import evaluation_cameras
from panic3d.pipeline.whole_head import Head

REPORT = "report.json"
ALIGNED = frozenset(
    f"stages/{name}"
    for name in ("landmarks.png", "matte.png", "aligned.png", "inside.png", "prepare.json")
)
LINES = frozenset(("stages/line_mask.png", "stages/line_free.png"))
HEAD = frozenset(
    (
        *("head.glb", "field.safetensors", "preview.png", "turntable.mp4", "viewer.html"),
        *(f"views/{name}.png" for name in evaluation_cameras()),
    )
)
"""The contract's table, without the report."""


def check_complete(folder: Path, *, whole: bool, prepared: bool) -> None:
    """Make sure that all files are there, that the report names them, and that each opens.

    Args:
        folder: of one portrait.
        whole: there is a head, else the stages up to the aligned picture alone.
        prepared: the portrait went through the preparation.

    Raises:
        AssertionError: they do not.
    """
    expected = HEAD if whole else frozenset[str]()
    if prepared:
        expected |= ALIGNED | LINES if whole else ALIGNED
    there = files_of(folder)
    assert there == expected | {REPORT}, (
        f"missing {sorted(expected - there)}, not expected {sorted(there - expected - {REPORT})}"
    )
    report = json.loads((folder / REPORT).read_text(encoding="utf-8"))
    assert set(report["files"]) == expected, "the report names other files"
    check_each(folder)


def check_each(folder: Path) -> None:
    """Make sure that every file of a folder is whole.

    Raises:
        AssertionError: one is not, or is of no kind that belongs there.
    """
    for name in sorted(files_of(folder)):
        path = folder / name
        assert path.suffix in _WHOLE, f"{name} does not belong there"
        try:
            good = _WHOLE[path.suffix](path)
        except Exception as error:  # whatever a reader says of half a file
            raise AssertionError(
                f"{name} does not open: {type(error).__name__}: {error}"
            ) from error
        assert good, f"{name} is not whole"


def files_of(folder: Path) -> frozenset[str]:
    """Return the names of all files below a folder, with ``/``."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return frozenset(path.relative_to(folder).as_posix() for path in found)


def _picture(path: Path) -> bool:
    with Image.open(path) as image:
        image.load()
        whole = image.format == "PNG" and min(image.size) > 0
    return whole and path.read_bytes().endswith(b"IEND\xaeB`\x82")  # Pillow does without


def _json(path: Path) -> bool:
    return bool(json.loads(path.read_text(encoding="utf-8")))


def _glb(path: Path) -> bool:
    data = path.read_bytes()
    magic, version, length, size = struct.unpack_from("<4sIII", data)
    document = json.loads(data[20 : 20 + size])
    (triangles,) = (mesh["primitives"][0] for mesh in document["meshes"])
    count = document["accessors"][triangles["indices"]]["count"]
    return (magic, version, length) == (b"glTF", 2, len(data)) and count >= 3


def _field(path: Path) -> bool:
    head = Head.load(path)
    return head.origin.prepared is not None


def _video(path: Path) -> bool:
    import av

    with av.open(str(path)) as video:
        return sum(1 for packet in video.demux(video=0) if packet.size) == 72


def _page(path: Path) -> bool:
    return path.read_bytes().rstrip().endswith(b"</html>")


_WHOLE: dict[str, Callable[[Path], bool]] = {
    ".png": _picture,
    ".json": _json,
    ".glb": _glb,
    ".safetensors": _field,
    ".mp4": _video,
    ".html": _page,
}
