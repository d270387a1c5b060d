"""Hairbands and headdresses: bands over the head from ear to ear, frills, bows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from panic3d.characters.colour import Rgb, mixed, shifted
from panic3d.characters.palette import Palette
from panic3d.characters.parts.accessories.hat_forms import one_piece
from panic3d.characters.parts.accessories.kind import Kind, Slot
from panic3d.characters.parts.accessories.paint import (
    BLACK,
    CLOTH,
    WHITE,
    Array,
    Real,
    over,
    seen_on,
    shade_of,
    soft,
    tile,
)
from panic3d.characters.parts.accessories.ribbons import SATIN, bow
from panic3d.characters.parts.accessories.scalp import Scalp
from panic3d.characters.parts.accessories.solids import (
    Sheet,
    blend,
    disc,
    frame_of,
    sheet,
    tube,
    unit,
)

Sheets = list[Sheet]


def arch(
    scalp: Scalp,
    reach_deg: Real,
    tilt_deg: Real,
    count: int,
    lift: Real = 0.0,
    sunk_deg: Real = 0.0,
) -> tuple[Array, Array]:
    """Return a way over the head from side to side (count, 3), and its outward normals.

    Args:
        scalp: hair.
        reach_deg: how far down it goes on both sides, from the top.
        tilt_deg: how far it leans forward.
        count: of points, the head's right first.
        lift: above all locks, metres.
        sunk_deg: of either end, along which it goes down into the hair.
    """
    phi = np.radians(np.linspace(-reach_deg, reach_deg, count))
    tilt = np.radians(tilt_deg)
    ray = np.stack([np.sin(phi), np.cos(phi) * np.cos(tilt), np.cos(phi) * np.sin(tilt)], -1)
    azimuth = np.degrees(np.arctan2(ray[:, 0], ray[:, 2]))
    elevation = np.degrees(np.arcsin(np.clip(ray[:, 1], -1, 1)))
    left = reach_deg - np.abs(np.degrees(phi))
    down = soft(left, sunk_deg, 0.0) if sunk_deg else 0.0 * left
    path = scalp.at(azimuth, elevation, lift * (1 - down), 1 - 0.7 * down, outside=True)
    return path, scalp.normal(azimuth, elevation)


DEEP_M = 0.008
"""How far bands reach down into the hair, so that none stands clear where locks part."""


def flat_section(width: Array | Real, thick: Real, deep: Real = DEEP_M) -> Array:
    """Return a band's section (..., 13, 2): flat, its lower edges down in the hair."""
    section = (
        disc(12, 4.0)
        * np.stack([np.asarray(width) / 2, np.full(np.shape(width), thick / 2)], -1)[..., None, :]
    )
    low = section[..., 1] < -1e-6
    section[..., 1] = np.where(low, section[..., 1] * 2 * deep / thick, section[..., 1])
    return np.asarray(section)


def band(path: Array, normals: Array, width: Real, thick: Real, ends: Real = 0.6) -> Array:
    """Return a flat band along a way, narrower at its ends."""
    t = np.linspace(0, 1, len(path))
    size = blend(t, ((0, ends), (0.2, 1.0), (0.8, 1.0), (1, ends)))
    return tube(path, flat_section(size * width, thick), up=normals)


def band_paint(colour: Rgb, trim: Rgb | None = None, stripe: Real = 0.78) -> Array:
    """Paint a band: darker ends, a light line along its middle, perhaps trimmed edges."""
    v, u = tile(64, 36)
    across = np.abs(np.cos(2 * np.pi * u))
    paint = over(
        np.broadcast_to(np.array(colour), (64, 36, 3)),
        shade_of(colour, 0.14),
        soft(np.abs(v - 0.5), 0.25, 0.5),
    )
    paint = over(paint, shifted(colour, 0.07), soft(across, 0.45, 0.1) * 0.6)
    if trim is not None:
        paint = over(paint, trim, soft(across, stripe, stripe + 0.06))
    return paint


def frill(
    path: Array,
    rise: Array,
    lean: Array,
    height: Array | Real,
    waves: int,
    colour: Rgb,
    trim: Rgb | None = None,
    lace: bool = True,
) -> Sheet:
    """Return a ruffle sewn on along a way.

    Args:
        path: (n, 3) its seam.
        rise: (n, 3) unit, where it stands to.
        lean: (n, 3) unit, across it, where its folds swing to.
        height: metres, one or (n,).
        waves: number of folds.
        colour: of the cloth.
        trim: of a line along its edge.
        lace: holes are drawn near the edge.
    """
    n = len(path)
    t = np.linspace(0, 1, n)
    s = np.array([0.0, 0.4, 0.8, 1.0])
    fold = np.sin(2 * np.pi * waves * t)
    swing = 0.0052 * fold * float(np.clip(np.mean(height) / 0.026, 0.5, 1.2))
    tall = np.broadcast_to(height, (n,)) * (1 + 0.05 * np.cos(4 * np.pi * waves * t))
    front = (
        path
        + rise * tall[:, None] * s[:, None, None]
        + lean * (swing * s[:, None] ** 1.3)[..., None]
    )
    grid = np.concatenate([front, (front - lean * 0.0016)[::-1], front[:1]])
    v, u = tile(40, min(14 * waves, 200))
    up = np.clip(np.where(v * 8 <= 3, v * 8 / 3, np.where(v * 8 < 4, 1.0, (7 - v * 8) / 3)), 0, 1)
    wave = np.sin(2 * np.pi * waves * u)
    paint = over(
        np.broadcast_to(np.array(colour), (*v.shape, 3)),
        shade_of(colour, 0.16),
        soft(-wave, -0.1, 0.9) * (0.35 + 0.5 * (1 - up)),
    )
    paint = over(paint, shade_of(colour, 0.2), soft(up, 0.22, 0.0) * 0.8)
    if lace:
        hole = soft(
            np.hypot((up - 0.83) / 0.05, np.sin(2 * np.pi * waves * 2 * u) / 0.55), 1.0, 0.7
        )
        paint = over(paint, shade_of(colour, 0.22), hole * 0.8)
    if trim is not None:
        paint = over(paint, trim, soft(up, 0.90, 0.94))
    return sheet(grid, paint, CLOTH)


def _colour(rng: np.random.Generator, palette: Palette) -> Rgb:
    choices = (palette.accent, BLACK, WHITE, (0.82, 0.16, 0.22), palette.cloth)
    return seen_on(choices[int(rng.choice(5, p=[0.45, 0.2, 0.12, 0.13, 0.1]))], palette.hair)


def _hairband(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    colour = _colour(rng, palette)
    path, out = arch(scalp, 96, rng.uniform(4, 18), 48, 0.0012, 16)
    return [sheet(band(path, out, rng.uniform(0.011, 0.020), 0.0048), band_paint(colour), SATIN)]


def _bow_hairband(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    """A band with a bow: on top like a rabbit's ears, or at the side."""
    colour = _colour(rng, palette)
    tilt = rng.uniform(6, 14)
    path, out = arch(scalp, 96, tilt, 49, 0.0012, 16)
    found = [sheet(band(path, out, 0.015, 0.0048), band_paint(colour), SATIN)]
    k = 24 if rng.random() < 0.5 else int(rng.choice([15, 33]))
    ahead = np.array([0.0, 0.25, 1.0]) + 0.6 * out[k] * np.array([1.0, 0.0, 0.0])
    place = frame_of(path[k] + out[k] * 0.008, ahead, out[k])
    return found + bow(rng, place, 0.10 if k == 24 else 0.085, colour, 0.7)


def _frilled_hairband(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    colour = _colour(rng, palette)
    path, out = arch(scalp, 84, 10, 97, 0.001, 14)
    side = unit(np.cross(out, unit(np.gradient(path, axis=0))))
    side = side * np.sign(side[48, 2])
    t = np.linspace(0, 1, 97)
    size = blend(t, ((0, 0.4), (0.2, 1.0), (0.8, 1.0), (1, 0.4)))
    rise = unit(out * 0.72 + side * 0.7)
    edge = path + side * 0.005
    white = WHITE if colour != WHITE else mixed(palette.accent, WHITE, 0.75)
    found = [sheet(band(path[::2], out[::2], 0.015, 0.0048), band_paint(colour), SATIN)]
    found.append(
        frill(edge, rise, unit(np.cross(rise, np.gradient(path, axis=0))), 0.018 * size, 13, white)
    )
    return found


def _lolita_hairband(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    """A broad band with lace on both edges and a bow at either end."""
    colour = (BLACK, palette.accent, palette.cloth, WHITE)[
        int(rng.choice(4, p=[0.4, 0.3, 0.2, 0.1]))
    ]
    lace = WHITE if colour != WHITE and rng.random() < 0.75 else mixed(colour, palette.accent, 0.4)
    path, out = arch(scalp, 66, 12, 97, 0.0015)
    along = unit(np.gradient(path, axis=0))
    side = unit(np.cross(out, along))
    side = side * np.sign(side[48, 2])
    t = np.linspace(0, 1, 97)
    size = blend(t, ((0, 0.6), (0.25, 1.0), (0.75, 1.0), (1, 0.6)))
    found = [sheet(band(path[::2], out[::2], 0.034, 0.0045), band_paint(colour, lace, 0.86), SATIN)]
    for sign in (1.0, -1.0):
        rise = unit(side * sign + out * 0.42)
        edge = path + side * sign * (0.0145 * size)[:, None]
        found.append(frill(edge, rise, out * sign if sign > 0 else out, 0.0165 * size, 11, lace))
    for k in (0, 96):
        place = frame_of(
            path[k] + out[k] * 0.002, out[k] + np.array([0, 0, 0.4]), np.array([0.0, 1.0, 0.0])
        )
        found += bow(rng, place, 0.070, colour, 0.6, 0.075, lace, scalp)
    return found


def _maid_headdress(rng: np.random.Generator, scalp: Scalp, palette: Palette) -> Sheets:
    ribbon = (BLACK, palette.accent, WHITE)[int(rng.choice(3, p=[0.5, 0.25, 0.25]))]
    path, out = arch(scalp, 62, 14, 97, 0.0015)
    along = unit(np.gradient(path, axis=0))
    side = unit(np.cross(out, along))
    side = side * np.sign(side[48, 2])
    t = np.linspace(0, 1, 97)
    size = blend(t, ((0, 0.35), (0.18, 0.85), (0.5, 1.0), (0.82, 0.85), (1, 0.35)))
    rise = unit(out + side * 0.22)
    lean = unit(np.cross(rise, along))
    lean = lean * np.sign(lean[48, 2])
    cloth: Rgb = (0.975, 0.975, 0.985)
    found = [
        sheet(band(path[::3], out[::3], 0.017, 0.0055), band_paint(cloth, None), CLOTH),
        frill(
            path + side * 0.005,
            rise,
            lean,
            0.036 * size,
            12,
            cloth,
            ribbon if rng.random() < 0.3 else None,
        ),
        frill(
            path + side * 0.009,
            unit(out * 0.55 + side),
            unit(out - side * 0.5),
            0.014 * size,
            15,
            cloth,
            None,
            False,
        ),
    ]
    if ribbon != WHITE:
        inner = path + side * 0.0085 + out * 0.0022
        found.append(
            sheet(
                tube(inner[4:-4:2], disc(8, 4.0) * np.array([0.0032, 0.0014]), up=out[4:-4:2]),
                ribbon,
                SATIN,
            )
        )
    if rng.random() < 0.6:
        for k in (2, 94):
            place = frame_of(
                path[k] + out[k] * 0.002, out[k] + np.array([0, 0, 0.4]), np.array([0.0, 1.0, 0.0])
            )
            found += bow(rng, place, 0.055, ribbon, 0.6, 0.06, None, scalp)
    return found


def gear_kind(
    name: str,
    parts: Callable[[np.random.Generator, Scalp, Palette], Sheets],
    weight: Real,
    *tags: str,
    slot: Slot = "headwear",
    male: Real = 0.3,
) -> Kind:
    """Return a kind of headgear whose parts are one piece."""
    title = "".join(word.capitalize() for word in name.split("_"))
    return Kind(
        name=name, slot=slot, tags=tags, weight=weight, make=one_piece(title, parts), male=male
    )


KINDS = (
    gear_kind("hairband", _hairband, 1.6, "hairband"),
    gear_kind("bow_hairband", _bow_hairband, 1.91, "hairband", "bow_hairband", "bow", "hair_bow"),
    gear_kind("frilled_hairband", _frilled_hairband, 2.1, "hairband", "frilled_hairband", "frills"),
    gear_kind("lolita_hairband", _lolita_hairband, 1.74, "hairband", "lolita_hairband", "frills"),
    gear_kind("maid_headdress", _maid_headdress, 2.09, "maid_headdress", "frills"),
)
