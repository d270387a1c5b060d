"""Earrings, hung from the lobes of the ears."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from panic3d.characters.colour import Rgb, mixed
from panic3d.characters.palette import Palette
from panic3d.characters.parts.accessories.charms import bar, heart_outline, puffed, star_outline
from panic3d.characters.parts.accessories.kind import Fit, Kind, Maker
from panic3d.characters.parts.accessories.paint import (
    GEM,
    METAL,
    PLASTIC,
    WHITE,
    Array,
    Real,
    graded,
    over,
    shade_of,
    soft,
    tile,
)
from panic3d.characters.parts.accessories.solids import (
    Frame,
    Sheet,
    assembled,
    ball,
    blend,
    disc,
    frame_of,
    lathe,
    sheet,
    tube,
)
from panic3d.characters.piece import Piece, mirrored
from panic3d.characters.shape import HeadShape

Sheets = list[Sheet]
_SCALE = 1.25
"""Drawn a little larger than life, as in illustrations."""


def lobe(shape: HeadShape, fit: Fit) -> Frame:
    """Return a frame at the left lobe: third axis outwards and a little forwards, second up."""
    anchor = fit.anchors.get("lobe_left")
    if anchor is not None:
        at = np.asarray(anchor.position, np.float64)
    else:
        # Ears stand off behind; their lobes hang a little outside the head.
        root = shape.section(shape.ear_y, 97.0)
        at = root + np.array([0.0085, -0.44 * shape.ear_size, 0.002])
    return frame_of(at, np.array([1.0, 0.0, 0.45]), np.array([0.0, 1.0, 0.0]))


def _hook(length: Real) -> Array:
    t = np.linspace(0, 1, 8)
    path = np.stack([0 * t, -length * t, 0.0015 + 0.0015 * np.sin(np.pi * t)], -1)
    return tube(path, disc(6) * 0.0011)


def _stud(rng: np.random.Generator, palette: Palette) -> Sheets:
    colour = (palette.metal, palette.accent, WHITE, (0.15, 0.14, 0.17))[int(rng.integers(4))]
    size = rng.uniform(0.0042, 0.0055)
    return [
        sheet(
            ball(size, 12, 8) + np.array([0, 0, 0.0028]),
            colour,
            METAL if colour == palette.metal else PLASTIC,
        )
    ]


def _hoop(rng: np.random.Generator, palette: Palette) -> Sheets:
    r = rng.uniform(0.012, 0.021)
    a = np.linspace(0, 2 * np.pi, 33)
    # Hangs across the ear's plane, so that it is seen from the side and, turned, from the front.
    path = np.stack([r * np.sin(a) * 0.85, r * np.cos(a) - r, 0.004 + 0.45 * r * np.sin(a)], -1)
    return [sheet(tube(path, disc(8) * 0.0017, closed=True), palette.metal, METAL)]


def _drop(rng: np.random.Generator, palette: Palette) -> Sheets:
    colour = palette.accent if rng.random() < 0.6 else palette.eye_left
    drop = lathe(
        np.array(
            [
                [0, -0.034],
                [0.0035, -0.033],
                [0.0062, -0.029],
                [0.0066, -0.0255],
                [0.0048, -0.020],
                [0.0018, -0.013],
                [0.0, -0.0105],
            ]
        ),
        14,
    )
    stud = ball(0.0034, 10, 6) + np.array([0, 0, 0.003])
    return [
        sheet(stud, palette.metal, METAL),
        sheet(_hook(0.012), palette.metal, METAL),
        sheet(drop + np.array([0, 0, 0.0015]), colour, GEM),
    ]


def _tassel(rng: np.random.Generator, palette: Palette) -> Sheets:
    colour = palette.accent if rng.random() < 0.7 else (0.80, 0.14, 0.20)
    a = np.linspace(0, 2 * np.pi, 25)
    fringe = 1 + 0.10 * np.cos(8 * a)
    squeeze = np.stack([1 + (fringe - 1) * k for k in (1, 1, 0.9, 0.6, 0.3, 0, 0, 0, 0)])
    profile = np.array(
        [
            [0.0, -0.050],
            [0.0072, -0.051],
            [0.0074, -0.042],
            [0.0064, -0.030],
            [0.0048, -0.022],
            [0.0030, -0.0195],
            [0.0052, -0.0165],
            [0.0044, -0.0125],
            [0.0, -0.0105],
        ]
    )
    v, u = tile(56, 64)
    threads = np.cos(2 * np.pi * 16 * u)
    paint = over(
        graded(
            [
                (0, shade_of(colour, 0.05)),
                (0.55, colour),
                (0.62, shade_of(colour, 0.2)),
                (0.7, palette.metal),
                (1, palette.metal),
            ],
            v,
        ),
        shade_of(colour, 0.18),
        soft(-threads, 0.1, 0.9) * soft(v, 0.6, 0.52) * 0.8,
    )
    return [
        sheet(ball(0.0034, 10, 6) + np.array([0, 0, 0.003]), palette.metal, METAL),
        sheet(_hook(0.012), palette.metal, METAL),
        sheet(lathe(profile, 24, squeeze) + np.array([0, 0, 0.0015]), paint),
    ]


def _crystal(rng: np.random.Generator, palette: Palette) -> Sheets:
    colour = mixed(palette.eye_left if rng.random() < 0.5 else palette.accent, WHITE, 0.25)
    stone = lathe(np.array([[0.0, -0.046], [0.0062, -0.027], [0.0062, -0.024], [0.0, -0.0125]]), 6)
    v, u = tile(32, 48)
    facet = np.where(np.floor(u * 6) % 2 == 0, 0.9, 0.3) + 0.1 * v
    paint = graded(
        [(0, shade_of(colour, 0.18)), (0.5, colour), (1, mixed(colour, WHITE, 0.6))], facet
    )
    return [
        sheet(ball(0.0032, 10, 6) + np.array([0, 0, 0.003]), palette.metal, METAL),
        sheet(_hook(0.013), palette.metal, METAL),
        sheet(stone + np.array([0, 0, 0.0015]), paint, GEM),
    ]


def _crescent(rng: np.random.Generator, palette: Palette) -> Sheets:
    a = np.radians(np.linspace(-135, 135, 21))
    size = blend(
        np.linspace(0, 1, 21), ((0, 0.08), (0.25, 0.6), (0.5, 1.0), (0.75, 0.6), (1, 0.08))
    )
    path = np.stack(
        [-0.0105 * np.sin(a + 0.7), -0.022 - 0.0105 * np.cos(a + 0.7), np.full(21, 0.002)], -1
    )
    moon = tube(
        path, disc(10) * np.array([0.0044, 0.0026]) * size[:, None, None], up=(0, 0, 1), caps=False
    )
    return [
        sheet(ball(0.0034, 10, 6) + np.array([0, 0, 0.003]), palette.metal, METAL),
        sheet(_hook(0.012), palette.metal, METAL),
        sheet(moon, palette.metal, METAL),
    ]


def _cross(rng: np.random.Generator, palette: Palette) -> Sheets:
    colour = palette.metal
    found = [
        sheet(ball(0.0034, 10, 6) + np.array([0, 0, 0.003]), colour, METAL),
        sheet(_hook(0.012), colour, METAL),
    ]
    for length, angle, y in ((0.026, 90.0, -0.0245), (0.017, 0.0, -0.0205)):
        found.append(sheet(bar(length, 0.0052, 0.0036, angle, (0.0, y)), colour, METAL))
    return found


def _charm(
    outline: Callable[[], Array], size: Real, power: Real
) -> Callable[[np.random.Generator, Palette], Sheets]:
    def parts(rng: np.random.Generator, palette: Palette) -> Sheets:
        colour: Rgb = palette.accent if rng.random() < 0.6 else palette.metal
        charm = puffed(outline(), size, 0.0055, power) + np.array([0, -0.0125 - size * 0.95, 0.001])
        return [
            sheet(ball(0.0032, 10, 6) + np.array([0, 0, 0.003]), palette.metal, METAL),
            sheet(_hook(0.013), palette.metal, METAL),
            sheet(charm, colour, PLASTIC),
        ]

    return parts


def _maker(name: str, parts: Callable[[np.random.Generator, Palette], Sheets]) -> Maker:
    def make(rng: np.random.Generator, shape: HeadShape, palette: Palette, fit: Fit) -> list[Piece]:
        place = lobe(shape, fit)
        sheets = [
            Sheet(
                points=place.place(s.points * _SCALE),
                paint=s.paint,
                finish=s.finish,
                alpha=s.alpha,
                flipped=s.flipped,
            )
            for s in parts(rng, palette)
        ]
        left = assembled(name, sheets)
        return [left, mirrored(left)]

    return make


def _kind(
    name: str,
    parts: Callable[[np.random.Generator, Palette], Sheets],
    weight: Real,
    *tags: str,
    male: Real = 0.6,
) -> Kind:
    title = "".join(word.capitalize() for word in name.split("_"))
    return Kind(
        name=name,
        slot="earring",
        tags=("earrings", "jewelry", *tags),
        weight=weight,
        make=_maker(title, parts),
        male=male,
        paired=True,
    )


KINDS = (
    _kind("stud_earrings", _stud, 0.56, "stud_earrings", male=1.2),
    _kind("hoop_earrings", _hoop, 0.56, "hoop_earrings"),
    _kind("drop_earrings", _drop, 0.5),
    _kind("tassel_earrings", _tassel, 0.51, "tassel_earrings", "tassel"),
    _kind("crystal_earrings", _crystal, 0.46, "crystal_earrings"),
    _kind("crescent_earrings", _crescent, 0.46, "crescent_earrings"),
    _kind("cross_earrings", _cross, 0.46, "cross_earrings", male=1.2),
    _kind(
        "star_earrings", _charm(lambda: star_outline(5, 0.5, 1), 0.0105, 1.0), 0.46, "star_earrings"
    ),
    _kind("heart_earrings", _charm(heart_outline, 0.0088, 2.2), 0.46, "heart_earrings", male=0.2),
)
