"""The numbers of a real head, so that procedural parts fit it."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64
from numpy.typing import NDArray

from panic3d.characters.remix.parts import HeadParts
from panic3d.characters.remix.proportions import Anatomy
from panic3d.characters.shape import HeadShape

Doubles = NDArray[np.float64]

_BROWS, _RIGHT, _LEFT, _NOSE, _MOUTH = (
    slice(5, 11),
    slice(11, 17),
    slice(17, 23),
    23,
    slice(24, 28),
)


def landmark_points(head: HeadParts, positions: list[Doubles]) -> Float64[np.ndarray, "28 3"]:
    """Return where the landmarks are once the parts' vertices are at `positions`."""
    return np.array([positions[part][vertex] for part, vertex in head.landmarks])


def anatomy_of(head: HeadParts) -> Anatomy:
    """Return where the features of a head are."""
    points = landmark_points(head, [part.positions for part in head.parts])
    eye = points[_LEFT].mean(0) * [0.5, 0.5, 0.5] + points[_RIGHT].mean(0) * [-0.5, 0.5, 0.5]
    return Anatomy(
        eye=eye,
        mouth_y=float(points[_MOUTH, 1].mean()),
        nose=points[_NOSE],
        brow_y=float(points[_BROWS, 1].mean()),
    )


def neck_radius(head: HeadParts, positions: list[Doubles], y: float) -> float:
    """Return half the width of the neck at a height."""
    for part, place in zip(head.parts, positions, strict=True):
        if part.role not in ("neck", "whole"):
            continue
        edges = np.concatenate([part.faces[:, [0, 1]], part.faces[:, [1, 2]]])
        one, other = place[edges[:, 0]], place[edges[:, 1]]
        crossing = (one[:, 1] - y) * (other[:, 1] - y) < 0
        one, other = one[crossing], other[crossing]
        share = (y - one[:, 1]) / (other[:, 1] - one[:, 1])
        at = one + share[:, None] * (other - one)
        ring = at[np.hypot(at[:, 0], at[:, 2]) < 0.07]
        if len(ring) >= 4:
            return float(np.abs(ring[:, 0]).max())
    return HeadShape().neck_radius


def shape_of(head: HeadParts, positions: list[Doubles], **body: float) -> HeadShape:
    """Return the numbers of a head as procedural parts take them.

    Args:
        head: whose parts and landmarks.
        positions: of its parts' vertices, which may have been moved.
        body: numbers of neck and bust that a head does not tell.
    """
    usual = HeadShape()
    points = landmark_points(head, positions)
    skin = np.concatenate(
        [
            place
            for part, place in zip(head.parts, positions, strict=True)
            if part.role in ("face", "neck", "whole")
        ]
    )
    chin, crown = float(points[2, 1]), float(skin[:, 1].max())
    height = crown - chin
    level = skin[np.abs(skin[:, 1] - (chin + 0.6 * height)) < 0.05 * height]
    level = level[np.abs(level[:, 0]) < 0.12]
    eye = points[_LEFT]
    corners = eye[[0, 2]]
    ears = [place for part, place in zip(head.parts, positions, strict=True) if part.role == "ear"]
    ear = np.concatenate(ears)[:, 1] if ears else np.array([0.012, 0.076])
    fitted: dict[str, float] = {
        "chin_y": chin,
        "crown_y": crown,
        "width": float(np.abs(level[:, 0]).max()) / 0.0905,
        "depth": float(np.ptp(level[:, 2])) / 0.2105,
        "eye_x": float(eye[:, 0].mean()),
        "eye_y": float(eye[:, 1].mean()),
        "eye_width": float(np.ptp(corners[:, 0])) * 1.12,
        "eye_height": float(eye[1, 1] - eye[4, 1]) * 1.15,
        "eye_tilt": float((corners[1, 1] - corners[0, 1]) / np.ptp(corners[:, 0])),
        "nose_y": float(points[_NOSE, 1]),
        "mouth_y": float(points[_MOUTH, 1].mean()),
        "mouth_width": float(points[26, 0] - points[24, 0]),
        "ear_y": float(ear.min() + ear.max()) / 2,
        "ear_size": float(np.ptp(ear)),
        "neck_length": usual.neck_length,
        # Just wide enough to go round the head's own.
        "neck_radius": 1.06 * neck_radius(head, positions, -0.04),
    }
    return HeadShape(**(fitted | body))
