"""Draw docs/pictures/demo.png: a portrait, and the head that was made of it from all sides.

After `panic3d reconstruct examples/portrait.png --aligned --out head`::

    python examples/draw_demo.py examples/portrait.png head docs/pictures/demo.png
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

CELL = 240
COLUMNS = 4
GROUND = (226, 228, 232, 255)
VIEWS = ("front", "0043", "left", "0047", "back", "right", "0041")


def main(portrait: Path, head: Path, out: Path) -> None:
    """Lay the portrait and the views out on one sheet."""
    paths = [portrait, *(head / "views" / f"{view}.png" for view in VIEWS)]
    rows = -(-len(paths) // COLUMNS)
    sheet = Image.new("RGBA", (COLUMNS * CELL, rows * CELL), GROUND)
    for k, path in enumerate(paths):
        picture = Image.open(path).convert("RGBA").resize((CELL, CELL), Image.Resampling.LANCZOS)
        sheet.alpha_composite(picture, (k % COLUMNS * CELL, k // COLUMNS * CELL))
    sheet.convert("RGB").save(out, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
