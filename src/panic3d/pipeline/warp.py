"""Pictures carried by a similarity: a portrait into the render frame, and results back onto it."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np
import torch
from jaxtyping import Float32, UInt8
from torch.nn import functional

from panic3d.config import check_choice
from panic3d.errors import ConfigError
from panic3d.geometry.similarity import Similarity
from panic3d.image import Picture
from panic3d.picture_files import MAX_PIXELS
from panic3d.pipeline.mean_face import FRAME

Sampling = Literal["fine", "paper"]
"""``fine``: colours weighted by alpha, averaged where the picture shrinks, cubic where it grows.
``paper``: laid on white first, then one bilinear look-up a pixel, however much it shrinks."""

_MARGIN = 6  # pixels of what is sampled, for kernels at the border of a crop
_BESIDE = 2  # pixels of a view that a cubic look-up may touch
_BLOCK = 1 << 20  # samples at a time


class Warped(NamedTuple):
    """A picture in another frame."""

    picture: Picture
    """White and clear where nothing is known."""
    inside: UInt8[np.ndarray, "h w"]
    """How much of each pixel the source covers: 255 where the picture is known, 0 outside."""


def warp(
    picture: Picture,
    similarity: Similarity,
    size: tuple[int, int] = (FRAME, FRAME),
    sampling: Sampling = "fine",
) -> Warped:
    """Carry a picture into another frame.

    At the source's border its pixels go on to the end of the last pixel that `inside` counts, so
    that a figure which the border cuts is as opaque there as anywhere.

    Args:
        picture: straight alpha.
        similarity: pixels of the picture to pixels of the result.
        size: width and height of the result.
        sampling: see `Sampling`.

    Raises:
        ConfigError: the size is none, or larger than any picture that is read.
    """
    check_choice("sampling", sampling, ("fine", "paper"))
    if min(size) < 1 or size[0] * size[1] > MAX_PIXELS:
        raise ConfigError(
            f"a picture of {size[0]} x {size[1]} pixels is asked for, expected at least one and at "
            f"most {MAX_PIXELS}"
        )
    if sampling == "paper":
        return _as_paper(picture, similarity, size)
    planes, to_planes = _prefiltered(picture, similarity, size)
    # What shrinks, by half at most now, is the mean of four samples a pixel.
    back = similarity.inverse().then(to_planes)
    offsets = (-0.25, 0.25) if back.scale > 1 + 1e-9 else (0.0,)
    rgba = np.empty((size[1], size[0], 4), np.uint8)
    step = max(_BLOCK // (size[0] * len(offsets) ** 2), 1)
    for start in range(0, size[1], step):
        rows = slice(start, min(start + step, size[1]))
        y, x = np.mgrid[rows, : size[0]] + 0.5
        found = torch.zeros((4, *y.shape))
        for down in offsets:
            for right in offsets:
                points = back(np.stack([x + right, y + down], -1))
                found += _sampled(planes, points, "bicubic", "border")
        rgba[rows] = _straight(found.numpy() / len(offsets) ** 2)
    inside = _covered(picture.size, similarity, size)
    rgba[inside == 0] = (255, 255, 255, 0)
    return Warped(Picture(rgba), inside)


def put_back(
    portrait: Picture,
    view: Picture,
    to_frame: Similarity,
    where: UInt8[np.ndarray, "h w"] | None = None,
) -> Picture:
    """Lay an aligned picture back on the portrait it came from.

    Args:
        portrait: at its own size.
        view: of the render frame, square, of any size.
        to_frame: pixels of the portrait to pixels of the frame, `FRAME` across.
        where: how much of each pixel of `view` is taken, 0 to 255; None takes all. What is not
            taken stays the portrait's, to the bit, and so do its outermost pixels.

    Returns:
        The portrait with what the view shows in place of what it showed, alpha too.
    """
    from scipy.ndimage import minimum_filter

    to_view = to_frame.then(Similarity(scale=view.size[0] / FRAME))
    back = to_view.inverse()
    found = warp(view, back, portrait.size)
    # Next to where the portrait ends the view has what it lacks: clear white.
    known = minimum_filter(_covered(portrait.size, to_view, view.size), 2 * _BESIDE + 1)
    mask = np.where(known == 255, 255 if where is None else where, 0).astype(np.uint8)
    levels = np.repeat(mask[..., None], 4, -1)
    levels[..., 3] = 255
    share = warp(Picture(levels), back, portrait.size).picture.rgba[..., 0].astype(np.float32)
    share *= found.inside.astype(np.float32) / 255**2
    rgba = portrait.rgba.copy()
    taken = share > 0
    part = share[taken][:, None]
    old, new = _premultiplied(rgba[taken]), _premultiplied(found.picture.rgba[taken])
    rgba[taken] = _straight((old * (1 - part) + new * part).T)
    return Picture(rgba)


def _premultiplied(rgba: UInt8[np.ndarray, "... 4"]) -> Float32[np.ndarray, "... 4"]:
    found = rgba.astype(np.float32)
    found[..., :3] *= found[..., 3:] / 255
    return found


def _straight(planes: Float32[np.ndarray, "4 ..."]) -> UInt8[np.ndarray, "... 4"]:
    """Divide colours by alpha; what is clear becomes white."""
    alpha = planes[3].clip(0, 255)
    clear = alpha < 0.5
    # By alpha as it was found: beside an edge cubics overshoot, and colours as much.
    colours = planes[:3] * 255 / np.where(clear, 1, planes[3])
    colours = np.where(clear, 255, colours.clip(0, 255))
    return np.rint(np.moveaxis(np.concatenate([colours, alpha[None]]), 0, -1)).astype(np.uint8)


def _prefiltered(
    picture: Picture, similarity: Similarity, size: tuple[int, int]
) -> tuple[torch.Tensor, Similarity]:
    """Cut out what is needed and shrink it to twice the result's scale, if it is larger.

    Returns:
        Colours times alpha, and alpha, (1, 4, h, w), 0 to 255; and pixels of the picture to theirs.
    """
    from PIL import Image

    corners = np.array([(x, y) for x in (0, size[0]) for y in (0, size[1])], np.float64)
    reach = similarity.inverse()(corners)
    margin = _MARGIN * max(1.0, 1 / similarity.scale)
    low = np.floor(reach.min(0) - margin).clip(0, np.array(picture.size) - 1).astype(int)
    high = np.ceil(reach.max(0) + margin).clip(low + 1, picture.size).astype(int)
    (left, top), (right, bottom) = low.tolist(), high.tolist()
    crop = picture.rgba[top:bottom, left:right]
    shift = Similarity(shift=(-float(left), -float(top)))
    factor = 2 * similarity.scale
    if factor >= 1:
        return torch.from_numpy(_premultiplied(crop)).permute(2, 0, 1)[None], shift
    # One factor for both axes: the box is as wide as whole pixels of the result, and may end
    # within a pixel of the crop; what it leaves out is margin, or lies at the picture's border.
    width, height = (max(math.floor(n * factor), 1) for n in (right - left, bottom - top))
    box = (0.0, 0.0, min(width / factor, right - left), min(height / factor, bottom - top))
    image = Image.fromarray(np.ascontiguousarray(crop)).convert("RGBa")
    small = np.array(image.resize((width, height), Image.Resampling.BICUBIC, box))
    planes = torch.from_numpy(small.astype(np.float32)).permute(2, 0, 1)[None]
    return planes, shift.then(Similarity(scale=factor))


def _sampled(planes: torch.Tensor, points: np.ndarray, mode: str, outside: str) -> torch.Tensor:
    """Look points (h, w, 2) up in planes (1, c, h, w)."""
    height, width = planes.shape[-2:]
    grid = torch.from_numpy((2 * points / (width, height) - 1).astype(np.float32))[None]
    return functional.grid_sample(
        planes, grid, mode=mode, padding_mode=outside, align_corners=False
    )[0]


def _covered(
    source: tuple[int, int], similarity: Similarity, size: tuple[int, int]
) -> UInt8[np.ndarray, "h w"]:
    """Return how much of each pixel the source's rectangle covers, about, 0 to 255."""
    back = similarity.inverse()
    found = np.empty((size[1], size[0]), np.uint8)
    step = max(_BLOCK // size[0], 1)
    for start in range(0, size[1], step):
        rows = slice(start, min(start + step, size[1]))
        y, x = np.mgrid[rows, : size[0]] + 0.5
        points = back(np.stack([x, y], -1))
        # Pixels of the result to the nearest side; a pixel is about a disc of its own width.
        depth = np.minimum(points, np.array(source) - points).min(-1) * similarity.scale
        found[rows] = np.rint((depth + 0.5).clip(0, 1) * 255)
    return found


def _as_paper(picture: Picture, similarity: Similarity, size: tuple[int, int]) -> Warped:
    white = picture.on((255, 255, 255)).rgba[..., :3]
    # Outside, colour is white and alpha 0: what is 0 there is ink.
    planes = np.concatenate([255 - white, picture.rgba[..., 3:]], -1).astype(np.float32)
    y, x = np.mgrid[: size[1], : size[0]] + 0.5
    points = similarity.inverse()(np.stack([x, y], -1))
    source = torch.from_numpy(planes).permute(2, 0, 1)[None]
    found = _sampled(source, points, "bilinear", "zeros").numpy()
    found[:3] = 255 - found[:3]
    rgba = np.rint(np.moveaxis(found, 0, -1)).clip(0, 255).astype(np.uint8)
    return Warped(Picture(rgba), _covered(picture.size, similarity, size))
