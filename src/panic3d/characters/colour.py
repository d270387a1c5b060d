"""Colours as the eye orders them: OKLab and OKLCh, ramps, shadows.

Source: B. Ottosson, "A perceptual color space for image processing" (2020).
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

Colours = Float[np.ndarray, "... 3"]
Rgb = tuple[float, float, float]

_LMS_FROM_LINEAR = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LAB_FROM_LMS = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_LINEAR_FROM_LMS = np.linalg.inv(_LMS_FROM_LINEAR)
_LMS_FROM_LAB = np.linalg.inv(_LAB_FROM_LMS)


def linear_from_srgb(colours: Colours) -> NDArray[np.float64]:
    """Undo sRGB's encoding."""
    c = np.asarray(colours, np.float64)
    found: NDArray[np.float64] = np.where(
        c <= 0.04045, c / 12.92, ((np.maximum(c, 0.0) + 0.055) / 1.055) ** 2.4
    )
    return found


def srgb_from_linear(colours: Colours) -> NDArray[np.float64]:
    """Encode as sRGB, clipped to [0, 1]."""
    c = np.clip(np.asarray(colours, np.float64), 0.0, 1.0)
    found: NDArray[np.float64] = np.where(c <= 0.0031308, c * 12.92, 1.055 * c ** (1 / 2.4) - 0.055)
    return found


def oklab_from_srgb(colours: Colours) -> NDArray[np.float64]:
    """Return lightness in [0, 1] and the two opponent axes."""
    found: NDArray[np.float64] = (
        np.cbrt(linear_from_srgb(colours) @ _LMS_FROM_LINEAR.T) @ _LAB_FROM_LMS.T
    )
    return found


def srgb_from_oklab(colours: Colours) -> NDArray[np.float64]:
    """Return sRGB, clipped to [0, 1]."""
    return srgb_from_linear((np.asarray(colours) @ _LMS_FROM_LAB.T) ** 3 @ _LINEAR_FROM_LMS.T)


def _fits(lightness: float, axes: NDArray[np.float64]) -> bool:
    """Say whether sRGB has a colour of OKLab."""
    lab = np.array([lightness, *axes])
    linear = (lab @ _LMS_FROM_LAB.T) ** 3 @ _LINEAR_FROM_LMS.T
    return bool(linear.min() >= -1e-4 and linear.max() <= 1 + 1e-4)


def srgb_from_oklch(lightness: float, chroma: float, hue_deg: float) -> Rgb:
    """Return the sRGB colour of a lightness, chroma and hue; chroma gives way where none fits."""
    angle = np.radians(hue_deg)
    axes = np.array([np.cos(angle), np.sin(angle)])
    low, high = (chroma, chroma) if _fits(lightness, chroma * axes) else (0.0, chroma)
    while high - low > 1e-4:
        middle = (low + high) / 2
        low, high = (middle, high) if _fits(lightness, middle * axes) else (low, middle)
    red, green, blue = srgb_from_oklab(np.array([lightness, *(low * axes)]))
    return float(red), float(green), float(blue)


def shifted(colour: Rgb, lightness: float = 0.0, chroma: float = 1.0, hue_deg: float = 0.0) -> Rgb:
    """Return a colour made lighter by `lightness`, `chroma` times as strong, its hue turned."""
    level, a, b = oklab_from_srgb(np.array(colour))
    hue = float(np.degrees(np.arctan2(b, a))) + hue_deg
    strength = float(np.hypot(a, b)) * chroma
    return srgb_from_oklch(float(np.clip(level + lightness, 0.0, 1.0)), strength, hue)


def mixed(one: Rgb, other: Rgb, share: float) -> Rgb:
    """Return the blend of two colours in OKLab, `share` of the second."""
    lab = (1 - share) * oklab_from_srgb(np.array(one)) + share * oklab_from_srgb(np.array(other))
    red, green, blue = srgb_from_oklab(lab)
    return float(red), float(green), float(blue)


def alike(one: Rgb, other: Rgb) -> bool:
    """Say whether two colours are close enough to be taken for one."""
    apart = oklab_from_srgb(np.array(one)) - oklab_from_srgb(np.array(other))
    return float(np.linalg.norm(apart)) < 0.17


def ramp(stops: list[tuple[float, Rgb]], at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return sRGB colours at positions along a gradient, blended in OKLab.

    Args:
        stops: (position, colour), positions rising.
        at: any shape.
    """
    places = np.array([place for place, _ in stops])
    labs = oklab_from_srgb(np.array([colour for _, colour in stops]))
    lab = np.stack([np.interp(at, places, labs[:, k]) for k in range(3)], -1)
    return srgb_from_oklab(lab)
