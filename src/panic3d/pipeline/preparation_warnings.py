"""What about a portrait will make its head worse, in words for who made the picture."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float64, UInt8
from scipy import ndimage

from panic3d.geometry.similarity import Similarity
from panic3d.pipeline.align import Alignment
from panic3d.pipeline.faces import face_warnings
from panic3d.pipeline.located import Located
from panic3d.pipeline.matting import Matte
from panic3d.pipeline.warp import Warped

SMALL_FACE = 64.0
"""Size of a face below which there is little to see, pixels; in the render frame it is about
105."""
LEAST_FILLED, MOST_FILLED = 0.03, 0.97
"""Shares of the render frame between which a head fills it."""
CUT_PIXELS = 8
"""Of the figure at the picture's border from which it counts as cut, pixels of the frame."""
_SIDES = ("left", "upper", "right", "lower")


def located_warnings(located: Located) -> list[str]:
    """Say what about the face, and where it is, is bad."""
    said = face_warnings(located.face) if located.rotation_known else []
    size = located.face.size
    if size < SMALL_FACE:
        said.append(
            f"the face is {size:.0f} pixels large, fewer than {SMALL_FACE:.0f}: the head will be "
            "blurred; a larger version of the picture gives a sharper one"
        )
    if located.source == "mean face":
        said.append(
            "no landmarks are found where the face should be: those of a mean face stand in, so "
            "lines may be taken off its features, and how it is turned is not known"
        )
    return said


def cut_out_warnings(
    warped: Warped,
    matte: Matte,
    landmarks: Float64[np.ndarray, "28 2"],
    alignment: Alignment,
    size: tuple[int, int],
) -> list[str]:
    """Say what about the cut-out head is bad.

    Args:
        warped: the head in the render frame.
        matte: what it was cut out by.
        landmarks: in the render frame.
        alignment: of the portrait.
        size: width and height of the portrait.
    """
    alpha, known = warped.picture.rgba[..., 3], warped.inside == 255
    said: list[str] = []
    filled = float(alpha[known].mean() / 255) if known.any() else 0.0
    everything = filled > MOST_FILLED
    if filled < LEAST_FILLED:
        said.append(
            f"the matte leaves {filled:.1%} of the head's surroundings: almost all of it was taken "
            "for background; give a matte (--matte FILE), or a picture on a plain ground"
        )
    elif _face_filled(alpha, landmarks) < 0.5:
        said.append(
            "the matte leaves most of the face out: it was taken for background; give a matte "
            "(--matte FILE), or a picture on a plain ground"
        )
    elif everything and matte.source != "none":
        said.append(
            f"the matte leaves {filled:.1%} of the head's surroundings: hardly any of it was taken "
            "for background; give a matte (--matte FILE), or a picture on a plain ground"
        )
    # Nobody knows what is the head where nothing was taken away.
    sides = [] if everything else cut_sides(alpha, known, landmarks, alignment.to_frame, size)
    if sides:
        border = f"{' and '.join(sides)} border{'s' if len(sides) > 1 else ''}"
        said.append(
            f"the head is cut by the picture's {border}: what lies beyond is not known and "
            "will be guessed; a picture that shows all of the hair gives a better head"
        )
    return said


def cut_sides(
    alpha: UInt8[np.ndarray, "h w"],
    known: Bool[np.ndarray, "h w"],
    landmarks: Float64[np.ndarray, "28 2"],
    to_frame: Similarity,
    size: tuple[int, int],
) -> list[str]:
    """Return which borders of the portrait the head reaches: what is above the chin's height.

    Args:
        alpha: of the render frame.
        known: which of its pixels the portrait covers.
        landmarks: in the render frame.
        to_frame: pixels of the portrait to pixels of the frame.
        size: width and height of the portrait.
    """
    rim = known & ~ndimage.binary_erosion(known, np.ones((3, 3)), border_value=1)
    head = np.arange(len(alpha)) + 0.5 < landmarks[:, 1].max()
    rows, columns = np.nonzero(rim & (alpha > 127) & head[:, None])
    if len(rows) < CUT_PIXELS:
        return []
    x, y = to_frame.inverse()(np.stack([columns, rows], -1) + 0.5).T
    nearest = np.argmin([x, y, size[0] - x, size[1] - y], axis=0)
    counts = np.bincount(nearest, minlength=4)
    return [side for side, count in zip(_SIDES, counts, strict=True) if count >= CUT_PIXELS]


def _face_filled(alpha: UInt8[np.ndarray, "h w"], landmarks: Float64[np.ndarray, "28 2"]) -> float:
    """Return mean alpha in the box of the landmarks that are in the frame; 1 if there are none."""
    size = np.array(alpha.shape[::-1])
    low, high = (landmarks.min(0), landmarks.max(0))
    (left, top), (right, bottom) = low.clip(0, size).astype(int), high.clip(0, size).astype(int)
    part = alpha[top:bottom, left:right]
    return float(part.mean() / 255) if part.size else 1.0
