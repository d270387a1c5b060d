"""From a field to a mesh: the paper's voxel surface, and an exact one."""

from __future__ import annotations

import math

import numpy as np
import torch

from panic3d.geometry.grids import grid_point
from panic3d.geometry.meshes import Floats, Ints, Mesh, marching_cubes
from panic3d.render.composite import EMPTY
from panic3d.render.density_grid import DensityGrid, paper_density
from panic3d.render.volume import PAPER_CLOUDS, Clouds, Field

PAPER_LEVEL = 0.5
"""Level of the paper's marching cubes, in opacity over one metre."""


def paper_mesh(field: Field, grid: DensityGrid, clouds: Clouds = PAPER_CLOUDS) -> Mesh:
    """Return the mesh of the paper's evaluation, brought to the world frame.

    Every quirk that moves a number is kept: culling on activated densities, vertices scaled by
    1 / N, colours of the voxel a vertex truncates to.

    Args:
        field: for the colours.
        grid: sampled in ``paper`` mode.
        clouds: crop and cull.

    Raises:
        MeshError: nothing is left after culling.
    """
    n, box = grid.resolution, grid.box_m
    density = paper_density(grid.raw, clouds)
    # The paper's volume runs along -x; a vertex of it is (-x, y, z).
    volume = density.flip(0).float().cpu().numpy()
    index, faces, normals = marching_cubes(volume, PAPER_LEVEL)
    vertices = index / n * box - box / 2
    i, j, k = torch.from_numpy(index.astype(np.int64)).unbind(1)
    points = grid_point(n - 1 - i, j, k, n, box, "paper")
    mirror = np.array([-1, 1, 1], np.float32)
    return Mesh(
        vertices=(vertices * mirror).astype(np.float32),
        faces=faces,
        normals=(normals * mirror).astype(np.float32),
        colours=_colours(field, points.to(grid.raw)),
        source="paper",
    )


def exact_mesh(field: Field, grid: DensityGrid, clouds: Clouds = PAPER_CLOUDS) -> Mesh:
    """Return the surface where the field's opacity over one metre crosses the culling threshold.

    Vertices are interpolated between samples, closed where the crop or the box cuts the field,
    and coloured by the field itself.

    Args:
        field: for the colours.
        grid: sampled in ``fixed`` mode.
        clouds: the crop was applied to the grid; `cull` (0.5 if None) sets the level.

    Raises:
        MeshError: the field is empty.
    """
    vertices, faces, normals = level_set(grid, surface_level(clouds))
    return Mesh(
        vertices=vertices,
        faces=faces,
        normals=normals,
        colours=_colours(field, torch.from_numpy(vertices).to(grid.raw)),
        source="fixed",
    )


def surface_level(clouds: Clouds) -> float:
    """Return the raw density at the surface of a field that is culled so."""
    return raw_density_of(0.5 if clouds.cull is None else clouds.cull)


def level_set(grid: DensityGrid, level: float) -> tuple[Floats, Ints, Floats]:
    """Return where a grid crosses a level: vertices, metres; faces, outward; normals.

    The surface is closed where the box cuts it.

    Args:
        grid: sampled in ``fixed`` mode.
        level: raw density.

    Raises:
        MeshError: the field is empty.
    """
    n, box = grid.resolution, grid.box_m
    volume = np.pad(grid.raw.float().cpu().numpy(), 1, constant_values=EMPTY)
    index, faces, normals = marching_cubes(volume, level)
    vertices = ((index - 1) * (box / (n - 1)) - box / 2).astype(np.float32)
    return vertices, np.ascontiguousarray(faces[:, ::-1]), normals.astype(np.float32)


def raw_density_of(opacity: float) -> float:
    """Return the raw density whose opacity over one metre is this (inverse of unit_opacity)."""
    thickness = -math.log1p(-min(opacity, 1 - 1e-12))
    return 1 + math.log(math.expm1(max(thickness, 1e-12)))


def _colours(field: Field, points: torch.Tensor) -> np.ndarray:
    with torch.no_grad():
        return field.value(points)[:, :3].clamp(0, 1).float().cpu().numpy()
