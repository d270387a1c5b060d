"""Hats and caps: turned about a ring that lies on the hair, so that they sit on any head."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from panic3d.characters.colour import Rgb, mixed, ramp, shifted
from panic3d.characters.palette import Palette
from panic3d.characters.parts.accessories.kind import Fit, Kind, Maker, Slot
from panic3d.characters.parts.accessories.paint import (
    BLACK,
    CLOTH,
    FUR,
    METAL,
    PLASTIC,
    WHITE,
    Array,
    over,
    shade_of,
    soft,
    streaks,
    tile,
)
from panic3d.characters.parts.accessories.ribbons import (
    SATIN,
    bar,
    bow,
    flower,
    flower_colour,
    puffed,
    rose,
    star_outline,
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
    sheet,
    tube,
    unit,
)
from panic3d.characters.piece import Piece
from panic3d.characters.shape import HeadShape

Sheets = list[Sheet]
_SIDES = 48


@dataclass(frozen=True, kw_only=True, eq=False)
class Ring:
    """Where a hat sits: a loop on the hair, from the front over the left and round."""

    points: Array
    """(m, 3), the last is the first."""
    centre: Array
    up: Array
    """Unit, along the hat's axis."""

    @property
    def spokes(self) -> Array:
        """(m, 3) from the axis to the loop."""
        found: Array = self.points - self.centre
        return found

    def turned(
        self, rows: Sequence[tuple[Array | float, Array | float, Array | float]], level: float = 0.0
    ) -> Array:
        """Return a grid (n, m, 3): the loop scaled, widened and raised, row by row.

        Args:
            rows: factor on the spokes, metres further out, metres up; each one number or (m,).
            level: how much of the loop's own ups and downs is taken out.
        """
        spokes = self.spokes
        height = spokes @ self.up
        flat = spokes - height[:, None] * self.up
        out = unit(flat)
        found = []
        for scale, wide, high in rows:
            keep = height * np.minimum(np.asarray(scale), 1.0) * (1 - level)
            found.append(
                self.centre
                + flat * np.reshape(scale, (-1, 1))
                + out * np.reshape(wide, (-1, 1))
                + self.up * np.reshape(keep + high, (-1, 1))
            )
        return np.stack([np.broadcast_to(row, spokes.shape) for row in found])

    def front(self, azimuth_deg: float, lift: float, high: float, lean: float = 0.0) -> Frame:
        """Return a frame on the hat's wall: third axis outwards, second along the hat's axis."""
        k = round(azimuth_deg % 360 / 360 * (len(self.points) - 1))
        out = unit(self.spokes[k] - (self.spokes[k] @ self.up) * self.up)
        return frame_of(self.points[k] + out * lift + self.up * high, out + lean * self.up, self.up)


def ring_on(
    scalp: Scalp,
    middle_deg: float,
    front_deg: float = 0.0,
    side_deg: float = 0.0,
    lift: float = 0.003,
    sides: int = _SIDES,
) -> Ring:
    """Return a loop around the head.

    Args:
        scalp: hair.
        middle_deg: its elevation at the sides.
        front_deg: how much higher in front, and lower behind.
        side_deg: how much higher at the head's left, and lower at its right.
        lift: above the hair, metres.
        sides: number of sides.
    """
    azimuth = np.linspace(0, 360, sides + 1)
    a = np.radians(azimuth)
    points = scalp.at(azimuth, middle_deg + front_deg * np.cos(a) + side_deg * np.sin(a), lift)
    centre = points[:-1].mean(0)
    spokes = points[:-1] - centre
    up = unit(np.cross(spokes, np.roll(spokes, -1, 0)).sum(0))
    return Ring(points=points, centre=centre, up=up if up[1] > 0 else -up)


def azimuths(ring: Ring) -> Array:
    """Return the angle (m,) of each of a ring's points, radians, 0 in front."""
    return np.linspace(0, 2 * np.pi, len(ring.points))


def row_paint(colours: Sequence[Rgb], height: int = 64, width: int = 48) -> Array:
    """Return a tile whose rows blend from one grid row's colour to the next one's."""
    v, _ = tile(height, width)
    return ramp([(k / (len(colours) - 1), c) for k, c in enumerate(colours)], v)


def felt(rng: np.random.Generator, paint: Array, colour: Rgb, amount: float = 0.5) -> Array:
    """Return a tile with soft folds running from below upwards."""
    h, w = paint.shape[:2]
    fold = (
        streaks(rng, w, max(w // 16, 1))[None, :] * np.sin(np.linspace(0.25, 1, h) * np.pi)[:, None]
    )
    paint = over(paint, shade_of(colour, 0.12), soft(fold, 0.15, 0.8) * amount)
    return over(paint, shifted(colour, 0.06), soft(-fold, 0.15, 0.8) * amount * 0.7)


def _hat_colour(rng: np.random.Generator, palette: Palette) -> Rgb:
    choices = (
        palette.cloth,
        palette.accent,
        BLACK,
        palette.cloth_second,
        (0.25, 0.28, 0.42),
        (0.52, 0.36, 0.28),
    )
    return choices[int(rng.choice(6, p=[0.25, 0.25, 0.2, 0.1, 0.1, 0.1]))]


def _trim_colour(rng: np.random.Generator, palette: Palette, against: Rgb) -> Rgb:
    choices = (palette.accent, WHITE, BLACK, palette.metal, (0.80, 0.16, 0.22))
    far = [c for c in choices if float(np.abs(np.array(c) - np.array(against)).sum()) > 0.45]
    return far[int(rng.integers(len(far)))]


def _band(
    ring: Ring,
    low: float,
    high: float,
    colour: Rgb,
    out: float = 0.0,
    scale: float = 1.0,
    thick: float = 0.0028,
) -> Sheet:
    """A ribbon around the foot of a crown."""
    rows = [
        (scale, out - 0.002, low),
        (scale, out + thick * 0.7, low),
        (scale, out + thick, low * 0.85 + high * 0.15),
        (scale, out + thick, low * 0.15 + high * 0.85),
        (scale, out + thick * 0.7, high),
        (scale, out - 0.002, high),
    ]
    paint = row_paint(
        [
            shade_of(colour, 0.12),
            shade_of(colour, 0.05),
            colour,
            colour,
            shifted(colour, 0.04),
            shade_of(colour, 0.1),
        ],
        24,
        16,
    )
    return sheet(ring.turned(rows), paint, SATIN, flipped=False)


def _buckle(frame: Frame, width: float, height: float, metal: Rgb) -> Sheet:
    t = np.linspace(0, 2 * np.pi, 25)
    c, s = np.cos(t), np.sin(t)
    path = np.stack(
        [
            np.sign(c) * np.abs(c) ** 0.35 * width,
            np.sign(s) * np.abs(s) ** 0.35 * height,
            0.0015 + 0 * t,
        ],
        -1,
    )
    return sheet(frame.place(tube(path, disc(8) * 0.0026, up=(0, 0, 1), closed=True)), metal, METAL)


def _pompom(centre: Array, radius: float, colour: Rgb, rng: np.random.Generator) -> Sheet:
    rows, sides = 14, 22
    grid = ball(1.0, sides, rows)
    bumps = rng.uniform(0.86, 1.12, (rows + 1, sides + 1))
    bumps[:, -1] = bumps[:, 0]
    bumps[[0, -1]] = 1.0
    tuft = np.kron(rng.random((10, 10)), np.ones((4, 4)))
    paint = over(
        np.broadcast_to(np.array(colour), (40, 40, 3)),
        shade_of(colour, 0.12),
        soft(tuft, 0.5, 1.0) * 0.6,
    )
    return sheet(grid * bumps[..., None] * radius + centre, paint, FUR)


def _crown_rows(top: Sequence[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    """Rows of a hat's wall, begun inside so that no gap shows from below."""
    return [(0.93, 0.0, 0.012), (0.985, -0.001, 0.0), *top]


# ---------------------------------------------------------------- hats


def _beret(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    colour = _hat_colour(rng, palette)
    side = 1.0 if rng.random() < 0.5 else -1.0
    ring = ring_on(scalp, 36, 10, 8 * side, 0.003)
    a = azimuths(ring)
    # Full on the low side, where the cloth hangs over.
    full = 0.5 - 0.5 * side * np.sin(a) + 0.15 * (1 - np.cos(a))
    wave = 0.002 * np.sin(5 * a + rng.uniform(0, 6))
    rows = _crown_rows([])
    grid_rows: list[tuple[Array | float, Array | float, Array | float]] = [
        *rows,
        (1.0, 0.002, 0.001),
        (1.0, 0.003, 0.010),
        (1.01, 0.012 + 0.010 * full, 0.014 - 0.004 * full),
        (1.03, 0.026 + 0.020 * full + wave, 0.022 - 0.008 * full),
        (1.03, 0.031 + 0.026 * full + wave, 0.034 - 0.008 * full),
        (1.0, 0.026 + 0.022 * full + wave, 0.050 - 0.006 * full),
        (0.9, 0.016 + 0.014 * full, 0.064),
        (0.68, 0.006, 0.076),
        (0.40, 0.0, 0.082),
        (0.16, 0.0, 0.083),
        (0.0, 0.0, 0.083),
    ]
    dark = shade_of(colour, 0.16)
    paint = row_paint(
        [
            dark,
            dark,
            dark,
            shade_of(colour, 0.08),
            dark,
            shade_of(colour, 0.1),
            colour,
            colour,
            colour,
            shifted(colour, 0.02),
            shifted(colour, 0.02),
            colour,
            colour,
        ],
        64,
        64,
    )
    grid = ring.turned(grid_rows)
    top = grid[-1].mean(0)
    stem = curve(
        [
            top - ring.up * 0.004,
            top + ring.up * 0.008,
            top + ring.up * 0.013 + np.array([0.003, 0, 0]),
        ],
        6,
    )
    found = [
        sheet(grid, felt(rng, paint, colour, 0.55), FUR, flipped=False),
        sheet(tube(stem, disc(8) * 0.0028), colour, FUR),
    ]
    if rng.random() < 0.35:
        pin = ring.front(-38 * side, 0.027, 0.026, 0.25)
        found.append(
            sheet(
                pin.place(puffed(star_outline(5, 0.5, 1), 0.013, 0.006, 1.0)), palette.metal, METAL
            )
        )
    return found


def _witch_hat(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    colour = (BLACK, shade_of(palette.accent, 0.18), (0.24, 0.18, 0.36), palette.cloth)[
        int(rng.choice(4, p=[0.4, 0.2, 0.25, 0.15]))
    ]
    trim = _trim_colour(rng, palette, colour)
    ring = ring_on(scalp, 30, 5, rng.uniform(-4, 4), 0.004)
    a = azimuths(ring)
    wave = np.sin(2 * a + rng.uniform(0, 6)) * 0.010 + np.sin(3 * a + rng.uniform(0, 6)) * 0.007
    reach = 0.088
    brim: list[tuple[Array | float, Array | float, Array | float]] = [
        (0.95, 0.0, 0.014),
        (0.99, 0.0, -0.001),
        (1.0, 0.35 * reach, -0.004 + 0.25 * wave),
        (1.0, 0.75 * reach, -0.010 + 0.7 * wave),
        (1.0, 1.00 * reach, -0.014 + wave),
        (1.0, 1.02 * reach, -0.0125 + wave),
        (1.0, 1.00 * reach, -0.011 + wave),
        (1.0, 0.75 * reach, -0.007 + 0.7 * wave),
        (1.0, 0.35 * reach, -0.001 + 0.25 * wave),
        (1.0, 0.004, 0.003),
    ]
    under = shade_of(colour, 0.10)
    brim_paint = row_paint(
        [
            under,
            under,
            under,
            under,
            under,
            trim,
            shifted(colour, 0.02),
            colour,
            colour,
            shade_of(colour, 0.12),
        ],
        60,
        48,
    )
    t = np.linspace(0, 1, 15)
    tall = rng.uniform(0.19, 0.22)
    width = blend(t, ((0, 1.0), (0.25, 0.83), (0.5, 0.52), (0.75, 0.25), (1, 0.02)))
    crease = 1 + 0.05 * np.sin(t * 24) * (t > 0.3)
    cone = ring.turned(
        [
            (float(w * c), 0.003 * (1 - x), float(tall * x))
            for w, c, x in zip(width, crease, t, strict=True)
        ]
    )
    # The tip falls over.
    lean = np.array([rng.uniform(-0.05, 0.05), -0.02, -0.07]) * rng.uniform(0.6, 1.2)
    cone = cone + (soft(t, 0.3, 1.3) ** 1.2)[:, None, None] * lean * 1.6
    v, _ = tile(72, 48)
    paint = row_paint([shade_of(colour, 0.1), colour, shifted(colour, 0.03)], 72, 48)
    fold = np.exp(-((np.sin(v * 24 + 1.2) / 0.4) ** 2)) * (v > 0.3)
    paint = felt(rng, over(paint, shade_of(colour, 0.14), fold * 0.5), colour, 0.45)
    found = [
        sheet(ring.turned(brim), brim_paint, CLOTH, flipped=False),
        sheet(cone, paint, CLOTH, flipped=False),
        _band(ring, 0.003, 0.028, trim, 0.002, 0.985),
    ]
    extra = int(rng.integers(3))
    if extra == 0:
        found.append(_buckle(ring.front(0, 0.006, 0.0155), 0.016, 0.014, palette.metal))
    elif extra == 1:
        found += bow(rng, ring.front(42, 0.005, 0.016), 0.08, trim, 0.55, 0.05)
    else:
        star = ring.front(-30, 0.004, 0.018)
        found.append(
            sheet(
                star.place(puffed(star_outline(5, 0.5, 1), 0.018, 0.007, 1.0)), palette.metal, METAL
            )
        )
    return found


def _dome(scalp: Scalp, ring_low: Array, lifts: Array, sides: int = _SIDES) -> Array:
    """Rows of a close cap: from elevations (m,) below up to the pole, metres above the hair."""
    azimuth = np.linspace(0, 360, sides + 1)
    t = np.linspace(0, 1, len(lifts))[:, None]
    elevation = ring_low + (90 - ring_low) * t
    return scalp.at(azimuth + 0 * t, elevation, lifts[:, None])


def _rounded_dome(
    ring: Ring, tall: float, rows: int = 9, lean: Array | None = None, swell: float = 0.0
) -> Array:
    """A dome on a ring, superelliptic."""
    t = np.linspace(0, np.pi / 2, rows)
    shape = [
        (float(np.cos(x) ** 0.75), float(swell * np.sin(2 * x)), float(tall * np.sin(x) ** 0.95))
        for x in t
    ]
    shape[-1] = (0.0, 0.0, tall)
    grid = ring.turned(shape)
    if lean is not None:
        grid = grid + np.sin(t)[:, None, None] ** 2 * lean
    return grid


def _tall_enough(scalp: Scalp, ring: Ring, gap: float = 0.006) -> float:
    """Return how far the crown of the hair lies above a ring's plane, and a bit."""
    azimuth = np.linspace(0, 360, 13)
    points = scalp.at(azimuth[:, None], np.linspace(50, 90, 9)[None])
    return float(((points - ring.centre) @ ring.up).max()) + gap


def _visor(
    ring: Ring, reach: float, drop: float, spread_deg: float, thick: float = 0.0022
) -> Array:
    """A peak in front: rows from the ring out and back again below."""
    a = azimuths(ring)
    angle = np.where(a > np.pi, a - 2 * np.pi, a)
    order = np.argsort(angle, kind="stable")
    want = np.linspace(-np.radians(spread_deg), np.radians(spread_deg), 25)
    keep = np.unique(angle[order], return_index=True)[1]
    base = np.stack(
        [np.interp(want, angle[order][keep], ring.points[order][keep][:, k]) for k in range(3)], -1
    )
    x = want / np.radians(spread_deg)
    length = reach * np.sqrt(np.maximum(1 - np.abs(x) ** 2.6, 0.0))
    flat = base - ring.centre
    flat = flat - (flat @ ring.up)[:, None] * ring.up
    ahead = unit(np.array([0.0, 0.0, 1.0]) - ring.up[2] * ring.up)
    out = unit(0.35 * unit(flat) + 0.65 * ahead)
    rows = []
    for s, z in (
        (-0.12, 0.0),
        (0.25, 0.0),
        (0.55, 0.0),
        (0.8, 0.0),
        (0.95, 0.0),
        (1.0, -0.5),
        (0.95, -1.0),
        (0.8, -1.0),
        (0.55, -1.0),
        (0.25, -1.0),
        (-0.12, -1.0),
    ):
        fall = -drop * max(s, 0.0) ** 1.4 - 0.34 * drop * x**2 * max(s, 0.0)
        rows.append(
            base + out * (length * s)[:, None] + ring.up * (0.002 + fall + z * thick)[:, None]
        )
    return np.stack(rows)


def _baseball_cap(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    colour = _hat_colour(rng, palette)
    peak = _trim_colour(rng, palette, colour) if rng.random() < 0.5 else shade_of(colour, 0.02)
    ring = ring_on(scalp, 20, 8, 0, 0.003)
    a = np.linspace(0, 2 * np.pi, _SIDES + 1)
    low = 20 + 8 * np.cos(a)
    lifts = np.array([-0.010, 0.001, 0.0035, 0.006, 0.008, 0.0095, 0.0105, 0.011, 0.011, 0.011])
    dome = _dome(scalp, low, lifts)
    dome[0] = scalp.at(np.degrees(a), low + 3, -0.006)
    v, u = tile(72, 96)
    paint = row_paint(
        [shade_of(colour, 0.15), shade_of(colour, 0.07), colour, colour, shifted(colour, 0.02)],
        72,
        96,
    )
    seam = np.abs(((u * 6) % 1) - 0.5)
    paint = over(paint, shade_of(colour, 0.16), soft(seam, 0.47, 0.495) * (v > 0.12))
    stitch = soft(np.abs(seam - 0.44), 0.02, 0.01) * (np.sin(v * 120) > -0.2) * (v > 0.12)
    paint = over(paint, shifted(colour, 0.10), stitch * 0.5)
    paint = over(paint, shade_of(colour, 0.15), np.exp(-(((v - 0.17) / 0.012) ** 2)) * 0.7)
    visor = _visor(ring, 0.074, 0.022, 62)
    vp, _ = tile(60, 24)
    visor_paint = ramp(
        [
            (0, shade_of(peak, 0.16)),
            (0.2, peak),
            (0.45, shifted(peak, 0.03)),
            (0.55, shade_of(peak, 0.1)),
            (1, shade_of(peak, 0.15)),
        ],
        vp,
    )
    for k in range(4):
        visor_paint = over(
            visor_paint,
            shade_of(peak, 0.12),
            np.exp(-(((vp - 0.14 - 0.08 * k) / 0.008) ** 2)) * 0.6,
        )
    top = dome[-1].mean(0)
    found = [
        sheet(dome, paint, CLOTH, flipped=False),
        sheet(visor, visor_paint, CLOTH),
        sheet(ball(1.0, 12, 6) * np.array([0.0075, 0.0045, 0.0075]) + top, peak, CLOTH),
    ]
    badge = scalp.frame(0, 47, 0.008)
    logo = int(rng.integers(4))
    if logo == 0:
        found.append(
            sheet(
                badge.place(puffed(star_outline(5, 0.5, 1), 0.017, 0.003, 1.0)),
                peak if peak != colour else WHITE,
                CLOTH,
            )
        )
    elif logo == 1:
        plate = bar(0.044, 0.022, 0.003)
        found.append(
            sheet(scalp.wrapped(badge, plate, 0.007), _trim_colour(rng, palette, colour), CLOTH)
        )
    return found


def _beanie(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    colour = _hat_colour(rng, palette)
    second = _trim_colour(rng, palette, colour) if rng.random() < 0.4 else colour
    a = np.linspace(0, 2 * np.pi, _SIDES + 1)
    low = 16 + 10 * np.cos(a)
    lifts = np.array([0.004, 0.006, 0.008, 0.010, 0.012, 0.015, 0.019, 0.022, 0.024])
    body = _dome(scalp, low + 6, lifts)
    v, u = tile(72, 120)
    rib = np.cos(2 * np.pi * 30 * u)
    knit = np.sin(v * 90 + 1.5 * rib)
    paint = row_paint([shade_of(colour, 0.14), colour, colour, shifted(colour, 0.03)], 72, 120)
    paint = over(paint, shade_of(colour, 0.14), soft(-rib, 0.2, 0.9) * 0.55)
    paint = over(paint, shade_of(colour, 0.08), soft(knit, 0.4, 1.0) * 0.4)
    if rng.random() < 0.35:
        for at in (0.32, 0.44):
            paint = over(
                paint,
                second if second != colour else WHITE,
                soft(np.abs(v - at), 0.035, 0.03) * 0.9,
            )
    cuff_rows = [
        (0.002, -0.012),
        (0.006, -0.006),
        (0.012, 0.0),
        (0.0135, 0.006),
        (0.0135, 0.024),
        (0.012, 0.030),
        (0.004, 0.031),
    ]
    azimuth = np.degrees(a)
    base = scalp.at(azimuth, low)
    high = scalp.at(azimuth, low + 16)
    step = unit(high - base)
    out = scalp.normal(azimuth, low + 6)
    cuff = np.stack([base + out * (w + 0.001) + step * h for w, h in cuff_rows])
    _, uc = tile(32, 120)
    ribs = np.cos(2 * np.pi * 30 * uc)
    cuff_paint = over(
        row_paint([shade_of(second, 0.12), second, shifted(second, 0.03)], 32, 120),
        shade_of(second, 0.17),
        soft(-ribs, 0.0, 0.8) * 0.75,
    )
    found = [sheet(body, paint, FUR, flipped=False), sheet(cuff, cuff_paint, FUR, flipped=False)]
    if rng.random() < 0.6:
        found.append(
            _pompom(
                body[-1].mean(0) + np.array([0, 0.014, 0]),
                0.026,
                WHITE if rng.random() < 0.5 else second,
                rng,
            )
        )
    return found


def _brimmed(ring: Ring, reach: float, drop: Array | float, thick: float = 0.0028) -> Array:
    """A brim's grid: out below, back above."""
    rows: list[tuple[Array | float, Array | float, Array | float]] = [
        (0.95, 0.0, 0.012),
        (0.99, 0.0, -0.002),
    ]
    for s in (0.3, 0.65, 0.92, 1.0):
        rows.append((1.0, s * reach, -np.asarray(drop) * s**1.5 - (thick / 2 if s < 1 else 0.0)))
    for s in (0.92, 0.65, 0.3):
        rows.append((1.0, s * reach, -np.asarray(drop) * s**1.5 + thick / 2))
    rows.append((1.0, 0.002, 0.003))
    return ring.turned(rows)


def _straw(size: tuple[int, int], colour: Rgb, fine: float) -> Array:
    """Woven straw: courses and the stalks across them."""
    v, u = tile(*size)
    course = np.sin(2 * np.pi * fine * v)
    stalk = np.sin(2 * np.pi * 44 * u + np.pi * np.floor(fine * v * 2))
    paint = over(
        np.broadcast_to(np.array(colour), (*size, 3)),
        shade_of(colour, 0.15),
        soft(-course, 0.4, 1.0) * 0.6,
    )
    return over(paint, shifted(colour, 0.05), soft(stalk, 0.1, 0.9) * 0.5)


def _straw_hat(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    colour: Rgb = ((0.93, 0.80, 0.55), (0.86, 0.70, 0.45))[int(rng.integers(2))]
    trim = _trim_colour(rng, palette, colour)
    ring = ring_on(scalp, 26, 7, 0, 0.004)
    a = azimuths(ring)
    drop = 0.014 + 0.010 * np.cos(2 * a) + 0.004 * np.sin(3 * a + 1)
    tall = _tall_enough(scalp, ring)
    crown = _rounded_dome(ring, tall, 10, swell=0.004)
    found = [
        sheet(_brimmed(ring, 0.085, drop), _straw((72, 120), colour, 14), CLOTH, flipped=False),
        sheet(crown, _straw((60, 120), colour, 11), CLOTH, flipped=False),
        _band(ring, 0.003, 0.024, trim, 0.003, 0.985),
    ]
    if rng.random() < 0.6:
        found += bow(rng, ring.front(60, 0.006, 0.013), 0.075, trim, 0.55, 0.06)
    return found


def _sun_hat(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    colour = (WHITE, mixed(palette.accent, WHITE, 0.65), (0.95, 0.90, 0.80))[int(rng.integers(3))]
    trim = _trim_colour(rng, palette, colour)
    ring = ring_on(scalp, 26, 9, 0, 0.004)
    a = azimuths(ring)
    drop = 0.026 + 0.014 * np.cos(2 * a) + 0.006 * np.sin(5 * a)
    tall = _tall_enough(scalp, ring)
    under = shade_of(colour, 0.12)
    paint = row_paint(
        [under, under, under, under, under, trim, colour, colour, colour, under], 72, 64
    )
    found = [
        sheet(_brimmed(ring, 0.112, drop), felt(rng, paint, colour, 0.3), CLOTH, flipped=False),
        sheet(
            _rounded_dome(ring, tall, 10, swell=0.005),
            felt(rng, row_paint([under, colour, shifted(colour, 0.02)], 60, 64), colour, 0.4),
            CLOTH,
            flipped=False,
        ),
        _band(ring, 0.003, 0.022, trim, 0.003, 0.985),
    ]
    spot = ring.front(50, 0.005, 0.014)
    if rng.random() < 0.5:
        found += flower(rng, spot, 0.027, flower_colour(rng, palette.accent)) + flower(
            rng, spot.shifted(-0.03, 0.004, -0.002), 0.019, flower_colour(rng, palette.accent)
        )
    else:
        found += bow(rng, spot, 0.09, trim, 0.6, 0.07)
    return found


def _top_hat_parts(
    rng: np.random.Generator, ring: Ring, tall: float, reach: float, colour: Rgb, trim: Rgb
) -> Sheets:
    a = azimuths(ring)
    curl = -reach * (0.10 + 0.28 * np.sin(a) ** 2)
    flare = 0.09
    rows = [
        (0.985, 0.0, 0.002),
        (0.97, 0.0, 0.25 * tall),
        (0.98, 0.0, 0.55 * tall),
        (1.0 + 0.5 * flare, 0.0, 0.92 * tall),
        (1.0 + 0.5 * flare, 0.0, 0.985 * tall),
        (1.0 + 0.3 * flare, 0.0, tall),
        (0.55, 0.0, tall * 1.005),
        (0.0, 0.0, tall),
    ]
    paint = row_paint(
        [
            shade_of(colour, 0.1),
            colour,
            colour,
            shifted(colour, 0.03),
            shifted(colour, 0.1),
            colour,
            colour,
            colour,
        ],
        64,
        48,
    )
    top = ring.turned(rows, 0.5)
    brim = row_paint(
        [shade_of(colour, 0.08)] * 5
        + [shifted(colour, 0.12), shifted(colour, 0.04), colour, colour, shade_of(colour, 0.1)],
        60,
        40,
    )
    return [
        sheet(_brimmed(ring, reach, curl, reach * 0.07), brim, SATIN, flipped=False),
        sheet(top, paint, SATIN, flipped=False),
        _band(ring, 0.002, 0.24 * tall, trim, 0.0005, 0.98, reach * 0.06),
    ]


def _top_hat(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    colour = (BLACK, palette.cloth, (0.93, 0.92, 0.93))[int(rng.choice(3, p=[0.6, 0.25, 0.15]))]
    trim = _trim_colour(rng, palette, colour)
    ring = ring_on(scalp, 35, 5, rng.uniform(-5, 5), 0.004)
    tall = max(0.115, _tall_enough(scalp, ring))
    found = _top_hat_parts(rng, ring, tall, 0.036, colour, trim)
    if rng.random() < 0.4:
        found += rose(rng, ring.front(48, 0.004, 0.018), 0.024, palette.accent)
    return found


def _small_ring(
    scalp: Scalp, azimuth: float, elevation: float, radius: float, sink: float, sides: int = 32
) -> Ring:
    """A level circle on the hair, for hats too small to go around the head."""
    place = scalp.frame(azimuth, elevation)
    up = unit(place.axes[2] + np.array([0.0, 0.55, 0.0]))
    flat = frame_of(place.origin - up * sink, up, np.array([0.0, 0.0, -1.0]))
    a = np.linspace(0, 2 * np.pi, sides + 1)
    circle = np.stack([np.sin(a), -np.cos(a), 0 * a], -1) * radius
    return Ring(points=flat.place(circle), centre=flat.origin, up=up)


def _mini_top_hat(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    colour = (BLACK, palette.cloth, shade_of(palette.accent, 0.1))[int(rng.integers(3))]
    trim = _trim_colour(rng, palette, colour)
    side = 1.0 if rng.random() < 0.5 else -1.0
    ring = _small_ring(scalp, 42 * side, 62, 0.034, 0.004)
    found = _top_hat_parts(rng, ring, 0.052, 0.020, colour, trim)
    spot = ring.front(-28 * side, 0.002, 0.010)
    return found + (
        bow(rng, spot, 0.055, trim, 0.6)
        if rng.random() < 0.5
        else rose(rng, spot, 0.018, palette.accent)
    )


def _sailor_hat(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    navy: Rgb = (0.20, 0.25, 0.42)
    ring = ring_on(scalp, 34, 6, rng.uniform(-7, 7), 0.004)
    tall = max(_tall_enough(scalp, ring), 0.05)
    colour: Rgb = (0.97, 0.97, 0.98)
    rows = _crown_rows(
        [
            (1.0, 0.001, 0.0),
            (1.0, 0.002, 0.026),
            (1.03, 0.010, 0.030),
            (1.04, 0.026, 0.040),
            (1.04, 0.030, 0.050),
            (1.03, 0.022, 0.060),
            (0.9, 0.004, 0.070),
            (0.6, 0.0, max(0.077, tall * 0.97)),
            (0.25, 0.0, max(0.079, tall)),
            (0.0, 0.0, max(0.079, tall)),
        ]
    )
    under = shade_of(colour, 0.14)
    paint = row_paint(
        [navy, navy, navy, navy, under, under, colour, colour, colour, colour, colour, colour],
        72,
        64,
    )
    found = [
        sheet(ring.turned(rows), felt(rng, paint, colour, 0.3), CLOTH, flipped=False),
        _band(ring, 0.0, 0.024, navy, 0.002),
    ]
    spot = ring.front(180, 0.004, 0.008)
    for side in (1.0, -1.0):
        t = np.linspace(0, 1, 9)
        line = np.stack(
            [side * (0.005 + 0.016 * t), -0.012 - 0.10 * t, 0.003 + 0.016 * np.sin(t * 2.2)], -1
        )
        tail = tube(line, disc(10, 6.0) * np.array([0.0085, 0.001]), up=(0.0, 0.1, 1.0), caps=False)
        vt, _ = tile(40, 16)
        found.append(
            sheet(
                scalp.cleared(spot.place(tail), 0.002),
                over(
                    np.broadcast_to(np.array(navy), (40, 16, 3)),
                    WHITE,
                    soft(np.abs(vt - 0.88), 0.03, 0.02),
                ),
                SATIN,
            )
        )
    if rng.random() < 0.6:
        found += bow(rng, ring.front(180, 0.004, 0.012), 0.06, navy, 0.5)
    gold = palette.metal
    badge = ring.front(0, 0.005, 0.012)
    found.append(
        sheet(badge.place(puffed(star_outline(5, 0.5, 1), 0.0125, 0.005, 1.0)), gold, METAL)
    )
    return found


def _peaked_cap(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    colour = (BLACK, (0.23, 0.28, 0.42), (0.93, 0.93, 0.94), (0.30, 0.36, 0.30), palette.cloth)[
        int(rng.choice(5, p=[0.3, 0.2, 0.2, 0.15, 0.15]))
    ]
    band = _trim_colour(rng, palette, colour)
    ring = ring_on(scalp, 27, 8, 0, 0.004)
    a = azimuths(ring)
    tall = _tall_enough(scalp, ring)
    front = 0.5 + 0.5 * np.cos(a)
    edge = 0.040 + 0.030 * front
    rows: list[tuple[Array | float, Array | float, Array | float]] = [
        *_crown_rows([(1.0, 0.001, 0.0), (1.0, 0.002, 0.028)]),
        (1.0, 0.010, 0.034 + 0.006 * front),
        (1.0, 0.026 + 0.004 * front, edge * 0.86),
        (1.0, 0.031 + 0.005 * front, edge),
        (1.0, 0.027 + 0.005 * front, edge + 0.005),
        (0.85, 0.012, np.maximum(edge * 0.9 + 0.012, 0.062)),
        (0.5, 0.0, max(tall, 0.07)),
        (0.0, 0.0, max(tall, 0.07)),
    ]
    under = shade_of(colour, 0.13)
    paint = row_paint(
        [
            band,
            band,
            band,
            band,
            under,
            shade_of(colour, 0.05),
            shifted(band, 0.0),
            colour,
            colour,
            shifted(colour, 0.02),
            colour,
        ],
        80,
        64,
    )
    visor = _visor(ring, 0.052, 0.026, 64)
    gloss: Rgb = (0.13, 0.13, 0.15)
    badge = ring.front(0, 0.012, 0.042, 0.35)
    cord = ring.turned([(1.0, 0.005, 0.003)])[0]
    half = np.concatenate([cord[-9:-1], cord[:9]])
    twist = 1 + 0.2 * np.sin(np.arange(len(half)) * 2.0)
    found = [
        sheet(ring.turned(rows), felt(rng, paint, colour, 0.25), CLOTH, flipped=False),
        _band(ring, 0.0, 0.026, band, 0.002),
        sheet(visor, gloss, PLASTIC),
        sheet(tube(half, disc(8) * 0.0026 * twist[:, None, None]), palette.metal, METAL),
        sheet(
            badge.place(puffed(star_outline(5, 0.55, 1), 0.016, 0.006, 1.0)), palette.metal, METAL
        ),
        sheet(badge.place(ball(0.0055, 10, 6) + np.array([0, 0, 0.006])), palette.accent, PLASTIC),
    ]
    for k in (-9, 8):
        found.append(sheet(ball(0.0048, 10, 6) + cord[k], palette.metal, METAL))
    return found


def _fur_trim(ring: Ring, radius: float, colour: Rgb, rng: np.random.Generator) -> Sheet:
    m = 73
    k = np.linspace(0, len(ring.points) - 1, m)
    path = np.stack(
        [np.interp(k, np.arange(len(ring.points)), ring.points[:, j]) for j in range(3)], -1
    )
    bumps = rng.uniform(0.88, 1.12, (m, 11))
    bumps[-1] = bumps[0]
    bumps[:, -1] = bumps[:, 0]
    section = disc(10) * radius * bumps[..., None]
    paint = over(
        np.broadcast_to(np.array(colour), (144, 20, 3)),
        shade_of(colour, 0.1),
        soft(np.kron(rng.random((36, 5)), np.ones((4, 4))), 0.5, 1.0) * 0.6,
    )
    return sheet(tube(path, section, up=ring.up, closed=True), paint, FUR)


def _santa_hat(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    colour: Rgb = (0.82, 0.12, 0.16)
    ring = ring_on(scalp, 33, 8, 0, 0.004)
    side = 1.0 if rng.random() < 0.5 else -1.0
    tall = _tall_enough(scalp, ring)
    t = np.linspace(0, 1, 18)
    # Up over the crown, then the tip falls to one side.
    axis = curve(
        [
            (0, 0, 0),
            (0.0, 0.55 * tall, -0.004),
            (0.012, 1.0 * tall, -0.012),
            (0.050, 1.42 * tall, -0.020),
            (0.100, 1.30 * tall, -0.022),
            (0.125, 0.75 * tall, -0.018),
        ],
        18,
    ) * np.array([side, 1, 1])
    width = blend(t, ((0, 1.0), (0.2, 0.93), (0.4, 0.70), (0.62, 0.40), (0.85, 0.22), (1, 0.13)))
    tangent = unit(np.gradient(axis, axis=0))
    m = 33
    np.linspace(0, 2 * np.pi, m)
    k = np.linspace(0, len(ring.points) - 1, m)
    base = np.stack(
        [np.interp(k, np.arange(len(ring.points)), ring.spokes[:, j]) for j in range(3)], -1
    )
    rows = []
    for p, w, d in zip(axis, width, tangent, strict=True):
        # Turn the level loop so that it stands across the axis.
        turn = _turned_to(
            ring.up,
            unit(d[0] * np.array([1.0, 0, 0]) + d[1] * ring.up + d[2] * np.array([0, 0, 1.0])),
        )
        rows.append(
            ring.centre
            + p[0] * np.array([1.0, 0, 0])
            + p[1] * ring.up
            + p[2] * np.array([0, 0, 1.0])
            + (base * w) @ turn.T
        )
    grid = np.stack(rows)
    paint = row_paint(
        [shade_of(colour, 0.16), colour, colour, shifted(colour, 0.02), colour], 80, 56
    )
    paint = felt(rng, paint, colour, 0.6)
    return [
        sheet(grid, paint, FUR, flipped=False),
        _fur_trim(ring, 0.0165, WHITE, rng),
        _pompom(grid[-1].mean(0) - ring.up * 0.008, 0.024, WHITE, rng),
    ]


def _turned_to(one: Array, other: Array) -> Array:
    """Return the smallest rotation (3, 3) that takes one unit vector to another."""
    axis = np.cross(one, other)
    c = float(one @ other)
    k = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    found: Array = np.eye(3) + k + k @ k / max(1 + c, 1e-6)
    return found


def _nurse_cap(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    colour = WHITE if rng.random() < 0.75 else (0.98, 0.82, 0.86)
    ring = ring_on(scalp, 57, 4, 0, -0.002, 40)
    a = azimuths(ring)
    front = (0.5 + 0.5 * np.cos(a)) ** 1.5
    high = 0.024 + 0.028 * front
    wide = 0.004 + 0.014 * np.abs(np.sin(a)) ** 1.5
    rows: list[tuple[Array | float, Array | float, Array | float]] = [
        (0.96, 0.0, -0.006),
        (1.0, 0.002, -0.004),
        (1.0, 0.003 + 0.3 * wide, 0.3 * high),
        (1.0, 0.002 + wide, 0.94 * high),
        (1.0, 0.000 + wide, high),
        (1.0, -0.003 + wide, 0.96 * high),
        (0.9, 0.0, 0.82 * high),
        (0.5, 0.0, 0.026),
        (0.0, 0.0, 0.028),
    ]
    shade = shade_of(colour, 0.1)
    paint = row_paint([shade, shade, colour, colour, colour, colour, shade, colour, colour], 64, 48)
    red: Rgb = (0.88, 0.18, 0.26) if rng.random() < 0.75 else palette.accent
    v, _ = tile(64, 48)
    paint = over(paint, red, soft(np.abs(v - 0.315), 0.02, 0.012) * (rng.random() < 0.6))
    found = [sheet(ring.turned(rows), paint, CLOTH, flipped=False)]
    badge = ring.front(0, 0.0075, 0.026, 0.05)
    for angle in (0.0, 90.0):
        found.append(sheet(badge.place(bar(0.024, 0.0085, 0.004, angle)), red, CLOTH))
    return found


def _cowboy_hat(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    colour: Rgb = ((0.52, 0.35, 0.24), (0.80, 0.66, 0.46), (0.17, 0.16, 0.17))[
        int(rng.choice(3, p=[0.5, 0.3, 0.2]))
    ]
    band = shade_of(colour, 0.25) if colour != BLACK else palette.accent
    ring = ring_on(scalp, 30, 5, 0, 0.004)
    a = azimuths(ring)
    roll = np.abs(np.sin(a)) ** 3
    drop = 0.010 + 0.006 * np.cos(2 * a) - 0.052 * roll
    tall = _tall_enough(scalp, ring, 0.022)
    crown = _rounded_dome(ring, tall, 11, swell=0.002)
    # Pinched along the middle and at both sides in front.
    local = (crown - ring.centre) @ np.stack([[1.0, 0, 0], ring.up, [0, 0, 1.0]]).T
    height = np.clip(local[..., 1] / tall, 0, 1) ** 3
    dent = 0.016 * np.exp(-((local[..., 0] / 0.020) ** 2)) * height
    pinch = (
        0.014
        * np.exp(-(((np.abs(local[..., 0]) - 0.055) / 0.022) ** 2))
        * np.exp(-(((local[..., 2] - 0.055) / 0.03) ** 2))
        * height
    )
    crown = crown - (dent + pinch)[..., None] * ring.up
    found = [
        sheet(
            _brimmed(ring, 0.078, drop, 0.0032),
            felt(
                rng,
                row_paint(
                    [shade_of(colour, 0.12)] * 5
                    + [shifted(colour, 0.07), colour, colour, colour, shade_of(colour, 0.12)],
                    60,
                    48,
                ),
                colour,
                0.3,
            ),
            CLOTH,
            flipped=False,
        ),
        sheet(
            crown,
            felt(
                rng,
                row_paint([shade_of(colour, 0.12), colour, shifted(colour, 0.02), colour], 60, 48),
                colour,
                0.35,
            ),
            CLOTH,
            flipped=False,
        ),
        _band(ring, 0.003, 0.016, band, 0.002, 0.985),
    ]
    badge = ring.front(0, 0.006, 0.011)
    found.append(
        sheet(badge.place(puffed(star_outline(5, 0.5, 1), 0.012, 0.005, 1.0)), palette.metal, METAL)
    )
    return found


def _bucket_hat(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    colour = _hat_colour(rng, palette)
    ring = ring_on(scalp, 24, 7, 0, 0.004)
    tall = _tall_enough(scalp, ring)
    rows = _crown_rows(
        [
            (1.0, 0.002, 0.0),
            (0.97, 0.002, 0.35 * tall),
            (0.90, 0.002, 0.75 * tall),
            (0.86, 0.0, 0.93 * tall),
            (0.80, 0.0, tall),
            (0.4, 0.0, tall * 1.03),
            (0.0, 0.0, tall * 1.03),
        ]
    )
    v, _ = tile(64, 64)
    paint = felt(
        rng,
        row_paint(
            [shade_of(colour, 0.14)] * 3
            + [colour, colour, shifted(colour, 0.03), colour, colour, colour],
            64,
            64,
        ),
        colour,
        0.3,
    )
    paint = over(paint, shade_of(colour, 0.15), np.exp(-(((v - 0.70) / 0.012) ** 2)) * 0.7)
    brim = row_paint(
        [shade_of(colour, 0.14)] * 5
        + [shade_of(colour, 0.06), colour, colour, colour, shade_of(colour, 0.13)],
        72,
        48,
    )
    vb, _ = tile(72, 48)
    for k in range(5):
        brim = over(
            brim, shade_of(colour, 0.13), np.exp(-(((vb - 0.62 - 0.065 * k) / 0.007) ** 2)) * 0.55
        )
    return [
        sheet(_brimmed(ring, 0.048, 0.036, 0.0026), brim, CLOTH, flipped=False),
        sheet(ring.turned(rows), paint, CLOTH, flipped=False),
    ]


def _party_hat(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    side = float(rng.choice([-1.0, 0.0, 1.0]))
    ring = _small_ring(scalp, 40 * side, 66 if side else 78, 0.046, 0.010)
    colour, stripe = palette.accent, WHITE if rng.random() < 0.5 else palette.metal
    t = np.linspace(0, 1, 10)
    cone = ring.turned([(float(1 - 0.96 * x), 0.0, float(0.125 * x)) for x in t])
    v, u = tile(80, 72)
    swirl = soft(np.sin(2 * np.pi * (5 * v + u)), -0.15, 0.15)
    paint = over(np.broadcast_to(np.array(colour), (80, 72, 3)), stripe, swirl)
    edge = 0.0045
    return [
        sheet(cone, paint, PLASTIC, flipped=False),
        _fur_trim(
            Ring(points=ring.points + ring.up * 0.006, centre=ring.centre, up=ring.up),
            edge,
            WHITE,
            rng,
        ),
        _pompom(cone[-1].mean(0) + ring.up * 0.006, 0.016, stripe, rng),
    ]


def _chef_hat(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    ring = ring_on(scalp, 40, 6, 0, 0.004, 72)
    a = azimuths(ring)
    pleat = np.cos(18 * a)
    colour: Rgb = (0.98, 0.98, 0.985)
    rows: list[tuple[Array | float, Array | float, Array | float]] = [
        *_crown_rows([(1.0, 0.001, 0.0), (1.0, 0.002, 0.048), (1.0, -0.001, 0.052)]),
        (1.0, 0.008 + 0.002 * pleat, 0.060),
        (1.0, 0.026 + 0.004 * pleat, 0.080),
        (1.0, 0.031 + 0.004 * pleat, 0.102),
        (0.98, 0.022 + 0.004 * pleat, 0.122),
        (0.85, 0.008 + 0.003 * pleat, 0.136),
        (0.5, 0.0, 0.142),
        (0.0, 0.0, 0.140),
    ]
    v, u = tile(72, 144)
    shade = shade_of(colour, 0.14)
    paint = row_paint(
        [
            shade,
            shade,
            shade_of(colour, 0.05),
            colour,
            shade_of(colour, 0.2),
            shade,
            colour,
            colour,
            colour,
            colour,
            colour,
            colour,
        ],
        72,
        144,
    )
    fold = soft(-np.cos(2 * np.pi * 18 * u), 0.1, 1.0) * soft(v, 0.34, 0.42) * soft(v, 0.95, 0.75)
    return [
        sheet(
            ring.turned(rows),
            over(paint, shade_of(colour, 0.16), fold * 0.75),
            CLOTH,
            flipped=False,
        )
    ]


def _crown_parts(
    ring: Ring, tall: float, metal: Rgb, gem: Rgb, lining: Rgb | None, spikes: int, thick: float
) -> Sheets:
    """A ring of points with balls on them."""
    a = azimuths(ring)
    wave = np.abs(((a * spikes / (2 * np.pi)) % 1) - 0.5) * 2  # 1 at the points
    high = tall * (0.46 + 0.54 * wave**1.3)
    flare = 0.14 * tall
    rows: list[tuple[Array | float, Array | float, Array | float]] = [
        (1.0, -thick, -0.003),
        (1.0, thick, -0.003),
        (1.0, thick * 1.6, 0.02 * tall),
        (1.0, thick * 1.6, 0.16 * tall),
        (1.0, thick, 0.20 * tall),
        (1.0, thick + 0.6 * flare, high * 0.7),
        (1.0, thick + flare, high),
        (1.0, flare - thick, high),
        (1.0, -thick, 0.2 * tall),
        (1.0, -thick, -0.003),
    ]
    dark = shade_of(metal, 0.14)
    paint = row_paint(
        [
            dark,
            metal,
            shifted(metal, 0.05),
            metal,
            dark,
            metal,
            shifted(metal, 0.05),
            dark,
            dark,
            dark,
        ],
        48,
        48,
    )
    found = [sheet(ring.turned(rows), paint, METAL, flipped=False)]
    out = unit(ring.spokes)
    m = len(a) - 1
    for k in range(spikes):
        j = round((k + 0.0) / spikes * m)
        point = ring.points[j] + ring.up * (tall + thick) + out[j] * flare
        found.append(sheet(ball(0.085 * tall + thick * 0.8, 8, 6) + point, metal, METAL))
        stone = frame_of(
            ring.points[j] + ring.up * 0.1 * tall + out[j] * thick * 1.6, out[j], ring.up
        )
        jewel = ball(1.0, 8, 6) * np.array([0.07, 0.07, 0.05]) * tall
        found.append(
            sheet(stone.place(jewel), gem if k % 2 == 0 else mixed(gem, WHITE, 0.6), PLASTIC)
        )
    if lining is not None:
        puff = ring.turned(
            [
                (0.95, 0.0, 0.1 * tall),
                (0.96, 0.0, 0.45 * tall),
                (0.8, 0.0, 0.66 * tall),
                (0.4, 0.0, 0.74 * tall),
                (0.0, 0.0, 0.72 * tall),
            ]
        )
        found.append(sheet(puff, lining, FUR, flipped=False))
    return found


def _crown(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    ring = ring_on(scalp, 46, 5, 0, 0.002, 80)
    gold: Rgb = palette.metal if rng.random() < 0.5 else (0.93, 0.77, 0.34)
    lining = shade_of(palette.accent, 0.08) if rng.random() < 0.4 else None
    if lining is not None:
        tall = max(0.062, _tall_enough(scalp, ring, 0.004) / 0.72)
    else:
        tall = 0.058
    return _crown_parts(
        ring, tall, gold, palette.accent, lining, int(rng.choice([5, 8, 10])), 0.002
    )


def _mini_crown(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    side = float(rng.choice([-1.0, 0.0, 1.0], p=[0.4, 0.2, 0.4]))
    ring = _small_ring(scalp, 40 * side, 64 if side else 78, 0.028, 0.006, 60)
    gold: Rgb = palette.metal if rng.random() < 0.5 else (0.93, 0.77, 0.34)
    return _crown_parts(
        ring, 0.036, gold, palette.accent, palette.accent if rng.random() < 0.3 else None, 5, 0.0014
    )


def _maker(name: str, parts: Callable[[np.random.Generator, Scalp, Palette], Sheets]) -> Maker:
    def make(rng: np.random.Generator, shape: HeadShape, palette: Palette, fit: Fit) -> list[Piece]:
        return [assembled(name, parts(rng, Scalp(shape, fit), palette))]

    return make


def _hat(
    name: str,
    parts: Callable[[np.random.Generator, Scalp, Palette], Sheets],
    weight: float,
    *tags: str,
    slot: Slot = "hat",
    male: float = 1.0,
) -> Kind:
    title = "".join(word.capitalize() for word in name.split("_"))
    own = () if slot != "hat" else ("hat",)
    return Kind(
        name=name,
        slot=slot,
        tags=(*own, *tags),
        weight=weight,
        make=_maker(title, parts),
        male=male,
    )


KINDS = (
    _hat("beret", _beret, 1.2, "beret"),
    _hat("witch_hat", _witch_hat, 1.2, "witch_hat", male=0.5),
    _hat("baseball_cap", _baseball_cap, 1.1, "baseball_cap", male=1.5),
    _hat("beanie", _beanie, 1.0, "beanie", male=1.3),
    _hat("straw_hat", _straw_hat, 1.0, "straw_hat"),
    _hat("sun_hat", _sun_hat, 1.0, "sun_hat", male=0.2),
    _hat("top_hat", _top_hat, 1.0, "top_hat", male=1.4),
    _hat("sailor_hat", _sailor_hat, 1.0, "sailor_hat"),
    _hat("peaked_cap", _peaked_cap, 1.1, "peaked_cap", male=1.4),
    _hat("santa_hat", _santa_hat, 1.0, "santa_hat"),
    _hat("cowboy_hat", _cowboy_hat, 1.0, "cowboy_hat", male=1.4),
    _hat("bucket_hat", _bucket_hat, 1.0, "bucket_hat"),
    _hat("chef_hat", _chef_hat, 0.9, "chef_hat"),
    _hat("nurse_cap", _nurse_cap, 0.9, "nurse_cap", slot="headwear", male=0.2),
    _hat(
        "mini_top_hat",
        _mini_top_hat,
        0.9,
        "hat",
        "mini_hat",
        "mini_top_hat",
        "top_hat",
        slot="headwear",
        male=0.6,
    ),
    _hat("party_hat", _party_hat, 0.9, "hat", "party_hat", slot="headwear"),
    _hat("crown", _crown, 1.0, "crown", slot="headwear"),
    _hat("mini_crown", _mini_crown, 0.9, "crown", "mini_crown", slot="headwear", male=0.6),
)
