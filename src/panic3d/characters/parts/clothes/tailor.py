"""Puts garments on a body one over the other and keeps account of what each hides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from panic3d.characters.colour import Rgb
from panic3d.characters.parts.bust_mesh import Bust, grids
from panic3d.characters.parts.bust_paint import Canvas, Map, texel_places, vertex_places
from panic3d.characters.parts.clothes.built import Fit, cloth_surface, strip_texture
from panic3d.characters.parts.clothes.capes import border_lines, ruffle
from panic3d.characters.parts.clothes.cut import Cut, cut, draped, sewn, sleeve_profile
from panic3d.characters.parts.clothes.lines import Field
from panic3d.characters.parts.clothes.paint import finish, shadow_tint
from panic3d.characters.piece import Piece, Surface

Array = NDArray[np.float64]
Decoration = Callable[[Canvas, Map], None]

_HIDDEN_M = 0.014
"""A face is hidden where a garment over it reaches this much farther."""


class Tailor:
    """A body while it is dressed."""

    def __init__(self, bust: Bust, fold: int = 0) -> None:
        """Start with bare skin.

        Args:
            bust: the body.
            fold: which drawing of folds garments get.
        """
        self.fit = Fit(bust)
        self.bust = bust
        self.fold = fold
        self.pieces: list[Piece] = []
        self._leaves: list[int] = []
        self._layers: list[tuple[list[Array], Array, Array, Surface, bool]] = []
        self._covers: list[NDArray[np.bool_]] = []
        self._solid: list[bool] = []

    def layer(
        self,
        name: str,
        fields: Sequence[Field],
        colour: Rgb,
        *,
        gap: float = 0.003,
        loose: float = 0.0,
        sleeve: str | None = None,
        sleeve_width: float = 1.0,
        decorate: Decoration | None = None,
        fold: bool = True,
        depth: float = 1.0,
        covers: bool = True,
    ) -> int:
        """Put on a garment that is cut from the grids; return its number.

        Args:
            name: of its material.
            fields: it is where all are positive.
            colour: of the cloth.
            gap: metres above what is below.
            loose: 0 tight, 1 hangs straight.
            sleeve: a kind of `sleeve_profile`.
            sleeve_width: factor on it.
            decorate: paints patterns and trims; gets the distance to the garment's border too.
            fold: draw folds.
            depth: of the folds.
            covers: hides what is below it.
        """
        under = self.fit.outer
        profile = None if sleeve is None else sleeve_profile(sleeve, sleeve_width)
        positions = draped(self.bust, under, gap, loose, profile)
        vertices, texels = vertex_places(), texel_places()
        at_vertices = [field(vertices).astype(np.float64) for field in fields]
        inside = np.minimum.reduce(at_vertices)
        edge: Map = np.minimum.reduce([field(texels) for field in fields])
        canvas = Canvas(colour)
        if decorate is not None:
            decorate(canvas, edge)
        finish(
            canvas, self.bust, colour, edge, self.fold + len(self._layers) if fold else -1, depth
        )
        surface = Surface(
            name=name, label="cloth", texture=canvas.texture(), shade=shadow_tint(colour)
        )
        worn = inside > 0
        # Where it ends, what comes over it starts from what is below.
        reach = np.clip((inside + 0.006) / 0.012, 0.0, 1.0)[:, None]
        self.fit.outer = under + reach * (positions - under)
        self._layers.append((at_vertices, positions, under, surface, covers))
        self._covers.append((inside > _HIDDEN_M) & worn)
        return len(self._layers) - 1

    def covered(self) -> NDArray[np.bool_]:
        """Return which vertices of the grids clothes hide from all sides."""
        found = np.zeros(grids().count, bool)
        for cover, layer in zip(self._covers, self._layers, strict=True):
            if layer[4]:
                found |= cover
        return found

    def _cut(self, number: int) -> Cut | None:
        fields, positions, under, _, _ = self._layers[number]
        hidden = np.zeros(grids().count, bool)
        for later in range(number + 1, len(self._layers)):
            if self._layers[later][4]:
                hidden |= self._covers[later]
        cloth = cut(self.bust, positions, under, fields, ~hidden)
        return cloth if len(cloth.faces) else None

    def border(self, number: int, field: int) -> list[tuple[Array, Array]]:
        """Return the lines along which a field cut a garment, with outward directions."""
        fields, positions, under, _, _ = self._layers[number]
        return border_lines(cut(self.bust, positions, under, fields, None), field)

    def frill(
        self,
        number: int,
        field: int,
        colour: Rgb,
        width: float,
        *,
        trim: Rgb | None = None,
        lift: float = 0.35,
        length: float = 0.018,
        wave: float = 0.0045,
    ) -> None:
        """Gather a strip along a garment's border."""
        lines = () if trim is None else ((0.80, 0.88, trim),)
        surface = cloth_surface("Frill", strip_texture(colour, lines, (0.45, 0.10), 0, 14), colour)
        for line, out in self.border(number, field):
            self.add([ruffle(self.fit, line, out, surface, width, wave, length, lift)])

    def add(self, pieces: Sequence[Piece]) -> None:
        """Put on parts that are built."""
        self.pieces += pieces

    def add_leaf(self, pieces: Sequence[Piece]) -> None:
        """Put on turned-down collars, whose leaves lie over all that is worn in the end."""
        self._leaves += range(len(self.pieces), len(self.pieces) + len(pieces))
        self.pieces += pieces

    def finished(self) -> list[Piece]:
        """Return all that is worn."""
        for number in self._leaves:
            leaf = self.pieces[number]
            # Rows run from the neck over the fold to the border and in again.
            gap = np.interp(leaf.uvs[:, 1], [0.2, 0.4, 0.92, 1.0], [-1.0, 0.0018, 0.0022, 0.0005])
            self.pieces[number] = replace(leaf, positions=self.fit.off_cloth(leaf.positions, gap))
        sewn_on = []
        for number, layer in enumerate(self._layers):
            cloth = self._cut(number)
            if cloth is not None:
                sewn_on.append(sewn(cloth, self.bust, layer[3]))
        return [*sewn_on, *self.pieces]
