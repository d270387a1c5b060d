"""What is worn around the neck: collars, high necks, scarves, fur, hoods, chokers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import gaussian_filter1d

from panic3d.characters.colour import Rgb
from panic3d.characters.parts.clothes.built import (
    Fit,
    cloth_surface,
    loft,
    strip_texture,
    tube_rows,
)
from panic3d.characters.parts.clothes.paint import shadow_tint, tone
from panic3d.characters.piece import Piece

Array = NDArray[np.float64]


def _smooth(t: Array) -> Array:
    t = np.clip(t, 0.0, 1.0)
    found: Array = t * t * (3 - 2 * t)
    return found


def _below_chin(fit: Fit, path: Array, thick: Array, angle: Array) -> Array:
    """Lower what is so thick before a face with hardly a neck that the chin would sink in it."""
    front = _smooth((np.cos(angle) + 0.5) / 1.3)
    over = np.maximum(path[:, 1] + thick - (fit.form.shape.chin_y - 0.004), 0.0)
    return path - np.stack([0 * over, front * over, -0.5 * front * over], -1)


def shirt_collar(
    fit: Fit,
    colour: Rgb,
    trim: Rgb | None = None,
    size: float = 1.0,
    gap_deg: float = 7.0,
    room: float = 0.0,
) -> list[Piece]:
    """Return a folded collar that opens in front and ends in two points.

    Args:
        fit: the body.
        colour: of the cloth.
        trim: of a line along its border.
        size: factor on its width.
        gap_deg: half the opening in front.
        room: metres left for what is worn below it.
    """
    angle = np.linspace(gap_deg, 360 - gap_deg, 41)
    front = np.abs(180 - angle) / 180  # 1 in front, 0 behind
    k = fit.neck
    base = -(0.060 + 0.026 * _smooth(front)) * k
    fold = base + (0.026 - 0.010 * _smooth((front - 0.5) * 2)) * k
    inner = fit.around_neck(angle, base, 0.0045 + room)
    upper = fit.around_neck(angle, fold, 0.0060 + room)
    outside = fit.around_neck(angle, fold - 0.001, 0.0092 + room)
    # The leaf: down and out from the fold; long at the points.
    length = (0.034 + 0.026 * _smooth((front - 0.70) / 0.26)) * size * fit.size
    a = np.radians(angle)
    # Points swing outwards: the leaf's front edge leaves the middle.
    swing = 0.36 * _smooth((front - 0.55) / 0.45) * np.where(angle < 180, 1, -1)
    out = np.stack([np.sin(a + swing), np.zeros_like(a), np.cos(a + swing)], -1)
    down = np.array([0.0, -1.0, 0.0])
    rows = [inner, upper, (upper + outside) / 2 + [0, 0.0012, 0], outside]
    for t in (0.3, 0.6, 0.85, 1.0):
        spread = (0.42 + 0.12 * _smooth(front)) * t**1.1
        place = outside + (length * t)[:, None] * (0.84 * down) + (length * spread)[:, None] * out
        rows.append(fit.form.pushed_out(place, 0.0085 + 0.001 * t + room))
    rows.append(fit.form.pushed_out(rows[-1] - 0.0015 * out, 0.0062 + room))
    lines = () if trim is None else ((0.76, 0.83, trim),)
    if trim is None:
        lines = ((0.835, 0.85, tone(colour, -0.10)),)
    texture = strip_texture(colour, lines, dark=(0.55, 0.16), seed=1)
    return [loft(np.stack(rows)[:, ::-1], cloth_surface("Collar", texture, colour), fit)]


def high_collar(
    fit: Fit, colour: Rgb, top: float = 0.62, trim: Rgb | None = None, gap_deg: float = 0.0
) -> list[Piece]:
    """Return a stiff standing collar.

    Args:
        fit: the body.
        colour: of the cloth.
        top: how far up the neck, in its lengths from below, it goes behind.
        trim: colour of a line along its upper edge.
        gap_deg: half the opening in front.
    """
    closed = gap_deg == 0.0
    angle = (
        np.linspace(0, 360, 36, endpoint=False)
        if closed
        else np.linspace(gap_deg, 360 - gap_deg, 37)
    )
    front = _smooth(np.abs(180 - angle) / 180)
    k = fit.neck
    low = -(0.064 + 0.030 * front) * k
    high = low + (0.012 + 0.028 * top / 0.62 - 0.004 * front) * k
    rows = [
        fit.around_neck(angle, high - 0.004, 0.0035),
        fit.around_neck(angle, high, 0.0050),
        fit.around_neck(angle, high - 0.0008, 0.0075),
        # Clear of the cloth that comes up inside it, its foot a clean line on that cloth.
        fit.off_cloth(fit.around_neck(angle, (low + high) / 2, 0.0085), 0.0012),
        fit.off_cloth(fit.around_neck(angle, low, 0.0085), 0.0018),
        fit.around_neck(angle, low - 0.006, 0.0010),
        # Below the cloth that ends here, lest skin shows between the two.
        fit.around_neck(angle, low - 0.024, 0.0015),
    ]
    lines = () if trim is None else ((0.30, 0.42, trim),)
    texture = strip_texture(colour, lines, dark=(0.5, 0.3), seed=2)
    return [
        loft(np.stack(rows)[:, ::-1], cloth_surface("Collar", texture, colour), fit, closed=closed)
    ]


def turtleneck(fit: Fit, colour: Rgb, folded: bool = True) -> list[Piece]:
    """Return a soft ribbed tube around the neck, turned over once."""
    angle = np.linspace(0, 360, 36, endpoint=False)
    front = _smooth(np.abs(180 - angle) / 180)
    k = fit.neck
    low = -(0.066 + 0.026 * front) * k
    high = low + (0.042 - 0.006 * front) * k
    rows = [
        fit.around_neck(angle, high - 0.006, 0.0030),
        fit.around_neck(angle, high - 0.001, 0.0050),
        fit.around_neck(angle, high, 0.0078),
        fit.around_neck(angle, high - 0.004, 0.0108),
        fit.around_neck(angle, low + 0.45 * (high - low), 0.0118),
    ]
    if folded:
        rows += [
            fit.around_neck(angle, low + 0.20 * (high - low), 0.0108),
            fit.around_neck(angle, low + 0.18 * (high - low), 0.0070),
        ]
    rows += [
        fit.around_neck(angle, low, 0.0078),
        fit.around_neck(angle, low - 0.008, 0.0035),
        fit.around_neck(angle, low - 0.024, 0.0015),
    ]
    texture = strip_texture(colour, dark=(0.40, 0.45), ribs=16, seed=3)
    return [
        loft(np.stack(rows)[:, ::-1], cloth_surface("Collar", texture, colour), fit, closed=True)
    ]


def scarf(fit: Fit, colour: Rgb, second: Rgb | None, tails: bool = True) -> list[Piece]:
    """Return a scarf wound around the neck, with its ends hanging in front."""
    lines = () if second is None else ((0.12, 0.22, second), (0.42, 0.52, second),
                                       (0.74, 0.84, second))  # fmt: skip
    texture = strip_texture(colour, lines, dark=(0.35, 0.35), seed=4)
    surface = cloth_surface("Scarf", texture, colour)
    pieces = []
    angle = np.linspace(0, 360, 49)
    a = np.radians(angle)
    for y0, radius, tilt, lump, phase in (
        (-0.078, 0.0215, 0.008, 0.12, 0.0),
        (-0.050, 0.0185, 0.010, 0.10, 1.3),
    ):
        thick = radius * (1 + lump * np.sin(3 * a + phase)) * fit.size
        y = (y0 - tilt * np.cos(a)) * fit.neck
        path = fit.around_neck(angle, y, 0.75 * thick)
        path[:, 1] = np.maximum(path[:, 1], y - 0.012)
        path = _below_chin(fit, path, 1.12 * thick, a)
        rows = tube_rows(path, np.stack([thick, 1.12 * thick], -1), 10)
        pieces.append(loft(rows, surface, fit, torso_only=True))
    if tails:
        y = np.linspace(-0.085, -0.285, 9) * np.array(1.0)
        for x0, turn in ((0.020, 0.05), (0.036, 0.12)):
            x = x0 * fit.size + turn * (-0.085 - y) * 0.4
            half = 0.026 * fit.size
            across = np.linspace(-1, 1, 5)
            xs = x[:, None] + half * across
            ys = np.broadcast_to(y[:, None], xs.shape)
            z = fit.front_z(xs.ravel(), ys.ravel()).reshape(xs.shape)
            z = z.max(1, keepdims=True) + 0.010 + 0.004 * np.cos(across * 2)[None]
            z[:2] += 0.012
            front = np.stack([xs, ys, z + (0.006 if turn > 0.1 else 0.0)], -1)
            pieces.append(loft(front[:, ::-1].transpose(1, 0, 2), surface, fit, torso_only=True))
    return pieces


def fur_trim(fit: Fit, colour: Rgb, y0: float = -0.082) -> list[Piece]:
    """Return a thick collar of fur: a tube with tufts."""
    angle = np.linspace(0, 360, 73)
    a = np.radians(angle)
    thick = 0.021 * fit.size * (1 + 0.10 * np.sin(5 * a))
    y = (y0 - 0.018 * np.cos(a)) * fit.neck
    path = _below_chin(fit, fit.around_neck(angle, y, 0.7 * thick), 1.2 * thick, a)
    rows = tube_rows(path, thick, 12)
    # Tufts: every second vertex stands out, staggered from ring to ring.
    ring, along = np.meshgrid(np.arange(13), np.arange(73), indexing="ij")
    tuft = 1 + 0.20 * np.where((ring % 12 + along % 72) % 2 == 0, 1.0, -0.35)
    tuft[-1] = tuft[0]
    rows = path[None] + (rows - path[None]) * tuft[..., None]
    texture = fur_texture(colour)
    return [loft(rows, cloth_surface("Fur", texture, colour), fit, torso_only=True)]


def fur_texture(colour: Rgb) -> np.ndarray:
    """Return short strokes of a lighter and a darker tone."""
    rng = np.random.default_rng(4300)
    v, u = np.meshgrid(np.arange(64) / 64, np.arange(64) / 64, indexing="ij")
    noise = np.zeros((64, 64))
    for k in (7, 11, 17, 23):
        noise += np.sin(2 * np.pi * (k * u + 0.8 * np.sin(2 * np.pi * (2 * v + rng.uniform()))))
    noise = np.clip(noise / 4, -1, 1)
    below = np.clip(0.5 - 0.5 * np.cos(2 * np.pi * v), 0, 1)
    base, dark, light = (np.asarray(tone(colour, step)) for step in (0.0, -0.13, 0.05))
    share = np.clip(0.45 * below + 0.35 * np.maximum(-noise, 0), 0, 1)[..., None]
    pixels = base + share * (dark - base)
    pixels += 0.6 * np.maximum(noise, 0)[..., None] * (light - pixels)
    found = np.full((64, 64, 4), 255, np.uint8)
    found[..., :3] = np.clip(pixels * 255 + 0.5, 0, 255)
    return found


def hood_down(fit: Fit, colour: Rgb, lining: Rgb, fullness: float = 0.0) -> list[Piece]:
    """Return a hood that lies on back and shoulders.

    Args:
        fit: the body below.
        colour: of the cloth.
        lining: of its inner side.
        fullness: 0 lies flat; 1 is thick and stands up around the neck.
    """
    angle = np.linspace(14, 346, 45)
    back = _smooth(1 - np.abs(180 - angle) / 166)
    a = np.radians(angle)
    k, s = fit.neck, fit.size
    out = np.stack([np.sin(a), np.zeros_like(a), np.cos(a)], -1)
    inner = fit.around_neck(angle, -(0.094 - 0.022 * back) * k, 0.006)
    # The mouth of the hood: a roll, higher and farther from the neck behind.
    full = fullness * (0.4 + 0.6 * back)
    lip = inner + out * ((0.010 + 0.020 * back + 0.010 * full) * s)[:, None]
    lip[:, 1] = inner[:, 1] + (0.012 + 0.022 * back + 0.046 * full) * s
    outer = lip + out * ((0.012 + 0.016 * back + 0.006 * full) * s)[:, None]
    outer[:, 1] -= (0.004 + 0.002 * back) * s
    belly = outer + out * ((0.006 + 0.014 * back - 0.008 * full) * s)[:, None]
    belly[:, 1] -= (0.018 + 0.026 * back) * s
    low = fit.form.pushed_out(
        belly
        + out * (-0.004 * s)
        + np.array([0, -1.0, 0]) * ((0.012 + 0.050 * back**2 - 0.012 * full) * s)[:, None],
        0.012,
    )
    tip = fit.form.pushed_out(low - out * 0.010 - np.array([0, 0.006, 0]), 0.004)
    knots = np.stack([inner, lip, outer, belly, low, tip])
    knots[1:5] = np.stack([fit.form.pushed_out(row, 0.010) for row in knots[1:5]])
    # In front both ends of the roll run out flat into the cloth: no one looks into them.
    full = np.sqrt(_smooth((166 - np.abs(180 - angle)) / 30))
    share = np.linspace(0, 1, len(knots))[:, None, None]
    flat = inner + share * (tip - inner)
    flat = fit.off_cloth(flat.reshape(-1, 3), -0.003, on=True).reshape(flat.shape)
    knots = flat + full[:, None] * (knots - flat)
    rows = _refined(knots, 15)
    texture = strip_texture(
        colour, ((0.0, 0.22, lining), (0.27, 0.285, tone(colour, -0.12))), (0.6, 0.5), seed=5
    )
    return [
        loft(rows[:, ::-1], cloth_surface("Hood", texture, colour), fit, torso_only=True),
    ]


def _refined(knots: Array, rows: int) -> Array:
    """Return rows along smooth curves through knots (n, m, 3)."""
    steps = np.linalg.norm(np.diff(knots, axis=0), axis=-1).mean(1)
    at = np.concatenate([[0.0], np.cumsum(steps)])
    found: Array = PchipInterpolator(at, knots, axis=0)(np.linspace(0, at[-1], rows))
    return found


def hood_up(fit: Fit, colour: Rgb, lining: Rgb, room: float = 0.033) -> list[Piece]:
    """Return a hood over the head.

    Args:
        fit: the body.
        colour: outside.
        lining: inside.
        room: metres between skull and hood, for hair.
    """
    shape = fit.form.shape
    middle = shape.chin_y + 0.58 * shape.height
    half = float(shape.half_width(np.linspace(0.0, shape.crown_y, 9)).max()) + room
    top = shape.crown_y + 0.95 * room
    back = float(shape.skull(180.0, 0.0)[2]) - room
    face = 0.052
    # Arches from one side of the neck over the head to the other, from the face backwards.
    turn = np.radians(np.linspace(-150, 150, 45))
    depth = np.linspace(0, 1, 16)
    arches = []
    for t in depth:
        z = face + (back - face) * np.sin(t * np.pi / 2) ** 1.1
        size = np.sqrt(np.clip(1 - (max(0.0, (0.02 - z) / (0.02 - back))) ** 3.0, 0.0, 1.0))
        flare = 1 + 0.04 * np.exp(-((t / 0.10) ** 2))
        up = np.cos(turn)
        side = np.sin(turn)
        height = np.where(up > 0, (top - middle) * (up * size) ** 1.0, 0.0)
        drop = np.where(up < 0, up, 0.0)
        neck_y = -0.098 * fit.neck
        y = middle + height + drop / 0.866 * (middle - neck_y)
        narrow = 1 - 0.60 * np.clip(-drop / 0.866, 0, 1) ** 1.5
        x = half * flare * np.sign(side) * np.abs(side) ** 0.8 * size * narrow
        x = np.where(up < 0, np.sign(side) * half * flare * size * narrow, x)
        lower = np.clip(-drop / 0.866, 0, 1)
        zz = z * (1 - lower) + lower * (0.034 + (-0.062 - 0.034) * np.sin(t * np.pi / 2))
        arches.append(np.stack([x, y + 0 * x, zz + 0 * x], -1))
    outside = _seated(fit, np.stack(arches), depth)
    rim = outside[0] + np.array([0, 0, 0.004])
    inward = outside[:9].copy()
    centre = np.array([0.0, middle, 0.0])
    inward = centre + (inward - centre) * 0.972
    # The lining ends inside, below the cloth that the hood is sewn to.
    for k, last in ((0, 1), (-1, -2)):
        inward[:, last] = outside[:9, last] * [0.88, 1.0, 0.88] - [0.0, 0.004, 0.0]
        inward[:, k] = inward[:, last] * [0.9, 1.0, 0.9] - [0.0, 0.012, 0.0]
    rows = np.concatenate([inward[::-1], rim[None] * 0.985 + 0.015 * centre, rim[None], outside])
    n = len(rows)
    share = 10.5 / n
    texture = _hood_texture(colour, lining, share)
    piece = loft(rows[:, ::-1], cloth_surface("Hood", texture, colour), fit, torso_only=True)
    y = piece.positions[:, 1]
    on_head = _smooth((y + 0.085) / 0.075)
    weights = {bone: share * (1 - on_head) for bone, share in piece.weights.items()}
    weights["head"] = weights.get("head", np.zeros(len(y))) + on_head
    return [_with_weights(piece, weights)]


def _seated(fit: Fit, arches: Array, depth: Array) -> Array:
    """Return a hood's arches (n, m, 3) with their ends spread around the neck into the cloth."""
    n, m = arches.shape[:2]
    angle = np.radians(40 + 140 * np.sin(depth * np.pi / 2))
    y = np.full(n, -0.086 * fit.neck)
    reach = (0.068 - 0.010 * depth) * fit.size
    found = arches.copy()
    for side, order in ((-1.0, np.arange(5)), (1.0, m - 1 - np.arange(5))):
        ring = np.stack(
            [
                side * reach * np.sin(angle),
                y,
                fit.form.neck_middle(y) + 0.85 * reach * np.cos(angle),
            ],
            -1,
        )
        outer = gaussian_filter1d(fit.off_cloth(ring, 0.004, on=True), 2.0, axis=0, mode="nearest")
        outer = gaussian_filter1d(fit.off_cloth(outer, 0.003), 1.0, axis=0, mode="nearest")
        # From the border upwards: under the cloth, on it, and ever less drawn towards it.
        under = outer + np.stack([0.010 * side * np.sin(angle), 0 * y, 0.010 * np.cos(angle)], -1)
        under = fit.off_cloth(under, -0.008, on=True)
        under = gaussian_filter1d(under, 1.5, axis=0, mode="nearest")
        # Both halves meet behind.
        outer[-1, 0] = under[-1, 0] = 0.0
        found[:, order[0]] = under
        found[:, order[1]] = outer
        for k, pull in ((2, 0.55), (3, 0.22), (4, 0.06)):
            found[:, order[k]] += pull * (outer - found[:, order[k]])
    return found


def _hood_texture(colour: Rgb, lining: Rgb, share: float) -> np.ndarray:
    """Return a hood's texture: lining, hem, seams over the crown and behind, soft folds.

    Columns run around an arch from one side of the neck to the other, rows from the lining over
    the border at `share` of the height to the back of the head.
    """
    texture = strip_texture(
        colour,
        ((0.0, share, lining), (share + 0.05, share + 0.065, tone(colour, -0.12))),
        (0.9, 0.0),
        seed=6,
    ).astype(np.float64)
    v, u = np.meshgrid((np.arange(64) + 0.5) / 64, (np.arange(64) + 0.5) / 64, indexing="ij")
    back = np.clip((v - share) / (1 - share), 0.0, 1.0)
    low = np.abs(2 * u - 1)
    # Folds gather at the neck and fade towards the crown; the crown's are long and faint.
    dark, light = np.zeros_like(u), np.zeros_like(u)
    for at, lean, wide, strength in (
        (0.30, 0.16, 0.030, 0.7), (0.46, 0.10, 0.024, 0.9), (0.62, 0.20, 0.034, 1.0),
        (0.78, 0.06, 0.026, 0.8), (0.90, 0.10, 0.022, 0.7),
    ):  # fmt: skip
        off = (back - at - lean * (1 - low) * np.sin(9 * at)) / wide
        window = _smooth((low - 0.40) / 0.35)
        dark = np.maximum(dark, strength * window * np.exp(-np.where(off > 0, 0.35, 1.0) * off**2))
        light = np.maximum(light, strength * window * np.exp(-((off + 2.2) ** 2)))
    arc = (low - 0.30 - 0.12 * np.cos(7 * back)) / 0.07
    dark = np.maximum(dark, 0.35 * np.exp(-(arc**2)) * _smooth((back - 0.25) / 0.2))
    # Rounder where it turns away below, darker where it meets the shoulders.
    dark = np.maximum(dark, 0.75 * _smooth((low - 0.86) / 0.14))
    dark += 0.22 * _smooth((back - 0.45) / 0.5) * _smooth((low - 0.25) / 0.5)
    tint = np.asarray(shadow_tint(colour))
    outside = (v > share).astype(np.float64)
    amount = (0.62 * outside * np.clip(dark, 0, 1.1))[..., None]
    texture[..., :3] *= 1 - amount * (1 - tint)
    texture[..., :3] += (0.10 * outside * light)[..., None] * (255 - texture[..., :3])
    # One seam from the brow over the crown, and on down the back, where all arches meet.
    middle = np.abs(u - 0.5) * 64
    seam = outside * np.maximum(np.clip(1.5 - middle, 0, 1), np.clip((v - 61.5 / 64) * 64, 0, 1))
    deep = np.asarray(tone(colour, -0.13)) * 255
    texture[..., :3] += 0.7 * seam[..., None] * (deep - texture[..., :3])
    return np.clip(texture + 0.5, 0, 255).astype(np.uint8)


def _with_weights(piece: Piece, weights: dict[str, Array]) -> Piece:
    return replace(piece, weights=weights)


def choker(fit: Fit, colour: Rgb, height: float = 0.011, trim: Rgb | None = None) -> list[Piece]:
    """Return a band around the neck."""
    angle = np.linspace(0, 360, 36, endpoint=False)
    front = _smooth(np.abs(180 - angle) / 180)
    middle = -(0.040 + 0.014 * front) * fit.neck
    rows = [
        fit.around_neck(angle, middle + height / 2, 0.0006),
        fit.around_neck(angle, middle + height / 2, 0.0026),
        fit.around_neck(angle, middle, 0.0030),
        fit.around_neck(angle, middle - height / 2, 0.0026),
        fit.around_neck(angle, middle - height / 2, 0.0006),
    ]
    lines = () if trim is None else ((0.24, 0.36, trim), (0.64, 0.76, trim))
    texture = strip_texture(colour, lines, dark=(0.25, 0.35), seed=7)
    return [
        loft(np.stack(rows)[:, ::-1], cloth_surface("Choker", texture, colour), fit, closed=True)
    ]


def necklace(fit: Fit, colour: Rgb, drop: float = 0.0, thick: float = 0.0013) -> list[Piece]:
    """Return a thin chain that lies on the collarbones."""
    angle = np.linspace(0, 360, 49)
    a = np.radians(angle)
    front = (0.5 + 0.5 * np.cos(a)) ** 2
    y = -(0.062 + (0.046 + drop) * front) * fit.neck
    reach = 0.004 + 0.030 * np.sin(a) ** 2
    r = fit.form.neck_radius(y) + reach
    path = np.stack([r * np.sin(a), y, fit.form.neck_middle(y) + 0.95 * r * np.cos(a)], -1)
    path = fit.form.pushed_out(path, thick)
    for _ in range(3):  # let it sink onto the skin
        gap = np.maximum(fit.form.distance(path) - thick, 0.0)
        path = path - gap[:, None] * fit.form.gradient(path)
    # In front it lies on what is worn.
    ahead = front > 0.3
    on_cloth = fit.front_z(path[ahead, 0], path[ahead, 1]) + thick
    path[ahead, 2] = np.maximum(path[ahead, 2], on_cloth)
    rows = tube_rows(path, np.full(len(path), thick), 5)
    texture = strip_texture(colour, dark=(0.1, 0.5))
    return [loft(rows, cloth_surface("Necklace", texture, colour), fit, torso_only=True)]
