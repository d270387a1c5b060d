"""Draw docs/pictures/drawings.jpg: drawings, and the heads that were made of them, a row each.

After `python examples/draw_drawing.py N.jpg --number N` and `panic3d reconstruct N.jpg --out N` for
some numbers N::

    python examples/draw_heads.py docs/pictures/drawings.jpg 0.jpg 0 1.jpg 1 5.jpg 5 8.jpg 8
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

CELL, GAP = 200, 4
GROUND = (236, 238, 244, 255)
VIEWS = ("front", "0043", "left", "0047", "back")
QUALITY = 88


def main(out: Path, pairs: list[Path]) -> None:
    """Lay each drawing and the views of its head out in a row."""
    rows = [
        [portrait, *(head / "views" / f"{view}.png" for view in VIEWS)]
        for portrait, head in zip(pairs[::2], pairs[1::2], strict=True)
    ]
    step = CELL + GAP
    size = (len(rows[0]) * step - GAP, len(rows) * step - GAP)
    sheet = Image.new("RGB", size, (255, 255, 255))
    for y, row in enumerate(rows):
        for x, path in enumerate(row):
            picture = Image.open(path).convert("RGBA")
            cell = Image.new("RGBA", (CELL, CELL), GROUND)
            cell.alpha_composite(picture.resize((CELL, CELL), Image.Resampling.LANCZOS))
            sheet.paste(cell.convert("RGB"), (x * step, y * step))
    sheet.save(out, quality=QUALITY)


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(each) for each in sys.argv[2:]])
