"""Rays through a patch of one of a take's views, and places along them where the field is asked."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32
from numpy.typing import NDArray

from panic3d.errors import ConfigError
from panic3d.geometry.cameras import Orthographic
from panic3d.geometry.conventions import HEAD_BOX_M
from panic3d.train.takes import DEPTH_STEPS, VIEW_SIZE, Take, opened

CAMERA_NUMBERS = 11
"""That a patch's camera is told to an adversary in."""
_ALONG_M = HEAD_BOX_M * 0.5**0.5 * 1.1
"""Half of what is sampled of a ray: views from the side look through the box's corners."""
_NEAR_M = 0.012
"""Standard deviation of the samples around the true surface."""
_NEAR_SHARE = 0.4
_FIGURE_SHARE = 0.85
"""Of the patches, around a pixel of the figure; the others lie anywhere."""


class PatchRays(NamedTuple):
    """A patch of a view, and its rays in the frame of the take."""

    starts: Float32[np.ndarray, "m 3"]
    """Metres; rows of the patch from the top."""
    direction: Float32[np.ndarray, "3"]
    """Away from the viewer."""
    places: Float32[np.ndarray, "m k"]
    """Metres from the start, rising."""
    rgba: Float32[np.ndarray, "4 p p"]
    """In [0, 1], straight alpha."""
    depth: Float32[np.ndarray, "p p"]
    """Metres from the start to the surface; negative where nothing is."""
    camera: Float32[np.ndarray, "11"]
    """Axes of the view (x right, y up, z towards the viewer) as columns of a matrix, row by row,
    in the frame of the take; then the patch's middle, -1 to 1 across the view, right and up."""


def patch_rays(take: Take, patch: int, samples: int, rng: np.random.Generator) -> PatchRays:
    """Choose a patch of a view, around the figure mostly.

    Args:
        take: whose views.
        patch: side of the patch, pixels of the view.
        samples: places along each ray.
        rng: random numbers.

    Raises:
        ConfigError: the patch is larger than the views.
    """
    if not 1 <= patch <= VIEW_SIZE:
        raise ConfigError(f"patches have {patch} pixels, expected 1 to {VIEW_SIZE}")
    view = int(rng.integers(len(take.cameras)))
    azimuth, elevation = take.cameras[view]
    camera = Orthographic(azimuth_deg=float(azimuth), elevation_deg=float(elevation))
    rgba = opened(take.views).reshape(-1, VIEW_SIZE, VIEW_SIZE, 4)[view]
    depth = opened(take.depths).reshape(-1, VIEW_SIZE, VIEW_SIZE)[view]
    solid = np.argwhere(rgba[..., 3] > 127)
    last = VIEW_SIZE - patch
    if len(solid) and rng.random() < _FIGURE_SHARE:
        middle = solid[int(rng.integers(len(solid)))]
        top, left = (int(v) for v in (middle - patch // 2).clip(0, last))
    else:
        top, left = (int(v) for v in rng.integers(last + 1, size=2))
    part = (slice(top, top + patch), slice(left, left + patch))
    turn = camera.world_from_head_turn()  # axes: x right, y up, z towards the viewer
    rows, columns = np.mgrid[part] + 0.5
    x = (columns / VIEW_SIZE - 0.5) * camera.width_m
    y = (0.5 - rows / VIEW_SIZE) * camera.width_m
    local = np.stack([x, y, np.full_like(x, _ALONG_M)], -1).reshape(-1, 3)
    levels = depth[part].astype(np.float32)
    # Depths are from the camera, places from the start.
    surface = levels / np.float32(DEPTH_STEPS) - np.float32(camera.distance_m - _ALONG_M)
    surface = np.where(levels > 0, surface, np.float32(-1))
    place = np.array([x.mean(), y.mean()]) / (camera.width_m / 2)
    return PatchRays(
        starts=(local @ turn.T).astype(np.float32),
        direction=(-turn[:, 2]).astype(np.float32),
        places=_places(surface.reshape(-1), samples, rng),
        rgba=np.ascontiguousarray(rgba[part].transpose(2, 0, 1)).astype(np.float32) / 255,
        depth=surface.astype(np.float32),
        camera=np.concatenate([turn.reshape(-1), place]).astype(np.float32),
    )


def _places(
    surface: NDArray[np.float32], samples: int, rng: np.random.Generator
) -> Float32[np.ndarray, "m k"]:
    """Spread places along rays, some of them around the surface."""
    near = int(samples * _NEAR_SHARE)
    far = samples - near
    count = len(surface)
    step = 2 * _ALONG_M / far
    even = (np.arange(far) + rng.random((count, far), np.float32)) * np.float32(step)
    around = surface[:, None] + np.float32(_NEAR_M) * rng.standard_normal((count, near), np.float32)
    anywhere = rng.random((count, near), np.float32) * np.float32(2 * _ALONG_M)
    around = np.where(surface[:, None] > 0, around, anywhere)
    return np.sort(np.concatenate([even, around], 1).astype(np.float32), axis=1)
