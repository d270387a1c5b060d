"""What all growers of locks share: the head, the choices, the surfaces hair is laid on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from panic3d.characters.parts.hair.design import HairDesign
from panic3d.characters.parts.hair.guide import Dome, Fall, Skull, raise_dome, skull_of
from panic3d.characters.shape import HeadShape

LONG_EAR = 0.2
"""Pointedness from which ears come out of the hair."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Ground:
    """A head on which hair is about to grow."""

    shape: HeadShape
    skull: Skull
    design: HairDesign
    rng: np.random.Generator
    fall: Fall
    dome: Dome
    """Of sides and back."""
    brow: Dome
    """Of the fringe: it lies over the rest and bends in before the eyes."""
    ear_point: float = 0.0
    """0 round ears, which hair covers; 1 long ones, which come out of it."""

    @property
    def unit(self) -> float:
        """Size of the face over that of the default."""
        return self.shape.face_size / 0.153

    def level(self, above_eyes: float) -> float:
        """Return the height of something so far above the eyes on a face of default size."""
        return self.shape.eye_y + above_eyes * self.unit

    def count(self, number: float | int, least: int = 3) -> int:
        """Return how many locks there are where `number` are usual."""
        return max(least, round(number * self.design.lock_count))


def make_ground(
    shape: HeadShape,
    design: HairDesign,
    fall: Fall,
    rng: np.random.Generator,
    ear_point: float = 0.0,
    bare_ears: bool = False,
) -> Ground:
    """Raise the surfaces for a design.

    Args:
        shape: the head.
        design: its volume and whether a hat goes over it.
        fall: how the hair of the style hangs at a volume of 1.
        rng: for all that the design leaves to chance.
        ear_point: length of the ears' points.
        bare_ears: the style leaves ears bare, so that it need not make room for them.
    """
    v = design.volume
    covered = ear_point < LONG_EAR and not bare_ears
    top, front = fall.top * v, fall.front * (0.6 + 0.4 * v)
    side, back = fall.side * v, fall.back * v
    if design.under_hat:
        top, front = min(top, 0.009), min(front, 0.012)
        side, back = min(side, 0.016), min(back, 0.014)
    fitted = Fall(
        top=top,
        front=front,
        side=side,
        back=back,
        hug=fall.hug,
        flare=fall.flare,
        behind=fall.behind,
    )
    over = Fall(
        top=top + 0.001,
        front=max(front, 0.010),
        side=max(side - 0.002, 0.010),
        back=back,
        hug=0.35,
        behind=0.0,
    )
    return Ground(
        shape=shape,
        skull=skull_of(shape, covered),
        design=design,
        rng=rng,
        fall=fitted,
        dome=raise_dome(shape, fitted, covered),
        brow=raise_dome(shape, over, covered),
        ear_point=ear_point,
    )
