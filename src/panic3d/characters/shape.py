"""The form of a head and bust: numbers in, points on skin and scalp out.

The head is a stack of horizontal sections, each a closed curve between a front, a back and two
sides, all smooth functions of height; the nose and the hollows of the eyes are laid on top. So any
point can be named by its height and the angle around the head, or by where it is seen from the
front. The proportions of the default are those of a VRoid-like adult.

Everything is in the head frame of `piece.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

Points = Float[np.ndarray, "... 3"]
Numbers = Float[np.ndarray, "..."] | float

# Rows: height; front and back of a section in the middle; half its width; where it is widest.
# Heights run from the chin (0) to the crown (1).
_SECTIONS = np.array(
    [
        # t      front   back    half    widest
        [0.000, 0.0750, 0.0750, 0.0000, 0.0750],
        [0.012, 0.0865, 0.0540, 0.0135, 0.0720],
        [0.040, 0.0900, 0.0380, 0.0270, 0.0640],
        [0.085, 0.0925, 0.0180, 0.0400, 0.0500],
        [0.130, 0.0950, -0.0060, 0.0510, 0.0380],
        [0.180, 0.0962, -0.0330, 0.0615, 0.0260],
        [0.240, 0.0968, -0.0590, 0.0715, 0.0150],
        [0.310, 0.0968, -0.0790, 0.0795, 0.0080],
        [0.400, 0.0962, -0.0945, 0.0855, 0.0030],
        [0.500, 0.0985, -0.1040, 0.0890, 0.0000],
        [0.600, 0.1015, -0.1090, 0.0905, -0.0020],
        [0.700, 0.0995, -0.1075, 0.0885, -0.0040],
        [0.800, 0.0905, -0.0985, 0.0800, -0.0050],
        [0.880, 0.0750, -0.0840, 0.0665, -0.0060],
        [0.940, 0.0560, -0.0660, 0.0490, -0.0065],
        [0.980, 0.0330, -0.0435, 0.0290, -0.0070],
        [1.000, -0.0070, -0.0070, 0.0000, -0.0070],
    ]
)


@dataclass(frozen=True, kw_only=True)
class HeadShape:
    """Proportions of a head. The defaults are a young adult's; every length is in metres."""

    chin_y: float = -0.034
    crown_y: float = 0.213
    width: float = 1.0
    """Factor on all widths."""
    depth: float = 1.0
    """Factor on what lies in front of and behind the ears."""
    jaw: float = 1.0
    """Factor on the width near the chin: below 1 a pointed chin, above 1 a square one."""
    cheek: float = 0.0
    """Width added at cheek height, metres: round cheeks."""
    brow_depth: float = 0.0
    """Metres by which the forehead comes forward."""
    back: float = 1.0
    """Factor on the depth of the back of the head alone."""
    eye_x: float = 0.0405
    """Middle of an eye from the middle plane."""
    eye_y: float = 0.061
    eye_width: float = 0.048
    eye_height: float = 0.038
    """Of the opening."""
    eye_tilt: float = 0.06
    """Rise of the outer corner over the inner one, in widths of the eye; negative droops."""
    eye_hollow: float = 0.0045
    """Depth of the hollows around the eyes."""
    nose_y: float = 0.0260
    """Tip of the nose."""
    nose_length: float = 0.0165
    """How far its tip stands out."""
    mouth_y: float = 0.0010
    mouth_width: float = 0.030
    ear_y: float = 0.044
    ear_size: float = 0.062
    """Height of an ear."""
    neck_radius: float = 0.036
    neck_length: float = 0.072
    """From the head bone down to the neck bone."""
    shoulder_x: float = 0.112
    """Joint of the upper arm from the middle plane."""
    shoulder_y: float = -0.118
    chest: float = 0.2
    """Bust: 0 flat, 1 large."""
    torso_width: float = 1.0
    torso_front: float = 1.0
    """Factor on what of the torso lies in front of its joints."""
    torso_back: float = 1.0
    arm_radius: float = 0.033

    @property
    def height(self) -> float:
        """Chin to crown."""
        return self.crown_y - self.chin_y

    @property
    def face_size(self) -> float:
        """Chin to brows, about the side of a face detector's box: unit of landmark errors."""
        return self.eye_y + 0.04 - self.chin_y

    @property
    def body_size(self) -> float:
        """Size of trunk and limbs against the default's: a small body below a large head is < 1."""
        return min(max(self.shoulder_x / 0.112, 0.5), 1.2)

    @cached_property
    def _curves(self) -> tuple[PchipInterpolator, ...]:
        t = _SECTIONS[:, 0]
        front, back, half, widest = (_SECTIONS[:, k].copy() for k in range(1, 5))
        low = np.clip(1 - t / 0.34, 0.0, 1.0)
        half = half * self.width * (1 + (self.jaw - 1) * low)
        half = half + self.cheek * np.exp(-(((t - 0.24) / 0.11) ** 2)) * (t > 0)
        forehead = np.exp(-(((t - 0.66) / 0.16) ** 2))
        front = front + self.brow_depth * forehead
        front = widest + (front - widest) * self.depth
        back = widest + (back - widest) * self.depth * (
            1 + (self.back - 1) * np.clip(t / 0.4, 0, 1)
        )
        return tuple(PchipInterpolator(t, values) for values in (front, back, half, widest))

    def _t(self, y: Numbers) -> NDArray[np.float64]:
        t = (np.asarray(y, np.float64) - self.chin_y) / self.height
        return np.asarray(np.clip(t, 0.0, 1.0))

    def half_width(self, y: Numbers) -> NDArray[np.float64]:
        """Return half the head's width at a height, without ears."""
        found: NDArray[np.float64] = self._curves[2](self._t(y))
        return found

    def section(self, y: Numbers, angle_deg: Numbers) -> NDArray[np.float64]:
        """Return points (..., 3) of the bare head, without nose and hollows.

        Args:
            y: heights, between chin and crown.
            angle_deg: around the head, 0 in front, 90 at its left, 180 behind.
        """
        y, angle = np.broadcast_arrays(np.asarray(y, np.float64), np.radians(angle_deg))
        t = self._t(y)
        front, back, half, widest = (curve(t) for curve in self._curves)
        # Rounder in front of the widest point near the chin, flatter at the height of the face.
        power = 2.0 + 0.45 * np.exp(-(((t - 0.42) / 0.22) ** 2))
        c, s = np.cos(angle), np.sin(angle)
        exponent = np.where(c > 0, 2 / power, 1.0)
        x = half * np.sign(s) * np.abs(s) ** exponent
        reach = np.where(c > 0, front - widest, widest - back)
        z = widest + reach * np.sign(c) * np.abs(c) ** exponent
        return np.stack([x, y, z], -1)

    def front_angle_deg(self, x: Numbers, y: Numbers) -> NDArray[np.float64]:
        """Return the angle around the head at which a point is seen from the front."""
        x, y = np.broadcast_arrays(np.asarray(x, np.float64), np.asarray(y, np.float64))
        t = self._t(y)
        half = np.maximum(self._curves[2](t), 1e-9)
        power = 2.0 + 0.45 * np.exp(-(((t - 0.42) / 0.22) ** 2))
        s = np.clip(np.abs(x) / half, 0.0, 1.0) ** (power / 2)
        return np.asarray(np.degrees(np.arcsin(s)) * np.sign(x))

    def relief(self, x: Numbers, y: Numbers) -> NDArray[np.float64]:
        """Return how far the face's features stand out (+z) at points seen from the front."""
        x, y = np.broadcast_arrays(np.asarray(x, np.float64), np.asarray(y, np.float64))
        below = (y - self.nose_y) / 0.0068
        above = (y - self.nose_y) / 0.030
        along = np.where(y < self.nose_y, np.exp(-(below**2)), np.exp(-(np.abs(above) ** 1.3)))
        spread = 0.0068 + 0.004 * np.clip(-below, 0.0, 1.0)
        nose = self.nose_length * along * np.exp(-((np.abs(x) / spread) ** 1.7))
        hollow = np.zeros_like(x)
        for side in (-1.0, 1.0):
            dx = (x - side * self.eye_x) / (0.62 * self.eye_width)
            dy = (y - self.eye_y) / (0.85 * self.eye_height)
            hollow += self.eye_hollow * np.exp(-((dx**2 + dy**2) ** 1.4))
        # Lips: a gentle swelling above and below the mouth's line, a dent at it.
        across = np.exp(-((x / (0.42 * self.mouth_width)) ** 2))
        up = (y - self.mouth_y) / 0.0055
        lips = 0.0016 * across * (np.exp(-((up - 1.0) ** 2)) + np.exp(-((up + 1.15) ** 2)))
        return np.asarray(nose - hollow + lips)

    def face(self, x: Numbers, y: Numbers) -> NDArray[np.float64]:
        """Return points (..., 3) of the skin as seen from the front at (x, y)."""
        points = self.section(y, self.front_angle_deg(x, y))
        points[..., 2] += self.relief(points[..., 0], points[..., 1])
        return points

    def skull(self, azimuth_deg: Numbers, elevation_deg: Numbers) -> NDArray[np.float64]:
        """Return points (..., 3) of the head where rays from `skull_centre` leave it.

        Args:
            azimuth_deg: 0 in front, 90 at the head's left, 180 behind.
            elevation_deg: 90 straight up. Below about -30 degrees lies the neck.
        """
        azimuth, elevation = np.broadcast_arrays(
            np.asarray(azimuth_deg, np.float64), np.asarray(elevation_deg, np.float64)
        )
        a, e = np.radians(azimuth), np.radians(elevation)
        ray = np.stack([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)], -1)
        low, high = np.zeros(ray.shape[:-1]), np.full(ray.shape[:-1], 0.4)
        for _ in range(26):
            middle = (low + high) / 2
            inside = self.contains(self.skull_centre + ray * middle[..., None])
            low, high = np.where(inside, middle, low), np.where(inside, high, middle)
        return self.skull_centre + ray * low[..., None]

    @property
    def skull_centre(self) -> NDArray[np.float64]:
        """The middle of the hair-bearing part of the head."""
        return np.array([0.0, self.chin_y + 0.54 * self.height, -0.004])

    def contains(self, points: Points) -> NDArray[np.bool_]:
        """Say which points (..., 3) lie inside the bare head, without nose and hollows."""
        t = (points[..., 1] - self.chin_y) / self.height
        front, back, half, widest = (curve(np.clip(t, 0.0, 1.0)) for curve in self._curves)
        power = 2.0 + 0.45 * np.exp(-(((np.clip(t, 0, 1) - 0.42) / 0.22) ** 2))
        dz = points[..., 2] - widest
        ahead = dz > 0
        reach = np.maximum(np.where(ahead, front - widest, widest - back), 1e-9)
        p = np.where(ahead, power, 2.0)
        across = np.minimum(np.abs(points[..., 0]) / np.maximum(half, 1e-9), 9.0)
        along = np.minimum(np.abs(dz) / reach, 9.0)
        return np.asarray((t > 0) & (t < 1) & (across**p + along**p < 1))

    def skull_normal(self, azimuth_deg: Numbers, elevation_deg: Numbers) -> NDArray[np.float64]:
        """Return outward unit normals (..., 3) at points of `skull`."""
        step = 1.5
        azimuth, elevation = np.broadcast_arrays(
            np.asarray(azimuth_deg, np.float64), np.asarray(elevation_deg, np.float64)
        )
        # Slopes along two directions at right angles, also at the crown.
        ray = _unit_ray(azimuth, elevation)
        helper = np.where(np.abs(ray[..., 1:2]) < 0.9, [[0.0, 1.0, 0.0]], [[0.0, 0.0, 1.0]])
        first = np.cross(helper, ray)
        first /= np.linalg.norm(first, axis=-1, keepdims=True)
        second = np.cross(ray, first)
        s = np.sin(np.radians(step))
        around = [
            self._along(ray + sign * s * axis) for axis in (first, second) for sign in (1, -1)
        ]
        normal = np.cross(around[0] - around[1], around[2] - around[3])
        found: NDArray[np.float64] = normal / np.maximum(
            np.linalg.norm(normal, axis=-1, keepdims=True), 1e-12
        )
        return found

    def _along(self, ray: NDArray[np.float64]) -> NDArray[np.float64]:
        ray = ray / np.linalg.norm(ray, axis=-1, keepdims=True)
        azimuth = np.degrees(np.arctan2(ray[..., 0], ray[..., 2]))
        return self.skull(azimuth, np.degrees(np.arcsin(np.clip(ray[..., 1], -1, 1))))


def _unit_ray(
    azimuth_deg: NDArray[np.float64], elevation_deg: NDArray[np.float64]
) -> NDArray[np.float64]:
    a, e = np.radians(azimuth_deg), np.radians(elevation_deg)
    return np.stack([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)], -1)
