"""Wild pictures: how they are framed, cut, and laid back on the aligned front view."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, UInt8
from numpy.typing import NDArray
from PIL import Image

from panic3d.characters.illustrate.draw import (
    framed_camera,
    framed_offset,
    framed_pose,
    framing_for,
)
from panic3d.characters.illustrate.style import Framing, IllustrationStyle, draw_style
from panic3d.characters.landmarks import project_points
from panic3d.characters.made import MadeCharacter
from panic3d.errors import CharacterError
from panic3d.geometry.posing import Pose, head_origin, posed

Similarity = Float64[np.ndarray, "2 3"]
"""x, y of one picture to x, y of another: [[c, -s, tx], [s, c, ty]], pixels."""

_TRIES = 50
_ASPECTS = (1.0, 3 / 4, 2 / 3, 4 / 5, 9 / 16, 4 / 3)
"""Width by height."""
_SHARES = (0.38, 0.22, 0.14, 0.10, 0.06, 0.10)
_LARGEST_FACE = 0.48
"""Share of the picture's side from brows to chin, or from cheek to cheek."""
_MARGIN = 0.12
"""Kept around the landmarks, as a share of the picture's long side."""
_HAIR = 0.9
"""Kept above them, as a share of their height."""


class Cut(NamedTuple):
    """A part of a square drawing, pixels."""

    left: int
    top: int
    width: int
    height: int

    def of(self, picture: UInt8[np.ndarray, "..."]) -> NDArray[np.uint8]:
        """Cut a picture (h, w, ...)."""
        rows = slice(self.top, self.top + self.height)
        return np.ascontiguousarray(picture[rows, self.left : self.left + self.width])


def coloured_style(rng: np.random.Generator) -> IllustrationStyle:
    """Draw a style by lot, but no grey one: nobody could tell the colours of what it shows."""
    style = draw_style(rng)
    while style.finish.grey:
        style = draw_style(rng)
    return style


def wild_style(rng: np.random.Generator, made: MadeCharacter, pose: Pose) -> IllustrationStyle:
    """Draw a style and a framing by lot, that show the whole face.

    Raises:
        CharacterError: no such framing is found.
    """
    for _ in range(_TRIES):
        style = coloured_style(rng)
        points = face_points(made, style.framing, pose)
        inside = points.min() > 0.02 and points.max() < 0.98
        if inside and np.ptp(points, 0).max() < _LARGEST_FACE:
            return style
    raise CharacterError(f"none of {_TRIES} framings shows the whole face and the head around it")


def face_points(made: MadeCharacter, framing: Framing, pose: Pose) -> Float64[np.ndarray, "28 2"]:
    """Return x, y of the landmarks as shares of the square picture."""
    framing = framing_for(made, framing)
    figure = posed(made.character, framed_pose(framing, made.character, pose))
    # By the nearest vertices, as when the benchmark was frozen; that is exact enough to frame by.
    points = np.array(
        [figure.parts[made.part_of(anchor)].positions[anchor.vertex] for anchor in made.landmarks],
        np.float64,
    )
    origin = head_origin(made.character) + framed_offset(framing)
    return project_points(points - origin, framed_camera(framing), 1)[0]


def draw_cut(rng: np.random.Generator, side: int, points: Float64[np.ndarray, "28 2"]) -> Cut:
    """Choose the part of a square drawing that is kept: the face always, the rest by lot.

    Args:
        rng: random numbers.
        side: of the drawing, pixels.
        points: landmarks as shares of the drawing.
    """
    aspect = float(rng.choice(_ASPECTS, p=_SHARES))
    place = float(rng.uniform(0, 1))
    lowest, highest = points.min(0), points.max(0)
    hair = np.array([_MARGIN, max(_HAIR * (highest - lowest)[1], _MARGIN)])
    lowest = np.clip(lowest - hair, 0, 1)
    highest = np.clip(highest + _MARGIN, 0, 1)
    axis = 0 if aspect < 1 else 1
    share = max(aspect if aspect < 1 else 1 / aspect, float((highest - lowest)[axis]))
    length = min(round(side * share), side)
    # Anywhere between "the face is at its far end" and "at its near end".
    first = max(highest[axis] * side - length, 0.0)
    last = min(lowest[axis] * side, float(side - length))
    # The middle of what is possible is likelier than its ends.
    start = round(np.clip(first + (last - first) * (0.25 + 0.5 * place), 0, side - length))
    if axis == 0:
        return Cut(start, 0, length, side)
    return Cut(0, start, side, length)


def similarity(
    source: Float64[np.ndarray, "n 2"], target: Float64[np.ndarray, "n 2"]
) -> Similarity:
    """Return the turn, scale and shift that carry points nearest to others, by least squares."""
    first, second = (points[:, 0] + 1j * points[:, 1] for points in (source, target))
    centre, goal = first.mean(), second.mean()
    off = first - centre
    factor = np.vdot(off, second - goal) / np.vdot(off, off).real
    shift = goal - factor * centre
    return np.array(
        [[factor.real, -factor.imag, shift.real], [factor.imag, factor.real, shift.imag]]
    )


def carried(points: Float64[np.ndarray, "n 2"], by: Similarity) -> Float64[np.ndarray, "n 2"]:
    """Carry points."""
    return points @ by[:, :2].T + by[:, 2]


def warped(
    rgba: UInt8[np.ndarray, "h w 4"], by: Similarity, size: int
) -> UInt8[np.ndarray, "size size 4"]:
    """Carry a picture to a square one; what the picture does not reach is transparent.

    Args:
        rgba: straight alpha.
        by: from this picture's pixels to the square one's; corners of pixels are whole numbers.
        size: width and height of the result.
    """
    height, width = rgba.shape[:2]
    image = Image.fromarray(rgba).convert("RGBa")
    scale = float(np.hypot(by[0, 0], by[1, 0]))
    shrunk = np.ones(2)
    if scale < 1:  # averaged first, else fine lines would be sampled away
        reduced = (max(round(width * scale), 1), max(round(height * scale), 1))
        shrunk = np.array(reduced) / (width, height)
        image = image.resize(reduced, Image.Resampling.HAMMING)
    # Pillow asks where each pixel of the result comes from.
    matrix = np.vstack([by, [0.0, 0.0, 1.0]])
    back = np.diag([*shrunk, 1.0]) @ np.linalg.inv(matrix)
    coefficients = tuple(float(v) for v in back[:2].ravel())
    found = image.transform(
        (size, size), Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR
    )
    return np.array(found.convert("RGBA"))


def wild_finish(style: IllustrationStyle) -> tuple[IllustrationStyle, int, int]:
    """Take compression out of a style: it happens to the file, after the picture is cut.

    Returns:
        The style without it; JPEG quality, 0 for PNG; subsampling as Pillow numbers it.
    """
    finish = style.finish
    plain = replace(style, finish=replace(finish, jpeg_quality=0))
    return plain, finish.jpeg_quality, 2 if finish.subsampled else 0


def encoded(picture: UInt8[np.ndarray, "h w 3"], quality: int, sampling: int) -> tuple[str, bytes]:
    """Encode a picture as it might be found; returns the file's ending and its bytes."""
    file = io.BytesIO()
    if quality:
        Image.fromarray(picture).save(file, "JPEG", quality=quality, subsampling=sampling)
        return "jpg", file.getvalue()
    Image.fromarray(picture).save(file, "PNG", compress_level=6)
    return "png", file.getvalue()
