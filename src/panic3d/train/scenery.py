"""What stands or is written behind figures: beams, railings, window frames, handwriting."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float32, Float64, UInt8
from PIL import Image, ImageDraw, ImageFilter
from scipy.interpolate import CubicSpline

_FINER = 2
"""Everything is drawn in so many times the size, so that its edges are soft."""
_WRITTEN = 0.4
"""Share of scenery that is handwriting."""
_BLURRED = 0.25
"""Share of beams that are out of focus."""
_INKED = 0.6
"""Share of beams that have outlines."""
_SHADED = 0.7
"""How much darker the darkest side of a beam is at most."""
_STROKE = 6
"""Points along a stroke of the pen between two that are chosen."""


def with_scenery(
    picture: Float32[np.ndarray, "s s 3"],
    matte: Float32[np.ndarray, "s s"],
    rng: np.random.Generator,
) -> Float32[np.ndarray, "s s 3"]:
    """Put scenery between figures and what is behind them.

    Args:
        picture: levels from 0 to 255.
        matte: alpha of the figures, 0 to 1.
        rng: chooses what there is.
    """
    drawn = (_handwriting if rng.random() < _WRITTEN else _beams)(rng, len(matte))
    cover = drawn[..., 3:].astype(np.float32) / np.float32(255) * (1 - matte)[..., None]
    found: Float32[np.ndarray, "s s 3"] = picture + cover * (drawn[..., :3] - picture)
    return found


def _beams(rng: np.random.Generator, size: int) -> UInt8[np.ndarray, "s s 4"]:
    """Draw bars that run through the picture, in one to three directions, shaded across."""
    image = Image.new("RGBA", (size * _FINER, size * _FINER))
    draw = ImageDraw.Draw(image)
    base = _paint(rng)
    first = float(rng.choice([0.0, 90.0]) + rng.normal(0, 6 if rng.random() < 0.7 else 40))
    for k in range(int(rng.integers(1, 4))):
        colour = base if rng.random() < 0.6 else _paint(rng)
        angle = first + (90 * k if rng.random() < 0.8 else float(rng.uniform(0, 180)))
        _parallel(draw, image.width, angle, colour, rng)
    image = image.reduce(_FINER)
    if rng.random() < _BLURRED:
        blur = ImageFilter.GaussianBlur(size * float(rng.uniform(0.003, 0.02)))
        image = image.convert("RGBa").filter(blur).convert("RGBA")
    return np.array(image)


def _paint(rng: np.random.Generator) -> Float64[np.ndarray, "3"]:
    """Choose a colour, more often than not a dull one, as of wood, stone and iron."""
    colour = rng.uniform(0, 255, 3)
    share = 1.0 if rng.random() < 0.35 else float(rng.uniform(0, 0.4))
    return colour.mean() + share * (colour - colour.mean())


def _parallel(
    draw: ImageDraw.ImageDraw,
    size: int,
    angle_deg: float,
    colour: Float64[np.ndarray, "3"],
    rng: np.random.Generator,
) -> None:
    along = np.array([math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))])
    across = np.array([-along[1], along[0]])
    pitch = size * float(np.exp(rng.uniform(np.log(0.05), np.log(0.6))))
    width = pitch * float(rng.uniform(0.08, 0.7))
    most = int(rng.integers(1, 12))
    ink = round(size * float(rng.uniform(0, 0.008))) if rng.random() < _INKED else 0
    round_bars, contrast = rng.random() < 0.5, float(rng.uniform(0, _SHADED))
    slices = 12 if contrast > 0.1 else 1
    offset = float(rng.uniform(-0.7, 0.7)) * size
    for k in range(most):
        middle = np.array([size / 2, size / 2]) + across * (offset + k * pitch)
        ends = np.sort(rng.uniform(-1, 1, 2)) if rng.random() < 0.2 else np.array([-1.0, 1.0])
        lit = 1 + float(rng.normal(0, 0.06))
        for j in range(slices):
            share = (j + 0.5) / slices
            shade = math.sin(math.pi * share) if round_bars else share
            level = colour * lit * (1 - contrast * (1 - shade))
            near, far = (width * (v / slices - 0.5) for v in (j, j + 1))
            _quad(draw, middle, along * size * ends[:, None], across, near, far, level)
        if ink:
            for edge in (-width / 2, width / 2):
                dark = colour * 0.25
                ends_px = along * size * ends[:, None]
                _quad(draw, middle, ends_px, across, edge - ink / 2, edge + ink / 2, dark)


def _quad(
    draw: ImageDraw.ImageDraw,
    middle: Float64[np.ndarray, "2"],
    ends: Float64[np.ndarray, "2 2"],
    across: Float64[np.ndarray, "2"],
    near: float,
    far: float,
    level: Float64[np.ndarray, "3"],
) -> None:
    corners = [middle + ends[0] + across * near, middle + ends[1] + across * near]
    corners += [middle + ends[1] + across * far, middle + ends[0] + across * far]
    fill = (*(int(v) for v in level.clip(0, 255)), 255)
    draw.polygon([(float(x), float(y)) for x, y in corners], fill=fill)


def _handwriting(rng: np.random.Generator, size: int) -> UInt8[np.ndarray, "s s 4"]:
    """Draw lines of signs of a few strokes each, which are no letters of any script."""
    side = size * _FINER
    image = Image.new("RGBA", (side, side))
    draw = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(1, 4))):
        height = side * float(np.exp(rng.uniform(np.log(0.025), np.log(0.16))))
        colour = (*(int(v) for v in rng.integers(0, 256, 3)), 255)
        pen = max(round(height * float(rng.uniform(0.04, 0.16))), 1)
        upright, lines = rng.random() < 0.35, int(rng.integers(1, 4))
        start = rng.uniform(-0.1, 0.9, 2) * side
        slope = float(rng.normal(0, 0.12))
        for line in range(lines):
            for k in range(int(rng.integers(2, 13))):
                step = np.array([slope, 1.0]) if upright else np.array([1.0, slope])
                aside = np.array([1.3, 0.0]) if upright else np.array([0.0, 1.3])
                corner = start + height * (k * 1.05 * step + line * aside)
                _sign(draw, corner, height, colour, pen, rng)
    return np.array(image.reduce(_FINER))


def _sign(
    draw: ImageDraw.ImageDraw,
    corner: Float64[np.ndarray, "2"],
    height: float,
    colour: tuple[int, ...],
    pen: int,
    rng: np.random.Generator,
) -> None:
    for _ in range(int(rng.integers(1, 5))):
        count = int(rng.integers(2, 5))
        knots = corner + height * rng.uniform(0, 0.9, (count, 2))
        at = np.linspace(0, count - 1, _STROKE * count)
        points = CubicSpline(np.arange(count), knots)(at) if count > 2 else knots
        draw.line([(float(x), float(y)) for x, y in points], colour, pen, "curve")
