"""Distances between surfaces, exact from points to triangles.

Points are spread evenly over each surface and the distance of each to the other surface's triangles
is computed, not to sampled points of it. Needs libigl, of the extra `eval`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float64, Int32, Int64

from panic3d.errors import MeshError, MissingDependencyError

SAMPLES = 10_000
"""Points on each surface."""

THRESHOLDS_M = (0.005, 0.01, 0.05, 0.1, 0.5)
"""Distances up to which a point counts as right; the first two are printed."""

_BLOCKS = 32
"""Blocks along an axis by which points are put in order."""

Points = Float64[np.ndarray, "n 3"]
Distances = Float64[np.ndarray, " n"]


class Triangles(NamedTuple):
    """A triangle soup or mesh; may be empty."""

    vertices: Float64[np.ndarray, "v 3"]
    """World frame (y up, face +z, origin the head bone + 0.1 m), metres."""
    faces: Int32[np.ndarray, "f 3"]
    """Indices of vertices, counter-clockwise seen from outside."""


class Searchable:
    """A surface that distances are asked of again and again: its tree is built once.

    Raises:
        MeshError: the mesh is empty or broken.
        MissingDependencyError: libigl is not installed.
    """

    def __init__(self, mesh: Triangles) -> None:
        self.mesh = mesh
        self._arrays = _checked(mesh)
        self._tree = _igl().AABB()
        self._tree.init(*self._arrays)

    def nearest(self, points: Points) -> tuple[Distances, Points]:
        """Return squared distances of points, and the points of the mesh that are nearest."""
        # Points side by side walk the same branches: in order they take half the time.
        low = points.min(0)
        cell = max(float((points.max(0) - low).max()), 1e-9) / _BLOCKS
        order = np.lexsort(((points - low) / cell).astype(np.int32).T)
        squared, nearest = np.empty(len(points)), np.empty((len(points), 3))
        squared[order], _, nearest[order] = self._tree.squared_distance(
            *self._arrays, points[order]
        )
        return np.maximum(squared, 0), nearest


class Hits(NamedTuple):
    """How much of each surface lies near the other, each from 0 to 1."""

    precision: float
    """Share of the predicted points near the truth."""
    recall: float
    """Share of the true points near the prediction."""
    f1: float
    """Their harmonic mean; 0 if both are 0."""


class SurfaceScores(NamedTuple):
    """How a predicted surface compares with the true one."""

    chamfer_m: float
    """Mean of the two mean distances, metres; NaN if nothing was predicted."""
    hits: tuple[Hits, ...]
    """For each threshold; all 0 if nothing was predicted."""


def compare_surfaces(
    predicted: Triangles | None,
    truth: Triangles | Searchable,
    generator: np.random.Generator,
    *,
    count: int = SAMPLES,
    thresholds_m: Sequence[float] = THRESHOLDS_M,
    on_truth: Points | None = None,
) -> SurfaceScores:
    """Measure a predicted surface by the true one.

    Args:
        predicted: None or without area: nothing was predicted. Then there is no distance, and no
            point is right: the paper's code stops here.
        truth: must have an area; `Searchable` if it is compared with several.
        generator: spreads the points; the truth's come first, so that every prediction is
            measured by the same ones.
        count: points on each surface.
        thresholds_m: distances up to which a point counts as right.
        on_truth: points that were spread over the truth already; then the generator spreads those
            of the prediction alone.

    Raises:
        MeshError: the truth has no area, or a surface is broken.
        MissingDependencyError: libigl is not installed.
    """
    if on_truth is None:
        whole = truth.mesh if isinstance(truth, Searchable) else truth
        on_truth = sample_surface(whole, count, generator)
    if predicted is None or not _areas(predicted).sum() > 0:
        return SurfaceScores(float("nan"), (Hits(0.0, 0.0, 0.0),) * len(thresholds_m))
    on_predicted = sample_surface(predicted, count, generator)
    return surface_scores(
        point_distances(on_predicted, truth),
        point_distances(on_truth, predicted),
        thresholds_m,
    )


def surface_scores(
    predicted_to_truth: Float64[np.ndarray, " p"],
    truth_to_predicted: Float64[np.ndarray, " t"],
    thresholds_m: Sequence[float] = THRESHOLDS_M,
) -> SurfaceScores:
    """Sum distances up.

    Args:
        predicted_to_truth: of the points on the predicted surface, metres; at least one.
        truth_to_predicted: of the points on the true surface, metres; at least one.
        thresholds_m: distances up to which a point counts as right, themselves included.

    Source: the paper's evaluation; F1 is the F-score of Tanks and Temples (Knapitsch et al. 2017).
    """
    chamfer = (float(predicted_to_truth.mean()) + float(truth_to_predicted.mean())) / 2
    found = []
    for limit in thresholds_m:
        precision = float((predicted_to_truth <= limit).mean())
        recall = float((truth_to_predicted <= limit).mean())
        both = precision + recall
        found.append(Hits(precision, recall, 2 * precision * recall / both if both else 0.0))
    return SurfaceScores(chamfer, tuple(found))


def sample_surface(mesh: Triangles, count: int, generator: np.random.Generator) -> Points:
    """Spread points over a surface, evenly by area and independently of each other.

    Args:
        mesh: must have an area.
        count: how many points.
        generator: the same one gives the same points.

    Raises:
        MeshError: the surface has no area, or is broken.
    """
    upto = np.cumsum(_areas(mesh))
    if not (len(upto) and upto[-1] > 0):
        raise MeshError(
            f"the mesh has {len(mesh.faces)} triangles without any area, expected a surface: "
            "check what it was cut to"
        )
    drawn = np.searchsorted(upto, generator.random(count) * upto[-1], side="right")
    # Rounding may reach the total itself, which lies behind the last triangle that has an area.
    faces = np.minimum(drawn, np.searchsorted(upto, upto[-1]))
    # Folding the unit square along its diagonal makes two even numbers even over the triangle.
    u, v = generator.random((2, count))
    folded = u + v > 1
    u, v = np.where(folded, 1 - u, u), np.where(folded, 1 - v, v)
    return surface_points(mesh, faces.astype(np.int32), np.stack([1 - u - v, u, v], -1))


def surface_points(
    mesh: Triangles,
    faces: Int32[np.ndarray, " n"],
    barycentric: Float64[np.ndarray, "n 3"],
) -> Points:
    """Return the points at barycentric coordinates of some of a mesh's triangles."""
    return np.einsum("nk,nkd->nd", barycentric, mesh.vertices[mesh.faces[faces]])


def point_distances(points: Points, mesh: Triangles | Searchable) -> Distances:
    """Return the distance of each point to the nearest triangle, metres.

    Args:
        points: where to measure from.
        mesh: at least one triangle; triangles without area count as the edge or point they are.
            `Searchable` if it is asked again.

    Raises:
        MeshError: the mesh is empty or broken.
        MissingDependencyError: libigl is not installed.
    """
    if not len(points):
        return np.zeros(0)
    return np.sqrt(_nearest(points, mesh)[0])


def closest_points(points: Points, mesh: Triangles) -> Points:
    """Return the point of a mesh that is nearest to each given one; see `point_distances`."""
    return _nearest(points, mesh)[1] if len(points) else np.zeros((0, 3))


def winding_numbers(points: Points, mesh: Triangles) -> Distances:
    """Return how often a mesh goes round each point: 1 inside a closed surface, 0 outside.

    At a vertex of a smooth surface a layer counts about one half; open meshes and soups give
    fractions too. The far parts of a mesh are approximated, as in the paper's evaluation.

    Raises:
        MeshError: the mesh is empty or broken.
        MissingDependencyError: libigl is not installed.

    Source: Barill et al. 2018, Fast winding numbers for soups and clouds.
    """
    if not len(points):
        return np.zeros(0)
    vertices, faces = _checked(mesh)
    return _igl().fast_winding_number(vertices, faces, np.ascontiguousarray(points))


def _nearest(points: Points, mesh: Triangles | Searchable) -> tuple[Distances, Points]:
    """Squared distances and nearest points."""
    return (mesh if isinstance(mesh, Searchable) else Searchable(mesh)).nearest(points)


def _areas(mesh: Triangles) -> Distances:
    """Area of every triangle, square metres."""
    if not len(mesh.faces):
        return np.zeros(0)
    vertices, faces = _checked(mesh)
    a, b, c = (vertices[faces[:, corner]] for corner in range(3))
    return np.linalg.norm(np.cross(b - a, c - a), axis=-1) / 2


def _checked(
    mesh: Triangles,
) -> tuple[Float64[np.ndarray, "v 3"], Int64[np.ndarray, "f 3"]]:
    """A mesh as libigl takes it; libigl itself would read beyond the arrays of a broken one."""
    vertices, faces = mesh
    if not len(faces):
        raise MeshError("the mesh has no triangles, expected a surface: check what it was cut to")
    if faces.min() < 0 or faces.max() >= len(vertices):
        raise MeshError(
            f"the mesh names vertices {faces.min()} to {faces.max()} and has {len(vertices)}: "
            "the file is damaged or was put together wrongly"
        )
    if not np.isfinite(vertices).all():
        raise MeshError(
            "the mesh has vertices that are not finite numbers: the file is damaged, or what made "
            "it went astray"
        )
    return np.ascontiguousarray(vertices), np.ascontiguousarray(faces, np.int64)


def _igl() -> Any:
    try:
        import igl
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            "libigl, which measures distances to triangles, is not installed: run "
            "pip install 'panic3d[eval]'"
        ) from error
    return igl
