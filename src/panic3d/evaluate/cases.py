"""What is given and what is compared: a picture of a head, its truth, a prediction of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Float64, UInt8

from panic3d.evaluate.regions import Region
from panic3d.evaluate.surface_metrics import Triangles
from panic3d.geometry.cameras import evaluation_cameras

VIEW_NAMES = tuple(evaluation_cameras())
"""front, left, right, back, then the twelve views once round: 0042 ... 0047, 0036 ... 0041."""


class Maps(NamedTuple):
    """The views of which depths are looked at, those of which normals are, and whose pictures."""

    depths: frozenset[str]
    normals: frozenset[str]
    views: frozenset[str] = frozenset(VIEW_NAMES)


ALL_MAPS = Maps(frozenset(VIEW_NAMES), frozenset(VIEW_NAMES))


@dataclass(frozen=True, eq=False)
class Input:
    """A picture of one head, and what is known of it besides."""

    picture: UInt8[np.ndarray, "s s 4"]
    """In the frame of the front view, straight RGBA, as it was drawn."""
    landmarks: Float64[np.ndarray, "28 2"] | None = None
    """x, y in its pixels; None of renders, which have no lines that would have to be told from a
    face's features."""
    line_free: UInt8[np.ndarray, "s s 4"] | None = None
    """The same with its lines painted over, if preparation has done so."""
    camera_from_head: Float64[np.ndarray, "3 3"] | None = None
    """How the head is turned in it: x right, y up, z towards the viewer; None looks straight
    ahead."""
    inside: UInt8[np.ndarray, "s s"] | None = None
    """How much of each of its pixels the picture shows that it was made of, 255 is all; None: all
    of it."""


@dataclass(frozen=True, eq=False)
class Truth:
    """One head as it is."""

    name: str
    """Unique in its benchmark."""
    views: Mapping[str, UInt8[np.ndarray, "h w 4"]]
    """Straight RGBA by name of the view; see `VIEW_NAMES`."""
    surface: Triangles
    """As `paper_truth.py` or `visible_truth.py` makes it, by mode; not cropped to the region."""
    region: Region
    """What is compared."""
    depths: Mapping[str, Float32[np.ndarray, "dh dw"]] = field(default_factory=dict)
    """Metres from the camera's plane along its axis, NaN where nothing is; may be empty."""
    normals: Mapping[str, Float32[np.ndarray, "nh nw 3"]] = field(default_factory=dict)
    """World frame, unit length, NaN where nothing is; may be empty."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """One head as somebody thinks it is."""

    views: Mapping[str, UInt8[np.ndarray, "h w 4"]]
    """Straight RGBA by name of the view, as of `Truth`."""
    surface: Triangles | None = None
    """World frame; None or empty if nothing was reconstructed."""
    depths: Mapping[str, Float32[np.ndarray, "dh dw"]] = field(default_factory=dict)
    """As of `Truth`; may be empty."""
    normals: Mapping[str, Float32[np.ndarray, "nh nw 3"]] = field(default_factory=dict)
    """As of `Truth`; may be empty."""
