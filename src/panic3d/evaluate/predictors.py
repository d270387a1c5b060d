"""Who is judged: what predictors are given, and heads that were saved before.

`network_predictor.py` has networks. A predictor is described by a small value that travels between
processes, and opened in each.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
from jaxtyping import Float64, UInt8

from panic3d.errors import ConfigError, PictureError
from panic3d.evaluate.cases import ALL_MAPS, VIEW_NAMES, Maps, Prediction, Truth
from panic3d.evaluate.figures import SIZE, drawn, of_file
from panic3d.evaluate.protocol import compared_maps
from panic3d.evaluate.regions import Mode
from panic3d.evaluate.strips import with_shown
from panic3d.evaluate.surface_metrics import Triangles
from panic3d.files import file_sha256
from panic3d.geometry.meshes import Mesh
from panic3d.image import read_picture
from panic3d.render.raster import Rasteriser

Role = Literal["entry", "floor", "oracle"]
Made = TypeVar("Made")


@dataclass(frozen=True, eq=False)
class Given:
    """One character as a predictor gets it."""

    case: str
    track: str
    picture: UInt8[np.ndarray, "s s 4"]
    """The aligned front view, straight RGBA: what the benchmark has, or what preparation made."""
    truth: Truth
    """For the oracle alone."""
    mode: Mode = "fixed"
    """Of the protocol that will measure."""
    landmarks: Float64[np.ndarray, "28 2"] | None = None
    """As of `cases.Input`, which has the rest, too."""
    line_free: UInt8[np.ndarray, "s s 4"] | None = None
    camera_from_head: Float64[np.ndarray, "3 3"] | None = None
    inside: UInt8[np.ndarray, "s s"] | None = None

    @property
    def size(self) -> int:
        """Of the views that are compared, pixels."""
        return len(next(iter(self.truth.views.values())))

    @property
    def maps(self) -> Maps:
        """Which depths, normals and pictures are compared, and which pictures are shown."""
        return with_shown(compared_maps(self.truth, self.mode))


class Tools:
    """What a process keeps for its predictors."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[object, ...], Any] = OrderedDict()

    def recall(self, what: str, key: Hashable, make: Callable[[], Made], most: int = 1) -> Made:
        """Return what was made before, or make it.

        Args:
            what: its kind.
            key: which one it is; with its kind all that it depends on.
            make: makes it.
            most: of its kind are kept, those that were asked for last.
        """
        known = (what, key) in self._kept
        found: Made = self._kept.pop((what, key)) if known else make()
        self._kept[what, key] = found
        for old in [each for each in self._kept if each[0] == what][:-most]:
            del self._kept[old]
        return found

    @cached_property
    def rasteriser(self) -> Rasteriser:
        """One OpenGL context.

        Raises:
            MissingDependencyError, RenderError: there is none.
        """
        return Rasteriser()


Predict = Callable[[Given], Prediction]


class Predictor(ABC):
    """Someone who is judged."""

    role: Role = "entry"
    name: str
    looks: bool = True
    """At the picture; else one prediction serves all tracks."""

    def tracks(self, tracks: Sequence[str], preparation: str) -> tuple[str, ...]:
        """Return those tracks that this one can be judged on.

        Args:
            tracks: that were asked for.
            preparation: of wild pictures, by name; ``own`` prepares none for an entry.
        """
        refused = self.role == "entry" and preparation == "own"
        return tuple(track for track in tracks if track != "wild" or not refused)

    @property
    @abstractmethod
    def digest(self) -> str:
        """All that its predictions depend on, shortened."""

    @abstractmethod
    def open(self, tools: Tools) -> Predict:
        """Get ready in this process.

        Raises:
            Panic3dError: it cannot; the message says why.
        """


def digest_of(*parts: object) -> str:
    """Return a short digest of texts and numbers."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:16]


def triangles_of(mesh: Mesh) -> Triangles:
    """Return a mesh's bare surface."""
    return Triangles(mesh.vertices.astype(np.float64), mesh.faces)


def nothing(size: int = SIZE) -> Prediction:
    """Return the prediction of somebody who failed."""
    return Prediction({name: np.zeros((size, size, 4), np.uint8) for name in VIEW_NAMES})


# Saved heads


@dataclass(frozen=True)
class SavedHeads(Predictor):
    """Folders that `panic3d reconstruct` wrote: ROOT/TRACK/CASE or ROOT/CASE.

    Each holds ``views`` with the 16 pictures and ``head.glb``. Without views the mesh is drawn;
    without a mesh nothing was reconstructed but pictures. Heads made from wild pictures are those
    of ROOT/wild, and of no other folder.
    """

    root: Path

    @property
    def name(self) -> str:  # type: ignore[override]
        """The folder's own."""
        return self.root.name or str(self.root)

    @property
    def digest(self) -> str:
        """Of all files that are read."""
        files = sorted(
            path for pattern in ("head.glb", "views/*.png") for path in self.root.rglob(pattern)
        )
        if not files:
            raise ConfigError(
                f"{self.root} holds no saved heads: expected {self.root}/NAME/head.glb, as "
                "panic3d reconstruct --out writes it, for each character of the benchmark"
            )
        found = [f"{path.relative_to(self.root)} {file_sha256(path)}" for path in files]
        return digest_of("saved", *found)

    def folder(self, case: str, track: str) -> Path:
        """Return where a head is.

        Raises:
            PictureError: nowhere.
        """
        own, any_ = self.root / track / case, self.root / case
        if track == "wild":
            any_ = own
        for folder in (own, any_):
            if folder.is_dir():
                return folder
        raise PictureError(
            f"there is no {own}" if own == any_ else f"there is neither {own} nor {any_}"
        )

    def tracks(self, tracks: Sequence[str], preparation: str) -> tuple[str, ...]:
        """Return the tracks; wild only if there are such heads, by whatever prepared them."""
        wild = preparation == "own" and self.has_wild
        return tuple(track for track in tracks if track != "wild" or wild)

    @property
    def has_wild(self) -> bool:
        """There are heads that were made from wild pictures."""
        return (self.root / "wild").is_dir()

    def open(self, tools: Tools) -> Predict:
        """Get ready to read."""

        def predict(given: Given) -> Prediction:
            return read_head(self.folder(given.case, given.track), tools, given.size, given.maps)

        return predict


def read_head(folder: Path, tools: Tools, size: int = SIZE, maps: Maps = ALL_MAPS) -> Prediction:
    """Read a folder that `panic3d reconstruct` wrote.

    Args:
        folder: of one head.
        tools: draws what is not there.
        size: of the views, pixels.
        maps: which depths and normals are drawn, and which pictures are read or drawn.

    Raises:
        PictureError: a view is missing or cannot be read.
        ModelError: the mesh cannot be read.
    """
    glb = folder / "head.glb"
    views_folder = folder / "views"
    figure = of_file(glb) if glb.is_file() else None
    if not views_folder.is_dir():
        if figure is None:
            raise PictureError(f"{folder} has neither head.glb nor views")
        return drawn(figure, tools.rasteriser, size, maps=maps)
    views: dict[str, UInt8[np.ndarray, "h w 4"]] = {}
    for name in sorted(maps.views, key=VIEW_NAMES.index):
        picture = read_picture(views_folder / f"{name}.png")
        if picture.size != (size, size):
            width, height = picture.size
            raise PictureError(
                f"{views_folder / f'{name}.png'} has {width} x {height} pixels, expected "
                f"{size} x {size}"
            )
        views[name] = picture.rgba
    if figure is None:
        return Prediction(views)
    unpictured = maps._replace(views=frozenset())
    shapes = drawn(figure, tools.rasteriser, size, maps=unpictured)
    return Prediction(views, figure.surface, shapes.depths, shapes.normals)
