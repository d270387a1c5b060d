"""A general atlas by the optional package ``xatlas``."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from panic3d.errors import MeshError, MissingDependencyError
from panic3d.geometry.unwrap import Layout

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

PADDING = 4
"""Texels between charts."""


def atlas(vertices: Floats, faces: Ints, normals: Floats, size: int) -> Layout:
    """Lay a mesh out in charts of little distortion, wherever they fit.

    Args:
        vertices: (v, 3).
        faces: (f, 3).
        normals: (v, 3).
        size: side of the picture, texels.

    Raises:
        MissingDependencyError: the package ``xatlas`` is not installed.
        MeshError: there are no triangles.
    """
    if not len(faces):
        raise MeshError("the mesh has no triangles: there is nothing to unwrap")
    try:
        xatlas: Any = importlib.import_module("xatlas")
    except ImportError as error:
        raise MissingDependencyError(
            "a general atlas needs the package xatlas, which is not installed: "
            'pip install "xatlas>=0.0.9", or leave the unwrapping to charts'
        ) from error
    packer = xatlas.Atlas()
    packer.add_mesh(vertices, faces.astype(np.uint32), normals)
    options = xatlas.PackOptions()
    options.resolution, options.padding, options.bilinear = size, PADDING, True
    packer.generate(xatlas.ChartOptions(), options, False)
    of, new_faces, uvs = packer.get_mesh(0)
    # It makes the picture as large as it needs to be, near the size asked for.
    return Layout(
        vertices=of.astype(np.int32),
        faces=new_faces.astype(np.int32),
        places=(uvs * size).astype(np.float32),
    )
