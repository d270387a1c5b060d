"""The painted ground below the hair, without which crowns and partings would be bald.

It is the head's own skin once more, a hair's breadth above it, with a texture of strokes that run
from the crown to a ragged hairline. It lies on any head, whatever hair is above it.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jaxtyping import Float64, UInt8
from numpy.typing import NDArray
from scipy.ndimage import zoom

from panic3d.characters.colour import Rgb
from panic3d.characters.remix.mesh import compacted
from panic3d.characters.remix.parts import HeadParts
from panic3d.characters.remix.recolour import Tones, hair_texture

_SIZE = 256
_COARSE = 64
_ABOVE_M = 0.0009
_WIDEST_DEG = 150.0
"""From the pole, which is high at the back, to the rim of the texture."""
_POLE_DEG = 68.0

# Azimuth (0 in front) and elevation of the hairline, degrees, seen from the skull's middle.
_HAIRLINE = np.array(
    [
        [0.0, 36.0],
        [18.0, 37.0],
        [34.0, 35.0],
        [48.0, 25.0],
        [60.0, 12.0],
        [70.0, -2.0],
        [77.0, -20.0],
        [82.0, -22.0],
        [86.0, -10.0],
        [96.0, -4.0],
        [108.0, -8.0],
        [118.0, -32.0],
        [130.0, -55.0],
        [150.0, -66.0],
        [180.0, -69.0],
    ]
)


class Cap:
    """A scalp in the frame of the head it was made of."""

    def __init__(
        self,
        positions: Float64[np.ndarray, "v 3"],
        faces: NDArray[np.int32],
        uvs: Float64[np.ndarray, "v 2"],
    ) -> None:
        """Take its mesh; `scalp_texture` paints what its coordinates mean."""
        self.positions = positions
        self.faces = faces
        self.uvs = uvs


def make_cap(head: HeadParts) -> Cap:
    """Take the part of a head's skin that hair grows on."""
    points, triangles, start = [], [], 0
    for part in head.parts:
        if part.role not in ("face", "neck"):
            continue
        away = part.positions - head.skull.centre
        above = _height_over_line(away)
        chosen = (above[part.faces] > -0.14).any(1)
        vertices, faces = compacted(part.faces[chosen], len(part.positions))
        points.append(part.positions[vertices])
        triangles.append(faces + start)
        start += len(vertices)
    positions = np.concatenate(points)
    away = positions - head.skull.centre
    raised = positions + _ABOVE_M * away / np.linalg.norm(away, axis=1)[:, None]
    return Cap(raised, np.concatenate(triangles).astype(np.int32), _uvs(away))


def _height_over_line(away: Float64[np.ndarray, "v 3"]) -> NDArray[np.float64]:
    """Return radians above the hairline, below it less than 0."""
    side = np.degrees(np.arctan2(np.abs(away[:, 0]), away[:, 2]))
    up = np.arctan2(away[:, 1], np.hypot(away[:, 0], away[:, 2]))
    found: NDArray[np.float64] = up - np.radians(np.interp(side, *_HAIRLINE.T))
    return found


def _turned(away: NDArray[np.float64], sign: float) -> NDArray[np.float64]:
    """Turn about x so that the pole stands upright (sign 1), or back (-1)."""
    angle = np.radians(90 - _POLE_DEG) * sign
    c, s = np.cos(angle), np.sin(angle)
    out = away.copy()
    out[..., 1] = c * away[..., 1] - s * away[..., 2]
    out[..., 2] = s * away[..., 1] + c * away[..., 2]
    return out


def _uvs(away: Float64[np.ndarray, "v 3"]) -> Float64[np.ndarray, "v 2"]:
    """Map directions to the plane: as far from its middle as from the pole."""
    d = _turned(away, 1.0)
    from_pole = np.arctan2(np.hypot(d[:, 0], d[:, 2]), d[:, 1]) / np.radians(_WIDEST_DEG)
    around = np.arctan2(d[:, 0], d[:, 2])
    uv = np.stack([np.sin(around), np.cos(around)], -1) * from_pole[:, None]
    found: NDArray[np.float64] = np.clip(0.5 + 0.5 * uv, 0.0, 1.0)
    return found


@lru_cache(maxsize=1)
def _painted() -> Tones:
    """Strokes from the pole outwards, ending raggedly."""
    at = (np.arange(_SIZE) + 0.5) / _SIZE * 2 - 1
    u, v = np.meshgrid(at, at)
    from_pole, around = np.hypot(u, v) * np.radians(_WIDEST_DEG), np.arctan2(u, v)
    d = np.stack(
        [
            np.sin(from_pole) * np.sin(around),
            np.cos(from_pole),
            np.sin(from_pole) * np.cos(around),
        ],
        -1,
    )
    above = _height_over_line(_turned(d, -1.0).reshape(-1, 3)).reshape(_SIZE, _SIZE)
    rng = np.random.Generator(np.random.PCG64(20))
    strokes = _ring_noise(around, rng, (31, 83, 170), (0.4, 0.4, 0.4))
    ragged = _ring_noise(around, rng, (37, 90, 171), (0.4, 0.45, 0.5))
    alpha = above + 0.055 * ragged > 0.02
    # A soft light around the crown, darker where strokes set in.
    shine = np.exp(-(((from_pole - 0.72) / 0.22) ** 2)) * (0.35 + 0.25 * strokes)
    edge = np.clip(above / 0.35, 0.0, 1.0)
    level = 0.42 + 0.24 * strokes + shine * 0.5 - 0.16 * (1 - edge)
    return Tones(
        level=np.clip(level * 255, 0, 255).astype(np.int64),
        alpha=np.where(alpha, 255, 0).astype(np.uint8),
    )


def _ring_noise(
    around: NDArray[np.float64],
    rng: np.random.Generator,
    counts: tuple[int, ...],
    weights: tuple[float, ...],
) -> NDArray[np.float64]:
    """Return noise in about [-1, 1] that only depends on the angle, and closes."""
    total = np.zeros_like(around)
    place = (around / (2 * np.pi)) % 1.0
    for count, weight in zip(counts, weights, strict=True):
        values = rng.uniform(-1, 1, count)
        total += weight * np.interp(
            place * count, np.arange(count + 1), np.append(values, values[0])
        )
    return total


def directions_of_cap(head: HeadParts) -> Float64[np.ndarray, "n n 3"]:
    """Return where on a head's skull a coarse grid over the texture lies, metres."""
    at = (np.arange(_COARSE) + 0.5) / _COARSE * 2 - 1
    u, v = np.meshgrid(at, at)
    from_pole, around = np.hypot(u, v) * np.radians(_WIDEST_DEG), np.arctan2(u, v)
    flat = np.sin(from_pole)
    d = np.stack([flat * np.sin(around), np.cos(from_pole), flat * np.cos(around)], -1)
    d = _turned(d, -1.0).reshape(-1, 3)
    found: NDArray[np.float64] = head.skull.centre + d * head.skull.at(d)[:, None]
    return found.reshape(_COARSE, _COARSE, 3)


def split_share() -> Float64[np.ndarray, "n n"]:
    """Return 1 on the character's left, 0 on the right."""
    return np.repeat((np.arange(_COARSE) >= _COARSE // 2).astype(np.float64)[None], _COARSE, 0)


def scalp_texture(
    colour: Rgb, second: tuple[Rgb, Float64[np.ndarray, "n n"]] | None = None
) -> UInt8[np.ndarray, "h w 4"]:
    """Paint the scalp as the hair that grows there.

    Args:
        colour: of the hair.
        second: another colour, and its share over a coarse grid.
    """
    painted = hair_texture(_painted(), colour)
    if second is None:
        return painted
    times = _SIZE // len(second[1])
    share = zoom(second[1], times, order=1, mode="nearest", grid_mode=True)[..., None]
    other = hair_texture(_painted(), second[0])
    return np.round(painted * (1 - share) + other * share).astype(np.uint8)
