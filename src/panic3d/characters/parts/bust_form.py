"""The form of neck, torso and arms as a distance: one smooth body for any `HeadShape`.

What is built on a body (collars, scarves, capes) is kept outside it by `pushed_out`.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from panic3d.characters.build import joint_places
from panic3d.characters.shape import HeadShape

Points = Float[np.ndarray, "*shape 3"]
Array = NDArray[np.float64]

_BLEND_M = 0.011
_USUAL_SHOULDER_X = 0.112

# Rows: metres below the shoulder joint; half the width in shoulder widths; front and back.
_TORSO = np.array(
    [
        # u       half   front    back
        [-0.060, 0.05, -0.0060, -0.0260],
        [-0.045, 0.30, 0.0120, -0.0400],
        [-0.022, 0.62, 0.0370, -0.0470],
        [0.000, 0.80, 0.0540, -0.0530],
        [0.025, 0.90, 0.0650, -0.0580],
        [0.055, 0.93, 0.0730, -0.0610],
        [0.100, 0.88, 0.0770, -0.0590],
        [0.150, 0.79, 0.0760, -0.0490],
        [0.200, 0.74, 0.0760, -0.0400],
        [0.250, 0.80, 0.0770, -0.0420],
        [0.310, 0.94, 0.0760, -0.0560],
        [0.380, 1.02, 0.0700, -0.0680],
    ]
)


class BustForm:
    """Neck, torso and arms of a shape, in the head frame, arms stretched out sideways."""

    def __init__(self, shape: HeadShape) -> None:
        """Take the numbers from a shape."""
        self.shape = shape
        self.joints = {
            bone: place.astype(np.float64) for bone, place in joint_places(shape).items()
        }

    @cached_property
    def scale(self) -> float:
        """Size of the torso against the usual one."""
        size = self.shape.shoulder_x / _USUAL_SHOULDER_X
        # Slender bodies are less slender from the side; small ones are small all round.
        return float(size**0.7 if size > 0.8 else 0.8**0.7 * (size / 0.8) ** 1.1)

    @cached_property
    def _torso(self) -> tuple[PchipInterpolator, ...]:
        shape, u = self.shape, _TORSO[:, 0]
        half = _TORSO[:, 1] * shape.shoulder_x * shape.torso_width
        front = _TORSO[:, 2] * self.scale * shape.torso_front
        back = _TORSO[:, 3] * self.scale * shape.torso_back
        # A flat chest is a broader one, a full one has a slimmer waist.
        half = half * (1 + 0.05 * (0.25 - shape.chest) * np.exp(-(((u - 0.08) / 0.08) ** 2)))
        return tuple(PchipInterpolator(u, values) for values in (half, front, back))

    def torso(self, y: Array) -> tuple[Array, Array, Array]:
        """Return half the width, the front and the back of the torso at heights."""
        u = np.clip(self.shape.shoulder_y - y, _TORSO[0, 0], _TORSO[-1, 0])
        half, front, back = (curve(u) for curve in self._torso)
        return half, front, back

    def neck_middle(self, y: Array) -> Array:
        """Return the z of the neck's middle: it leans back on its way down."""
        down = np.clip(-y / self.shape.neck_length, -0.6, 1.6)
        found: Array = -0.0045 - 0.0070 * down * self.scale
        return found

    def neck_radius(self, y: Array) -> Array:
        """Return half the neck's width: narrowest below the jaw."""
        down = -y / self.shape.neck_length
        flare = 1 + 0.16 * np.clip(down - 0.45, 0.0, 1.2) ** 1.6
        found: Array = self.shape.neck_radius * (flare + 0.04 * np.clip(-down, 0.0, 0.6))
        return found

    @cached_property
    def arm_y(self) -> float:
        """Height of the arm's middle: the joint lies a little above it."""
        return float(self.joints["leftUpperArm"][1] - 0.27 * self.shape.arm_radius)

    @cached_property
    def hand_x(self) -> float:
        """Where the wrist is."""
        return float(self.joints["leftHand"][0])

    def _capsules(self) -> list[tuple[Array, Array, float, float, float]]:
        """(from, to, radius there, radius here, flattening in z)."""
        shape, r = self.shape, self.shape.arm_radius
        x, z = shape.shoulder_x, -0.008
        y, base = self.arm_y, -shape.neck_length
        elbow, wrist = self.joints["leftLowerArm"], self.joints["leftHand"]
        top = y + r
        return [
            # Deltoid and upper arm, forearm.
            (np.array([x - 0.012, y - 0.001, z]), np.array([x + 0.05, y, z]), 1.06 * r, r, 1.10),
            (np.array([x + 0.04, y, z]), np.array([elbow[0], y, z]), 1.0 * r, 0.84 * r, 1.06),
            (
                np.array([elbow[0], y, z]),
                np.array([wrist[0], y, z + 0.004]),
                0.86 * r,
                0.6 * r,
                1.0,
            ),
            # Collarbone's ridge and trapezius, from the neck to the shoulder.
            (
                np.array([0.020, base - 0.014, -0.014]),
                np.array([x - 0.010, top - 0.72 * r, z - 0.002]),
                0.60 * shape.neck_radius,
                0.76 * r,
                1.0,
            ),
            (
                np.array([0.012, 0.92 * base, -0.018 * self.scale]),
                np.array([0.60 * x, 0.5 * (base + top) - 0.034, -0.020]),
                0.50 * shape.neck_radius,
                0.72 * r,
                1.0,
            ),
            # Chest and shoulder blade towards the arm.
            (
                np.array([0.55 * x, y - 0.035, 0.014]),
                np.array([0.97 * x, y - 0.010, 0.0]),
                0.042 * self.scale,
                0.95 * r,
                1.0,
            ),
            (
                np.array([0.50 * x, y - 0.035, -0.022]),
                np.array([0.97 * x, y - 0.010, -0.012]),
                0.036 * self.scale,
                0.95 * r,
                1.0,
            ),
        ]

    def distance(self, points: Points) -> Array:
        """Return about how far points (..., 3) are outside the body, metres; inside is negative."""
        x, y, z = np.abs(points[..., 0]), points[..., 1], points[..., 2]
        half, front, back = self.torso(y)
        middle, deep = (front + back) / 2, (front - back) / 2
        parts = []
        power = 2.35
        around = ((x / half) ** power + (np.abs(z - middle) / np.maximum(deep, 1e-4)) ** power) ** (
            1 / power
        )
        wall = (around - 1) * 1.1 * np.minimum(half, deep)
        bottom = self.shape.shoulder_y - _TORSO[-1, 0] - y
        parts.append(np.maximum(wall, bottom))
        # Neck.
        radius = self.neck_radius(y)
        neck = np.sqrt(x**2 + ((z - self.neck_middle(y)) / 0.92) ** 2) - radius
        neck = np.maximum(neck, y - 0.05)
        parts.append(np.maximum(neck, -self.shape.neck_length - 0.05 - y))
        for start, end, r0, r1, flat in self._capsules():
            axis = end - start
            dx, dy, dz = x - start[0], y - start[1], z - start[2]
            along = np.clip((dx * axis[0] + dy * axis[1] + dz * axis[2]) / (axis @ axis), 0, 1)
            dx, dy, dz = dx - along * axis[0], dy - along * axis[1], (dz - along * axis[2]) / flat
            parts.append(np.sqrt(dx**2 + dy**2 + dz**2) - (r0 + (r1 - r0) * along))
        if self.shape.chest > 0.03:
            parts.append(self._breasts(x, y, z))
        stacked = np.stack(parts)
        least = stacked.min(0)
        found: Array = least - _BLEND_M * np.log(np.exp((least - stacked) / _BLEND_M).sum(0))
        return found

    def _breasts(self, x: Array, y: Array, z: Array) -> Array:
        full = float(np.clip(self.shape.chest, 0.0, 1.2))
        size = (0.030 + 0.022 * full) * self.scale
        centre = np.array(
            [
                0.46 * self.shape.shoulder_x,
                self.shape.shoulder_y - (0.066 + 0.010 * full),
                (0.030 + 0.030 * full) * self.scale,
            ]
        )
        stretch = np.array([1.0, 1.08, 1.0])
        px, py, pz = x - centre[0], y - centre[1], z - centre[2]
        # The upper slope is long and flat, the lower one round.
        py = np.where(py > 0, py * 0.66, py)
        scaled = np.sqrt((px / stretch[0]) ** 2 + (py / stretch[1]) ** 2 + (pz / stretch[2]) ** 2)
        return scaled - size

    def gradient(self, points: Points) -> Array:
        """Return unit vectors (..., 3) along which the distance grows."""
        step = 5e-4 * np.concatenate([np.zeros((1, 3)), np.eye(3)])
        around = self.distance(points + step.reshape(4, *([1] * (points.ndim - 1)), 3))
        found = np.moveaxis(around[1:] - around[0], 0, -1)
        return found / np.maximum(np.linalg.norm(found, axis=-1, keepdims=True), 1e-12)

    def pushed_out(self, points: Points, clearance: float | Array) -> Array:
        """Return points (..., 3) moved so that none is nearer than `clearance` to the skin."""
        flat = np.array(points, np.float64).reshape(-1, 3)
        wanted = np.broadcast_to(clearance, points.shape[:-1]).reshape(-1)
        near = np.arange(len(flat))
        for _ in range(3):
            lack = wanted[near] - self.distance(flat[near])
            near, lack = near[lack > 1e-5], lack[lack > 1e-5]
            if not len(near):
                break
            flat[near] += lack[:, None] * self.gradient(flat[near])
        return flat.reshape(points.shape)

    def surface(self, origins: Points, directions: Points) -> Array:
        """Return where rays (..., 3) from inside the body leave it."""
        far = np.zeros(origins.shape[:-1])
        for _ in range(13):
            distance = self.distance(origins + far[..., None] * directions)
            far = np.maximum(far - 1.05 * distance, 0.0)
        return origins + far[..., None] * directions
