"""Cel shading: which parts of a figure lie in shadow, and the colours they get."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from panic3d.characters.colour import srgb_from_linear
from panic3d.characters.illustrate.fields import (
    Plane,
    blurred,
    luma,
    reduced,
    resized,
    shifted,
    smoothstep,
)
from panic3d.characters.illustrate.style import Shading
from panic3d.characters.illustrate.view import CODE, FEATURES, Seen
from panic3d.characters.piece import LABELS, Label
from panic3d.geometry.posing import PosedCharacter

_SKULL_CENTRE = np.array([0.0, 0.085, -0.005], np.float32)
_SKULL_RADII = np.array([0.095, 0.135, 0.108], np.float32)
_ROUND = {"skin": 0.35, "ear": 0.3, "hair": 0.62, "scalp": 0.9, "accessory": 0.0, "cloth": 0.0}
"""How far normals give way to those of a plain egg, by label; a face's more, see `_normals`."""
_FACE_ROUND = 0.8
_STEPS_M = (0.003, 0.006, 0.010, 0.015, 0.022, 0.032, 0.045)
_FRINGE_M = 0.020
"""The longest shadow of hair on a face."""


def light_of(style: Shading) -> NDArray[np.float32]:
    """Return the unit direction towards the light; x right, y up, z towards the viewer."""
    angle = math.radians(style.light_deg)
    flat = math.sqrt(max(1 - style.light_front**2, 0.0))
    return np.array([math.sin(angle) * flat, math.cos(angle) * flat, style.light_front], np.float32)


def shaded(
    seen: Seen,
    posed: PosedCharacter,
    labels: Sequence[Label],
    style: Shading,
    rng: np.random.Generator,
) -> Plane:
    """Return the figure's colours (h, w, 3) with light and shadow, without lines."""
    base = smoothed(seen, style.flatness)
    base = _toned(base, style)
    if style.tips > 0:
        base = _tipped(seen, base, style.tips)
    face = _on_face(seen)
    if style.blush > 0:
        base = _blushed(seen, base, face, style.blush)
    if style.tones == 0 and style.cast == 0:
        return base
    normal = _normals(seen, face)
    lit = _toothed(seen, normal @ light_of(style), rng)
    first, second = shadows(seen, lit, face, style)
    near = shade_colours(posed, labels, style)[seen.part]
    near = 1 - (1 - near) * np.float32(style.strength)
    colour: Plane = base * (1 - (1 - near) * first[..., None])
    if style.tones >= 2:
        colour *= 1 - (1 - near * np.float32(0.96)) * second[..., None] * np.float32(0.75)
    if style.tones >= 3:
        colour = _light_tone(seen, colour, lit, style)
    if style.highlight > 0:
        colour = _highlight(seen, colour, normal, first, style, rng)
    if style.rim > 0:
        colour = _rim(seen, colour, style)
    return np.clip(colour, 0, 1)


def smoothed(seen: Seen, flatness: float) -> Plane:
    """Return the unlit colours with the fine painting of hair, skin and cloth smoothed away.

    What differs strongly from its surroundings (mouth, marks, patterns) stays.
    """
    if flatness <= 0:
        return seen.colour.copy()
    colour = seen.colour.copy()
    step = 4 if seen.size >= 512 and seen.size % 4 == 0 else 2 if seen.size % 2 == 0 else 1
    reach = 0.016 * seen.scale / step
    for labels, keep in ((("hair", "scalp"), 0.35), (("skin", "ear"), 0.10), (("cloth",), 0.12)):
        where = seen.of(*labels)
        if not where.any():
            continue
        weight = where.astype(np.float32)
        mass = np.maximum(blurred(reduced(weight, step), reach), 1e-3)
        low = np.stack(
            [
                resized(
                    blurred(reduced(seen.colour[..., k] * weight, step), reach) / mass,
                    seen.size,
                    smooth=False,
                )[where]
                for k in range(3)
            ],
            -1,
        )
        own = colour[where]
        far = np.abs(own - low).max(-1)
        share = flatness * (1 - smoothstep(keep * 0.6, keep * 1.4, far))
        colour[where] = own + (low - own) * share[:, None]
    return np.clip(colour, 0, 1)


def _toned(base: Plane, style: Shading) -> Plane:
    if style.saturation != 1:
        grey = luma(base)[..., None]
        base = grey + (base - grey) * np.float32(style.saturation)
    if style.lightness > 0:
        base = base + (1 - base) * np.float32(style.lightness)
    elif style.lightness < 0:
        base = base * np.float32(1 + style.lightness)
    return np.clip(base, 0, 1)


def _tipped(seen: Seen, base: Plane, weight: float) -> Plane:
    """Let the ends of the hair over face and shoulders take some of the skin's colour."""
    skin = seen.of("skin")
    if not skin.any():
        return base
    colour = np.median(base[skin][::17], 0)
    hair = seen.of("hair")
    # Hair in front of the face, the lower the more.
    low = smoothstep(-0.02, 0.09, 0.13 - seen.head[..., 1]) * smoothstep(
        0.03, 0.09, seen.head[..., 2]
    )
    share = np.where(hair, low * np.float32(0.45 * weight), 0)[..., None]
    return base + (colour - base) * share


def _blushed(seen: Seen, base: Plane, face: NDArray[np.bool_], weight: float) -> Plane:
    """Lay a soft red on the cheeks, and a breath of it on the tip of the nose."""
    at = np.flatnonzero(face)
    x, y, z = seen.head.reshape(-1, 3)[at].T
    far = ((np.abs(x) - np.float32(0.046)) / 0.019) ** 2 + ((y - np.float32(0.026)) / 0.0115) ** 2
    share = np.exp(-far) * 0.42 * (z > 0.02)
    share += np.exp(-((x / 0.008) ** 2) - ((y - np.float32(0.024)) / 0.006) ** 2) * 0.12
    own = base.reshape(-1, 3)[at]
    red = own * np.array([1.0, 0.62, 0.60], np.float32)
    base = base.copy()
    base.reshape(-1, 3)[at] = own + (red - own) * (share * weight).astype(np.float32)[:, None]
    return base


def _normals(seen: Seen, face: NDArray[np.bool_]) -> Plane:
    """Return normals (h, w, 3) that give clean shapes of shadow."""
    local = seen.head.reshape(-1, 3)[seen.at] - _SKULL_CENTRE
    # Below the jaw the egg goes on as a column, or long hair would lie in the dark.
    local[:, 1] = np.maximum(local[:, 1], -0.035)
    egg = local @ np.diag(1 / _SKULL_RADII**2).astype(np.float32)
    egg = _unit(egg) @ seen.camera_from_head.T.astype(np.float32)
    table = np.array([_ROUND.get(label, 0.0) for label in LABELS] + [0.0], np.float32)
    share = table[seen.label.reshape(-1)[seen.at]]
    share[face.reshape(-1)[seen.at]] = _FACE_ROUND
    # Normals of the egg's far side, which no viewer sees, count for nothing.
    share *= smoothstep(-0.1, 0.25, egg[:, 2])
    soft = 0.0022 * seen.scale
    step = 2 if soft > 1.2 and seen.size % 2 == 0 else 1
    own = np.empty((len(seen.at), 3), np.float32)
    for k in range(3):
        plane = blurred(reduced(seen.normal[..., k], step), soft / step)
        own[:, k] = (resized(plane, seen.size, smooth=False) if step > 1 else plane).reshape(-1)[
            seen.at
        ]
    found = np.zeros_like(seen.normal)
    found.reshape(-1, 3)[seen.at] = _unit(own + (egg - own) * share[:, None])
    return found


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    square = np.einsum("nk,nk->n", vectors, vectors)
    found: NDArray[np.float32] = vectors / np.sqrt(square + 1e-12)[:, None]
    return found


def _on_face(seen: Seen) -> NDArray[np.bool_]:
    local = (seen.head.reshape(-1, 3)[seen.at] - _SKULL_CENTRE) / _SKULL_RADII
    near = np.einsum("nk,nk->n", local, local) < 1.6
    above = local[:, 1] > (-0.05 - _SKULL_CENTRE[1]) / _SKULL_RADII[1]
    found = np.zeros(seen.hit.shape, np.bool_)
    found.reshape(-1)[seen.at] = near & above
    return found & seen.of("skin")


def _toothed(seen: Seen, lit: Plane, rng: np.random.Generator) -> Plane:
    """Let the border of light and shadow on hair run in teeth along the locks."""
    hair = seen.of("hair")
    count = int(rng.integers(30, 50))
    knots = rng.standard_normal(count).astype(np.float32)
    fine = rng.standard_normal(count * 3).astype(np.float32)
    if not hair.any():
        return lit
    local = (seen.head - _SKULL_CENTRE)[hair]
    around = np.arctan2(local[:, 0], local[:, 2] + np.float32(0.02))
    # Locks fan out from the crown, and hang straight below it.
    at = (around / np.float32(2 * np.pi) + np.float32(0.5)).clip(0, 0.9999)
    lit = lit.copy()
    lit[hair] += 0.09 * _along(knots, at) + 0.07 * _along(fine, at)
    return lit


def shadows(seen: Seen, lit: Plane, face: NDArray[np.bool_], style: Shading) -> tuple[Plane, Plane]:
    """Return how far each pixel lies in the first and in the deeper shadow, 0 to 1."""
    half = max(style.softness, 0.03) / 2
    threshold = np.full(len(LABELS) + 1, 0.22, np.float32)
    threshold[CODE["skin"]] = 0.10
    threshold[CODE["hair"]] = 0.12
    threshold = threshold[seen.label]
    threshold[face] = -0.06  # faces are kept light: a sliver of shade on the far side
    level = lit - threshold
    form = 1 - smoothstep(-half, half, level)
    deep = 1 - smoothstep(-half, half, level + np.float32(0.36))
    if style.tones == 0:  # only what falls from hair and chin
        form[:], deep[:] = 0, 0
    within = seen.inside & seen.of("hair", "scalp", "cloth", "accessory")
    form[within] = 1
    fall = _cast(seen, face, style) if style.cast > 0 else np.zeros_like(lit)
    first = np.maximum(form, fall * np.float32(style.cast))
    second = np.maximum(deep, form * fall * np.float32(0.6 * style.cast))
    second[face] *= 0.4
    # Eyes stay clear of shadow, but for a breath of it on their whites.
    feature = seen.of(*FEATURES)
    first[feature] *= 0.12
    second[feature] = 0
    white = seen.of("eye_white")
    first[white] = np.maximum(first[white], fall[white] * 0.45)
    return first, second


def _cast(seen: Seen, face: NDArray[np.bool_], style: Shading) -> Plane:
    """Return where something nearer stands between a pixel and the light, softened for drawing."""
    light = light_of(style)
    flat = math.hypot(float(light[0]), float(light[1]))
    # Lower than the light really is: shadows are drawn longer than they would fall.
    slope = 0.55 * style.light_front / max(flat, 0.1)
    step = 2 if seen.size >= 384 and seen.size % 2 == 0 else 1
    near = np.where(seen.hit, seen.position[..., 2], np.float32(-9))[::step, ::step]
    scale = seen.scale / step
    label = seen.label[::step, ::step]
    feature = seen.of(*FEATURES)[::step, ::step]
    caster = np.where(feature, np.float32(-9), near)  # brows and lashes cast none
    hair = (label == CODE["hair"]) | (label == CODE["scalp"])
    skin = (label == CODE["skin"]) | (label == CODE["ear"]) | feature
    least = np.where(hair, np.float32(0.012), np.float32(0.0018))
    shown = face[::step, ::step]
    found = np.zeros(near.shape, np.bool_)
    for reach in _STEPS_M:
        right = round(float(light[0]) / flat * reach * scale)
        down = -round(float(light[1]) / flat * reach * scale)
        if right == 0 and down == 0:
            continue
        other = shifted(caster, right, down)
        rise = other - near
        # Locks of hair shade each other only where they lie well apart; nor does a nose shade
        # its face, as the head does its neck.
        own = skin & shifted(skin, right, down) & (rise < 0.016)
        dark = (rise > np.maximum(least, reach * slope)) & (rise < 0.25) & ~own
        if reach > _FRINGE_M:
            dark &= ~shown  # a fringe leaves most of the face in the light
        found |= dark
    found &= seen.hit[::step, ::step]
    softness = max(0.0010, 0.014 * style.softness) * scale
    soft = blurred(found.astype(np.float32), max(softness, 0.9))
    edge = 0.14 + 0.36 * min(style.softness / 0.4, 1.0)
    soft = smoothstep(0.5 - edge, 0.5 + edge, resized(soft, seen.size) if step > 1 else soft)
    return soft


def shade_colours(
    posed: PosedCharacter, labels: Sequence[Label], style: Shading
) -> NDArray[np.float32]:
    """Return what each part's colour is multiplied by in shadow: (parts + 1, 3), sRGB."""
    tint = np.array(style.tint)
    warm = tint * 0.35 + np.array([0.97, 0.75, 0.70]) * 0.65  # blood shows in the shade of skin
    found = np.ones((len(posed.parts) + 1, 3), np.float32)
    for k, part in enumerate(posed.parts):
        skin = labels[part.primitive.material or 0] in ("skin", "ear")
        own = other = warm if skin else tint
        toon = part.material.toon
        if toon is not None:
            shade = srgb_from_linear(np.array(toon.shade_colour))
            ground = srgb_from_linear(np.array(part.material.base_colour[:3]))
            own = np.clip(shade / np.maximum(ground, 0.05), 0.05, 1.0)
        # Shadows stay readable whatever a model says: neither none nor black.
        level = float(own @ [0.299, 0.587, 0.114])
        if level > 0.9:
            own = own * (0.86 / level)
        elif level < 0.66:
            own = own + (1 - own) * ((0.70 - level) / max(1 - level, 1e-6))
        found[k] = own + (other - own) * style.tint_share
    return found


def _light_tone(seen: Seen, colour: Plane, lit: Plane, style: Shading) -> Plane:
    half = max(style.softness, 0.05) / 2
    glow = smoothstep(0.88 - half, 0.88 + half, lit)
    glow[seen.of(*FEATURES)] = 0
    table = np.full(len(LABELS) + 1, 0.14, np.float32)
    table[CODE["skin"]] = 0.22
    share = (glow * table[seen.label])[..., None]
    return colour + (np.array(style.rim_colour, np.float32) - colour) * share


def _highlight(
    seen: Seen,
    colour: Plane,
    normal: Plane,
    shadow: Plane,
    style: Shading,
    rng: np.random.Generator,
) -> Plane:
    """Lay the ring of light on the hair: a band around the crown, its borders toothed."""
    hair = seen.of("hair")
    if not hair.any():
        return colour
    at_hair = np.flatnonzero(hair)
    local = (seen.head.reshape(-1, 3)[at_hair] - _SKULL_CENTRE) / _SKULL_RADII
    around = np.arctan2(local[:, 0], local[:, 2])
    height = np.arctan2(local[:, 1], np.hypot(local[:, 0], local[:, 2]))
    # Teeth follow the locks: noise of the angle around the head alone.
    count = int(rng.integers(34, 60))
    knots = rng.standard_normal(count).astype(np.float32)
    fine = rng.standard_normal(count * 3).astype(np.float32)
    at = (around / np.float32(2 * np.pi) + np.float32(0.5)).clip(0, 0.9999)
    teeth = 0.085 * _along(knots, at) + 0.045 * _along(fine, at)
    tilt = math.radians(style.light_deg)
    middle = 0.62 + 0.14 * float(rng.uniform(-1, 1)) + 0.10 * np.cos(around - 2 * tilt)
    width = float(rng.uniform(0.05, 0.11))
    soft = 0.02 + 0.12 * style.softness
    off = np.abs(height - middle - teeth * 0.55) - width * (1 + 2.2 * teeth)
    # Fades towards the silhouette and away from the light, and is broken into runs.
    front = smoothstep(0.25, 0.75, normal[..., 2].reshape(-1)[at_hair])
    side = 0.5 + 0.5 * np.cos(around - tilt * 1.2)
    runs = smoothstep(-0.55, -0.1, _along(knots[::2], at) + 1.6 * side - 0.9)
    dark = shadow.reshape(-1)[at_hair]
    band = (1 - smoothstep(-soft, soft, off)) * front * runs * (1 - 0.8 * dark)
    own = colour.reshape(-1, 3)[at_hair]
    # The same hue, lighter: half of it stronger colour, half of it white.
    light = np.minimum(own * np.float32(1.9) + np.float32(0.05), 1)
    light = light + (np.array(style.rim_colour, np.float32) - light) * np.float32(0.25)
    colour = colour.copy()
    colour.reshape(-1, 3)[at_hair] = own + (light - own) * (band * style.highlight)[:, None]
    return colour


def _along(knots: NDArray[np.float32], at: Plane) -> Plane:
    """Return values between knots of a closed row, at places in [0, 1)."""
    place = at * len(knots)
    low = place.astype(np.int32)
    t = place - low
    t = t * t * (3 - 2 * t)
    first, second = knots[low % len(knots)], knots[(low + 1) % len(knots)]
    found: Plane = first + (second - first) * t
    return found


def _rim(seen: Seen, colour: Plane, style: Shading) -> Plane:
    """Lay light along edges on the side of the light: where what is beyond lies far behind."""
    light = light_of(style)
    flat = math.hypot(float(light[0]), float(light[1]))
    near = np.where(seen.hit, seen.position[..., 2], np.float32(-9))
    rim = np.zeros(near.shape, np.float32)
    reach = 0.0048 * seen.scale
    right = round(float(light[0]) / flat * reach)
    down = -round(float(light[1]) / flat * reach)
    rim[shifted(near, right, down) < near - 0.045] = 1
    rim = smoothstep(0.3, 0.7, blurred(rim, 0.0013 * seen.scale + 0.3))
    rim[seen.of(*FEATURES) | ~seen.hit] = 0
    share = (rim * np.float32(0.75 * style.rim))[..., None]
    return colour + (np.array(style.rim_colour, np.float32) - colour) * share
