"""What is known of a head besides its field: the pictures and the weights that it was made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from jaxtyping import UInt8

from panic3d.geometry.similarity import Similarity
from panic3d.image import Picture
from panic3d.pipeline.preview import TILE

MeshFormat = Literal["glb", "obj", "ply", "stl"]
"""In which a head's folder has its mesh; ``head.glb`` is there besides each of the others."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Origin:
    """Where a head comes from."""

    prepared: Picture | None = None
    """What was reconstructed from: square, straight alpha."""
    inside: UInt8[np.ndarray, "512 512"] | None = None
    """How much of each pixel of the render frame its owner's picture shows, 255 is all. None: all
    of it, or the network does not ask."""
    source: Picture | None = None
    """The picture as its owner has it, made small by `small_source`."""
    frame_from_source: Similarity | None = None
    """Pixels of the owner's picture to pixels of the frame, 512 across; None if it was aligned."""
    stages: Mapping[str, bytes] = field(default_factory=dict)
    """The files of the preparation, by name."""
    weights: str = ""
    """Name of the reconstructor's weights."""
    weights_sha256: str | None = None
    """None for untrained ones."""


def small_source(picture: Picture) -> Picture:
    """Return a picture no larger than a preview shows it, straight alpha."""
    from PIL import Image

    scale = TILE / max(picture.size)
    if scale >= 1:
        return picture
    width, height = (max(round(side * scale), 1) for side in picture.size)
    image = Image.fromarray(np.ascontiguousarray(picture.rgba)).convert("RGBa")
    small = image.resize((width, height), Image.Resampling.LANCZOS)
    return Picture(np.array(small.convert("RGBA")))
