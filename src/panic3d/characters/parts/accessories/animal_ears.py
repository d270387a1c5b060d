"""Animal ears: cupped leaves that grow out of the hair, light inside, with fluff at their base."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from panic3d.characters.colour import Rgb, mixed, oklab_from_srgb, shifted
from panic3d.characters.palette import Palette
from panic3d.characters.parts.accessories.kind import Fit, Kind, Maker
from panic3d.characters.parts.accessories.paint import (
    BLACK,
    FUR,
    WHITE,
    Array,
    Real,
    over,
    shade_of,
    soft,
    streaks,
    tile,
)
from panic3d.characters.parts.accessories.scalp import Scalp
from panic3d.characters.parts.accessories.solids import (
    Frame,
    Sheet,
    assembled,
    blend,
    crescent,
    curve,
    disc,
    frame_of,
    sheet,
    tube,
)
from panic3d.characters.piece import Piece, mirrored
from panic3d.characters.shape import HeadShape

Knots = Sequence[tuple[Real, Real]]


@dataclass(frozen=True, kw_only=True)
class Ear:
    """Form of the left ear. Lengths in metres, along the ear from 0 (base) to 1 (tip)."""

    azimuth: Real
    elevation: Real
    length: Real
    width: Real
    """Half of it, where widest."""
    outline: Knots
    """Share of the width along the ear."""
    path: Sequence[tuple[Real, Real, Real]]
    """Middle line in lengths: sideways, along, towards where it opens."""
    lean: Real = 0.35
    """0: upwards, 1: straight out of the head."""
    turn_deg: Real = 18.0
    """It opens to the front, turned outwards by so much."""
    hangs: bool = False
    """Leaves the head level and opens to the ground: floppy ears, open towards the head."""
    depth: Real = 0.45
    """Of the cup, in half widths."""
    wall: Real = 0.0075
    """Thickness of the ear, metres."""
    rim: Real = 0.2
    """Of the outer colour seen from the front, in half widths."""
    sink: Real = 0.016
    fluff: int = 0
    """Tufts at the base."""
    stripes: int = 0
    rows: int = 15


_POINTED: Knots = ((0, 1.0), (0.22, 0.96), (0.5, 0.74), (0.78, 0.36), (0.93, 0.12), (1, 0.015))
_LEAF: Knots = ((0, 0.5), (0.2, 0.82), (0.45, 1.0), (0.7, 0.82), (0.9, 0.4), (1, 0.02))
_LONG: Knots = ((0, 0.52), (0.2, 0.75), (0.55, 1.0), (0.8, 0.86), (0.94, 0.46), (1, 0.02))
_ROUND: Knots = (
    (0, 0.62), (0.2, 0.88), (0.45, 1.0), (0.65, 0.94), (0.8, 0.78), (0.91, 0.55),
    (0.97, 0.32), (1, 0.02),
)  # fmt: skip
_HALF_ROUND: Knots = (
    (0, 1.0), (0.3, 0.98), (0.55, 0.87), (0.75, 0.69), (0.9, 0.45), (0.97, 0.25), (1, 0.02),
)  # fmt: skip

EARS: dict[str, Ear] = {
    "cat": Ear(
        azimuth=62, elevation=54, length=0.098, width=0.042, outline=_POINTED, fluff=3,
        path=((0, 0, 0), (0.03, 0.35, -0.01), (0.07, 0.7, 0.01), (0.13, 1, 0.06)),
    ),
    "fox": Ear(
        azimuth=55, elevation=56, length=0.125, width=0.043, outline=_POINTED, fluff=4, depth=0.5,
        path=((0, 0, 0), (0.05, 0.35, -0.02), (0.08, 0.7, 0.0), (0.08, 1, 0.05)), lean=0.4,
    ),
    "wolf": Ear(
        azimuth=56, elevation=57, length=0.108, width=0.037, outline=_POINTED, fluff=3, depth=0.55,
        path=((0, 0, 0), (0.02, 0.35, -0.03), (0.02, 0.7, -0.01), (0.0, 1, 0.06)), lean=0.25,
    ),
    "dog": Ear(
        azimuth=66, elevation=50, length=0.128, width=0.043, turn_deg=42, depth=0.10, wall=0.026,
        outline=((0, 0.66), (0.25, 0.84), (0.5, 1.0), (0.72, 0.86), (0.88, 0.56), (0.96, 0.28),
                 (1, 0.04)),
        path=((0, 0, 0), (0, 0.10, -0.11), (0, 0.23, -0.10), (0, 0.33, 0.08), (0, 0.39, 0.40),
              (0.02, 0.45, 0.84)),
        rim=0.3, rows=20, hangs=True,
    ),
    "rabbit": Ear(
        azimuth=40, elevation=66, length=0.215, width=0.033, outline=_LONG, lean=0.32,
        path=((0, 0, 0), (0.02, 0.35, -0.03), (0.06, 0.7, -0.02), (0.13, 1, 0.04)), rim=0.24,
        depth=0.6, rows=20,
    ),
    "lop": Ear(
        azimuth=60, elevation=57, length=0.190, width=0.037, rim=0.26, wall=0.019,
        outline=((0, 0.52), (0.2, 0.72), (0.5, 0.94), (0.68, 1.0), (0.84, 0.82), (0.95, 0.45),
                 (1, 0.03)),
        path=((0, 0, 0), (0, 0.06, -0.14), (0, 0.18, -0.21), (0, 0.29, -0.13), (0, 0.34, 0.12),
              (0, 0.36, 0.45), (0, 0.33, 0.82)),
        depth=0.18, turn_deg=46, rows=24, hangs=True,
    ),
    "mouse": Ear(
        azimuth=66, elevation=50, length=0.094, width=0.050, outline=_ROUND, lean=0.6, rim=0.17,
        path=((0, 0, 0), (0, 0.4, -0.03), (0, 0.75, -0.02), (0, 1, 0.03)), depth=0.3, wall=0.008,
    ),
    "bear": Ear(
        azimuth=58, elevation=55, length=0.070, width=0.039, outline=_HALF_ROUND, lean=0.6, rim=0.3,
        path=((0, 0, 0), (0, 0.4, -0.02), (0, 0.75, 0.0), (0, 1, 0.08)), depth=0.45, wall=0.013,
    ),
    "tiger": Ear(
        azimuth=58, elevation=55, length=0.075, width=0.039, outline=_HALF_ROUND, lean=0.55,
        path=((0, 0, 0), (0, 0.4, -0.02), (0, 0.75, 0.0), (0, 1, 0.08)), depth=0.45, wall=0.011,
        fluff=3, stripes=3, rim=0.26,
    ),
    "horse": Ear(
        azimuth=52, elevation=62, length=0.100, width=0.022, outline=_LEAF, lean=0.3, depth=0.8,
        path=((0, 0, 0), (0.05, 0.35, -0.03), (0.06, 0.7, 0.0), (-0.02, 1, 0.08)), turn_deg=25,
        rim=0.28, sink=0.012,
    ),
    "cow": Ear(
        azimuth=84, elevation=27, length=0.098, width=0.027, outline=_LEAF, lean=1.0, turn_deg=0,
        path=((0, 0, 0), (0.02, 0.35, -0.03), (0.06, 0.7, -0.02), (0.16, 1, 0.03)), depth=0.55,
        rim=0.25,
    ),
    "sheep": Ear(
        azimuth=82, elevation=24, length=0.092, width=0.023, outline=_LEAF, lean=1.0, turn_deg=0,
        path=((0, 0, 0), (0.08, 0.35, 0.0), (0.26, 0.68, 0.02), (0.50, 0.92, 0.06)), depth=0.5,
        rim=0.3,
    ),
}  # fmt: skip
"""Form of each species' left ear. Of ears that stand out sideways, "sideways" is down."""


def _frame(scalp: Scalp, ear: Ear) -> Frame:
    """Return axes of an ear: second along it, third where it opens."""
    base = scalp.frame(ear.azimuth, ear.elevation)
    out = base.axes[2]
    rise = (1 - ear.lean) * np.array([0.0, 1.0, 0.0]) + ear.lean * out
    turn = np.radians(ear.turn_deg)
    opening = np.array([np.sin(turn), 0.0, np.cos(turn)])
    if ear.hangs:
        rise, opening = np.array([np.cos(turn), 0.0, np.sin(turn)]), np.array([0.0, -1.0, 0.0])
    found = frame_of(base.origin - ear.sink * out, rise, opening)
    # frame_of keeps its third axis; an ear keeps its second, and its first points away.
    along, opens = found.axes[2], found.axes[1]
    return Frame(origin=found.origin, axes=np.stack([np.cross(along, opens), along, opens]))


def _paint(
    rng: np.random.Generator, ear: Ear, outer: Rgb, tip: Rgb, inner: Rgb, size: tuple[int, int]
) -> Array:
    """Paint a cupped ear: columns 0..1/2 the outside, the rest the inside."""
    t, u = tile(*size)
    inside = u >= 0.5
    across = np.where(inside, np.cos(np.pi * (2 * u - 1)), -np.cos(2 * np.pi * u))
    fur = streaks(rng, size[1], 1)[None, :] * np.sin(np.pi * np.clip(t * 1.1, 0, 1))
    found = np.broadcast_to(np.array(outer), (*size, 3)).copy()
    found = over(found, shade_of(outer, 0.12), soft(t, 0.4, 0.05) * 0.8)
    found = over(found, tip, soft(t + 0.05 * fur, 0.55, 0.72) if tip != outer else 0 * t)
    found = over(found, shade_of(outer, 0.1), soft(fur, 0.2, 0.9) * 0.35)
    found = over(found, shifted(outer, 0.06), soft(-fur, 0.2, 0.9) * 0.4)
    if ear.stripes:
        wave = np.cos(2 * np.pi * (t * ear.stripes + 0.25 * across**2))
        found = over(found, BLACK, soft(wave, 0.45, 0.6) * (t > 0.25) * ~inside)
    # How far from the edge, also near the tip where the leaf narrows.
    room = np.abs(across) + soft(t, 0.8, 1.0) * 0.5
    core = soft(room + 0.05 * fur, 1 - ear.rim + 0.06, 1 - ear.rim - 0.06) * inside
    found = over(found, inner, core)
    found = over(found, shade_of(inner, 0.16), core * soft(t, 0.5, 0.05))
    deep = core * soft(np.abs(across), 0.55, 0.0) * soft(t, 0.85, 0.3)
    found = over(found, shade_of(inner, 0.12), deep * 0.55)
    found = over(found, shifted(inner, 0.05), core * soft(fur, 0.1, 0.8) * 0.6)
    # The rim throws a shadow on the inside.
    edge = soft(room, 1 - ear.rim - 0.22, 1 - ear.rim - 0.04) * core
    return over(found, shade_of(inner, 0.15), edge * 0.5)


def ear_sheets(
    rng: np.random.Generator, frame: Frame, ear: Ear, outer: Rgb, tip: Rgb, inner: Rgb, fluff: Rgb
) -> list[Sheet]:
    """Return the sheets of one ear in its frame."""
    t = np.sin(np.linspace(0, np.pi / 2, ear.rows)) ** 1.25
    line = curve(ear.path, 60) * ear.length
    steps = np.linalg.norm(np.diff(line, axis=0), axis=-1)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    path = np.stack([np.interp(t * along[-1], along, line[:, k]) for k in range(3)], -1)
    width = ear.width * blend(t, ear.outline)
    wall = np.minimum(ear.wall * (1 - 0.55 * t), width * 0.9)
    depth = ear.depth * width * (1 - 0.35 * t) + wall * 0.5
    sections = crescent(width, depth, wall)
    grid = tube(frame.place(path), sections, up=frame.axes[2], caps=False, carry=True)
    found = [sheet(grid, _paint(rng, ear, outer, tip, inner, (56, 48)), FUR)]
    for k in range(ear.fluff):
        side = (k + 0.5) / ear.fluff * 2 - 1
        reach = ear.length * rng.uniform(0.42, 0.58) * (1 - 0.25 * side**2)
        x = side * ear.width * 0.62
        knots = [
            (x * 0.75, 0.06 * ear.length, -0.25 * ear.width),
            (x * 0.85, 0.12 * ear.length + 0.3 * reach, 0.02 * ear.width),
            (x * 0.7 + 0.004, 0.12 * ear.length + 0.7 * reach, 0.0),
            (x * 0.35 + 0.004, 0.12 * ear.length + reach, -0.16 * ear.width),
        ]
        lock = curve(knots, 7)
        size = blend(np.linspace(0, 1, 7), ((0, 0.8), (0.3, 1.0), (0.75, 0.5), (1, 0.03)))
        section = disc(6) * np.array([0.3 * ear.width, 0.11 * ear.width]) * size[:, None, None]
        strand = tube(frame.place(lock), section, up=frame.axes[2], caps=False)
        v, _ = tile(24, 12)
        colour = over(
            np.broadcast_to(np.array(fluff), (24, 12, 3)),
            shade_of(mixed(fluff, inner, 0.6), 0.12),
            soft(v, 0.5, 0.0),
        )
        found.append(sheet(strand, colour, FUR))
    return found


def _maker(species: str, fold: bool = False) -> Maker:
    def make(rng: np.random.Generator, shape: HeadShape, palette: Palette, fit: Fit) -> list[Piece]:
        ear = EARS[species]
        scalp = Scalp(shape, fit)
        frame = _frame(scalp, ear)
        outer, tip, inner, fluff = COATS[species](rng, palette)
        sheets = ear_sheets(rng, frame, ear, outer, tip, inner, fluff)
        left = assembled(f"{species.capitalize()}Ear", sheets)
        return [left, mirrored(left)]

    return make


Coat = Callable[[np.random.Generator, Palette], tuple[Rgb, Rgb, Rgb, Rgb]]

_PINK: Rgb = (0.98, 0.80, 0.79)


def _inner(rng: np.random.Generator, hair: Rgb) -> Rgb:
    """Choose the inside's colour: rosy, or a pale cousin of the hair."""
    pale = mixed(hair, WHITE, 0.72)
    light = float(oklab_from_srgb(np.array(hair))[0]) > 0.85
    return _PINK if light or rng.random() < 0.55 else mixed(pale, _PINK, 0.25)


def _plain_coat(rng: np.random.Generator, palette: Palette) -> tuple[Rgb, Rgb, Rgb, Rgb]:
    """The hair's colour all over, now and then with the second colour at the tips."""
    hair = palette.hair
    tip = palette.hair_second if rng.random() < 0.5 else hair
    return hair, tip, _inner(rng, hair), mixed(hair, WHITE, 0.85)


def _hound_coat(rng: np.random.Generator, palette: Palette) -> tuple[Rgb, Rgb, Rgb, Rgb]:
    """A shade darker or lighter than the hair, so that the flaps stand out from it."""
    dark = float(oklab_from_srgb(np.array(palette.hair))[0]) < 0.45
    coat = mixed(palette.hair, WHITE, 0.16) if dark else shade_of(palette.hair, 0.13)
    return coat, coat, _inner(rng, palette.hair), WHITE


def _tipped_coat(rng: np.random.Generator, palette: Palette) -> tuple[Rgb, Rgb, Rgb, Rgb]:
    """Dark or white tips."""
    hair = palette.hair
    dark = float(oklab_from_srgb(np.array(hair))[0]) > 0.5
    tip = mixed(hair, (0.25, 0.16, 0.17), 0.75) if dark else mixed(hair, WHITE, 0.8)
    tip = tip if rng.random() < 0.55 else hair
    return hair, tip, _inner(rng, hair), mixed(hair, WHITE, 0.9)


def _rabbit_coat(rng: np.random.Generator, palette: Palette) -> tuple[Rgb, Rgb, Rgb, Rgb]:
    """The hair's, white or black fur."""
    coat = (palette.hair, WHITE, BLACK)[int(rng.choice(3, p=[0.6, 0.28, 0.12]))]
    return coat, coat, _PINK if coat != BLACK else mixed(_PINK, (0.9, 0.5, 0.6), 0.4), WHITE


def _tiger_coat(rng: np.random.Generator, palette: Palette) -> tuple[Rgb, Rgb, Rgb, Rgb]:
    """Orange, white or the hair's, with black stripes."""
    coat = (palette.hair, (0.95, 0.66, 0.30), WHITE)[int(rng.choice(3, p=[0.45, 0.35, 0.2]))]
    return coat, BLACK if coat != BLACK else coat, mixed(_PINK, WHITE, 0.5), WHITE


def _woolly_coat(rng: np.random.Generator, palette: Palette) -> tuple[Rgb, Rgb, Rgb, Rgb]:
    """Skin-like and light, or the hair's."""
    coat = palette.hair if rng.random() < 0.6 else mixed(palette.skin, WHITE, 0.3)
    return coat, coat, mixed(_PINK, palette.skin, 0.5), WHITE


COATS: dict[str, Coat] = {
    "cat": _plain_coat,
    "fox": _tipped_coat,
    "wolf": _tipped_coat,
    "dog": _hound_coat,
    "rabbit": _rabbit_coat,
    "lop": _rabbit_coat,
    "mouse": _plain_coat,
    "bear": _plain_coat,
    "tiger": _tiger_coat,
    "horse": _plain_coat,
    "cow": _woolly_coat,
    "sheep": _woolly_coat,
}


def _kind(species: str, weight: Real, tags: tuple[str, ...], male: Real = 0.5) -> Kind:
    return Kind(
        name=f"{species}_ears",
        slot="ears",
        tags=("animal_ears", *tags),
        weight=weight,
        make=_maker(species),
        male=male,
        paired=True,
    )


KINDS = (
    _kind("cat", 2.2, ("cat_ears", "animal_ear_fluff")),
    _kind("fox", 1.4, ("fox_ears", "animal_ear_fluff")),
    _kind("wolf", 1.0, ("wolf_ears", "animal_ear_fluff"), 1.0),
    _kind("dog", 2.48, ("dog_ears", "floppy_ears"), 0.8),
    _kind("rabbit", 1.5, ("rabbit_ears",)),
    _kind("lop", 1.86, ("rabbit_ears", "floppy_ears")),
    _kind("mouse", 0.9, ("mouse_ears",)),
    _kind("bear", 0.9, ("bear_ears",), 0.8),
    _kind("tiger", 0.9, ("tiger_ears", "animal_ear_fluff"), 1.0),
    _kind("horse", 0.9, ("horse_ears",)),
    _kind("cow", 2.0, ("cow_ears",)),
    _kind("sheep", 2.23, ("sheep_ears",)),
)
