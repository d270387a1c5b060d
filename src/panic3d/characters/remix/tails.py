"""Ponytails and twin tails brought to the head, where a slit of sky would part them from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from panic3d.characters.remix.parts import Part

Doubles = NDArray[np.float64]
Flags = NDArray[np.bool_]

_BIN_M = 0.005
_OVERLAP_M = 0.007
_ARCH_M = 0.07
_FREE_M, _CLOSE_M = 0.02, 0.07
"""Heights below which tails hang as they like, and above which they touch."""
_LARGEST_M = 0.03


def drawn_in(parts: Sequence[Part], tails: Sequence[Flags]) -> list[Part]:
    """Move tails sideways towards the other hair, and their arches down on it, by what they lack.

    Args:
        parts: of a hairstyle on a head, in its final form.
        tails: for each part which of its locks are of tails.
    """
    if not any(flags.any() for flags in tails):
        return list(parts)
    members = [_members(part, flags) for part, flags in zip(parts, tails, strict=True)]
    hair = [k for k, part in enumerate(parts) if part.role == "hair"]
    bundles = [
        _edges(parts[k], np.asarray(parts[k].strands) == lock)
        for k in hair
        for lock in np.flatnonzero(tails[k])
    ]
    body = np.concatenate([_edges(parts[k], ~_of_tails(parts[k], tails[k])) for k in hair])
    places = [part.positions.copy() for part in parts]
    for side in (-1.0, 1.0):
        own = [points for points in bundles if side * points[:, 0].mean() > 0]
        if not own:
            continue
        heights, shift = _shift(own, body, side)
        for k in hair:
            rows = members[k] & (side * parts[k].positions[:, 0] > 0)
            places[k][rows, 0] -= side * np.interp(places[k][rows, 1], heights, shift)
        for points in own:
            points[:, 0] -= side * np.interp(points[:, 1], heights, shift)
        columns, fall = _arch(np.concatenate(own), body, side)
        for k in hair:
            rows = members[k] & (side * parts[k].positions[:, 0] > 0)
            x, y = side * places[k][rows, 0], places[k][rows, 1]
            share = np.clip((y - 0.06) / 0.10, 0.0, 1.0)
            places[k][rows, 1] -= np.interp(x, columns, fall) * share
    return [replace(part, positions=p) for part, p in zip(parts, places, strict=True)]


def _members(part: Part, tails: Flags) -> Flags:
    found = np.zeros(len(part.positions), bool)
    found[part.faces[_of_tails(part, tails)]] = True
    return found


def _of_tails(part: Part, tails: Flags) -> Flags:
    """Return which faces are of tails."""
    if part.role != "hair" or part.strands is None:
        return np.zeros(len(part.faces), bool)
    found: Flags = tails[part.strands]
    return found


def _edges(part: Part, chosen: Flags) -> Doubles:
    """Return points along all edges of chosen faces, close enough to leave no gaps."""
    corners = part.positions[part.faces[chosen]]
    share = np.linspace(0.0, 1.0, 5, endpoint=False)[:, None, None, None]
    found: Doubles = (corners * (1 - share) + np.roll(corners, 1, axis=1) * share).reshape(-1, 3)
    return found


def _shift(tail: Sequence[Doubles], body: Doubles, side: float) -> tuple[Doubles, Doubles]:
    """Return heights and how far a tail is to be moved inwards there."""
    top = max(float(points[:, 1].max()) for points in tail)
    count = int(np.ceil((top - _FREE_M) / _BIN_M)) + 1
    heights = _FREE_M + _BIN_M * (np.arange(max(count, 2), dtype=np.float64) + 0.5)
    near = np.abs(body[:, 2] - np.median(np.concatenate(tail)[:, 2])) < 0.06
    body = body[near & (side * body[:, 0] > 0)]
    nearest = np.full((len(tail), len(heights)), np.inf)
    outer = np.zeros(len(heights))
    fields = [*zip(tail, nearest, [np.minimum] * len(tail), strict=True), (body, outer, np.maximum)]
    for points, field, gather in fields:
        row = np.floor((points[:, 1] - _FREE_M) / _BIN_M).astype(np.int64)
        held = (row >= 0) & (row < len(heights))
        gather.at(field, row[held], side * points[held, 0])
    # The innermost locks may part from the others: some go below the hair.
    inner = np.sort(nearest, axis=0)[len(tail) // 8]
    known = np.isfinite(inner) & (outer > 0)
    lack = np.where(known, np.where(known, inner, 0.0) - outer + _OVERLAP_M, 0.0)
    # Tails rise from their roots first: up there their inner side is not what lies nearest.
    rooted = np.clip((top - 0.005 - heights) / _ARCH_M, 0.0, 1.0)
    shift: Doubles = gaussian_filter1d(np.clip(lack, 0.0, _LARGEST_M), 8.0, mode="nearest")
    shift *= np.clip((heights - _FREE_M) / (_CLOSE_M - _FREE_M), 0.0, 1.0) * rooted
    return heights, shift


def _arch(tail: Doubles, body: Doubles, side: float) -> tuple[Doubles, Doubles]:
    """Return distances from the middle and how far a tail's arch is to be lowered there."""
    columns = _BIN_M * (np.arange(30, dtype=np.float64) + 0.5)
    near = np.abs(body[:, 2] - np.median(tail[:, 2])) < 0.04
    under, over = np.full(len(columns), np.inf), np.full(len(columns), -np.inf)
    for points, field, gather in ((tail, under, np.minimum), (body[near], over, np.maximum)):
        row = np.floor(side * points[:, 0] / _BIN_M).astype(np.int64)
        held = (row >= 0) & (row < len(columns))
        gather.at(field, row[held], points[held, 1])
    known = np.isfinite(under) & np.isfinite(over) & (over > _CLOSE_M)
    lack = np.zeros(len(columns))
    lack[known] = np.clip(under[known] - over[known] + _OVERLAP_M, 0.0, _LARGEST_M)
    return columns, gaussian_filter1d(lack, 2.0, mode="nearest")
