"""The mouth and the skin of one VRoid-like face on another."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from panic3d.characters.remix.features import halves, openings
from panic3d.characters.remix.parts import HeadParts, Part
from panic3d.errors import ModelError

Doubles = NDArray[np.float64]

_NEAR_M, _FAR_M = 0.002, 0.021
"""Distances from the lips within which skin goes along with them, and beyond which it stays."""
_LARGEST_M = 0.0065
"""By which a corner of the mouth may be drawn outwards or inwards: less than folds the skin."""
_DEEP_M = 0.04
"""In front of this the skin is the face's, not the throat's."""
_SMALLEST, _WIDEST = 0.7, 1.3
"""Factors on another mouth, beyond which it does not belong in a face."""
_SAME_UV = 2e-4
_COARSER = 1.3
"""Factor on the width of the mouth in the texture beyond which its line is too coarse."""


class _Lips(NamedTuple):
    """The rim where a face's skin meets the inside of its mouth."""

    rows: tuple[NDArray[np.int64], NDArray[np.int64]]
    """Vertices of the upper and of the lower lip, from the right corner to the left."""
    middle: Doubles
    width: float
    span: float
    """Width in the texture."""
    height: float
    """From the chin to the nose's tip."""


@lru_cache(maxsize=64)
def _lips(head: HeadParts) -> _Lips | None:
    face = head.part("face")
    try:
        loop = openings(face)[2]
    except ModelError:
        return None
    points = face.positions[loop]
    upper, lower = halves(points)
    return _Lips(
        rows=(loop[upper], loop[lower]),
        middle=points.mean(0),
        width=float(np.ptp(points[:, 0])),
        span=float(np.ptp(face.uvs[loop, 0])),
        height=float(head.landmark(23)[1] - head.landmark(2)[1]),
    )


@lru_cache(maxsize=64)
def with_mouth(head: HeadParts, other: HeadParts) -> HeadParts | None:
    """Return a head with the mouth of another: lips' form, inside, and how both are moved.

    The other mouth is made as large as befits the lower face, and the skin around it is drawn
    along, at rest and in every expression. None where the rims of the two mouths do not have the
    same vertices, where too much would have to be drawn along, or where the face's own line of the
    lips is painted so much larger that lips pressed as the other's are would show it in pieces.
    """
    if other is head:
        return head
    one, two = (None if h.whole else _lips(h) for h in (head, other))
    if one is None or two is None:
        return None
    if [len(row) for row in one.rows] != [len(row) for row in two.rows]:
        return None
    if one.span > _COARSER * two.span:
        return None
    factor = one.height / two.height
    # A mouth whose corners would come too far out, or in, is made narrower, or wider.
    bounds = (one.width - 2 * _LARGEST_M, one.width + 2 * _LARGEST_M)
    factor = float(np.clip(factor * two.width, *bounds)) / two.width
    if not _SMALLEST < factor < _WIDEST:
        return None
    face, giver = head.part("face"), other.part("face")
    pull = _Pull(face, one)
    aims = [one.middle + factor * (giver.positions[row] - two.middle) for row in two.rows]
    change = [aim - face.positions[row] for aim, row in zip(aims, one.rows, strict=True)]
    if max(float(np.abs(move).max()) for move in change) > 1.2 * _LARGEST_M:
        return None
    morphs = dict(face.morphs)
    still = np.zeros_like(face.positions)
    for name in dict.fromkeys([*face.morphs, *giver.morphs]):
        if not name.startswith(("MTH_", "ALL_")):
            continue
        own, theirs = face.morphs.get(name, still), giver.morphs.get(name)
        lips = [
            (0.0 if theirs is None else factor * theirs[b]) - own[a]
            for a, b in zip(one.rows, two.rows, strict=True)
        ]
        morphs[name] = own + pull(lips)
    skin = replace(face, positions=face.positions + pull(change), morphs=morphs)
    inside = other.part("mouth")
    mouth = replace(
        inside,
        positions=one.middle + factor * (inside.positions - two.middle),
        morphs={name: factor * move for name, move in inside.morphs.items()},
    )
    own_mouth = head.part("mouth")
    parts = tuple(skin if p is face else mouth if p is own_mouth else p for p in head.parts)
    return replace(head, parts=parts)


class _Pull:
    """How a face's skin follows its lips: above the mouth the upper one, below it the lower."""

    def __init__(self, face: Part, lips: _Lips) -> None:
        points = face.positions
        line = points[lips.rows[0]], points[lips.rows[1]]
        middle = (line[0] + line[1]) / 2
        over = points[:, 1] >= np.interp(points[:, 0], middle[:, 0], middle[:, 1])
        chain = np.concatenate([points[row] for row in lips.rows])
        off, nearest = cKDTree(chain).query(points)
        # Vertices of the rim, also those that are doubled for their texture coordinates.
        self.rim = np.flatnonzero(off < 1e-5)
        self.of_rim = nearest[self.rim]
        t = np.clip((off - _NEAR_M) / (_FAR_M - _NEAR_M), 0.0, 1.0)
        self.share = (1 - t * t * t * (t * (6 * t - 15) + 10)) * (points[:, 2] > _DEEP_M)
        self.sides = (over, ~over)
        self.at = points[:, 0]
        self.along = tuple(points[row, 0] for row in lips.rows)

    def __call__(self, change: list[Doubles]) -> Float64[np.ndarray, "v 3"]:
        """Return by how much all skin moves where the upper and the lower lip move so."""
        found = np.zeros((len(self.at), 3))
        for chosen, along, move in zip(self.sides, self.along, change, strict=True):
            for axis in range(3):
                values = np.interp(self.at[chosen], along, move[:, axis])
                found[chosen, axis] = values * self.share[chosen]
        found[self.rim] = np.concatenate(change)[self.of_rim]
        return found


@lru_cache(maxsize=64)
def with_skin(head: HeadParts, other: HeadParts) -> HeadParts | None:
    """Return a head whose face and ears are painted as another's are: shades, blush, lines.

    None where the faces do not lie alike in their textures.
    """
    if other is head:
        return head
    if head.whole or other.whole:
        return None
    one, two = (np.concatenate([p.uvs for p in _skins(h)]) for h in (head, other))
    # Some vertices are the landmarks', each where its own face has it.
    if np.quantile(cKDTree(two).query(one)[0], 0.95) > _SAME_UV:
        return None
    paint = other.part("face").paint
    own = _skins(head)
    parts = tuple(replace(p, paint=paint) if p in own else p for p in head.parts)
    return replace(head, parts=parts)


def _skins(head: HeadParts) -> list[Part]:
    return [part for part in head.parts if part.role in ("face", "ear")]
