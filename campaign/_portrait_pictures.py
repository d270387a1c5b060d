"""Pictures that the campaign of portraits starts from: one girl, ten of her, or nobody."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

PORTRAIT = Path(__file__).parents[1] / "examples" / "portrait.png"
EYES_AND_CHIN = ((229.0, 289.0), (285.0, 289.0), (257.0, 357.0))
"""In the example's pixels."""

Marks = tuple[tuple[float, float], tuple[float, float], tuple[float, float]]


class Drawn(NamedTuple):
    """A picture and where its face is."""

    image: Image.Image
    """RGBA."""
    marks: Marks
    """The eyes' middles and the chin's tip, pixels; where nobody is, some place."""


@cache
def example() -> Image.Image:
    """Return the example portrait, RGBA, 512 pixels."""
    with Image.open(PORTRAIT) as image:
        return image.convert("RGBA")


def girl(chance: random.Random) -> Drawn:
    """Return the example, cut and scaled at random, on nothing, white, a colour or a pattern."""
    side = chance.choice((96, 160, 256, 300, 512, 700, 900))
    width, height = side, round(side * chance.choice((1.0, 1.0, 1.3, 0.8)))
    scale = chance.uniform(0.8, 1.6) * side / 512
    shift = (chance.uniform(-0.4, 0.0) * side * 0.6, chance.uniform(-0.5, 0.0) * side * 0.6)
    return _laid(_ground(chance, (width, height)), [(scale, *shift)])


def aligned(chance: random.Random) -> Drawn:
    """Return the example as the networks expect it, on nothing or on white."""
    side = chance.choice((256, 512, 512, 640, 1024))
    size = (side, side)
    ground = Image.new("RGBA", size, chance.choice(((0, 0, 0, 0), (255, 255, 255, 255))))
    return _laid(ground, [(side / 512, 0.0, 0.0)])


def ten_girls(chance: random.Random) -> Drawn:
    """Return ten of her, in rows or anywhere."""
    size = chance.choice(((1000, 400), (500, 900), (1400, 700)))
    columns = chance.choice((10, 5, 2))
    rows = 10 // columns
    scale = min(size[0] / columns, size[1] / rows) / 300
    places = []
    for k in range(10):
        x = (k % columns + 0.5) * size[0] / columns - 256 * scale
        y = (k // columns + 0.5) * size[1] / rows - 300 * scale
        if columns == 2:
            x, y = chance.uniform(-0.2, 0.8) * size[0], chance.uniform(-0.2, 0.8) * size[1]
        places.append((scale, x, y))
    return _laid(_ground(chance, size), places)


def stretched(chance: random.Random) -> Drawn:
    """Return her far too wide or too high, or very large."""
    size = chance.choice(
        ((64, 8000), (8000, 64), (64, 30_000), (16_000, 70), (3000, 3000), (5000, 4000), (64, 400))
    )
    drawn = girl(chance)
    x, y = (new / old for new, old in zip(size, drawn.image.size, strict=True))
    one, two, chin = ((u * x, v * y) for u, v in drawn.marks)
    return Drawn(drawn.image.resize(size, Image.Resampling.NEAREST), (one, two, chin))


def nobody(chance: random.Random) -> Drawn:
    """Return noise, one colour, a gradient, chequers, blobs, or nothing at all."""
    size = chance.choice(((64, 64), (256, 256), (512, 512), (640, 480), (300, 900)))
    what = chance.randrange(6)
    random_ = np.random.default_rng(chance.randrange(2**32))
    rgba = np.full((size[1], size[0], 4), 255, np.uint8)
    if what == 0:
        rgba[..., :3] = random_.integers(0, 256, (*rgba.shape[:2], 3))
    elif what == 1:
        rgba[..., :3] = random_.integers(0, 256, 3)
    elif what == 2:
        rgba[..., :3] = np.linspace(0, 255, size[0]).astype(np.uint8)[None, :, None]
    elif what == 3:
        rgba[..., :3] = np.where(np.indices(rgba.shape[:2]).sum(0) // 16 % 2, 255, 20)[..., None]
    elif what == 4:
        rgba[..., 3] = 0
    image = Image.fromarray(rgba)
    if what == 5:
        draw = ImageDraw.Draw(image)
        for _ in range(30):
            x, y, r = chance.random() * size[0], chance.random() * size[1], chance.random() * 60
            draw.ellipse((x, y, x + r, y + r), fill=_colour(chance))
    w, h = size
    return Drawn(image, ((0.4 * w, 0.4 * h), (0.6 * w, 0.4 * h), (0.5 * w, 0.7 * h)))


def _laid(ground: Image.Image, places: list[tuple[float, float, float]]) -> Drawn:
    """Lay the example on a ground: scale, x and y of each."""
    marks = []
    for scale, x, y in places:
        side = max(round(512 * scale), 1)
        left, top = round(x), round(y)
        layer = Image.new("RGBA", ground.size)
        layer.paste(example().resize((side, side)), (left, top))
        ground = Image.alpha_composite(ground, layer)
        marks.append([(u * scale + left, v * scale + top) for u, v in EYES_AND_CHIN])
    one, two, chin = marks[0]
    return Drawn(ground, (one, two, chin))


def _ground(chance: random.Random, size: tuple[int, int]) -> Image.Image:
    what = chance.randrange(4)
    if what == 0:
        return Image.new("RGBA", size)
    if what == 1:
        return Image.new("RGBA", size, (255, 255, 255, 255))
    if what == 2:
        return Image.new("RGBA", size, _colour(chance))
    random_ = np.random.default_rng(chance.randrange(2**32))
    blocks = random_.integers(0, 256, (size[1] // 16 + 1, size[0] // 16 + 1, 4)).astype(np.uint8)
    blocks[..., 3] = 255
    return Image.fromarray(blocks).resize(size, Image.Resampling.BICUBIC)


def _colour(chance: random.Random) -> tuple[int, int, int, int]:
    return (chance.randrange(256), chance.randrange(256), chance.randrange(256), 255)
