"""What a model is taken apart into: head and hair, in parts of one role and texture each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from jaxtyping import Float32, Float64, Int32, Int64, UInt8
from numpy.typing import NDArray

from panic3d.characters.colour import Rgb
from panic3d.characters.remix.mesh import compacted
from panic3d.characters.remix.names import Role
from panic3d.characters.remix.recolour import Tones, oklab_of, tones_of
from panic3d.characters.remix.skull import Skull
from panic3d.errors import ModelError
from panic3d.geometry.character import AlphaMode, Culling


class Paint:
    """A texture, and what recolouring asks of it, worked out once."""

    def __init__(self, texture: UInt8[np.ndarray, "h w 4"], locks: bool = False) -> None:
        """Take straight RGBA as the file has it; `locks`: it shows hair."""
        self.texture = texture
        self.locks = locks

    @cached_property
    def lab(self) -> Float32[np.ndarray, "h w 3"]:
        """Its colours in OKLab."""
        return oklab_of(self.texture)

    @cached_property
    def tones(self) -> Tones:
        """How light its texels are among each other."""
        return tones_of(self.texture, self.locks)


@dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """Triangles of one role and one texture, in the head frame."""

    role: Role
    material: str
    """Its name in the file."""
    positions: Float64[np.ndarray, "v 3"]
    faces: Int32[np.ndarray, "f 3"]
    uvs: Float64[np.ndarray, "v 2"]
    paint: Paint
    factor: Rgb
    """Linear colour that the texture is multiplied by."""
    morphs: Mapping[str, Float64[np.ndarray, "v 3"]] = field(default_factory=dict)
    neck: Float64[np.ndarray, " v"] | None = None
    """Share of the neck in what carries each vertex; the rest is the head's. None: all head."""
    alpha_mode: AlphaMode = "OPAQUE"
    culling: Culling = "back"
    strands: Int64[np.ndarray, " f"] | None = None
    """Of hair: the lock each face belongs to."""
    ear: bool = False
    """Of an ornament: the outer side of animal ears, as the hair is."""


@dataclass(frozen=True, kw_only=True, eq=False)
class HeadParts:
    """A head that can wear any hair; with `whole`, one that has its own, fused."""

    parts: tuple[Part, ...]
    skull: Skull
    expressions: Mapping[str, Mapping[str, float]]
    """VRM 1.0 name to short names of morph targets and their weights."""
    landmarks: tuple[tuple[int, int], ...]
    """Part and vertex of each of the 28."""
    whole: bool = False

    def landmark(self, number: int) -> NDArray[np.float64]:
        """Return where a landmark is, (3,)."""
        part, vertex = self.landmarks[number]
        return self.parts[part].positions[vertex]

    def part(self, role: Role) -> Part:
        """Return the first part of a role.

        Raises:
            ModelError: there is none.
        """
        for part in self.parts:
            if part.role == role:
                return part
        raise ModelError(f"the head has no {role}: its materials are not named as VRoid's are")


@dataclass(frozen=True, kw_only=True, eq=False)
class HairParts:
    """A hairstyle with its ornaments, in its own head's frame."""

    parts: tuple[Part, ...]
    skull: Skull | None
    """Of the head it was made for; None if the file has none."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Dissected:
    """What a file held that can be used."""

    head: HeadParts | None
    hair: HairParts | None


def part_of(part: Part, faces: NDArray[np.bool_]) -> Part:
    """Return a part with only some of its faces, and the vertices they use."""
    vertices, kept = compacted(part.faces[faces], len(part.positions))
    strands = None
    if part.strands is not None:
        strands = np.unique(part.strands[faces], return_inverse=True)[1].reshape(-1)
    return replace(
        part,
        positions=part.positions[vertices],
        faces=kept,
        uvs=part.uvs[vertices],
        morphs={name: move[vertices] for name, move in part.morphs.items() if move[vertices].any()},
        neck=None if part.neck is None else part.neck[vertices],
        strands=strands,
    )
