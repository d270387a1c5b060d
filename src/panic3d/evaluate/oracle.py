"""The ceiling: what our own mesher makes of the true visible surface, in its true colours.

Nothing that ends in our grid of 256 points can be expected to do better. What the grid cannot
hold, such as cards of hair without thickness, is kept as thin as it can.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32, Int64, UInt8
from torch import Tensor

from panic3d.errors import MeshError
from panic3d.evaluate.carving import DepthView, depth_views, inside, places
from panic3d.evaluate.cases import Prediction, Truth
from panic3d.evaluate.figures import drawn, of_bare, of_triangles
from panic3d.evaluate.predictors import Given, Predict, Predictor, Role, Tools, digest_of, nothing
from panic3d.evaluate.surface_metrics import (
    Points,
    Searchable,
    Triangles,
    point_distances,
    sample_surface,
)
from panic3d.geometry.conventions import HEAD_BOX_M
from panic3d.geometry.meshes import Mesh
from panic3d.pipeline.direct import DIRECT_SETTINGS
from panic3d.pipeline.surface import exact_mesh, raw_density_of
from panic3d.render.density_grid import DensityGrid
from panic3d.render.volume import Clouds

VERSION = 1
DEPTH_PIXELS = 512
"""Side of the depth views. Smaller or fewer ones would cost the ceiling half a point of F1 at
5 mm."""
BAND = 2
"""Samples on either side of the surface whose distance is worked out."""
_SAMPLES_PER_CELL = 8
_SHEET_CELLS = 0.6
"""Half the thickness of what has none."""
_STRAY_CELLS = 1.2
"""Vertices further from the surface are none of it."""
_SOLID_CELLS = 0.3
"""How deep a sample lies that belongs to a solid."""
_ROUNDING_M = 1e-6
"""What numbers in float32 may be off by."""


@dataclass(frozen=True)
class Oracle(Predictor):
    """Sees the truth, and has our grid and our mesher."""

    resolution: int = DIRECT_SETTINGS.volume_resolution
    name: str = "oracle"
    role: Role = "oracle"
    looks: bool = False

    @property
    def digest(self) -> str:
        """Of the way it is made."""
        return digest_of("oracle", VERSION, self.resolution)

    def open(self, tools: Tools) -> Predict:
        """Get ready; every head's random points are the same."""

        def predict(given: Given) -> Prediction:
            truth = given.truth
            views = depth_views(of_triangles(truth.surface), tools.rasteriser, DEPTH_PIXELS)
            chance = np.random.Generator(np.random.PCG64(0))
            try:
                mesh = meshed(truth.surface, views, self.resolution, chance)
            except MeshError:
                return nothing(given.size)
            bare = drawn(of_bare(mesh), tools.rasteriser, given.size, maps=given.maps)
            return coloured(bare, truth)

        return predict


class _Grey:
    """A field that only lends its colours to `exact_mesh`: they are the truth's, later."""

    channels = 3

    def value(self, points: Float[Tensor, "*n 3"]) -> Float[Tensor, "*n 3"]:
        return torch.full_like(points, 0.5)

    def density(self, points: Float[Tensor, "*n 3"]) -> Float[Tensor, " *n"]:
        raise AssertionError("the grid is sampled already")


def meshed(
    surface: Triangles, views: list[DepthView], resolution: int, chance: np.random.Generator
) -> Mesh:
    """Sample the signed distance to a surface on our grid, and let our mesher find it again.

    Args:
        surface: what can be seen of a head; it need not be closed.
        views: say which side is inside.
        resolution: samples along an axis.
        chance: spreads points over the surface.

    Raises:
        MeshError: nothing of the surface lies in the box, or it is too small for the grid.
    """
    tree = Searchable(surface)
    depth, near = signed_depth(tree, views, resolution, chance)
    level = raw_density_of(0.5)
    cell = HEAD_BOX_M / (resolution - 1)
    depth /= cell  # in place: 16 million numbers
    depth += level
    grid = DensityGrid(torch.from_numpy(depth), HEAD_BOX_M, "fixed")
    mesh = exact_mesh(_Grey(), grid, Clouds(cull=0.5))
    # Of the band's own borders nothing is kept, nor of places that no view sees and that have no
    # surface.
    kept = _are_within(mesh.vertices.astype(np.float64), _STRAY_CELLS * cell, near, tree)
    return replace(mesh, faces=mesh.faces[kept[mesh.faces].all(1)])


def _are_within(
    points: Points, limit_m: float, near: Float32[np.ndarray, "g g g"], tree: Searchable
) -> Bool[np.ndarray, " n"]:
    """Say which points of the box are nearer to a surface than a limit.

    Args:
        points: where to measure from.
        limit_m: metres.
        near: the distances of the grid's samples, metres; infinite where they are not known.
        tree: the surface, which is asked about the points that the grid leaves open.
    """
    n = len(near)
    cell = HEAD_BOX_M / (n - 1)
    index = (points + HEAD_BOX_M / 2) / cell
    least, most = np.zeros(len(points)), np.full(len(points), np.inf)
    # Vertices lie between two samples, on the line from one to the other but for rounding.
    for corner in (np.floor(index + 1e-3), np.ceil(index - 1e-3)):
        sample = corner.astype(np.int64).clip(0, n - 1)
        # By the way over a sample it may be further, but not nearer.
        way = np.linalg.norm(points - places(sample, n), axis=1)
        distance = near[tuple(sample.T)].astype(np.float64)
        known = np.isfinite(distance)
        least = np.where(known, np.maximum(least, distance - way), least)
        most = np.minimum(most, distance + way)
    within = most < limit_m - _ROUNDING_M
    left = np.flatnonzero(~within & (least < limit_m + _ROUNDING_M))
    within[left] = point_distances(points[left], tree) < limit_m
    return within


def signed_depth(
    surface: Searchable, views: list[DepthView], resolution: int, chance: np.random.Generator
) -> tuple[Float32[np.ndarray, "n n n"], Float32[np.ndarray, "n n n"]]:
    """Measure samples of the grid by a surface.

    Args:
        surface: what can be seen of a head, world frame.
        views: say which side is inside.
        resolution: samples along an axis.
        chance: spreads points over the surface, near which samples are measured.

    Returns:
        How deep each lies below it, metres, cut off at `BAND`; what has nothing behind it becomes a
        sheet. And how far each is from it, infinite outside the band.

    Raises:
        MeshError: nothing of the surface lies in the box.
    """
    n, cell = resolution, HEAD_BOX_M / (resolution - 1)
    far = np.float32(BAND * cell)
    cells = _cells_of(surface.mesh, n, chance)
    if not len(cells):
        raise MeshError("nothing of the surface lies in the head's box")
    # The band lies in a block, a fifth of the grid; what is beside it is far from the surface.
    low = np.maximum(cells.min(0) - BAND, 0)
    block = tuple(map(slice, low, np.minimum(cells.max(0) + BAND + 1, n)))
    band = np.zeros([part.stop - part.start for part in block], bool)
    band[tuple((cells - low).T)] = True
    for _ in range(BAND):
        band = np.logical_or.reduce([_spread(band, axis) for axis in range(3)])
    index = np.stack(np.nonzero(band), 1)
    points = places(index + low, n)
    distance = point_distances(points, surface)
    near = np.where(inside(points, views), distance, -distance)
    depth = np.full((n, n, n), -far)
    depth[block][band] = near.clip(-far, far)
    # Where no solid reaches the surface, it becomes a sheet.
    reached = _with_neighbours(depth[block] > _SOLID_CELLS * cell)
    at_surface = np.zeros(band.shape, bool)
    at_surface[band] = distance < _SHEET_CELLS * cell
    thin = _with_neighbours(at_surface & ~reached)[band]
    sheet = _SHEET_CELLS * cell - distance[thin]
    depth[block][tuple(index[thin].T)] = np.maximum(near[thin], sheet).clip(-far, far)
    away = np.full((n, n, n), np.float32(np.inf))
    away[block][band] = distance
    return depth, away


def _with_neighbours(marked: Bool[np.ndarray, "x y z"]) -> Bool[np.ndarray, "x y z"]:
    """Mark the 26 neighbours of what is marked, too."""
    for axis in range(3):
        marked = _spread(marked, axis)
    return marked


def _spread(marked: Bool[np.ndarray, "x y z"], axis: int) -> Bool[np.ndarray, "x y z"]:
    """Mark the two neighbours along an axis of what is marked, too."""
    out = marked.copy()
    here, there = np.moveaxis(out, axis, 0), np.moveaxis(marked, axis, 0)
    here[1:] |= there[:-1]
    here[:-1] |= there[1:]
    return out


def _cells_of(surface: Triangles, n: int, chance: np.random.Generator) -> Int64[np.ndarray, "m 3"]:
    """Return the indices of samples near points spread over a surface."""
    corners = surface.vertices[surface.faces]
    area = np.linalg.norm(
        np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1
    ).sum()
    cell = HEAD_BOX_M / (n - 1)
    count = int(np.clip(area / 2 / cell**2 * _SAMPLES_PER_CELL, 1000, 3_000_000))
    points = sample_surface(surface, count, chance)
    index = np.rint((points + HEAD_BOX_M / 2) / cell).astype(np.int64)
    kept = ((index >= 0) & (index < n)).all(1)
    return index[kept]


def coloured(bare: Prediction, truth: Truth) -> Prediction:
    """Give every pixel that is not clear the truth's colour of the same pixel, or the nearest."""
    views = {
        name: _painted(rgba, truth.views[name]) if name in truth.views else rgba
        for name, rgba in bare.views.items()
    }
    return Prediction(views, bare.surface, bare.depths, bare.normals)


def _painted(
    rgba: UInt8[np.ndarray, "h w 4"], truth: UInt8[np.ndarray, "h w 4"]
) -> UInt8[np.ndarray, "h w 4"]:
    from scipy.ndimage import distance_transform_edt

    out = rgba.copy()
    solid = truth[..., 3] >= 128
    if not solid.any():
        return out
    shown = truth[..., 3] > 0
    out[shown, :3] = truth[shown, :3]
    beside = ~shown & (rgba[..., 3] > 0)
    looked_at = solid | beside
    window = tuple(_extent(looked_at, axis) for axis in (0, 1))
    own, colours = beside[window], truth[window]
    nearest = distance_transform_edt(~solid[window], return_distances=False, return_indices=True)
    out[window][own, :3] = colours[tuple(nearest[:, own])][:, :3]
    return out


def _extent(marked: Bool[np.ndarray, "h w"], axis: int) -> slice:
    """Return from the first to the last along an axis of what is marked."""
    index = np.nonzero(marked)[axis]
    return slice(int(index.min()), int(index.max()) + 1)
