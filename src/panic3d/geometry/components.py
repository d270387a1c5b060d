"""Loose pieces of a mesh: which are part of the thing, which are dust, which are cavities."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from panic3d.errors import ConfigError

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Numbers = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class Loose:
    """When a piece that touches nothing stays: a halo does, a crumb does not.

    A network's crumbs are a few centimetres of broken lock, or hang where no picture shows them. A
    halo, a ring of cloth or an ornament is as long as a finger, has a surface worth mentioning,
    hovers near, and is seen.
    """

    length_m: float = 0.05
    """Of the diagonal of its bounding box, at least."""
    area_share: float = 0.005
    """Of the largest piece's surface, at least."""
    gap_m: float = 0.1
    """To the largest piece, at most."""
    seen_share: float = 0.15
    """Of its vertices, at least, are seen, where it is known what is."""

    def __post_init__(self) -> None:
        for name in ("length_m", "area_share", "gap_m", "seen_share"):
            if not getattr(self, name) >= 0:
                raise ConfigError(f"{name} is {getattr(self, name)}, expected 0 or more")


LOOSE = Loose()


def pieces(faces: Ints, vertices: int) -> Ints:
    """Number the connected pieces of a mesh.

    Args:
        faces: (f, 3).
        vertices: how many there are.

    Returns:
        (f,) the piece of each face, from 0.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]]])
    links = coo_matrix((np.ones(len(ends), np.int8), ends.T), (vertices, vertices))
    _, of_vertex = connected_components(links, directed=False)
    _, numbers = np.unique(of_vertex[faces[:, 0]], return_inverse=True)
    out: Ints = numbers.reshape(-1).astype(np.int32)
    return out


def signed_volumes(vertices: Floats, faces: Ints) -> NDArray[np.float64]:
    """Return (f,) what each face adds to the enclosed volume, cubic metres."""
    a, b, c = (vertices[faces[:, k]].astype(np.float64) for k in range(3))
    out: NDArray[np.float64] = np.einsum("ij,ij->i", a, np.cross(b, c)) / 6
    return out


def areas(vertices: Floats, faces: Ints) -> NDArray[np.float64]:
    """Return (f,) the area of each face, square metres."""
    a, b, c = (vertices[faces[:, k]].astype(np.float64) for k in range(3))
    out: NDArray[np.float64] = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    return out


def kept_faces(
    vertices: Floats,
    faces: Ints,
    loose: Loose = LOOSE,
    seen: Callable[[], NDArray[np.bool_]] | None = None,
) -> NDArray[np.bool_]:
    """Say which faces of a closed mesh belong to something that is to be seen.

    The piece with the largest surface stays, and loose pieces that are long, large, near and seen
    enough. A piece whose faces look inward is the wall of a cavity and never seen.

    Args:
        vertices: (v, 3) metres.
        faces: (f, 3), counter-clockwise seen from outside.
        loose: what else stays.
        seen: returns (v,) which vertices a picture shows; asked only if there is a doubt. None: all
            may be seen.

    Returns:
        (f,).
    """
    from scipy.spatial import cKDTree

    if not len(faces):
        return np.zeros(0, bool)
    piece = pieces(faces, len(vertices))
    count = int(piece.max()) + 1
    if count == 1:
        return np.ones(len(faces), bool)
    area = np.bincount(piece, areas(vertices, faces), count)
    volume = np.bincount(piece, signed_volumes(vertices, faces), count)
    largest = int(area.argmax())
    stays = np.zeros(count, bool)
    stays[largest] = True
    tree = shown = None
    for k in np.flatnonzero((area >= loose.area_share * area[largest]) & (volume > 0)):
        members = np.unique(faces[piece == k])
        if k == largest or np.linalg.norm(np.ptp(vertices[members], axis=0)) < loose.length_m:
            continue
        if seen is not None:
            shown = seen() if shown is None else shown
            if shown[members].mean() < loose.seen_share:
                continue
        if tree is None:
            tree = cKDTree(vertices[np.unique(faces[piece == largest])])
        gap, _ = tree.query(vertices[members])
        stays[k] = bool(gap.min() <= loose.gap_m)
    out: NDArray[np.bool_] = stays[piece]
    return out


def used(faces: Ints, vertices: int) -> tuple[Numbers, Ints]:
    """Leave out the vertices that no face uses.

    Args:
        faces: (f, 3).
        vertices: how many there are.

    Returns:
        (w,) the vertices that stay, in their order, and the faces in their numbers.
    """
    needed = np.zeros(vertices, bool)
    needed[faces] = True
    number = np.cumsum(needed) - 1
    return np.flatnonzero(needed), number[faces].astype(np.int32)
