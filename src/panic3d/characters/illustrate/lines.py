"""Ink: outlines and inner creases found in the geometry, drawn as strokes of varying width.

Borders are found between neighbouring pixels and given a width; a blur and a soft threshold make
smooth strokes of them, thick where the width is large and tapering to nothing where it falls.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from panic3d.characters.illustrate.fields import (
    Plane,
    blurred,
    grain,
    luma,
    noise,
    reduced,
    resized,
    smoothstep,
    spread,
    warped,
)
from panic3d.characters.illustrate.style import Ink
from panic3d.characters.illustrate.view import CODE, FEATURES, Seen
from panic3d.characters.piece import LABELS

_SURFACE = {"ear": "skin", "scalp": "hair"}  # what no line is drawn between


class Lines(NamedTuple):
    """What is drawn over a coloured figure."""

    cover: Plane
    """How much of each pixel is ink, 0 to 1."""
    colour: Plane
    """(h, w, 3) of the ink."""


def inked(seen: Seen, style: Ink, light: NDArray[np.float32], rng: np.random.Generator) -> Lines:
    """Draw a figure's lines.

    Args:
        seen: the view.
        style: how.
        light: unit direction towards the light, camera's axes.
        rng: random numbers.
    """
    size = seen.size
    unit = size / 512  # of lengths given for a picture of 512
    if style.weight <= 0:
        blank = np.zeros((size, size), np.float32)
        return Lines(blank, np.zeros((size, size, 3), np.float32))
    edge = borders(seen, style)
    pressure = _pressure(seen, style, light, rng)
    outline = edge >= style.outline
    edge *= np.where(outline, np.maximum(pressure, 0.5), pressure)
    sigma = max(0.42 * style.width * unit, 0.55)
    # Where borders crowd, an artist leaves most of them out.
    crowd = blurred(np.minimum(edge, 1), 3.2 * sigma)
    edge *= 1 - 0.75 * smoothstep(0.28, 0.62, crowd)
    ink = _strokes(edge, sigma, style, unit, rng)
    ink *= np.float32(style.opacity * style.weight)
    return Lines(ink, _colour(seen, style))


def borders(seen: Seen, style: Ink) -> Plane:
    """Return the width of the line at each pixel, 1 a usual line, 0 none; two pixels wide."""
    edge = np.zeros(seen.part.shape, np.float32)
    group = _groups()[seen.label]
    feature = seen.of(*FEATURES) | seen.of("skin", "ear")
    tone = _cloth_tone(seen) if style.texture > 0 else None
    metre = np.float32(1 / seen.scale)
    for axis in (0, 1):
        a = tuple(slice(None, -1) if k == axis else slice(None) for k in range(2))
        b = tuple(slice(1, None) if k == axis else slice(None) for k in range(2))
        both = seen.hit[a] & seen.hit[b]
        step = seen.position[b] - seen.position[a]
        gap = np.maximum(
            np.abs(np.einsum("hwk,hwk->hw", step, seen.normal[a])),
            np.abs(np.einsum("hwk,hwk->hw", step, seen.normal[b])),
        )
        gap = np.where(both, gap, 0)
        other = (group[a] != group[b]) & both
        faces = feature[a] & feature[b]
        low = max(0.0022, 1.6 * float(metre))
        jump = smoothstep(low, low + 0.011, gap)
        width = np.where(gap > low, np.float32(style.inner) * (0.45 + 0.75 * jump), 0)
        border = np.where(other & ~faces, np.maximum(0.62 + 0.55 * jump, style.inner * 0.8), 0)
        width = np.maximum(width, border)
        # On a face only its own outline counts: nose and jaw against what is well behind.
        face_jump = 0.95 * smoothstep(0.004, 0.012, gap)
        width = np.where(faces & both, face_jump, width)
        turn = np.einsum("hwk,hwk->hw", seen.normal[a], seen.normal[b])
        hard = seen.of("cloth", "accessory", "ear")
        crease = (turn < 0.72) & both & hard[a] & hard[b]
        width = np.maximum(width, np.where(crease, np.float32(0.7 * style.inner), 0))
        if tone is not None:
            change = np.abs(tone[a] - tone[b])
            drawn = smoothstep(0.05, 0.16, change) * np.float32(style.texture)
            width = np.maximum(width, np.where(hard[a] & hard[b], drawn, 0))
        outline = seen.hit[a] != seen.hit[b]
        width = np.where(outline, np.float32(style.outline), width)
        edge[a] = np.maximum(edge[a], width)
        edge[b] = np.maximum(edge[b], width)
    return edge


def _groups() -> NDArray[np.int8]:
    codes = [CODE[_SURFACE.get(label, label)] for label in LABELS]
    return np.array([*codes, -1], np.int8)


def _cloth_tone(seen: Seen) -> Plane:
    return blurred(luma(seen.colour), 0.5)


def _pressure(
    seen: Seen, style: Ink, light: NDArray[np.float32], rng: np.random.Generator
) -> Plane:
    """Return how hard the pen is pressed: by chance, by the side of the light, not at all."""
    size = seen.size
    pressure = np.exp(np.float32(style.variation) * noise(rng, size, size / 9, 2))
    if style.light_side > 0:
        small = max(size // 128, 1)
        cover = blurred(reduced(seen.cover, small) if size % small == 0 else seen.cover, 2.0)
        down, right = np.gradient(cover)
        toward = -(right * light[0] - down * light[1])
        length = np.hypot(right, down) + 1e-3
        lit = resized((toward / length).astype(np.float32), size)
        pressure *= 1 - np.float32(style.light_side) * np.clip(lit, -0.6, 0.8)
    if style.breaks > 0:
        gaps = noise(rng, size, size / 16, 2)
        low = float(np.quantile(gaps[::8, ::8], style.breaks))
        pressure *= smoothstep(low - 0.12, low + 0.12, gaps)
    return np.maximum(pressure, 0)


def _strokes(edge: Plane, sigma: float, style: Ink, unit: float, rng: np.random.Generator) -> Plane:
    size = edge.shape[0]
    # A border of width 1, two pixels wide, has this height when blurred; at two fifths of it the
    # stroke ends, so that width 1 gives a stroke of about 2.7 sigma.
    height = 2 / (np.sqrt(2 * np.pi) * np.hypot(sigma, 0.6))
    field = blurred(edge, sigma) / np.float32(height)
    soft = 0.16 if style.grain < 0.5 else 0.26
    ink = smoothstep(0.42 - soft, 0.42 + soft, field)
    ink *= _long_enough(ink, 5.0 * unit)
    if style.jitter > 0 or style.strokes > 1:
        layers = np.zeros_like(ink)
        for k in range(max(style.strokes, 1)):
            stray = style.jitter * unit * (0.7 + 0.6 * k)
            move = [noise(rng, size, size / 6, 2) * np.float32(stray * 2) for _ in range(2)]
            layer = warped(ink, move[0], move[1])
            if k:  # later strokes are partial
                gaps = noise(rng, size, size / 5, 2)
                layer *= smoothstep(-0.1, 0.25, gaps) * np.float32(0.85)
            layers = layers + layer - layers * layer
        ink = layers
    if style.grain > 0:
        rough = grain(rng, size) + 0.4 * noise(rng, size, 9 * unit)
        hold = smoothstep(-1.0, 0.9, rough + 1.9 * (ink - 0.35))
        ink = ink * (1 - np.float32(style.grain) * (1 - hold))
    return np.clip(ink, 0, 1)


def _long_enough(ink: Plane, length: float) -> NDArray[np.bool_]:
    """Say which pixels belong to a stroke of some length, not to a mere fleck."""
    number, count = ndimage.label(ink > 0.25, np.ones((3, 3), np.int8))
    area = np.bincount(number.ravel(), minlength=count + 1)
    keep = area >= length * length
    keep[0] = True
    found: NDArray[np.bool_] = keep[number]
    return found


_FIXED = {
    "black": (0.09, 0.08, 0.09),
    "brown": (0.27, 0.15, 0.14),
    "blue": (0.22, 0.25, 0.48),
    "graphite": (0.28, 0.28, 0.31),
}


def _colour(seen: Seen, style: Ink) -> Plane:
    size = seen.size
    if style.colour != "local":
        found = np.empty((size, size, 3), np.float32)
        found[:] = _FIXED[style.colour]
        return found
    step = 2 if size % 2 == 0 else 1
    weight = reduced(seen.cover, step)
    colour = np.stack([reduced(seen.colour[..., k] * seen.cover, step) for k in range(3)], -1)
    colour /= np.maximum(weight, 1e-4)[..., None]
    near = spread(colour, weight, 0.0045 * seen.scale / step + 0.5)
    # The same hue, darker and stronger; what is dark already comes out nearly black.
    level = luma(near)[..., None]
    dark = np.clip(level + (near - level) * 1.5, 0, 1)
    dark = dark * (0.16 + 0.30 * level)
    return np.stack([np.clip(resized(dark[..., k], size), 0, 1) for k in range(3)], -1)
