"""The skin of the head: one mesh around two eye openings and a mouth.

A grid of heights and angles with three rectangles left out; rings lead from each rectangle to the
contour of its opening. The number of vertices never depends on the proportions, so a morph target
is the difference between two states of the face.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from panic3d.characters.parts.face.contours import (
    Contour,
    eye_contour,
    mouth_contour,
    mouth_line,
)
from panic3d.characters.parts.face.design import FaceDesign, FaceState, MouthDesign
from panic3d.characters.shape import HeadShape

Doubles = NDArray[np.float64]
Ints = NDArray[np.int32]

# Columns of half the head, by the angles that bound them; rows, by heights.
_COLUMNS = (2, 5, 6, 4, 4, 9)
_ROWS = (6, 6, 8, 10, 14)
RINGS = 5
HALF = sum(_COLUMNS)
LEVELS = sum(_ROWS)
RIM = 2 * (_COLUMNS[1] + _COLUMNS[2]) + 2 * _ROWS[3]
"""Vertices around an eye; the mouth has as many as its rectangle's border."""
MOUTH_RIM = 4 * (_COLUMNS[0] + _COLUMNS[1]) + 2 * _ROWS[1]
JAW_ABOVE_NOSE_M, JAW_ABOVE_MOUTH_M = 0.008, 0.002
"""Heights of the jaw's landmarks over the nose's tip and the mouth's corners."""
LID_M = 0.0035
"""Thickness of the lids, seen at the openings' edges."""
FRONT_SHARE = 0.62
"""Of the texture's width, the part that shows the front."""


class Patch(NamedTuple):
    """Vertices between a rectangle of the grid and an opening."""

    border: Ints
    """(n,) grid vertices around, from the inner (or image-left) side's middle over the top."""
    first: int
    """Number of its first own vertex; rings follow each other, the last but one the contour, the
    last the inner edge of the lid."""


@dataclass(frozen=True)
class Topology:
    """What all heads share."""

    faces: Ints
    faces_behind: Ints
    """Those of the back of the head, which has a part of the texture to itself."""
    patches: tuple[Patch, Patch, Patch]
    """Right eye, left eye, mouth."""
    vertices: int


def grid_index(level: int, column: int) -> int:
    """Return the number of a grid vertex: level 0 is the chin, column 0 the middle of the front.

    Columns run from -HALF (behind, at the right) to HALF (behind, at the left).
    """
    return level * (2 * HALF + 1) + column + HALF


@lru_cache(maxsize=1)
def topology() -> Topology:
    """Return faces and patches."""
    width = 2 * HALF + 1
    c = np.cumsum([0, *_COLUMNS])
    r = np.cumsum([0, *_ROWS])
    boxes = (
        (-int(c[3]), -int(c[1]), int(r[3]), int(r[4])),
        (int(c[1]), int(c[3]), int(r[3]), int(r[4])),
        (-int(c[2]), int(c[2]), int(r[1]), int(r[2])),
    )
    level, column = np.mgrid[0:LEVELS, -HALF:HALF]
    hole = np.zeros(level.shape, bool)
    for left, right, low, high in boxes:
        hole |= (column >= left) & (column < right) & (level >= low) & (level < high)
    at = (level * width + column + HALF)[~hole].astype(np.int32)
    faces = [_quads(at, at + 1, at + 1 + width, at + width)]
    lids: list[Ints] = []
    patches: list[Patch] = []
    first = (LEVELS + 1) * width
    for left, right, low, high in boxes:
        middle = (low + high) // 2
        path = [(lv, left) for lv in range(middle, high)]
        path += [(high, cl) for cl in range(left, right)]
        path += [(lv, right) for lv in range(high, low, -1)]
        path += [(low, cl) for cl in range(right, left, -1)]
        path += [(lv, left) for lv in range(low, middle)]
        border = np.array([grid_index(lv, cl) for lv, cl in path], np.int32)
        n = len(border)
        rings = [border] + [
            np.arange(first + k * n, first + (k + 1) * n, dtype=np.int32) for k in range(RINGS + 1)
        ]
        for k, (outer, inner) in enumerate(itertools.pairwise(rings)):
            quads = _quads(outer, inner, np.roll(inner, -1), np.roll(outer, -1))
            (lids if k == RINGS else faces).append(quads)
        patches.append(Patch(border, first))
        first += n * (RINGS + 1)
    turn = sum(_COLUMNS[:-1])
    behind = (column[~hole] >= turn) | (column[~hole] < -turn)
    behind = np.concatenate([behind, behind])
    # Chin and crown are single points: of their quads one triangle is left.
    whole = np.concatenate([level[~hole] > 0, level[~hole] < LEVELS - 1])
    # (The first half of the triangles has the lower edge, the second the upper.)
    front = [faces[0][~behind & whole], *faces[1:], *lids]
    return Topology(
        faces=np.concatenate(front),
        faces_behind=faces[0][behind & whole],
        patches=(patches[0], patches[1], patches[2]),
        vertices=first,
    )


def _quads(a: Ints, b: Ints, c: Ints, d: Ints) -> Ints:
    """Return two triangles a quad, corners given counter-clockwise."""
    return np.concatenate([np.stack([a, b, c], -1), np.stack([a, c, d], -1)]).astype(np.int32)


def grid_angles(shape: HeadShape) -> Doubles:
    """Return (2 HALF + 1,) angles of the columns in degrees."""
    x = [shape.eye_x - 0.66 * shape.eye_width, shape.eye_x + 0.70 * shape.eye_width]
    x.append(0.66 * shape.mouth_width)
    y = [shape.eye_y, shape.eye_y, shape.mouth_y]
    inner, outer, mouth = shape.front_angle_deg(np.array(x), np.array(y)).tolist()
    inner = max(inner, 2.5)
    outer = min(max(outer, 45.0), 74.0)
    mouth = min(max(mouth, inner + 6.0), outer - 14.0)
    marks = [0.0, inner, mouth, outer, 78.0, 95.0, 180.0]
    half = [0.0]
    for k, count in enumerate(_COLUMNS):
        half += list(np.linspace(marks[k], marks[k + 1], count + 1)[1:])
    return np.array([-a for a in half[:0:-1]] + half)


def grid_heights(shape: HeadShape, mouth: MouthDesign) -> Doubles:
    """Return (LEVELS + 1,) heights of the rows in metres."""
    chin, crown = shape.chin_y, shape.crown_y
    low = max(shape.mouth_y - 0.0125, chin + 0.35 * (shape.mouth_y - chin))
    under = shape.eye_y - 0.72 * shape.eye_height
    high = min(shape.mouth_y + 0.0115, shape.nose_y - 0.006, under - 0.006)
    over = shape.eye_y + 0.88 * shape.eye_height
    marks = [chin, low, high, under, over, crown]
    rows = [np.array([chin])]
    for k, count in enumerate(_ROWS):
        steps = np.linspace(0.0, 1.0, count + 1)
        if k == 0:  # denser at the chin, whose curve is narrow
            steps = 1 - np.cos(steps * np.pi / 2)
        if k == len(_ROWS) - 1:  # and at the crown
            steps = np.sin(steps * np.pi / 2)
        rows.append(marks[k] + (marks[k + 1] - marks[k]) * steps[1:])
    found = np.concatenate(rows)
    # Landmarks lie on rows; those that bound the openings' rectangles stay.
    free = np.setdiff1d(np.arange(len(found)), np.cumsum([0, *_ROWS]))
    for height in (shape.nose_y, *jaw_heights(shape, mouth)):
        between = free[1:-1][(found[free[1:-1] - 1] < height) & (height < found[free[1:-1] + 1])]
        found[between[int(np.argmin(np.abs(found[between] - height)))]] = height
    return found


def jaw_heights(shape: HeadShape, mouth: MouthDesign) -> tuple[float, float]:
    """Return the heights of the landmarks along the jaw: beside the nose, beside the mouth."""
    corner = mouth_line(shape, mouth, FaceState(), np.zeros(1))[0, 1]
    return shape.nose_y + JAW_ABOVE_NOSE_M, float(corner) + JAW_ABOVE_MOUTH_M


def contours(
    shape: HeadShape, design: FaceDesign, state: FaceState
) -> tuple[Contour, Contour, Contour]:
    """Return the openings: right eye, left eye, mouth; points as many as the patches need."""
    right = eye_contour(shape, design.eyes, state.close_right, state.smile_right, state, RIM)
    left = eye_contour(shape, design.eyes, state.close_left, state.smile_left, state, RIM)
    return right.mirrored(), left, mouth_contour(shape, design.mouth, state, MOUTH_RIM)


def patch_points(shape: HeadShape, border: Doubles, contour: Doubles) -> Doubles:
    """Return (n * (rings + 1), 3) vertices that lead from a border to a contour.

    Args:
        shape: gives the skin.
        border: (n, 3) points of the grid.
        contour: (n, 2) of the opening, seen from the front.
    """
    share = 1 - (1 - np.arange(1, RINGS + 1) / RINGS) ** 1.5  # denser towards the opening
    flat = border[:, :2] + (contour - border[:, :2]) * share[:, None, None]
    rings = shape.face(flat[..., 0], flat[..., 1])
    edge = rings[-1].copy()
    edge[:, 2] -= LID_M
    middle = edge[:, :2].mean(0)
    edge[:, :2] = middle + (edge[:, :2] - middle) * 1.01
    return np.concatenate([rings.reshape(-1, 3), edge])


def opening_points(
    shape: HeadShape,
    design: FaceDesign,
    state: FaceState,
    grid: Doubles,
    wanted: tuple[int, ...] = (0, 1, 2),
) -> list[Doubles]:
    """Return the vertices of the three patches in a state; those not wanted are empty."""
    shapes = contours(shape, design, state)
    return [
        patch_points(shape, grid[patch.border], contour.points) if k in wanted else np.zeros((0, 3))
        for k, (patch, contour) in enumerate(zip(topology().patches, shapes, strict=True))
    ]


def grid_points(shape: HeadShape, mouth: MouthDesign) -> Doubles:
    """Return the vertices of the grid, its holes' included."""
    angles, heights = grid_angles(shape), grid_heights(shape, mouth)
    points = shape.section(heights[:, None], angles[None, :])
    ahead = np.clip((95.0 - np.abs(angles)) / 17.0, 0.0, 1.0)  # no relief behind
    points[..., 2] += shape.relief(points[..., 0], points[..., 1]) * ahead
    return points.reshape(-1, 3)


def unfolded(shape: HeadShape, points: Doubles) -> tuple[Ints, Doubles, Doubles, Ints]:
    """Return faces, points, texture coordinates and each vertex's number before.

    What faces backwards gets vertices and a part of the texture of its own.
    """
    known = topology()
    used_behind, behind = np.unique(known.faces_behind, return_inverse=True)
    # Vertices in front keep their numbers, by which landmarks are found.
    keep = np.concatenate([np.arange(known.vertices), used_behind]).astype(np.int32)
    low, high = shape.chin_y - 0.01, shape.crown_y + 0.01
    there = points[keep]
    v = (high - there[:, 1]) / (high - low)
    u = np.clip(0.5 + there[:, 0] / (2.1 * 0.115), 0.0, 1.0)
    u[: known.vertices] *= FRONT_SHARE
    u[known.vertices :] = FRONT_SHARE + (1 - FRONT_SHARE) * (0.1 + 0.8 * u[known.vertices :])
    faces = np.concatenate([known.faces, behind.reshape(-1, 3) + known.vertices]).astype(np.int32)
    return faces, there, np.stack([u, v], -1), keep
