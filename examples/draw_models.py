"""Draw docs/pictures/models.jpg: every model of a folder in both modes of the renderer.

    python examples/draw_models.py FOLDER_OF_VRM_FILES docs/pictures/models.jpg

Needs panic3d[data].
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from panic3d.formats.vrm import read_vrm
from panic3d.geometry.cameras import ORTHO_VIEWS, Camera, Perspective
from panic3d.geometry.posing import Pose, head_origin, posed
from panic3d.render.raster import Rasteriser
from panic3d.render.views import halved

CELL = 150
MARGIN = 16
TURNED: Camera = Perspective(azimuth_deg=35.0, elevation_deg=10.0)
COLUMNS = (
    *("paper: front", "turned", "left", "back", "position"),
    *("fixed: front", "turned", "normal", "depth", "head turned, expression"),
)


def main(folder: Path, out: Path) -> None:
    """Draw one row for each model."""
    rows = []
    names = []
    with Rasteriser() as rasteriser:
        for path in sorted(folder.glob("*.vrm")):
            rows.append(np.concatenate(row(rasteriser, path), 1))
            names.append(path.stem)
    padded = [np.pad(row, _TOP, constant_values=255) for row in rows]
    sheet = Image.fromarray(np.concatenate([np.full_like(padded[0][:MARGIN], 255), *padded]))
    draw = ImageDraw.Draw(sheet)
    for column, title in enumerate(COLUMNS):
        draw.text((column * CELL + 3, 2), title, (0, 0, 0))
    for k, name in enumerate(names):
        draw.text((3, MARGIN + k * (CELL + MARGIN) + 2), name, (150, 40, 20))
    out.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(out, quality=82, optimize=True)


_TOP = ((MARGIN, 0), (0, 0), (0, 0))


def row(rasteriser: Rasteriser, path: Path) -> list[NDArray[np.uint8]]:
    """Draw one model."""
    character = read_vrm(path)
    origin = head_origin(character)
    figure = posed(character)
    cells = []
    front, left, back = (ORTHO_VIEWS[name] for name in ("front", "left", "back"))
    with rasteriser.load(figure, origin, "paper") as scene:
        for camera in (front, TURNED, left, back):
            cells.append(shown(halved(rasteriser.paper_frame(scene, camera, 2 * CELL).colour)))
        cells.append(shown(rasteriser.paper_frame(scene, front, CELL).position))
    with rasteriser.load(figure, origin) as scene:
        cells += [shown(rasteriser.colour(scene, camera, CELL)) for camera in (front, TURNED)]
        geometry = rasteriser.geometry(scene, TURNED, CELL)
    hit = (geometry.facing != 0)[..., None].astype(np.uint8) * np.uint8(255)
    normal = ((geometry.normal + 1) * 127.5).astype(np.uint8)
    cells.append(shown(np.concatenate([normal, hit], -1)))
    depth = ((1.35 - geometry.depth[..., None]) / 0.7 * 255).clip(0, 255).astype(np.uint8)
    cells.append(shown(np.concatenate([depth, depth, depth, hit], -1)))
    wanted = {"aa": 0.7, "blinkLeft": 1.0}
    changed = Pose(
        head_yaw_deg=-25.0,
        head_roll_deg=8.0,
        expressions={name: w for name, w in wanted.items() if name in character.expressions},
    )
    with rasteriser.load(posed(character, changed), origin) as scene:
        cells.append(shown(rasteriser.colour(scene, front, CELL)))
    return cells


def shown(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Lay a picture on light grey, so that white hair and holes can be told from the background."""
    base = Image.new("RGBA", (rgba.shape[1], rgba.shape[0]), (216, 220, 224, 255))
    base.alpha_composite(Image.fromarray(np.ascontiguousarray(rgba)))
    return np.array(base.convert("RGB"))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
