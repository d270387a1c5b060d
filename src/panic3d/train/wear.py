"""What happens to pictures before anybody prepares them: editing, scaling, uploads."""

from __future__ import annotations

import io

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image, ImageDraw, ImageFilter

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def worn(
    picture: UInt8[np.ndarray, "h w 3"], rng: np.random.Generator
) -> UInt8[np.ndarray, "h w 3"]:
    """Change colours, blur, reduce and enlarge, add noise, compress; each by lot."""
    if rng.random() < 0.7:
        picture = _coloured(picture, rng)
    image = Image.fromarray(picture)
    if rng.random() < 0.15:
        image = image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 1.3))))
    if rng.random() < 0.15:
        share = rng.uniform(0.4, 0.9)
        small = max(round(image.width * share), 8), max(round(image.height * share), 8)
        image = image.resize(small, Image.Resampling.BILINEAR).resize(
            image.size, Image.Resampling.BICUBIC if rng.random() < 0.7 else Image.Resampling.NEAREST
        )
    if rng.random() < 0.12:
        noise = rng.standard_normal((image.height, image.width, 3), np.float32)
        noisy = np.asarray(image) + noise * np.float32(rng.uniform(2, 12))
        image = Image.fromarray(noisy.clip(0, 255).astype(np.uint8))
    if rng.random() < 0.4:
        file = io.BytesIO()
        image.save(
            file,
            "JPEG",
            quality=int(rng.integers(30, 96)),
            subsampling=2 if rng.random() < 0.7 else 0,
        )
        image = Image.open(file)
    return np.array(image.convert("RGB"))


def _coloured(
    picture: UInt8[np.ndarray, "h w 3"], rng: np.random.Generator
) -> UInt8[np.ndarray, "h w 3"]:
    values = picture.astype(np.float32) / 255
    if rng.random() < 0.25:  # skin and hair of any hue
        values = values @ _hue_turn(float(rng.uniform(-180, 180))).T
    grey = values @ _LUMA
    share = 0.0 if rng.random() < 0.12 else float(rng.uniform(0.4, 1.4))
    values = grey[..., None] + (values - grey[..., None]) * np.float32(share)
    gain = rng.uniform(0.82, 1.12, 3).astype(np.float32)
    values = (values * gain + np.float32(rng.uniform(-0.08, 0.06))).clip(0, 1)
    values = values ** np.float32(np.exp(rng.normal(0, 0.25)))
    return np.rint(values * 255).astype(np.uint8)


def _hue_turn(degrees: float) -> Float32[np.ndarray, "3 3"]:
    """Return the turn of colours about grey."""
    angle = np.radians(degrees)
    along = np.ones(3) / np.sqrt(3)
    cross = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / np.sqrt(3)
    turn = np.cos(angle) * np.eye(3) + np.sin(angle) * cross
    return (turn + (1 - np.cos(angle)) * np.outer(along, along)).astype(np.float32)


def things(rng: np.random.Generator, size: int, count: int) -> UInt8[np.ndarray, "s s 4"]:
    """Draw discs, bars, polygons, rings and lettering anywhere: things that are no characters.

    Returns:
        Straight RGBA, clear where nothing is.
    """
    image = Image.new("RGBA", (size, size))
    draw = ImageDraw.Draw(image)
    for _ in range(count):
        colour = (*(int(v) for v in rng.integers(0, 256, 3)), 255)
        x, y = rng.uniform(0, size, 2)
        reach = size * float(np.exp(rng.uniform(np.log(0.03), np.log(0.2))))
        kind = rng.integers(5)
        box = (x - reach, y - reach * rng.uniform(0.3, 1), x + reach, y + reach)
        if kind == 0:
            draw.ellipse(box, fill=colour)
        elif kind == 1:
            draw.ellipse(box, outline=colour, width=max(int(reach / 6), 1))
        elif kind == 2:
            angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 8))))
            corners = np.stack([x + reach * np.cos(angles), y + reach * np.sin(angles)], 1)
            draw.polygon([(float(a), float(b)) for a, b in corners], fill=colour)
        elif kind == 3:
            ends = [(float(x), float(y)), tuple(rng.uniform(0, size, 2).tolist())]
            draw.line(ends, fill=colour, width=max(int(reach / 4), 1))
        else:
            letters = "".join(chr(int(c)) for c in rng.integers(33, 123, int(rng.integers(2, 9))))
            draw.text((x, y), letters, fill=colour, font_size=max(int(reach), 6))
    return np.array(image)
