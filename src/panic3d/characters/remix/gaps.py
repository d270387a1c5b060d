"""Slits in a model's fringe closed: the locks beside one are drawn together."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from panic3d.characters.remix.layout import fringe_of, locks_of
from panic3d.characters.remix.parts import HairParts, Part

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]

_STEP_M = 0.003
_WIDEST_M = 0.010
"""Wider gaps are meant."""
_LONGEST, _SHORTEST = 24, 5
"""Of a slit, in steps: shorter ones are but the points in which locks end."""
_BESIDE_M = 0.045
"""How far from the middle slits are looked for: farther out locks part at the temples."""
_OVER_M = 0.0008
_LEVEL_M = 0.008
"""Only a fringe cut in a line is closed; between pointed locks the forehead may show."""


@lru_cache(maxsize=64)
def without_slits(hair: HairParts) -> HairParts:
    """Return a hairstyle whose fringe has no slits through which the forehead shows."""
    if hair.skull is None:
        return hair
    parts = tuple(
        _closed(part) if part.role == "hair" and part.strands is not None else part
        for part in hair.parts
    )
    changed = any(new is not old for new, old in zip(parts, hair.parts, strict=True))
    return replace(hair, parts=parts) if changed else hair


def _closed(part: Part) -> Part:
    assert part.strands is not None
    known = locks_of(part)
    fringe = fringe_of(part, known)
    near = fringe & (np.abs(known.tip[:, 0]) < _BESIDE_M)
    if near.sum() < 3 or np.ptp(np.quantile(known.low[near], [0.1, 0.9])) > _LEVEL_M:
        return part
    end = float(np.median(known.low[near]))
    chosen = (part.positions[part.faces, 2] > 0.03).all(1)
    faces, strand = part.faces[chosen], part.strands[chosen]
    levels: Doubles = end + _STEP_M * np.arange(_LONGEST, dtype=np.float64)
    slits = [_slits(part.positions, faces, strand, level) for level in levels]
    lock = np.zeros(len(part.positions), np.int64)
    lock[part.faces] = part.strands[:, None]
    place = part.positions.copy()
    for chain in _chains(slits):
        heights = levels[[k for k, _ in chain]]
        for side in (0, 1):  # the lock at the slit's left, then that at its right
            edges = np.array([slit[side] for _, slit in chain])
            aim = np.array([(slit[0] + slit[1]) / 2 for _, slit in chain])
            owners = {int(slit[2 + side]) for _, slit in chain}
            for owner in sorted(owners):
                rows = np.flatnonzero((lock == owner) & fringe[owner])
                if len(rows):
                    place[rows, 0] += _drawn(place[rows], heights, edges, aim, 1 - 2 * side)
    return replace(part, positions=place) if (place != part.positions).any() else part


def _drawn(points: Doubles, heights: Doubles, edges: Doubles, aim: Doubles, sign: int) -> Doubles:
    """Return how far points of a lock move so that its edge comes to the middle of a slit."""
    y = points[:, 1]
    edge = np.interp(y, heights, edges)
    move = np.interp(y, heights, aim) - edge + sign * _OVER_M
    # Above the slit it comes to an end; below, the tips hang as they are moved there.
    move = move * np.clip(1 - (y - heights[-1]) / 0.02, 0.0, 1.0)
    width = max(float(np.ptp(points[:, 0])), 0.008)
    share = np.clip(1 - sign * (edge - points[:, 0]) / (0.9 * width), 0.0, 1.0)
    found: Doubles = move * share
    return found


Slit = tuple[float, float, int, int]
"""Left and right end, and the lock at each."""


def _slits(points: Doubles, faces: NDArray[np.int32], strand: Ints, level: float) -> list[Slit]:
    """Return the gaps of the fringe at a height."""
    corner = points[faces]
    above = corner[..., 1] > level
    cut = np.flatnonzero(above.any(1) & ~above.all(1))
    corner = corner[cut]
    low, high = np.full(len(cut), np.inf), np.full(len(cut), -np.inf)
    for a, b in ((0, 1), (1, 2), (2, 0)):
        one, other = corner[:, a], corner[:, b]
        across = (one[:, 1] > level) != (other[:, 1] > level)
        rise = np.where(across, other[:, 1] - one[:, 1], 1.0)
        x = one[:, 0] + (level - one[:, 1]) / rise * (other[:, 0] - one[:, 0])
        low = np.where(across, np.minimum(low, x), low)
        high = np.where(across, np.maximum(high, x), high)
    order = np.argsort(low, kind="stable")
    found: list[Slit] = []
    reach, owner = -np.inf, -1
    for k in order:
        gap = low[k] - reach
        if 0.0004 < gap < _WIDEST_M and abs(low[k]) < _BESIDE_M:
            found.append((float(reach), float(low[k]), owner, int(strand[cut[k]])))
        if high[k] > reach:
            reach, owner = float(high[k]), int(strand[cut[k]])
    return found


def _chains(slits: list[list[Slit]]) -> list[list[tuple[int, Slit]]]:
    """Return slits that go on from height to height, those that are long enough."""
    open_chains: list[list[tuple[int, Slit]]] = []
    done: list[list[tuple[int, Slit]]] = []
    for k, row in enumerate(slits):
        left = list(row)
        going = []
        for chain in open_chains:
            last = chain[-1][1]
            match = next((s for s in left if s[0] < last[1] and s[1] > last[0]), None)
            if match is None:
                done.append(chain)
            else:
                left.remove(match)
                going.append([*chain, (k, match)])
        open_chains = [*going, *([(k, slit)] for slit in left)]
    # What does not end above is a parting.
    return [chain for chain in done if len(chain) >= _SHORTEST]
