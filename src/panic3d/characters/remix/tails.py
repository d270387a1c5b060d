"""Ponytails and twin tails brought to the head, where a slit of sky would part them from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from panic3d.characters.remix.parts import Part

Doubles = NDArray[np.float64]
Flags = NDArray[np.bool_]

_BIN_M = 0.008
_OVERLAP_M = 0.007
_FREE_M, _CLOSE_M = 0.02, 0.07
"""Heights below which tails hang as they like, and above which they touch."""
_LARGEST_M = 0.06


def drawn_in(parts: Sequence[Part], tails: Sequence[Flags]) -> list[Part]:
    """Move tails sideways towards the other hair, each height by what it lacks.

    Args:
        parts: of a hairstyle on a head, in its final form.
        tails: for each part which of its locks are of tails.
    """
    if not any(flags.any() for flags in tails):
        return list(parts)
    members = [_members(part, flags) for part, flags in zip(parts, tails, strict=True)]
    hair = [k for k, part in enumerate(parts) if part.role == "hair"]
    tail = np.concatenate([parts[k].positions[members[k]] for k in hair])
    body = np.concatenate([parts[k].positions[~members[k]] for k in hair])
    places = [part.positions.copy() for part in parts]
    for side in (-1.0, 1.0):
        own = tail[side * tail[:, 0] > 0]
        if len(own) < 40:
            continue
        heights, shift = _shift(own, body, side)
        for k in hair:
            rows = members[k] & (side * parts[k].positions[:, 0] > 0)
            places[k][rows, 0] -= side * np.interp(places[k][rows, 1], heights, shift)
    return [replace(part, positions=p) for part, p in zip(parts, places, strict=True)]


def _members(part: Part, tails: Flags) -> Flags:
    found = np.zeros(len(part.positions), bool)
    if part.role == "hair" and part.strands is not None and len(tails):
        found[part.faces[tails[part.strands]]] = True
    return found


def _shift(tail: Doubles, body: Doubles, side: float) -> tuple[Doubles, Doubles]:
    """Return heights and how far a tail is to be moved inwards there."""
    count = int(np.ceil((tail[:, 1].max() - _FREE_M) / _BIN_M)) + 1
    heights = _FREE_M + _BIN_M * (np.arange(max(count, 2)) + 0.5)
    near = np.abs(body[:, 2] - np.median(tail[:, 2])) < 0.06
    body = body[near & (side * body[:, 0] > 0)]
    inner = np.full(len(heights), np.inf)
    outer = np.zeros(len(heights))
    for points, field, gather in ((tail, inner, np.minimum), (body, outer, np.maximum)):
        row = np.floor((points[:, 1] - _FREE_M) / _BIN_M).astype(np.int64)
        held = (row >= 0) & (row < len(heights))
        gather.at(field, row[held], side * points[held, 0])
    # Rows of vertices lie a little apart: no height may go without.
    outer = maximum_filter1d(outer, 3)
    known = np.isfinite(inner)
    inner = -maximum_filter1d(np.where(known, -inner, -1e3), 3)
    lack = np.where(inner < 1e2, inner - outer + _OVERLAP_M, 0.0)
    lack[outer <= 0] = 0.0
    shift = gaussian_filter1d(np.clip(lack, 0.0, _LARGEST_M), 2.0, mode="nearest")
    shift *= np.clip((heights - _FREE_M) / (_CLOSE_M - _FREE_M), 0.0, 1.0)
    return heights, shift
