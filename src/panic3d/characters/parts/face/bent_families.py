"""Families of faces with their numbers drawn anew: faces between the families and beyond."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np

from panic3d.characters.parts.face.families import FACE_FAMILIES, FaceFamily, Span

_LIMITS: tuple[Mapping[str, Span], ...] = tuple(
    MappingProxyType(group)
    for group in (
        {  # the head's form
            "height": (0.230, 0.266),
            "eye_level": (0.335, 0.435),
            "width": (0.94, 1.10),
            "depth": (0.90, 1.03),
            "jaw": (0.80, 1.20),
            "cheek": (0.0, 0.009),
        },
        {  # eyes
            "eye_x": (0.0365, 0.0445),
            "eye_width": (0.039, 0.058),
            "eye_aspect": (0.48, 1.16),
            "eye_tilt": (-0.16, 0.25),
            "peak": (0.40, 0.60),
            "arch": (2.0, 4.4),
            "lower_peak": (0.44, 0.70),
            "lower_arch": (2.0, 3.2),
            "upper_share": (0.42, 0.66),
            "lash": (0.045, 0.135),
            "wing": (0.02, 0.21),
            "wing_rise": (-0.08, 0.13),
        },
        {"iris": (0.50, 0.77), "iris_height": (0.86, 1.20)},
        {  # brows
            "brow_height": (0.20, 0.58),
            "brow_thickness": (0.040, 0.125),
            "brow_tilt": (-0.18, 0.24),
            "brow_arch": (0.03, 0.16),
        },
        {  # below the eyes
            "mouth_width": (0.0165, 0.037),
            "mouth_level": (0.36, 0.47),
            "nose": (0.0070, 0.0205),
        },
    )
)
"""How far numbers that belong together may go."""
_STRAY = 0.14
"""Standard deviation by which a span moves, of what its limits leave."""
_BETWEEN = 0.012
"""Least distance of an eye's inner corner from the middle plane, metres."""


def bent_family(rng: np.random.Generator, name: str, lenders: Sequence[str]) -> FaceFamily:
    """Return a family with each group of its numbers taken from some family, and moved.

    Who it is of (boys, scale, a small body) stays.

    Args:
        rng: random numbers.
        name: of `FACE_FAMILIES`.
        lenders: families that may lend.
    """
    family, changes = FACE_FAMILIES[name], dict[str, Any]()
    for group in _LIMITS:
        lender = FACE_FAMILIES[lenders[int(rng.integers(len(lenders)))]]
        moves = rng.normal(0, _STRAY, len(group))
        for (number, limits), move in zip(group.items(), moves, strict=True):
            changes[number] = _moved(getattr(lender, number), limits, float(move))
    # Eyes end before the middle of the face, however wide they are.
    least = changes["eye_width"][1] / 2 + _BETWEEN
    changes["eye_x"] = tuple(max(x, least) for x in changes["eye_x"])
    paint = FACE_FAMILIES[lenders[int(rng.integers(len(lenders)))]]
    return replace(family, irises=paint.irises, highlights=paint.highlights, **changes)


def _moved(span: Span, limits: Span, by: float) -> Span:
    """Move a span by a share of its limits, within them."""
    low, high = np.clip(np.add(span, by * (limits[1] - limits[0])), *limits)
    return float(low), float(high)
