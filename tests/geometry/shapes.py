"""Meshes of marching cubes whose true shape is known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from panic3d.geometry.meshes import marching_cubes

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]


def grid(n: int, half: float) -> tuple[NDArray[np.float64], ...]:
    """Return x, y, z of a cube of n points a side that reaches from -half to half."""
    axis = np.linspace(-half, half, n)
    return tuple(np.meshgrid(axis, axis, axis, indexing="ij"))


def mesh_of(inside: NDArray[np.float64], half: float) -> tuple[Floats, Ints]:
    """Return the surface where a volume is 0; faces are outward."""
    vertices, faces, _ = marching_cubes(inside.astype(np.float32), 0.0)
    step = 2 * half / (len(inside) - 1)
    return (vertices * step - half).astype(np.float32), np.ascontiguousarray(faces[:, ::-1])


def ball(
    radius: float = 0.1, centre: tuple[float, float, float] = (0.0, 0.0, 0.0), n: int = 32
) -> tuple[Floats, Ints]:
    """Return a ball."""
    x, y, z = grid(n, radius * 1.2)
    vertices, faces = mesh_of(radius - np.sqrt(x**2 + y**2 + z**2), radius * 1.2)
    return (vertices + np.array(centre, np.float32)).astype(np.float32), faces


def ring(
    radius: float, thickness: float, centre: tuple[float, float, float], n: int = 40
) -> tuple[Floats, Ints]:
    """Return a ring about the y axis, as a halo hovers."""
    half = radius + 2 * thickness
    x, y, z = grid(n, half)
    away = np.hypot(np.hypot(x, z) - radius, y)
    vertices, faces = mesh_of(thickness - away, half)
    return (vertices + np.array(centre, np.float32)).astype(np.float32), faces


def together(*parts: tuple[Floats, Ints]) -> tuple[Floats, Ints]:
    """Return several meshes as one."""
    starts = np.cumsum([0, *(len(vertices) for vertices, _ in parts)])
    faces = [part[1] + start for part, start in zip(parts, starts, strict=False)]
    return (
        np.concatenate([vertices for vertices, _ in parts]),
        np.concatenate(faces).astype(np.int32),
    )
