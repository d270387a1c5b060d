"""The 28 facial landmarks of a remixed head as it is seen, on and between its vertices.

`features.py` finds them in the models as vertices, by which heads are measured and fitted; once a
face is put together and has its proportions, their exact places are sought anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from panic3d.characters.marks import (
    PIXEL_M,
    chain_mark,
    drawn_front,
    eye_points,
    lid_marks,
    mark_at,
    outline_mark,
    stroke_marks,
)
from panic3d.characters.parts.face.skin import JAW_ABOVE_MOUTH_M, JAW_ABOVE_NOSE_M
from panic3d.characters.piece import Mark, Piece
from panic3d.characters.remix.features import halves, openings
from panic3d.characters.remix.parts import HeadParts, Part

Ints = NDArray[np.int64]

FACE_DEPTH_M = 0.13
"""From the tip of the nose to behind the face's outline, before the ears' far side."""
_NOSE, _MOUTH = 23, 24


def marks_of(head: HeadParts, pieces: Sequence[Piece]) -> tuple[Mark, ...]:
    """Return the landmarks of a head, image-left first, in `MadeCharacter.landmarks`' order.

    Args:
        head: whose parts.
        pieces: of those parts, in their order and with their vertices; more may follow.
    """
    found = [Mark(part, vertex) for part, vertex in head.landmarks]
    for first in (5, 8):
        found[first : first + 3] = _brow(head, pieces, found[first : first + 3])
    if head.whole:
        for first in (11, 17):
            found[first : first + 6] = _painted_eye(pieces, found[first : first + 6])
    else:
        face = found[11].piece
        right, left, mouth = _rims(head.parts[face])
        positions = pieces[face].positions
        for first, rim in ((11, right), (17, left)):
            found[first : first + 6] = _lids(positions, rim, found[first : first + 6])
        found[_MOUTH:] = _lips(positions, mouth, found[_MOUTH:])
    nose, corner = (found[k].of(pieces[found[k].piece].positions) for k in (_NOSE, _MOUTH))
    heights = (float(nose[1]) + JAW_ABOVE_NOSE_M, float(corner[1]) + JAW_ABOVE_MOUTH_M)
    for k, y, side in (
        (0, heights[0], -1.0),
        (1, heights[1], -1.0),
        (3, heights[1], 1.0),
        (4, heights[0], 1.0),
    ):
        old = found[k]
        piece = pieces[old.piece]
        behind = float(nose[2]) - FACE_DEPTH_M
        new = outline_mark(piece.positions, piece.faces, y, side, behind, old.piece, old.vertex)
        found[k] = old if new is None else new
    return tuple(found)


@lru_cache(maxsize=64)
def _rims(skin: Part) -> tuple[Ints, ...]:
    return openings(skin)


def _brow(head: HeadParts, pieces: Sequence[Piece], old: Sequence[Mark]) -> Sequence[Mark]:
    number = old[0].piece
    piece = pieces[number]
    side = 1.0 if old[1].of(head.parts[number].positions)[0] > 0 else -1.0
    faces = piece.faces[_painted(head.parts[number])]
    faces = faces[side * piece.positions[faces][..., 0].mean(1) > 0]
    if not len(faces):
        return old
    picture = drawn_front(piece.positions, faces, piece.uvs, piece.surface.texture)
    if picture.region.sum() < 20:
        return old
    return stroke_marks(picture, piece.positions, faces, number, [mark.vertex for mark in old])


@lru_cache(maxsize=64)
def _painted(part: Part) -> NDArray[np.bool_]:
    """Return which triangles show any of a texture that leaves most of them transparent."""
    shown = np.unique(drawn_front(part.positions, part.faces, part.uvs, part.paint.texture).face)
    near: NDArray[np.bool_] = np.isin(part.faces, part.faces[shown[shown >= 0]])
    return np.asarray(near.any(axis=1))


def _painted_eye(pieces: Sequence[Piece], old: Sequence[Mark]) -> list[Mark]:
    number = old[0].piece
    piece = pieces[number]
    picture = drawn_front(piece.positions, piece.faces)
    points = eye_points(picture.region, 1 / PIXEL_M)
    return [
        mark_at(picture, point, piece.positions, piece.faces, number, mark.vertex)
        for point, mark in zip(points, old, strict=True)
    ]


def _lids(positions: NDArray[np.float64], rim: Ints, old: Sequence[Mark]) -> list[Mark]:
    upper, lower = (rim[half] for half in halves(positions[rim]))
    return lid_marks(positions, upper, lower, old[0].piece, [mark.vertex for mark in old])


def _lips(positions: NDArray[np.float64], rim: Ints, old: Sequence[Mark]) -> list[Mark]:
    upper, lower = (rim[half] for half in halves(positions[rim]))
    number = old[0].piece
    left, right = (float(positions[upper[k], 0]) for k in (0, -1))
    middle = (left + right) / 2
    places = [(upper, left, 1.0), (upper, middle, 1.0), (upper, right, 1.0), (lower, middle, -1.0)]
    return [
        chain_mark(positions, chain, x, side, number, mark.vertex)
        for (chain, x, side), mark in zip(places, old, strict=True)
    ]
