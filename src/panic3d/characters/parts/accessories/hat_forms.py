"""What hats are built of: a ring on the hair, walls and brims turned about it, trims."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from panic3d.characters.colour import Rgb, shifted
from panic3d.characters.palette import Palette
from panic3d.characters.parts.accessories.kind import Fit, Kind, Maker, Slot
from panic3d.characters.parts.accessories.paint import (
    BLACK,
    FUR,
    METAL,
    WHITE,
    Array,
    Real,
    graded,
    over,
    shade_of,
    soft,
    streaks,
    tile,
)
from panic3d.characters.parts.accessories.ribbons import SATIN
from panic3d.characters.parts.accessories.scalp import Scalp
from panic3d.characters.parts.accessories.solids import (
    Frame,
    Sheet,
    assembled,
    ball,
    disc,
    frame_of,
    sheet,
    tube,
    unit,
)
from panic3d.characters.piece import Piece
from panic3d.characters.shape import HeadShape

Sheets = list[Sheet]


SIDES = 48


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
        self, rows: Sequence[tuple[Array | Real, Array | Real, Array | Real]], level: Real = 0.0
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

    def front(self, azimuth_deg: Real, lift: Real, high: Real, lean: Real = 0.0) -> Frame:
        """Return a frame on the hat's wall: third axis outwards, second along the hat's axis."""
        k = round(azimuth_deg % 360 / 360 * (len(self.points) - 1))
        out = unit(self.spokes[k] - (self.spokes[k] @ self.up) * self.up)
        return frame_of(self.points[k] + out * lift + self.up * high, out + lean * self.up, self.up)


def ring_on(
    scalp: Scalp,
    middle_deg: Real,
    front_deg: Real = 0.0,
    side_deg: Real = 0.0,
    lift: Real = 0.003,
    sides: int = SIDES,
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
    elevation = middle_deg + front_deg * np.cos(a) + side_deg * np.sin(a)
    points = scalp.at(azimuth, elevation, lift, outside=True)
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
    return graded([(k / (len(colours) - 1), c) for k, c in enumerate(colours)], v)


def felt(rng: np.random.Generator, paint: Array, colour: Rgb, amount: Real = 0.5) -> Array:
    """Return a tile with soft folds running from below upwards."""
    h, w = paint.shape[:2]
    fold = (
        streaks(rng, w, max(w // 16, 1))[None, :] * np.sin(np.linspace(0.25, 1, h) * np.pi)[:, None]
    )
    paint = over(paint, shade_of(colour, 0.12), soft(fold, 0.15, 0.8) * amount)
    return over(paint, shifted(colour, 0.06), soft(-fold, 0.15, 0.8) * amount * 0.7)


def hat_colour(rng: np.random.Generator, palette: Palette) -> Rgb:
    """Choose a hat's colour: the clothes', the accent, black, navy or brown."""
    choices = (
        palette.cloth,
        palette.accent,
        BLACK,
        palette.cloth_second,
        (0.25, 0.28, 0.42),
        (0.52, 0.36, 0.28),
    )
    return choices[int(rng.choice(6, p=[0.25, 0.25, 0.2, 0.1, 0.1, 0.1]))]


def trim_colour(rng: np.random.Generator, palette: Palette, against: Rgb) -> Rgb:
    """Choose a trim's colour that is seen against another."""
    choices = (palette.accent, WHITE, BLACK, palette.metal, (0.80, 0.16, 0.22))
    far = [c for c in choices if float(np.abs(np.array(c) - np.array(against)).sum()) > 0.45]
    return far[int(rng.integers(len(far)))]


def hat_band(
    ring: Ring,
    low: Real,
    high: Real,
    colour: Rgb,
    out: Real = 0.0,
    scale: Real = 1.0,
    thick: Real = 0.0028,
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


def buckle_sheet(frame: Frame, width: Real, height: Real, metal: Rgb) -> Sheet:
    """Return a square buckle's frame, half `width` by half `height`, metres."""
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


def pompom_sheet(centre: Array, radius: Real, colour: Rgb, rng: np.random.Generator) -> Sheet:
    """Return a tufted ball."""
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


def crown_rows(top: Sequence[tuple[Real, Real, Real]]) -> list[tuple[float, float, float]]:
    """Rows of a hat's wall, begun inside so that no gap shows from below."""
    return [(0.93, 0.0, 0.012), (0.985, -0.001, 0.0), *top]


def close_dome(scalp: Scalp, ring_low: Array, lifts: Array, sides: int = SIDES) -> Array:
    """Rows of a close cap: from elevations (m,) below up to the pole, metres above the hair."""
    azimuth = np.linspace(0, 360, sides + 1)
    t = np.linspace(0, 1, len(lifts))[:, None]
    elevation = ring_low + (90 - ring_low) * t
    return scalp.at(azimuth + 0 * t, elevation, lifts[:, None], outside=True)


def rounded_dome(
    ring: Ring, tall: Real, rows: int = 9, lean: Array | None = None, swell: Real = 0.0
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


def tall_enough(scalp: Scalp, ring: Ring, gap: Real = 0.006) -> float:
    """Return how far the crown of the hair lies above a ring's plane, and a bit."""
    azimuth = np.linspace(0, 360, 13)
    points = scalp.at(azimuth[:, None], np.linspace(50, 90, 9)[None], outside=True)
    return float(((points - ring.centre) @ ring.up).max()) + gap


def visor_grid(
    ring: Ring, reach: Real, drop: Real, spread_deg: Real, thick: Real = 0.0022
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


def brimmed(ring: Ring, reach: Real, drop: Array | Real, thick: Real = 0.0028) -> Array:
    """A brim's grid: out below, back above."""
    rows: list[tuple[Array | Real, Array | Real, Array | Real]] = [
        (0.95, 0.0, 0.012),
        (0.99, 0.0, -0.002),
    ]
    for s in (0.3, 0.65, 0.92, 1.0):
        rows.append((1.0, s * reach, -np.asarray(drop) * s**1.5 - (thick / 2 if s < 1 else 0.0)))
    for s in (0.92, 0.65, 0.3):
        rows.append((1.0, s * reach, -np.asarray(drop) * s**1.5 + thick / 2))
    rows.append((1.0, 0.002, 0.003))
    return ring.turned(rows)


def top_hat_parts(
    rng: np.random.Generator, ring: Ring, tall: Real, reach: Real, colour: Rgb, trim: Rgb
) -> Sheets:
    """Return a top hat's crown, brim and band on a ring."""
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
        sheet(brimmed(ring, reach, curl, reach * 0.07), brim, SATIN, flipped=False),
        sheet(top, paint, SATIN, flipped=False),
        hat_band(ring, 0.002, 0.24 * tall, trim, 0.0005, 0.98, reach * 0.06),
    ]


def small_ring(
    scalp: Scalp, azimuth: Real, elevation: Real, radius: Real, sink: Real, sides: int = 32
) -> Ring:
    """A level circle on the hair, for hats too small to go around the head."""
    place = scalp.frame(azimuth, elevation)
    up = unit(place.axes[2] + np.array([0.0, 0.55, 0.0]))
    flat = frame_of(place.origin - up * sink, up, np.array([0.0, 0.0, -1.0]))
    a = np.linspace(0, 2 * np.pi, sides + 1)
    circle = np.stack([np.sin(a), -np.cos(a), 0 * a], -1) * radius
    return Ring(points=flat.place(circle), centre=flat.origin, up=up)


def fur_trim_sheet(ring: Ring, radius: Real, colour: Rgb, rng: np.random.Generator) -> Sheet:
    """Return a roll of fur around a ring."""
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


def one_piece(name: str, parts: Callable[[np.random.Generator, Scalp, Palette], Sheets]) -> Maker:
    """Return what makes a piece of parts that are fitted to the scalp."""

    def make(rng: np.random.Generator, shape: HeadShape, palette: Palette, fit: Fit) -> list[Piece]:
        return [assembled(name, parts(rng, Scalp(shape, fit), palette))]

    return make


def hat_kind(
    name: str,
    parts: Callable[[np.random.Generator, Scalp, Palette], Sheets],
    weight: Real,
    *tags: str,
    slot: Slot = "hat",
    male: Real = 1.0,
) -> Kind:
    """Return a kind of hat whose parts are one piece."""
    title = "".join(word.capitalize() for word in name.split("_"))
    own = () if slot != "hat" else ("hat",)
    return Kind(
        name=name,
        slot=slot,
        tags=(*own, *tags),
        weight=weight,
        make=one_piece(title, parts),
        male=male,
    )
