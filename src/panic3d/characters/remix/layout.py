"""Where a second colour lies on a hairstyle: whole locks, and heights that all layers share.

What runs over several locks must not begin anew on each of them: gradients go by height, so that
fringe, back, undercoat and scalp agree; streaks are whole locks of the fringe, from root to tip.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float64
from numpy.typing import NDArray

from panic3d.characters.remix.fit import fit_hair
from panic3d.characters.remix.parts import HairParts, Part
from panic3d.characters.remix.plan import ColourKind, HairColour
from panic3d.characters.remix.skull import Skull

Doubles = NDArray[np.float64]
Flags = NDArray[np.bool_]

_TAIL_OFF_M = 0.036
"""How far locks of a tail stand off the skull: farther than any that lie on the head."""
_LOWEST_M = -0.20
"""Where gradients end at the latest: pictures end there."""
_RAGGED = 0.05
"""How much earlier or later, as a share of the height, a lock's own gradient sets in."""
_NECK_Y_M = 0.03
"""Height of the nape: what hangs below it can show another colour inside."""


class Locks(NamedTuple):
    """What is known of each lock of a part, (n, ...)."""

    root: Doubles
    tip: Doubles
    middle: Doubles
    low: Doubles
    """Height of the lowest point."""
    size: NDArray[np.int64]
    """Faces."""


def locks_of(part: Part) -> Locks:
    """Measure the locks of a part, whose texture runs down from their roots."""
    assert part.strands is not None
    count = int(part.strands.max()) + 1
    lock = np.repeat(part.strands, 3)
    corner = part.positions[part.faces].reshape(-1, 3)
    along = part.uvs[part.faces].reshape(-1, 2)[:, 1]
    first, last = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(first, lock, along)
    np.maximum.at(last, lock, along)
    low = np.full(count, np.inf)
    np.minimum.at(low, lock, corner[:, 1])
    reach = 0.06 * (last - first)

    def mean(chosen: Flags) -> Doubles:
        weight = chosen.astype(np.float64)
        total = np.maximum(np.bincount(lock, weight, count), 1e-9)
        return np.stack(
            [np.bincount(lock, weight * corner[:, k], count) / total for k in range(3)], -1
        )

    return Locks(
        root=mean(along <= (first + reach)[lock]),
        tip=mean(along >= (last - reach)[lock]),
        middle=mean(np.ones(len(lock), bool)),
        low=low,
        size=np.bincount(part.strands, minlength=count),
    )


def tails_of(part: Part, skull: Skull) -> Bool[np.ndarray, " n"]:
    """Return which locks belong to ponytails and twin tails: gathered, standing off the head."""
    assert part.strands is not None
    count = int(part.strands.max()) + 1
    lock = np.zeros(len(part.positions), np.int64)
    lock[part.faces] = part.strands[:, None]
    away = part.positions - skull.centre
    radius = np.maximum(np.linalg.norm(away, axis=1), 1e-9)
    over = radius - skull.at(away / radius[:, None])
    beside = part.positions[:, 1] > 0.0
    found = np.zeros(count, bool)
    known = locks_of(part)
    falls = known.root[:, 1] - known.tip[:, 1] > 0.08
    for k in np.flatnonzero(falls):
        own = over[beside & (lock == k)]
        found[k] = len(own) > 0 and float(np.median(own)) > _TAIL_OFF_M
    return found


@lru_cache(maxsize=64)
def style_tails(hair: HairParts, skull: Skull) -> tuple[Flags, ...]:
    """Return for each part of a hairstyle which of its locks are of tails.

    Args:
        hair: as it was taken apart.
        skull: of any head: where hair without a head belongs.
    """
    return tuple(
        tails_of(part, skull)
        if part.role == "hair" and part.strands is not None
        else np.zeros(0 if part.strands is None else int(part.strands.max()) + 1, bool)
        for part in fit_hair(hair, hair.skull or skull)
    )


_AT_ROOT_M, _KNOT_M = 0.012, 0.12
"""How near to the roots of a tail what ties it comes, and how far it goes from there."""


@lru_cache(maxsize=64)
def style_ties(hair: HairParts, skull: Skull) -> tuple[Flags, ...]:
    """Return for each part of a hairstyle which of its faces tie a tail: knots, not streamers.

    Args:
        hair: as it was taken apart.
        skull: of any head: where hair without a head belongs.
    """
    placed = fit_hair(hair, hair.skull or skull)
    tails = style_tails(hair, skull)
    roots = np.concatenate(
        [np.zeros((0, 3))]
        + [
            locks_of(part).root[of_tail]
            for part, of_tail in zip(placed, tails, strict=True)
            if of_tail.any()
        ]
    )
    sides = [roots[side * roots[:, 0] > 0] for side in (1, -1)]
    found = []
    for part in placed:
        ties = np.zeros(len(part.faces), bool)
        if part.role == "ornament" and part.strands is not None and not part.ear:
            for root in (np.median(side, axis=0) for side in sides if len(side)):
                off = np.linalg.norm(part.positions - root, axis=1)[part.faces]
                for k in range(int(part.strands.max()) + 1):
                    own = part.strands == k
                    ties |= own & (off[own].min() < _AT_ROOT_M) & (off[own].max() < _KNOT_M)
        found.append(ties)
    return tuple(found)


@lru_cache(maxsize=64)
def clean_kinds(hair: HairParts, skull: Skull) -> frozenset[ColourKind]:
    """Return in which ways a hairstyle can be coloured without a flaw."""
    parts = [
        part
        for part in fit_hair(hair, hair.skull or skull)
        if part.role == "hair" and part.strands is not None
    ]
    found: set[ColourKind] = {"plain", "gradient", "own"}
    if _across(parts) < 0.04:
        found.add("split")
    if any(fringe_of(part, locks_of(part)).any() for part in parts):
        found.add("streaks")
    tails = style_tails(hair, skull)
    # Tails show their insides from all sides; short hair shows slivers of them only.
    hanging = sum(
        int(((_centres(part)[:, 1] < _NECK_Y_M) & ~tail[part.strands]).sum())
        for part, tail in zip(parts, (tail for tail in tails if len(tail)), strict=False)
    )
    if hanging > 0.15 * sum(len(part.faces) for part in parts):
        found.add("inner")
    return frozenset(found)


def _across(parts: Sequence[Part]) -> float:
    """Return the share of faces on one side of the head whose lock is on the other."""
    wrong = []
    for part in parts:
        side = locks_of(part).middle[part.strands, 0]
        x = _centres(part)[:, 0]
        wrong.append((np.abs(x) > 0.015) & (x * side < 0))
    return float(np.concatenate(wrong).mean())


def _centres(part: Part) -> Doubles:
    found: Doubles = part.positions[part.faces].mean(1)
    return found


# Gradients


class Fall(NamedTuple):
    """Heights between which a gradient of a whole hairstyle runs, metres."""

    top: float
    low: float

    def of_part(self, part: Part, place: Doubles) -> Doubles:
        """Return the share at each vertex of a part that lies at a place: no lock as the next."""
        share = self.share(place)
        if part.strands is not None:
            count = int(part.strands.max()) + 1
            offset = np.random.Generator(np.random.PCG64(count)).uniform(-1, 1, count)
            lock = np.zeros(len(place), np.int64)
            lock[part.faces] = part.strands[:, None]
            share = np.clip(share + _RAGGED * offset[lock] * np.minimum(4 * share, 1.0), 0.0, 1.0)
        return share

    def share(self, points: Float64[np.ndarray, "*n 3"]) -> Doubles:
        """Return 0 at the top to 1 at the lowest ends."""
        found: Doubles = np.clip((self.top - points[..., 1]) / (self.top - self.low), 0.0, 1.0)
        return found


def fall_of(points: Sequence[Doubles]) -> Fall:
    """Measure hair where it lies at last, in the head frame, metres."""
    heights = np.concatenate([place[:, 1] for place in points])
    top, low = np.quantile(heights, [0.985, 0.01])
    return Fall(float(top), float(min(max(low, _LOWEST_M), top - 0.12)))


# Locks


def chosen_faces(
    part: Part, colour: HairColour, tails: Flags | None = None
) -> Bool[np.ndarray, " f"] | None:
    """Return which faces have the second colour; None: none of them.

    Args:
        part: of a hairstyle, on a head.
        colour: how colours are laid out.
        tails: which locks are of tails.
    """
    if part.strands is None or colour.kind in ("plain", "gradient", "own"):
        return None
    known = locks_of(part)
    none = np.zeros(len(known.size), bool)
    tails = none if tails is None else tails
    if colour.kind == "inner":
        return _inward(part, tails | (known.middle[:, 2] > 0.055))
    if colour.kind == "split":
        return (known.middle[:, 0] > 0)[part.strands]
    return _streaks(known, fringe_of(part, known) & ~tails, colour)[part.strands]


def fringe_of(part: Part, known: Locks) -> Flags:
    """Return locks that fall freely over forehead and temples, seen from root to tip."""
    large = known.size >= 0.5 * np.median(known.size)
    falls = known.root[:, 1] - known.tip[:, 1] > 0.05
    front = (known.middle[:, 2] > 0.045) & (known.tip[:, 2] > 0.035)
    found: Flags = large & falls & front & (known.root[:, 1] > 0.15)
    return found


def _streaks(known: Locks, free: Flags, colour: HairColour) -> Flags:
    """Choose one place of the fringe, or the same on both sides, and all locks that lie there."""
    chosen = np.zeros(len(free), bool)
    rows = np.flatnonzero(free)
    if not len(rows):
        return chosen
    rng = np.random.Generator(np.random.PCG64(colour.seed))
    sides = ((1.0, -1.0), (1.0,), (-1.0,))[int(rng.integers(3))]
    out = float(rng.uniform(0.2, 1.0)) * float(np.abs(known.tip[rows, 0]).max())
    width = 0.006 + 0.02 * colour.share
    for side in sides:
        off = np.abs(known.tip[rows, 0] - side * out) + 0.5 * np.abs(
            known.middle[rows, 0] - side * out
        )
        chosen[rows[off <= off.min() + width]] = True
    return chosen


def _inward(part: Part, left: Flags) -> Bool[np.ndarray, " f"]:
    """Return the faces of hanging locks that look towards head and neck, but of those left out."""
    assert part.strands is not None
    corners = part.positions[part.faces]
    facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    middle = corners.mean(1)
    outward = middle - [0.0, 0.0, -0.005]
    outward[:, 1] = np.maximum(outward[:, 1] - 0.11, 0.0)
    length = np.linalg.norm(facing, axis=1) * np.linalg.norm(outward, axis=1)
    # Not the rims of locks, which are seen from outside too.
    side = (facing * outward).sum(1) / np.maximum(length, 1e-12)
    found: Bool[np.ndarray, " f"] = (side < -0.3) & (middle[:, 1] < 0.12) & ~left[part.strands]
    return found
