"""Options that say how a portrait is prepared, as several commands have them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from panic3d.errors import ConfigError

if TYPE_CHECKING:
    from panic3d.pipeline.preparation_options import PrepareOptions
    from panic3d.pipeline.prepare import Prepared


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """Places are x,y in pixels from the upper left corner of the upright picture."""

    face: int = 1
    """Which face, counted from the largest."""
    eyes: str = ""
    """x,y,x,y: the middles of both eyes; with --chin, in place of finding the face."""
    chin: str = ""
    """x,y: the tip of the chin."""
    landmarks: Path | None = None
    """JSON file of 28 landmarks, in place of finding them: what anime-face-detector returns, or a
    prepare.json."""
    matte: Path | None = None
    """Picture of the matte: grey, white where the character is, or with an alpha channel."""
    matting: Literal["auto", "none", "rembg"] = "auto"
    """auto takes the picture's own alpha, a plain ground, or the matting network; rembg the package
    of that name with its model isnet-anime; none leaves the background."""
    no_matting: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """The same as --matting none."""
    no_line_removal: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Leave the ink lines."""
    paper_alignment: bool = False
    """Align by the landmarks' mean and spread, as the paper does; tilted heads stay tilted."""


PreparationOptions = Annotated[Preparation, tyro.conf.arg(name="")]
USUAL = Preparation()


def options_of(given: Preparation, aligned: bool) -> PrepareOptions:
    """Read the options of a command line.

    Raises:
        ConfigError: they contradict each other, or are none.
    """
    from panic3d.pipeline.preparation_options import PrepareOptions

    if given.no_matting and given.matting == "rembg":
        raise ConfigError("--no-matting and --matting rembg contradict each other: leave one")
    eyes, chin = _numbers("eyes", given.eyes, 4), _numbers("chin", given.chin, 2)
    return PrepareOptions(
        face=given.face,
        eyes=((eyes[0], eyes[1]), (eyes[2], eyes[3])) if eyes else None,
        chin=(chin[0], chin[1]) if chin else None,
        landmarks=given.landmarks,
        matte=given.matte,
        matting="none" if given.no_matting else given.matting,
        line_removal=not given.no_line_removal,
        paper_alignment=given.paper_alignment,
        aligned=aligned,
    )


def say_warnings(prepared: Prepared) -> None:
    """Print what was done to the picture, and what will make the result worse."""
    from panic3d.cli.text import printable

    for note in prepared.portrait.notes:
        print(f"the picture: {printable(note)}")
    for warning in prepared.warnings:
        print(f"warning: {printable(warning, 400)}")


def _numbers(name: str, text: str, count: int) -> tuple[float, ...]:
    if not text:
        return ()
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        found = ()
    if len(found) != count:
        places = ",".join("xy"[k % 2] for k in range(count))
        raise ConfigError(
            f"--{name} is {text!r}, expected {count} numbers with commas between them: {places}"
        )
    return found
