"""Draw the pages of a blind review: released models and made characters, shuffled, with a key.

    python examples/draw_blind_review.py --seed 307 --out review

Needs panic3d[data] and the models of the shared data folder: 16 renders of them and 48 made
characters, half of them remixed, each from two sides, on four pages of 4 x 4. Somebody who has seen
none of it is shown the pages and asked `QUESTION`, which is printed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tyro
from jaxtyping import UInt8
from PIL import Image, ImageDraw

from panic3d.characters.procedural import make_procedural
from panic3d.characters.remix import Library, make_remix
from panic3d.formats.vrm import read_vrm
from panic3d.geometry.cameras import Orthographic
from panic3d.geometry.character import Character
from panic3d.geometry.posing import Pose, head_origin, posed
from panic3d.render.raster import Rasteriser

QUESTION = """\
Four pages of 4 x 4 numbered tiles; every tile shows one 3D anime character's head from two sides.
Some are finished, published models, others are made by software. Look at the pages at the size
they are, and list the numbers of those tiles that look unfinished or broken: bald or holed scalps,
floating parts, hair through the face, test-like geometry, dead or missing eyes, clashing colours.
Choices of style (odd hair colours, closed eyes, simple shading, big accessories) are no faults."""

MODELS = (
    *("sendagaya_shino", "vita", "hairsample_female", "hairsample_male", "victoria_rubin"),
    "godette",
)
REAL, MADE = 16, 24
"""Tiles of models, and of made characters of each kind."""
_SOURCES = Path(__file__).resolve().parents[2] / "shared" / "data" / "vrm"
_MOODS = ("happy", "sad", "relaxed", "aa", "angry", "blink")
_GROUND = (214, 217, 222, 255)
_TILE, _ACROSS = 250, 4
_LOOK = 96  # pixels of the glance that frames a head


def main(seed: int, out: Path, sources: Path = _SOURCES) -> None:
    """Draw the pages of a seed.

    Args:
        seed: of the made characters, the sides and the order.
        out: folder for ``page1.png`` to ``page4.png`` and ``key.json``.
        sources: folder of the models.
    """
    chance = np.random.default_rng(seed)
    out.mkdir(parents=True, exist_ok=True)
    tiles: list[tuple[str, UInt8[np.ndarray, "h w 3"]]] = []

    def sides() -> tuple[float, float]:
        away = chance.choice([-1, 1]) * chance.uniform(70, 180)
        return float(chance.uniform(-35, 35)), float(away)

    with Rasteriser() as rasteriser:
        for k in range(REAL):
            name = MODELS[k % len(MODELS)]
            model = read_vrm(sources / f"{name}.vrm")
            moods = [mood for mood in _MOODS if mood in model.expressions]
            mood = {} if k < len(MODELS) else {str(chance.choice(moods)): 1.0}
            tiles.append((f"model {name}", _tile(rasteriser, model, mood, sides())))
        library = Library.load(sources)
        for number in range(seed * 1000, seed * 1000 + MADE):
            made = make_procedural(number)
            drawn = _tile(rasteriser, made.character, made.expression, sides())
            tiles.append((f"procedural {number}", drawn))
            made = make_remix(library, number)
            drawn = _tile(rasteriser, made.character, made.expression, sides())
            tiles.append((f"remixed {number}", drawn))
    order = chance.permutation(len(tiles))
    key = {k + 1: tiles[i][0] for k, i in enumerate(order)}
    each = _ACROSS**2
    for page in range(len(tiles) // each):
        shown = []
        for k in range(page * each, (page + 1) * each):
            image = Image.fromarray(tiles[order[k]][1])
            ImageDraw.Draw(image).text((6, 4), str(k + 1), fill=(20, 20, 20))
            shown.append(np.array(image))
        rows = [np.concatenate(shown[k : k + _ACROSS], 1) for k in range(0, each, _ACROSS)]
        Image.fromarray(np.concatenate(rows)).save(out / f"page{page + 1}.png")
    (out / "key.json").write_text(json.dumps(key, indent=1), encoding="utf-8")
    print(QUESTION)


def _tile(
    rasteriser: Rasteriser,
    character: Character,
    mood: Mapping[str, float],
    azimuths_deg: tuple[float, float],
) -> UInt8[np.ndarray, "h w 3"]:
    """Draw a head from two sides, as large as what it wears lets it be."""
    figure, origin = posed(character, Pose(expressions=dict(mood))), head_origin(character)
    with rasteriser.load(figure, origin) as scene:
        seen = rasteriser.colour(scene, Orthographic(), _LOOK)[..., 3] > 100
    metre = _LOOK / Orthographic().width_m
    first = int(np.flatnonzero(seen.any(1))[0])
    top = 0.35 - first / metre
    width = min(max(0.44, 1.35 * (top + 0.16)), 0.7)
    most = 0.35 - width / 2
    up = min(max(top - width / 2 + 0.02, -most), most)
    views = []
    with rasteriser.load(figure, origin + np.array([0.0, up, 0.0])) as scene:
        for azimuth in azimuths_deg:
            camera = Orthographic(azimuth_deg=azimuth, width_m=width)
            ground = Image.new("RGBA", (_TILE, _TILE), _GROUND)
            ground.alpha_composite(Image.fromarray(rasteriser.colour(scene, camera, _TILE)))
            views.append(np.array(ground)[..., :3])
    return np.concatenate(views, 1)


if __name__ == "__main__":
    tyro.cli(main)
