"""A hairstyle on another head: brought to its place, then bent to the form of its skull."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Float64
from numpy.typing import NDArray

from panic3d.characters.remix.parts import HairParts, Part
from panic3d.characters.remix.plan import HairForm
from panic3d.characters.remix.skull import Skull

Points = Float64[np.ndarray, "n 3"]
Doubles = NDArray[np.float64]

_DEPTH_M = 0.228
_TOP_M = 0.227
_REACH = 0.9


def bent(points: Points, source: Skull, target: Skull) -> Doubles:
    """Move points from around one skull to around another.

    What lies on the scalp of the one comes to lie on the scalp of the other, and so does what lies
    a little above; farther out, hair only follows the size of the head.

    Args:
        points: in the head frame.
        source: skull the points belong to.
        target: skull they are to belong to.
    """
    away = points - source.centre
    radius = np.linalg.norm(away, axis=1)
    direction = away / np.maximum(radius, 1e-9)[:, None]
    scale = target.radius / source.radius
    old, new = source.at(direction), target.at(direction)
    outside = np.maximum(radius / old - 1, 0.0)
    near = np.exp(-((outside / _REACH) ** 2))
    moved = radius * scale + (new - old * scale) * near
    result: Doubles = target.centre + direction * moved[:, None]
    return result


def fit_hair(hair: HairParts, target: Skull) -> tuple[Part, ...]:
    """Return a hairstyle as it lies on another head.

    Hair without a head of its own is first brought to the size and height that hair has on heads
    of this frame.
    """
    if hair.skull is None:
        return tuple(
            replace(part, positions=cleared(placed, target))
            for part, placed in zip(hair.parts, _placed(hair, target), strict=True)
        )
    if hair.skull is target:
        return hair.parts
    return tuple(
        replace(part, positions=cleared(bent(part.positions, hair.skull, target), target))
        for part in hair.parts
    )


_CLEAR_M, _GIVE_M = 0.0075, 0.006
"""How far fringes keep off the face, for lashes stand out; and how far beyond they give way."""


def cleared(points: Points, skull: Skull) -> Doubles:
    """Bring a fringe out of the face below it: eyes and lashes would come through."""
    away = points - skull.centre
    radius = np.maximum(np.linalg.norm(away, axis=1), 1e-9)
    direction = away / radius[:, None]
    up = np.degrees(np.arcsin(np.clip(direction[:, 1], -1, 1)))
    side = np.degrees(np.arctan2(np.abs(direction[:, 0]), direction[:, 2]))
    share = np.clip((28 - up) / 14, 0, 1) * np.clip((up + 55) / 15, 0, 1)
    share *= np.clip((66 - side) / 16, 0, 1)
    over = radius - skull.at(direction)
    reach = _CLEAR_M + _GIVE_M
    kept = _CLEAR_M + _GIVE_M * np.exp(np.minimum(over - reach, 0.0) / _GIVE_M)
    push = np.where(over < reach, kept - over, 0.0) * share
    result: Doubles = points + direction * push[:, None]
    return result


FALL_M = 0.07
"""Height above the head bone from which on hair hangs: about the tops of the ears."""


def formed(part: Part, form: HairForm, skull: Skull) -> Part:
    """Change a hairstyle that already lies on a head: mirrored, longer, fuller, wavy.

    Args:
        part: of it.
        form: what to change.
        skull: of the head.
    """
    p = part.positions.copy()
    faces = part.faces
    if form.mirrored:
        p[:, 0] *= -1
        faces = np.ascontiguousarray(faces[:, ::-1])
    if form.volume != 1:
        p = _fuller(p, form.volume, skull)
    fall = np.maximum(FALL_M - p[:, 1], 0.0)
    # The first two centimetres ease into it, so that no lock bends.
    p[:, 1] -= (form.length - 1) * fall**2 / (fall + 0.02)
    if form.wave > 0 and part.role == "hair":
        p += _waves(p, part, form)
    return replace(part, positions=p, faces=faces)


def _fuller(points: Points, volume: float, skull: Skull) -> Doubles:
    away = points - skull.centre
    radius = np.maximum(np.linalg.norm(away, axis=1), 1e-9)
    over = radius - skull.at(away / radius[:, None])
    # Of the head's own width at most: what hangs far off follows less and less.
    gain = (volume - 1) * np.maximum(over, 0.0) / (1 + np.maximum(over, 0.0) / 0.06)
    result: Doubles = points + away * (gain / radius)[:, None] * [1.0, 0.5, 1.0]
    return result


def _waves(points: Points, part: Part, form: HairForm) -> Doubles:
    lock = np.zeros(len(points), np.int64)
    if part.strands is not None:
        lock[part.faces] = part.strands[:, None]
    rng = np.random.Generator(np.random.PCG64([form.seed, 5]))
    count = int(lock.max()) + 1
    # Neighbours swing nearly as one, or the head would show between them.
    own, pitch = rng.uniform(-1, 1, count)[lock], 1 + 0.02 * rng.uniform(-1, 1, count)[lock]
    phase = form.seed % 7 + points @ [16.0, 0.0, 9.0] + 0.35 * own
    along = np.maximum(FALL_M + 0.02 - points[:, 1], 0.0)
    grown = form.wave * np.clip(along / 0.09, 0.0, 1.0)
    turn = 2 * np.pi * along * pitch / form.wave_length + phase
    sway = np.stack(
        [np.sin(turn) - np.sin(phase), np.zeros_like(turn), np.cos(turn) - np.cos(phase)]
    )
    result: Doubles = grown[:, None] * sway.T * [1.0, 0.0, 0.6]
    return result


def _placed(hair: HairParts, target: Skull) -> list[Doubles]:
    """Guess where hair belongs from its top and how deep its upper part is.

    Side tails and what hangs down say little of the head, front and back of the upper part do.
    """
    points = np.concatenate([part.positions for part in hair.parts if part.role == "hair"])
    factor = 1.0
    top = 0.0
    middle = 0.0
    for _ in range(3):
        top = float(np.percentile(points[:, 1], 99.5))
        upper = points[points[:, 1] * factor > top * factor - 0.12]
        front, back = np.percentile(upper[:, 2], [98, 2])
        factor = _DEPTH_M / float(front - back)
        middle = float(front + back) / 2
    size = target.radius / 0.1023
    shift = np.array([0.0, _TOP_M - factor * top, -factor * middle])
    return [
        (part.positions * factor + shift - [0.0, 0.108, 0.0]) * size + target.centre
        for part in hair.parts
    ]
