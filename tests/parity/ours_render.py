"""Our answers to the arrays of render.npz."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from panic3d.geometry.cameras import Camera, Orthographic, Perspective
from panic3d.geometry.labels import label_from_camera
from panic3d.models.generator import View, unit_range
from panic3d.render.composite import interval_weights
from panic3d.render.sampling import importance_depths, midpoint_uniforms, stratified_depths
from panic3d.render.volume import Clouds

from .recordings import Recorded, Recording


def camera_of(view: dict[str, float], box_m: float) -> Camera:
    """Read a view of the recordings' configuration."""
    orbit = {
        "elevation_deg": float(view["elev"]),
        "azimuth_deg": float(view["azim"]),
        "distance_m": float(view["dist"]),
    }
    if view["fov"] < 0:
        return Orthographic(**orbit, width_m=box_m)
    return Perspective(**orbit, fov_deg=float(view["fov"]))


def pictures(view: View, prefix: str) -> dict[str, Tensor]:
    """Everything a view shows, under the recordings' names."""
    image = unit_range(view.image)
    return {
        f"{prefix}/image_raw": unit_range(view.image_raw),
        f"{prefix}/image_depth": view.depth,
        f"{prefix}/image_weights": view.opacity,
        f"{prefix}/image_xyz": view.xyz,
        f"{prefix}/image_sub": image[..., 1::4, 2::4],
        f"{prefix}/image_centre": image[..., 128:384, 128:384],
        f"{prefix}/image_mean_std_f64": torch.stack(
            [image.double().mean((0, 2, 3)), image.double().std((0, 2, 3), correction=0)]
        ),
        f"{prefix}/features_sub": view.features[:, ::4],
    }


def first_pass(recorded: Recorded, label: Tensor, prefix: str) -> dict[str, Tensor]:
    """Depths and weights of every 64th ray."""
    march = recorded.generator.march
    rays = recorded.rays(label)
    origins, directions = rays.origins[0, ::64], rays.directions[0, ::64]
    uniforms = midpoint_uniforms(len(origins), march.coarse_samples, march.fine_samples, origins)
    coarse = stratified_depths(march.near_m, march.far_m, uniforms.coarse)
    points = origins[:, None] + coarse[..., None] * directions[:, None]
    field = recorded.generator.field(recorded.planes[0])
    weights = interval_weights(field.density(points.reshape(-1, 3)).reshape(coarse.shape), coarse)
    return {
        f"{prefix}/depths_coarse_sub": coarse,
        f"{prefix}/weights_coarse_sub": weights,
        f"{prefix}/depths_fine_sub": importance_depths(coarse, weights, uniforms.fine),
    }


def ours(recording: Recording, recorded: Recorded) -> dict[str, Tensor]:
    g, box = recorded.generator, recorded.config.rendering.box_m
    out: dict[str, Tensor] = {}
    labels = {
        name: label_from_camera(camera_of(view, box))[None]
        for name, view in recording.config["views"].items()
    }
    for name, label in labels.items():
        out |= pictures(recorded.view(label), f"out/{name}")
        out |= first_pass(recorded, label, f"out/{name}")
        out[f"out/{name}/camera_label"] = label
        cut = recorded.view(label, clouds=Clouds(crop_m=0.1, cull=0.5))
        out |= pictures(cut, f"out/{name}_cropcull")
        solid = recorded.view(label, clouds=Clouds(binarize=0.4))
        out |= pictures(solid, f"out/{name}_binarize")
        out[f"out/{name}_normalized/image_raw"] = recorded.view(label).image_raw
        half = recorded.view(label, resolution=recorded.config.render_resolution // 2)
        out |= pictures(half, f"out/{name}_halfres")
        rays = recorded.rays(label)
        coarse = g.render(
            recorded.planes, recorded.ws, rays, march=replace(g.march, fine_samples=0), jitter=False
        )
        out |= pictures(coarse, f"out/{name}_coarse_only")
        noisy = g.render(recorded.planes_noise_const, recorded.ws, rays, jitter=False)
        out |= pictures(noisy, f"out/{name}_noise_const")
        forced = recorded.view(label, force_sigmoid=True)
        out |= pictures(forced, f"out/{name}_force_sigmoid")
    return {key: value for key, value in out.items() if key in recording.arrays}
