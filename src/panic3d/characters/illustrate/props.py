"""What stands in front of the head: hands, things they hold, lettering, sparkles."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from panic3d.characters.colour import Rgb, mixed, shifted
from panic3d.characters.illustrate import hands
from panic3d.characters.illustrate.fields import Plane, noise, warped
from panic3d.characters.illustrate.hands import Look
from panic3d.characters.illustrate.lettering import (
    Lettering,
    draw_lettering,
    made_text,
    write,
)
from panic3d.characters.illustrate.shapes import Placed, Sheet, ellipse, spline, tube
from panic3d.characters.illustrate.style import IllustrationStyle
from panic3d.characters.illustrate.tones import light_of
from panic3d.characters.illustrate.view import Seen
from panic3d.characters.landmarks import Landmarks

_OVERSAMPLING = 3
_HAND_M = 0.135
"""Length of a hand beside a head of this size."""
_AIMED = 0.40
"""Share of hands, things and lettering that cover part of face or hair."""
_AIM = 12
"""Number of the stream for these."""
_FACE = ((0.034, 0.070), (-0.034, 0.070), (0.0, 0.045), (0.0, 0.020), (0.03, 0.015), (-0.03, 0.015))
"""Places on a usual face, metres in the head's frame."""
_INKS: dict[str, Rgb] = {
    "black": (0.09, 0.08, 0.09),
    "brown": (0.27, 0.15, 0.14),
    "blue": (0.22, 0.25, 0.48),
    "graphite": (0.28, 0.28, 0.31),
    "local": (0.33, 0.17, 0.17),
}


class Front(NamedTuple):
    """A layer over the picture."""

    colour: Plane
    """(h, w, 3)."""
    cover: Plane
    """(h, w), 0 to 1."""

    def over(self, picture: Plane) -> Plane:
        """Return the picture with the layer laid over it."""
        found: Plane = picture + (self.colour - picture) * self.cover[..., None]
        return found


class _Place(NamedTuple):
    """What a drawer of things needs to know."""

    sheet: Sheet
    seen: Seen
    look: Look
    colour: Rgb
    text: str
    rng: np.random.Generator
    side: float
    """-1: the picture's left."""
    aim: np.random.Generator
    """For what is aimed at the head, so that all else stays as it is."""
    target: tuple[float, float] | None = None
    """Pixel of the face or hair that is to be covered."""

    def at(self, x: float, y: float, z: float = 0.09) -> tuple[float, float]:
        """Return the pixel of a point beside the head, metres in its frame."""
        right, down = self.seen.share_at(x, y, z)
        return right * self.sheet.size, down * self.sheet.size

    @property
    def metre(self) -> float:
        return self.seen.scale / self.seen.size * self.sheet.size


def in_front(
    style: IllustrationStyle,
    size: int,
    seen: Seen,
    marks: Landmarks | None,
    rng: np.random.Generator,
) -> Front | None:
    """Draw what a style puts in front of the head; None where that is nothing.

    Args:
        style: names of things, colours, the manner of drawing.
        size: of the picture, pixels.
        seen: the figure, for its place, its colours and the light.
        marks: what to cover of the face, by lot; about where a face is if they are not known.
        rng: random numbers.
    """
    if not style.props:
        return None
    large = size * _OVERSAMPLING
    light = light_of(style.shading)
    flat = math.hypot(float(light[0]), float(light[1]))
    ink = style.ink
    line = ink.width * large / 512 * 0.62 if ink.weight > 0 else 0.0
    tint = mixed(style.shading.tint, (0.92, 0.74, 0.72), 0.5) if style.shading.tones else None
    sheet = Sheet(
        large,
        line,
        _INKS[ink.colour],
        tint,
        (float(light[0]) / flat, -float(light[1]) / flat),
    )
    skin = _median(seen, ("skin",), (0.98, 0.88, 0.82))
    sleeve = _median(seen, ("cloth",), style.prop_colour)
    place = _Place(
        sheet,
        seen,
        Look(skin, sleeve),
        style.prop_colour,
        style.text,
        rng,
        float(rng.choice([-1.0, 1.0])),
        np.random.Generator(np.random.PCG64([style.seed, _AIM])),
    )
    for name in style.props:
        aimed = place.aim.random() < _AIMED
        target = _target(place, None if marks is None else marks.points * (large / size))
        _DRAWERS[name](place._replace(target=target if aimed else None))
    colour, cover = sheet.planes(size)
    if ink.jitter > 0:
        move = [noise(rng, size, size / 6, 2) * np.float32(ink.jitter * size / 256) for _ in "xy"]
        colour, cover = warped(colour, *move), warped(cover, *move)
    if style.shading.medium in ("watercolour", "paint", "crayon"):
        pools = 1 + 0.15 * noise(rng, size, size / 8, 3)
        colour = np.clip(colour, 0.004, 1) ** pools[..., None]
    if style.shading.lightness > 0:
        colour = colour + (1 - colour) * np.float32(style.shading.lightness * 0.6)
    return Front(colour, cover)


def _median(seen: Seen, labels: tuple[str, ...], other: Rgb) -> Rgb:
    where = seen.of(*labels)  # type: ignore[arg-type]
    if np.count_nonzero(where) < 50:
        return other
    red, green, blue = np.median(seen.colour[where][::7], 0)
    return float(red), float(green), float(blue)


def _target(place: _Place, marks: NDArray[np.float64] | None) -> tuple[float, float]:
    """Choose a pixel of face or hair, on the side that hands come from."""
    aim = place.aim
    near = aim.random(28) + 0.5 * (aim.random() < 0.25)
    hair = (place.side * float(aim.uniform(0.0, 0.08)), float(aim.uniform(0.10, 0.17)))
    stray = aim.normal(0, 0.006, 2) * place.metre
    if aim.random() < 0.25:
        return place.at(*hair)
    points = np.array([place.at(*spot, 0.08) for spot in _FACE]) if marks is None else marks
    size = place.sheet.size
    inside = np.all((points > 0.04 * size) & (points < 0.96 * size), axis=1)
    # Not the outline of the face, which hair covers anyhow; the side of the hand first.
    inner = np.arange(len(points)) >= (0 if marks is None else 5)
    offside = place.side * (points[:, 0] - np.median(points[:, 0])) < 0
    rank = near[: len(points)] + 2.0 * ~inside + 1.0 * ~inner + 0.4 * offside
    x, y = points[int(rank.argmin())] + stray
    return float(x), float(y)


def _hand(place: _Place, x: float, y: float, turn: float = 0.0, scale: float = 1.0) -> Placed:
    """Place a hand beside the head; on the picture's left it is the character's right one."""
    across, down = place.at(place.side * x, y)
    jitter = float(place.rng.normal(0, 0.10))
    if place.target is not None:
        # Before face or hair: palm, fingers or what is held cover the target.
        scale *= float(place.aim.uniform(0.9, 1.2))
        turn = float(place.aim.uniform(-0.45, 0.15))
        below = float(place.aim.uniform(0.22, 0.62)) * _HAND_M * scale * place.metre
        lean = place.side * (turn + jitter)
        across = place.target[0] - math.sin(lean) * below
        down = place.target[1] + math.cos(lean) * below
    return Placed(
        across,
        down,
        _HAND_M * scale * place.metre,
        place.side * (turn + jitter),
        mirrored=place.side > 0,
    )


def _peace(place: _Place) -> None:
    x, y = float(place.rng.uniform(0.09, 0.14)), float(place.rng.uniform(-0.09, 0.0))
    hands.peace_sign(place.sheet, _hand(place, x, y, 0.12), place.look)


def _wave(place: _Place) -> None:
    x, y = float(place.rng.uniform(0.13, 0.18)), float(place.rng.uniform(-0.08, 0.0))
    hands.open_hand(place.sheet, _hand(place, x, y, -0.15), place.look)


def _chin_hand(place: _Place) -> None:
    hands.fist(place.sheet, _hand(place, 0.058, -0.092, 0.3), place.look)


def _held(place: _Place, x: float, y: float, draw: Callable[[Placed], None], reach: float) -> None:
    hand = _hand(place, x, y, 0.1)
    hands.grip_behind(place.sheet, hand, place.look)
    draw(hand)
    hands.grip_front(place.sheet, hand, place.look, reach)


def _cup(place: _Place) -> None:
    light = shifted(place.colour, 0.12, 0.5)

    def draw(at: Placed) -> None:
        body = spline(
            [(-0.13, 0.70), (-0.10, 0.30), (-0.07, -0.02), (0.10, -0.06), (0.27, -0.02),
             (0.30, 0.30), (0.33, 0.70), (0.10, 0.72)]
        )  # fmt: skip
        place.sheet.paint([at(body)], place.colour, 0.07 * at.unit)
        band = spline(
            [(-0.11, 0.42), (0.10, 0.38), (0.31, 0.42), (0.30, 0.22), (0.10, 0.18), (-0.09, 0.22)]
        )
        place.sheet.paint([at(band)], light, 0.05 * at.unit)
        place.sheet.paint([at(ellipse(0.10, 0.71, 0.25, 0.055))], (0.97, 0.96, 0.94), 0.0)
        straw = tube([(0.12, 0.70), (0.17, 0.98), (0.20, 1.12)], (0.045, 0.045, 0.045), tip=0.2)
        place.sheet.paint([at(straw)], shifted(place.colour, -0.1, 1.2), 0.01 * at.unit)

    _held(place, 0.055, -0.16, draw, 0.34)


def _phone(place: _Place) -> None:
    def draw(at: Placed) -> None:
        body = np.array([(-0.12, 0.80), (-0.12, -0.05), (0.33, -0.05), (0.33, 0.80)])
        rounded = spline(_rounded(body, 0.07), samples=4)
        place.sheet.paint([at(rounded)], place.colour, 0.04 * at.unit)
        for y in (0.70, 0.58):
            place.sheet.paint([at(ellipse(-0.02, y, 0.045, 0.045))], (0.16, 0.16, 0.2), 0.0)

    _held(place, 0.085, -0.08, draw, 0.36)


def _ice_cream(place: _Place) -> None:
    def draw(at: Placed) -> None:
        cone = np.array([(-0.08, 0.50), (0.08, -0.15), (0.12, -0.15), (0.28, 0.50)])
        place.sheet.paint([at(cone)], (0.87, 0.65, 0.40), 0.05 * at.unit)
        for t in (0.15, 0.4, 0.65):
            line = np.array([(-0.08 + 0.15 * t, 0.5 - 0.6 * t), (0.28 - 0.1 * t, 0.5 - 0.25 * t)])
            place.sheet.stroke(at(line), 0.4)
        scoop = spline(
            [(-0.14, 0.50), (-0.15, 0.64), (0.0, 0.82), (0.20, 0.82), (0.35, 0.64), (0.34, 0.50),
             (0.26, 0.455), (0.18, 0.50), (0.10, 0.45), (0.02, 0.50), (-0.07, 0.455)]
        )  # fmt: skip
        place.sheet.paint([at(scoop)], shifted(place.colour, 0.08, 0.8), 0.07 * at.unit)

    _held(place, 0.045, -0.15, draw, 0.30)


def _flower(place: _Place) -> None:
    def draw(at: Placed) -> None:
        stem = tube([(0.06, -0.3), (0.08, 0.3), (0.12, 0.75)], (0.04, 0.04, 0.04))
        place.sheet.paint([at(stem)], (0.42, 0.62, 0.36), 0.012 * at.unit)
        leaf = spline([(0.08, 0.45), (0.24, 0.55), (0.36, 0.70), (0.20, 0.66)])
        place.sheet.paint([at(leaf)], (0.47, 0.68, 0.40), 0.03 * at.unit)
        turn = float(place.rng.uniform(0, 1))
        for k in range(6):
            a = turn + k * math.pi / 3
            x, y = 0.12 + 0.17 * math.cos(a), 0.84 + 0.17 * math.sin(a)
            place.sheet.paint([at(ellipse(x, y, 0.145, 0.10, a))], place.colour, 0.03 * at.unit)
        place.sheet.paint(
            [at(ellipse(0.12, 0.84, 0.085, 0.085))], (0.97, 0.82, 0.40), 0.02 * at.unit
        )

    _held(place, 0.075, -0.15, draw, 0.22)


def _book(place: _Place) -> None:
    """An open book in front of the mouth, a hand at each side."""
    sheet = place.sheet
    x, y = place.at(0.0, float(place.rng.uniform(-0.115, -0.06)), 0.12)
    if place.target is not None:
        y = place.target[1] + float(place.aim.uniform(-0.1, 0.3)) * _HAND_M * place.metre
    at = Placed(x, y, _HAND_M * place.metre, float(place.rng.normal(0, 0.05)))
    cover = shifted(place.colour, -0.05)
    for side in (-1.0, 1.0):
        pages = np.array([(0, 0.29), (side * 0.60, 0.40), (side * 0.60, -0.42), (0, -0.52)])
        sheet.paint([at(pages)], (0.96, 0.94, 0.88), 0.02 * at.unit)
        panel = np.array([(0, 0.25), (side * 0.63, 0.36), (side * 0.63, -0.48), (0, -0.58)])
        sheet.paint([at(panel)], cover, 0.05 * at.unit)
        frame = np.array(
            [(0.08, 0.17), (0.55, 0.25), (0.55, -0.37), (0.08, -0.46), (0.08, 0.17)]
        ) * [side, 1.0]
        sheet.stroke(at(frame), 0.5, shifted(place.colour, 0.15, 0.7))
        for k in range(4):
            y0 = -0.02 - 0.095 * k
            finger = tube(
                [(side * 0.78, y0 - 0.04), (side * 0.66, y0), (side * 0.46, y0 + 0.015)],
                (0.11, 0.11, 0.085),
            )
            sheet.paint([at(finger)], place.look.skin, 0.02 * at.unit)
    spine = np.array([(-0.02, 0.26), (0.02, 0.26), (0.02, -0.59), (-0.02, -0.59)])
    sheet.paint([at(spine)], shifted(cover, -0.07), 0.0)


def _rounded(corners: np.ndarray, radius: float) -> list[tuple[float, float]]:
    found = []
    for k in range(len(corners)):
        here, before, after = corners[k], corners[k - 1], corners[(k + 1) % len(corners)]
        for other in (before, after):
            step = (other - here) / np.linalg.norm(other - here)
            found.append((float(here[0] + radius * step[0]), float(here[1] + radius * step[1])))
    return found


def _lettering(place: _Place) -> None:
    rng, aim, size = place.rng, place.aim, place.sheet.size
    across = float(rng.uniform(0.25, 0.75))
    down = float(rng.choice([rng.uniform(0.06, 0.16), rng.uniform(0.74, 0.94)]))
    pieces = 1 + int(aim.random() < 0.25)
    for k in range(pieces):
        how = draw_lettering(aim, size, place.colour)
        x, y = across * size, down * size
        if k == 0 and place.target is not None:
            x, y = place.target
            x += 0.04 * size * float(aim.normal())
        elif k > 0:
            x, y = (float(v) * size for v in aim.uniform(0.1, 0.9, 2))
        write(place.sheet, place.text if k == 0 else made_text(aim), x, y, how)


def _bubble(place: _Place) -> None:
    rng, sheet = place.rng, place.sheet
    size = sheet.size
    x = size * (0.5 + place.side * float(rng.uniform(0.26, 0.34)))
    y = size * float(rng.uniform(0.14, 0.34))
    rx, ry = size * float(rng.uniform(0.13, 0.19)), size * float(rng.uniform(0.08, 0.12))
    if place.target is not None:
        x = place.target[0] + place.side * rx * float(place.aim.uniform(0.3, 0.8))
        y = place.target[1] - ry * float(place.aim.uniform(-0.2, 0.5))
    mouth = place.at(0.0, -0.01, 0.09)
    tip = (x + (mouth[0] - x) * 0.55, y + (mouth[1] - y) * 0.55)
    tail = np.array([(x - rx * 0.25, y + ry * 0.6), (x + rx * 0.25, y + ry * 0.6), tip])
    sheet.paint([ellipse(x, y, rx, ry), tail], (1.0, 1.0, 1.0))
    dark = (0.13, 0.12, 0.13)
    text = place.text.replace(" ", "\n") if len(place.text) > 9 else place.text
    rows = text.split("\n")
    height = min(ry * 1.25 / (len(rows) + 0.6), 2.9 * rx / max(3, *map(len, rows)))
    write(sheet, text, x, y, Lettering(height, dark, (1.0, 1.0, 1.0)))


def _sparkles(place: _Place) -> None:
    rng, sheet = place.rng, place.sheet
    for _ in range(int(rng.integers(5, 14))):
        x, y = rng.uniform(0.05, 0.95, 2) * sheet.size
        far = sheet.size * float(rng.uniform(0.012, 0.045))
        turn = np.arange(8) * math.pi / 4
        radius = np.where(np.arange(8) % 2 == 0, far, far * 0.22)
        star = np.stack([x + radius * np.sin(turn) * 0.8, y - radius * np.cos(turn)], 1)
        sheet.paint([star], mixed(place.colour, (1.0, 1.0, 1.0), 0.75), lined=rng.random() < 0.5)


def _petals(place: _Place) -> None:
    rng, sheet = place.rng, place.sheet
    for _ in range(int(rng.integers(8, 20))):
        x, y = rng.uniform(0, 1, 2) * sheet.size
        at = Placed(
            float(x),
            float(y),
            sheet.size * float(rng.uniform(0.02, 0.045)),
            float(rng.uniform(0, 2 * math.pi)),
        )
        squash = float(rng.uniform(0.35, 0.9))
        petal = spline(
            [(0, -0.6), (0.42 * squash, -0.1), (0.34 * squash, 0.5), (0, 0.34),
             (-0.34 * squash, 0.5), (-0.42 * squash, -0.1)]
        )  # fmt: skip
        sheet.paint([at(petal)], mixed(place.colour, (1.0, 0.92, 0.94), 0.45), 0.15 * at.unit)


_DRAWERS: dict[str, Callable[[_Place], None]] = {
    "peace": _peace,
    "wave": _wave,
    "chin_hand": _chin_hand,
    "cup": _cup,
    "phone": _phone,
    "ice_cream": _ice_cream,
    "flower": _flower,
    "book": _book,
    "bubble": _bubble,
    "lettering": _lettering,
    "sparkles": _sparkles,
    "petals": _petals,
}
