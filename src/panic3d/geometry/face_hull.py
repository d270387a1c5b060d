"""The part of a face that no line is removed from: eyes, mouth, nose and brows.

Needs 28 landmarks in the order of `hysts/anime-face-detector`: jaw 0-4, brows 5-7 and 8-10, eyes
11-16 and 17-22, nose 23, mouth 24-27, each from the picture's left to its right.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float

from panic3d.errors import ShapeError

LANDMARKS = 28
EYES = (slice(11, 17), slice(17, 23))
NOSE = 23
MOUTH = slice(24, 28)
BROWS = (slice(5, 8), slice(8, 11))

MARGIN_PX = 2
"""By which the hulls are grown to all sides."""


def face_hull(
    landmarks: Float[np.ndarray, "28 2"],
    height: int,
    width: int,
    margin_px: int = MARGIN_PX,
) -> Bool[np.ndarray, "h w"]:
    """Return which pixels belong to the features of a face.

    The convex hulls of both eyes and of the mouth, the pixel of the nose and a line along each
    brow, grown by a square.

    Args:
        landmarks: x, y in pixels from the picture's upper left corner. A point outside the picture
            is moved to the nearest pixel of its border.
        height: of the picture.
        width: of the picture.
        margin_px: by which all of it is grown; 0 leaves it as it is.

    Raises:
        ShapeError: there are not 28 points, one is not finite, or the picture is empty.

    Source: PAniC-3D's line remover, which fails or wraps around for points outside.
    """
    from PIL import Image, ImageDraw
    from scipy.ndimage import binary_dilation
    from skimage.morphology import convex_hull_image

    if landmarks.shape != (LANDMARKS, 2) or not np.isfinite(landmarks).all():
        raise ShapeError(
            f"the landmarks have shape {list(landmarks.shape)}, expected 28 finite points [28, 2]: "
            "pass x and y of each"
        )
    if min(height, width) < 1 or margin_px < 0:
        raise ShapeError(f"{height} x {width} pixels with a margin of {margin_px} are no picture")
    size = np.array([width, height])
    pixels = np.clip(landmarks, 0, size - 1).astype(np.int64)
    canvas = Image.new("L", (width, height))
    pen = ImageDraw.Draw(canvas)
    for brow in BROWS:
        points = [(int(x), int(y)) for x, y in pixels[brow]]
        for start, end in pairwise(points):
            pen.line([start, end], fill=255)
    mask = np.array(canvas) > 0
    for group in (*EYES, MOUTH):
        # Of the hull's own rectangle; the whole picture would take twenty times as long.
        corner = pixels[group].min(0)
        columns, rows = (pixels[group] - corner).T
        seeds = np.zeros((rows.max() + 1, columns.max() + 1), bool)
        seeds[rows, columns] = True
        hull = convex_hull_image(seeds)
        mask[corner[1] :, corner[0] :][: hull.shape[0], : hull.shape[1]] |= hull
    mask[pixels[NOSE, 1], pixels[NOSE, 0]] = True
    if margin_px:
        side = 2 * margin_px + 1
        mask = binary_dilation(mask, np.ones((side, side), bool))
    return np.asarray(mask, bool)


def face_area(
    landmarks: Float[np.ndarray, "28 2"], height: int, width: int
) -> Bool[np.ndarray, "h w"]:
    """Return which pixels lie within the convex hull of a face's landmarks.

    Args:
        landmarks: x, y in pixels from the picture's upper left corner; they may lie outside.
        height: of the picture.
        width: of the picture.
    """
    from PIL import Image, ImageDraw
    from scipy.spatial import ConvexHull, QhullError

    try:
        corners = landmarks[ConvexHull(landmarks).vertices]
    except QhullError:  # on a line, or in one place
        return np.zeros((height, width), bool)
    canvas = Image.new("1", (width, height))
    # A polygon's corners are middles of pixels.
    ImageDraw.Draw(canvas).polygon([(float(x), float(y)) for x, y in corners - 0.5], fill=1)
    return np.array(canvas)
