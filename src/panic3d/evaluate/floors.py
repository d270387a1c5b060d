"""What anybody gets without reconstructing: a billboard, the mean head, known heads.

Each looks only at the picture and at what training might see. A reconstruction that is not above
all of them has learned nothing of use.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Float32, UInt8
from torch import Tensor

from panic3d.errors import MeshError, Panic3dError
from panic3d.evaluate.cases import Prediction
from panic3d.evaluate.figures import Figure, drawn, of_mesh, of_sheet
from panic3d.evaluate.predictors import Given, Predict, Predictor, Role, Tools, digest_of, nothing
from panic3d.evaluate.stitching import Stitchable, stitchable
from panic3d.evaluate.surface_metrics import Triangles
from panic3d.evaluate.training_heads import (
    TrainingHeads,
    TrainingRecipe,
    figure_of,
    heads_path,
    kept_surface,
    make_character,
    read_heads,
)
from panic3d.evaluate.visible_truth import visible_surface
from panic3d.geometry.conventions import HEAD_BOX_M
from panic3d.geometry.meshes import Mesh
from panic3d.pipeline.surface import exact_mesh, raw_density_of
from panic3d.render.density_grid import DensityGrid
from panic3d.render.volume import Clouds

VERSION = 2
_KEPT = 12
"""Nearest heads that a process keeps, drawn, of some 40 MB: one comes with and without the picture,
and several characters may have the same."""
LOTS = 16
"""Training heads of which one is drawn by lot. A process keeps them all, drawn, of some 30 MB each:
of all training heads nearly every character would get another, which has to be made first."""


@dataclass(frozen=True)
class Floor(Predictor):
    """Someone who knows the training heads; they must have been made."""

    folder: Path
    recipe: TrainingRecipe
    stitched: bool = False
    """The picture's pixels are put on all that the front camera sees."""

    role: Role = "floor"
    base = ""

    @property
    def name(self) -> str:  # type: ignore[override]
        """What it does."""
        return f"{self.base} + input" if self.stitched else self.base

    @property
    def digest(self) -> str:
        """Of the training heads and the way they are used."""
        return digest_of(self.base, VERSION, self.recipe.digest, self.stitched)

    def heads(self, tools: Tools) -> TrainingHeads:
        """Return the training heads.

        Raises:
            Panic3dError: they were not made.
        """
        path = heads_path(self.folder, self.recipe)

        def read() -> TrainingHeads:
            found = read_heads(path)
            if found is None:
                raise Panic3dError(f"{path} is missing or broken: run the evaluation again")
            return found

        return tools.recall("training heads", path, read)

    def known_head(self, seed: int, tools: Tools) -> Figure:
        """Make a training character again, with its visible surface."""
        figure, origin = figure_of(make_character(seed))

        def make() -> Triangles:
            return visible_surface(tools.rasteriser, figure.posed, origin)

        surface = kept_surface(self.folder, self.recipe, seed, make)
        return Figure(figure.posed, surface, origin)

    def shown(self, head: Stitchable, given: Given) -> Prediction:
        """Return a head as it is, or with the picture put on."""
        return head.wearing(given.picture) if self.stitched else head.bare


class Billboard(Floor):
    """The picture itself on a plane, as far in front as heads' fronts are on average."""

    base = "billboard"

    def open(self, tools: Tools) -> Predict:
        """Get ready."""
        front_m = self.heads(tools).front_m

        def predict(given: Given) -> Prediction:
            # Paper mode drops whole triangles that reach out of the region.
            sheet = of_sheet(given.picture, front_m, by_pixel=given.mode == "paper")
            return drawn(sheet, tools.rasteriser, given.size, maps=given.maps)

        return predict


class MeanHead(Floor):
    """The places that are inside at least half of all training heads, in their mean colours."""

    base = "mean head"

    @property
    def looks(self) -> bool:  # type: ignore[override]
        """Only if the picture is put on."""
        return self.stitched

    def open(self, tools: Tools) -> Predict:
        """Mesh it."""
        heads, path = self.heads(tools), heads_path(self.folder, self.recipe)
        try:
            mesh = tools.recall("mean head", path, lambda: mean_head(heads))
        except MeshError:
            return lambda given: nothing(given.size)

        def predict(given: Given) -> Prediction:
            def make() -> Stitchable:
                return stitchable(of_mesh(mesh), tools.rasteriser, given.size, given.maps)

            key = path, given.size, given.maps
            return self.shown(tools.recall("drawn mean head", key, make), given)

        return predict


class NearestHead(Floor):
    """The training character whose front is most like the picture."""

    base = "nearest head"

    def open(self, tools: Tools) -> Predict:
        """Get ready."""
        heads = self.heads(tools)

        def predict(given: Given) -> Prediction:
            seed = int(heads.seeds[nearest(heads.fronts, given.picture)])

            def make() -> Stitchable:
                head = self.known_head(seed, tools)
                return stitchable(head, tools.rasteriser, given.size, given.maps)

            key = seed, given.size, given.maps
            return self.shown(tools.recall("nearest head", key, make, _KEPT), given)

        return predict


class RandomHead(Floor):
    """A training character that is drawn by lot, whatever the picture shows.

    Who is not better than it has not looked; the nearest head has to be.
    """

    base = "random head"

    @property
    def looks(self) -> bool:  # type: ignore[override]
        """Not at all."""
        return False

    def open(self, tools: Tools) -> Predict:
        """Get ready."""
        seeds = self.heads(tools).seeds[:LOTS]

        def predict(given: Given) -> Prediction:
            seed = int(seeds[drawn_lot(given.case, len(seeds))])

            def make() -> Prediction:
                head = self.known_head(seed, tools)
                return drawn(head, tools.rasteriser, given.size, maps=given.maps)

            return tools.recall("random head", (seed, given.size, given.maps), make, LOTS)

        return predict


def drawn_lot(case: str, count: int) -> int:
    """Return a number below `count`, always the same for a character's name."""
    return int.from_bytes(hashlib.sha256(case.encode()).digest()[:8], "big") % count


def floors(folder: Path, recipe: TrainingRecipe) -> list[Predictor]:
    """Return all of them. A billboard with the picture put on is a billboard."""
    return [
        Billboard(folder, recipe),
        MeanHead(folder, recipe),
        MeanHead(folder, recipe, True),
        NearestHead(folder, recipe),
        NearestHead(folder, recipe, True),
        RandomHead(folder, recipe),
    ]


class MeanField:
    """Mean colours and densities of a grid as a field, for the mesher."""

    channels = 3

    def __init__(
        self, colours: Float32[np.ndarray, "g g g 3"], raw: Float32[np.ndarray, "n n n"]
    ) -> None:
        self.colours, self.raw = colours, raw

    def value(self, points: Float[Tensor, "m 3"]) -> Float[Tensor, "m 3"]:
        """Look colours up between the grid's points."""
        found = [_between(self.colours[..., k], points) for k in range(3)]
        return torch.stack(found, -1)

    def density(self, points: Float[Tensor, "m 3"]) -> Float[Tensor, " m"]:
        """Look raw densities up between the grid's points."""
        return _between(self.raw, points)


def _between(grid: Float32[np.ndarray, "n n n"], points: Float[Tensor, "m 3"]) -> Tensor:
    from scipy.ndimage import map_coordinates

    place = (points.numpy() / HEAD_BOX_M + 0.5) * (len(grid) - 1)
    found = map_coordinates(grid, place.T, order=1, mode="nearest")
    return torch.from_numpy(found).to(points)


def mean_head(heads: TrainingHeads) -> Mesh:
    """Return the surface around all that is inside at least half of the heads.

    Raises:
        MeshError: nothing is.
    """
    raw = (raw_density_of(0.5) + 4 * (heads.occupancy - 0.5)).astype(np.float32)
    grid = DensityGrid(torch.from_numpy(raw), HEAD_BOX_M, "fixed")
    return exact_mesh(MeanField(heads.colours, raw), grid, Clouds(cull=0.5))


def nearest(fronts: UInt8[np.ndarray, "n t t 4"], picture: UInt8[np.ndarray, "s s 4"]) -> int:
    """Return which of many small fronts is most like a picture: colours by alpha, and alpha."""
    return int(distances(fronts, picture).argmin())


def distances(
    fronts: UInt8[np.ndarray, "n t t 4"], picture: UInt8[np.ndarray, "s s 4"]
) -> Float32[np.ndarray, " n"]:
    """Return the mean squared difference of a picture from each of many small fronts."""
    from PIL import Image

    side = fronts.shape[1]
    image = Image.fromarray(np.ascontiguousarray(picture)).convert("RGBa")
    small = np.array(image.resize((side, side), Image.Resampling.BOX), np.float32) / 255
    known = fronts.astype(np.float32) / 255
    known[..., :3] *= known[..., 3:]
    out: Float32[np.ndarray, " n"] = ((known - small) ** 2).mean((1, 2, 3))
    return out
