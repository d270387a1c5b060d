"""Our answers to the arrays of cameras.npz."""

from __future__ import annotations

import torch
from torch import Tensor

from panic3d.geometry.cameras import CAMERA_SUBSETS, CAMERA_TABLE_DEG
from panic3d.geometry.labels import label_from_camera
from panic3d.geometry.rays import camera_rays
from panic3d.render.volume import Clouds

from .ours_render import camera_of
from .recordings import Recorded, Recording


def ours(recording: Recording, recorded: Recorded) -> dict[str, Tensor]:
    box, r = recording.config["box_warp"], recording.config["ray_resolution"]
    names = ("elev", "azim", "dist", "fov")
    cameras = [
        camera_of(dict(zip(names, row.tolist(), strict=True)), box)
        for row in recording["in/params"]
    ]
    rays = [camera_rays(cameras[int(row)], r) for row in recording["in/ray_rows"]]
    points = recording["in/crop_points"]
    out = {
        "out/camera_label": torch.stack([label_from_camera(camera) for camera in cameras]),
        "out/ray_origins": torch.stack([x.origins.T.reshape(3, r, r) for x in rays]),
        "out/ray_directions": torch.stack([x.directions.T.reshape(3, r, r) for x in rays]),
        "out/cam60": torch.tensor(CAMERA_TABLE_DEG),
        "out/spin12": torch.tensor(CAMERA_SUBSETS["spin12"]),
        "out/front15": torch.tensor(CAMERA_SUBSETS["front15"]),
    }
    for key in recording.outputs():
        if not key.startswith("out/crop_mask_"):
            continue
        crop = float(key.removeprefix("out/crop_mask_").replace("p", "."))
        inside = Clouds(crop_m=crop).inside(points, box)
        assert inside is not None
        out[key] = ~inside[..., None]
    return out
