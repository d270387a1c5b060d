"""What hangs from the neck: ties, bows, neckerchiefs, ribbons, jabots, bells, pendants, strings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from panic3d.characters.colour import Rgb
from panic3d.characters.parts.clothes.built import (
    Fit,
    ball,
    ball_texture,
    cloth_surface,
    loft,
    pillow,
    strip_texture,
    tube_rows,
)
from panic3d.characters.parts.clothes.paint import tone
from panic3d.characters.piece import Piece, Surface

Array = NDArray[np.float64]


def neck_front(fit: Fit, down: float = 0.0) -> Array:
    """Return the point in front of the neck's pit, on the clothes, `down` metres below."""
    y = -0.098 * fit.neck - down
    return np.array([0.0, y, float(fit.front_z(np.zeros(1), np.full(1, y))[0])])


def _hanging(
    fit: Fit, x: Array, y: Array, half: Array, off: float, surface: Surface, bulge: float = 0.003
) -> Piece:
    """Return a flat strip hanging down the chest: its middle (n,), half widths (n,)."""
    z = np.maximum.reduce([fit.front_z(x + side * half, y) for side in (-1.0, 0.0, 1.0)]) + off
    # Cloth hangs: it never goes back in below what stands out.
    for k in range(1, len(z)):
        z[k] = max(z[k], z[k - 1] - 0.55 * (y[k - 1] - y[k]))
    left = np.stack([x - half, y, z - 0.001], -1)
    right = np.stack([x + half, y, z - 0.001], -1)
    return pillow(left, right, np.full(len(y), bulge), surface, fit)


def necktie(fit: Fit, colour: Rgb, second: Rgb | None = None) -> list[Piece]:
    """Return a tie: its knot and its blade."""
    surface = cloth_surface("Necktie", tie_texture(colour, second), colour)
    top = neck_front(fit, 0.002)
    s = fit.size
    y = top[1] + np.array([0.006, 0.001, -0.010, -0.020, -0.023]) * s
    half = np.array([0.0095, 0.0125, 0.0110, 0.0078, 0.0070]) * s
    knot = _hanging(fit, np.zeros(5), y, half, 0.009, surface, 0.0055)
    y = np.concatenate([top[1] - 0.020 * s - np.linspace(0, 0.205, 9), [top[1] - 0.240 * s]])
    half = np.concatenate([np.linspace(0.0085, 0.0215, 9), [0.0006]]) * s
    blade = _hanging(fit, np.zeros(len(y)), y, half, 0.0075, surface)
    return [knot, blade]


def tie_texture(colour: Rgb, second: Rgb | None) -> np.ndarray:
    """Return the cloth of a tie, with slanting stripes if there is a second colour."""
    texture = strip_texture(colour, dark=(0.45, 0.45), seed=8)
    if second is not None:
        v, u = np.meshgrid((np.arange(64) + 0.5) / 64, (np.arange(64) + 0.5) / 64, indexing="ij")
        wave = (u * 5 + v * 1.1) % 1
        mask = np.clip((0.5 - np.abs(wave - 0.5) - 0.36) * 14, 0, 1)[..., None]
        other = strip_texture(second, dark=(0.45, 0.45), seed=8)
        mixed_pixels = texture[..., :3] * (1 - mask) + other[..., :3] * mask
        texture[..., :3] = np.round(mixed_pixels).astype(np.uint8)
    return texture


def bow(
    fit: Fit,
    colour: Rgb,
    size: float = 1.0,
    tails: float = 0.0,
    at: Array | None = None,
    edge: Rgb | None = None,
    droop: float = 0.0,
) -> list[Piece]:
    """Return a bow.

    Args:
        fit: the body.
        colour: of the ribbon.
        size: 1 is 9 cm wide.
        tails: length of the ends, metres.
        at: its middle; None: at the pit of the neck.
        edge: colour of a line along the loops' border.
        droop: how far the loops hang down.
    """
    lines = () if edge is None else ((0.10, 0.17, edge), (0.52, 0.59, edge))
    surface = cloth_surface("Ribbon", strip_texture(colour, lines, dark=(0.5, 0.5), seed=9), colour)
    s = size * fit.size
    middle = neck_front(fit, 0.012) if at is None else at
    middle = middle + np.array([0.0, 0.0, 0.011 * s])
    pieces = []
    t = np.linspace(0, 1, 9)
    for side in (-1.0, 1.0):
        x = middle[0] + side * (0.004 + 0.043 * t) * s
        tall = (0.0055 + 0.0155 * np.sin(np.pi * np.clip(t * 0.62, 0, 1)) ** 1.3
                - 0.0035 * np.clip((t - 0.85) / 0.15, 0, 1)) * s  # fmt: skip
        y = middle[1] - droop * t**1.4 * 0.03 * s
        back = fit.front_z(x, y + 0 * x)
        z = np.maximum(middle[2] - 0.012 * s * t**2, back + 0.007)
        bulge = (0.003 + 0.009 * np.sin(np.pi * np.clip(t, 0.0, 1.0)) ** 0.8) * s
        upper = np.stack([x, y + tall, z], -1)
        lower = np.stack([x, y - tall, z], -1)
        pieces.append(pillow(upper, lower, bulge, surface, fit, flat=0.5))
        if tails:
            n = 7
            y = middle[1] - np.linspace(0.002, tails, n)
            x = middle[0] + side * (0.006 + 0.30 * (middle[1] - y)) * np.ones(n)
            half = np.linspace(0.005, 0.0125, n) * s
            pieces.append(_hanging(fit, x, y, half, 0.006, surface, 0.0018))
    knot_texture = strip_texture(tone(colour, 0.02), dark=(0.35, 0.5), seed=10)
    knot = cloth_surface("RibbonKnot", knot_texture, colour)
    pieces.append(
        ball(
            middle + np.array([0.0, -0.0005, 0.003 * s]),
            np.array([0.0085, 0.0095, 0.0080]) * s,
            knot,
            fit,
        )
    )
    return pieces


def neckerchief(fit: Fit, colour: Rgb, top_y: float, line: Rgb | None = None) -> list[Piece]:
    """Return a sailor's neckerchief: a knot and two ends spreading below it."""
    lines = () if line is None else ((0.12, 0.18, line), (0.5, 0.56, line))
    texture = strip_texture(colour, lines, dark=(0.4, 0.4), seed=11)
    surface = cloth_surface("Neckerchief", texture, colour)
    s = fit.size
    pieces = []
    n = 8
    for side in (-1.0, 1.0):
        t = np.linspace(0, 1, n)
        y = top_y + 0.004 - 0.092 * s * t
        x = side * (0.004 + 0.034 * t**0.8) * s
        half = (0.006 + 0.017 * np.sin(np.pi * np.clip(t * 0.72, 0, 1)) ** 0.9) * s
        half[-1] *= 0.25
        pieces.append(_hanging(fit, x, y, half, 0.007, surface, 0.0035))
    knot = np.array([0.0, top_y, float(fit.front_z(np.zeros(1), np.full(1, top_y))[0]) + 0.010])
    pieces.append(ball(knot, np.array([0.0115, 0.0105, 0.0085]) * s, surface, fit))
    return pieces


def jabot(fit: Fit, colour: Rgb, brooch: Rgb | None) -> list[Piece]:
    """Return an ascot: gathered cloth in falling frills, with a brooch."""
    texture = strip_texture(colour, dark=(0.15, 0.45), ribs=5, seed=12)
    surface = cloth_surface("Jabot", texture, colour)
    top = neck_front(fit, 0.004)
    s = fit.size
    pieces = []
    for k, (drop, wide, long) in enumerate(((0.050, 0.040, 0.055), (0.022, 0.034, 0.050),
                                            (0.0, 0.027, 0.042))):  # fmt: skip
        u = np.linspace(-1, 1, 25)
        rows = []
        for t in np.linspace(0, 1, 6):
            half = (0.012 + (wide - 0.012) * t**0.8) * s
            y = top[1] - (drop + long * t * (1 - 0.25 * u**2)) * s
            x = u * half
            z = fit.front_z(x, y).max() + (0.006 + 0.0035 * k + 0.003) * 1.0
            wave = 0.0050 * t * np.cos(u * np.pi * 3.5)
            rows.append(np.stack([x, y, z + wave + 0.004 * t], -1))
        pieces.append(loft(np.stack(rows), surface, fit, torso_only=True))
    if brooch is not None:
        gem = cloth_surface("Brooch", ball_texture(brooch), brooch)
        pieces.append(
            ball(top + np.array([0, 0.002, 0.018]), np.array([0.009, 0.010, 0.006]) * s, gem, fit)
        )
    return pieces


def bell(fit: Fit, metal: Rgb) -> list[Piece]:
    """Return a round bell at the throat."""
    at = fit.around_neck(np.zeros(1), np.full(1, -0.066 * fit.neck), 0.010)[0]
    texture = ball_texture(metal)
    texture[17:20] = (texture[17:20] * [0.6, 0.55, 0.5, 1]).astype(np.uint8)
    return [ball(at, np.full(3, 0.0105 * fit.size), cloth_surface("Bell", texture, metal), fit)]


def pendant(fit: Fit, colour: Rgb, drop: float) -> list[Piece]:
    """Return a drop-shaped stone below a necklace."""
    at = neck_front(fit, 0.012 + drop)
    at = fit.form.pushed_out(at[None] + [0, 0, 0.004], 0.006)[0]
    gem = cloth_surface("Pendant", ball_texture(colour), colour)
    return [ball(at, np.array([0.0065, 0.0095, 0.0045]) * fit.size, gem, fit)]


def strings(fit: Fit, colour: Rgb, length: float = 0.10) -> list[Piece]:
    """Return the two strings of a hood."""
    surface = cloth_surface("String", strip_texture(colour, dark=(0.1, 0.5)), colour)
    pieces = []
    for side in (-1.0, 1.0):
        y = -0.102 * fit.neck - np.linspace(0, length, 7)
        x = side * (0.026 + 0.010 * np.sin(np.linspace(0, 2, 7))) * fit.size
        z = fit.front_z(x, y) + 0.006
        z[0] += 0.004
        path = np.stack([x, y, z], -1)
        rows = tube_rows(path, np.full(7, 0.0024), 6, up=np.array([0.0, 0.0, 1.0]))
        pieces.append(loft(rows, surface, fit, torso_only=True))
        end = path[-1] - [0, 0.004, 0]
        pieces.append(ball(end, np.array([0.0032, 0.0070, 0.0032]), surface, fit))
    return pieces
