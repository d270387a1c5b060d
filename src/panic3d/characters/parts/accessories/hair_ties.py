"""What ties tails, braids and buns: scrunchies, bobbles, bows, tubes, bells."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from panic3d.characters.colour import Rgb, shifted
from panic3d.characters.palette import Palette
from panic3d.characters.parts.accessories.charms import (
    bell,
)
from panic3d.characters.parts.accessories.flowers import flower, flower_colour
from panic3d.characters.parts.accessories.kind import Anchor, Fit, HairAnchor, Maker
from panic3d.characters.parts.accessories.paint import (
    CLOTH,
    METAL,
    PLASTIC,
    WHITE,
    Real,
    gradient,
    over,
    shade_of,
    soft,
    tile,
)
from panic3d.characters.parts.accessories.pinning import (
    Sheets,
    ornament_kind,
    ribbon_colour,
    trim_drawn,
)
from panic3d.characters.parts.accessories.ribbons import SATIN, bow
from panic3d.characters.parts.accessories.scalp import Scalp
from panic3d.characters.parts.accessories.solids import (
    Frame,
    assembled,
    ball,
    disc,
    frame_of,
    lathe,
    sheet,
    unit,
)
from panic3d.characters.piece import Piece
from panic3d.characters.shape import HeadShape


def strands(scalp: Scalp, fit: Fit) -> Sequence[Anchor]:
    """Return what can be tied: tails, drills, braids' ends or buns, else two side locks."""
    for prefix in ("tail", "drill", "braid_end"):
        found = [fit.anchors[k] for k in sorted(fit.anchors) if k.startswith(prefix)]
        if found:
            return found
    buns = [fit.anchors[k] for k in sorted(fit.anchors) if k.startswith("bun")]
    if buns:
        # An anchor is a bun's far side; what ties it lies around its foot.
        return [
            HairAnchor(b.position - 1.8 * b.radius * b.direction, b.direction, 0.74 * b.radius)
            for b in buns
        ]
    down = np.array([0.0, -1.0, 0.0])
    return [HairAnchor(scalp.at(s * 72.0, -2.0), down, 0.012) for s in (1.0, -1.0)]


def _strand_frame(scalp: Scalp, anchor: Anchor) -> Frame:
    """Second axis along the strand towards its root, third away from the head."""
    along = unit(np.asarray(anchor.direction, np.float64))
    away = unit(np.asarray(anchor.position, np.float64) - scalp.centre)
    # A tail at the side shows its bow in front, one behind the head on top.
    at_side = abs(float(away[0])) > 0.4
    away = away + (np.array([0.0, 0.3, 0.9]) if at_side else np.array([0.0, 0.5, 0.0]))
    out = unit(away - (away @ along) * along)
    return Frame(
        origin=np.asarray(anchor.position, np.float64),
        axes=np.stack([np.cross(-along, out), -along, out]),
    )


def _upright(frame: Frame) -> Frame:
    """Return a strand's frame with its second axis as near straight up as can be."""
    out = frame.axes[2]
    up = np.array([0.0, 1.0, 0.0]) if abs(out[1]) < 0.9 else frame.axes[1]
    return frame_of(frame.origin, out, up)


OnStrand = Callable[[np.random.Generator, Frame, float, Palette, Rgb], Sheets]


def _tied(name: str, make: OnStrand) -> Maker:
    def maker(
        rng: np.random.Generator, shape: HeadShape, palette: Palette, fit: Fit
    ) -> list[Piece]:
        scalp = Scalp(shape, fit)
        colour = ribbon_colour(rng, palette)
        seed = int(rng.integers(2**62))
        sheets: Sheets = []
        for anchor in strands(scalp, fit):
            frame = _strand_frame(scalp, anchor)
            # The same for all strands, so that both sides match.
            sheets += make(
                np.random.default_rng(seed), frame, float(anchor.radius), palette, colour
            )
        return [assembled(name, sheets)]

    return maker


def _scrunchie(
    rng: np.random.Generator, frame: Frame, radius: Real, palette: Palette, colour: Rgb
) -> Sheets:
    sides, thick = 40, 0.42 * radius + 0.005
    a = np.linspace(0, 2 * np.pi, sides + 1)
    ruffle = 1 + 0.16 * np.cos(9 * a) + 0.06 * np.cos(14 * a + 1)
    section = disc(10)
    r = radius * 0.92 + thick * section[:, :1] * ruffle
    y = thick * 1.15 * section[:, 1:] * (1 + 0.12 * np.cos(9 * a + 0.7))
    grid = np.stack([r * np.sin(a), y, r * np.cos(a)], -1)
    _, u = tile(24, 96)
    fold = np.cos(2 * np.pi * 9 * u)
    paint = over(
        np.broadcast_to(np.array(colour), (24, 96, 3)),
        shade_of(colour, 0.16),
        soft(-fold, 0.1, 0.9) * 0.8,
    )
    return [
        sheet(
            frame.place(grid), over(paint, shifted(colour, 0.08), soft(fold, 0.4, 1.0) * 0.5), CLOTH
        )
    ]


def _bobbles(
    rng: np.random.Generator, frame: Frame, radius: Real, palette: Palette, colour: Rgb
) -> Sheets:
    ring = lathe(disc(8) * 0.0035 + np.array([radius * 1.02, 0.0]), 24)
    found = [sheet(frame.place(ring), shade_of(colour, 0.1), CLOTH)]
    size = 0.0115
    for side in (1.0, -1.0):
        centre = np.array([side * 0.0105, 0.002 * side, radius + size * 0.75])
        found.append(sheet(frame.place(ball(size) + centre), colour, PLASTIC))
    return found


def _tie_bow(
    rng: np.random.Generator, frame: Frame, radius: Real, palette: Palette, colour: Rgb
) -> Sheets:
    ring = lathe(disc(10, 4.0) * np.array([0.0022, 0.008]) + np.array([radius * 1.03, 0.0]), 24)
    found = [sheet(frame.place(ring), shade_of(colour, 0.06), SATIN)]
    width = float(np.clip(radius * 5.5, 0.06, 0.115)) * rng.uniform(0.9, 1.15)
    return found + bow(
        rng,
        _upright(frame).shifted(z=radius * 0.9),
        width,
        colour,
        0.58,
        width * rng.uniform(0.6, 1.0),
        trim_drawn(rng, palette),
    )


def _tube_tie(
    rng: np.random.Generator, frame: Frame, radius: Real, palette: Palette, colour: Rgb
) -> Sheets:
    length, r = 0.020 + 0.45 * radius, radius * 1.06 + 0.001
    profile = np.array(
        [
            [0.86, -1.0],
            [1.0, -1.0],
            [1.06, -0.93],
            [1.06, -0.74],
            [1.0, -0.68],
            [1.0, 0.68],
            [1.06, 0.74],
            [1.06, 0.93],
            [1.0, 1.0],
            [0.86, 1.0],
        ]
    ) * np.array([r, length])
    v, _ = tile(48, 8)
    body = palette.cloth if rng.random() < 0.4 else colour
    paint = gradient(body, 48, 8, 0.05, 0.02)
    trim = palette.metal if rng.random() < 0.6 else WHITE
    return [
        sheet(
            frame.place(lathe(profile, 24)),
            over(paint, trim, (np.abs(v - 0.5) > 0.24).astype(float)),
            METAL,
        )
    ]


def _flower_tie(
    rng: np.random.Generator, frame: Frame, radius: Real, palette: Palette, colour: Rgb
) -> Sheets:
    ring = lathe(disc(8) * 0.0038 + np.array([radius * 1.02, 0.0]), 24)
    found = [sheet(frame.place(ring), shade_of(colour, 0.1), CLOTH)]
    tint = flower_colour(rng, palette.accent)
    return found + flower(rng, _upright(frame).shifted(z=radius * 0.95), 0.026, tint, 5, 0.0)


def _bell_tie(
    rng: np.random.Generator, frame: Frame, radius: Real, palette: Palette, colour: Rgb
) -> Sheets:
    ring = lathe(disc(10, 4.0) * np.array([0.0026, 0.0075]) + np.array([radius * 1.02, 0.0]), 24)
    found = [sheet(frame.place(ring), colour, SATIN)]
    for side in (1.0, -1.0):
        found += bell(
            _upright(frame).shifted(side * 0.009, 0.004, radius), 0.0098, (0.93, 0.76, 0.30)
        )
    return found


KINDS = (
    ornament_kind(
        "scrunchie",
        "tail_ornament",
        _tied("Scrunchie", _scrunchie),
        1.6,
        "hair_scrunchie",
        "scrunchie",
    ),
    ornament_kind(
        "hair_bobbles",
        "tail_ornament",
        _tied("Bobbles", _bobbles),
        1.4,
        "hair_bobbles",
        "hair_ornament",
    ),
    ornament_kind(
        "tail_bows",
        "tail_ornament",
        _tied("TailBow", _tie_bow),
        3.0,
        "hair_bow",
        "bow",
        "hair_ribbon",
        "ribbon",
    ),
    ornament_kind(
        "hair_tubes",
        "tail_ornament",
        _tied("HairTube", _tube_tie),
        1.3,
        "hair_tubes",
        "hair_ornament",
        male=0.7,
    ),
    ornament_kind(
        "tail_flowers",
        "tail_ornament",
        _tied("TailFlower", _flower_tie),
        1.2,
        "hair_flower",
        "flower",
        "hair_ornament",
    ),
    ornament_kind(
        "tail_bells",
        "tail_ornament",
        _tied("TailBell", _bell_tie),
        1.2,
        "hair_bell",
        "bell",
        "hair_ornament",
    ),
)
