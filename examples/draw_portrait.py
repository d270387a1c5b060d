"""Draw ``portrait.png``: a character of the engine as an aligned illustration, CC0.

    python examples/draw_portrait.py examples/portrait.png

Needs panic3d[data]. The character is of the kind that `first` learned from, but not one of those.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from panic3d.characters.illustrate.draw import illustrate
from panic3d.characters.illustrate.style import Ground, aligned, named_style
from panic3d.characters.made import stream
from panic3d.characters.procedural import make_procedural
from panic3d.geometry.posing import Pose
from panic3d.render.raster import Rasteriser

SEED = 5115
ASSETS = {"hair": ("long_straight",), "face": ("gentle",)}
SIZE = 512


def main(out: Path) -> None:
    """Draw it, its matte as alpha."""
    made = make_procedural(SEED, ASSETS)
    style = replace(aligned(named_style("anime", stream(SEED, "portrait"))), ground=Ground())
    with Rasteriser() as rasteriser:
        drawn = illustrate(made, rasteriser, style, SIZE, Pose(expressions=made.expression))
    # Colours without the white ground that shines through at the edges.
    alpha = np.maximum(drawn.matte[..., None] / 255.0, 1e-3)
    colours = np.clip(255 - (255 - drawn.drawn.astype(float)) / alpha, 0, 255)
    pixels = np.dstack([np.round(colours).astype(np.uint8), drawn.matte])
    pixels[drawn.matte == 0] = 0
    Image.fromarray(pixels).save(out, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
