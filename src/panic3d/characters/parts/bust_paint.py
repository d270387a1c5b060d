"""Painting on the bust's grids: textures addressed by where they lie on the usual body."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from jaxtyping import UInt8
from numpy.typing import NDArray

from panic3d.characters.colour import Rgb
from panic3d.characters.parts.bust_mesh import (
    ARM_COLUMNS,
    ARM_ROWS,
    ATLAS,
    COLUMNS,
    NECK_COLUMNS,
    NECK_ROWS,
    ROWS,
    Bust,
    arm_columns_px,
    arm_rows_px,
    grids,
    lowered,
    sheet_rows_px,
    usual_bust,
)

Map = NDArray[Any]
"""(384, 384), one number or truth a texel."""
Texels = NDArray[np.int64]
"""Numbers of texels, row by row."""

_ARM_TOP = 300


@dataclass(frozen=True, eq=False)
class Places:
    """Where points lie on the usual body, arms stretched out. Sleeves share the left one's."""

    x: Map
    y: Map
    z: Map
    low: Map
    """The height with the arms lowered by 60 degrees."""
    front: NDArray[np.bool_]
    arm: NDArray[np.bool_]

    @property
    def across(self) -> Map:
        """Distance from the middle plane."""
        found: Map = np.abs(self.x)
        return found


def _between(rows_px: Map, texels: Map) -> Map:
    """Return the matrix (texels, rows) that interpolates rows at texels."""
    at = np.clip(np.interp(texels, rows_px, np.arange(len(rows_px))), 0, len(rows_px) - 1 - 1e-9)
    low = at.astype(int)
    matrix = np.zeros((len(texels), len(rows_px)), np.float32)
    matrix[np.arange(len(texels)), low] = 1 - (at - low)
    matrix[np.arange(len(texels)), low + 1] = at - low
    return matrix


@cache
def _matrices() -> tuple[Map, Map, Map, Map]:
    texels = np.arange(ATLAS) + 0.5
    columns = 1.0 + (ATLAS / 2 - 2.0) * np.linspace(0, 1, 2 * COLUMNS + 1)
    return (
        _between(sheet_rows_px(), texels[:_ARM_TOP]),
        _between(columns, texels[: ATLAS // 2]),
        _between(arm_rows_px(), texels[_ARM_TOP:]),
        _between(arm_columns_px(), texels),
    )


@cache
def _filled() -> tuple[NDArray[np.int32], ...]:
    """Return front and back with vertices beside the neck too: the nearest of neck or shoulder."""
    net = grids()
    columns = np.arange(2 * COLUMNS + 1)
    inner = np.clip(columns, COLUMNS - NECK_COLUMNS, COLUMNS + NECK_COLUMNS)
    beside = np.abs(columns - inner)[None]
    above = NECK_ROWS - np.arange(NECK_ROWS)[:, None]
    found = []
    for sheet in (net.front, net.back):
        filled = sheet.copy()
        filled[:NECK_ROWS] = np.where(
            beside > above, sheet[NECK_ROWS][None], sheet[:NECK_ROWS, inner]
        )
        found.append(filled)
    return tuple(found)


def spread(values: NDArray[np.float64]) -> Map:
    """Return one number a vertex of the grids, (v,), as a map."""
    net = grids()
    rows, columns, ring, along = _matrices()
    found = np.empty((ATLAS, ATLAS), np.float32)
    for k, filled in enumerate(_filled()):
        grid = values[filled].astype(np.float32)
        half = slice(k * ATLAS // 2, (k + 1) * ATLAS // 2)
        found[:_ARM_TOP, half] = rows @ grid @ columns.T
    found[_ARM_TOP:] = ring @ values[net.left].astype(np.float32) @ along.T
    return found


@cache
def texel_places() -> Places:
    """Return where all texels lie."""
    bust = usual_bust()
    x, y, z = (spread(bust.positions[:, k]) for k in range(3))
    low = spread(lowered(bust, bust.positions)[:, 1])
    front = np.zeros((ATLAS, ATLAS), bool)
    front[:_ARM_TOP, : ATLAS // 2] = True
    front[_ARM_TOP : (_ARM_TOP + ATLAS) // 2] = True
    arm = np.zeros((ATLAS, ATLAS), bool)
    arm[_ARM_TOP:] = True
    return Places(x, y, z, low, front, arm)


@cache
def vertex_places() -> Places:
    """Return where all vertices lie."""
    net, bust = grids(), usual_bust()
    positions = bust.positions.astype(np.float32)
    low = lowered(bust, bust.positions)[:, 1].astype(np.float32)
    front, arm = np.zeros(net.count, bool), np.zeros(net.count, bool)
    front[net.front[net.front >= 0]] = True
    for sleeve in (net.left, net.right):
        arm[sleeve] = True
        front[sleeve[: ARM_ROWS // 2 + 1]] = True
    return Places(positions[:, 0], positions[:, 1], positions[:, 2], low, front, arm)


def soft(values: Map, start: float | Map, end: float | Map) -> Map:
    """Return a smooth step from 0 at `start` to 1 at `end`, which may be the lesser."""
    t = np.clip((values - start) / (end - start), 0.0, 1.0)
    found: Map = (t * t * (3 - 2 * t)).astype(np.float32)
    return found


def band(values: Map, start: float | Map, end: float | Map, blur: float = 0.0012) -> Map:
    """Return 1 between two values, 0 outside, with soft borders."""
    return soft(values, start - blur / 2, start + blur / 2) * soft(
        values, end + blur / 2, end - blur / 2
    )


def darkness(bust: Bust) -> NDArray[np.float64]:
    """Return how much in the dark each vertex is, 0 to 1: looking down or aside, or in a hollow."""
    normals = bust.normals
    lit = 0.52 * normals[:, 1] + 0.60 * np.abs(normals[:, 2]) + 0.32 * (normals[:, 2] > 0)
    lit = np.where(normals[:, 2] > 0, lit, lit + 0.32 * (1 + np.minimum(normals[:, 2] * 4, 0) / 4))
    reach = 0.028
    hollow = 1 - np.clip(bust.form.distance(bust.positions + reach * normals) / reach, 0.0, 1.0)
    form = np.clip(0.95 - lit, 0.0, 1.2) / 1.2
    found: NDArray[np.float64] = np.clip(0.62 * form + 0.75 * hollow, 0.0, 1.0)
    return found


class Canvas:
    """A texture of the grids while it is painted."""

    def __init__(self, colour: Rgb) -> None:
        """Start with one colour."""
        self.places = texel_places()
        # Channels apart: what is laid on a whole picture is a few times faster so.
        self.planes = np.empty((3, ATLAS, ATLAS), np.float32)
        self.planes[:] = np.asarray(colour, np.float32)[:, None, None]

    def lay(self, mask: Map, colour: Rgb) -> None:
        """Cover with a colour where the mask is 1."""
        there = np.flatnonzero(mask > 0.004)
        self.lay_at(there, mask.reshape(-1)[there], colour)

    def lay_at(self, there: Texels, share: Map, colour: Rgb) -> None:
        """Cover some texels."""
        for plane, value in zip(self.planes.reshape(3, -1), colour, strict=True):
            here = plane[there]
            plane[there] = here + share * (np.float32(value) - here)

    def darken(self, amount: Map, tint: Rgb = (0.62, 0.56, 0.70)) -> None:
        """Lay a shadow where the amount is 1."""
        share = np.clip(amount, 0.0, 1.0).astype(np.float32)
        for plane, value in zip(self.planes, tint, strict=True):
            plane *= 1 - np.float32(1 - value) * share

    def lighten(self, amount: Map, strength: float = 0.25) -> None:
        """Bring nearer to white."""
        share = np.float32(strength) * np.clip(amount, 0.0, 1.0).astype(np.float32)
        for plane in self.planes:
            plane += share * (1 - plane)

    def near(self, x: float, y: float, reach: float) -> Texels:
        """Return the texels of the torso's front within a square about a point."""
        p = self.places
        rows = slice(0, _ARM_TOP)
        columns = slice(0, ATLAS // 2)
        close = (np.abs(p.x[rows, columns] - x) < reach) & (np.abs(p.y[rows, columns] - y) < reach)
        row, column = np.nonzero(close)
        found: Texels = row * ATLAS + column
        return found

    def texture(self) -> UInt8[np.ndarray, "h w 4"]:
        """Return what was painted."""
        found = np.full((ATLAS, ATLAS, 4), 255, np.uint8)
        for k, plane in enumerate(self.planes):
            found[..., k] = np.clip(plane * 255 + 0.5, 0, 255)
        return found


def sleeve_end(column: float) -> float:
    """Return the distance from the middle plane at a share of the arm's length."""
    x = usual_bust().positions[grids().left[ARM_ROWS // 4], 0]
    return float(np.interp(column * ARM_COLUMNS, np.arange(ARM_COLUMNS + 1), x))


def ridge_y(across: float) -> float:
    """Return the height of the shoulder's ridge at a distance from the middle plane."""
    ridge = usual_bust().positions[grids().front[NECK_ROWS, COLUMNS + NECK_COLUMNS :]]
    return float(np.interp(across, ridge[:, 0], ridge[:, 1]))


assert ROWS + 1 == len(sheet_rows_px())
