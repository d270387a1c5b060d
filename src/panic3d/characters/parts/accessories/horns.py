"""Horns, antlers and antennae that grow out of the hair, and halos above it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from panic3d.characters.colour import Rgb, mixed, shifted
from panic3d.characters.palette import Palette
from panic3d.characters.parts.accessories.kind import Fit, Kind, Maker
from panic3d.characters.parts.accessories.paint import (
    BLACK,
    GLOW,
    HORN,
    PLASTIC,
    WHITE,
    Array,
    Finish,
    Real,
    graded,
    over,
    shade_of,
    soft,
    tile,
)
from panic3d.characters.parts.accessories.scalp import Scalp
from panic3d.characters.parts.accessories.solids import (
    Frame,
    Sheet,
    assembled,
    ball,
    blend,
    curve,
    disc,
    frame_of,
    lathe,
    sheet,
    tube,
)
from panic3d.characters.piece import Piece, mirrored
from panic3d.characters.shape import HeadShape


@dataclass(frozen=True, kw_only=True)
class Horn:
    """Form of the left horn, or of one in the middle. Metres."""

    azimuth: Real
    elevation: Real
    path: Sequence[tuple[Real, Real, Real]]
    """Outwards sideways, up, forwards; from the root."""
    radius: Real
    taper: Sequence[tuple[Real, Real]] = ((0, 1.0), (0.5, 0.72), (0.85, 0.3), (1, 0.03))
    """Share of the radius along the horn."""
    ridges: Real = 0.0
    """How many rings run around it."""
    ridge_depth: Real = 0.06
    flat: Real = 1.0
    """Second radius over the first."""
    sink: Real = 0.014
    cut: Real = 1.0
    """Where it is broken off, from 0 (root) to 1 (whole)."""
    rows: int = 18


def _spiral(turns: Real, size: Real, out: Real) -> list[tuple[float, float, float]]:
    """Return the path of a ram's horn: back, down, forwards, with the tip turned out."""
    t = np.linspace(0, 1, 14)
    angle = np.radians(62) + t * turns * 2 * np.pi
    r = size * (1 - 0.62 * t)
    z, y = r * np.cos(angle), r * np.sin(angle)
    x = out * (0.15 + t**1.2)
    x, y, z = x - x[0], y - y[0], z - z[0]
    return [(float(a), float(b), float(c)) for a, b, c in zip(x, y, z, strict=True)]


HORNS: dict[str, Horn] = {
    "short": Horn(
        azimuth=32, elevation=58, radius=0.0125,
        path=((0, 0, 0), (0.004, 0.025, 0.003), (0.010, 0.052, 0.010)), rows=12,
    ),
    "oni": Horn(
        azimuth=20, elevation=38, radius=0.0120, ridges=3, ridge_depth=0.05, sink=0.016,
        path=((0, 0, 0), (0.005, 0.028, 0.026), (0.010, 0.062, 0.036), (0.012, 0.084, 0.032)),
    ),
    "single": Horn(
        azimuth=0, elevation=36, radius=0.0155, ridges=5, ridge_depth=0.045, sink=0.018,
        path=((0, 0, 0), (0, 0.025, 0.032), (0, 0.065, 0.050), (0, 0.098, 0.050)),
    ),
    "demon": Horn(
        azimuth=50, elevation=58, radius=0.0195, ridges=6, ridge_depth=0.045, rows=24,
        path=((0, 0, 0), (0.030, 0.022, 0.002), (0.056, 0.052, 0.004), (0.060, 0.090, 0.008),
              (0.042, 0.124, 0.012)),
    ),
    "goat": Horn(
        azimuth=36, elevation=62, radius=0.0190, ridges=9, ridge_depth=0.075, rows=30,
        path=((0, 0, 0), (0.010, 0.045, -0.012), (0.024, 0.080, -0.048), (0.042, 0.090, -0.098),
              (0.062, 0.074, -0.140)),
    ),
    "curled": Horn(
        azimuth=70, elevation=48, radius=0.0235, ridges=13, ridge_depth=0.07, rows=44, flat=0.85,
        path=_spiral(0.98, 0.052, 0.050), taper=((0, 1.0), (0.5, 0.8), (0.85, 0.42), (1, 0.05)),
        sink=0.010,
    ),
    "dragon": Horn(
        azimuth=66, elevation=46, radius=0.0165, ridges=4, ridge_depth=0.05, rows=28, flat=0.8,
        path=((0, 0, 0), (0.034, 0.020, -0.016), (0.052, 0.040, -0.056), (0.054, 0.052, -0.108),
              (0.048, 0.078, -0.160)),
    ),
    "cow": Horn(
        azimuth=66, elevation=52, radius=0.0175, rows=20,
        path=((0, 0, 0), (0.034, 0.008, 0.004), (0.060, 0.026, 0.014), (0.064, 0.060, 0.022)),
        taper=((0, 1.0), (0.4, 0.85), (0.8, 0.4), (1, 0.04)),
    ),
}  # fmt: skip


def _horn_paint(horn: Horn, base: Rgb, tip: Rgb, size: tuple[int, int] = (72, 12)) -> Array:
    t, _ = tile(*size)
    stops = [(0.0, shade_of(base, 0.16)), (0.16, base), (0.55, mixed(base, tip, 0.4)), (1.0, tip)]
    found = graded(stops, t)
    if horn.ridges:
        wave = np.cos(2 * np.pi * _ridge_phase(t, horn))
        fade = soft(t, 0.92, 0.6)
        found = over(
            found, shade_of(mixed(base, tip, 0.3), 0.22), soft(-wave, 0.35, 0.95) * fade * 0.85
        )
        found = over(found, shifted(base, 0.07), soft(wave, 0.3, 1.0) * fade * 0.35)
    return found


def _ridge_phase(t: Array, horn: Horn) -> Array:
    """Rings stand closer towards the tip."""
    found: Array = horn.ridges * t * (0.75 + 0.25 * t)
    return found


def horn_sheets(
    rng: np.random.Generator, scalp: Scalp, horn: Horn, base: Rgb, tip: Rgb
) -> list[Sheet]:
    """Return the sheets of one horn: the horn, and where it is broken the rough end."""
    root = scalp.frame(horn.azimuth, horn.elevation)
    side = np.array([1.0, 0.0, 0.0])
    origin = root.origin - root.axes[2] * horn.sink
    t = np.linspace(0, 1, horn.rows)
    line = curve(horn.path, 80)
    # Set off along the hair's normal, so that the root does not come out of the side.
    start = -root.axes[2] * 0.006
    line = np.concatenate([(start * np.array([1, 1, 1]))[None], line + root.axes[2] * 0.004])
    steps = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=-1))])
    path = np.stack([np.interp(t * steps[-1], steps, line[:, k]) for k in range(3)], -1)
    radius = horn.radius * blend(t, horn.taper)
    if horn.azimuth > 30:
        # Past its root a horn that curls down keeps out of the hair it curls around.
        off = scalp.above(origin + path, outside=True) + 0.1 * radius
        short = float(np.clip(-off[t > 0.28].min(), 0.0, 0.03))
        path = path + side * (short * soft(t, 0.04, 0.32))[:, None]
    if horn.ridges:
        wave = np.cos(2 * np.pi * _ridge_phase(t, horn))
        radius = radius * (1 + horn.ridge_depth * wave * soft(t, 1.0, 0.6))
    keep = t <= horn.cut
    sides = 12
    section = disc(sides) * np.array([1.0, horn.flat])
    sections = section * radius[keep][:, None, None]
    grid = tube(origin + path[keep], sections, up=side, caps=False, carry=True)
    paint = _horn_paint(horn, base, tip)
    if horn.cut < 1:
        paint = paint[: max(int(len(paint) * horn.cut), 8)]
    # The root goes on down into the skull: hair may lie lower here than where it was measured.
    foot = scalp.at(horn.azimuth, horn.elevation, -0.006, 0.0)
    middle = grid[0].mean(0)
    deep = foot - middle
    if deep @ root.axes[2] < 0:
        rings = [middle + deep * s + (grid[0] - middle) * (1 - 0.15 * s) for s in (1.0, 0.5)]
        grid = np.concatenate([np.stack(rings), grid])
        more = round(2 * (len(paint) - 1) / (len(grid) - 3))
        paint = np.concatenate([np.repeat(paint[:1], more, 0), paint])
    if horn.cut < 1:
        axis = path[keep][-1] - path[keep][-2]
        axis = axis / np.linalg.norm(axis)
        rough = rng.uniform(-0.5, 0.9, sides)
        rough = np.append(rough, rough[0]) * radius[keep][-1]
        grid[-1] += rough[:, None] * axis
        heart = np.broadcast_to(grid[-1].mean(0) - axis * radius[keep][-1] * 0.35, grid[-1].shape)
        end = np.stack([grid[-1], grid[-1] * 0.45 + heart * 0.55, heart])
        inside = graded(
            [
                (0.0, shade_of(base, 0.05)),
                (0.3, shifted(base, 0.1, 0.6)),
                (1.0, shade_of(base, 0.2)),
            ],
            tile(12, 12)[0],
        )
        return [
            sheet(grid, paint, HORN),
            sheet(end, inside, Finish(0.5, 0.2), flipped=_faces_back(end, axis)),
        ]
    return [sheet(grid, paint, HORN)]


def _faces_back(end: Array, axis: Array) -> bool:
    """Say whether a cap's grid faces against its axis."""
    facing = np.cross(end[1, 1] - end[0, 0], end[1, 0] - end[0, 1])
    return bool(np.dot(facing, axis) < 0)


def _colours(rng: np.random.Generator, palette: Palette) -> tuple[Rgb, Rgb]:
    """Choose base and tip: ivory, black, dark red, hair-like or a dark with tips of the accent."""
    ivory, dark = (0.93, 0.87, 0.76), (0.24, 0.21, 0.25)
    pairs = (
        (ivory, (0.70, 0.58, 0.48)),
        (dark, (0.36, 0.32, 0.37)),
        (dark, mixed(palette.accent, (0.6, 0.1, 0.15), 0.3)),
        ((0.55, 0.17, 0.20), (0.28, 0.10, 0.14)),
        (mixed(palette.hair, dark, 0.35), shifted(palette.hair, 0.05)),
        ((0.62, 0.50, 0.42), (0.33, 0.25, 0.23)),
    )
    return pairs[int(rng.choice(len(pairs), p=[0.27, 0.22, 0.14, 0.12, 0.12, 0.13]))]


def _pair(name: str) -> Maker:
    def make(rng: np.random.Generator, shape: HeadShape, palette: Palette, fit: Fit) -> list[Piece]:
        base, tip = _colours(rng, palette)
        left = assembled("Horn", horn_sheets(rng, Scalp(shape, fit), HORNS[name], base, tip))
        return [left, mirrored(left)] if HORNS[name].azimuth else [left]

    return make


def _broken(rng: np.random.Generator, shape: HeadShape, palette: Palette, fit: Fit) -> list[Piece]:
    """A pair of which one is broken off."""
    base, tip = _colours(rng, palette)
    horn = HORNS[("demon", "goat", "cow")[int(rng.integers(3))]]
    scalp = Scalp(shape, fit)
    whole = assembled("Horn", horn_sheets(rng, scalp, horn, base, tip))
    stump = replace(horn, cut=float(rng.uniform(0.30, 0.45)))
    other = assembled("BrokenHorn", horn_sheets(rng, scalp, stump, base, tip))
    return [whole, mirrored(other)] if rng.random() < 0.5 else [mirrored(whole), other]


def _uneven(rng: np.random.Generator, shape: HeadShape, palette: Palette, fit: Fit) -> list[Piece]:
    """Two horns of different forms."""
    base, tip = _colours(rng, palette)
    one, other = (("goat", "curled"), ("demon", "short"), ("dragon", "demon"))[int(rng.integers(3))]
    scalp = Scalp(shape, fit)
    first = assembled("Horn", horn_sheets(rng, scalp, HORNS[one], base, tip))
    second = assembled("OtherHorn", horn_sheets(rng, scalp, HORNS[other], base, tip))
    return [first, mirrored(second)] if rng.random() < 0.5 else [mirrored(first), second]


def _antlers(rng: np.random.Generator, shape: HeadShape, palette: Palette, fit: Fit) -> list[Piece]:
    """A deer's: a beam with three tines a side."""
    base = ((0.56, 0.42, 0.33), (0.85, 0.77, 0.66))[int(rng.integers(2))]
    tip = mixed(base, (0.95, 0.90, 0.82), 0.6)
    beam = Horn(
        azimuth=52, elevation=60, radius=0.0105, rows=22, ridges=0,
        path=((0, 0, 0), (0.028, 0.030, -0.010), (0.058, 0.062, -0.018), (0.070, 0.104, -0.010),
              (0.062, 0.142, 0.004)),
        taper=((0, 1.0), (0.12, 0.9), (0.6, 0.66), (0.9, 0.36), (1, 0.06)),
    )  # fmt: skip
    scalp = Scalp(shape, fit)
    sheets = horn_sheets(rng, scalp, beam, base, tip)
    line = sheets[0].points.mean(1)[-beam.rows :]
    for at, reach in ((0.34, 0.040), (0.56, 0.046), (0.76, 0.036)):
        root = line[int(at * (len(line) - 1))]
        lean = np.array([0.35 - 0.9 * at, 0.75, 0.62 - 0.2 * at]) + rng.normal(size=3) * 0.06
        lean /= np.linalg.norm(lean)
        knots = [
            root - lean * 0.004,
            root + lean * reach * 0.5,
            root + lean * reach * 0.95 + np.array([0, 0.007, 0]),
        ]
        size = 0.0072 * blend(np.linspace(0, 1, 9), ((0, 1.0), (0.5, 0.72), (0.9, 0.3), (1, 0.05)))
        spike = tube(curve(knots, 9), disc(8) * size[:, None, None], caps=False)
        sheets.append(
            sheet(spike, graded([(0, mixed(base, tip, at)), (1, tip)], tile(24, 8)[0]), HORN)
        )
    left = assembled("Antler", sheets)
    return [left, mirrored(left)]


def _antennae(
    rng: np.random.Generator, shape: HeadShape, palette: Palette, fit: Fit
) -> list[Piece]:
    """An insect's feelers: thin stalks with beads, or feathered towards the tip."""
    stalk = BLACK if rng.random() < 0.5 else shade_of(palette.hair, 0.12)
    bead = palette.accent if rng.random() < 0.6 else stalk
    horn = Horn(
        azimuth=20, elevation=60, radius=0.0036, rows=24, sink=0.008,
        path=((0, 0, 0), (0.014, 0.048, 0.012), (0.036, 0.090, 0.034), (0.066, 0.106, 0.062)),
        taper=((0, 1.25), (0.3, 0.9), (1, 0.8)),
    )  # fmt: skip
    sheets = horn_sheets(rng, Scalp(shape, fit), horn, stalk, shifted(stalk, 0.08))
    end = sheets[0].points[-1].mean(0)
    sheets.append(sheet(ball(0.0105) + end, bead, PLASTIC))
    left = assembled("Antenna", sheets)
    return [left, mirrored(left)]


def _ring(radius: Real, width: Real, height: Real, sides: int = 48) -> Array:
    """Return a flat ring with rounded edges, lying in the plane y = 0."""
    section = disc(10, 3.0) * np.array([width, height])
    return lathe(section + np.array([radius, 0.0]), sides)


_HALO_M = 0.108
"""Radius of the widest ring with its spikes."""


def _halo_frame(rng: np.random.Generator, shape: HeadShape, fit: Fit) -> Frame:
    """Above the crown, tilted back a little; third axis up along the ring's axis."""
    scalp = Scalp(shape, fit)
    tilt = np.radians(rng.uniform(8, 20))
    axis = np.array([0.0, np.cos(tilt), -np.sin(tilt)])
    origin = scalp.at(180.0, 82.0) + np.array([0.0, rng.uniform(0.035, 0.05), -0.008])
    # Over a bun or tail that is tied high, not through it.
    below = [0.0]
    for name, anchor in fit.anchors.items():
        if name.startswith(("tail", "bun")):
            arm = anchor.position - origin
            height = float(arm @ axis)
            if np.linalg.norm(arm - height * axis) < _HALO_M + anchor.radius:
                below.append(height + 0.4 * float(anchor.radius) + 0.010)
    origin = origin + max(below) * axis
    return frame_of(origin, np.array([0.0, np.sin(tilt), np.cos(tilt)]), axis)


def _glow(rng: np.random.Generator, palette: Palette) -> Rgb:
    choices = (
        (1.0, 0.93, 0.62),
        mixed(palette.accent, WHITE, 0.35),
        mixed(palette.eye_left, WHITE, 0.4),
        (0.80, 0.93, 1.0),
    )
    return choices[int(rng.choice(4, p=[0.4, 0.25, 0.2, 0.15]))]


def _halo(rng: np.random.Generator, shape: HeadShape, palette: Palette, fit: Fit) -> list[Piece]:
    """An angel's ring of light."""
    colour = _glow(rng, palette)
    frame = _halo_frame(rng, shape, fit)
    v, _ = tile(24, 8)
    paint = graded(
        [
            (0, shade_of(colour, 0.10)),
            (0.3, colour),
            (0.55, mixed(colour, WHITE, 0.75)),
            (1, shade_of(colour, 0.10)),
        ],
        v,
    )
    ring = frame.place(_ring(0.070, 0.0085, 0.0045))
    return [assembled("Halo", [sheet(ring, paint, GLOW)], shade=(1.0, 0.95, 0.95))]


def _mechanical_halo(
    rng: np.random.Generator, shape: HeadShape, palette: Palette, fit: Fit
) -> list[Piece]:
    """Rings in one another with spikes or blocks around, hovering behind the crown."""
    colour = _glow(rng, palette)
    frame = _halo_frame(rng, shape, fit)
    light = mixed(colour, WHITE, 0.6)
    sheets = [
        sheet(frame.place(_ring(0.076, 0.0042, 0.0032)), colour, GLOW),
        sheet(frame.place(_ring(0.049, 0.0032, 0.0028, 36)), light, GLOW),
    ]
    count = int(rng.choice([3, 4, 6, 8]))
    spikes = rng.random() < 0.6
    for k in range(count):
        a = 2 * np.pi * k / count
        out = np.array([np.sin(a), 0.0, np.cos(a)])
        inner, outer = (0.045, 0.108) if spikes else (0.049, 0.086)
        t = np.linspace(0, 1, 7)
        size = blend(t, ((0, 0.2), (0.45, 1.0), (0.6, 0.9), (1, 0.08))) if spikes else np.ones(7)
        section = disc(4) * np.array([0.0065, 0.0042]) * size[:, None, None]
        path = out * (inner + (outer - inner) * t)[:, None]
        spike = tube(path, section, up=(0.0, 1.0, 0.0), caps=not spikes)
        sheets.append(sheet(frame.place(spike), light if k % 2 else colour, GLOW))
    return [assembled("Halo", sheets, shade=(1.0, 0.95, 0.95))]


def _kind(name: str, make: Maker, weight: Real, *tags: str, paired: bool = True) -> Kind:
    return Kind(
        name=name, slot="horns", tags=("horns", *tags), weight=weight, make=make, paired=paired
    )


KINDS = (
    _kind("short_horns", _pair("short"), 0.9),
    _kind("oni_horns", _pair("oni"), 1.08, "oni_horns"),
    _kind("single_horn", _pair("single"), 1.08, "single_horn"),
    _kind("demon_horns", _pair("demon"), 1.1, "demon_horns"),
    _kind("goat_horns", _pair("goat"), 0.9, "goat_horns"),
    _kind("curled_horns", _pair("curled"), 1.5, "curled_horns"),
    _kind("dragon_horns", _pair("dragon"), 1.08, "dragon_horns"),
    _kind("cow_horns", _pair("cow"), 0.9, "cow_horns"),
    _kind("broken_horn", _broken, 0.9, "broken_horn", paired=False),
    _kind("asymmetrical_horns", _uneven, 2.16, "asymmetrical_horns", paired=False),
    Kind(name="antlers", slot="horns", tags=("antlers",), weight=0.9, make=_antlers, paired=True),
    Kind(
        name="antennae", slot="horns", tags=("antennae",), weight=0.9, make=_antennae, paired=True,
    ),
    Kind(
        name="halo", slot="halo", tags=("halo",), weight=1.1, make=_halo, floats=True, paired=True,
    ),
    Kind(
        name="mechanical_halo", slot="halo", tags=("halo", "mechanical_halo"), weight=1.0,
        make=_mechanical_halo, floats=True,
    ),
)  # fmt: skip
