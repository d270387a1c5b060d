"""Our answers to the arrays of volume.npz."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from panic3d.geometry.grids import grid_points
from panic3d.geometry.meshes import marching_cubes
from panic3d.pipeline.surface import paper_mesh
from panic3d.render.composite import EMPTY, unit_opacity
from panic3d.render.density_grid import DensityGrid, paper_density, sample_grid
from panic3d.render.volume import Clouds, Field

from .recordings import Recorded, Recording

CROPPED = "out/mc_volume_cropcull"


def surface(volume: Tensor, rgb: Tensor, box_m: float, prefix: str) -> dict[str, Tensor]:
    """Marching cubes in the paper's mirrored frame."""
    index, faces, normals = marching_cubes(volume.numpy(), 0.5)
    voxel = index.astype(np.int64)
    colours = rgb[:, voxel[:, 0], voxel[:, 1], voxel[:, 2]].T
    return {
        f"{prefix}/verts": torch.from_numpy(index / volume.shape[0] * box_m - box_m / 2),
        f"{prefix}/faces": torch.from_numpy(faces),
        f"{prefix}/normals": torch.from_numpy(normals.copy()),
        f"{prefix}/colors": colours,
    }


def ours(recording: Recording, recorded: Recorded) -> dict[str, Tensor]:
    g, options = recorded.generator, recording.config
    box, n = recorded.config.rendering.box_m, options["resolution"]
    clouds = Clouds(crop_m=options["triplane_crop"], cull=options["cull_clouds"])
    force = bool(options["force_sigmoid"])
    field = g.field(recorded.planes_noise_const[0], force_sigmoid=force)
    points = grid_points(n, box, "paper")
    grid = sample_grid(field, n, box, "paper")
    # The original's volume runs along -x.
    raw, density = grid.raw.flip(0), unit_opacity(grid.raw.flip(0))
    cropped = sample_grid(field, n, box, "paper", clouds=clouds)
    alive = paper_density(cropped.raw, clouds).flip(0)
    rgb = field.value(points.reshape(-1, 3))[:, :3].T.reshape(3, n, n, n).flip(1)
    inside = clouds.inside(points, box)
    axis = recording["in/sigma_axis"]
    out = {
        "out/coordinates": points.flip(0).permute(3, 0, 1, 2)[None],
        "out/sigmas": raw[None, None],
        "out/densities": density[None, None],
        "out/rgb3_sub": rgb[None, :, ::2, ::2, ::2],
        "out/alive_cropcull": (alive > EMPTY)[None, None],
        "out/kept_by_crop": torch.ones_like(raw) if inside is None else inside.flip(0),
        "out/create_samples6": grid_points(6, box, "paper").reshape(1, -1, 3),
        "out/sigma2density": unit_opacity(axis),
        "out/cull_mask_05": Clouds(cull=0.5).thin_out(axis) == EMPTY,
    }
    for name, volume, colours in (
        ("mc_volume", density, rgb),
        ("mc_volume_cropcull", alive, rgb),
        ("mc_field", recording["in/field"], recording["in/field_rgb"]),
    ):
        if f"out/{name}/verts" in recording.arrays:
            out |= surface(volume, colours, box, f"out/{name}")
    if f"{CROPPED}/verts" in recording.arrays:
        check_paper_mesh(recording, field, DensityGrid(cropped.raw, box, "paper"), clouds)
    return out


def check_paper_mesh(recording: Recording, field: Field, grid: DensityGrid, clouds: Clouds) -> None:
    """The mesh as the product makes it, in the world frame, is the recorded one mirrored."""
    mesh = paper_mesh(field, grid, clouds)
    mirror = np.array([-1, 1, 1], np.float32)
    assert np.allclose(mesh.vertices * mirror, recording.arrays[f"{CROPPED}/verts"], atol=1e-4)
    assert np.allclose(mesh.colours, recording.arrays[f"{CROPPED}/colors"], atol=1e-4)
