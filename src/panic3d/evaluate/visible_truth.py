"""The ground-truth mesh of `fixed` mode: the surface that is seen from somewhere.

A model holds much that nobody sees: a scalp under the hair, the inside of the mouth, the
transparent parts of hair cards. It is drawn from 64 sides; the surface is what one of them shows.
"""

from __future__ import annotations

import math
from contextlib import ExitStack

import numpy as np
from jaxtyping import Float64, Int64

from panic3d.errors import MeshError
from panic3d.evaluate.clipping import EMPTY, clip_with_origin, used_vertices
from panic3d.evaluate.surface_metrics import Triangles
from panic3d.geometry.cameras import Orthographic
from panic3d.geometry.conventions import HEAD_BOX_M
from panic3d.geometry.posing import PosedCharacter
from panic3d.render.raster import Rasteriser, Scene

VIEWS = 64
LOWEST_ELEVATION_DEG = -30.0
"""From further below one looks into a bust; the paper's cameras go down to -20."""
VIEW_PIXELS = 256
EDGE_M = 0.005
"""Longest side of the pieces that are kept or not."""
REACH_M = 0.0025
"""A piece is seen if a seen point of the same part is as near to its middle. A pixel is 2.7 mm."""
THINNED_M = 0.001
"""Of seen points within a cell of this size one counts."""
_BLOCK_M = 0.01
"""Of the blocks in which pieces are asked about together."""
_FIGURE_BOX_M = 5.0
"""What is drawn: all of the figure, so that no view looks into it where the head's box ends."""


def view_cameras(count: int = VIEWS) -> list[Orthographic]:
    """Return cameras all round, evenly above the lowest elevation, along a golden spiral."""
    bottom = math.sin(math.radians(LOWEST_ELEVATION_DEG))
    heights = bottom + (1 - bottom) * (np.arange(count) + 0.5) / count
    turn = 180.0 * (3 - math.sqrt(5.0))
    return [
        Orthographic(
            elevation_deg=math.degrees(math.asin(height)),
            azimuth_deg=(k * turn) % 360.0 - 180.0,
            distance_m=_FIGURE_BOX_M,
        )
        for k, height in enumerate(heights)
    ]


def visible_surface(
    rasteriser: Rasteriser,
    posed: PosedCharacter,
    origin: Float64[np.ndarray, "3"],
    scene: Scene | None = None,
) -> Triangles:
    """Return what is seen of a character, in the world frame, inside the box around the head.

    Triangles that are seen as a whole stay whole, others are cut into pieces of at most 5 mm. The
    side that is seen does not matter. A blended material counts where it is at least half opaque.

    Args:
        rasteriser: draws.
        posed: the character in its pose.
        origin: of the world frame in the character's model space, metres.
        scene: the character as `rasteriser.load` has it, if that is there already.

    Raises:
        MeshError: nothing is seen in the box.
        DecodeError: a texture cannot be decoded.
        RenderError: the driver failed.
    """
    surface, parts = posed_surface(posed, origin)
    half = np.full(3, HEAD_BOX_M / 2)
    surface, clipped_from = clip_with_origin(surface, -half, half)
    pieces, parents = subdivided(surface, EDGE_M)
    with ExitStack() as held:
        if scene is None:
            scene = held.enter_context(rasteriser.load(posed, origin, "fixed"))
        points, point_parts = seen_points(rasteriser, scene)
    seen = _are_near(pieces, parts[clipped_from][parents], points, point_parts)
    if not seen.any():
        raise MeshError("nothing of the model is seen inside the box around its head")
    hidden = np.bincount(parents[~seen], minlength=len(surface.faces)) > 0
    whole = Triangles(surface.vertices, surface.faces[~hidden])
    cut = Triangles(pieces.vertices, pieces.faces[seen & hidden[parents]])
    return merged(joined([used_vertices(whole), used_vertices(cut)]))


def posed_surface(
    posed: PosedCharacter, origin: Float64[np.ndarray, "3"]
) -> tuple[Triangles, Int64[np.ndarray, " f"]]:
    """Return all triangles of a posed character in the world frame, and the part each belongs to.

    They are counter-clockwise seen from outside.
    """
    meshes, numbers = [], []
    for number, part in enumerate(posed.parts):
        faces = part.primitive.faces.astype(np.int32)
        if part.mirrored:
            faces = faces[:, ::-1]
        vertices = (part.positions - origin).astype(np.float64)
        meshes.append(used_vertices(Triangles(vertices, np.ascontiguousarray(faces))))
        numbers.append(np.full(len(faces), number, np.int64))
    return joined(meshes), np.concatenate([np.zeros(0, np.int64), *numbers])


def joined(meshes: list[Triangles]) -> Triangles:
    """Put surfaces side by side."""
    starts = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes)])
    faces = [mesh.faces + np.int32(start) for mesh, start in zip(meshes, starts[:-1], strict=True)]
    return Triangles(
        np.concatenate([EMPTY.vertices, *(mesh.vertices for mesh in meshes)]),
        np.concatenate([EMPTY.faces, *faces]),
    )


def merged(surface: Triangles) -> Triangles:
    """Make one vertex of those in the same place; coordinates are rounded to float32."""
    rounded = surface.vertices.astype(np.float32)
    order = np.lexsort(rounded.T)
    ranked = rounded[order]
    first = np.concatenate([[True], (np.diff(ranked, axis=0) != 0).any(1)])[: len(ranked)]
    number = np.empty(len(order), np.int32)
    number[order] = np.cumsum(first, dtype=np.int32) - np.int32(1)
    return Triangles(ranked[first].astype(np.float64), number[surface.faces])


def subdivided(surface: Triangles, edge_m: float) -> tuple[Triangles, Int64[np.ndarray, " g"]]:
    """Halve triangles at their longest side until no side is longer than `edge_m`.

    Returns:
        The pieces, and of each the number of the triangle it is cut from.
    """
    corners = surface.vertices[surface.faces]
    parents = np.arange(len(corners), dtype=np.int64)
    done, origins = [], []
    while len(corners):
        # Three columns by hand: what NumPy does along an axis of three takes three times as long.
        first, second, third = (_length(corners[:, k] - corners[:, k - 1]) for k in (1, 2, 0))
        longest = np.where(second > first, 1, 0)
        longest[third > np.maximum(first, second)] = 2
        large = np.maximum(np.maximum(first, second), third) > edge_m
        done.append(corners[~large])
        origins.append(parents[~large])
        corners, parents, longest = corners[large], parents[large], longest[large]
        rows = np.arange(len(corners))
        order = (longest[:, None] + np.arange(3)) % 3
        a, b, c = (corners[rows, order[:, k]] for k in range(3))
        middle = (a + b) / 2
        corners = np.concatenate([np.stack([a, middle, c], 1), np.stack([middle, b, c], 1)])
        parents = np.concatenate([parents, parents])
    all_corners = np.concatenate([np.zeros((0, 3, 3)), *done])
    faces = np.arange(3 * len(all_corners), dtype=np.int32).reshape(-1, 3)
    return (
        Triangles(all_corners.reshape(-1, 3), faces),
        np.concatenate([np.zeros(0, np.int64), *origins]),
    )


def _length(vectors: Float64[np.ndarray, "n 3"]) -> Float64[np.ndarray, " n"]:
    x, y, z = np.square(vectors).T
    out: Float64[np.ndarray, " n"] = np.sqrt(x + y + z)
    return out


def seen_points(
    rasteriser: Rasteriser, scene: Scene
) -> tuple[Float64[np.ndarray, "n 3"], Int64[np.ndarray, " n"]]:
    """Return points of the surface that the views show, thinned, and the part each belongs to."""
    cells: list[np.ndarray] = []
    reach = HEAD_BOX_M / 2 + REACH_M
    count = math.ceil(2 * reach / THINNED_M)
    for camera in view_cameras():
        found = rasteriser.geometry(scene, camera, VIEW_PIXELS, _FIGURE_BOX_M)
        seen = np.flatnonzero(found.part.ravel() >= 0)
        place = found.position.reshape(-1, 3)[seen]
        cell = ((place + np.float32(reach)) * np.float32(1 / THINNED_M)).astype(np.int64)
        part = found.part.ravel()[seen].astype(np.int64)
        code = ((part * count + cell[:, 0]) * count + cell[:, 1]) * count + cell[:, 2]
        cells.append(code[(np.abs(place) < reach).all(1)])
    codes = np.sort(np.concatenate(cells))  # np.unique takes five times as long
    codes = codes[np.diff(codes, prepend=-1) > 0]
    place = np.stack([codes // count**2 % count, codes // count % count, codes % count], 1)
    return (place + 0.5) * THINNED_M - reach, codes // count**3


def _are_near(
    pieces: Triangles,
    parts: Int64[np.ndarray, " g"],
    points: Float64[np.ndarray, "n 3"],
    point_parts: Int64[np.ndarray, " n"],
) -> np.ndarray:
    """Say of each piece whether a point of its part is near its middle."""
    from scipy.spatial import cKDTree

    a, b, c = pieces.vertices[pieces.faces].transpose(1, 0, 2)
    middles = (a + b + c) / 3
    # Neighbours one after the other find the tree's branches in the cache: half the time.
    x, y, z = ((middles + HEAD_BOX_M) * (1 / _BLOCK_M)).astype(np.int64).T
    order = np.argsort(((parts * 1000 + x) * 1000 + y) * 1000 + z)
    counts = np.bincount(parts, minlength=int(point_parts.max(initial=0)) + 1)
    starts = np.concatenate([[0], counts.cumsum()])
    near = np.zeros(len(middles), bool)
    for part in np.flatnonzero(np.bincount(point_parts)):
        asked = order[starts[part] : starts[part + 1]]
        if len(asked):
            own = points[point_parts == part]
            tree = cKDTree(own, leafsize=32, balanced_tree=False, compact_nodes=False)
            distance, _ = tree.query(middles[asked], distance_upper_bound=REACH_M)
            near[asked] = np.isfinite(distance)
    return near
