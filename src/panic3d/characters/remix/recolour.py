"""Textures in other colours: what was painted light stays light, what was dark stays dark.

All is done in OKLab. Hair, brows and lashes keep nothing but their lightness, stretched to the
contrast that hair of the new colour has, so that black hair turns blonde (and back) without going
flat; skin keeps all that sets a texel apart from the mean of the skin.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Int64, UInt8
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from panic3d.characters.colour import (
    Rgb,
    mixed,
    oklab_from_srgb,
    shifted,
    srgb_from_linear,
    srgb_from_oklab,
)

Texture = UInt8[np.ndarray, "h w 4"]
Singles = NDArray[np.float32]

_TONES = 256
_STEPS = 32

_LINEAR_FROM_LMS = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ],
    np.float32,
)
_LMS_FROM_LAB = np.array(
    [
        [1.0, 0.3963377774, 0.2158037573],
        [1.0, -0.1055613458, -0.0638541728],
        [1.0, -0.0894841775, -1.2914855480],
    ],
    np.float32,
)
_BYTE_OF_LINEAR = np.round(
    255 * srgb_from_linear(np.repeat(np.linspace(0, 1, 4096)[:, None], 3, 1))[:, 0]
).astype(np.uint8)


def bytes_from_oklab(lab: Float32[np.ndarray, "*shape 3"]) -> UInt8[np.ndarray, "*shape 3"]:
    """Return sRGB bytes of OKLab colours, fast: right to within one step."""
    lms = lab @ _LMS_FROM_LAB.T
    linear = (lms * lms * lms) @ _LINEAR_FROM_LMS.T
    found: UInt8[np.ndarray, "*shape 3"] = _BYTE_OF_LINEAR[
        (np.clip(linear, 0.0, 1.0) * 4095 + 0.5).astype(np.int32)
    ]
    return found


def oklab_of(texture: Texture) -> Float32[np.ndarray, "h w 3"]:
    """Return the colours of a texture in OKLab."""
    found: Singles = oklab_from_srgb(texture[..., :3] / 255).astype(np.float32)
    return found


class Tones(NamedTuple):
    """How light each texel is among those that show."""

    level: Int64[np.ndarray, "h w"]
    """0 to 255: the darkest, the middle one at 127, the lightest."""
    alpha: UInt8[np.ndarray, "h w"]


def tones_of(texture: Texture, locks: bool = False, least: float = 0.05) -> Tones:
    """Order the texels of a texture by lightness.

    Args:
        texture: any.
        locks: it shows locks of hair. How rows of texels differ is then mostly taken off, for
            locks painted with black ends for black hair would look burnt in a light colour; and
            strands are drawn where there are none, or made softer where they are hard.
        least: spread of lightness (OKLab) below which a texture counts as flat, not stretched.
    """
    light = oklab_of(texture)[..., 0].astype(np.float64)
    solid = texture[..., 3] > 127
    if not solid.any():
        solid = np.ones_like(solid)
    if locks:
        count = np.maximum(solid.sum(1), 1)
        rows = (light * solid).sum(1) / count
        known = solid.any(1)
        rows = np.interp(np.arange(len(rows)), np.flatnonzero(known), rows[known])
        light = light - 0.85 * (rows - rows[known].mean())[:, None]
        light = _without_bands(light, solid)
    low, middle, high = np.percentile(light[solid][::3], [2, 50, 98])
    below, above = max(middle - low, least), max(high - middle, least)
    away = light - middle
    level = 0.5 + 0.5 * np.where(away < 0, away / below, away / above)
    # Softly towards the ends, so that nothing is cut off.
    off = np.clip(2 * level - 1, -1.25, 1.25)
    level = 0.5 + 0.46 * (off - 0.09 * off**3)
    if locks:
        level = _stranded(level)
    return Tones(
        level=np.clip(level * (_TONES - 1), 0, _TONES - 1).astype(np.int64),
        alpha=texture[..., 3],
    )


def _without_bands(light: NDArray[np.float64], solid: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Lift broad shadows: painted for dark hair, they look like dirt in a light colour."""
    wide = max(light.shape) / 40
    weight = gaussian_filter(solid.astype(np.float64), wide, truncate=3.0)
    broad = gaussian_filter(light * solid, wide, truncate=3.0) / np.maximum(weight, 1e-3)
    found: NDArray[np.float64] = light - 0.65 * np.minimum(broad - np.median(broad[solid]), 0.0)
    return found


_SOFT, _HARD = 0.060, 0.105
"""Least and most contrast of single strands."""


def _stranded(level: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bring the contrast of strands in a painted lock into bounds."""
    detail = float((level - gaussian_filter(level, 6)).std())
    if detail > _HARD:
        return 0.5 + (level - 0.5) * (0.35 + 0.65 * _HARD / detail)
    if detail >= _SOFT:
        return level
    height, width = level.shape
    rng = np.random.Generator(np.random.PCG64(7))
    at = (np.arange(width) + 0.5) / width
    strands = np.zeros(width)
    for count, weight in ((14, 0.5), (37, 0.8), (80, 0.7)):
        values = rng.uniform(-1, 1, count + 1)
        strands += weight * np.interp(at * count, np.arange(count + 1), values)
    down = ((np.arange(height) + 0.5) / height)[:, None]
    # A ragged band of light below the roots, strands that fade in and out.
    rim = 0.27 + 0.035 * strands
    shine = np.exp(-(((down - rim) / 0.075) ** 2)) * (0.55 + 0.25 * strands)
    drawn = 0.55 * strands * (0.75 + 0.25 * np.sin(9 * down + 5 * at)) + shine
    return level + (_SOFT - detail) / _SOFT * 0.22 * drawn


def hair_ramp(colour: Rgb) -> NDArray[np.float64]:
    """Return the colours of hair from its shadows to its highlights, (256, 3) OKLab.

    Shadows turn towards violet and gain colour, highlights lose it; how far both go depends on
    the colour: white hair has hardly any light left to give, black hair no dark.
    """
    light = float(oklab_from_srgb(np.array(colour))[0])
    # Near grey, shadows would be dead without a breath of violet; in light hair they are shallow
    # and strong in colour, or they would look like dirt.
    pale = float(np.clip((light - 0.62) / 0.26, 0.0, 1.0))
    deep = (0.09 + 0.13 * light) * (1 - 0.38 * pale)
    shadow = shifted(colour, -deep, 1.05 + 0.30 * pale, -6.0)
    shadow = mixed(shadow, (0.40, 0.32, 0.55), 0.12 * (1 - 0.55 * pale))
    bright = shifted(colour, 0.04 + 0.55 * light * (1 - light), 0.76, 4.0)
    at = np.linspace(0.0, 1.0, _TONES)
    stops = oklab_from_srgb(np.array([shadow, mixed(shadow, colour, 0.62), colour, bright]))
    found: NDArray[np.float64] = np.stack(
        [np.interp(at, [0.0, 0.27, 0.55, 1.0], stops[:, k]) for k in range(3)], -1
    )
    return found


def inner_colour(outer: Rgb, drawn: Rgb) -> Rgb:
    """Return the colour of the inside of hair: the one drawn for it, or the outer one in shade.

    A pale or grey inside looks like a lining, not like hair: dyed is only what has a colour of its
    own, or is much darker.
    """
    light, a, b = oklab_from_srgb(np.array(drawn))
    over = light - oklab_from_srgb(np.array(outer))[0]
    chroma = float(np.hypot(a, b))
    dyed = chroma > 0.09 or (chroma > 0.05 and over < 0.04) or over < -0.30
    return drawn if dyed else shifted(outer, -0.09, 1.12, -8.0)


def hair_texture(
    tones: Tones,
    colour: Rgb,
    tip: Rgb | None = None,
    start: float = 0.45,
    end: float = 0.95,
) -> Texture:
    """Paint locks.

    Args:
        tones: of the painted locks, roots at the top.
        colour: of the hair, or of its roots.
        tip: another colour of the tips.
        start: share of the length at which it sets in.
        end: where it is reached.
    """
    root = hair_ramp(colour)
    if tip is None:
        table = bytes_from_oklab(root.astype(np.float32))
        return with_alpha(table[tones.level], tones.alpha)
    share = np.linspace(0.0, 1.0, _STEPS)[:, None, None]
    table = bytes_from_oklab((root * (1 - share) + hair_ramp(tip) * share).astype(np.float32))
    height, width = tones.level.shape
    down = np.clip(((np.arange(height) + 0.5) / height - start) / (end - start), 0.0, 1.0)
    down = down * down * (3 - 2 * down)
    # Columns differ a little, as strands do.
    waver = 0.09 * np.sin(np.arange(width) * (2 * np.pi * 7 / width))
    step = np.clip(down[:, None] * (1 + waver) * (_STEPS - 1), 0, _STEPS - 1)
    return with_alpha(table[np.round(step).astype(np.int64), tones.level], tones.alpha)


def line_texture(tones: Tones, colour: Rgb) -> Texture:
    """Paint lashes and brows: a line of one colour, a little lighter where it was."""
    ramp = np.stack(
        [
            np.interp(np.linspace(0, 1, _TONES), [0.0, 0.5, 1.0], values)
            for values in oklab_from_srgb(
                np.array([shifted(colour, -0.07), colour, shifted(colour, 0.07)])
            ).T
        ],
        -1,
    )
    return with_alpha(bytes_from_oklab(ramp.astype(np.float32))[tones.level], tones.alpha)


def iris_texture(
    lab: Float32[np.ndarray, "h w 3"],
    tones: Tones,
    left_half: Rgb,
    right_half: Rgb,
) -> Texture:
    """Paint the irises: pupil and rim dark, the glow below in the colour, highlights kept.

    Args:
        lab: the painted irises.
        tones: of them.
        left_half: colour of the eye in the left half of the texture.
        right_half: of the other.
    """
    height, width = tones.level.shape
    middle = width // 2
    out = np.empty((height, width, 3), np.uint8)
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    white = np.clip((lab[..., 0] - 0.90) / 0.06, 0, 1) * np.clip((0.05 - chroma) / 0.03, 0, 1)
    for colour, columns in ((left_half, slice(None, middle)), (right_half, slice(middle, None))):
        painted = iris_ramp(colour)[tones.level[:, columns]].astype(np.float32)
        # Some of the painter's own play of hues.
        turn = lab[:, columns, 1:] - lab[:, columns, 1:].mean((0, 1))
        painted[..., 1:] += 0.12 * turn
        share = white[:, columns, None].astype(np.float32)
        painted = painted * (1 - share) + lab[:, columns] * share
        out[:, columns] = bytes_from_oklab(painted)
    return with_alpha(out, tones.alpha)


def iris_ramp(colour: Rgb) -> NDArray[np.float64]:
    """Return the colours of an iris from the pupil to the glow, (256, 3) OKLab."""
    light = float(oklab_from_srgb(np.array(colour))[0])
    stops = [
        mixed(shifted(colour, -0.62 * light, 0.45), (0.06, 0.04, 0.09), 0.45),
        shifted(colour, -0.42 * light, 0.75, -8.0),
        shifted(colour, -0.10 * light, 1.05),
        shifted(colour, 0.05, 1.05),
        shifted(colour, 0.06 + 0.35 * (0.95 - light), 0.9, 10.0),
    ]
    labs = oklab_from_srgb(np.array(stops))
    at = np.linspace(0.0, 1.0, _TONES)
    found: NDArray[np.float64] = np.stack(
        [np.interp(at, [0.0, 0.28, 0.55, 0.75, 1.0], labs[:, k]) for k in range(3)], -1
    )
    return found


def skin_lab(
    lab: Float32[np.ndarray, "h w 3"], mean: NDArray[np.float64], colour: Rgb
) -> Float32[np.ndarray, "h w 3"]:
    """Paint skin: what differs from the mean goes on differing, less where skin is darker.

    Args:
        lab: the painted skin, OKLab.
        mean: (3,) OKLab of what counts as plain skin in it.
        colour: of plain skin from now on.

    Returns:
        OKLab again.
    """
    aim = oklab_from_srgb(np.array(colour))
    gain = np.array([np.clip(aim[0] / mean[0], 0.55, 1.05), 1.0, 1.0], np.float32)
    off = lab - mean.astype(np.float32)
    # What is lighter than plain skin has little room left below white.
    off[..., 0] = np.where(off[..., 0] > 0, 0.45 * off[..., 0], off[..., 0])
    found: Singles = off * gain + aim.astype(np.float32)
    return found


def hue_texture(
    lab: Float32[np.ndarray, "h w 3"],
    alpha: UInt8[np.ndarray, "h w"],
    mean: NDArray[np.float64],
    colour: Rgb,
) -> Texture:
    """Paint all in one hue: lightness differs as before, and so does chroma, in proportion.

    For textures of flat ramps that parts of many colours share.
    """
    aim = oklab_from_srgb(np.array(colour))
    gain = np.float32(np.clip(aim[0] / mean[0], 0.45, 1.1))
    strength = np.hypot(lab[..., 1], lab[..., 2]) / np.float32(np.hypot(mean[1], mean[2]))
    moved = np.empty_like(lab)
    moved[..., 0] = (lab[..., 0] - np.float32(mean[0])) * gain + np.float32(aim[0])
    moved[..., 1:] = np.minimum(strength, 1.5)[..., None] * aim[1:].astype(np.float32)
    return with_alpha(bytes_from_oklab(moved), alpha)


def tinted(texture: Texture, factor: Rgb) -> Texture:
    """Return a texture multiplied by a linear colour."""
    if factor == (1.0, 1.0, 1.0):
        return texture
    values = np.arange(256) / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    out = texture.copy()
    for k in range(3):
        level = np.repeat((linear * factor[k])[:, None], 3, 1)
        out[..., k] = np.round(255 * srgb_from_linear(level)[:, 0]).astype(np.uint8)[
            texture[..., k]
        ]
    return out


def average(lab: NDArray[np.float64]) -> Rgb:
    """Return the sRGB colour of an OKLab colour (3,)."""
    red, green, blue = srgb_from_oklab(lab)
    return float(red), float(green), float(blue)


def with_alpha(colour: UInt8[np.ndarray, "h w 3"], alpha: UInt8[np.ndarray, "h w"]) -> Texture:
    """Put colour and alpha together."""
    return np.concatenate([colour, alpha[..., None]], -1)
