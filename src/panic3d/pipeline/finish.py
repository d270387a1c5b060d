"""From the raw surface of a field to one worth opening: whole, smooth, of few triangles.

Evaluation measures the raw surface; nothing here has a say in its numbers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray

from panic3d.errors import MeshError
from panic3d.geometry.components import areas, kept_faces, used
from panic3d.geometry.conventions import HEAD_BOX_M
from panic3d.geometry.holes import closed
from panic3d.geometry.simplify import Focus, simplified
from panic3d.geometry.smoothing import face_normals, smoothed, vertex_normals
from panic3d.geometry.visibility import depth_map
from panic3d.pipeline.mesh_options import MeshOptions
from panic3d.render.volume import Field

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

SMOOTHING_REACH_M = 0.001
"""How far smoothing may carry a vertex: less than half a voxel of a volume of 256."""
SNAP_REACH_M = 0.0015
"""How far a vertex may go to lie on the level set again."""
_SNAP_STEPS = 9
_LOOK = 512
"""Pixels across the box when one looks what is seen."""
_SHOWN = 0.5
"""Of the matte, where the portrait shows the character."""

FACE_RADIUS_M, FACE_GAIN = 0.09, 2.0
"""A ball about the face, and how much larger it looks to what takes triangles away."""

THIN_M = 0.002
"""Of a solid thinner than this a decimated mesh may show the inside."""
THIN_SHARE = 0.001
"""Of the surface: with more of it thin, materials show both sides."""


class Surface(NamedTuple):
    """A finished surface, in the frame of the raw one."""

    vertices: Floats
    """(v, 3) metres."""
    faces: Ints
    """(f, 3), counter-clockwise seen from outside."""
    normals: Floats
    """(v, 3)."""
    thin: bool
    """Parts of it are sheets: both sides of its triangles are to be drawn."""


def finished(
    vertices: Floats,
    faces: Ints,
    field: Field,
    like: torch.Tensor,
    level: float,
    options: MeshOptions,
    face_m: tuple[float, float, float] | None = None,
    box_m: float = HEAD_BOX_M,
    matte: Float[np.ndarray, "h h"] | None = None,
) -> Surface:
    """Close, clean, smooth and decimate a surface.

    Args:
        vertices: (v, 3) metres, of a field's level set.
        faces: (f, 3), counter-clockwise seen from outside.
        field: whose level set it is.
        like: has the device and dtype that the field wants.
        level: raw density at the surface.
        options: how many triangles, how smooth.
        face_m: the face's middle, on which triangles are spent first; None knows of none.
        box_m: width of the portrait, metres: loose pieces stay only if it shows them.
        matte: what of the portrait is the character; None: anywhere. A piece that is guessed where
            the picture has ended, and hangs together with nothing, is a scrap.

    Raises:
        MeshError: nothing is left.
    """
    vertices, faces = closed(vertices, faces)

    def seen() -> NDArray[np.bool_]:
        normals = vertex_normals(vertices, faces)
        depth = depth_map(vertices, faces, box_m, _LOOK)
        shown = (normals[:, 2] > 0) & ~depth.hidden(vertices, normals)
        if matte is not None:
            size = len(matte)
            places = np.floor((vertices[:, :2] * (1.0, -1.0) / box_m + 0.5) * size)
            column, row = places.astype(int).clip(0, size - 1).T
            shown &= matte[row, column] > _SHOWN
        return shown

    faces = faces[kept_faces(vertices, faces, seen=seen)]
    if not len(faces):
        raise MeshError("the surface has no triangles: the field is empty; lower the threshold")
    index, faces = used(faces, len(vertices))
    focus = None
    if face_m is not None:
        focus = Focus(centre_m=face_m, radius_m=FACE_RADIUS_M, gain=FACE_GAIN)
    vertices = smoothed(vertices[index], faces, options.smooth, SMOOTHING_REACH_M)
    vertices, faces = closed(*simplified(vertices, faces, options.triangles, focus))
    normals = vertex_normals(vertices, faces)
    vertices = snapped(vertices, normals, field, like, level)
    return Surface(
        vertices=vertices,
        faces=faces,
        normals=vertex_normals(vertices, faces),
        thin=_is_thin(vertices, faces, field, like, level),
    )


def snapped(
    vertices: Floats,
    normals: Floats,
    field: Field,
    like: torch.Tensor,
    level: float,
    reach_m: float = SNAP_REACH_M,
) -> Floats:
    """Move vertices along their normals onto a field's level set.

    A vertex for which the field does not fall through the level within reach, as happens at the
    tip of a lock, stays.

    Args:
        vertices: (v, 3) metres.
        normals: (v, 3) outward.
        field: raw density, higher inside.
        like: has the device and dtype that the field wants.
        level: of the surface.
        reach_m: how far a vertex may go.
    """
    along = np.linspace(-reach_m, reach_m, _SNAP_STEPS, dtype=np.float32)
    points = vertices[:, None] + normals[:, None] * along[:, None]
    values = _density(field, points.reshape(-1, 3), like).reshape(len(vertices), -1) - level
    falls = (values[:, :-1] > 0) & (values[:, 1:] <= 0)
    middle = (along[:-1] + along[1:]) / 2
    first = np.where(falls, np.abs(middle), np.inf).argmin(1)[:, None]
    inside, outside = (np.take_along_axis(values, first + k, 1)[:, 0] for k in (0, 1))
    share = inside / np.maximum(inside - outside, 1e-12)
    way = along[first[:, 0]] + share * (along[1] - along[0])
    out: Floats = vertices + normals * np.where(falls.any(1), way, 0)[:, None]
    return out.astype(np.float32)


def _density(field: Field, points: Floats, like: torch.Tensor) -> Floats:
    with torch.no_grad():
        found = field.density(torch.from_numpy(np.ascontiguousarray(points)).to(like))
    out: Floats = found.float().cpu().numpy()
    return out


def _is_thin(vertices: Floats, faces: Ints, field: Field, like: torch.Tensor, level: float) -> bool:
    middles = vertices[faces].mean(1)
    behind = (middles - THIN_M * face_normals(vertices, faces)).astype(np.float32)
    area = areas(vertices, faces)
    thin = _density(field, behind, like) < level
    return bool(area[thin].sum() > THIN_SHARE * area.sum())
