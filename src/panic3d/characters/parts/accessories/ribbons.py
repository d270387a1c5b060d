"""Bows of ribbon, in a frame: x across, y up, z away from the head; z = 0 lies on the hair."""

from __future__ import annotations

import numpy as np

from panic3d.characters.colour import Rgb, shifted
from panic3d.characters.parts.accessories.paint import (
    Array,
    Finish,
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
    ball,
    blend,
    curve,
    disc,
    sheet,
    tube,
    unit,
)

SATIN = Finish(0.95, 0.45, 0.18)


def cloth_paint(
    rng: np.random.Generator,
    colour: Rgb,
    size: tuple[int, int],
    pinch: tuple[Real, ...] = (0.0, 1.0),
    trim: Rgb | None = None,
) -> Array:
    """Paint a band gathered at rows `pinch`: creases run out from there; edges may be trimmed.

    Columns run around the band's flat section, so its edges lie at u = 0, 1/2 and 1.
    """
    t, u = tile(*size)
    across = np.abs(np.cos(2 * np.pi * u))
    near = np.max([np.exp(-np.abs(t - p) / 0.13) for p in pinch], axis=0)
    crease = streaks(rng, size[1], 0)[None, :]
    found = np.broadcast_to(np.array(colour), (*size, 3)).copy()
    found = over(found, shifted(colour, 0.06), soft(-crease, 0.0, 0.8) * (0.25 + 0.5 * near))
    found = over(found, shade_of(colour, 0.13), soft(crease, 0.0, 0.7) * (0.15 + 0.8 * near))
    found = over(found, shade_of(colour, 0.17), near**2 * 0.65)
    if trim is not None:
        found = over(found, trim, soft(across, 0.80, 0.86) * 0.95)
        found = over(found, shade_of(colour, 0.12), np.exp(-(((across - 0.76) / 0.05) ** 2)) * 0.7)
    return found


def bow(
    rng: np.random.Generator,
    frame: Frame,
    width: Real,
    colour: Rgb,
    height: Real = 0.6,
    tails: Real = 0.0,
    trim: Rgb | None = None,
    scalp: Scalp | None = None,
) -> list[Sheet]:
    """Return a tied bow.

    Args:
        rng: of its creases.
        frame: its knot sits at the origin.
        width: from tip to tip, metres.
        colour: of the ribbon.
        height: of the loops over half their width.
        tails: length of the ends, metres; 0 for none.
        trim: colour of the edges.
        scalp: hair the ends must not enter.
    """
    w = width / 2
    # A loop seen from above: out in front, back behind.
    knots = np.array(
        [
            [0.02, 0.02],
            [0.25, 0.20],
            [0.58, 0.34],
            [0.88, 0.27],
            [1.0, 0.07],
            [0.9, -0.06],
            [0.55, -0.02],
            [0.2, 0.0],
            [0.02, -0.02],
        ]
    )
    plan = curve(knots, 22) * w
    t = np.linspace(0, 1, len(plan))
    out = plan[:, 0] / w
    half = w * height * blend(out, ((0, 0.22), (0.3, 0.52), (0.75, 0.92), (1, 1.0)))
    lift = w * 0.16 * out**1.5
    path = np.stack([plan[:, 0], lift, plan[:, 1] + 0.006], -1)
    tangent = unit(np.gradient(path, axis=0))
    section = disc(12, 6.0) * np.stack([half, np.full(len(t), 0.0011)], -1)[:, None]
    loop = tube(path, section, up=np.cross([0.0, 1.0, 0.0], tangent), caps=False)
    flip = np.array([-1.0, 1.0, 1.0])
    paint = cloth_paint(rng, colour, (40, 36), trim=trim)
    found = [
        sheet(frame.place(loop), paint, SATIN),
        sheet(frame.place(loop * flip), paint, SATIN),
    ]
    if tails:
        n = 10
        t = np.linspace(0, 1, n)
        for side in (1.0, -1.0):
            bend = rng.uniform(0.8, 1.2)
            line = curve(
                [
                    (0.0, 0.0, 0.004),
                    (side * 0.16 * tails, -0.25 * tails, 0.10 * tails),
                    (side * 0.30 * tails * bend, -0.62 * tails, 0.07 * tails),
                    (side * 0.42 * tails * bend, -1.0 * tails, 0.10 * tails),
                ],
                n,
            )
            size = np.stack([w * height * (0.20 + 0.32 * t), np.full(n, 0.0011)], -1)
            along = unit(np.gradient(line, axis=0))
            face = np.array([side * 0.25, 0.15, 1.0])
            end = tube(line, disc(12, 6.0) * size[:, None], up=face, caps=False)
            notch = 1 - np.abs(disc(12, 6.0)[:, 0])
            end[-1] -= along[-1] * notch[:, None] * size[-1, 0] * 0.9
            end[-2] -= along[-2] * notch[:, None] * size[-1, 0] * 0.3
            placed = frame.place(end)
            if scalp is not None:
                placed = scalp.cleared(placed)
            paint = cloth_paint(rng, shade_of(colour, 0.03), (32, 36), pinch=(0.0,), trim=trim)
            found.append(sheet(placed, paint, SATIN))
    size = np.array([0.17 * w, 0.26 * w * max(height, 0.5) / 0.6, 0.22 * w])
    v, u = tile(20, 24)
    knot = over(
        np.broadcast_to(np.array(shifted(colour, 0.02)), (20, 24, 3)),
        shade_of(colour, 0.14),
        soft(np.abs(v - 0.5), 0.25, 0.5) + 0.5 * soft(np.sin(9 * np.pi * u), 0.6, 1.0),
    )
    found.append(
        sheet(
            frame.place(ball(1.0, 12, 8) * size + np.array([0, 0, 0.006 + 0.12 * w])), knot, SATIN
        )
    )
    return found
