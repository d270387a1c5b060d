"""Who is judged: networks, and heads that were saved before; what both are given.

A predictor is described by a small value that travels between processes, and opened in each.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import UInt8
from numpy.typing import NDArray

from panic3d.errors import ConfigError, MeshError, PictureError
from panic3d.evaluate.cases import VIEW_NAMES, Prediction, Truth
from panic3d.evaluate.figures import SIZE, drawn, of_file, of_textured
from panic3d.evaluate.prediction_tree import cut_from_white
from panic3d.evaluate.surface_metrics import Triangles
from panic3d.files import file_sha256
from panic3d.geometry.cameras import evaluation_cameras
from panic3d.geometry.meshes import Mesh
from panic3d.image import Picture, read_picture
from panic3d.render.raster import Rasteriser

Role = Literal["entry", "floor", "oracle"]


@dataclass(frozen=True, eq=False)
class Given:
    """One character as a predictor gets it."""

    case: str
    track: str
    picture: UInt8[np.ndarray, "s s 4"]
    """The aligned front view, straight RGBA: what the benchmark has, or what preparation made."""
    truth: Truth
    """For the oracle alone."""

    @property
    def size(self) -> int:
        """Of the views that are compared, pixels."""
        return len(next(iter(self.truth.views.values())))


class Tools:
    """What a process keeps for its predictors."""

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


@dataclass(frozen=True)
class Network(Predictor):
    """A packed network, by its name or file."""

    name: str
    folder: Path
    """Where named weights lie."""
    seed: int = 0
    device: str = "cpu"

    @property
    def digest(self) -> str:
        """Of its weights and the seed."""
        from panic3d.weights.store import find_weights, read_about

        about = read_about(find_weights(self.name, self.folder).path)
        return digest_of("network", about.weights_sha256, self.seed)

    def open(self, tools: Tools) -> Predict:
        """Load it.

        Raises:
            WeightsError: there are no such weights, or they are broken.
        """
        import torch

        from panic3d.models.feedforward import FeedForward
        from panic3d.pipeline.reconstruct import Reconstructor

        reconstructor = Reconstructor.from_pretrained(self.name, folder=self.folder, seed=self.seed)
        reconstructor.generator.to(torch.device(self.device))
        direct = isinstance(reconstructor.generator, FeedForward)

        def predict(given: Given) -> Prediction:
            head = reconstructor.reconstruct(Picture(given.picture), seed=self.seed)
            try:
                mesh = head.inner.mesh("fixed")
            except MeshError:  # an empty field
                return nothing(given.size)
            if direct:
                figure = of_textured(head.inner.textured(mesh))
                return drawn(figure, tools.rasteriser, given.size)
            views = {}
            for name, camera in evaluation_cameras().items():
                seen = head.inner.view(camera)
                opacity = seen.view.opacity[0, 0].float().cpu().numpy()
                views[name] = _cut(seen.image.float().cpu().numpy(), opacity)
            return Prediction(views, triangles_of(mesh))

        return predict


def triangles_of(mesh: Mesh) -> Triangles:
    """Return a mesh's bare surface."""
    return Triangles(mesh.vertices.astype(np.float64), mesh.faces)


def nothing(size: int = SIZE) -> Prediction:
    """Return the prediction of somebody who failed."""
    return Prediction({name: np.zeros((size, size, 4), np.uint8) for name in VIEW_NAMES})


def _cut(image: NDArray[np.float32], opacity: NDArray[np.float32]) -> UInt8[np.ndarray, "h w 4"]:
    """Return a rendered picture with the opacity of its rays as alpha; on white it is the same."""
    from PIL import Image

    size = image.shape[-1]
    levels = Image.fromarray(np.rint(opacity.clip(0, 1) * 255).astype(np.uint8))
    rgb = np.rint(image.transpose(1, 2, 0).clip(0, 1) * 255).astype(np.uint8)
    alpha = np.array(levels.resize((size, size), Image.Resampling.BILINEAR))
    return cut_from_white(np.ascontiguousarray(rgb), alpha)


# Saved heads


@dataclass(frozen=True)
class SavedHeads(Predictor):
    """Folders that `panic3d reconstruct` wrote: ROOT/TRACK/CASE or ROOT/CASE.

    Each holds ``views`` with the 16 pictures and ``head.glb``. Without views the mesh is drawn;
    without a mesh nothing was reconstructed but pictures.
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
        for folder in (self.root / track / case, self.root / case):
            if folder.is_dir():
                return folder
        raise PictureError(f"there is neither {self.root / track / case} nor {self.root / case}")

    def open(self, tools: Tools) -> Predict:
        """Get ready to read."""

        def predict(given: Given) -> Prediction:
            return read_head(self.folder(given.case, given.track), tools, given.size)

        return predict


def read_head(folder: Path, tools: Tools, size: int = SIZE) -> Prediction:
    """Read a folder that `panic3d reconstruct` wrote.

    Args:
        folder: of one head.
        tools: draws what is not there.
        size: of the views, pixels.

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
        return drawn(figure, tools.rasteriser, size)
    views: dict[str, UInt8[np.ndarray, "h w 4"]] = {}
    for name in VIEW_NAMES:
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
    shapes = drawn(figure, tools.rasteriser, size)
    return Prediction(views, figure.surface, shapes.depths, shapes.normals)
