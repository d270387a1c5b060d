"""Garments cut from the bust's grids: drape, cut along curves, give hems thickness."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int32
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from panic3d.characters.parts.bust_mesh import (
    ARM_COLUMNS,
    ATLAS,
    COLUMNS,
    NECK_ROWS,
    YOKE_ROWS,
    Bust,
    grid_normals,
    grids,
)
from panic3d.characters.piece import Piece, Surface

Array = NDArray[np.float64]
Numbers = NDArray[np.signedinteger[Any]]
Faces = Int32[np.ndarray, "_ 3"]

LINING_PX = (2, 2, 36, 60)
"""Texels (left, top, right, bottom) of the texture that no grid uses: the lining's."""
_LINING_UV = (
    np.array([(LINING_PX[0] + LINING_PX[2]) / 2, (LINING_PX[1] + LINING_PX[3]) / 2]) / ATLAS
)
_HEM_M = 0.0022


@dataclass(frozen=True, eq=False)
class Cut:
    """A garment's surface after cutting."""

    positions: Array
    base: Array
    """What lies under each vertex: skin or the garment below."""
    uvs: Array
    weights: Array
    extra: Array
    """(v, k): further numbers a vertex, as fields."""
    faces: Faces


def draped(
    bust: Bust, under: Array, gap: float, loose: float, sleeve: Array | None = None
) -> Array:
    """Return positions (v, 3) of cloth over what lies under it.

    Args:
        bust: the body.
        under: positions of its skin or of a garment on the same grids.
        gap: metres between the two.
        loose: 0 follows every form, 1 hangs straight from the chest.
        sleeve: metres by which a sleeve is wider, one number a column along the arm; 0 first.
    """
    net = grids()
    normals = grid_normals(under)
    found = under + gap * normals
    if loose > 0:
        for sheet, sign in ((net.front, 1.0), (net.back, -1.0)):
            rows = sheet[NECK_ROWS:]
            found[rows] = _hung(found[rows], sign, loose)
        _widen(found, loose)
    if sleeve is not None:
        for arm in (net.left, net.right):
            # The ring closes where its first and last rows meet.
            found[arm] += sleeve[None, :, None] * normals[arm]
    return found


def _hung(places: Array, sign: float, loose: float) -> Array:
    """Return a front's or back's (rows, columns, 3) with hollows bridged and falling straight."""
    depth = sign * places[..., 2]
    hung = depth.copy()
    for _ in range(24):
        hung[:, 1:-1] = np.maximum(depth[:, 1:-1], (hung[:, :-2] + hung[:, 2:]) / 2)
    slope = 0.75 * (1 - loose)
    for j in range(4, len(hung)):
        fall = np.abs(places[j - 1, :, 1] - places[j, :, 1])
        hung[j] = np.maximum(hung[j], hung[j - 1] - slope * fall)
    hung = gaussian_filter1d(hung, 0.8, axis=1, mode="nearest")
    across = np.abs(np.linspace(-1, 1, hung.shape[1]))
    down = np.clip((np.arange(len(hung)) - 2) / 3, 0, 1)
    share = (0.35 + 0.65 * loose) * (1 - across**4)[None] * down[:, None]
    moved = places.copy()
    moved[..., 2] = sign * (depth + share * np.maximum(hung - depth, 0.0))
    return moved


def _widen(places: Array, loose: float) -> None:
    """Let the sides fall straight below the armpits, in place."""
    net = grids()
    start = NECK_ROWS + YOKE_ROWS
    x, y = places[net.front[start:, -1], 0], places[net.front[start:, -1], 1]
    wide = x.copy()
    slope = 0.42 * (1 - loose)
    for j in range(1, len(wide)):
        wide[j] = max(wide[j], wide[j - 1] - slope * (y[j - 1] - y[j]))
    factor = 1 + (0.3 + 0.7 * loose) * (wide / x - 1)
    for sheet in (net.front, net.back):
        places[sheet[start:], 0] *= factor[:, None]


def cut(
    bust: Bust, positions: Array, base: Array, fields: list[Array], keep: NDArray[np.bool_] | None
) -> Cut:
    """Cut a garment along the zero lines of fields, one after the other.

    Args:
        bust: the body.
        positions: (v, 3) of the whole grids' cloth.
        base: (v, 3) of what lies under it.
        fields: (v,) each; cloth is where all are positive.
        keep: (v,) where False at all corners of a face, the face is hidden and left out.
    """
    net = grids()
    faces = net.faces if keep is None else net.faces[keep[net.faces].any(1)]
    table = np.concatenate([positions, base, net.uvs, bust.weights, np.stack(fields, -1)], 1)
    first = 8 + bust.weights.shape[1]
    for k in range(len(fields)):
        table, faces = _clipped(table, faces, first + k)
    used, faces_flat = np.unique(faces, return_inverse=True)
    table = table[used]
    faces = faces_flat.reshape(-1, 3).astype(np.int32)
    return Cut(
        table[:, :3], table[:, 3:6], table[:, 6:8], table[:, 8:first], table[:, first:], faces
    )


def _clipped(table: Array, faces: Faces, column: int) -> tuple[Array, Faces]:
    """Keep what has a positive number in a column; cut faces where it changes sign."""
    values = table[:, column]
    inside = values > 0
    count = inside[faces].sum(1)
    kept = [faces[count == 3]]
    crossed = faces[(count == 1) | (count == 2)]
    if len(crossed):
        within = inside[crossed]
        single = within.sum(1) == 1
        # Turn each triangle until the corner that is alone on its side comes first.
        lone = np.where(single, within.argmax(1), (~within).argmax(1))
        turned = np.take_along_axis(crossed, (lone[:, None] + np.arange(3)) % 3, 1)
        edges = np.stack([turned[:, [0, 1]], turned[:, [0, 2]]], 1).reshape(-1, 2)
        ordered = np.sort(edges, 1)
        unique, where = np.unique(ordered, axis=0, return_inverse=True)
        start, end = values[unique[:, 0]], values[unique[:, 1]]
        share = (start / (start - end))[:, None]
        made = table[unique[:, 0]] * (1 - share) + table[unique[:, 1]] * share
        number = (len(table) + where.reshape(-1, 2)).astype(np.int32)
        table = np.concatenate([table, made])
        a, p, q = turned[:, 0], number[:, 0], number[:, 1]
        one = np.stack([a, p, q], -1)[single]
        b, c = turned[:, 1], turned[:, 2]
        two = ~single
        kept += [one, np.stack([p, b, c], -1)[two], np.stack([p, c, q], -1)[two]]
    return table, np.concatenate(kept).astype(np.int32)


def borders(cloth: Cut) -> NDArray[np.int64]:
    """Return the edges (e, 2) that only one face has, in the direction in which it runs them."""
    faces = cloth.faces
    _, place = np.unique(np.round(cloth.positions, 6), axis=0, return_inverse=True)
    place = place.reshape(-1)
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    key = np.sort(place[edges], 1)
    _, where, count = np.unique(key, axis=0, return_inverse=True, return_counts=True)
    alone = (count[where.reshape(-1)] == 1) & (key[:, 0] != key[:, 1])
    found: NDArray[np.int64] = edges[alone].astype(np.int64)
    return found


def sewn(cloth: Cut, bust: Bust, surface: Surface, thick: float = _HEM_M) -> Piece:
    """Return a garment as a piece, its hems turned in and closed down to what is under it."""
    edges = borders(cloth)
    ends, where = np.unique(edges, return_inverse=True)
    where = where.reshape(-1, 2)
    n, m = len(cloth.positions), len(ends)
    outer, base = cloth.positions[ends], cloth.base[ends]
    down = base - outer
    depth = np.linalg.norm(down, axis=-1, keepdims=True)
    turned = outer + down * np.minimum(thick / np.maximum(depth, 1e-9), 1.0)
    below = outer + down * np.maximum(1 - 0.0004 / np.maximum(depth, 1e-9), 0.0)
    # Rows: the hem's outer edge once more, its inner edge, the lining from there to the body.
    positions = np.concatenate([cloth.positions, turned, turned, below])
    lining = np.broadcast_to(_LINING_UV, (2 * m, 2))
    uvs = np.concatenate([cloth.uvs, cloth.uvs[ends], lining])
    shares = np.concatenate([cloth.weights, *([cloth.weights[ends]] * 3)])
    a, b = edges[:, 0], edges[:, 1]
    i, j = where[:, 0], where[:, 1]
    walls = [
        _strip(a, b, n + i, n + j),
        _strip(n + m + i, n + m + j, n + 2 * m + i, n + 2 * m + j),
    ]
    faces = np.concatenate([cloth.faces, *walls]).astype(np.int32)
    return Piece(
        surface=surface,
        positions=positions,
        faces=faces,
        uvs=uvs,
        weights=_named(shares, bust.bones),
        group="Cloth",
    )


def _strip(a: Numbers, b: Numbers, a_in: Numbers, b_in: Numbers) -> Numbers:
    return np.concatenate([np.stack([b, a, a_in], -1), np.stack([b, a_in, b_in], -1)])


def _named(shares: Array, bones: tuple[str, ...]) -> dict[str, Array]:
    """Return the shares of bones that have any."""
    return {bone: shares[:, k] for k, bone in enumerate(bones) if shares[:, k].any()}


def sleeve_profile(kind: str, width: float = 1.0) -> Array:
    """Return how much wider than the arm a sleeve is at its columns, metres, 0 at the shoulder.

    Args:
        kind: "slim", "loose", "wide" (as a kimono's) or "puff".
        width: factor.
    """
    s = np.linspace(0, 1, ARM_COLUMNS + 1)
    if kind == "puff":
        shape = 0.026 * np.maximum(np.sin(np.pi * np.clip(s / 0.26, 0, 1)), 0.0) ** 0.9
    elif kind == "wide":
        shape = 0.006 * np.clip(s / 0.1, 0, 1) + 0.050 * s
    elif kind == "loose":
        shape = 0.0048 * np.clip(s / 0.12, 0, 1) + 0.004 * s
    else:
        shape = 0.0012 * np.clip(s / 0.1, 0, 1)
    return width * shape


assert 2 * COLUMNS + 1 == grids().front.shape[1]
