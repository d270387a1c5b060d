"""Colours of what the portrait does not show: those that it shows, carried on over the surface.

A network that learned little repeats the front behind: a face shines through the hair. So the
portrait's colours go on around the head instead, along it rather than down, and not over borders
that the network sees between hair, skin and clothes. How light they become follows the network, in
the large alone: drawings are shaded at their outlines, from which colours come.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from panic3d.geometry.components import areas
from panic3d.geometry.smoothing import neighbours

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

DOWN = 0.1
"""How readily colours go up and down, of how readily they go around: hair hangs, and what lies
behind it at one height is hair more often than what lies below."""
BORDER = 0.05
"""Difference of the network's colours at two neighbours at which a third of the link is left."""
HELD_M = 0.03
"""Over about so much of the surface what is known is averaged."""
TONE_M = 0.15
"""Over about so much of it lightness is compared with the network's."""
TONE_MOST = 0.06
"""So much lighter or darker than what is shown it becomes at most: networks that learned from
renders see shaded drawings lighter than they are."""
_LIGHTNESS = (0.3, 0.6, 0.1)
_PULL = 1e-3
"""Of the network's colours, where nothing known can be reached."""
_LEAST = 1e-6


def continued(
    shown: Floats, held: Floats, own: Floats, vertices: Floats, faces: Ints
) -> NDArray[np.float32]:
    """Carry colours on from the vertices that the portrait shows to all.

    Args:
        shown: (v, 3) sRGB in [0, 1] of the portrait, where it is held on to. With a fourth column,
            such as the contrast of strands, that is carried on likewise.
        held: (v,) how much it is, 0 to 1: 0 where it does not show the vertex.
        own: (v, 3) the network's colours; a fourth column of its own is 0.
        vertices: (v, 3) metres.
        faces: (f, 3).

    Returns:
        (v, 3) or (v, 4), near what is shown where it is held on to; the network's if nothing is.

    Source: Perona and Malik, Scale-space and edge detection using anisotropic diffusion, 1990 (its
    exponential conductance, with the network's colours as the guide), on a surface.
    """
    from scipy.sparse import diags
    from scipy.sparse.linalg import splu

    if shown.shape[1] > own.shape[1]:
        own = np.concatenate([own, np.zeros_like(own[:, :1])], 1)
    if not held.any():
        return own
    links: Any = neighbours(faces, len(held)).astype(np.float64)
    area = np.bincount(faces.reshape(-1), np.repeat(areas(vertices, faces) / 3, 3), len(held))
    # As `panic3d.pipeline.seams.carried` weighs a Laplacian against what pulls at a vertex.
    mass = np.sqrt(3) * area + 1e-12
    pull = mass * held / HELD_M**2
    guided = _guided(links, own[:, :3], vertices)
    system = diags(_sums(guided) + pull + _PULL * mass) - guided
    known = pull[:, None] * shown + (_PULL * mass)[:, None] * own
    found = splu(system.tocsc()).solve(known)
    # Lightness, compared where the portrait says nothing, and smooth.
    free = mass * (held < 0.5)
    gap = free * ((own - found)[:, :3] @ _LIGHTNESS)
    smooth = splu((diags(_sums(links) + mass / TONE_M**2) - links).tocsc())
    lighter, weight = smooth.solve(np.stack([gap, free], 1)).T
    tone = TONE_MOST * np.tanh(lighter / np.maximum(weight, 1e-15) / TONE_MOST)
    found[:, :3] += ((1 - held) * tone)[:, None]
    out: NDArray[np.float32] = found.clip(0, 1).astype(np.float32)
    return out


def _guided(links: Any, own: Floats, vertices: Floats) -> Any:
    """Weigh links by the way they go, and by what the network sees at their ends."""
    found = links.tocoo(copy=True)
    way = np.square(vertices[found.row] - vertices[found.col], dtype=np.float64)
    around, down = way[:, 0] + way[:, 2], way[:, 1]
    readily = (around + DOWN * down) / np.maximum(around + down, 1e-15)
    apart = np.square(own[found.row] - own[found.col], dtype=np.float64).sum(1)
    found.data = readily * np.exp(-apart / BORDER**2) + _LEAST
    return found.tocsr()


def _sums(links: Any) -> NDArray[np.float64]:
    return np.asarray(links.sum(1), np.float64).ravel()
