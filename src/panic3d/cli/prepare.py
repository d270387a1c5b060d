"""``panic3d prepare``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from tyro.conf import Positional

from panic3d.cli.preparing import USUAL, PreparationOptions


def prepare(
    portrait: Positional[Path],
    preparation: PreparationOptions = USUAL,
    out: Path = Path("prepared"),
    aligned: bool = False,
    stop_after: Literal["faces", "matte", "align", "lines"] = "lines",
    weights: str = "open",
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto",
) -> None:
    """Prepare a portrait for reconstruction and write every stage of it as a picture.

    The face is found and aligned (landmarks.png), the character told from the background
    (matte.png), cut out and laid on the frame of the reconstruction (aligned.png, and inside.png:
    what of it the picture shows), and its ink lines are painted over (line_mask.png,
    line_free.png). prepare.json has everything that is no picture.

    Args:
        portrait: picture of a character: PNG, JPEG, WebP, AVIF, GIF, BMP or TIFF, of any size
            from 64 pixels.
        preparation: where the face is, what is background, what is left out.
        out: folder for the pictures; made if missing.
        aligned: the picture already is the aligned front view, square, 0.7 m across: the face is
            not looked for, and nothing is turned or scaled but to 512 pixels.
        stop_after: leave the stages after this one out.
        weights: a set of weights, or a folder with face-finder.safetensors, landmarks.safetensors,
            matting.safetensors and linefill.safetensors; those that are not needed may be missing.
        device: where to compute.
    """
    from panic3d.cli.devices import choose_device
    from panic3d.cli.folders import default_folder
    from panic3d.cli.preparing import options_of, say_warnings
    from panic3d.cli.text import printable
    from panic3d.pipeline.prepare import Preparer
    from panic3d.pipeline.stage_pictures import check_free, write_stages

    options = options_of(preparation, aligned)
    check_free(out, portrait, options.matte, options.landmarks)
    preparer = Preparer.from_pretrained(
        weights, folder=default_folder(), device=choose_device(device)
    )
    prepared = preparer.prepare(portrait, options, stop_after)
    say_warnings(prepared)
    located = prepared.located
    if len(located.faces) > 1:
        print(f"{len(located.faces)} faces; number {located.number} is used, --face for another")
    for path in write_stages(prepared, out, {"file": portrait.name}):
        print(printable(path))
