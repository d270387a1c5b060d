"""Our answers to the arrays of generator.npz."""

from __future__ import annotations

import re

import torch
from torch import Tensor

from panic3d.models.fields import PlaneField
from panic3d.render.triplane import plane_axes, sample_planes

from .recordings import Recorded, Recording


def ours(recording: Recording, recorded: Recorded) -> dict[str, Tensor]:
    g, config = recorded.generator, recorded.config
    out: dict[str, Tensor] = {}
    z, c = recording["in/z"], recording["in/c"]
    both = recorded.batch(len(z))
    mapping = g.backbone.mapping
    out["out/mapping_c_zero"] = g.mapping(z, c, both)
    out["out/mapping_c_used"] = mapping(z, c, both)
    out["out/mapping_psi07"] = g.mapping(z, c, both, truncation_psi=0.7)
    out["out/mapping_psi05_cut3"] = g.mapping(z, c, both, truncation_psi=0.5, truncation_cutoff=3)
    out["out/mapping_zplus"] = g.mapping_zplus(recording["in/zs"], c[:1], recorded.conditions)
    out["out/ws"] = g.mapping(z[:1], c[:1], recorded.conditions)
    levels: list[tuple[Tensor, Tensor]] = []
    planes = g.planes(recorded.ws, recorded.conditions, noise_mode="none", levels=levels)
    out["out/planes_noise_none"] = planes
    for resolution, (x, image) in zip(config.resolutions, levels, strict=True):
        for name, value in (("x", x), ("img", image)):
            key = f"out/block{resolution}_{name}"
            if key in recording.arrays:
                step = value.shape[-1] // recording.arrays[key].shape[-1]
                out[key] = value[..., ::step, ::step]
    out["out/planes_noise_const_sub"] = recorded.planes_noise_const[..., ::2, 1::2]
    points = recording["in/points"]
    field = g.field(planes[0])
    out["out/points_sigma"] = field.density(points[0])[None, :, None]
    out["out/points_rgb"] = field.value(points[0])[None]
    forced = g.field(planes[0], force_sigmoid=True)
    out["out/points_rgb_force_sigmoid"] = forced.value(points[0])[None]
    out["out/points_planefeat"] = sample_planes(
        planes,
        points[:, :64],
        depth=config.plane_depth,
        box_m=config.rendering.box_m,
        distinct=config.distinct_planes,
    )
    # The recorded axes map plane coordinates to the world: rows are width, height, depth.
    axes = torch.eye(3)[torch.tensor(plane_axes(config.distinct_planes))]
    out["out/plane_axes"] = axes
    for key in recording.outputs():
        if found := re.fullmatch(r"out/sr_in(\d+)_sub", key):
            image = g.enlarge(superres_input(int(found[1])), recorded.ws)
            out[key] = image[..., 1::4, 2::4]
    slow = PlaneField(
        planes[0],
        g.decoder,
        depth=config.plane_depth,
        box_m=config.rendering.box_m,
        distinct=config.distinct_planes,
    )
    assert torch.allclose(slow.density(points[0]), field.density(points[0]), atol=1e-3)
    return out


def superres_input(n: int) -> Tensor:
    """The recordings' formula, (1, 32, n, n)."""
    c = torch.arange(32, dtype=torch.float64)[:, None, None]
    i = torch.arange(n, dtype=torch.float64)[:, None]
    j = torch.arange(n, dtype=torch.float64)
    x = torch.sin(0.07 * (i + 1) * (1 + c % 5) * 64 / n + 0.05 * (j + 1) * (1 + c % 7) * 64 / n + c)
    return x.float()[None]
