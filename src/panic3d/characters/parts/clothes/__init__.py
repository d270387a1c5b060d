"""Clothes: designs, their names, and the pieces they are made of."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool

from panic3d.characters.palette import Palette
from panic3d.characters.parts.body import make_body
from panic3d.characters.parts.bust_mesh import Bust, make_bust
from panic3d.characters.parts.clothes.design import (
    KINDS,
    ClothesDesign,
    clothes_tags,
    colour_word,
    draw_clothes,
    without_hood,
)
from panic3d.characters.parts.clothes.outfits import wear
from panic3d.characters.parts.clothes.tailor import Tailor
from panic3d.characters.piece import Piece
from panic3d.characters.shape import HeadShape

__all__ = [
    "KINDS",
    "Clothes",
    "ClothesDesign",
    "clothes_tags",
    "colour_word",
    "draw_clothes",
    "make_clothes",
    "make_dressed_bust",
    "without_hood",
]


class Clothes(NamedTuple):
    """What is worn."""

    pieces: list[Piece]
    covered: Bool[np.ndarray, " v"]
    """Vertices of the body's grids that no one sees: `make_body` leaves out faces there."""


def make_clothes(design: ClothesDesign, shape: HeadShape, bust: Bust | None = None) -> Clothes:
    """Make clothes for a body.

    Args:
        design: what to make; all chance is in it.
        shape: of the body.
        bust: of that shape, if there already is one.
    """
    tailor = Tailor(make_bust(shape) if bust is None else bust, design.fold)
    wear(tailor, design)
    return Clothes(tailor.finished(), tailor.covered())


def make_dressed_bust(design: ClothesDesign, shape: HeadShape, palette: Palette) -> list[Piece]:
    """Return body and clothes."""
    bust = make_bust(shape)
    clothes = make_clothes(design, shape, bust)
    return [*make_body(shape, palette, clothes.covered, bust), *clothes.pieces]
