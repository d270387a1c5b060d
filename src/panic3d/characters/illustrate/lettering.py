"""Lettering: strings made by lot, and how they are set and written on a sheet."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from panic3d.characters.colour import Rgb, shifted
from panic3d.characters.illustrate.shapes import Sheet

_WORDS = (
    "hello", "smile", "dream", "lucky", "spring", "summer", "autumn", "winter", "star", "moon",
    "sky", "blue", "rose", "happy", "sweet", "tea", "time", "night", "day", "song", "magic",
    "cat", "rabbit", "school", "club", "idol", "stage", "live", "fan", "book", "vol", "sale",
    "sketch", "thanks", "love", "peace", "rain", "snow", "wind", "sea", "city", "train", "radio",
    "coffee", "cake", "candy", "game", "level", "quest", "hero", "princess", "knight", "witch",
    "morning", "holiday", "birthday", "party", "memory", "little", "secret", "garden", "letter",
)  # fmt: skip
_ONSETS = ("", "k", "s", "t", "n", "h", "m", "y", "r", "w", "g", "z", "d", "b", "p", "sh", "ch")
_VOWELS = ("a", "i", "u", "e", "o", "a", "o", "ai", "ou")
_CRIES = ("Hmm", "Oh", "Ah", "Eh", "Wow", "Yay", "Zzz", "La la", "Ha ha", "Hey", "Uh", "Nya")
_ENDS = ("!", "!!", "?", "?!", "...", "~", "", "")
_MARKS = ("+", "*", "~", "-", "°", "·", "|", "/", "»", "«")


def made_text(rng: np.random.Generator) -> str:
    """Make a string of letters, digits and signs that Pillow's own font has."""
    kind = int(rng.integers(7))
    if kind == 0:
        text = str(_pick(rng, _CRIES)) + str(_pick(rng, _ENDS))
    elif kind == 1:
        text = " ".join(_name(rng) for _ in range(int(rng.integers(1, 3)))) + _pick(rng, _ENDS)
    elif kind == 2:
        text = _number(rng)
    elif kind == 3:
        mark = _pick(rng, _MARKS)
        text = f"{mark} {_pick(rng, _WORDS)} {mark}"
    elif kind == 4:
        text = f"@{_name(rng).lower()}_{int(rng.integers(100))}"
    else:
        count = int(rng.integers(1, 5))
        text = " ".join(_pick(rng, _WORDS) for _ in range(count)) + _pick(rng, _ENDS)
    case = rng.random()
    if case < 0.3:
        return text.upper()
    return text[0].upper() + text[1:] if case < 0.75 else text


def _pick(rng: np.random.Generator, names: tuple[str, ...]) -> str:
    return names[int(rng.integers(len(names)))]


def _name(rng: np.random.Generator) -> str:
    count = int(rng.integers(2, 5))
    word = "".join(_pick(rng, _ONSETS) + _pick(rng, _VOWELS) for _ in range(count))
    return word[0].upper() + word[1:]


def _number(rng: np.random.Generator) -> str:
    year, month, day = (int(rng.integers(*span)) for span in ((1990, 2040), (1, 13), (1, 29)))
    forms = (
        f"{year}", f"{year}.{month:02}.{day:02}", f"{month}/{day}", f"No. {day}", f"vol. {month}",
        f"{day}%", f"#{year - 1980}", f"{month}:{day:02}", f"+{day * 10}",
    )  # fmt: skip
    return _pick(rng, forms)


class Lettering(NamedTuple):
    """How a text is set. Heights are pixels of the sheet."""

    height: float
    fill: Rgb
    rim: Rgb
    turn_deg: float = 0.0
    stroke: float = 0.09
    """Width of the outline, in heights."""
    slant: float = 0.0
    """Of upright strokes, in widths per height."""
    upright: bool = False
    """One letter below the other."""
    plate: Rgb | None = None
    """Colour of a panel behind it."""
    shadow: float = 0.0
    """How far a copy in the outline's colour lies down and right, in heights."""


def draw_lettering(rng: np.random.Generator, size: int, colour: Rgb) -> Lettering:
    """Draw by lot how a text is set on a sheet of a size, around a colour."""
    white, black = (0.99, 0.98, 0.96), (0.10, 0.08, 0.11)
    dark = shifted(colour, -0.26)
    pairs: tuple[tuple[Rgb, Rgb], ...] = (
        (white, dark), (colour, white), (black, white), (white, black), (dark, colour),
        (shifted(colour, 0.1, 1.2, 90.0), dark), (shifted(colour, -0.1, 1.2, 180.0), white),
    )  # fmt: skip
    fill, rim = pairs[int(rng.integers(len(pairs)))]
    bare = rng.random() < 0.2
    plated = rng.random() < 0.28
    return Lettering(
        height=size * float(np.exp(rng.uniform(math.log(0.045), math.log(0.24)))),
        fill=fill,
        rim=rim,
        turn_deg=float(rng.normal(0, 10) + rng.choice([0.0, 90.0, -90.0], p=[0.9, 0.05, 0.05])),
        stroke=0.0 if bare else float(rng.uniform(0.04, 0.16)),
        slant=float(rng.uniform(-0.35, 0.35)) if rng.random() < 0.35 else 0.0,
        upright=bool(rng.random() < 0.22),
        plate=rim if plated else None,
        shadow=float(rng.uniform(0.05, 0.12)) if rng.random() < 0.2 else 0.0,
    )


def write(sheet: Sheet, text: str, x: float, y: float, how: Lettering) -> None:
    """Write a text, its middle at a pixel; what is longer than the sheet is written smaller."""
    set_ = "\n".join(text.replace(" ", "")) if how.upright else text
    height = max(how.height, 4.0)
    left, top, right, bottom = _extent(set_, height, how)
    long = max(right - left, bottom - top)
    if long > 1.1 * sheet.size:
        height = max(height * 1.1 * sheet.size / long, 4.0)
        left, top, right, bottom = _extent(set_, height, how)
    font = ImageFont.load_default(size=height)
    stroke = _stroke(height, how)
    margin = round(0.25 * height) + 2
    size = (math.ceil(right - left) + 2 * margin, math.ceil(bottom - top) + 2 * margin)
    rim, fill = Image.new("L", size, 0), Image.new("L", size, 0)
    at = (margin - left, margin - top)
    for mask, width in ((rim, stroke), (fill, 0)):
        ImageDraw.Draw(mask).multiline_text(
            at, set_, 255, font, spacing=0.12 * height, align="center", stroke_width=width
        )
    layers = [(rim, how.rim, 0.0), (fill, how.fill, 0.0)]
    if how.stroke <= 0:
        layers = layers[1:]
    if how.shadow > 0:
        layers.insert(0, (rim, how.rim, how.shadow * height))
    if how.plate is not None:
        panel = Image.new("L", size, 0)
        ImageDraw.Draw(panel).rounded_rectangle(
            (1, 1, size[0] - 2, size[1] - 2), 0.2 * height, fill=255
        )
        layers.insert(0, (panel, how.plate, 0.0))
    for mask, colour, down in layers:
        turned = _slanted(mask, how.slant).rotate(
            how.turn_deg, Image.Resampling.BICUBIC, expand=True
        )
        corner = (round(x - turned.width / 2 + down), round(y - turned.height / 2 + down))
        tone = tuple(round(255 * min(max(v, 0.0), 1.0)) for v in colour)
        sheet.image.paste(tone, corner, turned)
        sheet.mask.paste(255, corner, turned)


def _stroke(height: float, how: Lettering) -> int:
    return max(round(height * how.stroke), 1) if how.stroke > 0 else 0


def _extent(text: str, height: float, how: Lettering) -> tuple[float, float, float, float]:
    pen = ImageDraw.Draw(Image.new("L", (1, 1)))
    left, top, right, bottom = pen.multiline_textbbox(
        (0, 0),
        text,
        ImageFont.load_default(size=height),
        spacing=0.12 * height,
        align="center",
        stroke_width=_stroke(height, how),
    )
    return float(left), float(top), float(right), float(bottom)


def _slanted(mask: Image.Image, slant: float) -> Image.Image:
    if slant == 0:
        return mask
    wider = math.ceil(abs(slant) * mask.height)
    # Where a pixel of the result comes from; its upper rows move right for a positive slant.
    shift = slant * mask.height if slant > 0 else 0.0
    return mask.transform(
        (mask.width + wider, mask.height),
        Image.Transform.AFFINE,
        (1.0, slant, -shift, 0.0, 1.0, 0.0),
        Image.Resampling.BICUBIC,
    )
