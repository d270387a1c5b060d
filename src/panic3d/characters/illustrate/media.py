"""What pigment and paper make of flat colours: watercolour, paint, crayon, screen tone."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from panic3d.characters.illustrate.fields import (
    Plane,
    blurred,
    grain,
    luma,
    noise,
    resized,
    shifted,
    smoothstep,
    warped,
)
from panic3d.characters.illustrate.style import Medium
from panic3d.characters.illustrate.view import FEATURES, Seen


def painted(seen: Seen, colour: Plane, medium: Medium, rng: np.random.Generator) -> Plane:
    """Return the figure's colours (h, w, 3) as a medium leaves them."""
    if medium == "watercolour":
        return _watercolour(seen, colour, rng)
    if medium == "paint":
        return _paint(seen, colour, rng)
    if medium == "crayon":
        return _crayon(seen, colour, rng)
    if medium == "screen_tone":
        return _screen_tone(seen, colour)
    return colour


def _watercolour(seen: Seen, colour: Plane, rng: np.random.Generator) -> Plane:
    """Pools of pigment, dark edges where a wash dries, colours that run a little."""
    size = seen.size
    unit = size / 512
    run = [noise(rng, size, 26 * unit, 2) * np.float32(2.4 * unit) for _ in range(2)]
    feature = blurred(seen.of(*FEATURES).astype(np.float32), 2 * unit)
    calm = 1 - np.minimum(feature * 2.5, 1)
    colour = warped(colour, run[0] * calm, run[1] * calm)
    density = 1 + 0.20 * noise(rng, size, size / 6, 3)
    tone = luma(colour)
    wet = blurred(tone, 2.6 * unit)
    border = np.clip(wet - tone, 0, 0.3)  # the dark side of each border
    density += 1.5 * border
    density += 0.06 * grain(rng, size)
    density = 1 + (density - 1) * calm
    found: Plane = np.clip(colour, 0.004, 1) ** np.clip(density, 0.5, 2.0)[..., None]
    return found


def _paint(seen: Seen, colour: Plane, rng: np.random.Generator) -> Plane:
    """Patches as of a broad brush: each pixel takes the mean of the calmest quarter around it.

    Source: M. Kuwahara et al., "Processing of RI-angiocardiographic images" (1976).
    """
    size = seen.size
    unit = size / 512
    angle = noise(rng, size, size / 6, 1) * np.float32(2.5)
    drag = noise(rng, size, 9 * unit, 1) * np.float32(1.8 * unit)
    features = blurred(seen.of(*FEATURES).astype(np.float32), 3 * unit)
    calm = 1 - np.minimum(features * 3, 1)
    moved = warped(colour, np.cos(angle) * drag * calm, np.sin(angle) * drag * calm)
    side = max(round(3.2 * unit), 2)
    tone = luma(moved)
    half = side // 2 + side % 2
    means = [ndimage.uniform_filter(plane, side) for plane in (tone, tone * tone)]
    unrest = means[1] - means[0] ** 2
    smooth = [ndimage.uniform_filter(moved[..., k], side) for k in range(3)]
    best = np.full((size, size), np.inf, np.float32)
    found = moved.copy()
    for right in (-half, half):
        for down in (-half, half):
            here = shifted(unrest, right, down)
            better = here < best
            best = np.where(better, here, best)
            for k in range(3):
                found[..., k] = np.where(better, shifted(smooth[k], right, down), found[..., k])
    # Bristles leave streaks along the stroke.
    row, column = np.mgrid[:size, :size].astype(np.float32)
    along = (column * np.cos(angle) + row * np.sin(angle)) / np.float32(3 * unit)
    streak = np.sin(along + 2 * noise(rng, size, 14 * unit)) * noise(rng, size, 24 * unit)
    found = found * (1 + np.float32(0.022) * streak)[..., None]
    return np.clip(moved + (found - moved) * calm[..., None], 0, 1)


def _crayon(seen: Seen, colour: Plane, rng: np.random.Generator) -> Plane:
    """Hatching with the side of a pencil: paper shows between strokes, darks are hatched twice."""
    size = seen.size
    unit = size / 512
    row, column = np.mgrid[:size, :size].astype(np.float32)
    rough = grain(rng, size)
    wave = noise(rng, size, size / 8, 2) * np.float32(2.2)
    cover = np.zeros((size, size), np.float32)
    for angle, depth in ((0.9, 0.0), (0.35, 0.30)):
        along = (column * np.cos(angle) + row * np.sin(angle)) / np.float32(2.3 * unit)
        stripe = np.sin(along + wave) * 0.5 + 0.35 * rough
        cover += smoothstep(-0.75 + depth, 0.55 + depth, stripe + 0.5) * np.float32(0.5)
    dark = 1 - luma(colour)
    feature = seen.of(*FEATURES)
    share = np.clip(0.35 + 0.8 * dark + 0.6 * (cover - 0.55), 0.0, 1.0)
    share = np.where(feature, 1, share)[..., None]
    return 1 + (colour - 1) * share


_TONE_LEVELS = (0.18, 0.36, 0.56, 0.76)


def _screen_tone(seen: Seen, colour: Plane) -> Plane:
    """Black, white and dots: what is light stays white, what is middling is dotted."""
    size = seen.size
    unit = size / 512
    tone = luma(colour)
    level = np.clip((tone - 0.10) / 0.72, 0, 1)
    # A few even tones, as they are sold in sheets.
    sheets = np.digitize(level, _TONE_LEVELS).astype(np.float32)
    ink = np.array([1.0, 0.52, 0.30, 0.14, 0.0], np.float32)[sheets.astype(np.int8)]
    row, column = np.mgrid[:size, :size].astype(np.float32)
    pitch = np.float32(2 * np.pi / (5.2 * unit))
    dots = np.cos((row + column) * pitch * 0.7071) + np.cos((row - column) * pitch * 0.7071)
    # The threshold at which a share `ink` of the area is dark.
    reach = np.interp(ink, [0, 0.14, 0.30, 0.52, 1.0], [2.4, 1.15, 0.55, -0.05, -2.4])
    soft = 0.55
    dotted = 1 - smoothstep(-soft, soft, (dots - reach).astype(np.float32)) * 0.92
    feature = blurred(seen.of(*FEATURES).astype(np.float32), 1.2 * unit)
    share = np.minimum(feature * 2, 1)
    contrast = np.clip((tone - 0.5) * 1.35 + 0.52, 0, 1)
    found = dotted * (1 - share) + contrast * share
    return np.repeat(found[..., None], 3, 2).astype(np.float32)


def paper(rng: np.random.Generator, size: int) -> Plane:
    """Return the height of rough paper, deviation about 0.5."""
    unit = size / 512
    fibres = resized(rng.standard_normal((size // 3 + 2, size // 3 + 2), np.float32) * 0.4, size)
    found: Plane = 0.55 * grain(rng, size) + fibres + 0.25 * noise(rng, size, 40 * unit, 2)
    return found
