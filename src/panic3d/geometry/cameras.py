"""Cameras that look at the head: orthographic and perspective, named views, the paper's labels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from panic3d.checks import check_shape
from panic3d.errors import ConfigError
from panic3d.geometry.conventions import CAMERA_DISTANCE_M, HEAD_BOX_M

LABEL_ORTHOGRAPHIC_FOV_DEG = -1.0
"""How the paper's label writes "orthographic". Only `label_from_camera` and back know it."""


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

    def world_from_head_turn(self) -> Float[Tensor, "3 3"]:
        """Rotation Ry(azimuth) Rx(-elevation), float64: carries the front camera's frame here."""
        e, a = math.radians(self.elevation_deg), math.radians(self.azimuth_deg)
        tilt = [[1, 0, 0], [0, math.cos(e), math.sin(e)], [0, -math.sin(e), math.cos(e)]]
        turn = [[math.cos(a), 0, math.sin(a)], [0, 1, 0], [-math.sin(a), 0, math.cos(a)]]
        return torch.tensor(turn, dtype=torch.float64) @ torch.tensor(tilt, dtype=torch.float64)

    def world_from_camera(self) -> Float[Tensor, "4 4"]:
        """Camera-to-world matrix with OpenCV axes (x right, y down, z forward), float64."""
        matrix = torch.eye(4, dtype=torch.float64)
        turn = self.world_from_head_turn()
        matrix[:3, :3] = turn * torch.tensor([1.0, -1.0, -1.0], dtype=torch.float64)
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


def label_from_camera(camera: Camera) -> Float[Tensor, "25"]:
    """Write a camera as the paper's label: 16 numbers of camera-to-world, 9 of intrinsics.

    Rows first; intrinsics in picture widths. An orthographic camera gets the focal length of a
    field of view of -1 degree, -57.29; its width is not part of the label.
    """
    if isinstance(camera, Perspective):
        focal = camera.focal
    else:
        focal = 0.5 / math.tan(math.radians(LABEL_ORTHOGRAPHIC_FOV_DEG) / 2)
    intrinsics = torch.tensor(
        [focal, 0, 0.5, 0, focal, 0.5, 0, 0, 1],
        dtype=torch.float64,
    )
    return torch.cat([camera.world_from_camera().flatten(), intrinsics]).float()


def camera_from_label(label: Tensor, box_m: float = HEAD_BOX_M) -> Camera:
    """Read a camera back from its label.

    Args:
        label: 25 numbers.
        box_m: width of an orthographic camera's window, which the label does not hold.

    Raises:
        ShapeError: the label has not 25 numbers.
        ConfigError: it is not that of a centred camera looking at the origin without roll.
    """
    check_shape("label", label, "25")
    numbers = label.detach().double().cpu()
    matrix, intrinsics = numbers[:16].reshape(4, 4), numbers[16:].reshape(3, 3)
    position = matrix[:3, 3]
    distance = float(position.norm())
    if not 0 < distance < math.inf:
        raise ConfigError(f"the label's camera stands {distance} m from the origin, expected > 0")
    x, y, z = (position / distance).tolist()
    focal = float(intrinsics[0, 0])
    orbit = {
        "elevation_deg": math.degrees(math.asin(max(-1.0, min(1.0, y)))),
        "azimuth_deg": math.degrees(math.atan2(x, z)),
        "distance_m": distance,
    }
    camera: Camera
    if focal < 0:
        camera = Orthographic(**orbit, width_m=box_m)
    else:
        camera = Perspective(**orbit, fov_deg=math.degrees(2 * math.atan(0.5 / max(focal, 1e-9))))
    again = label_from_camera(camera).double()
    if focal < 0:  # any negative focal length means parallel rays
        again[16], again[20] = numbers[16], numbers[20]
    worst = float((again - numbers).abs().max())
    if not worst < 1e-3:
        raise ConfigError(
            f"the label differs by {worst:.3g} from that of a centred camera that looks at the "
            "origin without roll; only such cameras have a name here"
        )
    return camera


def mirrored_label(label: Float[Tensor, "*n 25"]) -> Float[Tensor, "*n 25"]:
    """Return the label of the horizontally mirrored picture: azimuth changes its sign."""
    check_shape("label", label, "... 25")
    signs = label.new_ones(25)
    signs[[1, 2, 3, 4, 8]] = -1
    return label * signs
