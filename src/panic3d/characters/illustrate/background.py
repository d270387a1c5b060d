"""What is behind the character: flat, patterned or painted, made by rules."""

from __future__ import annotations

import math

import numpy as np

from panic3d.characters.illustrate.fields import Plane, blurred, noise, shifted, smoothstep
from panic3d.characters.illustrate.style import Ground


def ground(style: Ground, size: int, rng: np.random.Generator) -> Plane:
    """Return the picture (size, size, 3) that a character is drawn over."""
    first, second, third = (
        np.array(colour, np.float32) for colour in (style.first, style.second, style.third)
    )
    if style.kind == "white":
        return np.ones((size, size, 3), np.float32)
    if style.kind == "flat":
        return np.broadcast_to(first, (size, size, 3)).copy()
    at = (np.arange(size, dtype=np.float32) + 0.5) / size
    x, y = np.broadcast_to(at[None, :], (size, size)), np.broadcast_to(at[:, None], (size, size))
    angle = math.radians(style.angle_deg)
    along = (x - 0.5) * math.cos(angle) + (y - 0.5) * math.sin(angle)
    across = (y - 0.5) * math.cos(angle) - (x - 0.5) * math.sin(angle)
    pixel = 1.0 / size
    if style.kind in _PAINTED:
        return _PAINTED[style.kind](style, size, rng)
    if style.kind == "gradient":
        return _mixed(first, second, np.clip(across + 0.5, 0, 1))
    if style.kind == "halo":
        far = np.hypot(x - 0.5, y - 0.42)
        return _mixed(third, second, smoothstep(0.1, 0.75, far))
    if style.kind == "split":
        share = smoothstep(-pixel, pixel, along + 0.08 * math.sin(style.angle_deg))
        return _mixed(first, second, share)
    if style.kind == "circle":
        far = np.hypot(x - 0.5, y - 0.45)
        radius = 0.36 + 0.05 * style.scale
        found = _mixed(second, first, smoothstep(radius - pixel, radius + pixel, far))
        ring = np.abs(far - radius - 0.03)
        return _mixed_to(found, third, 1 - smoothstep(0.004, 0.004 + 2 * pixel, ring))
    return _patterned(style, first, second, third, x, y, along, across, size, rng)


def _patterned(
    style: Ground,
    first: Plane,
    second: Plane,
    third: Plane,
    x: Plane,
    y: Plane,
    along: Plane,
    across: Plane,
    size: int,
    rng: np.random.Generator,
) -> Plane:
    pixel = 1.0 / size
    pitch = 0.085 * style.scale
    if style.kind == "stripes":
        wave = np.abs((along / pitch) % 1 - 0.5) * pitch
        share = smoothstep(0.25 * pitch - pixel, 0.25 * pitch + pixel, wave)
        return _mixed(first, second, share)
    if style.kind == "checks":
        rows = smoothstep(-0.08, 0.08, np.sin(np.pi * along / pitch))
        columns = smoothstep(-0.08, 0.08, np.sin(np.pi * across / pitch))
        if style.angle_deg > 0:  # gingham
            return _mixed(third, second, 0.5 * (rows + columns))
        return _mixed(first, second, rows + columns - 2 * rows * columns)
    if style.kind == "rays":
        turn = np.arctan2(y - 0.5, x - 0.5)
        count = round(10 + 8 * style.scale)
        share = smoothstep(-0.06, 0.06, np.sin(turn * count))
        return _mixed(first, third, share * smoothstep(0.02, 0.2, np.hypot(x - 0.5, y - 0.5)))
    # Cells of a slanted grid, every other row set off by half.
    row = np.floor(across / pitch)
    u = (along / pitch + 0.5 * (row % 2)) % 1 - 0.5
    v = (across / pitch) % 1 - 0.5
    soft = 1.2 * pixel / pitch
    if style.kind == "halftone":
        share = np.clip(0.5 - (y - 0.5) * 1.1, 0.05, 1)
        radius = 0.52 * np.sqrt(1 - share)
        dots = 1 - smoothstep(-soft, soft, (np.hypot(u, v) - radius).astype(np.float32))
        return _mixed(first, second, dots)
    if style.kind == "stars":
        turn = np.arctan2(v, u) + 0.3
        point = np.abs((turn * 5 / (2 * np.pi)) % 1 - 0.5) * 2
        radius = 0.14 + 0.17 * point**1.4
        far = np.hypot(u, v) - radius
    elif style.kind == "hearts":
        hx, hy = u * 3.4, -v * 3.4 + 0.15
        far = ((hx * hx + hy * hy - 0.55) ** 3 - 1.35 * hx * hx * hy**3) * 0.35
        far = np.cbrt(far) * 0.3
    else:
        far = np.hypot(u, v) - 0.24
    share = 1 - smoothstep(-soft, soft, far.astype(np.float32))
    odd = ((row + np.floor(along / pitch + 0.5 * (row % 2))) % 3 == 0)[..., None]
    return first + (np.where(odd, third, second) - first) * share[..., None]


def _mixed(first: Plane, second: Plane, share: Plane) -> Plane:
    found: Plane = first + (second - first) * np.asarray(share, np.float32)[..., None]
    return found


def _mixed_to(picture: Plane, colour: Plane, share: Plane) -> Plane:
    found: Plane = picture + (colour - picture) * np.asarray(share, np.float32)[..., None]
    return found


def _sky(style: Ground, size: int, rng: np.random.Generator) -> Plane:
    """A sky with heaped clouds, lit from above."""
    evening = style.angle_deg > 35
    top = np.array([0.42, 0.62, 0.90] if not evening else [0.44, 0.42, 0.70], np.float32)
    low = np.array([0.80, 0.92, 0.99] if not evening else [0.99, 0.76, 0.62], np.float32)
    y = np.broadcast_to(np.linspace(0, 1, size, dtype=np.float32)[:, None], (size, size))
    sky = _mixed(top, low, smoothstep(0.0, 1.0, y))
    field = noise(rng, size, size / 2.5, 5) + 0.5 * noise(rng, size, size / 1.5)
    edge = 0.25 - 0.25 * (y - 0.5)
    cloud = smoothstep(-0.10, 0.30, field - edge)
    above = shifted(field, 0, -round(size * 0.05)) - field
    shade = smoothstep(-0.15, 0.5, above * 0.8 + 0.1)
    white = np.array([1.0, 1.0, 1.0] if not evening else [1.0, 0.93, 0.86], np.float32)
    dim = white * np.array([0.80, 0.86, 0.95] if not evening else [0.80, 0.66, 0.74], np.float32)
    return _mixed_to(sky, _mixed(white, dim, shade), cloud)


def _foliage(style: Ground, size: int, rng: np.random.Generator) -> Plane:
    """Leaves out of focus, with light falling through."""
    hue = np.array(style.second, np.float32) * 0.25
    base = np.array([0.42, 0.58, 0.36], np.float32) + hue - 0.1
    picture: Plane = np.broadcast_to(base, (size, size, 3))
    tones = ([0.30, 0.46, 0.30], [0.52, 0.68, 0.36], [0.74, 0.84, 0.50], [0.93, 0.96, 0.76])
    for k, tone in enumerate(tones):
        field = noise(rng, size, size / (3.0 + 2.2 * k), 3)
        share = smoothstep(0.12 + 0.09 * k, 0.42 + 0.09 * k, field)
        picture = _mixed_to(picture, np.array(tone, np.float32), share * 0.85)
    picture = blurred(np.ascontiguousarray(picture), size / 85)
    return np.clip(_lights(picture, rng, size, 16, (0.97, 1.0, 0.86), 0.30), 0, 1)


def _bokeh(style: Ground, size: int, rng: np.random.Generator) -> Plane:
    """Discs of light over a gradient."""
    y = np.broadcast_to(np.linspace(0, 1, size, dtype=np.float32)[:, None], (size, size))
    base = _mixed(np.array(style.first, np.float32), np.array(style.second, np.float32), y)
    return np.clip(_lights(base, rng, size, 26, style.third, 0.42), 0, 1)


def _lights(
    picture: Plane,
    rng: np.random.Generator,
    size: int,
    count: int,
    colour: tuple[float, float, float],
    weight: float,
) -> Plane:
    at = (np.arange(size, dtype=np.float32) + 0.5) / size
    picture = picture.copy()
    for _ in range(count):
        x, y, radius = rng.uniform(0, 1), rng.uniform(0, 1), rng.uniform(0.015, 0.075)
        rows = slice(*np.searchsorted(at, [y - radius - 0.01, y + radius + 0.01]))
        columns = slice(*np.searchsorted(at, [x - radius - 0.01, x + radius + 0.01]))
        far = np.hypot(at[rows, None] - np.float32(y), at[None, columns] - np.float32(x))
        disc = 1 - smoothstep(radius - 0.008, radius, far)
        disc *= 0.65 + 0.35 * smoothstep(radius * 0.6, radius, far)
        share = disc * np.float32(weight * rng.uniform(0.3, 1.0))
        tone = np.clip(np.array(colour, np.float32) + rng.normal(0, 0.05, 3), 0, 1)
        picture[rows, columns] += (tone.astype(np.float32) - picture[rows, columns]) * share[
            ..., None
        ]
    return picture


def _blobs(style: Ground, size: int, rng: np.random.Generator) -> Plane:
    """Soft washes of colour, as an airbrush or a wet brush leaves them."""
    colours = [np.array(c, np.float32) for c in (style.first, style.second, style.third)]
    picture = np.broadcast_to(colours[0], (size, size, 3)).copy()
    for k in range(5):
        field = noise(rng, size, size / (1.6 + 0.7 * k), 3)
        edge = 0.05 if style.angle_deg > 0 else 0.5
        share = smoothstep(0.18, 0.18 + edge, field) * np.float32(0.55)
        picture = _mixed_to(picture, colours[(k + 1) % 3], share)
    return np.clip(picture * (1 + 0.02 * noise(rng, size, 4 * size / 512))[..., None], 0, 1)


def _boxes(
    picture: Plane, boxes: list[tuple[float, float, float, float, tuple[float, float, float]]]
) -> Plane:
    size = picture.shape[0]
    picture = picture.copy()
    for left, top, right, bottom, colour in boxes:
        rows = slice(max(round(top * size), 0), max(round(bottom * size), 0))
        columns = slice(max(round(left * size), 0), max(round(right * size), 0))
        picture[rows, columns] = colour
    return picture


def _room(style: Ground, size: int, rng: np.random.Generator) -> Plane:
    """A room out of focus: wall, window with its light, shelves, a curtain."""
    wall = np.array(style.third, np.float32) * 0.5 + np.array([0.47, 0.43, 0.39], np.float32)
    y = np.broadcast_to(np.linspace(0, 1, size, dtype=np.float32)[:, None], (size, size))
    picture = _mixed(wall, wall * np.float32(0.84), y)
    boxes: list[tuple[float, float, float, float, tuple[float, float, float]]] = []
    left = float(rng.uniform(0.0, 0.55))
    width, height = float(rng.uniform(0.28, 0.42)), float(rng.uniform(0.42, 0.62))
    boxes.append((left - 0.02, 0.06, left + width + 0.02, 0.08 + height + 0.02, (0.86, 0.82, 0.77)))
    for row in range(2):
        for column in range(2):
            x0, y0 = left + column * width / 2 + 0.008, 0.08 + row * height / 2 + 0.008
            boxes.append(
                (x0, y0, x0 + width / 2 - 0.016, y0 + height / 2 - 0.016, (0.88, 0.95, 1.0))
            )
    other = left + width + 0.1 if left < 0.28 else left - 0.36
    for shelf in range(3):
        top = 0.22 + 0.2 * shelf
        boxes.append((other, top + 0.10, other + 0.3, top + 0.125, (0.55, 0.42, 0.33)))
        x = other + 0.01
        while x < other + 0.27:
            thick = float(rng.uniform(0.014, 0.035))
            tall = float(rng.uniform(0.05, 0.095))
            tone = np.clip(np.array(style.second) + rng.normal(0, 0.16, 3), 0.2, 0.95)
            colour = (float(tone[0]), float(tone[1]), float(tone[2]))
            boxes.append((x, top + 0.10 - tall, x + thick, top + 0.10, colour))
            x += thick + 0.003
    boxes.append((0.0, 0.86, 1.0, 1.0, (0.62, 0.50, 0.42)))
    picture = blurred(_boxes(picture, boxes), size * float(rng.uniform(0.006, 0.018)))
    glow = np.float32(0.25) * blurred(smoothstep(0.82, 0.98, picture.min(-1)), size / 14)
    return np.clip(picture + glow[..., None] * (1 - picture), 0, 1)


def _city(style: Ground, size: int, rng: np.random.Generator) -> Plane:
    """Houses against the sky, some windows lit."""
    picture = _sky(style, size, rng)
    night = style.angle_deg < -20
    if night:
        picture = picture * np.array([0.24, 0.26, 0.46], np.float32)
    boxes: list[tuple[float, float, float, float, tuple[float, float, float]]] = []
    for row, base in enumerate((0.35, 0.5)):
        x = -0.05
        while x < 1:
            width = float(rng.uniform(0.08, 0.18))
            top = base + float(rng.uniform(-0.14, 0.16))
            tone = (0.70 - 0.16 * row) * (0.3 if night else 1.0) * float(rng.uniform(0.9, 1.1))
            wall = (tone * 0.95, tone * 0.97, min(tone * 1.08, 1.0))
            boxes.append((x, top, x + width, 1.0, wall))
            for floor in range(12):
                for column in range(int(width / 0.03)):
                    lit = rng.random() < (0.4 if night else 0.75)
                    pane = (0.98, 0.88, 0.6) if night else (0.80, 0.90, 0.97)
                    if lit and top + 0.02 + 0.045 * floor < 0.98:
                        x0, y0 = x + 0.01 + 0.03 * column, top + 0.02 + 0.045 * floor
                        boxes.append((x0, y0, x0 + 0.016, y0 + 0.024, pane))
            x += width
    return np.clip(blurred(_boxes(picture, boxes), size * float(rng.uniform(0.002, 0.01))), 0, 1)


_PAINTED = {
    "sky": _sky,
    "foliage": _foliage,
    "bokeh": _bokeh,
    "blobs": _blobs,
    "room": _room,
    "city": _city,
}
