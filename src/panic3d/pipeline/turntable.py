"""A head turning once round, as a video that browsers and phones play: H.264 in MP4.

PyAV encodes. It is part of an ordinary install; where it does not load there is no video, and the
caller is told why.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import UInt8

from panic3d.errors import ConfigError, MissingDependencyError, Panic3dError
from panic3d.files import atomic_write
from panic3d.geometry.cameras import Perspective
from panic3d.geometry.meshes import TexturedMesh
from panic3d.pipeline.draw import Drawer
from panic3d.pipeline.views import threaded

if TYPE_CHECKING:
    from av import VideoStream

FRAMES, RATE, SIZE = 72, 24, 512
"""Frames of a whole turn, frames a second, pixels along a side."""
GROUND = (236, 238, 241)
"""Behind the head, sRGB: videos have no alpha."""

FOV_DEG = 24.0
ELEVATION_DEG = 4.0
_FILLED = 0.9
"""Share of the picture's width or height that the head may take as it turns."""

_ENCODERS = {
    "libx264": {
        "preset": "medium",
        "crf": "18",
        "tune": "animation",
        "threads": "1",
        "x264-params": "mbtree=0",
    },
    "libopenh264": {"b": "4M"},
}
"""What PyAV may have been built with, the best first. One thread, and x264 without its
macroblock tree, so that the same frames give the same bytes: with the tree they did not in 8 to 29
of 100 runs."""

Frame = UInt8[np.ndarray, "h w 3"]


def write_turntable(
    mesh: TexturedMesh, path: str | Path, *, frames: int = FRAMES, size: int = SIZE
) -> str | None:
    """Write ``turntable.mp4``; the file appears whole or not at all.

    Args:
        mesh: of the head, in the world frame.
        path: of the video.
        frames: of the whole turn, from the front towards the subject's left.
        size: width and height, pixels; even.

    Returns:
        None; or, if videos cannot be encoded here, the reason and what mends it, in a sentence.
        Then no file is written.

    Raises:
        ConfigError: a number is out of range.
        Panic3dError: the file cannot be written.
    """
    if not 2 <= frames <= 3600 or not 16 <= size <= 4096 or size % 2:
        raise ConfigError(
            f"a turntable of {frames} frames of {size} pixels: expected 2 to 3600 frames and an "
            "even size from 16 to 4096"
        )
    try:
        video = _encoded(turning(mesh, frames, size), _encoder(), size)
    except MissingDependencyError as reason:
        return str(reason)
    with atomic_write(Path(path)) as file:
        file.write(video)
    return None


def turning(mesh: TexturedMesh, frames: int = FRAMES, size: int = SIZE) -> Iterator[Frame]:
    """Draw a head from all round, so that all of it stays in the picture.

    Args:
        mesh: of the head, in the world frame.
        frames: of the whole turn; the first is the front.
        size: width and height, pixels.
    """
    low, high = (float(v) for v in (mesh.vertices[:, 1].min(), mesh.vertices[:, 1].max()))
    centre = np.array([0, (low + high) / 2, 0], np.float32)
    centred = replace(mesh, vertices=mesh.vertices - centre)
    drawer, distance = Drawer(centred), _distance(centred)

    def draw(frame: int) -> Frame:
        camera = Perspective(
            azimuth_deg=360.0 * frame / frames,
            elevation_deg=ELEVATION_DEG,
            distance_m=distance,
            fov_deg=FOV_DEG,
        )
        return drawer.picture(camera, size).on(GROUND).rgba[..., :3]

    return threaded(draw, range(frames))


def _distance(mesh: TexturedMesh) -> float:
    """Return how far a level camera must be for a turning mesh to fit."""
    reach = np.hypot(mesh.vertices[:, 0], mesh.vertices[:, 2])
    slope = _FILLED * math.tan(math.radians(FOV_DEG) / 2)
    tall = (reach + np.abs(mesh.vertices[:, 1]) / slope).max()
    wide = reach.max() / math.sin(math.atan(slope))
    return float(max(tall, wide))


def _encoder() -> str:
    """Return the name of an encoder that PyAV has here."""
    try:
        import av
    except ImportError as reason:  # not installed, or one of its libraries is missing
        raise _missing(f"PyAV does not load ({reason})") from None
    for name in _ENCODERS:
        if name in av.codecs_available:
            return name
    raise _missing(f"PyAV {av.__version__} cannot encode H.264")


def _missing(what: str) -> MissingDependencyError:
    return MissingDependencyError(
        f"there is no turntable video: {what}; mend it with: pip install --force-reinstall av"
    )


def _encoded(frames: Iterable[Frame], encoder: str, size: int) -> bytes:
    """Encode frames so that a player can start before it has the whole file."""
    import av

    try:
        # MP4 wants a real file: its table of contents is put in front when all else is written.
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "turntable.mp4"
            with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as video:
                stream = video.add_stream(encoder, Fraction(RATE), options=_ENCODERS[encoder])
                assert isinstance(stream, av.VideoStream)
                _set_up(stream, size)
                for picture in frames:
                    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), "rgb24")
                    frame = frame.reformat(format="yuv420p", dst_colorspace="ITU709")
                    video.mux(stream.encode(frame))
                video.mux(stream.encode(None))
            return path.read_bytes()
    except av.FFmpegError as reason:
        raise _missing(f"PyAV {av.__version__} failed ({reason})") from reason
    except OSError as reason:
        raise Panic3dError(
            f"the video could not be put together in {tempfile.gettempdir()} "
            f"({reason.strerror or reason}): free some space there, or set TMPDIR"
        ) from reason


def _set_up(stream: VideoStream, size: int) -> None:
    """Say what the video is, in the terms of ITU-T H.273."""
    stream.width = stream.height = size
    stream.pix_fmt = "yuv420p"  # phones and browsers play no other
    codec = stream.codec_context
    codec.gop_size = RATE // 2  # so that dragging the slider is smooth
    codec.color_range, codec.colorspace = 1, 1  # limited range, BT.709
    codec.color_primaries, codec.color_trc = 1, 1
