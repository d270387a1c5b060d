"""Hairstyles restyled: fringe, sides, back and tails of a model, each combed by itself.

There are few models whose hair may be learned from, and a network knows each by heart. So their
locks are combed anew: groups of them become longer or shorter, stand off, fall back and swing
aside, about their roots, and some of the fringe and of the sides are left out. The fringe of one
model, or its sides, may be worn with the rest of another.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64
from numpy.typing import NDArray

from panic3d.characters.remix.fit import cleared
from panic3d.characters.remix.layout import Locks, fringe_of, locks_of
from panic3d.characters.remix.parts import Part, part_of
from panic3d.characters.remix.plan import LockForm, Restyling
from panic3d.characters.remix.skull import Skull

Doubles = NDArray[np.float64]
Flags = NDArray[np.bool_]

GROUPS = ("fringe", "sides", "back", "tails")
_EASE_M = 0.02
"""Below its root a lock begins to be longer so slowly that it does not bend."""
_OWN = np.array([0.35, 0.35, 0.35, 0.08])
"""How much locks differ from their group: one standard deviation, a share. Tails stay gathered."""
_LONGEST_FRINGE = 1.15
"""Factor; longer ones would hide both eyes."""
_BORROWED = 0.35
"""Share of fringes, and of sides, that another model lends."""
_BEHIND_M = -0.01
"""Locks whose tips lie farther back are the back's."""


class Restyled(NamedTuple):
    """A part that was restyled."""

    part: Part
    tails: Flags
    """Which of the locks that are left are of tails."""


def draw_restyling(rng: np.random.Generator, lenders: Sequence[str] = ()) -> Restyling:
    """Choose how a hairstyle is combed.

    Args:
        rng: random numbers.
        lenders: models whose fringe and sides may be worn with it.
    """

    def lender() -> str | None:
        if not lenders or rng.random() >= _BORROWED:
            return None
        return lenders[int(rng.integers(len(lenders)))]

    def form(
        length: float, out_m: float, back_m: float, swing_deg: float, left_out: float
    ) -> LockForm:
        return LockForm(
            length=float(np.exp(rng.normal(0, length))),
            out_m=float(rng.normal(0.2, 1.0)) * out_m,
            back_m=float(rng.normal(0.2, 1.0)) * back_m,
            swing_deg=float(rng.normal(0, swing_deg)),
            left_out=float(max(rng.uniform(-left_out, left_out), 0.0)),
        )

    fringe = form(0.16, 0.006, 0.0, 7.0, 0.3)
    return Restyling(
        fringe=replace(fringe, length=min(fringe.length, _LONGEST_FRINGE)),
        sides=form(0.30, 0.012, 0.014, 6.0, 0.5),
        back=form(0.25, 0.015, 0.020, 4.0, 0.0),
        tails=form(0.30, 0.030, 0.035, 14.0, 0.0),
        fringe_from=lender(),
        sides_from=lender(),
        seed=int(rng.integers(2**31)),
    )


def lent(restyling: Restyling) -> dict[str, tuple[str, ...]]:
    """Return models that lend groups of locks, and which."""
    found: dict[str, tuple[str, ...]] = {}
    for group, name in (("fringe", restyling.fringe_from), ("sides", restyling.sides_from)):
        if name is not None:
            found[name] = (*found.get(name, ()), group)
    return found


def restyled(
    part: Part,
    tails: Flags,
    restyling: Restyling,
    skull: Skull,
    groups: Collection[str] = GROUPS,
) -> Restyled | None:
    """Comb the locks of a part of a hairstyle.

    Args:
        part: in its place on a head.
        tails: which of its locks are of tails.
        restyling: how.
        skull: of the head, into which nothing sinks.
        groups: of which locks are wanted.

    Returns:
        None: nothing is left of it.
    """
    if part.role != "hair" or part.strands is None:
        return Restyled(part, tails)
    known = locks_of(part)
    group = groups_of(part, known, tails)
    forms = [getattr(restyling, name) for name in GROUPS]
    rng = np.random.Generator(np.random.PCG64([restyling.seed, len(known.size)]))
    own = 1 + _OWN[group, None] * rng.standard_normal((len(group), 3)).clip(-2, 2)
    kept = rng.random(len(group)) >= np.array([form.left_out for form in forms])[group]
    wanted = np.array([name in groups for name in GROUPS])[group]
    if (kept & wanted).any():
        kept &= wanted
    elif wanted.any():
        kept = wanted  # all would be left out
    else:
        return None
    lock = np.zeros(len(part.positions), np.int64)
    lock[part.faces] = part.strands[:, None]
    moved = _combed(part.positions, lock, known, forms, group, own, skull)
    shown = kept[part.strands]
    # Locks of which no face is left have no number any more.
    left = np.unique(part.strands[shown])
    part = replace(part, positions=cleared(moved, skull))
    if shown.all():
        return Restyled(part, tails)
    return Restyled(part_of(part, shown), tails[left])


def groups_of(part: Part, known: Locks, tails: Flags) -> Int64[np.ndarray, " n"]:
    """Return the group of each lock, by its number in `GROUPS`."""
    found = np.where(known.tip[:, 2] < _BEHIND_M, 2, 1)
    found[fringe_of(part, known)] = 0
    found[tails] = 3
    return found


def _combed(
    points: Float64[np.ndarray, "v 3"],
    lock: Int64[np.ndarray, " v"],
    known: Locks,
    forms: list[LockForm],
    group: Int64[np.ndarray, " n"],
    own: Float64[np.ndarray, "n 3"],
    skull: Skull,
) -> Doubles:
    """Move points: nothing at the root of their lock, most at its tip."""

    def of_lock(name: str) -> Doubles:
        return np.array([getattr(form, name) for form in forms])[group]

    root = known.root[lock]
    away = np.linalg.norm(points - root, axis=1)
    longest = np.zeros(len(group))
    np.maximum.at(longest, lock, away)
    along = (away / np.maximum(longest[lock], 1e-6)) ** 2
    # Outward and around, as one looks at the lock from above.
    out = (known.tip + known.middle) / 2 - skull.centre
    out[:, 1] = 0
    out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-6)
    around = np.stack([out[:, 2], np.zeros(len(out)), -out[:, 0]], -1)
    # Hair swings to the same side of the picture on both sides of the head.
    mirror = np.where(out[:, 2:] < 0, -1.0, 1.0)
    swing = np.tan(np.radians(of_lock("swing_deg"))) * longest * own[:, 1]
    push = out * (of_lock("out_m") * own[:, 0])[:, None] + mirror * around * swing[:, None]
    push[:, 2] -= of_lock("back_m") * own[:, 2]
    found = points + along[:, None] * push[lock]
    fall = np.maximum(root[:, 1] - points[:, 1], 0.0)
    longer = (of_lock("length") - 1)[lock]
    found[:, 1] -= longer * fall**2 / (fall + _EASE_M)
    result: Doubles = found
    return result
