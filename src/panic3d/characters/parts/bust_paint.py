"""Painting on the bust's grids: textures addressed by where they lie on the usual body."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

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
    sheet_rows_px,
    usual_bust,
)

Map = NDArray[np.float32]
"""(384, 384), one number a texel."""

_ARM_TOP = 300


@dataclass(frozen=True, eq=False)
class Places:
    """Where points lie on the usual body, arms stretched out. Sleeves share the left one's."""

    x: Map
    y: Map
    z: Map
    front: NDArray[np.bool_]
    arm: NDArray[np.bool_]

    @property
    def across(self) -> Map:
        """Distance from the middle plane."""
        found: Map = np.abs(self.x)
        return found


def _between(rows_px: NDArray[np.float64], texels: NDArray[np.float64]) -> Map:
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


def spread(values: NDArray[np.float64]) -> Map:
    """Return one number a vertex of the grids, (v,), as a map."""
    net = grids()
    rows, columns, ring, along = _matrices()
    found = np.empty((ATLAS, ATLAS), np.float32)
    inner = np.clip(np.arange(2 * COLUMNS + 1), COLUMNS - NECK_COLUMNS, COLUMNS + NECK_COLUMNS)
    for k, sheet in enumerate((net.front, net.back)):
        filled = sheet.copy()
        filled[:NECK_ROWS] = sheet[:NECK_ROWS, inner]
        grid = values[filled].astype(np.float32)
        half = slice(k * ATLAS // 2, (k + 1) * ATLAS // 2)
        found[:_ARM_TOP, half] = rows @ grid @ columns.T
    found[_ARM_TOP:] = ring @ values[net.left].astype(np.float32) @ along.T
    return found


@cache
def texel_places() -> Places:
    """Return where all texels lie."""
    positions = usual_bust().positions
    x, y, z = (spread(positions[:, k]) for k in range(3))
    front = np.zeros((ATLAS, ATLAS), bool)
    front[:_ARM_TOP, : ATLAS // 2] = True
    front[_ARM_TOP : (_ARM_TOP + ATLAS) // 2] = True
    arm = np.zeros((ATLAS, ATLAS), bool)
    arm[_ARM_TOP:] = True
    return Places(x, y, z, front, arm)


@cache
def vertex_places() -> Places:
    """Return where all vertices lie."""
    net, positions = grids(), usual_bust().positions.astype(np.float32)
    front, arm = np.zeros(net.count, bool), np.zeros(net.count, bool)
    front[net.front[net.front >= 0]] = True
    for sleeve in (net.left, net.right):
        arm[sleeve] = True
        front[sleeve[: ARM_ROWS // 2 + 1]] = True
    return Places(positions[:, 0], positions[:, 1], positions[:, 2], front, arm)


def soft(values: Map, start: float, end: float) -> Map:
    """Return a smooth step from 0 at `start` to 1 at `end`, which may be the lesser."""
    t = np.clip((values - start) / (end - start), 0.0, 1.0)
    found: Map = (t * t * (3 - 2 * t)).astype(np.float32)
    return found


def band(values: Map, start: float, end: float, blur: float = 0.0012) -> Map:
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
        self.pixels = np.empty((ATLAS, ATLAS, 3), np.float32)
        self.pixels[:] = colour

    def lay(self, mask: Map, colour: Rgb) -> None:
        """Cover with a colour where the mask is 1."""
        there = np.flatnonzero(mask > 0.004)
        flat = self.pixels.reshape(-1, 3)
        share = mask.reshape(-1)[there, None]
        flat[there] += share * (np.asarray(colour, np.float32) - flat[there])

    def darken(self, amount: Map, tint: Rgb = (0.62, 0.56, 0.70)) -> None:
        """Lay a shadow where the amount is 1."""
        share = np.clip(amount, 0.0, 1.0)[..., None]
        self.pixels *= 1 - share * (1 - np.asarray(tint, np.float32))

    def lighten(self, amount: Map, strength: float = 0.25) -> None:
        """Bring nearer to white."""
        share = (strength * np.clip(amount, 0.0, 1.0))[..., None].astype(np.float32)
        self.pixels += share * (1 - self.pixels)

    def texture(self) -> UInt8[np.ndarray, "h w 4"]:
        """Return what was painted."""
        found = np.full((ATLAS, ATLAS, 4), 255, np.uint8)
        found[..., :3] = np.clip(self.pixels * 255 + 0.5, 0, 255)
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
