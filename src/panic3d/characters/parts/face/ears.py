"""Human and elfin ears: a shell of rings from the rim inwards, stood off the head."""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8
from numpy.typing import NDArray

from panic3d.characters.canvas import Canvas
from panic3d.characters.colour import shifted
from panic3d.characters.palette import Palette
from panic3d.characters.parts.face.design import EarDesign
from panic3d.characters.parts.face.eyes import Sheet
from panic3d.characters.shape import HeadShape

Doubles = NDArray[np.float64]

_AROUND = 26
# Rings from the head's side outwards over the rim and into the hollow: share of the outline,
# height over the ear's plane (shares of its height).
_PROFILE = (
    (0.80, -0.22),
    (0.93, -0.02),
    (1.00, 0.10),
    (0.96, 0.145),
    (0.86, 0.125),
    (0.76, 0.055),
    (0.55, 0.015),
    (0.28, 0.0),
)


def ear(shape: HeadShape, design: EarDesign) -> Sheet:
    """Return the left ear."""
    angle = np.linspace(0, 2 * np.pi, _AROUND, endpoint=False)
    # In the ear's own plane: a backwards, b upwards; a broad top and a narrow lobe.
    a = 0.30 * np.cos(angle) * (1 + 0.22 * np.sin(angle))
    b = 0.50 * np.sin(angle)
    tip = np.clip(1 - np.abs(np.angle(np.exp(1j * (angle - np.radians(68))))) / 0.75, 0, 1) ** 1.6
    a = a + design.point * tip * 0.95
    b = b + design.point * tip * 0.62
    rows, uvs = [], []
    for share, height in _PROFILE:
        rows.append(np.stack([a * share, b * share, np.full_like(a, height)], -1))
        uvs.append(
            np.stack([0.5 + 0.5 * share * np.cos(angle), 0.5 - 0.5 * share * np.sin(angle)], -1)
        )
    local = np.concatenate([*rows, [[0.0, 0.0, 0.005]]]) * shape.ear_size
    # The front of the ear lies on the head, its back stands off.
    # Long ones stand off so far that they come out of hair whole, not by their tips alone.
    least = 22 + 24 * float(np.clip((design.point - 0.1) / 0.3, 0, 1))
    spread = np.radians(least + (62 - least) * design.spread)
    back, out = local[:, 0] + 0.20 * shape.ear_size, local[:, 2]
    z = -back * np.cos(spread) + out * np.sin(spread)
    x = back * np.sin(spread) + out * np.cos(spread)
    lean = np.radians(10.0)
    y = local[:, 1] * np.cos(lean)
    z = z - local[:, 1] * np.sin(lean)
    root_y = shape.ear_y
    root = shape.section(np.array(root_y), np.array(97.0))
    points = np.stack([x + root[0] - 0.003, y + root_y, z + root[2] + 0.004], -1)
    faces: list[list[int]] = []
    rings = len(_PROFILE)
    for r in range(rings - 1):
        for k in range(_AROUND):
            p, q = r * _AROUND + k, r * _AROUND + (k + 1) % _AROUND
            faces += [[p, q, q + _AROUND], [p, q + _AROUND, p + _AROUND]]
    last = (rings - 1) * _AROUND
    faces += [[last + k, last + (k + 1) % _AROUND, rings * _AROUND] for k in range(_AROUND)]
    uv = np.concatenate([*uvs, [[0.5, 0.5]]])
    return Sheet(points, np.array(faces, np.int32)[:, ::-1].copy(), uv)


def ear_texture(palette: Palette) -> UInt8[np.ndarray, "h w 4"]:
    """Paint an ear: reddish in its hollow."""
    canvas = Canvas(64, 64, palette.skin, (-1.0, -1.0, 1.0, 1.0))
    warm = shifted(palette.skin_shade, -0.02, 1.25)
    canvas.glow(warm, 0.0, 0.05, 0.55, 0.60, 0.75)
    canvas.glow(shifted(warm, -0.10, 1.1), -0.18, 0.12, 0.22, 0.30, 0.7)
    r = np.hypot(canvas.x[None, :], canvas.y[:, None])
    canvas.lay(warm, (np.clip((r - 0.9) / 0.1, 0, 1) * 0.35).astype("f4"), slice(None), slice(None))
    return canvas.texture()
