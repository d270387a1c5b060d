"""Line removal: ink lines out, so that an illustration looks like a render."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from panic3d.config import check_choice
from panic3d.geometry.face_hull import MARGIN_PX, face_hull
from panic3d.image import Picture
from panic3d.models.linefill import LineFiller, lay_over
from panic3d.ops.dog import DogConfig, LineMode, dark_lines, grow
from panic3d.ops.pictures import picture_of, tensor_of
from panic3d.pipeline.head import exactly

WHITE = (255, 255, 255)


class LinesRemoved(NamedTuple):
    """A picture without its lines, and where they were."""

    picture: Picture
    """Alpha as before."""
    lines: Bool[np.ndarray, "h w"]
    """What was painted over; the face's features are left out of it."""
    hull: Bool[np.ndarray, "h w"]
    """The face's features; empty without landmarks."""


def find_lines(
    picture: Picture,
    hull: Bool[np.ndarray, "h w"] | None = None,
    *,
    mode: LineMode = "fixed",
    dog: DogConfig | None = None,
) -> Bool[np.ndarray, "h w"]:
    """Return which pixels of a picture, laid on white, are ink lines or next to one.

    Args:
        picture: of the paper's size, 512 pixels for the head box; lines are looked for by their
            width in pixels.
        hull: where none are wanted.
        mode: how far around a line is taken, see `LineMode`. In ``fixed`` mode no pixel that is
            fully clear is taken.
        dog: None takes the paper's numbers.
    """
    found = grow(dark_lines(tensor_of(picture.on(WHITE)), dog), mode)[0, 0].numpy()
    if mode == "fixed":
        found = found & (picture.rgba[..., 3] > 0)
    return found if hull is None else found & ~hull


def remove_lines(
    picture: Picture,
    landmarks: Float[np.ndarray, "28 2"] | None,
    filler: LineFiller,
    *,
    mode: LineMode = "fixed",
    dog: DogConfig | None = None,
    margin_px: int = MARGIN_PX,
) -> LinesRemoved:
    """Find a picture's ink lines and have them painted over.

    Args:
        picture: aligned, 512 pixels.
        landmarks: x, y in its pixels, see `face_hull`. None takes lines off the whole picture, the
            face's own too.
        filler: in eval mode; it is not changed.
        mode: ``fixed`` leaves colours and alpha outside the lines as they are, to the bit, and
            gives lines on soft edges the colour that, laid on white, shows what was painted.
            ``paper``: the colours of the whole picture are those on white, while alpha is kept; on
            white, soft edges are paler than before.
        dog: how lines are looked for; None takes the paper's numbers.
        margin_px: around the face's features.

    Raises:
        ShapeError: there are not 28 finite landmarks.
        ConfigError: the mode is unknown.
    """
    check_choice("mode", mode, ("paper", "fixed"))
    width, height = picture.size
    if landmarks is None:
        hull = np.zeros((height, width), bool)
    else:
        hull = face_hull(landmarks, height, width, margin_px)
    lines = find_lines(picture, hull, mode=mode, dog=dog)
    filled = fill_lines(picture, lines, hull, filler)
    if mode == "paper":
        alpha = torch.from_numpy(picture.rgba[..., 3]) / 255
        return LinesRemoved(picture_of(filled[0], alpha), lines, hull)
    return LinesRemoved(_painted(picture, filled, lines), lines, hull)


def fill_lines(
    picture: Picture,
    lines: Bool[np.ndarray, "h w"],
    hull: Bool[np.ndarray, "h w"],
    filler: LineFiller,
) -> Float[Tensor, "1 3 h w"]:
    """Return the colours of a picture on white with its lines painted over.

    In [0, 1] but where it was painted over: the paper's network goes down to -1, and the original
    leaves that to the conversion to 8 bits.
    """
    like = next(filler.parameters())
    with exactly(like):
        white = tensor_of(picture.on(WHITE)).to(like)
        if lines.any():
            mask, kept = (torch.from_numpy(m)[None, None].to(like) for m in (lines, hull))
            part = (..., *_around(lines, filler.config.depth))
            painted = filler(white[part], mask[part], kept[part])
            white[part] = lay_over(white[part], painted, mask[part])
        return white.float().cpu()


def _around(lines: Bool[np.ndarray, "h w"], margin: int) -> tuple[slice, slice]:
    """The rectangle of all lines and of what a network sees around them: nothing else counts."""
    rows, columns = (np.flatnonzero(lines.any(axis)) for axis in (1, 0))
    return (
        slice(max(int(rows[0]) - margin, 0), int(rows[-1]) + 1 + margin),
        slice(max(int(columns[0]) - margin, 0), int(columns[-1]) + 1 + margin),
    )


def _painted(
    picture: Picture, filled: Float[Tensor, "1 3 h w"], lines: Bool[np.ndarray, "h w"]
) -> Picture:
    """Put painted colours into a picture with straight alpha."""
    colour = filled[0].permute(1, 2, 0).numpy()[lines].clip(0, 1)
    alpha = picture.rgba[..., 3:][lines].astype(np.float32) / 255
    # What, laid on white, is the painted colour, as far as so little of it can be.
    straight = 1 + (colour - 1) / alpha
    rgba: UInt8[np.ndarray, "h w 4"] = picture.rgba.copy()
    rgba[lines, :3] = np.rint(straight.clip(0, 1) * 255).astype(np.uint8)
    return Picture(rgba)
