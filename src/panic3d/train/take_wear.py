"""What goes wrong before a prepared drawing is read: residue of lines, mattes, borders, alignment.

Truth moves with the picture where the picture's frame moves; what is hidden stays true.
"""

from __future__ import annotations

import io
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image, ImageDraw, ImageFilter

from panic3d.geometry.conventions import HEAD_BOX_M
from panic3d.train.takes import Take, opened

_PREMULTIPLIED = "RGBa"


class Worn(NamedTuple):
    """A picture as the network reads it, and how it moved."""

    portrait: UInt8[np.ndarray, "5 s s"]
    """Straight RGBA and what of it is inside the drawing."""
    linear: Float32[np.ndarray, "3 3"]
    """Points of the take to points of this frame; metres."""
    shift: Float32[np.ndarray, "3"]
    power: Float32[np.ndarray, "3"]
    """Exponents of the colours, [0, 1]."""


def worn_take(take: Take, size: int, rng: np.random.Generator, vary: bool = True) -> Worn:
    """Take one of the pictures of a take, and spoil it by lot.

    Args:
        take: see there.
        size: side of the result, pixels.
        rng: random numbers.
        vary: off takes the drawing, its lines half removed, and leaves it alone.
    """
    rgba = _chosen(take, rng) if vary else _mixed(take, 0.5)
    inside = opened(take.inside)
    linear, shift = np.eye(3, dtype=np.float32), np.zeros(3, np.float32)
    power = np.ones(3, np.float32)
    if vary:
        if rng.random() < 0.35:
            rgba, inside = _cut(rgba, inside, rng)
        rgba, inside, linear, shift = _misaligned(rgba, inside, rng)
        if rng.random() < 0.3:
            rgba = _matted(rgba, rng)
        rgba = _softened(rgba, rng)
        if rng.random() < 0.5:
            rgba, inside = rgba[:, ::-1], inside[:, ::-1]
            mirror = np.diag([-1, 1, 1]).astype(np.float32)
            linear, shift = mirror @ linear, mirror @ shift
        if rng.random() < 0.5:
            # Picture and truth alike: more hair and skin colours than there are characters.
            power = np.exp2(rng.uniform(-0.4, 0.4, 3)).astype(np.float32)
            levels = (np.arange(256)[:, None] / 255) ** power * 255
            table = np.rint(levels).astype(np.uint8)
            rgba = rgba.copy()
            for k in range(3):
                rgba[..., k] = table[rgba[..., k], k]
    if rgba.shape[0] != size:
        rgba = np.array(_image(rgba).resize((size, size), Image.Resampling.BOX).convert("RGBA"))
        inside = np.array(Image.fromarray(inside).resize((size, size), Image.Resampling.BOX))
    rgba = np.dstack([rgba[..., :3], np.minimum(rgba[..., 3], inside)])  # nothing is known outside
    rgba = np.where(rgba[..., 3:] == 0, np.array([255, 255, 255, 0], np.uint8), rgba)
    portrait = np.concatenate([rgba, inside[..., None]], -1).transpose(2, 0, 1)
    return Worn(np.ascontiguousarray(portrait), linear, shift, power)


def _image(rgba: UInt8[np.ndarray, "h w 4"]) -> Image.Image:
    """Return a picture whose colours are weighted by alpha, to be filtered."""
    return Image.fromarray(np.ascontiguousarray(rgba)).convert(_PREMULTIPLIED)


def _mixed(take: Take, share: float) -> UInt8[np.ndarray, "h w 4"]:
    """Return the drawing with a share of the ink of its lines."""
    inked, free = opened(take.inked).astype(np.float32), opened(take.line_free)
    return np.rint(free + (inked - free) * share).astype(np.uint8)


def _chosen(take: Take, rng: np.random.Generator) -> UInt8[np.ndarray, "h w 4"]:
    chance = rng.random()
    if chance < 0.15:
        return opened(take.render)
    if chance < 0.4:
        return opened(take.line_free)
    if chance < 0.65:
        return opened(take.inked)
    return _mixed(take, float(rng.uniform(0.1, 0.9)))


def _cut(
    rgba: UInt8[np.ndarray, "h w 4"], inside: UInt8[np.ndarray, "h w"], rng: np.random.Generator
) -> tuple[UInt8[np.ndarray, "h w 4"], UInt8[np.ndarray, "h w"]]:
    """Let the drawing end within the figure, as its border or that of a frame does."""
    size = inside.shape[0]
    figure = rgba[..., 3] > 127
    rows, columns = np.flatnonzero(figure.any(1)), np.flatnonzero(figure.any(0))
    if not len(rows):
        return rgba, inside
    low = np.array([columns[0], rows[0]], np.float64)
    high = np.array([columns[-1] + 1, rows[-1] + 1], np.float64)
    reach = high - low
    # Left, top, right, bottom: how much of the figure goes.
    gone = np.where(rng.random(4) < 0.45, rng.uniform(0, [0.22, 0.2, 0.22, 0.35]), -0.5)
    left, top = low + gone[:2] * reach
    right, bottom = high - gone[2:] * reach
    middle = np.array([left + right, top + bottom]) / 2
    angle = np.radians(rng.normal(0, 6))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    corners = (corners - middle) @ turn.T + middle
    frame = Image.new("L", (size, size))
    ImageDraw.Draw(frame).polygon([(float(x), float(y)) for x, y in corners], fill=255)
    share = np.asarray(frame)
    cut = rgba.copy()
    cut[..., 3] = np.minimum(cut[..., 3], share)
    return cut, np.minimum(inside, share)


def _misaligned(
    rgba: UInt8[np.ndarray, "h w 4"], inside: UInt8[np.ndarray, "h w"], rng: np.random.Generator
) -> tuple[
    UInt8[np.ndarray, "h w 4"],
    UInt8[np.ndarray, "h w"],
    Float32[np.ndarray, "3 3"],
    Float32[np.ndarray, "3"],
]:
    """Scale, turn and shift as found landmarks do; the head in the frame likewise."""
    size = inside.shape[0]
    scale = float(np.exp(rng.normal(0, 0.035)))
    angle = np.radians(float(rng.normal(0, 2.5)))
    move = rng.normal(0, 0.008, 2)  # of the frame's side; y up
    c, s = scale * np.cos(angle), scale * np.sin(angle)
    turn = np.array([[c, -s], [s, c]])  # x right, y up
    # From the result's pixels to the picture's, y down.
    flip = np.diag([1.0, -1.0])
    back = np.linalg.inv(flip @ turn @ flip)
    middle = np.full(2, size / 2)
    start = middle - back @ (middle + flip @ move * size)
    data = (*back[0].tolist(), float(start[0]), *back[1].tolist(), float(start[1]))

    def moved(image: Image.Image) -> Image.Image:
        method = Image.Transform.AFFINE
        return image.transform((size, size), method, data, Image.Resampling.BILINEAR)

    rgba = np.array(moved(_image(rgba)).convert("RGBA"))
    inside = np.array(moved(Image.fromarray(inside)))
    linear = np.diag([1.0, 1.0, scale])
    linear[:2, :2] = turn
    shift = np.array([*move, 0.0]) * HEAD_BOX_M
    return rgba, inside, linear.astype(np.float32), shift.astype(np.float32)


def _matted(
    rgba: UInt8[np.ndarray, "h w 4"], rng: np.random.Generator
) -> UInt8[np.ndarray, "h w 4"]:
    """Harden, shrink, grow or soften the matte."""
    out = rgba.copy()
    alpha = Image.fromarray(rgba[..., 3])
    chance = rng.random()
    if chance < 0.4:
        out[..., 3] = np.where(rgba[..., 3] > rng.uniform(50, 205), 255, 0)
    elif chance < 0.6:
        out[..., 3] = np.asarray(alpha.filter(ImageFilter.MinFilter(3)))
    elif chance < 0.8:
        out[..., 3] = np.asarray(alpha.filter(ImageFilter.MaxFilter(3)))
    else:
        out[..., 3] = np.asarray(alpha.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.5, 2)))))
    return out


def _softened(
    rgba: UInt8[np.ndarray, "h w 4"], rng: np.random.Generator
) -> UInt8[np.ndarray, "h w 4"]:
    """Blur, reduce and enlarge, compress the colours; each by lot."""
    if rng.random() < 0.15:
        image = _image(rgba).filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 1.5))))
        rgba = np.array(image.convert("RGBA"))
    if rng.random() < 0.15:
        side = max(round(rgba.shape[0] * rng.uniform(0.35, 0.9)), 8)
        small = _image(rgba).resize((side, side), Image.Resampling.BILINEAR)
        image = small.resize(rgba.shape[:2], Image.Resampling.BICUBIC)
        rgba = np.array(image.convert("RGBA"))
    if rng.random() < 0.2:
        file = io.BytesIO()
        colours = Image.fromarray(np.ascontiguousarray(rgba[..., :3]))
        colours.save(file, "JPEG", quality=int(rng.integers(30, 90)))
        rgba = rgba.copy()
        rgba[..., :3] = np.asarray(Image.open(file))
    return rgba
