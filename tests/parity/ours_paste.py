"""Our answers to the arrays of paste.npz."""

from __future__ import annotations

from torch import Tensor

from panic3d.geometry.cameras import label_from_camera
from panic3d.models.generator import unit_range
from panic3d.pipeline.paste import PasteConfig, paste_front
from panic3d.pipeline.reconstruct import occlusion_look
from panic3d.render.volume import Clouds

from .ours_render import camera_of
from .recordings import Recorded, Recording


def ours(recording: Recording, recorded: Recorded) -> dict[str, Tensor]:
    g, config = recorded.generator, recorded.config
    options = recording.config
    clouds = Clouds(crop_m=options["triplane_crop"], cull=options["cull_clouds"])
    given = options["paste_params"]
    thresholds = PasteConfig(
        min_opacity=given["thresh_weight"],
        max_edge=given["thresh_edges"],
        max_occlusion=given["thresh_occ"],
        occlusion_offset_m=given["offset_occ"],
        max_deviation_m=given["thresh_dxyz"],
    )
    out: dict[str, Tensor] = {}
    g.decoder.force_sigmoid = bool(options["force_sigmoid"])
    for name, view_of in options["views"].items():
        label = label_from_camera(camera_of(view_of, config.rendering.box_m))[None]
        view = recorded.view(label, clouds=clouds)
        field = g.field(recorded.planes[0])
        stitched = paste_front(
            unit_range(view.image),
            recorded.front,
            view.position,
            view.opacity,
            recorded.rays(label),
            occlusion_look([field], g.march, clouds=clouds, jitter=False),
            near_m=g.march.near_m,
            box_m=g.march.box_m,
            config=thresholds,
            everywhere=True,
        )
        prefix = f"out/{name}"

        def sub(x: Tensor) -> Tensor:
            return x[..., 1::4, 2::4]

        out |= {
            f"{prefix}/image_weights": view.opacity,
            f"{prefix}/image_xyz": view.xyz,
            f"{prefix}/image_prepaste_sub": sub(unit_range(view.image)),
            f"{prefix}/image_sub": sub(stitched.image),
            f"{prefix}/paste_sub": sub(stitched.lookup),
            f"{prefix}/mask_sub": sub(stitched.mask),
            f"{prefix}/mask_weights": stitched.mask_opacity[0, 0],
            f"{prefix}/mask_edges": stitched.mask_edges[0, 0],
            f"{prefix}/mask_occ_sub": sub(stitched.mask_occlusion),
            f"{prefix}/mask_dxyz": stitched.mask_deviation[0, 0],
            f"{prefix}/occlusion_weights": stitched.occlusion,
            f"{prefix}/dxyz": stitched.deviation_m,
            f"{prefix}/sobel_sub": sub(stitched.edges),
        }
    g.decoder.force_sigmoid = False
    return out
