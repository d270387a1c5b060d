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
from panic3d.render.volume import Clouds

from .recordings import Recorded, Recording


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
    g.decoder.force_sigmoid = bool(options["force_sigmoid"])
    field = g.field(recorded.planes_noise_const[0])
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
    out |= surface(density, rgb, box, "out/mc_volume")
    out |= surface(alive, rgb, box, "out/mc_volume_cropcull")
    out |= surface(recording["in/field"], recording["in/field_rgb"], box, "out/mc_field")
    mesh = paper_mesh(field, DensityGrid(cropped.raw, box, "paper"), clouds)
    mirror = np.array([-1, 1, 1], np.float32)
    theirs = "out/mc_volume_cropcull"
    assert np.allclose(mesh.vertices * mirror, recording.arrays[f"{theirs}/verts"], atol=1e-4)
    assert np.allclose(mesh.colours, recording.arrays[f"{theirs}/colors"], atol=1e-4)
    g.decoder.force_sigmoid = False
    return out
