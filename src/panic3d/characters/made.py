"""A made character: a model, what is known of it, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Float64

from panic3d.characters.piece import Label, between
from panic3d.characters.seen import Traits
from panic3d.geometry.character import Character
from panic3d.geometry.posing import PosedCharacter

LANDMARKS = 28


class Anchor(NamedTuple):
    """A point of a character's surface: a vertex, by where it is stored, or between vertices."""

    mesh: int
    primitive: int
    vertex: int
    """The point itself; where there are others, the one that it is known by, near it."""
    others: tuple[tuple[int, float], ...] = ()
    """Further vertices of the primitive, and their shares; what is left of 1 is `vertex`'s."""

    def of(self, values: Float[np.ndarray, "v 3"]) -> Float64[np.ndarray, "3"]:
        """Return what the primitive's values for each vertex (positions, moves) are here."""
        return between(values, self.vertex, self.others)


@dataclass(frozen=True, kw_only=True)
class Source:
    """Something a character was made from."""

    asset: str
    """As "vita:hair" or "procedural"."""
    title: str
    author: str
    licence: str
    url: str = ""
    """Of the licence's text."""
    address: str = ""
    """Where it was had from."""
    reference: str = ""
    """Where it is said that this is its licence."""
    changed: bool = False
    """It was changed, as CC BY asks to say."""


PROCEDURAL = Source(
    asset="procedural",
    title="panic3d characters",
    author="panic3d authors",
    licence="CC0-1.0",
)
"""What the engine makes by itself."""


@dataclass(frozen=True, kw_only=True, eq=False)
class MadeCharacter:
    """A character of the engine."""

    character: Character
    labels: tuple[Label, ...]
    """What each material shows."""
    landmarks: tuple[Anchor, ...]
    """The 28 facial landmarks, image-left first, as in the face detector's order: 0-4 jaw,
    5-7 and 8-10 brows, 11-16 and 17-22 eyes (upper lid, then lower), 23 nose, 24-27 mouth."""
    tags: tuple[str, ...]
    """Danbooru's names of what it shows, sorted."""
    traits: Traits | None = None
    """What it has, seen or not, for other expressions; None: no more than the tags say."""
    sources: tuple[Source, ...]
    """All it was made from."""
    assets: Mapping[str, str]
    """Kind of asset ("hair", "face") to its name; splits are drawn along these."""
    expression: Mapping[str, float] = field(default_factory=dict)
    """How it usually looks, for `Pose.expressions`; the tags are of this."""
    design: Mapping[str, Any] = field(default_factory=dict)
    """All choices, as JSON can hold them."""

    def __post_init__(self) -> None:
        assert len(self.labels) == len(self.character.materials)
        assert len(self.landmarks) == LANDMARKS

    @property
    def part_labels(self) -> tuple[Label, ...]:
        """Label of each primitive, in the order of a posed character's parts."""
        return tuple(
            self.labels[0 if primitive.material is None else primitive.material]
            for mesh in self.character.meshes
            for primitive in mesh.primitives
        )

    def part_of(self, anchor: Anchor) -> int:
        """Return an anchor's place in the list of a posed character's parts."""
        before = self.character.meshes[: anchor.mesh]
        return sum(len(mesh.primitives) for mesh in before) + anchor.primitive

    def landmark_points(self, figure: PosedCharacter) -> Float64[np.ndarray, "28 3"]:
        """Return where the landmarks are in a pose, in the model's space, metres."""
        parts = figure.parts
        return np.array([a.of(parts[self.part_of(a)].positions) for a in self.landmarks])


def stream(seed: int, *names: str) -> np.random.Generator:
    """Return a stream of random numbers for one aspect of one character.

    Streams of other names are independent, so that what is added to one aspect leaves all others
    as they were. The same on every machine.
    """
    words = [int(byte) for name in names for byte in (*name.encode(), 0)]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *words])))
