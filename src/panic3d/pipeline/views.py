"""The head from the sides that the contract names: drawn and written over several threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from panic3d.geometry.cameras import Camera, evaluation_cameras
from panic3d.image import Picture
from panic3d.pipeline.draw import Drawer
from panic3d.work.jobs import usable_cores

Item = TypeVar("Item")
Result = TypeVar("Result")

VIEW_SIZE = 512
"""Pixels along a view's side."""

_THREADS = 4
"""At most: each holds tens of megabytes while it draws."""


def threaded(do: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Do something to every item on the cores there are; results come in the items' order."""
    pool = ThreadPoolExecutor(min(usable_cores(), _THREADS))
    try:
        yield from pool.map(do, items)
    finally:
        pool.shutdown(cancel_futures=True)  # after Ctrl-C nobody wants the rest


def draw_views(
    drawer: Drawer, size: int = VIEW_SIZE, cameras: Mapping[str, Camera] | None = None
) -> dict[str, Picture]:
    """Draw a head from every side, on nothing.

    Args:
        drawer: of the head.
        size: width and height, pixels.
        cameras: by name; None takes front, left, right, back and 12 all round.
    """
    cameras = evaluation_cameras() if cameras is None else cameras
    pictures = threaded(lambda camera: drawer.picture(camera, size), cameras.values())
    return dict(zip(cameras, pictures, strict=True))


def write_views(views: Mapping[str, Picture], folder: str | Path) -> list[Path]:
    """Write each picture as ``NAME.png``.

    Args:
        views: pictures by name, as `draw_views` makes them or a network renders them.
        folder: for the files; made if missing.

    Returns:
        The files.

    Raises:
        Panic3dError: they cannot be written.
    """

    def write(name: str) -> Path:
        path = Path(folder) / f"{name}.png"
        views[name].save(path)
        return path

    return list(threaded(write, views))
