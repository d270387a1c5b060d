"""Hands, drawn flat: open, making a sign, holding something, or under a chin.

In a hand's own frame the wrist is the origin, y points to the fingers, x to the thumb of a right
hand whose palm faces the viewer; the unit is the length of the hand.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from panic3d.characters.colour import Rgb
from panic3d.characters.illustrate.shapes import Placed, Points, Sheet, spline, tube

_PALM = (
    (-0.12, -0.10), (-0.15, 0.05), (-0.20, 0.22), (-0.215, 0.38), (-0.17, 0.46), (-0.06, 0.50),
    (0.06, 0.50), (0.155, 0.46), (0.185, 0.36), (0.19, 0.24), (0.145, 0.06), (0.12, -0.10),
)  # fmt: skip
_ROOTS = ((0.135, 0.42), (0.040, 0.46), (-0.060, 0.45), (-0.155, 0.39))
_LENGTHS = (0.42, 0.48, 0.43, 0.33)
_WIDTHS = (0.098, 0.102, 0.098, 0.086)
_THUMB = ((0.09, 0.13), (0.21, 0.24), (0.275, 0.40))


class Look(NamedTuple):
    """Colours of an arm."""

    skin: Rgb
    sleeve: Rgb


def _finger(k: int, lean_deg: float, stretch: float = 1.0) -> Points:
    x, y = _ROOTS[k]
    angle = math.radians(lean_deg)
    length = _LENGTHS[k] * stretch
    dx, dy = math.sin(angle), math.cos(angle)
    bend = 0.03 * (1 if lean_deg >= 0 else -1)
    points = [
        (x - 0.06 * dx, y - 0.06 * dy),
        (x + length * 0.5 * dx + bend * dy * 0.4, y + length * 0.5 * dy),
        (x + length * dx, y + length * dy),
    ]
    w = _WIDTHS[k]
    return tube(points, (w * 1.05, w, w * 0.72), tip=1.3)


def arm(sheet: Sheet, place: Placed, look: Look, lean: float = 0.0) -> None:
    """Draw a forearm in its sleeve, from the wrist out of the picture."""
    down = [(lean * t, -0.12 - 1.9 * t) for t in (0.0, 0.5, 1.0, 1.6)]
    sleeve = tube(down[::-1], (0.62, 0.56, 0.47, 0.40), tip=0.25)
    cuff = tube([(0.02 * lean, -0.30), (0.0, -0.12)], (0.43, 0.43), tip=0.3)
    wrist = tube([(0.1 * lean, -0.35), (0.0, 0.05)], (0.25, 0.24))
    unit = place.unit
    sheet.paint([place(wrist)], look.skin, 0.05 * unit)
    sheet.paint([place(sleeve)], look.sleeve, 0.09 * unit)
    sheet.paint([place(cuff)], look.sleeve, 0.05 * unit)


def open_hand(sheet: Sheet, place: Placed, look: Look, spread_deg: float = 9.0) -> None:
    """Draw a raised open palm."""
    arm(sheet, place, look)
    fingers = [_finger(k, (1.2 - k) * spread_deg) for k in range(4)]
    thumb = tube(_THUMB, (0.15, 0.115, 0.08), tip=1.2)
    shapes = [place(f) for f in (spline(_PALM), thumb, *fingers)]
    creases = [
        [(0.13, 0.38), (0.03, 0.34), (-0.10, 0.37)],
        [(0.13, 0.31), (0.05, 0.24), (0.02, 0.08)],
    ]
    sheet.paint(
        shapes, look.skin, 0.035 * place.unit, [place(spline(c, closed=False)) for c in creases]
    )
    for k in range(3):
        (x0, y0), (x1, y1) = _ROOTS[k], _ROOTS[k + 1]
        gap = ((x0 + x1) / 2, (y0 + y1) / 2)
        notch = [(gap[0], gap[1] + 0.05), (gap[0], gap[1] + 0.015)]
        sheet.stroke(place(np.array(notch)), 0.6)


def peace_sign(sheet: Sheet, place: Placed, look: Look) -> None:
    """Draw a hand with two fingers raised."""
    arm(sheet, place, look)
    raised = [_finger(0, 15.0), _finger(1, -9.0)]
    shapes = [place(f) for f in (spline(_PALM), *raised)]
    sheet.paint(shapes, look.skin, 0.035 * place.unit)
    for k in (3, 2):
        x, y = _ROOTS[k]
        w = _WIDTHS[k] * 1.12
        folded = tube(
            [(x + 0.03, y - 0.26), (x + 0.012, y - 0.10), (x, y + 0.055)], (w * 0.9, w, w * 1.05)
        )
        sheet.paint([place(folded)], look.skin, 0.02 * place.unit)
    thumb = tube([(0.15, 0.10), (0.10, 0.22), (-0.07, 0.285)], (0.15, 0.115, 0.08), tip=1.2)
    sheet.paint([place(thumb)], look.skin, 0.02 * place.unit)
    sheet.stroke(
        place(spline([(-0.075, 0.30), (-0.055, 0.305), (-0.03, 0.295)], closed=False)), 0.5
    )


def grip_behind(sheet: Sheet, place: Placed, look: Look) -> None:
    """Draw the part of a holding hand that lies behind what it holds: arm, palm and thumb."""
    arm(sheet, place, look, lean=-0.25)
    back = spline(
        [(-0.12, -0.10), (-0.20, 0.12), (-0.16, 0.42), (0.05, 0.50), (0.2, 0.3), (0.12, -0.1)]
    )
    sheet.paint([place(back)], look.skin, 0.05 * place.unit)


def grip_front(sheet: Sheet, place: Placed, look: Look, reach: float = 0.36) -> None:
    """Draw the fingers that lie around what is held, the lowest first.

    Args:
        sheet: what is drawn on.
        place: of the hand, as for `grip_behind`.
        look: its colours.
        reach: how far the fingers come round, in lengths of the hand.
    """
    for k in (3, 2, 1, 0):
        y = 0.10 + 0.093 * (3 - k)
        w = _WIDTHS[k] * 1.12
        far = reach * (1.0 - 0.05 * abs(k - 1.3))
        points = [(-0.16, y + 0.0), (-0.02, y + 0.035), (far - 0.16, y + 0.012)]
        finger = tube(points, (w * 1.1, w * 1.08, w * 0.86), tip=1.1)
        sheet.paint([place(finger)], look.skin, 0.025 * place.unit)
        nail = [(far - 0.175, y + 0.035), (far - 0.14, y + 0.035), (far - 0.125, y + 0.012)]
        sheet.stroke(place(spline(nail, closed=False)), 0.4)


def fist(sheet: Sheet, place: Placed, look: Look) -> None:
    """Draw a loosely closed hand seen from its back, as it props up a cheek."""
    arm(sheet, place, look, lean=-0.1)
    back = spline(
        [(-0.12, -0.10), (-0.20, 0.10), (-0.22, 0.30), (-0.10, 0.42), (0.10, 0.42), (0.21, 0.30),
         (0.18, 0.10), (0.12, -0.10)]
    )  # fmt: skip
    sheet.paint([place(back)], look.skin, 0.05 * place.unit)
    for k in range(4):
        x = 0.155 - 0.103 * k
        w = _WIDTHS[k] * 1.12
        y = 0.40 - 0.025 * abs(k - 1.2)
        finger = tube(
            [(x * 0.92, y - 0.02), (x, y + 0.06), (x, y + 0.07)], (w, w * 1.02, w), tip=1.0
        )
        sheet.paint([place(finger)], look.skin, 0.02 * place.unit)
    line: Sequence[tuple[float, float]] = [(0.16, 0.20), (0.11, 0.27), (0.12, 0.33)]
    sheet.stroke(place(spline(line, closed=False)), 0.5)
