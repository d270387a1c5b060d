"""Character from background: the picture's own alpha, a plain ground exactly, or the network."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64, Int, UInt8
from scipy import ndimage

from panic3d.errors import PictureError
from panic3d.image import Picture
from panic3d.models.matting import MattingNetwork
from panic3d.pipeline.network_matte import Faces, network_alpha

Source = Literal["alpha", "plain", "network", "file", "rembg", "none"]
"""Where a matte comes from; ``none``: the picture is taken as it is."""

CLEAR_SHARE = 0.005
"""A picture of whose pixels more are clear has a matte of its own."""
PLAIN_LEVELS = 6
"""How far colours of a plain ground may differ, of 255: what compression does to one."""
PLAIN_SHARE = 0.6
"""So much of the picture's border must be of the ground's colour; the figure may cut the rest."""
_SOFT = 2
"""Width of the edge of a figure on a plain ground, pixels."""
_RING, _RING_SHARE = 8, 0.15
"""So many pixels beside an edge compression may colour, and by what share of its contrast."""
_RING_SEEN = 0.7
"""Alpha of the network up to which such a pixel may be the ground's."""
_MIXED = 4
"""So many pixels around one tell its own colour from the ground's."""
_BLOCK = 64
"""Side of the blocks in which that is done, pixels."""
_HOLE, _SURE = 0.3, 0.9
"""Alpha of the network below which an enclosed place of the ground's colour is a hole, and above
which what the border reaches is the figure's own."""
_TINTED_HOLE = 0.97
"""The same of a hole in front of a ground that is neither white nor black: figures are seldom of
just that colour."""
_FRAMED = 0.9
"""Share of a rectangle's sides that must differ from a plain ground around it to be a picture in a
frame."""
_AGREED = 0.8
"""Intersection over union of the two from which a plain ground is believed."""
_NOTHING = 0.02
"""Share of the picture below which the network has not seen the figure."""
_CRUMB_ALPHA, _CRUMB_SHARE = 0.2, 0.02
"""What has at least such an alpha hangs together; a part smaller than that share of the largest is
a crumb."""
_MOST_FRAMES = 8
"""Frames within frames that are taken off."""
_LEAST_FRAMED = 64
"""Pixels of a framed picture's side."""
_FILLED = 0.99
"""Share of both sides that a picture within a frame has at most."""
_RINGING = 3
"""Pixels beside a picture's edge that compression may have coloured."""


class Matte(NamedTuple):
    """What of a picture is the character."""

    alpha: UInt8[np.ndarray, "h w"]
    source: Source

    def cut(self, picture: Picture) -> Picture:
        """Return the picture with this alpha; edges lose the ground's colour."""
        if self.source in ("alpha", "none"):
            return picture
        rgba = picture.rgba.copy()
        soft = (self.alpha > 0) & (self.alpha < 255)
        for part, wider in _blocks(soft):
            share = self.alpha[wider].astype(np.float32)[..., None] / 255
            own = _own_colours(picture.rgba[wider][..., :3].astype(np.float32), share)
            inner = tuple(
                slice(a.start - b.start, a.stop - b.start) for a, b in zip(part, wider, strict=True)
            )
            rgba[part][soft[part], :3] = np.rint(own[inner][soft[part]]).astype(np.uint8)
        rgba[..., 3] = self.alpha
        rgba[self.alpha == 0] = (255, 255, 255, 0)
        return Picture(rgba)


def find_matte(
    picture: Picture,
    network: MattingNetwork | None = None,
    faces: Faces = (),
    frames: int = _MOST_FRAMES,
) -> Matte:
    """Find a picture's matte: its alpha if it has one, else by a plain ground, else the network's.

    Args:
        picture: straight alpha.
        network: also tells holes and white clothes from a plain ground, and overrules it where
            much of what lies on it is no character, as circles and frames. None: alpha and plain
            grounds alone.
        faces: landmarks of those that were found: they belong to the character.
        frames: how many may lie around it, one in the other.

    Raises:
        PictureError: the ground is not plain, and there is no network.
    """
    alpha = picture.rgba[..., 3]
    if (alpha < 128).mean() > CLEAR_SHARE:
        return Matte(alpha, "alpha")
    inner = framed(picture) if frames else None
    if inner is not None:
        within = Picture(np.ascontiguousarray(picture.rgba[inner]))
        corner = np.array([inner[1].start, inner[0].start], np.float64)
        found = find_matte(within, network, [face - corner for face in faces], frames - 1)
        if (found.alpha > 127).mean() > _NOTHING:  # else what looked like a frame was the ground
            alpha = np.zeros_like(alpha)
            alpha[inner] = found.alpha
            return Matte(alpha, found.source)
    guess = None if network is None else network_alpha(picture, network, faces)
    ground = plain_ground(picture)
    if ground is not None:
        alpha = _plain_alpha(picture, ground, guess)
        if guess is None or _agree(alpha, guess):
            return Matte(alpha, "plain")
    if guess is None:
        raise PictureError(
            "the picture has no alpha and its background is not plain: cut the character out, or "
            "let the matting network do it"
        )
    return Matte(np.rint(without_crumbs(guess) * 255).astype(np.uint8), "network")


def without_crumbs(alpha: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w"]:
    """Leave out what lies apart from the figure and is small beside it, as letters and dust do."""
    parts, count = ndimage.label(alpha > _CRUMB_ALPHA, np.ones((3, 3), bool))
    if count < 2:
        return alpha
    sizes = np.bincount(parts.ravel(), minlength=count + 1)
    sizes[0] = 0
    kept = (sizes >= _CRUMB_SHARE * sizes.max())[parts]
    soft = ndimage.binary_dilation(kept, iterations=_SOFT) & (parts == 0)
    return np.where(kept | soft, alpha, np.float32(0))


def _agree(alpha: UInt8[np.ndarray, "h w"], guess: Float32[np.ndarray, "h w"]) -> bool:
    """Say whether the network sees about what a plain ground leaves; also if it sees nothing."""
    seen, left = guess > 0.5, alpha > 127
    shared = float((seen & left).mean())
    return bool(seen.mean() < _NOTHING or shared >= _AGREED * float((seen | left).mean()))


def plain_ground(picture: Picture) -> tuple[int, int, int] | None:
    """Return the colour of a plain background, or None: what most of the border shows."""
    rgb = picture.rgba[..., :3]
    border = np.concatenate([rgb[0], rgb[-1], rgb[:, 0], rgb[:, -1]]).astype(int)
    # The bottom is where figures are cut: it need not agree.
    top = np.concatenate([rgb[0], rgb[: len(rgb) // 2, 0], rgb[: len(rgb) // 2, -1]])
    colour = np.median(top, axis=0)
    near = np.abs(border - colour).max(1) <= PLAIN_LEVELS
    upper = np.abs(top.astype(int) - colour).max(1) <= PLAIN_LEVELS
    if near.mean() < PLAIN_SHARE or upper.mean() < 0.9:
        return None
    red, green, blue = (round(float(v)) for v in colour)
    return red, green, blue


def framed(picture: Picture) -> tuple[slice, slice] | None:
    """Return rows and columns of a picture within a plain frame, or between bars.

    Args:
        picture: straight alpha.

    Returns:
        None if what differs from the border's colour is no whole rectangle.
    """
    rgb = picture.rgba[..., :3]
    for ends in (rgb[[0, -1]].reshape(-1, 3), rgb[:, [0, -1]].reshape(-1, 3)):
        other = _unlike(rgb, np.median(ends, 0))
        # A frame around most of it, whatever is written there; or a small one on an empty ground.
        for least in (_FRAMED / 2, 0.0):
            found = _rectangle(other, least)
            if found is not None:
                return found
    return None


def _unlike(
    rgb: UInt8[np.ndarray, "h w 3"], colour: Float[np.ndarray, "3"]
) -> Bool[np.ndarray, "h w"]:
    """Say which pixels differ from a plain ground's colour, of whole or half levels, in any one."""
    found = np.zeros(rgb.shape[:2], bool)
    for channel, level in enumerate(colour):
        low, high = math.ceil(level - PLAIN_LEVELS), math.floor(level + PLAIN_LEVELS)
        found |= (rgb[..., channel] < low) | (rgb[..., channel] > high)
    return found


def _rectangle(other: Bool[np.ndarray, "h w"], least: float) -> tuple[slice, slice] | None:
    """Return where pixels are set along a whole rectangle's sides, and none are just beyond.

    Args:
        other: pixels that are not of the ground's colour.
        least: rows and columns of which more is set are the rectangle's.
    """
    sides = [np.flatnonzero(other.mean(axis) > least) for axis in (1, 0)]
    if not all(len(side) for side in sides):
        return None
    (top, bottom), (left, right) = ((int(side[0]), int(side[-1]) + 1) for side in sides)
    height, width = bottom - top, right - left
    if min(height, width) < _LEAST_FRAMED or height + width > _FILLED * sum(other.shape):
        return None
    inner = other[top:bottom, left:right]
    ring = [inner[1], inner[-2], inner[:, 1], inner[:, -2]]
    if min(float(side.mean()) for side in ring) < _FRAMED:
        return None
    # Beyond its edges lies the frame, or nothing.
    more = np.pad(other, _RINGING)
    down, across = (slice(a + _RINGING, b + _RINGING) for a, b in ((top, bottom), (left, right)))
    beyond = [more[row, across] for row in (top, bottom - 1 + 2 * _RINGING)]
    beyond += [more[down, column] for column in (left, right - 1 + 2 * _RINGING)]
    # On one side something may be written.
    *clean, written = sorted(float(line.mean()) for line in beyond)
    if clean[-1] > 1 - _FRAMED or written > 0.5:
        return None
    return slice(top, bottom), slice(left, right)


def _plain_alpha(
    picture: Picture, ground: tuple[int, int, int], guess: Float32[np.ndarray, "h w"] | None
) -> UInt8[np.ndarray, "h w"]:
    """Return the matte of a figure on a plain ground.

    What is of the ground's colour and reaches the border is ground. On the figure's soft edge
    alpha is how far colours are on the way from the ground's to the figure's own.
    """
    rgb = picture.rgba[..., :3].astype(np.float32)
    colour = np.array(ground, np.float32)
    same = ~_unlike(picture.rgba[..., :3], colour)
    parts, count = ndimage.label(same)
    border = np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]])
    outside = np.zeros(count + 1, bool)
    outside[border] = True
    outside[0] = False
    empty: Bool[np.ndarray, "h w"] = outside[parts]
    if guess is not None:
        # White clothes on white: what leaks into the figure, unless only its rim is doubtful.
        leaked = ndimage.binary_opening(empty & (guess > _SURE), iterations=2)
        empty &= ~ndimage.binary_dilation(leaked, iterations=2, mask=guess > _SURE)
        sizes = np.bincount(parts.ravel(), minlength=count + 1)
        white_or_black = colour.min() >= 255 - PLAIN_LEVELS or colour.max() <= PLAIN_LEVELS
        hole = _HOLE if white_or_black else _TINTED_HOLE
        holes = ~outside & (_means(guess, parts, count) < hole) & (sizes >= 4)
        holes[0] = False
        empty |= holes[parts]
        if (guess > 0.5).mean() >= _NOTHING:
            # Grain of the ground, and things that lie about.
            pieces, count = ndimage.label(~empty)
            loose = _means(guess, pieces, count) < _HOLE
            loose[0] = False
            empty |= loose[pieces]
    ringing = np.zeros_like(empty) if guess is None else _ringing(rgb, colour, empty, guess)
    empty |= ringing
    alpha = np.where(empty, 0.0, 1.0).astype(np.float32)
    near = ndimage.binary_dilation(empty, iterations=_SOFT) & ~empty
    near |= ringing & ndimage.binary_dilation(~empty)
    inner = ~ndimage.binary_dilation(empty, iterations=_SOFT + 1)
    if near.any() and inner.any():
        rows, columns = ndimage.distance_transform_edt(
            ~inner, return_distances=False, return_indices=True
        )
        own = rgb[rows[near], columns[near]] - colour
        away = rgb[near] - colour
        length = (own * own).sum(-1)
        share = np.where(length > 100, (away * own).sum(-1) / np.maximum(length, 1), 1)
        alpha[near] = share.clip(0, 1)
    return np.rint(alpha * 255).astype(np.uint8)


def _ringing(
    rgb: Float32[np.ndarray, "h w 3"],
    ground: Float32[np.ndarray, "3"],
    empty: Bool[np.ndarray, "h w"],
    guess: Float32[np.ndarray, "h w"],
) -> Bool[np.ndarray, "h w"]:
    """Say which pixels beside a figure are of a plain ground that compression has coloured.

    They hang together with the ground, and differ from it by little beside what the edges in their
    block of 8 x 8 pixels do.
    """
    differs = np.abs(rgb - ground).max(-1)
    contrast = ndimage.maximum_filter(differs, 2 * _RING + 1)
    slight = (differs <= _RING_SHARE * contrast) & (guess <= _RING_SEEN)
    grown: Bool[np.ndarray, "h w"] = ndimage.binary_dilation(
        empty, iterations=_RING, mask=slight | empty
    )
    return grown & ~empty


def _means(
    values: Float32[np.ndarray, "h w"], parts: Int[np.ndarray, "h w"], count: int
) -> Float64[np.ndarray, " n"]:
    """Return the mean of each part; 0 of one that has no pixels, as what is in no part may."""
    sums = np.bincount(parts.ravel(), values.ravel(), minlength=count + 1)
    sizes = np.bincount(parts.ravel(), minlength=count + 1)
    means: Float64[np.ndarray, " n"] = sums / np.maximum(sizes, 1)
    return means


def _blocks(
    wanted: Bool[np.ndarray, "h w"],
) -> Iterator[tuple[tuple[slice, slice], tuple[slice, slice]]]:
    """Yield rows and columns of blocks in which something is wanted, and with what lies around."""
    height, width = wanted.shape
    for top in range(0, height, _BLOCK):
        for left in range(0, width, _BLOCK):
            part = (slice(top, min(top + _BLOCK, height)), slice(left, min(left + _BLOCK, width)))
            if wanted[part].any():
                down, across = (
                    slice(max(span.start - _MIXED, 0), min(span.stop + _MIXED, side))
                    for span, side in zip(part, wanted.shape, strict=True)
                )
                yield part, (down, across)


def _own_colours(
    colours: Float32[np.ndarray, "h w 3"], share: Float32[np.ndarray, "h w 1"]
) -> Float32[np.ndarray, "h w 3"]:
    """Return what a figure's colours are before they are mixed with the ground's.

    Source: Forte 2021 (arXiv:2006.14970), one pass with a small radius.
    """
    size = 2 * _MIXED + 1

    def mean(values: Float32[np.ndarray, "h w c"]) -> Float32[np.ndarray, "h w c"]:
        return np.asarray(ndimage.uniform_filter(values, (size, size, 0)), np.float32)

    own = mean(colours * share) / np.maximum(mean(share), 1e-3)
    ground = mean(colours * (1 - share)) / np.maximum(mean(1 - share), 1e-3)
    left = colours - share * own - (1 - share) * ground
    found: Float32[np.ndarray, "h w 3"] = (own + share * left).clip(0, 255)
    return found
