"""The sheet of a benchmark: front, illustration, wild picture and back of each character."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from panic3d.characters.sheets import GROUND, Tile, contact_sheet, jpeg_within, tile, window
from panic3d.evaluate.open_bench.read import OpenBenchmark, OpenCase

SHEET_BYTES = 300_000
_COLUMNS = 8
_SIDE = 96


def sheet_jpeg(benchmark: OpenBenchmark, limit: int = SHEET_BYTES) -> bytes:
    """Draw the sheet as a JPEG of at most so many bytes; remixed characters come first."""
    cases = sorted(benchmark.cases, key=lambda case: (case.half != "real", case.name))
    return jpeg_within(sheet(cases), limit)


def sheet(cases: Sequence[OpenCase]) -> UInt8[np.ndarray, "h w 3"]:
    """Lay characters out, each as a square of four tiles."""
    cells = [contact_sheet(_tiles(case), 2) for case in cases]
    return contact_sheet(cells, min(_COLUMNS, len(cells)), gap=4)


def _tiles(case: OpenCase) -> list[Tile]:
    aligned = case.aligned()
    shown = window(aligned.render)
    back = case.truth().views["back"]
    front, drawing, behind = (
        tile(picture, _SIDE, shown) for picture in (aligned.render, aligned.illustration, back)
    )
    return [front, drawing, fitted(case.wild().picture, _SIDE), behind]


def fitted(picture: UInt8[np.ndarray, "h w 3"], side: int) -> UInt8[np.ndarray, "{side} {side} 3"]:
    """Return all of a picture in a square, on the sheet's ground."""
    image = Image.fromarray(picture)
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    ground = Image.new("RGB", (side, side), GROUND)
    ground.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return np.array(ground)
