"""Heads of models that do not tell hair from skin by material, told apart by colour and place.

Such models are drawn with few textures that all parts share, so that only pieces which hang
together can be told apart. What comes out is one head with its own hair: it can be recoloured and
have other proportions, and `shorn` wear other hair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from panic3d.characters.remix.mesh import components
from panic3d.characters.remix.names import Role
from panic3d.characters.remix.parts import HeadParts, Part, part_of
from panic3d.errors import ModelError

Doubles = NDArray[np.float64]


class _Piece(NamedTuple):
    """One piece that hangs together."""

    part: Part
    middle: Doubles
    extent: Doubles
    colour: Doubles
    """(3,) OKLab, the median."""
    spread: float
    """Of lightness."""
    top: float


def told_apart(parts: Sequence[Part], name: str) -> list[Part]:
    """Split a head into skin, hair, eyes, lashes, brows and mouth.

    Args:
        parts: all that follows head and neck.
        name: for messages.

    Raises:
        ModelError: no pair of eyes was found, or neither skin nor hair.
    """
    pieces = [piece for part in parts for piece in _pieces(part)]
    pieces = [piece for piece in pieces if piece.top > 0]
    if not pieces:
        raise ModelError(f"nothing of {name} follows its head bone")
    skin = [piece for piece in pieces if _is_skin(piece.colour)]
    coloured = [p for p in pieces if not _is_skin(p.colour) and np.hypot(*p.colour[1:]) > 0.04]
    if not skin or not coloured:
        raise ModelError(f"in {name} skin and hair cannot be told apart by colour")
    hair = max(coloured, key=lambda p: float(np.prod(p.extent + 1e-3)))
    face = max(skin, key=lambda p: float(np.prod(p.extent + 1e-3)))
    size = float(face.extent[1])
    ahead = face.middle[2] + 0.25 * face.extent[2]
    roles: list[Role] = [_role(piece, hair, face, size, ahead) for piece in pieces]
    if roles.count("iris") != 2:
        raise ModelError(f"in {name} no pair of eyes was found")
    eyes_y = np.mean([p.middle[1] for p, r in zip(pieces, roles, strict=True) if r == "iris"])
    found = []
    for piece, role in zip(pieces, roles, strict=True):
        if role == "brow" and piece.middle[1] < eyes_y:
            role = "ornament"
        if role == "lash" and piece.middle[1] < eyes_y - 0.2 * size:
            role = "mouth"
        found.append(replace(piece.part, role=role, neck=_neck(piece, role)))
    return found


@lru_cache(maxsize=64)
def shorn(head: HeadParts) -> HeadParts:
    """Return a head without the hair that it has by itself; others are returned as they are."""
    if not head.whole or not any(part.role == "hair" for part in head.parts):
        return head
    kept = [k for k, part in enumerate(head.parts) if part.role != "hair"]
    place = {old: new for new, old in enumerate(kept)}
    if any(part not in place for part, _ in head.landmarks):
        raise ModelError("a landmark of the head lies on its hair, so that it cannot wear other")
    skin = max((p for p in head.parts if p.role == "face"), key=lambda p: np.ptp(p.positions[:, 1]))
    half = float(np.abs(skin.positions[:, 0]).max())
    parts = []
    for part in (head.parts[k] for k in kept):
        low, high = part.positions.min(0), part.positions.max(0)
        beside = max(low[0], -high[0]) > 0.6 * half and max(-low[0], high[0]) > half
        ear = part.role == "face" and beside and low[2] < head.skull.centre[2] + 0.03
        parts.append(replace(part, role="ear") if ear else part)
    return replace(
        head,
        parts=tuple(parts),
        landmarks=tuple((place[part], vertex) for part, vertex in head.landmarks),
    )


def _pieces(part: Part) -> list[_Piece]:
    label = components(part.positions, part.faces)
    height, width = part.paint.texture.shape[:2]
    found = []
    for k in range(int(label.max()) + 1):
        piece = part_of(part, label == k)
        middles = piece.uvs[piece.faces].mean(1)
        row = np.clip((middles[:, 1] * height).astype(np.int64), 0, height - 1)
        column = np.clip((middles[:, 0] * width).astype(np.int64), 0, width - 1)
        colours = part.paint.lab[row, column].astype(np.float64)
        low, high = piece.positions.min(0), piece.positions.max(0)
        found.append(
            _Piece(
                part=piece,
                middle=(low + high) / 2,
                extent=high - low,
                colour=np.median(colours, axis=0),
                spread=float(colours[:, 0].std()),
                top=float(high[1]),
            )
        )
    return found


def skin_faces(part: Part) -> NDArray[np.bool_]:
    """Say which faces of a part are of pieces that have the colour of skin."""
    label = components(part.positions, part.faces)
    bare = np.array([_is_skin(piece.colour) for piece in _pieces(part)])
    found: NDArray[np.bool_] = bare[label]
    return found


def _is_skin(colour: Doubles) -> bool:
    hue = float(np.degrees(np.arctan2(colour[2], colour[1])))
    return bool(colour[0] > 0.5 and 0.012 < np.hypot(*colour[1:]) < 0.14 and -10 < hue < 85)


def _role(piece: _Piece, hair: _Piece, face: _Piece, size: float, ahead: float) -> Role:
    small = bool(piece.extent.max() < 0.36 * size)
    front = bool(piece.middle[2] > ahead and small)
    low = piece.middle[1] < face.middle[1] - 0.25 * face.extent[1]
    if front and abs(piece.middle[0]) < 0.04 * size and low:
        return "mouth"
    if front and piece.spread > 0.13 and abs(piece.middle[0]) > 0.08 * size:
        return "iris"
    if _is_skin(piece.colour):
        under = piece.middle[1] < face.middle[1] - 0.45 * face.extent[1]
        return "neck" if under and not front else "face"
    if front and piece.colour[0] < 0.4 and np.hypot(*piece.colour[1:]) < 0.05:
        return "lash"
    turn = np.degrees(
        np.arctan2(piece.colour[2], piece.colour[1]) - np.arctan2(hair.colour[2], hair.colour[1])
    )
    alike = abs((turn + 180) % 360 - 180) < 30
    if front and alike:
        return "brow"
    return "ornament" if small and piece.extent.max() < 0.12 * size else "hair"


def _neck(piece: _Piece, role: Role) -> Doubles | None:
    return piece.part.neck if role == "neck" else None
