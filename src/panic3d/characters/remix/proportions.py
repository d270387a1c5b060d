"""Other proportions: a smooth move of all points of a head, its expressions and its hair.

Every step is a smooth function of the place alone, so that eyes, lashes, skin and brows go along
together and nothing tears.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from numpy.typing import NDArray

Points = Float64[np.ndarray, "n 3"]
Doubles = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Proportions:
    """What is changed of a head. The defaults change nothing; lengths are metres."""

    size: float = 1.0
    """Factor on the head and all on it."""
    width: float = 1.0
    height: float = 1.0
    depth: float = 1.0
    chin: float = 0.0
    """By which the chin is longer."""
    jaw: float = 1.0
    """Factor on the width near the chin."""
    cheek: float = 0.0
    """By which each cheek stands out more."""
    eye_size: float = 1.0
    eye_height: float = 1.0
    """A further factor on the eyes' height."""
    eye_apart: float = 0.0
    """By which each eye is farther out."""
    eye_up: float = 0.0
    eye_tilt_deg: float = 0.0
    """Outer corners up."""
    brow_up: float = 0.0
    nose: float = 1.0
    """Factor on how far its tip stands out."""
    mouth: float = 1.0
    """Factor on the mouth's width."""
    mouth_up: float = 0.0


class Anatomy:
    """Where the features of a head are, before anything is changed."""

    def __init__(self, eye: Doubles, mouth_y: float, nose: Doubles, brow_y: float) -> None:
        """Take the left eye's middle, the mouth's height, the nose's tip and the brows' height."""
        self.eye = eye
        self.mouth_y = mouth_y
        self.nose = nose
        self.brow_y = brow_y


def _step(values: Doubles) -> Doubles:
    t = np.clip(values, 0.0, 1.0)
    found: Doubles = t * t * t * (t * (6 * t - 15) + 10)
    return found


def head_move(change: Proportions, anatomy: Anatomy) -> Callable[[Points], Doubles]:
    """Return what moves the points of a head."""

    def move(points: Points) -> Doubles:
        p = points.copy()
        ahead = _step((p[:, 2] - 0.015) / 0.045)
        _move_eyes(p, change, anatomy, ahead)
        _move_brows(p, change, anatomy, ahead)
        _move_nose(p, change, anatomy, ahead)
        _move_mouth(p, change, anatomy, ahead)
        _move_jaw(p, change, anatomy, ahead)
        return hair_move(change)(p)

    return move


def hair_move(change: Proportions) -> Callable[[Points], Doubles]:
    """Return what moves the points of hair and all else that only has to follow the head's form."""

    def move(points: Points) -> Doubles:
        p = points.copy()
        # The neck keeps its form; the chin in front of it does not.
        high = _step((p[:, 1] + 0.075) / 0.06)
        share = np.maximum(high, _step((p[:, 2] - 0.03) / 0.03))
        p[:, 0] *= 1 + (change.width - 1) * share
        p[:, 2] *= 1 + (change.depth - 1) * share
        p[:, 1] += (change.height - 1) * np.maximum(p[:, 1] + 0.02, 0.0)
        return p * change.size

    return move


def _move_eyes(p: Doubles, change: Proportions, anatomy: Anatomy, ahead: Doubles) -> None:
    for side in (1.0, -1.0):
        dx = p[:, 0] - side * anatomy.eye[0]
        dy = p[:, 1] - anatomy.eye[1]
        near = 1 - _step((np.hypot(dx, 1.15 * dy) - 0.022) / 0.026)
        # Both eyes end before the middle plane.
        near *= ahead * _step((side * p[:, 0]) / 0.012)
        turn = np.radians(change.eye_tilt_deg) * side
        wide = change.eye_size
        tall = change.eye_size * change.eye_height
        x = dx * wide - dy * tall * np.sin(turn)
        y = dx * wide * np.sin(turn) + dy * tall
        p[:, 0] += near * (x - dx + side * change.eye_apart)
        p[:, 1] += near * (y - dy + change.eye_up)


def _move_brows(p: Doubles, change: Proportions, anatomy: Anatomy, ahead: Doubles) -> None:
    away = np.abs(p[:, 1] - anatomy.brow_y) / 0.022
    p[:, 1] += change.brow_up * (1 - _step(away)) * ahead


def _move_nose(p: Doubles, change: Proportions, anatomy: Anatomy, ahead: Doubles) -> None:
    dx, dy = p[:, 0], p[:, 1] - anatomy.nose[1]
    near = (1 - _step(np.hypot(dx / 0.016, dy / 0.022))) * ahead
    base = anatomy.nose[2] - 0.016
    p[:, 2] += near * (change.nose - 1) * np.maximum(p[:, 2] - base, 0.0)


def _move_mouth(p: Doubles, change: Proportions, anatomy: Anatomy, ahead: Doubles) -> None:
    dy = p[:, 1] - anatomy.mouth_y
    near = (1 - _step(np.abs(p[:, 0]) / 0.042 - 0.35)) * (1 - _step(np.abs(dy) / 0.02 - 0.25))
    near *= ahead
    p[:, 0] *= 1 + (change.mouth - 1) * near
    p[:, 1] += change.mouth_up * near


def _move_jaw(p: Doubles, change: Proportions, anatomy: Anatomy, ahead: Doubles) -> None:
    below = _step((anatomy.mouth_y + 0.012 - p[:, 1]) / 0.040)
    p[:, 1] -= change.chin * below * ahead
    side = _step((p[:, 2] + 0.015) / 0.05)
    low = _step((anatomy.mouth_y + 0.045 - p[:, 1]) / 0.065)
    p[:, 0] *= 1 + (change.jaw - 1) * low * side
    level = np.exp(-(((p[:, 1] - anatomy.mouth_y - 0.014) / 0.022) ** 2))
    out = _step((np.abs(p[:, 0]) - 0.02) / 0.035)
    p[:, 0] += np.sign(p[:, 0]) * change.cheek * level * out * side
