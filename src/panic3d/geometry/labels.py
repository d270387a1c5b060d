"""The paper's camera labels: 25 numbers for a camera, and back."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from panic3d.checks import check_shape
from panic3d.errors import ConfigError
from panic3d.geometry.cameras import Camera, Orthographic, Perspective
from panic3d.geometry.conventions import HEAD_BOX_M

LABEL_ORTHOGRAPHIC_FOV_DEG = -1.0
"""How a label writes "orthographic". Only `label_from_camera` and back know it."""


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
    return torch.cat([torch.from_numpy(camera.world_from_camera()).flatten(), intrinsics]).float()


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
