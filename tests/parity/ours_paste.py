"""Our answers to the arrays of paste.npz."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from panic3d.geometry.cameras import Orthographic
from panic3d.geometry.frames import world_from_lustrous
from panic3d.geometry.labels import label_from_camera
from panic3d.models.generator import View, unit_range
from panic3d.pipeline.head import occlusion_look
from panic3d.pipeline.paste import PasteConfig, Pasted, look_up, paste_front
from panic3d.render.volume import Clouds

from .ours_render import camera_of
from .recordings import Recorded, Recording


def ours(recording: Recording, recorded: Recorded) -> dict[str, Tensor]:
    g, box = recorded.generator, recorded.config.rendering.box_m
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
    force = bool(options["force_sigmoid"])
    field = g.field(recorded.planes[0], force_sigmoid=force)
    look = occlusion_look([field], g.march, clouds=clouds, jitter=False)

    def stitch(view_of: dict[str, float], erosion: int = 0) -> tuple[View, Pasted]:
        label = label_from_camera(camera_of(view_of, box))[None]
        view = recorded.view(label, clouds=clouds, force_sigmoid=force)
        front = label_from_camera(Orthographic(width_m=box))[None]
        return view, paste_front(
            unit_range(view.image),
            recorded.front,
            view.position,
            view.opacity,
            recorded.rays(label),
            look,
            near_m=g.march.near_m,
            box_m=box,
            config=replace(thresholds, front_erosion=erosion),
            front_opacity=recorded.view(front, clouds=clouds).opacity if erosion else None,
            everywhere=True,
        )

    for name, view_of in options["views"].items():
        view, stitched = stitch(view_of)
        prefix = f"out/{name}"
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
    if "persp1" in options["views"]:
        _, eroded = stitch(options["views"]["persp1"], erosion=5)
        out["out/erosion5/mask_frontweight_sub"] = sub(eroded.mask_front)
        out["out/erosion5/image_sub"] = sub(eroded.image)
    lookup_position = world_from_lustrous(recording["in/lookup_xyz"].movedim(1, -1))
    lookup_position = lookup_position.movedim(-1, 1)
    out["out/lookup"] = look_up(recording["in/lookup_front"], lookup_position, box)
    return out


def sub(x: Tensor) -> Tensor:
    """The subset of pixels that is recorded."""
    return x[..., 1::4, 2::4]
