"""Filling what lies between the charts of a texture, for filters and mipmaps that reach beyond."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Bools = NDArray[np.bool_]

RINGS = 4
"""Texels around charts that go on with the colours beside them."""
_BLOCK = 8
"""Texels along the side of what is filled with one colour, farther away."""
_AROUND = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1) if down or right]


def filled(texture: Bytes, known: Bools, rings: int = RINGS) -> Bytes:
    """Give every texel a colour.

    Rings around what is known take the mean of their known neighbours. What is farther away gets
    the mean of its surroundings, in blocks, so that no mipmap mixes in a foreign colour.

    Args:
        texture: (h, w, 3).
        known: (h, w).
        rings: how many.

    Returns:
        (h, w, 3); known texels are as they were.
    """
    if known.all() or not known.any():
        return texture
    out, known = texture.copy(), known.copy()
    new = np.flatnonzero(known & ~_surrounded(known))
    for _ in range(rings):
        new = _next_ring(out, known, new)
        if not len(new):
            break
    blocks = _blocks(out, known)
    h, w = known.shape
    far = np.repeat(np.repeat(blocks, _BLOCK, 0), _BLOCK, 1)[:h, :w]
    return np.where(known[..., None], out, far)


def _surrounded(known: Bools) -> Bools:
    """Say of which texels all four neighbours are known."""
    padded = np.pad(known, 1, constant_values=True)
    out: Bools = padded[2:, 1:-1] & padded[:-2, 1:-1] & padded[1:-1, 2:] & padded[1:-1, :-2]
    return out


def _next_ring(texture: Bytes, known: Bools, rim: NDArray[np.intp]) -> NDArray[np.intp]:
    """Fill what borders on the rim; return it."""
    h, w = known.shape
    marked = np.zeros(h * w, bool)
    for where, inside in _beside(rim, h, w):
        marked[where[inside]] = True
    flat = known.reshape(-1)
    new = np.flatnonzero(marked & ~flat)
    total, count = np.zeros((len(new), 3), np.int32), np.zeros((len(new), 1), np.int32)
    colours = texture.reshape(-1, 3)
    for where, inside in _beside(new, h, w):
        good = (inside & flat[where])[:, None]
        total += colours[where] * good
        count += good
    colours[new] = (total + count // 2) // np.maximum(count, 1)
    flat[new] = True
    return new


def _beside(texels: NDArray[np.intp], h: int, w: int) -> list[tuple[NDArray[np.intp], Bools]]:
    """Return the eight neighbours of texels, and whether they are within the picture."""
    row, column = np.divmod(texels, w)
    found = []
    for down, right in _AROUND:
        r, c = row + down, column + right
        inside = (r >= 0) & (r < h) & (c >= 0) & (c < w)
        found.append((np.where(inside, r * w + c, texels), inside))
    return found


def _blocks(texture: Bytes, known: Bools) -> Bytes:
    """Return a colour for each block: the mean of what is known in it, or around it."""
    h, w = known.shape
    pad = ((0, -h % _BLOCK), (0, -w % _BLOCK))
    count = np.pad(known, pad).reshape((h + pad[0][1]) // _BLOCK, _BLOCK, -1, _BLOCK)
    weight = count.sum((1, 3)).astype(np.float64)
    total = np.zeros((*weight.shape, 3))
    for k in range(3):  # one channel at a time: whole textures do not fit the caches
        channel = np.pad(np.where(known, texture[..., k], 0), pad)
        total[..., k] = channel.reshape(count.shape).sum((1, 3), dtype=np.int64)
    mean = _spread(total, weight)
    return np.rint(mean).clip(0, 255).astype(np.uint8)


def _spread(total: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return means, and where there is no weight those of the next coarser level that has any."""
    mean = total / np.maximum(weight, 1)[..., None]
    if (weight > 0).all() or weight.size == 1:
        return mean
    h, w = weight.shape
    pad = ((0, h % 2), (0, w % 2))
    shape = ((h + 1) // 2, 2, (w + 1) // 2, 2)
    fewer = np.pad(weight, pad).reshape(shape).sum((1, 3))
    sums = np.pad(total, (*pad, (0, 0))).reshape(*shape, 3).sum((1, 3))
    coarse = np.repeat(np.repeat(_spread(sums, fewer), 2, 0), 2, 1)[:h, :w]
    return np.where(weight[..., None] > 0, mean, coarse)
