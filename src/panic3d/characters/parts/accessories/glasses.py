"""Glasses, fitted to eyes, nose and ears."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial import cKDTree

from panic3d.characters.colour import Rgb, mixed
from panic3d.characters.palette import Palette
from panic3d.characters.parts.accessories.hairbands import flat_section
from panic3d.characters.parts.accessories.kind import Fit, Kind, Maker, Slot
from panic3d.characters.parts.accessories.paint import (
    BLACK,
    METAL,
    PLASTIC,
    WHITE,
    Array,
    Finish,
    Real,
    graded,
    over,
    resampled,
    shade_of,
    soft,
)
from panic3d.characters.parts.accessories.scalp import Scalp
from panic3d.characters.parts.accessories.solids import (
    Sheet,
    assembled,
    curve,
    disc,
    pillow,
    sheet,
    tube,
    unit,
)
from panic3d.characters.piece import Piece, mirrored
from panic3d.characters.shape import HeadShape

LENS = Finish(0.3, 0.3, 0.5)


_BEHIND_LENS_M = 0.0125
"""From the skin of the eye's hollow to the lens: room for lashes."""


@dataclass(frozen=True, kw_only=True)
class Frames:
    """Form of a pair of glasses, in eye widths."""

    width: Real = 0.62
    """Half of a lens."""
    height: Real = 0.50
    power: Real = 2.0
    """2 round, above 2 squarer."""
    drop: Real = 0.0
    """How much narrower the lower half is."""
    thick: Real = 0.0016
    """Radius of the rim, metres."""
    part: tuple[Real, Real] = (0.0, 360.0)
    """What of the rim there is, degrees counter-clockwise from the outer side."""
    rise: Real = 0.0
    """Of the outer upper corner, as cat-eye frames have."""
    lens: bool = False
    """Dark glass."""
    down: Real = 0.12
    """How far the lens's middle lies below the eye's, in heights."""


def _lens_outline(form: Frames, shape: HeadShape, count: int = 40) -> Array:
    """Return (count + 1, 2) around the left lens, from its outer side, counter-clockwise."""
    a = np.radians(np.linspace(0, 360, count + 1))
    c, s = np.cos(a), np.sin(a)
    e = 2 / form.power
    x = np.sign(c) * np.abs(c) ** e * form.width * shape.eye_width
    y = np.sign(s) * np.abs(s) ** e * form.height * shape.eye_width
    x = x * (1 - form.drop * np.clip(-s, 0, 1))
    y = y + form.rise * shape.eye_width * np.clip(c, 0, 1) ** 2 * np.clip(s + 0.4, 0, 1)
    middle_y = shape.eye_y - form.down * form.height * shape.eye_width
    return np.stack([x + shape.eye_x * 1.04, y + middle_y], -1)


def _lens_z(shape: HeadShape, ahead: Real = 0.0) -> Callable[[Array, Array], Array]:
    """Return the glasses' surface z(x, y): ahead of the lashes, wrapped a little, tilted."""
    skin = float(shape.face(shape.eye_x, shape.eye_y)[2])
    nose = float(shape.face(0.0, shape.eye_y - 0.3 * shape.eye_height)[2])
    front = max(skin + _BEHIND_LENS_M, nose + 0.002) + ahead

    def depth(x: Array, y: Array) -> Array:
        return np.asarray(front - 1.1 * x**2 + 0.10 * (y - shape.eye_y))

    return depth


_MOST_AHEAD_M = 0.013


def _over_fringe(form: Frames, scalp: Scalp) -> Real:
    """Return how much farther ahead glasses must be, not to be cut up by a fringe, metres."""
    outline = _lens_outline(form, scalp.shape, 24)
    depth = _lens_z(scalp.shape)
    rim = np.concatenate([outline, depth(outline[:, 0], outline[:, 1])[:, None]], -1)
    both = np.concatenate([rim, rim * np.array([-1.0, 1.0, 1.0])])
    locks = scalp.locks(both, 0.022)
    if not len(locks):
        return 0.0
    far, _ = cKDTree(both[:, :2]).query(locks[:, :2])
    ahead = locks[:, 2] - depth(locks[:, 0], locks[:, 1])
    # Beside the eyes locks hang over the rims and the arms; that is as it should be.
    crossing = ahead[
        (far < 0.004) & (ahead > -0.002) & (np.abs(locks[:, 0]) < 0.85 * rim[:, 0].max())
    ]
    if len(crossing) < 8:
        return 0.0
    return float(np.clip(np.quantile(crossing, 0.97) + 0.0022, 0.0, _MOST_AHEAD_M))


def _spectacles(
    form: Frames,
    shape: HeadShape,
    colour: Rgb,
    finish: Finish,
    tint: Rgb | None,
    ahead: Real = 0.0,
) -> tuple[list[Sheet], list[Sheet], Array]:
    """Return the sheets in the middle, those of the left side, and the hinge (3,)."""
    depth = _lens_z(shape, ahead)
    outline = _lens_outline(form, shape)
    rim = np.concatenate([outline, depth(outline[:, 0], outline[:, 1])[:, None]], -1)
    section = disc(8) * np.array([form.thick, form.thick * 1.15])
    first, last = form.part
    whole = last - first >= 360
    left: list[Sheet] = []
    if whole:
        left.append(sheet(tube(rim, section, up=(0, 0, 1), closed=True), colour, finish))
    elif last > first:
        keep = np.linspace(first, last, 30) / 360 * (len(rim) - 1)
        path = np.stack(
            [np.interp(keep % (len(rim) - 1), np.arange(len(rim)), rim[:, k]) for k in range(3)], -1
        )
        left.append(sheet(tube(path, section, up=(0, 0, 1)), colour, finish))
    if tint is not None:
        left.append(_glass(outline, depth, tint))
    # The bridge arches over the nose from rim to rim.
    inner_x = float(outline[:, 0].min())
    inner_y = float(outline[np.argmin(outline[:, 0]), 1]) + 0.25 * form.height * shape.eye_width
    arch = inner_y + 0.004
    knots = [
        (x, y, float(depth(np.array(x), np.array(y))) + 0.0008)
        for x, y in (
            (inner_x + 0.001, inner_y - 0.002),
            (inner_x * 0.55, arch),
            (0.0, arch + 0.0012),
        )
    ]
    half = curve(knots, 8)
    bridge = np.concatenate([half, half[-2::-1] * np.array([-1.0, 1.0, 1.0])])
    middle = [sheet(tube(bridge, section * 1.05, up=(0, 0, 1)), colour, finish)]
    outer = rim[int(np.argmax(rim[:, 0] + 0.25 * (rim[:, 1] - shape.eye_y)))]
    return middle, left, outer


def _temple(form: Frames, shape: HeadShape, outer: Array, colour: Rgb, finish: Finish) -> Sheet:
    """Return the left temple: from the hinge along the side of the head to behind the ear."""
    ear_top = shape.ear_y + 0.36 * shape.ear_size
    wide = max(float(outer[0]) + 0.004, float(shape.half_width(shape.eye_y)) * 0.93 + 0.002)
    # Close to the skin where locks lie over it, its tip in the fold behind the ear.
    side = float(shape.half_width(ear_top)) + 0.0014
    temple = curve(
        [
            outer + np.array([-0.001, 0.0, 0.0]),
            (wide, outer[1] + 0.0005, outer[2] - 0.012),
            (0.5 * (wide + side) + 0.003, 0.55 * outer[1] + 0.45 * ear_top, 0.045),
            (side, ear_top, 0.0),
            (side - 0.001, ear_top - 0.006, -0.007),
            (side - 0.008, ear_top - 0.018, -0.011),
        ],
        24,
    )
    arm = disc(8, 3.0) * np.array([form.thick * 0.75, form.thick * 1.35])
    return sheet(tube(temple, arm, up=(0.05, 1, 0)), colour, finish)


def _glass(outline: Array, depth: Callable[[Array, Array], Array], tint: Rgb) -> Sheet:
    grid = pillow(outline, 0.0012, 0.0004, 4, 2.0)
    grid[..., 2] += depth(grid[..., 0], grid[..., 1])
    flat = resampled(grid[..., :2], 40, 48)
    low, high = outline.min(0), outline.max(0)
    x, y = ((flat - low) / (high - low))[..., 0], ((flat - low) / (high - low))[..., 1]
    paint = graded([(0, mixed(tint, WHITE, 0.22)), (0.5, tint), (1, shade_of(tint, 0.08))], y)
    glare = soft(np.abs(x - 0.35 * y - 0.25), 0.09, 0.06) + 0.6 * soft(
        np.abs(x - 0.35 * y - 0.42), 0.035, 0.02
    )
    return sheet(grid, over(paint, mixed(tint, WHITE, 0.55), glare * 0.55), LENS)


def _worn(
    form: Frames, colours: Callable[[np.random.Generator, Palette], Rgb], finish: Finish = PLASTIC
) -> Maker:
    def make(rng: np.random.Generator, shape: HeadShape, palette: Palette, fit: Fit) -> list[Piece]:
        colour = colours(rng, palette)
        tint = None
        if form.lens:
            tints: tuple[Rgb, ...] = ((0.16, 0.15, 0.19), (0.30, 0.16, 0.14), (0.16, 0.22, 0.34))
            tint = tints[int(rng.choice(3, p=[0.7, 0.15, 0.15]))]
        ahead = _over_fringe(form, Scalp(shape, fit))
        middle, left, outer = _spectacles(form, shape, colour, finish, tint, ahead)
        left.append(_temple(form, shape, outer, colour, finish))
        side = assembled("Glasses", left)
        return [assembled("GlassesBridge", middle), side, mirrored(side)]

    return make


def _on_head(rng: np.random.Generator, shape: HeadShape, palette: Palette, fit: Fit) -> list[Piece]:
    """Glasses pushed up onto the hair."""
    dark = rng.random() < 0.8
    form = Frames(width=0.64, height=0.44, power=2.6, thick=0.0023, lens=dark)
    colour = BLACK if rng.random() < 0.6 else palette.accent
    tint = (0.17, 0.16, 0.2) if dark else None
    middle, left, outer = _spectacles(form, shape, colour, PLASTIC, tint)
    scalp = Scalp(shape, fit)
    # Turned about the ears until the lenses lie on the hair above the fringe.
    hinge = np.array([0.0, shape.ear_y + 0.36 * shape.ear_size, 0.0])
    depth = float(_lens_z(shape)(np.array(shape.eye_x), np.array(shape.eye_y)))
    turn = np.radians(44.0)
    c, s = np.cos(turn), np.sin(turn)
    matrix = np.array([[1, 0, 0], [0, c, s], [0, -s, c]])
    spot = matrix @ (np.array([shape.eye_x, shape.eye_y, depth]) - hinge) + hinge
    gap = float(scalp.above(spot[None], outside=True)[0])
    push = unit(spot - hinge) * np.array([0.0, 1.0, 1.0])

    def moved(points: Array) -> Array:
        return (points - hinge) @ matrix.T + hinge + push * (0.006 - gap)

    corner = scalp.cleared(moved(outer)[None], 0.004, outside=True)[0]
    # The rims bend a little with the hair, above all of its locks.
    found = [
        _moved_to(piece, scalp.cleared(moved(piece.positions), 0.002, outside=True), matrix)
        for piece in (assembled("GlassesOnHead", middle), assembled("GlassesOnHead", left))
    ]
    # The temples lie on the hair and go down into it before they reach the ears.
    away = corner - scalp.centre
    first = float(np.degrees(np.arctan2(away[0], away[2])))
    high = float(np.degrees(np.arctan2(away[1], np.hypot(away[0], away[2]))))
    t = np.linspace(0, 1, 22)
    azimuth = first + (96.0 - first) * t
    elevation = high + (12.0 - high) * t
    start = float(scalp.above(corner[None], outside=True)[0])
    down = soft(t, 0.78, 1.0)
    lift = start + (0.0012 - start) * soft(t, 0.0, 0.35)
    path = scalp.at(azimuth, elevation, lift * (1 - down), 1 - 0.7 * down, outside=True)
    arm = flat_section(form.thick * 2.7, form.thick * 1.5, 0.006)
    temple = tube(path, arm, up=scalp.normal(azimuth, elevation))
    found.append(assembled("GlassesTemple", [sheet(temple, colour, PLASTIC)]))
    return [*found, mirrored(found[1]), mirrored(found[2])]


def _moved_to(piece: Piece, points: Array, matrix: Array) -> Piece:
    normals = None if piece.normals is None else piece.normals @ matrix.T
    return replace(piece, positions=points, normals=normals)


def _monocle(rng: np.random.Generator, shape: HeadShape, palette: Palette, fit: Fit) -> list[Piece]:
    """One round glass with a chain."""
    form = Frames(width=0.54, height=0.54, thick=0.0019, down=0.05)
    outline = _lens_outline(form, shape)
    depth = _lens_z(shape)
    rim = np.concatenate([outline, depth(outline[:, 0], outline[:, 1])[:, None] - 0.002], -1)
    sheets = [
        sheet(tube(rim, disc(8) * form.thick, up=(0, 0, 1), closed=True), palette.metal, METAL)
    ]
    start = rim[int(np.argmax(rim[:, 0] - rim[:, 1] * 0.7))]
    lobe = np.array(
        [float(shape.half_width(shape.ear_y)) + 0.006, shape.ear_y - 0.35 * shape.ear_size, -0.002]
    )
    sag = (start + lobe) / 2 + np.array([0.012, -0.020, 0.004])
    chain = curve([start, sag, lobe], 25)
    links = 1 + 0.35 * np.sin(np.arange(25) * np.pi * 0.9)
    sheets.append(sheet(tube(chain, disc(6) * 0.0011 * links[:, None, None]), palette.metal, METAL))
    piece = assembled("Monocle", sheets)
    return [piece if rng.random() < 0.5 else mirrored(piece)]


def _black_or_brown(rng: np.random.Generator, palette: Palette) -> Rgb:
    browns: tuple[Rgb, ...] = ((0.14, 0.13, 0.15), (0.35, 0.21, 0.16), (0.20, 0.22, 0.34))
    return browns[int(rng.choice(3, p=[0.55, 0.3, 0.15]))]


def _metal(rng: np.random.Generator, palette: Palette) -> Rgb:
    return palette.metal


def _black(rng: np.random.Generator, palette: Palette) -> Rgb:
    return (0.14, 0.13, 0.15)


def _red(rng: np.random.Generator, palette: Palette) -> Rgb:
    return (0.80, 0.14, 0.20)


def _bright(rng: np.random.Generator, palette: Palette) -> Rgb:
    return palette.accent


def eyewear_kind(
    name: str,
    slot: Slot,
    make: Maker,
    weight: Real,
    *tags: str,
    paired: bool = False,
    male: Real = 1.0,
) -> Kind:
    """Return a kind of eyewear or mask."""
    return Kind(name=name, slot=slot, tags=tags, weight=weight, make=make, male=male, paired=paired)


def _pair(
    name: str,
    form: Frames,
    colours: Callable[[np.random.Generator, Palette], Rgb],
    weight: Real,
    *tags: str,
    finish: Finish = PLASTIC,
) -> Kind:
    return eyewear_kind(name, "glasses", _worn(form, colours, finish), weight, *tags, paired=True)


_SQUARE = Frames(width=0.64, height=0.43, power=3.6, drop=0.08, thick=0.0018)


_ROUND = Frames(width=0.60, height=0.57, thick=0.0019)


KINDS = (
    _pair("round_glasses", _ROUND, _metal, 0.76, "glasses", "round_eyewear", finish=METAL),
    _pair("square_glasses", _SQUARE, _black_or_brown, 0.7, "glasses", "rectangular_eyewear"),
    _pair(
        "black_glasses",
        Frames(width=0.65, height=0.52, power=2.8, thick=0.0024),
        _black,
        0.65,
        "glasses",
        "black-framed_eyewear",
    ),
    _pair(
        "red_glasses",
        Frames(width=0.64, height=0.46, power=3.0, drop=0.1, thick=0.0019),
        _red,
        0.58,
        "glasses",
        "red-framed_eyewear",
    ),
    _pair(
        "bright_glasses",
        Frames(width=0.63, height=0.50, power=2.4, thick=0.0019, rise=0.09),
        _bright,
        0.53,
        "glasses",
    ),
    _pair(
        "semi_rimless",
        Frames(width=0.63, height=0.42, power=3.0, drop=0.1, thick=0.0019, part=(-18, 198)),
        _black_or_brown,
        0.53,
        "glasses",
        "semi-rimless_eyewear",
    ),
    _pair(
        "under_rim",
        Frames(width=0.63, height=0.42, power=3.0, drop=0.06, thick=0.0019, part=(168, 372)),
        _red,
        0.53,
        "glasses",
        "under-rim_eyewear",
    ),
    _pair(
        "sunglasses",
        Frames(width=0.68, height=0.50, power=3.0, drop=0.12, thick=0.0021, lens=True),
        _black_or_brown,
        0.65,
        "sunglasses",
    ),
    eyewear_kind("monocle", "eye_cover", _monocle, 0.46, "monocle"),
    eyewear_kind(
        "glasses_on_head", "headwear", _on_head, 1.57, "eyewear_on_head", "sunglasses", paired=True
    ),
)
