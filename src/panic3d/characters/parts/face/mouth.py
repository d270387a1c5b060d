"""The mouth: its line, and the hollow behind with teeth and tongue."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from panic3d.characters.parts.face.contours import mouth_contour, mouth_line
from panic3d.characters.parts.face.design import FaceState, MouthDesign
from panic3d.characters.parts.face.eyes import Sheet
from panic3d.characters.parts.face.skin import MOUTH_RIM
from panic3d.characters.parts.face.strips import directions, resampled, strip
from panic3d.characters.shape import HeadShape

Doubles = NDArray[np.float64]

_LIFT_M = 0.0006
_DEPTH_M = 0.009


def line(shape: HeadShape, design: MouthDesign, state: FaceState) -> Sheet:
    """Return the drawn line: one where the mouth is closed, around the opening where it is not."""
    contour = mouth_contour(shape, design, state, MOUTH_RIM)
    sheets = []
    for curve, part in ((contour.upper, 1.0), (contour.lower, 0.75)):
        path = resampled(curve, 25)
        s = np.linspace(0, 1, len(path))
        taper = np.clip(np.minimum(s, 1 - s) / 0.22, 0.12, 1) ** 0.8
        thick = 0.5 * design.line * taper * part
        normal = directions(path)
        sheets.append(strip(path - normal * thick[:, None], path + normal * thick[:, None], 2))
    points = np.concatenate([sheet.points for sheet in sheets])
    faces = np.concatenate([sheets[0].faces, sheets[1].faces + len(sheets[0].points)])
    found = shape.face(points[:, 0], points[:, 1])
    found[:, 2] += _LIFT_M
    return Sheet(found, faces.astype(np.int32), np.concatenate([sheet.uvs for sheet in sheets]))


def inside(shape: HeadShape, design: MouthDesign, state: FaceState) -> Sheet:
    """Return the hollow: a bowl behind the opening. v runs from the upper lip to the lower."""
    contour = mouth_contour(shape, design, state, MOUTH_RIM)
    n, rows = 17, 9
    upper, lower = resampled(contour.upper, n), resampled(contour.lower, n)
    share = np.linspace(-0.12, 1.12, rows)[:, None, None]
    flat = upper * (1 - share) + lower * share
    middle = flat[:, n // 2][:, None]
    flat = middle + (flat - middle) * np.array([1.08, 1.0])
    points = shape.section(flat[..., 1], shape.front_angle_deg(flat[..., 0], flat[..., 1]))
    u = np.linspace(-1, 1, n)
    v = np.linspace(-1, 1, rows)
    depth = 0.0028 + (_DEPTH_M - 0.0028) * (1 - u[None, :] ** 4) * (1 - v[:, None] ** 4)
    points[..., 2] -= depth
    index = np.arange(n * rows, dtype=np.int32).reshape(rows, n)
    a, b = index[:-1, :-1].ravel(), index[:-1, 1:].ravel()
    c, d = index[1:, 1:].ravel(), index[1:, :-1].ravel()
    faces = np.concatenate([np.stack([a, c, b], -1), np.stack([a, d, c], -1)]).astype(np.int32)
    uvs = np.stack(
        [
            np.broadcast_to((u + 1) / 2, (rows, n)),
            np.broadcast_to(np.linspace(0, 1, rows)[:, None], (rows, n)),
        ],
        -1,
    )
    return Sheet(points.reshape(-1, 3), faces, uvs.reshape(-1, 2))


def fang(shape: HeadShape, design: MouthDesign, state: FaceState) -> Sheet:
    """Return a small tooth below the line, at the picture's right."""
    at = mouth_line(shape, design, state, np.array([0.70, 0.76, 0.82]))
    if state.open > 0:
        upper = resampled(mouth_contour(shape, design, state, MOUTH_RIM).upper, 101)
        at = upper[[70, 76, 82]]
    points = np.stack([at[0], at[2], at[1] + [0.0, -0.0032]])
    found = shape.face(points[:, 0], points[:, 1])
    found[:, 2] += _LIFT_M * 1.6
    return Sheet(found, np.array([[0, 2, 1]], np.int32), np.array([[0.2, 0], [0.8, 0], [0.5, 1.0]]))
