"""Depth and normal maps of a head: as pictures to look at, and as files that tools can measure."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from jaxtyping import UInt8, UInt16
from numpy.typing import NDArray

from panic3d.files import atomic_write
from panic3d.geometry.cameras import NAMED_VIEWS, Camera, Orthographic
from panic3d.geometry.conventions import HEAD_BOX_M
from panic3d.image import Picture
from panic3d.pipeline.draw import Drawer, Hits

FAR = 65535
"""Steps of a depth map from the far side of the head box to the near one."""

# Near to far: light skin of the map, then through warm greys and violet into night.
_RAMP = (
    *((0.0, (252, 247, 235)), (0.22, (243, 205, 168)), (0.45, (217, 137, 126))),
    *((0.68, (138, 84, 124)), (0.86, (70, 56, 96)), (1.0, (38, 36, 62))),
)

_LOOK = 128
"""Pixels of the glance by which the range of depths is found."""


def depth_map(drawer: Drawer, camera: Camera, size: int) -> UInt16[np.ndarray, "s s"]:
    """Return how near the surface is at the middle of each pixel.

    Args:
        drawer: of the head.
        camera: from where.
        size: width and height, pixels.

    Returns:
        0 where nothing is; else 1 at the far side of the head box and 65 535 at the near one, so
        that metres along the camera's axis are ``distance + 0.35 - 0.7 * value / 65535``. What
        reaches out of the box has the value of its side.
    """
    far = np.float32(camera.distance_m + HEAD_BOX_M / 2)
    out = np.zeros(size * size, np.uint16)
    for hits in drawer.hits(camera, size):
        steps = np.rint((far - hits.depth) * np.float32(FAR / HEAD_BOX_M)).clip(1, FAR)
        out[hits.pixel] = steps.astype(np.uint16)
    return out.reshape(size, size)


def normal_map(drawer: Drawer, camera: Camera, size: int) -> Picture:
    """Return the surface's directions: red to the right, green up, blue towards the camera.

    A byte of 0 is -1, 255 is +1. Outlines are smooth, by alpha.

    Args:
        drawer: of the head.
        camera: from where.
        size: width and height, pixels.
    """

    def paint(hits: Hits) -> UInt8[np.ndarray, "n 3"]:
        normals = drawer.normals(hits, camera)
        out: NDArray[np.uint8] = np.rint((normals + 1) * np.float32(127.5)).astype(np.uint8)
        return out

    return drawer.picture(camera, size, paint)


def depth_picture(drawer: Drawer, camera: Camera, size: int) -> Picture:
    """Return depths as colours for people, stretched over what the head has of them.

    Args:
        drawer: of the head.
        camera: from where.
        size: width and height, pixels.
    """
    depths = [hits.depth for hits in drawer.hits(camera, _LOOK)]
    if not depths:
        return drawer.picture(camera, size)
    near, far = min(depth.min() for depth in depths), max(depth.max() for depth in depths)
    table = _table()

    def paint(hits: Hits) -> UInt8[np.ndarray, "n 3"]:
        share = (hits.depth - near) * (255 / max(float(far - near), 1e-6))
        out: NDArray[np.uint8] = table.take(share.clip(0, 255).astype(np.intp), axis=0)
        return out

    return drawer.picture(camera, size, paint)


def _table() -> UInt8[np.ndarray, "256 3"]:
    """Return the colours from the nearest depth to the farthest."""
    steps = np.linspace(0, 1, 256)
    where = [place for place, _ in _RAMP]
    table = np.stack([np.interp(steps, where, [c[k] for _, c in _RAMP]) for k in range(3)], -1)
    return np.rint(table).astype(np.uint8)


def write_maps(
    drawer: Drawer,
    folder: str | Path,
    cameras: Mapping[str, Orthographic] = NAMED_VIEWS,
    size: int = 512,
) -> list[Path]:
    """Write ``NAME_depth.png``, 16-bit grey, and ``NAME_normal.png``, RGBA, for every camera.

    Args:
        drawer: of the head.
        folder: for the files; made if missing.
        cameras: by name.
        size: width and height, pixels.

    Returns:
        The files.

    Raises:
        Panic3dError: they cannot be written.
    """
    from PIL import Image

    paths = []
    for name, camera in cameras.items():
        depth = Image.fromarray(depth_map(drawer, camera, size))
        for kind, image in (
            ("depth", depth),
            ("normal", Image.fromarray(normal_map(drawer, camera, size).rgba)),
        ):
            buffer = io.BytesIO()
            image.save(buffer, "PNG")
            path = Path(folder) / f"{name}_{kind}.png"
            with atomic_write(path) as file:
                file.write(buffer.getvalue())
            paths.append(path)
    return paths
