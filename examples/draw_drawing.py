"""Draw ``drawing.jpg``: a character of the engine as people draw, framed and styled by lot, CC0.

    python examples/draw_drawing.py examples/drawing.jpg --number 8

Needs panic3d[data]. The character is made of assets of the test split: no network has seen them.
With other numbers it draws others, and ``.png`` files too: docs/pictures/drawings.jpg has 0, 1, 5
and 8.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image

from panic3d.characters.illustrate.draw import illustrate
from panic3d.characters.illustrate.style import draw_style
from panic3d.characters.made import stream
from panic3d.characters.make.engines import open_engine
from panic3d.characters.splits import assets_of
from panic3d.geometry.posing import Pose
from panic3d.render.raster import Rasteriser

SIZE = 640
_SEEDS = 2**53


def main(out: Path, number: int) -> None:
    """Draw it, in colour, with its ground."""
    rng = stream(0, "readme", "wild", str(number))
    engine = open_engine("procedural", None)
    made = engine.make(int(rng.integers(_SEEDS)), assets_of("test", engine.assets))
    style = draw_style(rng)
    while style.finish.grey:
        style = draw_style(rng)
    pose = Pose(expressions=dict(made.expression))
    with Rasteriser() as rasteriser:
        drawn = illustrate(made, rasteriser, style, SIZE, pose)
    Image.fromarray(drawn.picture).save(out, quality=92)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--number", type=int, default=8)
    arguments = parser.parse_args()
    main(arguments.out, arguments.number)
