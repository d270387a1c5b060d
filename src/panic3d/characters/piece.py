"""What parts are made of: textured surfaces, not yet a character.

Pieces lie in the **head frame**: metres, right-handed, y up, the face along +z, its left along
+x, the origin at the head bone (the middle of the head's box is 0.1 m above it).
`build.py` turns pieces into a `Character`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float, Float64, Int32, UInt8

from panic3d.geometry.character import AlphaMode, Culling

Label = Literal[
    "skin",
    "ear",
    "eye_white",
    "iris",
    "lash",
    "brow",
    "lip",
    "mouth",
    "hair",
    "scalp",
    "accessory",
    "cloth",
]
"""What a surface shows, as id pictures and line drawing tell surfaces apart.

`skin` is face, neck and body; `lip` the line of the mouth, `mouth` what is inside it; `scalp` the
painted ground below the hair; `accessory` all that is worn on the head, animal ears and horns too.
"""

LABELS: tuple[Label, ...] = (
    "skin",
    "ear",
    "eye_white",
    "iris",
    "lash",
    "brow",
    "lip",
    "mouth",
    "hair",
    "scalp",
    "accessory",
    "cloth",
)

Vectors = Float64[np.ndarray, "v 3"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Surface:
    """How a piece looks. Pieces that share one surface object become one primitive."""

    name: str
    """The material's name, as "Hair" or "EyeIris"."""
    label: Label
    texture: UInt8[np.ndarray, "h w 4"]
    """Straight RGBA, sRGB, rows from the top. The paper's renderer draws nothing without one."""
    shade: tuple[float, float, float] = (0.8, 0.75, 0.8)
    """sRGB factor in [0, 1] that toon shading lays on what is in the dark."""
    alpha_mode: AlphaMode = "OPAQUE"
    culling: Culling = "back"
    draw_order: int = 0
    """Blended surfaces of a lower number come first."""
    outline: bool = True
    """Viewers may draw an outline around it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Piece:
    """Triangles of one surface."""

    surface: Surface
    positions: Vectors
    """(v, 3) metres in the head frame."""
    faces: Int32[np.ndarray, "f 3"]
    """Counter-clockwise seen from outside."""
    uvs: Float64[np.ndarray, "v 2"]
    """v runs down."""
    normals: Vectors | None = None
    """Unit length; None: smooth, from the faces."""
    morphs: Mapping[str, Vectors] = field(default_factory=dict)
    """What a morph target at full weight adds to the positions."""
    weights: Mapping[str, Float64[np.ndarray, " v"]] = field(default_factory=dict)
    """Bone to share, at least 0; empty: all of it follows the head."""
    group: str = "Head"
    """Name of the mesh it becomes part of."""


class Mark(NamedTuple):
    """A point on a piece: a vertex, or between vertices; as `Anchor`."""

    piece: int
    vertex: int
    others: tuple[tuple[int, float], ...] = ()

    def of(self, values: Vectors) -> Float64[np.ndarray, "3"]:
        """Return what the piece's values for each vertex (positions, moves) are here."""
        return between(values, self.vertex, self.others)


def between(
    values: Float[np.ndarray, "v 3"], vertex: int, others: Sequence[tuple[int, float]]
) -> Float64[np.ndarray, "3"]:
    """Return values between vertices: of each of the others its share, the rest of the first."""
    own = values[vertex].astype(np.float64)
    found = own.copy()
    for other, share in others:
        found += share * (values[other] - own)
    return found


def flat_texture(
    colour: Sequence[float], size: int = 8, alpha: float = 1.0
) -> UInt8[np.ndarray, "s s 4"]:
    """Return a texture of one sRGB colour in [0, 1]."""
    texel = np.array([*colour[:3], alpha]) * 255
    return np.broadcast_to(np.round(texel).astype(np.uint8), (size, size, 4)).copy()


def mirrored(piece: Piece) -> Piece:
    """Return a piece's mirror image across x = 0; left bones become right ones and vice versa."""
    flip = np.array([-1.0, 1.0, 1.0])
    other = {"left": "right", "right": "left"}

    def swapped(bone: str) -> str:
        for side, opposite in other.items():
            if bone.startswith(side):
                return opposite + bone[len(side) :]
        return bone

    return replace(
        piece,
        positions=piece.positions * flip,
        faces=np.ascontiguousarray(piece.faces[:, ::-1]),
        normals=None if piece.normals is None else piece.normals * flip,
        morphs={name: move * flip for name, move in piece.morphs.items()},
        weights={swapped(bone): share for bone, share in piece.weights.items()},
    )


def moved(
    piece: Piece, matrix: Float64[np.ndarray, "3 3"], offset: Float64[np.ndarray, "3"]
) -> Piece:
    """Return a piece turned (or scaled) about the origin and then shifted."""
    normals = piece.normals
    if normals is not None:
        normals = normals @ np.linalg.inv(matrix)
        normals = normals / np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-12)
    return replace(
        piece,
        positions=piece.positions @ matrix.T + offset,
        normals=normals,
        morphs={name: move @ matrix.T for name, move in piece.morphs.items()},
    )
