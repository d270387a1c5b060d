"""Flat shapes with outlines and a cut-out shadow, painted one over the other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from panic3d.characters.colour import Rgb
from panic3d.characters.illustrate.fields import Plane

Points = NDArray[np.float64]
"""(n, 2), x to the right and y down."""
Path2 = Points | Sequence[Sequence[float | int]]
"""Points along a curve."""


def spline(points: Path2, closed: bool = True, samples: int = 8) -> Points:
    """Return a smooth curve through points (Catmull-Rom)."""
    p = np.asarray(points, np.float64)
    if closed:
        p = np.concatenate([p[-1:], p, p[:2]])
    else:
        p = np.concatenate([2 * p[:1] - p[1:2], p, 2 * p[-1:] - p[-2:-1]])
    t = np.linspace(0, 1, samples, endpoint=False)[:, None]
    runs = []
    for a, b, c, d in zip(p[:-3], p[1:-2], p[2:-1], p[3:], strict=True):
        runs.append(
            0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2)
            + 0.5 * (3 * b - a - 3 * c + d) * t**3
        )
    if not closed:
        runs.append(p[-2:-1])
    return np.concatenate(runs)


def tube(points: Path2, widths: Sequence[float], tip: float = 1.0) -> Points:
    """Return the outline of a bent, tapering finger: round at its far end, open at its root.

    Args:
        points: along the middle.
        widths: at the points.
        tip: how long the round end is, in half widths.
    """
    middle = spline(points, closed=False)
    at = np.linspace(0, 1, len(middle))
    half = np.interp(at, np.linspace(0, 1, len(widths)), widths) / 2
    along = np.gradient(middle, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True) + 1e-12
    side = np.stack([-along[:, 1], along[:, 0]], 1)
    left, right = middle + side * half[:, None], middle - side * half[:, None]
    turn = np.linspace(math.pi / 2, -math.pi / 2, 9)[1:-1, None]
    cap = middle[-1] + half[-1] * (np.sin(turn) * side[-1] + tip * np.cos(turn) * along[-1])
    return np.concatenate([left, cap, right[::-1]])


def ellipse(x: float, y: float, rx: float, ry: float, turn: float = 0.0) -> Points:
    """Return the outline of an ellipse."""
    a = np.linspace(0, 2 * math.pi, 40, endpoint=False)
    p = np.stack([rx * np.cos(a), ry * np.sin(a)], 1)
    c, s = math.cos(turn), math.sin(turn)
    return p @ np.array([[c, s], [-s, c]]) + [x, y]


@dataclass(frozen=True, eq=False)
class Placed:
    """Where local coordinates lie in a picture: turned, enlarged, mirrored, moved."""

    x: float
    y: float
    unit: float
    """Pixels."""
    turn: float = 0.0
    """Radians, clockwise as seen."""
    mirrored: bool = False

    def __call__(self, points: Points) -> Points:
        """Return pixels of points whose y runs up."""
        p = np.asarray(points, np.float64) * [-1.0 if self.mirrored else 1.0, -1.0] * self.unit
        c, s = math.cos(self.turn), math.sin(self.turn)
        return p @ np.array([[c, s], [-s, c]]) + [self.x, self.y]


class Sheet:
    """A transparent sheet on which shapes are painted.

    Args:
        size: width and height, pixels.
        line: width of outlines, pixels; 0 for none.
        ink: their colour.
        shade: what colours are multiplied by in shadow, None for no shadow.
        light: (right, down) unit direction towards the light.
    """

    def __init__(
        self, size: int, line: float, ink: Rgb, shade: Rgb | None, light: tuple[float, float]
    ):
        self.size, self.line, self.ink, self.shade, self.light = size, line, ink, shade, light
        self.image = Image.new("RGB", (size, size), _levels(ink))
        self.mask = Image.new("L", (size, size), 0)

    def paint(
        self,
        outlines: Sequence[Points],
        fill: Rgb,
        depth: float = 0.0,
        inner: Sequence[Points] = (),
        lined: bool = True,
    ) -> None:
        """Paint shapes as one: a common outline, one colour, a shadow on the side off the light.

        Args:
            outlines: polygons.
            fill: their colour.
            depth: how far the shadow reaches in, pixels.
            inner: further lines, drawn on top.
            lined: with an outline.
        """
        area = Image.new("L", self.image.size, 0)
        pen = ImageDraw.Draw(area)
        for points in outlines:
            pen.polygon(_flat(points), fill=255)
        if lined and self.line > 0:
            rim = area.copy()
            pen = ImageDraw.Draw(rim)
            for points in outlines:
                loop = [*_flat(points), *_flat(points[:2])]
                pen.line(loop, fill=255, width=max(round(self.line * 2), 1), joint="curve")
            self.image.paste(_levels(self.ink), mask=rim)
            self.mask.paste(255, mask=rim)
        self.image.paste(_levels(fill), mask=area)
        self.mask.paste(255, mask=area)
        if self.shade is not None and depth > 0:
            dark = Image.new("L", self.image.size, 0)
            dark.paste(area)
            away = (round(self.light[0] * depth), round(self.light[1] * depth))
            lit = Image.new("L", self.image.size, 0)
            lit.paste(area, away)
            dark.paste(0, mask=lit)
            tone = tuple(f * s for f, s in zip(fill, self.shade, strict=True))
            self.image.paste(_levels((tone[0], tone[1], tone[2])), mask=dark)
        for points in inner:
            self.stroke(points)

    def stroke(self, points: Points, width: float = 0.7, colour: Rgb | None = None) -> None:
        """Draw an open line, tapering to both ends."""
        if self.line <= 0 and colour is None:
            return
        at = np.linspace(0, 1, len(points))
        half = self.line * width * np.sqrt(np.clip(4 * at * (1 - at), 0.02, 1))
        along = np.gradient(points, axis=0)
        along /= np.linalg.norm(along, axis=1, keepdims=True) + 1e-9
        side = np.stack([-along[:, 1], along[:, 0]], 1) * half[:, None]
        outline = np.concatenate([points + side, (points - side)[::-1]])
        tone = _levels(self.ink if colour is None else colour)
        ImageDraw.Draw(self.image).polygon(_flat(outline), fill=tone)
        ImageDraw.Draw(self.mask).polygon(_flat(outline), fill=255)

    def planes(self, size: int) -> tuple[Plane, Plane]:
        """Return colour (h, w, 3) and coverage (h, w), reduced to a size."""
        rgba = self.image.copy()
        rgba.putalpha(self.mask)
        small = rgba.resize((size, size), Image.Resampling.BOX)
        values = np.asarray(small, np.float32) / np.float32(255)
        return values[..., :3], values[..., 3]


def _levels(colour: Rgb) -> tuple[int, int, int]:
    red, green, blue = (round(255 * min(max(v, 0.0), 1.0)) for v in colour)
    return red, green, blue


def _flat(points: Points) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in points]
