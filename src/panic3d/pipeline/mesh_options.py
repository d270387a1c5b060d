"""What people may ask of a head's mesh."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from panic3d.config import check_choice
from panic3d.errors import ConfigError

Unwrap = Literal["charts", "xatlas"]
"""``charts``: the front as the portrait shows it, the back likewise, the rest in pieces.
``xatlas``: a general atlas, by the optional package of that name."""

Ink = Literal["drawn", "none"]
"""Ink lines on the front. ``drawn``: those within the figure stay as they were drawn, its outline,
which belongs to one view alone, goes. ``none``: all are painted over, as the paper has it."""

Unseen = Literal["auto", "network", "portrait"]
"""Colours of what the portrait does not show. ``network``: what the network guesses, tinted to meet
the portrait's. ``portrait``: the portrait's own, carried on around the head. ``auto``: the
portrait's for our own network, whose guesses are soft, the network's for the paper's."""

MOST_TRIANGLES = 500_000
SMALLEST_TEXTURE, LARGEST_TEXTURE = 256, 8192


@dataclass(frozen=True, kw_only=True)
class MeshOptions:
    """How a head becomes a mesh."""

    triangles: int = 20_000
    """At most so many."""
    texture_size: int = 2048
    """Side of the texture, texels."""
    unwrap: Unwrap = "charts"
    keep_pose: bool = False
    """Leave the head turned as it is in the portrait instead of upright, looking straight ahead."""
    ink: Ink = "drawn"
    """Of a portrait whose lines were removed for the network."""
    unseen: Unseen = "auto"
    smooth: int = 12
    """Rounds of smoothing; 0 leaves the steps of the voxels."""

    def __post_init__(self) -> None:
        if not 100 <= self.triangles <= MOST_TRIANGLES:
            raise ConfigError(
                f"triangles is {self.triangles}, expected 100 to {MOST_TRIANGLES}: a head needs "
                "some thousands"
            )
        if not SMALLEST_TEXTURE <= self.texture_size <= LARGEST_TEXTURE:
            raise ConfigError(
                f"texture_size is {self.texture_size}, expected {SMALLEST_TEXTURE} to "
                f"{LARGEST_TEXTURE} texels a side"
            )
        if not 0 <= self.smooth <= 100:
            raise ConfigError(f"smooth is {self.smooth}, expected 0 to 100 rounds")
        check_choice("unwrap", self.unwrap, get_args(Unwrap))
        check_choice("ink", self.ink, get_args(Ink))
        check_choice("unseen", self.unseen, get_args(Unseen))
