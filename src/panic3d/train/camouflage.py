"""Grounds that look like the figure before them: black hair at night, white clothes in snow."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32
from scipy.ndimage import gaussian_filter

_LEAST, _MOST = 0.35, 0.95
"""How far a ground goes towards a colour of the figure."""
_SURE = 0.9
"""Alpha from which a colour is the figure's own."""
_RIM = 6.0
"""About how far from its outline a colour of the figure is taken, pixels."""
_WIDE = 2.0
"""Pixels over which the ground behind soft edges is guessed."""


def camouflaged(
    picture: Float32[np.ndarray, "s s 3"],
    matte: Float32[np.ndarray, "s s"],
    rng: np.random.Generator,
) -> Float32[np.ndarray, "s s 3"]:
    """Draw the ground towards a colour of the figure; its pattern stays, fainter.

    Args:
        picture: levels from 0 to 255.
        matte: alpha of the figure, 0 to 1; where it is 0 nothing but ground is seen.
        rng: chooses the colour and how near it is.
    """
    # Of what meets the ground, as hair does.
    rim = (matte > _SURE) & (gaussian_filter(matte, _RIM) < _SURE)
    own = np.flatnonzero(rim)
    if not len(own):
        return picture
    colour = picture.reshape(-1, 3)[int(own[int(rng.integers(len(own)))])]
    share = np.float32(rng.uniform(_LEAST, _MOST))
    clear = (1 - matte)[..., None]
    # Within soft edges the ground is that beside them.
    weight = clear**4 + np.float32(1e-4)
    smooth = (_WIDE, _WIDE, 0)
    behind = gaussian_filter(picture * weight, smooth) / gaussian_filter(weight, smooth)
    behind = np.where(clear == 1, picture, behind)
    found: Float32[np.ndarray, "s s 3"] = picture + clear * share * (colour - behind)
    return found
