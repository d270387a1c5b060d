"""Cameras that look at the head: orthographic and perspective, named views, subsets."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from panic3d.errors import ConfigError
from panic3d.geometry.conventions import CAMERA_DISTANCE_M, HEAD_BOX_M


@dataclass(frozen=True, kw_only=True)
class _Orbit:
    """Where a camera stands; it always looks at the origin, its x axis horizontal."""

    elevation_deg: float = 0.0
    """Positive above the head."""
    azimuth_deg: float = 0.0
    """Positive towards the subject's left (+x)."""
    distance_m: float = CAMERA_DISTANCE_M

    def __post_init__(self) -> None:
        if not (math.isfinite(self.elevation_deg) and math.isfinite(self.azimuth_deg)):
            raise ConfigError(
                f"camera angles are {self.elevation_deg}, {self.azimuth_deg} degrees, "
                "expected finite numbers"
            )
        if not 0 < self.distance_m < math.inf:
            raise ConfigError(f"distance_m is {self.distance_m}, expected a positive length")

    def world_from_head_turn(self) -> Float64[np.ndarray, "3 3"]:
        """Rotation Ry(azimuth) Rx(-elevation): carries the front camera's frame here."""
        e, a = math.radians(self.elevation_deg), math.radians(self.azimuth_deg)
        tilt = [[1, 0, 0], [0, math.cos(e), math.sin(e)], [0, -math.sin(e), math.cos(e)]]
        turn = [[math.cos(a), 0, math.sin(a)], [0, 1, 0], [-math.sin(a), 0, math.cos(a)]]
        return np.array(turn, np.float64) @ np.array(tilt, np.float64)

    def world_from_camera(self) -> Float64[np.ndarray, "4 4"]:
        """Camera-to-world matrix with OpenCV axes (x right, y down, z forward)."""
        matrix = np.eye(4)
        turn = self.world_from_head_turn()
        matrix[:3, :3] = turn * np.array([1.0, -1.0, -1.0])
        matrix[:3, 3] = self.distance_m * turn[:, 2]
        return matrix


@dataclass(frozen=True, kw_only=True)
class Orthographic(_Orbit):
    """Parallel rays through a square window; the conditioning picture is such a view."""

    width_m: float = HEAD_BOX_M

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.width_m < math.inf:
            raise ConfigError(f"width_m is {self.width_m}, expected a positive length")


@dataclass(frozen=True, kw_only=True)
class Perspective(_Orbit):
    """A pinhole camera with square pixels and its principal point in the middle."""

    fov_deg: float = 30.0
    """Full field of view."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.fov_deg < 180:
            raise ConfigError(
                f"fov_deg is {self.fov_deg}, expected more than 0 and less than 180; "
                "for parallel rays use Orthographic"
            )

    @property
    def focal(self) -> float:
        """Focal length in picture widths."""
        return 0.5 / math.tan(math.radians(self.fov_deg) / 2)


Camera = Orthographic | Perspective

NAMED_VIEWS: dict[str, Orthographic] = {
    "front": Orthographic(),
    "left": Orthographic(azimuth_deg=90.0),
    "right": Orthographic(azimuth_deg=-90.0),
    "back": Orthographic(azimuth_deg=180.0),
}
"""The four orthographic views of the evaluation; left is the subject's left side."""

ORTHO_VIEWS: dict[str, Orthographic] = {
    "top": Orthographic(elevation_deg=90.0),
    "back": Orthographic(azimuth_deg=-180.0),
    "right": Orthographic(azimuth_deg=-90.0),
    "front": Orthographic(),
    "left": Orthographic(azimuth_deg=90.0),
}
"""The five orthographic views that the paper's renderer draws, in its order."""

CAMERA_TABLE_DEG: tuple[tuple[float, float], ...] = tuple(
    (float(elevation), float(azimuth))
    for elevation in (60, 40, 20, 0, -20)
    for azimuth in range(-180, 180, 30)
)
"""(elevation, azimuth) of the 60 evaluation cameras, all perspective at 30 degrees, 1 m away."""

CAMERA_SUBSETS: dict[str, tuple[int, ...]] = {
    "all": tuple(range(60)),
    "front1": (42,),
    "front15": (*range(28, 33), *range(40, 45), *range(52, 57)),
    "spin12": (*range(42, 48), *range(36, 42)),
}
"""Indices into `CAMERA_TABLE_DEG`; spin12 goes once round at elevation 0, from the front."""


def table_cameras(subset: str = "all") -> list[Perspective]:
    """Return the cameras of a subset of the 60, in the paper's order.

    Raises:
        ConfigError: there is no such subset.
    """
    if subset not in CAMERA_SUBSETS:
        raise ConfigError(f"no camera subset {subset!r}: choose from {', '.join(CAMERA_SUBSETS)}")
    return [
        Perspective(elevation_deg=elevation, azimuth_deg=azimuth)
        for elevation, azimuth in (CAMERA_TABLE_DEG[k] for k in CAMERA_SUBSETS[subset])
    ]


def evaluation_cameras() -> dict[str, Camera]:
    """Return the 16 cameras of the paper's evaluation: front, left, right, back, then spin12."""
    spin = zip(CAMERA_SUBSETS["spin12"], table_cameras("spin12"), strict=True)
    return {**NAMED_VIEWS, **{f"{index:04d}": camera for index, camera in spin}}
