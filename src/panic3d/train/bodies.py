"""Busts that go on below: bodies made by rules, so that whole figures are no surprise."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float64, UInt8

_LEAST_WIDTH = 0.15
"""Of a picture's lower border that a bust must fill to go on."""
_KNOTS = 6
"""Heights at which a body's width is chosen."""


def lengthened(
    picture: UInt8[np.ndarray, "h w 3"], matte: UInt8[np.ndarray, "h w"], rng: np.random.Generator
) -> tuple[UInt8[np.ndarray, "h2 w 3"], UInt8[np.ndarray, "h2 w"]]:
    """Let a bust that ends at its picture's lower border go on below it.

    Args:
        picture: colours.
        matte: what of it is the bust.
        rng: chooses the body.

    Returns:
        Both, higher; as they were if there is no bust at the border.
    """
    height, width = matte.shape
    filled = np.flatnonzero(matte[-1] > 127)
    if len(filled) < _LEAST_WIDTH * width:
        return picture, matte
    more = round(height * float(rng.uniform(0.3, 1.6)))
    left, right = _sides(int(filled[0]), int(filled[-1]) + 1, more, width, rng)
    across = np.arange(width) + 0.5
    body: Bool[np.ndarray, "m w"] = (across > left[:, None]) & (across < right[:, None])
    place = ((across - left[:, None]) / (right - left)[:, None]).clip(0, 1)
    if rng.random() < 0.4:  # legs
        gap = rng.uniform(0.02, 0.12) * np.linspace(0.5, 2, more)[:, None]
        below = np.arange(more)[:, None] > more * rng.uniform(0.1, 0.7)
        body &= ~(below & (np.abs(place - 0.5) < gap))
    colours = _clothes(picture[-1, filled[0] : filled[-1] + 1], place, rng)
    if rng.random() < 0.6:
        colours[_rim(body)] = rng.integers(0, 70, 3)
    colours[~body] = 128
    return (
        np.concatenate([picture, colours.astype(np.uint8)]),
        np.concatenate([matte, np.where(body, 255, 0).astype(np.uint8)]),
    )


def _sides(
    first: int, last: int, more: int, width: int, rng: np.random.Generator
) -> tuple[Float64[np.ndarray, " m"], Float64[np.ndarray, " m"]]:
    """Return where a body begins and ends in each row, pixels."""
    half = (last - first) / 2 * np.exp(np.cumsum(rng.normal(0, 0.2, _KNOTS)) * [0, 1, 1, 1, 1, 1])
    middle = (first + last) / 2 + np.cumsum(rng.normal(0, 0.04, _KNOTS)) * width * (
        np.arange(_KNOTS) > 0
    )
    at, knots = np.linspace(0, 1, more), np.linspace(0, 1, _KNOTS)
    wide = np.interp(at, knots, half).clip(2)
    along = np.interp(at, knots, middle)
    return along - wide, along + wide


def _clothes(
    row: UInt8[np.ndarray, "k 3"], place: Float64[np.ndarray, "m w"], rng: np.random.Generator
) -> Float64[np.ndarray, "m w 3"]:
    """Colour a body: what the bust wears, then other pieces, with folds."""
    colours = row[(place * (len(row) - 1)).astype(int)].astype(np.float64)
    more = len(place)
    start = float(rng.uniform(0, 0.5)) * more
    for _ in range(int(rng.integers(0, 4))):
        piece = rng.uniform(0, 255, 3) if rng.random() < 0.7 else row[rng.integers(len(row))]
        below = np.arange(more)[:, None] > start + 0.05 * more * np.sin(6 * place)
        colours = np.where(below[..., None], piece, colours)
        start += float(rng.uniform(0.05, 0.6)) * more
    folds = np.sin(place * rng.uniform(4, 40) + np.arange(more)[:, None] * rng.normal(0, 0.02))
    sharp = np.sign(folds) if rng.random() < 0.5 else folds
    found: Float64[np.ndarray, "m w 3"] = colours * (
        1 + float(rng.uniform(0, 0.2)) * (sharp[..., None] - 1) / 2
    )
    return found.clip(0, 255)


def _rim(body: Bool[np.ndarray, "m w"]) -> Bool[np.ndarray, "m w"]:
    """Return the outermost pixels of a body, but for where it begins."""
    padded = np.pad(body, ((1, 1), (1, 1)))
    padded[0] = padded[1]
    inner = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return body & ~inner
