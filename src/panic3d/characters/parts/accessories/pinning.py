"""Pinning things to the hair: where they sit, how they are turned, which colours they take."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from panic3d.characters.colour import Rgb
from panic3d.characters.palette import Palette
from panic3d.characters.parts.accessories.kind import Fit, Kind, Maker, Slot
from panic3d.characters.parts.accessories.paint import (
    BLACK,
    WHITE,
    Array,
    Real,
    seen_on,
)
from panic3d.characters.parts.accessories.scalp import Scalp
from panic3d.characters.parts.accessories.solids import (
    Frame,
    Sheet,
    assembled,
)
from panic3d.characters.piece import Piece, mirrored
from panic3d.characters.shape import HeadShape

Sheets = list[Sheet]


_SUNK_M = 0.0015
"""How far the foot of what is pinned sits in the hair."""
_ROOM_M = 0.055
"""What is pinned keeps so far from what is tied."""

OnFrame = Callable[[np.random.Generator, Scalp, Frame, Palette], Sheets]


def _side(rng: np.random.Generator) -> float:
    return 1.0 if rng.random() < 0.5 else -1.0


def trim_drawn(rng: np.random.Generator, palette: Palette) -> Rgb | None:
    """Choose the colour of a bow's edges, mostly none."""
    return (
        (WHITE, palette.cloth_second, palette.metal)[int(rng.integers(3))]
        if rng.random() < 0.35
        else None
    )


def ribbon_colour(rng: np.random.Generator, palette: Palette) -> Rgb:
    """The accent mostly; red, black, white, the clothes' or the eyes' colour otherwise."""
    choices = (palette.accent, (0.82, 0.16, 0.22), BLACK, WHITE, palette.cloth, palette.eye_left)
    chosen = choices[int(rng.choice(6, p=[0.42, 0.16, 0.12, 0.1, 0.1, 0.1]))]
    return seen_on(chosen, palette.hair)


def _crowded(scalp: Scalp, fit: Fit, azimuth_deg: Real, elevation_deg: Real) -> bool:
    """Say whether a tail, drill or bun is tied near a place."""
    place = scalp.at(azimuth_deg, elevation_deg)
    return any(
        float(np.linalg.norm(anchor.position - place)) - float(anchor.radius) < _ROOM_M
        for key, anchor in fit.anchors.items()
        if key.startswith(("tail", "drill", "bun"))
    )


def pinned(name: str, azimuth: Real, elevation: Real, make: OnFrame, roll: Real = 0.0) -> Maker:
    """Make something on one side of the head, rolled a little at random."""

    def maker(
        rng: np.random.Generator, shape: HeadShape, palette: Palette, fit: Fit
    ) -> list[Piece]:
        scalp = Scalp(shape, fit)
        side = _side(rng)
        out, high = azimuth + rng.uniform(-3, 3), elevation + rng.uniform(-3, 3)
        # On the side where no tail or bun is tied; with one on both, further ahead.
        if _crowded(scalp, fit, side * out, high):
            if not _crowded(scalp, fit, -side * out, high):
                side = -side
            else:
                out -= 15.0
        scalp = scalp.settled(side * out, high)
        place = scalp.frame(side * out, high, -_SUNK_M).rolled(side * -roll + rng.uniform(-6, 6))
        return [assembled(name, make(rng, scalp, place, palette))]

    return maker


def pinned_both(
    name: str, azimuth: Real, elevation: Real, make: OnFrame, roll: Real = 0.0
) -> Maker:
    """Make something on both sides."""

    def maker(
        rng: np.random.Generator, shape: HeadShape, palette: Palette, fit: Fit
    ) -> list[Piece]:
        scalp = Scalp(shape, fit)
        out = azimuth + rng.uniform(-2, 2)
        scalp = scalp.settled(out, elevation, both=True)
        place = scalp.frame(out, elevation, -_SUNK_M).rolled(-roll)
        left = assembled(name, make(rng, scalp, place, palette))
        return [left, mirrored(left)]

    return maker


def laid_on(scalp: Scalp, frame: Frame, grid: Array, lift: Real = 0.0) -> Array:
    """Return a flat grid of a frame bent onto the hair."""
    return scalp.wrapped(frame, grid, lift)


def clip_colour(rng: np.random.Generator, palette: Palette) -> Rgb:
    """Choose a hairclip's colour, one that is seen on the hair."""
    choices = (
        palette.accent,
        palette.metal,
        WHITE,
        (0.95, 0.80, 0.25),
        (0.85, 0.22, 0.30),
        (0.30, 0.55, 0.90),
        BLACK,
    )
    chosen = choices[int(rng.choice(7, p=[0.4, 0.12, 0.1, 0.12, 0.1, 0.1, 0.06]))]
    return seen_on(chosen, palette.hair)


def ornament_kind(
    name: str,
    slot: Slot,
    make: Maker,
    weight: Real,
    *tags: str,
    male: Real = 0.25,
    paired: bool = False,
) -> Kind:
    """Return a kind of hair ornament."""
    return Kind(name=name, slot=slot, tags=tags, weight=weight, make=make, male=male, paired=paired)
