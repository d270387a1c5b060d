"""What can be asked of the preparation of a portrait."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from panic3d.config import check_choice
from panic3d.errors import ConfigError

Matting = Literal["auto", "none", "rembg"]
"""``auto``: the picture's own alpha, else a plain ground exactly, else the network. ``none``: the
picture stays as it is. ``rembg``: the package rembg and its model isnet-anime, if installed."""

Stage = Literal["faces", "matte", "align", "lines"]
"""In this order; each needs those before it."""
STAGES: tuple[Stage, ...] = get_args(Stage)


@dataclass(frozen=True, kw_only=True)
class PrepareOptions:
    """How a portrait is prepared.

    Places are x, y in pixels from the upper left corner of the picture as it is shown, turned
    upright where EXIF data say so.
    """

    face: int = 1
    """Which one, counted from the largest."""
    eyes: tuple[tuple[float, float], tuple[float, float]] | None = None
    """The middles of both, in either order; in place of finding the face, together with `chin`."""
    chin: tuple[float, float] | None = None
    """Its tip."""
    landmarks: Path | None = None
    """A file of landmarks, in place of finding the face."""
    matte: Path | None = None
    """A picture of the matte, in place of finding it."""
    matting: Matting = "auto"
    line_removal: bool = True
    paper_alignment: bool = False
    """Align as the paper does, by the landmarks' mean and spread."""
    aligned: bool = False
    """The picture already is the aligned front view: nothing is looked for, turned or scaled but
    to 512 pixels."""

    def __post_init__(self) -> None:
        check_choice("matting", self.matting, get_args(Matting))
        if self.face < 1:
            raise ConfigError(f"face is {self.face}, expected 1, the largest, or more")
        if (self.eyes is None) != (self.chin is None):
            raise ConfigError(
                "only one of eyes and chin is marked, expected both: --eyes x,y,x,y --chin x,y"
            )
        for place in (*(self.eyes or ()), *((self.chin,) if self.chin else ())):
            if not all(map(math.isfinite, place)):
                raise ConfigError(f"a mark is at {place}, expected finite numbers")
        ways = {
            "--aligned": self.aligned,
            "--eyes and --chin": self.eyes is not None,
            "--landmarks": self.landmarks is not None,
        }
        chosen = [name for name, there in ways.items() if there]
        if len(chosen) > 1:
            raise ConfigError(
                f"{' and '.join(chosen)} say two different things about where the face is: choose "
                "one of them"
            )
        if self.face > 1 and (self.aligned or self.eyes is not None):
            raise ConfigError(f"--face {self.face} and {chosen[0]} both choose the face: leave one")
        if self.paper_alignment and self.aligned:
            raise ConfigError("--paper-alignment aligns a picture, --aligned says it is: leave one")
        if self.matte is not None and self.matting != "auto":
            raise ConfigError(
                f"a matte is given and the matting is {self.matting!r}: leave one of the two out"
            )
