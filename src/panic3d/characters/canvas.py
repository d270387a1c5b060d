"""Painting textures: soft shapes blended onto an array of colours.

Each shape touches only the pixels near it, so a texture takes a few milliseconds.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8
from numpy.typing import NDArray

from panic3d.characters.colour import Rgb

Floats = NDArray[np.float32]


class Canvas:
    """A picture in the making; x runs right and y down, in units of the caller's choice."""

    def __init__(
        self,
        width: int,
        height: int,
        colour: Rgb,
        extent: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0),
    ) -> None:
        """Start with one colour.

        Args:
            width: pixels.
            height: pixels.
            colour: sRGB.
            extent: left, top, right, bottom of the picture in the caller's units; may run up.
        """
        self.pixels: Floats = np.empty((height, width, 3), np.float32)
        self.pixels[:] = colour
        left, top, right, bottom = extent
        self.x: Floats = (left + (np.arange(width) + 0.5) / width * (right - left)).astype("f4")
        self.y: Floats = (top + (np.arange(height) + 0.5) / height * (bottom - top)).astype("f4")
        self.unit = abs(right - left) / width
        """Width of a pixel."""

    def lay(self, colour: Rgb | Floats, mask: Floats, rows: slice, columns: slice) -> None:
        """Blend a colour where a mask in [0, 1] says."""
        part = self.pixels[rows, columns]
        part += (np.asarray(colour, np.float32) - part) * mask[..., None]

    def _window(self, x: float, y: float, rx: float, ry: float) -> tuple[slice, slice]:
        columns = np.flatnonzero(np.abs(self.x - x) <= rx + 2 * self.unit)
        rows = np.flatnonzero(np.abs(self.y - y) <= ry + 2 * self.unit)
        if not len(columns) or not len(rows):
            return slice(0, 0), slice(0, 0)
        return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)

    def glow(
        self, colour: Rgb, x: float, y: float, rx: float, ry: float, strength: float = 1.0
    ) -> None:
        """Blend a soft ellipse: strongest in the middle, gone at two and a half radii."""
        rows, columns = self._window(x, y, 2.5 * rx, 2.5 * ry)
        d = ((self.x[None, columns] - x) / rx) ** 2 + ((self.y[rows, None] - y) / ry) ** 2
        mask = strength * np.clip(np.exp(-d) - np.exp(-6.25), 0, 1)
        self.lay(colour, mask.astype(np.float32), rows, columns)

    def disc(
        self,
        colour: Rgb,
        x: float,
        y: float,
        rx: float,
        ry: float,
        strength: float = 1.0,
        soft: float = 0.0,
        turn_deg: float = 0.0,
    ) -> None:
        """Blend an ellipse with a clean edge, or one that fades over `soft` of its radius."""
        reach = max(rx, ry) if turn_deg else 0.0
        rows, columns = self._window(x, y, max(rx, reach), max(ry, reach))
        dx, dy = self.x[None, columns] - x, self.y[rows, None] - y
        if turn_deg:
            c, s = np.cos(np.radians(turn_deg)), np.sin(np.radians(turn_deg))
            dx, dy = c * dx + s * dy, -s * dx + c * dy
        d = np.sqrt((dx / rx) ** 2 + (dy / ry) ** 2)
        edge = max(soft, 1.2 * self.unit / min(rx, ry))
        mask = strength * np.clip((1 + edge / 2 - d) / edge, 0, 1)
        self.lay(colour, mask.astype(np.float32), rows, columns)

    def stroke(
        self,
        colour: Rgb,
        points: list[tuple[float, float]],
        width: float,
        strength: float = 1.0,
        taper: bool = False,
    ) -> None:
        """Blend a line through points; tapered ones end in a tip."""
        path = np.array(points, np.float32)
        low, high = path.min(0) - width, path.max(0) + width
        middle, half = (low + high) / 2, (high - low) / 2
        rows, columns = self._window(*map(float, middle), *map(float, half))
        px, py = self.x[None, columns], self.y[rows, None]
        best = np.zeros(np.broadcast_shapes(px.shape, py.shape), np.float32)
        count = len(path) - 1
        for k in range(count):
            a, b = path[k], path[k + 1]
            along = b - a
            t = ((px - a[0]) * along[0] + (py - a[1]) * along[1]) / max(float(along @ along), 1e-20)
            t = np.clip(t, 0, 1)
            d = np.hypot(px - a[0] - t * along[0], py - a[1] - t * along[1])
            half_width = width / 2
            if taper:
                place = (k + t) / count
                half_width = half_width * np.sqrt(np.clip(4 * place * (1 - place), 0.02, 1))
            cover = np.clip((half_width - d) / (1.2 * self.unit) + 0.5, 0, 1)
            best = np.maximum(best, cover)
        self.lay(colour, best * np.float32(strength), rows, columns)

    def polygon(
        self, colour: Rgb, points: list[tuple[float, float]], strength: float = 1.0
    ) -> None:
        """Blend a filled outline, its edges smoothed by four samples a pixel each way."""
        from PIL import Image, ImageDraw

        path = np.array(points, np.float64)
        low, high = path.min(0), path.max(0)
        middle, half = (low + high) / 2, (high - low) / 2
        rows, columns = self._window(*map(float, middle), *map(float, half))
        x, y = self.x[columns], self.y[rows]
        if len(x) < 2 or len(y) < 2:
            return
        scale = 4
        image = Image.new("L", (len(x) * scale, len(y) * scale))
        at_x = ((path[:, 0] - x[0]) / (x[1] - x[0]) + 0.5) * scale - 0.5
        at_y = ((path[:, 1] - y[0]) / (y[1] - y[0]) + 0.5) * scale - 0.5
        ImageDraw.Draw(image).polygon(
            list(zip(at_x.tolist(), at_y.tolist(), strict=True)), fill=255
        )
        cover = np.asarray(image, np.float32).reshape(len(y), scale, len(x), scale).mean((1, 3))
        self.lay(colour, cover / np.float32(255) * np.float32(strength), rows, columns)

    def texture(self, alpha: Floats | None = None) -> UInt8[np.ndarray, "h w 4"]:
        """Return the picture as straight RGBA."""
        height, width = self.pixels.shape[:2]
        out = np.empty((height, width, 4), np.uint8)
        out[..., :3] = np.clip(self.pixels * 255 + 0.5, 0, 255)
        out[..., 3] = 255 if alpha is None else np.clip(alpha * 255 + 0.5, 0, 255)
        return out
