"""The part of a surface that is compared: whole triangles of a region, or exact pieces of them.

A region of the front picture is in space the prism behind it, with no bounds in depth.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from jaxtyping import Bool, Float64

from panic3d.evaluate.regions import PICTURE_SIZE, Region
from panic3d.evaluate.surface_metrics import Triangles
from panic3d.geometry.conventions import HEAD_BOX_M

EMPTY = Triangles(np.zeros((0, 3)), np.zeros((0, 3), np.int32))
"""No surface."""


def prism_of(
    region: Region, box_m: float = HEAD_BOX_M
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the bounds of a region in x and in y, metres in the world frame."""
    left = -box_m / 2 + box_m * region.column / PICTURE_SIZE
    right = left + box_m * region.width / PICTURE_SIZE
    top = box_m / 2 - box_m * region.row / PICTURE_SIZE
    bottom = top - box_m * region.height / PICTURE_SIZE
    return (left, right), (bottom, top)


def kept_faces(surface: Triangles, inside: Bool[np.ndarray, " v"]) -> Triangles:
    """Return the triangles whose three vertices are inside, and those vertices, in their order."""
    number = np.cumsum(inside, dtype=np.int64) - 1
    faces = surface.faces[inside[surface.faces].all(1)]
    return Triangles(surface.vertices[inside], number[faces].astype(np.int32))


def used_vertices(surface: Triangles) -> Triangles:
    """Return a surface without vertices that no triangle has; the triangles keep their order."""
    used = np.zeros(len(surface.vertices), bool)
    used[surface.faces] = True
    number = np.cumsum(used, dtype=np.int64) - 1
    return Triangles(surface.vertices[used], number[surface.faces].astype(np.int32))


def filter_mesh(
    surface: Triangles, region: Region, frame: Literal["world", "lustrous"] = "world"
) -> Triangles:
    """Keep the triangles that lie wholly in a region's prism, as the paper does.

    Vertices on its border are outside. Depth is not looked at.

    Args:
        surface: in the world frame.
        region: what is kept.
        frame: whose x axis the region is laid along. The paper filters the ground truth in the
            model's own frame, "lustrous", whose x is the world's negated: of a region that is not
            in the middle it compares the mirror image.
    """
    (left, right), (bottom, top) = prism_of(region)
    x = surface.vertices[:, 0] if frame == "world" else -surface.vertices[:, 0]
    y = surface.vertices[:, 1]
    return kept_faces(surface, (left < x) & (x < right) & (bottom < y) & (y < top))


def clip_to_region(surface: Triangles, region: Region, box_m: float = HEAD_BOX_M) -> Triangles:
    """Cut a surface exactly at a region's prism and at the box around the head.

    Unlike `filter_mesh` it does not depend on how large the triangles are that cross the border.
    """
    (left, right), (bottom, top) = prism_of(region, box_m)
    half = box_m / 2
    low = np.array([max(left, -half), max(bottom, -half), -half])
    high = np.array([min(right, half), min(top, half), half])
    return clip_to_bounds(surface, low, high)


def clip_to_bounds(
    surface: Triangles, low: Float64[np.ndarray, "3"], high: Float64[np.ndarray, "3"]
) -> Triangles:
    """Cut a surface at six planes, low <= coordinate <= high; triangles keep their winding."""
    return clip_with_origin(surface, low, high)[0]


def clip_with_origin(
    surface: Triangles, low: Float64[np.ndarray, "3"], high: Float64[np.ndarray, "3"]
) -> tuple[Triangles, np.ndarray]:
    """As `clip_to_bounds`, and of each triangle the number of the one it is a piece of."""
    corners = surface.vertices[surface.faces]
    smallest, largest = corners.min(1, initial=np.inf), corners.max(1, initial=-np.inf)
    whole = ((smallest >= low) & (largest <= high)).all(1)
    cut = ~whole & ((largest > low) & (smallest < high)).all(1)
    pieces, parents = corners[cut], np.flatnonzero(cut)
    for axis in range(3):
        for sign, bound in ((1.0, low[axis]), (-1.0, -high[axis])):
            pieces, parents = _halved(pieces, parents, axis, sign, bound)
    sides = pieces[:, 1:] - pieces[:, :1]
    solid = np.cross(sides[:, 0], sides[:, 1]).any(1)  # a corner on the border leaves a needle
    pieces, parents = pieces[solid], parents[solid]
    kept = Triangles(surface.vertices, surface.faces[whole])
    count = len(surface.vertices)
    new = np.arange(3 * len(pieces), dtype=np.int32).reshape(-1, 3) + np.int32(count)
    joined = Triangles(
        np.concatenate([kept.vertices, pieces.reshape(-1, 3)]),
        np.concatenate([kept.faces, new]),
    )
    return used_vertices(joined), np.concatenate([np.flatnonzero(whole), parents])


def _halved(
    corners: np.ndarray, parents: np.ndarray, axis: int, sign: float, bound: float
) -> tuple[np.ndarray, np.ndarray]:
    """Keep of (n, 3, 3) triangles what lies where sign * coordinate >= bound."""
    height = sign * corners[:, :, axis] - bound
    inside = height >= 0
    count = inside.sum(1)
    whole = count == 3
    made, origins = [corners[whole]], [parents[whole]]
    for number in (1, 2):
        chosen = np.flatnonzero(count == number)
        # Turn each triangle until the corner that is alone on its side comes first.
        odd = inside[chosen] if number == 1 else ~inside[chosen]
        order = (odd.argmax(1)[:, None] + np.arange(3)) % 3
        a, b, c = (corners[chosen, order[:, k]] for k in range(3))
        ha, hb, hc = (height[chosen, order[:, k]] for k in range(3))
        ab = a + (b - a) * (ha / (ha - hb))[:, None]
        ac = a + (c - a) * (ha / (ha - hc))[:, None]
        ab[:, axis] = ac[:, axis] = sign * bound
        if number == 1:
            made.append(np.stack([a, ab, ac], 1))
            origins.append(parents[chosen])
        else:
            made += [np.stack([ab, b, c], 1), np.stack([ab, c, ac], 1)]
            origins += [parents[chosen], parents[chosen]]
    return np.concatenate(made), np.concatenate(origins)
