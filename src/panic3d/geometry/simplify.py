"""Fewer triangles for the same shape, by quadric errors; more of them where one looks first."""

from __future__ import annotations

import importlib
import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from panic3d.errors import ConfigError, MeshError
from panic3d.geometry.components import used

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

_ONE_AT_A_TIME = threading.Lock()
"""The library keeps its mesh in global variables."""

_HASTE = (3.0, 5.0, 7.0, 9.0)
"""How fast the library lets the allowed error grow: slow and good first."""


@dataclass(frozen=True, kw_only=True)
class Focus:
    """A ball within which errors count for more."""

    centre_m: tuple[float, float, float]
    radius_m: float
    gain: float = 1.5
    """How much larger everything within looks: its square is the gain in triangles."""

    def __post_init__(self) -> None:
        if not self.radius_m > 0 or not self.gain >= 1:
            raise ConfigError(
                f"radius_m and gain are {self.radius_m} and {self.gain}, expected more than 0 and "
                "at least 1"
            )


def simplified(
    vertices: Floats, faces: Ints, triangles: int, focus: Focus | None = None
) -> tuple[Floats, Ints]:
    """Reduce a mesh to a number of triangles.

    Flat places lose most, and what is curved keeps what it needs.

    Args:
        vertices: (v, 3) metres.
        faces: (f, 3).
        triangles: at most so many; a mesh that has fewer is returned as it is.
        focus: where to be exact.

    Returns:
        New vertices and faces.

    Raises:
        ConfigError: fewer than four triangles are asked for.
        MeshError: the mesh cannot be reduced that far.

    Source: Garland and Heckbert, Surface simplification using quadric error metrics, 1997, as the
        package ``fast-simplification`` (MIT) has it.
    """
    library: Any = importlib.import_module("fast_simplification")  # it has no types
    if triangles < 4:
        raise ConfigError(f"{triangles} triangles are asked for, a solid has at least 4")
    if len(faces) <= triangles:
        return vertices, faces
    seen = vertices.astype(np.float64)
    if focus is not None:
        seen = _magnified(seen, focus)
    for haste in _HASTE:
        with _ONE_AT_A_TIME:
            points, kept = library.simplify(
                seen, faces.astype(np.int32), target_count=triangles, agg=haste
            )
        if len(kept) <= triangles:
            break
    else:
        raise MeshError(
            f"a mesh of {len(faces)} triangles can be reduced to {len(kept)} but not to "
            f"{triangles}: ask for more"
        )
    kept = kept[(kept != np.roll(kept, 1, 1)).all(1)].astype(np.int32)
    index, kept = used(kept, len(points))
    points = points[index]
    if focus is not None:
        points = _magnified(points, focus, back=True)
    return points.astype(np.float32), kept


def _magnified(
    points: NDArray[np.float64], focus: Focus, back: bool = False
) -> NDArray[np.float64]:
    """Draw points away from the focus: `gain` times as far within it, as far beyond as before."""
    centre = np.array(focus.centre_m)
    way = points - centre
    length = np.linalg.norm(way, axis=1, keepdims=True)
    edge, gain = focus.radius_m, focus.gain
    if back:
        target = np.where(length < edge * gain, length / gain, length - edge * (gain - 1))
    else:
        target = np.where(length < edge, length * gain, length + edge * (gain - 1))
    out: NDArray[np.float64] = centre + way * (target / np.maximum(length, 1e-12))
    return out
